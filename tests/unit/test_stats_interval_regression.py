"""Accelerated failure times on intervals: checks by hand, and the hard cases by name."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, ndtr

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.error_distributions import interval_slopes, log_interval
from parsoutcomes.stats.interval_regression import fit_interval_aft, fit_interval_aft_batch
from parsoutcomes.stats.interval_regression_jackknife import jackknife_aft_covariance
from parsoutcomes.stats.resampling import patient_weights

NOT_YET = float("inf")
FOUR = ([0, 3, 3, 6], [3, 6, 6, NOT_YET])
ONES = [[1]] * 4


def sample(n_patients, seed=1):
    """Two pars per patient, scanned every 3 months to month 12, x halves the time."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), 2)
    design = np.column_stack(
        [np.ones(patient.size), rng.integers(0, 2, patient.size), rng.normal(0, 1, patient.size)]
    )
    shared = rng.normal(0, 0.3, n_patients)[patient]
    times = np.exp(
        2 - 0.7 * design[:, 1] + shared + 0.5 * np.log(rng.exponential(size=patient.size))
    )
    left = np.minimum(3 * np.floor(times / 3), 12)
    return left, np.where(times < 12, left + 3, NOT_YET), design, patient


def test_exact_exponential_times_give_their_mean():
    fit = fit_interval_aft([1, 2, 6], [1, 2, 6], [[1]] * 3, distribution="exponential")
    assert np.exp(fit.coefficients[0]) == pytest.approx(3)
    assert fit.log_scale == 0
    assert fit.log_likelihood == pytest.approx(3 * -np.log(3) - 3)


def test_exact_lognormal_times_give_mean_and_spread_of_their_logs():
    times = [1.0, 2.0, 6.0, 9.0]
    fit = fit_interval_aft(times, times, ONES, distribution="lognormal")
    assert fit.coefficients[0] == pytest.approx(np.log(times).mean())
    assert np.exp(fit.log_scale) == pytest.approx(np.log(times).std())


def test_two_visits_are_matched_exactly():
    left, right = [0, 0, 3, 3, 3, 6], [3, 3, 6, 6, 6, NOT_YET]
    for distribution in ("weibull", "lognormal", "loglogistic"):
        fit = fit_interval_aft(left, right, [[1]] * 6, distribution=distribution)
        assert fit.incidence_at([3, 6], [1]) == pytest.approx([2 / 6, 5 / 6])


def test_the_unit_of_time_moves_the_intercept_alone():
    left, right, design, patient = sample(30)
    months = fit_interval_aft(left, right, design, clusters=patient)
    days = fit_interval_aft(30 * left, 30 * right, design, clusters=patient)
    assert days.coefficients - months.coefficients == pytest.approx([np.log(30), 0, 0])
    assert days.patient_covariance == pytest.approx(months.patient_covariance)


def test_a_weight_of_two_is_two_rows():
    doubled = fit_interval_aft(*(np.repeat(end, [2, 1, 1, 1]) for end in FOUR), [[1]] * 5)
    weighted = fit_interval_aft(*FOUR, ONES, weights=[2, 1, 1, 1])
    assert weighted.coefficients == pytest.approx(doubled.coefficients)
    assert weighted.log_likelihood == pytest.approx(doubled.log_likelihood)


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "loglogistic", "exponential"])
def test_the_batch_is_the_single_fit_many_times(distribution):
    left, right, design, patient = sample(40)
    weights = patient_weights(patient, 20, seed=1)
    batch = fit_interval_aft_batch(left, right, design, weights, distribution=distribution)
    assert batch.reached.all()
    for k in range(20):
        single = fit_interval_aft(
            left, right, design, distribution=distribution, weights=weights[k]
        )
        assert batch.coefficients[k] == pytest.approx(single.coefficients, abs=1e-10)
        assert batch.log_scale[k] == pytest.approx(single.log_scale, abs=1e-10)
        assert batch.log_likelihood[k] == pytest.approx(single.log_likelihood, abs=1e-9)


def test_a_resample_without_events_in_a_level_is_marked_not_made_up():
    left, right = [0, 3, 3, 6, 3, 6], [3, 6, 6, NOT_YET, 6, NOT_YET]
    design = [[1, 0]] * 4 + [[1, 1]] * 2
    weights = [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 1]]
    batch = fit_interval_aft_batch(left, right, design, weights)
    assert batch.reached.tolist() == [True, False]
    assert np.isnan(batch.coefficients[1]).all()


def test_the_jackknife_of_exact_times_is_that_of_their_mean():
    """One patient per row, normal errors: the variance of a mean."""
    times = np.array([1.0, 2.0, 6.0, 9.0])
    found = jackknife_aft_covariance(times, times, ONES, range(4), distribution="lognormal")
    assert found[0, 0] == pytest.approx(np.log(times).var(ddof=1) / 4)


def test_the_jackknife_is_somewhat_wider_than_the_sandwich():
    left, right, design, patient = sample(40)
    wide = jackknife_aft_covariance(left, right, design, patient)
    narrow = fit_interval_aft(left, right, design, clusters=patient).patient_covariance
    ratio = np.sqrt(np.diag(wide) / np.diag(narrow))
    assert (ratio > 1).all()
    assert (ratio < 1.25).all()


