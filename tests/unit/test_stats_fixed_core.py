"""The fixed core for statisticians: where it is imported from, and what it refuses in words."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.aalen_johansen import estimate_cumulative_incidence
from parsoutcomes.stats.cure import fit_mixture_cure
from parsoutcomes.stats.npmle import fit_npmle, fit_npmle_competing
from parsoutcomes.stats.npmle_intervals import estimate_incidence

NOT_YET = math.inf


def test_the_joint_estimate_is_found_beside_the_single_one():
    fit = fit_npmle_competing([1, 2, 3, 4], [1, 2, 3, 4], [2, 0, 1, 1], [1, 2, 3, 4])
    assert fit.incidence_at([3, 4], cause=1)[0] == pytest.approx([0.375, 0.75])


@pytest.mark.parametrize(
    "given",
    [
        ["Ann Example", 3],
        [[1, 2], [3]],
        [1j, 3],
        pd.to_timedelta([1, 3], unit="D"),
        pd.to_datetime(["2024-01-01", "2024-01-03"]),
    ],
    ids=["text", "ragged", "complex", "durations", "dates"],
)
def test_what_is_not_a_number_is_refused_without_repeating_it(given):
    with pytest.raises(ArgumentError, match="left is not a column of numbers") as refused:
        fit_npmle(given, [NOT_YET, NOT_YET])
    assert "Ann" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("gap", [None, math.nan, pd.NA, pd.NaT])
def test_every_kind_of_gap_is_counted(gap):
    with pytest.raises(ArgumentError, match="1 rows without one"):
        fit_npmle([0, gap], [3, 6])


def test_gaps_are_free_where_the_value_is_not_read():
    whole = fit_npmle_competing([0, 3, 3], [3, 9, NOT_YET], [1, 0, 2], [0, 6, 0])
    gaps = fit_npmle_competing([0, 3, 3], [3, None, NOT_YET], [1, 0, 2], [None, 6, pd.NA])
    assert gaps.log_likelihood == whole.log_likelihood


@pytest.mark.parametrize(
    ("right", "causes", "censored_at", "named"),
    [
        ([3], [1, 0], [0, 3], "right"),
        ([3, 6], [1, 0, 0], [0, 3], "right"),
        ([3, 6], [1, 0], [0, 3, 3], "censored_at"),
        ([3, 6], [1, 0], 3, "censored_at"),
    ],
)
def test_columns_of_different_length_are_never_stretched(right, causes, censored_at, named):
    for call in (
        lambda: fit_npmle_competing([0, 3], right, causes, censored_at),
        lambda: estimate_incidence([0, 3], right, causes, censored_at, [1, 2], [3]),
    ):
        with pytest.raises(ArgumentError, match="has the wrong shape") as refused:
            call()
        assert named in str(refused.value) or "causes" in str(refused.value)


@pytest.mark.parametrize("cause", [0, 3, 1.5, "1", math.nan])
def test_a_cause_that_is_not_known_is_refused_and_not_read_as_another(cause):
    with pytest.raises(ArgumentError):
        estimate_incidence([0, 3], [3, 6], [1, 1], [0, 0], [1, 2], [3], cause=cause)
    if cause != 3:
        with pytest.raises(ArgumentError):
            estimate_cumulative_incidence([1, 2], [0, 1], cause=cause)


def test_a_cause_between_two_numbers_is_refused_and_not_rounded():
    with pytest.raises(ArgumentError, match="1 rows of another cause"):
        estimate_incidence([0, 3], [3, 6], [1, 0.5], [0, 3], [1, 2], [3])


def test_a_design_of_words_is_refused_without_repeating_them():
    with pytest.raises(ArgumentError) as refused:
        fit_mixture_cure([0, 3, 3, 6], [3, 6, 6, NOT_YET], cure_design=[["Ann"]] * 4)
    assert "Ann" not in str(refused.value)


def random_rows(rng, n):
    left = rng.integers(0, 6, n).astype(float)
    right = left + rng.integers(0, 4, n)
    right[rng.random(n) < 0.3] = NOT_YET
    return left, right


def every_place(*ends):
    """All days named by the rows, and all open gaps between them: no Turnbull, no boxes."""
    days = np.unique(np.concatenate([end[np.isfinite(end)] for end in ends]))
    after = [*days[1:], NOT_YET]
    return [(day, day) for day in days] + list(zip(days, after, strict=True))


def may_lie(left, right, place):
    begin, end = place
    if begin == end:
        return begin == left if left == right else left < begin <= right
    return left < right and left <= begin and end <= right


def climb_slowly(reach, weights):
    """Self-consistency steps on every place, until no place would gain."""
    mass = np.full(reach.shape[1], 1 / reach.shape[1])
    for _ in range(20_000):
        gain = (weights / (reach @ mass)) @ reach / weights.sum()
        if gain.max() < 1 + 1e-11:
            break
        mass = mass * gain
    return float(weights @ np.log(reach @ mass))


@pytest.mark.parametrize("seed", range(25))
def test_no_slow_search_over_every_place_finds_more_likelihood(seed):
    rng = np.random.default_rng(seed)
    left, right = random_rows(rng, int(rng.integers(1, 15)))
    weights = rng.integers(1, 4, left.size).astype(float)
    places = every_place(left, right)
    reach = np.array([[may_lie(a, b, p) for p in places] for a, b in zip(left, right, strict=True)])
    fit = fit_npmle(left, right, weights=weights)
    slowly = climb_slowly(reach.astype(float), weights)
    assert fit.log_likelihood == pytest.approx(slowly, abs=1e-5)
    assert fit.log_likelihood >= slowly - 1e-8
    assert fit.max_gradient <= 1e-8


@pytest.mark.parametrize("seed", range(25))
def test_nor_for_the_joint_estimate(seed):
    rng = np.random.default_rng(1000 + seed)
    left, right = random_rows(rng, int(rng.integers(1, 14)))
    causes = rng.integers(0, 3, left.size)
    right = np.where((causes == 1) & np.isinf(right), left + 1, right)
    contact = np.maximum(left + rng.integers(-2, 4, left.size), 0).astype(float)
    places = every_place(left, right, contact)
    reach = []
    for a, b, cause, last in zip(left, right, causes, contact, strict=True):
        union = [cause != 2 and may_lie(a, b if cause else NOT_YET, p) for p in places]
        begin, end = (last, NOT_YET) if cause == 0 else (a, b)
        reach.append(union + [cause != 1 and may_lie(begin, end, p) for p in places])
    slowly = climb_slowly(np.array(reach, dtype=float), np.ones(left.size))
    fit = fit_npmle_competing(left, right, causes, contact)
    assert fit.log_likelihood == pytest.approx(slowly, abs=1e-5)
    assert fit.log_likelihood >= slowly - 1e-8


@pytest.mark.parametrize("unit", [1e-200, 1e-6, 30.4375, 1e250])
def test_the_unit_of_time_changes_nothing_but_the_days(unit):
    left, right = random_rows(np.random.default_rng(3), 30)
    months, other = fit_npmle(left, right), fit_npmle(left * unit, right * unit)
    assert other.log_likelihood == pytest.approx(months.log_likelihood, abs=1e-8)
    assert other.left == pytest.approx(months.left * unit)


def test_weights_are_copies_and_order_is_free():
    rng = np.random.default_rng(5)
    left, right = random_rows(rng, 20)
    copies = rng.integers(1, 4, 20)
    mixed = rng.permutation(np.repeat(np.arange(20), copies))
    weighted, copied = fit_npmle(left, right, weights=copies), fit_npmle(left[mixed], right[mixed])
    assert copied.log_likelihood == pytest.approx(weighted.log_likelihood, abs=1e-8)
    days = np.arange(0, 10, 0.5)
    for ours, theirs in zip(weighted.survival_at(days), copied.survival_at(days), strict=True):
        assert theirs == pytest.approx(ours, abs=1e-6)
