"""What every figure over time shares: scales, boxes, names at the ends of curves, counts beneath.

The counts are part of the axes and of their margins, so that they stay under their months and in
the file, whoever saves the figure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from parsoutcomes.figures.style import (
    MUTED,
    POINTS_PER_INCH,
    RULE,
    SERIES,
    SMALL_POINTS,
    WIDTH_INCHES,
    Margins,
    Series,
    header_inches,
    text_width_points,
)
from parsoutcomes.results.rows import Row
from parsoutcomes.wording import format_group, start_sentence

PLOT_INCHES: Final = 3.3
LINE_POINTS: Final = 13.0
FIRST_LINE_POINTS: Final = 46.0
MAX_MONTHS: Final = 24.0
TEXT_LEFT_POINTS: Final = 104.0
NOT_TOLD: Final = "not told"
UNTOLD: Final = "not told:\ntoo few\nscanned"
_TICKS: Final = (0, 3, 6, 9, 12, 18, 24)
_NAME_HEIGHT_POINTS: Final = 11.0


@dataclass(frozen=True, kw_only=True)
class TableLine:
    """One line beneath the axes: a text on the left, and a text under each month."""

    text: str
    cells: tuple[tuple[float, str], ...] = ()
    is_heading: bool = False
    is_muted: bool = False


@dataclass(frozen=True, kw_only=True)
class CurveName:
    """The name of a curve and the place, in months and as a fraction, where the curve ends."""

    text: str
    months: float
    level: float


def series_of(number: int) -> Series:
    """Return colour, marker and dash of the nth group."""
    return SERIES[number % len(SERIES)]


def label_group(by: str | None, value: object) -> str:
    """Return a group's name as it stands beside its curve.

    Examples
    --------
    >>> label_group("stage", "pre_lysis"), label_group("prescribed_months", "3")
    ('Pre-lysis', '3 months prescribed')
    """
    name = start_sentence(format_group(by, value))
    return f"{name} prescribed" if by == "prescribed_months" and name[0].isdecimal() else name


def over_time_margins(lines: Sequence[TableLine], names: Sequence[str] = ()) -> Margins:
    """Return the room that the lines beneath and the names beside the axes need."""
    below = FIRST_LINE_POINTS + LINE_POINTS * (len(lines) + 0.6)
    beside = max((text_width_points(name, SMALL_POINTS) for name in names), default=0.0)
    texts = max((text_width_points(line.text, SMALL_POINTS) for line in lines), default=0.0)
    return Margins(
        left=(max(TEXT_LEFT_POINTS, texts + 18.0) + 11.0) / POINTS_PER_INCH,
        right=0.3 + beside / POINTS_PER_INCH,
        bottom=below / POINTS_PER_INCH,
    )


def over_time_size(margins: Margins, title: str, subtitle: str) -> tuple[float, float]:
    """Return width and height in inches of a figure over time with these margins."""
    header = header_inches(title, subtitle, WIDTH_INCHES)
    return WIDTH_INCHES, PLOT_INCHES + margins.bottom + header + 0.15


def last_month(months: Sequence[float]) -> float:
    """Return the month up to which to draw: at least 6, at most 24.

    Examples
    --------
    >>> last_month([0.0, 3.0]), last_month([36.0]), last_month([])
    (6.0, 24.0, 12.0)
    """
    return min(max(max(months, default=12.0), 6.0), MAX_MONTHS)


def draw_scales(ax: Axes, last: float, label: str) -> None:
    """Draw months since fitting across and a percentage upwards."""
    ax.set_xlim(0, last * 1.04)
    ax.set_ylim(0, 1.03)
    ax.set_xticks([month for month in _TICKS if month <= last])
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], labels=["0%", "25%", "50%", "75%", "100%"])
    ax.grid(axis="y", color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel("Months since fitting")
    ax.set_ylabel(label)


def draw_box(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    series: Series,
    *,
    shade: float = 0.14,
) -> None:
    """Draw the box inside which the curve may run anywhere."""
    width, height = end[0] - start[0], end[1] - start[1]
    ax.add_patch(Rectangle(start, width, height, fc=series.color, ec="none", alpha=shade, lw=0))
    ax.add_patch(
        Rectangle(start, width, height, fc="none", ec=series.color, lw=0.9, ls=series.dash)
    )


def draw_interval(ax: Axes, month: float, limits: tuple[float, float], series: Series) -> None:
    """Draw an interval as an upright bar; nothing where there is none."""
    if math.isfinite(limits[0]) and math.isfinite(limits[1]):
        ax.plot([month] * 2, list(limits), color=series.color, lw=1.8, zorder=4)


def draw_estimate(ax: Axes, row: Row, series: Series, *, shift: float = 0.0) -> None:
    """Draw the estimate of a row at its month, if there is one, with its interval."""
    month, estimate = float(row["months"]) + shift, float(row["estimate"])
    draw_interval(ax, month, (float(row["conf_low"]), float(row["conf_high"])), series)
    if math.isfinite(estimate):
        ax.plot([month], [estimate], series.marker, color=series.color, ms=7, mec="white", zorder=5)


def draw_open_range(ax: Axes, month: float, limits: tuple[float, float], series: Series) -> None:
    """Draw the range in which the estimate lies where the scans leave it open."""
    ax.plot([month] * 2, list(limits), color=series.color, lw=6, alpha=0.3, solid_capstyle="butt")


def shift_groups(number: int, n_groups: int) -> float:
    """Return by how many months the nth group's marks stand aside, so that none hides another."""
    return (number - (n_groups - 1) / 2) * 0.17


