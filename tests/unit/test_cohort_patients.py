"""Patients: readings of the patient as a whole, surgery, and the first course of treatment."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import classify_union
from parsoutcomes.cohort.flow import count_flow
from parsoutcomes.cohort.surgery import warn_of_surgery
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.rates import estimate_union_rates
from parsoutcomes.models.units import select_units

MONTH = 30.4375
FITTED = pd.Timestamp("2024-01-01")
LOCK = pd.Timestamp("2026-01-01")
AT_SIX = {"definition": "complete", "horizon_months": 6.0, "grace_months": 1.0}


def _patients(*told: list[tuple[float, str, str]], surgery_months: float | None = None) -> Cohort:
    """Each patient has L5 left and right; readings of the patient: (month, status, modality)."""
    keys = pd.DataFrame({"patient_id": [f"P{n}" for n in range(len(told))]})
    keys["episode_id"] = keys["patient_id"]
    surgery = None if surgery_months is None else FITTED + pd.Timedelta(days=surgery_months * MONTH)
    sides = pd.DataFrame({"side": ["left", "right"], "level": "L5", "stage": "early"})
    defects = keys.merge(sides, how="cross")
    scans = [
        (patient, patient, round(month * MONTH), status, modality, "patient")
        for patient, seen in zip(keys["patient_id"], told, strict=True)
        for month, status, modality in seen
    ]
    columns = ["patient_id", "episode_id", "days_since_fitting", "union_status", "modality"]
    return build_cohort(
        {
            "episodes": keys.assign(fitted_date=FITTED, surgery_date=surgery),
            "defects": defects.assign(defect_id=defects["patient_id"] + defects["side"]),
            "readings": pd.DataFrame(scans, columns=[*columns, "scope"]),
        },
        data_lock=LOCK,
    )


def _statuses(cohort: Cohort) -> list[str]:
    return classify_union(cohort, unit="patient")["status"].tolist()


def _causes(cohort: Cohort) -> list[int]:
    return select_units(cohort, unit="patient", **AT_SIX)[0]["cause"].tolist()


@pytest.mark.parametrize(
    ("told", "status", "cause"),
    [
        ([(6.0, "complete", "CT")], "united", 1),
        ([(6.0, "none", "CT")], "not_united", 0),
        ([(6.0, "not_assessable", "CT")], "unknown", 0),
        ([(6.0, "complete", "X-ray")], "unknown", 0),
        ([(8.0, "complete", "CT"), (12.0, "none", "CT")], "unknown", 1),
        ([(5.1, "none", "CT"), (8.0, "complete", "CT")], "not_united", 1),
        ([(12.0, "none", "CT")], "not_united", 0),
        ([], "unknown", 0),
    ],
)
def test_status_and_interval_rest_on_the_same_readings_of_the_patient(told, status, cause):
    cohort = _patients(told)
    assert (_statuses(cohort), _causes(cohort)) == ([status], [cause])


def test_a_reading_of_the_patient_after_surgery_is_ignored():
    cohort = _patients([(6.0, "complete", "CT")], surgery_months=2.0)
    assert (_statuses(cohort), _causes(cohort)) == (["not_united"], [2])


def test_known_status_and_headline_agree_where_some_readings_tell_nothing():
    """Six united, four not assessable: 6 of 6 known, and between 60% and 100% of all ten."""
    cohort = _patients(
        *[[(6.0, "complete", "CT")]] * 6,
        *[[(6.0, "not_assessable", "CT")]] * 4,
    )
    rates = estimate_union_rates(cohort, unit="patient", n_resamples=50).to_frame()
    values = rates.set_index("measure")["estimate"]
    assert values["union_known_status"] == 1
    assert values["bound_unknown_not_united"] == pytest.approx(0.6)
    assert values["bound_unknown_united"] == 1
    assert rates["n_unknown"].tolist() == [4] * 4


def test_undated_surgery_of_a_patient_came_after_the_last_reading_of_the_patient():
    tables = dict(_patients([(6.0, "none", "CT")]).tables)
    undated = tables["episodes"].assign(status="surgery", fitted_date=pd.NaT)
    rows = classify_union(build_cohort({**tables, "episodes": undated}), unit="patient")
    assert rows["surgery_from_days"].tolist() == [183]
    assert rows["surgery_to_days"].tolist() == [np.inf]
    assert rows["surgery_free_until_days"].tolist() == [183]


def _two_courses() -> Cohort:
    """P1: L5 left not united in 2022, another pars united in 2024. P2: one course, 2024."""
    episodes = pd.DataFrame(
        {
            "patient_id": ["P1", "P1", "P2"],
            "episode_id": ["first", "later", "only"],
            "fitted_date": pd.to_datetime(["2022-01-01", "2024-01-01", "2024-01-01"]),
        }
    )
    defects = episodes[["patient_id", "episode_id"]].assign(
        defect_id=["D1", "D2", "D3"], level=["L5", "L4", "L5"], side="left", stage="early"
    )
    readings = defects[["patient_id", "episode_id", "defect_id"]].assign(
        days_since_fitting=183.0, union_status=["none", "complete", "complete"]
    )
    return build_cohort(
        {"episodes": episodes, "defects": defects, "readings": readings}, data_lock=LOCK
    )


def test_a_later_course_is_never_taken_for_the_first():
    late = _two_courses().select_fitted(on_or_after="2024-01-01")
    rows, exclusions = select_units(late, unit="patient", **AT_SIX)
    assert rows["episode_id"].tolist() == ["only"]
    assert [(e.reason, e.n_defects, e.n_patients) for e in exclusions] == [
        ("Later course of treatment (a patient counts at the first)", 1, 1)
    ]


def test_nobody_in_the_first_course_is_said_to_be_so():
    later = _two_courses().select_episodes(pd.Series(["later"]))
    with pytest.raises(EstimationError, match="1 of a later course of treatment"):
        select_units(later, unit="patient", **AT_SIX)


def _operated(n_united: int, n_operated: int) -> Cohort:
    """Readings by month and no dates: united at 6, or not at 3 and then operated on."""
    n = n_united + n_operated
    keys = pd.DataFrame({"patient_id": [f"P{i:02}" for i in range(n)]})
    keys["episode_id"] = keys["defect_id"] = keys["patient_id"]
    united = pd.Series([True] * n_united + [False] * n_operated)
    readings = keys.assign(
        days_since_fitting=united.map({True: 6 * MONTH, False: 3 * MONTH}),
        union_status=united.map({True: "complete", False: "none"}),
    )
    episodes = keys[["patient_id", "episode_id"]].assign(
        status=united.map({True: "completed", False: "surgery"})
    )
    return build_cohort(
        {
            "episodes": episodes,
            "defects": keys.assign(level="L5", side="left", stage="early"),
            "readings": readings,
        }
    )


def test_those_operated_on_at_a_day_not_recorded_cannot_unite_any_more():
    """36 united and 24 operated on without a date: 60% united, not 100%."""
    cohort = _operated(36, 24)
    rates = estimate_union_rates(cohort, n_resamples=50)
    headline = rates.to_frame().set_index("measure").loc["union_npmle"]
    assert headline["estimate"] == pytest.approx(0.6)
    assert headline["conf_high"] < 0.75
    assert any(caution.startswith("24 pars ended in surgery") for caution in rates.cautions)


def test_the_flow_does_not_say_of_those_operated_on_that_they_had_no_scan():
    flow = count_flow(_operated(3, 2))
    assert [(e.reason, e.n_defects) for e in flow.exclusions] == [
        ("Status unknown (operated on at a day not recorded)", 2)
    ]
    assert flow.frame["n_defects"].tolist() == [5, 5, 5, 3, 3]
    assert flow.cautions[-1].startswith("2 pars ended in surgery on a day not recorded")


def test_the_flow_tells_those_the_records_exclude_from_those_terminal():
    tables = dict(_two_courses().tables)
    marked = tables["defects"].assign(is_target=[False, True, False])
    one_of_each = marked.assign(stage=["terminal", "early", "early"])
    for defects, why in (
        (marked, "by the records, not terminal at fitting"),
        (one_of_each, "1 terminal at fitting, 1 by the records"),
    ):
        flow = count_flow(build_cohort({**tables, "defects": defects}, data_lock=LOCK))
        assert flow.frame["reason"].tolist()[1] == f"Not a treatment target ({why})"


def test_surgery_before_fitting_is_named_and_costs_no_union():
    tables = dict(_two_courses().tables)
    dated = tables["episodes"].assign(surgery_date=pd.Timestamp("2021-05-01"))
    rows = classify_union(build_cohort({**tables, "episodes": dated}, data_lock=LOCK))
    assert rows["status"].tolist() == ["not_united", "united", "united"]
    assert [caution[:40] for caution in warn_of_surgery(rows)] == [
        "3 pars with surgery dated before the bra"
    ]
