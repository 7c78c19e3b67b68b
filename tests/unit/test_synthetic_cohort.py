"""Simulated cohorts: standard tables, truth attached, the same seed the same cohort."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.errors import ArgumentError
from parsoutcomes.schema.tables import TABLES
from parsoutcomes.synthetic.frames import declare
from parsoutcomes.synthetic.parameters import SimulationParameters
from parsoutcomes.synthetic.visits import draw_intervals

SURE = {
    "attendance": 1.0,
    "loss_per_year": 0.0,
    "surgery_per_year": 0.0,
    "not_assessable_fraction": 0.0,
    "symptom_scan_not_united": 0.0,
    "symptom_scan_united": 0.0,
    "jitter_days": 0.0,
    "last_fitted": "2024-12-31",
}


def test_the_same_seed_gives_the_same_cohort_and_another_seed_another():
    first, again, other = (po.simulate_cohort(30, seed=seed) for seed in (1, 1, 2))
    for name in TABLES:
        pd.testing.assert_frame_equal(first.tables[name], again.tables[name])
    assert not first.readings.equals(other.readings)


def test_one_patient():
    cohort = po.simulate_cohort(1, seed=3)
    assert (cohort.n_patients, cohort.n_episodes) == (1, 1)
    assert len(cohort.truth["defects"]) == cohort.n_defects


def test_every_value_drawn_is_declared_in_the_schema():
    cohort = po.simulate_cohort(300, seed=4)
    for name, table in TABLES.items():
        frame = cohort.tables[name]
        for column in table.columns:
            values = frame[column.name].dropna()
            if column.kind == "category":
                assert set(values) <= set(column.allowed), column.name
            if column.minimum is not None:
                assert (values >= column.minimum).all(), column.name
            if column.maximum is not None:
                assert (values <= column.maximum).all(), column.name
            if column.required:
                assert frame[column.name].notna().all(), column.name
        assert not frame.duplicated(list(table.key)).any(), name


def test_a_category_outside_the_schema_cannot_be_drawn():
    with pytest.raises(ArgumentError, match="does not declare"):
        declare("defects", "side", "middle")


def test_readings_say_what_is_true_on_that_day():
    cohort = po.simulate_cohort(200, seed=5)
    readings = cohort.readings.merge(cohort.truth["defects"], on="defect_id")
    expected = np.select(
        [
            readings["days_since_fitting"] >= readings["union_days"],
            readings["days_since_fitting"] >= readings["partial_days"],
        ],
        ["complete", "partial"],
        default="none",
    )
    assessable = readings["union_status"] != "not_assessable"
    assert readings["union_status"][assessable].tolist() == expected[assessable].tolist()
    assert 0 < (~assessable).mean() < 0.03


def test_no_scan_after_surgery_and_always_one_in_the_fortnight_before():
    cohort = po.simulate_cohort(400, seed=6, surgery_per_year=1.0)
    operated = cohort.episodes[cohort.episodes["surgery_date"].notna()]
    scans = cohort.readings.merge(operated[["episode_id", "surgery_date"]], on="episode_id")
    before = (scans["surgery_date"] - scans["scan_date"]).dt.days
    assert len(operated) > 30
    assert before.min() >= 0
    assert (before.groupby(scans["episode_id"]).min() <= 14).all()
    assert set(operated["status"]) == {"surgery"}
    assert cohort.events["date"].tolist() == operated["surgery_date"].tolist()


def test_nothing_is_seen_after_data_lock_or_last_contact():
    cohort = po.simulate_cohort(300, seed=7)
    episodes = cohort.episodes
    assert cohort.data_lock == pd.Timestamp("2026-03-31")
    assert cohort.readings["scan_date"].max() <= cohort.data_lock
    assert episodes["last_contact_date"].max() <= cohort.data_lock
    scans = cohort.readings.merge(episodes[["episode_id", "last_contact_date"]], on="episode_id")
    assert (scans["scan_date"] <= scans["last_contact_date"]).all()
    ended = episodes[episodes["brace_end_date"].notna()]
    assert (ended["brace_end_date"] >= ended["fitted_date"]).all()
    assert (ended["brace_end_date"] <= ended["last_contact_date"]).all()


def test_perfect_follow_up_without_discharge_gives_every_planned_scan():
    cohort = po.simulate_cohort(20, seed=8, discharge_fraction=0.0, **SURE)
    assert cohort.readings["days_since_fitting"].unique().tolist() == [91, 183, 274, 365]
    assert len(cohort.readings) == 4 * cohort.n_defects
    assert set(cohort.episodes["status"]) == {"completed"}


def test_everybody_discharged_at_union_has_no_scan_after_it():
    cohort = po.simulate_cohort(30, seed=9, discharge_fraction=1.0, bilateral_fraction=0.0, **SURE)
    defects = cohort.defects
    united = defects[defects["interval_right_days"].notna()]
    last = cohort.readings.groupby("defect_id")["days_since_fitting"].max()
    assert united["interval_right_days"].tolist() == last[united["defect_id"]].tolist()


def test_months_prescribed_depend_on_stage():
    cohort = po.simulate_cohort(1500, seed=10, bilateral_fraction=0.0)
    months = cohort.defects.merge(cohort.episodes, on="episode_id")
    six = months["prescribed_months"].eq(6).groupby(months["stage"]).mean()
    expected = {"pre_lysis": 0.10, "early": 0.35, "progressive": 0.75, "terminal": 0.85}
    assert six.to_dict() == pytest.approx(expected, abs=0.08)


def test_the_truth_names_the_parameters_it_was_drawn_from():
    cohort = po.simulate_cohort(5, seed=1, bilateral_fraction=0.25)
    parameters = cohort.truth["parameters"].set_index("parameter")["value"]
    assert parameters["bilateral_fraction"] == "0.25"
    assert cohort.truth["patients"]["patient_id"].tolist() == cohort.episodes["patient_id"].tolist()


def test_the_arrays_for_simulations_are_the_intervals_of_the_cohort():
    for definition in ("complete", "partial_or_better"):
        cohort = po.simulate_cohort(150, seed=12, surgery_per_year=0.5)
        rows = po.derive_intervals(cohort, definition=definition)
        rows = rows[cohort.defects["stage"].ne("terminal")]
        drawn = draw_intervals(
            150,
            seed=12,
            parameters=SimulationParameters(surgery_per_year=0.5),
            definition=definition,
        )
        assert drawn.left_days.tolist() == rows["interval_left_days"].tolist()
        right = rows["interval_right_days"].fillna(np.inf)
        assert drawn.right_days.tolist() == right.tolist()
        surgery = rows["surgery_from_days"].fillna(np.inf)
        assert drawn.surgery_days.tolist() == surgery.tolist()
        free = rows["surgery_free_until_days"]
        assert drawn.surgery_free_until_days.tolist() == free.tolist()


@pytest.mark.parametrize("n_patients", [0, -3, 2.5, "ten", True])
def test_a_number_of_patients_that_is_none_is_refused(n_patients):
    with pytest.raises(ArgumentError, match="n_patients is not a number of patients"):
        po.simulate_cohort(n_patients, seed=1)
