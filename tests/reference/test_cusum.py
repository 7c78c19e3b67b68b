"""Monitoring against printed weights, printed run tables, and run lengths without simulation."""

from __future__ import annotations

import numpy as np
import pytest
from cusum_markov import list_increments, mean_run_length, median_run_length
from scipy.special import expit

from parsoutcomes.stats.cusum import log_likelihood_weights
from parsoutcomes.stats.cusum_limits import PatientMix, find_limit, simulate_charts
from parsoutcomes.stats.run_chart import count_run_chance

MIXES = {
    "one pars each, all alike": ([(0.7,)], 0.0),
    "one pars each, two stages": ([(0.82,), (0.29,)], 0.0),
    "pairs, correlated": ([(0.82, 0.82), (0.82, 0.29), (0.29,), (0.82,)], 0.4),
}
FELL = 0.20


# Steiner 2000, p. 446, and Steiner 2014 (Statistics in Action, p. 234): logit risk of death
# -3.68 + 0.077 Parsonnet; Rigdon and Fricker 2015, p. 225: -3.67 + 0.077 Parsonnet. The numbers
# as given in the tests and documentation of R's vlad 0.2.2 (Wittenberg).
@pytest.mark.parametrize(
    ("intercept", "parsonnet", "died", "odds_ratio", "printed"),
    [
        (-3.68, 0, 0, 2, -0.024),
        (-3.68, 0, 1, 2, 0.669),
        (-3.68, 50, 0, 2, -0.433),
        (-3.68, 50, 1, 2, 0.260),
        (-3.68, 0, 0, 0.5, 0.012),
        (-3.68, 0, 1, 0.5, -0.681),
        (-3.68, 50, 0, 0.5, 0.316),
        (-3.68, 50, 1, 0.5, -0.377),
    ],
)
def test_weights_are_those_printed_by_steiner(intercept, parsonnet, died, odds_ratio, printed):
    risk = expit(intercept + 0.077 * parsonnet)
    weight = log_likelihood_weights([died], [risk], odds_ratio=odds_ratio)[0]
    assert weight == pytest.approx(printed, abs=0.0005)


def test_the_weight_printed_by_rigdon_and_fricker():
    risk = expit(-3.67 + 0.077 * 19)
    weight = log_likelihood_weights([0], [risk], odds_ratio=0.5)[0]
    assert weight == pytest.approx(0.05083, abs=0.000006)


# Printed to three digits in the table of the runs test (Walpole et al., table A.18).
@pytest.mark.parametrize(
    ("above", "below", "runs", "printed"),
    [(5, 5, 2, 0.008), (5, 5, 4, 0.167), (5, 8, 6, 0.347), (6, 6, 8, 0.825), (4, 9, 4, 0.085)],
)
def test_chances_of_so_many_runs_are_those_of_the_printed_table(above, below, runs, printed):
    found = sum(count_run_chance(count, above, below) for count in range(2, runs + 1))
    assert found == pytest.approx(printed, abs=0.0006)


def lay_out(patients):
    widest = max(len(one) for one in patients)
    return np.array([[*one, *[np.nan] * (widest - len(one))] for one in patients])


@pytest.mark.parametrize("name", MIXES)
@pytest.mark.parametrize("odds_ratio", [2.0, 0.5])
def test_simulated_limits_give_the_run_length_of_the_markov_chain(name, odds_ratio):
    patients, correlation = MIXES[name]
    mix = PatientMix(expected=lay_out(patients), pair_correlation=correlation)
    charts = simulate_charts(mix, odds_ratios=(odds_ratio,), n_steps=900, n_runs=3000, seed=4)
    limit = find_limit(charts, 300)
    exact = mean_run_length(list_increments(patients, correlation, odds_ratio), limit)
    assert charts.run_length(limit).mean == pytest.approx(exact, rel=0.07)
    assert exact == pytest.approx(300, rel=0.10)


@pytest.mark.parametrize("name", MIXES)
def test_the_wait_for_a_fall_of_20_per_100_is_that_of_the_markov_chain(name):
    patients, correlation = MIXES[name]
    mix = PatientMix(expected=lay_out(patients), pair_correlation=correlation)
    fallen = [tuple(p - FELL for p in one) for one in patients]
    charts = simulate_charts(
        mix,
        odds_ratios=(0.5,),
        n_steps=300,
        n_runs=4000,
        seed=5,
        true_chances=mix.expected - FELL,
    )
    exact = median_run_length(list_increments(patients, correlation, 0.5, fallen), 3.7)
    assert charts.run_length(3.7).median == pytest.approx(exact, abs=2)
