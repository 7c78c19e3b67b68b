"""Sun's score: the log-rank test in disguise, patients moved whole, and the hard cases."""

from __future__ import annotations

import numpy as np
import pytest
from lifelines.statistics import logrank_test

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.scores import compare_groups, score_rows

NOT_YET = float("inf")
EARLY_AND_LATE = ([0, 0, 0, 0, 6, 6, 6, 6], [3, 3, 3, 3] + [NOT_YET] * 4)
GROUPS = ["a"] * 4 + ["b"] * 4


def sample(n_patients, seed):
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), 2)
    times = 5 * np.exp(rng.normal(0, 1, n_patients))[patient] * rng.exponential(size=patient.size)
    left = np.minimum(3 * np.floor(times / 3), 12)
    return left, np.where(times < 12, left + 3, NOT_YET), patient


def exact_and_censored():
    rng = np.random.default_rng(7)
    times, ends = np.ceil(rng.exponential(10, 60)), np.floor(rng.exponential(15, 60)) + 0.5
    seen = times <= ends
    left = np.where(seen, times, ends)
    return left, np.where(seen, times, NOT_YET), seen, np.repeat(["a", "b"], 30)


def test_scores_by_hand_on_one_visit():
    """Half united at the only visit: the hazard there is one half."""
    assert score_rows([0, 3], [3, NOT_YET]).tolist() == [0.5, -0.5]


def test_scores_sum_to_nothing():
    left, right, _ = sample(50, seed=1)
    assert score_rows(left, right).sum() == pytest.approx(0, abs=1e-8)


def test_exact_times_give_the_log_rank_score():
    left, right, seen, group = exact_and_censored()
    excess = 0.0
    for day in np.unique(left[seen]):
        at_risk = left >= day
        n_events = (at_risk & seen & (left == day)).sum()
        excess += (at_risk & seen & (left == day) & (group == "a")).sum()
        excess -= n_events * (at_risk & (group == "a")).sum() / at_risk.sum()
    found = compare_groups(left, right, group, np.arange(60))
    assert found.scores == pytest.approx([excess, -excess])


def test_exact_times_give_nearly_the_log_rank_p_value():
    left, right, seen, group = exact_and_censored()
    first = group == "a"
    theirs = logrank_test(left[first], left[~first], seen[first], seen[~first]).p_value
    found = compare_groups(left, right, group, np.arange(60))
    assert found.p_value_asymptotic == pytest.approx(theirs, abs=0.03)
    assert found.p_value == pytest.approx(theirs, abs=0.04)


def test_all_of_one_group_early():
    found = compare_groups(*EARLY_AND_LATE, GROUPS, range(8))
    assert found.groups == ("a", "b")
    assert found.scores == pytest.approx([2, -2])
    assert found.p_value == pytest.approx(2 / 70, abs=0.012)


def test_patients_with_two_defects_count_once():
    patient = [1, 1, 2, 2, 3, 3, 4, 4]
    found = compare_groups(*EARLY_AND_LATE, GROUPS, patient)
    assert found.n_patients.tolist() == [2, 2]
    assert found.p_value == pytest.approx(1 / 3, abs=0.05)


def test_sides_of_a_patient_take_the_sandwich():
    left, right, patient = sample(40, seed=2)
    found = compare_groups(left, right, np.tile(["left", "right"], 40), patient)
    assert found.method == "sandwich"
    assert found.n_permutations == 0
    assert 0.05 < found.p_value < 1


def test_sides_of_a_patient_cannot_be_permuted():
    left, right, patient = sample(5, seed=2)
    sides = np.tile(["left", "right"], 5)
    with pytest.raises(ArgumentError, match="5 patients in several groups"):
        compare_groups(left, right, sides, patient, method="permutation")


@pytest.mark.parametrize("method", ["permutation", "sandwich"])
def test_equal_groups_reject_as_often_as_they_should(method):
    rng, p_values = np.random.default_rng(1), []
    for seed in range(200):
        left, right, patient = sample(40, seed)
        group = rng.integers(0, 3, 40)[patient]
        found = compare_groups(left, right, group, patient, method=method, n_permutations=99)
        p_values.append(found.p_value)
    assert 0.01 <= np.mean(np.array(p_values) <= 0.05) <= 0.1


def test_same_seed_same_p_value_whatever_the_order_of_rows():
    left, right, patient = sample(30, seed=3)
    group = np.where(patient % 2, "a", "b")
    order = np.random.default_rng(1).permutation(left.size)
    one = compare_groups(left, right, group, patient)
    other = compare_groups(left[order], right[order], group[order], patient[order])
    assert one.p_value == pytest.approx(other.p_value, abs=1e-12)
    assert one.statistic == pytest.approx(other.statistic)


def test_a_group_without_defects_is_not_there():
    groups = np.array(GROUPS, dtype=object)
    found = compare_groups(*EARLY_AND_LATE, groups, range(8))
    assert found.degrees_of_freedom == 1
    with pytest.raises(EstimationError, match="nothing to compare"):
        compare_groups(*EARLY_AND_LATE, ["a"] * 8, range(8))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param([3, 6, 9, 9], [NOT_YET] * 4, id="nobody united"),
        pytest.param([0] * 4, [3] * 4, id="everybody at the first scan"),
        pytest.param([5] * 4, [5] * 4, id="ties everywhere"),
        pytest.param([0] * 4, [NOT_YET] * 4, id="follow-up zero"),
    ],
)
def test_rows_that_do_not_differ_are_refused(left, right):
    with pytest.raises(EstimationError, match="nothing to compare"):
        compare_groups(left, right, ["a", "a", "b", "b"], range(4))


def test_one_patient_in_both_groups_is_refused():
    with pytest.raises(EstimationError, match="so few patients"):
        compare_groups([0, 3], [3, 6], ["left", "right"], [1, 1])


def test_intervals_of_one_day_are_ordered_like_exact_days():
    days = np.array([40.0, 95, 130, 200, 410, 500])
    narrow = score_rows(days - 1, days)
    assert narrow == pytest.approx(score_rows(days, days))


def test_groups_of_another_length_are_refused():
    with pytest.raises(ArgumentError, match="groups has the wrong shape"):
        compare_groups([0, 3], [3, 6], ["a"], [1, 2])
