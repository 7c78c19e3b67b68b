"""Log-likelihood of a mixture in which only some ever have the event, and its maxima.

F(t) = p F0(t), logit p = cure design @ coefficients, F0 an accelerated failure time model with the
parameters of `interval_regression_likelihood`. Rows with the event separate into log p and the
interval under F0; rows without say log(1 - p F0(left)). Not concave: several starts are needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.error_distributions import (
    density_slopes,
    distribution_function,
    log_density,
    log_survival,
)
from parsoutcomes.stats.interval_regression_likelihood import (
    LogTimes,
    RowSlopes,
    information,
    row_log_likelihood,
    row_slopes,
    standardise,
)

MAX_STEPS = 200
DECREMENT_SOUGHT = 1e-16
MAX_HALVINGS = 40
SMALLEST_EIGENVALUE = 1e-9
LEAST_INFORMATION = 1e-6
LONGEST_STEP = 3.0


@dataclass(frozen=True, kw_only=True)
class CureRows:
    """Rows of the mixture.

    Attributes
    ----------
    times : LogTimes
        Intervals and the design of time.
    cure : array of shape (n_rows, n_columns)
        Design of the logit of ever having the event.
    """

    times: LogTimes
    cure: Floats

    @property
    def n_free(self) -> int:
        """Number of parameters, the slope only where it is estimated."""
        return int(self.cure.shape[1] + self.times.design.shape[1] + self.times.has_free_slope)

    def split(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Return logits of ever having the event, by row, and the parameters of time."""
        n_cure = self.cure.shape[1]
        return self.cure @ parameters[:n_cure], parameters[n_cure:]


@dataclass(frozen=True, kw_only=True)
class CureSlopes:
    """Derivatives of each row's log-likelihood to its logit and to z at its ends."""

    logit: Floats
    logit_logit: Floats
    logit_lower: Floats
    time: RowSlopes


@dataclass(frozen=True, kw_only=True)
class CureClimb:
    """Where Newton's method ended from one start."""

    parameters: Floats
    log_likelihood: float
    reached: bool


def cure_log_likelihood(rows: CureRows, parameters: Floats) -> float:
    """Return the log-likelihood, without log t of exact times; -inf where it is not defined."""
    if not parameters[-1] > 0:
        return -np.inf
    logits, time = rows.split(parameters)
    lower, _ = standardise(rows.times, time[None])
    open_right = rows.times.open_right
    core = row_log_likelihood(rows.times, time[None])[0]
    waiting = np.logaddexp(
        log_expit(-logits), log_expit(logits) + log_survival(rows.times.name, lower[0])
    )
    with np.errstate(invalid="ignore"):
        total = float(np.where(open_right, waiting, log_expit(logits) + core).sum())
    return total if np.isfinite(total) else -np.inf


def cure_slopes(rows: CureRows, parameters: Floats) -> CureSlopes:
    """Return the derivatives of each row."""
    logits, time = rows.split(parameters)
    share, other = expit(logits), expit(-logits)
    found = row_slopes(rows.times, time[None])
    lower = standardise(rows.times, time[None])[0][0]
    seen, name = np.isfinite(lower), rows.times.name
    at = np.where(seen, lower, 0.0)
    still = 1 / (other + share * np.where(seen, np.exp(log_survival(name, at)), 1.0))
    density = np.exp(log_density(name, at)) * seen * still
    reached = distribution_function(name, at) * seen * still
    first = -share * other * reached
    to_lower = -share * density
    bend = np.where(density > 0, density_slopes(name, at)[0], 0.0)
    second_lower = to_lower * bend - to_lower**2
    waits = rows.times.open_right
    return CureSlopes(
        logit=np.where(waits, first, other),
        logit_logit=np.where(waits, first * (other - share) - first**2, -share * other),
        logit_lower=np.where(waits, -share * other * density - first * to_lower, 0.0),
        time=RowSlopes(
            lower=np.where(waits, to_lower, found.lower),
            upper=found.upper,
            lower_lower=np.where(waits, second_lower, found.lower_lower),
            lower_upper=found.lower_upper,
            upper_upper=found.upper_upper,
        ),
    )


def cure_scores(rows: CureRows, parameters: Floats) -> Floats:
    """Return each row's score, of shape (n_rows, n_parameters)."""
    slopes, times = cure_slopes(rows, parameters), rows.times
    to_location = -(slopes.time.lower + slopes.time.upper)[0]
    to_slope = (slopes.time.lower * times.left + slopes.time.upper * times.right)[0]
    to_slope = to_slope + times.exact / parameters[-1]
    return np.column_stack(
        [slopes.logit[:, None] * rows.cure, to_location[:, None] * times.design, to_slope]
    )


