"""Limits of cumulative union: against formulas where one exists, and the hard cases by name."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.npmle_contrasts import (
    compare_incidence,
    estimate_quantile,
    estimate_restricted_mean,
)
from parsoutcomes.stats.npmle_influence import incidence_targets, measure_influence, read_rows
from parsoutcomes.stats.npmle_interval_methods import METHODS
from parsoutcomes.stats.npmle_intervals import estimate_incidence
from parsoutcomes.stats.proportions import clopper_pearson_interval
from parsoutcomes.stats.resampling import jackknife_weights

NOT_YET = float("inf")
VISITS = [3.0, 6.0, 9.0, 12.0]


def rows_at_one_visit(n_united, n_not):
    left = [0.0] * n_united + [3.0] * n_not
    right = [3.0] * n_united + [NOT_YET] * n_not
    return left, right, [1] * n_united + [0] * n_not, left


def sample(n_patients, seed=1):
    """Two pars each; visits every 3 months, some missed; some operated on, some lost."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), 2)
    shared = np.exp(rng.normal(0, 0.7, n_patients))[patient]
    times = 9 * shared * rng.exponential(size=patient.size)
    surgery = rng.exponential(60, n_patients)[patient]
    lost = rng.choice([3.0, 6.0, 9.0, 12.0, 12.0, 12.0], n_patients)[patient]
    left = np.minimum(3 * np.floor(np.minimum(times, surgery) / 3), lost)
    united = left + 3 <= np.minimum(lost, surgery)
    united &= times <= left + 3
    operated = ~united & (surgery < lost)
    causes = np.where(united, 1, np.where(operated, 2, 0))
    right = np.where(united, left + 3, np.where(operated, surgery, NOT_YET))
    return np.where(operated, surgery, left), right, causes, np.maximum(left, 0), patient


def test_at_one_visit_it_is_the_wilson_interval_with_student():
    """n / (n - 1) in the variance, and t on n - 1 for z."""
    found = estimate_incidence(*rows_at_one_visit(12, 8), range(20), [3])
    critical, effective_n = 2.093024, 19
    share = critical**2 / effective_n
    centre, half = (
        (0.6 + share / 2) / (1 + share),
        np.sqrt(share * 0.24 + share**2 / 4) / (1 + share),
    )
    assert found.estimate == pytest.approx([0.6])
    assert [found.conf_low[0], found.conf_high[0]] == pytest.approx([centre - half, centre + half])


def test_pairs_that_always_agree_count_as_half_as_many():
    rows = rows_at_one_visit(12, 8)
    apart = estimate_incidence(*rows, range(20), [3])
    together = estimate_incidence(*rows, np.repeat(range(10), 2), [3])
    assert together.conf_high[0] - together.conf_low[0] > apart.conf_high[0] - apart.conf_low[0]
    assert together.influence.shape == (10, 1)


def test_influence_is_near_the_jackknife_over_patients():
    rows = read_rows(*sample(60))
    fit = rows.fit()
    targets, _ = incidence_targets(fit, np.array(VISITS))
    influence = measure_influence(rows, fit, targets)
    without = rows.fit_batch(jackknife_weights(rows.patient)).incidence_at(VISITS, 1)[0]
    spread = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    between = (influence.of_patients**2).sum(axis=0)
    assert influence.estimate == pytest.approx(fit.incidence_at(VISITS, 1)[0])
    assert influence.of_patients.sum(axis=0) == pytest.approx(0, abs=1e-9)
    assert np.sqrt(between) == pytest.approx(np.sqrt(spread), rel=0.08)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_surrounds_the_estimate_and_is_seeded(method):
    rows = sample(40)
    found = estimate_incidence(*rows, VISITS, method=method, n_resamples=99)
    again = estimate_incidence(*rows, VISITS, method=method, n_resamples=99)
    kept = estimate_incidence(*rows, VISITS, n_resamples=99)
    assert (found.conf_low <= found.low).all()
    assert (found.conf_high >= found.high).all()
    assert found.conf_low.tolist() == again.conf_low.tolist()
    assert found.conf_low == pytest.approx(kept.conf_low, abs=0.06)
    assert found.conf_high == pytest.approx(kept.conf_high, abs=0.06)


