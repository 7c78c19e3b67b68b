"""Times by which a share has united, mean time un-united, and differences between groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.errors import ArgumentError, require_choice, require_fraction
from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.npmle_competing import NpmleCompeting
from parsoutcomes.stats.npmle_influence import measure_influence, read_rows
from parsoutcomes.stats.npmle_intervals import NEGLIGIBLE, IncidenceIntervals

PLACED = ("unknown", "evenly")


@dataclass(frozen=True, kw_only=True)
class BoundedEstimate:
    """An estimate that data with intervals bound from two sides.

    Attributes
    ----------
    low, high : float
        What the estimate may be; inf for a quantile that is not reached.
    conf_low, conf_high, conf_level : float
        Limits and their level.
    """

    low: float
    high: float
    conf_low: float
    conf_high: float
    conf_level: float


@dataclass(frozen=True, kw_only=True)
class IncidenceDifference:
    """Difference of two cumulative incidences at the same times, with limits.

    Attributes
    ----------
    times, difference, conf_low, conf_high : array of shape (n_times,)
        First minus second.
    correlation : array of shape (n_times,)
        Between the two estimates, from patients with rows in both; 0 when there are none.
    conf_level : float
        Level.
    """

    times: Floats
    difference: Floats
    conf_low: Floats
    conf_high: Floats
    correlation: Floats
    conf_level: float


def estimate_quantile(found: IncidenceIntervals, share: float) -> BoundedEstimate:
    """Estimate the time by which a share of pars has united, such as the median at 0.5.

    Among all pars, those that never unite included: inf where the share is not reached.

    Parameters
    ----------
    found : IncidenceIntervals
        At the right ends of all boxes, or at every planned visit.
    share : float
        Strictly between 0 and 1.

    Returns
    -------
    BoundedEstimate
        Union of that share came after `low` and on or before `high`; the limits are the times at
        which the pointwise limits pass the share (test inversion, as Brookmeyer and Crowley).

    Examples
    --------
    >>> from parsoutcomes.stats.npmle_intervals import estimate_incidence
    >>> found = estimate_incidence([0, 0, 3, 6], [3, 3, 6, float("inf")], [1, 1, 1, 0],
    ...     [0, 0, 3, 6], range(4), [3, 6])
    >>> median = estimate_quantile(found, 0.6)
    >>> median.low, median.high, median.conf_high
    (3.0, 6.0, inf)
    """
    require_fraction("share", share)
    before = np.concatenate([[0.0], found.times])
    after = np.concatenate([found.times, [np.inf]])

    def first(reached: NDArray[np.bool_], days: Floats) -> float:
        return float(days[np.flatnonzero(np.append(reached, True))[0]])

    return BoundedEstimate(
        low=first(found.high >= share, before),
        high=first(found.low >= share, after),
        conf_low=first(found.conf_high >= share, before),
        conf_high=first(found.conf_low >= share, after),
        conf_level=found.conf_level,
    )


def estimate_restricted_mean(  # noqa: PLR0917  the rows of fit_npmle_competing, then the horizon
    left: ArrayLike,
    right: ArrayLike,
    causes: ArrayLike,
    censored_at: ArrayLike,
    clusters: ArrayLike,
    horizon: float,
    *,
    placed: str = "unknown",
    conf_level: float = CONF_LEVEL,
) -> BoundedEstimate:
    """Estimate the mean time spent un-united up to a horizon.

    Not a mean time to union: pars that never unite count with the whole horizon, and so do those
    operated on. Where union lies between two scans is unknown, hence two values by default.

    Parameters
    ----------
    left, right, causes, censored_at, clusters : array of shape (n_rows,)
        As in `estimate_incidence`.
    horizon : float
        Above 0, in the unit of the rows.
    placed : {"unknown", "evenly"}
        Where in its box a union lies: anywhere, which gives two values; or spread evenly, an
        assumption the data cannot check, which gives one.
    conf_level : float
        Level.

    Returns
    -------
    BoundedEstimate
        `low`: all unions at the start of their boxes; `high`: all at the end; equal when spread
        evenly. Limits within 0 and the horizon.

    Notes
    -----
    The area above F up to the horizon, a weighted sum of masses; t(K - 1) limits with the sandwich
    variance between patients, the lower limit from `low` and the upper from `high`.

    Examples
    --------
    Half united between months 3 and 6, half never:

    >>> mean = estimate_restricted_mean([3, 6] * 5, [6, float("inf")] * 5, [1, 0] * 5, [3, 6] * 5,
    ...     range(10), 6.0)
    >>> round(mean.low, 6), round(mean.high, 6)
    (4.5, 6.0)
    """
    require_choice("placed", placed, PLACED)
    _require_horizon(horizon)
    rows = read_rows(left, right, causes, censored_at, clusters)
    fit = rows.fit()
    gains = _gains_evenly(fit, horizon) if placed == "evenly" else _gains(fit, horizon)
    late, early = (measure_influence(rows, fit, gained) for gained in gains)
    critical = student.ppf(
        (1 + require_fraction("conf_level", conf_level)) / 2, max(rows.n_patients - 1, 1)
    )
    low, high = horizon - float(early.estimate[0]), horizon - float(late.estimate[0])
    return BoundedEstimate(
        low=low,
        high=high,
        conf_low=max(low - float(critical * np.sqrt(early.variance[0])), 0.0),
        conf_high=min(high + float(critical * np.sqrt(late.variance[0])), horizon),
        conf_level=conf_level,
    )


def compare_incidence(first: IncidenceIntervals, second: IncidenceIntervals) -> IncidenceDifference:
    """Give the difference in cumulative incidence between two groups, with limits.

    One difference at a time fixed beforehand; over several times or groups use the score test.

    Parameters
    ----------
    first, second : IncidenceIntervals
        At the same times and level.

    Returns
    -------
    IncidenceDifference
        First minus second.

    Raises
    ------
    ArgumentError
        When times or levels differ.

    Notes
    -----
    Square-and-add of the two intervals, with the correlation of the estimates where patients have
    rows in both groups (Zou and Donner's form of Newcombe's method).

    References
    ----------
    Zou GY, Donner A. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095

    Examples
    --------
    >>> from parsoutcomes.stats.npmle_intervals import estimate_incidence
    >>> rows = ([0] * 8, [3] * 8, [1] * 8, [0] * 8)
    >>> all_united = estimate_incidence(*rows, range(8), [3])
    >>> compare_incidence(all_united, all_united).difference.tolist()
    [0.0]
    """
    if first.times.tolist() != second.times.tolist() or first.conf_level != second.conf_level:
        raise ArgumentError(
            "The two curves do not match.",
            expected="the same times and the same conf_level",
            found=f"{first.times.size} and {second.times.size} times, "
            f"levels {first.conf_level:g} and {second.conf_level:g}",
            fix="Estimate both at the same times.",
        )
    correlation = _correlate(first, second)
    difference = first.estimate - second.estimate
    below = (first.estimate - first.conf_low, second.conf_high - second.estimate)
    above = (first.conf_high - first.estimate, second.estimate - second.conf_low)
    return IncidenceDifference(
        times=first.times,
        difference=difference,
        conf_low=difference - _square_and_add(*below, correlation),
        conf_high=difference + _square_and_add(*above, correlation),
        correlation=correlation,
        conf_level=first.conf_level,
    )


def _require_horizon(horizon: float) -> None:
    if not (np.isfinite(horizon) and horizon > 0):
        raise ArgumentError(
            "The horizon cannot be used.",
            expected="a finite time above 0",
            found=repr(horizon),
            fix="Give the horizon in the unit of the intervals.",
        )


def _gains(fit: NpmleCompeting, horizon: float) -> tuple[Floats, Floats]:
    """Return the time that each box's mass spends united: from its end, and from its start."""
    nothing = np.zeros(fit.surgery.left.size)
    late = np.concatenate([np.maximum(horizon - fit.union.right, 0), [0.0], nothing])
    open_gain = max(horizon - fit.union.open_left, 0.0)
    early = np.concatenate([np.maximum(horizon - fit.union.left, 0), [open_gain], nothing])
    return late[:, None], early[:, None]


def _gains_evenly(fit: NpmleCompeting, horizon: float) -> tuple[Floats, Floats]:
    """Return the same for mass spread evenly over its box; open mass stays un-united."""
    left, right = fit.union.left, fit.union.right
    inside = np.clip(horizon - left, 0.0, right - left)
    width = np.where(right > left, right - left, 1.0)
    partial = np.where(right > left, inside**2 / (2 * width), 0.0)
    gained = partial + np.maximum(horizon - right, 0.0)
    line = np.concatenate([gained, np.zeros(1 + fit.surgery.left.size)])[:, None]
    return line, line


def _correlate(first: IncidenceIntervals, second: IncidenceIntervals) -> Floats:
    _, ours, theirs = np.intersect1d(first.patients, second.patients, return_indices=True)
    shared = (first.influence[ours] * second.influence[theirs]).sum(axis=0)
    scale = np.sqrt((first.influence**2).sum(axis=0) * (second.influence**2).sum(axis=0))
    correlation = np.zeros(shared.size)
    np.divide(shared, scale, out=correlation, where=scale > NEGLIGIBLE)
    return correlation


def _square_and_add(one: Floats, other: Floats, correlation: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(one**2 + other**2 - 2 * correlation * one * other, 0.0)))
