"""The logistic model itself: which one, its odds ratios, its standardised risks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.errors import EstimationError, require_choice
from parsoutcomes.models._firth import fit_firth
from parsoutcomes.models._statsmodels import fit_gee
from parsoutcomes.models.design import Term
from parsoutcomes.models.logistic_data import (
    LogisticData,
    choose_method,
    read_rows,
    require_events,
    rows_at,
)
from parsoutcomes.models.standardised_risk import (
    Risk,
    bound_risk,
    standardise_risk,
    subtract_risks,
)
from parsoutcomes.results.rates import is_few
from parsoutcomes.stats.kernels import (
    correct_intercepts,
    fit_firth_batch,
    fit_gee_batch,
    student_interval,
)
from parsoutcomes.stats.resampling import bayesian_patient_weights, percentile_interval

Floats = NDArray[np.float64]

METHODS = ("auto", "gee", "firth")
BATCH_SIZE = 250
GEE_LIMITS = "Student's t on patients less parameters, Mancl-DeRouen covariance"
FIRTH_LIMITS = "the wider of profile penalised likelihood and percentile bootstrap over patients"
NOT_GIVEN = (
    "none: the terms together tell all who united from all who did not, so that resamples say "
    "nothing"
)


@dataclass(frozen=True, kw_only=True)
class LogisticFit:
    """A finished logistic model.

    Attributes
    ----------
    frame : pandas.DataFrame
        `term, level, reference, measure` (risk, risk_difference, odds_ratio), the estimate with
        its limits, counts, `p_value` (missing where either level is too few for a claim),
        `interval_method`.
    method_used, why, separation : str
        "gee" or "firth", why, and which levels are told apart completely.
    n_parameters : int
        Without the intercept.
    correlation : float
        Working correlation of the GEE.
    """

    frame: pd.DataFrame
    method_used: str
    why: str
    separation: str
    n_parameters: int
    correlation: float


@dataclass(frozen=True, kw_only=True)
class _Odds:
    coefficients: Floats
    draws: Floats
    weights: Floats
    conf_low: Floats
    conf_high: Floats
    p_value: Floats
    limits: str
    correlation: float = float("nan")


def fit_logistic_rows(
    rows: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    clusters: str,
    method: str,
    conf_level: float,
    n_resamples: int,
    seed: int,
) -> LogisticFit:
    """Model a binary outcome of rows that share patients, by the method that the data allow.

    The statistician's entry to `fit_union_logistic`: any rows, any outcome. Not for rows with
    missing values.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row per unit; numeric terms enter as numbers, all others as categories.
    outcome, clusters : str
        Columns: 0/1, and the patient.
    terms : sequence of str
        Columns with the predictors.
    method : {"auto", "gee", "firth"}
        As in `fit_union_logistic`.
    conf_level, n_resamples, seed
        As everywhere.

    Returns
    -------
    LogisticFit

    Raises
    ------
    EstimationError
        Too few events; a term that does not vary or is determined by others; GEE on separated
        data.

    Examples
    --------
    >>> rows = pd.DataFrame({"x": ["a"] * 8 + ["b"] * 8, "y": [0] * 4 + [1] * 12,
    ...                      "patient": range(16)})
    >>> fit = fit_logistic_rows(rows, outcome="y", terms=["x"], clusters="patient",
    ...                         method="auto", conf_level=0.95, n_resamples=50, seed=1)
    >>> fit.method_used, fit.separation
    ('firth', 'x b (8 of 8 united) has an infinite ordinary estimate')
    """
    require_choice("method", method, METHODS)
    data = read_rows(rows, outcome, terms, clusters)
    require_events(data)
    method_used, why = choose_method(data, method)
    weights = bayesian_patient_weights(data.clusters, n_resamples, seed=seed)
    odds, method_used, why = _fit(data, method, method_used, why, weights, conf_level)
    frame = pd.DataFrame(
        row
        for term in data.design.terms
        for row in (
            *_risk_rows(data, term, odds, method_used, conf_level),
            *_odds_rows(data, term, odds),
        )
    )
    frame.insert(list(frame.columns).index("conf_high") + 1, "conf_level", conf_level)
    return LogisticFit(
        frame=frame,
        method_used=method_used,
        why=why,
        separation=data.separation,
        n_parameters=data.n_parameters,
        correlation=odds.correlation,
    )


def _fit(  # noqa: PLR0917
    data: LogisticData, asked: str, method_used: str, why: str, weights: Floats, conf_level: float
) -> tuple[_Odds, str, str]:
    if method_used == "gee":
        try:
            return _fit_gee(data, weights, conf_level), method_used, why
        except EstimationError:
            if asked == "gee":
                raise
            why = "Firth's penalised model, since the GEE did not converge"
    return _fit_firth(data, weights, conf_level), "firth", why


def _fit_gee(data: LogisticData, weights: Floats, conf_level: float) -> _Odds:
    fit = fit_gee(data.events, data.design.matrix, data.clusters, exchangeable=data.has_pairs)
    columns = data.design.with_intercept()
    draws = [
        fit_gee_batch(data.events, columns, data.clusters, batch, correlation=fit.correlation)
        for batch in _batches(weights)
    ]
    interval = student_interval(
        fit.coefficients,
        fit.standard_errors,
        degrees_of_freedom=data.degrees_of_freedom,
        conf_level=conf_level,
    )
    return _Odds(
        coefficients=fit.coefficients,
        draws=np.concatenate(draws),
        weights=weights,
        conf_low=interval.conf_low,
        conf_high=interval.conf_high,
        p_value=interval.p_value,
        limits=GEE_LIMITS,
        correlation=fit.correlation,
    )


def _fit_firth(data: LogisticData, weights: Floats, conf_level: float) -> _Odds:
    profile = fit_firth(data.events, data.design.matrix, conf_level=conf_level)
    columns = data.design.with_intercept()
    batches = [fit_firth_batch(data.events, columns, batch) for batch in _batches(weights)]
    draws = np.concatenate(batches)
    low, high = percentile_interval(draws, conf_level=conf_level)
    wald = np.abs(profile.coefficients) / draws.std(axis=0, ddof=1)
    by_patients = [2 * NormalDist().cdf(-float(z)) for z in wald]
    return _Odds(
        coefficients=fit_firth_batch(data.events, columns, np.ones((1, len(columns))))[0],
        draws=draws,
        weights=weights,
        conf_low=np.minimum(profile.conf_low, low),
        conf_high=np.maximum(profile.conf_high, high),
        p_value=np.maximum(profile.p_value, by_patients),
        limits=FIRTH_LIMITS,
    )


def _batches(weights: Floats) -> Iterator[Floats]:
    for start in range(0, len(weights), BATCH_SIZE):
        yield weights[start : start + BATCH_SIZE]


def _risk_rows(
    data: LogisticData, term: Term, odds: _Odds, method_used: str, conf_level: float
) -> Iterator[dict[str, object]]:
    risks = {
        level: _risk(data, term, level, odds, method_used, conf_level) for level in term.levels
    }
    for level, risk in risks.items():
        at_level = None if term.is_number else rows_at(data.design, term, level)
        yield _row(data, term, level, "risk", risk, at_level)
    for level, risk in risks.items():
        if level != term.reference:
            difference = subtract_risks(risk, risks[term.reference], conf_level)
            yield _row(data, term, level, "risk_difference", difference, None)


def _risk(  # noqa: PLR0917
    data: LogisticData, term: Term, level: str, odds: _Odds, method_used: str, conf_level: float
) -> Risk:
    one = np.ones((1, len(data.events)))
    estimate = _standardise(data, term, level, odds.coefficients[None, :], one, method_used)[0]
    draws = np.concatenate(
        [
            _standardise(data, term, level, coefficients, weights, method_used)
            for coefficients, weights in zip(
                _batches(odds.draws), _batches(odds.weights), strict=True
            )
        ]
    )
    if not data.is_told_apart_by_single_levels:
        nan = float("nan")
        return Risk(
            estimate=float(estimate), conf_low=nan, conf_high=nan, draws=draws, method=NOT_GIVEN
        )
    at_level = (
        np.zeros(len(data.events), bool) if term.is_number else rows_at(data.design, term, level)
    )
    seen = pd.DataFrame({"event": data.events, "cluster": data.clusters})[at_level]
    return bound_risk(float(estimate), draws, seen, conf_level)


def _standardise(  # noqa: PLR0917
    data: LogisticData,
    term: Term,
    level: str,
    coefficients: Floats,
    weights: Floats,
    method_used: str,
) -> Floats:
    if method_used == "firth":
        odds = coefficients @ data.design.with_intercept().T
        coefficients = coefficients.copy()
        coefficients[:, 0] += correct_intercepts(data.events, odds, weights)
    return standardise_risk(data.design, term, level, coefficients=coefficients, weights=weights)


def _odds_rows(data: LogisticData, term: Term, odds: _Odds) -> Iterator[dict[str, object]]:
    for column, level in zip(term.columns, term.column_levels, strict=True):
        place = column + 1
        yield {
            "term": term.name,
            "level": level,
            "reference": "" if term.is_number else term.reference,
            "measure": "odds_ratio",
            "estimate": float(np.exp(odds.coefficients[place])),
            "conf_low": float(np.exp(odds.conf_low[place])),
            "conf_high": float(np.exp(odds.conf_high[place])),
            **_counts(data, None),
            "p_value": float("nan") if _is_small(data, term, level) else float(odds.p_value[place]),
            "interval_method": odds.limits,
        }


def _row(  # noqa: PLR0917
    data: LogisticData,
    term: Term,
    level: str,
    measure: str,
    risk: Risk,
    at_level: NDArray[np.bool_] | None,
) -> dict[str, object]:
    return {
        "term": term.name,
        "level": level,
        "reference": term.reference if measure == "risk_difference" else "",
        "measure": measure,
        "estimate": risk.estimate,
        "conf_low": risk.conf_low,
        "conf_high": risk.conf_high,
        **_counts(data, at_level),
        "p_value": float("nan"),
        "interval_method": risk.method,
    }


def _is_small(data: LogisticData, term: Term, level: str) -> bool:
    """Say whether either side of a contrast rests on too few for a claim."""
    places = (
        [None]
        if term.is_number
        else [rows_at(data.design, term, n) for n in (level, term.reference)]
    )
    return bool(is_few(pd.DataFrame([_counts(data, place) for place in places])).any())


def _counts(data: LogisticData, at_level: NDArray[np.bool_] | None) -> dict[str, int]:
    chosen = np.ones(len(data.events), bool) if at_level is None else at_level
    return {
        "n_patients": int(np.unique(data.clusters[chosen]).size),
        "n_defects": int(chosen.sum()),
        "n_events": int(data.events[chosen].sum()),
    }
