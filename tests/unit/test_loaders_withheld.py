"""Identifiers in the names of files, sheets and columns are shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.loaders.places import load_places
from parsoutcomes.loaders.withheld import identifying_kind, shown_header

ROW = {"Study ID": "P1", "Level": "L5", "Side": "R", "Stage": "early", "Fitted": "2024-01-10"}
ROW |= {"CT date": "2024-04-10", "CT result": "healed"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Zebedee Quillon 9990110018", "number"),
        ("Stage zeb@quil.example", "e-mail"),
        ("CT date 07/03/2011 QZ1 4XY", "postcode"),
        ("dob 07/03/2011 notes", "birth date"),
        ("call 07700 900123", "telephone"),
        ("log_20240310", ""),
        ("Pars log 2023-2024", ""),
        ("Patients 2024", ""),
        ("L5 1st scan", ""),
        ("CT1 2nd read (dd/mm/yyyy)", ""),
        ("NHS number", ""),
        ("Date of birth", ""),
    ],
)
def test_what_is_withheld(name: str, kind: str) -> None:
    assert identifying_kind(name) == kind


def test_no_view_of_a_load_shows_an_identifying_sheet_file_or_header(tmp_path: Path) -> None:
    path = tmp_path / "Quillon 9990110018.xlsx"
    row = ROW | {"Stage zeb@quil.example": "early", "CT date 07/03/2011 QZ1 4XY": "x"}
    pd.DataFrame([row]).to_excel(path, sheet_name="Quillon 9990110018", index=False)
    account = po.load_records(path).intake
    shown = account.summary() + account.columns.to_csv() + account.sources.to_csv()
    shown += account.rows.to_csv() + account.cells.to_csv() + po.propose_mapping(path).summary()
    for planted in ("Quillon", "9990110018", "quil.example", "QZ1 4XY"):
        assert planted not in shown
    assert account.columns["header"].tolist()[-2:] == [
        "column H (header withheld: e-mail)",
        "column I (header withheld: postcode)",
    ]
    assert account.sources[["source", "sheet"]].to_numpy().tolist() == [
        ["file 1 (name withheld: number)", "sheet 1 (name withheld: number)"]
    ]


def test_an_error_names_the_file_by_number(tmp_path: Path) -> None:
    path = tmp_path / "Quillon 9990110018.csv"
    path.write_text("Apple,Pear\n1,2\n", encoding="utf-8")
    with pytest.raises(po.errors.SourceError) as error:
        po.load_records(path)
    assert "Quillon" not in str(error.value)


def test_a_note_in_place_of_a_header_is_withheld_unsearched():
    assert shown_header("Stage " * 20_000, 0) == "column A (header withheld: a long text)"


def test_a_note_in_place_of_a_site_is_withheld_unsearched():
    assert load_places().naming("Guy's Hospital " * 20_000) == "person"
