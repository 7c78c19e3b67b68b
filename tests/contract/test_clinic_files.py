"""One drawn cohort, kept three messy ways: each loads to the truth that was drawn."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.loaders.load import load_records

CLINIC = Path(__file__).parents[2] / "data" / "synthetic" / "clinic"
PARS = ["patient_id", "level", "side"]
DATES = ["fitted_date", "brace_end_date", "last_contact_date", "surgery_date"]
IDENTIFIERS = ("NHS No", "Name", "DOB")


@pytest.fixture(scope="module")
def log() -> Cohort:
    return load_records(CLINIC / "clinic_log.xlsx")


@pytest.fixture(scope="module")
def long() -> Cohort:
    return load_records(CLINIC / "defects_long.csv")


@pytest.fixture(scope="module")
def simple() -> Cohort:
    return load_records(CLINIC / "simple.csv")


def truth(name: str) -> pd.DataFrame:
    frame = pd.read_csv(CLINIC / f"truth_{name}.csv")
    for column in [*DATES, "scan_date"]:
        if column in frame:
            frame[column] = pd.to_datetime(frame[column]).astype("datetime64[ns]")
    return frame


def _rows(frame: pd.DataFrame, columns: list[str]) -> list[tuple[object, ...]]:
    plain = frame[columns].astype("object").where(frame[columns].notna(), None)
    return sorted(map(tuple, plain.to_numpy().tolist()), key=str)


def _readings(cohort: Cohort) -> pd.DataFrame:
    return cohort.readings.merge(cohort.defects[["defect_id", "level", "side"]], on="defect_id")


def test_the_workbook_holds_72_patients_and_116_pars(log: Cohort) -> None:
    assert (log.n_patients, log.n_episodes, log.n_defects) == (72, 72, 116)
    assert len(log.readings) == 246
    assert log.data_lock == pd.Timestamp("2026-09-30")


@pytest.mark.parametrize("source", ["log", "long"])
def test_every_pars_has_its_true_stage_and_interval(
    source: str, request: pytest.FixtureRequest
) -> None:
    cohort: Cohort = request.getfixturevalue(source)
    columns = ["defect_id", *PARS, "stage", "ct_stage", "interval_left_days"]
    columns += ["interval_right_days"] + (["stir"] if source == "long" else [])
    assert _rows(cohort.defects, columns) == _rows(truth("defects"), columns)


@pytest.mark.parametrize("source", ["log", "long"])
def test_every_reading_has_its_true_day_and_status(
    source: str, request: pytest.FixtureRequest
) -> None:
    readings = _readings(request.getfixturevalue(source))
    columns = [*PARS, "scan_date", "modality", "union_status"]
    assert _rows(readings, columns) == _rows(truth("readings"), columns)


def test_the_workbook_gives_every_course_of_treatment_as_drawn(log: Cohort) -> None:
    columns = ["episode_id", "patient_id", "sex", "sport", "prescribed_months", "status", *DATES]
    assert _rows(log.episodes, columns) == _rows(truth("episodes"), columns)


def test_age_is_worked_out_from_the_birth_date(log: Cohort) -> None:
    both = log.episodes.merge(truth("episodes"), on="patient_id", suffixes=("", "_true"))
    assert (both["age_years"] - both["age_years_true"]).abs().max() < 0.1


def test_the_brace_is_as_drawn_except_where_boston_is_written_without_overlap(
    log: Cohort,
) -> None:
    both = log.episodes.merge(truth("episodes"), on="patient_id", suffixes=("", "_true"))
    other = both[both["brace_type"] != both["brace_type_true"]]
    assert other["patient_id"].tolist() == ["P0009", "P0029"]
    assert set(other["brace_type"]) == {"boston"}


def test_the_long_file_gives_sex_age_fitting_and_months_as_drawn(long: Cohort) -> None:
    columns = ["patient_id", "sex", "age_years", "fitted_date", "prescribed_months"]
    assert _rows(long.episodes, columns) == _rows(truth("episodes"), columns)


def test_direct_identifiers_are_dropped_and_named_as_dropped(log: Cohort) -> None:
    columns = log.intake.columns
    for header in IDENTIFIERS:
        actions = columns.loc[columns["header"] == f"Patient > {header}", "action"]
        assert set(actions) <= {"dropped as an identifier", "used and dropped"}
        assert len(actions) == 4
    everything = " ".join(table.to_csv() for table in log.tables.values())
    assert "Patient 1" not in everything
    assert "999" not in everything


def test_study_numbers_are_kept_since_they_are_no_identifiers(log: Cohort) -> None:
    assert set(log.episodes["patient_id"]) == set(truth("episodes")["patient_id"])
    keys = log.intake.columns.query("header == 'Patient > Hosp No'")
    assert set(keys["reason"]) == {"study numbers, kept"}


def test_two_levels_of_one_patient_are_no_duplicate_and_the_score_conflict_is_listed(
    log: Cohort,
) -> None:
    own = log.defects.query("patient_id == 'P0070'")
    assert own["defect_id"].tolist() == ["P0070-1-L3-left", "P0070-1-L3-right", "P0070-1-L5-right"]
    conflicts = log.intake.cells.query("action == 'conflict'")
    assert conflicts[["sheet", "row_number", "header"]].to_numpy().tolist() == [
        ["2025", 27, "Follow up > VAS 3/12"]
    ]


def test_contradictions_kept_on_purpose_are_flagged_by_row(log: Cohort) -> None:
    checks = log.intake.checks
    assert checks[["check", "severity", "sheet", "row_number"]].to_numpy().tolist() == [
        ["brace_end_unknown", "flags", "2023", 5],
        ["brace_end_unknown", "flags", "2023", 12],
        ["brace_end_after_last_contact", "flags", "2024", 15],
        ["brace_end_after_last_contact", "flags", "2024", 21],
        ["brace_end_after_last_contact", "flags", "2024", 27],
        ["surgery_after_union", "flags", "2025", 15],
    ]
    flagged = {"P0028", "P0058", "P0067", "P0038"}
    assert flagged <= set(log.episodes["patient_id"])


def test_scores_before_treatment_and_at_three_months_are_kept(log: Cohort) -> None:
    scores = log.scores
    assert set(scores["instrument"]) == {"pain_nrs"}
    first = scores.query("patient_id == 'P0001'")[["timepoint", "value"]]
    assert first.to_numpy().tolist() == [["baseline", 9.0], ["3 months", 0.0]]


@pytest.mark.parametrize("source", ["log", "long", "simple"])
def test_every_row_is_used_or_set_aside_with_a_reason(
    source: str, request: pytest.FixtureRequest
) -> None:
    intake = request.getfixturevalue(source).intake
    sources, rows = intake.sources, intake.rows
    assert (sources["n_rows"] == sources["n_rows_used"] + sources["n_rows_set_aside"]).all()
    below = rows[rows["action"].isin(["used", "set aside"])]
    assert len(below) == sources["n_rows"].sum()
    assert (rows.loc[rows["action"] != "used", "reason"] != "").all()


@pytest.mark.parametrize("source", ["log", "long", "simple"])
def test_every_filled_cell_of_a_used_column_is_accounted_for(
    source: str, request: pytest.FixtureRequest
) -> None:
    columns = request.getfixturevalue(source).intake.columns
    used = columns[columns["becomes"] != ""]
    outcomes = ["n_read", "n_flagged", "n_missing", "n_unresolved", "n_set_aside"]
    assert (used["n_filled"] == used[outcomes].sum(axis=1)).all()


def test_blank_rows_totals_and_the_key_sheet_are_set_aside_by_name(log: Cohort) -> None:
    aside = log.intake.rows.query("action == 'set aside'")
    assert aside["reason"].value_counts().to_dict() == {
        "blank row": 7,
        "totals row": 4,
        "no recognisable header: not records": 2,
    }


def test_the_account_reads_as_text_and_in_a_notebook(log: Cohort) -> None:
    assert "4 sheets with records: 73 rows used, 13 set aside" in log.intake.summary()
    assert "Data lock 30 September 2026 (the latest date in the source)" in log.intake.summary()
    assert "<table" in log.intake._repr_html_()
    assert len(log.intake.sha256) == 64


def test_one_row_per_patient_gives_readings_of_the_patient_as_a_whole(simple: Cohort) -> None:
    source = pd.read_csv(CLINIC / "simple.csv")
    assert simple.n_patients == len(source) == 69
    assert set(simple.readings["scope"]) == {"patient"}
    bilateral = source["Laterality"].eq("bilateral").sum()
    assert simple.n_defects == 69 + bilateral
    assert set(simple.defects["laterality"]) == {"unilateral", "bilateral"}
    assert simple.defects["stage"].isna().all()
    assert simple.readings["union_status"].eq("complete").sum() == source["Union"].eq("yes").sum()


def test_months_to_the_last_scan_stand_for_its_date(simple: Cohort) -> None:
    first = simple.readings.query("patient_id == 'P0002'").iloc[0]
    assert first["days_since_fitting"] == round(5.9 * 30.4375)
    assert first["union_status"] == "complete"
    assert simple.episodes["fitted_date"].isna().all()


def test_loading_twice_gives_the_same_tables(log: Cohort) -> None:
    again = load_records(CLINIC / "clinic_log.xlsx")
    for name, frame in log.tables.items():
        pd.testing.assert_frame_equal(frame, again.tables[name])
    assert again.intake.summary() == log.intake.summary()
