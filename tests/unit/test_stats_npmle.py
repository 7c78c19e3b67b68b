"""Interval-censored times written by hand: boxes, masses, and what is not determined."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.npmle import fit_npmle, fit_npmle_batch

NOT_YET = float("inf")


def boxes(fit):
    return list(zip(fit.left.tolist(), fit.right.tolist(), fit.mass.round(9).tolist(), strict=True))


def test_one_visit_ends_one_interval_and_begins_the_next():
    fit = fit_npmle([0, 90], [90, 180])
    assert boxes(fit) == [(0, 90, 0.5), (90, 180, 0.5)]


def test_an_exact_day_at_the_end_of_an_interval_takes_its_mass():
    fit = fit_npmle([0, 90], [90, 90])
    assert boxes(fit) == [(90, 90, 1.0)]


def test_an_exact_day_at_the_open_start_of_an_interval_lies_outside_it():
    fit = fit_npmle([90, 90], [180, 90])
    assert boxes(fit) == [(90, 90, 0.5), (90, 180, 0.5)]


def test_overlap_is_where_the_mass_goes():
    fit = fit_npmle([0, 60], [120, 200])
    assert boxes(fit) == [(60, 120, 1.0)]
    assert fit.log_likelihood == pytest.approx(0)


def test_planned_visits_are_a_table_of_shares():
    fit = fit_npmle([0, 90, 90, 180, 365], [90, 180, 180, 365, NOT_YET])
    lower, upper = fit.survival_at([0, 90, 180, 365])
    assert lower == pytest.approx([1, 0.8, 0.4, 0.2])
    assert upper == pytest.approx(lower)


def test_inside_a_box_survival_has_a_lower_and_an_upper_value():
    fit = fit_npmle([0, 90], [90, NOT_YET])
    lower, upper = fit.survival_at([45, 90, 91, 1e6])
    assert lower == pytest.approx([0.5, 0.5, 0, 0])
    assert upper == pytest.approx([1, 0.5, 0.5, 0.5])


def test_nobody_united():
    fit = fit_npmle([90, 180, 365], [NOT_YET] * 3)
    assert boxes(fit) == [(365, NOT_YET, 1.0)]
    assert fit.survival_at([365])[0] == pytest.approx([1])


def test_everybody_united_by_the_first_scan():
    fit = fit_npmle([0, 0], [90, 180])
    assert boxes(fit) == [(0, 90, 1.0)]
    assert fit.survival_at([90])[1] == pytest.approx([0])


def test_one_patient_and_time_zero():
    assert boxes(fit_npmle([0], [0])) == [(0, 0, 1.0)]
    assert fit_npmle([0], [0]).survival_at([0])[0] == pytest.approx([0])


def test_a_row_that_says_nothing_changes_nothing():
    left, right = [0, 90, 180], [90, 180, NOT_YET]
    alone, joined = fit_npmle(left, right), fit_npmle([*left, 0], [*right, NOT_YET])
    assert joined.mass == pytest.approx(alone.mass)
    assert joined.log_likelihood == pytest.approx(alone.log_likelihood)


def test_kaplan_meier_with_ties_is_the_special_case():
    from lifelines import KaplanMeierFitter

    days = np.array([3, 3, 5, 5, 5, 8, 9, 9, 12, 12])
    seen = np.array([1, 1, 1, 0, 1, 0, 1, 1, 0, 0], dtype=bool)
    fit = fit_npmle(days, np.where(seen, days, np.inf))
    curve = KaplanMeierFitter().fit(days, seen)
    at = np.arange(13)
    assert fit.survival_at(at)[0] == pytest.approx(curve.predict(at).to_numpy(), abs=1e-12)


def test_continuous_exact_times_cost_nothing():
    rng = np.random.default_rng(1)
    days, censored = rng.exponential(10, 20_000), rng.exponential(20, 20_000)
    fit = fit_npmle(np.minimum(days, censored), np.where(days <= censored, days, np.inf))
    assert fit.max_gradient < 1e-8


def test_weights_are_repeated_rows():
    left, right = np.array([0, 60, 90, 30]), np.array([90, 120, NOT_YET, 100])
    times = [2, 0, 3, 1]
    weighted = fit_npmle(left, right, weights=times)
    repeated = fit_npmle(np.repeat(left, times), np.repeat(right, times))
    assert weighted.mass == pytest.approx(repeated.mass, abs=1e-10)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood, abs=1e-10)


@pytest.mark.parametrize(
    ("left", "right"),
    [([5], [3]), ([-1], [3]), ([NOT_YET], [NOT_YET]), ([1, 2], [3]), ([np.nan], [3])],
)
def test_impossible_intervals_are_refused(left, right):
    with pytest.raises(ArgumentError):
        fit_npmle(left, right)


@pytest.mark.parametrize("weights", [[-1, 1], [0, 0], [1], [np.inf, 1]])
def test_unusable_weights_are_refused(weights):
    with pytest.raises(ArgumentError):
        fit_npmle([0, 0], [1, 2], weights=weights)


def test_no_rows_are_refused():
    with pytest.raises(EstimationError):
        fit_npmle([], [])


def test_batch_of_planned_visits_equals_one_at_a_time():
    rng = np.random.default_rng(2)
    visits = np.array([0, 90, 180, 270, 365, NOT_YET])
    seen = rng.integers(1, 6, 80)
    missed = rng.integers(1, 3, 80)
    left, right = visits[np.maximum(seen - missed, 0)], visits[seen]
    weights = rng.multinomial(80, np.full(80, 1 / 80), size=50)
    batch = fit_npmle_batch(left, right, weights)
    at = [45, 90, 180, 270, 365, 400]
    lower, upper = batch.survival_at(at)
    for row in range(50):
        single = fit_npmle(left, right, weights=weights[row])
        assert lower[row] == pytest.approx(single.survival_at(at)[0], abs=1e-8)
        assert upper[row] == pytest.approx(single.survival_at(at)[1], abs=1e-8)
    assert (batch.max_gradient < 1e-8).all()


def test_batch_of_jittered_days_lies_within_one_at_a_time():
    rng = np.random.default_rng(3)
    left = rng.integers(0, 300, 150).astype(float)
    right = np.where(rng.random(150) < 0.7, left + rng.integers(30, 150, 150), np.inf)
    weights = rng.multinomial(150, np.full(150, 1 / 150), size=20)
    batch = fit_npmle_batch(left, right, weights)
    at = np.arange(0, 450, 7)
    lower, upper = batch.survival_at(at)
    assert (lower <= upper + 1e-12).all()
    for row in range(20):
        single_lower, single_upper = fit_npmle(left, right, weights=weights[row]).survival_at(at)
        assert (lower[row] >= single_lower - 1e-6).all()
        assert (upper[row] <= single_upper + 1e-6).all()


def test_batch_does_not_pretend_to_know_what_a_resample_cannot_tell():
    left, right = [0, 90, 180, 365], [90, 180, 365, NOT_YET]
    batch = fit_npmle_batch(left, right, [[1, 0, 0, 1]])
    lower, upper = batch.survival_at([90, 180, 365])
    assert lower[0] == pytest.approx([0.5, 0.5, 0.5])
    assert upper[0] == pytest.approx([0.5, 0.5, 0.5])
    wide = fit_npmle_batch([0, 0, 90], [180, 90, 180], [[1, 0, 0]])
    assert wide.survival_at([90])[0] == pytest.approx(0)
    assert wide.survival_at([90])[1] == pytest.approx(1)


@pytest.mark.parametrize("weights", [[1, 1], [[1, 1, 1]], [[0, 0]], [[-1, 2]], [[np.nan, 1]]])
def test_unusable_weight_matrices_are_refused(weights):
    with pytest.raises(ArgumentError):
        fit_npmle_batch([0, 0], [1, 2], weights)
