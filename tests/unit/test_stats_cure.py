"""Who unites in the end: the mixture by hand, its boundary, and the refusal without a plateau."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.cure import fit_mixture_cure
from parsoutcomes.stats.plateau import check_plateau

NOT_YET = float("inf")
VISITS = [3, 6, 9, 12, 24]


def levelled():
    """Of 20, 6 by month 3, 4 by month 6, 2 by month 9, 8 not by month 24."""
    counts = [6, 4, 2, 8]
    return np.repeat([0.0, 3.0, 6.0, 24.0], counts), np.repeat([3.0, 6.0, 9.0, NOT_YET], counts)


def sample(n_patients, seed):
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), 2)
    shared = rng.normal(0, 1, n_patients)[patient]
    unites = rng.random(patient.size) < 1 / (1 + np.exp(-(1 + shared)))
    times = np.where(unites, 5 * rng.weibull(2, patient.size), NOT_YET)
    left = np.minimum(3 * np.floor(np.where(unites, times, 99) / 3), 18)
    return left, np.where(left < 18, left + 3, NOT_YET), patient, unites


def test_with_a_plateau_the_share_is_that_seen():
    fit = fit_mixture_cure(*levelled())
    assert fit.eventual == pytest.approx(0.6, abs=2e-3)
    assert fit.incidence_at([3.0, 6.0, 24.0]) == pytest.approx([0.3, 0.5, 0.6], abs=0.03)
    assert fit.max_gradient < 1e-6


def test_the_profile_on_a_plateau_is_that_of_a_proportion():
    """Twice the log-likelihood lost at each limit is the chi-square quantile."""
    fit = fit_mixture_cure(*levelled())
    for limit in (fit.conf_low, fit.conf_high):
        lost = 12 * np.log(0.6 / limit) + 8 * np.log(0.4 / (1 - limit))
        assert 2 * lost == pytest.approx(3.841459, abs=0.05)


def test_a_scan_long_after_the_last_union_is_no_trouble():
    """A steep F0 and 60 months: its survival there is smaller than any number of the machine."""
    left = [0.0] * 4 + [2.8] * 8 + [6.1] * 2 + [60.0] * 9
    right = [3.1] * 4 + [6.2] * 8 + [6.4] * 2 + [NOT_YET] * 9
    fit = fit_mixture_cure(left, right)
    assert np.exp(-fit.log_scale) > 2.9
    assert fit.eventual == pytest.approx(14 / 23, abs=1e-4)
    assert fit.max_gradient < 1e-6


def test_the_truth_is_found():
    left, right, patient, unites = sample(1500, seed=2)
    fit = fit_mixture_cure(left, right, clusters=patient)
    assert fit.eventual == pytest.approx(unites.mean(), abs=0.005)
    assert fit.conf_low < unites.mean() < fit.conf_high
    assert np.exp(-fit.log_scale) == pytest.approx(2, abs=0.1)
    assert fit.time_quantiles(0.5, [1.0]) == pytest.approx(5 * np.log(2) ** 0.5, abs=0.1)
    assert fit.design_effect > 1.05


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "loglogistic", "exponential"])
def test_covariances_are_those_of_small_steps(distribution):
    left, right, _, _ = sample(60, seed=3)
    fit = fit_mixture_cure(left, right, distribution=distribution)
    assert (np.diag(fit.model_covariance) > 0).all()
    assert fit.conf_low < fit.eventual < fit.conf_high
    assert fit.log_likelihood >= fit.log_likelihood_without_cure


def test_everybody_unites_in_the_end_is_the_boundary():
    left, right = [0, 0, 3, 3, 6, 6, 9, 3], [3, 3, 6, 6, 9, 9, 12, 6]
    fit = fit_mixture_cure(left, right)
    assert fit.is_at_boundary
    assert fit.cure_coefficients.tolist() == [np.inf]
    assert (fit.eventual, fit.conf_high) == (1.0, 1.0)
    assert 0.5 < fit.conf_low < 1
    assert fit.log_likelihood == fit.log_likelihood_without_cure


def test_at_the_boundary_patients_count_by_their_size():
    left, right = [0, 0, 3, 3, 6, 6, 9, 3], [3, 3, 6, 6, 9, 9, 12, 6]
    fit = fit_mixture_cure(left, right, clusters=[1, 1, 2, 2, 3, 3, 4, 4])
    assert fit.design_effect == 2
    assert np.isfinite(fit.patient_covariance[1:, 1:]).all()


def test_a_share_by_group_with_its_profile():
    first, second = levelled(), levelled()
    left = np.concatenate([first[0], second[0][:12], second[0][:4], [24.0] * 4])
    right = np.concatenate([first[1], second[1][:12], second[1][:4], [NOT_YET] * 4])
    design = np.column_stack([np.ones(40), np.repeat([0.0, 1.0], 20)])
    fit = fit_mixture_cure(left, right, cure_design=design, profile_at=[1, 1])
    assert fit.eventual == pytest.approx(0.8, abs=2e-3)
    assert fit.eventual_at([1, 0])[0] == pytest.approx(0.6, abs=2e-3)
    low, high = fit.eventual_at([1, 1])[1:]
    assert (fit.conf_low, fit.conf_high) == pytest.approx((low, high), abs=0.06)


def test_a_group_in_which_all_united_has_no_share_of_its_own():
    left, right = levelled()
    design = np.column_stack([np.ones(20), np.isfinite(right) & (np.arange(20) % 2 == 0)])
    with pytest.raises(EstimationError, match="cannot be told"):
        fit_mixture_cure(left, right, cure_design=design)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param([3, 6, 9], [NOT_YET] * 3, id="nobody united"),
        pytest.param([0, 0, 0], [3, 3, 3], id="everybody at the first scan"),
        pytest.param([3], [6], id="one patient"),
        pytest.param([4, 4, 4], [4, 4, 4], id="ties everywhere"),
        pytest.param([0, 0], [NOT_YET, NOT_YET], id="follow-up zero"),
        pytest.param([0, 0, 3, 3], [3, 3, NOT_YET, NOT_YET], id="one scan"),
        pytest.param([0, 0, 3, 24, 24], [3, 3, 6, NOT_YET, NOT_YET], id="unions in two windows"),
    ],
)
def test_rows_that_cannot_tell_never_from_not_yet_are_refused(left, right):
    with pytest.raises(EstimationError):
        fit_mixture_cure(left, right)


def test_a_pattern_of_the_wrong_length_is_refused():
    with pytest.raises(ArgumentError, match="no covariate pattern"):
        fit_mixture_cure(*levelled(), profile_at=[1, 0])


def test_a_plateau_is_seen():
    left, right = levelled()
    found = check_plateau(fit_mixture_cure(left, right), left, right, VISITS)
    assert found.is_reached
    assert found.reasons == ()
    assert found.last_window == (12, 24)
    assert (found.last_window_mass, found.n_beyond) == (0, 8)


def test_union_at_the_last_visit_is_no_plateau():
    left, right = [0, 0, 3, 3, 9, 12, 12, 12], [3, 3, 6, 6, 12, NOT_YET, NOT_YET, NOT_YET]
    found = check_plateau(fit_mixture_cure(left, right), left, right, VISITS)
    assert not found.is_reached
    assert found.reasons[0].startswith("The last visit window still adds 12.5 % to union")


def test_too_few_seen_for_long_is_no_plateau():
    left = [0.0] * 8 + [3.0] * 6 + [6.0] * 2 + [3.0] * 6 + [24.0]
    right = [3.0] * 8 + [6.0] * 6 + [9.0] * 2 + [NOT_YET] * 7
    found = check_plateau(fit_mixture_cure(left, right), left, right, VISITS)
    assert found.n_beyond == 1
    assert found.reasons == (
        "Only 1 of 23 were seen un-united for longer than 95 % of fitted unions take; "
        "at least 20 % would be needed.",
    )


def test_visits_that_run_backwards_are_refused():
    left, right = levelled()
    with pytest.raises(ArgumentError, match="planned visits"):
        check_plateau(fit_mixture_cure(left, right), left, right, [6, 3])
