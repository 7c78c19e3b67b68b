"""A REDCap export split into one sheet for each instrument and event, before anything is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from parsoutcomes.loaders.grid import Cell, Grid, GridRow
from parsoutcomes.loaders.identifiers import pseudonymise
from parsoutcomes.loaders.redcap_export import (
    Export,
    ExportColumn,
    is_recorded,
    is_ticked,
    read_value,
    ticked_choices,
)
from parsoutcomes.loaders.redcap_fields import (
    DROPPED,
    UNUSED,
    field_header,
    header_role,
    reason_to_leave_out,
)
from parsoutcomes.loaders.spelling import plain_text
from parsoutcomes.loaders.vocabulary import Vocabulary, normalise
from parsoutcomes.schema.tables import TABLES

_KEY_HEADER: Final = "Record ID"
_EVENT_HEADER: Final = "redcap_event_name"
_SITE_HEADER: Final = "redcap_data_access_group"
_ARM: Final = re.compile(r"(_arm_\d+|\s*\(arm \d+.*\))$", re.IGNORECASE)
_SPAN: Final = re.compile(r"\b\d+\s*(day|week|month|year)s?\b", re.IGNORECASE)
_OCCASION: Final = re.compile(r"\b(review|visit|follow[ -]?up|clinic|appointment)\b", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\s*\([^()]*\)")
_YES_NO: Final = frozenset(c.name for c in TABLES["episodes"].columns if c.kind == "boolean")
_UNUSED_KINDS: Final = {
    "instrument": "names the repeating instrument, by which rows are split",
    "instance": "counts repeats; rows are told apart by what they hold",
    "event": "names the event, by which rows are split",
    "status": "form status",
    "survey": "survey column; may identify",
    "unknown": "not in the data dictionary, so its codes cannot be read",
}


@dataclass(frozen=True, kw_only=True)
class ColumnNote:
    """A column that goes no further than the door, and why."""

    position: int
    header: str
    action: str
    reason: str
    n_filled: int


@dataclass(frozen=True, kw_only=True)
class FlagNote:
    """A cell whose label was read with a part left aside."""

    sheet: str
    row_number: int
    header: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SplitExport:
    """The sheets of an export, and the lines that its account needs besides."""

    grids: tuple[Grid, ...]
    columns: tuple[ColumnNote, ...]
    flags: tuple[FlagNote, ...]


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One column of a sheet to be: its words, its place, and the export's columns behind it."""

    header: str
    columns: tuple[ExportColumn, ...]
    role: str = ""
    as_yes_no: bool = False

    @property
    def position(self) -> int:
        return self.columns[0].position

    @property
    def form(self) -> str:
        return self.columns[0].field.form if self.columns[0].field else ""


@dataclass(kw_only=True)
class _Split:
    export: Export
    vocabulary: Vocabulary
    named: frozenset[str]
    flags: list[FlagNote] = field(default_factory=list)


def split_export(
    export: Export, vocabulary: Vocabulary, named: frozenset[str] = frozenset()
) -> SplitExport:
    """Split an export into instruments and events, and decode every cell that is kept.

    Parameters
    ----------
    export : Export
        The export, its columns recognised.
    vocabulary : Vocabulary
        Known headers: a field is named by its label where that is known, else by its name.
    named : frozenset of str
        Field names that the user's mapping names, normalised; they keep their names as headers.

    Returns
    -------
    SplitExport
        Rows and columns keep the numbers and places they have in the export. Fields that
        identify are left out here, birth dates excepted: they become ages later.
    """
    split = _Split(export=export, vocabulary=vocabulary, named=named)
    parts = list(_parts(split))
    names = _key_names(export)
    grids = tuple(
        _grid(split, sheet, rows, parts, names) for sheet, rows in _groups(export).items()
    )
    notes = tuple(_column_notes(split, parts, grids))
    return SplitExport(grids=grids, columns=notes, flags=tuple(split.flags))


