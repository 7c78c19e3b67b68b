"""Random-intercept logistic models: slopes, boundary, limits, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.random_intercept import fit_random_intercept_logit, latent_icc
from parsoutcomes.stats.random_intercept_intervals import (
    profile_random_intercept,
    wald_random_intercept,
)
from parsoutcomes.stats.random_intercept_likelihood import collect_counts, evaluate_likelihood

# Thirty patients with two pars each: 13 both united, 9 neither, 8 one.
PAIRS = np.array([1, 1] * 13 + [0, 0] * 9 + [1, 0] * 8, float)
PATIENTS = np.repeat(np.arange(30), 2)
ONES, COLUMN = np.ones(60), np.ones((60, 1))


def rows_with_x():
    x = np.tile([0.0, 1.0, 0.5], 20)
    return PAIRS, ONES, np.column_stack([ONES, x]), PATIENTS


def log_likelihood(intercept, sigma):
    """Of the pairs, by scipy's own integration."""

    def of_pair(n_united):
        def joint(u):
            risk = expit(intercept + sigma * u)
            density = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
            return risk**n_united * (1 - risk) ** (2 - n_united) * density

        return np.log(quad(joint, -12, 12, epsabs=1e-13, limit=200)[0])

    return 13 * of_pair(2) + 9 * of_pair(0) + 8 * of_pair(1)


def test_likelihood_is_scipys_integral_and_highest_where_it_should_be():
    fit = fit_random_intercept_logit(PAIRS, ONES, COLUMN, PATIENTS, n_nodes=31)
    intercept, sigma = float(fit.coefficients[0]), fit.sigma
    best = log_likelihood(intercept, sigma)
    assert fit.log_likelihood == pytest.approx(best, abs=1e-6)
    for move in (-0.05, 0.05):
        assert log_likelihood(intercept + move, sigma) < best
        assert log_likelihood(intercept, sigma + move) < best


@pytest.mark.parametrize("n_nodes", [5, 15])
def test_slopes_are_those_of_the_likelihood(n_nodes):
    counts, point = collect_counts(*rows_with_x()), np.array([0.3, -0.8, 1.7])

    def total(at):
        return evaluate_likelihood(counts, at[:-1], at[-1], n_nodes)

    moves = 1e-5 * np.eye(3)
    slopes = [(total(point + m).total - total(point - m).total) / 2e-5 for m in moves]
    assert total(point).gradient == pytest.approx(slopes, abs=1e-7)


def test_curvature_is_that_of_the_likelihood():
    counts, point = collect_counts(*rows_with_x()), np.array([0.3, -0.8, 1.2])

    def gradient(at):
        return evaluate_likelihood(counts, at[:-1], at[-1], 41).gradient

    moves = 1e-5 * np.eye(3)
    curvature = [-(gradient(point + m) - gradient(point - m)) / 2e-5 for m in moves]
    ours = evaluate_likelihood(counts, point[:-1], point[-1], 41).information
    assert ours == pytest.approx(np.array(curvature), abs=1e-5)


def test_more_pairs_unlike_than_chance_gives_sigma_zero_and_the_ordinary_model():
    events = np.array([1, 0] * 20 + [1, 1] * 2 + [0, 0] * 2, float)
    patients = np.repeat(np.arange(24), 2)
    rows = events, np.ones(48), np.ones((48, 1)), patients
    fit = fit_random_intercept_logit(*rows)
    assert fit.sigma == 0
    assert fit.icc == 0
    assert fit.coefficients[0] == pytest.approx(0, abs=1e-9)
    assert fit.covariance[0, 0] == pytest.approx(1 / (48 / 4))
    assert np.isnan(fit.sigma_standard_error)
    limits = profile_random_intercept(*rows, fit)
    assert limits.sigma_low == 0
    assert limits.sigma_high > 0
    assert limits.sigma_p_value == 1


