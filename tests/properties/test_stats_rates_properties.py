"""Whatever the defects and their patients: intervals hold their estimate, order does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.clustered_contrasts import compare_clustered
from parsoutcomes.stats.clustered_tests import score_clustered
from parsoutcomes.stats.paired import compare_pairs
from parsoutcomes.stats.proportions import clustered_interval

DEFECTS = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.integers(0, 12)), min_size=2, max_size=40
)


def arrays(defects):
    united, first, patient = (np.array(column) for column in zip(*defects, strict=True))
    return united.astype(int), first.astype(int), patient


@given(DEFECTS)
@settings(max_examples=150, deadline=None)
def test_intervals_hold_their_estimates_and_stay_in_range(defects):
    united, first, patient = arrays(defects)
    rate = clustered_interval(united, patient)
    assert 0 <= rate.conf_low <= rate.estimate <= rate.conf_high <= 1
    assert 1 <= rate.effective_n <= rate.n + 1e-9
    if np.unique(first).size < 2:
        with pytest.raises(EstimationError):
            compare_clustered(united, first, patient)
        return
    found = compare_clustered(united, first, patient)
    difference, ratio = found.difference, found.ratio
    assert -1 <= difference.conf_low <= difference.estimate <= difference.conf_high <= 1
    assert 0 <= ratio.conf_low <= ratio.conf_high
    if np.isfinite(ratio.estimate):
        assert ratio.conf_low <= ratio.estimate * (1 + 1e-9)
        assert ratio.estimate <= ratio.conf_high * (1 + 1e-9)


@given(DEFECTS, st.integers(0, 2**20))
@settings(max_examples=100, deadline=None)
def test_order_of_rows_and_names_of_patients_do_not_matter(defects, seed):
    united, first, patient = arrays(defects)
    order = np.random.default_rng(seed).permutation(united.size)
    try:
        one = score_clustered(united, first, patient)
    except EstimationError:
        return
    other = score_clustered(united[order], first[order], (99 - patient)[order])
    assert other.p_value == pytest.approx(one.p_value)
    assert other.slope.conf_low == pytest.approx(one.slope.conf_low)


@given(st.tuples(*[st.integers(0, 30)] * 4).filter(sum))
@settings(max_examples=150, deadline=None)
def test_pairs_named_the_other_way_round_mirror(cells):
    both, first, second, neither = cells
    one = compare_pairs(both, first, second, neither)
    other = compare_pairs(both, second, first, neither)
    assert one.p_value == pytest.approx(other.p_value)
    assert one.difference.conf_low == pytest.approx(-other.difference.conf_high)
    assert -1 <= one.difference.conf_low <= one.difference.estimate <= one.difference.conf_high <= 1
    assert 0 <= one.p_value_mid <= one.p_value <= 1
