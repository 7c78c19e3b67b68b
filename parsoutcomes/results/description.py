"""Descriptions of a cohort as finished results, and the sentences they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_percent,
    start_sentence,
)

TARGET_STEP: Final = "Pars that are treatment targets"
_COUNTED: Final = {
    "episodes": "courses",
    "defects": "pars",
    "readings": "pars",
    "scores": "courses",
}


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class CohortDescription(Result):
    """Case mix: who was treated, for what.

    Attributes
    ----------
    n_patients, n_defects : int
        Of the whole cohort.
    """

    n_patients: int
    n_defects: int


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class CohortFlow(Result):
    """From the records to the pars whose status is known at the horizon.

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


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Completeness(Result):
    """How much of each column was recorded, overall and by year of fitting."""


def write_description_finding(frame: pd.DataFrame, n_patients: int, n_defects: int) -> str:
    """Return the case mix as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        The frame of `CohortDescription`.
    n_patients, n_defects : int
        Of the whole cohort.
    """
    who = format_count(n_patients, "patient", "patients")
    stages = frame[frame["characteristic"].eq("stage")]
    parts = [
        f"{int(n)} {format_label(stage)}"
        for stage, n in stages[["level", "n_defects"]].itertuples(index=False)
    ]
    closing = f": {format_list(parts)}" if parts else ""
    return f"{n_defects} pars in {who}{closing}."


def write_flow_finding(frame: pd.DataFrame, horizon: str) -> str:
    """Return the first and the last step as one sentence; `horizon` such as "6 months"."""
    first, last = frame.iloc[0], frame.iloc[-1]
    named = frame[frame["step"].eq(TARGET_STEP)]
    targets = first if named.empty else named.iloc[0]
    return (
        f"Of {int(targets['n_defects'])} target pars in {_count_patients(targets)}, "
        f"{int(last['n_defects'])} in {_count_patients(last)} were due and of known status at "
        f"{horizon}; the records hold {int(first['n_defects'])} pars in {_count_patients(first)}."
    )


def _count_patients(row: pd.Series) -> str:
    return format_count(int(row["n_patients"]), "patient", "patients")


def write_completeness_finding(frame: pd.DataFrame) -> str:
    """Return the outcome's share, the least complete column and those never recorded."""
    overall = frame[frame["year"].eq("all") & frame["n_expected"].gt(0)]
    if overall.empty:
        return "There is nothing that could have been recorded."
    outcome, others = overall.iloc[0], overall.iloc[1:]
    never = [format_label(name) for name in others.loc[others["n_recorded"].eq(0), "column"]]
    partly = others[others["fraction_recorded"].between(0, 1, inclusive="neither")]
    parts = [f"{format_label(outcome['column'])} is known for {_write_share(outcome)}"]
    if not partly.empty:
        least = partly.sort_values("fraction_recorded", kind="stable").iloc[0]
        parts.append(
            f"of the other fields the least complete is {format_label(least['column'])}, "
            f"{_write_share(least)}"
        )
    if never:
        parts.append(f"not recorded at all: {format_list(never)}")
    return start_sentence("; ".join(parts)) + "."


def _write_share(row: pd.Series) -> str:
    unit = _COUNTED.get(str(row["table"]), "rows")
    share = format_percent(float(row["fraction_recorded"]))
    return f"{share} of {int(row['n_expected'])} {unit}"
