"""Observed and expected union side by side: stage by stage, and in all."""

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
from parsoutcomes.figures.style import INK, SERIES, WIDTH_INCHES, new_axes, style_context
from parsoutcomes.results.rows import Row, index_measures, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_number_range,
    format_percent_between,
    format_percent_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.comparison import BaselineComparison

_HEADS: Final = ("pars", "share (interval)")
_OURS: Final = "  ours, observed"


@public(made_by="compare_with_baselines")
def plot_observed_and_expected(result: BaselineComparison, *, ax: Axes | None = None) -> Axes:
    """Draw our union beside what each series' rates would expect of the same pars, by stage.

    The line "In all" is standardised: it holds our mix of stages. It does not show that the brace
    works: there is no control group.

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
    >>> ax = po.plot_observed_and_expected(result)
    >>> ax.get_xlabel()
    'Share of pars united'
    """
    forest = _forest(result)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_share_scale(ax)
        draw_forest(ax, forest)
    return ax


def observed_and_expected_size(result: BaselineComparison) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result), WIDTH_INCHES)


def _forest(result: BaselineComparison) -> Forest:
    names = [str(name) for name in result.frame["series"].drop_duplicates()]
    verdict = result.frame[result.frame["role"].eq("verdict")]
    return Forest(
        rows=(*_stage_rows(result.strata, names), *_total_rows(verdict, names)),
        column_heads=_HEADS,
        title=f"Union set beside {format_list(list(result.series))}, stage by stage: "
        f"{result.verdict}",
        subtitle=_subtitle(result, verdict),
        axis_label="Share of pars united",
    )


def _stage_rows(strata: pd.DataFrame, names: list[str]) -> list[ForestRow]:
    rows: list[ForestRow] = []
    if strata.empty:
        return rows
    for stage, frame in strata.groupby("stage", sort=False):
        of_stage = list_rows(frame)
        rows.append(_heading(str(stage), int(of_stage[0]["n_defects"])))
        rows.append(_observed_in_stage(of_stage[0]))
        rows += [_expected_in_stage(row, names.index(row["series"])) for row in of_stage]
    return rows


def _total_rows(verdict: pd.DataFrame, names: list[str]) -> list[ForestRow]:
    n = int(verdict["n_defects"].iloc[0])
    by_series = {
        str(series): index_measures(frame)
        for series, frame in verdict.groupby("series", sort=False)
    }
    rows = [_heading("in all, at our mix of stages", n)]
    rows.append(_share(_OURS, next(iter(by_series.values()))["observed"], n, INK, "o"))
    for series, measures in by_series.items():
        style = SERIES[names.index(series) % len(SERIES)]
        label = f"  {series}, expected"
        rows.append(_share(label, measures["expected"], n, style.color, style.marker))
    return rows


def _subtitle(result: BaselineComparison, verdict: pd.DataFrame) -> str:
    level = 100 * float(verdict["conf_level"].iloc[0])
    patients = format_count(int(verdict["n_patients"].iloc[0]), "patient", "patients")
    return (
        f"Complete union per pars by {format_months(result.horizon_months)} in {patients}, and "
        f"the same pars at each series' rates; {level:g}% intervals"
    )


def _heading(stage: str, n: int) -> ForestRow:
    return ForestRow(label=f"{start_sentence(format_label(stage))} ({n} pars)", is_heading=True)


def _observed_in_stage(row: Row) -> ForestRow:
    n = int(row["n_defects"])
    ends = [float(row[f"our_{name}"]) for name in ("rate", "conf_low", "conf_high")]
    span = (float(row["our_rate_low"]), float(row["our_rate_high"]))
    return _mark(_OURS, ends, n, INK, "o", span=span)


def _expected_in_stage(row: Row, number: int) -> ForestRow:
    style = SERIES[number % len(SERIES)]
    ends = [float(row[f"published_{name}"]) for name in ("rate", "conf_low", "conf_high")]
    label = f"  {row['series']}, expected"
    return _mark(label, ends, int(row["n_defects"]), style.color, style.marker)


def _share(label: str, row: Row, n: int, color: str, marker: str) -> ForestRow:
    names = ("estimate", "conf_low", "conf_high", "estimate_low", "estimate_high")
    ends = [float(row.get(name, math.nan)) / n if n else math.nan for name in names]
    return _mark(label, ends[:3], n, color, marker, span=(ends[3], ends[4]))


def _mark(
    label: str,
    ends: list[float],
    n: int,
    color: str,
    marker: str,
    *,
    span: tuple[float, float] = (math.nan, math.nan),
) -> ForestRow:
    """Draw a share of `n` pars with its limits; as a bar where the data leave it open."""
    is_open = not math.isfinite(ends[0])
    low, high = span if is_open else (math.nan, math.nan)
    if is_open and math.isfinite(low):
        texts = (f"{n * low:.1f} to {n * high:.1f}", format_percent_between(low, high, *ends[1:]))
    else:
        texts = (format_number_range(n * ends[0], decimals=1), format_percent_range(*ends))
    return ForestRow(
        label=label,
        estimate=ends[0],
        conf_low=ends[1],
        conf_high=ends[2],
        band_low=low,
        band_high=high,
        texts=texts,
        color=color,
        marker=marker,
    )
