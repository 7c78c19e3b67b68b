"""Adverse events, surgery, recurrence and new lesions, as a finished result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_number_range,
    format_percent_range,
)

RATE: Final = "per_100_brace_months"
SHARE: Final = "share_of_patients"


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Safety(Result):
    """What went wrong, per 100 months in brace and per patient.

    Attributes
    ----------
    brace_months : float
        Months in brace of those whose end of brace is known.
    frame : pandas.DataFrame
        `event, measure` (`per_100_brace_months`, `share_of_patients`), `estimate, conf_low,
        conf_high, conf_level, n_patients, n_events, n_patients_with_event, brace_months`.
    """

    brace_months: float = 0.0


def write_safety_finding(frame: pd.DataFrame) -> str:
    """Return the rate of adverse events and the shares with surgery, recurrence and new lesions.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `Safety`.
    """
    level = f"{100 * float(frame['conf_level'].iloc[0]):g}%"
    rates = [row for row in list_rows(frame) if row["measure"] == RATE]
    shares = [row for row in list_rows(frame) if row["measure"] == SHARE]
    said = [_write_rate(row) for row in rates[:1]]
    if shares:
        said.append("; ".join(_write_share(row) for row in shares))
    return f"{'; '.join(said)} ({level} intervals)."


def _write_rate(row: Row) -> str:
    rate = format_number_range(row["estimate"], row["conf_low"], row["conf_high"], decimals=1)
    events = format_count(int(row["n_events"]), "adverse event", "adverse events")
    months = f"{float(row['brace_months']):,.0f} months in brace"
    patients = format_count(int(row["n_patients"]), "patient", "patients")
    return f"{events} in {months} of {patients}: {rate} per 100 brace-months"


def _write_share(row: Row) -> str:
    share = format_percent_range(row["estimate"], row["conf_low"], row["conf_high"])
    of = f"{int(row['n_patients_with_event'])} of {int(row['n_patients'])}"
    return f"{format_label(row['event'])} in {of} patients, {share}"
