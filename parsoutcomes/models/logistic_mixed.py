"""The reading conditional on the patient: a random intercept for those with two pars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parsoutcomes.conventions import (
    MAX_INTERCEPT_SD,
    MAX_PATIENTS_FOR_PROFILE,
    MIN_EVENTS_PER_PARAMETER,
    MIN_INFORMATIVE_PATIENTS,
    QUADRATURE_NODES,
)
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.logistic_data import LogisticData, count_obstacles
from parsoutcomes.models.logistic_odds import Odds
from parsoutcomes.results.predictors import write_conditional, write_no_conditional
from parsoutcomes.stats.random_intercept import (
    RandomIntercept,
    fit_random_intercept_logit,
    latent_icc,
)
from parsoutcomes.stats.random_intercept_intervals import (
    RandomInterceptIntervals,
    profile_random_intercept,
    wald_random_intercept,
)
from parsoutcomes.stats.random_intercept_likelihood import collect_counts, evaluate_likelihood

Floats = NDArray[np.float64]

ALL_ALIKE = (
    "patients differ so much that nearly all have both pars alike (standard deviation of the log "
    f"odds between patients {MAX_INTERCEPT_SD:g} or more)"
)


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """A random-intercept model of the rows, with its limits.

    Attributes
    ----------
    fit : RandomIntercept
        Coefficients conditional on the patient.
    intervals : RandomInterceptIntervals
        By profile likelihood; Wald's with more than 1,000 patients.
    """

    fit: RandomIntercept
    intervals: RandomInterceptIntervals

    @property
    def words(self) -> str:
        """What the reading means, and how unlike patients are."""
        return write_conditional(
            sigma=(self.fit.sigma, self.intervals.sigma_low, self.intervals.sigma_high),
            icc=self.fit.icc,
            n_pairs=self.fit.n_informative,
            n_nodes=self.fit.n_nodes,
            limits=self.intervals.method,
            conf_level=self.intervals.conf_level,
        )

    def spread_rows(self) -> list[dict[str, object]]:
        """Return standard deviation between patients and latent correlation, with limits."""
        sigmas = self.fit.sigma, self.intervals.sigma_low, self.intervals.sigma_high
        names = ("estimate", "conf_low", "conf_high")
        iccs = [1.0 if np.isinf(sigma) else latent_icc(sigma) for sigma in sigmas]
        return [
            {"measure": "intercept_sd", **dict(zip(names, sigmas, strict=True))},
            {"measure": "latent_icc", **dict(zip(names, iccs, strict=True))},
        ]


def fit_mixed(data: LogisticData, conf_level: float) -> Mixed:
    """Fit the random-intercept model, or refuse it in words.

    Raises
    ------
    EstimationError
        On separation, too few events, fewer than 10 patients with two pars, or a standard
        deviation between patients that reaches 5.
    """
    sizes = np.bincount(data.clusters)
    n_informative = int((sizes >= 2).sum())
    obstacles = count_obstacles(data)
    if n_informative < MIN_INFORMATIVE_PATIENTS:
        obstacles.append(
            f"{n_informative} patients have two or more pars in the model, and "
            f"{MIN_INFORMATIVE_PATIENTS} are needed to tell patients from pars"
        )
    if obstacles:
        raise _refused(obstacles)
    rows = data.events, np.ones(len(data.events)), data.design.with_intercept(), data.clusters
    try:
        fit = fit_random_intercept_logit(*rows, n_nodes=QUADRATURE_NODES)
    except EstimationError as error:
        raise _refused([ALL_ALIKE]) from error
    if fit.sigma >= MAX_INTERCEPT_SD:
        raise _refused([ALL_ALIKE])
    if data.n_clusters > MAX_PATIENTS_FOR_PROFILE:
        return Mixed(fit=fit, intervals=wald_random_intercept(fit, conf_level=conf_level))
    return Mixed(fit=fit, intervals=profile_random_intercept(*rows, fit, conf_level=conf_level))


def read_conditional(data: LogisticData, conf_level: float) -> tuple[Mixed | None, str]:
    """Return the conditional reading where it is allowed, and its meaning or why it is not."""
    try:
        mixed = fit_mixed(data, conf_level)
    except EstimationError as error:
        return None, write_no_conditional(error.found)
    return mixed, mixed.words


def convert_mixed(data: LogisticData, mixed: Mixed, weights: Floats) -> Odds:
    """Return the log odds of a random-intercept model, with one step of refitting per resample.

    Notes
    -----
    Resampled coefficients move by the covariance times the patients' scores under their weights
    (one Newton step).
    """
    counts = collect_counts(
        data.events, np.ones(len(data.events)), data.design.with_intercept(), data.clusters
    )
    fit, limits = mixed.fit, mixed.intervals
    scores = evaluate_likelihood(counts, fit.coefficients, fit.sigma, fit.n_nodes).score
    covariance = np.nan_to_num(fit.joint_covariance)
    of_patients = _patient_weights(data.clusters, weights)
    of_patients = of_patients / of_patients.mean(axis=1, keepdims=True)
    moves = (of_patients - 1) @ scores @ covariance
    return Odds(
        coefficients=fit.coefficients,
        draws=fit.coefficients + moves[:, :-1],
        weights=weights,
        conf_low=limits.conf_low,
        conf_high=limits.conf_high,
        p_value=limits.p_value,
        limits=limits.method,
        sigma=fit.sigma,
        sigma_draws=fit.sigma + moves[:, -1],
    )


def _patient_weights(clusters: NDArray[np.int64], weights: Floats) -> Floats:
    _, first = np.unique(clusters, return_index=True)
    return np.asarray(weights[:, first])


def _refused(obstacles: list[str]) -> EstimationError:
    return EstimationError(
        "A model conditional on the patient (random intercept) would mislead here.",
        expected=f"no separation, {MIN_EVENTS_PER_PARAMETER} events and non-events per parameter, "
        f"{MIN_INFORMATIVE_PATIENTS} patients with two pars, patients not all alike within",
        found="; ".join(obstacles),
        fix='Use method="auto", which averages over patients.',
    )
