"""How far studies differ beyond chance: tau2 by REML, its limits, the typical variance."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from parsoutcomes.stats.checks import Floats

N_STARTS = 80
SMALLEST_SHARE = 1e-6
LARGEST_MULTIPLE = 10.0
SEARCH_TOLERANCE = 1e-12
LARGEST_TAU2 = 1e8


def measure_spread(effects: Floats, weights: Floats) -> tuple[float, float]:
    """Return the weighted mean, and the weighted sum of squares about it (Cochran's Q).

    Examples
    --------
    >>> measure_spread(np.array([0.0, 2.0]), np.array([1.0, 1.0]))
    (1.0, 2.0)
    """
    mean = float(weights @ effects / weights.sum())
    return mean, float(weights @ (effects - mean) ** 2)


def typical_variance(variances: Floats) -> float:
    """Return the variance within a typical study, as I2 sets it beside tau2.

    Higgins and Thompson's: (k - 1) over the trace of the weights' projection.

    Examples
    --------
    >>> typical_variance(np.array([0.4, 0.4, 0.4]))
    0.4
    """
    weights = 1 / variances
    trace = float(weights.sum() - (weights**2).sum() / weights.sum())
    return (variances.size - 1) / trace


def restricted_likelihood(tau2: Floats, effects: Floats, variances: Floats) -> Floats:
    """Return the restricted log-likelihood at each tau2, up to a constant."""
    weights = 1 / (variances + np.asarray(tau2)[..., None])
    total = weights.sum(axis=-1)
    mean = (weights * effects).sum(axis=-1) / total
    squares = (weights * (effects - mean[..., None]) ** 2).sum(axis=-1)
    return np.asarray(0.5 * (np.log(weights).sum(axis=-1) - np.log(total) - squares))


def estimate_tau2(effects: Floats, variances: Floats) -> float:
    """Estimate the variance between studies by restricted maximum likelihood, 0 allowed.

    Parameters
    ----------
    effects, variances : array of shape (n_studies,)
        Each study's effect and its variance within the study.

    Returns
    -------
    float

    Examples
    --------
    >>> estimate_tau2(np.array([1.0, 1.0, 1.0]), np.array([0.4, 0.4, 0.4]))
    0.0
    """
    spread = float(np.ptp(effects)) ** 2
    if spread == 0:
        return 0.0
    tried = np.append(0.0, np.geomspace(SMALLEST_SHARE, LARGEST_MULTIPLE, N_STARTS) * spread)
    heights = restricted_likelihood(tried, effects, variances)
    best = int(heights.argmax())
    low, high = tried[max(best - 1, 0)], tried[min(best + 1, N_STARTS)]
    if _slope(low, effects, variances) > 0 > _slope(high, effects, variances):
        return float(brentq(_slope, low, high, args=(effects, variances), xtol=SEARCH_TOLERANCE))
    if best == 0:
        return 0.0
    found = minimize_scalar(
        lambda tau2: -float(restricted_likelihood(np.array(tau2), effects, variances)),
        bounds=(low, high),
        method="bounded",
        options={"xatol": SEARCH_TOLERANCE},
    )
    return float(found.x)


def _slope(tau2: float, effects: Floats, variances: Floats) -> float:
    """Twice the derivative of the restricted log-likelihood by tau2."""
    weights = 1 / (variances + tau2)
    mean, _ = measure_spread(effects, weights)
    trace = weights.sum() - (weights**2).sum() / weights.sum()
    return float((weights**2) @ (effects - mean) ** 2 - trace)


def tau2_interval(effects: Floats, variances: Floats, conf_level: float) -> tuple[float, float]:
    """Return limits of tau2 by the Q profile: where Q, weighted at tau2, has its chi-square tails.

    Parameters
    ----------
    effects, variances : array of shape (n_studies,)
        Each study's effect and its variance within the study.
    conf_level : float
        Level of the limits.

    Returns
    -------
    tuple of float
        Both 0 where even tau2 = 0 leaves the studies closer together than chance would.

    Examples
    --------
    >>> tau2_interval(np.array([0.0, 0.0]), np.array([0.4, 0.4]), 0.95)
    (0.0, 0.0)
    """
    tail = (1 - conf_level) / 2
    low, high = (
        _solve_profile(float(chi2.isf(share, effects.size - 1)), effects, variances)
        for share in (tail, 1 - tail)
    )
    return low, high


def _solve_profile(sought: float, effects: Floats, variances: Floats) -> float:
    def above(tau2: float) -> float:
        return measure_spread(effects, 1 / (variances + tau2))[1] - sought

    if above(0.0) <= 0:
        return 0.0
    if above(LARGEST_TAU2) > 0:
        return float("inf")
    return float(brentq(above, 0.0, LARGEST_TAU2, xtol=SEARCH_TOLERANCE, maxiter=500))
