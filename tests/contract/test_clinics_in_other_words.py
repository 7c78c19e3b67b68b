"""Clinics that keep the same facts in words and layouts that no list holds word for word."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import RecordsError
from parsoutcomes.loaders.load import load_records
from parsoutcomes.loaders.mapping_proposal import propose_mapping

Rows = Sequence[Sequence[object]]
D = datetime.date


def workbook(path: Path, merged: Sequence[str] = (), **sheets: Rows) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cells in merged:
            sheet.merge_cells(cells)
    book.save(path)
    return path


def text_file(path: Path, rows: Rows) -> Path:
    with path.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows(rows)
    return path


def pars(cohort: Cohort) -> list[tuple[object, ...]]:
    """Patient, level, side and stage of every pars, sorted."""
    frame = cohort.defects[["patient_id", "level", "side", "stage"]].astype("object")
    return sorted(map(tuple, frame.where(frame.notna(), None).to_numpy().tolist()), key=str)


def readings(cohort: Cohort) -> list[tuple[object, ...]]:
    """Patient, side, day and union of every reading of one pars, sorted."""
    known = cohort.defects[["defect_id", "patient_id", "side"]]
    both = cohort.readings.drop(columns="patient_id").merge(known, on="defect_id")
    days = both["scan_date"].astype("string").str[:10]
    lines = zip(both["patient_id"], both["side"], days, both["union_status"], strict=True)
    return sorted(tuple(map(str, line)) for line in lines)


def one(cohort: Cohort, column: str) -> list[object]:
    return cohort.episodes[column].tolist()


def everything_kept(cohort: Cohort) -> str:
    account = cohort.intake
    frames = [account.columns, account.rows, account.cells, account.checks]
    return " ".join(frame.to_csv() for frame in (*cohort.tables.values(), *frames))


def test_a_private_orthotist_with_a_sheet_per_year_and_both_sides_in_one_cell(
    tmp_path: Path,
) -> None:
    groups = ["Patient", None, None, "Lesion", None, None, None, "Brace", None, "CT @ 3/12", None]
    header = ["Pt ref", "Name", "DOB", "Level", "L/R/Bilat", "MRI oedema Y/N", "CT grade",
              "Fit date", "Duration", "Date", "Result"]  # fmt: skip
    first = ["ORT/1", "Ann Fairweather", D(2008, 3, 1), "L 5", "BL", "Y", "L Early / R Prog",
             D(2021, 5, 4), "3/12", D(2021, 8, 10), "L united, R partial"]  # fmt: skip
    second = ["ORT/2", "Tom Ravenscroft", D(2007, 9, 9), "L4", "Rt", "Y", "Early",
              D(2022, 6, 13), "6/12", D(2022, 9, 20), "Not united"]  # fmt: skip
    source = workbook(
        tmp_path / "brace clinic.xlsx",
        merged=("A3:C3", "D3:G3", "H3:I3", "J3:K3"),
        **{"2021": [["Spinal brace clinic 2021"], [], groups, header, first],
           "2022": [["Spinal brace clinic 2022"], [], groups, header, second]},
    )  # fmt: skip
    cohort = load_records(source)
    assert pars(cohort) == [
        ("ORT/1", "L5", "left", "early"),
        ("ORT/1", "L5", "right", "progressive"),
        ("ORT/2", "L4", "right", "early"),
    ]
    assert readings(cohort) == [
        ("ORT/1", "left", "2021-08-10", "complete"),
        ("ORT/1", "right", "2021-08-10", "partial"),
        ("ORT/2", "right", "2022-09-20", "none"),
    ]
    assert one(cohort, "prescribed_months") == [3.0, 6.0]
    assert "Fairweather" not in everything_kept(cohort)


def test_scans_that_name_a_fracture_by_its_number_within_the_patient(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    tables: dict[str, Rows] = {
        "people": [["Patient code", "Born", "Sex"],
                   ["SPX1", "03 Feb 2008", "Boy"], ["SPX2", "19 Jul 2007", "Girl"]],
        "lesions": [["Patient code", "Lesion no", "Site of lysis", "Side of lysis",
                     "Radiological stage"],
                    ["SPX1", 1, "L5 pars", "LHS", "Early"],
                    ["SPX1", 2, "L5 pars", "RHS", "Progressive"],
                    ["SPX2", 1, "L4 pars", "RHS", "Prelysis"]],
        "imaging": [["Patient code", "Lesion no", "Imaged on", "Technique", "Reported outcome"],
                    ["SPX1", 1, "21 Aug 2023", "CT L-spine", "Complete bony union"],
                    ["SPX1", 2, "21 Aug 2023", "CT L-spine", "No bony union"],
                    ["SPX2", 1, "30 Aug 2023", "CT L-spine", "Bony union, partial"]],
        "orthoses": [["Patient code", "Supplied on", "Prescribed", "Discontinued on"],
                     ["SPX1", "15 May 2023", "3/12 rigid", "14 Aug 2023"],
                     ["SPX2", "29 May 2023", "6 months full time", "27 Nov 2023"]],
    }  # fmt: skip
    for name, rows in tables.items():
        text_file(folder / f"{name}.csv", rows)
    cohort = load_records(folder)
    assert pars(cohort) == [
        ("SPX1", "L5", "left", "early"),
        ("SPX1", "L5", "right", "progressive"),
        ("SPX2", "L4", "right", "pre_lysis"),
    ]
    assert readings(cohort) == [
        ("SPX1", "left", "2023-08-21", "complete"),
        ("SPX1", "right", "2023-08-21", "none"),
        ("SPX2", "right", "2023-08-30", "partial"),
    ]
    assert one(cohort, "prescribed_months") == [3.0, 6.0]
    remarks = " ".join(cohort.intake.cautions)
    assert '"Site of lysis", "Side of lysis" looked up by the number of the fracture' in remarks


def test_a_fracture_number_that_stands_twice_is_not_looked_up(tmp_path: Path) -> None:
    source = workbook(
        tmp_path / "numbers.xlsx",
        Fractures=[["FractureID", "PatientID", "Level", "Side", "Stage", "Date fitted"],
                   ["FX1", "P1", "L5", "Left", "Early", D(2023, 5, 15)],
                   ["FX2", "P2", "L5", "Left", "Early", D(2023, 5, 16)],
                   ["FX2", "P3", "L4", "Right", "Early", D(2023, 5, 17)]],
        Scans=[["FractureID", "ScanDate", "Healing"],
               ["FX1", D(2023, 8, 20), "Complete union"],
               ["FX2", D(2023, 8, 21), "Complete union"]],
    )  # fmt: skip
    cohort = load_records(source)
    assert readings(cohort) == [("P1", "left", "2023-08-20", "complete")]
    rows = cohort.intake.rows
    assert rows.loc[rows["sheet"] == "Scans", "reason"].tolist()[-1] == "no patient key"


def test_a_registry_whose_headers_explain_their_codes(tmp_path: Path) -> None:
    source = text_file(
        tmp_path / "registry.csv",
        [["Registry no.", "Sex (1 = male; 2 = female)", "Age when braced", "Vertebra (L)",
          "Body side [1=left, 2=right]", "Stage: 0=pre-lysis, 1=early, 2=progressive, 3=terminal",
          "Planned bracing (months)", "Scan 1 - days from fitting",
          "Scan 1 - union (0=none, 1=partial, 2=complete, 9=not done)"],
         ["5001", 2, "14 6/12", 5, 1, 0, 3, 92, 2],
         ["5002", 1, "15+3", 4, 2, 1, 6, 95, 1],
         ["5003", 1, "13y 0m", 5, 2, 2, 6, "", 9]],
    )  # fmt: skip
    cohort = load_records(source)
    assert pars(cohort) == [
        ("5001", "L5", "left", "pre_lysis"),
        ("5002", "L4", "right", "early"),
        ("5003", "L5", "right", "progressive"),
    ]
    assert one(cohort, "sex") == ["female", "male", "male"]
    assert one(cohort, "age_years") == [14.5, 15.25, 13.0]
    found = cohort.readings[["days_since_fitting", "union_status"]].to_numpy().tolist()
    assert found == [[92.0, "complete"], [95.0, "partial"]]


def test_a_consultants_list_of_right_and_left_columns(tmp_path: Path) -> None:
    header = ["Our ref", "NHS no.", "D.O.B", "Motion segment", "Pars (R)", "Pars (L)",
              "Brace supplied", "Prescribed wear", "Interval CT 1", "Interval CT 1 R pars",
              "Interval CT 1 L pars", "Interval CT 2", "Interval CT 2 R pars",
              "Interval CT 2 L pars", "Where now"]  # fmt: skip
    source = workbook(
        tmp_path / "list.xlsx",
        Sheet1=[
            header,
            ["SC1", "999 000 0018", "13.04.08", "L5/S1", "incomplete #", "intact", "02.05.22",
             "3 mths FT", "15.08.22", "solid", None, "awaiting", None, None, "D/C"],
            ["SC2", "999 000 0026", "30.11.06", "L4", "complete #", "pre-lytic", "16.05.22",
             "6 mths FT", "22.08.22", "no bony union", "solid", "21.11.22", "incomplete union",
             "solid", "Listed for repair"],
            ["SC3", "999 000 0034", "01.02.07", "L5", "n/a", "early", "23.05.22", "3 mths FT",
             "29.08.22", None, "incomplete union", "not req", None, None, "Under review"],
        ],
    )  # fmt: skip
    cohort = load_records(source)
    assert pars(cohort) == [
        ("SC1", "L5", "right", "early"),
        ("SC2", "L4", "left", "pre_lysis"),
        ("SC2", "L4", "right", "progressive"),
        # "n/a" beside a staged side is a side without a fracture.
        ("SC3", "L5", "left", "early"),
    ]
    assert len(readings(cohort)) == 6
    assert one(cohort, "status") == ["completed", "in_follow_up", "in_follow_up"]
    assert one(cohort, "prescribed_months") == [3.0, 6.0, 3.0]
    assert [int(float(str(age))) for age in one(cohort, "age_years")] == [14, 15, 15]
    assert "0018" not in everything_kept(cohort)


def test_a_site_in_one_cell_and_only_the_final_ct(tmp_path: Path) -> None:
    header = ["Patient code", "Diagnosis", "Oedema on MRI (L)", "Oedema on MRI (R)",
              "CT fracture (L)", "CT fracture (R)", "Supply date", "Prescription", "Final CT",
              "United L", "United R"]  # fmt: skip
    source = workbook(
        tmp_path / "final.xlsx",
        Register=[
            header,
            ["KH1", "left L5 pars defect", "Yes", "No", "early", "nil", D(2023, 3, 13),
             "3/12 full time", D(2023, 9, 18), "Yes", "N/A"],
            ["KH2", "L4 bilateral spondylolysis", "Yes", "Yes", "no fracture line", "progressive",
             D(2023, 4, 14), "6/12 full time", D(2023, 10, 30), "Yes", "Partial"],
        ],
    )  # fmt: skip
    cohort = load_records(source)
    assert pars(cohort) == [
        ("KH1", "L5", "left", "early"),
        ("KH2", "L4", "left", "pre_lysis"),
        ("KH2", "L4", "right", "progressive"),
    ]
    assert readings(cohort) == [
        ("KH1", "left", "2023-09-18", "complete"),
        ("KH2", "left", "2023-10-30", "complete"),
        ("KH2", "right", "2023-10-30", "partial"),
    ]
    assert set(cohort.readings["modality"]) == {"CT"}
    assert cohort.intake.checks.empty


def radiology_list(path: Path) -> Path:
    """A list whose "Report" is said to be union by no header, with a stage of another school."""
    header = ["ID", "Level", "Side", "Stage", "Bracing commenced", "Intended brace duration",
              "Date scanned", "Scan modality", "Report"]  # fmt: skip
    rows = [
        ["SP1", "L5", "Lt", "late early", "12/01/2023", "3m", "20/04/2023", "CT", "healed"],
        ["SP2", "L5", "Rt", "late early", "15/02/2023", "3m", "22/05/2023", "CT",
         "fracture line persists"],
        ["SP3", "L4", "Lt", "early", "20/03/2023", "6m", "26/06/2023", "CT",
         "bony bridging complete"],
        ["SP4", "L4", "Rt", "late early", "21/03/2023", "6m", "27/06/2023", "CT", "see PACS"],
    ]  # fmt: skip
    return text_file(path, [header, *rows])


def test_a_question_is_answered_in_the_file_that_asks_it(tmp_path: Path) -> None:
    source = radiology_list(tmp_path / "radiology.csv")
    with pytest.raises(RecordsError, match='"Report", perhaps union status'):
        load_records(source)
    answers = propose_mapping(source).write(tmp_path / "mapping.yaml")
    text = answers.read_text(encoding="utf-8")
    assert '"late early": ""' in text
    text = text.replace("role: undecided  # perhaps union_status", "role: union_status")
    answers.write_text(text.replace('"late early": ""', '"late early": early'), encoding="utf-8")
    cohort = load_records(source, mapping=answers)
    assert [stage for *_, stage in pars(cohort)] == ["early"] * 4
    assert readings(cohort) == [
        ("SP1", "left", "2023-04-20", "complete"),
        ("SP2", "right", "2023-05-22", "none"),
        ("SP3", "left", "2023-06-26", "complete"),
    ]
    cells = cohort.intake.cells
    assert (cells["reason"] == "spelling not known").sum() == 1
