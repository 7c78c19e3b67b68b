"""What must always hold of times to union, whatever the scans."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.interval_regression import fit_interval_aft
from parsoutcomes.stats.npmle_intervals import estimate_incidence
from parsoutcomes.stats.scores import compare_groups, score_rows

VISITS = (3.0, 6.0, 9.0, 12.0)
KINDS = ("united", "not yet", "operated")
quickly = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def rows(draw, n_least=4):
    n_rows = draw(st.integers(n_least, 24))
    left = np.array(
        draw(st.lists(st.sampled_from((0.0, *VISITS[:3])), min_size=n_rows, max_size=n_rows))
    )
    kind = np.array(draw(st.lists(st.sampled_from(KINDS), min_size=n_rows, max_size=n_rows)))
    patient = np.array(draw(st.lists(st.integers(0, 9), min_size=n_rows, max_size=n_rows)))
    right = np.where(kind == "united", left + 3, np.inf)
    operated = kind == "operated"
    causes = np.where(kind == "united", 1, np.where(operated, 2, 0))
    start = np.where(operated, left + 1, left)
    return start, np.where(operated, start, right), causes, left, patient


@quickly
@given(rows())
def test_limits_hold_the_estimate_and_stay_between_none_and_all(drawn):
    found = estimate_incidence(*drawn, VISITS, n_resamples=50)
    known = ~np.isnan(found.conf_low)
    assert (found.conf_low[known] >= -1e-12).all()
    assert (found.conf_high[known] <= 1 + 1e-12).all()
    assert (found.conf_low[known] <= found.low[known] + 1e-12).all()
    assert (found.conf_high[known] >= found.high[known] - 1e-12).all()
    assert (found.band_low[known] <= found.conf_low[known] + 1e-12).all()
    assert (found.band_high[known] >= found.conf_high[known] - 1e-12).all()
    assert (np.diff(found.low) >= -1e-9).all()


@quickly
@given(rows())
def test_scores_sum_to_nothing_and_lie_below_one(drawn):
    left, right, causes, _, _ = drawn
    scores = score_rows(left, np.where(causes == 1, right, np.inf))
    assert scores.sum() == pytest.approx(0, abs=1e-6)
    assert scores.max() <= 1 + 1e-12


@quickly
@given(rows())
def test_the_names_of_groups_and_patients_do_not_matter(drawn):
    left, right, causes, _, patient = drawn
    right, group = np.where(causes == 1, right, np.inf), patient % 2
    try:
        one = compare_groups(left, right, group, patient, n_permutations=50)
    except EstimationError:
        assume(False)
        return
    renamed = np.where(group == 0, "first", "second")
    other = compare_groups(left, right, renamed, [f"p{k}" for k in patient], n_permutations=50)
    assert other.p_value == one.p_value
    assert other.scores == pytest.approx(one.scores)
    assert 0 < one.p_value <= 1


@quickly
@given(rows(n_least=6), st.sampled_from(("weibull", "lognormal", "loglogistic")))
def test_a_fitted_curve_rises_and_its_gradient_is_nothing(drawn, distribution):
    left, right, causes, _, patient = drawn
    right = np.where(causes == 1, right, np.inf)
    try:
        fit = fit_interval_aft(
            left, right, np.ones((left.size, 1)), distribution=distribution, clusters=patient
        )
    except EstimationError:
        assume(False)
        return
    curve = fit.incidence_at(np.linspace(0.1, 60, 50), [1])
    assert (np.diff(curve) >= 0).all()
    assert fit.max_gradient < 1e-6
    assert np.linalg.eigvalsh(fit.model_covariance).min() > 0
    assert np.linalg.eigvalsh(fit.covariance).min() > -1e-9
