"""Logistic regression with a random intercept for each patient, or for each study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.random_intercept_likelihood import (
    ClusterCounts,
    Evaluation,
    collect_counts,
    evaluate_likelihood,
)

MIN_NODES = 5
STARTING_SIGMAS = (0.5, 2.0)
MAX_ITERATIONS = 100
GAIN_SOUGHT = 1e-15
GAIN_ACCEPTED = 1e-8
MAX_HALVINGS = 20
ROUNDING = 1e-14
LARGEST_STEP = 2.0
LARGEST_LOG_ODDS = 15.0
LARGEST_SIGMA = 30.0
SMALLEST_SIGMA = 1e-4
LOGISTIC_VARIANCE = np.pi**2 / 3


@dataclass(frozen=True, kw_only=True)
class RandomIntercept:
    """Estimates of a random-intercept logistic model by maximum likelihood.

    Attributes
    ----------
    coefficients : array of shape (n_parameters,)
        Log odds for a cluster of given intercept (conditional).
    covariance : array of shape (n_parameters, n_parameters)
        Of the coefficients, sigma being estimated too; with sigma at 0, sigma taken as known.
    sigma : float
        Standard deviation of the intercepts between clusters, on the scale of log odds.
    log_likelihood : float
        With binomial coefficients.
    joint_covariance : array of shape (n_parameters + 1, n_parameters + 1)
        Of coefficients and sigma; the row and column of sigma not a number with sigma at 0.
    n_clusters, n_informative : int
        Clusters; those of at least two trials.
    n_nodes : int
        Of the quadrature.
    """

    coefficients: Floats
    covariance: Floats
    sigma: float
    log_likelihood: float
    joint_covariance: Floats
    n_clusters: int
    n_informative: int
    n_nodes: int

    @property
    def standard_errors(self) -> Floats:
        """Of the coefficients."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def sigma_standard_error(self) -> float:
        """Of sigma; not a number with sigma at 0."""
        return float(np.sqrt(self.joint_covariance[-1, -1]))

    @property
    def icc(self) -> float:
        """Share of the latent variance that lies between clusters."""
        return latent_icc(self.sigma)


def latent_icc(sigma: float) -> float:
    """Return the intraclass correlation on the latent scale: sigma^2 / (sigma^2 + pi^2 / 3).

    Examples
    --------
    >>> round(latent_icc(1.0), 3)
    0.233
    """
    return float(1 / (1 + LOGISTIC_VARIANCE / sigma**2)) if sigma else 0.0


def fit_random_intercept_logit(
    n_events: ArrayLike,
    n: ArrayLike,
    design: ArrayLike,
    clusters: ArrayLike,
    *,
    n_nodes: int = 15,
) -> RandomIntercept:
    """Fit a logistic model in which each cluster has its own, normally distributed, intercept.

    What a predictor means for one patient (or one study), rather than for the average. Not for
    population averages, nor where few clusters have two trials.

    Parameters
    ----------
    n_events, n : array of shape (n_rows,)
        Events and trials of each row; n = 1 for a single defect.
    design : array of shape (n_rows, n_parameters)
        With its column of ones; of full rank.
    clusters : array of shape (n_rows,)
        The patient, or the study, of each row.
    n_nodes : int
        Of the quadrature, at least 5; 25 for the pooling of studies.

    Returns
    -------
    RandomIntercept

    Raises
    ------
    ArgumentError
        Counts that do not fit their totals; fewer than 5 nodes.
    EstimationError
        Aliased columns; fewer than two clusters, or none with two trials; estimates that run off
        to infinity, as when all have the event or a column separates.

    Notes
    -----
    Maximum likelihood (binomial coefficients included) by adaptive Gauss-Hermite quadrature; one
    node (Laplace) is refused, being wrong for clusters of two. Newton steps on coefficients and
    sigma together, from two starting values of sigma; sigma = 0 is allowed, and then the fit is
    the ordinary logistic one. Covariance from the inverse information. Agrees with an exact
    integral in R (cbpp) and, at 25 nodes, with metafor's rma.glmm.

    References
    ----------
    Stijnen T, Hamza TH, Ozdemir P. Stat Med 2010;29:3046-3067. doi:10.1002/sim.4040

    Examples
    --------
    Six studies, each a cluster:

    >>> fit = fit_random_intercept_logit([10, 0, 20, 15, 33, 5], [12, 8, 20, 30, 40, 9],
    ...                                  np.ones((6, 1)), range(6), n_nodes=25)
    >>> fit.coefficients.round(3).tolist(), round(fit.sigma**2, 3)
    ([0.793], 4.914)
    """
    if n_nodes < MIN_NODES:
        raise ArgumentError(
            "The quadrature has too few nodes.",
            expected=f"n_nodes of at least {MIN_NODES}",
            found=f"{n_nodes}",
            fix="Leave n_nodes out.",
        )
    counts = collect_counts(n_events, n, design, clusters)
    _require_clusters(counts)
    coefficients, sigma, reached = maximise_likelihood(counts, n_nodes)
    joint = _joint_covariance(reached.information, sigma)
    return RandomIntercept(
        coefficients=coefficients,
        covariance=joint[:-1, :-1],
        sigma=sigma,
        log_likelihood=reached.total,
        joint_covariance=joint,
        n_clusters=len(counts.starts),
        n_informative=counts.n_informative,
        n_nodes=n_nodes,
    )


