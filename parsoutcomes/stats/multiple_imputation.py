"""Rubin's rules: one estimate with one interval from several completed sets of records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit
from scipy.stats import t as student

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.errors import EstimationError, require_fraction
from parsoutcomes.stats.checks import Floats, require_vector

# Below this share of the variance, sets differ by rounding alone.
NO_SHARE: Final = 1e-12


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
        missing_information=0.0
        if share < NO_SHARE
        else (increase + 2 / (freedom + 3)) / (increase + 1),
        n_sets=int(values.size),
    )


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """To and from the scale of pooling, and between half widths and standard errors there."""

    to: Callable[[Floats], Floats]
    back: Callable[[float], float]
    error: Callable[[Floats, Floats], Floats]
    reach: Callable[[float, float], float]


def _wald_error(half_widths: Floats, quantiles: Floats) -> Floats:
    return half_widths / quantiles


def _wald_reach(error: float, quantile: float) -> float:
    return error * quantile


def _wilson_error(half_widths: Floats, quantiles: Floats) -> Floats:
    """Return the error of log odds from Wilson's limits, which are symmetric on that scale."""
    return np.asarray(2 * np.sinh(half_widths / 2) / quantiles)


def _wilson_reach(error: float, quantile: float) -> float:
    return float(2 * np.arcsinh(quantile * error / 2))


SCALES: Final[Mapping[str, _Scale]] = MappingProxyType(
    {
        "wilson": _Scale(to=logit, back=expit, error=_wilson_error, reach=_wilson_reach),
        "logit": _Scale(to=logit, back=expit, error=_wald_error, reach=_wald_reach),
        "log": _Scale(to=np.log, back=np.exp, error=_wald_error, reach=_wald_reach),
        "identity": _Scale(to=np.asarray, back=float, error=_wald_error, reach=_wald_reach),
    }
)


def can_be_pooled(estimates: Floats, conf_low: Floats, conf_high: Floats, *, scale: str) -> bool:
    """Say whether estimates and limits are all finite on the scale, none at its ends.

    Examples
    --------
    >>> ends = np.array([0.5, 1.0])
    >>> can_be_pooled(ends, ends - 0.2, ends, scale="logit")
    False
    """
    to = SCALES[scale].to
    with np.errstate(divide="ignore", invalid="ignore"):
        return all(bool(np.isfinite(to(part)).all()) for part in (estimates, conf_low, conf_high))


def pool_limits(
    estimates: Floats,
    conf_low: Floats,
    conf_high: Floats,
    *,
    scale: str,
    degrees_of_freedom: ArrayLike = np.inf,
    complete_degrees_of_freedom: float = np.inf,
    conf_level: float = CONF_LEVEL,
) -> PooledEstimate:
    """Pool estimates of which the limits are known in place of the standard errors.

    Parameters
    ----------
    estimates, conf_low, conf_high : array of shape (n_sets,)
        As reported from each completed set.
    scale : {"wilson", "logit", "log", "identity"}
        Proportions with Wilson's limits; proportions; ratios; differences.
    degrees_of_freedom : float or array of shape (n_sets,)
        Of Student's t from which the limits were made; infinite for the normal distribution.
    complete_degrees_of_freedom, conf_level
        As in `pool_estimates`.

    Returns
    -------
    PooledEstimate
        Estimate and limits as they went in; error and variances on the scale of pooling.

    Notes
    -----
    Wilson's limits lie symmetrically about the log odds, at 2 arcsinh(t s / 2) with s the standard
    error of the log odds, so that s is recovered exactly and pooled limits are Wilson's again.

    Examples
    --------
    >>> same = np.array([0.5, 0.5]), np.array([0.4, 0.4]), np.array([0.6, 0.6])
    >>> pooled = pool_limits(*same, scale="wilson", degrees_of_freedom=30,
    ...                      complete_degrees_of_freedom=30)
    >>> round(pooled.conf_low, 6), round(pooled.conf_high, 6)
    (0.4, 0.6)
    """
    chosen = SCALES[scale]
    tail = (1 + require_fraction("conf_level", conf_level)) / 2
    low, high = (chosen.to(np.asarray(limit)) for limit in (conf_low, conf_high))
    errors = chosen.error((high - low) / 2, np.asarray(student.ppf(tail, degrees_of_freedom)))
    pooled = pool_estimates(
        chosen.to(np.asarray(estimates)),
        errors**2,
        complete_degrees_of_freedom=complete_degrees_of_freedom,
        conf_level=conf_level,
    )
    quantile = float(student.ppf(tail, pooled.degrees_of_freedom))
    reach = chosen.reach(pooled.standard_error, quantile)
    return replace(
        pooled,
        estimate=float(chosen.back(pooled.estimate)),
        conf_low=float(chosen.back(pooled.estimate - reach)),
        conf_high=float(chosen.back(pooled.estimate + reach)),
    )


def _barnard_rubin(n_sets: int, share: float, complete: float) -> float:
    if share < NO_SHARE:
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
