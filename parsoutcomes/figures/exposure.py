"""Each course of brace as a bar from fitting to its end: worn, paused, extended, and why it ended.

Bars of single patients: for the clinic's own use, never for publication.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.figures.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    POINTS_PER_INCH,
    RULE,
    SMALL_POINTS,
    VERMILION,
    WIDTH_INCHES,
    Margins,
    figure_of,
    header_inches,
    new_axes,
    set_margins,
    short_title,
    style_context,
    write_header,
)
from parsoutcomes.results.exposure import EXTENSION, GAP, IN_BRACE, write_prescription
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import format_count

if TYPE_CHECKING:
    from parsoutcomes.results.exposure import BraceExposure

LANE_INCHES: Final = 0.15
LEAST_LANES_INCHES: Final = 1.4
MOST_LANES_INCHES: Final = 8.5
BLOCK_GAP: Final = 1.6
KEY_INCHES: Final = 0.95
WORN_ALPHA: Final = 0.75
UNSEEN_ALPHA: Final = 0.3
_KEY_COLUMNS: Final = 4
_COLORS: Final = {IN_BRACE: BLUE, EXTENSION: ORANGE}


@dataclass(frozen=True, kw_only=True)
class _End:
    """How one kind of end is drawn and named."""

    text: str
    marker: str
    color: str
    is_filled: bool = True


_PLANNED: Final = _End(text="course completed", marker="s", color=INK)
_UNITED: Final = _End(text="united", marker="o", color=GREEN)
_SURGERY: Final = _End(text="surgery", marker="X", color=VERMILION)
_STOPPED: Final = _End(text="not tolerated or own choice", marker="v", color=VERMILION)
_LEFT: Final = _End(text="last seen", marker="D", color=MUTED, is_filled=False)
_STILL: Final = _End(text="still in brace", marker=">", color=BLUE)
_UNKNOWN: Final = _End(text="removed, reason not given", marker="o", color=INK, is_filled=False)
_ENDS: Final = {
    "completed": _PLANNED,
    "prescribed time over": _PLANNED,
    "united": _UNITED,
    "surgery": _SURGERY,
    "not_tolerated": _STOPPED,
    "own_choice": _STOPPED,
    "lost": _LEFT,
    "withdrawn": _LEFT,
    "transferred": _LEFT,
    "still_in_brace": _STILL,
}


@dataclass(frozen=True, kw_only=True)
class _Block:
    """The courses of one prescription, longest last, from the lane `top` downwards."""

    months: float
    courses: tuple[tuple[Row, ...], ...]
    top: float

    @property
    def bottom(self) -> float:
        return self.top + len(self.courses)


@public(made_by="describe_exposure")
def plot_exposure(result: BraceExposure, *, ax: Axes | None = None) -> Axes:
    """Draw each course of brace from fitting to its end, with gaps, extensions and why it ended.

    Single patients can be seen, though not named: for the clinic's own use only.

    Parameters
    ----------
    result : BraceExposure
        From `describe_exposure`.
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
    >>> result = po.describe_exposure(po.simulate_cohort(30, seed=1))
    >>> ax = po.plot_exposure(result)
    >>> ax.get_xlabel()
    'Months since fitting'
    """
    blocks = _blocks(result)
    with style_context():
        ax = new_axes(exposure_size(result)) if ax is None else ax
        title, subtitle = short_title(result), _subtitle(result)
        set_margins(ax, _margins(), title, subtitle)
        _draw_scales(ax, result, blocks)
        for block in blocks:
            _draw_block(ax, block)
        _draw_key(ax, blocks)
        write_header(ax, title, subtitle)
    return ax


def exposure_size(result: BraceExposure) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    lanes = _blocks(result)[-1].bottom * LANE_INCHES
    height = min(max(lanes, LEAST_LANES_INCHES), MOST_LANES_INCHES)
    header = header_inches(short_title(result), _subtitle(result), WIDTH_INCHES)
    return WIDTH_INCHES, height + header + _margins().bottom + 0.15


def _margins() -> Margins:
    return Margins(left=1.35, right=0.35, bottom=0.55 + KEY_INCHES)


def _subtitle(result: BraceExposure) -> str:
    frame = result.frame
    courses = format_count(int(frame["episode_id"].nunique()), "course", "courses")
    patients = format_count(int(frame["patient_id"].nunique()), "patient", "patients")
    return (
        f"One bar per course of brace: {courses} of {patients}, by months prescribed at fitting "
        "and length. Shows single patients: for the clinic's own use"
    )


def _blocks(result: BraceExposure) -> tuple[_Block, ...]:
    frame = result.frame
    by_months: dict[float, list[tuple[Row, ...]]] = {}
    for _, course in frame.groupby("episode_id", sort=False):
        rows = tuple(list_rows(course))
        months = float(rows[0]["prescribed_months"])
        by_months.setdefault(math.inf if math.isnan(months) else months, []).append(rows)
    blocks: list[_Block] = []
    for months in sorted(by_months):
        top = blocks[-1].bottom + BLOCK_GAP if blocks else 0.0
        ordered = sorted(by_months[months], key=lambda rows: float(rows[-1]["stop_days"]))
        blocks.append(_Block(months=months, courses=tuple(ordered), top=top))
    return tuple(blocks)


def _draw_scales(ax: Axes, result: BraceExposure, blocks: tuple[_Block, ...]) -> None:
    last = max(float(result.frame["stop_days"].max()) / DAYS_PER_MONTH, 3.0)
    step = 1 if last <= 9 else 3
    ax.set_xlim(0, last * 1.04)
    ax.set_ylim(blocks[-1].bottom + 0.4, -0.4)
    ax.set_xticks(range(0, math.ceil(last) + 1, step))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel("Months since fitting")


def _draw_block(ax: Axes, block: _Block) -> None:
    for number, course in enumerate(block.courses):
        _draw_course(ax, course, block.top + number + 0.5)
    if math.isfinite(block.months):
        ends = [block.top - 0.25, block.bottom + 0.25]
        ax.plot([block.months] * 2, ends, color=INK, lw=1.1, ls=(0, (4, 2)), zorder=3)
    name = write_prescription(block.months if math.isfinite(block.months) else math.nan)
    words = f"{name}\nprescribed" if name[0].isdecimal() else "prescription\nnot recorded"
    ax.annotate(
        f"{words}\n({len(block.courses)})",
        xy=(0, (block.top + block.bottom) / 2),
        xycoords=("axes fraction", "data"),
        xytext=(-12, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=SMALL_POINTS,
        annotation_clip=False,
    )


def _draw_course(ax: Axes, course: tuple[Row, ...], lane: float) -> None:
    last = course[-1]
    alpha = UNSEEN_ALPHA if _is_unseen(last) else WORN_ALPHA
    for row in course:
        start, stop = (float(row[name]) / DAYS_PER_MONTH for name in ("start_days", "stop_days"))
        if row["period"] == GAP:
            ax.plot([start, stop], [lane, lane], color=MUTED, lw=0.8, ls=":", zorder=2)
        else:
            color = _COLORS[str(row["period"])]
            ax.barh(lane, stop - start, left=start, height=0.66, color=color, alpha=alpha, lw=0)
    end = _ENDS.get(str(last["ended_by"]), _UNKNOWN)
    ax.plot([float(last["stop_days"]) / DAYS_PER_MONTH], [lane], zorder=4, **_mark(end))


def _is_unseen(last: Row) -> bool:
    """Say whether a course went out of view before its brace was known to be off."""
    return bool(last["is_open"]) and last["ended_by"] != "still_in_brace"


def _mark(end: _End) -> dict[str, Any]:
    return {
        "marker": end.marker,
        "color": end.color,
        "mfc": end.color if end.is_filled else "white",
        "ms": 4.2,
        "mew": 0.9,
        "ls": "none",
        "clip_on": False,
    }


def _draw_key(ax: Axes, blocks: tuple[_Block, ...]) -> None:
    courses = [course for block in blocks for course in block.courses]
    kinds = {str(row["period"]) for course in courses for row in course}
    ends = dict.fromkeys(_ENDS.get(str(course[-1]["ended_by"]), _UNKNOWN) for course in courses)
    entries: list[tuple[str, dict[str, Any]]] = [
        (words, {"marker": "s", "color": color, "ms": 7, "alpha": WORN_ALPHA, "ls": "none"})
        for kind, words, color in (
            (IN_BRACE, "in brace", BLUE),
            (EXTENSION, "beyond the prescription", ORANGE),
        )
        if kind in kinds
    ]
    if any(_is_unseen(course[-1]) for course in courses):
        unseen = {"marker": "s", "color": BLUE, "ms": 7, "alpha": UNSEEN_ALPHA, "ls": "none"}
        entries.append(("removal not seen", unseen))
    if GAP in kinds:
        entries.append(("gap", {"color": MUTED, "lw": 1.0, "ls": ":"}))
    if any(math.isfinite(block.months) for block in blocks):
        entries.append(("months prescribed", {"color": INK, "lw": 1.1, "ls": (0, (4, 2))}))
    order = (_PLANNED, _UNITED, _SURGERY, _STOPPED, _LEFT, _STILL, _UNKNOWN)
    entries += [(end.text, _mark(end)) for end in order if end in ends]
    handles = [ax.plot([], [], label=words, **style)[0] for words, style in entries]
    inches = ax.get_position().height * figure_of(ax).get_figheight()
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(-1.2 * POINTS_PER_INCH / _width_points(ax), -0.47 / inches),
        ncols=_KEY_COLUMNS,
        frameon=False,
        fontsize=SMALL_POINTS,
        handletextpad=0.5,
        columnspacing=1.4,
        borderaxespad=0.0,
    )


def _width_points(ax: Axes) -> float:
    return float(ax.get_position().width * figure_of(ax).get_figwidth() * POINTS_PER_INCH)
