"""What each column of a REDCap export is, and what each of its cells says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.grid import Cell, ErrorCell, Grid, GridRow
from parsoutcomes.loaders.redcap_dictionary import Dictionary, Field, checkbox_suffix
from parsoutcomes.loaders.spelling import plain_text

_SYSTEM: Final = {
    "redcap_event_name": "event",
    "event name": "event",
    "redcap_repeat_instrument": "instrument",
    "repeat instrument": "instrument",
    "redcap_repeat_instance": "instance",
    "repeat instance": "instance",
    "redcap_data_access_group": "site",
    "data access group": "site",
    "redcap_survey_identifier": "survey",
    "survey identifier": "survey",
    "survey timestamp": "survey",
    "complete?": "status",
}
_CHOICE_LABEL: Final = re.compile(r"^(?P<label>.*?)\s*\(choice=(?P<choice>.*)\)$", re.IGNORECASE)
UNLISTED: Final = ErrorCell(reason="code is not in the data dictionary")
_TICKED: Final = ("1", "checked")
_UNTICKED: Final = ("", "0", "unchecked")
_STATUS_WORDS: Final = ("complete", "incomplete", "unverified")


@dataclass(frozen=True, kw_only=True)
class ExportColumn:
    """One column of an export.

    Attributes
    ----------
    position : int
        Column position, from 0.
    header : str
        As it stands in the export.
    kind : str
        key, event, instrument, instance, site, survey, status, field, choice or unknown.
    field : Field or None
        The field it belongs to.
    code : str
        For one choice of a checkbox: its code.
    """

    position: int
    header: str
    kind: str
    field: Field | None = None
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Export:
    """A REDCap export before it is split into instruments."""

    name: str
    header_row: int
    columns: tuple[ExportColumn, ...]
    rows: tuple[GridRow, ...]
    missing_codes: Mapping[str, str]
    has_labels: bool

    def column_of(self, kind: str) -> ExportColumn | None:
        """Return the first column of a kind."""
        return next((column for column in self.columns if column.kind == kind), None)


def read_export(grid: Grid, dictionary: Dictionary | None) -> Export:
    """Say what each column of an export is.

    Parameters
    ----------
    grid : Grid
        The export, raw or with labels, in headers or values or both.
    dictionary : Dictionary or None
        The project's data dictionary; without it only an export with labels can be read.

    Returns
    -------
    Export

    Raises
    ------
    SourceError
        When the file is no REDCap export, or its codes need the dictionary.
    """
    filled = [row for row in grid.rows if not row.is_blank]
    if len(filled) < 2:
        raise _no_records(grid.source)
    header = [plain_text(cell) for cell in filled[0].cells]
    rows = tuple(row for row in grid.rows if row.number > filled[0].number)
    if dictionary is None:
        columns, codes = tuple(_undescribed(header)), {}
        _require_labels(columns, rows, grid.source)
    else:
        columns, codes = tuple(_described(header, dictionary)), dict(dictionary.missing_codes)
        _require_key(columns, dictionary, grid.source)
    return Export(
        name=grid.source,
        header_row=filled[0].number,
        columns=columns,
        rows=rows,
        missing_codes=codes,
        has_labels=dictionary is None or _has_labels(columns, rows),
    )


def _described(header: Sequence[str], dictionary: Dictionary) -> Iterator[ExportColumn]:
    by_label = _ByLabel(dictionary)
    statuses = {f"{form}_complete" for form in dictionary.forms}
    surveys = {f"{form}_timestamp" for form in dictionary.forms}
    for position, text in enumerate(header):
        base = ExportColumn(position=position, header=text, kind="unknown")
        field = dictionary.fields.get(text)
        kind = _SYSTEM.get(text.casefold(), "")
        if text == dictionary.key.name or (position == 0 and text == dictionary.key.label):
            yield replace(base, kind="key", field=dictionary.key)
        elif kind or text in statuses or text in surveys:
            yield replace(base, kind=kind or ("status" if text in statuses else "survey"))
        elif field is not None and not field.is_checkbox:
            yield replace(base, kind="field", field=field)
        else:
            yield _choice(base, dictionary) or by_label.column(base) or base


def _choice(base: ExportColumn, dictionary: Dictionary) -> ExportColumn | None:
    name, separator, suffix = base.header.partition("___")
    field = dictionary.fields.get(name)
    if not separator or field is None or not field.is_checkbox:
        return None
    codes = (*field.choices, *dictionary.missing_codes)
    code = next((code for code in codes if checkbox_suffix(code) == suffix), None)
    return None if code is None else replace(base, kind="choice", field=field, code=code)


class _ByLabel:
    """Finds fields by their labels, the same label twice in the order of the dictionary."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._left = list(dictionary.fields.values())

    def column(self, base: ExportColumn) -> ExportColumn | None:
        found = _CHOICE_LABEL.match(base.header)
        if found:
            return self._choice(base, found["label"], found["choice"])
        field = next((f for f in self._left if not f.is_checkbox and f.label == base.header), None)
        if field is None:
            return None
        self._left.remove(field)
        return replace(base, kind="field", field=field)

    def _choice(self, base: ExportColumn, label: str, choice: str) -> ExportColumn | None:
        for field in self._left:
            code = next((code for code, word in field.choices.items() if word == choice), None)
            if field.is_checkbox and field.label == label and code is not None:
                return replace(base, kind="choice", field=field, code=code)
        return None


