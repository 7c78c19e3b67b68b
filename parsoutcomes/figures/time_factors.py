"""By what factor predictors stretch the time to union; without predictors, the curve fitted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.figures.forest import (
    Forest,
    ForestRow,
    draw_forest,
    draw_ratio_scale,
    forest_size,
    mark_sides,
)
from parsoutcomes.figures.over_time import (
    draw_scales,
    last_month,
    over_time_size,
    series_of,
)
from parsoutcomes.figures.style import (
    BLUE,
    INK,
    MUTED,
    SMALL_POINTS,
    WIDTH_INCHES,
    Margins,
    new_axes,
    set_margins,
    short_title,
    style_context,
    write_header,
)
from parsoutcomes.results.parametric_times import name_distribution
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import format_label, format_number_range, start_sentence

if TYPE_CHECKING:
    from parsoutcomes.results.parametric_times import UnionAft

_HEADS: Final = ("times as long", "months until half unite")
_KEY: Final = "Months until half unite: with the other terms at their average in the cohort."
_HALF: Final = 0.5
_CURVE_MARGINS: Final = Margins(left=0.75)


@public(made_by="fit_union_aft")
def plot_union_aft(result: UnionAft, *, ax: Axes | None = None) -> Axes:
    """Draw by what factor each predictor stretches or shortens the time to union.

    Without predictors, the fitted curve of all pars. The model says that every pars unites in the
    end; where a share never does, `plot_union_cure`. Not effects of the brace.

    Parameters
    ----------
    result : UnionAft
        From `fit_union_aft`.
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
    >>> result = po.fit_union_aft(po.simulate_cohort(30, seed=1), ["laterality"])
    >>> ax = po.plot_union_aft(result)
    >>> ax.get_xlabel()
    'Time to union as a multiple of the reference (log scale)'
    """
    with style_context():
        ax = new_axes(union_aft_size(result)) if ax is None else ax
        if _has_terms(result):
            forest = _forest(result)
            draw_ratio_scale(ax, forest.rows)
            draw_forest(ax, forest)
            mark_sides(ax, 1.0, "sooner", "later")
        else:
            _draw_curve(ax, result)
    return ax


def union_aft_size(result: UnionAft) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    if _has_terms(result):
        return forest_size(_forest(result), WIDTH_INCHES)
    return over_time_size(_CURVE_MARGINS, short_title(result), _subtitle(result))


def _has_terms(result: UnionAft) -> bool:
    return bool(result.frame["measure"].eq("time_ratio").any())


def _subtitle(result: UnionAft) -> str:
    first = result.frame.iloc[0]
    return (
        f"{name_distribution(result.distribution)} model of time to "
        f"{format_label(result.definition)} between scans, per pars; "
        f"{100 * float(first['conf_level']):g}% intervals; {int(first['n_defects'])} pars in "
        f"{int(first['n_patients'])} patients. It says that every pars unites in the end"
    )


def _forest(result: UnionAft) -> Forest:
    rows: list[ForestRow] = []
    for term, frame in result.frame.groupby("term", sort=False):
        rows.append(ForestRow(label=start_sentence(format_label(term)), is_heading=True))
        rows += _rows_of_term(frame)
    return Forest(
        rows=tuple(rows),
        column_heads=_HEADS,
        title=short_title(result),
        subtitle=_subtitle(result),
        axis_label="Time to union as a multiple of the reference (log scale)",
        key=_KEY,
    )


def _rows_of_term(frame: pd.DataFrame) -> list[ForestRow]:
    ratios = {str(row["level"]): row for row in list_rows(_of_measure(frame, "time_ratio"))}
    medians = {str(row["level"]): row for row in list_rows(_of_measure(frame, "median_months"))}
    is_number = not ratios.keys() <= medians.keys()
    levels = dict.fromkeys([*ratios, *medians] if is_number else medians)
    return [_row(level, ratios.get(level), medians.get(level), is_number) for level in levels]


def _row(level: str, ratio: Row | None, median: Row | None, is_number: bool) -> ForestRow:
    months = "" if median is None else format_number_range(*_limits(median), decimals=1)
    label = f"  {start_sentence(format_label(level))}"
    if ratio is None:
        return ForestRow(
            label=label,
            estimate=math.nan if is_number else 1.0,
            texts=("" if is_number else "reference", months),
            color=MUTED,
            marker="o",
        )
    estimate, low, high = _limits(ratio)
    return ForestRow(
        label=label,
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        texts=(format_number_range(estimate, low, high), months),
        color=BLUE,
    )


def _of_measure(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    return frame[frame["measure"].eq(measure)]


def _limits(row: Row) -> tuple[float, float, float]:
    return float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"])


def _draw_curve(ax: Axes, result: UnionAft) -> None:
    title, subtitle = short_title(result), _subtitle(result)
    set_margins(ax, _CURVE_MARGINS, title, subtitle)
    months = result.curve["days"] / DAYS_PER_MONTH
    last, look = last_month([float(months.max())]), series_of(0)
    draw_scales(ax, last, "Pars united, as fitted")
    kept = months <= last
    ax.plot(months[kept], result.curve["union"][kept], color=look.color, lw=1.8)
    half, low, high = _limits(list_rows(_of_measure(result.frame, "median_months"))[0])
    ax.plot([low, min(high, last)], [_HALF, _HALF], color=look.color, lw=1.8, zorder=4)
    if half <= last:
        ax.plot([half], [_HALF], look.marker, color=look.color, ms=7, mec="white", zorder=5)
    ax.annotate(
        f"half by {format_number_range(half, low, high)} months",
        xy=(min(high, last), _HALF),
        xytext=(8, -4),
        textcoords="offset points",
        va="top",
        fontsize=SMALL_POINTS,
        color=INK,
        zorder=6,
    )
    write_header(ax, title, subtitle)
