"""Accelerated failure time models of union that is seen only at scans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parsoutcomes.errors import ArgumentError, EstimationError, require_choice
from parsoutcomes.stats.boxes import require_intervals
from parsoutcomes.stats.checks import (
    Floats,
    index_clusters,
    read_numbers,
    require_vector,
    require_weights,
)
from parsoutcomes.stats.error_distributions import (
    DISTRIBUTIONS,
    distribution_function,
    quantile_function,
)
from parsoutcomes.stats.interval_batch import require_weight_matrix
from parsoutcomes.stats.interval_regression_likelihood import (
    LogTimes,
    climb,
    information,
    read_log_times,
    row_slopes,
    scores,
    start_parameters,
)

WEIGHTINGS_TOGETHER = 100


@dataclass(frozen=True, kw_only=True)
class IntervalAft:
    """A fitted accelerated failure time model: log time = design @ coefficients + scale * error.

    Attributes
    ----------
    distribution : str
        Weibull and exponential: smallest-extreme-value error; lognormal: normal; loglogistic:
        logistic.
    coefficients : array of shape (n_columns,)
        On log time: exp of one is the factor by which times are stretched.
    log_scale : float
        0 for the exponential. The Weibull shape is exp(-log_scale).
    model_covariance : array of shape (n_parameters, n_parameters)
        Inverse observed information of the coefficients and, unless exponential, of log_scale.
    patient_covariance : array of the same shape, or None
        Sandwich over patients; None when no clusters were given.
    log_likelihood : float
        On the scale of time, so that exact times count with their density.
    max_gradient : float
        Largest absolute slope of the log-likelihood per unit weight, in units of each parameter's
        curvature.
    n_iterations : int
        Newton steps taken.
    """

    distribution: str
    coefficients: Floats
    log_scale: float
    model_covariance: Floats
    patient_covariance: Floats | None
    log_likelihood: float
    max_gradient: float
    n_iterations: int

    @property
    def covariance(self) -> Floats:
        """The sandwich over patients when there is one, otherwise the model's."""
        return self.model_covariance if self.patient_covariance is None else self.patient_covariance

    def incidence_at(self, times: ArrayLike, design_row: ArrayLike) -> Floats:
        """Return the probability of the event on or before each time, for one covariate pattern.

        Parameters
        ----------
        times : array of shape (n_times,)
            Above 0.
        design_row : array of shape (n_columns,)
            With its leading one.
        """
        location = np.asarray(design_row, dtype=np.float64) @ self.coefficients
        log_times = np.log(np.asarray(times, dtype=np.float64))
        z = (log_times - location) / np.exp(self.log_scale)
        return distribution_function(self.distribution, z)

    def quantiles(self, shares: ArrayLike, design_row: ArrayLike) -> tuple[Floats, Floats]:
        """Return the times by which these shares have the event, with standard errors.

        Parameters
        ----------
        shares : array of shape (n_shares,)
            Strictly between 0 and 1.
        design_row : array of shape (n_columns,)
            With its leading one.

        Returns
        -------
        tuple of two arrays of shape (n_shares,)
            Times and their standard errors (delta method, from `covariance`).
        """
        row = np.asarray(design_row, dtype=np.float64)
        z = quantile_function(self.distribution, np.asarray(shares, dtype=np.float64))
        scale = np.exp(self.log_scale)
        times = np.exp(row @ self.coefficients + scale * z)
        n_columns = self.coefficients.size
        slopes = np.tile(row, (z.size, 1))
        if self.covariance.shape[0] > n_columns:
            slopes = np.column_stack([slopes, scale * z])
        variance = np.einsum("qi,ij,qj->q", slopes, self.covariance, slopes)
        return np.asarray(times), np.asarray(times * np.sqrt(variance))


@dataclass(frozen=True, kw_only=True)
class IntervalAftBatch:
    """One accelerated failure time model for each set of weights.

    Attributes
    ----------
    coefficients : array of shape (n_resamples, n_columns)
        Not a number where there is no maximum.
    log_scale, log_likelihood : array of shape (n_resamples,)
        As in `IntervalAft`.
    reached : array of shape (n_resamples,)
        False where a resample has no maximum, as when it leaves a level without events.
    """

    coefficients: Floats
    log_scale: Floats
    log_likelihood: Floats
    reached: np.ndarray[tuple[int], np.dtype[np.bool_]]


