"""Two proportions side by side: difference, ratio, and the two classical tests of a 2 x 2 table.

For independent units; `clustered_contrasts` is for defects that share patients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln
from scipy.stats import chi2, norm
from scipy.stats import t as student

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.errors import ArgumentError, EstimationError, require_fraction
from parsoutcomes.stats.checks import Floats, require_count_pair
from parsoutcomes.stats.estimates import Estimate
from parsoutcomes.stats.proportions import wilson_interval


@dataclass(frozen=True, kw_only=True)
class FisherExact:
    """Fisher's exact test with the odds ratio that belongs to it.

    Attributes
    ----------
    p_value : float
        Two-sided: the tables no more probable than the observed one.
    odds_ratio, conf_low, conf_high : float
        Conditional maximum likelihood odds ratio and its exact limits.
    conf_level : float
        Level of the limits.
    """

    p_value: float
    odds_ratio: float
    conf_low: float
    conf_high: float
    conf_level: float


def newcombe_difference(
    n_events_1: float,
    n_1: float,
    n_events_2: float,
    n_2: float,
    *,
    conf_level: float = CONF_LEVEL,
) -> Estimate:
    """Estimate by how much two independent proportions differ (group 1 minus group 2).

    Not for defects that share patients, unless the numbers are effective ones.

    Parameters
    ----------
    n_events_1, n_1, n_events_2, n_2 : float
        Events and total of each group.
    conf_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Difference and limits in [-1, 1].

    Raises
    ------
    EstimationError
        When a group is empty.
    ArgumentError
        When events lie outside 0..total.

    Notes
    -----
    Newcombe's method 10: square-and-add of the two Wilson intervals, no continuity correction;
    agrees with statsmodels `confint_proportions_2indep(method="newcomb")`.

    References
    ----------
    Newcombe RG. Stat Med 1998;17:873-890.
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I

    Examples
    --------
    >>> difference = newcombe_difference(56, 70, 48, 80)
    >>> round(difference.conf_low, 4), round(difference.conf_high, 4)
    (0.0524, 0.3339)
    """
    first = wilson_interval(n_events_1, n_1, conf_level=conf_level)
    second = wilson_interval(n_events_2, n_2, conf_level=conf_level)
    difference = first.estimate - second.estimate
    below = np.hypot(first.estimate - first.conf_low, second.conf_high - second.estimate)
    above = np.hypot(first.conf_high - first.estimate, second.estimate - second.conf_low)
    return Estimate(
        estimate=difference,
        conf_low=float(difference - below),
        conf_high=float(difference + above),
        conf_level=conf_level,
        method="difference, Newcombe hybrid score",
    )


def miettinen_nurminen_ratio(
    n_events_1: float,
    n_1: float,
    n_events_2: float,
    n_2: float,
    *,
    conf_level: float = CONF_LEVEL,
    degrees_of_freedom: float = float("inf"),
) -> Estimate:
    """Estimate the ratio of two independent proportions (group 1 over group 2).

    Holds with an empty cell too. Not for defects that share patients, unless the numbers are
    effective ones.

    Parameters
    ----------
    n_events_1, n_1, n_events_2, n_2 : float
        Events and total of each group; effective numbers need not be whole.
    conf_level : float
        Level of the interval.
    degrees_of_freedom : float
        Of Student's t for effective numbers; infinite (the normal distribution) otherwise.

    Returns
    -------
    Estimate
        The ratio is infinite when only group 2 has no event, not a number when neither has one.

    Raises
    ------
    EstimationError
        When a group is empty.
    ArgumentError
        When events lie outside 0..total.

    Notes
    -----
    Score interval with the factor N/(N-1); agrees with statsmodels
    `confint_proportions_2indep(compare="ratio", method="score")`.

    References
    ----------
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226. doi:10.1002/sim.4780040211

    Examples
    --------
    >>> ratio = miettinen_nurminen_ratio(17, 26, 32, 84)
    >>> round(ratio.estimate, 2), round(ratio.conf_low, 2), round(ratio.conf_high, 2)
    (1.72, 1.12, 2.5)
    """
    events_1, total_1 = require_count_pair(n_events_1, n_1)
    events_2, total_2 = require_count_pair(n_events_2, n_2)
    upper = (1 + require_fraction("conf_level", conf_level)) / 2
    critical = float(student.ppf(upper, degrees_of_freedom)) ** 2

    def excess(log_ratio: float) -> float:
        counts = (events_1, total_1, events_2, total_2)
        return _ratio_score(float(np.exp(log_ratio)), *counts) - critical

    ratio = _divide(events_1 / total_1, events_2 / total_2)
    return Estimate(
        estimate=ratio,
        conf_low=0.0 if events_1 == 0 else _search(excess, ratio, -1),
        conf_high=float("inf") if events_2 == 0 else _search(excess, ratio, +1),
        conf_level=conf_level,
        method="ratio, Miettinen-Nurminen score",
    )


def katz_ratio(
    n_events_1: int, n_1: int, n_events_2: int, n_2: int, *, conf_level: float = CONF_LEVEL
) -> Estimate:
    """Estimate the ratio of two proportions as many published papers do.

    Only to reproduce papers: `miettinen_nurminen_ratio` covers better and allows empty cells.

    Parameters
    ----------
    n_events_1, n_1, n_events_2, n_2 : int
        Events and total of each group; at least one event in each.
    conf_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Ratio and limits.

    Raises
    ------
    EstimationError
        When a group is empty or has no event.
    ArgumentError
        When events lie outside 0..total.

    Notes
    -----
    Normal approximation on the log scale.

    References
    ----------
    Katz D, Baptista J, Azen SP, Pike MC. Biometrics 1978;34:469-474. doi:10.2307/2530610

    Examples
    --------
    >>> ratio = katz_ratio(17, 26, 32, 84)
    >>> round(ratio.conf_low, 2), round(ratio.conf_high, 2)
    (1.16, 2.54)
    """
    events_1, total_1 = require_count_pair(n_events_1, n_1)
    events_2, total_2 = require_count_pair(n_events_2, n_2)
    if events_1 == 0 or events_2 == 0:
        raise EstimationError(
            "A Katz interval needs an event in both groups.",
            expected="at least one event in each group",
            found="a group without an event",
            fix="Use miettinen_nurminen_ratio.",
        )
    ratio = events_1 / total_1 / (events_2 / total_2)
    error = np.sqrt(1 / events_1 - 1 / total_1 + 1 / events_2 - 1 / total_2)
    reach = float(np.exp(norm.ppf((1 + require_fraction("conf_level", conf_level)) / 2) * error))
    return Estimate(
        estimate=ratio,
        conf_low=ratio / reach,
        conf_high=ratio * reach,
        conf_level=conf_level,
        method="ratio, Katz log interval",
    )


def chi_square_p(n_events_1: int, n_1: int, n_events_2: int, n_2: int) -> float:
    """Test whether two proportions are equal, by the uncorrected chi-square test.

    Kept to reproduce papers and for large counts; `fisher_exact` is for small ones.

    Parameters
    ----------
    n_events_1, n_1, n_events_2, n_2 : int
        Events and total of each group.

    Returns
    -------
    float
        Two-sided p-value; 1 when all or no units have the event.

    Raises
    ------
    EstimationError
        When a group is empty.
    ArgumentError
        When events lie outside 0..total.

    Notes
    -----
    Pearson, one degree of freedom, no continuity correction.

    References
    ----------
    Pearson K. Philos Mag 1900;50:157-175. doi:10.1080/14786440009463897

    Examples
    --------
    >>> round(chi_square_p(17, 26, 32, 84), 3)
    0.014
    """
    events_1, total_1 = require_count_pair(n_events_1, n_1)
    events_2, total_2 = require_count_pair(n_events_2, n_2)
    pooled = (events_1 + events_2) / (total_1 + total_2)
    if pooled in (0, 1):
        return 1.0
    variance = pooled * (1 - pooled) * (1 / total_1 + 1 / total_2)
    return float(chi2.sf((events_1 / total_1 - events_2 / total_2) ** 2 / variance, 1))


def fisher_exact(
    n_events_1: int, n_1: int, n_events_2: int, n_2: int, *, conf_level: float = CONF_LEVEL
) -> FisherExact:
    """Test whether two small proportions are equal, and estimate their odds ratio.

    Not for defects that share patients: it takes every unit as independent.

    Parameters
    ----------
    n_events_1, n_1, n_events_2, n_2 : int
        Events and total of each group; whole numbers.
    conf_level : float
        Level of the limits of the odds ratio.

    Returns
    -------
    FisherExact
        The odds ratio (group 1 over 2) is 0 or infinite when the table is as extreme as its
        margins allow, and not a number when they allow one only.

    Raises
    ------
    EstimationError
        When a group is empty.
    ArgumentError
        When counts are not whole or lie outside 0..total.

    Notes
    -----
    Conditional maximum likelihood, not the sample odds ratio; agrees with R's `fisher.test`.

    References
    ----------
    Fisher RA. J R Stat Soc 1935;98:39-82. doi:10.2307/2342435

    Examples
    --------
    >>> test = fisher_exact(8, 10, 3, 9)
    >>> round(test.p_value, 5), round(test.odds_ratio, 4)
    (0.06978, 7.0275)
    """
    events_1, total_1 = require_count_pair(n_events_1, n_1)
    events_2, total_2 = require_count_pair(n_events_2, n_2)
    if any(value != int(value) for value in (events_1, total_1, events_2, total_2)):
        raise ArgumentError(
            "An exact test needs whole numbers.",
            expected="whole counts",
            found="a fraction among the counts",
            fix="Use the score methods for effective numbers.",
        )
    tail = (1 - require_fraction("conf_level", conf_level)) / 2
    support, log_weights = _hypergeometric(events_1 + events_2, total_1, total_2)
    null = _tilt(support, log_weights, 0.0)

    def mean_excess(log_odds: float) -> float:
        return float(_tilt(support, log_weights, log_odds) @ support) - events_1

    def upper_excess(log_odds: float) -> float:
        return float(_tilt(support, log_weights, log_odds)[support >= events_1].sum()) - tail

    def lower_excess(log_odds: float) -> float:
        return float(_tilt(support, log_weights, log_odds)[support <= events_1].sum()) - tail

    at_low, at_high = events_1 == support[0], events_1 == support[-1]
    both = at_low and at_high
    estimate = 0.0 if at_low else float("inf") if at_high else _solve_odds(mean_excess)
    return FisherExact(
        p_value=min(float(null[null <= null[support == events_1].sum() * (1 + 1e-7)].sum()), 1.0),
        odds_ratio=float("nan") if both else estimate,
        conf_low=0.0 if at_low else _solve_odds(upper_excess),
        conf_high=float("inf") if at_high else _solve_odds(lower_excess),
        conf_level=conf_level,
    )


def _hypergeometric(n_events: float, n_1: float, n_2: float) -> tuple[Floats, Floats]:
    support = np.arange(max(0.0, n_events - n_2), min(n_events, n_1) + 1)
    return support, -(
        gammaln(support + 1)
        + gammaln(n_1 - support + 1)
        + gammaln(n_events - support + 1)
        + gammaln(n_2 - n_events + support + 1)
    )


def _tilt(support: Floats, log_weights: Floats, log_odds: float) -> Floats:
    logs = log_weights + support * log_odds
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def _solve_odds(excess: Callable[[float], float]) -> float:
    return float(np.exp(brentq(excess, -60, 60, xtol=1e-14, rtol=1e-14)))


def _ratio_score(ratio: float, x_1: float, n_1: float, x_2: float, n_2: float) -> float:
    a = (n_1 + n_2) * ratio
    b = -(n_1 * ratio + x_1 + n_2 + x_2 * ratio)
    c = x_1 + x_2
    p_2 = min(2 * c / (-b + float(np.sqrt(max(b * b - 4 * a * c, 0.0)))), 1.0)
    p_1 = min(ratio * p_2, 1.0)
    total = n_1 + n_2
    variance = (p_1 * (1 - p_1) / n_1 + ratio**2 * p_2 * (1 - p_2) / n_2) * total / (total - 1)
    gap = x_1 / n_1 - ratio * x_2 / n_2
    if gap == 0:
        return 0.0
    return float("inf") if variance <= 0 else gap * gap / variance


def _search(excess: Callable[[float], float], ratio: float, sign: int) -> float:
    start = float(np.log(ratio)) if 0 < ratio < np.inf else -20.0 * sign
    step = 1.0
    while excess(start + sign * step) < 0:
        step *= 2
    ends = sorted((start, start + sign * step))
    return float(np.exp(brentq(excess, *ends, xtol=1e-13, rtol=1e-13)))


def _divide(numerator: float, denominator: float) -> float:
    beyond = float("inf") if numerator > 0 else float("nan")
    return numerator / denominator if denominator > 0 else beyond
