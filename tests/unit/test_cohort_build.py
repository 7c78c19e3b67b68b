from __future__ import annotations

import pandas as pd
import pytest

from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.errors import ArgumentError


def _build(pars: list[tuple[str, str, str, str | None, str | None]], **fitted: str):
    """Pars as (patient, episode, level, side, stage); fitting dates by episode."""
    defects = pd.DataFrame(pars, columns=["patient_id", "episode_id", "level", "side", "stage"])
    defects["defect_id"] = [f"D{row}" for row in range(len(defects))]
    episodes = defects[["patient_id", "episode_id"]].drop_duplicates()
    dates = episodes["episode_id"].map(fitted).fillna("2024-01-01")
    episodes = episodes.assign(fitted_date=pd.to_datetime(dates))
    return build_cohort({"episodes": episodes, "defects": defects})


def test_nobody():
    cohort = build_cohort({})
    assert (cohort.n_patients, cohort.n_defects, cohort.data_lock) == (0, 0, None)


def test_both_sides_of_a_level_are_bilateral_and_see_each_other():
    cohort = _build([("P1", "e1", "L5", "left", "early"), ("P1", "e1", "L5", "right", "terminal")])
    assert cohort.defects["laterality"].tolist() == ["bilateral", "bilateral"]
    assert cohort.defects["contralateral_stage"].tolist() == ["terminal", "early"]


def test_two_levels_are_two_unilateral_fractures():
    cohort = _build([("P1", "e1", "L4", "left", "early"), ("P1", "e1", "L5", "right", "early")])
    assert cohort.defects["laterality"].tolist() == ["unilateral", "unilateral"]
    assert cohort.defects["contralateral_stage"].tolist() == ["none", "none"]


def test_bilateral_without_sides_has_an_unknown_opposite_stage():
    cohort = _build([("P1", "e1", "L5", None, "early"), ("P1", "e1", "L5", None, "early")])
    assert cohort.defects["laterality"].tolist() == ["bilateral", "bilateral"]
    assert cohort.defects["contralateral_stage"].isna().all()


def test_only_a_terminal_pars_is_not_a_target_unless_the_source_says_otherwise():
    stages = ["pre_lysis", "early", "progressive", "terminal", None]
    cohort = _build([(f"P{i}", f"e{i}", "L5", "left", stage) for i, stage in enumerate(stages)])
    assert cohort.defects["is_target"].tolist() == [True, True, True, False, True]


def test_the_same_pars_in_a_later_course_is_a_recurrence_whatever_the_order_of_rows():
    cohort = _build(
        [("P1", "late", "L5", "left", "early"), ("P1", "first", "L5", "left", "early")],
        late="2025-01-01",
        first="2023-01-01",
    )
    assert cohort.defects["is_recurrence"].tolist() == [True, False]
    assert cohort.episodes["episode_number"].tolist() == [2, 1]


def test_another_pars_in_a_later_course_is_new():
    cohort = _build(
        [("P1", "a", "L5", "left", "early"), ("P1", "b", "L5", "right", "early")], b="2025-01-01"
    )
    assert cohort.defects["is_recurrence"].tolist() == [False, False]


def test_a_reading_of_the_whole_patient_is_that_of_the_only_pars():
    readings = pd.DataFrame(
        {
            "patient_id": ["P1"],
            "episode_id": ["e1"],
            "days_since_fitting": [180.0],
            "union_status": ["complete"],
            "scope": ["patient"],
        }
    )
    one = _build([("P1", "e1", "L5", "left", "early")])
    alone = build_cohort({**one.tables, "readings": readings})
    assert alone.readings["defect_id"].tolist() == ["D0"]
    assert alone.defects["interval_right_days"].tolist() == [180]
    two = _build([("P1", "e1", "L5", "left", "early"), ("P1", "e1", "L5", "right", "early")])
    both = build_cohort({**two.tables, "readings": readings})
    assert both.readings["defect_id"].isna().all()
    assert both.defects["interval_right_days"].isna().all()


