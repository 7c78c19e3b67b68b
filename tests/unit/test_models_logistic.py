"""Predictors: which model, who is in it, absolute effects first, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_rows import cohort_of, patients

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.models.design import build_design
from parsoutcomes.models.logistic import fit_union_logistic
from parsoutcomes.models.logistic_fit import fit_logistic_rows

FAST = {"n_resamples": 200}
UNITED = {"scans": {183: "complete"}}
NOT = {"scans": {183: "none"}}
EARLY = [
    *patients(12, "EU", stage="early", age=13.0, **UNITED),
    *patients(4, "EN", stage="early", age=15.0, **NOT),
]
PROGRESSIVE = [
    *patients(6, "PU", stage="progressive", age=14.0, **UNITED),
    *patients(10, "PN", stage="progressive", age=16.0, **NOT),
]
PRE_LYSIS = patients(8, "QU", stage="pre_lysis", age=12.0, **UNITED)


def rows_of(measure, result):
    return result.to_frame().query("measure == @measure").set_index("level")


def test_enough_events_and_no_separation_gives_gee_and_absolute_effects_first():
    result = fit_union_logistic(cohort_of(*EARLY, *PROGRESSIVE), ["stage"], **FAST)
    assert result.method_used == "gee"
    assert result.to_frame()["measure"].tolist() == [
        "risk",
        "risk",
        "risk_difference",
        "odds_ratio",
    ]
    assert rows_of("risk", result)["estimate"].to_dict() == pytest.approx(
        {"early": 12 / 16, "progressive": 6 / 16}
    )
    assert rows_of("risk_difference", result).loc["progressive", "estimate"] == pytest.approx(
        -0.375
    )
    odds = rows_of("odds_ratio", result).loc["progressive"]
    assert odds["estimate"] == pytest.approx((6 / 10) / (12 / 4))
    assert odds["reference"] == "early"


def test_risks_count_their_level_and_the_others_count_the_model():
    result = fit_union_logistic(cohort_of(*EARLY, *PROGRESSIVE), ["stage"], **FAST)
    risk = rows_of("risk", result).loc["progressive"]
    assert risk[["n_patients", "n_defects", "n_events"]].tolist() == [16, 16, 6]
    assert rows_of("odds_ratio", result)["n_defects"].tolist() == [32]


def test_a_stage_in_which_all_united_gives_firth_and_says_why():
    result = fit_union_logistic(cohort_of(*EARLY, *PROGRESSIVE, *PRE_LYSIS), ["stage"], **FAST)
    assert result.method_used == "firth"
    assert "stage pre-lysis (8 of 8 united; early 12 of 16)" in result.why
    risk = rows_of("risk", result).loc["pre_lysis"]
    assert risk["conf_low"] == pytest.approx(0.025 ** (1 / 8))
    assert 0.85 < risk["estimate"] < 1
    assert "exact limits on the effective n" in risk["interval_method"]
    with pytest.raises(EstimationError, match="stage pre-lysis"):
        fit_union_logistic(
            cohort_of(*EARLY, *PROGRESSIVE, *PRE_LYSIS), ["stage"], method="gee", **FAST
        )


def test_limits_and_p_value_say_the_same_where_age_tells_all_apart():
    rows = pd.DataFrame({"age": np.linspace(8, 20, 40), "patient": range(40)})
    rows["united"] = (rows["age"] > 14).astype(float)
    fit = fit_logistic_rows(
        rows,
        outcome="united",
        terms=["age"],
        clusters="patient",
        method="auto",
        conf_level=0.95,
        n_resamples=200,
        seed=1,
    )
    (odds,) = fit.frame.query("measure == 'odds_ratio'").to_dict("records")
    assert odds["conf_low"] > 1
    assert odds["p_value"] < 0.05
    assert "age (per unit)" in fit.separation
    assert fit.frame.query("measure == 'risk'")["conf_low"].isna().all()


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"n_resamples": 1}, "n_resamples of at least 40"),
        ({"n_resamples": 50, "conf_level": 0.999}, "n_resamples of at least 2,000"),
        ({"n_resamples": 0}, "n_resamples of at least 1"),
        ({"seed": -1}, "seed of at least 0"),
        ({"seed": "x"}, "seed of at least 0"),
        ({"horizon_months": float("inf")}, "horizon_months above 0"),
        ({"horizon_months": -1}, "horizon_months above 0"),
        ({"horizon_months": "6"}, "horizon_months above 0"),
        ({"grace_months": float("nan")}, "grace_months of at least 0"),
    ],
)
def test_resamples_seeds_and_times_that_cannot_be_are_refused(wrong, found):
    with pytest.raises(ArgumentError, match=found):
        fit_union_logistic(cohort_of(*EARLY, *PROGRESSIVE), ["stage"], **{**FAST, **wrong})


def test_up_to_when_a_scan_counts_is_said():
    result = fit_union_logistic(cohort_of(*EARLY, *PROGRESSIVE), ["stage"], **FAST)
    assert "status is known by 7 months (6 months and a grace of 1 month)" in result.method


def test_few_events_give_firth_and_fewer_are_refused():
    few = cohort_of(*EARLY[:14], *PROGRESSIVE[4:8])
    assert fit_union_logistic(few, ["stage"], **FAST).method_used == "firth"
    with pytest.raises(EstimationError, match="5 united and 1 not united for 1 parameters"):
        fit_union_logistic(cohort_of(*EARLY[:4], *PROGRESSIVE[5:7]), ["stage"], **FAST)


@pytest.mark.parametrize("one", [EARLY[:12], EARLY[12:]])
def test_everybody_or_nobody_united_is_refused(one):
    with pytest.raises(EstimationError, match="too few of the rarer outcome"):
        fit_union_logistic(cohort_of(*one), ["age_years"], **FAST)


def test_age_is_per_year_with_risks_at_its_quartiles():
    mixed = patients(6, "M", stage="early", age=16.0, **UNITED)
    result = fit_union_logistic(cohort_of(*EARLY, *PROGRESSIVE, *mixed), ["age_years"], **FAST)
    frame = result.to_frame()
    assert frame["level"].tolist() == ["13 years", "16 years", "16 years", "per year"]
    assert frame["estimate"].iloc[3] < 1
    assert frame["estimate"].iloc[2] == pytest.approx(frame["estimate"][1] - frame["estimate"][0])


def test_terms_that_determine_each_other_are_refused_by_name():
    cohort = cohort_of(*EARLY, *PROGRESSIVE)
    with pytest.raises(ArgumentError, match="laterality and contralateral_stage"):
        fit_union_logistic(cohort, ["laterality", "contralateral_stage"])
    with pytest.raises(ArgumentError, match='Did you mean terms="stage"'):
        fit_union_logistic(cohort, ["stages"])
    with pytest.raises(EstimationError, match="side has the same value"):
        fit_union_logistic(cohort, ["stage", "side"])
    with pytest.raises(ArgumentError, match="each named once"):
        fit_union_logistic(cohort, ["stage", "stage"])
    with pytest.raises(ArgumentError, match="at least one term"):
        fit_union_logistic(cohort, [])


def test_an_aliased_column_is_named():
    rows = pd.DataFrame({"a": ["x", "y", "x", "y"], "b": ["u", "v", "u", "v"]})
    with pytest.raises(EstimationError, match=r"b \(v\) says nothing"):
        build_design(rows, ["a", "b"])


def test_missing_covariates_cost_a_place_only_where_they_are_used():
    cohort = cohort_of(
        *EARLY, *PROGRESSIVE, *patients(2, "X", stage=None, **NOT), *patients(1, "L", scans={})
    )
    result = fit_union_logistic(cohort, ["stage"], **FAST)
    counted = {one.reason: one.n_defects for one in result.exclusions}
    assert counted == {"Status at the horizon unknown": 1, "stage not recorded": 2}
    ages = fit_union_logistic(cohort, ["age_years"], **FAST)
    assert ages.to_frame()["n_defects"].max() == 32


def test_the_finding_names_only_what_both_measures_tell():
    result = fit_union_logistic(cohort_of(*EARLY, *PROGRESSIVE), ["stage"], **FAST)
    odds = rows_of("odds_ratio", result).loc["progressive"]
    told = odds["conf_high"] < 1 and rows_of("risk_difference", result)["conf_high"].iloc[0] < 0
    assert ("progressive against early" in result.finding) == told
    assert any("not effects of treatment" in caution for caution in result.cautions)


def test_two_pars_of_a_patient_widen_the_limits():
    """Every row twice under the same patient tells no more than once."""
    once = pd.DataFrame(
        {"x": ["a"] * 16 + ["b"] * 16, "y": [1, 0, 0, 0] * 4 + [1, 1, 0, 1] * 4, "id": range(32)}
    )
    options = {"outcome": "y", "terms": ["x"], "clusters": "id", "method": "auto"}
    options |= {"conf_level": 0.95, "n_resamples": 200, "seed": 1}
    single = fit_logistic_rows(once, **options).frame
    double = fit_logistic_rows(pd.concat([once, once]), **options).frame
    assert double["estimate"].tolist() == pytest.approx(single["estimate"].tolist())
    widths = [np.ptp(frame[["conf_low", "conf_high"]].to_numpy()[2]) for frame in (single, double)]
    assert widths[1] == pytest.approx(widths[0])


def test_months_prescribed_carry_their_caution():
    cohort = cohort_of(
        *patients(6, "A", months=3, **UNITED), *patients(6, "B", months=3, **NOT),
        *patients(7, "C", months=6, **UNITED), *patients(6, "D", months=6, **NOT),
    )  # fmt: skip
    result = fit_union_logistic(cohort, ["prescribed_months"], **FAST)
    assert any("confounding by indication" in caution for caution in result.cautions)
    assert result.finding == (
        "Among 25 target pars in 25 patients of known status, no difference in the chance of "
        "complete union by 6 months was clear of chance for months prescribed at fitting."
    )


def test_terms_that_tell_all_apart_together_leave_risks_without_limits():
    """Within each stage, age tells all who united from all who did not."""
    pars = [*EARLY, *PROGRESSIVE, *PRE_LYSIS]
    result = fit_union_logistic(cohort_of(*pars), ["stage", "age_years"], **FAST)
    absolute = result.to_frame().query("measure != 'odds_ratio'")
    assert absolute["conf_low"].isna().all()
    assert absolute["interval_method"].str.startswith("none").all()
    assert "age in years" in result.separation


def test_limits_hold_their_estimates_and_the_same_seed_gives_the_same_numbers():
    pars = [
        {**one, "age": 12.0 + number % 5}
        for number, one in enumerate([*EARLY, *PROGRESSIVE, *PRE_LYSIS])
    ]
    first = fit_union_logistic(cohort_of(*pars), ["stage", "age_years"], **FAST).to_frame()
    again = fit_union_logistic(cohort_of(*reversed(pars)), ["stage", "age_years"], **FAST)
    assert (first["conf_low"] <= first["estimate"]).all()
    assert (first["estimate"] <= first["conf_high"]).all()
    pd.testing.assert_frame_equal(first, again.to_frame(), rtol=1e-6)


def test_a_group_below_the_minimum_gets_no_claim_and_no_p_value():
    """8 of 8 pre-lysis and 3 of 33 progressive: clear enough, but 8 are too few to say so."""
    few = patients(8, "A", stage="pre_lysis", **UNITED)
    many = [
        *patients(3, "B", stage="progressive", **UNITED),
        *patients(30, "C", stage="progressive", **NOT),
    ]
    result = fit_union_logistic(cohort_of(*few, *many), ["stage"], **FAST)
    assert rows_of("odds_ratio", result)["p_value"].isna().all()
    assert result.finding == (
        "Among 41 target pars in 41 patients of known status, too few for a claim about the "
        "chance of complete union by 6 months: stage pre-lysis against progressive."
    )
    assert any("pre-lysis (8 pars)" in caution for caution in result.cautions)


def test_two_more_pre_lysis_pars_make_it_a_claim():
    pars = [
        *patients(10, "A", stage="pre_lysis", **UNITED),
        *patients(3, "B", stage="progressive", **UNITED),
        *patients(30, "C", stage="progressive", **NOT),
    ]
    result = fit_union_logistic(cohort_of(*pars), ["stage"], **FAST)
    assert rows_of("odds_ratio", result)["p_value"].lt(0.001).all()
    assert "stage pre-lysis against progressive: +" in result.finding
    assert "too few" not in result.finding
