"""Limits of a cumulative incidence on the scale of log(-log(1 - F))."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.errors import require_fraction
from parsoutcomes.stats.checks import require_vector

Floats = NDArray[np.float64]
_WIDEST = 500.0


def log_log_limits(
    incidence: ArrayLike, standard_error: ArrayLike, *, conf_level: float = CONF_LEVEL
) -> tuple[Floats, Floats]:
    """Give a cumulative incidence limits that stay between 0 and 1.

    Not where nobody or everybody has had the event: there is no such limit, and an exact interval
    of those whose state is known is to be used.

    Parameters
    ----------
    incidence, standard_error : array of shape (n_times,)
        Proportions and their standard errors.
    conf_level : float
        Level of the interval.

    Returns
    -------
    tuple of two arrays of shape (n_times,)
        Lower and upper limits; not a number where the incidence is 0 or 1.

    Raises
    ------
    ArgumentError
        When a value is missing or the level is not a fraction.

    Notes
    -----
    Normal on log(-log(1 - F)), standard error by the delta method; with Greenwood's standard error
    it agrees with lifelines' Kaplan-Meier limits.

    References
    ----------
    Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data. 2nd ed. 2002.

    Examples
    --------
    >>> low, high = log_log_limits([0.5], [0.1])
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.325, 0.705)
    """
    quantile = float(norm.ppf((1 + require_fraction("conf_level", conf_level)) / 2))
    share = require_vector("incidence", incidence)
    spread = require_vector("standard_error", standard_error, share.size)
    is_told = (share > 0) & (share < 1)
    inside = np.where(is_told, share, 0.5)
    hazard = -np.log1p(-inside)
    width = np.minimum(quantile * spread / ((1 - inside) * hazard), _WIDEST)
    low, high = (-np.expm1(-hazard * np.exp(sign * width)) for sign in (-1, 1))
    return np.where(is_told, low, np.nan), np.where(is_told, high, np.nan)
