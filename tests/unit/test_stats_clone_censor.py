"""Clones, their weights and weighted curves: small cases that can be checked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.clone_censor import follow_strategy
from parsoutcomes.stats.npmle import fit_npmle
from parsoutcomes.stats.strategy_curves import CloneCensorProblem, estimate_strategies
from parsoutcomes.stats.strategy_weights import (
    DepartureModel,
    Passed,
    StrategyArm,
    effective_n,
    fit_departures,
    truncate_weights,
    weigh_clones,
)

INF = float("inf")
THREE, SIX = (61.0, 122.0), (152.0, 213.0)


def clone(stop, union=INF, seen=0.0, window=THREE):
    clones = follow_strategy([stop], [seen], [union], window=window)
    return bool(clones.follows[0]), float(clones.until_days[0])


def test_who_follows_each_strategy() -> None:
    assert clone(91) == (True, 122.0)
    assert clone(91, window=SIX) == (False, 213.0)
    assert clone(183) == (False, 122.0)
    assert clone(183, window=SIX) == (True, 213.0)


def test_too_early_a_stop_departs_from_both() -> None:
    assert not clone(30)[0]
    assert not clone(30, window=SIX)[0]


def test_a_stop_on_or_after_the_day_union_was_seen_departs_from_neither() -> None:
    for window in (THREE, SIX):
        assert clone(85, union=85, window=window) == (True, 85.0)
        assert clone(300, union=100, window=window) == (True, 100.0)


def test_a_stop_the_day_before_union_was_seen_is_a_departure() -> None:
    assert not clone(100, union=101, window=SIX)[0]


def test_lost_in_the_brace_follows_until_lost() -> None:
    assert clone(INF, seen=100) == (True, 100.0)
    assert clone(INF, seen=130) == (False, 122.0)
    assert clone(INF, seen=130, window=SIX) == (True, 130.0)


def test_the_edges_of_a_window_belong_to_it() -> None:
    assert clone(61)[0]
    assert clone(122)[0]


def test_a_window_before_fitting_is_refused() -> None:
    with pytest.raises(ArgumentError, match="window"):
        clone(91, window=(0.0, 50.0))


# Eight patients in the window of "stop at 3", four with union seen to be partial: of those three
# go on, of the other four one does. Stoppers weigh 4 / 1 and 4 / 3.
PARTIAL = np.array([1, 1, 1, 1, 0, 0, 0, 0])
WENT_ON = np.array([1, 1, 1, 0, 1, 0, 0, 0], dtype=bool)
LEFT = np.array([3.0, 3, 3, 3, 6, 3, 6, 6])
RIGHT = np.array([6.0, 6, 6, 6, INF, 6, INF, INF])


def by_hand(went_on=WENT_ON):
    model = DepartureModel(
        name="go on",
        columns=("intercept", "partial"),
        design=np.column_stack([np.ones(8), PARTIAL]).astype(float),
        departs=went_on,
        patient=np.arange(8),
    )
    everyone = np.arange(8)
    arm = StrategyArm(
        follows=~went_on, passed=(Passed(model=0, clone=everyone, interval=everyone),)
    )
    return CloneCensorProblem(
        left=LEFT, right=RIGHT, patient=everyone, n_patients=8, models=(model,), arms=(arm,)
    )


def test_weights_worked_by_hand(monkeypatch) -> None:
    monkeypatch.setattr("parsoutcomes.stats.pooled_logistic.MIN_EVENTS_PER_PARAMETER", 0)
    problem = by_hand()
    fits = fit_departures(problem.models, np.ones((1, 8)))
    weights = weigh_clones(problem.arms[0], fits, 1)[0]
    assert weights == pytest.approx([0, 0, 0, 4, 0, 4 / 3, 4 / 3, 4 / 3], abs=1e-9)
    union = estimate_strategies(problem, np.ones((1, 8)), [6.0]).union[0, 0, 0]
    assert union == pytest.approx((4 + 4 / 3) / 8, abs=1e-8)
    assert (1 + 1) / 4 == 0.5, "what the four stoppers show without weights"


def test_without_departure_weights_are_one_and_the_curve_is_the_plain_one() -> None:
    problem = by_hand(np.zeros(8, dtype=bool))
    fits = fit_departures(problem.models, np.ones((1, 8)))
    assert fits == [None]
    assert weigh_clones(problem.arms[0], fits, 1).tolist() == [[1.0] * 8]
    union = estimate_strategies(problem, np.ones((1, 8)), [6.0]).union[0, 0, 0]
    plain = fit_npmle(LEFT, RIGHT).survival_at([6.0])[0][0]
    assert union == pytest.approx(1 - plain, abs=1e-8)


def test_departure_that_depends_on_nothing_changes_nothing_in_the_limit() -> None:
    rng = np.random.default_rng(3)
    n = 40_000
    covariate, month = rng.integers(0, 2, n), rng.integers(1, 6, n) * 3.0
    left, right = month - 3.0, np.where(month < 15, month, INF)
    departs = (rng.random(n) < 0.4) & (left >= 3)
    at_risk = np.flatnonzero(left >= 3)
    model = DepartureModel(
        name="go on",
        columns=("intercept", "covariate"),
        design=np.column_stack([np.ones(at_risk.size), covariate[at_risk]]).astype(float),
        departs=departs[at_risk],
        patient=at_risk,
    )
    passed = Passed(model=0, clone=at_risk, interval=np.arange(at_risk.size))
    problem = CloneCensorProblem(
        left=left,
        right=right,
        patient=np.arange(n),
        n_patients=n,
        models=(model,),
        arms=(StrategyArm(follows=~departs, passed=(passed,)),),
    )
    union = estimate_strategies(problem, np.ones((1, n)), [3.0, 6.0, 12.0]).union[0, 0]
    plain = 1 - fit_npmle(left, right).survival_at([3.0, 6.0, 12.0])[0]
    assert union == pytest.approx(plain, abs=0.006)
    unweighted = replace(problem, arms=(replace(problem.arms[0], passed=()),))
    biased = estimate_strategies(unweighted, np.ones((1, n)), [3.0]).union[0, 0]
    assert biased[0] > plain[0] + 0.05


def test_weights_are_cut_at_the_smallest_that_enough_do_not_exceed() -> None:
    weights = np.array([[0.0, 1, 2, 3, 4], [0, 1, 1, 1, 9]])
    cut = truncate_weights(weights, np.ones((2, 5)), 0.75)
    assert cut.tolist() == [[0, 1, 2, 3, 3], [0, 1, 1, 1, 1]]
    assert truncate_weights(weights, np.ones((2, 5)), None).tolist() == weights.tolist()


def test_a_clone_drawn_twice_counts_twice_for_the_cut() -> None:
    weights = np.array([[1.0, 2, 3]])
    assert truncate_weights(weights, np.array([[1.0, 1, 2]]), 0.5).tolist() == [[1, 2, 2]]
    assert truncate_weights(weights, np.array([[2.0, 1, 1]]), 0.5).tolist() == [[1, 1, 1]]


def test_effective_number_of_nobody() -> None:
    assert effective_n(np.zeros(3)) == 0.0
