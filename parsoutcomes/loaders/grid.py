"""What every source is read into first: sheets of rows of typed cells, as numbered in the file."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple


@dataclass(frozen=True)
class ErrorCell:
    """A cell that cannot hold a value, such as a failed look-up, and why."""

    reason: str = "the cell shows a spreadsheet error"


Cell = str | int | float | bool | datetime.date | datetime.datetime | ErrorCell | None

ERROR_CELL: Final = ErrorCell()


class GridRow(NamedTuple):
    """One row of a sheet: its number as the file shows it, and its cells."""

    number: int
    cells: tuple[Cell, ...]

    def cell(self, position: int) -> Cell:
        """Return the cell at a column position; beyond the row's end it is empty."""
        return self.cells[position] if position < len(self.cells) else None

    @property
    def is_blank(self) -> bool:
        """Whether no cell holds anything."""
        return self.cells.count(None) == len(self.cells)


@dataclass(frozen=True, kw_only=True)
class MergedRange:
    """Cells merged across columns within one row; positions count from 0, ends included."""

    row_number: int
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One sheet, or one text file, before anything is understood of it.

    Attributes
    ----------
    source, sheet : str
        Name of the file, and of the sheet within it (empty for a text file or a frame).
    rows : tuple of GridRow
        Every row, blank ones too.
    merged : tuple of MergedRange
        Header cells that span columns.
    remarks : tuple of str
        What the file carries besides cells and is left alone, such as macros.
    """

    source: str
    sheet: str
    rows: tuple[GridRow, ...]
    merged: tuple[MergedRange, ...] = field(default=())
    remarks: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Number of columns of the widest row."""
        return max((len(row.cells) for row in self.rows), default=0)

    @property
    def is_blank(self) -> bool:
        """Whether the sheet holds nothing at all."""
        return all(row.is_blank for row in self.rows)


def clean_cell(value: object) -> Cell:
    """Return a raw cell as one of the kinds of `Cell`; blank text becomes None.

    Examples
    --------
    >>> clean_cell("  "), clean_cell(9.0), clean_cell("L5 ")
    (None, 9, 'L5')
    """
    if isinstance(value, str):
        return " ".join(value.split()) or None
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return _clean_number(value)
    if isinstance(value, int | datetime.datetime | datetime.date | ErrorCell):
        return value
    return str(value)


def _clean_number(value: float) -> Cell:
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


class _CleanTexts(dict[str, Cell]):
    """Texts to cells, each worked out once, so that equal cells share one object."""

    def __missing__(self, text: str) -> Cell:
        self[text] = cell = clean_cell(text)
        return cell


def number_rows(rows: Iterable[Iterable[object]], *, first: int = 1) -> tuple[GridRow, ...]:
    """Return raw rows as grid rows, numbered from `first`."""
    texts = _CleanTexts()
    return tuple(
        GridRow(
            number=number,
            cells=tuple(
                [texts[value] if type(value) is str else clean_cell(value) for value in row]
            ),
        )
        for number, row in enumerate(rows, start=first)
    )


def filled_cells(rows: Iterable[GridRow], position: int) -> list[Cell]:
    """Return the cells of one column that hold anything, in the order of the rows."""
    return [
        cells[position]
        for _, cells in rows
        if position < len(cells) and cells[position] is not None
    ]


def column_letters(position: int) -> str:
    """Return a column position as a spreadsheet shows it.

    Examples
    --------
    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    position += 1
    while position:
        position, remainder = divmod(position - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters
