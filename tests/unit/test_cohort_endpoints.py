from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.endpoints import classify_union, grouped_intervals, select_targets
from parsoutcomes.conventions import DAYS_PER_MONTH

MONTH = DAYS_PER_MONTH
LOCK = pd.Timestamp("2025-01-01")


def _rows(*extents: tuple[float, float, float, float, float]) -> pd.DataFrame:
    """Left, right, surgery from, surgery to, free until; in months."""
    columns = [
        "interval_left_days",
        "interval_right_days",
        "surgery_from_days",
        "surgery_to_days",
        "surgery_free_until_days",
    ]
    return pd.DataFrame(extents, columns=columns) * MONTH


def _grouped(*extents: tuple[float, float, float, float, float]) -> list[tuple[float, ...]]:
    frame = grouped_intervals(_rows(*extents), (3.0, 6.0, 9.0))
    months = frame[["left_days", "right_days", "censored_days"]] / MONTH
    return [
        (round(left, 6), round(right, 6), cause, round(free, 6))
        for (left, right, free), cause in zip(months.to_numpy(), frame["cause"], strict=True)
    ]


NEVER = np.nan


def test_scans_move_to_their_planned_visits():
    assert _grouped((2.8, 6.4, NEVER, NEVER, 6.4)) == [(3, 6, 1, 0)]


def test_union_before_the_first_window_counts_at_the_first_visit():
    assert _grouped((0, 1.0, NEVER, NEVER, 1.0)) == [(0, 3, 1, 0)]


def test_both_scans_in_one_window_leave_the_visit_before_as_left_end():
    assert _grouped((5.0, 7.0, NEVER, NEVER, 7.0)) == [(3, 6, 1, 0)]


def test_after_the_last_planned_visit_the_last_gap_is_repeated():
    assert _grouped((14.0, 20.0, NEVER, NEVER, 20.0)) == [(15, 21, 1, 0)]


def test_a_censored_row_keeps_the_exact_day_it_was_last_free_of_surgery():
    """Seen at 2.6 months only: free of surgery then, not at the visit at which the scan counts."""
    assert _grouped((2.6, NEVER, NEVER, NEVER, 2.6)) == [(3, np.inf, 0, 2.6)]


def test_surgery_keeps_its_exact_day_or_its_bracket():
    assert _grouped((2.6, NEVER, 4.1, 4.1, 2.6), (2.6, NEVER, 2.6, 5.0, 5.0)) == [
        (4.1, 4.1, 2, 0),
        (2.6, 5.0, 2, 0),
    ]


def test_surgery_on_a_day_that_nothing_bounds_is_still_surgery():
    assert _grouped((2.6, NEVER, 2.6, np.inf, 2.6)) == [(2.6, np.inf, 2, 0)]


def test_surgery_after_union_is_union():
    assert _grouped((2.6, 6.0, 8.0, 8.0, 6.0)) == [(3, 6, 1, 0)]


def test_exact_days_stay_as_they_are_without_visits():
    frame = grouped_intervals(_rows((2.8, 6.4, NEVER, NEVER, 6.4)), None) / MONTH
    assert frame[["left_days", "right_days"]].to_numpy().round(6).tolist() == [[2.8, 6.4]]


def test_nobody_gives_an_empty_frame():
    assert grouped_intervals(_rows()).empty


def _cohort(
    readings: dict[str, list[tuple[float, str]]],
    *,
    fitted: str = "2024-01-01",
    patient_of: dict[str, str] | None = None,
    stages: dict[str, str] | None = None,
    surgery_months: float | None = None,
):
    """Pars by name, with (month, union_status) readings; each its own patient unless told."""
    owner = {pars: (patient_of or {}).get(pars, pars.upper()) for pars in readings}
    patients = list(dict.fromkeys(owner.values()))
    start = pd.Timestamp(fitted)
    episodes = pd.DataFrame({"patient_id": patients, "episode_id": patients, "fitted_date": start})
    if surgery_months is not None:
        episodes["surgery_date"] = start + pd.Timedelta(days=round(surgery_months * MONTH))
    defects = pd.DataFrame(
        {
            "defect_id": list(readings),
            "patient_id": list(owner.values()),
            "episode_id": list(owner.values()),
            "level": "L5",
            "side": ["left" if i % 2 == 0 else "right" for i in range(len(readings))],
            "stage": [(stages or {}).get(pars, "early") for pars in readings],
        }
    )
    scans = pd.DataFrame(
        [
            (pars, owner[pars], owner[pars], month * MONTH, status)
            for pars, seen in readings.items()
            for month, status in seen
        ],
        columns=["defect_id", "patient_id", "episode_id", "days_since_fitting", "union_status"],
    )
    return build_cohort(
        {"episodes": episodes, "defects": defects, "readings": scans}, data_lock=LOCK
    )


def _status(cohort, **options) -> list[str]:
    return classify_union(cohort, **options)["status"].tolist()


@pytest.mark.parametrize(
    ("readings", "status"),
    [
        ([(7.0, "complete")], "united"),
        ([(7.1, "complete")], "unknown"),
        ([(5.0, "none"), (8.0, "complete")], "not_united"),
        ([(4.9, "none"), (8.0, "complete")], "unknown"),
        ([(4.9, "none")], "unknown"),
        ([(12.0, "none")], "not_united"),
        ([(3.0, "complete"), (12.0, "none")], "united"),
        ([], "unknown"),
    ],
)
def test_status_at_six_months_by_the_rules_in_order(readings, status):
    assert _status(_cohort({"a": readings})) == [status]


def test_surgery_by_the_horizon_is_not_united_and_later_surgery_is_not_yet_known():
    scans = {"a": [(3.0, "none")]}
    assert _status(_cohort(scans, surgery_months=5.9)) == ["not_united"]
    assert _status(_cohort(scans, surgery_months=6.5)) == ["unknown"]


