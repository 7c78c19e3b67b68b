"""Logistic regression fitted many times at once: the same rows under many sets of weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.conventions import MIN_EVENTS_PER_PARAMETER, WEIGHT_PRIOR_DEVIATION
from parsoutcomes.stats.checks import Floats, require_binary, require_rows
from parsoutcomes.stats.interval_batch import require_weight_matrix

MAX_STEPS = 40
SMALL_STEP = 1e-11
LARGE_LOGIT = 15.0
# Keeps an unused column at 0 in place of dividing by 0; too small to move any other.
TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class LogisticBatch:
    """One logistic regression for each set of weights.

    Attributes
    ----------
    coefficients : array of shape (n_fits, n_columns)
        Log odds.
    probabilities : array of shape (n_fits, n_rows)
        Fitted; exactly 0 where a fit holds no event and 1 where it holds nothing else.
    is_penalised : array of shape (n_fits,)
        Whether the fit needed the penalty: separated, or too few events.
    """

    coefficients: Floats
    probabilities: Floats
    is_penalised: NDArray[np.bool_]


def fit_logistic_batch(
    design: ArrayLike,
    events: ArrayLike,
    weights: ArrayLike,
    *,
    penalty_columns: ArrayLike | None = None,
    start: Floats | None = None,
) -> LogisticBatch:
    """Estimate how probable an event is on each row, once for each set of weights.

    For the weights of a clone-censor-weight analysis inside its bootstrap. Not for an odds ratio
    that is to be read: `fit_union_logistic` is for that.

    Parameters
    ----------
    design : array of shape (n_rows, n_columns)
        With the intercept as its first column; numbers about 0 and of spread about 1.
    events : array of shape (n_rows,)
        1 for an event.
    weights : array of shape (n_fits, n_rows)
        Non-negative; frequencies of the rows.
    penalty_columns : array of bool, shape (n_columns,), optional
        Which coefficients the penalty holds; default all but the first.
    start : array of shape (n_columns,), optional
        Coefficients to start from.

    Returns
    -------
    LogisticBatch
        Coefficients, probabilities, and which fits were penalised.

    Raises
    ------
    ArgumentError
        When an event is not 0 or 1, or the weights do not fit.

    Notes
    -----
    Maximum likelihood by Newton's method, as statsmodels' GLM. Where that has no maximum (a logit
    beyond 15, or no convergence) or the rarer outcome has fewer than five rows for each column, a
    ridge penalty: slopes normal about 0 with standard deviation 2.5. No event at all, or nothing
    else, needs no fit.

    Examples
    --------
    >>> fit = fit_logistic_batch([[1.0]] * 20, [1] * 5 + [0] * 15, [[1] * 20, [2] * 5 + [1] * 15])
    >>> fit.probabilities[:, 0].round(4).tolist()
    [0.25, 0.4]
    """
    matrix = np.asarray(design, dtype=np.float64)
    outcome = require_rows("events", require_binary("events", events))
    counts = require_weight_matrix(weights, outcome.size).astype(np.float64)
    held = (
        np.arange(matrix.shape[1]) > 0 if penalty_columns is None else np.asarray(penalty_columns)
    )
    products = (matrix[:, :, None] * matrix[:, None, :]).reshape(len(matrix), -1)
    n_events, n_rows = counts @ outcome, counts.sum(axis=1)
    rarer = np.minimum(n_events, n_rows - n_events)
    few = rarer < MIN_EVENTS_PER_PARAMETER * matrix.shape[1]
    problem = _Rows(matrix=matrix, products=products, events=outcome)
    coefficients = np.zeros((len(counts), matrix.shape[1]))
    coefficients[~few], converged = _climb(problem, counts[~few], np.zeros(held.size), start)
    penalised = few.copy()
    penalised[np.flatnonzero(~few)[~converged]] = True
    needs = penalised & (rarer > 0)
    precision = held / WEIGHT_PRIOR_DEVIATION**2
    coefficients[needs], _ = _climb(problem, counts[needs], precision, None)
    probabilities = _logistic(coefficients @ matrix.T)
    probabilities[n_events == 0] = 0.0
    probabilities[n_events == n_rows] = 1.0
    return LogisticBatch(coefficients=coefficients, probabilities=probabilities, is_penalised=needs)


@dataclass(frozen=True, kw_only=True)
class _Rows:
    matrix: Floats
    products: Floats
    events: Floats


def _climb(
    rows: _Rows, counts: Floats, precision: Floats, start: Floats | None
) -> tuple[Floats, NDArray[np.bool_]]:
    """Take Newton steps for all fits together until each has stopped or left the finite."""
    n_columns = rows.matrix.shape[1]
    found = np.tile(np.zeros(n_columns) if start is None else start, (len(counts), 1))
    converged = np.zeros(len(counts), dtype=bool)
    going = np.arange(len(counts))
    for _ in range(MAX_STEPS):
        if going.size == 0:
            break
        step, highest = _newton(rows, counts[going], found[going], precision)
        found[going] += step
        done = np.abs(step).max(axis=1) < SMALL_STEP
        lost = highest > LARGE_LOGIT if not precision.any() else np.zeros_like(done)
        converged[going[done & ~lost]] = True
        going = going[~(done | lost)]
    return found, converged


def _newton(
    rows: _Rows, counts: Floats, coefficients: Floats, precision: Floats
) -> tuple[Floats, Floats]:
    """Return the step of each fit, never longer than 4 logits, and its largest logit."""
    logits = coefficients @ rows.matrix.T
    fitted = _logistic(logits)
    slope = (counts * (rows.events - fitted)) @ rows.matrix - precision * coefficients
    curvature = (counts * fitted * (1 - fitted)) @ rows.products
    hessian = curvature.reshape(len(counts), precision.size, precision.size)
    hessian = hessian + np.diag(precision + TINY)
    step = np.linalg.solve(hessian, slope[:, :, None])[:, :, 0]
    length = np.abs(step @ rows.matrix.T).max(axis=1)
    step *= np.minimum(1.0, 4.0 / np.maximum(length, TINY))[:, None]
    highest = np.where(counts > 0, np.abs(logits), 0.0).max(axis=1)
    return np.asarray(step), np.asarray(highest)


def _logistic(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -500.0, 500.0))))
