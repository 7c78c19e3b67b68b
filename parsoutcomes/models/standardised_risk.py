"""Risks standardised over the cohort, from a logistic model and from its refits."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.conventions import MIN_DISCORDANT_PATIENTS, QUADRATURE_NODES
from parsoutcomes.models.design import Design, Term
from parsoutcomes.stats.proportions import clopper_pearson_interval
from parsoutcomes.stats.random_intercept_likelihood import standard_nodes
from parsoutcomes.stats.resampling import percentile_interval

Floats = NDArray[np.float64]

RESAMPLED = "percentile bootstrap over patients, stretched for parameters and few patients"
FEW = "percentile bootstrap over patients, widened to exact limits on the effective n"
HYBRID = "Newcombe's hybrid of the limits of the two risks"


@dataclass(frozen=True, kw_only=True)
class Risk:
    """A standardised risk, its limits and its draws."""

    estimate: float
    conf_low: float
    conf_high: float
    draws: Floats
    method: str

    @property
    def is_few(self) -> bool:
        """Whether resamples alone would say too little."""
        return self.method == FEW


def standardise_risk(
    design: Design,
    term: Term,
    level: str,
    *,
    coefficients: Floats,
    weights: Floats,
    sigmas: Floats | None = None,
) -> Floats:
    """Average the predicted risk over all rows as if each were at one level (g-computation).

    Parameters
    ----------
    design : Design
        Of the model.
    term, level
        The predictor and the level that it is set to.
    coefficients : array of shape (n_fits, n_parameters)
        Log odds, intercept first.
    weights : array of shape (n_fits, n_rows)
        Over which rows to average.
    sigmas : array of shape (n_fits,), optional
        Standard deviations of the patients' intercepts, over which the risk is then averaged too;
        default: coefficients that are averages already.

    Returns
    -------
    array of shape (n_fits,)
    """
    odds = coefficients @ design.at_level(term, level).T
    risk = _to_risk(odds) if sigmas is None else _average_over_patients(odds, sigmas)
    return np.asarray((weights * risk).sum(axis=1) / weights.sum(axis=1))


def _to_risk(odds: Floats) -> Floats:
    # exp of a large positive number would overflow; a hyperbolic tangent does not.
    return np.asarray(0.5 * (1 + np.tanh(odds / 2)))


def _average_over_patients(odds: Floats, sigmas: Floats) -> Floats:
    """Average risks over normal intercepts by Gauss-Hermite quadrature."""
    nodes, log_weights = standard_nodes(QUADRATURE_NODES)
    return np.asarray(
        sum(
            weight * _to_risk(odds + node * sigmas[:, None])
            for node, weight in zip(nodes, np.exp(log_weights), strict=True)
        )
    )


def bound_risk(estimate: float, draws: Floats, seen: pd.DataFrame, conf_level: float) -> Risk:
    """Give a standardised risk its limits.

    Parameters
    ----------
    estimate, draws
        From the model and from its refits.
    seen : pandas.DataFrame
        The rows at that level, with `event` and `cluster`; empty for a number.
    conf_level : float
        Level of the limits.
    """
    low, high = (float(limit) for limit in percentile_interval(draws, conf_level=conf_level))
    method = RESAMPLED
    patients = [seen.loc[seen["event"].eq(value), "cluster"].nunique() for value in (0, 1)]
    if len(seen) and min(patients) < MIN_DISCORDANT_PATIENTS:
        effective_n = len(seen) ** 2 / float((seen["cluster"].value_counts() ** 2).sum())
        exact = clopper_pearson_interval(
            float(seen["event"].mean()) * effective_n, effective_n, conf_level=conf_level
        )
        low, high, method = min(low, exact.conf_low), max(high, exact.conf_high), FEW
    return Risk(
        estimate=estimate,
        conf_low=min(low, estimate),
        conf_high=max(high, estimate),
        draws=draws,
        method=method,
    )


def subtract_risks(risk: Risk, reference: Risk, conf_level: float) -> Risk:
    """Give the difference of two standardised risks its limits.

    Paired draws; where either risk rests on few patients, square-and-add from the limits of both
    (Newcombe 1998, method 10).
    """
    difference = risk.estimate - reference.estimate
    draws = risk.draws - reference.draws
    if math.isnan(risk.conf_low):
        return replace(risk, estimate=difference, draws=draws)
    if risk.is_few or reference.is_few:
        down = np.hypot(risk.estimate - risk.conf_low, reference.conf_high - reference.estimate)
        up = np.hypot(risk.conf_high - risk.estimate, reference.estimate - reference.conf_low)
        low, high, method = difference - float(down), difference + float(up), HYBRID
    else:
        low, high = (float(limit) for limit in percentile_interval(draws, conf_level=conf_level))
        method = RESAMPLED
    return Risk(
        estimate=difference,
        conf_low=max(-1.0, min(low, difference)),
        conf_high=min(1.0, max(high, difference)),
        draws=draws,
        method=method,
    )
