"""Many boxes with mass: steps without a matrix reach the maximum that a matrix reaches."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.stats import interval_likelihood
from parsoutcomes.stats.interval_conjugate import solve_non_negative_by_products
from parsoutcomes.stats.interval_likelihood import solve_non_negative
from parsoutcomes.stats.npmle import fit_npmle
from parsoutcomes.stats.npmle_competing import fit_npmle_competing


def mixed_times(n_rows, *, seed, is_exact=0.5):
    """Half of the events on their day, the others between two scans, a tenth not yet."""
    rng = np.random.default_rng(seed)
    days = 150 * rng.weibull(2, n_rows) + 1
    left = np.maximum(days - rng.exponential(40, n_rows), 0)
    right = days + rng.exponential(40, n_rows)
    exact, open_ended = rng.random(n_rows) < is_exact, rng.random(n_rows) < 0.1
    left, right = np.where(exact, days, left), np.where(exact, days, right)
    return left, np.where(open_ended, np.inf, right)


def test_the_same_minimum_as_with_the_matrix():
    rng = np.random.default_rng(1)
    first = rng.integers(0, 30, 200)
    last = np.minimum(first + rng.integers(0, 6, 200), 29)
    curvature, target = rng.uniform(0.5, 2, 200), rng.normal(2, 4, 30)
    reach = (first[:, None] <= np.arange(30)) & (np.arange(30) <= last[:, None])
    matrix = (reach.T * curvature) @ reach
    centre = np.full(30, 0.1)
    found = solve_non_negative_by_products(first, last, curvature, target, centre)
    assert found == pytest.approx(solve_non_negative(matrix, target, centre), abs=1e-6)
    assert (found == 0).any()


@pytest.mark.parametrize("is_exact", [0.1, 0.5])
def test_exact_times_among_intervals_with_and_without_a_matrix(monkeypatch, is_exact):
    left, right = mixed_times(600, seed=3, is_exact=is_exact)
    at = np.linspace(1, 500, 60)
    monkeypatch.setattr(interval_likelihood, "MANY_BOXES", 10_000)
    dense = fit_npmle(left, right)
    monkeypatch.setattr(interval_likelihood, "MANY_BOXES", 20)
    sparse = fit_npmle(left, right)
    assert sparse.max_gradient < 1e-8
    assert sparse.log_likelihood == pytest.approx(dense.log_likelihood, abs=1e-8)
    assert sparse.survival_at(at)[0] == pytest.approx(dense.survival_at(at)[0], abs=1e-6)


def test_twenty_thousand_rows_with_a_box_for_half_of_them():
    fit = fit_npmle(*mixed_times(20_000, seed=1))
    assert (fit.mass > 0).sum() > 8_000
    assert fit.max_gradient < 1e-8
    assert fit.mass.sum() == pytest.approx(1)


def test_surgery_on_twenty_thousand_days_of_its_own():
    rng = np.random.default_rng(2)
    left, right = mixed_times(20_000, seed=2, is_exact=0)
    causes = np.where(np.isinf(right), 0, 1)
    operated = rng.random(left.size) < 0.3
    day = left + rng.uniform(0.1, 40, left.size)
    fit = fit_npmle_competing(
        np.where(operated, day, left),
        np.where(operated, day, right),
        np.where(operated, 2, causes),
        left,
    )
    assert fit.max_gradient < 1e-8
    assert fit.surgery.left.size > 5_000
