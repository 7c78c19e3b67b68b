"""Error cells and merged cells of .xls, .xlsb and .ods, which the reader of cells leaves out."""

from __future__ import annotations

import io
import re
import struct
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from parsoutcomes.loaders.extras import import_reader

_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODF: Final = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE: Final = f"{{{_ODF}table:1.0}}"
_TEXT: Final = f"{{{_ODF}text:1.0}}"
_ERROR_TYPE: Final = (
    "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
)
_ERROR_TEXT: Final = re.compile(r"^(#N/A|#REF!|#DIV/0!|#VALUE!|#NAME\?|#NUM!|#NULL!|Err:\d+)$")
_DOCUMENT_TYPE: Final = (b"<!DOCTYPE", b"<!ENTITY")
_MOST_ROWS: Final = 1_048_576

_BROKEN: Final = (
    struct.error,
    zlib.error,
    ET.ParseError,
    zipfile.BadZipFile,
    OSError,
    IndexError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)

Corner = tuple[int, int]


@dataclass(kw_only=True)
class Marks:
    """What one sheet marks besides its values.

    Attributes
    ----------
    errors : dict of int to list of int
        Row number, from 1, to column positions, from 0, of cells that show an error.
    merged : list
        Merged cells, each as its first and last corner, row and column from 0.
    """

    errors: dict[int, list[int]] = field(default_factory=dict)
    merged: list[tuple[Corner, Corner]] = field(default_factory=list)

    def add_error(self, row: int, column: int) -> None:
        """Add a cell by its row and column, both from 0."""
        self.errors.setdefault(row + 1, []).append(column)


def find_marks(content: bytes) -> dict[str, Marks]:
    """Return, per sheet, the error cells and merged cells of a workbook that is not .xlsx.

    Parameters
    ----------
    content : bytes
        The whole file.

    Returns
    -------
    dict of str to Marks
        Sheets without any are left out; nothing for another kind of file. Merged cells of .xls
        are left to the reader of cells, which knows them.

    Examples
    --------
    >>> find_marks(b"Patient;Level")
    {}
    """
    try:
        if content.startswith(_OLD_OFFICE):
            return _marks_of_xls(content)
        if content.startswith(b"PK"):
            return _marks_of_archive(content)
    except _BROKEN:
        return {}
    return {}


def _marks_of_archive(content: bytes) -> dict[str, Marks]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        if "content.xml" in names:
            found = _marks_of_ods(archive.read("content.xml"))
        elif "xl/workbook.bin" in names:
            found = _marks_of_xlsb(archive)
        else:
            return {}
    return {name: marks for name, marks in found.items() if marks.errors or marks.merged}


def _marks_of_ods(content: bytes) -> dict[str, Marks]:
    if any(mark in content[:2000] for mark in _DOCUMENT_TYPE):
        return {}
    found: dict[str, Marks] = {}
    marks, row, column = Marks(), 0, 0
    for event, element in ET.iterparse(io.BytesIO(content), events=("start", "end")):
        if event == "start":
            if element.tag == f"{_TABLE}table":
                row, marks = 0, found.setdefault(element.get(f"{_TABLE}name", ""), Marks())
            elif element.tag == f"{_TABLE}table-row":
                column = 0
        elif element.tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            _mark_ods_cell(element, row, column, marks)
            column += int(element.get(f"{_TABLE}number-columns-repeated", "1"))
        elif element.tag == f"{_TABLE}table-row":
            row = min(row + int(element.get(f"{_TABLE}number-rows-repeated", "1")), _MOST_ROWS)
            element.clear()
    return found


def _mark_ods_cell(cell: ET.Element, row: int, column: int, marks: Marks) -> None:
    shown = cell.findtext(f"{_TEXT}p") or ""
    has_formula = cell.get(f"{_TABLE}formula") is not None
    if cell.get(_ERROR_TYPE) == "error" or (has_formula and _ERROR_TEXT.match(shown)):
        marks.add_error(row, column)
    wide = int(cell.get(f"{_TABLE}number-columns-spanned", "1"))
    high = int(cell.get(f"{_TABLE}number-rows-spanned", "1"))
    if wide > 1 or high > 1:
        marks.merged.append(((row, column), (row + high - 1, column + wide - 1)))


