"""The mean of independent values, with its interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.errors import require_fraction
from parsoutcomes.stats.checks import require_rows, require_vector
from parsoutcomes.stats.estimates import Estimate


def mean_interval(values: ArrayLike, *, conf_level: float = CONF_LEVEL) -> Estimate:
    """Estimate the mean of one value per patient, such as the change of each in pain.

    Not for values of which a patient has several, and not where a handful lie far from the rest.

    Parameters
    ----------
    values : array of shape (n_patients,)
        One finite value per patient.
    conf_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Mean and limits in the unit of the values; limits are not a number with one patient, or
        when all values are the same, which says nothing of how they vary.

    Raises
    ------
    EstimationError
        When there is no value.
    ArgumentError
        When a value is not a finite number.

    Notes
    -----
    Student's t on n - 1 degrees of freedom. On differences this is the paired t interval; agrees
    with statsmodels' `DescrStatsW.tconfint_mean` and SciPy's `ttest_rel`.

    References
    ----------
    Student. Biometrika 1908;6:1-25.

    Examples
    --------
    >>> change = mean_interval([-4.0, -6.0, -5.0, -1.0])
    >>> change.estimate, round(change.conf_low, 2), round(change.conf_high, 2)
    (-4.0, -7.44, -0.56)
    """
    require_fraction("conf_level", conf_level)
    numbers = require_rows("values", require_vector("values", values))
    mean, half = float(numbers.mean()), np.nan
    spread = float(numbers.std(ddof=1)) if numbers.size > 1 else 0.0
    if spread > 0:
        quantile = float(student.ppf((1 + conf_level) / 2, numbers.size - 1))
        half = quantile * spread / float(np.sqrt(numbers.size))
    return Estimate(
        estimate=mean,
        conf_low=mean - half,
        conf_high=mean + half,
        conf_level=conf_level,
        method="Student's t on n - 1 degrees of freedom",
    )
