"""Union under each strategy by the weighted NPMLE, and its bootstrap over whole patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parsoutcomes.stats.checks import Floats, Integers
from parsoutcomes.stats.npmle import NpmleBatch, fit_npmle_batch
from parsoutcomes.stats.strategy_weights import (
    DepartureModel,
    StrategyArm,
    fit_departures,
    truncate_weights,
    weigh_clones,
)


@dataclass(frozen=True, kw_only=True)
class CloneCensorProblem:
    """All that the estimate and its bootstrap need, as arrays.

    Attributes
    ----------
    left, right : array of shape (n_pars,)
        Union lies in (left, right]; right = inf when it has not been seen.
    patient : array of int, shape (n_pars,)
        Position of each pars' patient.
    n_patients : int
        Number of patients.
    models : tuple of DepartureModel
        The pooled logistic regressions.
    arms : tuple of StrategyArm
        One for each strategy.
    """

    left: Floats
    right: Floats
    patient: Integers
    n_patients: int
    models: tuple[DepartureModel, ...]
    arms: tuple[StrategyArm, ...]


@dataclass(frozen=True, kw_only=True)
class StrategyEstimates:
    """Estimates of each strategy for each resample.

    Attributes
    ----------
    union_low, union_high : array of shape (n_resamples, n_arms, n_times)
        Share united by each time; where the data leave it open within a box, its range.
    mean_days : array of shape (n_resamples, n_arms)
        Mean days un-united up to the last time, the mass of a box taken to lie evenly in it.
    mean_low, mean_high : array of shape (n_resamples, n_arms)
        The same with union at the start, and at the end, of every box.
    """

    union_low: Floats
    union_high: Floats
    mean_days: Floats
    mean_low: Floats
    mean_high: Floats

    @property
    def union(self) -> Floats:
        """The middle of the range of union."""
        return np.asarray((self.union_low + self.union_high) / 2)


def estimate_strategies(
    problem: CloneCensorProblem,
    counts: ArrayLike,
    times: ArrayLike,
    *,
    truncation: float | None = None,
    starts: Sequence[Floats] | None = None,
) -> StrategyEstimates:
    """Run the whole procedure, weights and all, once for each resample of patients.

    Parameters
    ----------
    problem : CloneCensorProblem
        Clones, person-intervals and union times.
    counts : array of shape (n_resamples, n_patients)
        How often each patient was drawn; a single row of ones gives the estimate itself.
    times : array of shape (n_times,)
        In the unit of `left`; increasing.
    truncation : float or None
        Centile at which weights are cut.
    starts : sequence of array, optional
        Coefficients to start the regressions from.

    Returns
    -------
    StrategyEstimates

    Raises
    ------
    EstimationError
        When a curve cannot be estimated.

    Notes
    -----
    Boxes are found once, on all clones that follow the strategy. Without departure all weights are
    1, and the estimate is the plain NPMLE.
    """
    drawn = np.asarray(counts, dtype=np.float64)
    at = np.asarray(times, dtype=np.float64)
    fits = fit_departures(problem.models, drawn, starts=starts)
    of_pars = drawn[:, problem.patient]
    parts = []
    for arm in problem.arms:
        raw = weigh_clones(arm, fits, len(drawn))
        weights = truncate_weights(raw, of_pars, truncation) * of_pars
        kept = arm.follows
        curve = fit_npmle_batch(problem.left[kept], problem.right[kept], weights[:, kept])
        parts.append((_union_at(curve, at), _mean_until(curve, float(at[-1]))))
    union = np.stack([part[0] for part in parts], axis=2)
    means = np.stack([part[1] for part in parts], axis=2)
    return StrategyEstimates(
        union_low=union[0],
        union_high=union[1],
        mean_low=means[0],
        mean_days=means[1],
        mean_high=means[2],
    )


def _union_at(curve: NpmleBatch, times: Floats) -> Floats:
    """Return the lowest and the highest share united, of shape (2, n_resamples, n_times)."""
    lowest, highest = curve.survival_at(times)
    return np.stack([1 - highest, 1 - lowest])


def _mean_until(curve: NpmleBatch, horizon: float) -> Floats:
    """Return the mean time un-united with union at start, middle and end: (3, n_resamples)."""
    start = np.minimum(curve.left, horizon)
    end = np.minimum(curve.right, horizon)
    return np.stack([curve.mass @ start, curve.mass @ ((start + end) / 2), curve.mass_late @ end])
