from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress, mannwhitneyu

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.discrimination import clustered_area, clustered_slope


def _draw(n: int, seed: int = 1):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 5, n)
    return scores, (rng.random(n) < 0.15 + 0.15 * scores).astype(float), np.arange(n)


def test_area_agrees_with_scipys_mann_whitney():
    scores, events, patients = _draw(200)
    statistic = mannwhitneyu(scores[events == 1], scores[events == 0]).statistic
    expected = statistic / (events.sum() * (1 - events).sum())
    assert clustered_area(scores, events, patients, n_resamples=50).estimate == pytest.approx(
        expected, abs=1e-12
    )


def test_slope_agrees_with_scipys_least_squares():
    scores, events, patients = _draw(200)
    slope, _, _ = clustered_slope(scores, events, patients, n_resamples=50)
    assert slope == pytest.approx(linregress(scores, events).slope, abs=1e-12)


def test_limits_agree_with_delong_on_independent_patients():
    """DeLong's variance from the mean placement of each defect, on the logit scale, z = 1.96."""
    scores, events, patients = _draw(2000)
    cases, others = scores[events == 1], scores[events == 0]
    over = (cases[:, None] > others) + 0.5 * (cases[:, None] == others)
    area = over.mean()
    variance = over.mean(1).var(ddof=1) / cases.size + over.mean(0).var(ddof=1) / others.size
    reach = 1.96 * np.sqrt(variance) / (area * (1 - area))
    found = clustered_area(scores, events, patients, n_resamples=4000)
    low = 1 / (1 + np.exp(-(np.log(area / (1 - area)) - reach)))
    assert found.conf_low == pytest.approx(low, abs=0.002)


def test_a_patient_repeated_brings_no_information():
    scores, events, patients = _draw(60)
    once = clustered_area(scores, events, patients, n_resamples=400)
    twice = clustered_area(
        np.tile(scores, 2), np.tile(events, 2), np.tile(patients, 2), n_resamples=400
    )
    assert twice.conf_low == pytest.approx(once.conf_low, abs=1e-9)


def test_the_order_of_rows_does_not_matter():
    scores, events, patients = _draw(60)
    back = slice(None, None, -1)
    one = clustered_area(scores, events, patients, n_resamples=100)
    other = clustered_area(scores[back], events[back], patients[back], n_resamples=100)
    assert (one.conf_low, one.conf_high) == pytest.approx((other.conf_low, other.conf_high))


def test_too_few_patients_with_the_rarer_outcome_have_no_limits():
    area = clustered_area([0, 1, 1, 2, 2], [0, 0, 0, 1, 1], list("abcde"))
    assert area.estimate == 1.0
    assert np.isnan([area.conf_low, area.conf_high]).all()


def test_equal_scores_have_no_slope():
    assert np.isnan(clustered_slope([1, 1], [0, 1], ["a", "b"])).all()


@pytest.mark.parametrize("events", [[0, 0], [1, 1]])
def test_nothing_to_tell_apart(events):
    with pytest.raises(EstimationError, match="tell apart"):
        clustered_area([0, 1], events, ["a", "b"])


def test_shapes_must_agree():
    with pytest.raises(ArgumentError):
        clustered_area([0, 1, 2], [0, 1], ["a", "b", "c"])
