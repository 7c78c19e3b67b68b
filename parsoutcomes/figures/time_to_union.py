"""Cumulative union: boxes between scans, intervals at the milestones, counts beneath."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from parsoutcomes.conventions import DAYS_PER_MONTH
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
    new_axes,
    set_margins,
    short_title,
    style_context,
    text_width_points,
    write_header,
)
from parsoutcomes.results.rows import list_rows
from parsoutcomes.wording import format_date, format_label, format_percent, start_sentence

if TYPE_CHECKING:
    from parsoutcomes.results.time_to_union import TimeToUnion

PLOT_INCHES: Final = 3.3
LINE_POINTS: Final = 13.0
FIRST_LINE_POINTS: Final = 46.0
MAX_MONTHS: Final = 24.0
NAME_GAP: Final = 0.045
_COUNTS: Final = (
    ("n_united", "Known united"),
    ("n_not_united", "Known not united"),
    ("n_unknown", "Status unknown"),
)


@dataclass(frozen=True, kw_only=True)
class _Line:
    text: str
    cells: tuple[tuple[float, int], ...] = ()
    is_heading: bool = False


def plot_time_to_union(result: TimeToUnion, *, ax: Axes | None = None) -> Axes:
    """Draw cumulative union over time, with what is known of everyone beneath.

    A box means that union happened somewhere in that time; the data do not say when. Not a
    Kaplan-Meier curve: scans tell an interval, never a day.

    Parameters
    ----------
    result : TimeToUnion
        From `estimate_time_to_union`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    with style_context():
        ax = new_axes(time_to_union_size(result)) if ax is None else ax
        lines, subtitle = _table_lines(result), _subtitle(result)
        set_margins(ax, _margins(result, lines), short_title(result), subtitle)
        _draw_scales(ax, _last_month(result), result.unit)
        for number, group in enumerate(_groups(result)):
            _draw_group(ax, result, group, number)
        if len(_groups(result)) > 1:
            _name_groups(ax, result)
        _write_table(ax, lines)
        write_header(ax, short_title(result), subtitle)
    return ax


def time_to_union_size(result: TimeToUnion) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    margins = _margins(result, _table_lines(result))
    header = header_inches(short_title(result), _subtitle(result), WIDTH_INCHES)
    return WIDTH_INCHES, PLOT_INCHES + margins.bottom + header + 0.15


def _margins(result: TimeToUnion, lines: tuple[_Line, ...]) -> Margins:
    below = FIRST_LINE_POINTS + LINE_POINTS * (len(lines) + 0.6)
    names = [text_width_points(_group_label(group), SMALL_POINTS) for group in _groups(result)]
    right = max(names) if len(names) > 1 else 0.0
    return Margins(left=1.6, right=0.3 + right / POINTS_PER_INCH, bottom=below / POINTS_PER_INCH)


def _groups(result: TimeToUnion) -> list[str]:
    column = _group_column(result)
    return [str(value) for value in result.curve[column].drop_duplicates()]


def _group_column(result: TimeToUnion) -> str:
    return "group" if result.by is None else result.by


def _group_label(group: str) -> str:
    return start_sentence(format_label(group))


def _of_group(frame: pd.DataFrame, result: TimeToUnion, group: str) -> pd.DataFrame:
    return frame[frame[_group_column(result)].astype(str).eq(group)]


def _last_month(result: TimeToUnion) -> float:
    last = float(result.risk_table["months"].max()) if len(result.risk_table) else 12.0
    return min(max(last, 6.0), MAX_MONTHS)


def _subtitle(result: TimeToUnion) -> str:
    unit = "pars" if result.unit == "defect" else "patients (all target pars united)"
    return (
        f"Cumulative {format_label(result.definition)} of {unit} on CT, surgery as a competing "
        f"event; points with {100 * _conf_level(result):g}% intervals at the milestones, boxes "
        f"where scans leave the time open; scans to {format_date(result.data_lock)}"
    )


def _conf_level(result: TimeToUnion) -> float:
    levels = result.frame["conf_level"].dropna()
    return float(levels.iloc[0]) if len(levels) else math.nan


def _draw_scales(ax: Axes, last: float, unit: str) -> None:
    ax.set_xlim(0, last * 1.04)
    ax.set_ylim(0, 1.03)
    ax.set_xticks([month for month in (0, 3, 6, 9, 12, 18, 24) if month <= last])
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], labels=["0%", "25%", "50%", "75%", "100%"])
    ax.grid(axis="y", color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel("Months since fitting")
    ax.set_ylabel("Pars united" if unit == "defect" else "Patients united")


def _draw_group(ax: Axes, result: TimeToUnion, group: str, number: int) -> None:
    series = SERIES[number % len(SERIES)]
    curve = _of_group(result.curve, result, group).sort_values("left_days")
    reached, level, last = 0.0, 0.0, _last_month(result)
    for box in list_rows(curve):
        left = min(float(box["left_days"]) / DAYS_PER_MONTH, last)
        right = min(float(box["right_days"]) / DAYS_PER_MONTH, last)
        ax.plot([reached, left], [level, level], color=series.color, ls=series.dash, lw=1.6)
        _draw_box(
            ax, (left, float(box["union_before"])), (right, float(box["union_after"])), series
        )
        reached, level = right, float(box["union_after"])
    _draw_tail(ax, result, group, (reached, level), series)
    _draw_milestones(ax, result, group, number)


def _draw_box(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], series: Series
) -> None:
    width, height = end[0] - start[0], end[1] - start[1]
    ax.add_patch(
        Rectangle(start, width, height, fc=series.color, ec=series.color, alpha=0.14, lw=0)
    )
    ax.add_patch(
        Rectangle(start, width, height, fc="none", ec=series.color, lw=0.9, ls=series.dash)
    )


