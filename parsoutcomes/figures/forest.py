"""The forest layout shared by rates, comparisons and predictors: labels, marks, columns of text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, NullLocator

from parsoutcomes.figures.style import (
    BAND,
    BLUE,
    INK,
    MUTED,
    POINTS_PER_INCH,
    RULE,
    SMALL_POINTS,
    TEXT_POINTS,
    Margins,
    figure_of,
    header_inches,
    set_margins,
    text_width_points,
    write_header,
)
from parsoutcomes.wording import format_points_range

ROW_INCHES: Final = 0.29
COLUMN_GAP_POINTS: Final = 12.0
LABEL_GAP_POINTS: Final = 10.0
_RATIO_TICKS: Final = (0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0)
_FAR_RATIO_TICKS: Final = (0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_NEAR: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class ForestRow:
    """One line of a forest figure.

    Attributes
    ----------
    label : str
        Text on the left.
    is_heading : bool
        A line of text without a mark.
    estimate, conf_low, conf_high : float
        The mark and its interval; NaN leaves them out.
    second : float
        A hollow mark beside the first; NaN leaves it out.
    second_low, second_high : float
        Its interval.
    band_low, band_high : float
        A grey bar behind the marks; NaN leaves it out.
    texts : tuple of str
        One text for each column on the right.
    others : tuple of float
        Hollow marks without an interval, on the same line.
    is_pool : bool
        The mark is a lozenge from `conf_low` to `conf_high`.
    outer_low, outer_high : float
        A thin capped line around it, such as where a new series may lie.
    color, marker : str
        Of the mark.
    """

    label: str
    is_heading: bool = False
    estimate: float = math.nan
    conf_low: float = math.nan
    conf_high: float = math.nan
    second: float = math.nan
    second_low: float = math.nan
    second_high: float = math.nan
    band_low: float = math.nan
    band_high: float = math.nan
    texts: tuple[str, ...] = ()
    others: tuple[float, ...] = ()
    is_pool: bool = False
    outer_low: float = math.nan
    outer_high: float = math.nan
    color: str = BLUE
    marker: str = "s"


@dataclass(frozen=True, kw_only=True)
class Forest:
    """Rows, the heads of the text columns on the right, header and axis label."""

    rows: tuple[ForestRow, ...]
    column_heads: tuple[str, ...]
    title: str
    subtitle: str
    axis_label: str
    key: str = ""
    row_inches: float = ROW_INCHES


def forest_size(forest: Forest, width_inches: float) -> tuple[float, float]:
    """Return width and height in inches of the figure that holds the forest."""
    rows = (len(forest.rows) + 1) * forest.row_inches
    height = rows + header_inches(forest.title, forest.subtitle, width_inches)
    return width_inches, height + _bottom_inches(forest) + 0.15


def draw_share_scale(ax: Axes) -> None:
    """Draw a scale of percentages across."""
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], labels=["0%", "25%", "50%", "75%", "100%"])
    ax.grid(axis="x", color=RULE, lw=0.6)
    ax.set_axisbelow(True)


def draw_points_scale(ax: Axes, forest: Forest) -> None:
    """Draw a scale of differences in percentage points, with a line at no difference."""
    ends = [
        abs(value)
        for row in forest.rows
        for value in (
            *(row.estimate, row.conf_low, row.conf_high, row.band_low, row.band_high),
            *(row.second, row.second_low, row.second_high),
        )
        if math.isfinite(value)
    ]
    reach = min(max([*ends, 0.2]) * 1.08, 1.02)
    ax.set_xlim(-reach, reach)
    step = 0.25 if reach > 0.4 else 0.1
    ticks = [step * n for n in range(-10, 11) if abs(step * n) <= reach]
    ax.set_xticks(ticks, labels=[format_points_range(tick) for tick in ticks])
    ax.grid(axis="x", color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.axvline(0.0, color=INK, lw=1.1, zorder=2)


def draw_ratio_scale(ax: Axes, rows: Sequence[ForestRow]) -> None:
    """Draw a log scale of ratios across that holds all marks and intervals, with a line at 1."""
    shown = [
        value
        for row in rows
        for value in (row.estimate, row.conf_low, row.conf_high)
        if math.isfinite(value) and value > 0
    ]
    low, high = min([*shown, 0.8]) / 1.12, max([*shown, 1.25]) * 1.12
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    marks = _RATIO_TICKS if high / low < _NEAR else _FAR_RATIO_TICKS
    ticks = [tick for tick in marks if low <= tick <= high]
    ax.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.grid(axis="x", color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.axvline(1.0, color=INK, lw=1.1, zorder=2)


def mark_sides(ax: Axes, at: float, below: str, above: str) -> None:
    """Write what lies on either side of the line of no difference."""
    room = 1.0 - float(ax.transAxes.inverted().transform(ax.transData.transform((at, 0.0)))[0])
    wide = ax.get_position().width * figure_of(ax).get_figwidth() * POINTS_PER_INCH * room
    is_near_edge = wide < text_width_points(above, SMALL_POINTS) + 6
    for text, across, side in ((below, -6, "right"), (above, 6, "left")):
        is_beyond = is_near_edge and text == above
        ax.annotate(
            f"{text} \N{RIGHTWARDS ARROW}" if is_beyond else text,
            xy=(at, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(-6, 8) if is_beyond else (across, -2),
            textcoords="offset points",
            ha="right" if is_beyond else side,
            va="top",
            fontsize=SMALL_POINTS,
            color=INK,
        )


def draw_forest(ax: Axes, forest: Forest) -> None:
    """Draw labels, marks and text columns; the caller sets the scale of the axis."""
    left = _label_points(forest)
    widths = _column_points(forest)
    set_margins(
        ax,
        Margins(
            left=(left + LABEL_GAP_POINTS) / POINTS_PER_INCH + 0.15,
            right=(sum(widths) + COLUMN_GAP_POINTS * len(widths)) / POINTS_PER_INCH + 0.15,
            bottom=_bottom_inches(forest),
        ),
        forest.title,
        forest.subtitle,
    )
    n_rows = len(forest.rows)
    ax.set_ylim(n_rows - 0.4, -1.1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    for position, row in enumerate(forest.rows):
        _draw_row(ax, row, position, left, widths)
    _write_cells(ax, forest.column_heads, -1, widths, head=True)
    ax.set_xlabel(forest.axis_label)
    if forest.key:
        _write_key(ax, forest.key)
    write_header(ax, forest.title, forest.subtitle)


def _bottom_inches(forest: Forest) -> float:
    return 0.55 + (0.19 * (forest.key.count("\n") + 1) if forest.key else 0.0)


def _label_points(forest: Forest) -> float:
    return max(
        text_width_points(row.label, TEXT_POINTS, bold=row.is_heading)
        for row in forest.rows
        if not row.is_heading
    )


def _column_points(forest: Forest) -> list[float]:
    heads = [text_width_points(head, SMALL_POINTS, bold=True) for head in forest.column_heads]
    return [
        max(
            [head]
            + [
                text_width_points(row.texts[column], TEXT_POINTS)
                for row in forest.rows
                if len(row.texts) > column
            ]
        )
        for column, head in enumerate(heads)
    ]


def _draw_row(
    ax: Axes, row: ForestRow, position: int, left: float, widths: Sequence[float]
) -> None:
    ax.annotate(
        row.label,
        xy=(0.0, position),
        xycoords=("axes fraction", "data"),
        xytext=(-left - LABEL_GAP_POINTS, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        fontweight="bold" if row.is_heading else "normal",
        annotation_clip=False,
        zorder=6,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0} if row.is_heading else None,
    )
    if row.is_heading:
        return
    if row.is_pool:
        _draw_pool(ax, row, position)
    else:
        _draw_marks(ax, row, position)
    _write_cells(ax, row.texts, position, widths)


def _draw_marks(ax: Axes, row: ForestRow, position: float) -> None:
    if math.isfinite(row.band_low) and math.isfinite(row.band_high):
        ax.barh(
            position,
            row.band_high - row.band_low,
            left=row.band_low,
            height=0.62,
            color=BAND,
            zorder=1,
        )
    has_second = math.isfinite(row.second)
    upper, lower = (position - 0.14, position + 0.17) if has_second else (position, position)
    # Nought has no place on a log scale: it is shown at the left edge, as beyond it.
    edge = ax.get_xlim()[0] if ax.get_xscale() == "log" else -math.inf
    if math.isfinite(row.conf_low) and math.isfinite(row.conf_high):
        ax.plot(
            [max(row.conf_low, edge), max(row.conf_high, edge)],
            [upper, upper],
            color=row.color,
            lw=1.8,
            zorder=3,
            clip_on=False,
        )
    if math.isfinite(row.estimate):
        marker = row.marker if row.estimate > edge else "<"
        at = max(row.estimate, edge)
        ax.plot([at], [upper], marker, color=row.color, ms=6.5, zorder=4, clip_on=False)
    if row.others:
        hollow: dict[str, Any] = {"mec": row.color, "mfc": "white", "mew": 1.2, "ms": 5.5}
        heights = [position] * len(row.others)
        ax.plot(row.others, heights, row.marker, ls="none", zorder=4, clip_on=False, **hollow)
    if has_second:
        _draw_second(ax, row, lower)


def _draw_pool(ax: Axes, row: ForestRow, position: float) -> None:
    """Draw a lozenge over the interval, and the outer range as a thin line with ends."""
    if math.isfinite(row.outer_low) and math.isfinite(row.outer_high):
        ends = [row.outer_low, row.outer_high]
        ax.plot(ends, [position] * 2, "|-", color=row.color, lw=1.0, ms=7, zorder=2, clip_on=False)
    across = [row.conf_low, row.estimate, row.conf_high, row.estimate]
    up = [position, position - 0.3, position, position + 0.3]
    ax.fill(across, up, color=row.color, lw=0, zorder=3, clip_on=False)


def _draw_second(ax: Axes, row: ForestRow, position: float) -> None:
    if math.isfinite(row.second_low) and math.isfinite(row.second_high):
        ax.plot([row.second_low, row.second_high], [position, position], color=MUTED, lw=0.9)
    ax.plot(
        [row.second],
        [position],
        "o",
        mec=MUTED,
        mfc="white",
        mew=1.0,
        ms=4.5,
        zorder=4,
        clip_on=False,
    )


def _write_cells(
    ax: Axes, texts: Sequence[str], position: float, widths: Sequence[float], *, head: bool = False
) -> None:
    offset = 0.0
    for cell, width in zip(texts, widths, strict=False):
        offset += COLUMN_GAP_POINTS + width
        ax.annotate(
            cell,
            xy=(1.0, position),
            xycoords=("axes fraction", "data"),
            xytext=(offset, 0),
            textcoords="offset points",
            va="center",
            ha="right",
            annotation_clip=False,
            fontweight="bold" if head else "normal",
            fontsize=SMALL_POINTS if head else TEXT_POINTS,
        )


def _write_key(ax: Axes, key: str) -> None:
    ax.annotate(
        key,
        xy=(0.0, 0.0),
        xycoords=("figure fraction", "axes fraction")
        if len(ax.figure.axes) == 1
        else "axes fraction",
        xytext=(0.15 * POINTS_PER_INCH, -38),
        textcoords="offset points",
        va="top",
        ha="left",
        color=MUTED,
        fontsize=SMALL_POINTS,
        linespacing=1.35,
        annotation_clip=False,
    )
