"""The difference between two brace durations under other choices, as a forest."""

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
    draw_points_scale,
    forest_size,
    mark_sides,
)
from parsoutcomes.figures.style import (
    BLUE,
    SMALL_POINTS,
    VERMILION,
    WIDTH_INCHES,
    new_axes,
    short_title,
    style_context,
    wrap_text,
)
from parsoutcomes.results.brace_sensitivity import CHOICE_LABELS, CHOICES, PRIMARY, write_e_value
from parsoutcomes.wording import (
    format_label,
    format_months,
    format_percent,
    format_points_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.brace_sensitivity import VariedBraceDurations

_KEY_POINTS: Final = 500.0


@public(made_by="vary_brace_durations")
def plot_varied_brace_durations(result: VariedBraceDurations, *, ax: Axes | None = None) -> Axes:
    """Draw the difference between two brace durations as reported, and with one choice changed.

    Parameters
    ----------
    result : VariedBraceDurations
        From `vary_brace_durations`.
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
    >>> result = po.vary_brace_durations(
    ...     po.simulate_cohort(60, seed=1), terms=["stage"], graces=[1.0], truncations=[None],
    ...     n_resamples=40)
    >>> ax = po.plot_varied_brace_durations(result)
    >>> ax.get_xlabel()
    'Difference in union by 12 months, per 100 pars'
    """
    forest = _forest(result)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_points_scale(ax, forest)
        draw_forest(ax, forest)
        short, long = (format_months(month) for month in result.months)
        mark_sides(ax, 0.0, f"{short} better", f"{long} better")
    return ax


def varied_brace_durations_size(result: VariedBraceDurations) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result), WIDTH_INCHES)


def _forest(result: VariedBraceDurations) -> Forest:
    rows: list[ForestRow] = []
    for choice in CHOICES:
        part = result.frame[result.frame["choice"].eq(choice)]
        if choice != PRIMARY and len(part):
            rows.append(ForestRow(label=CHOICE_LABELS[choice], is_heading=True))
        rows += [_row(row, choice) for _, row in part.iterrows()]
    short, long = (format_months(month) for month in result.months)
    return Forest(
        rows=tuple(rows),
        column_heads=(short, long, "difference"),
        title=_title(result),
        subtitle=_subtitle(result),
        axis_label=f"Difference in union by {format_months(result.milestone_months)}, per 100 pars",
        key=wrap_text(_key(result), _KEY_POINTS, SMALL_POINTS),
    )


def _row(row: pd.Series, choice: str) -> ForestRow:
    is_primary = choice == PRIMARY
    estimate, low, high = (float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    given = math.isfinite(estimate)
    silent = "too few follow" if row["refused"] else "left open by scans"
    told = format_points_range(estimate, low, high) if given else silent
    return ForestRow(
        label=CHOICE_LABELS[PRIMARY] if is_primary else f"  {start_sentence(str(row['option']))}",
        estimate=estimate,
        conf_low=low if given else math.nan,
        conf_high=high if given else math.nan,
        texts=(
            *(format_percent(float(row[name])) for name in ("union_first", "union_second")),
            told,
        )
        if given
        else ("", "", told),
        color=VERMILION if is_primary else BLUE,
        marker="D" if is_primary else "s",
    )


def _title(result: VariedBraceDurations) -> str:
    title = short_title(result)
    return title if title == result.finding else result.finding.split(". ", maxsplit=1)[0] + "."


def _subtitle(result: VariedBraceDurations) -> str:
    primary = result.frame[result.frame["choice"].eq(PRIMARY)].iloc[0]
    level = 100 * float(primary["conf_level"])
    return (
        f"{start_sentence(format_label(result.definition))} per pars by clone, censor and weight, "
        f"{level:g}% intervals; {int(primary['n_defects'])} pars in "
        f"{int(primary['n_patients'])} patients follow either strategy"
    )


def _key(result: VariedBraceDurations) -> str:
    first, second = result.n_lost
    return (
        f"{write_e_value(result.e_values)} Lost: {first} pars under the shorter strategy and "
        f"{second} under the longer, due at {format_months(result.milestone_months)} and of "
        "unknown status then; a pars may count in both."
    )
