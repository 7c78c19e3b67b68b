"""How a table fits a page: its columns' widths, its type size, upright or on its side."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from parsoutcomes.errors import ReportError
from parsoutcomes.report.pdf_text import break_long_words, settable, widest
from parsoutcomes.tables.display import DisplayTable

UPRIGHT_POINTS: Final = 481.0
SIDEWAYS_POINTS: Final = 728.0
GAP_POINTS: Final = 8.0
_MOST_COLUMNS: Final = 36
_MOST_LINES: Final = 8
_MOST_LINES_OF_A_ROW_HEAD: Final = 3
_LONGEST_ESTIMATE: Final = 24
# A longer word may break anywhere, so that it does not take the room of the other columns.
_WIDEST_UNBROKEN: Final = 120.0
_TALLEST_KEPT_WHOLE: Final = 330.0


@dataclass(frozen=True, kw_only=True)
class FittedTable:
    """A table with its layout.

    Attributes
    ----------
    heads : tuple of str
        One per column.
    rows : tuple of tuple of str
        The body.
    n_row_heads : int
        How many leading columns name the row.
    is_number : tuple of bool
        Which columns are set to the right.
    widths : tuple of float
        Of each column with its gap, in points.
    points : float
        Type size.
    is_sideways : bool
        Whether it needs a page on its side.
    is_kept_whole : bool
        Whether it is short enough never to be split between pages.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_row_heads: int
    is_number: tuple[bool, ...]
    widths: tuple[float, ...]
    points: float
    is_sideways: bool
    is_kept_whole: bool


_CHOICES: Final = (
    (8.0, UPRIGHT_POINTS),
    (7.5, UPRIGHT_POINTS),
    (7.0, UPRIGHT_POINTS),
    (8.0, SIDEWAYS_POINTS),
    (7.0, SIDEWAYS_POINTS),
    (6.0, SIDEWAYS_POINTS),
)


def fit_table(table: DisplayTable) -> FittedTable:
    """Choose the largest type, upright if possible, in which no cell is cut or very tall.

    Parameters
    ----------
    table : DisplayTable
        Any text; each character that cannot be set is marked.

    Returns
    -------
    FittedTable

    Raises
    ------
    ReportError
        When there are more columns than a page can hold.

    Examples
    --------
    >>> fitted = fit_table(DisplayTable(heads=("Stage", "Union"), rows=(("early", "8 of 10"),)))
    >>> fitted.points, fitted.is_sideways, fitted.is_number
    (8.0, False, (False, True))
    """
    if len(table.heads) > _MOST_COLUMNS:
        raise ReportError(
            "A table has more columns than a page can hold.",
            expected=f"at most {_MOST_COLUMNS} columns",
            found=f"{len(table.heads)} columns",
            fix="Split the table in two.",
        )
    heads = tuple(settable(head) or "Value" for head in table.heads)
    rows = tuple(tuple(settable(cell) for cell in row) for row in table.rows)
    is_number = tuple(
        column >= table.n_row_heads and column not in table.text_columns
        for column in range(len(heads))
    )
    points, available, widths = _choose(heads, rows, is_number, table.n_row_heads)
    return FittedTable(
        heads=_breakable((heads,), points, widths, is_bold=True)[0],
        rows=_breakable(rows, points, widths, is_bold=False),
        n_row_heads=table.n_row_heads,
        is_number=is_number,
        widths=widths,
        points=points,
        is_sideways=available == SIDEWAYS_POINTS,
        is_kept_whole=_height(rows, points, widths) <= _TALLEST_KEPT_WHOLE,
    )


_Rows = tuple[tuple[str, ...], ...]


