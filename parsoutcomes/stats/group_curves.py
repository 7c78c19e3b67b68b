"""Union in two groups by interval-censored curves, standardised by weights, for many resamples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.stats.checks import Floats, require_binary, require_rows, require_vector
from parsoutcomes.stats.npmle import fit_npmle_batch
from parsoutcomes.stats.pooled_logistic import fit_logistic_batch

# Fitted chances nearer to 0 or 1 than this would give one row the weight of a thousand.
LEAST_CHANCE = 1e-3


@dataclass(frozen=True, kw_only=True)
class GroupCurves:
    """Union by group for each resample.

    Attributes
    ----------
    union_low, union_high : array of shape (n_resamples, 2, n_times)
        Share united by each time; where the data leave it open within a box, its range. NaN where
        nobody of the group was drawn.
    """

    union_low: Floats
    union_high: Floats

    @property
    def union(self) -> Floats:
        """The middle of the range of union."""
        return np.asarray((self.union_low + self.union_high) / 2)


def compare_group_curves(
    left: ArrayLike,
    right: ArrayLike,
    in_second: ArrayLike,
    counts: ArrayLike,
    times: ArrayLike,
    *,
    design: ArrayLike | None = None,
) -> GroupCurves:
    """Estimate how many of each of two groups unite, as if both had the same mix of covariates.

    Not for groups formed by what happened after time zero.

    Parameters
    ----------
    left, right : array of shape (n_rows,)
        Union lies in (left, right]; right = inf when it has not been seen.
    in_second : array of shape (n_rows,)
        1 for the second group, 0 for the first.
    counts : array of shape (n_resamples, n_rows)
        How often each row was drawn.
    times : array of shape (n_times,)
        In the unit of `left`.
    design : array of shape (n_rows, n_columns), optional
        Covariates with the intercept first; without it the groups are compared as they are.

    Returns
    -------
    GroupCurves

    Raises
    ------
    ArgumentError
        When an interval is impossible, or a group mark is not 0 or 1.

    Notes
    -----
    Each row weighs the inverse of its fitted probability (logistic regression) of being in its own
    group: with one indicator per stratum this is direct standardisation to all rows. Then the
    weighted NPMLE of each group.

    Examples
    --------
    >>> infinity = float("inf")
    >>> found = compare_group_curves(
    ...     [0, 12, 0, 3], [3, infinity, 3, 6], [0, 0, 1, 1], np.ones((1, 4)), [6.0]
    ... )
    >>> found.union[0, :, 0].tolist()
    [0.5, 1.0]
    """
    second = require_rows("in_second", require_binary("in_second", in_second))
    lower = require_vector("left", left, second.size)
    upper = np.asarray(right, dtype=np.float64)
    drawn = np.asarray(counts, dtype=np.float64)
    at = np.asarray(times, dtype=np.float64)
    weights = drawn if design is None else drawn * _inverse_chances(design, second, drawn)
    parts = [
        _union(lower[rows], upper[rows], weights[:, rows], at)
        for rows in (second == 0, second == 1)
    ]
    low, high = (np.stack([part[k] for part in parts], axis=1) for k in (0, 1))
    return GroupCurves(union_low=low, union_high=high)


def _inverse_chances(design: ArrayLike, second: Floats, drawn: Floats) -> Floats:
    fitted = fit_logistic_batch(design, second, drawn).probabilities
    own = np.where(second == 1, fitted, 1 - fitted)
    return np.asarray(1 / np.clip(own, LEAST_CHANCE, 1.0))


def _union(left: Floats, right: Floats, weights: Floats, at: Floats) -> NDArray[np.float64]:
    """Return the lowest and highest share united, of shape (2, n_resamples, n_times)."""
    drawn = weights.sum(axis=1) > 0
    filled = np.where(drawn[:, None], weights, 1.0)
    lowest, highest = fit_npmle_batch(left, right, filled).survival_at(at)
    union = np.stack([1 - highest, 1 - lowest])
    union[:, ~drawn] = np.nan
    return union
