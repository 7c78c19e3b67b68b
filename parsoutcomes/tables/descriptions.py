"""Display tables of what describes a cohort, of years, and of this year beside the last."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from parsoutcomes.results.descriptions import CT_PER_PATIENT, READERS
from parsoutcomes.results.rows import list_rows
from parsoutcomes.tables.display import DisplayTable, count_text
from parsoutcomes.wording import (
    format_label,
    format_number,
    format_percent,
    format_percent_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.base import Result
    from parsoutcomes.results.baselines import Baselines
    from parsoutcomes.results.plan import ComparisonPlan
    from parsoutcomes.results.yearly_rates import YearlyRates


def tabulate_imaging(result: Result) -> DisplayTable:
    """Return scans by kind, CT per patient and readings with a named reader."""
    heads = ("What", "Scans or readings", "Patients", "Median per patient", "Quartiles", "At most")
    rows = [
        (
            _imaging_name(row["characteristic"], row["level"]),
            count_text(row["n_scans"]),
            count_text(row["n_patients"]),
            _number(row["median"]),
            _quartiles(row["quartile_low"], row["quartile_high"]),
            count_text(row["maximum"]),
        )
        for row in list_rows(result.frame)
    ]
    return DisplayTable(heads=heads, rows=tuple(rows))


def tabulate_care(result: Result) -> DisplayTable:
    """Return delay to fitting, treatment beside the brace, slip and measured wear."""
    heads = ("What", "", "Patients", "Of", "Median", "Quartiles")
    rows = [
        (
            start_sentence(format_label(row["characteristic"])),
            format_label(row["level"]),
            count_text(row["n_patients"]),
            count_text(row["n_expected"]),
            _number(row["median"]),
            _quartiles(row["quartile_low"], row["quartile_high"]),
        )
        for row in list_rows(result.frame)
    ]
    return DisplayTable(heads=heads, rows=tuple(rows), n_row_heads=2)


def tabulate_known_status(result: Result) -> DisplayTable:
    """Return pars of known beside pars of unknown status, by what was known at fitting."""
    heads = ("At fitting", "", "Status known", "Share", "Status unknown", "Share")
    rows = [
        (
            start_sentence(format_label(row["characteristic"])),
            format_label(row["level"]),
            count_text(row["n_known"]),
            format_percent(row["share_known"]),
            count_text(row["n_unknown"]),
            format_percent(row["share_unknown"]),
        )
        for row in list_rows(result.frame)
    ]
    return DisplayTable(heads=heads, rows=tuple(rows), n_row_heads=2)


def tabulate_late_findings(result: Result) -> DisplayTable:
    """Return recurrence, new lesions and slip among the patients who can have them."""
    heads = ("Finding", "Patients", "With it", "Share (interval)", "Median months followed")
    rows = [
        (
            start_sentence(format_label(row["finding"])),
            count_text(row["n_patients"]),
            "–" if row["left_open"] else count_text(row["n_events"]),
            row["left_open"]
            or format_percent_range(row["estimate"], row["conf_low"], row["conf_high"]),
            _number(row.get("median_follow_up_months")),
        )
        for row in list_rows(result.frame)
    ]
    return DisplayTable(heads=heads, rows=tuple(rows), text_columns=(3,))


def tabulate_yearly_rates(result: YearlyRates) -> DisplayTable:
    """Return each year's counts and share, with its bounds."""
    heads = (
        "Fitted in",
        "Target pars",
        "Not yet due",
        "Status unknown",
        "Status known",
        "United",
        "Share (interval)",
        "Bounds",
    )
    rows = [
        (
            start_sentence(str(row["year"])),
            count_text(row["n_targets"]),
            count_text(row["n_not_due"]),
            count_text(row["n_unknown"]),
            count_text(row["n_defects"]),
            count_text(row["n_events"]),
            format_percent_range(row["estimate"], row["conf_low"], row["conf_high"]),
            _bounds(row["bound_low"], row["bound_high"]),
        )
        for row in list_rows(result.frame)
    ]
    return DisplayTable(heads=heads, rows=tuple(rows))


def tabulate_evidence(result: Baselines) -> DisplayTable:
    """Return every published number: paper, among whom, how many."""
    return replace(_as_words(result.display_frame(), 4), text_columns=(6,))


def tabulate_plan(result: ComparisonPlan) -> DisplayTable:
    """Return the power by number of patients, and the numbers that follow from it."""
    heads = ("What", "Patients", "Pars", "Value")
    rows = [
        (
            start_sentence(format_label(row["measure"])),
            count_text(row["n_patients"]),
            count_text(row["n_defects"]),
            _plan_value(str(row["measure"]), row["estimate"]),
        )
        for row in list_rows(result.frame)
    ]
    return DisplayTable(heads=heads, rows=tuple(rows))


def tabulate_display(result: Result, *, n_row_heads: int = 1) -> DisplayTable:
    """Return what a notebook shows of a result."""
    return _as_words(result.display_frame(), n_row_heads)


def _as_words(shown: pd.DataFrame, n_row_heads: int) -> DisplayTable:
    return DisplayTable(
        heads=tuple(start_sentence(str(name).replace("_", " ")) for name in shown.columns),
        rows=tuple(tuple(str(cell) for cell in row) for row in shown.to_numpy().tolist()),
        n_row_heads=n_row_heads,
    )


def _plan_value(measure: str, value: float) -> str:
    if math.isnan(value):
        return "none"
    return format_percent(value) if measure.startswith("power") else format_number(value)


def _imaging_name(characteristic: str, level: str) -> str:
    if characteristic == READERS:
        return "Readings that name a reader (at most: readers)"
    return characteristic if characteristic == CT_PER_PATIENT else f"Scans: {format_label(level)}"


def _number(value: object) -> str:
    number = float(str(value)) if value is not None else math.nan
    return "–" if math.isnan(number) else f"{number:.1f}".removesuffix(".0")


def _quartiles(low: object, high: object) -> str:
    told = (_number(low), _number(high))
    return "–" if "–" in told else " to ".join(told)


def _bounds(low: float, high: float) -> str:
    if math.isnan(low):
        return "–"
    return f"{format_percent(low).removesuffix('%')} to {format_percent(high)}"
