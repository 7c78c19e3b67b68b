"""Logistic refits for resampling: weights are copies, order is free, failures are said."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.kernels import correct_intercepts, fit_firth_batch, fit_gee_batch

EVENTS = np.array([1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1.0])
X = np.column_stack([np.ones(12), np.tile([0.0, 1.0], 6)])
PATIENTS = np.array(["a", "a", "b", "b", "c", "c", "d", "d", "e", "f", "g", "h"])
ONCE = np.ones((1, 12))


def test_a_weight_of_two_is_two_copies_of_a_patient_in_the_gee():
    twice = np.where(PATIENTS == "a", 2.0, 1.0)[None, :]
    copied = np.append(np.arange(12), [0, 1])
    patients = np.append(PATIENTS, ["z", "z"])
    theirs = fit_gee_batch(EVENTS[copied], X[copied], patients, np.ones((1, 14)), correlation=0.1)
    ours = fit_gee_batch(EVENTS, X, PATIENTS, twice, correlation=0.1)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_order_of_rows_is_free():
    order = np.random.default_rng(1).permutation(12)
    shuffled = fit_gee_batch(EVENTS[order], X[order], PATIENTS[order], ONCE)
    assert shuffled == pytest.approx(fit_gee_batch(EVENTS, X, PATIENTS, ONCE), abs=1e-9)


def test_without_pairs_or_correlation_the_gee_is_the_ordinary_logistic_model():
    alone = fit_gee_batch(EVENTS, X, np.arange(12), ONCE)
    held = fit_gee_batch(EVENTS, X, PATIENTS, ONCE, correlation=0.0)
    rates = [EVENTS[X[:, 1] == level].mean() for level in (0, 1)]
    odds = np.log(np.divide(rates, np.subtract(1, rates)))
    for fit in (alone, held):
        assert fit[0] == pytest.approx([odds[0], odds[1] - odds[0]], abs=1e-9)


def test_firth_of_one_group_adds_half_an_event_and_half_a_non_event():
    fit = fit_firth_batch([1, 1, 1], np.ones((3, 1)), np.ones((1, 3)))
    assert fit[0, 0] == pytest.approx(np.log(3.5 / 0.5), abs=1e-9)


def test_corrected_intercept_makes_predictions_add_up():
    coefficients = fit_firth_batch(EVENTS, X, ONCE)
    odds = coefficients @ X.T
    shift = correct_intercepts(EVENTS, odds, ONCE)
    assert (1 / (1 + np.exp(-(odds + shift[:, None])))).sum() == pytest.approx(EVENTS.sum())


def test_a_resample_that_lost_a_level_is_said_to_have_failed():
    with pytest.raises(EstimationError, match="did not converge"):
        fit_firth_batch(EVENTS, X, np.where(X[:, 1] == 1, 0.0, 1.0)[None, :])
