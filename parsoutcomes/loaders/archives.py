"""Whether a workbook may be opened: what it unpacks to, and how far its cells reach."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.parsers.expat import ExpatError

from parsoutcomes.conventions import (
    LARGEST_UNPACKED_BYTES,
    LARGEST_UNPACKING_RATIO,
    LARGEST_WORKBOOK_CELLS,
    SMALLEST_UNPACKED_BYTES_REFUSED,
)
from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.extras import import_reader
from parsoutcomes.loaders.repeated_texts import Extent, SharedTexts, extents_of_ods

_CHUNK_BYTES: Final = 1_000_000
_LOCAL_HEADER_BYTES: Final = 30
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MARKUP: Final = (".xml", ".rels", ".vml")
_DOCUMENT_TYPE: Final = (b"<!DOCTYPE", b"<!ENTITY")
_WIDE_TEXT: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_EMPTY_CELL: Final = re.compile(rb"""<(?:\w+:)?c(?:\s+\w+="[^"<>]*")*\s*/>""")
_CELL_STARTS: Final = (b"<c ", b"<c>", b"<c/", b"<c\t", b"<c\n", b"<c\r")
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b")
_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
# Kinds of record that hold a cell: [MS-XLSB] 2.3 and [MS-XLS] 2.3.
_XLSB_ROW: Final = 0
_XLSB_CELLS: Final = range(1, 12)
_XLS_CELLS: Final = (0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E)
_XLS_CELLS_OF_A_ROW: Final = 0x00BD


class _DamagedError(Exception):
    """The archive is damaged; who reads its cells says so."""


def require_harmless_archive(content: bytes, source: str) -> tuple[str, ...]:
    """Refuse a zipped workbook that would take too much memory or that hides what it holds.

    Parameters
    ----------
    content : bytes
        The whole file, .xlsx, .xlsm, .xlsb or .ods.
    source : str
        Its name, for messages.

    Returns
    -------
    tuple of str
        What it carries that is left alone: macros, links to other files.

    Raises
    ------
    SourceError
        When it is damaged, unpacks to too much, has cells beyond the limits, or defines entities.
    """
    problem, n_cells, names = None, 0, []
    texts = SharedTexts()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            _require_plausible(members, len(content), source)
            for member in members:
                unpacked = _unpack(content, member)
                _require_plain_markup(member.filename, unpacked, source)
                n_cells += _count_cells(member.filename, unpacked)
                texts.look(member.filename, unpacked)
            if texts.may_unfold_to > LARGEST_UNPACKED_BYTES:
                for member in members:
                    texts.add(member.filename, _unpack(content, member))
    except (zipfile.BadZipFile, zlib.error, struct.error, ExpatError, _DamagedError):
        problem = damaged_workbook(source)
    except (IndexError, ValueError, OverflowError, NotImplementedError, UnicodeError):
        problem = damaged_workbook(source)
    if problem is not None:
        raise problem
    if n_cells > LARGEST_WORKBOOK_CELLS:
        raise too_many_cells(source)
    if texts.unfold_to > LARGEST_UNPACKED_BYTES:
        raise _unpacks_to_too_much(source)
    return tuple(_remarks(names))


def _require_plausible(members: list[zipfile.ZipInfo], size: int, source: str) -> None:
    unpacked = sum(member.file_size for member in members)
    allowed = max(SMALLEST_UNPACKED_BYTES_REFUSED, LARGEST_UNPACKING_RATIO * size)
    if unpacked > min(LARGEST_UNPACKED_BYTES, allowed):
        raise _unpacks_to_too_much(source)