def test_rows_counted_together_are_rows_one_by_one():
    together = fit_random_intercept_logit(
        [2] * 13 + [0] * 9 + [1] * 8, [2] * 30, np.ones((30, 1)), range(30)
    )
    one_by_one = fit_random_intercept_logit(PAIRS, ONES, COLUMN, PATIENTS)
    assert together.coefficients == pytest.approx(one_by_one.coefficients, abs=1e-8)
    assert together.sigma == pytest.approx(one_by_one.sigma, abs=1e-7)
    ways = 8 * np.log(2)
    assert together.log_likelihood == pytest.approx(one_by_one.log_likelihood + ways, abs=1e-9)


def test_order_of_rows_and_names_of_patients_are_free():
    events, ones, design, patients = rows_with_x()
    order = np.random.default_rng(1).permutation(60)
    named = np.array([f"P{number}" for number in patients])
    fit = fit_random_intercept_logit(events, ones, design, patients)
    other = fit_random_intercept_logit(events[order], ones, design[order], named[order])
    assert other.coefficients == pytest.approx(fit.coefficients, abs=1e-8)
    assert other.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-10)


def test_united_and_not_united_mirror_each_other():
    fit = fit_random_intercept_logit(*rows_with_x())
    events, *others = rows_with_x()
    mirrored = fit_random_intercept_logit(1 - events, *others)
    assert mirrored.coefficients == pytest.approx(-fit.coefficients, abs=1e-7)
    assert mirrored.sigma == pytest.approx(fit.sigma, abs=1e-7)


def test_profile_limits_are_where_the_likelihood_has_fallen_by_half_the_quantile():
    rows = PAIRS, ONES, COLUMN, PATIENTS
    fit = fit_random_intercept_logit(*rows, n_nodes=31)
    limits = profile_random_intercept(*rows, fit)
    counts = collect_counts(*rows)
    grid = np.linspace(0.3, 12, 400)
    for limit in (limits.conf_low, limits.conf_high):
        highest = max(evaluate_likelihood(counts, limit, s, 31).total for s in grid)
        assert 2 * (fit.log_likelihood - highest) == pytest.approx(3.841459, abs=2e-3)
    wald = wald_random_intercept(fit)
    assert limits.conf_low[0] == pytest.approx(wald.conf_low[0], abs=0.15)
    assert 0 < limits.sigma_low < fit.sigma < limits.sigma_high
    assert limits.sigma_p_value < 0.05


def test_latent_icc():
    assert latent_icc(0) == 0
    assert latent_icc(np.pi / np.sqrt(3)) == pytest.approx(0.5)


def test_all_united_is_refused():
    with pytest.raises(EstimationError, match="run off to infinity"):
        fit_random_intercept_logit(ONES, ONES, COLUMN, PATIENTS)


def test_a_column_that_separates_is_refused():
    design = np.column_stack([ONES, PAIRS])
    with pytest.raises(EstimationError, match="run off to infinity"):
        fit_random_intercept_logit(PAIRS, ONES, design, PATIENTS)


def test_patients_all_alike_within_let_sigma_run_away():
    events = np.repeat([1.0, 0.0], 30)
    with pytest.raises(EstimationError, match="run off to infinity"):
        fit_random_intercept_logit(events, ONES, COLUMN, PATIENTS)


@pytest.mark.parametrize(
    "patients", [np.zeros(60), np.arange(60)], ids=["one patient with everything", "no pairs"]
)
def test_nothing_to_tell_intercepts_by_is_refused(patients):
    with pytest.raises(EstimationError, match="cannot be told from chance"):
        fit_random_intercept_logit(PAIRS, ONES, COLUMN, patients)


def test_wrong_input_is_refused():
    with pytest.raises(ArgumentError, match="too few nodes"):
        fit_random_intercept_logit(PAIRS, ONES, COLUMN, PATIENTS, n_nodes=1)
    with pytest.raises(ArgumentError, match="do not fit their totals"):
        fit_random_intercept_logit(2 * PAIRS, ONES, COLUMN, PATIENTS)
    with pytest.raises(EstimationError, match="determined by the others"):
        fit_random_intercept_logit(PAIRS, ONES, np.ones((60, 2)), PATIENTS)
