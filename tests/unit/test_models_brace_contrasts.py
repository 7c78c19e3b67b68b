"""Months received, landmark, months prescribed: who is in which group, and what they come to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.models.brace_duration_contrasts import contrast_brace_durations
from parsoutcomes.results.brace_contrasts import (
    LANDMARK,
    LANDMARK_ADJUSTED,
    PRESCRIBED,
    RECEIVED,
    write_received_bias,
)
from parsoutcomes.stats.group_curves import compare_group_curves
from parsoutcomes.stats.npmle import fit_npmle
from parsoutcomes.synthetic.brace_decisions import BraceDecisions

FITTED = pd.Timestamp("2024-01-01")
INFINITE = float("inf")


def clinic(courses):
    """One pars per course: day the brace came off or None, scans by day, months prescribed."""
    episodes, defects, readings = [], [], []
    for number, (off, scans, prescribed) in enumerate(courses):
        keys = {"patient_id": f"P{number}", "episode_id": f"E{number}"}
        episodes.append(
            {
                **keys,
                "fitted_date": FITTED,
                "brace_end_date": None if off is None else FITTED + pd.Timedelta(days=off),
                "prescribed_months": prescribed,
                "status": "lost" if off is None else "completed",
                "last_contact_date": FITTED + pd.Timedelta(days=max(scans, default=1)),
            }
        )
        defects.append(
            {
                **keys,
                "defect_id": f"D{number}",
                "level": "L5",
                "side": "left",
                "stage": "early" if number % 3 else "progressive",
            }
        )
        readings += [
            {
                **keys,
                "defect_id": f"D{number}",
                "scan_date": FITTED + pd.Timedelta(days=day),
                "days_since_fitting": float(day),
                "modality": "CT",
                "union_status": status,
                "scope": "defect",
            }
            for day, status in scans.items()
        ]
    tables = {"episodes": episodes, "defects": defects, "readings": readings}
    return build_cohort(
        {name: pd.DataFrame(rows) for name, rows in tables.items()},
        data_lock=pd.Timestamp("2026-01-01"),
    )


NEVER = {91: "none", 182: "none", 365: "none"}
LATE = {91: "none", 182: "complete"}
EARLY = {91: "complete"}
COURSES = [
    *[(95, EARLY, 3.0)] * 6,
    *[(95, NEVER, 3.0)] * 6,
    *[(95, LATE, 3.0)] * 6,
    *[(182, NEVER, 6.0)] * 8,
    *[(182, LATE, 6.0)] * 4,
]


def test_the_three_groupings_of_a_small_clinic_are_counted_as_one_would_by_hand():
    found = contrast_brace_durations(clinic(COURSES), n_resamples=50)
    # 12 of 18 worn briefly united, 4 of 12 worn long.
    received = found.difference_at(RECEIVED, 12.0)
    assert received["estimate"] == pytest.approx(4 / 12 - 12 / 18)
    assert (received["n_patients"], received["n_events"]) == (30, 16)
    # Not united at 3 months: 6 of 12 whose brace was off, 4 of 12 whose brace was on.
    landmark = found.difference_at(LANDMARK, 12.0)
    assert landmark["estimate"] == pytest.approx(4 / 12 - 6 / 12)
    assert landmark["n_defects"] == 24
    united = found.left_out.query("contrast == 'landmark' and reason.str.contains('united')")
    assert united["n_patients"].tolist() == [6]


def test_who_has_no_reading_or_stopped_before_or_left_is_counted_and_not_used():
    extra = [
        (95, {182: "complete"}, 3.0),
        (30, NEVER, 3.0),
        (None, {60: "none"}, 3.0),
        (182, NEVER, 4.0),
    ]
    found = contrast_brace_durations(clinic([*COURSES, *extra]), n_resamples=50)
    counted = found.left_out.set_index(["contrast", "reason"])["n_patients"]
    assert counted[LANDMARK, "No reading by the landmark"] == 1
    assert counted[LANDMARK, "Brace off before the window of the shorter duration"] == 1
    assert counted[LANDMARK, "Left view or operated on in the brace by the landmark"] == 1
    assert counted[RECEIVED, "In the brace when last heard of, before the two groups parted"] == 1
    assert counted[PRESCRIBED, "Prescribed other months, or months not recorded"] == 1
    assert found.difference_at(LANDMARK, 12.0)["n_patients"] == 25


def test_too_few_of_a_group_are_counted_without_an_estimate():
    found = contrast_brace_durations(clinic(COURSES[:20]), n_resamples=50)
    row = found.difference_at(RECEIVED, 12.0)
    assert np.isnan(row["estimate"])
    assert row["n_defects"] == 20
    assert any("too few for an estimate" in caution for caution in found.cautions)


def test_without_covariates_each_group_has_its_plain_npmle():
    rng = np.random.default_rng(1)
    left = rng.choice([0.0, 3.0, 6.0], 60)
    right = np.where(rng.random(60) < 0.3, INFINITE, left + 3.0)
    second = (rng.random(60) < 0.5).astype(float)
    found = compare_group_curves(left, right, second, np.ones((1, 60)), [6.0])
    for group in (0, 1):
        plain = fit_npmle(left[second == group], right[second == group]).survival_at([6.0])
        assert 1 - found.union_high[0, group, 0] == pytest.approx(float(plain[0][0]), abs=1e-8)


def test_one_indicator_per_stratum_is_direct_standardisation():
    """Two strata of equal size; risks 1/4 and 3/4 by stratum whatever the group."""
    stratum = np.repeat([0.0, 1.0], 400)
    second = np.concatenate([np.repeat([0.0, 1.0], [300, 100]), np.repeat([0.0, 1.0], [100, 300])])
    united = np.concatenate([np.arange(400) % 4 == 0, np.arange(400) % 4 != 0])
    right = np.where(united, 3.0, INFINITE)
    left = np.where(united, 0.0, 12.0)
    counts = np.ones((1, 800))
    crude = compare_group_curves(left, right, second, counts, [6.0]).union[0, :, 0]
    design = np.column_stack([np.ones(800), stratum])
    adjusted = compare_group_curves(left, right, second, counts, [6.0], design=design)
    assert crude.tolist() == pytest.approx([0.375, 0.625])
    assert adjusted.union[0, :, 0].tolist() == pytest.approx([0.5, 0.5])


def test_months_received_condemn_the_long_brace_where_it_makes_no_difference():
    cohort = po.simulate_cohort(1500, seed=3, brace_decisions=BraceDecisions())
    found = contrast_brace_durations(cohort, n_resamples=40)
    assert found.difference_at(RECEIVED, 12.0)["conf_high"] < -0.10
    assert abs(found.difference_at(LANDMARK_ADJUSTED, 12.0)["estimate"]) < 0.10
    assert abs(found.difference_at(PRESCRIBED, 12.0)["estimate"]) < 0.08
    again = contrast_brace_durations(cohort, n_resamples=40)
    pd.testing.assert_frame_equal(found.frame, again.frame)


def test_the_sentence_on_the_bias_says_direction_and_size():
    assert "25 points per 100 worse" in write_received_bias(-0.21, 0.04, 12.0)
    assert "10 points per 100 better" in write_received_bias(0.15, 0.05, 12.0)
    assert "comes to the same" in write_received_bias(0.051, 0.05, 12.0)
    assert "cannot be said" in write_received_bias(float("nan"), 0.05, 12.0)


def test_no_key_or_date_of_a_patient_is_shown():
    shown = repr(contrast_brace_durations(clinic(COURSES), n_resamples=50))
    assert "P1" not in shown
    assert "2024" not in shown
