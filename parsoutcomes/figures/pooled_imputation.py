"""Estimates with gaps filled in, each beside that of the complete cases."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.figures.forest import (
    Forest,
    ForestRow,
    draw_forest,
    draw_share_scale,
    forest_size,
)
from parsoutcomes.figures.style import WIDTH_INCHES, new_axes, short_title, style_context
from parsoutcomes.results.imputation import COMPLETE_CASES, IMPUTED
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_date,
    format_group,
    format_label,
    format_list,
    format_months,
    format_percent_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.imputation import PooledImputation

_HEADS: Final = ("pars", "gaps filled in", "complete cases")
_KEY: Final = (
    "Filled mark: gaps filled in, pooled over the completed sets (pars: their mean number).\n"
    "Hollow mark: complete cases alone."
)


@public(made_by="pool_union_rates")
def plot_pooled_imputation(result: PooledImputation, *, ax: Axes | None = None) -> Axes:
    """Draw rates or standardised risks with gaps filled in, beside those of complete cases.

    Parameters
    ----------
    result : PooledImputation
        From `pool_union_rates` or `pool_union_logistic`.
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
    >>> result = po.pool_union_rates(
    ...     po.impute_covariates(po.simulate_cohort(30, seed=1), ["stir"], n_imputations=2),
    ...     by="stir")
    >>> ax = po.plot_pooled_imputation(result)
    >>> ax.get_xlabel()
    'United by 6 months'
    """
    forest = _forest(result)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_share_scale(ax)
        draw_forest(ax, forest)
    return ax


def pooled_imputation_size(result: PooledImputation) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result), WIDTH_INCHES)


def _forest(result: PooledImputation) -> Forest:
    rows: list[ForestRow] = []
    if result.by is None:
        risks = result.frame[result.frame["measure"].eq("risk")]
        for term, part in risks.groupby("term", sort=False):
            rows.append(ForestRow(label=start_sentence(format_label(term)), is_heading=True))
            rows += _rows(list_rows(part), str(term), "level")
    else:
        rates = result.frame[result.frame["measure"].eq("union_npmle")]
        rows += _rows(list_rows(rates), result.by, result.by)
    what = "Standardised risk" if result.by is None else "Estimated share"
    return Forest(
        rows=tuple(rows),
        column_heads=_HEADS,
        title=short_title(result),
        subtitle=(
            f"{what} of {format_label(result.definition)} by "
            f"{format_months(result.horizon_months)}, per pars, "
            f"{100 * float(result.frame['conf_level'].iloc[0]):g}% intervals; "
            f"{result.n_imputations} completed sets, gaps in "
            f"{format_list([format_label(name) for name in result.columns])}; data lock "
            f"{format_date(result.data_lock)}"
        ),
        axis_label=f"United by {format_months(result.horizon_months)}",
        key=_KEY,
    )


def _rows(rows: list[Row], by: str, column: str) -> list[ForestRow]:
    alone = {row[column]: row for row in rows if row["analysis"] == COMPLETE_CASES}
    drawn = []
    for row in rows:
        if row["analysis"] != IMPUTED:
            continue
        estimate, low, high = _limits(row)
        second = _limits(alone.get(row[column]))
        drawn.append(
            ForestRow(
                label=f"  {start_sentence(format_group(by, row[column]))}",
                estimate=estimate,
                conf_low=low,
                conf_high=high,
                second=second[0],
                second_low=second[1],
                second_high=second[2],
                texts=(
                    f"{row['n_defects']:.0f}",
                    format_percent_range(estimate, low, high),
                    format_percent_range(*second),
                ),
            )
        )
    return drawn


def _limits(row: Row | None) -> tuple[float, float, float]:
    if row is None:
        return math.nan, math.nan, math.nan
    return float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"])