def fit_interval_aft(
    left: ArrayLike,
    right: ArrayLike,
    design: ArrayLike,
    *,
    distribution: str = "weibull",
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> IntervalAft:
    """Estimate by what factor covariates stretch or shorten the time to union.

    Not when some pars never unite: every model here says that all do in the end, and a covariate
    that changes *whether* would show as one that changes *when* (`fit_mixture_cure`). Not with
    surgery, unless it can be taken as unrelated to union.

    Parameters
    ----------
    left, right : array of shape (n_rows,)
        The event lies in (left, right]; left == right is exact, right = inf not yet, left = 0 no
        reading before.
    design : array of shape (n_rows, n_columns)
        Covariates with the column of ones.
    distribution : {"weibull", "exponential", "lognormal", "loglogistic"}
        Of time.
    clusters : array of shape (n_rows,), optional
        The patient of each row; gives the sandwich.
    weights : array of shape (n_rows,), optional
        Non-negative; a weight of k equals k copies of the row.

    Returns
    -------
    IntervalAft

    Raises
    ------
    ArgumentError
        When an interval is impossible, an exact time is 0, or the design does not fit.
    EstimationError
        When there are no rows, nobody has the event, nobody is seen without it, columns of the
        design are aliased, or no maximum exists.

    Notes
    -----
    Newton's method on 1 / scale and coefficients / scale, in which the log-likelihood is concave.
    Covariances are for coefficients and log scale; the sandwich sums scores by patient and has no
    small-sample factor. Agrees with R's `survreg` (coefficients, likelihood, model covariance) and
    with lifelines' Weibull model. R's robust variance (survival 3.5-3) is not ours: for rows with
    two finite ends it takes the score of log scale with the wrong sign; with that sign turned ours
    is R's to eight digits.

    Examples
    --------
    >>> fit = fit_interval_aft([0, 3, 3, 6], [3, 6, 6, float("inf")], [[1], [1], [1], [1]])
    >>> float(fit.coefficients[0].round(4)), round(fit.log_scale, 4)
    (1.6478, -0.8192)
    """
    rows, row_weights = _read(left, right, design, distribution, weights)
    top = climb(rows, row_weights[None], start_parameters(rows))
    if not top.reached[0]:
        raise _no_maximum()
    parameters = top.parameters[0]
    slopes = row_slopes(rows, parameters[None])
    gradient, curvature = information(rows, slopes, row_weights[None], parameters[None, -1])
    used = parameters.size - (not rows.has_free_slope)
    bread = np.linalg.inv(curvature[0, :used, :used])
    back = _jacobian(parameters)[:used, :used]
    relative = np.abs(gradient[0, :used]) / np.sqrt(np.diag(curvature[0])[:used])
    log_jacobian = float((row_weights * rows.right)[rows.exact].sum())
    return IntervalAft(
        distribution=distribution,
        coefficients=parameters[:-1] / parameters[-1],
        log_scale=-float(np.log(parameters[-1])) + 0.0,
        model_covariance=back @ bread @ back.T,
        patient_covariance=_sandwich(rows, parameters, row_weights, clusters, back @ bread),
        log_likelihood=float(top.log_likelihood[0]) - log_jacobian,
        max_gradient=float(relative.max()),
        n_iterations=top.n_steps,
    )


def fit_interval_aft_batch(
    left: ArrayLike,
    right: ArrayLike,
    design: ArrayLike,
    weights: ArrayLike,
    *,
    distribution: str = "weibull",
) -> IntervalAftBatch:
    """Fit the same model once for each set of weights, as the patient bootstrap needs.

    Parameters
    ----------
    left, right, design : array
        As in `fit_interval_aft`.
    weights : array of shape (n_resamples, n_rows)
        From `stats.resampling`.
    distribution : str
        As in `fit_interval_aft`.

    Returns
    -------
    IntervalAftBatch

    Raises
    ------
    ArgumentError, EstimationError
        As in `fit_interval_aft`, for all rows together; a single resample without a maximum is
        marked instead.

    Examples
    --------
    >>> left, right, ones = [0, 3, 3, 6], [3, 6, 6, float("inf")], [[1]] * 4
    >>> batch = fit_interval_aft_batch(left, right, ones, [[1, 1, 1, 1], [1, 2, 0, 1]])
    >>> batch.coefficients.round(4).ravel().tolist(), batch.reached.tolist()
    ([1.6478, 1.6478], [True, True])
    """
    rows, ones = _read(left, right, design, distribution, None)
    matrix = require_weight_matrix(weights, ones.size)
    pooled = climb(rows, ones[None], start_parameters(rows))
    if not pooled.reached[0]:
        raise _no_maximum()
    parts = [
        climb(rows, matrix[k : k + WEIGHTINGS_TOGETHER].astype(np.float64), pooled.parameters[0])
        for k in range(0, matrix.shape[0], WEIGHTINGS_TOGETHER)
    ]
    parameters = np.concatenate([part.parameters for part in parts])
    reached = np.concatenate([part.reached for part in parts])
    parameters[~reached] = np.nan
    exact_logs = (matrix * rows.right)[:, rows.exact].sum(axis=1)
    return IntervalAftBatch(
        coefficients=parameters[:, :-1] / parameters[:, -1:],
        log_scale=-np.log(parameters[:, -1]) + 0.0,
        log_likelihood=np.concatenate([part.log_likelihood for part in parts]) - exact_logs,
        reached=reached,
    )


def require_design(design: ArrayLike, n_rows: int) -> Floats:
    """Return a finite matrix of full column rank."""
    columns = read_numbers("design", design)
    if columns.ndim != 2 or columns.shape[0] != n_rows or not np.isfinite(columns).all():
        raise ArgumentError(
            "The design cannot be used.",
            expected=f"a matrix of {n_rows} rows without missing values",
            found=f"an array of shape {columns.shape}",
            fix="Give one row per defect, with a column of ones.",
        )
    size = np.sqrt((columns**2).sum(axis=0))
    rank = int(np.linalg.matrix_rank(columns / np.where(size > 0, size, 1.0)))
    if rank < columns.shape[1]:
        raise EstimationError(
            "Some covariates say the same as others.",
            expected=f"{columns.shape[1]} columns of the design that differ",
            found=f"{rank} that do",
            fix="Leave out the terms that follow from the others.",
        )
    return columns


def require_both_kinds(left: Floats, right: Floats) -> None:
    """Refuse rows in which nobody has the event, or nobody is ever seen without it."""
    n_events, n_waited = int(np.isfinite(right).sum()), int((left > 0).sum())
    if n_events == 0 or n_waited == 0:
        raise EstimationError(
            "A distribution of times cannot be fitted.",
            expected="some rows with the event, and some seen without it at first",
            found=f"{n_events} with the event, {n_waited} seen without it, of {left.size}",
            fix="Report the count and its interval instead.",
        )


def _read(
    left: ArrayLike,
    right: ArrayLike,
    design: ArrayLike,
    distribution: str,
    weights: ArrayLike | None,
) -> tuple[LogTimes, Floats]:
    require_choice("distribution", distribution, DISTRIBUTIONS)
    lower, upper = require_intervals(left, right)
    columns = require_design(design, lower.size)
    row_weights = require_weights(weights, lower.size)
    require_positive_exact(lower, upper)
    require_both_kinds(lower[row_weights > 0], upper[row_weights > 0])
    return read_log_times(lower, upper, columns, distribution), row_weights


def require_positive_exact(left: Floats, right: Floats) -> None:
    """Refuse events on the day of fitting, which have no logarithm."""
    n_zero = int((require_vector("right", right) <= 0).sum())
    if n_zero:
        raise ArgumentError(
            "An event at time zero has no logarithm.",
            expected="right above 0",
            found=f"{n_zero} of {left.size} rows with right = 0",
            fix="Leave out those united on the day of fitting, and count them.",
        )


def _jacobian(parameters: Floats) -> Floats:
    """Return the derivative of (coefficients, log scale) to (g, a)."""
    slope = parameters[-1]
    jacobian = np.eye(parameters.size) / slope
    jacobian[:-1, -1] = -parameters[:-1] / slope**2
    jacobian[-1, -1] = -1 / slope
    return np.asarray(jacobian)


def _sandwich(
    rows: LogTimes,
    parameters: Floats,
    weights: Floats,
    clusters: ArrayLike | None,
    bread: Floats,
) -> Floats | None:
    if clusters is None:
        return None
    index, n_patients = index_clusters(clusters, weights.size)
    of_patients = np.zeros((n_patients, bread.shape[1]))
    of_rows = weights[:, None] * scores(rows, parameters)
    np.add.at(of_patients, index, of_rows[:, : bread.shape[1]])
    moved = of_patients @ bread.T
    return np.asarray(moved.T @ moved)


def _no_maximum() -> EstimationError:
    return EstimationError(
        "The likelihood of times to union has no maximum.",
        expected="every level of a covariate with events, and with rows seen without the event",
        found="a likelihood that rises without end",
        fix="Leave out or join levels in which all or none united, or all on the same day.",
    )
