"""Several tests at once: p-values that hold together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.checks import Floats


def adjust_holm(p_values: ArrayLike) -> Floats:
    """Adjust p-values so that the chance of any false alarm among them stays at the level.

    Not for one test, which needs none, nor across questions that were asked separately.

    Parameters
    ----------
    p_values : array of shape (n_tests,)
        Between 0 and 1; missing ones, tests that were not made, stay missing and are not counted.

    Returns
    -------
    array of shape (n_tests,)
        Adjusted p-values.

    Raises
    ------
    ArgumentError
        When a p-value lies outside 0 to 1.

    Notes
    -----
    Holm's step-down; agrees with statsmodels `multipletests(method="holm")`.

    References
    ----------
    Holm S. Scand J Stat 1979;6:65-70.

    Examples
    --------
    >>> adjust_holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, dtype=np.float64)
    n_outside = int(((given < 0) | (given > 1)).sum())
    if n_outside:
        raise ArgumentError(
            "A p-value must lie between 0 and 1.",
            expected="values from 0 to 1",
            found=f"{n_outside} outside",
            fix="Check where the p-values come from.",
        )
    adjusted = np.full(given.shape, np.nan)
    made = np.flatnonzero(~np.isnan(given))
    order = made[np.argsort(given[made], kind="stable")]
    steps = given[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