def test_days_are_counted_from_fitting_when_dates_are_there():
    one = _build([("P1", "e1", "L5", "left", "early")])
    readings = pd.DataFrame(
        {
            "patient_id": ["P1"],
            "episode_id": ["e1"],
            "defect_id": ["D0"],
            "scan_date": [pd.Timestamp("2024-03-01")],
            "union_status": ["none"],
        }
    )
    cohort = build_cohort({**one.tables, "readings": readings})
    assert cohort.readings["days_since_fitting"].tolist() == [60]
    assert cohort.data_lock == pd.Timestamp("2024-03-01")


def test_tables_are_handed_out_as_copies():
    cohort = _build([("P1", "e1", "L5", "left", "early")])
    cohort.defects["stage"] = "terminal"
    assert cohort.defects["stage"].tolist() == ["early"]


def test_a_period_takes_whole_episodes_and_both_bounds_are_inclusive():
    cohort = _build(
        [("P1", "a", "L5", "left", "early"), ("P2", "b", "L5", "left", "early")],
        a="2024-12-31",
        b="2025-01-01",
    )
    assert cohort.select_fitted(on_or_before="2024-12-31").n_patients == 1
    assert cohort.select_fitted(on_or_after="2025-01-01").defects["defect_id"].tolist() == ["D1"]
    with pytest.raises(ArgumentError, match="No period"):
        cohort.select_fitted()


def test_a_later_pars_that_cannot_be_told_from_one_treated_before_is_a_recurrence():
    """Course 2 says L5 and no side: left or right, both were treated in course 1."""
    cohort = _build(
        [
            ("P1", "a", "L5", "left", "early"),
            ("P1", "a", "L5", "right", "early"),
            ("P1", "b", "L5", None, "early"),
            ("P1", "b", "L4", None, "early"),
            ("P2", "c", "L5", None, "early"),
            ("P2", "d", "L5", None, "early"),
            ("P3", "e", None, None, "early"),
        ],
        b="2025-01-01",
        d="2025-01-01",
    )
    assert cohort.defects["is_recurrence"].tolist() == [
        False,
        False,
        True,
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("pars", "laterality"),
    [
        ([("L5", "left"), ("L5", None)], "bilateral"),
        ([(None, None), (None, None)], None),
        ([("L5", "left"), ("L5", "left")], None),
        ([("L5", "left"), (None, "right")], None),
        ([(None, "left"), (None, "right")], "bilateral"),
        ([(None, "left")], "unilateral"),
        ([("L4", None), ("L5", None)], "unilateral"),
    ],
)
def test_bilateral_is_said_only_of_two_sides_of_one_vertebra(pars, laterality):
    cohort = _build([("P1", "e1", level, side, "early") for level, side in pars])
    assert cohort.defects["laterality"].tolist() == [laterality] * len(pars)


def test_where_laterality_is_not_recorded_neither_is_the_other_side():
    cohort = _build([("P1", "e1", "L5", "left", "early"), ("P1", "e1", None, "right", "terminal")])
    assert cohort.defects["contralateral_stage"].isna().all()


def test_surgery_that_only_the_events_tell_of_becomes_that_of_the_course():
    one = _build([("P1", "e1", "L5", "left", "early"), ("P2", "e2", "L5", "left", "early")])
    events = pd.DataFrame(
        {
            "patient_id": ["P1", "P1", "P1", "P2"],
            "episode_id": ["e1", "e1", "e1", "e2"],
            "date": pd.to_datetime(["2024-06-01", "2024-04-01", "2023-04-01", "2024-05-01"]),
            "type": ["surgery", "surgery", "surgery", "skin"],
        }
    )
    told = build_cohort({**one.tables, "events": events}).episodes["surgery_date"]
    assert told.iloc[0] == pd.Timestamp("2024-04-01")
    assert pd.isna(told.iloc[1])
    dated = one.episodes.assign(surgery_date=pd.Timestamp("2024-03-01"))
    kept = build_cohort({**one.tables, "episodes": dated, "events": events}).episodes
    assert kept["surgery_date"].tolist() == [pd.Timestamp("2024-03-01")] * 2
