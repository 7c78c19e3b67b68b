"""One style for every figure: colours, type, header, margins. Sizes in inches, text in points."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Annotation
from matplotlib.textpath import TextToPath

from parsoutcomes.results.base import Result

WIDTH_INCHES: Final = 7.6
EDGE_INCHES: Final = 0.15
POINTS_PER_INCH: Final = 72.0

INK: Final = "#1b1f24"
MUTED: Final = "#545b64"
RULE: Final = "#d5d9de"
BAND: Final = "#e3e7ec"
BLUE: Final = "#0072B2"
VERMILION: Final = "#D55E00"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
PURPLE: Final = "#CC79A7"
SKY: Final = "#56B4E9"

TITLE_POINTS: Final = 11.0
SUBTITLE_POINTS: Final = 8.5
TEXT_POINTS: Final = 9.0
SMALL_POINTS: Final = 8.0
LINE_SPACING: Final = 1.3
LONGEST_TITLE: Final = 280
# At few dots an inch letters are hinted wider than they are measured.
_HINTING_ROOM: Final = 0.95
_TITLE_LABEL: Final = "header title"
_SUBTITLE_LABEL: Final = "header subtitle"

_SETTINGS: Final[Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": TEXT_POINTS,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.labelsize": TEXT_POINTS,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": TEXT_POINTS,
    "ytick.labelsize": TEXT_POINTS,
    "xtick.major.size": 3.5,
    "ytick.major.size": 3.5,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "text.usetex": False,
    "text.parse_math": False,
    "path.simplify": False,
}


@dataclass(frozen=True, kw_only=True)
class Series:
    """How one series is told apart: by colour, by marker and by dash."""

    color: str
    marker: str
    dash: str


SERIES: Final = (
    Series(color=BLUE, marker="o", dash="-"),
    Series(color=VERMILION, marker="s", dash="--"),
    Series(color=GREEN, marker="^", dash="-."),
    Series(color=PURPLE, marker="D", dash=":"),
    Series(color=ORANGE, marker="v", dash="-"),
    Series(color=INK, marker="P", dash="--"),
)


@dataclass(frozen=True, kw_only=True)
class Header:
    """Title and subtitle of a drawn figure, and the share of its height that they take."""

    title: str
    subtitle: str
    share_of_height: float


@dataclass(frozen=True, kw_only=True)
class Margins:
    """Room around the axes, in inches; the header's room is added to the top."""

    left: float = 0.7
    right: float = 0.3
    bottom: float = 0.6


@contextmanager
def style_context() -> Iterator[None]:
    """Draw every figure within this context."""
    with mpl.rc_context(_SETTINGS):
        yield
        is_interactive = mpl.is_interactive()
    # A notebook's backend starts with its first figure; to restore what was before would stop it.
    mpl.interactive(is_interactive)


def new_axes(size_inches: tuple[float, float]) -> Axes:
    """Return the axes of a new figure that a notebook will show.

    Parameters
    ----------
    size_inches : tuple of float
        Width and height.
    """
    from matplotlib import pyplot as plt  # noqa: PLC0415  (only notebooks need a backend)

    return plt.figure(figsize=size_inches).add_subplot()


def detached_axes(size_inches: tuple[float, float]) -> Axes:
    """Return the axes of a figure that belongs to no window, for writing to files."""
    with style_context():
        return Figure(figsize=size_inches).add_subplot()


def figure_of(ax: Axes) -> Figure:
    """Return the whole figure to which the axes belong."""
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


def stands_alone(ax: Axes) -> bool:
    """Whether the axes are the only ones in their figure, so that the margins are ours."""
    return len(figure_of(ax).axes) == 1


@lru_cache(maxsize=4096)
def text_width_points(text: str, points: float, *, bold: bool = False) -> float:
    """Return how wide a text is when set in the figures' own type."""
    prop = FontProperties(family="DejaVu Sans", size=points, weight="bold" if bold else "normal")
    width, _, _ = TextToPath().get_text_width_height_descent(text, prop, ismath=False)
    return float(width)


def wrap_text(text: str, width_points: float, points: float, *, bold: bool = False) -> str:
    r"""Break a text into lines no wider than `width_points`.

    Examples
    --------
    >>> wrap_text("one two three", 45.0, 9.0)
    'one two\nthree'
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width_points(longer, points, bold=bold) <= width_points:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def short_title(result: Result) -> str:
    """Return the finding as a title; the result's own title where the finding is too long."""
    return result.finding if len(result.finding) <= LONGEST_TITLE else result.title


