"""Proportions with their intervals: independent (four variants) and clustered in patients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import beta, binom, norm
from scipy.stats import t as student

from parsoutcomes.conventions import CONF_LEVEL, MIN_DISCORDANT_PATIENTS
from parsoutcomes.errors import require_fraction
from parsoutcomes.stats.checks import (
    index_clusters,
    require_binary,
    require_count_pair,
    require_rows,
)
from parsoutcomes.stats.clustering import icc_anova, icc_fleiss_cuzick, linearised_variance
from parsoutcomes.stats.estimates import ClusteredProportion, Estimate


def wilson_interval(n_events: float, n: float, *, conf_level: float = CONF_LEVEL) -> Estimate:
    """Estimate a proportion of independent units, with the Wilson score interval.

    The default where units are independent, as patients are. Do not use it for defects when some
    patients have two: `clustered_interval` is for those.

    Parameters
    ----------
    n_events, n : float
        Units with the event and all units; whole numbers, or effective numbers of a survey.
    conf_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Proportion and limits in [0, 1].

    Raises
    ------
    EstimationError
        When `n` is 0.
    ArgumentError
        When `n_events` lies outside 0..n.

    Notes
    -----
    No continuity correction; agrees with R's `prop.test(correct = FALSE)`.

    References
    ----------
    Wilson EB. J Am Stat Assoc 1927;22:209-212. doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> wilson = wilson_interval(10, 12)
    >>> round(wilson.conf_low, 3), round(wilson.conf_high, 3)
    (0.552, 0.953)
    """
    events, total = require_count_pair(n_events, n)
    quantile = float(norm.ppf(_upper(conf_level)))
    low, high = _wilson_limits(events / total, total, quantile)
    return _estimate(
        events / total, (low, high), conf_level, "Wilson score, no continuity correction"
    )


def clopper_pearson_interval(
    n_events: float, n: float, *, conf_level: float = CONF_LEVEL
) -> Estimate:
    """Estimate a proportion of independent units, with the exact (never too narrow) interval.

    Wider than it need be for routine description; use it where at least the stated coverage is
    wanted. Not for defects that share patients.

    Parameters
    ----------
    n_events, n : float
        Units with the event and all units.
    conf_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Proportion and limits in [0, 1].

    Raises
    ------
    EstimationError
        When `n` is 0.
    ArgumentError
        When `n_events` lies outside 0..n.

    Notes
    -----
    Beta quantiles, which extend to effective numbers that are not whole; agrees with R's
    `binom.test`.

    References
    ----------
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-413. doi:10.1093/biomet/26.4.404

    Examples
    --------
    >>> round(clopper_pearson_interval(16, 16).conf_low, 4)
    0.7941
    """
    events, total = require_count_pair(n_events, n)
    low, high = _clopper_pearson_limits(events, total, conf_level)
    return _estimate(events / total, (low, high), conf_level, "Clopper-Pearson exact")


def mid_p_interval(n_events: int, n: int, *, conf_level: float = CONF_LEVEL) -> Estimate:
    """Estimate a proportion of independent units, with the mid-P exact interval.

    A compromise between Clopper-Pearson and Wilson. Whole numbers only; not for defects that
    share patients.

    Parameters
    ----------
    n_events, n : int
        Units with the event and all units.
    conf_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Proportion and limits in [0, 1].

    Raises
    ------
    EstimationError
        When `n` is 0.
    ArgumentError
        When `n_events` lies outside 0..n.

    Notes
    -----
    Half the probability of the observed count is charged to each tail; the limits solve the two
    tail equations. With no event the lower limit is 0, with all events the upper limit is 1.

    References
    ----------
    Lancaster HO. J Am Stat Assoc 1961;56:223-234. doi:10.1080/01621459.1961.10482105

    Examples
    --------
    >>> round(mid_p_interval(0, 16).conf_high, 4)
    0.1707
    """
    events, total = require_count_pair(n_events, n)
    tail = 1 - _upper(conf_level)

    def excess_above(p: float) -> float:
        return float(binom.sf(events, total, p) + 0.5 * binom.pmf(events, total, p)) - tail

    def excess_below(p: float) -> float:
        return float(binom.cdf(events - 1, total, p) + 0.5 * binom.pmf(events, total, p)) - tail

    low = 0.0 if events == 0 else _root(excess_above)
    high = 1.0 if events == total else _root(excess_below)
    return _estimate(events / total, (low, high), conf_level, "mid-P exact")


def jeffreys_interval(n_events: float, n: float, *, conf_level: float = CONF_LEVEL) -> Estimate:
    """Estimate a proportion of independent units, with the Jeffreys (Beta(1/2, 1/2)) interval.

    Good average coverage for small numbers; not for defects that share patients.

    Parameters
    ----------
    n_events, n : float
        Units with the event and all units.
    conf_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        The observed proportion (not the posterior mean) and limits in [0, 1].

    Raises
    ------
    EstimationError
        When `n` is 0.
    ArgumentError
        When `n_events` lies outside 0..n.

    Notes
    -----
    Equal tails; the lower limit is 0 with no event and the upper limit 1 with all events, as Brown,
    Cai and DasGupta modify it.

    References
    ----------
    Brown LD, Cai TT, DasGupta A. Stat Sci 2001;16:101-133. doi:10.1214/ss/1009213286

    Examples
    --------
    >>> round(jeffreys_interval(9, 10).conf_low, 4)
    0.6187
    """
    events, total = require_count_pair(n_events, n)
    upper = _upper(conf_level)
    shape = (events + 0.5, total - events + 0.5)
    low = 0.0 if events == 0 else float(beta.ppf(1 - upper, *shape))
    high = 1.0 if events == total else float(beta.ppf(upper, *shape))
    return _estimate(events / total, (low, high), conf_level, "Jeffreys, equal tails")


def clustered_interval(
    events: ArrayLike, clusters: ArrayLike, *, conf_level: float = CONF_LEVEL
) -> ClusteredProportion:
    """Estimate the proportion of defects with the event when a patient may have several defects.

    Not for per-patient proportions (`wilson_interval`), nor when the status of some defects is
    unknown: leave those out first, and count them.

    Parameters
    ----------
    events : array of shape (n_defects,)
        1 (or True) for a defect with the event, 0 for one without.
    clusters : array of shape (n_defects,)
        The patient of each defect.
    conf_level : float
        Level of the interval.

    Returns
    -------
    ClusteredProportion
        Proportion, limits in [0, 1], standard error, ICC, design effect and effective n.

    Raises
    ------
    EstimationError
        When there is no defect.
    ArgumentError
        When shapes differ, values are missing, or `events` is not 0/1.

    Notes
    -----
    With s_i events among the m_i defects of patient i, K patients and n defects, the variance is
    K/(K-1) sum (s_i - p m_i)^2 / n^2, the linearised between-patient variance of R's survey
    package. effective_n is p(1-p) over it, at most n. The interval is Wilson's with the squared
    quantile of Student's t on K-1 degrees of freedom in place of the normal one.

    That variance is itself a guess when the rarer outcome occurs in few patients. A patient is
    called discordant here when at least one of their defects has the rarer outcome, the outcome
    found in fewer patients: with all or none united, or fewer than three discordant patients, the
    defects of a patient are taken as one observation (ICC of 1, effective_n = n^2 / sum m_i^2,
    the most cautious choice) and the interval is Clopper-Pearson's. (The other reading, patients
    whose own defects differ, would call every cohort of unilateral patients degenerate.) With one
    patient the effective n is 1 and the interval is accordingly almost everything.

    References
    ----------
    Korn EL, Graubard BI. Surv Methodol 1998;24:193-201.
    Fleiss JL, Cuzick J. Appl Psychol Meas 1979;3:537-542. doi:10.1177/014662167900300410

    Examples
    --------
    Six patients, the third with four defects:

    >>> united = [1, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1]
    >>> patient = [1, 1, 2, 3, 3, 3, 3, 4, 4, 5, 6, 6]
    >>> rate = clustered_interval(united, patient)
    >>> rate.n, rate.n_clusters, round(rate.estimate, 3), round(rate.standard_error, 3)
    (12, 6, 0.667, 0.149)
    """
    require_fraction("conf_level", conf_level)
    values = require_rows("events", require_binary("events", events))
    index, n_clusters = index_clusters(clusters, values.size)
    n_events_of = np.bincount(index, values, n_clusters).astype(np.float64)
    n_of = np.bincount(index, minlength=n_clusters).astype(np.float64)
    n_discordant = min(int((n_events_of > 0).sum()), int((n_of > n_events_of).sum()))
    estimate, variance = float(values.mean()), linearised_variance(n_events_of, n_of)
    if n_discordant < MIN_DISCORDANT_PATIENTS:
        effective_n = values.size**2 / float((n_of**2).sum())
        low, high = _clopper_pearson_limits(estimate * effective_n, effective_n, conf_level)
        method = _boundary_method(n_discordant)
    else:
        effective_n = float(values.size)
        if variance > 0:
            effective_n = min(estimate * (1 - estimate) / variance, effective_n)
        quantile = float(student.ppf(_upper(conf_level), n_clusters - 1))
        low, high = _wilson_limits(estimate, effective_n, quantile)
        method = (
            "Wilson score with Student's t on patients - 1 degrees of freedom, on the effective n "
            "of the between-patient variance"
        )
    return ClusteredProportion(
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        standard_error=float(np.sqrt(variance)) if 0 < estimate < 1 else float("nan"),
        icc=icc_anova(n_events_of, n_of),
        icc_fleiss_cuzick=icc_fleiss_cuzick(n_events_of, n_of),
        design_effect=values.size / effective_n,
        effective_n=effective_n,
        n=int(values.size),
        n_clusters=n_clusters,
        n_events=int(values.sum()),
        method=method,
    )


def _boundary_method(n_discordant: int) -> str:
    reason = {
        0: "all or none of the defects have the event",
        1: "only 1 patient has a defect with the rarer outcome",
    }.get(n_discordant, f"only {n_discordant} patients have a defect with the rarer outcome")
    return f"Clopper-Pearson on the effective n at an ICC of 1, since {reason}"


def _wilson_limits(estimate: float, n: float, quantile: float) -> tuple[float, float]:
    square = quantile**2
    centre = (estimate + square / (2 * n)) / (1 + square / n)
    spread = estimate * (1 - estimate) / n + square / (4 * n**2)
    half_width = quantile * float(np.sqrt(spread)) / (1 + square / n)
    low = 0.0 if estimate == 0 else max(centre - half_width, 0.0)
    high = 1.0 if estimate == 1 else min(centre + half_width, 1.0)
    return low, high


def _clopper_pearson_limits(n_events: float, n: float, conf_level: float) -> tuple[float, float]:
    upper = _upper(conf_level)
    low = 0.0 if n_events <= 0 else float(beta.ppf(1 - upper, n_events, n - n_events + 1))
    high = 1.0 if n_events >= n else float(beta.ppf(upper, n_events + 1, n - n_events))
    return low, high


def _upper(conf_level: float) -> float:
    return (1 + require_fraction("conf_level", conf_level)) / 2


def _root(function: Callable[[float], float]) -> float:
    return float(brentq(function, 1e-15, 1 - 1e-15, xtol=1e-15, rtol=1e-14))


def _estimate(
    estimate: float, limits: tuple[float, float], conf_level: float, method: str
) -> Estimate:
    return Estimate(
        estimate=estimate,
        conf_low=limits[0],
        conf_high=limits[1],
        conf_level=conf_level,
        method=method,
    )
