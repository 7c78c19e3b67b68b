"""Observed over expected, and the exact distribution against counting every outcome."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.standardised import observed_over_expected, poisson_binomial_limits


def count_every_outcome(probabilities):
    distribution = np.zeros(len(probabilities) + 1)
    for outcome in product([0, 1], repeat=len(probabilities)):
        chances = [p if united else 1 - p for p, united in zip(probabilities, outcome, strict=True)]
        distribution[sum(outcome)] += np.prod(chances)
    return distribution


def test_distribution_equals_counting_all_outcomes():
    probabilities = [0.97, 0.8, 0.5, 0.31, 0.0, 1.0, 0.66]
    limits = poisson_binomial_limits(probabilities)
    assert limits.probability == pytest.approx(count_every_outcome(probabilities), abs=1e-15)
    assert limits.expected == pytest.approx(4.24)


def test_union_at_the_rates_of_virkki_2020_equals_counting_all_outcomes():
    """8 early, 4 progressive and 2 terminal pars: all 16,384 outcomes."""
    probabilities = [38 / 46] * 8 + [11 / 38] * 4 + [0 / 26] * 2
    limits = poisson_binomial_limits(probabilities)
    by_counting = count_every_outcome(probabilities)
    assert limits.probability == pytest.approx(by_counting, abs=1e-14)
    inside = [
        k for k in range(15) if min(by_counting[: k + 1].sum(), by_counting[k:].sum()) > 0.025
    ]
    assert (limits.low, limits.high) == (min(inside), max(inside)) == (5, 10)


def test_each_tail_beyond_the_limits_holds_at_most_half_the_rest():
    limits = poisson_binomial_limits([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1], conf_level=0.9)
    assert limits.probability[: limits.low].sum() <= 0.05
    assert limits.probability[: limits.low + 1].sum() > 0.05
    assert limits.probability[limits.high + 1 :].sum() <= 0.05
    assert limits.probability[limits.high :].sum() > 0.05


def test_nobody_expected_and_everybody_expected():
    assert (poisson_binomial_limits([]).low, poisson_binomial_limits([]).high) == (0, 0)
    assert (poisson_binomial_limits([0, 0]).low, poisson_binomial_limits([0, 0]).high) == (0, 0)
    assert (poisson_binomial_limits([1, 1]).low, poisson_binomial_limits([1, 1]).high) == (2, 2)


def test_no_event_has_lower_limit_0():
    ratio = observed_over_expected(0, 2.0)
    assert (ratio.estimate, ratio.conf_low) == (0, 0)
    assert ratio.conf_high == pytest.approx(-np.log(0.025) / 2)


@pytest.mark.parametrize(("observed", "expected"), [(-1, 2), (1.5, 2), (3, 0), (3, float("inf"))])
def test_impossible_counts_are_refused(observed, expected):
    with pytest.raises(ArgumentError):
        observed_over_expected(observed, expected)


def test_percentages_are_refused():
    with pytest.raises(ArgumentError, match="fractions"):
        poisson_binomial_limits([0.4, 55])
