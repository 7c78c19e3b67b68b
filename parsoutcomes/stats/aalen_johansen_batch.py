"""Right-censored cumulative incidence for many sets of weights at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from parsoutcomes.stats.checks import Floats, require_rows, require_vector
from parsoutcomes.stats.interval_batch import require_weight_matrix


def estimate_incidence_batch(
    times: ArrayLike, causes: ArrayLike, weights: ArrayLike, at: ArrayLike, *, cause: int
) -> Floats:
    """Estimate cumulative incidence at given times, once for each set of weights.

    For resamples of the familiar curve. Not for union seen at scans (`fit_npmle_competing_batch`).

    Parameters
    ----------
    times, causes : array of shape (n_rows,)
        As in `estimate_cumulative_incidence`.
    weights : array of shape (n_resamples, n_rows)
        Non-negative.
    at : array of shape (n_times,)
        Times asked for.
    cause : int
        The event.

    Returns
    -------
    array of shape (n_resamples, n_times)
        Aalen-Johansen incidence.

    Raises
    ------
    ArgumentError, EstimationError
        When values are missing or there are no rows.

    Examples
    --------
    >>> found = estimate_incidence_batch(
    ...     [1, 2, 3, 4], [2, 0, 1, 1], [[1, 1, 1, 1], [1, 0, 1, 1]], [3], cause=1)
    >>> found.round(6).ravel().tolist()
    [0.375, 0.333333]
    """
    observed = require_rows("times", require_vector("times", times))
    codes = require_vector("causes", causes, observed.size)
    matrix = require_weight_matrix(weights, observed.size).astype(np.float64)
    distinct, index = np.unique(observed, return_inverse=True)
    order = np.argsort(index, kind="stable")
    starts = np.searchsorted(index[order], np.arange(distinct.size))
    sorted_weights = matrix[:, order]
    all_rows = np.add.reduceat(sorted_weights, starts, axis=1)
    events = np.add.reduceat(sorted_weights * (codes[order] > 0), starts, axis=1)
    wanted = np.add.reduceat(sorted_weights * (codes[order] == cause), starts, axis=1)
    at_risk = np.cumsum(all_rows[:, ::-1], axis=1)[:, ::-1]
    safe = np.where(at_risk > 0, at_risk, 1.0)
    free = np.cumprod(1 - events / safe, axis=1)
    before = np.column_stack([np.ones(matrix.shape[0]), free[:, :-1]])
    incidence = np.cumsum(before * wanted / safe, axis=1)
    position = np.searchsorted(distinct, np.asarray(at, dtype=np.float64), side="right")
    return np.asarray(np.column_stack([np.zeros(matrix.shape[0]), incidence])[:, position])
