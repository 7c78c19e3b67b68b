"""Spreadsheet workbooks: every visible sheet to a grid, with merged headers and error cells."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import python_calamine

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.archives import (
    damaged_workbook,
    require_harmless_archive,
    require_harmless_xls,
)
from parsoutcomes.loaders.grid import ERROR_CELL, Grid, GridRow, MergedRange, number_rows
from parsoutcomes.loaders.other_workbooks import Marks, find_marks

_Range = tuple[tuple[int, int], tuple[int, int]]

_WORKBOOK_PARTS: Final = frozenset(("xl/workbook.xml", "xl/workbook.bin", "content.xml"))
_ERROR_CELL: Final = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d+)"[^>]*?\bt="e"')
_SHEET: Final = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_RELATION: Final = re.compile(rb"<Relationship\b[^>]*>")


def read_workbook(content: bytes, source: str) -> tuple[Grid, ...]:
    """Read the bytes of a workbook into one grid per sheet.

    Formulas are taken by the value the file last showed; macros and links are never run.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : str
        Its name, for the account.

    Returns
    -------
    tuple of Grid
        In the order of the sheets.

    Raises
    ------
    SourceError
        When it is protected by a password, damaged, not a workbook, or unpacks to too much.
    """
    remarks = _inspect(content, source)
    problem: SourceError
    try:
        return _read_sheets(content, source, remarks)
    except SourceError:
        raise
    except python_calamine.PasswordError:
        problem = protected_workbook(source)
    except Exception:
        problem = damaged_workbook(source)
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        problem = damaged_workbook(source)
    # Raised out here, so that no chained error carries what a cell holds.
    raise problem


def _read_sheets(content: bytes, source: str, remarks: tuple[str, ...]) -> tuple[Grid, ...]:
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        sheets = [
            (name, workbook.get_sheet_by_name(name))
            for name, kind in _listed_sheets(workbook)
            if kind == python_calamine.SheetTypeEnum.WorkSheet
        ]
        marks = find_marks(content) or _marks_of_xlsx(content)
        grids = [_to_grid(sheet, name, source, marks.get(name, Marks())) for name, sheet in sheets]
    return tuple(replace(grid, remarks=remarks) for grid in grids)


def _listed_sheets(
    workbook: python_calamine.CalamineWorkbook,
) -> list[tuple[str, python_calamine.SheetTypeEnum]]:
    return [(sheet.name, sheet.typ) for sheet in workbook.sheets_metadata]


def _to_grid(
    sheet: python_calamine.CalamineSheet,
    name: str,
    source: str,
    marks: Marks,
) -> Grid:
    ranges = sheet.merged_cell_ranges or marks.merged
    raw = _filled_down(sheet.to_python(skip_empty_area=False), ranges)
    rows = number_rows(raw)
    merged = tuple(
        MergedRange(row_number=top + 1, first=left, last=right)
        for (top, left), (_, right) in ranges
        if right > left
    )
    errors = marks.errors
    marked = tuple(_mark_errors(row, errors.get(row.number)) for row in rows) if errors else rows
    return Grid(source=source, sheet=name, rows=marked, merged=merged)


def _filled_down(rows: list[list[Any]], ranges: Sequence[_Range]) -> list[list[Any]]:
    """Repeat, in each of its rows, what stands in a cell merged over several rows."""
    width = max((len(row) for row in rows), default=0)
    if sum(min(bottom, len(rows)) - top for (top, _), (bottom, _) in ranges) > len(rows) * width:
        raise ValueError("merged cells overlap")
    for (top, left), (bottom, _) in ranges:
        for row in rows[top + 1 : bottom + 1] if top < len(rows) else ():
            if left < len(row):
                row[left] = rows[top][left]
    return rows


def _mark_errors(row: GridRow, positions: list[int] | None) -> GridRow:
    if not positions:
        return row
    cells = [*row.cells, *[None] * (max(positions) + 1 - len(row.cells))]
    for position in positions:
        cells[position] = ERROR_CELL
    return GridRow(number=row.number, cells=tuple(cells))


def _inspect(content: bytes, source: str) -> tuple[str, ...]:
    """Refuse what is no workbook or would do harm, and say what else it carries."""
    if not content.startswith(b"PK"):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise protected_workbook(source)
        require_harmless_xls(content, source)
        return ()
    if not _WORKBOOK_PARTS & _names_in(content):
        raise not_a_workbook(source)
    return require_harmless_archive(content, source)


def _names_in(content: bytes) -> set[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return set(archive.namelist())
    except Exception:
        # A damaged archive fails in many ways; the checks after this one say so.
        return set(_WORKBOOK_PARTS)


def _marks_of_xlsx(content: bytes) -> dict[str, Marks]:
    """Return, per sheet, the error cells; merged cells the reader of cells knows."""
    if not content.startswith(b"PK"):
        return {}
    found: dict[str, Marks] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name, part in _sheet_parts(archive).items():
            for letters, number in _ERROR_CELL.findall(archive.read(part)):
                marks = found.setdefault(name, Marks())
                marks.add_error(int(number) - 1, _position(letters))
    return found


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    targets = {
        _attribute(tag, b"Id"): _attribute(tag, b"Target")
        for tag in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels"))
    }
    parts = {
        _attribute(tag, b"name"): _part_name(targets.get(_attribute(tag, b"r:id"), ""))
        for tag in _SHEET.findall(archive.read("xl/workbook.xml"))
    }
    return {name: part for name, part in parts.items() if part in names}


def _part_name(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _attribute(tag: bytes, name: bytes) -> str:
    found = re.search(rb"\b" + name + rb'="([^"]*)"', tag)
    return _unescape(found.group(1).decode("utf-8", "replace")) if found else ""


def _unescape(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'")):
        text = text.replace(entity, character)
    return text.replace("&amp;", "&")


def _position(letters: bytes) -> int:
    position = 0
    for letter in letters:
        position = 26 * position + letter - ord("A") + 1
    return position - 1


def protected_workbook(source: str) -> SourceError:
    """Return the error for a workbook that only opens with a password."""
    return SourceError(
        "The workbook is protected by a password.",
        expected="a workbook that opens without a password",
        found=f"{source}: an encrypted workbook, which this version cannot open",
        fix="Open it in Excel, remove the password (File, Info, Protect Workbook), save a copy.",
    )


def not_a_workbook(source: str) -> SourceError:
    """Return the error for a file that is no workbook whatever its name says."""
    return SourceError(
        "The file is not a workbook.",
        expected="an Excel workbook (.xlsx) or a text file with separators (.csv)",
        found=f"{source}: another kind of file under that name",
        fix="Open it in the program that made it and save it as .xlsx or .csv.",
    )
