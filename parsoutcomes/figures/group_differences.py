"""Differences between groups in cumulative union, with the test and the months un-united."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.errors import ArgumentError
from parsoutcomes.figures.forest import (
    Forest,
    ForestRow,
    draw_forest,
    draw_points_scale,
    forest_size,
    mark_sides,
)
from parsoutcomes.figures.over_time import label_group, series_of
from parsoutcomes.figures.style import (
    SMALL_POINTS,
    WIDTH_INCHES,
    new_axes,
    short_title,
    style_context,
    wrap_text,
)
from parsoutcomes.results.group_differences import write_difference
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_group,
    format_label,
    format_months,
    format_p_value,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.group_differences import GroupDifferences

_HEAD: Final = ("difference (interval)",)
_KEY_POINTS: Final = 500.0


@public(made_by="compare_time_to_union")
def plot_group_differences(result: GroupDifferences, *, ax: Axes | None = None) -> Axes:
    """Draw how far cumulative union of each group lies from that of the reference group.

    Groups were not drawn by lot: a difference is no effect of what the groups are named after.

    Parameters
    ----------
    result : GroupDifferences
        From `compare_time_to_union`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        When no two groups were large enough to compare.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> result = po.compare_time_to_union(
    ...     po.simulate_cohort(60, seed=1), "laterality", n_resamples=40)
    >>> ax = po.plot_group_differences(result)
    >>> ax.get_xlabel()
    'Difference in cumulative union, percentage points'
    """
    forest = _forest(result)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_points_scale(ax, forest)
        draw_forest(ax, forest)
        mark_sides(ax, 0.0, "fewer united", "more united")
    return ax


def group_differences_size(result: GroupDifferences) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result), WIDTH_INCHES)


def _forest(result: GroupDifferences) -> Forest:
    _require_differences(result)
    rows: list[ForestRow] = []
    groups = list(dict.fromkeys(result.curves.curve[result.by].astype(str)))
    for (group, reference), frame in result.frame.groupby([result.by, "reference"], sort=False):
        label = f"{label_group(result.by, group)} v {format_group(result.by, reference)}"
        rows.append(ForestRow(label=label, is_heading=True))
        number = groups.index(str(group)) if str(group) in groups else 0
        rows += [_row(row, number) for row in list_rows(frame)]
    return Forest(
        rows=tuple(rows),
        column_heads=_HEAD,
        title=short_title(result),
        subtitle=_subtitle(result),
        axis_label="Difference in cumulative union, percentage points",
        key=wrap_text(_test_words(result), _KEY_POINTS, SMALL_POINTS),
    )


def _require_differences(result: GroupDifferences) -> None:
    if result.frame.empty:
        raise ArgumentError(
            "There is no difference to draw.",
            expected="at least two groups large enough to compare",
            found=result.test_why or "fewer than two",
            fix="Draw the curves of the groups with plot_time_to_union.",
        )


def _subtitle(result: GroupDifferences) -> str:
    unit = "per pars" if result.unit == "defect" else "per patient (all target pars united)"
    levels = result.frame["conf_level"].dropna()
    level = f"; {100 * float(levels.iloc[0]):g}% intervals" if len(levels) else ""
    return (
        f"Difference in cumulative {format_label(result.definition)} {unit}, by "
        f"{format_label(result.by)}, and in mean months un-united{level}"
    )


def _test_words(result: GroupDifferences) -> str:
    p_value = _p_value(result.test)
    given = (
        f"Score test for interval data: p {_equals(p_value)}. " if math.isfinite(p_value) else ""
    )
    return f"{given}{start_sentence(result.test_why)}"


def _equals(p_value: float) -> str:
    text = format_p_value(p_value)
    return text if text.startswith("<") else f"= {text}"


def _p_value(test: pd.DataFrame) -> float:
    return float(test["p_value"].iloc[0]) if len(test) else math.nan


def _row(row: Row, number: int) -> ForestRow:
    months = format_months(float(row["months"]))
    if row["measure"] == "mean_months_difference":
        return ForestRow(
            label=f"  Mean months un-united in the first {row['months']:g}",
            texts=(write_difference(row),),
        )
    series, estimate = series_of(number), float(row["estimate"])
    low, high = (float(row.get(f"difference_{end}", math.nan)) for end in ("low", "high"))
    is_open = not math.isfinite(estimate) and math.isfinite(low) and _is_interval(row)
    is_drawn = math.isfinite(estimate) or is_open
    return ForestRow(
        label=f"  By {months}",
        estimate=estimate,
        conf_low=float(row["conf_low"]) if is_drawn else math.nan,
        conf_high=float(row["conf_high"]) if is_drawn else math.nan,
        band_low=low if is_open else math.nan,
        band_high=high if is_open else math.nan,
        texts=(write_difference(row),),
        color=series.color,
        marker=series.marker,
    )


def _is_interval(row: Row) -> bool:
    return math.isfinite(float(row["conf_low"])) and math.isfinite(float(row["conf_high"]))
