"""What a display table is, and the general way to make one of a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from parsoutcomes.wording import format_cell, start_sentence


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


def tabulate_frame(
    frame: pd.DataFrame,
    heads: Mapping[str, str],
    *,
    n_row_heads: int = 1,
    text_columns: tuple[int, ...] = (),
) -> DisplayTable:
    """Return chosen columns of a frame as text.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any tidy frame.
    heads : mapping of str to str
        Column name to the head that is shown, in order.
    n_row_heads : int
        How many leading columns name the row.
    text_columns : tuple of int
        Positions of further columns that hold words.

    Returns
    -------
    DisplayTable

    Examples
    --------
    >>> tabulate_frame(pd.DataFrame({"level": ["L5"], "n": [1200]}), {"level": "Level", "n": "N"})
    DisplayTable(heads=('Level', 'N'), rows=(('L5', '1,200'),), n_row_heads=1, text_columns=())
    """
    columns = [name for name in heads if name in frame.columns]
    cells = [
        [_shown(name, value, is_head=position < n_row_heads) for value in frame[name].tolist()]
        for position, name in enumerate(columns)
    ]
    return DisplayTable(
        heads=tuple(heads[name] for name in columns),
        rows=tuple(zip(*cells, strict=True)) if len(frame) else (),
        n_row_heads=n_row_heads,
        text_columns=text_columns,
    )


def _shown(name: str, value: object, *, is_head: bool) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = format_cell(name, value)
    return start_sentence(text) if is_head else text


def count_text(value: object) -> str:
    """Return a count as text, or a dash when there is none.

    Examples
    --------
    >>> count_text(1200.0), count_text(float("nan"))
    ('1,200', '–')
    """
    text = str(value)
    return "–" if text in _MISSING else f"{int(float(text)):,}"
