"""Per-defect proportions of several groups in many resamples of whole patients, and BCa limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.checks import Floats, index_clusters, require_binary, require_rows
from parsoutcomes.stats.estimates import Estimate
from parsoutcomes.stats.resampling import bca_interval, iter_patient_weights

# So many weights at once stay in the processor's cache, which is faster than one large product.
WEIGHTS_AT_ONCE = 200_000
SMALLEST_BATCH = 8
BOOTSTRAPPED = "{what}, patient bootstrap (BCa, {n} resamples)"


@dataclass(frozen=True, kw_only=True)
class ResampledRates:
    """Proportions of each group: as seen, in resamples, and with each patient left out.

    Attributes
    ----------
    groups : tuple of str
        The groups, in sorted order.
    estimates : array of shape (n_groups,)
        From all patients.
    draws : array of shape (n_resamples, n_groups)
        From resampled patients; missing where a resample has no defect of a group.
    left_out : array of shape (n_patients, n_groups)
        With each patient left out.
    """

    groups: tuple[str, ...]
    estimates: Floats
    draws: Floats
    left_out: Floats


def resample_group_rates(
    events: ArrayLike, groups: ArrayLike, clusters: ArrayLike, *, n_resamples: int, seed: int
) -> ResampledRates:
    """Resample whole patients and give the proportion of each group in every resample.

    One resample serves all groups, so that a patient with defects in several stays in all. Not an
    interval: `bca_difference` and `bca_ratio` are.

    Parameters
    ----------
    events : array of shape (n_defects,)
        1 for a defect with the event, 0 for one without.
    groups : array of shape (n_defects,)
        The group of each defect.
    clusters : array of shape (n_defects,)
        The patient of each defect.
    n_resamples : int
        Number of resamples.
    seed : int
        Same seed, same patients: same resamples, whatever the order of the rows.

    Returns
    -------
    ResampledRates

    Raises
    ------
    EstimationError
        When there is no defect.
    ArgumentError
        When shapes differ, values are missing, or `events` is not 0/1.

    Notes
    -----
    Events and defects are summed per patient and group once; a batch of resamples is then one
    product of weights and sums, so that cost grows with patients, not with defects and groups.

    Examples
    --------
    >>> rates = resample_group_rates([1, 0, 1, 1], ["x", "y", "x", "y"], [1, 1, 2, 3],
    ...                              n_resamples=100, seed=1)
    >>> rates.groups, rates.estimates.tolist(), rates.draws.shape
    (('x', 'y'), [1.0, 0.5], (100, 2))
    """
    values = require_rows("events", require_binary("events", events))
    patients, n_patients = index_clusters(clusters, values.size)
    names, of_group = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    if of_group.size != values.size:
        raise ArgumentError(
            "groups has the wrong shape.",
            expected=f"one group for each of {values.size} rows",
            found=f"{of_group.size} groups",
            fix="Give the group of every row, in the order of the rows.",
        )
    cells = patients * names.size + of_group
    n_cells = n_patients * names.size
    counts = np.concatenate(
        [
            np.bincount(cells, values, n_cells).reshape(n_patients, -1),
            np.bincount(cells, minlength=n_cells).reshape(n_patients, -1),
        ],
        axis=1,
    )
    weights = iter_patient_weights(
        np.arange(n_patients),
        n_resamples,
        seed=seed,
        batch_size=max(SMALLEST_BATCH, WEIGHTS_AT_ONCE // n_patients),
    )
    drawn = [batch.astype(np.float64) @ counts for batch in weights]
    total = counts.sum(axis=0)
    return ResampledRates(
        groups=tuple(str(name) for name in names),
        estimates=_divide(total[None, :])[0],
        draws=_divide(np.concatenate(drawn)),
        left_out=_divide(total - counts),
    )


def bca_difference(
    rates: ResampledRates, first: str, second: str, *, conf_level: float = CONF_LEVEL
) -> Estimate:
    """Give the difference of two groups its bias-corrected and accelerated interval.

    Shown beside `clustered_contrasts.compare_clustered`, which covers better with few patients.

    Parameters
    ----------
    rates : ResampledRates
        From `resample_group_rates`.
    first, second : str
        The groups: first less second.
    conf_level : float
        Level of the interval.

    Returns
    -------
    Estimate

    Raises
    ------
    EstimationError
        When a group has an empty cell, or a resample has no defect of a group: not defined.

    Examples
    --------
    >>> rates = resample_group_rates([1, 0] * 20, ["x", "x", "y", "y"] * 10, range(40),
    ...                              n_resamples=500, seed=1)
    >>> bca_difference(rates, "x", "y").estimate
    0.0
    """
    one, other = _columns(rates, first, second)
    difference = [part[..., one] - part[..., other] for part in _parts(rates)]
    return _bca("difference", difference, conf_level)


def bca_ratio(
    rates: ResampledRates, first: str, second: str, *, conf_level: float = CONF_LEVEL
) -> Estimate:
    """Give the ratio of two groups its bias-corrected and accelerated interval.

    Parameters
    ----------
    rates, first, second, conf_level
        As in `bca_difference`: first over second.

    Returns
    -------
    Estimate

    Raises
    ------
    EstimationError
        As in `bca_difference`, and when a resample has no event in the second group.

    Notes
    -----
    In simulations with 10 or 20 patients it covered as little as 71 %: for display beside
    `compare_clustered` only.

    Examples
    --------
    >>> rates = resample_group_rates([1, 0] * 20, ["x", "x", "y", "y"] * 10, range(40),
    ...                              n_resamples=500, seed=1)
    >>> bca_ratio(rates, "x", "y").estimate
    1.0
    """
    one, other = _columns(rates, first, second)
    ratio = []
    for part in _parts(rates):
        below = np.where(part[..., other] > 0, part[..., other], np.nan)
        ratio.append(part[..., one] / below)
    return _bca("ratio", ratio, conf_level)


def _divide(counts: Floats) -> Floats:
    events, sizes = np.split(counts, 2, axis=1)
    shares = np.full(events.shape, np.nan)
    np.divide(events, sizes, out=shares, where=sizes > 0)
    return shares


def _parts(rates: ResampledRates) -> tuple[Floats, Floats, Floats]:
    return rates.estimates, rates.draws, rates.left_out


def _columns(rates: ResampledRates, first: str, second: str) -> tuple[int, int]:
    one, other = rates.groups.index(first), rates.groups.index(second)
    n_empty = sum(rates.estimates[column] in (0, 1) for column in (one, other))
    if n_empty:
        raise EstimationError(
            "A bootstrap interval is not defined with an empty cell.",
            expected="defects with and without the event in both groups",
            found=f"{n_empty} groups in which all or none have it",
            fix="Use compare_clustered, which holds with an empty cell.",
        )
    return one, other


def _bca(what: str, parts: list[Floats], conf_level: float) -> Estimate:
    estimate, draws, left_out = parts
    low, high = bca_interval(float(estimate), draws, left_out, conf_level=conf_level)
    return Estimate(
        estimate=float(estimate),
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        method=BOOTSTRAPPED.format(what=what, n=f"{len(draws):,}"),
    )
