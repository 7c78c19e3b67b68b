"""Union under every way of counting it, and the sentences that come of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from parsoutcomes.conventions import LAST_KNOWN
from parsoutcomes.results.base import Result
from parsoutcomes.results.rates import NOBODY_DUE, write_denominator, write_share_range
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_percent,
    format_percent_range,
)

NPMLE: Final = "npmle"
KNOWN_STATUS: Final = "known_status"
UNKNOWN_NOT_UNITED: Final = "unknown_not_united"
UNKNOWN_UNITED: Final = "unknown_united"
DENOMINATORS: Final = (NPMLE, KNOWN_STATUS, UNKNOWN_NOT_UNITED, UNKNOWN_UNITED)
CHOICES: Final = ("definition", "imaging", "horizon_months", "denominator", "unit")
_CHOICE_LABELS: Final = {
    "definition": "what counts as union",
    "imaging": "imaging",
    "horizon_months": "time",
    "denominator": "how unknown status is counted",
    "unit": "unit",
}
_OPTION_LABELS: Final = {
    "complete": "complete union",
    "partial_or_better": "partial or complete",
    "ct": "CT only",
    "ct_or_mri": "CT or MRI",
    "any": "any imaging",
    NPMLE: "estimated, all counted",
    KNOWN_STATUS: "status known only",
    UNKNOWN_NOT_UNITED: "unknown = not united",
    UNKNOWN_UNITED: "unknown = united",
    "defect": "per pars",
    "patient": "per patient",
}


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class VariedDefinitions(Result):
    """The rate of union under each combination of choices.

    Attributes
    ----------
    primary : dict
        The choices that `estimate_union_rates` makes by default.
    grace_months : float
        The grace g.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    primary: dict[str, Any]
    grace_months: float
    data_lock: pd.Timestamp | None = None

    def primary_row(self) -> Row:
        """Return the row of the primary definition."""
        return list_rows(self.frame[self.frame["is_primary"]])[0]

    def one_at_a_time(self) -> pd.DataFrame:
        """Return the rows that differ from the primary definition in one choice at most."""
        differs = [self.frame[name].ne(self.primary[name]) for name in CHOICES]
        return self.frame[pd.concat(differs, axis=1).sum(axis=1) <= 1]

    def display_frame(self) -> pd.DataFrame:
        """Return the primary definition and those that differ in one choice, as text."""
        rows = list_rows(self.one_at_a_time())
        return pd.DataFrame(
            {
                **{
                    _CHOICE_LABELS[name]: [format_option(row[name]) for row in rows]
                    for name in CHOICES
                },
                "united": [write_share_range(row) for row in rows],
                "pars": [row["n_defects"] for row in rows],
                "patients": [row["n_patients"] for row in rows],
                "unknown": [row["n_unknown"] for row in rows],
                "": ["primary" if row["is_primary"] else "" for row in rows],
            }
        )


def format_choice(choice: str) -> str:
    """Return what is chosen, as a reader says it.

    Examples
    --------
    >>> format_choice("horizon_months")
    'time'
    """
    return _CHOICE_LABELS[choice]


def format_option(option: object) -> str:
    """Return one option of a choice, as a reader says it.

    Examples
    --------
    >>> format_option(6.0), format_option(float("inf")), format_option("ct")
    ('6 months', 'last known', 'CT only')
    """
    if isinstance(option, float):
        return "last known" if option == LAST_KNOWN else format_months(option)
    return _OPTION_LABELS.get(str(option), format_label(option))


def write_varied_finding(frame: pd.DataFrame, primary: dict[str, Any]) -> str:
    """Return how far the choices move the rate, and which moves it most, as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        The frame of `VariedDefinitions`.
    primary : dict
        The primary choices.
    """
    given = frame[frame["estimate"].notna()]
    if given.empty:
        return "No definition gives an estimate of union"
    main = list_rows(frame[frame["is_primary"]])[0]
    low, high = float(given["estimate"].min()), float(given["estimate"].max())
    spans = {name: _span(given, primary, name) for name in CHOICES}
    widest = max(spans, key=lambda name: spans[name][1] - spans[name][0])
    moved = spans[widest]
    closing = (
        f"; of single choices, {format_choice(widest)} moves it most "
        f"({format_percent(moved[0])} to {format_percent(moved[1])})"
        if moved[1] > moved[0]
        else ""
    )
    return (
        f"{_write_primary(main)}; over {format_count(len(given), 'way', 'ways')} of counting, "
        f"union ranges from {format_percent(low)} to {format_percent(high)}{closing}"
    )


def write_imaging_effect(effects: list[dict[str, Any]], horizon_months: float) -> str:
    """Return what each choice of imaging adds, and whom it leaves of unknown status.

    Parameters
    ----------
    effects : list of dict
        For each choice of imaging `imaging, n_readings, n_unknown, n_due`.
    horizon_months : float
        At which the unknown are counted.

    Examples
    --------
    >>> write_imaging_effect([
    ...     {"imaging": "ct", "n_readings": 80, "n_unknown": 12, "n_due": 60},
    ...     {"imaging": "any", "n_readings": 95, "n_unknown": 5, "n_due": 60}], 6.0)
    'Imaging decides whose status is known, never who is a target: by 6 months unknown for 12 of \
60 due pars with CT only (80 readings) and 5 of 60 with any imaging (95 readings); what was read \
on other imaging is taken as it was read'
    """
    parts = []
    for position, one in enumerate(effects):
        whom = "" if position else " due pars"
        readings = format_count(one["n_readings"], "reading", "readings")
        told = f"{format_option(one['imaging'])} ({readings})"
        parts.append(f"{one['n_unknown']} of {one['n_due']}{whom} with {told}")
    return (
        "Imaging decides whose status is known, never who is a target: by "
        f"{format_months(horizon_months)} unknown for {format_list(parts)}; what was read on other "
        "imaging is taken as it was read"
    )


def write_same_imaging(names: list[str]) -> str:
    """Return that some choices of imaging add no reading.

    Examples
    --------
    >>> write_same_imaging(["ct_or_mri", "any"])
    'CT or MRI and any imaging add no reading that tells of union, and are not listed apart'
    """
    verb = "adds" if len(names) == 1 else "add"
    are = "is" if len(names) == 1 else "are"
    named = format_list([format_option(name) for name in names])
    return f"{named} {verb} no reading that tells of union, and {are} not listed apart"


def _write_primary(row: Row) -> str:
    by = f"by {format_option(row['horizon_months'])}"
    value = float(row["estimate"])
    shown = (
        format_percent_range(value, float(row["conf_low"]), float(row["conf_high"]))
        if math.isfinite(value)
        else "not estimable"
    )
    known = "" if row["left_open"] != NOBODY_DUE else ", since none was due"
    return (
        f"Primary definition ({format_option(row['definition'])} {by}, on CT, per pars): {shown} "
        f"of {write_denominator(pd.Series(row), 'defect')}{known}"
    )


def _span(given: pd.DataFrame, primary: dict[str, Any], choice: str) -> tuple[float, float]:
    """Return the lowest and the highest rate when one choice alone is changed."""
    same = [given[name].eq(primary[name]) for name in CHOICES if name != choice]
    rates = given.loc[pd.concat(same, axis=1).all(axis=1), "estimate"]
    return (float(rates.min()), float(rates.max())) if len(rates) else (0.0, 0.0)
