"""Union between scans by hours worn so far, as a finished result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rates import is_few
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_list,
    format_months,
    format_number_range,
    format_percent_range,
)

SHARE: Final = "union_between_scans"
ODDS: Final = "odds_ratio_per_hour"
WARNING: Final = (
    "An association, not an effect of wear. Those who wear the brace less may do so because they "
    "have healed, or because they hurt, and those who wear it more may differ in other ways: this "
    "cannot say what more or fewer hours would have done"
)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class WearDose(Result):
    """How often pars were seen united at the next scan, by mean hours worn a day until then.

    Attributes
    ----------
    frame : pandas.DataFrame
        `measure` (`union_between_scans`, a share of intervals between scans; `odds_ratio_per_hour`
        more worn a day), `hours_from, hours_to` (of the band; missing at an open end), `estimate,
        conf_low, conf_high, conf_level, n_patients, n_defects, n_events, n_intervals,
        median_hours_per_day, median_interval_months, interval_method`.
    measured_by : str
        The one method of measurement used.
    lag_months : float
        Wear counts up to so many months before the scan that closes an interval.
    odds_left_out : str
        Why there is no odds ratio; empty where there is one.
    """

    measured_by: str = ""
    lag_months: float = math.nan
    odds_left_out: str = ""

    def notes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the usual notes, with the reason why there is no odds ratio."""
        told = ("No odds ratio", (self.odds_left_out,))
        return (*super().notes(), *((told,) if self.odds_left_out else ()))


def write_wear_method(lag_months: float, measured_by: str) -> str:
    """Return how dose and union between scans are set against each other."""
    return (
        "Per pars, each interval from fitting or a scan without union to the next scan. Dose: mean "
        f"hours worn a day from fitting until {format_months(lag_months)} before the scan that "
        f"closes the interval, or until the brace came off, by {measured_by} alone. Share of "
        "intervals that end in union: Wilson on the effective number of intervals, patients as "
        "clusters. Odds ratio per hour more a day: logistic model with independence as working "
        "correlation, months at the opening scan and log length of the interval beside it where "
        "they vary, Mancl-DeRouen covariance over patients, Student's t. Not adjusted for stage"
    )


def write_band(row: Row) -> str:
    """Return a band of hours as text.

    Examples
    --------
    >>> write_band({"hours_from": float("nan"), "hours_to": 12.0})
    'under 12 hours a day'
    >>> write_band({"hours_from": 12.0, "hours_to": 18.0})
    '12 to under 18 hours a day'
    """
    low, high = float(row["hours_from"]), float(row["hours_to"])
    if math.isnan(low):
        return "any hours" if math.isnan(high) else f"under {high:g} hours a day"
    return (
        f"{low:g} hours a day or more"
        if math.isnan(high)
        else (f"{low:g} to under {high:g} hours a day")
    )


def write_share_of(row: Row) -> str:
    """Return how many intervals of a band ended in union, with the share and its limits."""
    share = format_percent_range(row["estimate"], row["conf_low"], row["conf_high"])
    return f"{int(row['n_events'])} of {int(row['n_intervals'])}, {share}"


def write_dose_finding(frame: pd.DataFrame, measured_by: str) -> str:
    """Return union between scans in each band, and the odds ratio, as an association.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `WearDose`.
    measured_by : str
        The method of measurement.
    """
    bands = frame[frame["measure"].eq(SHARE)]
    few = bands[is_few(bands)]
    said = [f"{write_share_of(row)} at {write_band(row)}" for row in list_rows(bands)]
    level = f"{100 * float(frame['conf_level'].iloc[0]):g}% intervals"
    intervals = format_count(int(bands["n_intervals"].sum()), "interval", "intervals")
    opening = (
        f"Of {intervals} between scans with wear measured by {measured_by}, those ending in union "
        f"were {format_list(said)} ({level})"
    )
    odds = [row for row in list_rows(frame) if row["measure"] == ODDS]
    if odds:
        ratio = format_number_range(*(float(odds[0][name]) for name in _ESTIMATE))
        opening += f"; odds ratio per hour more a day {ratio}"
    if len(few):
        opening += "; too few in some bands to compare"
    return f"{opening}. An association, not an effect of wear."


_ESTIMATE: Final = ("estimate", "conf_low", "conf_high")
