"""Forest of differences between groups in union by the horizon, per pars and per patient."""

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
from parsoutcomes.figures.style import (
    LONGEST_TITLE,
    SERIES,
    SMALL_POINTS,
    WIDTH_INCHES,
    new_axes,
    style_context,
    wrap_text,
)
from parsoutcomes.results.rate_comparison import (
    KNOWN_DIFFERENCE,
    NPMLE_DIFFERENCE,
    PAIR,
    PAIRED_DIFFERENCE,
    write_comparison_headline,
    write_comparison_row,
)
from parsoutcomes.results.rows import Row, index_measures
from parsoutcomes.wording import (
    format_date,
    format_group,
    format_label,
    format_list,
    format_months,
    format_p_value,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.rate_comparison import UnionRateComparison

_HEADS: Final = ("pars", "patients", "difference (interval)", "p")
_UNIT_HEADINGS: Final = {
    "defect": "Per pars",
    "patient": "Per patient (all target pars united)",
    PAIR: "Left and right of one vertebra, within patients",
}
_TESTS: Final = {
    "defect": "clustered score test per pars",
    "patient": "Fisher's exact test per patient",
    PAIR: "McNemar's exact test within patients",
}
_KEY_POINTS: Final = 500.0


@public(made_by="compare_union_rates")
def plot_union_rate_differences(result: UnionRateComparison, *, ax: Axes | None = None) -> Axes:
    """Draw how far union by the horizon in each group lies from that of the reference group.

    Groups were not drawn by lot: a difference is no effect of what the groups are named after.

    Parameters
    ----------
    result : UnionRateComparison
        From `compare_union_rates`.
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
    >>> result = po.compare_union_rates(
    ...     po.simulate_cohort(60, seed=1), "laterality", n_resamples=40)
    >>> ax = po.plot_union_rate_differences(result)
    >>> ax.get_xlabel()
    'Difference in union by 6 months, percentage points'
    """
    forest = _forest(result)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_points_scale(ax, forest)
        draw_forest(ax, forest)
        mark_sides(ax, 0.0, "fewer united", "more united")
    return ax


def union_rate_differences_size(result: UnionRateComparison) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result), WIDTH_INCHES)


def _forest(result: UnionRateComparison) -> Forest:
    _require_differences(result)
    rows: list[ForestRow] = []
    for number, (unit, part) in enumerate(result.frame.groupby("unit", sort=False)):
        rows.append(ForestRow(label=_UNIT_HEADINGS[str(unit)], is_heading=True))
        for _, frame in part.groupby(result.by, sort=False):
            rows.append(_row(result, index_measures(frame), number))
    return Forest(
        rows=tuple(rows),
        column_heads=_HEADS,
        title=_title(result),
        subtitle=_subtitle(result),
        axis_label=f"Difference in union by {format_months(result.horizon_months)}, percentage "
        "points",
        key=wrap_text(_key(result), _KEY_POINTS, SMALL_POINTS),
    )


def _require_differences(result: UnionRateComparison) -> None:
    if result.frame.empty:
        raise ArgumentError(
            "There is no difference to draw.",
            expected="at least two groups of 10 pars in 5 patients of known status",
            found="fewer than two",
            fix="Draw the rates of the groups with plot_union_rates.",
        )


def _title(result: UnionRateComparison) -> str:
    headline = write_comparison_headline(result)
    return headline if len(headline) <= LONGEST_TITLE else result.title


def _subtitle(result: UnionRateComparison) -> str:
    level = f"{100 * float(result.frame['conf_level'].iloc[0]):g}% intervals"
    return (
        f"{start_sentence(format_label(result.definition))} on CT by "
        f"{format_months(result.horizon_months)}, by {format_label(result.by)}; {level}; scans to "
        f"{format_date(result.data_lock)}"
    )


def _key(result: UnionRateComparison) -> str:
    adjusted = " Not adjusted for several groups." if _is_several(result) else ""
    tests = [_TESTS[unit] for unit in _TESTS if unit in set(result.frame["unit"])]
    return (
        "Filled mark: difference of the estimates from the intervals between scans, everyone "
        "counted. Hollow mark: difference among those whose status is known. Grey bar: all unknown "
        f"counted against, to all for, the group. p: {format_list(tests)}.{adjusted}"
    )


def _is_several(result: UnionRateComparison) -> bool:
    return bool(result.frame.groupby("unit")[result.by].nunique().max() > 1)


def _row(result: UnionRateComparison, measures: dict[str, Row], number: int) -> ForestRow:
    paired = measures.get(PAIRED_DIFFERENCE)
    headline = paired or measures[NPMLE_DIFFERENCE]
    known = measures.get(KNOWN_DIFFERENCE, {})
    tested = paired or known
    told = known if headline["left_open"] else headline
    series = SERIES[number]
    label = f"{format_group(result.by, told[result.by])} against "
    return ForestRow(
        label=f"  {start_sentence(label)}{format_group(result.by, told['reference'])}",
        estimate=float(headline["estimate"]),
        conf_low=float(headline["conf_low"]),
        conf_high=float(headline["conf_high"]),
        second=float(known.get("estimate", math.nan)),
        second_low=float(known.get("conf_low", math.nan)),
        second_high=float(known.get("conf_high", math.nan)),
        band_low=float(known.get("difference_low", math.nan)),
        band_high=float(known.get("difference_high", math.nan)),
        texts=(
            f"{int(told['n_defects'])}",
            f"{int(told['n_patients'])}",
            write_comparison_row(told),
            "not tested" if pd.isna(tested["p_value"]) else format_p_value(tested["p_value"]),
        ),
        color=series.color,
        marker=series.marker,
    )
