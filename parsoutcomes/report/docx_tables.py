"""Tables of the Word document: fitted to the page, with marked head rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from parsoutcomes.report.docx_parts import make, run_xml
from parsoutcomes.report.office_text import plain_text, width_points
from parsoutcomes.tables.display import DisplayTable

TWIPS: Final = 20
_PADDING_POINTS: Final = 9.0
_SMALLEST: Final = 7.0
# A longer word is broken rather than given a column of its own width.
_LONGEST_WHOLE_WORD: Final = 22.0
_HEADLESS: Final = "Value"
# So few rows stand on one page, with their caption and what it belongs to.
_MOST_ROWS_KEPT_WHOLE: Final = 12


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a table is set.

    Attributes
    ----------
    points : float
        Type size.
    widths : tuple of float
        Of the columns, in points.
    is_sideways : bool
        Whether it needs a page turned sideways.
    """

    points: float
    widths: tuple[float, ...]
    is_sideways: bool


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    points: float
    is_sideways: bool = False
    has_whole_numbers: bool = True


_ATTEMPTS: Final = (
    *(_Attempt(points=points) for points in (9.0, 8.5, 8.0)),
    *(_Attempt(points=points, has_whole_numbers=False) for points in (8.5, 8.0)),
    *(_Attempt(points=points, is_sideways=True) for points in (8.5, 8.0, _SMALLEST)),
    _Attempt(points=_SMALLEST, is_sideways=True, has_whole_numbers=False),
)


def fit_table(table: DisplayTable, *, upright: float, sideways: float) -> Fit:
    """Choose type size, page and column widths so that no word is cut at the margin.

    Parameters
    ----------
    table : DisplayTable
        Any number of columns.
    upright, sideways : float
        Width of a line on either kind of page, in points.

    Returns
    -------
    Fit

    Examples
    --------
    >>> table = DisplayTable(heads=("Stage", "Pars"), rows=(("early", "44"),))
    >>> fit_table(table, upright=480, sideways=730).is_sideways
    False
    """
    texts = _texts(table)
    for attempt in _ATTEMPTS:
        available = sideways if attempt.is_sideways else upright
        whole = _number_columns(table) if attempt.has_whole_numbers else ()
        least = [
            _least(column, attempt.points, is_whole=place in whole)
            for place, column in enumerate(texts)
        ]
        if sum(least) <= available:
            widths = _share(
                least, [_natural(column, attempt.points) for column in texts], available
            )
            return Fit(points=attempt.points, widths=tuple(widths), is_sideways=attempt.is_sideways)
    least = [_least(column, _SMALLEST) for column in texts]
    squeezed = tuple(one * sideways / sum(least) for one in least)
    return Fit(points=_SMALLEST, widths=squeezed, is_sideways=True)


def _number_columns(table: DisplayTable) -> tuple[int, ...]:
    places = range(table.n_row_heads, len(table.heads))
    return tuple(place for place in places if place not in table.text_columns)


def _texts(table: DisplayTable) -> list[list[str]]:
    rows = (tuple(head or _HEADLESS for head in table.heads), *table.rows)
    return [[plain_text(text) for text in column] for column in zip(*rows, strict=True)]


def _least(column: Sequence[str], points: float, *, is_whole: bool = False) -> float:
    """Return the room for the longest word, or where `is_whole` for the longest cell."""
    head, *cells = column
    words = {*head.split(" "), *(cells if is_whole else " ".join(cells).split(" "))}
    widest = max(width_points(word, points, is_bold=True) for word in words)
    return min(widest, _LONGEST_WHOLE_WORD * 0.6 * points) + _PADDING_POINTS


def _natural(column: Sequence[str], points: float) -> float:
    return max(width_points(text, points, is_bold=True) for text in column) + _PADDING_POINTS


