"""The familiar right-censored curve, as a finished result titled for what it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.results.base import Result
from parsoutcomes.results.rates import write_denominator, write_share_range
from parsoutcomes.wording import format_group, format_label, format_list, format_months


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class KaplanMeier(Result):
    """Share with a united scan, as if union came on the day of that scan and surgery were loss.

    Attributes
    ----------
    by : str or None
        The grouping column; None for one group called "all". `frame` has measure
        `seen_united` at the milestones.
    curve : pandas.DataFrame
        Group, `days, union, conf_low, conf_high`: a step at each day, starting at day 0.
    risk_table : pandas.DataFrame
        Group, `months, n_at_risk, n_censored, n_events` (KMunicate: the last two cumulative).
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    by: str | None = None
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    risk_table: pd.DataFrame = field(default_factory=pd.DataFrame)
    data_lock: pd.Timestamp | None = None


def write_kaplan_meier_title(unit: str, definition: str, by: str | None) -> str:
    """Return the title, which says what the curve is.

    Examples
    --------
    >>> write_kaplan_meier_title("defect", "complete", None)
    'Kaplan-Meier curve of the first scan with complete union per pars (surgery as loss)'
    """
    groups = f", by {format_label(by)}" if by else ""
    return (
        f"Kaplan-Meier curve of the first scan with {format_label(definition)} per "
        f"{format_label(unit)} (surgery as loss){groups}"
    )


def write_kaplan_meier_finding(
    frame: pd.DataFrame, *, by: str | None, unit: str, definition: str, horizon_months: float
) -> str:
    """Return the curve at one time as one sentence that says how it differs from union.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `KaplanMeier`.
    by, unit, definition
        As in `estimate_kaplan_meier`.
    horizon_months : float
        The time that is given.
    """
    at = frame[frame["months"].eq(horizon_months)]
    parts = [
        f"{format_group(by, row[by]) + ' ' if by else ''}{_write_share(row)} of "
        f"{write_denominator(row, unit)}"
        for _, row in at.iterrows()
    ]
    level = f"{100 * float(frame['conf_level'].iloc[0]):g}%"
    came_earlier = "; union itself came earlier, at a time between scans"
    return (
        f"By day {horizon_months * DAYS_PER_MONTH:.0f} ({format_months(horizon_months)}), a scan "
        f"had shown {format_label(definition)} in {format_list(parts)} ({level} intervals)"
        f"{came_earlier if at['n_events'].sum() else ''}."
    )


def _write_share(row: pd.Series) -> str:
    if row["left_open"]:
        return f"a share that cannot be told ({row['left_open']})"
    return write_share_range(dict(row))