def _draw_tail(
    ax: Axes, result: TimeToUnion, group: str, start: tuple[float, float], series: Series
) -> None:
    """Carry the curve on to the last milestone at which the scans determine it."""
    known = _of_group(result.frame, result, group)
    known = known[known["measure"].eq("cumulative_union") & known["estimate"].notna()]
    end = min(float(known["months"].max()), _last_month(result)) if len(known) else start[0]
    if end > start[0]:
        ax.plot([start[0], end], [start[1]] * 2, color=series.color, ls=series.dash, lw=1.6)


def _name_groups(ax: Axes, result: TimeToUnion) -> None:
    """Write each group's name at the end of its curve, moved apart where ends are close."""
    ends = {
        group: float(_of_group(result.curve, result, group)["union_after"].fillna(0.0).max())
        for group in _groups(result)
    }
    lowest = -math.inf
    for group in sorted(ends, key=lambda name: ends[name]):
        lowest = max(ends[group], lowest + NAME_GAP)
        ax.annotate(
            _group_label(group),
            xy=(1.0, lowest),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
            annotation_clip=False,
        )


def _draw_milestones(ax: Axes, result: TimeToUnion, group: str, number: int) -> None:
    series, several = SERIES[number % len(SERIES)], len(_groups(result)) > 1
    shift = (number - (len(_groups(result)) - 1) / 2) * 0.22 if several else 0.0
    frame = _of_group(result.frame, result, group)
    for row in list_rows(frame[frame["measure"].eq("cumulative_union")]):
        month = float(row["months"]) + shift
        if row["months"] > _last_month(result):
            continue
        if math.isfinite(row["conf_low"]):
            limits = [row["conf_low"], row["conf_high"]]
            ax.plot([month] * 2, limits, color=series.color, lw=1.6)
        if math.isfinite(row["estimate"]):
            _draw_point(ax, (month, float(row["estimate"])), series, is_labelled=not several)
        else:
            _draw_open_milestone(ax, (month, row["union_low"], row["union_high"]), series)


def _draw_point(ax: Axes, place: tuple[float, float], series: Series, *, is_labelled: bool) -> None:
    month, estimate = place
    ax.plot([month], [estimate], series.marker, color=series.color, ms=6, zorder=5)
    if is_labelled:
        ax.annotate(
            format_percent(estimate),
            xy=place,
            xytext=(7, -9),
            textcoords="offset points",
            fontweight="bold",
        )


def _draw_open_milestone(ax: Axes, place: tuple[float, float, float], series: Series) -> None:
    """Draw the range in which the estimate lies where the scans leave it open."""
    month, low, high = place
    ax.plot([month] * 2, [low, high], color=series.color, lw=6, alpha=0.3, solid_capstyle="butt")


def _table_lines(result: TimeToUnion) -> tuple[_Line, ...]:
    unit = "Pars" if result.unit == "defect" else "Patients"
    several = len(_groups(result)) > 1
    lines = [] if several else [_Line(text=unit, is_heading=True)]
    for group in _groups(result):
        if several:
            lines.append(_Line(text=f"{_group_label(group)} ({unit.lower()})", is_heading=True))
        table = _of_group(result.risk_table, result, group)
        table = table[table["months"] <= _last_month(result)]
        for column, text in _COUNTS:
            counts = zip(table["months"], table[column], strict=True)
            lines.append(_Line(text=text, cells=tuple((float(m), int(n)) for m, n in counts)))
    return tuple(lines)


def _write_table(ax: Axes, lines: tuple[_Line, ...]) -> None:
    for number, line in enumerate(lines):
        down = -(FIRST_LINE_POINTS + LINE_POINTS * number)
        ax.annotate(
            line.text,
            xy=(0.0, 0.0),
            xycoords="axes fraction",
            xytext=(-104, down),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
            fontweight="bold" if line.is_heading else "normal",
            color=MUTED if line.text == _COUNTS[2][1] else None,
            annotation_clip=False,
        )
        for month, count in line.cells:
            ax.annotate(
                f"{count}",
                xy=(month, 0.0),
                xycoords=("data", "axes fraction"),
                xytext=(0, down),
                textcoords="offset points",
                va="center",
                ha="center",
                fontsize=SMALL_POINTS,
                annotation_clip=False,
            )
