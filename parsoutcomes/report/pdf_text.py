"""Text as the PDF's typeface can set it: what it lacks is marked, and widths are known."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.ft2font import FT2Font

TYPEFACE: Final = "DejaVu Sans"
UNSET_MARK: Final = "\N{REPLACEMENT CHARACTER}"
BREAK_HERE: Final = "\N{ZERO WIDTH SPACE}"
_FILES: Final = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
_SPACES: Final = "\t\n\v\f\r\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}"
_NO_SHAPE_OF_THEIR_OWN: Final = ("Cc", "Cf", "Co", "Cs", "Cn")
_SHAPES_ITS_NEIGHBOURS: Final = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}\N{SOFT HYPHEN}"
_ONLY_ASKS_FOR_A_STYLE: Final = frozenset(range(0xFE00, 0xFE10))
# Letters set close together; a sum of their widths is a little off.
_SLACK: Final = 1.03


def font_folder() -> Path:
    """Return the folder of the typefaces that come with matplotlib."""
    return Path(mpl.get_data_path()) / "fonts" / "ttf"


@cache
def _fonts() -> tuple[FT2Font, ...]:
    fonts = tuple(FT2Font(str(font_folder() / name)) for name in _FILES)
    for font in fonts:
        font.set_size(100, 72)
    return fonts


@cache
def _covered() -> frozenset[int]:
    """Return what both weights can set: a word may stand in a heading."""
    return frozenset.intersection(*(frozenset(font.get_charmap()) for font in _fonts()))


@lru_cache(maxsize=4096)
def _settable(character: str) -> str:
    if character in _SPACES:
        return " "
    if ord(character) in _ONLY_ASKS_FOR_A_STYLE:
        return ""
    if character in _SHAPES_ITS_NEIGHBOURS:
        return character
    is_shapeless = unicodedata.category(character) in _NO_SHAPE_OF_THEIR_OWN
    return UNSET_MARK if is_shapeless or ord(character) not in _covered() else character


def settable(text: str) -> str:
    r"""Return a text with each character that cannot be set replaced by a mark that is seen.

    Control, private-use and unpaired characters, those that turn the reading direction, and any
    that the typeface lacks become "�". Tabs and line ends become spaces.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str

    Examples
    --------
    >>> settable("a\x07b\tc ≥ é 漢")
    'a�b c ≥ é �'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_settable, text))


def settable_drawing(svg: str) -> str:
    """Return a drawing whose labels can be set, as `settable` does; its line ends stay.

    Parameters
    ----------
    svg : str
        From `draw_figure`.

    Returns
    -------
    str
    """
    return "\n".join(settable(line) for line in svg.split("\n"))


@lru_cache(maxsize=8192)
def _advance(character: str, is_bold: bool) -> float:
    """Width of one character as a share of the type size."""
    return float(_fonts()[is_bold].load_char(ord(character)).linearHoriAdvance) / 65536 / 100


def width_of(text: str, points: float, *, is_bold: bool = False) -> float:
    """Return how wide a text is on one line, in points.

    Parameters
    ----------
    text : str
        From `settable`.
    points : float
        Type size.
    is_bold : bool
        Whether it is set bold.

    Returns
    -------
    float
    """
    return sum(_advance(character, is_bold) for character in text) * points * _SLACK


def break_long_words(text: str, points: float, available: float, *, is_bold: bool = False) -> str:
    """Let words too long for a line break anywhere, so that none is cut at the margin.

    Parameters
    ----------
    text : str
        From `settable`.
    points : float
        Type size.
    available : float
        Width of a line, in points.
    is_bold : bool
        Whether it is set bold.

    Returns
    -------
    str

    Examples
    --------
    >>> break_long_words("brace abcdefgh", 10, 40).split(BREAK_HERE)
    ['brace a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    """
    # No letter is wider than its type size: what is short enough need not be measured.
    if len(text) * points * _SLACK <= available:
        return text
    words = text.split(" ")
    is_long = [width_of(word, points, is_bold=is_bold) > available for word in words]
    if not any(is_long):
        return text
    return " ".join(
        BREAK_HERE.join(word) if long else word for word, long in zip(words, is_long, strict=True)
    )


def widest(texts: Iterable[str], points: float, *, is_bold: bool = False) -> float:
    """Return the width of the widest of some texts, in points; 0 of none.

    Parameters
    ----------
    texts : iterable of str
        From `settable`.
    points : float
        Type size.
    is_bold : bool
        Whether they are set bold.

    Returns
    -------
    float
    """
    return max((width_of(text, points, is_bold=is_bold) for text in texts), default=0.0)


def shorten(text: str, points: float, available: float) -> str:
    """Return a text, or its beginning and an ellipsis where a running head has no more room.

    Parameters
    ----------
    text : str
        From `settable`.
    points : float
        Type size.
    available : float
        Width of the line, in points.

    Returns
    -------
    str

    Examples
    --------
    >>> shorten("Union of pars fractures", 10, 60)
    'Union of…'
    """
    if width_of(text, points) <= available:
        return text
    kept = next(
        n for n in range(len(text), -1, -1) if width_of(text[:n] + "…", points) <= available
    )
    return text[:kept].rstrip() + "…"
