"""Times as a plain analysis takes them: union on one day, follow-up up to the last scan."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.models.incidence import SURGERY, UNION
from parsoutcomes.results.competing_risks import MIDPOINT

Floats = NDArray[np.float64]


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
