"""Hostile workbooks are refused in words before their cells are read."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.load import load_records
from parsoutcomes.loaders.workbook import read_workbook

ROWS = (
    ("Study number", "Level", "Side", "Stage", "Fitted"),
    ("P0001", "L5", "left", "early", "2024-03-13"),
)
SHEET = "xl/worksheets/sheet1.xml"
END = b"</row></sheetData>"


@pytest.fixture
def workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def changed(content: bytes, change: Callable[[bytes], bytes], **added: bytes) -> bytes:
    """Return the workbook with its sheet changed and parts added."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for name in archive.namelist():
            part = archive.read(name)
            copy.writestr(name, change(part) if name == SHEET else part)
        for name, part in added.items():
            copy.writestr(name, part)
    return written.getvalue()


def with_row(row: bytes) -> Callable[[bytes], bytes]:
    return lambda sheet: sheet.replace(END, b"</row>" + row + b"</sheetData>")


@pytest.mark.parametrize(
    "row",
    [
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row r='1048576'><c s='0' r='XFD1048576'><v>1</v></c></row>",
        b'<row r="3"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row/>" * 100_000 + b"<row>" + b"<c><v>1</v></c>" * 200 + b"</row>",
    ],
)
def test_a_cell_in_the_far_corner_is_refused(workbook: bytes, row: bytes) -> None:
    with pytest.raises(SourceError, match="reach further than can be read"):
        read_workbook(changed(workbook, with_row(row)), "log.xlsx")


def test_cells_that_only_carry_a_format_do_not_count(workbook: bytes) -> None:
    row = b'<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    (grid,) = read_workbook(changed(workbook, with_row(row)), "log.xlsx")
    assert [row.cells for row in grid.rows] == list(ROWS)


def test_a_part_that_unpacks_to_far_more_than_its_size_is_refused(workbook: bytes) -> None:
    bomb = changed(workbook, lambda sheet: sheet + b" " * 30_000_000)
    with pytest.raises(SourceError, match="unpacks to far more"):
        read_workbook(bomb, "log.xlsx")


def test_a_part_that_declares_less_than_it_holds_is_refused(workbook: bytes) -> None:
    bomb = changed(workbook, lambda sheet: sheet + b" " * 30_000_000)
    real = struct.pack("<I", zipfile.ZipFile(io.BytesIO(bomb)).getinfo(SHEET).file_size)
    lying = bomb.replace(real, struct.pack("<I", 1000))
    with pytest.raises(SourceError, match="cannot be opened"):
        read_workbook(lying, "log.xlsx")


def test_definitions_that_expand_are_refused(workbook: bytes) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    hostile = changed(workbook, lambda sheet: laughs + sheet.replace(b"early", b"&b;"))
    with pytest.raises(SourceError, match="no spreadsheet program writes"):
        read_workbook(hostile, "log.xlsx")


def test_deep_nesting_is_read_past(workbook: bytes) -> None:
    deep = changed(workbook, with_row(b"<a>" * 200_000 + b"</a>" * 200_000))
    (grid,) = read_workbook(deep, "log.xlsx")
    assert [row.cells for row in grid.rows] == list(ROWS)


def test_merged_cells_on_top_of_each_other_are_refused(workbook: bytes) -> None:
    merged = b'<mergeCell ref="A1:E2"/>' * 1000
    hostile = changed(
        workbook,
        lambda sheet: sheet.replace(
            b"</sheetData>", b"</sheetData><mergeCells>" + merged + b"</mergeCells>"
        ),
    )
    with pytest.raises(SourceError, match="cannot be opened"):
        read_workbook(hostile, "log.xlsx")


def test_macros_and_links_are_left_alone_and_named(workbook: bytes, tmp_path: Path) -> None:
    parts = {"xl/vbaProject.bin": b"\0", "xl/externalLinks/externalLink1.xml": b"<x/>"}
    path = tmp_path / "log.xlsm"
    path.write_bytes(changed(workbook, lambda sheet: sheet, **parts))
    cautions = load_records(path).intake.cautions
    assert cautions[:2] == (
        "log.xlsm: the workbook holds macros; they are not run",
        "log.xlsm: the workbook links to other files; they are not opened, "
        "cells keep their last value",
    )


def ods(rows: str) -> bytes:
    """Return a workbook of LibreOffice with these rows."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    body = (
        f'<office:document-content {spaces} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="A">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", body)
    return content.getvalue()


FILLED = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'


def far_cells() -> Iterator[str]:
    repeated = FILLED.replace("<table:table-cell", '<table:table-cell table:number-{}="{}"', 1)
    wide = repeated.format("columns-repeated", 16384)
    yield f'<table:table-row table:number-rows-repeated="1048576">{wide}</table:table-row>'
    blank = '<table:table-cell table:number-columns-repeated="16000"/>'
    yield (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/>'
        f"</table:table-row><table:table-row>{blank}{FILLED}</table:table-row>"
    )


@pytest.mark.parametrize("rows", tuple(far_cells()))
def test_repeated_cells_of_a_text_document_sheet_are_refused(rows: str) -> None:
    with pytest.raises(SourceError, match="reach further than can be read"):
        read_workbook(ods(rows), "log.ods")


def test_blank_rows_repeated_to_the_end_of_a_sheet_are_read() -> None:
    rows = (
        f"<table:table-row>{FILLED}</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048575">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    (grid,) = read_workbook(ods(rows), "log.ods")
    assert [row.cells for row in grid.rows if not row.is_blank] == [("x",)]
