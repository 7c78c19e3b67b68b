"""Pooled proportions: hard cases by name, and what always holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.pooling import POOLING_METHODS, pool_proportions

METHODS = pytest.mark.parametrize("method", POOLING_METHODS)


@METHODS
def test_studies_that_agree_show_no_spread_and_still_have_limits(method):
    pooled = pool_proportions([5, 5, 5, 5], [10, 10, 10, 10], method=method)
    assert pooled.estimate == pytest.approx(0.5)
    assert pooled.tau2 == 0
    assert pooled.i2 == 0
    assert pooled.conf_low < 0.36
    assert pooled.conf_high > 0.64
    assert (pooled.predict_low, pooled.predict_high) == (pooled.conf_low, pooled.conf_high)


@METHODS
@pytest.mark.parametrize("n_events", [[0, 0, 0], [12, 8, 20]], ids=["nobody", "everybody"])
def test_nobody_or_everybody_cannot_be_pooled(method, n_events):
    with pytest.raises(EstimationError, match="nobody, or everybody"):
        pool_proportions(n_events, [12, 8, 20], method=method)


@METHODS
def test_one_study_is_no_pool(method):
    with pytest.raises(EstimationError, match="nothing to pool"):
        pool_proportions([8], [12], method=method)


def test_two_studies_have_hartung_knapp_limits_that_say_how_little_is_known():
    pooled = pool_proportions([38, 81], [46, 97], method="reml_hk")
    assert pooled.conf_low == pytest.approx(0.224, abs=1e-3)
    assert pooled.conf_high == pytest.approx(0.988, abs=1e-3)


def test_studies_of_all_or_none_have_no_highest_likelihood():
    with pytest.raises(EstimationError, match="run off to infinity"):
        pool_proportions([0, 8, 0, 9], [8, 8, 7, 9])


@METHODS
def test_a_study_of_nobody_is_refused(method):
    with pytest.raises(ArgumentError, match="1 without anybody"):
        pool_proportions([8, 0], [12, 0], method=method)


def test_every_fault_of_the_counts_is_told_at_once():
    with pytest.raises(ArgumentError, match=r"1 without anybody; 1 with more.*; 1 whose counts"):
        pool_proportions([0, 9, 5.5], [0, 8, 12])


def test_an_unknown_method_names_the_nearest():
    with pytest.raises(ArgumentError, match='Did you mean method="reml_hk"'):
        pool_proportions([8, 9], [12, 10], method="reml")


def test_freeman_tukey_is_not_offered():
    assert POOLING_METHODS == ("glmm", "reml_hk")


def test_limits_of_tau2_are_both_zero_where_studies_agree_too_well():
    pooled = pool_proportions([5, 5, 5, 5], [10, 10, 10, 10], method="reml_hk")
    assert (pooled.tau2_low, pooled.tau2_high) == (0.0, 0.0)


@METHODS
@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
        min_size=2,
        max_size=8,
    )
)
def test_intervals_nest_order_is_free_and_not_uniting_is_the_mirror(method, studies):
    events, totals = (list(column) for column in zip(*studies, strict=True))
    try:
        pooled = pool_proportions(events, totals, method=method)
    except EstimationError:
        return
    ends = [pooled.predict_low, pooled.conf_low, pooled.estimate]
    ends += [pooled.conf_high, pooled.predict_high]
    assert ends == sorted(ends)
    turned = pool_proportions(events[::-1], totals[::-1], method=method)
    assert turned.estimate == pytest.approx(pooled.estimate, abs=1e-6)
    others = [n - k for k, n in studies]
    mirror = pool_proportions(others, totals, method=method)
    assert 1 - mirror.estimate == pytest.approx(pooled.estimate, abs=1e-6)
    assert 1 - mirror.predict_low == pytest.approx(pooled.predict_high, abs=1e-5)
