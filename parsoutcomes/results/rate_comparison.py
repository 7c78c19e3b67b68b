"""Differences between groups in union by the horizon, as a finished result in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rates import UNIT_WORDS, write_denominator
from parsoutcomes.results.rows import list_rows
from parsoutcomes.wording import (
    format_count,
    format_group,
    format_label,
    format_list,
    format_months,
    format_number,
    format_number_range,
    format_p_value,
    format_percent_range,
    format_points_range,
    start_sentence,
)

NPMLE_DIFFERENCE: Final = "union_npmle_difference"
KNOWN_DIFFERENCE: Final = "union_known_difference"
KNOWN_RATIO: Final = "union_known_ratio"
ODDS_RATIO: Final = "union_known_odds_ratio"
PAIRED_DIFFERENCE: Final = "paired_difference"
PAIRED_ODDS_RATIO: Final = "paired_odds_ratio"
PAIR: Final = "pair"
_UNITS: Final = {**UNIT_WORDS, PAIR: "Left and right of one vertebra"}
MEASURE_WORDS: Final = {
    NPMLE_DIFFERENCE: "difference, everyone counted",
    KNOWN_DIFFERENCE: "difference, status known",
    KNOWN_RATIO: "ratio, status known",
    ODDS_RATIO: "odds ratio, status known",
    PAIRED_DIFFERENCE: "difference within patients",
    PAIRED_ODDS_RATIO: "odds ratio within patients",
}
_UNIT_METHODS: Final = {
    "defect": "per pars, difference by squaring and adding the clustered intervals with the "
    "correlation of patients in both groups, ratio by Miettinen-Nurminen on the effective number "
    "of pars, score test with the pooled correlation within patients (Donner)",
    "patient": "per patient, among patients whose target pars are all in one group, Newcombe's "
    "difference, Miettinen-Nurminen ratio, Fisher's exact test",
}
_PAIR_METHOD: Final = (
    "left against right within patients, those with both pars of one vertebra of known status: "
    "McNemar's exact test, conditional odds ratio with exact limits, Newcombe's difference of pairs"
)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class UnionRateComparison(Result):
    """How far groups lie apart in union by the horizon, per pars and per patient.

    Attributes
    ----------
    by, reference : str
        The grouping column and the group that others are compared with.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    frame : pandas.DataFrame
        Group, `reference`, `unit` ("defect", "patient", or "pair" for left against right) and
        `measure`: `union_npmle_difference` (everyone counted, the headline),
        `union_known_difference` and `union_known_ratio` (status known; the difference with its
        bounds `difference_low, difference_high`), `paired_difference, paired_odds_ratio`.
        `p_value_holm` is adjusted over the groups of a unit.
    beside : pandas.DataFrame
        The same by other methods: patient bootstrap (BCa), linearised, GEE, exact odds ratio.
    rates : pandas.DataFrame
        The rates that are compared, as in `UnionRates` with a column `unit`, with ICC and design
        effect; groups too small to compare too.
    trend : pandas.DataFrame
        For a term with an order: change per step and its test, one row per unit; else empty.
    trend_why : str
        Why there is no trend, in words; empty when there is one.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    by: str
    reference: str = ""
    horizon_months: float
    grace_months: float
    beside: pd.DataFrame = field(default_factory=pd.DataFrame)
    rates: pd.DataFrame = field(default_factory=pd.DataFrame)
    trend: pd.DataFrame = field(default_factory=pd.DataFrame)
    trend_why: str = ""
    data_lock: pd.Timestamp | None = None

    def notes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the rates compared, the trend and other methods before the usual lines."""
        headed = (
            ("Rates", tuple(_write_rate(row, self.by) for row in list_rows(self.rates))),
            ("Trend", (*map(write_trend, list_rows(self.trend)), *filter(None, [self.trend_why]))),
            ("Other methods", tuple(_write_beside(row, self.by) for row in list_rows(self.beside))),
            *super().notes(),
        )
        return tuple((heading, kept) for heading, lines in headed if (kept := _filled(lines)))


def _filled(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if line)


def write_comparison_title(definition: str, by: str, horizon_months: float) -> str:
    """Return the title of a comparison of union rates.

    Examples
    --------
    >>> write_comparison_title("complete", "stage", 6.0)
    'Difference between groups in complete union by 6 months, by stage'
    """
    return (
        f"Difference between groups in {format_label(definition)} by "
        f"{format_months(horizon_months)}, by {format_label(by)}"
    )


def write_comparison_method(
    units: Sequence[str], horizon_months: float, grace_months: float, *, has_pairs: bool
) -> str:
    """Return which statistics a comparison rests on, in words.

    Parameters
    ----------
    units : sequence of str
        "defect", "patient" or both.
    horizon_months, grace_months : float
        As in `compare_union_rates`.
    has_pairs : bool
        Whether left and right were compared within patients.
    """
    when = f"{format_months(horizon_months)} and a grace of {format_months(grace_months)}"
    listed = [
        "union_npmle_difference: difference of the estimated cumulative union at "
        f"{format_months(horizon_months)} (surgery competing, everyone counted), by squaring and "
        "adding the intervals of the curves; union_known: united on a scan by "
        f"{when} among those due whose status is known, the bounds count every unknown status "
        "against and for the group"
    ]
    listed += [_UNIT_METHODS[unit] for unit in units]
    listed += [_PAIR_METHOD] if has_pairs else []
    return (
        f"{'; '.join(listed)}. Each group is compared with the reference; p-values are given as "
        "they are and adjusted by Holm over the groups of a unit."
    )


def write_comparison_finding(
    frame: pd.DataFrame,
    trend: pd.DataFrame,
    *,
    by: str,
    definition: str,
    horizon_months: float,
) -> str:
    """Return the differences, their tests and the trend, as sentences.

    Parameters
    ----------
    frame, trend : pandas.DataFrame
        Those of `UnionRateComparison`.
    by, definition, horizon_months
        As in `compare_union_rates`.
    """
    if frame.empty:
        return (
            f"No two groups by {format_label(by)} are large enough for a comparison (10 pars in 5 "
            "patients of known status): counts and intervals only."
        )
    level = f"{100 * float(frame['conf_level'].iloc[0]):g}%"
    opening = (
        f"By {format_months(horizon_months)}, difference in {format_label(definition)} in "
        f"percentage points ({level} intervals; tests among those of known status)"
    )
    said = []
    for unit, part in frame.groupby("unit", sort=False):
        listed = format_list([_write_pair(rows, by) for rows in _pairs(part)])
        said.append(f"{_UNITS[str(unit)].lower()}, {listed}")
    steps = [write_trend(row) for row in list_rows(trend)]
    return f"{opening}: {'; '.join([*said, *steps])}."


def write_comparison_headline(result: UnionRateComparison) -> str:
    """Return the differences of the first unit alone, short enough for the title of a figure.

    Parameters
    ----------
    result : UnionRateComparison
        With at least one difference.
    """
    frame = result.frame[result.frame["unit"].eq(result.frame["unit"].iloc[0])]
    told = [_tell(rows)[0] for rows in _pairs(frame)]
    listed = [f"{format_group(result.by, row[result.by])} {_points(row)} points" for row in told]
    return (
        f"{start_sentence(format_label(result.definition))} by "
        f"{format_months(result.horizon_months)} {_UNITS[frame['unit'].iloc[0]].lower()}, against "
        f"{format_group(result.by, told[0]['reference'])}: {format_list(listed)}"
    )


def _pairs(frame: pd.DataFrame) -> list[dict[str, dict[str, Any]]]:
    column = str(frame.columns[0])
    return [
        {str(row["measure"]): row for row in list_rows(rows)}
        for _, rows in frame.groupby(column, sort=False)
    ]


def _tell(rows: Mapping[str, dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the difference that is told, the headline where there is one, and the one tested."""
    paired = rows.get(PAIRED_DIFFERENCE)
    tested = paired or rows[KNOWN_DIFFERENCE]
    headline = paired or rows[NPMLE_DIFFERENCE]
    return (tested if headline["left_open"] else headline), tested