def test_the_band_is_wider_than_the_limits_at_single_times():
    found = estimate_incidence(*sample(60), VISITS)
    assert (found.band_low < found.conf_low).all()
    assert (found.band_high > found.conf_high).all()


def test_the_order_of_rows_does_not_matter():
    rows = sample(40)
    order = np.random.default_rng(2).permutation(rows[0].size)
    one = estimate_incidence(*rows, VISITS)
    other = estimate_incidence(*(column[order] for column in rows), VISITS)
    assert one.conf_low == pytest.approx(other.conf_low)
    assert one.band_high == pytest.approx(other.band_high)


def test_surgery_has_its_own_curve():
    found = estimate_incidence(*sample(80), [12], cause=2)
    rows = read_rows(*sample(80))
    low, high = rows.fit().incidence_at([12], 2)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert 0 < found.conf_low[0] < found.conf_high[0] < 0.5


@pytest.mark.parametrize("method", METHODS)
def test_nobody_united_is_exact(method):
    found = estimate_incidence(*rows_at_one_visit(0, 12), range(12), [3], method=method)
    limits = clopper_pearson_interval(0, 12)
    assert found.methods == ("exact",)
    assert (found.estimate[0], found.conf_low[0]) == (0, 0)
    assert found.conf_high[0] == pytest.approx(limits.conf_high)


def test_everybody_at_the_first_scan_is_exact():
    found = estimate_incidence(*rows_at_one_visit(12, 0), np.repeat(range(6), 2), [3])
    limits = clopper_pearson_interval(6, 6)
    assert (found.estimate[0], found.conf_high[0]) == (1, 1)
    assert found.conf_low[0] == pytest.approx(limits.conf_low)


def test_one_patient_knows_next_to_nothing():
    found = estimate_incidence([0, 3], [3, 6], [1, 1], [0, 0], ["a", "a"], [3])
    assert found.estimate[0] == 0.5
    assert found.conf_low[0] < 0.03
    assert found.conf_high[0] > 0.97


def test_beyond_the_last_scan_there_is_no_estimate():
    found = estimate_incidence(*rows_at_one_visit(12, 8), range(20), [3, 6])
    assert np.isnan(found.estimate[1])
    assert (found.low[1], found.high[1]) == (pytest.approx(0.6), pytest.approx(1))


def test_follow_up_zero_says_nothing():
    nothing = ([0.0] * 4, [NOT_YET] * 4, [0] * 4, [0.0] * 4)
    found = estimate_incidence(*nothing, range(4), [3])
    assert found.methods == ("nothing known",)
    assert np.isnan([found.estimate[0], found.conf_low[0], found.conf_high[0]]).all()


def test_surgery_for_all():
    days = [100.0, 110, 120, 130]
    found = estimate_incidence(days, days, [2] * 4, [0] * 4, range(4), [365])
    assert (found.estimate[0], found.conf_low[0]) == (0, 0)
    assert found.conf_high[0] == pytest.approx(clopper_pearson_interval(0, 4).conf_high)


def test_surgery_on_a_day_nobody_knows_is_shared_among_the_days_known():
    """Of eight, three operated on known days, one on some day after 90: mass 1/7 on each day."""
    left = [100.0, 110, 120, 90, 365, 365, 365, 365]
    right = [100.0, 110, 120, NOT_YET] + [NOT_YET] * 4
    found = estimate_incidence(left, right, [2] * 4 + [0] * 4, left, range(8), [95, 120], cause=2)
    assert found.low == pytest.approx([0, 3 / 7])
    assert found.high == pytest.approx([0, 3 / 7])


def test_ties_everywhere_and_intervals_of_one_day():
    left, right = [89.0] * 8 + [200.0] * 8, [90.0] * 8 + [NOT_YET] * 8
    found = estimate_incidence(left, right, [1] * 8 + [0] * 8, left, range(16), [89, 90, 200])
    assert found.estimate == pytest.approx([0, 0.5, 0.5])
    assert found.conf_low[1] == pytest.approx(found.conf_low[2])


def test_no_rows_are_refused():
    with pytest.raises(EstimationError):
        estimate_incidence([], [], [], [], [], [3])


