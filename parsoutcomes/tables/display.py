"""What a display table is, and how a count is shown in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class DisplayTable:
    """A finished table as text.

    Attributes
    ----------
    heads : tuple of str
        One per column.
    rows : tuple of tuple of str
        The body.
    n_row_heads : int
        How many leading columns name the row; they are set as text, the others as numbers.
    text_columns : tuple of int
        Positions of further columns that hold words.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_row_heads: int = 1
    text_columns: tuple[int, ...] = ()


_MISSING: Final = ("None", "nan", "<NA>")


def count_text(value: object) -> str:
    """Return a count as text, or a dash when there is none.

    Examples
    --------
    >>> count_text(1200.0), count_text(float("nan"))
    ('1,200', '–')
    """
    text = str(value)
    return "–" if text in _MISSING else f"{int(float(text)):,}"
