"""Cumulative incidence by hand, and its standard error against leaving out a little of each row."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.aalen_johansen import estimate_cumulative_incidence


def test_ties_of_both_causes_and_of_censoring_on_one_day():
    curve = estimate_cumulative_incidence([5, 5, 5, 5, 8], [1, 1, 2, 0, 1], cause=1)
    assert curve.times.tolist() == [5, 8]
    assert curve.incidence == pytest.approx([0.4, 0.4 + 0.4 * 1])


def test_without_censoring_it_is_the_share_with_its_binomial_error():
    curve = estimate_cumulative_incidence([1, 2, 2, 3, 4], [1, 2, 1, 2, 1], cause=1)
    assert curve.incidence == pytest.approx([0.2, 0.4, 0.4, 0.6])
    shares = curve.incidence
    assert curve.standard_error == pytest.approx(np.sqrt(shares * (1 - shares) / 5))


def test_standard_error_is_the_numerical_infinitesimal_jackknife():
    rng = np.random.default_rng(1)
    days, causes = rng.integers(1, 12, 40), rng.integers(0, 3, 40)
    weights = rng.integers(1, 4, 40).astype(float)
    curve = estimate_cumulative_incidence(days, causes, cause=1, weights=weights)
    total = np.zeros(curve.times.size)
    for row in range(40):
        nudge = np.zeros(40)
        nudge[row] = 1e-5
        up = estimate_cumulative_incidence(days, causes, cause=1, weights=weights + nudge)
        down = estimate_cumulative_incidence(days, causes, cause=1, weights=weights - nudge)
        total += (weights[row] * (up.incidence - down.incidence) / 2e-5) ** 2
    assert curve.standard_error == pytest.approx(np.sqrt(total), abs=1e-7)


def test_nobody_and_everybody_and_one_patient():
    assert estimate_cumulative_incidence([3, 4], [0, 0], cause=1).incidence.tolist() == [0, 0]
    assert estimate_cumulative_incidence([3, 3], [1, 1], cause=1).incidence.tolist() == [1]
    one = estimate_cumulative_incidence([0], [1], cause=1)
    assert (one.incidence.tolist(), one.standard_error.tolist()) == ([1], [0])


def test_steps_between_the_observed_times():
    curve = estimate_cumulative_incidence([3, 6], [1, 1], cause=1)
    assert curve.incidence_at([0, 3, 5, 6, 9])[0] == pytest.approx([0, 0.5, 0.5, 1, 1])


def test_all_causes_and_survival_sum_to_one():
    days, causes = [2, 3, 3, 5, 7, 7, 9], [1, 2, 0, 1, 2, 0, 0]
    first = estimate_cumulative_incidence(days, causes, cause=1).incidence
    second = estimate_cumulative_incidence(days, causes, cause=2).incidence
    either = estimate_cumulative_incidence(days, np.minimum(causes, 1), cause=1).incidence
    assert first + second == pytest.approx(either)


def test_bad_rows_are_refused():
    with pytest.raises(ArgumentError):
        estimate_cumulative_incidence([-1], [1], cause=1)
    with pytest.raises(ArgumentError):
        estimate_cumulative_incidence([1], [1], cause=0)
    with pytest.raises(ArgumentError):
        estimate_cumulative_incidence([1, 2], [1], cause=1)
    with pytest.raises(EstimationError):
        estimate_cumulative_incidence([], [], cause=1)
