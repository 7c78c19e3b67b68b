"""Log-likelihood of accelerated failure times on intervals, and its maximum, for many weightings.

With slope a = 1 / scale and g = a * coefficients, z = a log t - x'g is linear in (g, a), and the
log-likelihood is concave in them whatever mix of intervals, exact and censored times there is.
Newton's method from any start therefore finds the one maximum, if there is one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.error_distributions import (
    density_slopes,
    interval_slopes,
    log_density,
    log_interval,
)

MAX_STEPS = 35
DECREMENT_SOUGHT = 1e-18
MAX_HALVINGS = 30
SMALLEST_SPREAD = 0.05
SMALLEST_EIGENVALUE = 1e-9


@dataclass(frozen=True, kw_only=True)
class LogTimes:
    """Rows on the log scale.

    Attributes
    ----------
    name : str
        Distribution.
    left, right : array of shape (n_rows,)
        Logs of the ends; 0 where an end is open or the time exact (left).
    open_left, open_right, exact : array of shape (n_rows,)
        Which ends are open, and which times exact.
    design : array of shape (n_rows, n_columns)
        Covariates, with the column of ones.
    """

    name: str
    left: Floats
    right: Floats
    open_left: NDArray[np.bool_]
    open_right: NDArray[np.bool_]
    exact: NDArray[np.bool_]
    design: Floats

    @property
    def has_free_slope(self) -> bool:
        """Whether the scale is estimated."""
        return self.name != "exponential"


@dataclass(frozen=True, kw_only=True)
class RowSlopes:
    """Derivatives of each row's log-likelihood to z at its two ends, one row per weighting."""

    lower: Floats
    upper: Floats
    lower_lower: Floats
    lower_upper: Floats
    upper_upper: Floats


@dataclass(frozen=True, kw_only=True)
class Climb:
    """Where Newton's method ended, for each weighting.

    Attributes
    ----------
    parameters : array of shape (n_weightings, n_columns + 1)
        g and a.
    log_likelihood : array of shape (n_weightings,)
        Without the Jacobian of exact times.
    reached : array of shape (n_weightings,)
        Whether there is a maximum and it was reached.
    n_steps : int
        Most steps taken.
    """

    parameters: Floats
    log_likelihood: Floats
    reached: NDArray[np.bool_]
    n_steps: int


def read_log_times(left: Floats, right: Floats, design: Floats, name: str) -> LogTimes:
    """Take logs, marking open ends and exact times."""
    exact = left == right
    open_left, open_right = left <= 0, np.isinf(right)
    return LogTimes(
        name=name,
        left=np.log(np.where(open_left | exact, 1.0, left)),
        right=np.log(np.where(open_right, 1.0, right)),
        open_left=open_left,
        open_right=open_right,
        exact=exact,
        design=design,
    )


def standardise(rows: LogTimes, parameters: Floats) -> tuple[Floats, Floats]:
    """Return z at the lower and upper end of each row; -inf and inf at open ends."""
    location = parameters[:, :-1] @ rows.design.T
    slope = parameters[:, -1:]
    lower = np.where(rows.open_left, -np.inf, slope * rows.left - location)
    upper = np.where(rows.open_right, np.inf, slope * rows.right - location)
    return lower, upper


def row_log_likelihood(rows: LogTimes, parameters: Floats) -> Floats:
    """Return each row's log-likelihood for each set of parameters, without log t of exact times."""
    lower, upper = standardise(rows, parameters)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        values = log_interval(rows.name, np.where(rows.exact, -np.inf, lower), upper)
        if rows.exact.any():
            density = log_density(rows.name, upper[:, rows.exact])
            values[:, rows.exact] = density + np.log(parameters[:, -1:])
    return values


def row_slopes(rows: LogTimes, parameters: Floats) -> RowSlopes:
    """Return each row's derivatives to z at its ends; an exact time has an upper end only."""
    lower, upper = standardise(rows, parameters)
    lower = np.where(rows.exact, -np.inf, lower)
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        found = interval_slopes(rows.name, lower, upper, log_interval(rows.name, lower, upper))
        first, second = found.upper, found.upper_upper
        if rows.exact.any():
            first, second = first.copy(), second.copy()
            first[:, rows.exact], second[:, rows.exact] = density_slopes(
                rows.name, upper[:, rows.exact]
            )
    return RowSlopes(
        lower=found.lower,
        upper=first,
        lower_lower=found.lower_lower,
        lower_upper=found.lower_upper,
        upper_upper=second,
    )


def scores(rows: LogTimes, parameters: Floats) -> Floats:
    """Return each row's score, of shape (n_rows, n_columns + 1), for one set of parameters."""
    slopes = row_slopes(rows, parameters[None])
    to_location = -(slopes.lower + slopes.upper)[0]
    to_slope = (slopes.lower * rows.left + slopes.upper * rows.right)[0]
    to_slope = to_slope + rows.exact / parameters[-1]
    return np.column_stack([to_location[:, None] * rows.design, to_slope])


