"""Nonparametric estimate of the time to union when union is seen only at scans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parsoutcomes.stats.boxes import (
    accumulate,
    count_boxes_begun,
    count_boxes_ended,
    find_boxes,
    require_intervals,
)
from parsoutcomes.stats.checks import Floats, require_vector, require_weights
from parsoutcomes.stats.interval_batch import maximise_batch, require_weight_matrix
from parsoutcomes.stats.interval_likelihood import Ranges, maximise
from parsoutcomes.stats.npmle_competing import fit_npmle_competing

__all__ = ["Npmle", "NpmleBatch", "fit_npmle", "fit_npmle_batch", "fit_npmle_competing"]


@dataclass(frozen=True, kw_only=True)
class Npmle:
    """The nonparametric maximum likelihood estimate from interval-censored times.

    Attributes
    ----------
    left, right : array of shape (n_boxes,)
        Boxes (left, right] that may carry mass, in order of time; left == right is one day, right
        = inf is "not by the last scan".
    mass : array of shape (n_boxes,)
        Probability that the event falls in each box; sums to 1. Where it falls within a box the
        data do not say.
    log_likelihood : float
        Weighted log-likelihood at the maximum.
    max_gradient : float
        Gradient gap per unit weight; 0 at the maximum, and times the sum of weights a bound on
        the log-likelihood still missing.
    n_iterations : int
        Newton steps taken.
    """

    left: Floats
    right: Floats
    mass: Floats
    log_likelihood: float
    max_gradient: float
    n_iterations: int

    def survival_at(self, times: ArrayLike) -> tuple[Floats, Floats]:
        """Return the lowest and highest probability that the event comes later than each time.

        Parameters
        ----------
        times : array of shape (n_times,)
            In the unit of `left` and `right`.

        Returns
        -------
        tuple of two arrays of shape (n_times,)
            Lower and upper survival; equal outside the boxes.
        """
        return _survival(self.left, self.right, self.mass, self.mass, times)


@dataclass(frozen=True, kw_only=True)
class NpmleBatch:
    """One estimate for each row of a matrix of weights, all on the same boxes.

    Attributes
    ----------
    left, right : array of shape (n_boxes,)
        Boxes of the whole sample.
    mass, mass_late : array of shape (n_resamples, n_boxes)
        Mass of each box. Boxes that a resample cannot tell apart share their mass freely: `mass`
        gives it to the earliest of them, `mass_late` to the latest.
    max_gradient : array of shape (n_resamples,)
        Gradient gap of each estimate.
    """

    left: Floats
    right: Floats
    mass: Floats
    mass_late: Floats
    max_gradient: Floats

    def survival_at(self, times: ArrayLike) -> tuple[Floats, Floats]:
        """Return the lowest and highest survival at each time, for each resample.

        Parameters
        ----------
        times : array of shape (n_times,)
            In the unit of `left` and `right`.

        Returns
        -------
        tuple of two arrays of shape (n_resamples, n_times)
            Lower and upper survival.
        """
        return _survival(self.left, self.right, self.mass, self.mass_late, times)


def fit_npmle(left: ArrayLike, right: ArrayLike, *, weights: ArrayLike | None = None) -> Npmle:
    """Estimate the share of fractures not yet united over time, from scans that bracket union.

    Not when surgery ended follow-up for some: `fit_npmle_competing` is for that. It has no
    standard error of its own: resample patients (`fit_npmle_batch`).

    Parameters
    ----------
    left : array of shape (n_rows,)
        Last time known without the event; 0 when there is none. Finite, at least 0.
    right : array of shape (n_rows,)
        First time known with the event; inf when it has not been seen. The event lies in (left,
        right]; left == right is an exact time.
    weights : array of shape (n_rows,), optional
        Non-negative; frequencies or resampling weights. Default: 1 for each row.

    Returns
    -------
    Npmle
        Boxes, masses, log-likelihood, gradient gap, and `survival_at`.

    Raises
    ------
    ArgumentError
        When an interval is impossible, a value is missing or weights are negative.
    EstimationError
        When there are no rows, or the gradient gap stays above 1e-8.

    Notes
    -----
    Turnbull's innermost half-open intervals; constrained Newton on the boxes with mass, stopped on
    the gradient. Agrees with R's npsurv (half-open too). Exact and right-censored rows alone give
    the Kaplan-Meier estimate. Which boxes may carry mass, and the probability of every row's
    interval, are always determined by the data; the masses are determined but for rare patterns of
    overlap, and never the position inside a box.

    References
    ----------
    Turnbull BW. J R Stat Soc B 1976;38:290-295. doi:10.1111/j.2517-6161.1976.tb01597.x
    Wang Y. Comput Stat Data Anal 2008;52:2388-2402. doi:10.1016/j.csda.2007.10.018

    Examples
    --------
    Two united between months 3 and 6, one between 6 and 12, one not by 12:

    >>> fit = fit_npmle([3, 3, 6, 12], [6, 6, 12, float("inf")])
    >>> fit.mass.round(6).tolist()
    [0.5, 0.25, 0.25]
    >>> lower, upper = fit.survival_at([6, 9])
    >>> lower.round(6).tolist(), upper.round(6).tolist()
    ([0.5, 0.25], [0.5, 0.5])
    """
    lower, upper = require_intervals(left, right)
    row_weights = require_weights(weights, lower.size)
    kept = row_weights > 0
    boxes = find_boxes(lower[kept], upper[kept])
    maximum = maximise(
        Ranges(
            first=boxes.first,
            last=boxes.last,
            weights=row_weights[kept],
            n_boxes=boxes.left.size,
        )
    )
    return Npmle(
        left=boxes.left,
        right=boxes.right,
        mass=maximum.mass,
        log_likelihood=maximum.log_likelihood,
        max_gradient=maximum.max_gradient,
        n_iterations=maximum.n_iterations,
    )


def fit_npmle_batch(left: ArrayLike, right: ArrayLike, weights: ArrayLike) -> NpmleBatch:
    """Estimate the same curve once for each set of weights, as the patient bootstrap needs.

    Not for one estimate: `fit_npmle` is that.

    Parameters
    ----------
    left, right : array of shape (n_rows,)
        As in `fit_npmle`.
    weights : array of shape (n_resamples, n_rows)
        Non-negative; each resample has at least one positive weight.

    Returns
    -------
    NpmleBatch
        Masses on the boxes of the whole sample, and `survival_at`.

    Raises
    ------
    ArgumentError
        When an interval is impossible or the weights do not fit.
    EstimationError
        When there are no rows, or a gradient gap stays above 1e-8.

    Notes
    -----
    Boxes are found once, on all rows, and a resample places mass in these only: its own boxes may
    be wider, so that its lower and upper survival lie within those of `fit_npmle` with the same
    weights, and are equal to them outside its boxes (and everywhere when scans keep to planned
    visits).
    Up to 40 boxes all resamples are solved together; above, one by one, each from the estimate of
    the whole sample.

    Examples
    --------
    >>> batch = fit_npmle_batch([0, 3, 6], [3, 6, float("inf")], [[1, 1, 1], [2, 0, 1]])
    >>> batch.survival_at([3])[0].round(6).ravel().tolist()
    [0.666667, 0.333333]
    """
    lower, upper = require_intervals(left, right)
    matrix = require_weight_matrix(weights, lower.size)
    boxes = find_boxes(lower, upper)
    maxima = maximise_batch(boxes.first, boxes.last, boxes.left.size, matrix)
    return NpmleBatch(
        left=boxes.left,
        right=boxes.right,
        mass=maxima.mass_early,
        mass_late=maxima.mass_late,
        max_gradient=maxima.max_gradient,
    )


def _survival(
    left: Floats, right: Floats, early: Floats, late: Floats, times: ArrayLike
) -> tuple[Floats, Floats]:
    at = require_vector("times", np.atleast_1d(np.asarray(times, dtype=np.float64)))
    lower = 1 - accumulate(early)[..., count_boxes_begun(left, right, at)]
    upper = 1 - accumulate(late)[..., count_boxes_ended(right, at)]
    return lower, upper