def _choose(
    heads: tuple[str, ...], rows: _Rows, is_number: tuple[bool, ...], n_row_heads: int
) -> tuple[float, float, tuple[float, ...]]:
    """Return type size, width to fill and column widths of the first choice that will do."""
    needs, available, points = _Needs((1.0,), (1.0,), (1.0,)), 0.0, 0.0
    for are_whole in (is_number, (False,) * len(heads)):
        for points, available in _CHOICES:
            needs = _column_needs(heads, rows, are_whole, points)
            if sum(needs.least) <= available:
                widths = _share_out(needs, available)
                if _is_easy_to_read(rows, points, widths, n_row_heads):
                    return points, available, widths
    scale = min(1.0, available / sum(needs.least))
    least = tuple(width * scale for width in needs.least)
    return points, available, _share_out(_Needs(least, needs.cells, needs.heads), available)


def _is_easy_to_read(
    rows: _Rows, points: float, widths: tuple[float, ...], n_row_heads: int
) -> bool:
    row_heads = tuple(row[:n_row_heads] for row in rows)
    return (
        max(_lines(row_heads, points, widths[:n_row_heads]), default=1) <= _MOST_LINES_OF_A_ROW_HEAD
        and max(_lines(rows, points, widths), default=1) <= _MOST_LINES
    )


class _Needs(NamedTuple):
    """Widths by column: of what stays on one line, of the widest cell, of a head in two lines."""

    least: tuple[float, ...]
    cells: tuple[float, ...]
    heads: tuple[float, ...]


def _column_needs(
    heads: tuple[str, ...], rows: _Rows, is_number: tuple[bool, ...], points: float
) -> _Needs:
    by_column = [{row[column] for row in rows} for column in range(len(heads))]
    parts = (
        {part for cell in cells for part in _parts(cell, is_one)}
        for cells, is_one in zip(by_column, is_number, strict=True)
    )
    head_words = (widest(head.split(" "), points, is_bold=True) for head in heads)
    return _Needs(
        least=_with_gap(
            min(_WIDEST_UNBROKEN, max(widest(some, points), head_word))
            for some, head_word in zip(parts, head_words, strict=True)
        ),
        cells=_with_gap(widest(cells, points) for cells in by_column),
        heads=_with_gap(widest([head], points, is_bold=True) * 0.6 for head in heads),
    )


def _with_gap(widths: Iterable[float]) -> tuple[float, ...]:
    return tuple(width + GAP_POINTS for width in widths)


def _parts(cell: str, is_number: bool) -> list[str]:
    """Split a cell where a line may end: an estimate keeps its interval beside it."""
    return [cell] if is_number and len(cell) <= _LONGEST_ESTIMATE else cell.split(" ")


def _share_out(needs: _Needs, available: float) -> tuple[float, ...]:
    """Give each column its widest word; then what is left to the cells, and then to the heads."""
    widths = needs.least
    for wishes in (needs.cells, needs.heads):
        wanted = [max(0.0, wish - width) for width, wish in zip(widths, wishes, strict=True)]
        spare = max(0.0, available - sum(widths))
        share = min(1.0, spare / sum(wanted)) if any(wanted) else 0.0
        widths = tuple(width + extra * share for width, extra in zip(widths, wanted, strict=True))
    return tuple(round(width, 2) for width in widths)


def _lines(rows: _Rows, points: float, widths: tuple[float, ...]) -> list[int]:
    """Return how many lines each row takes, nearly."""
    return [
        max(
            (
                math.ceil(widest([cell], points) / max(1.0, width - GAP_POINTS))
                for cell, width in zip(row, widths, strict=True)
            ),
            default=1,
        )
        for row in rows
    ]


def _height(rows: _Rows, points: float, widths: tuple[float, ...]) -> float:
    return sum(lines * points * 1.4 + 7.2 for lines in _lines(rows, points, widths))


def _breakable(rows: _Rows, points: float, widths: tuple[float, ...], *, is_bold: bool) -> _Rows:
    return tuple(
        tuple(
            break_long_words(cell, points, width - GAP_POINTS + 0.1, is_bold=is_bold)
            for cell, width in zip(row, widths, strict=True)
        )
        for row in rows
    )