def test_undated_surgery_is_unknown_at_the_horizon_unless_it_lies_before_it():
    tables = dict(_cohort({"a": [(3.0, "none")]}).tables)
    seen = pd.Timestamp("2024-01-01") + pd.Timedelta(days=round(5.9 * MONTH))
    undated = tables["episodes"].assign(status="surgery")
    before = undated.assign(last_contact_date=seen)
    assert _status(build_cohort({**tables, "episodes": undated}, data_lock=LOCK)) == ["unknown"]
    assert _status(build_cohort({**tables, "episodes": before}, data_lock=LOCK)) == ["not_united"]


def test_without_a_scan_nothing_is_known_even_when_the_grace_reaches_back_to_fitting():
    late = _cohort({"a": [(9.0, "complete")]})
    assert _status(late, horizon_months=1.0, grace_months=1.0) == ["unknown"]
    early = _cohort({"a": [(0.5, "none"), (9.0, "complete")]})
    assert _status(early, horizon_months=1.0, grace_months=1.0) == ["not_united"]


def test_a_scan_whose_reading_is_missing_leaves_the_status_unknown():
    assert _status(_cohort({"a": [(6.0, None)]})) == ["unknown"]


def test_not_yet_due_even_when_already_united():
    rows = classify_union(_cohort({"a": [(3.0, "complete")]}, fitted="2024-06-15"))
    assert rows["status"].tolist() == ["united"]
    assert rows["is_due"].tolist() == [False]


def test_due_exactly_seven_months_before_data_lock():
    day = LOCK - pd.Timedelta(days=int(np.ceil(7 * MONTH)))
    rows = classify_union(_cohort({"a": []}, fitted=str(day.date())))
    assert rows["is_due"].tolist() == [True]


def test_a_patient_has_united_when_every_target_pars_has():
    both = {"left": "P1", "right": "P1"}
    united, open_ = [(6.0, "complete")], [(6.0, "none")]
    cohort = _cohort({"left": united, "right": united}, patient_of=both)
    assert _status(cohort, unit="patient") == ["united"]
    cohort = _cohort({"left": united, "right": open_}, patient_of=both)
    assert _status(cohort, unit="patient") == ["not_united"]
    cohort = _cohort({"left": united, "right": []}, patient_of=both)
    assert _status(cohort, unit="patient") == ["unknown"]


def test_a_terminal_pars_is_left_out_and_counted():
    cohort = _cohort(
        {"left": [(6.0, "complete")], "right": [(6.0, "none")]},
        patient_of={"left": "P1", "right": "P1"},
        stages={"right": "terminal"},
    )
    assert _status(cohort) == ["united"]
    assert _status(cohort, unit="patient") == ["united"]
    rows = cohort.defects.assign(is_recurrence=False)
    kept, excluded = select_targets(rows)
    assert len(kept) == 1
    assert [(e.reason, e.n_defects) for e in excluded] == [
        ("Not a treatment target (terminal at fitting)", 1)
    ]


def test_a_pars_that_the_records_exclude_is_not_called_terminal():
    rows = pd.DataFrame(
        {
            "patient_id": ["P1", "P2", "P3"],
            "stage": ["terminal", "early", "early"],
            "is_target": [False, False, True],
            "is_recurrence": False,
        }
    )
    kept, excluded = select_targets(rows)
    assert kept["patient_id"].tolist() == ["P3"]
    assert [(e.reason, e.n_defects) for e in excluded] == [
        ("Not a treatment target (terminal at fitting)", 1),
        ("Not a treatment target (by the records, not terminal at fitting)", 1),
    ]


def test_an_unknown_fitting_date_cannot_be_judged_for_maturity():
    cohort = _cohort({"a": [(6.0, "complete")]})
    tables = dict(cohort.tables)
    tables["episodes"] = cohort.episodes.assign(fitted_date=pd.NaT)
    assert classify_union(build_cohort(tables, data_lock=LOCK))["is_due"].isna().tolist() == [True]


def test_the_last_known_status_takes_the_last_reading_whenever_it_was() -> None:
    from model_rows import cohort_of

    cohort = cohort_of(
        {"patient": "A", "scans": {60: "none"}},
        {"patient": "B", "scans": {60: "none", 700: "complete"}},
        {"patient": "C", "fitted": "2025-12-01", "scans": {20: "complete"}},
        {"patient": "D"},
        {"patient": "E", "surgery": 400},
    )
    rows = classify_union(cohort, horizon_months=float("inf"))
    assert rows["status"].tolist() == ["not_united", "united", "united", "unknown", "not_united"]
    assert rows["is_due"].all()
    patients = classify_union(cohort, horizon_months=float("inf"), unit="patient")
    assert patients["status"].tolist() == rows["status"].tolist()


def test_other_imaging_counts_only_where_it_is_asked_for() -> None:
    from model_rows import cohort_of

    from parsoutcomes.cohort.build import build_cohort
    from parsoutcomes.conventions import IMAGING

    on_ct = cohort_of({"patient": "A", "scans": {90: "none", 180: "complete"}})
    readings = on_ct.readings.assign(modality=["CT", "MRI"])
    cohort = build_cohort({**on_ct.tables, "readings": readings}, data_lock=on_ct.data_lock)
    assert classify_union(cohort)["status"].tolist() == ["unknown"]
    told = classify_union(cohort, modalities=IMAGING["ct_or_mri"])
    assert told["status"].tolist() == ["united"]
    told = classify_union(cohort, modalities=IMAGING["ct_or_mri"], unit="patient")
    assert told["status"].tolist() == ["united"]
