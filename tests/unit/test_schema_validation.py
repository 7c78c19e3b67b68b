"""Each check across fields, on the fewest rows that break it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.schema.constraints import CONSTRAINTS
from parsoutcomes.schema.validation import find_violations

EPISODE = {
    "episode_id": "P1-1",
    "patient_id": "P1",
    "fitted_date": "2024-03-13",
    "brace_end_date": "2024-06-14",
    "last_contact_date": "2024-12-20",
    "status": "completed",
}
DEFECT = {"defect_id": "P1-1-L5-left", "episode_id": "P1-1", "patient_id": "P1"}
DEFECT |= {"level": "L5", "side": "left", "stage": "early"}
READING = {"patient_id": "P1", "episode_id": "P1-1", "defect_id": "P1-1-L5-left"}
READING |= {"scan_date": "2024-06-15", "modality": "CT", "union_status": "complete"}


def found(
    *readings: dict[str, Any], defects: tuple[dict[str, Any], ...] = (DEFECT,), **episode: Any
) -> list[tuple[str, int]]:
    frames = {
        "episodes": pd.DataFrame([{**EPISODE, **episode}]),
        "defects": pd.DataFrame(list(defects)),
        "readings": pd.DataFrame(list(readings or [READING])),
    }
    for frame in frames.values():
        for column in [name for name in frame if str(name).endswith("_date")]:
            frame[column] = pd.to_datetime(frame[column])
    return [(v.check, v.position) for v in find_violations(build_cohort(frames).tables)]


def test_records_without_contradiction_break_nothing() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"brace_end_date": "2024-03-12"}, "brace_end_before_fitting"),
        ({"brace_end_date": "2024-12-21"}, "brace_end_after_last_contact"),
        ({"last_contact_date": "2034-12-20"}, "long_after_fitting"),
        ({"onset_date": "2024-03-14"}, "onset_after_fitting"),
        ({"age_years": 4.9}, "age_outside_range"),
        ({"age_years": 30.1}, "age_outside_range"),
        ({"prescribed_months": 24}, "number_outside_range"),
        ({"status": "surgery"}, "surgery_without_date"),
        ({"surgery_date": "2024-06-14"}, "surgery_date_without_outcome"),
        ({"fitted_date": None}, "fitting_date_missing"),
    ],
)
def test_an_episode_that_contradicts_itself(change: dict[str, Any], check: str) -> None:
    assert found(**change) == [(check, 0)]


@pytest.mark.parametrize(
    "change",
    [
        {"brace_end_date": "2024-03-13"},
        {"brace_end_date": "2024-12-20"},
        {"onset_date": "2024-03-13"},
        {"age_years": 5.0},
        {"age_years": 30.0},
    ],
)
def test_the_same_day_and_the_limits_themselves_are_allowed(change: dict[str, Any]) -> None:
    assert found(**change) == []


@pytest.mark.parametrize("day", ["2024-03-13", "2024-03-12"])
def test_a_scan_on_or_before_the_day_of_fitting(day: str) -> None:
    assert found({**READING, "scan_date": day}) == [("scan_before_fitting", 0)]


def test_a_scan_after_the_last_contact() -> None:
    assert found({**READING, "scan_date": "2024-12-21"}) == [("scan_after_last_contact", 0)]


def test_union_followed_by_a_reading_without_it() -> None:
    later = {**READING, "scan_date": "2024-09-15", "union_status": "partial"}
    assert found(READING, later) == [("union_then_not_united", 1)]


def test_surgery_after_union_of_every_pars() -> None:
    surgery = {"surgery_date": "2024-10-01", "status": "surgery"}
    assert found(**surgery) == [("surgery_after_union", 0)]


def test_surgery_for_the_pars_that_had_not_united_is_no_contradiction() -> None:
    other = {**DEFECT, "defect_id": "P1-1-L5-right", "side": "right"}
    surgery = {"surgery_date": "2024-10-01", "status": "surgery"}
    assert found(defects=(DEFECT, other), **surgery) == []


def test_a_patient_without_pars() -> None:
    tables = {"episodes": pd.DataFrame([{"episode_id": "P1-1", "patient_id": "P1"}])}
    checks = [v.check for v in find_violations(build_cohort(tables).tables)]
    assert checks == ["fitting_date_missing", "no_defect_recorded"]


def test_every_constraint_says_what_to_do() -> None:
    assert all(one.action and one.meaning for one in CONSTRAINTS.values())
    assert {one.severity for one in CONSTRAINTS.values()} <= {"stops", "excludes", "flags"}