def information(
    rows: LogTimes, slopes: RowSlopes, weights: Floats, slope: Floats
) -> tuple[Floats, Floats]:
    """Return gradient and negative Hessian of the log-likelihood for each weighting."""
    n_columns = rows.design.shape[1]
    pairs = (rows.design[:, :, None] * rows.design[:, None, :]).reshape(rows.design.shape[0], -1)
    n_exact = weights @ rows.exact
    gradient = np.empty((weights.shape[0], n_columns + 1))
    gradient[:, :-1] = -(weights * (slopes.lower + slopes.upper)) @ rows.design
    gradient[:, -1] = (weights * slopes.lower) @ rows.left + (weights * slopes.upper) @ rows.right
    gradient[:, -1] += n_exact / slope
    to_left = weights * (slopes.lower_lower + slopes.lower_upper)
    to_right = weights * (slopes.lower_upper + slopes.upper_upper)
    hessian = np.empty((weights.shape[0], n_columns + 1, n_columns + 1))
    hessian[:, :-1, :-1] = ((to_left + to_right) @ pairs).reshape(-1, n_columns, n_columns)
    cross = -(to_left * rows.left + to_right * rows.right) @ rows.design
    hessian[:, :-1, -1] = hessian[:, -1, :-1] = cross
    hessian[:, -1, -1] = (
        (weights * slopes.lower_lower) @ rows.left**2
        + 2 * (weights * slopes.lower_upper) @ (rows.left * rows.right)
        + (weights * slopes.upper_upper) @ rows.right**2
        - n_exact / slope**2
    )
    return gradient, -hessian


def start_parameters(rows: LogTimes) -> Floats:
    """Return a start from least squares on mid-points of the log intervals."""
    middle = np.where(rows.open_left & ~rows.exact, rows.right - np.log(2.0), rows.left)
    middle = np.where(rows.exact, rows.right, middle)
    between = ~rows.open_left & ~rows.open_right & ~rows.exact
    middle = np.where(between, (rows.left + rows.right) / 2, middle)
    coefficients = np.linalg.lstsq(rows.design, middle, rcond=None)[0]
    spread = max(float(np.std(middle - rows.design @ coefficients)), SMALLEST_SPREAD)
    slope = 1 / spread if rows.has_free_slope else 1.0
    return np.append(slope * coefficients, slope)


def climb(rows: LogTimes, weights: Floats, start: Floats) -> Climb:
    """Follow Newton's steps, halved while the likelihood falls, for each weighting.

    Where a covariate's level has no event, or only events before its first scan, the likelihood
    rises for ever by ever smaller amounts: such a weighting is not marked as reached.
    """
    parameters = np.tile(start, (weights.shape[0], 1))
    likelihood = _total(rows, weights, parameters)
    reached = np.zeros(weights.shape[0], dtype=bool)
    going = np.arange(weights.shape[0])
    n_steps = 0
    for n_steps in range(1, MAX_STEPS + 1):  # noqa: B007  the number of steps is reported
        current, now = parameters[going], weights[going]
        gradient, curvature = information(rows, row_slopes(rows, current), now, current[:, -1])
        step = _solve(curvature, gradient, rows.has_free_slope)
        decrement = np.abs((step * gradient).sum(axis=1))
        moved, value = _search(rows, now, current, step, likelihood[going])
        parameters[going], likelihood[going] = moved, value
        still = decrement <= DECREMENT_SOUGHT * np.maximum(now.sum(axis=1), 1.0)
        reached[going[still]] = _is_curved(curvature[still], rows.has_free_slope)
        going = going[~still & np.isfinite(step).all(axis=1)]
        if going.size == 0:
            break
    return Climb(parameters=parameters, log_likelihood=likelihood, reached=reached, n_steps=n_steps)


def _total(rows: LogTimes, weights: Floats, parameters: Floats) -> Floats:
    values = row_log_likelihood(rows, parameters)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(weights > 0, weights * values, 0.0).sum(axis=1))


def _solve(curvature: Floats, gradient: Floats, has_free_slope: bool) -> Floats:
    """Solve for Newton's step after scaling each parameter to unit curvature."""
    used = gradient.shape[1] - (not has_free_slope)
    matrix, target = curvature[:, :used, :used], gradient[:, :used]
    step = np.full_like(gradient, np.nan)
    step[:, used:] = 0.0
    scale = np.sqrt(np.maximum(np.einsum("bii->bi", matrix), 0.0))
    sound = np.isfinite(matrix).all(axis=(1, 2)) & (scale > 0).all(axis=1)
    if sound.any():
        size = scale[sound]
        scaled = matrix[sound] / (size[:, :, None] * size[:, None, :])
        scaled += 1e-15 * np.eye(used)
        solved = np.linalg.solve(scaled, (target[sound] / size)[:, :, None])[:, :, 0]
        step[sound, :used] = solved / size
    return step


def _is_curved(curvature: Floats, has_free_slope: bool) -> NDArray[np.bool_]:
    """Say where the likelihood falls in every direction, so that the maximum is one point."""
    used = curvature.shape[1] - (not has_free_slope)
    matrix = curvature[:, :used, :used]
    scale = np.sqrt(np.maximum(np.einsum("bii->bi", matrix), np.finfo(np.float64).tiny))
    lowest = np.linalg.eigvalsh(matrix / (scale[:, :, None] * scale[:, None, :])).min(axis=1)
    return np.asarray(lowest > SMALLEST_EIGENVALUE)


def _search(
    rows: LogTimes, weights: Floats, current: Floats, step: Floats, likelihood: Floats
) -> tuple[Floats, Floats]:
    length = np.ones(current.shape[0])
    best, value = current.copy(), likelihood.copy()
    trying = np.flatnonzero(np.isfinite(step).all(axis=1))
    for _ in range(MAX_HALVINGS):
        goal = current[trying] + length[trying, None] * step[trying]
        there = np.full(trying.size, -np.inf)
        legal = goal[:, -1] > 0
        if legal.any():
            there[legal] = _total(rows, weights[trying[legal]], goal[legal])
        floor = likelihood[trying] - 1e-13 * np.abs(likelihood[trying])
        good = there >= floor
        best[trying[good]], value[trying[good]] = goal[good], there[good]
        length[trying[~good]] /= 2
        trying = trying[~good]
        if trying.size == 0:
            break
    return best, value
