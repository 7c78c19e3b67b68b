"""Comparing union rates: sizes, tests, pairs, trend, and when there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_rows import cohort_of, patients

from parsoutcomes.errors import ArgumentError
from parsoutcomes.models.rate_comparison import compare_union_rates
from parsoutcomes.models.rates import estimate_union_rates
from parsoutcomes.stats.paired import compare_pairs
from parsoutcomes.stats.two_by_two import fisher_exact, newcombe_difference

FAST = {"n_resamples": 200}
UNITED = {"scans": {183: "complete"}}
NOT = {"scans": {183: "none"}}


def pair(patient, left, right, *, level="L5", **more):
    """Both pars of one vertebra, each united (True) or not."""
    return [
        {"patient": patient, "side": side, "level": level, **(UNITED if united else NOT), **more}
        for side, united in (("left", left), ("right", right))
    ]


def stage(n_united, n_not, name, **more):
    return [
        *patients(n_united, f"{name}U", stage=name, **UNITED, **more),
        *patients(n_not, f"{name}N", stage=name, **NOT, **more),
    ]


TWO_STAGES = [*stage(10, 2, "early"), *stage(4, 8, "progressive")]
THREE_STAGES = [*stage(11, 1, "pre_lysis"), *TWO_STAGES]


def row(result, measure, unit="defect", group=None):
    frame = result.to_frame()
    found = frame[frame["measure"].eq(measure) & frame["unit"].eq(unit)]
    if group is not None:
        found = found[found[result.by].eq(group)]
    assert len(found) == 1
    return found.iloc[0]


def test_both_units_stand_side_by_side_with_their_denominators():
    result = compare_union_rates(cohort_of(*TWO_STAGES), "stage", **FAST)
    assert result.to_frame()["unit"].drop_duplicates().tolist() == ["defect", "patient"]
    for unit in ("defect", "patient"):
        known = row(result, "union_known_difference", unit)
        assert known["estimate"] == pytest.approx(4 / 12 - 10 / 12)
        assert known[["n_patients", "n_defects", "n_events"]].tolist() == [24, 24, 14]
    assert "per pars" in result.finding
    assert "per patient" in result.finding


def test_per_patient_is_newcombe_and_fisher():
    result = compare_union_rates(cohort_of(*TWO_STAGES), "stage", unit="patient", **FAST)
    known = row(result, "union_known_difference", "patient")
    expected = newcombe_difference(4, 12, 10, 12)
    assert known["conf_low"] == pytest.approx(expected.conf_low)
    assert known["p_value"] == pytest.approx(fisher_exact(4, 12, 10, 12).p_value)
    assert known["test_method"] == "Fisher's exact test"


def test_headline_is_the_difference_of_the_headlines_of_the_rates():
    lost = patients(3, "L", stage="early", scans={91: "none"})
    early = patients(6, "E", stage="early", scans={91: "complete"})
    cohort = cohort_of(*TWO_STAGES, *early, *lost)
    rates = estimate_union_rates(cohort, by="stage", **FAST).to_frame()
    headline = rates[rates["measure"].eq("union_npmle")].set_index("stage")["estimate"]
    found = row(compare_union_rates(cohort, "stage", **FAST), "union_npmle_difference")
    assert found["estimate"] == pytest.approx(headline["progressive"] - headline["early"])
    known = row(compare_union_rates(cohort, "stage", **FAST), "union_known_difference")
    assert known["estimate"] == pytest.approx(4 / 12 - 16 / 18)
    assert known["difference_low"] == pytest.approx(4 / 12 - 19 / 21)
    assert known["difference_high"] == pytest.approx(4 / 12 - 16 / 21)


def test_the_reference_can_be_chosen_and_turns_the_sign():
    cohort = cohort_of(*TWO_STAGES)
    usual = row(compare_union_rates(cohort, "stage", **FAST), "union_known_difference")
    turned = row(
        compare_union_rates(cohort, "stage", reference="progressive", **FAST),
        "union_known_difference",
    )
    assert turned["estimate"] == pytest.approx(-usual["estimate"])
    assert turned["p_value"] == pytest.approx(usual["p_value"])


def test_several_groups_are_each_compared_with_the_reference_and_adjusted_by_holm():
    result = compare_union_rates(cohort_of(*THREE_STAGES), "stage", **FAST)
    known = result.to_frame().query("measure == 'union_known_difference' and unit == 'defect'")
    assert known["stage"].tolist() == ["pre_lysis", "progressive"]
    assert known["reference"].tolist() == ["early", "early"]
    p_values, holm = known["p_value"].to_numpy(), known["p_value_holm"].to_numpy()
    assert holm[p_values.argmin()] == pytest.approx(min(2 * p_values.min(), 1))
    assert "Holm" in result.finding
    assert "Holm" in result.method


def test_trend_over_stages_in_clinical_order():
    result = compare_union_rates(cohort_of(*THREE_STAGES), "stage", unit="defect", **FAST)
    trend = result.trend.iloc[0]
    assert trend["estimate"] == pytest.approx((4 / 12 - 11 / 12) / 2)
    assert trend["steps"] == "pre-lysis, early, progressive"
    assert trend["p_value"] < 0.01
    assert "p for trend" in result.finding


def test_two_stages_have_no_trend_and_say_so():
    result = compare_union_rates(cohort_of(*TWO_STAGES), "stage", **FAST)
    assert result.trend.empty
    assert "needs 3 groups" in result.trend_why
    assert "needs 3 groups" in result.summary()


def test_trend_is_refused_when_the_rarer_outcome_is_in_two_patients():
    pars = [*stage(6, 0, "pre_lysis"), *stage(6, 1, "early"), *stage(6, 1, "progressive")]
    result = compare_union_rates(cohort_of(*pars), "stage", unit="defect", **FAST)
    assert result.trend.empty
    assert "fewer than 3 patients" in result.trend_why


def test_left_against_right_within_patients_uses_discordant_pairs():
    pars = [
        *[one for n in range(4) for one in pair(f"B{n}", True, True)],
        *[one for n in range(5) for one in pair(f"R{n}", False, True)],
        *[one for n in range(1) for one in pair(f"L{n}", True, False)],
        *[one for n in range(3) for one in pair(f"N{n}", False, False)],
        *patients(4, "U", side="left", **UNITED),
    ]
    result = compare_union_rates(cohort_of(*pars), "side", **FAST)
    expected = compare_pairs(4, 5, 1, 3)
    paired = row(result, "paired_odds_ratio", "pair")
    assert paired[["side", "reference"]].tolist() == ["right", "left"]
    assert paired["estimate"] == pytest.approx(5)
    assert paired["p_value"] == pytest.approx(expected.p_value)
    assert paired[["n_patients", "n_defects", "n_discordant"]].tolist() == [13, 26, 6]
    difference = row(result, "paired_difference", "pair")
    assert difference["estimate"] == pytest.approx(4 / 13)
    assert difference["conf_low"] == pytest.approx(expected.difference.conf_low)
    left_out = [e for e in result.exclusions if e.reason.startswith("No partner")]
    assert [(e.n_defects, e.n_patients) for e in left_out] == [(4, 4)]


def test_a_patient_with_pairs_at_two_levels_gives_no_pair_and_is_counted():
    pars = [one for n in range(6) for one in pair(f"P{n}", n % 2 == 0, n % 3 == 0)]
    pars += [*pair("X", True, False), *pair("X", True, False, level="L4")]
    result = compare_union_rates(cohort_of(*pars), "side", **FAST)
    assert row(result, "paired_difference", "pair")["n_patients"] == 6
    left_out = [e for e in result.exclusions if e.reason.startswith("Pairs at more than one")]
    assert [(e.n_defects, e.n_patients) for e in left_out] == [(4, 1)]


def test_four_pairs_are_counted_and_not_tested():
    pars = [one for n in range(4) for one in pair(f"P{n}", True, n == 0)]
    result = compare_union_rates(cohort_of(*pars), "side", **FAST)
    paired = row(result, "paired_difference", "pair")
    assert pd.isna(paired["p_value"])
    assert "fewer than 5 pairs" in paired["test_method"]
    assert "not tested" in result.finding


def test_a_stage_with_100_per_cent_union_has_a_difference_and_says_why_there_is_no_bootstrap():
    pars = [*stage(12, 0, "early"), *stage(4, 8, "progressive")]
    result = compare_union_rates(cohort_of(*pars), "stage", **FAST)
    known = row(result, "union_known_difference")
    assert known["estimate"] == pytest.approx(4 / 12 - 1)
    assert -1 < known["conf_low"] < known["estimate"] < known["conf_high"] < 0
    ratio = row(result, "union_known_ratio")
    assert 0 < ratio["conf_low"] < 1 / 3 < ratio["conf_high"] < 1
    beside = result.beside[result.beside["unit"].eq("defect")]
    assert beside["interval_method"].str.contains("BCa not given").sum() == 2
    assert beside["interval_method"].str.contains("GEE: not fitted, an empty cell").sum() == 1
    assert beside["conf_low"].isna().all()
    gee = beside[beside["measure"].eq("union_known_odds_ratio")]
    assert gee["estimate"].isna().all()


def test_bca_asked_for_with_an_empty_cell_falls_back_and_says_so():
    pars = [*stage(12, 0, "early"), *stage(4, 8, "progressive")]
    usual = compare_union_rates(cohort_of(*pars), "stage", **FAST)
    asked = compare_union_rates(cohort_of(*pars), "stage", interval="bca", **FAST)
    known = row(asked, "union_known_difference")
    assert known["conf_low"] == row(usual, "union_known_difference")["conf_low"]
    assert "BCa not given" in known["interval_method"]


def test_bca_asked_for_is_the_patient_bootstrap():
    pars = [*stage(9, 4, "early"), *stage(4, 8, "progressive")]
    result = compare_union_rates(cohort_of(*pars), "stage", interval="bca", n_resamples=400)
    known = row(result, "union_known_difference")
    assert "BCa, 400 resamples" in known["interval_method"]
    assert known["conf_low"] < known["estimate"] < known["conf_high"]


@pytest.mark.parametrize("status", [UNITED, NOT], ids=["everybody united", "nobody united"])
def test_everybody_or_nobody_united_is_not_tested_and_not_claimed(status):
    pars = [
        *patients(12, "E", stage="early", **status),
        *patients(12, "P", stage="progressive", **status),
    ]
    result = compare_union_rates(cohort_of(*pars), "stage", **FAST)
    known = row(result, "union_known_difference")
    assert known["estimate"] == 0
    assert known["conf_low"] < 0 < known["conf_high"]
    assert pd.isna(known["p_value"])
    assert "fewer than 3 patients" in known["test_method"]
    assert row(result, "union_known_difference", "patient")["p_value"] == 1


def test_all_patients_unilateral_have_no_icc_and_no_pairs():
    sides = [
        *patients(7, "A", side="left", **UNITED),
        *patients(5, "B", side="left", **NOT),
        *patients(6, "C", side="right", **UNITED),
        *patients(6, "D", side="right", **NOT),
    ]
    result = compare_union_rates(cohort_of(*sides), "side", **FAST)
    assert result.rates["icc"].isna().all()
    assert "pair" not in set(result.to_frame()["unit"])
    assert "ICC not estimable" in result.summary()
    left_out = [e for e in result.exclusions if e.reason.startswith("No partner")]
    assert [(e.n_defects, e.n_patients) for e in left_out] == [(24, 24)]


def test_one_patient_with_everything_is_not_compared():
    pars = [
        *pair("A", True, False, stage="early"),
        *pair("A", True, True, level="L4", stage="early"),
    ]
    result = compare_union_rates(cohort_of(*pars, *stage(6, 6, "progressive")), "stage", **FAST)
    assert result.to_frame().empty
    assert "counts and intervals only" in result.finding
    small = [e for e in result.exclusions if "too small" in e.reason]
    assert (small[0].n_defects, small[0].n_patients) == (4, 1)
    assert set(result.rates["stage"]) >= {"early", "progressive"}


def test_two_events_are_counted_and_not_tested_per_pars():
    pars = [*stage(1, 11, "early"), *stage(1, 11, "progressive")]
    known = row(compare_union_rates(cohort_of(*pars), "stage", **FAST), "union_known_difference")
    assert known["n_events"] == 2
    assert pd.isna(known["p_value"])
    assert np.isfinite(known["conf_low"])


def test_a_group_of_unknown_status_only_is_left_out_and_counted():
    unseen = patients(12, "X", stage="progressive", scans={})
    result = compare_union_rates(cohort_of(*stage(8, 4, "early"), *unseen), "stage", **FAST)
    assert result.to_frame().empty
    small = [e for e in result.exclusions if "too small" in e.reason]
    assert (small[0].n_defects, small[0].n_patients) == (12, 12)


def test_patients_with_pars_in_several_groups_are_left_out_per_patient_and_counted():
    both = [
        {"patient": f"M{n}", "stage": name, "side": side, **UNITED}
        for n in range(3)
        for name, side in (("early", "left"), ("progressive", "right"))
    ]
    result = compare_union_rates(cohort_of(*TWO_STAGES, *both), "stage", **FAST)
    assert row(result, "union_known_difference")["n_defects"] == 30
    assert row(result, "union_known_difference", "patient")["n_patients"] == 24
    left_out = [e for e in result.exclusions if "in several groups" in e.reason]
    assert [(e.n_defects, e.n_patients) for e in left_out] == [(6, 3)]


def test_missing_values_in_an_unused_column_cost_nobody_their_place():
    blank = [{**one, "sex": None, "age": None, "months": None} for one in TWO_STAGES]
    full = [{**one, "sex": "male", "age": 14.0, "months": 3} for one in TWO_STAGES]
    one, other = (
        compare_union_rates(cohort_of(*pars), "stage", **FAST).to_frame() for pars in (blank, full)
    )
    pd.testing.assert_frame_equal(one, other)
    assert one["n_patients"].eq(24).all()


def test_rows_whose_group_is_not_recorded_are_counted():
    pars = [*TWO_STAGES, *patients(2, "Q", stage=None, **UNITED)]
    result = compare_union_rates(cohort_of(*pars), "stage", **FAST)
    assert row(result, "union_known_difference")["n_defects"] == 24
    missing = [e for e in result.exclusions if "not recorded" in e.reason]
    assert {(e.n_defects, e.n_patients) for e in missing} == {(2, 2)}


def test_months_of_brace_are_refused():
    with pytest.raises(ArgumentError, match="confounding by indication"):
        compare_union_rates(cohort_of(*TWO_STAGES), "prescribed_months")


@pytest.mark.parametrize(
    "wrong", [{"unit": "pars"}, {"interval": "wald"}, {"reference": "terminal"}, {"conf_level": 95}]
)
def test_arguments_that_are_not_known_are_refused(wrong):
    with pytest.raises(ArgumentError):
        compare_union_rates(cohort_of(*TWO_STAGES), "stage", **FAST, **wrong)


def test_icc_and_design_effect_are_printed():
    pars = [one for n in range(12) for one in pair(f"P{n}", n % 2 == 0, n % 3 == 0, stage="early")]
    cohort = cohort_of(*pars, *stage(4, 8, "progressive"))
    said = compare_union_rates(cohort, "stage", **FAST).summary()
    assert "ICC 0." in said
    assert "design effect 1." in said
    rates = estimate_union_rates(cohort, **FAST)
    assert {"icc", "design_effect"} <= set(rates.to_frame())
    assert "design_effect" in rates.summary()


def test_same_seed_same_numbers_and_order_of_rows_does_not_matter():
    one = compare_union_rates(cohort_of(*THREE_STAGES), "stage", **FAST)
    other = compare_union_rates(cohort_of(*THREE_STAGES[::-1]), "stage", **FAST)
    assert one.summary() == other.summary()


def test_rates_of_both_units_come_in_one_table():
    result = estimate_union_rates(cohort_of(*TWO_STAGES), unit="both", **FAST)
    frame = result.to_frame()
    assert frame.groupby("unit").size().to_dict() == {"defect": 4, "patient": 4}
    assert [part.unit for part in result.parts] == ["defect", "patient"]
    assert result.title == "Complete union by 6 months per pars and per patient"


def test_the_interval_per_patient_can_be_chosen():
    cohort = cohort_of(*TWO_STAGES)
    limits = {
        name: estimate_union_rates(cohort, unit="patient", patient_interval=name, **FAST)
        .to_frame()
        .set_index("measure")
        .loc["union_known_status", ["conf_low", "interval_method"]]
        for name in ("wilson", "clopper_pearson", "mid_p", "jeffreys")
    }
    assert limits["clopper_pearson"]["conf_low"] < limits["wilson"]["conf_low"]
    assert limits["mid_p"]["interval_method"] == "mid-P exact"
    with pytest.raises(ArgumentError, match="patient_interval"):
        estimate_union_rates(cohort, patient_interval="wald")
