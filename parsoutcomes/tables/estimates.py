"""Display tables of estimates: rates, time to union, comparison, predictors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from parsoutcomes.results.rates import BEYOND_SCANS, list_parts, write_share_range
from parsoutcomes.results.rows import Row, index_measures, list_rows
from parsoutcomes.tables.display import DisplayTable, count_text
from parsoutcomes.wording import (
    format_label,
    format_months,
    format_number_between,
    format_number_range,
    format_p_value,
    format_percent,
    format_percent_between,
    format_percent_range,
    format_points_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.comparison import BaselineComparison
    from parsoutcomes.results.predictors import UnionPredictors
    from parsoutcomes.results.rates import UnionRates
    from parsoutcomes.results.time_to_union import TimeToUnion

_UNITS = {"defect": "Per pars", "patient": "Per patient"}


def tabulate_union_rates(results: Sequence[UnionRates]) -> DisplayTable:
    """Return headline estimate, known-status share and bounds, one line per group."""
    parts = list_parts(results)
    is_mixed = len(parts) > 1
    has_units = len({part.unit for part in parts}) > 1
    rows = [
        row for part in parts for row in _rate_rows(part, is_mixed=is_mixed, has_units=has_units)
    ]
    return DisplayTable(
        heads=(
            "Group",
            "Pars",
            "Patients",
            "Estimated union (interval)",
            "United among status known",
            "Share of status known (interval)",
            "Bounds: unknown not united to united",
            "Status unknown",
            "Not yet due",
        ),
        rows=tuple(rows),
    )


def _rate_rows(result: UnionRates, *, is_mixed: bool, has_units: bool) -> Iterable[tuple[str, ...]]:
    column = "group" if result.by is None else result.by
    for value, frame in result.frame.groupby(column, sort=False, dropna=False):
        measures = index_measures(frame)
        headline, known = measures["union_npmle"], measures["union_known_status"]
        n_known = known["n_defects"] if result.unit == "defect" else known["n_patients"]
        low, high = (
            format_percent(float(measures[f"bound_unknown_{end}"]["estimate"]))
            for end in ("not_united", "united")
        )
        yield (
            _rate_label(result, value, is_mixed=is_mixed, has_units=has_units),
            count_text(headline["n_defects"]),
            count_text(headline["n_patients"]),
            write_share_range(headline),
            f"{count_text(known['n_events'])} of {count_text(n_known)}",
            percent_limits(known),
            f"{low} to {high}",
            count_text(headline["n_unknown"]),
            count_text(headline["n_not_due"]),
        )


def _rate_label(result: UnionRates, value: object, *, is_mixed: bool, has_units: bool) -> str:
    if result.by is None:
        return f"{_UNITS[result.unit]}, {format_label(result.definition)}"
    name = group_label(result.by, value)
    label = f"{start_sentence(format_label(result.by))}: {name}" if is_mixed else name
    return f"{label} ({_UNITS[result.unit].lower()})" if has_units else label


def group_label(by: str, value: object) -> str:
    """Return a group's value as a reader says it.

    Examples
    --------
    >>> group_label("prescribed_months", "3"), group_label("stage", "pre_lysis")
    ('3 months', 'pre-lysis')
    """
    text = str(value)
    if by == "prescribed_months" and text.replace(".", "").isdecimal():
        return format_months(float(text))
    return format_label(value)


def percent_limits(row: Row) -> str:
    """Return the row's estimate and limits as percentages."""
    return format_percent_range(*_limits(row))


def number_limits(row: Row, *, decimals: int = 2) -> str:
    """Return the row's estimate and limits as numbers, or the range that the data leave open."""
    if math.isfinite(float(row["estimate"])) or "estimate_low" not in row:
        return format_number_range(*_limits(row), decimals=decimals)
    open_range = float(row["estimate_low"]), float(row["estimate_high"])
    return format_number_between(*open_range, *_limits(row)[1:], decimals=decimals)


def _limits(row: Row) -> tuple[float, float, float]:
    return float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"])


def tabulate_time_to_union(result: TimeToUnion) -> DisplayTable:
    """Return cumulative union at the milestones with what is known at each, one line per time."""
    column = "group" if result.by is None else result.by
    estimates = result.frame[result.frame["measure"].eq("cumulative_union")]
    counts = result.risk_table.set_index([column, "months"])
    rows = []
    for row in list_rows(estimates):
        key = (row[column], row["months"])
        known = counts.loc[key] if key in counts.index else pd.Series(dtype="float64")
        rows.append(
            (
                start_sentence(format_label(row[column])),
                format_months(float(row["months"])),
                _share_or_not_told(row),
                *(
                    count_text(known.get(name))
                    for name in ("n_united", "n_not_united", "n_unknown")
                ),
            )
        )
    heads = ("Group", "Time", "Cumulative union (interval)", "Known united")
    return DisplayTable(
        heads=(*heads, "Known not united", "Status unknown"), rows=tuple(rows), n_row_heads=2
    )