def _groups(export: Export) -> dict[tuple[str, str], list[GridRow]]:
    """Return rows by event and repeating instrument, what does not repeat first."""
    event, instrument = export.column_of("event"), export.column_of("instrument")
    groups: dict[tuple[str, str], list[GridRow]] = {}
    for row in export.rows:
        groups.setdefault((_text(event, row), _text(instrument, row)), []).append(row)
    if not any(not one for _, one in groups):
        return groups
    blank = [key for key in groups if key == ("", "") and all(r.is_blank for r in groups[key])]
    for key in blank:
        del groups[key]
    return dict(sorted(groups.items(), key=lambda item: item[0][1] != ""))


def _text(column: ExportColumn | None, row: GridRow) -> str:
    return "" if column is None else plain_text(row.cell(column.position))


def _key_names(export: Export) -> Mapping[str, str]:
    """Return pseudonyms when the dictionary marks the record's key as an identifier."""
    key = export.column_of("key")
    if key is None or key.field is None or not key.field.is_identifier:
        return {}
    return dict(pseudonymise([_text(key, row) for row in export.rows if _text(key, row)]))


def _parts(split: _Split) -> Iterator[_Part]:
    choices: dict[str, list[ExportColumn]] = {}
    for column in split.export.columns:
        if column.kind == "key":
            yield _Part(header=_KEY_HEADER, columns=(column,), role="patient_id")
        elif column.kind == "site":
            yield _Part(header=_SITE_HEADER, columns=(column,), role="site")
        elif column.kind == "field" and column.field is not None:
            header = field_header(column.field, split.vocabulary, split.named)
            yield _Part(
                header=header, columns=(column,), role=header_role(header, split.vocabulary)
            )
        elif column.kind == "choice" and column.field is not None:
            choices.setdefault(column.field.name, []).append(column)
    for columns in choices.values():
        yield from _checkbox(columns, split)


def _checkbox(columns: Sequence[ExportColumn], split: _Split) -> Iterator[_Part]:
    """Yield one column of all choices, and one of its own for a choice such as Vitamin D."""
    rest: list[ExportColumn] = []
    for column in columns:
        label = column.field.choices.get(column.code, "") if column.field else ""
        role = header_role(label, split.vocabulary)
        if role in _YES_NO:
            yield _Part(header=label, columns=(column,), role=role, as_yes_no=True)
        else:
            rest.append(column)
    if rest and rest[0].field is not None:
        header = field_header(rest[0].field, split.vocabulary, split.named)
        yield _Part(header=header, columns=tuple(rest), role=header_role(header, split.vocabulary))


def _left_out(part: _Part, split: _Split) -> tuple[str, str] | None:
    column = part.columns[0]
    if column.field is None or column.kind == "key":
        return None
    return reason_to_leave_out(column.field, part.role, split.named)


def _grid(
    split: _Split,
    group: tuple[str, str],
    rows: Sequence[GridRow],
    parts: Sequence[_Part],
    names: Mapping[str, str],
) -> Grid:
    event, instrument = group
    sheet = " ".join(part for part in (event, instrument) if part) or "records"
    kept = [part for part in parts if _belongs(part, instrument, rows)]
    kept = [part for part in kept if _left_out(part, split) is None]
    width = max((len(split.export.columns), 1))
    header: list[Cell] = [None] * width
    for part in kept:
        header[part.position] = part.header
    timed = _event_column(split, event, kept)
    timepoint = _timepoint(event, split.vocabulary)
    lines = [GridRow(number=split.export.header_row, cells=tuple(header))]
    for row in rows:
        cells: list[Cell] = [None] * width
        for part in kept:
            cells[part.position] = _cell(part, row, split, sheet, names)
        lines.append(GridRow(number=row.number, cells=tuple(cells)))
    return Grid(source=split.export.name, sheet=sheet, rows=tuple(_timed(lines, timed, timepoint)))


def _belongs(part: _Part, instrument: str, rows: Sequence[GridRow]) -> bool:
    kind = part.columns[0].kind
    if kind == "key" or (instrument and normalise(part.form) == normalise(instrument)):
        return True
    if part.as_yes_no and not instrument:
        return any(row.cell(part.position) is not None for row in rows)
    return any(
        is_recorded(row.cell(column.position), column) for column in part.columns for row in rows
    )


