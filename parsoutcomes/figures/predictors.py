"""Predictors of union as absolute risks: one line per level of each term."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.figures.forest import (
    Forest,
    ForestRow,
    draw_forest,
    draw_share_scale,
    forest_size,
)
from parsoutcomes.figures.style import (
    BLUE,
    MUTED,
    WIDTH_INCHES,
    new_axes,
    short_title,
    style_context,
)
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_label,
    format_months,
    format_number,
    format_percent_range,
    format_points_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.predictors import UnionPredictors

_HEADS: Final = ("standardised risk", "difference, points")


@public(made_by="fit_union_logistic")
def plot_union_predictors(result: UnionPredictors, *, ax: Axes | None = None) -> Axes:
    """Draw the standardised chance of union at each level of each predictor.

    Associations in one treated group; not effects of treatment.

    Parameters
    ----------
    result : UnionPredictors
        From `fit_union_logistic`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        When `result` is not such a result.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> result = po.fit_union_logistic(
    ...     po.simulate_cohort(60, seed=1), ["laterality"], n_resamples=40)
    >>> ax = po.plot_union_predictors(result)
    >>> ax.get_xlabel()
    'Chance of union, all else as in the whole cohort'
    """
    forest = _forest(result)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_share_scale(ax)
        draw_forest(ax, forest)
    return ax


def union_predictors_size(result: UnionPredictors) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result), WIDTH_INCHES)


def _forest(result: UnionPredictors) -> Forest:
    rows: list[ForestRow] = []
    for term, frame in result.frame.groupby("term", sort=False):
        risks = frame[frame["measure"].eq("risk")]
        if risks.empty:
            continue
        rows.append(ForestRow(label=start_sentence(format_label(term)), is_heading=True))
        rows += [_row(frame, risk) for risk in list_rows(risks)]
    return Forest(
        rows=tuple(rows),
        column_heads=_HEADS,
        title=short_title(result),
        subtitle=_subtitle(result),
        axis_label="Chance of union, all else as in the whole cohort",
    )


def _subtitle(result: UnionPredictors) -> str:
    n_defects, n_patients = (int(result.frame[name].max()) for name in ("n_defects", "n_patients"))
    level = 100 * float(result.frame["conf_level"].dropna().iloc[0])
    return (
        f"Risk of {format_label(result.definition)} by {format_months(result.horizon_months)}"
        f", per pars, standardised over the cohort; {level:g}% intervals; "
        f"{n_defects} pars in {n_patients} patients"
    )


def _row(frame: pd.DataFrame, risk: Row) -> ForestRow:
    estimate, low, high = _limits(risk)
    is_reference = _is_reference(frame, risk)
    return ForestRow(
        label=f"  {_level_label(risk['level'])}",
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        texts=(
            format_percent_range(estimate, low, high),
            "reference" if is_reference else _difference(frame, risk["level"]),
        ),
        color=MUTED if is_reference else BLUE,
        marker="o" if is_reference else "s",
    )


def _is_reference(frame: pd.DataFrame, risk: Row) -> bool:
    return str(risk["level"]) in set(frame["reference"].dropna().astype(str))


def _difference(frame: pd.DataFrame, level: object) -> str:
    for row in list_rows(frame[frame["measure"].eq("risk_difference")]):
        if row["level"] == level:
            return format_points_range(*_limits(row))
    return ""


def _limits(row: Row) -> tuple[float, float, float]:
    values = [float(row[name]) for name in ("estimate", "conf_low", "conf_high")]
    return values[0], values[1], values[2]


def _level_label(level: object) -> str:
    if isinstance(level, float) and math.isfinite(level):
        return format_number(level)
    return start_sentence(format_label(level))
