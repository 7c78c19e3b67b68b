"""From grids to sheets of records: header, columns, and why a sheet is not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from parsoutcomes.errors import ArgumentError, SourceError
from parsoutcomes.loaders.grid import Grid
from parsoutcomes.loaders.headers import find_layout
from parsoutcomes.loaders.intake import SheetRead
from parsoutcomes.loaders.mapping import choose_columns, with_pseudonyms
from parsoutcomes.loaders.mapping_given import GivenMapping, unused_names
from parsoutcomes.loaders.source import SourceContent
from parsoutcomes.loaders.spelling import normalise
from parsoutcomes.loaders.vocabulary import Vocabulary

NO_KEY: Final = "no column that identifies the patient"
NONE: Final[frozenset[str]] = frozenset()
_FEWEST_HEADERS: Final = 3
_NEEDED: Final = ("stage", "ct_stage", "union_status", "laterality", "fitted_date", "level")


def read_sheets(
    grids: Sequence[Grid],
    vocabulary: Vocabulary,
    given: GivenMapping,
    *,
    takes_any_header: bool = False,
) -> list[SheetRead]:
    """Find header and columns of every sheet, and say which hold no records.

    Parameters
    ----------
    grids : sequence of Grid
        All sheets of the source.
    vocabulary : Vocabulary
        Known headers and values.
    given : GivenMapping
        What the user says of columns.
    takes_any_header : bool, default False
        Take the first row of words for the header where no header is known: to propose, not to
        load.

    Returns
    -------
    list of SheetRead
        In the order of the source; `layout` is None, with the reason, where nothing is read.
    """
    sheets = [
        _read_sheet(grid, vocabulary, given, _words_of_header(grid) if takes_any_header else NONE)
        for grid in grids
    ]
    sheets = _with_keys_alike(sheets)
    if takes_any_header or any(
        is_about_fractures(sheet) for sheet in sheets if sheet.layout is not None
    ):
        return sheets
    return [_without_records(sheet) for sheet in sheets]


def _words_of_header(grid: Grid) -> frozenset[str]:
    """Return the words of the first row that could be a header, above at least one row."""
    rows = [row for row in grid.rows if not row.is_blank]
    for row in rows[:-1]:
        cells = [cell for cell in row.cells if cell is not None]
        if len(cells) >= _FEWEST_HEADERS and all(isinstance(cell, str) for cell in cells):
            return frozenset(normalise(cell) for cell in cells)
    return NONE


def _read_sheet(
    grid: Grid, vocabulary: Vocabulary, given: GivenMapping, taken: frozenset[str]
) -> SheetRead:
    if grid.is_blank:
        return SheetRead(grid=grid, layout=None, reason="empty sheet")
    layout = find_layout(grid, vocabulary, given.headers) or (
        find_layout(grid, vocabulary, taken) if taken else None
    )
    if layout is None:
        return SheetRead(grid=grid, layout=None, reason="no recognisable header: not records")
    columns = choose_columns(layout, vocabulary, given.of_sheet(layout, grid.sheet))
    if all(column.role != "patient_id" for column in columns):
        return SheetRead(grid=grid, layout=None, reason=NO_KEY, unkeyed=(layout, columns))
    return SheetRead(grid=grid, layout=layout, columns=columns)


def _with_keys_alike(sheets: Sequence[SheetRead]) -> list[SheetRead]:
    """Replace the keys of all sheets once those of one are replaced, so that they still join."""
    keys = [column for sheet in sheets for column in sheet.columns if column.role == "patient_id"]
    if all("pseudonym" in key.attributes for key in keys) or not any(
        "pseudonym" in key.attributes for key in keys
    ):
        return list(sheets)
    reason = "replaced as in the other sheets, where keys may identify people"
    return [
        replace(
            sheet,
            columns=tuple(
                with_pseudonyms(column, reason)
                if column.role == "patient_id" and "pseudonym" not in column.attributes
                else column
                for column in sheet.columns
            ),
        )
        for sheet in sheets
    ]


def _without_records(sheet: SheetRead) -> SheetRead:
    """Set a sheet on patients alone aside: no other sheet of the source is on fractures."""
    if sheet.layout is None:
        return sheet
    reason = "no column on fracture, brace or union"
    return SheetRead(grid=sheet.grid, layout=None, reason=reason)


def is_about_fractures(sheet: SheetRead) -> bool:
    """Whether a sheet has a column on fracture, brace or union."""
    columns = sheet.columns if sheet.unkeyed is None else sheet.unkeyed[1]
    return any(column.role in _NEEDED for column in columns)


def require_records(
    sheets: Sequence[SheetRead], content: SourceContent, given: GivenMapping
) -> None:
    """Stop when no sheet holds records, or a short mapping names headers that are not there.

    Raises
    ------
    SourceError
        When nothing is recognised as records, or there is a header and no record.
    ArgumentError
        When the mapping names what is not there.
    """
    layouts = {sheet.grid.sheet: sheet.layout for sheet in sheets if sheet.layout is not None}
    if not layouts:
        raise _no_records(sheets, content)
    if all(not layout.data_rows for layout in layouts.values()):
        raise SourceError(
            "The source has a header and no records.",
            expected="at least one row below the header",
            found=f"{content.name}: none",
            fix="Check that the export finished, and give the file with the records.",
        )
    missing = 0 if given.is_of_file else unused_names(given, layouts)
    if missing:
        raise ArgumentError(
            "The mapping names headers that the source does not have.",
            expected="headers as they stand in the source",
            found=f"{missing} of {len(given.columns)} headers in no sheet",
            fix='Copy headers as they are; below a group header write "Group > Header".',
        )


def _no_records(sheets: Sequence[SheetRead], content: SourceContent) -> SourceError:
    reasons = dict.fromkeys(sheet.reason for sheet in sheets)
    counted = "1 sheet" if len(sheets) == 1 else f"{len(sheets)} sheets"
    return SourceError(
        "The source holds nothing that can be recognised as records.",
        expected="a header row that names the patient and the level, stage, brace or union",
        found=f"{content.name}: {counted} ({'; '.join(reasons)})",
        fix=(
            "Check that this is the file with the records. If it is, its headers are not known: "
            "write them out with parsoutcomes map SOURCE --out mapping.yaml, and say what they are."
        ),
    )
