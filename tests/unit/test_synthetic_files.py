"""The committed cohorts, their rebuilding byte for byte, and the embedded demonstration."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.errors import SourceError
from parsoutcomes.schema.tables import TABLES
from parsoutcomes.synthetic.demo import demo_workbook
from parsoutcomes.synthetic.files import LONG_FILE, tabulate_long, write_cohort

DATA = Path(__file__).parents[2] / "data" / "synthetic"
COMMITTED = {"cohort_40": 40, "cohort_200": 200}
SEED = 7


@pytest.mark.parametrize("folder", COMMITTED)
def test_the_committed_cohorts_are_rebuilt_byte_for_byte(folder, tmp_path):
    written = write_cohort(po.simulate_cohort(COMMITTED[folder], seed=SEED), tmp_path)
    kept = {path.name: path.read_bytes() for path in (DATA / folder).iterdir()}
    assert {path.name: path.read_bytes() for path in written} == kept


@pytest.mark.parametrize("folder", COMMITTED)
def test_the_readme_states_their_numbers(folder):
    cohort = po.simulate_cohort(COMMITTED[folder], seed=SEED)
    line = next(
        line
        for line in (DATA / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| `{folder}/`")
    )
    stated = [int(number) for number in re.findall(r"(?<=\| )\d+(?= \|)", line)]
    assert stated == [
        SEED,
        cohort.n_patients,
        cohort.n_defects,
        len(cohort.readings),
        cohort.defects["interval_right_days"].notna().sum(),
        cohort.truth["defects"]["unites"].sum(),
        cohort.episodes["surgery_date"].notna().sum(),
        cohort.episodes["status"].eq("lost").sum(),
    ]


def test_tables_written_have_declared_columns_and_no_derived_or_empty_one(tmp_path):
    for path in write_cohort(po.simulate_cohort(30, seed=1), tmp_path):
        frame = pd.read_csv(path)
        assert not frame.isna().all().any(), path.name
        if path.stem in TABLES:
            given = {c.name for c in TABLES[path.stem].columns if not c.derived}
            assert set(frame.columns) <= given


def test_bytes_have_no_carriage_return_and_dates_are_iso(tmp_path):
    paths = write_cohort(po.simulate_cohort(10, seed=1), tmp_path)
    assert all(b"\r" not in path.read_bytes() for path in paths)
    fitted = pd.read_csv(tmp_path / "episodes.csv")["fitted_date"]
    assert fitted.str.fullmatch(r"\d{4}-\d{2}-\d{2}").all()


def test_a_pars_without_any_scan_keeps_one_row_in_the_long_file():
    cohort = po.simulate_cohort(
        10,
        seed=1,
        attendance=0.0,
        surgery_per_year=0.0,
        symptom_scan_not_united=0.0,
        symptom_scan_united=0.0,
    )
    long = tabulate_long(cohort)
    assert len(long) == cohort.n_defects
    assert long["union"].isna().all()


@pytest.mark.parametrize("folder", COMMITTED)
def test_the_long_file_reads_back_to_the_same_pars_intervals_and_surgery(folder):
    drawn = po.simulate_cohort(COMMITTED[folder], seed=SEED)
    loaded = po.load_records(DATA / folder / LONG_FILE, data_lock="2026-03-31")
    keys = ["patient_id", "level", "side"]
    columns = [
        *keys,
        "stage",
        "stir",
        "laterality",
        "contralateral_stage",
        "interval_left_days",
        "interval_right_days",
    ]
    pd.testing.assert_frame_equal(
        loaded.defects[columns].sort_values(keys, ignore_index=True),
        drawn.defects[columns].sort_values(keys, ignore_index=True),
    )
    for definition in ("complete", "partial_or_better"):
        ends = [
            po.derive_intervals(cohort, definition=definition)
            .merge(cohort.defects[["defect_id", "level", "side"]], on="defect_id")
            .sort_values(keys)
            .drop(columns=["defect_id", "episode_id"])
            .reset_index(drop=True)
            for cohort in (loaded, drawn)
        ]
        pd.testing.assert_frame_equal(*ends)
    episode = [
        "patient_id",
        "sex",
        "age_years",
        "fitted_date",
        "prescribed_months",
        "status",
        "brace_end_date",
        "last_contact_date",
        "surgery_date",
    ]
    pd.testing.assert_frame_equal(loaded.episodes[episode], drawn.episodes[episode])
    assert loaded.intake.checks.empty
    assert loaded.intake.cells.empty


def test_the_demonstration_carries_the_clinic_workbook():
    assert zipfile.is_zipfile(demo_workbook())
    assert demo_workbook().read_bytes() == (DATA / "clinic" / "clinic_log.xlsx").read_bytes()


def test_a_folder_that_cannot_be_made_is_told_in_four_lines(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x", encoding="utf-8")
    with pytest.raises(SourceError, match="cannot be made") as error:
        write_cohort(po.simulate_cohort(2, seed=1), in_the_way / "folder")
    assert len(str(error.value).splitlines()) == 4


def test_never_is_written_as_inf(tmp_path):
    write_cohort(po.simulate_cohort(30, seed=1), tmp_path)
    truth = pd.read_csv(tmp_path / "truth_defects.csv")
    assert np.isinf(truth.loc[~truth["unites"], "union_days"]).all()
