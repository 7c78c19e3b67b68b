"""Pairs of defects within patients, such as the left and the right pars of one vertebra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.estimates import Estimate
from parsoutcomes.stats.proportions import clopper_pearson_interval, wilson_interval


@dataclass(frozen=True, kw_only=True)
class PairedContrast:
    """How often the first of a pair has the event when the second has not, and the reverse.

    Attributes
    ----------
    p_value, p_value_mid : float
        McNemar's exact test, two-sided, and its mid-P form; 1 without discordant pairs.
    odds_ratio : Estimate
        Of conditional logistic regression: first only over second only, with exact limits.
    difference : Estimate
        Proportion of the first less that of the second.
    n_pairs, n_discordant : int
        All pairs, and those of which only one has the event.
    """

    p_value: float
    p_value_mid: float
    odds_ratio: Estimate
    difference: Estimate
    n_pairs: int
    n_discordant: int


def compare_pairs(
    n_both: int,
    n_first_only: int,
    n_second_only: int,
    n_neither: int,
    *,
    conf_level: float = CONF_LEVEL,
) -> PairedContrast:
    """Compare the two members of each pair, such as left and right pars of one vertebra.

    Each patient gives one pair at most. Not for defects without their partner: unilateral patients
    say nothing about left against right within a patient.

    Parameters
    ----------
    n_both, n_first_only, n_second_only, n_neither : int
        Pairs in which both have the event, the first or the second alone, or neither.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    PairedContrast
        The odds ratio is infinite when only first members have the event alone, not a number
        without discordant pairs.

    Raises
    ------
    EstimationError
        When there is no pair.
    ArgumentError
        When a count is not a whole number of at least 0.

    Notes
    -----
    McNemar's exact conditional test: binomial with probability 1/2 on the discordant pairs. The
    odds ratio is the conditional maximum likelihood estimate, its limits those of Clopper and
    Pearson for the share of discordant pairs, turned into odds. Difference: Newcombe's
    square-and-add for pairs (his method 10), in which a positive correlation is lessened for
    continuity. Agrees with statsmodels `mcnemar` and R contingencytables.

    References
    ----------
    McNemar Q. Psychometrika 1947;12:153-157. doi:10.1007/BF02295996
    Newcombe RG. Stat Med 1998;17:2635-2650.
    Fagerland MW, Lydersen S, Laake P. Stat Med 2014;33:2850-2875. doi:10.1002/sim.6148

    Examples
    --------
    Complete response before and after treatment (Cavo 2012, in Fagerland 2014):

    >>> pairs = compare_pairs(59, 6, 16, 80)
    >>> round(pairs.p_value, 4), round(pairs.odds_ratio.estimate, 3)
    (0.0525, 0.375)
    >>> round(pairs.difference.conf_low, 4), round(pairs.difference.conf_high, 4)
    (-0.1186, -0.0046)
    """
    counts = (n_both, n_first_only, n_second_only, n_neither)
    _require_counts(counts)
    n_discordant = int(n_first_only + n_second_only)
    exact, mid = _mcnemar(int(n_first_only), n_discordant)
    return PairedContrast(
        p_value=exact,
        p_value_mid=mid,
        odds_ratio=_odds_ratio(int(n_first_only), n_discordant, conf_level),
        difference=_difference(counts, conf_level),
        n_pairs=int(sum(counts)),
        n_discordant=n_discordant,
    )


def _require_counts(counts: tuple[int, ...]) -> None:
    n_unusable = sum(not (np.isfinite(n) and n >= 0 and n == int(n)) for n in counts)
    if n_unusable:
        raise ArgumentError(
            "A count of pairs cannot be used.",
            expected="whole numbers of at least 0",
            found=f"{n_unusable} of 4 counts that are not",
            fix="Count the pairs in which both, one, the other, or neither have the event.",
        )
    if sum(counts) == 0:
        raise EstimationError(
            "There is no pair to compare.",
            expected="at least one patient with both members of the pair",
            found="0 pairs",
            fix="Compare the groups without pairing.",
        )


def _mcnemar(n_first_only: int, n_discordant: int) -> tuple[float, float]:
    if n_discordant == 0:
        return 1.0, 1.0
    fewer = min(n_first_only, n_discordant - n_first_only)
    twice = 2 * float(binom.cdf(fewer, n_discordant, 0.5))
    at = float(binom.pmf(fewer, n_discordant, 0.5))
    return min(twice, 1.0), 1.0 if 2 * fewer == n_discordant else twice - at


def _odds_ratio(n_first_only: int, n_discordant: int, conf_level: float) -> Estimate:
    method = "conditional odds ratio, exact limits (Clopper-Pearson on the discordant pairs)"
    if n_discordant == 0:
        share = Estimate(
            estimate=float("nan"), conf_low=0.0, conf_high=1.0, conf_level=conf_level, method=""
        )
    else:
        share = clopper_pearson_interval(n_first_only, n_discordant, conf_level=conf_level)
    return Estimate(
        estimate=_odds(share.estimate),
        conf_low=_odds(share.conf_low),
        conf_high=_odds(share.conf_high),
        conf_level=conf_level,
        method=method,
    )


def _odds(share: float) -> float:
    return float("inf") if share == 1 else share / (1 - share)


def _difference(counts: tuple[int, int, int, int], conf_level: float) -> Estimate:
    both, first_only, second_only, _ = counts
    n = sum(counts)
    first = wilson_interval(both + first_only, n, conf_level=conf_level)
    second = wilson_interval(both + second_only, n, conf_level=conf_level)
    correlation = _lessened_correlation(*counts)
    below = (first.estimate - first.conf_low, second.conf_high - second.estimate)
    above = (first.conf_high - first.estimate, second.estimate - second.conf_low)
    low, high = (
        float(np.sqrt(max(a**2 + b**2 - 2 * correlation * a * b, 0.0))) for a, b in (below, above)
    )
    difference = first.estimate - second.estimate
    return Estimate(
        estimate=difference,
        conf_low=difference - low,
        conf_high=difference + high,
        conf_level=conf_level,
        method="difference of pairs, Newcombe square-and-add",
    )


def _lessened_correlation(both: int, first_only: int, second_only: int, neither: int) -> float:
    """Return the phi coefficient, a positive one lessened by half a pair (Newcombe's method 10)."""
    n = both + first_only + second_only + neither
    margins = (both + first_only, second_only + neither, both + second_only, first_only + neither)
    scale = float(np.sqrt(np.prod(np.asarray(margins, dtype=np.float64))))
    if scale == 0:
        return 0.0
    determinant = both * neither - first_only * second_only
    lessened = max(determinant - n / 2, 0) if determinant > 0 else determinant
    return float(lessened) / scale
