"""Logistic regression of a category with any number of levels, for drawing missing categories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.checks import Floats, Integers

MAX_ITERATIONS = 100
SCORE_SOUGHT = 1e-7
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
    model = _Model(codes=codes, columns=columns, weights=rows, precision=precision)
    reached = model.at(np.zeros((n_categories - 1, columns.shape[1])))
    for _ in range(MAX_ITERATIONS):
        score = (rows[:, None] * (seen - reached.risk[:, 1:])).T @ columns
        score -= precision * reached.coefficients
        if np.abs(score).max() < SCORE_SOUGHT * (1 + rows.sum()):
            return reached.coefficients
        step = np.linalg.solve(model.information(reached.risk[:, 1:]), score.ravel())
        reached = model.climb(reached, np.asarray(step.reshape(score.shape), dtype=np.float64))
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


@dataclass(frozen=True, kw_only=True)
class _Point:
    coefficients: Floats
    risk: Floats
    likelihood: float


@dataclass(frozen=True, kw_only=True)
class _Model:
    codes: Integers
    columns: Floats
    weights: Floats
    precision: Floats

    def at(self, coefficients: Floats) -> _Point:
        """Return risks and penalised log-likelihood at these coefficients."""
        risk = category_probabilities(coefficients, self.columns)
        seen = np.maximum(risk[np.arange(self.codes.size), self.codes], 1e-300)
        penalty = 0.5 * float((self.precision * coefficients**2).sum())
        likelihood = float(self.weights @ np.log(seen)) - penalty
        return _Point(coefficients=coefficients, risk=risk, likelihood=likelihood)

    def climb(self, start: _Point, step: Floats) -> _Point:
        """Take the step, halved while the penalised likelihood would fall."""
        lowest = start.likelihood - 1e-9 * abs(start.likelihood)
        for halving in range(HALVINGS):
            reached = self.at(start.coefficients + step * 0.5**halving)
            if reached.likelihood >= lowest:
                break
        return reached

    def information(self, risk: Floats) -> Floats:
        """Return the negative second derivative of the penalised log-likelihood."""
        n_others, n_columns = risk.shape[1], self.columns.shape[1]
        blocks = np.empty((n_others, n_columns, n_others, n_columns))
        for one in range(n_others):
            for other in range(one, n_others):
                varies = self.weights * risk[:, one] * (float(one == other) - risk[:, other])
                block = self.columns.T @ (varies[:, None] * self.columns)
                blocks[one, :, other, :] = block
                blocks[other, :, one, :] = block.T
        information = blocks.reshape(n_others * n_columns, -1)
        # A trace of ridge keeps the intercept of a category that no row is near solvable.
        information[np.diag_indices_from(information)] += np.tile(self.precision, n_others) + 1e-10
        return np.asarray(information)
