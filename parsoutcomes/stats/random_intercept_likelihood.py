"""The likelihood of a logistic model with one random intercept per cluster, by quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import ArrayLike
from scipy.special import expit, gammaln, logsumexp

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.checks import Floats, Integers, index_clusters, require_vector

MODE_ITERATIONS = 200
MODE_TOLERANCE = 1e-12


@dataclass(frozen=True, kw_only=True)
class ClusterCounts:
    """Counts and design, the rows of a cluster together.

    Attributes
    ----------
    n_events, n : array of shape (n_rows,)
        Events and trials.
    columns : array of shape (n_rows, n_parameters)
        The design, with its column of ones.
    index : array of shape (n_rows,)
        The cluster of each row: 0, 1, ... and never falling.
    starts : array of shape (n_clusters,)
        First row of each cluster.
    log_ways : array of shape (n_clusters,)
        Log binomial coefficients.
    """

    n_events: Floats
    n: Floats
    columns: Floats
    index: Integers
    starts: Integers
    log_ways: Floats

    @property
    def n_informative(self) -> int:
        """How many clusters have at least two trials, and so say something on the intercepts."""
        return int((self.add(self.n) >= 2).sum())

    def add(self, rows: Floats) -> Floats:
        """Sum rows within clusters."""
        return np.asarray(np.add.reduceat(rows, self.starts, axis=0))


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The log-likelihood at one point and its slopes.

    Attributes
    ----------
    log_likelihood : array of shape (n_clusters,)
        With binomial coefficients.
    score : array of shape (n_clusters, n_parameters + 1)
        Derivatives by the coefficients, then by sigma.
    information : array of shape (n_parameters + 1, n_parameters + 1)
        Minus the second derivatives, summed over clusters.
    """

    log_likelihood: Floats
    score: Floats
    information: Floats

    @property
    def total(self) -> float:
        """Log-likelihood of all clusters."""
        return float(self.log_likelihood.sum())

    @property
    def gradient(self) -> Floats:
        """Slope of the log-likelihood of all clusters."""
        return np.asarray(self.score.sum(axis=0))


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Where each cluster's intercept is looked at, and what is found there.

    Attributes
    ----------
    modes, spread : array of shape (n_clusters,)
        Centre and scale of the nodes.
    standard : array of shape (n_nodes,)
        The nodes before they are moved.
    intercepts, share : array of shape (n_clusters, n_nodes)
        Standardised intercepts, and the posterior probability of each.
    residual, variance : array of shape (n_rows, n_nodes)
        Events less expected, and binomial variance.
    """

    sigma: float
    modes: Floats
    spread: Floats
    standard: Floats
    intercepts: Floats
    share: Floats
    residual: Floats
    variance: Floats


def collect_counts(
    n_events: ArrayLike, n: ArrayLike, design: ArrayLike, clusters: ArrayLike
) -> ClusterCounts:
    """Check counts and design, and put the rows of a cluster together."""
    events = require_vector("n_events", n_events)
    totals = require_vector("n", n, events.size)
    columns = np.asarray(design, dtype=np.float64)
    _require_counts(events, totals)
    _require_design(columns, events.size)
    index, _ = index_clusters(clusters, events.size)
    order = np.argsort(index, kind="stable")
    index, events, totals = index[order], events[order], totals[order]
    starts = np.flatnonzero(np.diff(index, prepend=-1))
    ways = gammaln(totals + 1) - gammaln(events + 1) - gammaln(totals - events + 1)
    return ClusterCounts(
        n_events=events,
        n=totals,
        columns=columns[order],
        index=index,
        starts=starts,
        log_ways=np.add.reduceat(ways, starts),
    )


def evaluate_likelihood(
    counts: ClusterCounts, coefficients: Floats, sigma: float, n_nodes: int
) -> Evaluation:
    """Integrate over each cluster's intercept by adaptive Gauss-Hermite quadrature.

    Notes
    -----
    Nodes sit about the mode of each cluster's integrand, spread by its curvature there. The score
    is that of the quadrature itself, whose nodes move with the parameters, so that it is exact for
    any number of nodes. The information is that of the integral (Louis 1982: mean curvature less
    the variance of the score over the intercept), taken at the nodes.
    """
    odds = counts.columns @ coefficients
    nodes, log_likelihood = _place_nodes(counts, odds, sigma, n_nodes)
    scores = _scores_at_nodes(counts, nodes)
    weighted = nodes.share[:, :, None] * scores
    mean_score = weighted.sum(axis=1)
    n_slopes = scores.shape[2]
    between = weighted.reshape(-1, n_slopes).T @ scores.reshape(-1, n_slopes)
    return Evaluation(
        log_likelihood=counts.log_ways + log_likelihood,
        score=mean_score + _score_of_moving_nodes(counts, odds, nodes),
        information=_mean_curvature(counts, nodes) - between + mean_score.T @ mean_score,
    )


@cache
def standard_nodes(n_nodes: int) -> tuple[Floats, Floats]:
    """Return Gauss-Hermite nodes and log weights for averages over a standard normal."""
    nodes, weights = hermegauss(n_nodes)
    return nodes, np.log(weights) - 0.5 * np.log(2 * np.pi)


def _place_nodes(
    counts: ClusterCounts, odds: Floats, sigma: float, n_nodes: int
) -> tuple[_Nodes, Floats]:
    modes = _find_modes(counts, odds, sigma)
    variance = _variance(counts, odds + sigma * modes[counts.index])
    spread = 1 / np.sqrt(1 + sigma**2 * counts.add(variance))
    standard, log_weights = standard_nodes(n_nodes)
    intercepts = modes[:, None] + spread[:, None] * standard
    at_nodes = odds[:, None] + sigma * intercepts[counts.index]
    events, totals = counts.n_events[:, None], counts.n[:, None]
    joint = counts.add(events * at_nodes - totals * np.logaddexp(0, at_nodes))
    parts = log_weights + standard**2 / 2 + joint - intercepts**2 / 2
    integral = np.asarray(logsumexp(parts, axis=1))
    risk = expit(at_nodes)
    nodes = _Nodes(
        sigma=sigma,
        modes=modes,
        spread=spread,
        standard=standard,
        intercepts=intercepts,
        share=np.exp(parts - integral[:, None]),
        residual=events - totals * risk,
        variance=totals * risk * (1 - risk),
    )
    return nodes, np.log(spread) + integral


def _find_modes(counts: ClusterCounts, odds: Floats, sigma: float) -> Floats:
    """Find each cluster's most likely intercept: Newton, halving its bracket where it would leave.

    The slope falls everywhere and is -u at no trials, so the root lies between minus and plus
    sigma times the trials.
    """
    low = -sigma * counts.add(counts.n - counts.n_events)
    high = sigma * counts.add(counts.n_events)
    modes = np.zeros(len(low))
    for _ in range(MODE_ITERATIONS):
        at_modes = odds + sigma * modes[counts.index]
        slope = sigma * counts.add(counts.n_events - counts.n * expit(at_modes)) - modes
        low, high = np.where(slope >= 0, modes, low), np.where(slope <= 0, modes, high)
        step = slope / (1 + sigma**2 * counts.add(_variance(counts, at_modes)))
        moving = np.abs(step) > MODE_TOLERANCE * (1 + np.abs(modes))
        if not moving.any():
            break
        reached = modes + step
        outside = (reached <= low) | (reached >= high)
        modes = np.where(moving, np.where(outside, (low + high) / 2, reached), modes)
    return modes


def _scores_at_nodes(counts: ClusterCounts, nodes: _Nodes) -> Floats:
    """Return the slopes by coefficients and sigma, of shape (n_clusters, n_nodes, n + 1)."""
    by_coefficients = [counts.add(nodes.residual * column[:, None]) for column in counts.columns.T]
    by_sigma = nodes.intercepts * counts.add(nodes.residual)
    return np.stack([*by_coefficients, by_sigma], axis=2)


def _score_of_moving_nodes(counts: ClusterCounts, odds: Floats, nodes: _Nodes) -> Floats:
    """Return what the moving nodes add to the score: nothing, but for the quadrature's own error.

    From the derivatives of mode and spread by the implicit function theorem.
    """
    sigma, modes, spread = nodes.sigma, nodes.modes[:, None], nodes.spread[:, None]
    at_modes = odds + sigma * nodes.modes[counts.index]
    risk, variance = expit(at_modes), _variance(counts, at_modes)
    skew = variance * (1 - 2 * risk)
    residual = counts.add(counts.n_events - counts.n * risk)
    total, total_skew = counts.add(variance)[:, None], counts.add(skew)[:, None]
    by_sigma = residual[:, None] - sigma * modes * total
    of_slope = np.hstack([-sigma * counts.add(counts.columns * variance[:, None]), by_sigma])
    of_modes = spread**2 * of_slope
    by_sigma = -2 * sigma * total - sigma**2 * modes * total_skew
    of_curvature = np.hstack([-(sigma**2) * counts.add(counts.columns * skew[:, None]), by_sigma])
    of_spread = spread**3 / 2 * (of_curvature - sigma**3 * total_skew * of_modes)
    slope = nodes.share * (sigma * counts.add(nodes.residual) - nodes.intercepts)
    centre = slope.sum(axis=1, keepdims=True)
    scale = (slope @ nodes.standard)[:, None] + 1 / spread
    return np.asarray(centre * of_modes + scale * of_spread)


def _mean_curvature(counts: ClusterCounts, nodes: _Nodes) -> Floats:
    """Return minus the second derivatives at the nodes, averaged over them."""
    share, intercepts = nodes.share[counts.index], nodes.intercepts[counts.index]
    weighted = share * nodes.variance
    plain, once, twice = ((weighted * intercepts**power).sum(axis=1) for power in (0, 1, 2))
    columns = counts.columns
    cross = (columns.T @ once)[:, None]
    return np.block([[(columns.T * plain) @ columns, cross], [cross.T, np.array([[twice.sum()]])]])


def _variance(counts: ClusterCounts, odds: Floats) -> Floats:
    risk = expit(odds)
    return np.asarray(counts.n * risk * (1 - risk))


def _require_counts(n_events: Floats, n: Floats) -> None:
    n_wrong = int((~(np.isfinite(n) & (n > 0) & (n_events >= 0) & (n_events <= n))).sum())
    if n_wrong or not n.size:
        raise ArgumentError(
            "Numbers of events do not fit their totals.",
            expected="rows with 0 <= n_events <= n and n above 0",
            found=f"{n_wrong} of {n.size} rows that break this",
            fix="Leave rows without trials out, and check which count is which.",
        )


def _require_design(columns: Floats, n_rows: int) -> None:
    if columns.ndim != 2 or columns.shape[0] != n_rows or not np.isfinite(columns).all():
        raise ArgumentError(
            "design cannot be used.",
            expected=f"finite numbers, {n_rows} rows, one column per parameter",
            found=f"an array of shape {columns.shape}",
            fix="Give the column of ones and the predictors, without missing values.",
        )
    scale = np.abs(columns).max(axis=0)
    if np.linalg.matrix_rank(columns / np.where(scale > 0, scale, 1)) < columns.shape[1]:
        raise EstimationError(
            "A column of the design is determined by the others.",
            expected="columns of which none says what the others say already",
            found=f"{columns.shape[1]} columns of lower rank",
            fix="Leave one of them out.",
        )
