"""Proportions written out by hand: nobody, everybody, one patient, pairs that agree and differ."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.proportions import (
    clopper_pearson_interval,
    clustered_interval,
    jeffreys_interval,
    mid_p_interval,
    wilson_interval,
)

INTERVALS = [wilson_interval, clopper_pearson_interval, mid_p_interval, jeffreys_interval]


@pytest.mark.parametrize("interval", INTERVALS)
def test_nobody_has_lower_limit_0_and_everybody_upper_limit_1(interval):
    assert interval(0, 7).conf_low == 0
    assert interval(7, 7).conf_high == 1
    assert 0 < interval(0, 7).conf_high < 1


@pytest.mark.parametrize("interval", INTERVALS)
def test_limits_mirror_when_the_event_is_renamed(interval):
    united, not_united = interval(5, 8), interval(3, 8)
    assert united.conf_low == pytest.approx(1 - not_united.conf_high, abs=1e-12)
    assert united.conf_high == pytest.approx(1 - not_united.conf_low, abs=1e-12)


@pytest.mark.parametrize("interval", INTERVALS)
def test_an_empty_group_has_no_proportion(interval):
    with pytest.raises(EstimationError, match="nobody"):
        interval(0, 0)


@pytest.mark.parametrize("counts", [(-1, 4), (5, 4), (float("nan"), 4), (1, float("inf"))])
def test_counts_that_do_not_fit_are_refused(counts):
    with pytest.raises(ArgumentError, match="does not fit"):
        wilson_interval(*counts)


def test_a_level_in_per_cent_is_refused():
    with pytest.raises(ArgumentError, match="conf_level"):
        wilson_interval(1, 2, conf_level=95)


def test_one_defect_per_patient_has_no_design_effect_beyond_the_factor_of_k():
    rate = clustered_interval([1, 1, 1, 0, 0, 0, 1, 0], list("abcdefgh"))
    assert rate.standard_error == pytest.approx(np.sqrt(0.25 / 7))
    assert rate.effective_n == pytest.approx(7)
    assert np.isnan(rate.icc)


def test_pairs_that_always_agree_count_as_one_each():
    rate = clustered_interval([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0], np.repeat(np.arange(6), 2))
    assert rate.icc == pytest.approx(1)
    assert rate.icc_fleiss_cuzick == pytest.approx(1)
    assert rate.effective_n == pytest.approx(5)
    assert rate.design_effect == pytest.approx(12 / 5)


def test_pairs_that_always_differ_are_not_credited_with_more_than_n():
    rate = clustered_interval([1, 0] * 5, np.repeat(np.arange(5), 2))
    assert rate.estimate == 0.5
    assert rate.standard_error == 0
    assert (rate.effective_n, rate.design_effect) == (10, 1)


def test_everybody_united_counts_patients_not_defects():
    rate = clustered_interval([1] * 6, [1, 1, 2, 2, 3, 4])
    assert rate.effective_n == pytest.approx(36 / 10)
    assert rate.conf_low == pytest.approx(0.025 ** (1 / 3.6))
    assert rate.conf_high == 1
    assert np.isnan(rate.standard_error)
    assert "all or none" in rate.method


def test_two_patients_with_the_rarer_outcome_get_the_cautious_form():
    rate = clustered_interval([1, 1, 1, 1, 1, 1, 0, 0, 1], [1, 1, 2, 2, 3, 4, 4, 5, 6])
    assert rate.effective_n == pytest.approx(81 / 15)
    assert rate.method.startswith("Clopper-Pearson")
    assert "only 2 patients" in rate.method


def test_three_patients_with_the_rarer_outcome_get_the_usual_form():
    rate = clustered_interval([1, 1, 1, 1, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7])
    assert rate.method.startswith("Wilson")


def test_one_patient_says_almost_nothing():
    rate = clustered_interval([1, 0], ["a", "a"])
    assert (rate.n_clusters, rate.effective_n) == (1, 1)
    assert np.isnan(rate.standard_error)
    assert rate.conf_low < 0.01
    assert rate.conf_high > 0.99


def test_order_of_rows_and_names_of_patients_do_not_matter():
    united, patient = [1, 0, 1, 1, 0, 1, 1, 0], [1, 1, 2, 2, 3, 4, 5, 6]
    first = clustered_interval(united, patient)
    second = clustered_interval(united[::-1], [f"P{9 - key}" for key in patient[::-1]])
    assert second.conf_low == pytest.approx(first.conf_low, abs=1e-14)
    assert second.icc == pytest.approx(first.icc, abs=1e-14)


@pytest.mark.parametrize(
    ("events", "clusters"),
    [
        ([1, 2], [1, 2]),
        ([1, 0], [1]),
        ([[1, 0]], [1, 2]),
        ([1, 0], ["a", None]),
        ([1, 0], [1, np.nan]),
    ],
)
def test_unusable_rows_are_refused(events, clusters):
    with pytest.raises(ArgumentError):
        clustered_interval(events, clusters)


def test_no_defect_is_refused():
    with pytest.raises(EstimationError, match="no rows"):
        clustered_interval([], [])
