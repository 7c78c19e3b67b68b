"""Write log.xls, log.xlsb and log.ods: the same invented rows in three kinds of workbook.

Needs xlwt 1.3.0 and pyxlsbwriter 0.1.0, which the tests themselves do not: they read the files
written. Each has a merged group header, an empty row, a cell in error and a hidden sheet.
"""

from __future__ import annotations

import datetime
import struct
import zipfile
from pathlib import Path

import xlwt
from pyxlsbwriter import XlsbWriter

HERE = Path(__file__).parent
ERROR = "#N/A"
ROWS = [
    [None, None, None, None, "Stage", None, None],
    ["Study number", "Date brace fitted", "Months", "Level", "R", "L", "STIR"],
    ["P0001", datetime.date(2024, 3, 1), 3, "L5", "early", None, True],
    ["P0002", datetime.date(2024, 5, 20), 6.5, "L4", None, "progressive", False],
    [None] * 7,
    ["P0003", None, None, ERROR, "early", "early", None],
]
HIDDEN = [["Study number"], ["P0009"]]
STAMP = (2024, 1, 1, 0, 0, 0)


def write_xls(path: Path) -> None:
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    sheet = book.add_sheet("2024")
    for number, row in enumerate(ROWS):
        for position, value in enumerate(row):
            if value == "Stage":
                sheet.write_merge(number, number, position, position + 1, value)
            elif value == ERROR:
                sheet.row(number).set_cell_error(position, 0x2A)
            elif isinstance(value, datetime.date):
                sheet.write(number, position, value, day)
            elif value is not None:
                sheet.write(number, position, value)
    old = book.add_sheet("old")
    old.visibility = 1
    for number, (value,) in enumerate(HIDDEN):
        old.write(number, 0, value)
    book.save(str(path))


def write_xlsb(path: Path) -> None:
    with XlsbWriter(str(path), compressionLevel=6) as writer:
        writer.add_sheet("2024")
        writer.write_sheet(ROWS)
        writer.add_sheet("old", hidden=True)
        writer.write_sheet(HIDDEN)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.bin"] = with_error_and_merged(parts["xl/worksheets/sheet1.bin"])
    write_archive(path, parts)


def with_error_and_merged(content: bytes) -> bytes:
    """Turn the last row's level into an error cell, and merge the group header."""
    written, row, position = b"", 0, 0
    while position < len(content):
        start = position
        kind, position = number_of_7_bits(content, position, 2)
        size, position = number_of_7_bits(content, position, 4)
        record = content[position : position + size]
        position += size
        if kind == 0:
            row = struct.unpack_from("<I", record)[0]
        if kind in (6, 7) and row == 5 and struct.unpack_from("<I", record)[0] == 3:
            written += bytes((3, 9)) + record[:8] + b"\x2a"
        else:
            written += content[start:position]
        if kind == 146:
            merged = struct.pack("<4I", 0, 0, 4, 5)
            written += b"\xb1\x01\x04" + struct.pack("<I", 1)
            written += b"\xb0\x01\x10" + merged + b"\xb2\x01\x00"
    return written


def number_of_7_bits(content: bytes, position: int, most: int) -> tuple[int, int]:
    number = 0
    for place in range(most):
        byte = content[position]
        position += 1
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    return number, position


def write_archive(path: Path, parts: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, STAMP)
            stored = name == "mimetype"
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, content)


SPACES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}
MEDIA = "application/vnd.oasis.opendocument.spreadsheet"


def ods_cell(value: object) -> str:
    text = f"<text:p>{value}</text:p>"
    if value is None:
        return "<table:table-cell/>"
    if value == "Stage":
        kind = 'table:number-columns-spanned="2" table:number-rows-spanned="1" '
        kind += 'office:value-type="string"'
    elif value == ERROR:
        kind = 'table:formula="of:=NA()" office:value-type="string" '
        kind += 'office:string-value="" calcext:value-type="error"'
    elif isinstance(value, bool):
        kind = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, datetime.date):
        kind = f'office:value-type="date" office:date-value="{value}"'
    elif isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}>{text}</table:table-cell>"


def ods_table(name: str, rows: list[list[object]], style: str = "") -> str:
    lines = "".join(
        f"<table:table-row>{''.join(ods_cell(value) for value in row)}</table:table-row>"
        for row in rows
    )
    return f'<table:table table:name="{name}"{style}>{lines}</table:table>'


def write_ods(path: Path) -> None:
    spaces = " ".join(f'xmlns:{name}="{address}"' for name, address in SPACES.items())
    hidden = '<style:style style:name="ta2" style:family="table">'
    hidden += '<style:table-properties table:display="false"/></style:style>'
    old = ods_table("old", HIDDEN, ' table:style-name="ta2"')
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} '
        f'office:version="1.2"><office:automatic-styles>{hidden}</office:automatic-styles>'
        f"<office:body><office:spreadsheet>{ods_table('2024', ROWS)}{old}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest manifest:version="1.2" '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{MEDIA}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    parts = {"mimetype": MEDIA, "content.xml": content, "META-INF/manifest.xml": manifest}
    write_archive(path, {name: text.encode() for name, text in parts.items()})


if __name__ == "__main__":
    write_xls(HERE / "log.xls")
    write_xlsb(HERE / "log.xlsb")
    write_ods(HERE / "log.ods")