def _unpack(content: bytes, member: zipfile.ZipInfo) -> bytes | bytearray:
    """Unpack by what is there, not by what the archive declares; more than declared is refused."""
    if member.compress_type not in _METHODS or member.flag_bits & 1:
        raise _DamagedError
    lengths = struct.unpack_from("<HH", content, member.header_offset + 26)
    start = member.header_offset + _LOCAL_HEADER_BYTES + sum(lengths)
    packed = content[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        return packed
    unpacked = bytearray()
    for piece in _inflated(packed, member.file_size):
        unpacked += piece
    return bytes(unpacked) if len(unpacked) < _CHUNK_BYTES else unpacked


def _inflated(packed: bytes, declared: int) -> Iterator[bytes]:
    stream, left = zlib.decompressobj(-zlib.MAX_WBITS), declared
    while packed and not stream.eof:
        piece = stream.decompress(packed, _CHUNK_BYTES)
        packed, left = stream.unconsumed_tail, left - len(piece)
        if left < 0:
            raise _DamagedError
        yield piece


def _require_plain_markup(name: str, content: bytes | bytearray, source: str) -> None:
    if not name.lower().endswith(_MARKUP):
        return
    if content.startswith(_WIDE_TEXT) or any(mark in content for mark in _DOCUMENT_TYPE):
        raise _hides_its_content(source)


def _count_cells(name: str, content: bytes | bytearray) -> int:
    if name == "content.xml":
        return sum(rows * columns for rows, columns in extents_of_ods(content))
    if name.endswith(".bin") and "worksheets/" in name:
        rows, columns = _extent_of_xlsb(content)
        return rows * columns
    if b"sheetData" in content:
        rows, columns = _extent_of_xlsx(content)
        return rows * columns
    return 0


def _extent_of_xlsx(content: bytes | bytearray) -> Extent:
    rows, columns = _reach(content)
    if rows * columns > LARGEST_WORKBOOK_CELLS:
        # Cells that only carry a format are not read, so they do not count.
        rows, columns = _reach(_EMPTY_CELL.sub(b"", content))
    return rows, columns


def _reach(content: bytes | bytearray) -> Extent:
    is_usual = b":sheetData" not in content and content.count(b'<c r="') == sum(
        content.count(start) for start in _CELL_STARTS
    )
    before = rb'<c r="' if is_usual else rb"""\br\s*=\s*["']\s*"""
    letters = set(re.findall(before + rb"([A-Za-z]+)\d", content))
    numbers = set(re.findall(before + rb"[A-Za-z]*(\d+)", content))
    rows = max((int(number[:9]) for number in numbers), default=0)
    columns = max(map(_column_number, letters), default=0)
    if not is_usual:
        columns = max(columns, _longest_row(content))
    return max(rows, content.count(b"<row") + content.count(b":row")), columns


def _longest_row(content: bytes | bytearray) -> int:
    starts = [start.start() for start in _ROW.finditer(content)]
    ends = [*starts[1:], len(content)]
    counted = (
        len(_CELL.findall(content, start, end)) for start, end in zip(starts, ends, strict=False)
    )
    return max(counted, default=0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper()[:6]:
        number = 26 * number + letter - ord("A") + 1
    return number


def _extent_of_xlsb(content: bytes | bytearray) -> Extent:
    position, row, last_row, last_column = 0, 0, 0, 0
    while position < len(content):
        kind, position = _number_of_7_bits(content, position, 2)
        size, position = _number_of_7_bits(content, position, 4)
        if kind == _XLSB_ROW:
            row = struct.unpack_from("<I", content, position)[0]
        elif kind in _XLSB_CELLS:
            column = struct.unpack_from("<I", content, position)[0]
            last_row, last_column = max(last_row, row + 1), max(last_column, column + 1)
        position += size
    return last_row, last_column


def _number_of_7_bits(
    content: bytes | bytearray, position: int, most_bytes: int
) -> tuple[int, int]:
    number = 0
    for place in range(most_bytes):
        byte = content[position]
        position += 1
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    return number, position


def require_harmless_xls(content: bytes, source: str) -> None:
    """Refuse an old workbook that is damaged, or whose cells reach further than the limits.

    Raises
    ------
    SourceError
        When its directory is damaged, which its reader would take memory for, or cells reach
        too far.
    """
    olefile = import_reader("olefile", "olefile", what="Workbooks of the kind .xls")
    book = b""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as office:
            sizes = [entry.size for entry in office.direntries if entry is not None]
            stream = next((name for name in ("Workbook", "Book") if office.exists(name)), None)
            if stream and max(sizes) <= len(content) and _has_plausible_header(content):
                book = office.openstream(stream).read()
    except Exception:
        # A damaged file fails in many ways, and all of them end here.
        book = b""
    if not book:
        raise damaged_workbook(source)
    rows, columns = _extent_of_xls(book)
    if rows * columns > LARGEST_WORKBOOK_CELLS:
        raise too_many_cells(source)


def _has_plausible_header(content: bytes) -> bool:
    """Whether the counts of sectors in the header could be true of a file of this size."""
    shift, mini_shift = struct.unpack_from("<HH", content, 30)
    counts = [struct.unpack_from("<I", content, offset)[0] for offset in (40, 44, 64, 72)]
    return shift in (9, 12) and mini_shift == 6 and max(counts) <= len(content) >> shift


def _extent_of_xls(book: bytes) -> Extent:
    position, last_row, last_column = 0, 0, 0
    while position + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, position)
        if kind in _XLS_CELLS and size >= 4 and position + 4 + size <= len(book):
            row, column = struct.unpack_from("<HH", book, position + 4)
            if kind == _XLS_CELLS_OF_A_ROW:
                column = struct.unpack_from("<H", book, position + 2 + size)[0]
            last_row, last_column = max(last_row, row + 1), max(last_column, column + 1)
        position += 4 + size
    return last_row, last_column


def _remarks(names: list[str]) -> Iterator[str]:
    lowered = [name.lower() for name in names]
    if any(name.endswith("vbaproject.bin") or "macrosheets/" in name for name in lowered):
        yield "the workbook holds macros; they are not run"
    if any("externallinks/" in name or name.endswith("connections.xml") for name in lowered):
        yield "the workbook links to other files; they are not opened, cells keep their last value"


def damaged_workbook(source: str) -> SourceError:
    """Return the error for a workbook that cannot be read to its end."""
    return SourceError(
        "The workbook cannot be opened.",
        expected="a complete Excel workbook",
        found=f"{source}: a damaged or incomplete workbook",
        fix="Open it in Excel, let Excel repair it, and save it again.",
    )


def too_many_cells(source: str) -> SourceError:
    """Return the error for a workbook with cells far below or far to the right."""
    return SourceError(
        "The sheets of the workbook reach further than can be read.",
        expected=f"at most {LARGEST_WORKBOOK_CELLS:,} cells, rows by columns, over all sheets",
        found=f"{source}: more than that, if only by one cell far below or far to the right",
        fix="Copy the records into a new workbook, or save each sheet as .csv.",
    )


def _unpacks_to_too_much(source: str) -> SourceError:
    return SourceError(
        "The workbook unpacks to far more than its size, so it is not opened.",
        expected=f"at most {LARGEST_UNPACKING_RATIO} times its size, and at most "
        f"{LARGEST_UNPACKED_BYTES // 1_000_000} MB",
        found=f"{source}: more than that",
        fix="Copy the records into a new workbook, without unused rows and pictures.",
    )


def _hides_its_content(source: str) -> SourceError:
    return SourceError(
        "The workbook is written in a way that no spreadsheet program writes, so it is not opened.",
        expected="sheets without definitions of their own and in plain encoding",
        found=f"{source}: definitions or an encoding that hide what the sheets hold",
        fix="Open it in Excel, and save it as a new .xlsx file.",
    )
