"""Union between scans by hours worn so far, with its warning."""

from __future__ import annotations

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
from parsoutcomes.figures.style import (
    POINTS_PER_INCH,
    SMALL_POINTS,
    WIDTH_INCHES,
    new_axes,
    short_title,
    style_context,
    wrap_text,
)
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.results.wear_dose import ODDS, SHARE, WARNING, write_band
from parsoutcomes.wording import (
    format_label,
    format_months,
    format_number_range,
    format_percent_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.wear_dose import WearDose

_HEADS: Final = ("patients", "intervals", "united", "share (interval)")


@public(made_by="describe_wear_dose")
def plot_wear_dose(result: WearDose, *, ax: Axes | None = None) -> Axes:
    """Draw the share of intervals between scans that end in union, by hours worn until then.

    An association: the figure says so, and its warning belongs to it.

    Parameters
    ----------
    result : WearDose
        From `describe_wear_dose`.
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
    >>> import pandas as pd
    >>> import parsoutcomes as po
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> plain = po.simulate_cohort(30, seed=1)
    >>> fitted = plain.episodes["fitted_date"]
    >>> wear = plain.episodes[["episode_id", "patient_id"]].assign(
    ...     period_start=fitted, period_end=fitted + pd.Timedelta(days=80),
    ...     mean_hours_per_day=[20.0, 12.0] * 15, method="sensor")
    >>> cohort = build_cohort({**plain.tables, "wear": wear}, data_lock=plain.data_lock)
    >>> result = po.describe_wear_dose(cohort)
    >>> ax = po.plot_wear_dose(result)
    >>> ax.get_xlabel()
    'Intervals between scans that end in union'
    """
    forest = _forest(result)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_share_scale(ax)
        draw_forest(ax, forest)
    return ax


def wear_dose_size(result: WearDose) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result), WIDTH_INCHES)


def _forest(result: WearDose) -> Forest:
    rows = [row for row in list_rows(result.frame) if row["measure"] == SHARE]
    return Forest(
        rows=tuple(_row(row) for row in rows),
        column_heads=_HEADS,
        title=short_title(result),
        subtitle=_subtitle(result),
        axis_label="Intervals between scans that end in union",
        key=_key(result),
        row_inches=0.34,
    )


def _subtitle(result: WearDose) -> str:
    level = f"{100 * float(result.frame['conf_level'].iloc[0]):g}%"
    return (
        f"{start_sentence(format_label(result.definition))} per pars at the scan that closes an "
        f"interval, by mean hours worn a day (by {result.measured_by}) until "
        f"{format_months(result.lag_months)} before it; {level} intervals, patients as clusters"
    )


def _key(result: WearDose) -> str:
    odds = [row for row in list_rows(result.frame) if row["measure"] == ODDS]
    said = f"No odds ratio: {result.odds_left_out}."
    if odds:
        values = (float(odds[0][name]) for name in ("estimate", "conf_low", "conf_high"))
        said = f"Odds ratio of union per hour more a day: {format_number_range(*values)}."
    room = (WIDTH_INCHES - 0.4) * POINTS_PER_INCH
    return "\n".join(wrap_text(text, room, SMALL_POINTS) for text in (said, f"{WARNING}."))


def _row(row: Row) -> ForestRow:
    return ForestRow(
        label=start_sentence(write_band(row)),
        estimate=float(row["estimate"]),
        conf_low=float(row["conf_low"]),
        conf_high=float(row["conf_high"]),
        texts=(
            f"{int(row['n_patients'])}",
            f"{int(row['n_intervals'])}",
            f"{int(row['n_events'])}",
            format_percent_range(row["estimate"], row["conf_low"], row["conf_high"]),
        ),
    )
