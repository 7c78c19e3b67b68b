"""Limits of a funnel plot for shares, and how much more units differ than chance makes them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom, chi2, norm

from parsoutcomes.errors import require_fraction, require_whole
from parsoutcomes.stats.checks import Floats, require_rows, require_vector

_TRIMMED_SHARE: Final = 0.1
_SURPRISING: Final = 0.975


def binomial_funnel_limits(n: int, target: float, *, conf_level: float) -> tuple[float, float]:
    """Return the shares between which a unit of `n` cases would lie by chance.

    Not an interval for the unit: the limits are about the target.

    Parameters
    ----------
    n : int
        Cases of the unit, at least 1.
    target : float
        The share about which units should lie, strictly between 0 and 1.
    conf_level : float
        0.95 or 0.998 as a rule.

    Returns
    -------
    tuple of float
        Lower and upper limit, within 0 to 1.

    Raises
    ------
    ArgumentError
        When a number is out of range.

    Notes
    -----
    Exact binomial, interpolated between counts: with r the smallest count whose cumulative chance
    exceeds the tail, r - (F(r) - tail) / f(r), over n. Formula of Spiegelhalter 2005, appendix.

    References
    ----------
    Spiegelhalter DJ. Stat Med 2005;24:1185-1202. doi:10.1002/sim.1970

    Examples
    --------
    >>> low, high = binomial_funnel_limits(40, 0.7, conf_level=0.95)
    >>> round(low, 3), round(high, 3)
    (0.54, 0.824)
    """
    require_whole("n", n, at_least=1)
    chance = require_fraction("target", target)
    tail = (1 - require_fraction("conf_level", conf_level)) / 2
    low, high = (_interpolate(n, chance, at) for at in (tail, 1 - tail))
    return max(low, 0.0), min(high, 1.0)


def _interpolate(n: int, target: float, tail: float) -> float:
    count = float(binom.ppf(tail, n, target))
    over = float(binom.cdf(count, n, target)) - tail
    return (count - over / float(binom.pmf(count, n, target))) / n


def estimate_overdispersion(n_events: ArrayLike, expected: ArrayLike, variance: ArrayLike) -> float:
    """Estimate how many times more units vary than chance would make them.

    Not with fewer than about ten units.

    Parameters
    ----------
    n_events, expected, variance : array of shape (n_units,)
        Events, their expected number and its variance by chance.

    Returns
    -------
    float
        About 1 when nothing but chance is at work; 2 doubles the variance.

    Raises
    ------
    EstimationError
        When there is no unit.

    Notes
    -----
    Mean of squared z-scores, the outer tenth on each side pulled in (winsorised) so that a few
    units far out do not hide themselves, over what that mean is for normal scores (0.68).
    Spiegelhalter 2005 leaves out the division, and so calls chance alone 0.68.

    References
    ----------
    Spiegelhalter DJ. Stat Med 2005;24:1185-1202. doi:10.1002/sim.1970

    Examples
    --------
    >>> round(estimate_overdispersion([8, 12], [10, 10], [4, 4]), 2)
    0.94
    """
    means = require_rows("expected", require_vector("expected", expected))
    spread = require_vector("variance", variance, means.size)
    scores = (require_vector("n_events", n_events, means.size) - means) / np.sqrt(spread)
    return float((_pull_in(scores) ** 2).mean()) / _expect_by_chance()


def limit_overdispersion(n_units: int) -> float:
    """Return up to what overdispersion chance alone explains, once in twenty more.

    Not a test of whether units differ: with ten units much goes unnoticed.

    Parameters
    ----------
    n_units : int
        Units compared.

    Returns
    -------
    float
        Above 1, and nearer to it the more units there are.

    Raises
    ------
    ArgumentError
        When there is no unit.

    Notes
    -----
    Chi-squared over its degrees of freedom, as Spiegelhalter 2005 tests it, at 97.5 %: the
    pulled-in scores of `estimate_overdispersion` have heavier tails, and pass it in 5 of 100 draws
    of nothing but chance (8,000 draws each at 10, 15, 20 and 40 units).

    References
    ----------
    Spiegelhalter DJ. Stat Med 2005;24:1185-1202. doi:10.1002/sim.1970

    Examples
    --------
    >>> round(limit_overdispersion(10), 2), round(limit_overdispersion(40), 2)
    (2.05, 1.48)
    """
    n = require_whole("n_units", n_units, at_least=1)
    return float(chi2.ppf(_SURPRISING, n) / n)


def _expect_by_chance() -> float:
    edge = float(norm.isf(_TRIMMED_SHARE))
    inside = 1 - 2 * _TRIMMED_SHARE - 2 * edge * float(norm.pdf(edge))
    return inside + 2 * _TRIMMED_SHARE * edge**2


def _pull_in(scores: Floats) -> Floats:
    low, high = np.quantile(scores, [_TRIMMED_SHARE, 1 - _TRIMMED_SHARE])
    return np.asarray(np.clip(scores, low, high))
