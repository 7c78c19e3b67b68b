"""Calibration and discrimination: against scipy and statsmodels, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from model_rows import cohort_of, patients
from scipy.special import expit
from scipy.stats import mannwhitneyu

from parsoutcomes import simulate_cohort
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.model_check import check_rows, check_union_model
from parsoutcomes.stats.prediction import measure_prediction

UNITED, NOT = {"scans": {183: "complete"}}, {"scans": {183: "none"}}
COHORT = [
    *patients(14, "EU", stage="early", **UNITED),
    *patients(6, "EN", stage="early", **NOT),
    *patients(6, "PU", stage="progressive", **UNITED),
    *patients(14, "PN", stage="progressive", **NOT),
]


def draw(n, seed, n_terms=1):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, n_terms))
    return x, (generator.random(n) < expit(0.4 + x[:, 0])).astype(float)


def test_measures_agree_with_mann_whitney_and_statsmodels():
    x, y = draw(200, 1)
    odds = 0.1 + 0.6 * np.round(x[:, 0], 1)
    quality = measure_prediction(y, odds[None, :], np.ones((1, 200)))
    pairs = mannwhitneyu(odds[y == 1], odds[y == 0]).statistic
    assert quality.c_statistic[0] == pytest.approx(pairs / (y.sum() * (200 - y.sum())))
    slope = sm.GLM(y, sm.add_constant(odds), family=sm.families.Binomial()).fit().params[1]
    assert quality.calibration_slope[0] == pytest.approx(slope, abs=1e-7)
    large = sm.GLM(y, np.ones(200), family=sm.families.Binomial(), offset=odds).fit().params[0]
    assert quality.calibration_in_the_large[0] == pytest.approx(large, abs=1e-7)
    assert quality.brier_score[0] == pytest.approx(np.mean((y - expit(odds)) ** 2))


def test_weights_are_copies_of_rows():
    x, y = draw(60, 2)
    weights = np.random.default_rng(3).integers(1, 4, 60)
    odds = x[:, 0][None, :]
    weighted = measure_prediction(y, odds, weights[None, :])
    copied = measure_prediction(
        np.repeat(y, weights), np.repeat(odds, weights, axis=1), np.ones((1, weights.sum()))
    )
    for name in ("calibration_in_the_large", "calibration_slope", "c_statistic", "brier_score"):
        assert getattr(weighted, name) == pytest.approx(getattr(copied, name), abs=1e-9)


def test_one_refit_whose_slope_runs_off_does_not_take_the_check_away():
    """Two risks nearly alike and reversed, a third all united: a slope of its own of 40 or more."""
    events = [1] * 15 + [0] * 4 + [1] * 8 + [0] * 14 + [1] * 5
    reversed_order = [0.2312] * 19 + [0.2676] * 22 + [2.6132] * 5
    usual_order = [1.3] * 19 + [-0.6] * 22 + [2.6] * 5
    both = measure_prediction(events, [reversed_order, usual_order], np.ones((2, 46)))
    alone = measure_prediction(events, [usual_order], np.ones((1, 46)))
    assert both.calibration_slope[1] == pytest.approx(alone.calibration_slope[0], abs=1e-9)
    check = check_union_model(simulate_cohort(30, seed=3), ["stage"])
    assert check.to_frame()["estimate"].notna().all()


def test_predictions_that_tell_all_apart_have_no_slope():
    with pytest.raises(EstimationError, match="no calibration slope"):
        measure_prediction([0, 0, 1, 1], [[-2.0, -1, 1, 2]], np.ones((1, 4)))


def test_a_model_on_its_own_rows_is_calibrated_and_its_luck_is_taken_off():
    x, y = draw(80, 4, n_terms=4)
    rows = pd.DataFrame(x, columns=list("abcd")).assign(y=y, patient=range(80))
    fitted, frame = check_rows(
        rows,
        outcome="y",
        terms=list("abcd"),
        clusters="patient",
        method="gee",
        n_resamples=200,
        seed=1,
    )
    by = frame.set_index(["measure", "reading"])["estimate"]
    assert fitted.method_used == "gee"
    assert by["calibration_in_the_large", "apparent"] == pytest.approx(0, abs=1e-6)
    assert by["calibration_slope", "apparent"] == pytest.approx(1, abs=1e-6)
    assert by["c_statistic", "corrected"] < by["c_statistic", "apparent"]
    assert by["calibration_slope", "corrected"] < 1
    assert by["brier_score", "corrected"] > by["brier_score", "apparent"]


def test_a_cohort_is_checked_with_unit_and_numbers_said():
    check = check_union_model(cohort_of(*COHORT), ["stage"], n_resamples=50)
    by = check.to_frame().set_index(["measure", "reading"])["estimate"]
    assert by["c_statistic", "apparent"] == pytest.approx(0.7)
    assert by["brier_score", "apparent"] == pytest.approx(0.21)
    assert "40 target pars in 40 patients" in check.finding
    assert "per pars" in check.title
    again = check_union_model(cohort_of(*COHORT), ["stage"], n_resamples=50)
    assert again.summary() == check.summary()


def test_too_few_events_are_refused_in_words():
    few = cohort_of(*COHORT[:14], *COHORT[14:17], *COHORT[20:])
    assert check_union_model(few, ["stage"], n_resamples=20).method_used == "gee"
    fewer = cohort_of(*COHORT[:18])
    with pytest.raises(EstimationError, match="too few of the rarer outcome"):
        check_union_model(cohort_of(*COHORT[:14], *COHORT[34:]), ["stage"], n_resamples=20)
    with pytest.raises(EstimationError):
        check_union_model(fewer, ["stage"], n_resamples=20)
