"""One row, one meaning: which pars and readings a row of a clinic's sheet gives."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.loaders.load import load_records


def load(header: str, *rows: str, **arguments: object) -> Cohort:
    cells = [[cell.strip() or None for cell in row.split("|")] for row in rows]
    frame = pd.DataFrame(cells, columns=[name.strip() for name in header.split("|")])
    return load_records(frame, **arguments)  # type: ignore[arg-type]


def pars(cohort: Cohort) -> list[tuple[str, str | None]]:
    return list(zip(cohort.defects["defect_id"], cohort.defects["stage"], strict=True))


def checks(cohort: Cohort) -> list[str]:
    return cohort.intake.checks["check"].tolist()


SIDED = "Study ID | Level | Side | Stage R | Stage L | Fitted"


@pytest.mark.parametrize(
    ("row", "expected", "found"),
    [
        ("P1 | L5 | both | E | P | 13/03/24", [("left", "progressive"), ("right", "early")], []),
        ("P1 | L5 | R | E | normal | 13/03/24", [("right", "early")], []),
        ("P1 | L5 | R | E | | 13/03/24", [("right", "early")], []),
        ("P1 | L5 | | E | | 13/03/24", [("right", "early")], []),
        ("P1 | L5 | both | E | | 13/03/24", [("left", None), ("right", "early")],
         ["side_without_stage"]),
        ("P1 | L5 | R | E | P | 13/03/24", [("left", "progressive"), ("right", "early")],
         ["stage_without_side"]),
        ("P1 | L5 | both | E | normal | 13/03/24", [("right", "early")],
         ["side_without_fracture"]),
        ("P1 | L5 | | - | normal | 13/03/24", [], ["no_defect_recorded"]),
    ],
)  # fmt: skip
def test_stage_columns_per_side_say_which_pars_are_fractured(
    row: str, expected: list[tuple[str, str | None]], found: list[str]
) -> None:
    cohort = load(SIDED, row)
    assert pars(cohort) == [(f"P1-1-L5-{side}", stage) for side, stage in expected]
    assert checks(cohort) == found


def test_one_stage_for_both_sides_is_taken_for_both_and_flagged() -> None:
    cohort = load("Study ID | Level | Side | Stage", "P1 | L5 | B/L | early")
    assert pars(cohort) == [("P1-1-L5-left", "early"), ("P1-1-L5-right", "early")]
    assert "one_stage_two_sides" in checks(cohort)


def test_ct_and_mri_together_make_the_stage() -> None:
    cohort = load(
        "Study ID | Level | Side | ct_stage | STIR | Fitted",
        "P1 | L5 | L | no fracture line | present | 13/03/24",
        "P2 | L5 | L | no fracture line | absent | 13/03/24",
        "P3 | L5 | L | no fracture line | | 13/03/24",
        "P4 | L5 | L | early | absent | 13/03/24",
    )
    assert pars(cohort) == [
        ("P1-1-L5-left", "pre_lysis"),
        ("P3-1-L5-left", None),
        ("P4-1-L5-left", "early"),
    ]
    assert "no_line_no_oedema" in checks(cohort)


def test_several_levels_in_one_cell_share_no_stage() -> None:
    cohort = load("Study ID | Level | Side | Stage | Fitted", "P1 | L4, L5 | L | early | 13/03/24")
    assert pars(cohort) == [("P1-1-L4-left", None), ("P1-1-L5-left", None)]
    assert "several_levels_one_row" in checks(cohort)


WIDE = "Study ID | Level | Side | Stage | Fitted | CT 1 date | CT 1 | CT 2 date | CT 2"


def test_a_row_again_with_one_more_scan_is_joined_with_the_earlier_one() -> None:
    header = WIDE.replace("CT 1 |", "CT 1 result |").replace("| CT 2", "| CT 2", 1)
    first = "P1 | L5 | L | early | 13/03/2024 | 15/06/2024 | NU | | "
    again = "P1 | L5 | L | early | 13/03/2024 | 15/06/2024 | NU | 18/09/2024 | healed"
    cohort = load(header, first, again)
    assert cohort.defects["interval_right_days"].tolist() == [189.0]
    assert checks(cohort) == ["repeated_pars", "duplicated_reading"]


def test_one_status_for_two_pars_is_of_the_patient_as_a_whole() -> None:
    cohort = load(
        "Study ID | Level | Side | Fitted | CT date | Union",
        "P1 | L5 | both | 13/03/2024 | 15/06/2024 | no",
    )
    assert cohort.readings[["scope", "defect_id"]].to_numpy().tolist() == [["patient", None]]


def test_a_planned_visit_stands_for_a_date_that_is_missing_and_is_flagged() -> None:
    cohort = load(
        "Study ID | Level | Side | Stage | Fitted | 3 month CT | 6 month CT",
        "P1 | L5 | L | early | 13/03/2024 | NU | healed",
    )
    assert cohort.readings["days_since_fitting"].tolist() == [91.0, 183.0]
    assert checks(cohort) == ["scan_day_nominal"] * 2


def test_patients_and_scans_in_two_sheets_are_joined_on_the_key(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["MRN", "Sex", "Brace fitted", "Level", "Laterality", "Stage"])
    book.active.append(["RXH123456", "f", "13/03/2024", "L5", "Left", "early"])
    scans = book.create_sheet("Scans")
    scans.append(["MRN", "Scan date", "Side", "Result"])
    scans.append(["RXH123456", "15/06/2024", "L", "healed"])
    book.save(tmp_path / "log.xlsx")
    cohort = load_records(tmp_path / "log.xlsx")
    assert cohort.defects["interval_right_days"].tolist() == [94.0]
    assert cohort.episodes["patient_id"].tolist() == ["patient-0001"]


def test_a_mapping_names_what_the_vocabulary_does_not_know() -> None:
    header, row = "Chart | Lvl xx | Flank | Fitted", "P1 | L5 | left | 13/03/2024"
    cohort = load(header, row, mapping={"Chart": "patient_id", "Lvl xx": "level", "Flank": "side"})
    assert pars(cohort) == [("P1-1-L5-left", None)]
    assert set(cohort.intake.columns["reason"]) >= {"mapping given"}


def test_an_nhs_number_as_key_becomes_a_pseudonym() -> None:
    cohort = load(
        "NHS number | Level | Side | Stage | Fitted",
        "9990110018 | L5 | L | early | 13/03/2024",
        "9990110026 | L5 | R | early | 14/03/2024",
    )
    assert cohort.episodes["patient_id"].tolist() == ["patient-0001", "patient-0002"]
    assert cohort.intake.columns["action"].tolist()[0] == "replaced by a pseudonym"


@pytest.mark.parametrize("stray", ["Zebedee Quillon", "999 011 0018", "zeb@quil.example"])
def test_one_identifier_among_study_numbers_turns_all_keys_into_pseudonyms(stray: str) -> None:
    keys = [*(f"P{n:03d}" for n in range(11)), stray]
    rows = [f"{key} | L5 | L | early | 13/03/2024" for key in keys]
    cohort = load("Study ID | Level | Side | Stage | Fitted", *rows)
    assert cohort.episodes["patient_id"].tolist() == [f"patient-{n:04d}" for n in range(1, 13)]
    assert cohort.intake.columns["action"].tolist()[0] == "replaced by a pseudonym"


def test_a_surname_with_a_number_is_no_study_number() -> None:
    rows = [f"Quillon{n} | L5 | L | early | 13/03/2024" for n in range(12)]
    cohort = load("Study ID | Level | Side | Stage | Fitted", *rows)
    assert not cohort.episodes["patient_id"].str.contains("quillon", case=False).any()


def test_keys_of_two_sheets_still_join_when_one_sheet_holds_an_identifier(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "log.xlsx") as book:
        fitted = {"Level": "L5", "Side": "L", "Stage": "early", "Fitted": "13/03/2024"}
        keys = ["P1", "Zebedee Quillon"]
        pd.DataFrame({"Study ID": keys, **fitted}).to_excel(book, sheet_name="A", index=False)
        scans = {"Study ID": ["P1"], "Scan date": ["15/06/2024"], "Result": ["healed"]}
        pd.DataFrame(scans).to_excel(book, sheet_name="B", index=False)
    cohort = load_records(tmp_path / "log.xlsx")
    assert cohort.episodes["patient_id"].tolist() == ["patient-0001", "patient-0002"]
    assert cohort.defects["interval_right_days"].tolist()[0] == 94.0


def test_a_status_without_level_or_side_is_of_the_pars_recorded_elsewhere(
    tmp_path: Path,
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Study ID", "Brace fitted", "Level", "Side", "Stage"])
    book.active.append(["P1", "13/03/2024", "L5", "both", "early"])
    book.active.append(["P2", "13/03/2024", "L5", "left", "early"])
    scans = book.create_sheet("Scans")
    scans.append(["Study ID", "Scan date", "Union"])
    scans.append(["P1", "15/06/2024", "healed"])
    scans.append(["P2", "15/06/2024", "healed"])
    book.save(tmp_path / "log.xlsx")
    readings = load_records(tmp_path / "log.xlsx").readings
    assert readings[["patient_id", "scope", "defect_id"]].to_numpy().tolist() == [
        ["P1", "patient", None],
        ["P2", "patient", "P2-1-L5-left"],
    ]
