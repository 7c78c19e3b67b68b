"""Files that number the same patients differently are joined by the file that holds both."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsoutcomes.loaders.joining import join_keys
from parsoutcomes.loaders.load import load_records

FITTED = "Study number,NHS number,Brace fitted,Level,Side,Stage\n"
FITTED += "P0001,999 011 0018,2024-03-01,L5,left,early\n"
FITTED += "P0002,999 011 0026,2024-05-01,L5,right,early\n"
SCANS = "NHS number,Scan date,Union left,Union right\n"
SCANS += "9990110018,2024-06-01,healed,\n9990110026,2024-08-01,,no\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "fitted.csv").write_text(FITTED, encoding="utf-8")
    (tmp_path / "scans.csv").write_text(SCANS, encoding="utf-8")
    return tmp_path


def test_scans_kept_by_another_number_reach_their_patients(folder) -> None:
    cohort = load_records(folder)
    assert cohort.episodes["patient_id"].tolist() == ["P0001", "P0002"]
    assert cohort.defects["interval_right_days"].fillna(-1).tolist() == [92, -1]
    assert "9990110018" not in "".join(table.to_csv() for table in cohort.tables.values())


def test_a_number_that_no_file_explains_is_no_patient(folder) -> None:
    (folder / "scans.csv").write_text(SCANS + "9990110034,2024-06-01,healed,\n", encoding="utf-8")
    cohort = load_records(folder)
    assert cohort.n_patients == 2
    rows = cohort.intake.rows
    aside = rows[rows["action"].eq("set aside")]
    assert aside[["source", "row_number", "reason"]].to_numpy().tolist() == [
        ["scans.csv", 4, "no patient key"]
    ]


def test_a_number_beside_two_keys_joins_neither(folder) -> None:
    (folder / "fitted.csv").write_text(FITTED.replace("011 0026", "011 0018"), encoding="utf-8")
    cohort = load_records(folder)
    assert cohort.n_patients == 2
    assert cohort.readings.empty


def test_sheets_of_different_years_are_left_as_they_are(folder) -> None:
    later = FITTED.replace("P000", "P010").replace("999 011", "999 012")
    (folder / "scans.csv").write_text(later, encoding="utf-8")
    assert load_records(folder).n_patients == 4


def test_one_sheet_is_left_as_it_is() -> None:
    assert join_keys([]) == ()