def name_curves(ax: Axes, names: Sequence[CurveName]) -> None:
    """Write each curve's name where it ends, moved apart where ends are close."""
    height = _axes_height_points(ax)
    lowest = -math.inf
    for name in sorted(names, key=lambda name: (name.level, name.text)):
        place = max(name.level * height, lowest + _NAME_HEIGHT_POINTS)
        lowest = place
        ax.annotate(
            name.text,
            xy=(name.months, name.level),
            xytext=(10, place - name.level * height),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
            annotation_clip=False,
            zorder=7,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8},
        )


def _axes_height_points(ax: Axes) -> float:
    figure = ax.get_figure(root=True)
    assert figure is not None
    low, high = ax.get_ylim()
    inches = float(figure.get_figheight()) * ax.get_position().height
    return inches * POINTS_PER_INCH / (high - low)


def write_untold(ax: Axes, month: float) -> None:
    """Say at a month that no estimate can be told there."""
    ax.annotate(
        UNTOLD,
        xy=(month, 0.5),
        ha="center",
        va="center",
        fontsize=SMALL_POINTS,
        color=MUTED,
        linespacing=1.3,
        annotation_clip=False,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )


def write_lines(ax: Axes, lines: Sequence[TableLine]) -> None:
    """Write the lines beneath the axes, each cell under its month."""
    left = over_time_margins(lines).left * POINTS_PER_INCH - 11.0
    for number, line in enumerate(lines):
        down = -(FIRST_LINE_POINTS + LINE_POINTS * number)
        style: dict[str, Any] = {
            "textcoords": "offset points",
            "va": "center",
            "fontsize": SMALL_POINTS,
            "fontweight": "bold" if line.is_heading else "normal",
            "color": MUTED if line.is_muted else None,
            "annotation_clip": False,
        }
        ax.annotate(
            line.text, xy=(0, 0), xycoords="axes fraction", xytext=(-left, down), ha="left", **style
        )
        for month, cell in line.cells:
            under: dict[str, Any] = {"xy": (month, 0), "xycoords": ("data", "axes fraction")}
            ax.annotate(cell, xytext=(0, down), ha="center", **under, **style)
