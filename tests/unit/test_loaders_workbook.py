from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.grid import ERROR_CELL, Grid, MergedRange
from parsoutcomes.loaders.source import read_source
from parsoutcomes.loaders.workbook import read_workbook

CLINIC = Path(__file__).parents[2] / "data" / "synthetic" / "clinic"


def grid_of(tmp_path: Path, rows: list[list[object]], merged: tuple[str, ...] = ()) -> Grid:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for area in merged:
        book.active.merge_cells(area)
    book.save(tmp_path / "log.xlsx")
    return read_workbook((tmp_path / "log.xlsx").read_bytes(), "log.xlsx")[0]


def test_rows_keep_the_numbers_that_the_file_shows(tmp_path: Path) -> None:
    grid = grid_of(tmp_path, [[], ["Level"], [], ["L5"]])
    assert [(row.number, row.cells) for row in grid.rows if not row.is_blank] == [
        (2, ("Level",)),
        (4, ("L5",)),
    ]


def test_whole_numbers_are_whole_and_text_is_trimmed(tmp_path: Path) -> None:
    assert grid_of(tmp_path, [[6, 5.9, " early  stage "]]).rows[0].cells == (6, 5.9, "early stage")


def test_cells_merged_across_columns_are_known_as_such(tmp_path: Path) -> None:
    grid = grid_of(tmp_path, [["CT 1", None, "CT 2", None]], ("A1:B1", "C1:D1"))
    assert set(grid.merged) == {
        MergedRange(row_number=1, first=0, last=1),
        MergedRange(row_number=1, first=2, last=3),
    }


def test_a_cell_merged_over_rows_stands_in_each_of_them(tmp_path: Path) -> None:
    grid = grid_of(tmp_path, [["P0001", "left"], [None, "right"]], ("A1:A2",))
    assert [row.cells for row in grid.rows] == [("P0001", "left"), ("P0001", "right")]


def test_error_cells_are_found(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["P0001", "#N/A"])
    book.active["B1"].data_type = "e"
    book.save(tmp_path / "log.xlsx")
    grid = read_workbook((tmp_path / "log.xlsx").read_bytes(), "log.xlsx")[0]
    assert grid.rows[0].cells == ("P0001", ERROR_CELL)


def test_a_protected_workbook_is_refused_and_says_so() -> None:
    content = (CLINIC / "clinic_protected.xlsx").read_bytes()
    with pytest.raises(SourceError, match="protected by a password"):
        read_workbook(content, "clinic_protected.xlsx")


def test_a_workbook_is_known_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    copy = tmp_path / "export.csv"
    copy.write_bytes((CLINIC / "clinic_log.xlsx").read_bytes())
    assert [grid.sheet for grid in read_source(copy).grids] == [
        "2023", "2024", "2025", "2026", "Key",
    ]  # fmt: skip
