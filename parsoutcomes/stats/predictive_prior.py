"""What published series lead one to expect of a new one: the meta-analytic predictive prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.fft import dct, idct

from parsoutcomes.conventions import PRIOR_FLAT_WEIGHT, PRIOR_LOGIT_SD, PRIOR_SPREAD_SD
from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.checks import Floats, require_count_pair, require_vector
from parsoutcomes.stats.rate_density import (
    LATTICE_END,
    LOGITS,
    STEP,
    RateDensity,
    beta_density,
    mix_densities,
)

_N_SPREADS: Final = 64
_SPREADS_REACH: Final = 6.0
_TINY: Final = 1e-300


@dataclass(frozen=True, kw_only=True, eq=False)
class PredictivePrior:
    """What series of events lead one to expect of a new one.

    Attributes
    ----------
    new_series : RateDensity
        The rate of a new series of the same kind.
    n_series : int
        Series it rests on.
    spreads, spread_weights : array
        Standard deviations between series on the logit scale, and their posterior weights.
    """

    new_series: RateDensity
    n_series: int
    spreads: Floats
    spread_weights: Floats

    def spread_mean(self) -> float:
        """Return the posterior mean of the standard deviation between series."""
        return float((self.spreads * self.spread_weights).sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class RobustPosterior:
    """A new series' own rate after its own counts, under the robust prior.

    Attributes
    ----------
    prior, posterior : RateDensity
        The mixture of the predictive and the flat prior, before and after.
    flat_weight : float
        Posterior weight of the flat part: near 1 when the counts contradict the series.
    """

    prior: RateDensity
    posterior: RateDensity
    flat_weight: float


def fit_predictive_prior(
    n_events: ArrayLike,
    n: ArrayLike,
    *,
    logit_sd: float = PRIOR_LOGIT_SD,
    spread_sd: float = PRIOR_SPREAD_SD,
) -> PredictivePrior:
    """Derive from earlier series what the rate of a new one may be.

    Not a pooled estimate of one common rate: the spread between series is part of the answer. Not
    for series that share patients.

    Parameters
    ----------
    n_events, n : array of shape (n_series,)
        Events and observations of each series; effective counts need not be whole. No series at
        all gives the prior of the model itself.
    logit_sd : float
        mu, the mean of the logits, is normal about 0 with this standard deviation.
    spread_sd : float
        The standard deviation between the logits, tau, is half-normal with this scale.

    Returns
    -------
    PredictivePrior

    Raises
    ------
    ArgumentError
        When counts do not fit their totals, or a scale is not positive.

    Notes
    -----
    Binomial likelihood of each series given its own logit, theta ~ N(mu, tau^2). On a lattice of
    logits the normal integrals are cosine-transform convolutions (exact for any tau where the
    likelihood is resolved), over tau Gauss-Legendre; no sampling. Agrees with RBesT 1.9-0 (gMAP)
    on its ankylosing spondylitis example to its Monte Carlo error.

    References
    ----------
    Neuenschwander B et al. Clin Trials 2010;7:5-18.
    Schmidli H et al. Biometrics 2014;70:1023-1032.

    Examples
    --------
    >>> prior = fit_predictive_prior([38, 81], [46, 97])
    >>> round(prior.new_series.mean(), 2), prior.n_series
    (0.81, 2)
    """
    events, totals = _require_series(n_events, n)
    _require_scales(logit_sd, spread_sd)
    nodes, node_weights = np.polynomial.legendre.leggauss(_N_SPREADS)
    spreads = (nodes + 1) / 2 * _SPREADS_REACH * spread_sd
    log_joint = -0.5 * (LOGITS[None, :] / logit_sd) ** 2 - 0.5 * (spreads[:, None] / spread_sd) ** 2
    log_joint = log_joint + np.log(node_weights)[:, None]
    for x, total in zip(events, totals, strict=True):
        log_likelihood = x * LOGITS - total * np.logaddexp(0.0, LOGITS)
        smoothed = _smooth(np.exp(log_likelihood - log_likelihood.max())[None, :], spreads)
        log_joint += np.log(np.maximum(smoothed, _TINY))
    joint = np.exp(log_joint - log_joint.max())
    joint /= joint.sum()
    density = np.maximum(_smooth(joint, spreads).sum(axis=0), 0.0)
    return PredictivePrior(
        new_series=RateDensity(density=density / (density.sum() * STEP)),
        n_series=int(totals.size),
        spreads=spreads,
        spread_weights=joint.sum(axis=1),
    )


def update_robustly(
    predictive: RateDensity,
    n_events: float,
    n: float,
    *,
    flat_weight: float = PRIOR_FLAT_WEIGHT,
) -> RobustPosterior:
    """Bring a series' own counts to the prior that earlier series give it, kept robust.

    Not for counts that the earlier series contain.

    Parameters
    ----------
    predictive : RateDensity
        What earlier series lead to expect.
    n_events, n : float
        Own events and observations; effective counts need not be whole; n = 0 changes nothing.
    flat_weight : float
        Prior weight of Beta(1, 1), from 0 to 1.

    Returns
    -------
    RobustPosterior

    Notes
    -----
    The weight of each part is updated by its own mean likelihood (Schmidli 2014).

    Examples
    --------
    A count far from the series moves the weight to the flat part:

    >>> series = fit_predictive_prior([38, 81], [46, 97]).new_series
    >>> update_robustly(series, 2, 20).flat_weight > 0.95
    True
    """
    flat = beta_density(1.0, 1.0)
    informed, log_informed = predictive.update(n_events, n)
    uninformed, log_flat = flat.update(n_events, n)
    odds = np.logaddexp(_log(flat_weight) + log_flat, _log(1 - flat_weight) + log_informed)
    weight = float(np.exp(_log(flat_weight) + log_flat - odds))
    return RobustPosterior(
        prior=mix_densities([(1 - flat_weight, predictive), (flat_weight, flat)]),
        posterior=mix_densities([(1 - weight, informed), (weight, uninformed)]),
        flat_weight=weight,
    )


def predictive_p_value(predictive: RateDensity, n_events: int, n: int) -> float:
    """Return how improbable a count so far from what the series lead to expect would be.

    Not a test against one series: the spread between series is allowed for.

    Parameters
    ----------
    predictive : RateDensity
        What earlier series lead to expect.
    n_events, n : int
        The count and its total.

    Returns
    -------
    float
        Two-sided prior predictive p-value: twice the smaller tail, at most 1.

    Examples
    --------
    Under the flat prior each count is as probable as any other:

    >>> round(predictive_p_value(beta_density(1, 1), 0, 9), 3)
    0.2
    """
    probabilities = predictive.predict_counts(n)
    lower, upper = probabilities[: n_events + 1].sum(), probabilities[n_events:].sum()
    return min(1.0, 2 * float(min(lower, upper)))


def _log(weight: float) -> float:
    return float(np.log(weight)) if weight > 0 else -np.inf


def _smooth(values: Floats, spreads: Floats) -> Floats:
    """Convolve each row with a normal of its spread; the lattice's ends reflect."""
    frequencies = np.pi * np.arange(LOGITS.size) / (2 * LATTICE_END)
    damping = np.exp(-0.5 * (spreads[:, None] * frequencies[None, :]) ** 2)
    return np.asarray(idct(dct(values, type=1, axis=-1) * damping, type=1, axis=-1))


def _require_series(n_events: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    totals = require_vector("n", n)
    events = require_vector("n_events", n_events, totals.size)
    for x, total in zip(events, totals, strict=True):
        require_count_pair(x, total)
    return events, totals


def _require_scales(logit_sd: float, spread_sd: float) -> None:
    if not (0 < logit_sd <= LATTICE_END / 5 and 0 < spread_sd <= 2.0):
        raise ArgumentError(
            "A scale of the prior is out of range.",
            expected=f"0 < logit_sd <= {LATTICE_END / 5:g} and 0 < spread_sd <= 2",
            found=f"logit_sd = {logit_sd}, spread_sd = {spread_sd}",
            fix="Leave both at their defaults, or widen spread_sd to 1.",
        )
