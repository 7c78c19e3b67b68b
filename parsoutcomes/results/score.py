"""A published score in our own pars: union by score, and how well it tells who unites."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, index_measures, list_rows
from parsoutcomes.wording import (
    format_count,
    format_number,
    format_percent,
    format_points_range,
)

OURS = "ours"
BY_SCORE = "union_at_score"


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class UnionScore(Result):
    """Union by a published score, per pars.

    Attributes
    ----------
    series : str
        The paper, such as "Gamada 2024".
    is_few : bool
        Whether pars or patients are too few for a statement.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    """

    series: str
    is_few: bool
    horizon_months: float
    grace_months: float


def write_score_finding(frame: pd.DataFrame, series: str, *, is_few: bool) -> str:
    """Return union at the lowest and the highest score and the area under the curve.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows of a `UnionScore`.
    series : str
        The paper.
    is_few : bool
        Whether pars or patients are too few for a statement.
    """
    by_score = list_rows(frame[frame["measure"].eq(BY_SCORE) & frame["n_defects"].gt(0)])
    n_defects = sum(int(row["n_defects"]) for row in by_score)
    ours = index_measures(frame[frame["source"].eq(OURS)])
    n_patients = int(ours["overall_union"]["n_patients"])
    whom = f"{n_defects} pars in {format_count(n_patients, 'patient', 'patients')}"
    if not n_defects:
        return "No pars can be scored of which union at the horizon is known."
    if is_few:
        return f"{whom} can be scored: too few to say how the score of {series} does here."
    return f"In {whom}, {_write_ends(by_score)}; {_write_area(frame, series)}."


def _write_ends(by_score: list[Row]) -> str:
    first, last = by_score[0], by_score[-1]
    shares = [
        f"{format_percent(float(row['estimate']))} ({row['n_events']} of {row['n_defects']}) at a "
        f"score of {row['score']}"
        for row in (first, last)
    ]
    return f"union was {shares[0]}" + (f" and {shares[1]}" if len(by_score) > 1 else "")


def _write_area(frame: pd.DataFrame, series: str) -> str:
    areas = {
        str(row["source"]): row for row in list_rows(frame[frame["measure"].eq("area_under_curve")])
    }
    if math.isnan(float(areas[OURS]["estimate"])):
        return "all or none united, so that the score cannot tell them apart"
    ours, published = (_write_limits(areas[source]) for source in (OURS, series))
    return f"the area under the curve was {ours}, in {series} {published}"


def _write_limits(row: Row) -> str:
    text = format_number(float(row["estimate"]))
    if math.isnan(float(row["conf_low"])):
        return f"{text} (no interval can be given)"
    low, high = (format_number(float(row[end])) for end in ("conf_low", "conf_high"))
    return f"{text} ({100 * float(row['conf_level']):g}% interval {low} to {high})"


def write_change(row: Row) -> str:
    """Return the change in union per point of the score, in percentage points."""
    values = (float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    return format_points_range(*values)