def test_an_unknown_method_is_refused():
    with pytest.raises(ArgumentError, match="percentile"):
        estimate_incidence(*rows_at_one_visit(12, 8), range(20), [3], method="percentil")


def test_the_median_lies_in_its_window():
    found = estimate_incidence(*sample(80), VISITS)
    median = estimate_quantile(found, 0.4)
    after = np.flatnonzero(found.low >= 0.4)[0]
    assert median.high == VISITS[after]
    assert median.low == VISITS[after - 1]
    assert median.conf_low <= median.low
    assert median.conf_high >= median.high


def test_a_share_that_is_not_reached_has_no_time():
    found = estimate_incidence(*rows_at_one_visit(4, 16), range(20), [3])
    never = estimate_quantile(found, 0.9)
    assert (never.low, never.high) == (3, NOT_YET)


def test_the_mean_time_un_united_is_an_area():
    """0.3 by month 3, 0.2 more by month 6, half not: 6 - 0.3 * 6 - 0.2 * 3 if at the start."""
    left, right = [0.0] * 6 + [3.0] * 4 + [6.0] * 10, [3.0] * 6 + [6.0] * 4 + [NOT_YET] * 10
    rows = (left, right, [1] * 10 + [0] * 10, left, range(20))
    bounds = estimate_restricted_mean(*rows, 6)
    evenly = estimate_restricted_mean(*rows, 6, placed="evenly")
    assert (bounds.low, bounds.high) == (pytest.approx(3.6), pytest.approx(5.1))
    assert (evenly.low, evenly.high) == (pytest.approx(4.35), pytest.approx(4.35))
    assert 0 <= bounds.conf_low < evenly.conf_low < evenly.conf_high < bounds.conf_high <= 6


def test_the_standard_error_of_the_mean_is_that_of_the_times():
    """Exact times, nobody censored: the ordinary mean with its t interval."""
    days = np.array([1.0, 2.0, 4.0, 5.0])
    found = estimate_restricted_mean(days, days, [1] * 4, [0] * 4, range(4), 6)
    half = 3.182446 * days.std(ddof=1) / 2
    assert (found.low, found.high) == (pytest.approx(3), pytest.approx(3))
    assert found.conf_high == pytest.approx(min(3 + half, 6), rel=1e-5)
    assert found.conf_low == pytest.approx(max(3 - half, 0), rel=1e-5)


def test_a_horizon_of_nothing_is_refused():
    with pytest.raises(ArgumentError, match="horizon"):
        estimate_restricted_mean(*rows_at_one_visit(4, 4), range(8), 0)


def test_a_difference_squares_and_adds():
    first = estimate_incidence(*rows_at_one_visit(15, 5), [f"a{k}" for k in range(20)], [3])
    second = estimate_incidence(*rows_at_one_visit(8, 12), [f"b{k}" for k in range(20)], [3])
    found = compare_incidence(first, second)
    below = np.hypot(0.75 - first.conf_low[0], second.conf_high[0] - 0.4)
    assert found.correlation.tolist() == [0]
    assert found.difference[0] == pytest.approx(0.35)
    assert found.conf_low[0] == pytest.approx(0.35 - below)
    assert found.conf_high[0] < 1


def test_a_difference_within_patients_is_sharper():
    rows = rows_at_one_visit(12, 8)
    left_side = estimate_incidence(*rows, range(20), [3])
    right_side = estimate_incidence(*rows_at_one_visit(10, 10), range(20), [3])
    paired = compare_incidence(left_side, right_side)
    apart = compare_incidence(
        left_side, estimate_incidence(*rows_at_one_visit(10, 10), range(100, 120), [3])
    )
    assert paired.correlation[0] > 0.5
    assert paired.conf_high[0] - paired.conf_low[0] < apart.conf_high[0] - apart.conf_low[0]


def test_curves_at_other_times_do_not_compare():
    rows = rows_at_one_visit(12, 8)
    first, second = (estimate_incidence(*rows, range(20), [time]) for time in (3, 2))
    with pytest.raises(ArgumentError, match="do not match"):
        compare_incidence(first, second)