def header_inches(title: str, subtitle: str, width_inches: float = WIDTH_INCHES) -> float:
    """Return the height that title and subtitle take above the axes."""
    title_lines, subtitle_lines = _header_lines(title, subtitle, width_inches)
    points = _block_points(title_lines, TITLE_POINTS) + _block_points(
        subtitle_lines, SUBTITLE_POINTS
    )
    return (points + 20.0) / POINTS_PER_INCH


def write_header(ax: Axes, title: str, subtitle: str) -> None:
    """Write the finding as title, and what is shown as subtitle, above the axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes; alone in its figure, the header starts at the figure's left edge.
    title, subtitle : str
        Finding; measure, unit, n and period.
    """
    width = figure_of(ax).get_figwidth() if stands_alone(ax) else _axes_width_inches(ax)
    title_lines, subtitle_lines = _header_lines(title, subtitle, width)
    x = EDGE_INCHES / width if stands_alone(ax) else 0.0
    across = "figure fraction" if stands_alone(ax) else "axes fraction"
    place: dict[str, Any] = {
        "xy": (x, 1.0),
        "xycoords": (across, "axes fraction"),
        "textcoords": "offset points",
        "va": "bottom",
        "ha": "left",
        "linespacing": LINE_SPACING,
        "annotation_clip": False,
    }
    gap = 11.0
    below = ax.annotate(
        subtitle_lines, xytext=(0, gap), color=MUTED, fontsize=SUBTITLE_POINTS, **place
    )
    above = gap + _block_points(subtitle_lines, SUBTITLE_POINTS) + 2.0
    head = ax.annotate(
        title_lines, xytext=(0, above), fontsize=TITLE_POINTS, fontweight="bold", **place
    )
    below.set_label(_SUBTITLE_LABEL)
    head.set_label(_TITLE_LABEL)


def read_header(figure: Figure) -> Header | None:
    """Return the words above a drawn figure and how much of its height they take; None without.

    For slides, whose own title says the finding.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn by one of the `plot_` functions, alone.
    """
    for ax in figure.axes:
        words = {text.get_label(): text for text in ax.texts if isinstance(text, Annotation)}
        if _TITLE_LABEL in words and _SUBTITLE_LABEL in words:
            gap = words[_SUBTITLE_LABEL].xyann[1] / POINTS_PER_INCH / figure.get_figheight()
            return Header(
                title=words[_TITLE_LABEL].get_text().replace("\n", " "),
                subtitle=words[_SUBTITLE_LABEL].get_text().replace("\n", " "),
                share_of_height=min(max(1.0 - ax.get_position().y1 - gap, 0.0), 0.9),
            )
    return None


def set_margins(ax: Axes, margins: Margins, title: str, subtitle: str) -> None:
    """Give axes exactly the room their labels need, inside their place among subplots if any."""
    place = _place_inches(ax)
    if place is None:
        return
    left, bottom, width, height = place
    header_width = width if stands_alone(ax) else width - margins.left - margins.right
    top = header_inches(title, subtitle, max(header_width, 1.0)) + EDGE_INCHES
    inside = (
        left + margins.left,
        bottom + margins.bottom,
        max(width - margins.left - margins.right, 0.2),
        max(height - margins.bottom - top, 0.2),
    )
    whole = (figure_of(ax).get_figwidth(), figure_of(ax).get_figheight()) * 2
    x, y, across, up = (inches / of for inches, of in zip(inside, whole, strict=True))
    ax.set_position((x, y, across, up))


def _place_inches(ax: Axes) -> tuple[float, float, float, float] | None:
    """Return left, bottom, width and height of the axes' place; None where others arrange it."""
    figure = figure_of(ax)
    width, height = figure.get_figwidth(), figure.get_figheight()
    if stands_alone(ax):
        return 0.0, 0.0, width, height
    slot = ax.get_subplotspec()
    if slot is None or figure.get_layout_engine() is not None:
        return None
    box = slot.get_position(figure)
    return box.x0 * width, box.y0 * height, box.width * width, box.height * height


def _header_lines(title: str, subtitle: str, width_inches: float) -> tuple[str, str]:
    room = (width_inches - 2 * EDGE_INCHES) * POINTS_PER_INCH * _HINTING_ROOM
    return (
        wrap_text(title, room, TITLE_POINTS, bold=True),
        wrap_text(subtitle, room, SUBTITLE_POINTS),
    )


def _block_points(lines: str, points: float) -> float:
    return (lines.count("\n") + 1) * points * LINE_SPACING if lines else 0.0


def _axes_width_inches(ax: Axes) -> float:
    return float(ax.get_position().width * figure_of(ax).get_figwidth())
