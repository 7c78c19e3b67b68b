"""Times as a plain analysis takes them: union on one day, follow-up up to the last scan."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.models.incidence import SURGERY, UNION
from parsoutcomes.results.competing_risks import MIDPOINT
from parsoutcomes.stats.proportions import clopper_pearson_interval

Floats = NDArray[np.float64]

NO_LIMITS = "none: later than the last scan"


def take_familiar_times(rows: pd.DataFrame, approach: str) -> tuple[Floats, NDArray[np.int64]]:
    """Give each unit one day and what happened on it.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `select_units` on exact days.
    approach : str
        "first united scan": union on the day of that scan; "mid-point": half-way between it and
        the last scan without union.

    Returns
    -------
    tuple of two arrays of shape (n_rows,)
        Days since fitting; 1 union, 2 surgery, 0 last scan without union. Surgery on a day not
        recorded is taken as late as it may be; where nothing bounds it, on its earliest day.

    Examples
    --------
    >>> rows = pd.DataFrame({"left_days": [90.0, 180.0], "right_days": [180.0, np.inf],
    ...                      "cause": [1, 0]})
    >>> [part.tolist() for part in take_familiar_times(rows, "mid-point")]
    [[135.0, 180.0], [1, 0]]
    """
    left, right = rows["left_days"].to_numpy(float), rows["right_days"].to_numpy(float)
    causes = rows["cause"].to_numpy(np.int64)
    ends = np.where(np.isfinite(right), right, left)
    if approach == MIDPOINT:
        ends = np.where(causes == UNION, (left + ends) / 2, ends)
    return np.where(causes == 0, left, ends), causes


def censor_surgery(causes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return causes with surgery counted as the end of follow-up."""
    return np.where(causes == SURGERY, 0, causes)


def count_known(
    days: Floats, causes: NDArray[np.int64], patients: NDArray[np.str_], day: float
) -> tuple[int, int, float]:
    """Count patients seen with union by a day and seen without it, and the effective n of both.

    Returns
    -------
    tuple
        Patients with, patients without, and n^2 / sum of squares of units per patient; the
        number of units when each is taken as a patient.
    """
    happened = (causes == UNION) & (days <= day)
    waiting = ((days >= day) | (causes == SURGERY)) & ~happened
    _, sizes = np.unique(patients[happened | waiting], return_counts=True)
    effective_n = float(sizes.sum() ** 2 / (sizes**2).sum()) if sizes.size else 0.0
    n_with, n_without = (int(np.unique(patients[some]).size) for some in (happened, waiting))
    return n_with, n_without, effective_n


def exact_limits(share: float, effective_n: float, conf_level: float) -> tuple[float, float]:
    """Return Clopper-Pearson limits where a variance or resamples would say that none is needed."""
    if not effective_n > 0 or np.isnan(share):
        return np.nan, np.nan
    inside = min(max(share, 0.0), 1.0)
    found = clopper_pearson_interval(inside * effective_n, effective_n, conf_level=conf_level)
    return found.conf_low, found.conf_high