def _write_pair(rows: Mapping[str, dict[str, Any]], by: str) -> str:
    told, tested = _tell(rows)
    p_value, holm = float(tested["p_value"]), float(tested["p_value_holm"])
    test = "not tested" if pd.isna(p_value) else f"p {_equals(p_value)}"
    several = f", Holm {_equals(holm)}" if pd.notna(holm) and holm != p_value else ""
    whom = write_denominator(pd.Series(told), "defect").replace("target pars", "pars")
    return f"{_who(told, by)} {_points(told)} on {whom}, {test}{several}"


def _who(row: Mapping[str, Any], by: str) -> str:
    column = next(iter(row))
    return f"{format_group(by, row[column])} against {format_group(by, row['reference'])}"


def _points(row: Mapping[str, Any]) -> str:
    return format_points_range(row["estimate"], row["conf_low"], row["conf_high"])


def _equals(p_value: float) -> str:
    text = format_p_value(p_value)
    return text if text.startswith("<") else f"= {text}"


def write_comparison_row(row: Mapping[str, Any]) -> str:
    """Return the estimate of a row with its interval, in points for a difference.

    Examples
    --------
    >>> write_comparison_row({"measure": "union_known_ratio", "estimate": 1.5, "conf_low": 1.1,
    ...                       "conf_high": float("inf")})
    '1.50 (1.10 to ∞)'
    """
    if row["measure"] in {KNOWN_RATIO, ODDS_RATIO, PAIRED_ODDS_RATIO}:
        limits = [_ratio(float(row[name])) for name in ("estimate", "conf_low", "conf_high")]
        if limits[1] == limits[2] == "not estimable":
            return limits[0]
        return f"{limits[0]} ({limits[1]} to {limits[2]})"
    return _points(row)


