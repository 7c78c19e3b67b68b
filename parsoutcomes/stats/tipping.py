"""Proportions as they would be if some of unknown status had the event: one interval per count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm
from scipy.stats import t as student

from parsoutcomes.conventions import CONF_LEVEL, MIN_DISCORDANT_PATIENTS
from parsoutcomes.errors import require_fraction
from parsoutcomes.stats.checks import Floats, index_clusters, require_binary, require_rows
from parsoutcomes.stats.proportions import (
    clopper_pearson_interval,
    clustered_interval,
    wilson_interval,
)


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """The proportion for 0, 1, ..., all of the unknown having had the event.

    Attributes
    ----------
    n_unknown_events : array of shape (n_unknown + 1,)
        How many of the unknown are taken to have had it.
    estimate, conf_low, conf_high : array of the same shape
        Of the proportion among all.
    n_events_known, n_known, n, n_clusters : int
        Among the known; known; all; patients among all.
    """

    n_unknown_events: Floats
    estimate: Floats
    conf_low: Floats
    conf_high: Floats
    n_events_known: int
    n_known: int
    n: int
    n_clusters: int

    @property
    def n_unknown(self) -> int:
        """Number of unknown status."""
        return self.n - self.n_known

    @property
    def like_known(self) -> int:
        """How many of the unknown would have the event if they were like the known."""
        if not self.n_known:
            return self.n_unknown // 2
        return round(self.n_unknown * self.n_events_known / self.n_known)


def list_outcomes(
    events: ArrayLike,
    known: ArrayLike,
    clusters: ArrayLike,
    *,
    is_per_patient: bool = False,
    conf_level: float = CONF_LEVEL,
) -> Outcomes:
    """List the proportion, with its interval, for every number of events among the unknown.

    Not an estimate: a list of what the data would have said.

    Parameters
    ----------
    events : array of shape (n_rows,)
        1 for an event; anything among 0 and 1 where not known.
    known : array of shape (n_rows,)
        1 where the status is known.
    clusters : array of shape (n_rows,)
        The patient of each row.
    is_per_patient : bool
        Whether rows are patients, and not their defects.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    Outcomes

    Raises
    ------
    EstimationError
        Without rows.

    Notes
    -----
    Which of the unknown have the event does not matter to the proportion, but would to its
    clustered interval; so the design effect of the known is taken for all (of one patient's
    defects as alike as can be where nobody is known): Wilson on n / design effect with Student's t
    on patients - 1; of patients Wilson's own. With fewer than three of the rarer
    outcome Clopper-Pearson on n^2 / sum m_i^2, as `clustered_interval` does.

    Examples
    --------
    >>> found = list_outcomes([1, 1, 0, 0], [1, 1, 1, 0], ["a", "b", "c", "d"])
    >>> found.estimate.tolist(), found.like_known
    ([0.5, 0.75], 1)
    """
    values = require_rows("events", require_binary("events", events))
    is_known = require_binary("known", known) == 1
    index, n_clusters = index_clusters(clusters, values.size)
    sizes = np.bincount(index).astype(np.float64)
    n_events, n_known = int(values[is_known].sum()), int(is_known.sum())
    cautious_n = values.size**2 / float((sizes**2).sum())
    effect = values.size / cautious_n
    if is_per_patient:
        effect = 1.0
    elif n_known:
        effect = clustered_interval(values[is_known], index[is_known]).design_effect
    level = _student_level(conf_level, n_clusters, is_per_patient=is_per_patient)
    counts = np.arange(values.size - n_known + 1, dtype=np.float64)
    limits = [
        _wilson(n_events + k, values.size, effect, level)
        if is_per_patient
        or min(n_events + k, values.size - n_events - k) >= MIN_DISCORDANT_PATIENTS
        else _exact(n_events + k, values.size, cautious_n, conf_level)
        for k in counts
    ]
    return Outcomes(
        n_unknown_events=counts,
        estimate=(n_events + counts) / values.size,
        conf_low=np.array([low for low, _ in limits]),
        conf_high=np.array([high for _, high in limits]),
        n_events_known=n_events,
        n_known=n_known,
        n=int(values.size),
        n_clusters=n_clusters,
    )


def _student_level(conf_level: float, n_clusters: int, *, is_per_patient: bool) -> float:
    """Return the level at which a normal quantile is Student's on patients - 1."""
    require_fraction("conf_level", conf_level)
    if is_per_patient:
        return conf_level
    quantile = student.ppf((1 + conf_level) / 2, max(n_clusters - 1, 1))
    return float(min(2 * norm.cdf(quantile) - 1, 1 - 1e-12))


def _wilson(n_events: float, n: int, effect: float, level: float) -> tuple[float, float]:
    found = wilson_interval(n_events / effect, n / effect, conf_level=level)
    return found.conf_low, found.conf_high


def _exact(n_events: float, n: int, cautious_n: float, conf_level: float) -> tuple[float, float]:
    share = n_events / n
    found = clopper_pearson_interval(share * cautious_n, cautious_n, conf_level=conf_level)
    return found.conf_low, found.conf_high
