"""The logistic model itself: which one, its odds ratios, its standardised risks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.errors import EstimationError, require_choice
from parsoutcomes.models.design import Term
from parsoutcomes.models.logistic_data import (
    LogisticData,
    choose_method,
    read_rows,
    require_events,
    rows_at,
)
from parsoutcomes.models.logistic_mixed import Mixed, convert_mixed, fit_mixed, read_conditional
from parsoutcomes.models.logistic_odds import Odds, fit_firth_odds, fit_gee_odds
from parsoutcomes.models.standardised_risk import (
    Risk,
    bound_risk,
    standardise_risk,
    subtract_risks,
)
from parsoutcomes.results.rates import is_few
from parsoutcomes.stats.kernels import correct_intercepts
from parsoutcomes.stats.resampling import bayesian_patient_weights, stretch_resamples

Floats = NDArray[np.float64]

METHODS = ("auto", "gee", "firth", "mixed")
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
        "gee", "firth" or "mixed", why, and which levels are told apart completely.
    n_parameters : int
        Without the intercept.
    correlation : float
        Working correlation of the GEE.
    conditional : str
        What the odds ratios conditional on the patient mean, or why there are none; empty where
        another model was asked for by name.
    """

    frame: pd.DataFrame
    method_used: str
    why: str
    separation: str
    n_parameters: int
    correlation: float
    conditional: str


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
    method : {"auto", "gee", "firth", "mixed"}
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
    >>> fit.method_used, fit.separation.partition(" to ")[2]
    ('firth', 'x b (8 of 8 united; a 4 of 8)')
    """
    require_choice("method", method, METHODS)
    data = read_rows(rows, outcome, terms, clusters)
    require_events(data)
    weights = bayesian_patient_weights(data.clusters, n_resamples, seed=seed)
    fitted = _fit(data, method, weights, conf_level)
    told = [
        row
        for term in data.design.terms
        for row in (
            *_risk_rows(data, term, fitted, conf_level),
            *(() if method == "mixed" else _odds_rows(data, term, fitted.odds, "odds_ratio")),
        )
    ]
    frame = pd.DataFrame([*told, *_conditional_rows(data, fitted, weights)])
    frame.insert(list(frame.columns).index("conf_high") + 1, "conf_level", conf_level)
    return LogisticFit(
        frame=frame,
        method_used=fitted.method_used,
        why=fitted.why,
        separation=data.separation,
        n_parameters=data.n_parameters,
        correlation=fitted.odds.correlation,
        conditional=fitted.conditional,
    )


@dataclass(frozen=True, kw_only=True)
class FittedModel:
    """The model that risks come from, and the reading conditional on the patient beside it.

    Attributes
    ----------
    odds : Odds
        Of the model that risks come from.
    method_used, why : str
        "gee", "firth" or "mixed", and why.
    mixed : Mixed or None
        The reading conditional on the patient.
    conditional : str
        Its meaning, or why there is none.
    """

    odds: Odds
    method_used: str
    why: str
    mixed: Mixed | None = None
    conditional: str = ""


def _fit(data: LogisticData, asked: str, weights: Floats, conf_level: float) -> FittedModel:
    if asked == "mixed":
        mixed = fit_mixed(data, conf_level)
        return FittedModel(
            odds=convert_mixed(data, mixed, weights),
            method_used="mixed",
            why="A random intercept for each patient was asked for",
            mixed=mixed,
            conditional=mixed.words,
        )
    fitted = fit_marginal(data, asked, weights, conf_level)
    if asked != "auto":
        return fitted
    beside, conditional = read_conditional(data, conf_level)
    return replace(fitted, mixed=beside, conditional=conditional)


def fit_marginal(data: LogisticData, asked: str, weights: Floats, conf_level: float) -> FittedModel:
    """Fit the model that averages over patients: the one asked for, or the one the data allow."""
    method_used, why = choose_method(data, asked)
    if method_used == "gee":
        try:
            odds = fit_gee_odds(data, weights, conf_level)
            return FittedModel(odds=odds, method_used="gee", why=why)
        except EstimationError:
            if asked == "gee":
                raise
            why = "Firth's penalised model, since the GEE did not converge"
    odds = fit_firth_odds(data, weights, conf_level)
    return FittedModel(odds=odds, method_used="firth", why=why)


def _conditional_rows(
    data: LogisticData, fitted: FittedModel, weights: Floats
) -> Iterator[dict[str, object]]:
    if fitted.mixed is None:
        return
    odds = convert_mixed(data, fitted.mixed, weights)
    for term in data.design.terms:
        yield from _odds_rows(data, term, odds, "conditional_odds_ratio")
    for row in fitted.mixed.spread_rows():
        yield {
            "term": "patient",
            "level": "",
            "reference": "",
            **row,
            **_counts(data, None),
            "p_value": float("nan"),
            "interval_method": odds.limits,
        }


def _risk_rows(
    data: LogisticData, term: Term, fitted: FittedModel, conf_level: float
) -> Iterator[dict[str, object]]:
    risks = {level: _risk(data, term, level, fitted, conf_level) for level in term.levels}
    for level, risk in risks.items():
        at_level = None if term.is_number else rows_at(data.design, term, level)
        yield _row(data, term, level, "risk", risk, at_level)
    for level, risk in risks.items():
        if level != term.reference:
            difference = subtract_risks(risk, risks[term.reference], conf_level)
            yield _row(data, term, level, "risk_difference", difference, None)


def _risk(
    data: LogisticData, term: Term, level: str, fitted: FittedModel, conf_level: float
) -> Risk:
    odds, is_firth = fitted.odds, fitted.method_used == "firth"
    at_estimate = odds.coefficients[None, :], np.ones((1, len(data.events))), odds.sigma_as_fit
    estimate = float(_standardise(data, term, level, *at_estimate, is_firth=is_firth)[0])
    stretch = stretch_resamples(data.n_clusters, data.n_parameters + 1, conf_level=conf_level)
    draws = np.concatenate(
        [
            _standardise(data, term, level, *batch, is_firth=is_firth)
            for batch in odds.batches(stretch=stretch)
        ]
    )
    if not data.is_told_apart_by_single_levels:
        nan = float("nan")
        return Risk(estimate=estimate, conf_low=nan, conf_high=nan, draws=draws, method=NOT_GIVEN)
    at_level = (
        np.zeros(len(data.events), bool) if term.is_number else rows_at(data.design, term, level)
    )
    seen = pd.DataFrame({"event": data.events, "cluster": data.clusters})[at_level]
    return bound_risk(estimate, draws, seen, conf_level)


def _standardise(  # noqa: PLR0917
    data: LogisticData,
    term: Term,
    level: str,
    coefficients: Floats,
    weights: Floats,
    sigmas: Floats | None,
    *,
    is_firth: bool,
) -> Floats:
    if is_firth:
        odds = coefficients @ data.design.with_intercept().T
        coefficients = coefficients.copy()
        coefficients[:, 0] += correct_intercepts(data.events, odds, weights)
    return standardise_risk(
        data.design, term, level, coefficients=coefficients, weights=weights, sigmas=sigmas
    )


def _odds_rows(
    data: LogisticData, term: Term, odds: Odds, measure: str
) -> Iterator[dict[str, object]]:
    for column, level in zip(term.columns, term.column_levels, strict=True):
        place = column + 1
        yield {
            "term": term.name,
            "level": level,
            "reference": "" if term.is_number else term.reference,
            "measure": measure,
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