def _undescribed(header: Sequence[str]) -> Iterator[ExportColumn]:
    for position, text in enumerate(header):
        base = ExportColumn(position=position, header=text, kind="unknown")
        kind = _SYSTEM.get(text.casefold(), "status" if text.endswith("_complete") else "")
        found = _CHOICE_LABEL.match(text)
        if position == 0:
            yield replace(base, kind="key", field=Field(name=text, label=text))
        elif kind:
            yield replace(base, kind=kind)
        elif found:
            yield _choice_without_dictionary(base, found["label"], found["choice"])
        elif "___" in text:
            yield base
        else:
            yield replace(base, kind="field", field=Field(name=text, label=text))


def _choice_without_dictionary(base: ExportColumn, name: str, choice: str) -> ExportColumn:
    field = Field(name=name, label=name, kind="checkbox", choices={choice: choice})
    return replace(base, kind="choice", field=field, code=choice)


def _has_labels(columns: Iterable[ExportColumn], rows: Sequence[GridRow]) -> bool:
    """Whether values are labels: more cells are a label and no code than the reverse."""
    n_labels = n_codes = 0
    for column in columns:
        if column.kind != "field" or column.field is None or not column.field.choices:
            continue
        labels, codes = set(column.field.choices.values()), set(column.field.choices)
        texts = [plain_text(row.cell(column.position)) for row in rows]
        n_labels += sum(text in labels - codes for text in texts)
        n_codes += sum(text in codes - labels for text in texts)
    return n_labels > n_codes


def read_value(field: Field, cell: Cell, export: Export) -> Cell:
    """Return what a cell says: the label of a code, the words of a missing-data code, or itself.

    A code that the dictionary does not list becomes an error cell, so that no later step takes
    it for something else.
    """
    text = plain_text(cell)
    if not text:
        return None
    if field.has_choices and not export.has_labels:
        return field.choices.get(text) or export.missing_codes.get(text) or UNLISTED
    if text in field.choices.values():
        return text
    return export.missing_codes.get(text, cell)


def ticked_choices(columns: Sequence[ExportColumn], row: GridRow, export: Export) -> list[str]:
    """Return the labels of the choices ticked in a row, in the order of the columns."""
    return [
        column.field.choices.get(column.code) or export.missing_codes.get(column.code, "")
        for column in columns
        if column.field is not None and is_ticked(row.cell(column.position), column)
    ]


def is_ticked(cell: Cell, column: ExportColumn) -> bool:
    """Whether one choice of a checkbox is ticked: 1, Checked, or the choice's own label."""
    text = plain_text(cell).casefold()
    label = column.field.choices.get(column.code, "") if column.field else ""
    return text in _TICKED or (text not in _UNTICKED and text == label.casefold())


def is_recorded(cell: Cell, column: ExportColumn) -> bool:
    """Whether a cell holds something that was entered, an unticked choice not counted."""
    text = plain_text(cell).casefold()
    return text not in _UNTICKED if column.kind == "choice" else text != ""


def _require_key(columns: Sequence[ExportColumn], dictionary: Dictionary, source: str) -> None:
    known = sum(column.kind in ("field", "choice") for column in columns)
    if any(column.kind == "key" for column in columns) and known:
        return
    raise SourceError(
        "The export and the data dictionary do not belong together.",
        expected=f"the record's key {dictionary.key.name} and at least one field of the dictionary",
        found=f"{source}: {known} of {len(columns)} columns in the dictionary",
        fix="Export data and dictionary from the same project, both unchanged.",
    )


def _require_labels(columns: Sequence[ExportColumn], rows: Sequence[GridRow], source: str) -> None:
    marked = [
        c for c in columns if c.kind in ("status", "choice", "event", "instrument", "unknown")
    ]
    if not marked:
        raise SourceError(
            "The file is not recognised as a REDCap export.",
            expected="columns that REDCap adds, such as Complete? or redcap_repeat_instrument",
            found=f"{source}: none of them in {len(columns)} columns",
            fix="Give the data dictionary with dictionary=, or use load_records for other files.",
        )
    worded = [c for c in marked if c.kind in ("status", "choice", "unknown")]
    texts = {plain_text(row.cell(c.position)).casefold() for c in worded for row in rows}
    if texts & {"checked", "unchecked", *_STATUS_WORDS} and "1" not in texts:
        return
    raise SourceError(
        "The export holds codes, which only the project's data dictionary can read.",
        expected="the data dictionary beside a raw export, or an export with labels",
        found=f"{source}: codes, and no dictionary",
        fix="Give the dictionary with dictionary= (REDCap: Project Setup, Data Dictionary).",
    )


def _no_records(source: str) -> SourceError:
    return SourceError(
        "The REDCap export holds no records.",
        expected="a header row and at least one row",
        found=f"{source}: nothing below the header",
        fix="Check that the export finished and that you may see the records.",
    )
