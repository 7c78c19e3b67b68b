"""How well a score tells those with an event from those without, patients with several defects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit
from scipy.stats import t as student

from parsoutcomes.conventions import CONF_LEVEL, MIN_DISCORDANT_PATIENTS, N_RESAMPLES, SEED
from parsoutcomes.errors import EstimationError, require_fraction
from parsoutcomes.stats.checks import (
    Floats,
    index_clusters,
    require_binary,
    require_rows,
    require_vector,
)
from parsoutcomes.stats.resampling import bayesian_patient_weights


@dataclass(frozen=True, kw_only=True)
class ClusteredArea:
    """An area under the receiver operating characteristic curve, with whole patients resampled.

    Attributes
    ----------
    estimate, conf_low, conf_high, conf_level : float
        The area and its limits; limits are missing when too few patients carry the rarer outcome.
    n, n_events, n_clusters : int
        Defects, defects with the event, patients.
    """

    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    n: int
    n_events: int
    n_clusters: int


def clustered_area(
    scores: ArrayLike,
    events: ArrayLike,
    clusters: ArrayLike,
    *,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> ClusteredArea:
    """Estimate how often a defect with the event scores higher than one without.

    Not a measure of calibration: a score may order defects well and predict rates badly.

    Parameters
    ----------
    scores : array of shape (n_defects,)
        The higher, the more an event is expected.
    events : array of shape (n_defects,)
        1 with the event, 0 without.
    clusters : array of shape (n_defects,)
        The patient of each defect.
    conf_level : float
        Level of the interval.
    n_resamples, seed : int
        Draws and their seed.

    Returns
    -------
    ClusteredArea

    Raises
    ------
    EstimationError
        When all defects have the event, or none.
    ArgumentError
        When shapes differ, values are missing, or `events` is not 0/1.

    Notes
    -----
    Mann-Whitney statistic over n1 n0, ties counted half; agrees with scipy. Limits: Student's t on
    patients with the rarer outcome, at the standard deviation of the logit over Bayesian-bootstrap
    reweightings of whole patients. Fewer than 3 patients with the rarer outcome, or an area of
    exactly 0 or 1: no limits.

    References
    ----------
    Rubin DB. Ann Stat 1981;9:130-134. doi:10.1214/aos/1176345338

    Examples
    --------
    >>> area = clustered_area([0, 1, 1, 2], [0, 0, 1, 1], ["a", "b", "c", "d"])
    >>> area.estimate, area.conf_low
    (0.875, nan)
    """
    require_fraction("conf_level", conf_level)
    values = require_rows("scores", require_vector("scores", scores))
    happened = require_vector("events", require_binary("events", events), values.size)
    index, n_clusters = index_clusters(clusters, values.size)
    _require_both(happened)
    estimate = float(area_under_curve(values, happened, np.ones((1, values.size)))[0])
    n_discordant = min(np.unique(index[happened == side]).size for side in (0, 1))
    low = high = float("nan")
    if n_discordant >= MIN_DISCORDANT_PATIENTS and 0 < estimate < 1:
        weights = bayesian_patient_weights(index, n_resamples, seed=seed)
        draws = logit(np.clip(area_under_curve(values, happened, weights), 1e-12, 1 - 1e-12))
        low, high = _limits(estimate, draws, n_discordant, conf_level)
    return ClusteredArea(
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        n=int(values.size),
        n_events=int(happened.sum()),
        n_clusters=n_clusters,
    )


def area_under_curve(scores: Floats, events: Floats, weights: Floats) -> Floats:
    """Return the area for each row of weights; ties count half.

    Examples
    --------
    >>> area_under_curve(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.ones((1, 2))).tolist()
    [1.0]
    """
    levels, level_of = np.unique(scores, return_inverse=True)
    at_level = np.asarray(level_of[:, None] == np.arange(levels.size)[None, :], dtype=np.float64)
    with_event = weights @ (at_level * events[:, None])
    without = weights @ (at_level * (1 - events)[:, None])
    below = np.cumsum(without, axis=1) - without / 2
    total = with_event.sum(axis=1) * without.sum(axis=1)
    return np.asarray((with_event * below).sum(axis=1) / total)


def clustered_slope(
    scores: ArrayLike,
    events: ArrayLike,
    clusters: ArrayLike,
    *,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> tuple[float, float, float]:
    """Estimate by how much the share with the event changes per point of a score.

    Not a model of risk: a straight line through shares, for a trend and its direction.

    Parameters
    ----------
    scores, events, clusters, conf_level, n_resamples, seed
        As in `clustered_area`.

    Returns
    -------
    tuple of float
        Slope of the least-squares line and its limits, as a share per point; missing where all
        scores are equal, limits missing with fewer than 3 patients with the rarer outcome.

    Notes
    -----
    Limits: Student's t on patients with the rarer outcome, at the standard deviation over
    Bayesian-bootstrap reweightings of whole patients.

    Examples
    --------
    >>> slope, low, high = clustered_slope([0, 0, 1, 1], [0, 0, 0, 1], ["a", "b", "c", "d"])
    >>> slope, low
    (0.5, nan)
    """
    values = require_rows("scores", require_vector("scores", scores))
    happened = require_vector("events", require_binary("events", events), values.size)
    index, _ = index_clusters(clusters, values.size)
    if np.ptp(values) == 0:
        return (float("nan"),) * 3
    estimate = float(_slope(values, happened, np.ones((1, values.size)))[0])
    n_discordant = min(np.unique(index[happened == side]).size for side in (0, 1))
    if n_discordant < MIN_DISCORDANT_PATIENTS:
        return estimate, float("nan"), float("nan")
    weights = bayesian_patient_weights(index, n_resamples, seed=seed)
    reach = _reach(_slope(values, happened, weights), n_discordant, conf_level)
    return estimate, estimate - reach, estimate + reach


def _slope(scores: Floats, events: Floats, weights: Floats) -> Floats:
    total = weights.sum(axis=1)
    mean_score, mean_event = weights @ scores / total, weights @ events / total
    joint = weights @ (scores * events) / total - mean_score * mean_event
    return np.asarray(joint / (weights @ scores**2 / total - mean_score**2))


def _limits(
    estimate: float, draws: Floats, n_discordant: int, conf_level: float
) -> tuple[float, float]:
    reach = _reach(draws, n_discordant, conf_level)
    centre = float(logit(estimate))
    return float(expit(centre - reach)), float(expit(centre + reach))


def _reach(draws: Floats, n_discordant: int, conf_level: float) -> float:
    quantile = float(student.ppf((1 + conf_level) / 2, n_discordant - 1))
    return quantile * float(draws.std(ddof=1))


def _require_both(events: Floats) -> None:
    n_events = int(events.sum())
    if n_events in (0, events.size):
        raise EstimationError(
            "A score cannot tell apart what does not differ.",
            expected="defects with the event and defects without it",
            found=f"{n_events} of {events.size} with the event",
            fix="Give the counts by score instead.",
        )
