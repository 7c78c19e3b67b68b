"""Time to union: boxes between planned visits, surgery, the table beneath the curve."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from model_rows import cohort_of, patients

from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.time_to_union import estimate_time_to_union

FAST = {"n_resamples": 200}
BY_3 = {"scans": {90: "complete"}}
BY_6 = {"scans": {90: "none", 185: "complete"}}
NOT_BY_12 = {"scans": {90: "none", 185: "none", 365: "none"}}


def test_union_is_placed_between_the_planned_visits_that_bracket_it():
    cohort = cohort_of(
        *patients(2, "A", **BY_3), *patients(4, "B", **BY_6), *patients(4, "C", **NOT_BY_12)
    )
    time = estimate_time_to_union(cohort, **FAST)
    boxes = time.curve[["left_days", "right_days"]] / DAYS_PER_MONTH
    assert boxes.to_numpy().tolist() == [[0, 3], [3, 6]]
    assert time.curve["union_after"].tolist() == pytest.approx([0.2, 0.6])
    frame = time.to_frame()
    assert frame["months"].tolist() == [3, 6, 9, 12]
    assert frame["estimate"].tolist() == pytest.approx([0.2, 0.6, 0.6, 0.6])
    assert frame["n_events"].tolist() == [2, 6, 6, 6]


def test_limits_hold_the_estimate_and_the_curve_never_falls():
    cohort = cohort_of(
        *patients(5, "A", **BY_3), *patients(5, "B", **BY_6), *patients(6, "C", **NOT_BY_12)
    )
    frame = estimate_time_to_union(cohort, **FAST).to_frame()
    assert (frame["conf_low"] <= frame["estimate"]).all()
    assert (frame["estimate"] <= frame["conf_high"]).all()
    assert frame["estimate"].is_monotonic_increasing


def test_inside_a_box_the_data_give_a_range_and_no_estimate():
    """Nobody was scanned at 3 months: union came somewhere in the first six."""
    cohort = cohort_of(
        *patients(6, "A", scans={183: "complete"}), *patients(6, "C", scans={183: "none"})
    )
    result = estimate_time_to_union(cohort, **FAST)
    row = result.to_frame().set_index("months").loc[3]
    assert row[["union_low", "union_high"]].tolist() == pytest.approx([0, 0.5])
    assert pd.isna(row["estimate"])
    assert row["left_open"] == "between scans"
    assert "between 0% and 50% (0 to " in result.finding


def test_nobody_scanned_is_missing_and_not_zero():
    time = estimate_time_to_union(cohort_of(*patients(12, scans={})), **FAST)
    shown = time.curve[["union_before", "union_after", "conf_low", "conf_high"]]
    assert len(shown) == 1
    assert shown.isna().all(axis=None)
    assert time.median.drop(columns=["group", "conf_level", "is_reached"]).isna().all(axis=None)
    assert not time.median["is_reached"].any()
    assert time.finding == (
        "Of 12 target pars in 12 patients, nobody was scanned: the share with complete union "
        "cannot be told."
    )
    assert "all (0 of 12 pars scanned)" in time.cautions[0]


def test_the_findings_state_unit_counts_and_intervals():
    cohort = cohort_of(*patients(8, "A", **BY_6), *patients(6, "C", **NOT_BY_12, stage="terminal"))
    overall = estimate_time_to_union(cohort, **FAST).finding
    assert overall.startswith("Of 8 target pars in 8 patients, the share with complete union")
    assert "100% (63 to 100) by 6 months" in overall
    assert "(95% intervals)" in overall
    by_stage = estimate_time_to_union(cohort, by="stage", **FAST).finding
    assert by_stage.endswith("(95% interval 63% to 100%) of 8 target pars in 8 patients.")


def test_table_counts_known_united_known_not_united_and_unknown():
    lost = patients(2, "L", scans={90: "none"})
    operated = patients(1, "S", scans={90: "none"}, surgery=150)
    cohort = cohort_of(*patients(3, "A", **BY_3), *patients(2, "C", **NOT_BY_12), *lost, *operated)
    table = estimate_time_to_union(cohort, **FAST).risk_table.set_index("months")
    columns = ["n_united", "n_not_united", "n_unknown", "n_operated"]
    assert table.loc[0, columns].tolist() == [0, 8, 0, 0]
    assert table.loc[3, columns].tolist() == [3, 5, 0, 0]
    assert table.loc[6, columns].tolist() == [3, 3, 2, 1]


def test_surgery_has_its_own_curve_and_ends_the_chance_of_union():
    operated = patients(5, "S", scans={90: "none"}, surgery=150)
    cohort = cohort_of(*patients(5, "A", **BY_3), *operated)
    time = estimate_time_to_union(cohort, **FAST)
    assert time.surgery["estimate"].tolist() == pytest.approx([0, 0.5, 0.5, 0.5])
    assert time.to_frame()["estimate"].tolist() == pytest.approx([0.5, 0.5, 0.5, 0.5])


def test_the_time_by_which_half_have_united_is_a_box_or_not_reached():
    half = cohort_of(*patients(4, "A", **BY_6), *patients(3, "C", **NOT_BY_12))
    reached = estimate_time_to_union(half, **FAST)
    assert reached.median[["median_low_months", "median_high_months"]].to_numpy().tolist() == [
        [3, 6]
    ]
    assert reached.finding.endswith("half had united by a time between 3 months and 6 months.")
    few = cohort_of(*patients(2, "A", **BY_6), *patients(5, "C", **NOT_BY_12))
    missed = estimate_time_to_union(few, **FAST)
    assert math.isinf(missed.median.loc[0, "median_high_months"])
    assert missed.finding.endswith("not reached.")


def test_nobody_united_leaves_one_level_row_with_an_exact_upper_limit():
    time = estimate_time_to_union(cohort_of(*patients(6, **NOT_BY_12)), **FAST)
    row = time.curve.loc[0, ["left_days", "right_days", "union_after", "conf_low", "conf_high"]]
    assert row.tolist() == pytest.approx([0, 365.25, 0, 0, 1 - 0.025 ** (1 / 6)])
    assert time.to_frame().loc[1, "conf_high"] == pytest.approx(1 - 0.025 ** (1 / 6))


def test_everybody_united_and_one_patient():
    everybody = estimate_time_to_union(cohort_of(*patients(6, **BY_3)), **FAST).to_frame()
    assert everybody["estimate"].tolist() == [1, 1, 1, 1]
    assert everybody.loc[0, "conf_low"] == pytest.approx(0.025 ** (1 / 6))
    alone = estimate_time_to_union(cohort_of(*patients(1, **BY_3)), **FAST).to_frame()
    assert alone.loc[0, ["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [1, 0.025, 1]
    )


def test_a_patient_has_united_when_the_last_pars_has():
    pair = [{"patient": "A", "side": "left", **BY_3}, {"patient": "A", "side": "right", **BY_6}]
    time = estimate_time_to_union(cohort_of(*pair), unit="patient", **FAST)
    assert (time.curve[["left_days", "right_days"]] / DAYS_PER_MONTH).to_numpy().tolist() == [
        [3, 6]
    ]
    assert time.to_frame()["n_defects"].unique().tolist() == [2]


def test_those_not_yet_due_are_kept_and_censored():
    recent = patients(5, "R", scans={90: "none"}, fitted="2025-09-15")
    cohort = cohort_of(*patients(5, "A", **BY_6), *patients(5, "C", **NOT_BY_12), *recent)
    frame = estimate_time_to_union(cohort, **FAST).to_frame().set_index("months")
    assert frame.loc[6, ["n_defects", "estimate"]].tolist() == pytest.approx([15, 0.5])


def test_exact_days_are_a_sensitivity_analysis():
    cohort = cohort_of(*patients(5, "A", **BY_6), *patients(5, "C", **NOT_BY_12))
    time = estimate_time_to_union(cohort, visits_months=None, **FAST)
    assert time.curve[["left_days", "right_days"]].to_numpy().tolist() == [[90, 185]]
    assert "exact days" in time.method


def test_groups_stand_side_by_side():
    cohort = cohort_of(
        *patients(3, "A", stage="early", **BY_3),
        *patients(3, "B", stage="progressive", **NOT_BY_12),
    )
    time = estimate_time_to_union(cohort, by="stage", **FAST)
    assert time.to_frame()["stage"].unique().tolist() == ["early", "progressive"]
    assert time.curve.groupby("stage")["union_after"].max().to_dict() == {
        "early": 1,
        "progressive": 0,
    }


def test_same_seed_same_numbers_whatever_the_order_of_rows():
    pars = [*patients(4, "A", **BY_3), *patients(5, "B", **BY_6), *patients(4, "C", **NOT_BY_12)]
    first = estimate_time_to_union(cohort_of(*pars), **FAST)
    again = estimate_time_to_union(cohort_of(*reversed(pars)), **FAST)
    pd.testing.assert_frame_equal(first.to_frame(), again.to_frame())
    pd.testing.assert_frame_equal(first.median, again.median)


def test_nobody_at_all_is_refused():
    with pytest.raises(EstimationError, match="no pars to estimate"):
        estimate_time_to_union(cohort_of(*patients(2, stage="terminal", **BY_3)))