def cure_information(rows: CureRows, parameters: Floats) -> tuple[Floats, Floats]:
    """Return gradient and negative Hessian of the log-likelihood."""
    slopes, times, n_cure = cure_slopes(rows, parameters), rows.times, rows.cure.shape[1]
    ones = np.ones((1, rows.cure.shape[0]))
    time_gradient, time_curvature = information(times, slopes.time, ones, parameters[-1:])
    cross = rows.cure * slopes.logit_lower[:, None]
    curvature = np.zeros((parameters.size, parameters.size))
    curvature[:n_cure, :n_cure] = -(rows.cure * slopes.logit_logit[:, None]).T @ rows.cure
    curvature[:n_cure, n_cure:-1] = cross.T @ times.design
    curvature[:n_cure, -1] = -(cross.T @ times.left)
    curvature[n_cure:, :n_cure] = curvature[:n_cure, n_cure:].T
    curvature[n_cure:, n_cure:] = time_curvature[0]
    return np.concatenate([slopes.logit @ rows.cure, time_gradient[0]]), curvature


def climb_cure(rows: CureRows, start: Floats, *, n_fixed: int = 0) -> CureClimb:
    """Follow Newton's steps, turned uphill where the likelihood is not concave.

    Parameters
    ----------
    rows : CureRows
        The rows.
    start : array of shape (n_parameters,)
        Cure coefficients, then the parameters of time.
    n_fixed : int
        How many of the first parameters stay where they are, for a profile.

    Returns
    -------
    CureClimb
    """
    free = slice(n_fixed, rows.n_free)
    parameters, value, reached = start.copy(), cure_log_likelihood(rows, start), False
    for _ in range(MAX_STEPS):
        gradient, curvature = cure_information(rows, parameters)
        if not (np.isfinite(gradient).all() and np.isfinite(curvature).all()):
            break
        step, smallest = _uphill(gradient[free], curvature[free, free])
        decrement = float(step @ gradient[free])
        if decrement <= DECREMENT_SOUGHT * rows.cure.shape[0]:
            reached = smallest > SMALLEST_EIGENVALUE and _informs(rows, parameters, curvature, free)
            break
        moved, there = _search(rows, parameters, step, free, value)
        if moved is None:
            reached = (
                decrement < np.sqrt(DECREMENT_SOUGHT)
                and smallest > SMALLEST_EIGENVALUE
                and _informs(rows, parameters, curvature, free)
            )
            break
        parameters, value = moved, there
    return CureClimb(parameters=parameters, log_likelihood=value, reached=bool(reached))


def _informs(rows: CureRows, parameters: Floats, curvature: Floats, free: slice) -> bool:
    """Say whether each parameter is held at all: far out, where nothing bends, also looks flat."""
    spread = np.sqrt((np.hstack([rows.cure, rows.times.design]) ** 2).mean(axis=0))
    unit = np.append(spread, 1.0) / parameters[-1]
    unit[: rows.cure.shape[1]] = spread[: rows.cure.shape[1]]
    unit[-1] = 1 / parameters[-1]
    return bool((np.diag(curvature)[free] > LEAST_INFORMATION * unit[free] ** 2).all())


def _uphill(gradient: Floats, curvature: Floats) -> tuple[Floats, float]:
    """Return Newton's step with every curvature taken as positive, and the smallest of them."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(curvature)), 1e-12))
    values, vectors = np.linalg.eigh(curvature / np.outer(scale, scale))
    sized = np.maximum(np.abs(values), 1e-6)
    step = vectors @ ((vectors.T @ (gradient / scale)) / sized) / scale
    longest = float(np.abs(step).max(initial=0.0))
    return step * min(1.0, LONGEST_STEP / max(longest, 1e-12)), float(values.min(initial=np.inf))


def _search(
    rows: CureRows, parameters: Floats, step: Floats, free: slice, value: float
) -> tuple[NDArray[np.float64] | None, float]:
    length = 1.0
    for _ in range(MAX_HALVINGS):
        goal = parameters.copy()
        goal[free] += length * step
        there = cure_log_likelihood(rows, goal)
        if there > value - 1e-14 * abs(value):
            return goal, there
        length /= 2
    return None, value
