"""A score test of groups, or of a trend over ordered groups, when defects share patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from parsoutcomes.conventions import CONF_LEVEL, MIN_DISCORDANT_PATIENTS
from parsoutcomes.errors import EstimationError, require_fraction
from parsoutcomes.stats.checks import (
    Floats,
    Integers,
    index_clusters,
    require_binary,
    require_rows,
    require_vector,
)
from parsoutcomes.stats.estimates import Estimate


@dataclass(frozen=True, kw_only=True)
class ClusteredScoreTest:
    """Whether a proportion changes with a score given to each defect, such as its stage.

    Attributes
    ----------
    statistic : float
        The score over its standard error under no change; above 0 when the proportion rises.
    degrees_of_freedom : int
        Patients - 2, for Student's t.
    p_value : float
        Two-sided.
    slope : Estimate
        Change of the proportion per unit of the score, least squares, with its own interval.
    n, n_clusters : int
        Defects and patients.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    slope: Estimate
    n: int
    n_clusters: int


def score_clustered(
    events: ArrayLike,
    scores: ArrayLike,
    clusters: ArrayLike,
    *,
    conf_level: float = CONF_LEVEL,
) -> ClusteredScoreTest:
    """Test whether a per-defect proportion differs between two groups, or follows an order.

    With scores 0 and 1 it tests two groups; with 0, 1, 2, ... a trend over ordered groups. Not for
    a handful of patients: refused when the rarer outcome was seen in fewer than three.

    Parameters
    ----------
    events : array of shape (n_defects,)
        1 for a defect with the event, 0 for one without.
    scores : array of shape (n_defects,)
        The group of each defect as a number.
    clusters : array of shape (n_defects,)
        The patient of each defect.
    conf_level : float
        Level of the interval of the slope.

    Returns
    -------
    ClusteredScoreTest

    Raises
    ------
    EstimationError
        When fewer than three patients show the rarer outcome, or all scores are alike.
    ArgumentError
        When shapes differ, values are missing, or `events` is not 0/1.

    Notes
    -----
    U = sum over patients of u_i, u_i = sum_j (x_ij - mean x)(y_ij - mean y): the score of a linear
    term in a logistic (or linear) model with independence working correlation. Its variance under
    no change is sum u_i^2, the sandwich over patients (Rotnitzky and Jewell 1990), and U over its
    root is referred to Student's t on patients - 2. U^2 / sum u_i^2 agrees with the score test of
    statsmodels GEE. The slope's interval uses the sandwich of the residuals from the line, with
    K/(K-1), and may disagree with the test at the margin.

    References
    ----------
    Rotnitzky A, Jewell NP. Biometrika 1990;77:485-497.

    Examples
    --------
    >>> united = [1, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0]
    >>> stage = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    >>> found = score_clustered(united, stage, range(12))
    >>> round(found.slope.estimate, 3), found.degrees_of_freedom, found.p_value < 0.1
    (-0.375, 10, True)
    """
    require_fraction("conf_level", conf_level)
    y = require_rows("events", require_binary("events", events))
    x = require_vector("scores", scores, y.size)
    index, n_clusters = index_clusters(clusters, y.size)
    _require_variation(y, x, index)
    centred = x - x.mean()
    spread = float(centred @ centred)
    total = float(centred @ y)
    of_patients = np.bincount(index, centred * (y - y.mean()), n_clusters)
    statistic = total / float(np.sqrt((of_patients**2).sum()))
    freedom = n_clusters - 2
    residuals = y - y.mean() - total / spread * centred
    around = np.bincount(index, centred * residuals, n_clusters)
    error = float(np.sqrt(n_clusters / (n_clusters - 1) * (around**2).sum())) / spread
    return ClusteredScoreTest(
        statistic=statistic,
        degrees_of_freedom=freedom,
        p_value=float(2 * student.sf(abs(statistic), freedom)),
        slope=_slope(total / spread, error, freedom, conf_level),
        n=int(y.size),
        n_clusters=n_clusters,
    )


def _slope(slope: float, error: float, freedom: int, conf_level: float) -> Estimate:
    reach = float(student.ppf((1 + conf_level) / 2, freedom)) * error
    return Estimate(
        estimate=slope,
        conf_low=slope - reach,
        conf_high=slope + reach,
        conf_level=conf_level,
        method="least-squares slope, sandwich over patients, Student's t on patients - 2",
    )


def _require_variation(y: Floats, x: Floats, index: Integers) -> None:
    n_rarer = min(np.unique(index[y == value]).size for value in (0, 1))
    if n_rarer >= MIN_DISCORDANT_PATIENTS and np.ptp(x) > 0:
        return
    raise EstimationError(
        "These defects are too few, or too alike, for a test.",
        expected=f"both outcomes in at least {MIN_DISCORDANT_PATIENTS} patients, and two groups",
        found=f"the rarer outcome in {n_rarer} patients, {np.unique(x).size} groups",
        fix="Give counts and intervals instead.",
    )
