"""What must hold for every set of interval-censored rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from parsoutcomes.stats.npmle import fit_npmle
from parsoutcomes.stats.npmle_competing import fit_npmle_competing
from parsoutcomes.stats.proportions import clustered_interval

DAYS = st.integers(0, 30)
ROWS = st.lists(st.tuples(DAYS, st.one_of(st.integers(0, 20), st.none())), min_size=1, max_size=25)
STEADY = settings(max_examples=60, deadline=None, derandomize=True)


def ends(rows):
    left = np.array([start for start, _ in rows], dtype=float)
    right = np.array([np.inf if gap is None else start + gap for start, gap in rows])
    return left, right


@STEADY
@given(ROWS)
def test_gradient_is_flat_masses_sum_to_one_and_survival_never_rises(rows):
    fit = fit_npmle(*ends(rows))
    assert fit.max_gradient <= 1e-8
    assert np.isclose(fit.mass.sum(), 1, atol=1e-12)
    assert (fit.mass >= 0).all()
    lower, upper = fit.survival_at(np.arange(0, 60))
    assert (np.diff(lower) <= 1e-12).all()
    assert (np.diff(upper) <= 1e-12).all()
    assert (lower <= upper + 1e-12).all()


@STEADY
@given(ROWS, st.randoms(use_true_random=False))
def test_order_of_rows_and_unit_of_time_do_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    first, second = fit_npmle(*ends(rows)), fit_npmle(*(2 * end for end in ends(shuffled)))
    assert np.isclose(first.log_likelihood, second.log_likelihood, atol=1e-8)
    assert (2 * first.left == second.left).all()


@STEADY
@given(ROWS)
def test_no_box_reaches_over_the_end_of_another(rows):
    fit = fit_npmle(*ends(rows))
    assert (fit.left[1:] >= fit.right[:-1]).all()


@STEADY
@given(ROWS, st.lists(st.integers(0, 2), min_size=25, max_size=25))
def test_both_incidences_rise_and_never_exceed_one(rows, codes):
    left, right = ends(rows)
    causes = np.where(np.isinf(right), 0, np.maximum(codes[: left.size], 1))
    fit = fit_npmle_competing(left, right, causes, left + 3)
    at = np.arange(0, 60)
    union, surgery = fit.incidence_at(at, 1), fit.incidence_at(at, 2)
    for lower, upper in (union, surgery):
        assert (np.diff(lower) >= -1e-12).all()
        assert (np.diff(upper) >= -1e-12).all()
        assert (lower <= upper + 1e-12).all()
    assert (union[0] + surgery[0] <= 1 + 1e-12).all()


@STEADY
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=1, max_size=30))
def test_clustered_interval_contains_its_estimate(rows):
    rate = clustered_interval([united for united, _ in rows], [patient for _, patient in rows])
    assert 0 <= rate.conf_low <= rate.estimate <= rate.conf_high <= 1
    assert rate.design_effect >= 1 - 1e-12
    assert 0 < rate.effective_n <= rate.n + 1e-9
