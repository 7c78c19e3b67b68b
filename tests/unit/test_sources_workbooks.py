"""Older and other workbooks: what the reader of cells leaves out is found in the file itself."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from parsoutcomes.loaders.other_workbooks import find_marks

WORKBOOKS = Path(__file__).parents[1] / "reference" / "workbooks"
CLINIC = Path(__file__).parents[2] / "data" / "synthetic" / "clinic"


def content(ending: str) -> bytes:
    return (WORKBOOKS / f"log{ending}").read_bytes()


@pytest.mark.parametrize("ending", [".xls", ".xlsb", ".ods"])
def test_the_cell_in_error_is_found_by_row_and_column(ending) -> None:
    marks = find_marks(content(ending))
    assert {sheet: found.errors for sheet, found in marks.items()} == {"2024": {6: [3]}}


@pytest.mark.parametrize("ending", [".xlsb", ".ods"])
def test_the_merged_group_header_is_found(ending) -> None:
    assert find_marks(content(ending))["2024"].merged == [((0, 4), (0, 5))]


@pytest.mark.parametrize("other", [b"", b"PK", b"Patient;Level", b"\xd0\xcf\x11\xe0" * 300])
def test_what_is_no_such_workbook_has_no_marks(other) -> None:
    assert find_marks(other) == {}
    assert find_marks((CLINIC / "clinic_log.xlsx").read_bytes()) == {}


@pytest.mark.parametrize("ending", [".xls", ".xlsb", ".ods"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_that_breaks_off_has_no_marks_and_does_no_harm(ending, share) -> None:
    whole = content(ending)
    assert set(find_marks(whole[: int(share * len(whole))])) <= {"2024"}


def ods(body: str) -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("content.xml", f"<office:document {spaces}>{body}</office:document>")
    return written.getvalue()


def test_repeated_rows_and_columns_of_ods_are_counted() -> None:
    cell = '<table:table-cell table:formula="x"><text:p>#REF!</text:p></table:table-cell>'
    body = (
        '<table:table table:name="a">'
        '<table:table-row table:number-rows-repeated="9"><table:table-cell/></table:table-row>'
        f'<table:table-row><table:table-cell table:number-columns-repeated="3"/>{cell}'
        "</table:table-row></table:table>"
    )
    assert find_marks(ods(body))["a"].errors == {10: [3]}


def test_words_that_only_look_like_an_error_are_words() -> None:
    cell = "<table:table-cell><text:p>#N/A</text:p></table:table-cell>"
    body = f'<table:table table:name="a"><table:table-row>{cell}</table:table-row></table:table>'
    assert find_marks(ods(body)) == {}


def test_a_document_type_is_not_followed() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
        archive.writestr("content.xml", bomb)
    assert find_marks(written.getvalue()) == {}
