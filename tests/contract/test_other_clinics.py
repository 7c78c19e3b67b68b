"""Clinics other than the one the package grew up with: other headers, layouts and spellings."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.loaders.load import load_records

Rows = list[list[object]]
D = datetime.date


def workbook(path: Path, **sheets: Rows) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def pars(cohort: Cohort) -> list[tuple[object, ...]]:
    """Patient, level, side, stage and the interval of union in days, sorted."""
    frame = cohort.defects[["patient_id", "level", "side", "stage"]]
    days = cohort.defects[["interval_left_days", "interval_right_days"]]
    both = pd.concat([frame, days], axis=1).astype("object")
    both = both.where(both.notna(), None)
    return sorted(map(tuple, both.to_numpy().tolist()), key=str)


def actions(cohort: Cohort) -> dict[str, str]:
    columns = cohort.intake.columns
    return dict(zip(columns["header"], columns["action"], strict=True))


def roles(cohort: Cohort) -> dict[str, str]:
    columns = cohort.intake.columns
    return dict(zip(columns["header"], columns["becomes"], strict=True))


def unresolved(cohort: Cohort) -> list[str]:
    cells = cohort.intake.cells
    return cells.loc[cells["action"].isin(["unresolved", "conflict"]), "reason"].tolist()


def written(cohort: Cohort) -> str:
    tables = [table.to_csv() for table in cohort.tables.values()]
    account = cohort.intake
    frames = [account.sources, account.columns, account.rows, account.cells, account.checks]
    return " ".join([*tables, *(frame.to_csv() for frame in frames), repr(account)])


def test_one_row_per_scan_with_words_of_a_radiology_list(tmp_path: Path) -> None:
    """Long, one row per scan; "Pars # side", "Bony union Y/N", dates with month names."""
    source = workbook(
        tmp_path / "radiology.xlsx",
        Scans=[
            ["Lumbar stress fracture service: CT list"],
            [],
            ["Pt No", "Vertebra", "Pars # side", "Pars # stage", "Date brace fitted",
             "Prescription (weeks)", "CT performed", "Bony union Y/N", "Reported by"],
            ["C-101", "L5", "Rt", "incomplete #", "12 Jan 2024", 12, "15 Apr 2024", "N", "Dr Grey"],
            ["C-101", "L5", "Rt", "incomplete #", "12 Jan 2024", 12, "20 Jul 2024", "Y", "Dr Grey"],
            ["C-102", "L4", "Bilat", "hairline #", "2 Feb 2024", 26, "6 May 2024", "Y", "Dr Brown"],
            ["C-103", "L5 ", "lt", "complete #", "1 Mar 2024", 12, "3 Jun 2024", "No", "Dr Grey"],
        ],
    )  # fmt: skip
    cohort = load_records(source)
    assert pars(cohort) == [
        ("C-101", "L5", "right", "early", 94.0, 190.0),
        # One "Y" for two pars is a reading of the patient; no pars is counted as united by it.
        ("C-102", "L4", "left", "early", 0.0, None),
        ("C-102", "L4", "right", "early", 0.0, None),
        ("C-103", "L5", "left", "progressive", 94.0, None),
    ]
    assert cohort.episodes["prescribed_months"].tolist() == [3.0, 6.0, 3.0]
    assert "Grey" not in written(cohort)


def test_wide_visits_named_by_month_one_row_per_patient(tmp_path: Path) -> None:
    """One row per patient; the scans of three visits side by side, each with its two sides."""
    header = ["Study No", "M/F", "Age (yrs)", "Spinal level", "Left pars", "Right pars",
              "LSO fitted", "Planned months"]  # fmt: skip
    for visit in ("3/12", "6/12", "12/12"):
        header += [f"CT {visit} date", f"CT {visit} left", f"CT {visit} right"]
    source = workbook(
        tmp_path / "visits.xlsx",
        Register=[
            header,
            [1, "F", 13, "L5", "Early", "Normal", D(2023, 5, 1), 3,
             D(2023, 8, 3), "healed", None, None, None, None, None, None, None],
            [2, "M", 16, "L5", "Progressive", "Terminal", D(2023, 6, 1), 6,
             D(2023, 9, 5), "no change", "non-union", D(2023, 12, 4), "partial", "non-union",
             D(2024, 6, 3), "united", "nu"],
            [3, "M", 15, "L4", "-", "Pre-lysis", D(2023, 7, 3), 3,
             D(2023, 10, 2), None, "united", None, None, None, None, None, None],
        ],
    )  # fmt: skip
    cohort = load_records(source)
    assert pars(cohort) == [
        ("1", "L5", "left", "early", 0.0, 94.0),
        ("2", "L5", "left", "progressive", 186.0, 368.0),
        ("2", "L5", "right", "terminal", 368.0, None),
        ("3", "L4", "right", "pre_lysis", 0.0, 91.0),
    ]
    assert unresolved(cohort) == []


def test_patients_on_one_sheet_and_scans_on_another(tmp_path: Path) -> None:
    """Patients with their brace on one sheet, fractures on a second, scans on a third."""
    source = workbook(
        tmp_path / "three.xlsx",
        Patients=[
            ["Participant ID", "Sex", "Date of birth", "Main sport", "Orthosis start",
             "Orthosis end", "Status"],
            ["BK001", "Male", D(2009, 2, 3), "Fast bowler", D(2024, 1, 8), D(2024, 4, 8), "D/C"],
            ["BK002", "Female", D(2010, 7, 9), "Gym", D(2024, 2, 5), D(2024, 8, 5), "LTFU"],
        ],
        Lesions=[
            ["Participant ID", "Level of lesion", "Side of lesion", "Stage of lesion", "STIR"],
            ["BK001", "L5", "L", "E", "+"],
            ["BK002", "L5", "L", "P", "+"],
            ["BK002", "L5", "R", "E", "-"],
        ],
        Imaging=[
            ["Participant ID", "Side", "Imaging modality", "Date of imaging", "Union status"],
            ["BK001", "L", "CT", D(2024, 4, 15), "complete union"],
            ["BK002", "L", "CT", D(2024, 5, 13), "not united"],
            ["BK002", "R", "CT", D(2024, 5, 13), "complete union"],
        ],
    )  # fmt: skip
    cohort = load_records(source)
    assert pars(cohort) == [
        ("BK001", "L5", "left", "early", 0.0, 98.0),
        ("BK002", "L5", "left", "progressive", 98.0, None),
        ("BK002", "L5", "right", "early", 0.0, 98.0),
    ]
    assert cohort.episodes["sport"].tolist() == ["cricket", "gymnastics"]
    assert cohort.episodes["status"].tolist() == ["completed", "lost"]
    assert [round(age, 1) for age in cohort.episodes["age_years"]] == [14.9, 13.6]


def test_an_american_export_with_iso_dates(tmp_path: Path) -> None:
    """CSV, ISO dates, MRN as key, "Custom TLSO", "x-ray", one row per defect and scan."""
    path = tmp_path / "export.csv"
    path.write_text(
        "MRN,Gender,Age at Diagnosis,Vertebral Level,Laterality,CT Grade,Brace Start Date,"
        "Brace Type,Follow-up CT Date,Healing Status,Zip Code\n"
        "00345671,F,14,L5,Left,Early,2022-09-01,Custom TLSO,2022-12-05,Healed,60614\n"
        "00345672,M,16,L5,Right,Progressive,2022-10-03,Custom TLSO,2023-01-09,Not healed,60615\n"
        "00345672,M,16,L5,Right,Progressive,2022-10-03,Custom TLSO,2023-04-10,Partially healed,"
        "60615\n"
        "00345673,M,17,L4,Bilateral,Terminal,2022-11-01,Boston Overlap,2023-02-06,Nonunion,60616\n",
        encoding="utf-8",
    )
    cohort = load_records(path)
    assert [line[1:] for line in pars(cohort)] == [
        ("L5", "left", "early", 0.0, 95.0),
        ("L5", "right", "progressive", 189.0, None),
        # One "Nonunion" for two pars says that not both have united, not which.
        ("L4", "left", "terminal", 0.0, None),
        ("L4", "right", "terminal", 0.0, None),
    ]
    assert actions(cohort)["MRN"] == "replaced by a pseudonym"
    assert actions(cohort)["Zip Code"] == "dropped as an identifier"
    assert "0034567" not in written(cohort)
    assert cohort.episodes["brace_type"].tolist() == ["rigid_tlso", "rigid_tlso", "boston_overlap"]


def test_a_scottish_log_keyed_by_chi(tmp_path: Path) -> None:
    """The CHI number is the only key: it becomes a pseudonym and stands nowhere."""
    numbers = ["0101091235", "0202108002", "0303074009"]
    numbers = [_with_check_digit(number) for number in numbers]
    source = workbook(
        tmp_path / "glasgow.xlsx",
        Log=[
            ["CHI", "Surname", "Forename", "Level", "Side", "Stage at presentation",
             "In brace from", "In brace to", "CT date", "CT result"],
            [numbers[0], "Testperson", "One", "L5", "R", "early", D(2024, 1, 15), D(2024, 4, 15),
             D(2024, 4, 22), "Healed"],
            [numbers[1], "Testperson", "Two", "L5", "both", "progressive", D(2024, 2, 12),
             D(2024, 8, 12), D(2024, 5, 20), "Ununited"],
            [numbers[2], "Testperson", "Three", "L4", "L", "old #", D(2024, 3, 11), "still in",
             D(2024, 6, 17), "NU"],
        ],
    )  # fmt: skip
    cohort = load_records(source)
    assert [line[1:] for line in pars(cohort)] == [
        ("L5", "right", "early", 0.0, 98.0),
        ("L5", "left", "progressive", 0.0, None),
        ("L5", "right", "progressive", 0.0, None),
        ("L4", "left", "terminal", 98.0, None),
    ]
    assert actions(cohort)["CHI"] == "replaced by a pseudonym"
    assert not [text for text in (*numbers, "Testperson") if text in written(cohort)]


def _with_check_digit(number: str) -> str:
    for ninth in range(10):
        digits = [*map(int, number[:8]), ninth]
        check = (11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11) % 11
        if check < 10:
            return "".join(map(str, [*digits, check]))
    raise AssertionError


def test_names_as_a_data_base_writes_them(tmp_path: Path) -> None:
    """REDCap-like names, one row per patient, scans numbered, sides by suffix."""
    path = tmp_path / "flat.csv"
    path.write_text(
        "record_id,sex,age_at_fitting,lumbar_level,stage_left,stage_right,brace_start_date,"
        "brace_months,ct1_date,ct1_union_left,ct1_union_right,ct2_date,ct2_union_left,"
        "ct2_union_right,rts_date,comments\n"
        "1,female,12,L5,early,,2023-01-09,3,2023-04-10,complete,,,,,2023-06-01,saw mum\n"
        "2,male,15,L5,progressive,early,2023-02-06,6,2023-05-08,none,complete,2023-08-07,partial,"
        "complete,,\n"
        "3,male,14,L3,,terminal,2023-03-06,3,2023-06-05,,none,,,,,\n",
        encoding="utf-8",
    )
    cohort = load_records(path)
    assert pars(cohort) == [
        ("1", "L5", "left", "early", 0.0, 91.0),
        ("2", "L5", "left", "progressive", 182.0, None),
        ("2", "L5", "right", "early", 0.0, 91.0),
        ("3", "L3", "right", "terminal", 91.0, None),
    ]
    assert cohort.events[["type"]].to_numpy().tolist() == [["return_sport"]]
    assert actions(cohort)["comments"] == "not used"
    assert "saw mum" not in written(cohort)


def test_a_physiotherapist_s_sheet_with_weeks_and_merged_blocks(tmp_path: Path) -> None:
    """Group headers over blocks; "Weeks in brace" is worn, not prescribed; "Rx" is prescribed."""
    path = tmp_path / "physio.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Pars clinic"
    sheet.append(["Athlete", None, "Lesion", None, None, "Bracing", None, None, "Final CT", None])
    sheet.append(["Code", "Sport", "Level", "R/L", "Type", "Fitted", "Prescribed", "Weeks in brace",
                  "Date", "Result"])  # fmt: skip
    for first, last in (("A1", "B1"), ("C1", "E1"), ("F1", "H1"), ("I1", "J1")):
        sheet.merge_cells(f"{first}:{last}")
    for row in (
        ["AT01", "footy", "L5", "L", "Stress reaction", "04/09/2023", "3/12", 14, "18/12/2023",
         "Fully healed"],
        ["AT02", "cricketer", "L4/5", "R", "Incomplete", "11/09/2023", "6/12", 25, "25/03/2024",
         "Some bridging"],
        ["AT03", "dance", "L5", "L", "Incomplete", "13/09/2023", "12/52", 12, "13/12/2023", "?"],
    ):  # fmt: skip
        sheet.append(row)
    book.save(path)
    cohort = load_records(path)
    assert pars(cohort) == [
        ("AT01", "L5", "left", "pre_lysis", 0.0, 105.0),
        ("AT02", "L4", "right", "early", 196.0, None),
        ("AT03", "L5", "left", "early", 0.0, None),
    ]
    assert cohort.episodes["prescribed_months"].tolist() == [3.0, 6.0, 3.0]
    assert roles(cohort)["Bracing > Weeks in brace"] == ""


def test_a_folder_of_a_brace_book_and_a_scan_book(tmp_path: Path) -> None:
    """Two CSV files of one folder, semicolons and dots in dates, joined on the hospital number."""
    (tmp_path / "braces.csv").write_text(
        "Hosp. No.;Sex;Level;Side;Stage;Date of fitting;Length of brace\n"
        "PX001;M;L5;left;early;14.02.2024;3 months\n"
        "PX002;F;L5;right;progressive;20.02.2024;6 months\n",
        encoding="cp1252",
    )
    (tmp_path / "scans.csv").write_text(
        "Hosp. No.;Scan date;Union?\nPX001;20.05.2024;Yes\nPX002;27.05.2024;No\n",
        encoding="cp1252",
    )
    cohort = load_records(tmp_path)
    assert pars(cohort) == [
        ("PX001", "L5", "left", "early", 0.0, 96.0),
        ("PX002", "L5", "right", "progressive", 97.0, None),
    ]
