"""Reference 03: accelerated failure times on intervals by R's survreg; lifelines beside it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import WeibullAFTFitter

from parsoutcomes.stats.interval_regression import fit_interval_aft
from parsoutcomes.stats.interval_regression_likelihood import read_log_times, scores

R = Path(__file__).parent / "r"
ANSWERS = json.loads((R / "03_interval_aft.json").read_text(encoding="utf-8"))
DISTRIBUTIONS = ("weibull", "lognormal", "loglogistic")


def read(name, *covariates):
    with (R / "data" / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    column = {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}
    design = np.column_stack([np.ones(len(rows)), *(column[name] for name in covariates)])
    return column, design


def breasts():
    column, design = read("bcdeter.csv", "treat")
    # R was given the treatments as 1 and 2 in the fits, and asked for 0 and 1 in the quantiles.
    return column["L"], column["R"], design


def eyes():
    column, design = read("diabetic_visits.csv", "trt", "age", "laser")
    return column["L"], column["R"], design, column["id"]


@pytest.mark.parametrize("distribution", [*DISTRIBUTIONS, "exponential"])
def test_breast_cosmesis(distribution):
    fit = fit_interval_aft(*breasts(), distribution=distribution)
    theirs = ANSWERS["bcdeter"][distribution]
    assert fit.coefficients == pytest.approx(list(theirs["coef"].values()), abs=1e-8)
    assert np.exp(fit.log_scale) == pytest.approx(theirs["scale"], abs=1e-8)
    assert fit.log_likelihood == pytest.approx(theirs["loglik"], abs=1e-8)
    assert fit.model_covariance == pytest.approx(np.array(theirs["vcov"]), abs=1e-7)
    n_parameters = len(theirs["par_order"])
    errors = np.sqrt(np.diag(fit.model_covariance))[:n_parameters]
    assert errors == pytest.approx(theirs["se"], abs=1e-7)
    left, right, _ = breasts()
    nothing = fit_interval_aft(left, right, np.ones((left.size, 1)), distribution=distribution)
    assert nothing.log_likelihood == pytest.approx(theirs["loglik_null"], abs=1e-6)


@pytest.mark.parametrize("distribution", [*DISTRIBUTIONS, "exponential"])
def test_quantiles_with_standard_errors(distribution):
    fit = fit_interval_aft(*breasts(), distribution=distribution)
    theirs = ANSWERS["bcdeter"][distribution]
    for row, treat in enumerate((0, 1)):
        times, errors = fit.quantiles([0.25, 0.5, 0.75], [1, treat])
        assert times == pytest.approx(theirs["quantile_25_50_75_treat0_treat1"][row], rel=1e-8)
        assert errors == pytest.approx(theirs["quantile_se"][row], rel=1e-6)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_eyes_with_three_covariates(distribution):
    left, right, design, _ = eyes()
    fit = fit_interval_aft(left, right, design, distribution=distribution)
    theirs = ANSWERS["diabetic_visits"][distribution]
    assert fit.coefficients == pytest.approx(list(theirs["coef"].values()), abs=1e-8)
    assert fit.log_likelihood == pytest.approx(theirs["loglik"], abs=1e-8)
    assert np.exp(fit.log_scale) == pytest.approx(theirs["scale"], abs=1e-8)
    assert fit.model_covariance == pytest.approx(np.array(theirs["vcov"]), abs=1e-8)
    errors = np.sqrt(np.diag(fit.model_covariance))
    assert errors == pytest.approx(theirs["se"], abs=1e-7)
    assert fit.max_gradient < 1e-10
    nothing = fit_interval_aft(left, right, np.ones((left.size, 1)), distribution=distribution)
    assert nothing.log_likelihood == pytest.approx(theirs["loglik_null"], abs=1e-6)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_sandwich_is_that_of_r_once_the_sign_r_has_wrong_is_turned(distribution):
    """For rows with two finite ends survival 3.5-3 takes the score of log scale with a plus."""
    left, right, design, patient = eyes()
    fit = fit_interval_aft(left, right, design, distribution=distribution)
    scale = np.exp(fit.log_scale)
    at = np.append(fit.coefficients / scale, 1 / scale)
    of_rows = scores(read_log_times(left, right, design, distribution), at)
    to_scale = of_rows[:, :-1] @ -at[:-1] - of_rows[:, -1] * at[-1]
    in_r = np.column_stack([of_rows[:, :-1] / scale, to_scale])
    in_r[(left > 0) & np.isfinite(right), -1] *= -1
    moved = pd.DataFrame(in_r @ fit.model_covariance).groupby(patient).sum().to_numpy()
    theirs = np.array(ANSWERS["diabetic_visits"][distribution]["vcov_cluster_robust"])
    assert moved.T @ moved == pytest.approx(theirs, abs=1e-7)
    errors = np.sqrt(np.diag(moved.T @ moved))
    in_r_too = ANSWERS["diabetic_visits"][distribution]["se_cluster_robust"]
    assert errors == pytest.approx(in_r_too, abs=1e-6)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_sandwich_is_near_the_jackknife_over_patients(distribution):
    left, right, design, patient = eyes()
    fit = fit_interval_aft(left, right, design, distribution=distribution, clusters=patient)
    without = [
        fit_interval_aft(
            left, right, design, distribution=distribution, weights=(patient != one).astype(float)
        )
        for one in np.unique(patient)
    ]
    estimates = np.array([np.append(one.coefficients, one.log_scale) for one in without])
    spread = np.sqrt(((estimates - estimates.mean(axis=0)) ** 2).sum(axis=0))
    assert np.sqrt(np.diag(fit.patient_covariance)) == pytest.approx(spread, rel=0.04)


def test_the_weibull_model_of_lifelines():
    left, right, design, _ = eyes()
    frame = pd.DataFrame(design[:, 1:], columns=["trt", "age", "laser"]).assign(L=left, R=right)
    theirs = WeibullAFTFitter().fit_interval_censoring(frame, "L", "R")
    ours = fit_interval_aft(left, right, design)
    location = theirs.params_["lambda_"][["Intercept", "trt", "age", "laser"]]
    assert ours.coefficients == pytest.approx(location.to_numpy(), abs=2e-3)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood_, abs=1e-4)
    assert ours.log_likelihood >= theirs.log_likelihood_ - 1e-8
