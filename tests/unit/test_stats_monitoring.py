"""CUSUM, run-chart rules and funnel limits on a few numbers each."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.cusum import (
    accumulate_cusum,
    estimate_pair_correlation,
    log_likelihood_weights,
)
from parsoutcomes.stats.cusum_limits import PatientMix, find_limit, simulate_charts
from parsoutcomes.stats.funnel import (
    binomial_funnel_limits,
    estimate_overdispersion,
    limit_overdispersion,
)
from parsoutcomes.stats.run_chart import apply_run_rules


def test_weights_average_below_zero_when_nothing_has_changed():
    for p in (0.1, 0.5, 0.9):
        weights = log_likelihood_weights([0, 1], [p, p], odds_ratio=2)
        assert weights @ [1 - p, p] < 0


def test_a_failure_for_union_is_the_success_of_its_opposite():
    union = log_likelihood_weights([1, 0], [0.8, 0.8], odds_ratio=0.5)
    failure = log_likelihood_weights([0, 1], [0.2, 0.2], odds_ratio=2)
    assert union == pytest.approx(failure)


def test_without_a_limit_there_is_no_signal_and_no_restart():
    sums, signals = accumulate_cusum([5.0, 5.0])
    assert (sums.tolist(), signals.any()) == ([5.0, 10.0], False)


@pytest.mark.parametrize("ratio", [1, 0, -2, float("nan")])
def test_no_change_cannot_be_looked_for(ratio):
    with pytest.raises(ArgumentError, match="no change"):
        log_likelihood_weights([1], [0.5], odds_ratio=ratio)


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_a_sure_thing_has_no_weight(chance):
    with pytest.raises(ArgumentError, match="0, 1 or beyond"):
        log_likelihood_weights([1], [chance], odds_ratio=2)


def test_pairs_alike_opposite_and_absent():
    assert estimate_pair_correlation([1, 1, 0, 0], [0.5] * 4, [1, 1, 2, 2]).correlation == 1
    assert estimate_pair_correlation([1, 0, 0, 1], [0.5] * 4, [1, 1, 2, 2]).correlation == 0
    assert np.isnan(estimate_pair_correlation([1, 0], [0.5] * 2, [1, 2]).correlation)


def test_pairs_drawn_are_as_alike_as_they_were_said_to_be():
    mix = PatientMix(expected=np.array([[0.7, 0.4]]), pair_correlation=0.5)
    charts = simulate_charts(mix, odds_ratios=(2.0,), n_steps=1, n_runs=40_000, seed=1)
    highest = charts.highest[0][0]
    both = np.log(4) - np.log(1.7) - np.log(1.4)
    share = float(np.isclose(highest, both, atol=1e-5).mean())
    assert share == pytest.approx(0.5 * 0.4 + 0.5 * 0.28, abs=0.01)


def test_correlated_pairs_need_a_wider_limit():
    expected = np.array([[0.7, 0.7]])
    limits = [
        find_limit(
            simulate_charts(
                PatientMix(expected=expected, pair_correlation=rho),
                odds_ratios=(0.5,),
                n_steps=600,
                n_runs=1000,
                seed=1,
            ),
            200,
        )
        for rho in (0.0, 0.9)
    ]
    assert limits[1] > limits[0] + 0.3


def test_sequences_too_short_for_the_run_length_are_refused():
    mix = PatientMix(expected=np.array([[0.7]]), pair_correlation=0.0)
    charts = simulate_charts(mix, odds_ratios=(2.0,), n_steps=2, n_runs=5, seed=1)
    with pytest.raises(EstimationError, match="No limit"):
        find_limit(charts, 1e9)


def test_six_points_on_one_side_are_a_shift_and_points_on_the_median_are_skipped():
    rules = apply_run_rules([1, 2, 1, 2, 1, 2, 3, 6, 5, 6, 5, 6, 5])
    assert (rules.median, rules.longest_shift, rules.has_shift) == (3.0, 6, True)


def test_five_points_rising_are_a_trend_and_equal_points_count_once():
    assert apply_run_rules([3, 1, 2, 2, 3, 4, 5, 1]).longest_trend == 5
    assert not apply_run_rules([3, 1, 2, 2, 3, 4, 1]).has_trend


def test_a_saw_has_too_many_runs_and_a_flat_line_breaks_no_rule():
    assert apply_run_rules([1, 2] * 8).has_too_many_runs
    flat = apply_run_rules([2.0] * 12)
    assert not flat.has_shift
    assert not flat.has_trend
    assert not flat.has_too_few_runs
    assert not flat.has_too_many_runs


def test_funnel_limits_close_in_on_the_target_and_hold_it():
    widths = []
    for n in (5, 50, 5000):
        low, high = binomial_funnel_limits(n, 0.7, conf_level=0.95)
        assert 0 <= low < 0.7 < high <= 1
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)
    assert high - 0.7 == pytest.approx(1.96 * (0.21 / 5000) ** 0.5, rel=0.02)


@pytest.mark.parametrize("n_units", [10, 40])
def test_chance_alone_passes_the_limit_of_overdispersion_about_once_in_twenty(n_units):
    rng = np.random.default_rng(1)
    limit, nothing, one = limit_overdispersion(n_units), np.zeros(n_units), np.ones(n_units)
    passed = [
        estimate_overdispersion(rng.standard_normal(n_units), nothing, one) > limit
        for _ in range(4000)
    ]
    assert 0.035 < np.mean(passed) < 0.065


def test_units_that_differ_by_chance_alone_have_an_overdispersion_of_about_one():
    united = np.random.default_rng(1).binomial(40, 0.7, 400)
    spread = estimate_overdispersion(united, np.full(400, 28.0), np.full(400, 8.4))
    assert spread == pytest.approx(1.0, abs=0.1)
