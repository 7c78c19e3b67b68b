"""Logistic regression of a category with any number of levels, for drawing missing categories."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.checks import Floats, Integers

MAX_ITERATIONS = 100
SCORE_SOUGHT = 1e-8
HALVINGS = 30


def fit_multinomial(
    categories: ArrayLike,
    design: ArrayLike,
    *,
    n_categories: int,
    weights: ArrayLike | None = None,
    prior_deviation: float = np.inf,
) -> Floats:
    """Fit a multinomial logistic regression, with a weak prior on slopes where one is asked for.

    For drawing missing categories. Not for reporting odds ratios, which a prior pulls towards 1.

    Parameters
    ----------
    categories : array of shape (n_rows,)
        0, 1, ..., n_categories - 1.
    design : array of shape (n_rows, n_columns)
        With its column of ones first.
    n_categories : int
        2 or more; with 2 it is logistic regression.
    weights : array of shape (n_rows,), optional
        Frequencies, or smooth positive weights.
    prior_deviation : float
        Standard deviation of a normal prior about 0 for every slope, none for the intercepts; it
        keeps slopes finite where levels are told apart completely.

    Returns
    -------
    array of shape (n_categories - 1, n_columns)
        Log odds of each category against category 0.

    Raises
    ------
    EstimationError
        When the fit does not converge.

    Notes
    -----
    Newton steps, halved while the penalised likelihood falls. Without a prior it agrees with
    statsmodels MNLogit.

    Examples
    --------
    >>> fit_multinomial([0, 0, 1, 2], np.ones((4, 1)), n_categories=3).round(6).tolist()
    [[-0.693147], [-0.693147]]
    """
    columns = np.asarray(design, dtype=np.float64)
    codes = np.asarray(categories, dtype=np.int64)
    rows = np.ones(codes.size) if weights is None else np.asarray(weights, dtype=np.float64)
    seen = np.eye(n_categories)[codes][:, 1:]
    precision = np.full(columns.shape[1], prior_deviation**-2.0)
    precision[0] = 0.0
    found = np.zeros((n_categories - 1, columns.shape[1]))
    for _ in range(MAX_ITERATIONS):
        risk = category_probabilities(found, columns)[:, 1:]
        score = (rows[:, None] * (seen - risk)).T @ columns - precision * found
        if np.abs(score).max() < SCORE_SOUGHT * (1 + rows.sum()):
            return found
        step = np.linalg.solve(_information(risk, columns, rows, precision), score.ravel())
        found = _climb(found, step.reshape(found.shape), columns, codes, rows, precision)
    raise EstimationError(
        "A model of a missing category did not converge.",
        expected="convergence",
        found=f"{MAX_ITERATIONS} steps without it",
        fix="Impute fewer columns, or merge rare levels.",
    )


def category_probabilities(coefficients: Floats, design: Floats) -> Floats:
    """Return the probability of each category for each row.

    Parameters
    ----------
    coefficients : array of shape (n_categories - 1, n_columns)
        From `fit_multinomial`.
    design : array of shape (n_rows, n_columns)
        With its column of ones.

    Returns
    -------
    array of shape (n_rows, n_categories)

    Examples
    --------
    >>> category_probabilities(np.zeros((3, 1)), np.ones((1, 1))).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    odds = np.column_stack([np.zeros(len(design)), design @ coefficients.T])
    odds -= odds.max(axis=1, keepdims=True)
    raw = np.exp(odds)
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def draw_categories(
    probabilities: Floats, generator: np.random.Generator, possible: NDArray[np.bool_]
) -> Integers:
    """Draw one category per row, only among those possible for it.

    Parameters
    ----------
    probabilities : array of shape (n_rows, n_categories)
        From `category_probabilities`.
    generator : numpy.random.Generator
        The source of chance.
    possible : array of shape (n_rows, n_categories)
        At least one per row.

    Returns
    -------
    array of shape (n_rows,)

    Examples
    --------
    >>> only_last = np.array([[False, True]])
    >>> draw_categories(np.array([[0.9, 0.1]]), np.random.default_rng(1), only_last).tolist()
    [1]
    """
    allowed = np.where(possible, np.maximum(probabilities, 1e-12), 0.0)
    reached = np.cumsum(allowed, axis=1)
    drawn = generator.random(len(allowed)) * reached[:, -1]
    return np.asarray((drawn[:, None] >= reached).sum(axis=1), dtype=np.int64)


def _information(risk: Floats, columns: Floats, weights: Floats, precision: Floats) -> Floats:
    n_others, n_columns = risk.shape[1], columns.shape[1]
    information = np.empty((n_others, n_columns, n_others, n_columns))
    for one in range(n_others):
        for other in range(one, n_others):
            varies = weights * risk[:, one] * (float(one == other) - risk[:, other])
            block = columns.T @ (varies[:, None] * columns)
            information[one, :, other, :] = block
            information[other, :, one, :] = block.T
    information = information.reshape(n_others * n_columns, -1)
    # A trace of ridge keeps an intercept of a category that is nowhere near any row solvable.
    information[np.diag_indices_from(information)] += np.tile(precision, n_others) + 1e-10
    return np.asarray(information)


def _climb(  # noqa: PLR0917
    found: Floats, step: Floats, columns: Floats, codes: Integers, weights: Floats, precision: Floats
) -> Floats:
    before = _penalised(found, columns, codes, weights, precision)
    for halving in range(HALVINGS):
        reached = found + step * 0.5**halving
        if _penalised(reached, columns, codes, weights, precision) >= before - 1e-9 * abs(before):
            break
    return reached


def _penalised(
    found: Floats, columns: Floats, codes: Integers, weights: Floats, precision: Floats
) -> float:
    risk = category_probabilities(found, columns)[np.arange(codes.size), codes]
    likelihood = float(weights @ np.log(np.maximum(risk, 1e-300)))
    return likelihood - 0.5 * float((precision * found**2).sum())
