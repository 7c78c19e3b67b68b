"""Coefficients of a logistic model, their limits, and their refits to resampled patients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from parsoutcomes.models._firth import fit_firth
from parsoutcomes.models._statsmodels import fit_gee
from parsoutcomes.models.logistic_data import LogisticData
from parsoutcomes.stats.kernels import fit_firth_batch, fit_gee_batch, student_interval
from parsoutcomes.stats.resampling import percentile_interval, percentile_p_value

Floats = NDArray[np.float64]

BATCH_SIZE = 250
GEE_LIMITS = "Student's t on patients less parameters, Mancl-DeRouen covariance"
FIRTH_LIMITS = "the wider of profile penalised likelihood and percentile bootstrap over patients"


@dataclass(frozen=True, kw_only=True)
class Odds:
    """Log odds of one model: the estimate, its limits, and one refit per set of weights.

    Attributes
    ----------
    coefficients, conf_low, conf_high, p_value : array of shape (n_parameters,)
        Intercept first.
    draws : array of shape (n_resamples, n_parameters)
        Refits.
    weights : array of shape (n_resamples, n_rows)
        Of each refit.
    limits : str
        Which limits, in words.
    correlation : float
        Working correlation of a GEE.
    sigma : float
        Standard deviation between patients, where coefficients are conditional on the patient.
    sigma_draws : array of shape (n_resamples,), or None
        The same, refitted; None where coefficients are averages over patients.
    """

    coefficients: Floats
    draws: Floats
    weights: Floats
    conf_low: Floats
    conf_high: Floats
    p_value: Floats
    limits: str
    correlation: float = float("nan")
    sigma: float = 0.0
    sigma_draws: Floats | None = None

    @property
    def sigma_as_fit(self) -> Floats | None:
        """Sigma as an array of one, or None where coefficients are averages over patients."""
        return None if self.sigma_draws is None else np.array([self.sigma])

    def batches(self, *, stretch: float = 1.0) -> Iterator[tuple[Floats, Floats, Floats | None]]:
        """Yield refitted coefficients, weights and sigmas, in batches that fit into memory.

        Parameters
        ----------
        stretch : float
            By how much coefficients are moved away from the estimate.
        """
        draws = self.coefficients + stretch * (self.draws - self.coefficients)
        sigmas = self.sigma_draws
        if sigmas is not None:
            sigmas = np.abs(self.sigma + stretch * (sigmas - self.sigma))
        for start in range(0, len(draws), BATCH_SIZE):
            part = slice(start, start + BATCH_SIZE)
            yield draws[part], self.weights[part], None if sigmas is None else sigmas[part]


def fit_gee_odds(data: LogisticData, weights: Floats, conf_level: float) -> Odds:
    """Fit the GEE once and again for each set of weights, its correlation held."""
    fit = fit_gee(data.events, data.design.matrix, data.clusters, exchangeable=data.has_pairs)
    columns = data.design.with_intercept()
    draws = [
        fit_gee_batch(data.events, columns, data.clusters, batch, correlation=fit.correlation)
        for batch in _batch_rows(weights)
    ]
    interval = student_interval(
        fit.coefficients,
        fit.standard_errors,
        degrees_of_freedom=data.degrees_of_freedom,
        conf_level=conf_level,
    )
    return Odds(
        coefficients=fit.coefficients,
        draws=np.concatenate(draws),
        weights=weights,
        conf_low=interval.conf_low,
        conf_high=interval.conf_high,
        p_value=interval.p_value,
        limits=GEE_LIMITS,
        correlation=fit.correlation,
    )


def fit_firth_odds(data: LogisticData, weights: Floats, conf_level: float) -> Odds:
    """Fit Firth's model once and again for each set of weights; the wider limits of the two."""
    profile = fit_firth(data.events, data.design.matrix, conf_level=conf_level)
    columns = data.design.with_intercept()
    batches = [fit_firth_batch(data.events, columns, batch) for batch in _batch_rows(weights)]
    draws = np.concatenate(batches)
    low, high = percentile_interval(draws, conf_level=conf_level)
    return Odds(
        coefficients=fit_firth_batch(data.events, columns, np.ones((1, len(columns))))[0],
        draws=draws,
        weights=weights,
        conf_low=np.minimum(profile.conf_low, low),
        conf_high=np.maximum(profile.conf_high, high),
        p_value=np.maximum(profile.p_value, _test_by_patients(profile.coefficients, draws)),
        limits=FIRTH_LIMITS,
    )


def _test_by_patients(coefficients: Floats, draws: Floats) -> Floats:
    """Test against zero as the percentile limits do; Wald's p below what resamples can tell."""
    p_value = percentile_p_value(draws)
    wald = np.abs(coefficients) / draws.std(axis=0, ddof=1)
    beyond = [2 * NormalDist().cdf(-float(z)) for z in wald]
    is_one_sided = (draws < 0).all(axis=0) | (draws > 0).all(axis=0)
    return np.where(is_one_sided, np.minimum(p_value, beyond), p_value)


def _batch_rows(weights: Floats) -> Iterator[Floats]:
    for start in range(0, len(weights), BATCH_SIZE):
        yield weights[start : start + BATCH_SIZE]