def maximise_likelihood(counts: ClusterCounts, n_nodes: int) -> tuple[Floats, float, Evaluation]:
    """Return coefficients, sigma and the likelihood there: the best of sigma at 0 and beyond."""
    n_parameters = counts.columns.shape[1]
    held = np.array([False] * n_parameters + [True])
    ordinary, _ = climb(counts, np.zeros(n_parameters + 1), held, n_nodes)
    at_zero = evaluate_likelihood(counts, ordinary[:-1], 0.0, n_nodes)
    best, reached = ordinary, at_zero
    for start in STARTING_SIGMAS:
        point, found = climb(
            counts, np.append(ordinary[:-1], start), np.zeros(n_parameters + 1, bool), n_nodes
        )
        if abs(point[-1]) > SMALLEST_SIGMA and found.total > reached.total:
            best, reached = np.append(point[:-1], abs(point[-1])), found
    return best[:-1], float(best[-1]), reached


def climb(
    counts: ClusterCounts,
    start: Floats,
    held: NDArray[np.bool_],
    n_nodes: int,
    *,
    gain_sought: float = GAIN_SOUGHT,
) -> tuple[Floats, Evaluation]:
    """Maximise the likelihood over the parameters that are not held, by damped Newton steps.

    The likelihood is the same at sigma and -sigma, so sigma may cross 0 on its way.
    """
    point, free = start.copy(), np.flatnonzero(~held)
    here = evaluate_likelihood(counts, point[:-1], point[-1], n_nodes)
    gain, before = 0.0, np.inf
    for _ in range(MAX_ITERATIONS if free.size else 0):
        step = np.zeros(len(point))
        step[free] = _ascend(here.information[np.ix_(free, free)], here.gradient[free])
        gain = float(here.gradient @ step)
        if gain < gain_sought or before / 4 < gain < GAIN_ACCEPTED:
            return point, here
        step, there = _shorten(counts, point, step, here, n_nodes)
        if there is None:
            break
        point, here, before = point + step, there, gain
        _refuse_running_off(counts, point)
    if gain > GAIN_ACCEPTED:
        raise _not_converged()
    return point, here


def _shorten(
    counts: ClusterCounts, point: Floats, step: Floats, here: Evaluation, n_nodes: int
) -> tuple[Floats, Evaluation | None]:
    """Halve a step until the likelihood no longer falls along it."""
    for _ in range(MAX_HALVINGS):
        reached = point + step
        there = evaluate_likelihood(counts, reached[:-1], reached[-1], n_nodes)
        if there.total >= here.total - ROUNDING * (1 + abs(here.total)):
            return step, there
        step = step / 2
    return step, None


def _ascend(information: Floats, gradient: Floats) -> Floats:
    """Return Newton's step, with directions of upward curvature turned about."""
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-12))
    values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
    curvature = np.maximum(np.abs(values), 1e-6)
    step = scale * (vectors @ ((vectors.T @ (scale * gradient)) / curvature))
    return np.asarray(step * min(1.0, LARGEST_STEP / max(np.abs(step).max(), 1e-300)))


def _joint_covariance(information: Floats, sigma: float) -> Floats:
    n = len(information)
    joint = np.full((n, n), np.nan)
    if sigma:
        return np.asarray(np.linalg.inv(information))
    joint[:-1, :-1] = np.linalg.inv(information[:-1, :-1])
    return joint


def _require_clusters(counts: ClusterCounts) -> None:
    if len(counts.starts) < 2 or counts.n_informative < 1:
        raise EstimationError(
            "Intercepts of clusters cannot be told from chance.",
            expected="at least two clusters, and one of them with two trials or more",
            found=f"{len(counts.starts)} clusters, {counts.n_informative} with two trials or more",
            fix="Use a model without random intercepts.",
        )


def _refuse_running_off(counts: ClusterCounts, point: Floats) -> None:
    if (
        np.abs(counts.columns @ point[:-1]).max() > LARGEST_LOG_ODDS
        or abs(point[-1]) > LARGEST_SIGMA
    ):
        raise EstimationError(
            "The estimates of a random-intercept model run off to infinity.",
            expected="events and non-events at each level, and clusters that are not all alike",
            found=f"{int(counts.n_events.sum())} events in {int(counts.n.sum())} trials of "
            f"{len(counts.starts)} clusters, told apart by the design or within clusters",
            fix='Use Firth\'s penalised model (method="firth"), or report counts.',
        )


def _not_converged() -> EstimationError:
    return EstimationError(
        "A random-intercept model did not converge.",
        expected="a highest point of the likelihood",
        found="steps that did not settle",
        fix='Use fewer terms, or method="firth".',
    )