def _ratio(value: float) -> str:
    if pd.isna(value) or abs(value) == float("inf"):
        return format_number(value)
    return format_number_range(value)


def write_trend(row: Mapping[str, Any]) -> str:
    """Return the trend over ordered groups of one unit, as part of a sentence.

    Examples
    --------
    >>> write_trend({"unit": "defect", "estimate": -0.2, "conf_low": -0.3, "conf_high": -0.1,
    ...              "p_value": 0.0004, "steps": "early, progressive, terminal"})
    'per pars, -20 (-30 to -10) points with each step (early, progressive, terminal), p for trend \
<0.001'
    """
    return (
        f"{_UNITS[row['unit']].lower()}, {_points(row)} points with each step ({row['steps']}), p "
        f"for trend {_equals(float(row['p_value']))}"
    )


def _write_rate(row: Mapping[str, Any], by: str) -> str:
    if row["measure"] != "union_known_status":
        return ""
    is_pars = row["unit"] == "defect"
    n_known = int(row["n_defects"] if is_pars else row["n_patients"])
    share = format_percent_range(row["estimate"], row["conf_low"], row["conf_high"])
    nouns = ("pars", "pars") if is_pars else ("patient", "patients")
    alike = f" in {format_count(int(row['n_patients']), 'patient', 'patients')}" if is_pars else ""
    inside = (
        f"; ICC {_number(row['icc'])}, design effect {_number(row['design_effect'])}"
        if is_pars
        else ""
    )
    return (
        f"{format_group(by, row[by])} {_UNITS[row['unit']].lower()}: {share} of "
        f"{format_count(n_known, *nouns)}{alike} of known status{inside}"
    )


def _number(value: float) -> str:
    return "not estimable" if pd.isna(value) else f"{value:.2f}"


def _write_beside(row: Mapping[str, Any], by: str) -> str:
    measure = MEASURE_WORDS[row["measure"]]
    return (
        f"{_who(row, by)} {_UNITS[row['unit']].lower()}, {measure}: {write_comparison_row(row)} "
        f"({row['interval_method']})"
    )
