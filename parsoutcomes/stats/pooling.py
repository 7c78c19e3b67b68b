"""Proportions of several studies pooled into one, with what a new study may show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, xlogy
from scipy.stats import chi2, norm
from scipy.stats import t as student

from parsoutcomes.conventions import CONF_LEVEL, QUADRATURE_NODES
from parsoutcomes.errors import (
    ArgumentError,
    EstimationError,
    require_choice,
    require_fraction,
)
from parsoutcomes.stats.checks import Floats, require_vector
from parsoutcomes.stats.heterogeneity import (
    estimate_tau2,
    measure_spread,
    tau2_interval,
    typical_variance,
)
from parsoutcomes.stats.random_intercept import fit_random_intercept_logit

POOLING_METHODS: Final = ("glmm", "reml_hk")
CONTINUITY: Final = 0.5
_WORDS: Final = {
    "glmm": "binomial-normal model, maximum likelihood, 25 quadrature nodes; normal limits",
    "reml_hk": "inverse variance on log odds (1/2 added where a study has none or all), REML, "
    "Hartung-Knapp; Student limits on k - 1",
}


@dataclass(frozen=True, kw_only=True)
class PooledProportion:
    """One proportion for several studies, and the range in which a new study's may lie.

    Attributes
    ----------
    estimate, conf_low, conf_high : float
        The proportion of a typical study (the median one), and its limits.
    predict_low, predict_high : float
        Limits for the true proportion of a new study of the same kind.
    tau2 : float
        Variance between studies, on the scale of log odds.
    tau2_low, tau2_high : float
        Its limits by the Q profile; not a number for "glmm".
    i2 : float
        Share of the variance that lies between studies, 0 to 1.
    q, q_p_value : float
        Test of no difference between studies on `n_studies` - 1: likelihood ratio for "glmm",
        Cochran's Q for "reml_hk".
    logit, standard_error : float
        The estimate and its error in log odds.
    n_studies, n_events, n : int
        Studies; events and trials over all of them.
    conf_level : float
        Level of every limit.
    method : str
        The variant, in words.
    """

    estimate: float
    conf_low: float
    conf_high: float
    predict_low: float
    predict_high: float
    tau2: float
    tau2_low: float
    tau2_high: float
    i2: float
    q: float
    q_p_value: float
    logit: float
    standard_error: float
    n_studies: int
    n_events: int
    n: int
    conf_level: float
    method: str


def pool_proportions(
    n_events: ArrayLike,
    n: ArrayLike,
    *,
    method: str = "glmm",
    conf_level: float = CONF_LEVEL,
) -> PooledProportion:
    """Pool the proportions of several studies, one row per study.

    What a typical series reports, and what a new one may report. Not for studies that share
    patients or count different things, and no ground for a verdict with fewer than five studies:
    the spread between so few is hardly known, and limits of "glmm" are then too narrow.

    Parameters
    ----------
    n_events, n : array of shape (n_studies,)
        Events and trials of each study; at least two studies, none of them empty.
    method : {"glmm", "reml_hk"}
        Binomial-normal model; or inverse-variance log odds with Hartung-Knapp limits.
    conf_level : float
        Level of all limits.

    Returns
    -------
    PooledProportion
        Proportions between 0 and 1; `tau2` in squared log odds.

    Raises
    ------
    ArgumentError
        Counts that do not fit their totals, a study of nobody, an unknown method.
    EstimationError
        Fewer than two studies; nobody or everybody with the event; a likelihood without a highest
        point, as when each study has none or all.

    Notes
    -----
    "glmm": maximum likelihood by adaptive Gauss-Hermite quadrature with 25 nodes, Wald limits,
    prediction limits from the normal distribution with variance se^2 + tau2, I2 from the typical
    variance of the log odds. "reml_hk": 1/2 added to events and non-events of studies with none or
    all, REML, Hartung-Knapp, Student with k - 1 degrees of freedom for both intervals; where tau2
    is 0, the Hartung-Knapp factor is not let below 1 (else studies that happen to agree would give
    limits of no width). No arcsine transformation of either kind. Agrees with metafor 3.8
    (`rma.glmm` at 25 nodes 1e-4, `rma` with test="knha" 1e-5) on pritz1997.

    References
    ----------
    Stijnen T, Hamza TH, Ozdemir P. Stat Med 2010;29:3046-3067. doi:10.1002/sim.4040
    Rover C, Knapp G, Friede T. BMC Med Res Methodol 2015;15:99. doi:10.1186/s12874-015-0091-1

    Examples
    --------
    >>> united, treated = [10, 0, 20, 15, 33, 5], [12, 8, 20, 30, 40, 9]
    >>> pooled = pool_proportions(united, treated)
    >>> [round(value, 4) for value in (pooled.estimate, pooled.conf_low, pooled.conf_high)]
    [0.6884, 0.2445, 0.9378]
    >>> round(pool_proportions(united, treated, method="reml_hk").estimate, 3)
    0.679
    """
    require_choice("method", method, POOLING_METHODS)
    require_fraction("conf_level", conf_level)
    events, totals = _require_studies(n_events, n)
    pool = _pool_by_model if method == "glmm" else _pool_by_variance
    return pool(events, totals, conf_level)


def _pool_by_model(events: Floats, totals: Floats, conf_level: float) -> PooledProportion:
    n_studies = events.size
    fit = fit_random_intercept_logit(
        events, totals, np.ones((n_studies, 1)), np.arange(n_studies), n_nodes=QUADRATURE_NODES
    )
    tau2 = fit.sigma**2
    _, variances = log_odds(events, totals)
    q = _homogeneity_deviance(events, totals)
    return _assemble(
        "glmm",
        events,
        totals,
        conf_level,
        logit=float(fit.coefficients[0]),
        error=float(fit.standard_errors[0]),
        critical=float(norm.ppf((1 + conf_level) / 2)),
        tau2=tau2,
        tau2_limits=(np.nan, np.nan),
        i2=tau2 / (tau2 + typical_variance(variances)),
        q=q,
    )


def _pool_by_variance(events: Floats, totals: Floats, conf_level: float) -> PooledProportion:
    effects, variances = log_odds(events, totals)
    tau2 = estimate_tau2(effects, variances)
    weights = 1 / (variances + tau2)
    logit, spread = measure_spread(effects, weights)
    factor = spread / (effects.size - 1)
    if tau2 == 0:
        factor = max(factor, 1.0)
    _, q = measure_spread(effects, 1 / variances)
    return _assemble(
        "reml_hk",
        events,
        totals,
        conf_level,
        logit=logit,
        error=float(np.sqrt(factor / weights.sum())),
        critical=float(student.ppf((1 + conf_level) / 2, effects.size - 1)),
        tau2=tau2,
        tau2_limits=tau2_interval(effects, variances, conf_level),
        i2=tau2 / (tau2 + typical_variance(variances)),
        q=q,
    )


def log_odds(n_events: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return each study's log odds and variance, 1/2 added where it has none or all.

    Examples
    --------
    >>> effects, variances = log_odds(np.array([8.0, 5.0]), np.array([8.0, 10.0]))
    >>> effects.round(3).tolist(), variances.round(3).tolist()
    ([2.833, 0.0], [2.118, 0.4])
    """
    added = np.where((n_events == 0) | (n_events == n), CONTINUITY, 0.0)
    events, others = n_events + added, n - n_events + added
    return np.log(events / others), 1 / events + 1 / others


