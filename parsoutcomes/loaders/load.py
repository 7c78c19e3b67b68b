"""From a clinic's own records to a cohort, with the account of how."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import DateOrder
from parsoutcomes.errors import require_choice
from parsoutcomes.loaders.assembly import assemble_tables
from parsoutcomes.loaders.cells import CellReader
from parsoutcomes.loaders.collector import collector_paused
from parsoutcomes.loaders.date_order import settle_dates
from parsoutcomes.loaders.dates import Order
from parsoutcomes.loaders.grid import Grid, GridRow
from parsoutcomes.loaders.intake import SET_ASIDE, SheetRead, build_account, note_violations
from parsoutcomes.loaders.keys import Keys
from parsoutcomes.loaders.lock import lock_sentence, read_lock, within_lock
from parsoutcomes.loaders.mapping import Column
from parsoutcomes.loaders.mapping_check import compare_mapping, require_decided
from parsoutcomes.loaders.mapping_evidence import judge_columns
from parsoutcomes.loaders.mapping_file import AnyMapping, read_mapping
from parsoutcomes.loaders.notes import Ledger, Place
from parsoutcomes.loaders.records import RowReader, RowRecord
from parsoutcomes.loaders.sheet_columns import Sheet
from parsoutcomes.loaders.sheets import read_sheets, require_records
from parsoutcomes.loaders.source import Source, SourceContent, read_source
from parsoutcomes.loaders.vocabulary import load_vocabulary
from parsoutcomes.schema.validation import find_violations


@collector_paused()
@public()
def load_records(
    source: Source,
    *,
    mapping: AnyMapping | None = None,
    password: str | None = None,
    date_order: DateOrder | None = None,
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
    mapping : Mapping, path of its YAML file, or mapping of str to str, optional
        A mapping of the whole file from `propose_mapping`, corrected; or header to standard
        column for single headers, such as ``{"Rt pars": "stage:side=right"}``; "ignore" leaves a
        column out. What differs from a mapping of the whole file is listed among the checks.
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
    RecordsError
        When columns that matter (key, level, side, stage, union, fitting, scans, months) are not
        certain, or are in the mapping and not in the source, or when one unknown spelling fills a
        fifth of the cells of stage or union; all of them at once.
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
    read_mapping(mapping)
    content = read_source(source, password=password)
    return load_content(content, mapping=mapping, date_order=date_order, data_lock=data_lock)


@collector_paused()
def load_content(
    content: SourceContent,
    *,
    mapping: AnyMapping | None = None,
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
    given = read_mapping(mapping)
    vocabulary = load_vocabulary().with_spellings(given.spellings)
    sheets = read_sheets(content.grids, vocabulary, given)
    judgements = judge_columns(sheets, vocabulary)
    require_decided(judgements, content.name, given)
    require_records(sheets, content, given)
    dates = settle_dates(sheets, declared, lock)
    ledger = Ledger()
    cells = CellReader(vocabulary, dates.order, dates.latest)
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
        date_caution=dates.caution,
        lock_words=lock_sentence(unchecked.data_lock, declared=lock is not None),
        differences=compare_mapping(given, sheets, judgements),
    )
    return replace(unchecked, intake=account)


def _read_order(date_order: str | None) -> Order | None:
    if date_order is None:
        return None
    require_choice("date_order", date_order, ("day_first", "month_first"))
    return "day_first" if date_order == "day_first" else "month_first"


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
    name = (sheet.grid.source, sheet.grid.sheet)
    reader = RowReader(Sheet.arrange(sheet.columns), name, cells, ledger)
    key = next(column for column in sheet.columns if column.role == "patient_id")
    keys_read = ledger.tally_of(*name, key.header.position)
    others = [one.header.position for one in sheet.columns if one is not key]
    for row in sheet.layout.data_rows:
        place = _place(sheet.grid, row)
        reason = _set_aside_reason(row, key, others, sheet)
        if reason:
            ledger.note_row(place, SET_ASIDE, reason)
            _tally_set_aside(row, sheet.columns, place, ledger)
            continue
        ledger.note_row(place, "used", "")
        keys_read["read"] += 1
        yield reader.read(row, place, keys.name(key, row.cell(key.header.position)))
    reader.finish()


def _place(grid: Grid, row: GridRow) -> Place:
    return Place(source=grid.source, sheet=grid.sheet, row_number=row.number)


def _set_aside_reason(row: GridRow, key: Column, others: Sequence[int], sheet: SheetRead) -> str:
    cells = row.cells
    if row.is_blank:
        return "blank row"
    if sheet.layout is None or row.number in sheet.layout.totals:
        return "totals row"
    if _repeats_header(row, sheet):
        return "header repeated"
    if not Keys.is_key(row.cell(key.header.position)):
        return "no patient key"
    for position in others:
        if position < len(cells) and cells[position] is not None:
            return ""
    return "nothing but a key"


def _repeats_header(row: GridRow, sheet: SheetRead) -> bool:
    if sheet.header_texts.isdisjoint(row.cells):
        return False
    pairs = [(column.header.text, row.cell(column.header.position)) for column in sheet.columns]
    same = sum(text == cell for text, cell in pairs if text)
    return same >= 2 and 2 * same > sum(cell is not None for _, cell in pairs)


def _tally_set_aside(row: GridRow, columns: Sequence[Column], place: Place, ledger: Ledger) -> None:
    for column in columns:
        if column.role and row.cell(column.header.position) is not None:
            ledger.tally(place, column.header.position, "set_aside")
