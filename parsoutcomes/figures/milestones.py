"""Union at each milestone, group beside group: the forest of a time to union."""

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
from parsoutcomes.figures.over_time import NOT_TOLD, label_group, series_of
from parsoutcomes.figures.style import WIDTH_INCHES, new_axes, style_context
from parsoutcomes.figures.time_to_union import is_told, write_time_heading
from parsoutcomes.results.rates import write_share_range
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import format_date, format_label, format_months

if TYPE_CHECKING:
    from parsoutcomes.results.time_to_union import TimeToUnion

_HEADS: Final = ("known united", "known not", "unknown", "estimate (interval)")
_COUNTS: Final = ("n_united", "n_not_united", "n_unknown")
_KEY: Final = (
    "Grey bar without a mark: the scans leave the estimate open inside it. "
    '"Not told": too few were still scanned.'
)


@public(made_by="estimate_time_to_union")
def plot_milestones(result: TimeToUnion, *, ax: Axes | None = None) -> Axes:
    """Draw the share united by each milestone with its interval, group beside group.

    Not for comparing groups by eye: `compare_time_to_union` gives their differences.

    Parameters
    ----------
    result : TimeToUnion
        From `estimate_time_to_union`.
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
    >>> result = po.estimate_time_to_union(po.simulate_cohort(30, seed=1), n_resamples=40)
    >>> ax = po.plot_milestones(result)
    >>> ax.get_xlabel()
    'Pars united'
    """
    forest = _forest(result)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_share_scale(ax)
        draw_forest(ax, forest)
    return ax


def milestones_size(result: TimeToUnion) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result), WIDTH_INCHES)


def _forest(result: TimeToUnion) -> Forest:
    frame = result.frame[result.frame["measure"].eq("cumulative_union")]
    column, rows = "group" if result.by is None else result.by, []
    groups = list(dict.fromkeys(frame[column].astype(str)))
    counts = {(str(row[column]), float(row["months"])): row for row in list_rows(result.risk_table)}
    for months, at in frame.groupby("months", sort=True):
        when = f"By {format_months(float(str(months)))}"
        if result.by is not None:
            rows.append(ForestRow(label=when, is_heading=True))
        for row in list_rows(at):
            group = str(row[column])
            label = when if result.by is None else f"  {label_group(result.by, group)}"
            known = counts.get((group, float(row["months"])), {})
            rows.append(_row(row, known, label, groups.index(group)))
    units = "Pars" if result.unit == "defect" else "Patients"
    return Forest(
        rows=tuple(rows),
        column_heads=_HEADS,
        title=write_time_heading(result),
        subtitle=_subtitle(result),
        axis_label=f"{units} united",
        key=_KEY,
    )


def _subtitle(result: TimeToUnion) -> str:
    levels = result.frame["conf_level"].dropna()
    level = f"{100 * float(levels.iloc[0]):g}% intervals; " if len(levels) else ""
    unit = "per pars" if result.unit == "defect" else "per patient (all target pars united)"
    return (
        f"Cumulative {format_label(result.definition)} on CT {unit} by each milestone, surgery as "
        f"a competing event; {level}scans to {format_date(result.data_lock)}"
    )


def _row(row: Row, known: Row, label: str, number: int) -> ForestRow:
    told, series = is_told(row), series_of(number)
    estimate = float(row["estimate"])
    is_open = told and not math.isfinite(estimate)
    counts = tuple(f"{int(known[name])}" if name in known else "" for name in _COUNTS)
    return ForestRow(
        label=label,
        estimate=estimate,
        conf_low=float(row["conf_low"]) if told else math.nan,
        conf_high=float(row["conf_high"]) if told else math.nan,
        band_low=float(row["union_low"]) if is_open else math.nan,
        band_high=float(row["union_high"]) if is_open else math.nan,
        texts=(*counts, write_share_range(row) if told else NOT_TOLD),
        color=series.color,
        marker=series.marker,
    )
