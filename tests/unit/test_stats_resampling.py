"""Patients come with all their defects; weights repeat with the seed; intervals by hand."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.resampling import (
    bayesian_patient_weights,
    bca_interval,
    iter_patient_weights,
    jackknife_weights,
    patient_weights,
    percentile_interval,
)

PATIENTS = ["b", "a", "b", "c", "d", "d", "d"]


def test_defects_of_a_patient_always_weigh_the_same():
    weights = patient_weights(PATIENTS, 50, seed=3)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 4] == weights[:, 6]).all()


def test_as_many_patients_are_drawn_as_there_are():
    weights = patient_weights(PATIENTS, 50, seed=3)
    assert (weights[:, [0, 1, 3, 4]].sum(axis=1) == 4).all()


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_batches_hold_the_same_numbers(batch_size):
    batches = list(iter_patient_weights(PATIENTS, 20, seed=5, batch_size=batch_size))
    assert (np.concatenate(batches) == patient_weights(PATIENTS, 20, seed=5)).all()


def test_order_of_rows_does_not_matter():
    order = [6, 0, 3, 2, 5, 1, 4]
    shuffled = patient_weights(np.array(PATIENTS)[order], 20, seed=5)
    assert (shuffled == patient_weights(PATIENTS, 20, seed=5)[:, order]).all()


def test_another_seed_gives_other_weights():
    assert (patient_weights(PATIENTS, 20, seed=5) != patient_weights(PATIENTS, 20, seed=6)).any()


def test_one_patient_is_always_drawn():
    assert patient_weights(["a", "a"], 3, seed=1).tolist() == [[1, 1]] * 3


def test_smooth_weights_are_positive_and_sum_to_the_patients():
    weights = bayesian_patient_weights(PATIENTS, 40, seed=2)
    assert (weights > 0).all()
    assert weights[:, [0, 1, 3, 4]].sum(axis=1) == pytest.approx(np.full(40, 4.0))
    assert (weights[:, 4] == weights[:, 5]).all()


def test_jackknife_leaves_one_patient_out_at_a_time():
    assert jackknife_weights(["b", "a", "b"]).tolist() == [[1, 0, 1], [0, 1, 0]]


def test_percentile_interval_of_several_estimates():
    draws = np.column_stack([np.arange(101), np.arange(101) * 2])
    low, high = percentile_interval(draws, conf_level=0.8)
    assert low == pytest.approx([10, 20])
    assert high == pytest.approx([90, 180])


def test_bca_equals_scipy_when_every_patient_is_one_row():
    from scipy.stats import bootstrap

    values = np.random.default_rng(4).exponential(size=25)
    theirs = bootstrap(
        (values,), np.mean, n_resamples=2000, method="BCa", rng=np.random.default_rng(1)
    )
    left_out = (values.sum() - values) / (values.size - 1)
    low, high = bca_interval(values.mean(), theirs.bootstrap_distribution, left_out)
    assert low == pytest.approx(theirs.confidence_interval.low, abs=1e-10)
    assert high == pytest.approx(theirs.confidence_interval.high, abs=1e-10)


def test_bca_is_refused_where_nothing_varies():
    with pytest.raises(EstimationError, match="empty cell"):
        bca_interval(1.0, [1.0, 1.0, 1.0], [1.0, 1.0])


def test_a_resample_without_an_estimate_is_not_dropped_in_silence():
    with pytest.raises(EstimationError, match="1 missing of 3"):
        percentile_interval([0.1, np.nan, 0.2])


def test_no_rows_and_no_resamples_are_refused():
    with pytest.raises(EstimationError):
        patient_weights([], 10, seed=1)
    with pytest.raises(ArgumentError):
        patient_weights(PATIENTS, 0, seed=1)