def test_a_level_with_events_in_one_patient_has_no_jackknife():
    left, right = [0, 3, 3, 6, 3, 6], [3, 6, 6, NOT_YET, 6, NOT_YET]
    design = [[1, 0]] * 4 + [[1, 1]] * 2
    with pytest.raises(EstimationError, match="rests on single patients"):
        jackknife_aft_covariance(left, right, design, [1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param([3, 6, 9], [NOT_YET] * 3, id="nobody united"),
        pytest.param([0, 0, 0], [3, 3, 3], id="everybody at the first scan"),
        pytest.param([3], [6], id="one patient"),
        pytest.param([0, 3], [3, NOT_YET], id="one scan"),
        pytest.param([4, 4, 4], [4, 4, 4], id="ties everywhere"),
        pytest.param([0, 0], [NOT_YET, NOT_YET], id="follow-up zero"),
    ],
)
def test_rows_that_fix_no_distribution_are_refused(left, right):
    with pytest.raises(EstimationError):
        fit_interval_aft(left, right, [[1]] * len(left))


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "loglogistic"])
def test_a_group_with_no_union_has_no_factor(distribution):
    left, right = [0, 3, 3, 6, 6, 6], [3, 6, 6, NOT_YET, NOT_YET, NOT_YET]
    with pytest.raises(EstimationError, match="no maximum"):
        fit_interval_aft(left, right, [[1, 0]] * 4 + [[1, 1]] * 2, distribution=distribution)


def test_rows_never_looked_at_again_change_nothing():
    with_them = fit_interval_aft([*FOUR[0], 0], [*FOUR[1], NOT_YET], [[1]] * 5)
    assert with_them.coefficients == pytest.approx(fit_interval_aft(*FOUR, ONES).coefficients)


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "loglogistic"])
def test_intervals_of_one_day_are_nearly_exact_times(distribution):
    days = np.array([40.0, 95.0, 130.0, 200.0, 410.0])
    narrow = fit_interval_aft(days - 0.5, days + 0.5, [[1]] * 5, distribution=distribution)
    exact = fit_interval_aft(days, days, [[1]] * 5, distribution=distribution)
    assert narrow.coefficients == pytest.approx(exact.coefficients, abs=1e-3)
    assert narrow.log_likelihood == pytest.approx(exact.log_likelihood, abs=1e-3)


def test_aliased_covariates_are_refused():
    with pytest.raises(EstimationError, match="say the same"):
        fit_interval_aft(*FOUR, [[1, 2]] * 4)


def test_union_on_the_day_of_fitting_has_no_logarithm():
    with pytest.raises(ArgumentError, match="time zero"):
        fit_interval_aft([0, 3], [0, 6], [[1]] * 2)


def test_an_unknown_distribution_is_refused_with_the_nearest():
    with pytest.raises(ArgumentError, match="weibull"):
        fit_interval_aft(*FOUR, ONES, distribution="weibul")


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("weibull", lambda z: -np.expm1(-np.exp(z))),
        ("lognormal", ndtr),
        ("loglogistic", expit),
    ],
)
def test_an_interval_is_the_difference_of_two_shares(name, share):
    lower, upper = np.array([-2.0, -0.5, 0.3, 1.0]), np.array([-1.0, 0.5, 1.1, 1.2])
    assert log_interval(name, lower, upper) == pytest.approx(np.log(share(upper) - share(lower)))
    ends = np.array([-np.inf, 0.4]), np.array([0.4, np.inf])
    assert log_interval(name, *ends) == pytest.approx(np.log([share(0.4), 1 - share(0.4)]))


@pytest.mark.parametrize("name", ["weibull", "lognormal", "loglogistic"])
def test_far_tails_do_not_cancel(name):
    width = 1e-6
    for start in (-30.0, 3.0):
        lower = np.array([start])
        ends = lower, lower + width
        slope = (log_interval(name, lower, lower + 2 * width) - log_interval(name, *ends))[0]
        assert slope == pytest.approx(np.log(2), abs=1e-4)


@pytest.mark.parametrize("name", ["weibull", "lognormal", "loglogistic"])
def test_slopes_are_those_of_small_steps(name):
    lower, upper, step = np.array([-1.2, 0.4]), np.array([-0.1, 0.9]), 1e-5

    def slopes(a, b):
        return interval_slopes(name, a, b, log_interval(name, a, b))

    at = slopes(lower, upper)
    rise = log_interval(name, lower + step, upper) - log_interval(name, lower - step, upper)
    assert at.lower == pytest.approx(rise / (2 * step), rel=1e-6)
    moved = slopes(lower + step, upper), slopes(lower - step, upper)
    bend = (moved[0].lower - moved[1].lower) / (2 * step)
    cross = (moved[0].upper - moved[1].upper) / (2 * step)
    assert at.lower_lower == pytest.approx(bend, rel=1e-5)
    assert at.lower_upper == pytest.approx(cross, rel=1e-5)
