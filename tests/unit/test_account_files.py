"""The account as a page and a workbook: rows to correct by sheet and number, and no cell value."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.cohort.account import IntakeAccount
from parsoutcomes.cohort.account_page import compose_page, list_corrections
from parsoutcomes.loaders.intake_files import compose_workbook
from parsoutcomes.schema.plain_cells import plain_frame

HEADER = ["Study ID", "Name", "Level", "Side", "Stage", "Fitted", "Scan date", "Union"]
ROWS = [
    ["P1", "Testperson One", "L5", "L", "early", "2024-03-01", "2024-06-05", "healed"],
    ["P2", "Testperson Two", "L5", "R", "zwetschge", "2024-03-01", "2024-06-05", "nu"],
    [None] * 8,
    [None, "Testperson Three", "L4", "R", "early", "2024-03-01", "2024-02-05", "nu"],
    ["P4", "Testperson Four", "L4", "R", "early", "2024-03-01", "2024-02-05", "nu"],
]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> po.Cohort:
    path = tmp_path_factory.mktemp("clinic") / "log.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "2024"
    for row in [HEADER, *ROWS]:
        sheet.append(row)
    book.save(path)
    return po.load_records(path)


def test_what_to_correct_stands_by_sheet_and_row(cohort: po.Cohort) -> None:
    found = list_corrections(cohort.intake)
    assert found[["sheet", "row_number", "header", "found", "done"]].to_numpy().tolist() == [
        ["2024", 3, "Stage", "spelling not known", "cell left out"],
        ["2024", 5, "", "no patient key", "row not used"],
        ["2024", 6, "", found["found"].iloc[2], found["done"].iloc[2]],
    ]
    assert found["found"].iloc[2].startswith("a scan is dated on or before the day of fitting")


def test_the_page_needs_nothing_from_outside_and_has_no_script(cohort: po.Cohort) -> None:
    page = compose_page(cohort.intake)
    assert page.startswith('<!DOCTYPE html>\n<html lang="en-GB">')
    assert not re.search(r"<script|https?:|src=|href=|@import|url\(", page)
    assert "no patient key" in page


def test_no_cell_stands_in_page_or_workbook(cohort: po.Cohort, tmp_path: Path) -> None:
    files = po.write_intake(cohort, tmp_path)
    with zipfile.ZipFile(files.workbook) as book:
        inside = " ".join(book.read(name).decode() for name in book.namelist())
    for text in (files.page.read_text(encoding="utf-8"), inside):
        assert "Testperson" not in text
        assert "zwetschge" not in text


def test_markup_in_a_header_is_shown_and_not_obeyed() -> None:
    frame = pd.DataFrame({"Study ID": ["P1"], "Level": ["L5"], "<img src=x>": ["x"]})
    page = compose_page(po.load_records(frame).intake)
    assert "&lt;img src=x&gt;" in page
    assert "<img" not in page


def test_the_workbook_has_a_sheet_per_table_and_no_formula(cohort: po.Cohort) -> None:
    book = openpyxl.load_workbook(io.BytesIO(compose_workbook(cohort.intake)))
    assert book.sheetnames == [
        "To correct", "Sheets and files", "Columns", "Cells interpreted or left out",
        "Rows set aside, and headers",
    ]  # fmt: skip
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert [cell.value for cell in book["To correct"]["C"]] == ["Row", 3, 5, 6]


def test_a_header_that_is_a_formula_stays_text() -> None:
    frame = pd.DataFrame({"Study ID": ["P1"], "Level": ["L5"], "=1+1": ["x"]})
    book = openpyxl.load_workbook(io.BytesIO(compose_workbook(po.load_records(frame).intake)))
    cell = book["Columns"]["C4"]
    assert (cell.value, cell.data_type) == ("'=1+1", "s")


def test_the_same_account_gives_the_same_bytes(cohort: po.Cohort, tmp_path: Path) -> None:
    first = po.write_intake(cohort, tmp_path / "a")
    second = po.write_intake(cohort, tmp_path / "b")
    assert first.page.read_bytes() == second.page.read_bytes()
    assert first.workbook.read_bytes() == second.workbook.read_bytes()


def test_an_account_of_nothing_says_so() -> None:
    account = IntakeAccount(title="Intake", finding="Nothing.", method="")
    assert list_corrections(account).empty
    assert compose_page(account).count("<p>None.</p>") == 5
    assert compose_workbook(account).startswith(b"PK")


FORMULAS = ("=cmd|' /C calc'!A0", "+1+cmd", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x")', "\t=1")


def formula_log() -> pd.DataFrame:
    known = {"Study ID": ["P1", "P2"], "Level": "L5", "Side": "L", "Stage": "early", "Sport": "=1"}
    return pd.DataFrame(known | {text: [text, text] for text in FORMULAS})


@pytest.mark.parametrize("kind", ["log.csv", "log.xlsx"])
def test_cells_and_headers_that_begin_a_formula_run_in_no_file_written(
    tmp_path: Path, kind: str
) -> None:
    source = tmp_path / kind
    if source.suffix == ".csv":
        formula_log().to_csv(source, index=False)
    else:
        book = openpyxl.Workbook()
        book.active.title = "=1+1"
        for row in [list(formula_log().columns), *formula_log().to_numpy().tolist()]:
            book.active.append(row)
        for cell in [cell for row in book.active.iter_rows() for cell in row]:
            cell.data_type = "s"
        book.save(source)
    cohort = po.load_records(source)
    files = po.write_intake(cohort, tmp_path / "intake")
    written = openpyxl.load_workbook(files.workbook)
    cells = [cell for sheet in written for row in sheet.iter_rows() for cell in row]
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not [text for text in texts if text.lstrip().startswith(("=", "+", "-", "@"))]
    assert {text for text in texts if "cmd" in text} >= {f"'{FORMULAS[0]}", f"'{FORMULAS[1]}"}


def test_cells_that_begin_a_formula_are_quoted_in_csv_and_numbers_are_not(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    frame = pd.DataFrame({text: [text, -1.5] for text in FORMULAS})
    plain_frame(frame).to_csv(path, index=False)
    with path.open(newline="", encoding="utf-8") as file:
        header, first, second = csv.reader(file)
    assert header == first == [f"'{text}" for text in FORMULAS]
    assert second == ["-1.5"] * len(FORMULAS)
