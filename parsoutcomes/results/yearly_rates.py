"""Union by year of fitting as a finished result, and the sentence it comes to."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_percent_range,
)

ALL_YEARS = "all"


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class YearlyRates(Result):
    """How many of each year's target pars had united by the horizon, among those due.

    Attributes
    ----------
    horizon_months, grace_months : float
        The horizon h and the grace g.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    horizon_months: float
    grace_months: float
    data_lock: pd.Timestamp | None = None


def write_yearly_finding(frame: pd.DataFrame, definition: str, horizon_months: float) -> str:
    """Return each year's share with its interval, and who is not yet due, as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `YearlyRates`.
    definition : str
        What counts as union.
    horizon_months : float
        The horizon h.
    """
    years = [row for row in list_rows(frame) if row["year"] != ALL_YEARS]
    told = [row for row in years if row["n_defects"]]
    n_not_due = sum(int(row["n_not_due"]) for row in years)
    waiting = f"; {format_count(n_not_due, 'pars', 'pars')} not yet due" if n_not_due else ""
    what = f"{format_label(definition)} by {format_months(horizon_months)}"
    if not told:
        return f"No year has a target pars due and of known status{waiting}."
    level = f"{100 * float(told[0]['conf_level']):g}%"
    parts = [_write_year(row) for row in told]
    return (
        f"By year of fitting, {what} among target pars due and of known status ({level} "
        f"intervals): {format_list(parts)}{waiting}."
    )


def _write_year(row: Row) -> str:
    share = format_percent_range(row["estimate"], row["conf_low"], row["conf_high"])
    return f"{row['year']} {share} of {int(row['n_defects'])}"
