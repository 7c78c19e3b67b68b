"""Return to sport or training over time, as a finished result."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_percent_range,
)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ReturnToSport(Result):
    """Share back in sport or training by each month from fitting, per patient.

    Attributes
    ----------
    event : str
        "return_sport" or "return_training". `frame` has measure `cumulative_return` at the
        milestones; `left_open` says why there is no estimate.
    curve : pandas.DataFrame
        `days, incidence, conf_low, conf_high`: a step at each day, starting at day 0.
    risk_table : pandas.DataFrame
        `months, n_at_risk, n_returned, n_operated, n_left`; the last three so far.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    event: str = "return_sport"
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    risk_table: pd.DataFrame = field(default_factory=pd.DataFrame)
    data_lock: pd.Timestamp | None = None


def write_return(event: str) -> str:
    """Return the event as a reader says it.

    Examples
    --------
    >>> write_return("return_sport")
    'return to sport'
    """
    return format_label(event)


def write_return_finding(frame: pd.DataFrame, event: str) -> str:
    """Return the share back by each milestone, as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `ReturnToSport`.
    event : str
        "return_sport" or "return_training".
    """
    told = frame[frame["left_open"].eq("")]
    what = format_label(event).removeprefix("return to ")
    n_patients = int(frame["n_patients"].iloc[0])
    patients = format_count(n_patients, "patient", "patients")
    if told.empty:
        return f"Nobody was followed long enough to say who was back in {what}: {patients}."
    parts = [
        f"{format_percent_range(row['estimate'], row['conf_low'], row['conf_high'])} by "
        f"{format_months(row['months'])}"
        for row in list_rows(told)
    ]
    level = f"{100 * float(frame['conf_level'].iloc[0]):g}%"
    return (
        f"Of {patients}, an estimated {format_list(parts)} after fitting were recorded as back in "
        f"{what} ({level} intervals; surgery first counts as not back)."
    )
