"""Forest of union rates: the headline estimate, the known-status share and its bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.conventions import MIN_DEFECTS_FOR_CLAIM, MIN_PATIENTS_FOR_CLAIM
from parsoutcomes.figures.forest import (
    Forest,
    ForestRow,
    draw_forest,
    draw_share_scale,
    forest_size,
)
from parsoutcomes.figures.style import (
    SERIES,
    WIDTH_INCHES,
    new_axes,
    short_title,
    style_context,
)
from parsoutcomes.results.rates import UNIT_WORDS, list_parts, write_share_range
from parsoutcomes.results.rows import index_measures, list_rows
from parsoutcomes.wording import (
    format_date,
    format_group,
    format_label,
    format_list,
    format_months,
    format_percent,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.rates import UnionRates

_COLUMN_HEADS: Final = ("pars", "patients", "estimate (interval)")
_KEY: Final = (
    "Filled mark: estimate from the intervals between scans, everyone counted, with its interval.\n"
    "Hollow mark: share united among those whose status is known. "
    "Grey bar: all unknown not united, to all unknown united."
)


@public(made_by="estimate_union_rates")
def plot_union_rates(result: UnionRates | Sequence[UnionRates], *, ax: Axes | None = None) -> Axes:
    """Draw union rates with their intervals, one line per group.

    Not for comparing groups by eye: overlapping intervals are no test.

    Parameters
    ----------
    result : UnionRates or sequence of UnionRates
        From `estimate_union_rates`; several are drawn below one another, each under its heading.
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
    >>> result = po.estimate_union_rates(po.simulate_cohort(30, seed=1), by="laterality")
    >>> ax = po.plot_union_rates(result)
    >>> ax.get_xlabel()
    'United by 6 months'
    """
    forest = _forest(list_parts(result))
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_share_scale(ax)
        draw_forest(ax, forest)
    return ax


def union_rates_size(result: UnionRates | Sequence[UnionRates]) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(list_parts(result)), WIDTH_INCHES)


def _forest(results: tuple[UnionRates, ...]) -> Forest:
    rows: list[ForestRow] = []
    for result in results:
        rows += _rows_of(result, has_units=_has_units(results))
    first = results[0]
    months = format_months(first.horizon_months)
    return Forest(
        rows=tuple(rows),
        column_heads=_COLUMN_HEADS,
        title=_title(results),
        subtitle=_subtitle(results),
        axis_label=f"United by {months}",
        key=_KEY,
    )


def _title(results: tuple[UnionRates, ...]) -> str:
    first = results[0]
    if first.by is None:
        return first.finding
    if len(results) == 1:
        return short_title(first)
    if (shares := _shares_of(first)) and not _has_units(results):
        of_unit = UNIT_WORDS[first.unit].lower()
        what = f"{format_label(first.definition)} {of_unit}"
        return f"By {format_months(first.horizon_months)}, {what}: {format_list(shares)}"
    groups = format_list(list(dict.fromkeys(format_label(result.by) for result in results)))
    title = f"{first.title.rpartition(', by ')[0]}, by {groups}"
    return title.replace("per pars", "per pars and per patient") if _has_units(results) else title


def _shares_of(result: UnionRates) -> list[str]:
    """Return the groups with their shares; none when any has too few for a claim."""
    rows = list_rows(result.frame[result.frame["measure"].eq("union_npmle")])
    if not rows or any(
        row["n_defects"] - row["n_unknown"] < MIN_DEFECTS_FOR_CLAIM
        or row["n_patients"] < MIN_PATIENTS_FOR_CLAIM
        for row in rows
    ):
        return []
    return [
        f"{format_group(result.by, row[str(result.by)])} {format_percent(row['estimate'])}"
        for row in rows
    ]


def _subtitle(results: tuple[UnionRates, ...]) -> str:
    first = results[0]
    units = dict.fromkeys(UNIT_WORDS[result.unit].lower() for result in results)
    definitions = dict.fromkeys(format_label(result.definition) for result in results)
    return (
        f"Cumulative union by {format_months(first.horizon_months)}, "
        f"{' and '.join(units)}; {' and '.join(definitions)} on CT; "
        f"{100 * _conf_level(first):g}% intervals; "
        f"scans to {format_date(first.data_lock)}"
    )


def _conf_level(result: UnionRates) -> float:
    levels = result.frame["conf_level"].dropna()
    return float(levels.iloc[0]) if len(levels) else math.nan


def _has_units(results: tuple[UnionRates, ...]) -> bool:
    return len({result.unit for result in results}) > 1


def _rows_of(result: UnionRates, *, has_units: bool) -> list[ForestRow]:
    by = result.by
    if by is None:
        label = f"{UNIT_WORDS[result.unit]}, {format_label(result.definition)}"
        return [_row(result.frame, label, result)]
    heading = start_sentence(format_label(by))
    heading += f", {UNIT_WORDS[result.unit].lower()}" if has_units else ""
    rows = [ForestRow(label=heading, is_heading=True)] if heading else []
    for value, frame in result.frame.groupby(by, sort=False, dropna=False):
        rows.append(_row(frame, f"  {start_sentence(format_group(by, value))}", result))
    return rows


def _row(frame: pd.DataFrame, label: str, result: UnionRates) -> ForestRow:
    measures = index_measures(frame)
    headline, known = measures["union_npmle"], measures["union_known_status"]
    series = SERIES[0] if result.definition == "complete" else SERIES[2]
    return ForestRow(
        label=label,
        estimate=float(headline["estimate"]),
        conf_low=float(headline["conf_low"]),
        conf_high=float(headline["conf_high"]),
        second=float(known["estimate"]),
        second_low=float(known["conf_low"]),
        second_high=float(known["conf_high"]),
        band_low=float(measures["bound_unknown_not_united"]["estimate"]),
        band_high=float(measures["bound_unknown_united"]["estimate"]),
        texts=(
            f"{int(headline['n_defects'])}",
            f"{int(headline['n_patients'])}",
            write_share_range(headline),
        ),
        color=series.color,
        marker=series.marker,
    )
