"""Profile and Wald intervals of a random-intercept logistic model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import chi2, norm

from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.random_intercept import LARGEST_SIGMA, RandomIntercept, climb
from parsoutcomes.stats.random_intercept_likelihood import (
    ClusterCounts,
    collect_counts,
)

LIMIT_SOUGHT = 1e-5
FALL_SOUGHT = 1e-9
MAX_TRIALS = 60
SMALL_SIGMA = 0.3


@dataclass(frozen=True, kw_only=True)
class RandomInterceptIntervals:
    """Limits of coefficients and sigma.

    Attributes
    ----------
    conf_low, conf_high, p_value : array of shape (n_parameters,)
        Of the coefficients (log odds, conditional on the cluster); a limit is infinite where the
        likelihood never falls far enough. p-values against zero.
    sigma_low, sigma_high : float
        Of the standard deviation between clusters; 0 where sigma = 0 cannot be ruled out.
    sigma_p_value : float
        Against sigma = 0; not a number for Wald.
    conf_level : float
        Level of the limits.
    method : str
        In words.
    """

    conf_low: Floats
    conf_high: Floats
    p_value: Floats
    sigma_low: float
    sigma_high: float
    sigma_p_value: float
    conf_level: float
    method: str


def wald_random_intercept(
    fit: RandomIntercept, *, conf_level: float = 0.95
) -> RandomInterceptIntervals:
    """Give a random-intercept model its Wald limits: quick, and rough where clusters are few.

    Not for sigma near 0, whose limits (symmetric in log sigma) then say too much.

    Parameters
    ----------
    fit : RandomIntercept
        From `fit_random_intercept_logit`.
    conf_level : float
        Level of the limits.

    Returns
    -------
    RandomInterceptIntervals
        Limits of sigma 0 and infinite where sigma is 0.

    Examples
    --------
    >>> from parsoutcomes.stats.random_intercept import fit_random_intercept_logit
    >>> fit = fit_random_intercept_logit([10, 0, 20, 15, 33, 5], [12, 8, 20, 30, 40, 9],
    ...                                  np.ones((6, 1)), range(6), n_nodes=25)
    >>> limits = wald_random_intercept(fit)
    >>> risk = lambda odds: 1 / (1 + np.exp(-odds))
    >>> [round(float(risk(limit[0])), 4) for limit in (limits.conf_low, limits.conf_high)]
    [0.2445, 0.9378]
    """
    z = float(norm.ppf((1 + conf_level) / 2))
    errors = fit.standard_errors
    sigma_low, sigma_high = 0.0, np.inf
    if fit.sigma:
        factor = np.exp(z * fit.sigma_standard_error / fit.sigma)
        sigma_low, sigma_high = float(fit.sigma / factor), float(fit.sigma * factor)
    return RandomInterceptIntervals(
        conf_low=fit.coefficients - z * errors,
        conf_high=fit.coefficients + z * errors,
        p_value=np.asarray(2 * norm.sf(np.abs(fit.coefficients) / errors)),
        sigma_low=sigma_low,
        sigma_high=sigma_high,
        sigma_p_value=float("nan"),
        conf_level=conf_level,
        method="Wald, from the inverse information",
    )


def profile_random_intercept(
    n_events: ArrayLike,
    n: ArrayLike,
    design: ArrayLike,
    clusters: ArrayLike,
    fit: RandomIntercept,
    *,
    conf_level: float = 0.95,
) -> RandomInterceptIntervals:
    """Give a random-intercept model its profile-likelihood limits.

    Parameters
    ----------
    n_events, n, design, clusters
        As given to `fit_random_intercept_logit`.
    fit : RandomIntercept
        Its answer.
    conf_level : float
        Level of the limits.

    Returns
    -------
    RandomInterceptIntervals

    Notes
    -----
    The values at which twice the fall of the log-likelihood, maximised over all else, reaches the
    quantile of chi-squared on one degree of freedom. For sigma the same quantile is used at its
    boundary, where it is cautious; the p-value against sigma = 0 is half that of chi-squared.

    Examples
    --------
    >>> from parsoutcomes.stats.random_intercept import fit_random_intercept_logit
    >>> rows = [10, 0, 20, 15, 33, 5], [12, 8, 20, 30, 40, 9], np.ones((6, 1)), range(6)
    >>> fit = fit_random_intercept_logit(*rows, n_nodes=25)
    >>> limits = profile_random_intercept(*rows, fit)
    >>> limits.conf_low.round(2).tolist(), limits.conf_high.round(2).tolist()
    ([-1.98], [3.59])
    >>> round(limits.sigma_low, 2), round(limits.sigma_high, 2)
    (0.93, 6.62)
    """
    counts = collect_counts(n_events, n, design, clusters)
    fall = float(chi2.ppf(conf_level, 1))
    profile = _Profile(counts=counts, fit=fit)
    n_parameters = len(fit.coefficients)
    limits = np.array(
        [[profile.find_limit(j, side, fall) for side in (-1, 1)] for j in range(n_parameters)]
    )
    at_zero = [profile.fall_at(j, 0.0) for j in range(n_parameters)]
    without = profile.fall_at(n_parameters, 0.0)
    return RandomInterceptIntervals(
        conf_low=limits[:, 0],
        conf_high=limits[:, 1],
        p_value=np.asarray(chi2.sf(at_zero, 1)),
        sigma_low=0.0 if without <= fall else profile.find_sigma(0.0, fit.sigma, fall),
        sigma_high=profile.find_sigma(fit.sigma, LARGEST_SIGMA, fall),
        sigma_p_value=float(chi2.sf(without, 1)) / 2 if fit.sigma else 1.0,
        conf_level=conf_level,
        method="profile likelihood",
    )


@dataclass(frozen=True, kw_only=True)
class _Profile:
    """The likelihood with one parameter held and all others at their best."""

    counts: ClusterCounts
    fit: RandomIntercept

    @property
    def _best(self) -> Floats:
        return np.append(self.fit.coefficients, self.fit.sigma)

    def fall_at(self, place: int, value: float) -> float:
        """Return twice the fall of the log-likelihood; infinite where no maximum is found."""
        start = self._best
        if place < len(start) - 1:
            covariance = self.fit.covariance
            moved = (value - start[place]) / covariance[place, place]
            start[:-1] += moved * covariance[:, place]
            start[-1] = max(start[-1], SMALL_SIGMA)
        start[place] = value
        held = np.arange(len(start)) == place
        try:
            _, found = climb(self.counts, start, held, self.fit.n_nodes, gain_sought=FALL_SOUGHT)
        except EstimationError:
            return float("inf")
        return max(2 * (self.fit.log_likelihood - found.total), 0.0)

    def find_limit(self, place: int, side: int, fall: float) -> float:
        """Step outward from the Wald limit until the fall is bracketed, then close in."""
        centre = float(self.fit.coefficients[place])
        unit = float(self.fit.standard_errors[place])

        def excess(distance: float) -> float:
            return float(
                np.sqrt(self.fall_at(place, centre + side * distance * unit)) - np.sqrt(fall)
            )

        near, far = 0.0, float(np.sqrt(fall))
        for _ in range(MAX_TRIALS):
            reached = excess(far)
            if not np.isfinite(reached):
                return float(side * np.inf)
            if reached >= 0:
                return centre + side * unit * _close_in(excess, near, far)
            near, far = far, 1.5 * far
        return float(side * np.inf)

    def find_sigma(self, low: float, high: float, fall: float) -> float:
        """Find where the profile of sigma passes the fall between two values, else infinity."""

        def excess(sigma: float) -> float:
            return float(np.sqrt(self.fall_at(len(self.fit.coefficients), sigma)) - np.sqrt(fall))

        if high == LARGEST_SIGMA:
            high = max(1.0, 2 * low)
            while excess(high) < 0:
                low, high = high, 2 * high
                if high > LARGEST_SIGMA:
                    return float("inf")
        return _close_in(excess, low, high)


def _close_in(excess: Callable[[float], float], near: float, far: float) -> float:
    return float(brentq(excess, near, far, xtol=LIMIT_SOUGHT, rtol=1e-12))
