"""How a table fits a page: its columns' widths, its type size, upright or on its side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from parsoutcomes.report.pdf_text import break_long_words, settable, widest
from parsoutcomes.tables.display import DisplayTable

UPRIGHT_POINTS: Final = 481.0
SIDEWAYS_POINTS: Final = 728.0
GAP_POINTS: Final = 10.0
_MOST_LINES: Final = 7


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
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_row_heads: int
    is_number: tuple[bool, ...]
    widths: tuple[float, ...]
    points: float
    is_sideways: bool


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

    Examples
    --------
    >>> fitted = fit_table(DisplayTable(heads=("Stage", "Union"), rows=(("early", "8 of 10"),)))
    >>> fitted.points, fitted.is_sideways, fitted.is_number
    (8.0, False, (False, True))
    """
    heads = tuple(settable(head) or "Value" for head in table.heads)
    rows = tuple(tuple(settable(cell) for cell in row) for row in table.rows)
    points, available, widths = _choose(heads, rows)
    return FittedTable(
        heads=_breakable((heads,), points, widths, is_bold=True)[0],
        rows=_breakable(rows, points, widths, is_bold=False),
        n_row_heads=table.n_row_heads,
        is_number=tuple(
            column >= table.n_row_heads and column not in table.text_columns
            for column in range(len(heads))
        ),
        widths=widths,
        points=points,
        is_sideways=available == SIDEWAYS_POINTS,
    )


def _choose(
    heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...]
) -> tuple[float, float, tuple[float, ...]]:
    for points, available in _CHOICES:
        least, full = _column_needs(heads, rows, points)
        if sum(least) <= available:
            widths = _share_out(least, full, available)
            if _most_lines(rows, points, widths) <= _MOST_LINES:
                return points, available, widths
    points, available = _CHOICES[-1]
    least, full = _column_needs(heads, rows, points)
    scale = min(1.0, available / sum(least))
    return points, available, _share_out([width * scale for width in least], full, available)


def _column_needs(
    heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...], points: float
) -> tuple[list[float], list[float]]:
    """Return the widest word and the widest cell of each column, in points."""
    least, full = [], []
    for column, head in enumerate(heads):
        cells = {row[column] for row in rows}
        words = {word for cell in cells for word in cell.split(" ")}
        head_word = widest(head.split(" "), points, is_bold=True)
        least.append(max(widest(words, points), head_word) + GAP_POINTS)
        full.append(max(widest(cells, points), head_word, _two_lines(head, points)) + GAP_POINTS)
    return least, full


def _two_lines(head: str, points: float) -> float:
    return widest([head], points, is_bold=True) * 0.6


def _share_out(least: list[float], full: list[float], available: float) -> tuple[float, ...]:
    """Give each column its widest word, then what is left by how much more it could use."""
    wanted = [max(0.0, most - low) for low, most in zip(least, full, strict=True)]
    spare = max(0.0, available - sum(least))
    share = min(1.0, spare / sum(wanted)) if any(wanted) else 0.0
    return tuple(
        round(low + extra * share, 2) for low, extra in zip(least, wanted, strict=True)
    )


def _most_lines(
    rows: tuple[tuple[str, ...], ...], points: float, widths: tuple[float, ...]
) -> int:
    lines = (
        math.ceil(widest([cell], points) / max(1.0, width - GAP_POINTS))
        for row in rows
        for cell, width in zip(row, widths, strict=True)
    )
    return max(lines, default=1)


def _breakable(
    rows: tuple[tuple[str, ...], ...], points: float, widths: tuple[float, ...], *, is_bold: bool
) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(
            break_long_words(cell, points, width - GAP_POINTS + 0.1, is_bold=is_bold)
            for cell, width in zip(row, widths, strict=True)
        )
        for row in rows
    )
