from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.predictive_prior import (
    fit_predictive_prior,
    predictive_p_value,
    update_robustly,
)
from parsoutcomes.stats.rate_density import STEP, beta_density

SERIES = ([38, 81], [46, 97])


def test_it_is_a_distribution():
    density = fit_predictive_prior(*SERIES).new_series.density
    assert density.sum() * STEP == pytest.approx(1.0)
    assert (density >= 0).all()


def test_no_series_gives_the_model_itself():
    prior = fit_predictive_prior([], [])
    assert prior.n_series == 0
    assert prior.new_series.mean() == pytest.approx(0.5)
    assert prior.spread_mean() == pytest.approx(0.5 * np.sqrt(2 / np.pi), abs=1e-6)


def test_the_order_of_series_does_not_matter():
    one, other = fit_predictive_prior(*SERIES), fit_predictive_prior([81, 38], [97, 46])
    assert one.new_series.density == pytest.approx(other.new_series.density, abs=1e-12)


def test_all_and_nobody_mirror_each_other():
    everybody = fit_predictive_prior([20], [20]).new_series
    nobody = fit_predictive_prior([0], [20]).new_series
    assert everybody.mean() == pytest.approx(1 - nobody.mean(), abs=1e-9)
    assert everybody.quantile(0.025) < 0.8 < everybody.mean() < 1


def test_a_wider_spread_is_worth_less():
    narrow = fit_predictive_prior(*SERIES).new_series
    wide = fit_predictive_prior(*SERIES, spread_sd=1.0).new_series
    assert wide.effective_sample_size() < narrow.effective_sample_size()


def test_series_far_apart_move_the_spread_up():
    apart = fit_predictive_prior([2, 95], [50, 100])
    assert apart.spread_mean() > 2 * fit_predictive_prior(*SERIES).spread_mean()


def test_counts_that_agree_leave_the_weight_with_the_series():
    series = fit_predictive_prior(*SERIES).new_series
    agreeing = update_robustly(series, 17, 20)
    assert agreeing.flat_weight < 0.1
    assert predictive_p_value(series, 17, 20) > 0.5


def test_counts_that_disagree_move_it_to_the_flat_part():
    series = fit_predictive_prior(*SERIES).new_series
    contrary = update_robustly(series, 2, 20)
    assert contrary.flat_weight > 0.95
    assert contrary.posterior.mean() == pytest.approx(3 / 22, abs=0.01)
    assert predictive_p_value(series, 2, 20) < 0.01


@pytest.mark.parametrize(("flat_weight", "expected"), [(0.0, 0.0), (1.0, 1.0)])
def test_no_weight_stays_no_weight(flat_weight, expected):
    series = fit_predictive_prior(*SERIES).new_series
    assert update_robustly(series, 2, 20, flat_weight=flat_weight).flat_weight == expected


def test_no_counts_change_nothing():
    unchanged = update_robustly(beta_density(3, 2), 0, 0)
    assert unchanged.flat_weight == pytest.approx(0.2)
    assert unchanged.posterior.density == pytest.approx(unchanged.prior.density)


def test_a_rate_exceeds_one_like_it_half_the_time():
    assert beta_density(5, 3).probability_above(beta_density(5, 3)) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("options", [{"spread_sd": 0.0}, {"logit_sd": -1.0}, {"spread_sd": 9.0}])
def test_impossible_scales_are_refused(options):
    with pytest.raises(ArgumentError, match="scale"):
        fit_predictive_prior(*SERIES, **options)


def test_more_events_than_observations_are_refused():
    with pytest.raises(ArgumentError):
        fit_predictive_prior([12], [10])


def test_a_beta_needs_positive_numbers():
    with pytest.raises(ArgumentError, match="positive"):
        beta_density(0, 1)