def _share(least: list[float], natural: list[float], available: float) -> list[float]:
    """Give each column its least, and what is left to those whose lines would break."""
    if sum(natural) <= available:
        return natural
    wanted = [max(full - low, 0.0) ** 0.7 for full, low in zip(natural, least, strict=True)]
    spare = available - sum(least)
    return [low + spare * one / sum(wanted) for low, one in zip(least, wanted, strict=True)]


def cell_texts(table: DisplayTable, points: float) -> list[list[str]]:
    """Return each cell of the body as the XML of its run; those that name the row are bold.

    Parameters
    ----------
    table : DisplayTable
        The body.
    points : float
        Type size.

    Returns
    -------
    list of list of str
    """
    return [
        [
            run_xml(plain_text(text), points=points, is_bold=place < table.n_row_heads)
            for place, text in enumerate(row)
        ]
        for row in table.rows
    ]


@dataclass(frozen=True, kw_only=True)
class TableStyles:
    """Ids of the styles that a table uses: `table` for the whole, `cell` for each paragraph."""

    table: str
    cell: str


def table_element(
    table: DisplayTable,
    body: Sequence[Sequence[str]],
    fit: Fit,
    *,
    caption: str,
    styles: TableStyles,
) -> Any:  # noqa: ANN401  (an element of lxml, which has no types)
    """Return a table whose head row is repeated on each page and marked as one.

    Parameters
    ----------
    table : DisplayTable
        For its heads and which of its columns hold numbers.
    body : sequence of sequence of str
        XML of the runs of each cell.
    fit : Fit
        From `fit_table`.
    caption : str
        What a screen reader says of it.
    styles : TableStyles
        Ids of its styles.

    Returns
    -------
    element
    """
    heads = [
        run_xml(plain_text(head or _HEADLESS), points=fit.points, is_bold=True)
        for head in table.heads
    ]
    numbers = _number_columns(table)
    aligned = [place in numbers for place in range(len(table.heads))]
    rows = [_row(heads, fit, aligned, styles.cell, is_head=True)]
    n_kept = len(body) - 1 if len(body) <= _MOST_ROWS_KEPT_WHOLE else 0
    rows += [
        _row(cells, fit, aligned, styles.cell, is_head=False, is_kept=place < n_kept)
        for place, cells in enumerate(body)
    ]
    grid = "".join(f'<w:gridCol w:w="{_twips(one)}"/>' for one in fit.widths)
    mask = "06A0" if table.n_row_heads else "0620"
    look = (
        f'w:val="{mask}" w:firstRow="1" w:lastRow="0" w:firstColumn="{int(table.n_row_heads > 0)}"'
    )
    properties = (
        f"<w:tblStyle w:val={quoteattr(styles.table)}/>"
        f'<w:tblW w:w="{sum(map(_twips, fit.widths))}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblLook {look} w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
        f"<w:tblCaption w:val={quoteattr(caption)}/>"
    )
    return make(
        f"<w:tbl><w:tblPr>{properties}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def _twips(points: float) -> int:
    return round(points * TWIPS)


def _row(
    cells: Sequence[str],
    fit: Fit,
    aligned: Sequence[bool],
    style: str,
    *,
    is_head: bool,
    is_kept: bool = False,
) -> str:
    kept, low = ("<w:tblHeader/>", '<w:vAlign w:val="bottom"/>') if is_head else ("", "")
    inside = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{_twips(width)}" w:type="dxa"/>{low}</w:tcPr><w:p><w:pPr>'
        f"<w:pStyle w:val={quoteattr(style)}/>{_keep(is_head or is_kept)}{_right(is_right)}</w:pPr>"
        f"{runs}</w:p></w:tc>"
        for runs, width, is_right in zip(cells, fit.widths, aligned, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{kept}</w:trPr>{inside}</w:tr>"


def _keep(is_kept: bool) -> str:
    return "<w:keepNext/>" if is_kept else ""


def _right(is_right: bool) -> str:
    return '<w:jc w:val="right"/>' if is_right else ""