# Records of .xlsb ([MS-XLSB] 2.3): kind and size as numbers of 7 bits a byte, then the content.
_XLSB_ROW: Final = 0
_XLSB_ERRORS: Final = (3, 11)
_XLSB_SHEET: Final = 156
_XLSB_MERGED: Final = 176
_RELATION: Final = re.compile(rb"<Relationship\b[^>]*>")


def _marks_of_xlsb(archive: zipfile.ZipFile) -> dict[str, Marks]:
    targets = {
        _attribute(tag, b"Id"): _attribute(tag, b"Target")
        for tag in _RELATION.findall(archive.read("xl/_rels/workbook.bin.rels"))
    }
    found: dict[str, Marks] = {}
    for kind, content in _xlsb_records(archive.read("xl/workbook.bin")):
        if kind == _XLSB_SHEET:
            relation, end = _wide_text(content, 8)
            name, _ = _wide_text(content, end)
            target = targets[relation]
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            found[name] = _marks_of_xlsb_sheet(archive.read(part))
    return found


def _marks_of_xlsb_sheet(content: bytes) -> Marks:
    marks, row = Marks(), 0
    for kind, record in _xlsb_records(content):
        if kind == _XLSB_ROW:
            row = struct.unpack_from("<I", record)[0]
        elif kind in _XLSB_ERRORS:
            marks.add_error(row, struct.unpack_from("<I", record)[0])
        elif kind == _XLSB_MERGED:
            top, bottom, left, right = struct.unpack_from("<4I", record)
            marks.merged.append(((top, left), (bottom, right)))
    return marks


def _xlsb_records(content: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(content):
        kind, position = _number_of_7_bits(content, position, 2)
        size, position = _number_of_7_bits(content, position, 4)
        yield kind, content[position : position + size]
        position += size


def _number_of_7_bits(content: bytes, position: int, most_bytes: int) -> tuple[int, int]:
    number = 0
    for place in range(most_bytes):
        byte = content[position]
        position += 1
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    return number, position


def _wide_text(content: bytes, position: int) -> tuple[str, int]:
    n_characters = struct.unpack_from("<I", content, position)[0]
    end = position + 4 + 2 * n_characters
    return content[position + 4 : end].decode("utf-16-le", "replace"), end


def _attribute(tag: bytes, name: bytes) -> str:
    found = re.search(rb"\b" + name + rb'="([^"]*)"', tag)
    return found.group(1).decode("utf-8", "replace") if found else ""


# Records of .xls ([MS-XLS] 2.3): kind and size as two-byte numbers, then the content.
_XLS_SHEET: Final = 0x0085
_XLS_FORMULA: Final = 0x0006
_XLS_TRUTH_OR_ERROR: Final = 0x0205
_XLS_END: Final = 0x000A
_STREAMS: Final = ("Workbook", "Book")


def _marks_of_xls(content: bytes) -> dict[str, Marks]:
    olefile = import_reader("olefile", "olefile", what="Workbooks of the kind .xls")
    with olefile.OleFileIO(io.BytesIO(content)) as office:
        stream = next((name for name in _STREAMS if office.exists(name)), None)
        book = office.openstream(stream).read() if stream else b""
    found: dict[str, Marks] = {}
    for kind, record in _xls_records(book, 0):
        if kind == _XLS_SHEET:
            start = struct.unpack_from("<I", record)[0]
            marks = _marks_of_xls_sheet(book, start)
            if marks.errors:
                found[_xls_name(record)] = marks
    return found


def _marks_of_xls_sheet(book: bytes, start: int) -> Marks:
    marks = Marks()
    for kind, record in _xls_records(book, start):
        is_error = (kind == _XLS_TRUTH_OR_ERROR and record[7] == 1) or (
            kind == _XLS_FORMULA and record[12:14] == b"\xff\xff" and record[6] == 2
        )
        if is_error:
            row, column = struct.unpack_from("<HH", record)
            marks.add_error(row, column)
    return marks


def _xls_records(book: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    while position + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, position)
        yield kind, book[position + 4 : position + 4 + size]
        if kind == _XLS_END:
            return
        position += 4 + size


def _xls_name(record: bytes) -> str:
    n_characters, is_wide = record[6], record[7] & 1
    return (
        record[8 : 8 + 2 * n_characters].decode("utf-16-le", "replace")
        if is_wide
        else record[8 : 8 + n_characters].decode("latin-1")
    )