def _event_column(split: _Split, event: str, kept: Sequence[_Part]) -> ExportColumn | None:
    """Return the event column when the sheet holds scores, which the event then dates."""
    scored = any(part.role == "value" for part in kept)
    return split.export.column_of("event") if scored and event else None


def _timed(
    lines: Sequence[GridRow], column: ExportColumn | None, timepoint: str
) -> Iterator[GridRow]:
    if column is None:
        yield from lines
        return
    for number, line in enumerate(lines):
        cells = list(line.cells)
        cells[column.position] = timepoint if number else _EVENT_HEADER
        yield GridRow(number=line.number, cells=tuple(cells))


def _timepoint(event: str, vocabulary: Vocabulary) -> str:
    """Return the named time in an event's name, 3 months in 3_month_review_arm_1, or the name."""
    words = " ".join(_ARM.sub("", event).replace("_", " ").split())
    found = _SPAN.search(words)
    candidates = (words, found.group() if found else "", _OCCASION.sub("", words).strip())
    return next((text for text in candidates if text and vocabulary.timepoint(text)), words)


def _cell(part: _Part, row: GridRow, split: _Split, sheet: str, names: Mapping[str, str]) -> Cell:
    column = part.columns[0]
    cell = row.cell(column.position)
    if column.kind == "key":
        return names.get(plain_text(cell), cell)
    if part.as_yes_no:
        return _yes_or_no(column, row, split.export)
    if column.kind == "choice":
        ticked = ticked_choices(part.columns, row, split.export)
        spoken = [_spoken(label, part, split, sheet, row) for label in ticked]
        return ", ".join(str(label) for label in spoken) or None
    if column.field is None:
        return cell
    value = read_value(column.field, cell, split.export)
    if column.field.has_choices and isinstance(value, str):
        return _spoken(value, part, split, sheet, row)
    return value


def _yes_or_no(column: ExportColumn, row: GridRow, export: Export) -> Cell:
    """Return Yes or No for one choice; an unticked one says No only on a form that was filled.

    REDCap exports 0 for the choices of a form that nobody has opened.
    """
    if is_ticked(row.cell(column.position), column):
        return "Yes"
    form = column.field.form if column.field else ""
    filled = (
        is_recorded(row.cell(other.position), other)
        for other in export.columns
        if other.kind in ("field", "choice") and other.field and other.field.form == form
    )
    return "No" if any(filled) else None


def _spoken(label: str, part: _Part, split: _Split, sheet: str, row: GridRow) -> Cell:
    """Return a choice's label, without its brackets when only so it is known."""
    shorter = _BRACKETS.sub("", label).strip()
    if shorter == label or not shorter or part.role not in split.vocabulary.columns:
        return label
    if split.vocabulary.value(part.role, label) is not None:
        return label
    if split.vocabulary.value(part.role, shorter) is None:
        return label
    reason = "the choice's label is read without the words in brackets"
    split.flags.append(
        FlagNote(sheet=sheet, row_number=row.number, header=part.header, reason=reason)
    )
    return shorter


def _column_notes(
    split: _Split, parts: Sequence[_Part], grids: Sequence[Grid]
) -> Iterator[ColumnNote]:
    """Yield a line for each column of the export that stands in no sheet."""
    placed = {
        position
        for grid in grids
        for position, text in enumerate(grid.rows[0].cells)
        if text is not None
    }
    by_part = {column.position: part for part in parts for column in part.columns}
    for column in split.export.columns:
        part = by_part.get(column.position)
        if (part.position if part else column.position) in placed:
            continue
        left_out = _left_out(part, split) if part else None
        action, reason = left_out or (UNUSED, _UNUSED_KINDS.get(column.kind, "no cell filled"))
        if column.kind == "survey":
            action = DROPPED
        shown = part.header if part and column.kind != "choice" else column.header
        n_filled = sum(is_recorded(row.cell(column.position), column) for row in split.export.rows)
        yield ColumnNote(
            position=column.position,
            header=shown,
            action=action,
            reason=reason,
            n_filled=n_filled,
        )