def _share_or_not_told(row: Row) -> str:
    told = write_share_range(row)
    return f"not told; {told}" if row.get("left_open") == BEYOND_SCANS else told


def tabulate_strata(result: BaselineComparison) -> DisplayTable:
    """Return, stage by stage, our rate beside the published one and what it would expect."""
    rows = [
        (
            str(row["series"]),
            format_label(row["stage"]),
            count_text(row["n_defects"]),
            _our_rate(row),
            f"{count_text(row['published_n_united'])} of {count_text(row['published_n'])}",
            _percent(row, "published_rate", "published_conf_low", "published_conf_high"),
            format_number_range(float(row["expected"]), decimals=1),
        )
        for row in list_rows(result.strata)
    ]
    heads = ("Series", "Stage", "Our pars", "Our union (interval)", "Published united")
    return DisplayTable(
        heads=(*heads, "Published rate (interval)", "Expected of ours"),
        rows=tuple(rows),
        n_row_heads=2,
    )


def _our_rate(row: Row) -> str:
    limits = ("our_conf_low", "our_conf_high")
    low, high = float(row.get("our_rate_low", math.nan)), float(row.get("our_rate_high", math.nan))
    if math.isfinite(float(row["our_rate"])) or not high - low < 1:
        return _percent(row, "our_rate", *limits)
    return format_percent_between(low, high, *(float(row[name]) for name in limits))


def _percent(row: Row, *names: str) -> str:
    return format_percent_range(*(float(row[name]) for name in names))


def tabulate_coverage(result: BaselineComparison) -> DisplayTable:
    """Return which of our target pars have a published rate for their stage."""
    rows = [
        (
            str(row["series"]),
            format_label(row["stage"]),
            count_text(row["n_defects"]),
            count_text(row["n_patients"]),
            "yes" if row["covered"] else "no",
        )
        for row in list_rows(result.coverage)
    ]
    heads = ("Series", "Stage", "Our pars", "Our patients", "Has a published rate")
    return DisplayTable(heads=heads, rows=tuple(rows), n_row_heads=2, text_columns=(4,))


def tabulate_comparison(result: BaselineComparison) -> DisplayTable:
    """Return observed, expected, their ratio and the excess against each series."""
    rows = []
    keys = ["role", "strata", "series"]
    for (role, strata, series), frame in result.frame.groupby(keys, sort=False):
        measures = index_measures(frame)
        rows.append(
            (
                start_sentence(str(role)),
                format_label(strata),
                str(series),
                count_text(measures["observed"]["n_defects"]),
                number_limits(measures["observed"], decimals=1),
                number_limits(measures["expected"], decimals=1),
                number_limits(measures["observed_over_expected"]),
                number_limits(measures["excess_per_100"], decimals=1),
            )
        )
    return DisplayTable(
        heads=(
            "Analysis",
            "Stages",
            "Series",
            "Pars",
            "Observed united (interval)",
            "Expected (interval)",
            "Observed over expected (interval)",
            "Excess per 100 pars (interval)",
        ),
        rows=tuple(rows),
        n_row_heads=3,
    )


def tabulate_predictors(result: UnionPredictors) -> DisplayTable:
    """Return risk, difference and odds ratio of each level of each term."""
    is_mixed = result.method_used == "mixed"
    odds_ratio = "conditional_odds_ratio" if is_mixed else "odds_ratio"
    shown = result.frame[result.frame["measure"].isin(["risk", "risk_difference", odds_ratio])]
    rows = []
    for (term, level), frame in shown.groupby(["term", "level"], sort=False):
        measures = index_measures(frame)
        rows.append(
            (
                start_sentence(format_label(term)),
                format_label(level),
                percent_limits(measures["risk"]) if "risk" in measures else "",
                _against_reference(measures, "risk_difference"),
                _against_reference(measures, odds_ratio),
                _p_value(measures),
            )
        )
    return DisplayTable(
        heads=(
            "Term",
            "Level",
            "Standardised risk (interval)",
            "Difference, points (interval)",
            "Odds ratio given the patient (interval)" if is_mixed else "Odds ratio (interval)",
            "p",
        ),
        rows=tuple(rows),
        n_row_heads=2,
    )


def _against_reference(measures: dict[str, Row], measure: str) -> str:
    if measure not in measures:
        return "reference" if "risk" in measures else ""
    limits = _limits(measures[measure])
    return (
        format_points_range(*limits)
        if measure == "risk_difference"
        else format_number_range(*limits)
    )


def _p_value(measures: dict[str, Row]) -> str:
    given = [float(row.get("p_value", math.nan)) for row in measures.values()]
    known = [p_value for p_value in given if math.isfinite(p_value)]
    return format_p_value(known[-1]) if known else ""
