"""Forest of published series with their pool, and where a new series may lie."""

from __future__ import annotations

from collections.abc import Iterator
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
    EDGE_INCHES,
    GREEN,
    POINTS_PER_INCH,
    SMALL_POINTS,
    VERMILION,
    WIDTH_INCHES,
    new_axes,
    style_context,
    wrap_text,
)
from parsoutcomes.results.baselines import describe_within_stage, write_counts
from parsoutcomes.results.pooling import (
    METHOD_NAMES,
    NO_POOL,
    name_stratum,
    write_pool,
    write_pool_headline,
    write_total,
)
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_number,
    format_percent,
    format_percent_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.pooling import PooledBaselines

_KEYS: Final = ["laterality", "stage", "contralateral_stage", "level"]
_HEADS: Final = ("united", "rate (interval)", "tau²")
_COLORS: Final = {"glmm": BLUE, "reml_hk": GREEN}
_ROW_INCHES: Final = 0.23
_LONGEST_LABEL: Final = 32


@public(made_by="pool_baselines")
def plot_pooled_baselines(result: PooledBaselines, *, ax: Axes | None = None) -> Axes:
    """Draw the series of each pooled stratum, the pool by both methods and a new series' range.

    Not for a verdict where there are fewer than five groups, and no control group in any case.

    Parameters
    ----------
    result : PooledBaselines
        From `pool_baselines`. Strata of one group are left out where others have a pool.
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
    >>> result = po.pool_baselines()
    >>> ax = po.plot_pooled_baselines(result)
    >>> ax.get_xlabel()
    'United'
    """
    forest = _forest(result)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_share_scale(ax)
        draw_forest(ax, forest)
    return ax


def pooled_baselines_size(result: PooledBaselines) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result), WIDTH_INCHES)


def _forest(result: PooledBaselines) -> Forest:
    rows: list[ForestRow] = []
    strata = [part for _, part in result.frame.groupby(_KEYS, sort=False)]
    has_pool = [part for part in strata if part["method"].ne(NO_POOL).any()]
    for part in has_pool or strata:
        rows += _stratum(part, result.studies)
    n_alone = len(strata) - len(has_pool) if has_pool else 0
    return Forest(
        rows=tuple(rows),
        column_heads=_HEADS,
        title=write_pool_headline(result.frame),
        subtitle=_subtitle(result),
        axis_label=start_sentence(
            {"union": "united"}.get(result.outcome, format_label(result.outcome))
        ),
        key=_key(n_alone),
        row_inches=_ROW_INCHES,
    )


def _stratum(part: pd.DataFrame, studies: pd.DataFrame) -> Iterator[ForestRow]:
    first = list_rows(part)[0]
    yield ForestRow(label=start_sentence(name_stratum(first)), is_heading=True)
    inside = (studies[_KEYS] == [first[key] for key in _KEYS]).all(axis=1)
    rows = list_rows(studies[inside].sort_values("in_pool", ascending=False, kind="stable"))
    yield from (_study(row) for row in rows if row["in_pool"])
    for row in list_rows(part):
        if row["method"] != NO_POOL:
            yield _pool(row)
        else:
            yield ForestRow(label=f"  {row['note'].partition(': ')[0]}: no pool")
    yield from (_bare(row) for row in rows if row["why_not"] == "a percentage only")


def _study(row: Row) -> ForestRow:
    limits = [float(row[name]) for name in ("estimate", "conf_low", "conf_high")]
    return ForestRow(
        label=f"  {_label(row)}",
        estimate=limits[0],
        conf_low=limits[1],
        conf_high=limits[2],
        texts=(write_counts(row), format_percent_range(*limits), ""),
        color=VERMILION,
        marker="o",
    )


def _bare(row: Row) -> ForestRow:
    share = float(row["estimate"])
    return ForestRow(
        label=f"  {_label(row)}",
        others=(share,),
        texts=("not pooled", format_percent(share), ""),
        color=VERMILION,
        marker="o",
    )


def _pool(row: Row) -> ForestRow:
    return ForestRow(
        label=f"  {start_sentence(METHOD_NAMES[row['method']])}",
        estimate=float(row["estimate"]),
        conf_low=float(row["conf_low"]),
        conf_high=float(row["conf_high"]),
        is_pool=True,
        outer_low=float(row["predict_low"]),
        outer_high=float(row["predict_high"]),
        texts=(write_total(row), write_pool(row), format_number(float(row["tau2"]), significant=2)),
        color=_COLORS[row["method"]],
    )


def _label(row: Row) -> str:
    mark = " (yours)" if row["origin"] == "user" else ""
    parts = describe_within_stage({**row, **dict.fromkeys(_KEYS, "any")})
    text = ", ".join([f"{row['paper']}{mark}", *parts])
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _subtitle(result: PooledBaselines) -> str:
    counted = result.studies[result.studies["in_pool"]]
    groups = format_count(counted["cohort_group"].nunique(), "group", "groups")
    level = f"{100 * float(result.frame['conf_level'].iloc[0]):g}%"
    return (
        f"Published {format_label(result.outcome)} per {format_label(result.unit)} at the end of "
        f"treatment; {groups} of patients, each once in a pool; {level} intervals"
    )


def _key(n_alone: int) -> str:
    alone = f" Not drawn: {format_count(n_alone, 'stratum', 'strata')} of one group." * (
        n_alone > 0
    )
    text = (
        "Lozenge: pooled rate and its interval. Thin line: where the true rate of a new series may "
        "lie. tau²: variance between groups, log odds. Hollow: a percentage only, never pooled."
        f"{alone}"
    )
    return wrap_text(text, (WIDTH_INCHES - 4 * EDGE_INCHES) * POINTS_PER_INCH, SMALL_POINTS)
