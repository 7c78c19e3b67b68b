"""Differences between groups in time to union: sizes, test, and when there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_rows import cohort_of, patients

from parsoutcomes.errors import ArgumentError
from parsoutcomes.models.group_differences import compare_time_to_union

FAST = {"n_resamples": 400}
BY_3 = {"scans": {90: "complete"}}
BY_6 = {"scans": {90: "none", 185: "complete"}}
NOT_BY_12 = {"scans": {90: "none", 185: "none", 270: "none", 368: "none"}}


def two_stages(n_early=12, n_late=12):
    """Early: all but 2 by 6 months; progressive: 3 by 6 months, the others not by 12."""
    return cohort_of(
        *patients(n_early - 2, "A", stage="early", **BY_6),
        *patients(2, "B", stage="early", **NOT_BY_12),
        *patients(3, "C", stage="progressive", **BY_6),
        *patients(n_late - 3, "D", stage="progressive", **NOT_BY_12),
    )


def at(result, months, measure="union_difference"):
    frame = result.to_frame()
    return frame[frame["measure"].eq(measure) & frame["months"].eq(months)].iloc[0]


def test_differences_are_of_the_curves_with_an_interval_that_holds_them():
    row = at(compare_time_to_union(two_stages(), "stage", **FAST), 6)
    assert row[["stage", "reference"]].tolist() == ["progressive", "early"]
    assert row["estimate"] == pytest.approx(3 / 12 - 10 / 12)
    assert -1 < row["conf_low"] < row["estimate"] < row["conf_high"] < 0
    assert row[["n_patients", "n_defects", "n_events"]].tolist() == [24, 24, 13]


def test_the_reference_can_be_chosen_and_turns_the_sign():
    usual = at(compare_time_to_union(two_stages(), "stage", **FAST), 6)
    turned = at(compare_time_to_union(two_stages(), "stage", reference="progressive", **FAST), 6)
    assert turned["estimate"] == pytest.approx(-usual["estimate"])
    assert turned["conf_low"] == pytest.approx(-usual["conf_high"])


def test_mean_months_differ_by_the_area_between_the_curves():
    """Union spread evenly over months 3 to 6: each saves 1.5 months of 6, so 7/12 x 1.5 apart."""
    row = at(
        compare_time_to_union(two_stages(), "stage", **FAST), 6, measure="mean_months_difference"
    )
    assert row["estimate"] == pytest.approx(7 / 12 * 1.5)
    assert row["conf_low"] < row["estimate"] < row["conf_high"]
    assert row["difference_low"] <= row["estimate"] <= row["difference_high"]


def test_whole_patients_are_permuted_when_schedules_are_alike():
    result = compare_time_to_union(two_stages(), "stage", **FAST)
    assert result.test["test_method"].item() == "permutation"
    assert result.test["p_value"].item() < 0.05
    assert "scanned alike" in result.test_why
    assert result.scores["score"].sum() == pytest.approx(0)


def test_a_patient_in_two_groups_calls_for_the_sandwich():
    both = [
        {"patient": f"E{n}", "stage": stage, "side": side, **BY_6}
        for n in range(2)
        for stage, side in (("early", "left"), ("progressive", "right"))
    ]
    pars = [
        *patients(10, "A", stage="early", **BY_6),
        *patients(10, "D", stage="progressive", **NOT_BY_12),
        *both,
    ]
    result = compare_time_to_union(cohort_of(*pars), "stage", **FAST)
    assert result.test["test_method"].item() == "sandwich"
    assert "2 patients have pars in several groups" in result.test_why
    assert any("too bold" in caution for caution in result.cautions)
    with pytest.raises(ArgumentError, match="cannot be permuted"):
        compare_time_to_union(cohort_of(*pars), "stage", test="permutation", **FAST)


def test_groups_scanned_on_different_schedules_call_for_the_sandwich():
    yearly = {"scans": {365: "complete"}}
    cohort = cohort_of(
        *patients(6, "A", stage="early", **BY_6),
        *patients(6, "B", stage="early", **NOT_BY_12),
        *patients(6, "C", stage="progressive", **yearly),
        *patients(6, "D", stage="progressive", scans={365: "none"}),
    )
    result = compare_time_to_union(cohort, "stage", **FAST)
    assert result.test["test_method"].item() == "sandwich"
    assert "not scanned alike" in result.test_why
    assert result.schedules["scans_per_year"].tolist() == pytest.approx([4.0, 1.0], abs=0.1)
    assert at(result, 6)["left_open"] == "between scans"
    assert np.isnan(at(result, 6)["estimate"])


def test_groups_below_the_minimum_are_counted_and_not_compared():
    result = compare_time_to_union(two_stages(n_late=6), "stage", **FAST)
    assert result.to_frame().empty
    assert result.test["test_method"].item() == "none"
    assert result.finding == "No two groups by stage are large enough for a comparison."
    assert ("Group too small to compare (under 10 pars or 5 patients scanned)", 6) in [
        (exclusion.reason, exclusion.n_defects) for exclusion in result.exclusions
    ]
    assert "progressive" in result.curves.to_frame()["stage"].tolist()


def test_a_group_that_is_not_recorded_is_left_out_and_counted():
    cohort = cohort_of(
        *patients(10, "A", sex="male", **BY_3),
        *patients(10, "B", sex="female", **BY_6),
        *patients(11, "C", sex=None, **BY_6),
    )
    result = compare_time_to_union(cohort, "sex", **FAST)
    assert set(result.to_frame()["sex"]) == {"female"}
    assert any("not recorded" in one.reason and one.n_defects == 11 for one in result.exclusions)


def test_nobody_united_and_ties_everywhere_have_no_test():
    nobody = cohort_of(
        *patients(10, "A", sex="male", **NOT_BY_12), *patients(10, "B", sex="female", **NOT_BY_12)
    )
    result = compare_time_to_union(nobody, "sex", **FAST)
    assert result.test["test_method"].item() == "none"
    assert at(result, 6)["estimate"] == 0
    assert at(result, 6)["conf_low"] < -0.2
    ties = cohort_of(
        *patients(10, "A", sex="male", **BY_3), *patients(10, "B", sex="female", **BY_3)
    )
    assert compare_time_to_union(ties, "sex", **FAST).test["test_method"].item() == "none"


def test_same_seed_same_numbers():
    first, again = (compare_time_to_union(two_stages(), "stage", **FAST) for _ in range(2))
    pd.testing.assert_frame_equal(first.to_frame(), again.to_frame())
    pd.testing.assert_frame_equal(first.test, again.test)
