"""Logistic models refitted to many sets of weights at once, for resampling whole patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from scipy.stats import t as student

from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.checks import Floats, Integers, index_clusters, require_binary

MAX_ITERATIONS = 500
STEP_SOUGHT = 1e-10
LARGEST_STEP = 5.0
DAMPING = 0.5


@dataclass(frozen=True, kw_only=True)
class StudentInterval:
    """Limits and two-sided p-value of estimates on Student's t.

    Attributes
    ----------
    conf_low, conf_high, p_value : array of shape (n_estimates,)
        On the scale of the estimates; p-values against zero.
    """

    conf_low: Floats
    conf_high: Floats
    p_value: Floats


def fit_firth_batch(events: ArrayLike, design: ArrayLike, weights: ArrayLike) -> Floats:
    """Fit Firth's logistic regression once for each set of weights.

    Finite even where an ordinary fit runs off to infinity. Not clustered in itself: the weights
    are, when whole patients are resampled.

    Parameters
    ----------
    events : array of shape (n_rows,)
        1 for an event, 0 for none.
    design : array of shape (n_rows, n_parameters)
        With its column of ones; of full rank.
    weights : array of shape (n_resamples, n_rows)
        Frequencies, or smooth positive weights.

    Returns
    -------
    array of shape (n_resamples, n_parameters)
        Log odds.

    Raises
    ------
    EstimationError
        When a fit does not converge, as when a resample leaves a whole level out.

    Notes
    -----
    Newton steps on the score modified by half the derivative of the log determinant of the
    information (Firth 1993), which amounts to adding leverage / 2 events and as many non-events to
    each row; steps are halved while the penalised likelihood falls. A weight of k equals k
    copies of the row. Agrees with firthmodels.

    References
    ----------
    Firth D. Biometrika 1993;80:27-38. doi:10.1093/biomet/80.1.27

    Examples
    --------
    Three without and three with, all told apart by x:

    >>> x = [[1, 0]] * 3 + [[1, 1]] * 3
    >>> fit_firth_batch([0, 0, 0, 1, 1, 1], x, np.ones((1, 6))).round(6).tolist()
    [[-1.94591, 3.89182]]
    """
    y, columns = require_binary("events", events), np.asarray(design, dtype=np.float64)
    matrix = np.asarray(weights, dtype=np.float64)
    outer = _outer(columns)
    coefficients = np.zeros((matrix.shape[0], columns.shape[1]))
    reached = _penalised_likelihood(y, columns, outer, matrix, coefficients)
    moving = np.arange(len(matrix))
    for _ in range(MAX_ITERATIONS):
        weights_left, here = matrix[moving], coefficients[moving]
        step = _firth_step(y, columns, outer, weights_left, here)
        coefficients[moving], reached = _climb(y, columns, outer, weights_left, here, step, reached)
        left = np.abs(step).max(axis=1) >= STEP_SOUGHT
        moving, reached = moving[left], reached[left]
        if moving.size == 0:
            return coefficients
    raise _not_converged(moving.size, len(matrix))


def correct_intercepts(events: ArrayLike, offsets: ArrayLike, weights: ArrayLike) -> Floats:
    """Find the shift of the log odds that makes predicted events add up to those seen.

    Firth's coefficients pull predicted risks towards one half; this takes the pull out of the
    intercept (FLIC). Not defined when all or none have the event.

    Parameters
    ----------
    events : array of shape (n_rows,)
        1 for an event, 0 for none.
    offsets : array of shape (n_resamples, n_rows)
        Log odds before the correction.
    weights : array of shape (n_resamples, n_rows)
        As in `fit_firth_batch`.

    Returns
    -------
    array of shape (n_resamples,)
        To be added to the intercepts.

    References
    ----------
    Puhr R et al. Stat Med 2017;36:2302-2317. doi:10.1002/sim.7273

    Examples
    --------
    >>> correct_intercepts([1, 1, 1, 0], [[0.0] * 4], [[1.0] * 4]).round(6).tolist()
    [1.098612]
    """
    y, offset = require_binary("events", events), np.asarray(offsets, dtype=np.float64)
    matrix = np.asarray(weights, dtype=np.float64)
    shift = np.zeros(matrix.shape[0])
    for _ in range(MAX_ITERATIONS):
        risk = expit(offset + shift[:, None])
        excess = (matrix * (y - risk)).sum(axis=1)
        step = np.clip(excess / (matrix * risk * (1 - risk)).sum(axis=1), -1, 1)
        shift += step
        if np.abs(step).max() < STEP_SOUGHT:
            return shift
    raise _not_converged(int((np.abs(step) >= STEP_SOUGHT).sum()), matrix.shape[0])


def fit_gee_batch(
    events: ArrayLike,
    design: ArrayLike,
    clusters: ArrayLike,
    weights: ArrayLike,
    *,
    correlation: float | None = None,
) -> Floats:
    """Fit a logit GEE with exchangeable correlation once for each set of weights.

    The average-patient reading of predictors when a patient may have two defects. Not for
    separated data, where it runs off without saying so: check first.

    Parameters
    ----------
    events : array of shape (n_rows,)
        1 for an event, 0 for none.
    design : array of shape (n_rows, n_parameters)
        With its column of ones; of full rank.
    clusters : array of shape (n_rows,)
        The patient of each row.
    weights : array of shape (n_resamples, n_rows)
        The same for all rows of a patient.
    correlation : float, optional
        Working correlation to hold; default: estimated for each set of weights, which may fail to
        settle where weights are very uneven.

    Returns
    -------
    array of shape (n_resamples, n_parameters)
        Log odds.

    Raises
    ------
    EstimationError
        When a fit does not converge.

    Notes
    -----
    Scale and correlation by moments with degrees of freedom taken off, as statsmodels and R's gee
    do; zero with no more pairs within patients than parameters. The score is not the slope of any
    likelihood and can swing, so steps are halved from the 26th on, again from the 51st, and so on.
    Where a held correlation leaves a set of very uneven weights without a solution, that set is
    solved without correlation, which estimates the same log odds.

    References
    ----------
    Liang KY, Zeger SL. Biometrika 1986;73:13-22. doi:10.1093/biomet/73.1.13

    Examples
    --------
    Half of four have the event:

    >>> ones = np.ones((4, 1))
    >>> fit_gee_batch([1, 1, 0, 0], ones, ["a", "a", "b", "c"], np.ones((1, 4))).tolist()
    [[0.0]]
    """
    y, columns = require_binary("events", events), np.asarray(design, dtype=np.float64)
    index, _ = index_clusters(clusters, y.size)
    order = np.argsort(index, kind="stable")
    y, columns, index = y[order], columns[order], index[order]
    starts = np.flatnonzero(np.diff(index, prepend=-1))
    matrix, outer = np.asarray(weights, dtype=np.float64)[:, order], _outer(columns)
    coefficients = np.zeros((matrix.shape[0], columns.shape[1]))
    moving = np.arange(len(matrix))
    for iteration in range(MAX_ITERATIONS):
        step = _gee_step(
            y, columns, outer, starts, matrix[moving], coefficients[moving], correlation
        )
        coefficients[moving] += step * DAMPING ** min(iteration // 25, 4)
        # A set that ran off has steps that are not numbers: it has not settled.
        moving = moving[~(np.abs(step).max(axis=1) < STEP_SOUGHT)]
        if moving.size == 0:
            return coefficients
    if not correlation:
        raise _not_converged(moving.size, len(matrix))
    coefficients[moving] = fit_gee_batch(y, columns, index, matrix[moving], correlation=0.0)
    return coefficients


def student_interval(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    *,
    degrees_of_freedom: float,
    conf_level: float,
) -> StudentInterval:
    """Give estimates their limits and p-values on Student's t.

    Parameters
    ----------
    estimates, standard_errors : array of shape (n_estimates,)
        On the scale on which they are symmetric, such as log odds.
    degrees_of_freedom : float
        Such as patients less parameters; infinite for the normal distribution.
    conf_level : float
        Level of the limits.

    Returns
    -------
    StudentInterval

    Examples
    --------
    >>> interval = student_interval([1.0], [0.5], degrees_of_freedom=10, conf_level=0.95)
    >>> interval.conf_low.round(4).tolist(), interval.p_value.round(4).tolist()
    ([-0.1141], [0.0734])
    """
    centre = np.asarray(estimates, dtype=np.float64)
    spread = np.asarray(standard_errors, dtype=np.float64)
    half_width = student.ppf((1 + conf_level) / 2, degrees_of_freedom) * spread
    return StudentInterval(
        conf_low=centre - half_width,
        conf_high=centre + half_width,
        p_value=np.asarray(2 * student.sf(np.abs(centre / spread), degrees_of_freedom)),
    )


def _firth_step(
    y: Floats, columns: Floats, outer: Floats, weights: Floats, coefficients: Floats
) -> Floats:
    risk = expit(coefficients @ columns.T)
    variance = weights * risk * (1 - risk)
    inverse = _invert(_information(outer, variance))
    leverage = variance * (inverse.reshape(len(inverse), -1) @ outer.T)
    score = (weights * (y - risk) + leverage * (0.5 - risk)) @ columns
    curvature = _information(outer, (weights + leverage) * risk * (1 - risk))
    return _limit(np.linalg.solve(curvature, score[..., None])[..., 0])


def _climb(  # noqa: PLR0917
    y: Floats,
    columns: Floats,
    outer: Floats,
    weights: Floats,
    coefficients: Floats,
    step: Floats,
    before: Floats,
) -> tuple[Floats, Floats]:
    """Take the step, halved for those resamples whose penalised likelihood would fall."""
    length = np.ones((len(step), 1))
    for _ in range(30):
        reached = coefficients + length * step
        after = _penalised_likelihood(y, columns, outer, weights, reached)
        falls = after < before - 1e-9 * (1 + np.abs(before))
        if not falls.any():
            break
        length[falls] /= 2
    return reached, after


def _penalised_likelihood(
    y: Floats, columns: Floats, outer: Floats, weights: Floats, coefficients: Floats
) -> Floats:
    odds = coefficients @ columns.T
    risk = expit(odds)
    information = _information(outer, weights * risk * (1 - risk))
    towards = np.where(y == 1, odds, -odds)
    likelihood = -(weights * np.logaddexp(0, -towards)).sum(axis=1)
    return np.asarray(likelihood + 0.5 * np.linalg.slogdet(information)[1])


def _gee_step(  # noqa: PLR0917
    y: Floats,
    columns: Floats,
    outer: Floats,
    starts: Integers,
    weights: Floats,
    coefficients: Floats,
    held: float | None,
) -> Floats:
    risk = expit(coefficients @ columns.T)
    root = np.sqrt(np.maximum(risk * (1 - risk), 1e-300))
    residual = (y - risk) / root
    sizes = np.diff(starts, append=y.size)
    if held is None:
        correlation = _exchangeable(residual, starts, weights, columns.shape[1])
    else:
        correlation = np.full(len(weights), held)
    shared = correlation[:, None] / (1 + (sizes - 1) * correlation[:, None])
    of_cluster = weights[:, starts]
    pooled = shared * of_cluster
    scaled_sums = [np.add.reduceat(root * column, starts, axis=1) for column in columns.T]
    sums = np.stack(scaled_sums, axis=2)
    information = _information(outer, weights * root**2)
    information -= np.einsum("bk,bkp,bkq->bpq", pooled, sums, sums)
    score = (weights * root * residual) @ columns
    score -= np.einsum("bk,bkp,bk->bp", pooled, sums, np.add.reduceat(residual, starts, axis=1))
    return _limit(_solve_each(information, score))


def _solve_each(information: Floats, score: Floats) -> Floats:
    """Solve for each set of weights; not a number where the information is singular."""
    try:
        return np.asarray(np.linalg.solve(information, score[..., None])[..., 0])
    except np.linalg.LinAlgError:
        if len(information) == 1:
            return np.full_like(score, np.nan)
    pairs = zip(information, score, strict=True)
    return np.concatenate([_solve_each(one[None], towards[None]) for one, towards in pairs])


def _exchangeable(residual: Floats, starts: Integers, weights: Floats, n_parameters: int) -> Floats:
    """Return the moment estimate of the correlation within patients, for each resample."""
    sizes = np.diff(starts, append=residual.shape[1])
    n_pairs = (sizes * (sizes - 1) / 2).sum()
    if n_pairs <= n_parameters:
        return np.zeros(len(weights))
    of_cluster = weights[:, starts]
    squares = weights * residual**2
    scale = squares.sum(axis=1) / (weights.sum(axis=1) - n_parameters)
    products = (of_cluster * np.add.reduceat(residual, starts, axis=1) ** 2).sum(
        axis=1
    ) - squares.sum(axis=1)
    weighted_pairs = of_cluster @ (sizes * (sizes - 1) / 2)
    correlation = products / 2 / (np.maximum(weighted_pairs - n_parameters, 1) * scale)
    # Kept where the working correlation matrix of the largest patient can be inverted.
    return np.asarray(np.clip(correlation, -0.95 / max(sizes.max() - 1, 1), 0.95))


def _outer(columns: Floats) -> Floats:
    """Return the products of all pairs of columns, for each row."""
    return np.asarray((columns[:, :, None] * columns[:, None, :]).reshape(len(columns), -1))


def _information(outer: Floats, variance: Floats) -> Floats:
    n_parameters = round(outer.shape[1] ** 0.5)
    return np.asarray(variance @ outer).reshape(-1, n_parameters, n_parameters)


def _invert(information: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.inv(information), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise _not_converged(len(information), len(information)) from error


def _limit(step: Floats) -> Floats:
    largest = np.abs(step).max(axis=1, keepdims=True)
    return np.asarray(step * np.minimum(1, LARGEST_STEP / np.maximum(largest, 1e-300)))


def _not_converged(n_failed: int, n_fits: int) -> EstimationError:
    return EstimationError(
        "A logistic model did not converge.",
        expected="convergence for every set of weights",
        found=f"{n_failed} of {n_fits} fits that did not",
        fix="Use fewer terms, or merge small levels.",
    )
