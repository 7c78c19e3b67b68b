"""Distributions of log time about its location, and the likelihood of an interval under each.

With z = (log t - location) / scale: Weibull times have smallest-extreme-value z, log-normal times
normal z, log-logistic times logistic z. All three densities are log-concave, and so is the
probability of an interval in its two ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, log_ndtr, ndtr, ndtri

from parsoutcomes.stats.checks import Floats

DISTRIBUTIONS = ("weibull", "exponential", "lognormal", "loglogistic")

LOG_ROOT_TWO_PI = 0.9189385332046727


@dataclass(frozen=True, kw_only=True)
class IntervalSlopes:
    """Derivatives of log(F(upper) - F(lower)) to its two ends.

    Attributes
    ----------
    lower, upper : array
        First derivatives.
    lower_lower, lower_upper, upper_upper : array
        Second derivatives.
    """

    lower: Floats
    upper: Floats
    lower_lower: Floats
    lower_upper: Floats
    upper_upper: Floats


def log_survival(name: str, z: Floats) -> Floats:
    """Return log P(Z > z)."""
    if name == "lognormal":
        return np.asarray(log_ndtr(-z))
    if name == "loglogistic":
        return np.asarray(log_expit(-z))
    with np.errstate(over="ignore"):
        return np.asarray(-np.exp(z))


def distribution_function(name: str, z: Floats) -> Floats:
    """Return P(Z <= z)."""
    if name == "lognormal":
        return np.asarray(ndtr(z))
    if name == "loglogistic":
        return np.asarray(expit(z))
    with np.errstate(over="ignore"):
        return np.asarray(-np.expm1(-np.exp(z)))


def quantile_function(name: str, share: Floats) -> Floats:
    """Return the z below which a share lies."""
    if name == "lognormal":
        return np.asarray(ndtri(share))
    if name == "loglogistic":
        return np.asarray(np.log(share) - np.log1p(-share))
    return np.asarray(np.log(-np.log1p(-share)))


def log_density(name: str, z: Floats) -> Floats:
    """Return the log density of Z."""
    if name == "lognormal":
        return np.asarray(-(z**2) / 2 - LOG_ROOT_TWO_PI)
    if name == "loglogistic":
        return np.asarray(log_expit(z) + log_expit(-z))
    with np.errstate(over="ignore"):
        return np.asarray(z - np.exp(z))


def density_slopes(name: str, z: Floats) -> tuple[Floats, Floats]:
    """Return first and second derivative of the log density."""
    if name == "lognormal":
        return -z, np.full_like(z, -1.0)
    if name == "loglogistic":
        below = expit(z)
        return 1 - 2 * below, -2 * below * (1 - below)
    with np.errstate(over="ignore"):
        growth = np.exp(z)
    return 1 - growth, -growth


def log_interval(name: str, lower: Floats, upper: Floats) -> Floats:
    """Return log(F(upper) - F(lower)) without cancellation; lower may be -inf, upper inf."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if name == "lognormal":
            flip = lower > 0
            low, high = np.where(flip, -upper, lower), np.where(flip, -lower, upper)
            top = log_ndtr(high)
            return np.asarray(top + _log_one_minus_exp(log_ndtr(low) - top))
        if name == "loglogistic":
            return np.asarray(
                log_expit(upper) + log_expit(-lower) + _log_one_minus_exp(lower - upper)
            )
        grown = np.exp(lower)
        open_left = np.isneginf(lower)
        gap = np.where(
            np.isposinf(upper), np.inf, grown * np.expm1(np.where(open_left, 0.0, upper - lower))
        )
        return np.asarray(-grown + _log_one_minus_exp(-np.where(open_left, np.exp(upper), gap)))


def interval_slopes(
    name: str, lower: Floats, upper: Floats, log_probability: Floats
) -> IntervalSlopes:
    """Return the derivatives of `log_interval`; 0 to an infinite end."""
    low, high = np.where(np.isfinite(lower), lower, 0.0), np.where(np.isfinite(upper), upper, 0.0)
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        below = np.exp(log_density(name, low) - log_probability)
        above = np.exp(log_density(name, high) - log_probability)
    below = np.where(np.isfinite(lower), below, 0.0)
    above = np.where(np.isfinite(upper), above, 0.0)
    return IntervalSlopes(
        lower=-below,
        upper=above,
        lower_lower=-below * density_slopes(name, low)[0] - below**2,
        lower_upper=below * above,
        upper_upper=above * density_slopes(name, high)[0] - above**2,
    )


def _log_one_minus_exp(exponent: Floats) -> Floats:
    """Return log(1 - exp(exponent)) for exponents below 0, accurate near 0 and far from it."""
    near = exponent > -np.log(2.0)
    return np.where(
        near,
        np.log(-np.expm1(np.where(near, exponent, -1.0))),
        np.log1p(-np.exp(np.where(near, -1.0, exponent))),
    )
