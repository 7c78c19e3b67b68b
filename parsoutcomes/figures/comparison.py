"""Observed over expected union against each published series."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.figures.forest import (
    Forest,
    ForestRow,
    draw_forest,
    draw_ratio_scale,
    forest_size,
    mark_sides,
)
from parsoutcomes.figures.style import (
    SERIES,
    WIDTH_INCHES,
    new_axes,
    style_context,
)
from parsoutcomes.results.rows import Row, index_measures, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_number_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.comparison import BaselineComparison

ALL_STAGES: Final = "all stages of the series"
_HEADS: Final = ("observed v expected", "ratio (interval)")


@public(made_by="compare_with_baselines")
def plot_baseline_comparison(result: BaselineComparison, *, ax: Axes | None = None) -> Axes:
    """Draw observed over expected union, given our stage mix, against each published series.

    It does not show that the brace works: there is no control group.

    Parameters
    ----------
    result : BaselineComparison
        From `compare_with_baselines`.
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
    >>> result = po.compare_with_baselines(po.simulate_cohort(30, seed=1), n_resamples=40)
    >>> ax = po.plot_baseline_comparison(result)
    >>> ax.get_xlabel()
    'Observed over expected (log scale; 1 = as the series would expect)'
    """
    forest = _forest(result)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_ratio_scale(ax, forest.rows)
        draw_forest(ax, forest)
        mark_sides(ax, 1.0, "fewer united", "more united")
    return ax


def baseline_comparison_size(result: BaselineComparison) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result), WIDTH_INCHES)


def _forest(result: BaselineComparison) -> Forest:
    rows: list[ForestRow] = []
    names = list(result.frame["series"].drop_duplicates())
    for (role, strata), of_role in result.frame.groupby(["role", "strata"], sort=False):
        label = label_role(str(role), str(strata), _verdict_of(result, str(role)))
        rows.append(ForestRow(label=label, is_heading=True))
        for series, frame in of_role.groupby("series", sort=False):
            rows.append(_row(str(series), frame, names.index(series)))
    return Forest(
        rows=tuple(rows),
        column_heads=_HEADS,
        title=_title(result),
        subtitle=_subtitle(result),
        axis_label="Observed over expected (log scale; 1 = as the series would expect)",
    )


def label_role(role: str, strata: str, verdict: str = "") -> str:
    """Return which pars a line counts, and the verdict that would rest on it."""
    stages = format_list([format_label(stage) for stage in strata.split(" + ")])
    if role == "verdict":
        return f"{start_sentence(stages)} pars (the verdict)"
    label = start_sentence(role)
    if role == ALL_STAGES:
        label = f"{label} ({stages})"
    return f"{label}: {verdict}" if verdict else label


def _verdict_of(result: BaselineComparison, role: str) -> str:
    told = {str(row["role"]): str(row["verdict"]) for row in list_rows(result.verdicts)}
    return told.get(role, "")


def _title(result: BaselineComparison) -> str:
    return f"Union set beside {format_list(list(result.series))}: {result.verdict}"


def _subtitle(result: BaselineComparison) -> str:
    levels = result.frame["conf_level"].dropna()
    level = f"{100 * float(levels.iloc[0]):g}% intervals; " if len(levels) else ""
    first = result.frame.iloc[0]
    n_defects, n_patients = int(first["n_defects"]), int(first["n_patients"])
    return (
        f"Union of pars by {format_months(result.horizon_months)} against what each "
        f"series' rates, stage by stage, would give in our stage mix; {level}"
        f"verdict on {n_defects} pars in {format_count(n_patients, 'patient', 'patients')}"
    )


def _row(name: str, frame: pd.DataFrame, number: int) -> ForestRow:
    measures = index_measures(frame)
    ratio = measures["observed_over_expected"]
    series = SERIES[number % len(SERIES)]
    return ForestRow(
        label=f"  {name}",
        estimate=float(ratio["estimate"]),
        conf_low=float(ratio["conf_low"]),
        conf_high=float(ratio["conf_high"]),
        band_low=float(ratio.get("estimate_low", math.nan)),
        band_high=float(ratio.get("estimate_high", math.nan)),
        texts=(
            _counts(measures),
            _limits(ratio, decimals=2),
        ),
        color=series.color,
        marker=series.marker,
    )


def _counts(measures: Mapping[str, Row]) -> str:
    observed, expected = (_value(measures[part]) for part in ("observed", "expected"))
    has_any = math.isfinite(measures["expected"]["estimate"])
    return f"{observed} v {expected}" if has_any else expected


def _value(row: Row) -> str:
    bare = {**row, "conf_low": math.nan, "conf_high": math.nan}
    return _limits(bare, decimals=1)


def _limits(row: Row, *, decimals: int) -> str:
    estimate, *limits = (float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    if math.isfinite(estimate) or "estimate_low" not in row:
        return format_number_range(estimate, *limits, decimals=decimals)
    low, high = float(row["estimate_low"]), float(row["estimate_high"])
    ends = (
        format_number_range(low, decimals=decimals),
        format_number_range(high, *limits, decimals=decimals),
    )
    return " to ".join(ends) if math.isfinite(low) else ends[0]
