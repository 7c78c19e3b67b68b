"""Observed over expected union against each published series."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, NullLocator

from parsoutcomes.figures.forest import Forest, ForestRow, draw_forest, forest_size
from parsoutcomes.figures.style import (
    INK,
    RULE,
    SERIES,
    SMALL_POINTS,
    WIDTH_INCHES,
    new_axes,
    short_title,
    style_context,
)
from parsoutcomes.wording import (
    format_label,
    format_months,
    format_number_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.comparison import BaselineComparison

_HEADS: Final = ("observed v expected", "ratio (interval)")
_TICKS: Final = (0.25, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 8.0)


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
    """
    forest = _forest(result)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        _draw_scale(ax, forest)
        draw_forest(ax, forest)
        _mark_sides(ax)
    return ax


def baseline_comparison_size(result: BaselineComparison) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result), WIDTH_INCHES)


def _draw_scale(ax: Axes, forest: Forest) -> None:
    shown = [
        value
        for row in forest.rows
        for value in (row.estimate, row.conf_low, row.conf_high)
        if math.isfinite(value) and value > 0
    ]
    low, high = min([*shown, 0.8]) / 1.12, max([*shown, 1.25]) * 1.12
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    ax.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.grid(axis="x", color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.axvline(1.0, color=INK, lw=1.1, zorder=2)


def _mark_sides(ax: Axes) -> None:
    for text, across, side in (("fewer united", -6, "right"), ("more united", 6, "left")):
        ax.annotate(
            text,
            xy=(1.0, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(across, -2),
            textcoords="offset points",
            ha=side,
            va="top",
            fontsize=SMALL_POINTS,
            color=INK,
        )


def _forest(result: BaselineComparison) -> Forest:
    rows: list[ForestRow] = []
    for strata, of_strata in result.frame.groupby("strata", sort=False):
        rows.append(ForestRow(label=_strata_label(str(strata)), is_heading=True))
        of_references = of_strata.groupby("reference", sort=False)
        for number, (reference, frame) in enumerate(of_references):
            rows.append(_row(result, str(reference), frame, number))
    return Forest(
        rows=tuple(rows),
        column_heads=_HEADS,
        title=short_title(result),
        subtitle=_subtitle(result),
        axis_label="Observed over expected (log scale; 1 = as the series would expect)",
    )


def _strata_label(strata: str) -> str:
    return start_sentence(strata.replace("pre_lysis", format_label("pre_lysis")).replace("_", " "))


def _subtitle(result: BaselineComparison) -> str:
    levels = result.frame["conf_level"].dropna()
    level = f"{100 * float(levels.iloc[0]):g}% intervals; " if len(levels) else ""
    n_defects, n_patients = (
        int(result.frame[name].max()) if len(result.frame) else 0
        for name in ("n_defects", "n_patients")
    )
    return (
        f"Union of pars by {format_months(result.horizon_months)} against what each "
        f"series' rates, stage by stage, would give in our stage mix; {level}"
        f"{n_defects} pars in {n_patients} patients"
    )


def _row(result: BaselineComparison, reference: str, frame: pd.DataFrame, number: int) -> ForestRow:
    measures = frame.drop_duplicates("measure").set_index("measure")
    ratio = measures.loc["observed_over_expected"]
    series = SERIES[number % 2]
    return ForestRow(
        label=f"  {_series_name(result, reference)}",
        estimate=float(ratio["estimate"]),
        conf_low=float(ratio["conf_low"]),
        conf_high=float(ratio["conf_high"]),
        texts=(
            " v ".join(
                f"{measures.loc[name, 'estimate']:.1f}" for name in ("observed", "expected")
            ),
            _limits(ratio, decimals=2),
        ),
        color=series.color,
        marker=series.marker,
    )


def _limits(row: pd.Series, *, decimals: int) -> str:
    estimate, low, high = (float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    return format_number_range(estimate, low, high, decimals=decimals)


def _series_name(result: BaselineComparison, reference: str) -> str:
    names = dict(zip(result.frame["reference"].drop_duplicates(), result.series, strict=False))
    return str(names.get(reference, reference))
