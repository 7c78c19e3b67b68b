"""The reading conditional on the patient, and the hard cases of predictors by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_rows import cohort_of, patients
from scipy.integrate import quad
from scipy.special import expit

from parsoutcomes.errors import EstimationError
from parsoutcomes.models.logistic import fit_union_logistic
from parsoutcomes.models.logistic_fit import fit_logistic_rows
from parsoutcomes.stats.random_intercept import fit_random_intercept_logit
from parsoutcomes.tables.estimates import tabulate_predictors

FAST = {"n_resamples": 100}
UNITED, NOT = {"scans": {183: "complete"}}, {"scans": {183: "none"}}


def bilateral(n, prefix, left, right, **pars):
    """`n` patients with both sides; the right pars is progressive."""
    both = []
    for number in range(n):
        name = f"{prefix}{number}"
        both.append({"patient": name, "side": "left", "stage": "early", **left, **pars})
        both.append({"patient": name, "side": "right", "stage": "progressive", **right, **pars})
    return both


PAIRS = [
    *bilateral(12, "A", UNITED, UNITED),
    *bilateral(8, "B", NOT, NOT),
    *bilateral(7, "C", UNITED, NOT),
    *bilateral(2, "D", NOT, UNITED),
]


@pytest.fixture(scope="module")
def beside():
    return fit_union_logistic(cohort_of(*PAIRS), ["stage"], **FAST)


@pytest.fixture(scope="module")
def mixed():
    return fit_union_logistic(cohort_of(*PAIRS), ["stage"], method="mixed", **FAST)


def measured(result):
    return result.to_frame().set_index("measure")


def test_auto_gives_the_conditional_reading_beside_and_says_what_it_is(beside):
    frame = measured(beside)
    assert beside.method_used == "gee"
    averaged, conditional = frame.loc["odds_ratio"], frame.loc["conditional_odds_ratio"]
    assert conditional["estimate"] < averaged["estimate"] < 1
    assert conditional["conf_low"] < conditional["estimate"] < conditional["conf_high"]
    assert conditional["interval_method"] == "profile likelihood"
    assert "compare pars of one patient" in beside.summary()
    assert "told by 29 patients with two or more pars" in beside.conditional


def test_conditional_numbers_are_those_of_the_kernel(beside):
    events = np.array([1, 1] * 12 + [0, 0] * 8 + [1, 0] * 7 + [0, 1] * 2, float)
    design = np.column_stack([np.ones(58), np.tile([0.0, 1.0], 29)])
    fit = fit_random_intercept_logit(
        events, np.ones(58), design, np.repeat(range(29), 2), n_nodes=25
    )
    frame = measured(beside)
    assert np.log(frame.loc["conditional_odds_ratio", "estimate"]) == pytest.approx(
        fit.coefficients[1], abs=1e-7
    )
    assert frame.loc["intercept_sd", "estimate"] == pytest.approx(fit.sigma, abs=1e-7)
    assert frame.loc["latent_icc", "estimate"] == pytest.approx(fit.icc, abs=1e-7)


def test_risks_of_the_mixed_model_are_averaged_over_patients(mixed):
    frame = mixed.to_frame()
    risks = frame.query("measure == 'risk'").set_index("level")["estimate"]
    sigma = measured(mixed).loc["intercept_sd", "estimate"]
    odds = np.log(measured(mixed).loc["conditional_odds_ratio", "estimate"])

    def average(log_odds):
        def joint(u):
            return expit(log_odds + sigma * u) * np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)

        return quad(joint, -10, 10)[0]

    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if average(middle) < risks["early"] else (low, middle)
    assert average(low + odds) == pytest.approx(risks["progressive"], abs=1e-4)
    assert risks.to_dict() == pytest.approx({"early": 19 / 29, "progressive": 14 / 29}, abs=0.02)


def test_mixed_alone_says_that_its_odds_ratios_are_conditional(mixed):
    assert "odds_ratio" not in set(mixed.to_frame()["measure"])
    assert "conditional on the patient only" in mixed.method
    assert "Odds ratio given the patient (interval)" in tabulate_predictors(mixed).heads
    limits = mixed.to_frame().query("measure == 'risk_difference'").iloc[0]
    assert limits["conf_low"] < limits["estimate"] < limits["conf_high"]


def test_all_patients_unilateral_have_averages_and_no_conditional_reading():
    cohort = cohort_of(
        *patients(10, "EU", stage="early", **UNITED),
        *patients(6, "EN", stage="early", **NOT),
        *patients(6, "PU", stage="progressive", **UNITED),
        *patients(10, "PN", stage="progressive", **NOT),
    )
    result = fit_union_logistic(cohort, ["stage"], **FAST)
    assert result.method_used == "gee"
    assert "independence" in result.why
    assert "conditional_odds_ratio" not in set(result.to_frame()["measure"])
    assert result.conditional.startswith(
        "No odds ratios conditional on the patient: 0 patients have two or more pars"
    )
    with pytest.raises(EstimationError, match="would mislead") as refused:
        fit_union_logistic(cohort, ["stage"], method="mixed", **FAST)
    assert "0 patients have two or more pars" in refused.value.found


def test_a_stage_in_which_all_united_has_no_conditional_reading_and_says_so():
    cohort = cohort_of(*PAIRS, *patients(12, "Q", stage="pre_lysis", **UNITED))
    result = fit_union_logistic(cohort, ["stage"], **FAST)
    assert result.method_used == "firth"
    assert (
        "an infinite odds ratio to stage pre-lysis (12 of 12 united; early 19 of 29)"
        in result.conditional
    )
    assert np.isfinite(result.to_frame().query("measure == 'odds_ratio'")["estimate"]).all()


def test_patients_nearly_all_alike_within_are_refused():
    rows = pd.DataFrame(
        {
            "y": [1.0, 1] * 20 + [0.0, 0] * 20 + [1.0, 0],
            "x": ["a", "b"] * 41,
            "id": np.repeat(range(41), 2),
        }
    )
    with pytest.raises(EstimationError, match="would mislead") as refused:
        fit_logistic_rows(
            rows,
            outcome="y",
            terms=["x"],
            clusters="id",
            method="mixed",
            conf_level=0.95,
            n_resamples=10,
            seed=1,
        )
    assert "nearly all have both pars alike" in refused.value.found


@pytest.mark.parametrize("method", ["auto", "gee", "firth", "mixed"])
def test_one_patient_with_everything_is_refused(method):
    rows = pd.DataFrame({"y": [1.0, 0, 1, 0, 0, 1, 1, 0], "x": list("aabbaabb"), "id": "only"})
    with pytest.raises(EstimationError, match="too few patients for a model"):
        fit_logistic_rows(
            rows,
            outcome="y",
            terms=["x"],
            clusters="id",
            method=method,
            conf_level=0.95,
            n_resamples=50,
            seed=1,
        )


def test_many_patients_have_walds_limits(monkeypatch, beside):
    monkeypatch.setattr("parsoutcomes.models.logistic_mixed.MAX_PATIENTS_FOR_PROFILE", 20)
    result = fit_union_logistic(cohort_of(*PAIRS), ["stage"], **FAST)
    ours, profiled = (measured(one).loc["conditional_odds_ratio"] for one in (result, beside))
    assert ours["estimate"] == profiled["estimate"]
    assert ours["interval_method"].startswith("Wald")
    assert np.log(ours["conf_high"]) == pytest.approx(np.log(profiled["conf_high"]), abs=0.3)


def test_a_term_with_one_level_is_named():
    with pytest.raises(EstimationError, match="sex has the same value in all rows"):
        fit_union_logistic(cohort_of(*(one | {"sex": "male"} for one in PAIRS)), ["sex"], **FAST)


def test_two_events_allow_one_parameter_and_firth_only():
    cohort = cohort_of(
        *patients(1, "EU", stage="early", age=13.0, **UNITED),
        *patients(14, "EN", stage="early", age=14.0, **NOT),
        *patients(1, "PU", stage="progressive", age=15.0, **UNITED),
        *patients(14, "PN", stage="progressive", age=16.0, **NOT),
    )
    result = fit_union_logistic(cohort, ["stage"], **FAST)
    assert result.method_used == "firth"
    assert "2 of the rarer outcome are fewer than 5" in result.why
    with pytest.raises(EstimationError, match="too few of the rarer outcome"):
        fit_union_logistic(cohort, ["stage", "age_years"], **FAST)


def test_missing_in_a_column_that_is_not_used_loses_nobody():
    partly = [one | {"age": 14.0 if place % 3 else None} for place, one in enumerate(PAIRS)]
    result = fit_union_logistic(cohort_of(*partly), ["stage"], **FAST)
    assert result.exclusions == ()
    assert int(result.to_frame()["n_defects"].max()) == len(PAIRS)
