"""Rubin's rules: one estimate with one interval from several completed sets of records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.errors import EstimationError, require_fraction
from parsoutcomes.stats.checks import Floats, require_vector


@dataclass(frozen=True, kw_only=True)
class PooledEstimate:
    """An estimate pooled over completed sets.

    Attributes
    ----------
    estimate, standard_error : float
        On the scale of the estimates that went in.
    conf_low, conf_high, conf_level, p_value : float
        Student's t on `degrees_of_freedom`; the p-value is against zero.
    within_variance, between_variance, total_variance : float
        Mean variance within sets, variance of the estimates between sets, and their sum with the
        latter times 1 + 1/m.
    degrees_of_freedom : float
        Barnard and Rubin's.
    relative_increase, variance_share, missing_information : float
        Increase of variance due to what is missing; its share of the total (lambda); fraction of
        information that is missing.
    n_sets : int
        Number of completed sets, m.
    """

    estimate: float
    standard_error: float
    conf_low: float
    conf_high: float
    conf_level: float
    p_value: float
    within_variance: float
    between_variance: float
    total_variance: float
    degrees_of_freedom: float
    relative_increase: float
    variance_share: float
    missing_information: float
    n_sets: int


def pool_estimates(
    estimates: ArrayLike,
    variances: ArrayLike,
    *,
    complete_degrees_of_freedom: float = np.inf,
    conf_level: float = CONF_LEVEL,
) -> PooledEstimate:
    """Pool the estimates of several completed sets of records into one, with its interval.

    For estimates on a scale on which they are about normal, such as log odds. Not for a
    proportion of 0 or 1, whose log odds are infinite.

    Parameters
    ----------
    estimates, variances : array of shape (n_sets,)
        The estimate in each completed set, and its squared standard error there.
    complete_degrees_of_freedom : float
        Those the estimate would have if nothing were missing; with clustered records patients
        less parameters, never defects less parameters.
    conf_level : float
        Level of the interval.

    Returns
    -------
    PooledEstimate

    Raises
    ------
    EstimationError
        With fewer than two sets, or estimates that are not finite.
    ArgumentError
        When shapes differ or values are missing.

    Notes
    -----
    Rubin's rules with the degrees of freedom of Barnard and Rubin; agrees with R's mice. Where
    all sets give the same estimate nothing was missing that matters, and the degrees of freedom
    are those of complete records.

    References
    ----------
    Barnard J, Rubin DB. Biometrika 1999;86:948-955. doi:10.1093/biomet/86.4.948

    Examples
    --------
    >>> pooled = pool_estimates([0.512, 0.488, 0.55, 0.47, 0.531],
    ...     [0.0042, 0.004, 0.0045, 0.0039, 0.0043], complete_degrees_of_freedom=59)
    >>> round(pooled.estimate, 4), round(pooled.total_variance, 6)
    (0.5102, 0.005419)
    >>> round(pooled.degrees_of_freedom, 2), round(pooled.missing_information, 3)
    (27.96, 0.278)
    """
    values = require_vector("estimates", estimates)
    squares = require_vector("variances", variances, values.size)
    _require_sets(values, squares)
    within, between = float(squares.mean()), float(values.var(ddof=1))
    total = within + (1 + 1 / values.size) * between
    share = (1 + 1 / values.size) * between / total
    increase = (1 + 1 / values.size) * between / within
    freedom = _barnard_rubin(values.size, share, complete_degrees_of_freedom)
    quantile = float(student.ppf((1 + require_fraction("conf_level", conf_level)) / 2, freedom))
    estimate, error = float(values.mean()), float(np.sqrt(total))
    return PooledEstimate(
        estimate=estimate,
        standard_error=error,
        conf_low=estimate - quantile * error,
        conf_high=estimate + quantile * error,
        conf_level=conf_level,
        p_value=float(2 * student.sf(abs(estimate) / error, freedom)),
        within_variance=within,
        between_variance=between,
        total_variance=total,
        degrees_of_freedom=freedom,
        relative_increase=increase,
        variance_share=share,
        missing_information=(increase + 2 / (freedom + 3)) / (increase + 1) if between else 0.0,
        n_sets=int(values.size),
    )


def _barnard_rubin(n_sets: int, share: float, complete: float) -> float:
    if share == 0:
        return complete
    by_sets = (n_sets - 1) / share**2
    if np.isinf(complete):
        return float(by_sets)
    by_records = (complete + 1) / (complete + 3) * complete * (1 - share)
    return float(by_sets * by_records / (by_sets + by_records))


def _require_sets(values: Floats, squares: Floats) -> None:
    usable = np.isfinite(values) & np.isfinite(squares) & (squares > 0)
    if values.size >= 2 and usable.all():
        return
    raise EstimationError(
        "The completed sets cannot be pooled.",
        expected="two sets or more, each with a finite estimate and a variance above 0",
        found=f"{values.size} sets, {int(usable.sum())} of them usable",
        fix="Ask for more completed sets, or merge groups in which all or none united.",
    )
