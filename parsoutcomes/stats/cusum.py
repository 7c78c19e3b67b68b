"""Risk-adjusted CUSUM and VLAD: a sequence of outcomes against what was expected of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.checks import Floats, index_clusters, require_binary, require_vector


def log_likelihood_weights(events: ArrayLike, expected: ArrayLike, *, odds_ratio: float) -> Floats:
    """Weigh each outcome as evidence that the odds of the event have changed by a ratio.

    What a risk-adjusted CUSUM adds up: an event that was unlikely tells more than one that was
    likely. Not a test of one patient.

    Parameters
    ----------
    events : array of shape (n,)
        1 for the event, 0 for none.
    expected : array of shape (n,)
        Chance of the event as expected, strictly between 0 and 1.
    odds_ratio : float
        The change to be detected, in odds of the event: 2 for doubled, 0.5 for halved.

    Returns
    -------
    array of shape (n,)
        Natural logarithm of the likelihood ratio; above 0 speaks for the change.

    Raises
    ------
    ArgumentError
        When a value lies outside its range or shapes differ.

    Notes
    -----
    log(R) y - log(1 - p + R p). Agrees with the weights printed by Steiner 2000 (p. 446), Steiner
    2014 (p. 234) and Rigdon and Fricker 2015, as given in the documentation of R's vlad 0.2.2.

    References
    ----------
    Steiner SH et al. Biostatistics 2000;1:441-452. doi:10.1093/biostatistics/1.4.441

    Examples
    --------
    >>> log_likelihood_weights([0, 1], [0.5, 0.5], odds_ratio=2).round(3).tolist()
    [-0.405, 0.288]
    """
    p = require_chances(expected)
    y = require_vector("events", require_binary("events", events), p.size)
    ratio = require_odds_ratio(odds_ratio)
    return np.asarray(np.log(ratio) * y - np.log1p((ratio - 1) * p))


def accumulate_cusum(
    weights: ArrayLike, *, limit: float | None = None
) -> tuple[Floats, NDArray[np.bool_]]:
    """Add up weights from zero, never below it, starting again after each signal.

    Not for drawing conclusions without a limit that was set beforehand.

    Parameters
    ----------
    weights : array of shape (n,)
        One per patient, in order of time.
    limit : float, optional
        A signal is given when the sum reaches it; none without.

    Returns
    -------
    tuple of array
        The sum after each patient (at a signal the value that gave it), and where signals are.

    Raises
    ------
    ArgumentError
        When weights are missing.

    Examples
    --------
    >>> sums, signals = accumulate_cusum([1.0, -2.0, 1.0, 1.5, 1.0], limit=2.0)
    >>> sums.tolist(), signals.tolist()
    ([1.0, 0.0, 1.0, 2.5, 1.0], [False, False, False, True, False])
    """
    values = require_vector("weights", weights)
    sums, signals = np.zeros(values.size), np.zeros(values.size, dtype=np.bool_)
    total = 0.0
    for place, weight in enumerate(values):
        total = max(0.0, total + float(weight))
        sums[place] = total
        signals[place] = limit is not None and total >= limit
        total = 0.0 if signals[place] else total
    return sums, signals


def accumulate_excess(events: ArrayLike, expected: ArrayLike) -> Floats:
    """Add up events minus what was expected: the variable life-adjusted display (VLAD).

    Reads in unions: +3 is three more than expected. It has no limits of its own, and wanders when
    nothing has changed; the CUSUM says when to look.

    Parameters
    ----------
    events, expected : array of shape (n,)
        Events and their expected number, one pair per patient or per pars.

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    ArgumentError
        When shapes differ or values are missing.

    References
    ----------
    Steiner SH et al. Biostatistics 2000;1:441-452. doi:10.1093/biostatistics/1.4.441

    Examples
    --------
    >>> accumulate_excess([1, 0, 2], [0.5, 0.75, 1.5]).tolist()
    [0.5, -0.25, 0.25]
    """
    means = require_vector("expected", expected)
    return np.asarray(np.cumsum(require_vector("events", events, means.size) - means))


@dataclass(frozen=True, kw_only=True)
class PairCorrelation:
    """How alike the pars of one patient are, beyond what their expected rates say.

    Attributes
    ----------
    correlation : float
        0 = independent, 1 = as alike as their rates allow; not a number without a pair that tells.
    n_pairs : int
        Pairs of pars it rests on.
    """

    correlation: float
    n_pairs: int


def estimate_pair_correlation(
    events: ArrayLike, expected: ArrayLike, clusters: ArrayLike
) -> PairCorrelation:
    """Estimate how alike the pars of a patient are, given each one's own rate.

    For drawing pairs in a simulation; no interval is given, so nothing should be claimed from it.

    Parameters
    ----------
    events, expected : array of shape (n_defects,)
        0 or 1, and the rate of its kind.
    clusters : array of shape (n_defects,)
        The patient of each.

    Returns
    -------
    PairCorrelation

    Raises
    ------
    ArgumentError
        When shapes differ or values are missing.

    Notes
    -----
    Products of residuals over all pairs, divided by the largest their rates allow,
    min(p, q) - p q; kept within 0 to 1.

    Examples
    --------
    >>> pairs = estimate_pair_correlation([1, 1, 0, 0], [0.5] * 4, [1, 1, 2, 2])
    >>> pairs.correlation, pairs.n_pairs
    (1.0, 2)
    """
    p = require_vector("expected", expected)
    residuals = require_vector("events", events, p.size) - p
    index, _ = index_clusters(clusters, p.size)
    first, second = np.nonzero(np.triu(index[:, None] == index[None, :], k=1))
    largest = float((np.minimum(p[first], p[second]) - p[first] * p[second]).sum())
    if largest <= 0:
        return PairCorrelation(correlation=float("nan"), n_pairs=int(first.size))
    found = float((residuals[first] * residuals[second]).sum()) / largest
    return PairCorrelation(correlation=min(max(found, 0.0), 1.0), n_pairs=int(first.size))


def require_chances(expected: ArrayLike) -> Floats:
    """Return expected chances, all strictly between 0 and 1."""
    p = require_vector("expected", expected)
    n_outside = int(((p <= 0) | (p >= 1)).sum())
    if n_outside:
        raise ArgumentError(
            "An expected chance is 0, 1 or beyond.",
            expected="chances strictly between 0 and 1: of a sure thing nothing can be learnt",
            found=f"{n_outside} of {p.size} outside",
            fix="Replace a rate of 0 or 1 by (events + 1/2) / (n + 1).",
        )
    return p


def require_odds_ratio(odds_ratio: float) -> float:
    """Return the odds ratio to be detected: above 0, and not 1."""
    if odds_ratio > 0 and odds_ratio != 1 and np.isfinite(odds_ratio):
        return float(odds_ratio)
    raise ArgumentError(
        "The odds ratio to be detected is no change.",
        expected="a number above 0 other than 1, such as 2 or 0.5",
        found=repr(odds_ratio),
        fix="Give 2 to detect doubled odds, 0.5 to detect halved ones.",
    )
