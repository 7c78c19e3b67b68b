"""Mixture cure model: what share of pars unites in the end, and when those that do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from scipy.stats import norm

from parsoutcomes.conventions import CONF_LEVEL
from parsoutcomes.errors import EstimationError, require_choice, require_fraction
from parsoutcomes.stats.boxes import require_intervals
from parsoutcomes.stats.checks import Floats, Integers, index_clusters
from parsoutcomes.stats.cure_inference import (
    Covariances,
    Profile,
    measure_covariances,
    measure_design_effect,
    profile_share,
    require_pattern,
)
from parsoutcomes.stats.cure_likelihood import CureClimb, CureRows, climb_cure
from parsoutcomes.stats.error_distributions import (
    DISTRIBUTIONS,
    distribution_function,
    quantile_function,
)
from parsoutcomes.stats.interval_regression import (
    require_both_kinds,
    require_design,
    require_positive_exact,
)
from parsoutcomes.stats.interval_regression_likelihood import (
    LogTimes,
    climb,
    read_log_times,
    start_parameters,
)

GAIN_NEGLIGIBLE = 1e-7


@dataclass(frozen=True, kw_only=True)
class MixtureCure:
    """A fitted mixture: F(t) = p F0(t | unites).

    Attributes
    ----------
    distribution : str
        Of time to the event among those who have it.
    cure_coefficients : array of shape (n_cure_columns,)
        On the logit of p, the share that has the event in the end; inf at the boundary p = 1.
    time_coefficients : array of shape (n_time_columns,)
        On log time among those who have it.
    log_scale : float
        Of log time; the Weibull shape is exp(-log_scale).
    model_covariance : array of shape (n_parameters, n_parameters)
        Inverse observed information, in the order cure, time, log scale; not a number for the cure
        coefficient at the boundary.
    patient_covariance : array of the same shape, or None
        Sandwich over patients; None when no clusters were given.
    log_likelihood, log_likelihood_without_cure : float
        Of the mixture, and of the same model with p = 1 (not a number where that has no maximum).
    is_at_boundary : bool
        Whether the maximum lies at p = 1: the rows show no share that stays without the event.
    eventual, conf_low, conf_high, conf_level : float
        p for the covariate pattern asked for, with its profile-likelihood interval; not a number
        when the model has cure covariates and no pattern was asked for.
    design_effect : float
        By which the deviance of the profile was divided: sandwich over model variance of that
        logit, at least 1.
    max_gradient : float
        Largest absolute slope of the log-likelihood, in units of each parameter's curvature.
    """

    distribution: str
    cure_coefficients: Floats
    time_coefficients: Floats
    log_scale: float
    model_covariance: Floats
    patient_covariance: Floats | None
    log_likelihood: float
    log_likelihood_without_cure: float
    is_at_boundary: bool
    eventual: float
    conf_low: float
    conf_high: float
    conf_level: float
    design_effect: float
    max_gradient: float

    def eventual_at(self, design_row: ArrayLike) -> tuple[float, float, float]:
        """Return p for a covariate pattern with Wald limits on the logit; not at the boundary.

        Parameters
        ----------
        design_row : array of shape (n_cure_columns,)
            Of the cure design.

        Returns
        -------
        tuple of float
            p and its limits, from the sandwich when there is one.
        """
        row = np.asarray(design_row, dtype=np.float64)
        covariance = (
            self.model_covariance if self.patient_covariance is None else self.patient_covariance
        )[: row.size, : row.size]
        logit = float(row @ self.cure_coefficients)
        half = float(norm.ppf((1 + self.conf_level) / 2) * np.sqrt(row @ covariance @ row))
        return float(expit(logit)), float(expit(logit - half)), float(expit(logit + half))

    def time_quantiles(self, shares: ArrayLike, design: ArrayLike) -> Floats:
        """Return the times by which shares of those who have the event in the end have had it.

        Parameters
        ----------
        shares : float or array
            Strictly between 0 and 1.
        design : array of shape (n_time_columns,) or (n_rows, n_time_columns)
            Covariate patterns of time.
        """
        z = quantile_function(self.distribution, np.asarray(shares, dtype=np.float64))
        location = np.asarray(design, dtype=np.float64) @ self.time_coefficients
        return np.asarray(np.exp(location + np.exp(self.log_scale) * z))

    def incidence_at(
        self, times: ArrayLike, cure_row: ArrayLike = (1.0,), time_row: ArrayLike = (1.0,)
    ) -> Floats:
        """Return p F0 at given times above 0, for one covariate pattern."""
        location = np.asarray(time_row, dtype=np.float64) @ self.time_coefficients
        z = (np.log(np.asarray(times, dtype=np.float64)) - location) / np.exp(self.log_scale)
        share = expit(np.asarray(cure_row, dtype=np.float64) @ self.cure_coefficients)
        return np.asarray(share * distribution_function(self.distribution, z))


def fit_mixture_cure(
    left: ArrayLike,
    right: ArrayLike,
    *,
    cure_design: ArrayLike | None = None,
    time_design: ArrayLike | None = None,
    distribution: str = "weibull",
    clusters: ArrayLike | None = None,
    profile_at: ArrayLike | None = None,
    conf_level: float = CONF_LEVEL,
) -> MixtureCure:
    """Estimate what share of pars unites in the end, and how long those that do take.

    Not without a plateau: while unions still come in at the last visits, "never" and "not yet"
    cannot be told apart and p rests on the assumed distribution alone (`check_plateau`). Rows
    operated on count as not united up to their last scan, as if surgery told nothing.

    Parameters
    ----------
    left, right : array of shape (n_rows,)
        The event lies in (left, right]; left == right is exact, right = inf not yet.
    cure_design, time_design : array of shape (n_rows, n_columns), optional
        Covariates of the share and of the time, each with its column of ones; default ones alone.
    distribution : {"weibull", "exponential", "lognormal", "loglogistic"}
        Of time among those who have the event.
    clusters : array of shape (n_rows,), optional
        The patient of each row; gives the sandwich and widens the profile interval.
    profile_at : array of shape (n_cure_columns,), optional
        Covariate pattern whose p gets a profile interval; default the only one there is.
    conf_level : float
        Level.

    Returns
    -------
    MixtureCure

    Raises
    ------
    ArgumentError
        When an interval is impossible, an exact time is 0, or a design does not fit.
    EstimationError
        When nobody has the event, nobody is seen without it, a design is aliased, or no maximum
        exists, as when all pars of one level united and the share is modelled by level, or when
        all unions fell in the first two visit windows, which leaves the scale free to shrink.

    Notes
    -----
    Newton's method with analytic derivatives on logit p and, for time, 1 / scale and
    coefficients / scale, from several starts, the best kept; p = 1 is fitted too and taken where
    the mixture does not raise the log-likelihood by 1e-7. The profile interval inverts twice the
    log-likelihood lost, divided by the design effect of the logit (at the boundary: the mean
    number of defects of a defect's patient), against chi-square on one degree of freedom; it ends
    at 1 where the model without cure is within reach. Agrees with the reference fits in R.

    References
    ----------
    Farewell VT. Biometrics 1982;38:1041-1046. doi:10.2307/2529885

    Examples
    --------
    >>> left, right = [0, 3, 3, 6, 12, 12, 12, 12], [3, 6, 6, 9] + [float("inf")] * 4
    >>> fit = fit_mixture_cure(left, right)
    >>> round(fit.eventual, 3), round(fit.conf_low, 3), round(fit.conf_high, 3)
    (0.5, 0.191, 1.0)
    """
    require_choice("distribution", distribution, DISTRIBUTIONS)
    require_fraction("conf_level", conf_level)
    rows = _read(left, right, cure_design, time_design, distribution)
    index = None if clusters is None else index_clusters(clusters, rows.cure.shape[0])[0]
    peak = _find_peak(rows)
    covariances = measure_covariances(
        rows, peak.parameters, index, is_at_boundary=peak.is_at_boundary
    )
    pattern = require_pattern(profile_at, rows.cure.shape[1])
    profile = _profile(rows, peak, index, covariances, pattern, conf_level=conf_level)
    log_jacobian = float(rows.times.right[rows.times.exact].sum())
    n_cure = rows.cure.shape[1]
    return MixtureCure(
        distribution=distribution,
        cure_coefficients=peak.parameters[:n_cure],
        time_coefficients=peak.parameters[n_cure:-1] / peak.parameters[-1],
        log_scale=-float(np.log(peak.parameters[-1])) + 0.0,
        model_covariance=covariances.model,
        patient_covariance=covariances.patient,
        log_likelihood=peak.log_likelihood - log_jacobian,
        log_likelihood_without_cure=peak.without_cure - log_jacobian,
        is_at_boundary=peak.is_at_boundary,
        eventual=profile.estimate,
        conf_low=profile.conf_low,
        conf_high=profile.conf_high,
        conf_level=conf_level,
        design_effect=profile.design_effect,
        max_gradient=covariances.max_gradient,
    )


def _read(
    left: ArrayLike,
    right: ArrayLike,
    cure_design: ArrayLike | None,
    time_design: ArrayLike | None,
    distribution: str,
) -> CureRows:
    lower, upper = require_intervals(left, right)
    ones = np.ones((lower.size, 1))
    cure = require_design(ones if cure_design is None else cure_design, lower.size)
    time = require_design(ones if time_design is None else time_design, lower.size)
    require_positive_exact(lower, upper)
    require_both_kinds(lower, upper)
    return CureRows(times=read_log_times(lower, upper, time, distribution), cure=cure)


@dataclass(frozen=True, kw_only=True)
class _Peak:
    """The maximum, and the log-likelihood of the model in which all have the event."""

    parameters: Floats
    log_likelihood: float
    without_cure: float
    is_at_boundary: bool


def _find_peak(rows: CureRows) -> _Peak:
    ones = np.ones((1, rows.cure.shape[0]))
    without = climb(rows.times, ones, start_parameters(rows.times))
    no_cure = float(without.log_likelihood[0]) if without.reached[0] else float("nan")
    best = _climb_from_starts(rows)
    is_at_boundary = bool(no_cure >= best.log_likelihood - GAIN_NEGLIGIBLE)
    if is_at_boundary and rows.cure.shape[1] == 1:
        parameters, value = np.append(np.inf, without.parameters[0]), no_cure
    elif best.reached and not is_at_boundary:
        parameters, value = best.parameters, best.log_likelihood
    else:
        raise _no_maximum()
    return _Peak(
        parameters=parameters,
        log_likelihood=value,
        without_cure=no_cure,
        is_at_boundary=is_at_boundary,
    )


def _profile(
    rows: CureRows,
    peak: _Peak,
    index: Integers | None,
    covariances: Covariances,
    pattern: Floats | None,
    *,
    conf_level: float,
) -> Profile:
    if pattern is None:
        return Profile(estimate=np.nan, conf_low=np.nan, conf_high=np.nan, design_effect=np.nan)
    return profile_share(
        rows,
        peak.parameters,
        log_likelihood=peak.log_likelihood,
        without_cure=peak.without_cure,
        pattern=pattern,
        design_effect=measure_design_effect(pattern, covariances, index),
        conf_level=conf_level,
    )


def _climb_from_starts(rows: CureRows) -> CureClimb:
    ends = [climb_cure(rows, start) for start in _starts(rows)]
    settled = [end for end in ends if end.reached]
    highest = max(ends, key=lambda end: end.log_likelihood)
    if not settled:
        return highest
    best = max(settled, key=lambda end: end.log_likelihood)
    is_highest = best.log_likelihood >= highest.log_likelihood - GAIN_NEGLIGIBLE
    return best if is_highest else highest


def _starts(rows: CureRows) -> list[Floats]:
    """Return starts: times of all rows or of events alone, more or fewer that unite in the end."""
    n_events = int((~rows.times.open_right).sum())
    observed = n_events / rows.cure.shape[0]
    of_all = start_parameters(rows.times)
    of_events = start_parameters(_events_only(rows.times, of_all.size - 1))
    starts = []
    for time, share in ((of_events, observed), (of_all, 0.5 + observed / 2), (of_all, 0.95)):
        inside = min(max(share, 0.05), 0.97)
        logits = np.full(rows.cure.shape[0], np.log(inside / (1 - inside)))
        cure = np.linalg.lstsq(rows.cure, logits, rcond=None)[0]
        starts.append(np.concatenate([cure, time]))
    return starts


def _events_only(times: LogTimes, n_columns: int) -> LogTimes:
    """Return the rows with the event, or all rows when these cannot carry the design."""
    kept = ~times.open_right
    if int(np.linalg.matrix_rank(times.design[kept])) < n_columns:
        return times
    return LogTimes(
        name=times.name,
        left=times.left[kept],
        right=times.right[kept],
        open_left=times.open_left[kept],
        open_right=times.open_right[kept],
        exact=times.exact[kept],
        design=times.design[kept],
    )


def _no_maximum() -> EstimationError:
    return EstimationError(
        "The share that unites in the end cannot be told from these rows.",
        expected="unions in three visit windows or more; in every level some that united, "
        "and some seen un-united for long",
        found="a likelihood that rises towards a share of 0 or 1, or without end",
        fix="Join levels in which all or none united, or quote union at a stated time.",
    )
