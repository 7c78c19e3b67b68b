"""From a clinic's own records to a cohort, with the account of how."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import ArgumentError, SourceError, require_choice
from parsoutcomes.loaders.assembly import assemble_tables
from parsoutcomes.loaders.cells import CellReader
from parsoutcomes.loaders.date_order import settle_dates
from parsoutcomes.loaders.dates import Order
from parsoutcomes.loaders.grid import Grid, GridRow
from parsoutcomes.loaders.headers import find_layout
from parsoutcomes.loaders.intake import SET_ASIDE, SheetRead, build_account, note_violations
from parsoutcomes.loaders.keys import Keys
from parsoutcomes.loaders.lock import lock_sentence, read_lock, within_lock
from parsoutcomes.loaders.mapping import (
    Column,
    choose_columns,
    read_user_mapping,
    unused_names,
)
from parsoutcomes.loaders.notes import Ledger, Place
from parsoutcomes.loaders.records import RowReader, RowRecord, Sheet
from parsoutcomes.loaders.rows import is_totals_row
from parsoutcomes.loaders.source import Source, SourceContent, read_source
from parsoutcomes.loaders.vocabulary import Vocabulary, load_vocabulary
from parsoutcomes.schema.validation import find_violations

_NEEDED: Final = ("stage", "ct_stage", "union_status", "laterality", "fitted_date", "level")


def load_records(
    source: Source,
    *,
    mapping: Mapping[str, str] | None = None,
    password: str | None = None,
    date_order: str | None = None,
    data_lock: str | datetime.date | None = None,
) -> Cohort:
    """Read a clinic's records as they are kept, and account for every row and column.

    One row per patient and level with repeated scans, one row per pars and scan, one row per
    patient, or several sheets or files joined on the patient. Not for published tables or
    summaries: a row must be a patient, a pars or a scan; for REDCap see `load_redcap`.

    Parameters
    ----------
    source : path, sequence of paths, address or pandas.DataFrame
        A workbook (.xlsx, .xls, .xlsb, .ods), a text file with separators, Parquet, a file of
        Stata, SPSS or SAS, a SQLite or DuckDB file, a folder or several files, or the address of
        a database as SQLAlchemy writes it, with a table or a query after a #
        (``sqlite:///clinic.db#fractures``). Sheets without a recognisable header are listed and
        not read.
    mapping : mapping of str to str, optional
        Header to standard column for headers that are not known, such as
        ``{"Rt pars": "stage:side=right"}``; "ignore" leaves a column out.
    password : str, optional
        For a protected workbook, which is opened in memory only. Default: the environment
        variable ``PARSOUTCOMES_PASSWORD``. Refused where the source has none.
    date_order : {"day_first", "month_first"}, optional
        How to read 03/04/24. Default: as the dates of the file as a whole prove.
    data_lock : date or str, optional
        The day on which follow-up ends for everybody, ISO. Default: latest date in the source.

    Returns
    -------
    Cohort
        Its `intake` says what became of each sheet, row, column and cell.

    Raises
    ------
    SourceError
        When there is nothing to read, or nothing that can be recognised as records.
    DateOrderError
        When day and month cannot be told apart and no order is declared.
    ArgumentError
        When an argument does not fit, or a mapping names what is not there.

    Notes
    -----
    Only listed spellings are understood; the rest is left out and listed, never guessed. Direct
    identifiers are dropped at the door and named by column. No message holds a cell's content.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({
    ...     "Study number": ["P0001"], "Level": ["L5"], "Side": ["left"], "Stage": ["early"],
    ...     "Brace fitted": ["2024-03-01"], "Scan date": ["2024-06-05"], "Union": ["healed"]})
    >>> load_records(rows).defects["interval_right_days"].tolist()
    [96.0]
    """
    _read_order(date_order)
    read_lock(data_lock)
    read_user_mapping(mapping)
    content = read_source(source, password=password)
    return load_content(content, mapping=mapping, date_order=date_order, data_lock=data_lock)


def load_content(
    content: SourceContent,
    *,
    mapping: Mapping[str, str] | None = None,
    date_order: str | None = None,
    data_lock: str | datetime.date | None = None,
) -> Cohort:
    """Turn grids that are already read into a cohort; for readers of other kinds of source.

    Parameters
    ----------
    content : SourceContent
        Grids with their name and hash.
    mapping, date_order, data_lock
        As in `load_records`.

    Returns
    -------
    Cohort

    Raises
    ------
    SourceError, DateOrderError, ArgumentError
        As `load_records`.
    """
    declared, lock = _read_order(date_order), read_lock(data_lock)
    named = read_user_mapping(mapping)
    vocabulary = load_vocabulary()
    sheets = _among_records([_read_sheet(grid, vocabulary, named) for grid in content.grids])
    _require_records(sheets, content, named)
    dates = settle_dates(sheets, declared)
    ledger = Ledger()
    cells = CellReader(vocabulary, dates.order, dates.latest, ledger)
    records = within_lock(_records(sheets, cells, ledger), lock, ledger)
    assembled = assemble_tables(records, ledger)
    data_lock = None if lock is None else pd.Timestamp(lock)
    unchecked = build_cohort(assembled.tables, data_lock=data_lock)
    note_violations(find_violations(unchecked.tables), assembled.places, ledger)
    account = build_account(
        sheets,
        ledger,
        sha256=content.sha256,
        date_words=dates.words,
        lock_words=lock_sentence(unchecked.data_lock, declared=lock is not None),
    )
    return replace(unchecked, intake=account)


def _read_order(date_order: str | None) -> Order | None:
    if date_order is None:
        return None
    require_choice("date_order", date_order, ("day_first", "month_first"))
    return "day_first" if date_order == "day_first" else "month_first"


def _read_sheet(
    grid: Grid, vocabulary: Vocabulary, named: Mapping[str, tuple[str, Mapping[str, str]]]
) -> SheetRead:
    if grid.is_blank:
        return SheetRead(grid=grid, layout=None, reason="empty sheet")
    layout = find_layout(grid, vocabulary, frozenset(named))
    if layout is None:
        return SheetRead(grid=grid, layout=None, reason="no recognisable header: not records")
    columns = choose_columns(layout, vocabulary, named)
    if all(column.role != "patient_id" for column in columns):
        return SheetRead(grid=grid, layout=None, reason="no column that identifies the patient")
    return SheetRead(grid=grid, layout=layout, columns=columns)


def _among_records(sheets: Sequence[SheetRead]) -> list[SheetRead]:
    """Keep a sheet on patients alone only beside a sheet on fractures, braces or union."""
    if any(_is_about_fractures(sheet) for sheet in sheets):
        return list(sheets)
    reason = "no column on fracture, brace or union"
    return [
        sheet if sheet.layout is None else SheetRead(grid=sheet.grid, layout=None, reason=reason)
        for sheet in sheets
    ]


def _is_about_fractures(sheet: SheetRead) -> bool:
    return any(column.role in _NEEDED for column in sheet.columns)


def _require_records(
    sheets: Sequence[SheetRead],
    content: SourceContent,
    named: Mapping[str, tuple[str, Mapping[str, str]]],
) -> None:
    layouts = [sheet.layout for sheet in sheets if sheet.layout is not None]
    if not layouts:
        raise _no_records(sheets, content)
    if all(not layout.data_rows for layout in layouts):
        raise SourceError(
            "The source has a header and no records.",
            expected="at least one row below the header",
            found=f"{content.name}: none",
            fix="Check that the export finished, and give the file with the records.",
        )
    missing = unused_names(named, layouts)
    if missing:
        raise ArgumentError(
            "The mapping names headers that the source does not have.",
            expected="headers as they stand in the source",
            found=f"{missing} of {len(named)} headers in no sheet",
            fix='Copy headers as they are; below a group header write "Group > Header".',
        )


def _no_records(sheets: Sequence[SheetRead], content: SourceContent) -> SourceError:
    reasons = dict.fromkeys(sheet.reason for sheet in sheets)
    counted = "1 sheet" if len(sheets) == 1 else f"{len(sheets)} sheets"
    return SourceError(
        "The source holds nothing that can be recognised as records.",
        expected="a header row that names the patient and the level, stage, brace or union",
        found=f"{content.name}: {counted} ({'; '.join(reasons)})",
        fix="Check that this is the file with the records; name its headers with mapping=.",
    )


def _records(sheets: Sequence[SheetRead], cells: CellReader, ledger: Ledger) -> Iterator[RowRecord]:
    keys = Keys()
    for sheet in sheets:
        if sheet.layout is None:
            for row in sheet.grid.rows:
                ledger.note_row(_place(sheet.grid, row), SET_ASIDE, sheet.reason)
        else:
            yield from _records_of(sheet, cells, ledger, keys)


def _records_of(
    sheet: SheetRead, cells: CellReader, ledger: Ledger, keys: Keys
) -> Iterator[RowRecord]:
    if sheet.layout is None:
        return
    for number in sheet.layout.header_rows:
        place = Place(source=sheet.grid.source, sheet=sheet.grid.sheet, row_number=number)
        ledger.note_row(place, "header", "header")
    for row in sheet.layout.title_rows:
        ledger.note_row(_place(sheet.grid, row), "title", "above the header")
    reader = RowReader(Sheet.arrange(sheet.columns), cells, ledger)
    key = next(column for column in sheet.columns if column.role == "patient_id")
    for row in sheet.layout.data_rows:
        place = _place(sheet.grid, row)
        reason = _set_aside_reason(row, key, sheet)
        if reason:
            ledger.note_row(place, SET_ASIDE, reason)
            _tally_set_aside(row, sheet.columns, place, ledger)
            continue
        ledger.note_row(place, "used", "")
        ledger.tally(place, key.header.position, "read")
        yield reader.read(row, place, keys.name(key, row.cell(key.header.position)))


def _place(grid: Grid, row: GridRow) -> Place:
    return Place(source=grid.source, sheet=grid.sheet, row_number=row.number)


def _set_aside_reason(row: GridRow, key: Column, sheet: SheetRead) -> str:
    if row.is_blank:
        return "blank row"
    if is_totals_row(row):
        return "totals row"
    if sheet.layout is not None and _repeats_header(row, sheet):
        return "header repeated"
    if not Keys.is_key(row.cell(key.header.position)):
        return "no patient key"
    filled = [column for column in sheet.columns if row.cell(column.header.position) is not None]
    if filled == [key]:
        return "nothing but a key"
    return ""


def _repeats_header(row: GridRow, sheet: SheetRead) -> bool:
    pairs = [(column.header.text, row.cell(column.header.position)) for column in sheet.columns]
    same = sum(text == cell for text, cell in pairs if text)
    return same >= 2 and 2 * same > sum(cell is not None for _, cell in pairs)


def _tally_set_aside(row: GridRow, columns: Sequence[Column], place: Place, ledger: Ledger) -> None:
    for column in columns:
        if column.role and row.cell(column.header.position) is not None:
            ledger.tally(place, column.header.position, "set_aside")
