"""How much of a text a slide holds, and at which size of type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parsoutcomes.report.office_text import width_points
from parsoutcomes.report.pptx_pattern import BODY_BOX, TITLE_BOX

_TITLE_SIZES: Final = (26.0, 24.0, 22.0, 20.0, 18.0, 16.0)
_LIST_SIZES: Final = (20.0, 18.0, 16.0, 14.0)
_LINE: Final = 1.2
_INSET: Final = 16.0
_BULLET_INDENT: Final = 27.0
_SPACE_BETWEEN: Final = 8.0
# More than any slide holds: what is longer need not be measured.
_MOST_CHARACTERS: Final = 4000


def n_lines(text: str, points: float, available: float, *, is_bold: bool = False) -> int:
    """Return about how many lines a text takes, words longer than a line being broken.

    Parameters
    ----------
    text : str
        From `plain_text`.
    points : float
        Type size.
    available : float
        Width of a line, in points.
    is_bold : bool
        Whether it is set bold.

    Returns
    -------
    int

    Examples
    --------
    >>> n_lines("Of 84 pars, 43 united.", 20, 800), n_lines("word " * 100, 20, 800)
    (1, 8)
    """
    lines, filled = 1, 0.0
    for word in text.split(" "):
        wide = width_points(word + " ", points, is_bold=is_bold)
        if filled + wide > available and filled:
            lines, filled = lines + 1, 0.0
        lines += int(wide // available)
        filled += wide % available if wide > available else wide
    return lines


def fit_title(
    text: str, *, box_height: float = TITLE_BOX[3], box_width: float = TITLE_BOX[2]
) -> tuple[str, float]:
    """Return a title and the size at which it fits; one too long at any size ends in "…".

    Parameters
    ----------
    text : str
        From `plain_text`.
    box_height, box_width : float
        Room for it, in points.

    Returns
    -------
    tuple
        Text and type size.

    Examples
    --------
    >>> fit_title("Most early pars united.")
    ('Most early pars united.', 26.0)
    """
    available = box_width - _INSET
    for points in _TITLE_SIZES:
        if (
            n_lines(text[:_MOST_CHARACTERS], points, available, is_bold=True) * points * _LINE
            <= box_height - 6
        ):
            return text, points
    points = _TITLE_SIZES[-1]
    lines = int((box_height - 6) // (points * _LINE))
    return shorten(text, points, lines, is_bold=True, box_width=box_width), points


def shorten(
    text: str,
    points: float,
    lines: int,
    *,
    is_bold: bool = False,
    box_width: float = TITLE_BOX[2],
) -> str:
    """Return as much of a text as so many lines hold, with "…" where it was cut."""
    available = box_width - _INSET - _BULLET_INDENT
    low, high = 0, min(len(text), _MOST_CHARACTERS)
    while low < high:
        middle = (low + high + 1) // 2
        fits = n_lines(text[:middle] + "…", points, available, is_bold=is_bold) <= lines
        low, high = (middle, high) if fits else (low, middle - 1)
    if low == len(text):
        return text
    kept = text[:low].rpartition(" ")[0] or text[:low]
    return kept.rstrip(" ,;:") + "…"


def fit_list(items: Sequence[str]) -> tuple[list[list[str]], float]:
    """Return points of a list as slides hold them, and the size at which they are set.

    Parameters
    ----------
    items : sequence of str
        From `plain_text`.

    Returns
    -------
    tuple
        One list of points per slide; type size.

    Examples
    --------
    >>> fit_list(["One.", "Two."])
    ([['One.', 'Two.']], 20.0)
    """
    for points in _LIST_SIZES:
        if sum(_list_height(item, points) for item in items) <= BODY_BOX[3]:
            return [list(items)], points
    points = _LIST_SIZES[-1]
    most = int(BODY_BOX[3] // (points * _LINE)) - 1
    slides: list[list[str]] = [[]]
    left = BODY_BOX[3]
    for item in (shorten(one, points, most) for one in items):
        height = _list_height(item, points)
        if height > left and slides[-1]:
            slides.append([])
            left = BODY_BOX[3]
        slides[-1].append(item)
        left -= height
    return slides, points


def _list_height(item: str, points: float) -> float:
    available = BODY_BOX[2] - _INSET - _BULLET_INDENT
    return n_lines(item[:_MOST_CHARACTERS], points, available) * points * _LINE + _SPACE_BETWEEN
