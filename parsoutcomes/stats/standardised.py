"""Observed against expected: exact Poisson ratio, and acceptance limits under the null."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import chi2, poisson

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.errors import ArgumentError, require_fraction
from parsoutcomes.stats.checks import Floats, require_vector
from parsoutcomes.stats.estimates import Estimate


def observed_over_expected(
    observed: int, expected: float, *, conf_level: float = CONF_LEVEL
) -> Estimate:
    """Estimate the ratio of an observed count to an expected one, with its exact Poisson interval.

    For adverse events and for checks. Not for union: unions are common and bounded by the number
    of defects, so that the Poisson interval is far too wide for them.

    Parameters
    ----------
    observed : int
        Events seen.
    expected : float
        Events expected, taken as known; above 0. In units of time at risk the ratio is a rate.
    conf_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Ratio and its limits.

    Raises
    ------
    ArgumentError
        When `observed` is not a whole number of at least 0, or `expected` is not above 0.

    Notes
    -----
    Garwood limits by chi-square quantiles, equal tails; agrees with R's `poisson.test` interval.

    References
    ----------
    Garwood F. Biometrika 1936;28:437-442. doi:10.1093/biomet/28.3-4.437

    Examples
    --------
    >>> ratio = observed_over_expected(7, 3.1)
    >>> round(ratio.estimate, 2), round(ratio.conf_low, 2), round(ratio.conf_high, 2)
    (2.26, 0.91, 4.65)
    """
    _require_counts(observed, expected)
    tail = (1 - require_fraction("conf_level", conf_level)) / 2
    low = 0.0 if observed == 0 else float(chi2.ppf(tail, 2 * observed)) / 2
    high = float(chi2.isf(tail, 2 * observed + 2)) / 2
    return Estimate(
        estimate=observed / expected,
        conf_low=low / expected,
        conf_high=high / expected,
        conf_level=conf_level,
        method="exact Poisson (Garwood), expected count taken as known",
    )


def mid_p_observed_over_expected(
    observed: int, expected: float, *, conf_level: float = CONF_LEVEL
) -> Estimate:
    """Estimate the ratio of an observed count to an expected one, with its mid-P interval.

    Shorter than the exact one, which covers more often than it says; it may cover a little less.
    Not for union, see `observed_over_expected`.

    Parameters
    ----------
    observed, expected, conf_level
        As in `observed_over_expected`.

    Returns
    -------
    Estimate
        Ratio and its limits.

    Raises
    ------
    ArgumentError
        As in `observed_over_expected`.

    Notes
    -----
    Poisson limits at which half the probability of the observed count and all of that beyond it
    make up the tail; agrees with the mid-P limits of reference script 11 (R).

    References
    ----------
    Lancaster HO. J Am Stat Assoc 1961;56:223-234. doi:10.1080/01621459.1961.10482105

    Examples
    --------
    >>> ratio = mid_p_observed_over_expected(7, 3.1)
    >>> round(ratio.conf_low, 2), round(ratio.conf_high, 2)
    (0.99, 4.47)
    """
    _require_counts(observed, expected)
    tail = (1 - require_fraction("conf_level", conf_level)) / 2
    most = 2 * float(chi2.isf(tail / 4, 2 * observed + 2))

    def root(level: float) -> float:
        return float(brentq(lambda mean: _mid_p(observed, mean) - level, 0.0, most, xtol=1e-12))

    return Estimate(
        estimate=observed / expected,
        conf_low=0.0 if observed == 0 else root(1 - tail) / expected,
        conf_high=root(tail) / expected,
        conf_level=conf_level,
        method="mid-P Poisson, expected count taken as known",
    )


def _mid_p(observed: int, mean: float) -> float:
    """Return the probability of fewer than observed, and half that of as many."""
    return float(poisson.cdf(observed - 1, mean) + poisson.pmf(observed, mean) / 2)


@dataclass(frozen=True, kw_only=True)
class AcceptanceLimits:
    """Counts that a series at exactly the expected rates would usually show.

    Attributes
    ----------
    low, high : int
        Smallest and largest count of the central region; each tail beyond holds at most
        (1 - conf_level) / 2.
    expected : float
        Sum of the probabilities.
    conf_level : float
        Least probability of the region.
    probability : array of shape (n + 1,)
        Exact probability of 0, 1, ..., n events.
    """

    low: int
    high: int
    expected: float
    conf_level: float
    probability: Floats

    def tail_probabilities(self, observed: int) -> tuple[float, float]:
        """Return the probabilities of at most, and of at least, `observed` events.

        Parameters
        ----------
        observed : int
            A count from 0 to n.

        Returns
        -------
        tuple of float
            P(at most observed), P(at least observed).
        """
        at_most = float(self.probability[: observed + 1].sum())
        return at_most, float(self.probability[observed:].sum())


def poisson_binomial_limits(
    probabilities: ArrayLike, *, conf_level: float = CONF_LEVEL
) -> AcceptanceLimits:
    """Find the number of unions that a series at exactly the expected rates would usually show.

    Acceptance limits under the null for independent defects. Not an interval for the ratio of
    observed to expected, and too narrow where two defects share a patient.

    Parameters
    ----------
    probabilities : array of shape (n,)
        Each defect's expected probability of union.
    conf_level : float
        Least probability of the region.

    Returns
    -------
    AcceptanceLimits
        Limits, expected count and the exact distribution.

    Raises
    ------
    ArgumentError
        When a probability lies outside 0..1.

    Notes
    -----
    The exact distribution of a sum of independent events with unequal probabilities, by adding one
    defect at a time (convolution); every term is a sum of products, nothing is subtracted.

    References
    ----------
    Wang YH. Stat Sinica 1993;3:295-312.

    Examples
    --------
    >>> limits = poisson_binomial_limits([0.9, 0.8, 0.6, 0.5])
    >>> limits.low, limits.high
    (1, 4)
    """
    values = require_vector("probabilities", probabilities)
    n_outside = int(((values < 0) | (values > 1)).sum())
    if n_outside:
        raise ArgumentError(
            "A probability lies outside 0 to 1.",
            expected="probabilities from 0 to 1",
            found=f"{n_outside} rows outside",
            fix="Give rates as fractions, not as percentages.",
        )
    tail = (1 - require_fraction("conf_level", conf_level)) / 2
    probability = _convolve(values)
    at_most = np.cumsum(probability)
    at_least = np.cumsum(probability[::-1])[::-1]
    return AcceptanceLimits(
        low=int(np.argmax(at_most > tail)),
        high=int(probability.size - 1 - np.argmax(at_least[::-1] > tail)),
        expected=float(values.sum()),
        conf_level=conf_level,
        probability=probability,
    )


def _convolve(probabilities: Floats) -> Floats:
    distribution = np.ones(1)
    for probability in probabilities:
        distribution = np.convolve(distribution, (1 - probability, probability))
    return distribution


def _require_counts(observed: int, expected: float) -> None:
    if observed < 0 or observed != int(observed) or not 0 < expected < np.inf:
        raise ArgumentError(
            "An observed count cannot be set against this expected one.",
            expected="a whole number of at least 0, and a finite expected count above 0",
            found=f"{observed} observed, {expected} expected",
            fix="Check that rates have been summed over everyone at risk.",
        )