def _assemble(
    method: str,
    events: Floats,
    totals: Floats,
    conf_level: float,
    *,
    logit: float,
    error: float,
    critical: float,
    tau2: float,
    tau2_limits: tuple[float, float],
    i2: float,
    q: float,
) -> PooledProportion:
    reach, outer = critical * error, critical * float(np.sqrt(error**2 + tau2))
    ends = expit([logit, logit - reach, logit + reach, logit - outer, logit + outer])
    estimate, conf_low, conf_high, predict_low, predict_high = (float(end) for end in ends)
    return PooledProportion(
        estimate=estimate,
        conf_low=conf_low,
        conf_high=conf_high,
        predict_low=predict_low,
        predict_high=predict_high,
        tau2=tau2,
        tau2_low=tau2_limits[0],
        tau2_high=tau2_limits[1],
        i2=i2,
        q=q,
        q_p_value=float(chi2.sf(q, events.size - 1)),
        logit=logit,
        standard_error=error,
        n_studies=events.size,
        n_events=int(events.sum()),
        n=int(totals.sum()),
        conf_level=conf_level,
        method=_WORDS[method],
    )


def _homogeneity_deviance(events: Floats, totals: Floats) -> float:
    """Twice the log-likelihood that each study's own proportion gains over a common one."""
    others, common = totals - events, events.sum() / totals.sum()
    own = xlogy(events, events / totals) + xlogy(others, others / totals)
    shared = xlogy(events, common) + xlogy(others, 1 - common)
    return max(float(2 * (own - shared).sum()), 0.0)


def _require_studies(n_events: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    events = require_vector("n_events", n_events)
    totals = require_vector("n", n, events.size)
    _require_counts(events, totals)
    if events.size < 2:
        raise EstimationError(
            "There is nothing to pool.",
            expected="at least two studies that share no patients",
            found=f"{events.size}",
            fix="Show the one study with its own interval.",
        )
    if events.sum() in (0, totals.sum()):
        raise EstimationError(
            "Studies in which nobody, or everybody, has the event cannot be pooled.",
            expected="an event and a non-event somewhere in the studies",
            found=f"{int(events.sum())} events in {int(totals.sum())} of {events.size} studies",
            fix="Show the counts, each study with an exact interval.",
        )
    return events, totals


def _require_counts(events: Floats, totals: Floats) -> None:
    whole = (events == np.round(events)) & (totals == np.round(totals)) & np.isfinite(totals)
    faults = {
        "without anybody": int((totals == 0).sum()),
        "with more events than trials, or fewer than none": int(
            ((events < 0) | (events > totals)).sum()
        ),
        "whose counts are not whole": int((~whole).sum()),
    }
    found = [f"{n_rows} {fault}" for fault, n_rows in faults.items() if n_rows]
    if found:
        raise ArgumentError(
            "Some studies have counts that cannot be pooled.",
            expected="whole numbers, 0 <= events <= trials, trials of at least 1",
            found=f"of {events.size} studies, {'; '.join(found)}",
            fix="Leave a study of nobody out; give counts, never percentages.",
        )
