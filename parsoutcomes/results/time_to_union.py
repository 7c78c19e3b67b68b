"""Time to union as a finished result, and the sentence it comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_percent,
    format_percent_interval,
)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class TimeToUnion(Result):
    """Cumulative union over time, from scans that bracket it, with surgery as a competing event.

    Attributes
    ----------
    by : str or None
        The grouping column; None for one group called "all".
    visits_months : tuple of float or None
        Planned visits to which scans were grouped; None for exact days.
    curve : pandas.DataFrame
        One row per box: group, `left_days, right_days, union_before, union_after, conf_low,
        conf_high` (limits at the right end). Where in a box union happened the data do not say.
        A group in which nobody united has one row of zeros.
    risk_table : pandas.DataFrame
        Group, `months, n_united, n_not_united, n_unknown, n_operated`: known united, known not
        united, status unknown; `n_operated` of those not united had surgery.
    surgery : pandas.DataFrame
        Cumulative incidence of surgery before union, in the columns of `frame`.
    median : pandas.DataFrame
        Group, `median_low_months, median_high_months` (the box in which half had united; infinite
        = not reached), `conf_low_months, conf_high_months`, `is_reached`.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    by: str | None = None
    visits_months: tuple[float, ...] | None = None
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    risk_table: pd.DataFrame = field(default_factory=pd.DataFrame)
    surgery: pd.DataFrame = field(default_factory=pd.DataFrame)
    median: pd.DataFrame = field(default_factory=pd.DataFrame)
    data_lock: pd.Timestamp | None = None


def write_time_title(unit: str, definition: str, by: str | None) -> str:
    """Return the title of a time-to-union result.

    Examples
    --------
    >>> write_time_title("defect", "complete", None)
    'Time to complete union per pars'
    """
    groups = f", by {format_label(by)}" if by else ""
    return f"Time to {format_label(definition)} per {format_label(unit)}{groups}"


def write_time_finding(
    frame: pd.DataFrame,
    median: pd.DataFrame,
    *,
    unit: str,
    definition: str,
    by: str | None,
    horizon_months: float,
) -> str:
    """Return cumulative union over time as one sentence.

    Parameters
    ----------
    frame, median : pandas.DataFrame
        Those of `TimeToUnion`.
    unit, definition, by
        As in `estimate_time_to_union`.
    horizon_months : float
        The time that is given for each group.
    """
    if by is None:
        counts = _denominator(frame.iloc[0], unit)
        told = frame[frame["estimate"].notna()]
        rates = [
            f"{format_percent(float(row['estimate']))} by {format_months(row['months'])}"
            for _, row in told.iterrows()
        ]
        share = f"is estimated at {format_list(rates)}" if rates else "cannot be estimated"
        return (
            f"Of {counts}, the share with {format_label(definition)} {share}; "
            f"{write_median(median.iloc[0])}{_write_untold(frame[frame['estimate'].isna()])}."
        )
    at = frame[frame["months"].eq(horizon_months)]
    rates = [
        f"{format_label(row[by])} {format_percent_interval(*_numbers(row))}"
        for _, row in at.iterrows()
    ]
    return (
        f"Estimated {format_label(definition)} by {format_months(horizon_months)}, by "
        f"{format_label(by)}: {format_list(rates)}."
    )


def write_median(row: pd.Series) -> str:
    """Return when half had united, or that this is not reached.

    Examples
    --------
    >>> write_median(pd.Series({"median_low_months": 3.0, "median_high_months": 6.0}))
    'half had united by a time between 3 months and 6 months'
    >>> write_median(pd.Series({"median_low_months": math.inf, "median_high_months": math.inf}))
    'the time by which half have united is not reached'
    """
    low, high = float(row["median_low_months"]), float(row["median_high_months"])
    if math.isinf(high):
        return "the time by which half have united is not reached"
    low_text, high_text = format_months(round(low, 1)), format_months(round(high, 1))
    if low_text == high_text:
        return f"half had united by {high_text}"
    return f"half had united by a time between {low_text} and {high_text}"


def _write_untold(untold: pd.DataFrame) -> str:
    if untold.empty:
        return ""
    when = format_list([format_months(months) for months in untold["months"]])
    return f"; too few were still scanned to tell the share by {when}"


def _numbers(row: pd.Series) -> tuple[float, float, float, float]:
    estimate, low, high = (float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    return estimate, low, high, float(row["conf_level"])


def _denominator(row: pd.Series, unit: str) -> str:
    patients = format_count(int(row["n_patients"]), "patient", "patients")
    if unit == "patient":
        return f"{patients} (all target pars united)"
    return f"{format_count(int(row['n_defects']), 'target pars', 'target pars')} in {patients}"
