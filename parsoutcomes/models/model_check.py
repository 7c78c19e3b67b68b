"""How well the model of union predicts: calibration and discrimination, corrected for optimism."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import (
    CONF_LEVEL,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    MIN_EVENTS_FOR_MODEL_CHECK,
    MIN_EVENTS_PER_PARAMETER,
    N_RESAMPLES,
    SEED,
    Definition,
    PopulationMethod,
)
from parsoutcomes.errors import EstimationError, require_choice
from parsoutcomes.models.logistic import collect_rows, require_terms
from parsoutcomes.models.logistic_data import LogisticData, read_rows, require_events
from parsoutcomes.models.logistic_fit import FittedModel, fit_marginal
from parsoutcomes.models.rates import require_options, require_resampling
from parsoutcomes.results.base import Citation
from parsoutcomes.results.model_check import (
    UnionModelCheck,
    write_check_finding,
    write_check_title,
)
from parsoutcomes.results.windows import write_latest_reading
from parsoutcomes.stats.kernels import correct_intercepts
from parsoutcomes.stats.prediction import PredictionQuality, measure_prediction
from parsoutcomes.stats.resampling import bayesian_patient_weights

Floats = NDArray[np.float64]

METHODS = ("auto", "gee", "firth")
SOLVER_NOISE = 1e-9
MEASURES = ("calibration_in_the_large", "calibration_slope", "c_statistic", "brier_score")
METHOD = (
    "{why}. Optimism: the model is refitted to resampled patients (smooth weights, Bayesian "
    "bootstrap) and measured on the resample and on all patients; the mean difference is taken off "
    "(Harrell; for the slope the median). No limits are given. Pars whose status is known {when}"
)
NO_LIMITS = dict.fromkeys(("conf_low", "conf_high", "conf_level"), float("nan"))
INTERNAL = (
    "Checked on the patients that the model was made from; how it does in another clinic, only "
    "that clinic's patients can show"
)
CITATIONS = (
    Citation(
        text="Harrell FE, Lee KL, Mark DB. Stat Med 1996;15:361-387.",
        doi="10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4",
    ),
)


@public(made_by="load_records")
def check_union_model(
    cohort: Cohort,
    terms: Sequence[str],
    *,
    method: PopulationMethod = "auto",
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> UnionModelCheck:
    """Check how well stage, side, age and the like predict union, and how much of that is luck.

    Not a validation in other patients, and not for choosing terms.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.
    terms : sequence of str
        As in `fit_union_logistic`.
    method : {"auto", "gee", "firth"}
        As in `fit_union_logistic`.
    definition, horizon_months, grace_months
        As in `fit_union_logistic`.
    n_resamples, seed : int
        Resamples of whole patients.

    Returns
    -------
    UnionModelCheck
        `measure` (calibration_in_the_large in log odds, ideally 0; calibration_slope, ideally 1;
        c_statistic, 0.5 to 1; brier_score, 0 is best), `reading` (apparent, optimism, corrected).

    Raises
    ------
    ArgumentError
        As in `fit_union_logistic`.
    EstimationError
        Fewer than 10 events or non-events, or than 5 of each per parameter.

    Notes
    -----
    Predictions of Firth's model have their intercept corrected (FLIC). The c-statistic agrees with
    the Mann-Whitney statistic of scipy; corrected values were compared with fresh patients
    by simulation (`benchmarks/optimism_logistic.py`).

    References
    ----------
    Harrell FE, Lee KL, Mark DB. Stat Med 1996;15:361-387.
    doi:10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n:02}" for n in range(24)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...                          "fitted_date": pd.Timestamp("2024-01-01")})
    >>> defects = episodes[["episode_id", "patient_id"]].assign(
    ...     defect_id=people, stage=["early", "progressive"] * 12)
    >>> readings = defects[["episode_id", "patient_id", "defect_id"]].assign(
    ...     scan_date=pd.Timestamp("2024-07-01"), modality="CT",
    ...     union_status=["complete", "none", "complete", "complete", "none", "none"] * 4)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings),
    ...                       data_lock=pd.Timestamp("2025-01-01"))
    >>> check = check_union_model(cohort, ["stage"], n_resamples=100)
    >>> check.to_frame().query("reading == 'apparent'")["estimate"].round(2).tolist()
    [0.0, 1.0, 0.67, 0.22]
    """
    require_choice("method", method, METHODS)
    require_options(horizon_months, grace_months, CONF_LEVEL)
    require_resampling(n_resamples, seed)
    chosen = require_terms(terms)
    rows, exclusions, cautions = collect_rows(
        cohort, chosen, definition, horizon_months, grace_months
    )
    fitted, frame = check_rows(
        rows,
        outcome="united",
        terms=chosen,
        clusters="patient_id",
        method=method,
        n_resamples=n_resamples,
        seed=seed,
    )
    return UnionModelCheck(
        title=write_check_title(definition, horizon_months),
        finding=write_check_finding(frame),
        method=METHOD.format(
            why=fitted.why, when=write_latest_reading(horizon_months, grace_months)
        ),
        unit="defect",
        definition=definition,
        frame=frame,
        exclusions=exclusions,
        cautions=(INTERNAL, *cautions),
        citations=CITATIONS,
        terms=chosen,
        method_used=fitted.method_used,
        horizon_months=horizon_months,
        grace_months=grace_months,
        data_lock=cohort.data_lock,
    )


def check_rows(
    rows: pd.DataFrame,
    *,
    outcome: str,
    terms: Sequence[str],
    clusters: str,
    method: str,
    n_resamples: int,
    seed: int,
) -> tuple[FittedModel, pd.DataFrame]:
    """Return the model of any rows that share patients, and how well it predicts."""
    data = read_rows(rows, outcome, terms, clusters)
    require_events(data)
    _require_enough(data)
    weights = bayesian_patient_weights(data.clusters, n_resamples, seed=seed)
    fitted = fit_marginal(data, method, weights, conf_level=CONF_LEVEL)
    ones = np.ones((1, len(data.events)))
    odds = _predict(data, fitted, fitted.odds.coefficients[None, :], ones)
    apparent = measure_prediction(data.events, odds, ones)
    optimism = _measure_optimism(data, fitted)
    told = {"n_patients": data.n_clusters, "n_defects": len(data.events)}
    told["n_events"] = int(data.events.sum())
    return fitted, pd.DataFrame(
        {"measure": name, "reading": reading, "estimate": value, **NO_LIMITS, **told}
        for name in MEASURES
        for reading, value in _three_readings(apparent, optimism, name).items()
    )


def _three_readings(
    apparent: PredictionQuality, optimism: dict[str, float], name: str
) -> dict[str, float]:
    seen = float(getattr(apparent, name)[0])
    seen = 0.0 if abs(seen) < SOLVER_NOISE else seen
    return {"apparent": seen, "optimism": optimism[name], "corrected": seen - optimism[name]}


def _measure_optimism(data: LogisticData, fitted: FittedModel) -> dict[str, float]:
    gaps: dict[str, list[Floats]] = {name: [] for name in MEASURES}
    for coefficients, weights, _ in fitted.odds.batches():
        odds = _predict(data, fitted, coefficients, weights)
        on_resample = measure_prediction(data.events, odds, weights)
        on_all = measure_prediction(data.events, odds, np.ones_like(weights))
        with np.errstate(invalid="ignore"):  # a slope that runs off in both is no gap
            for name in MEASURES:
                gaps[name].append(getattr(on_resample, name) - getattr(on_all, name))
    # A refit with nearly no effect has a slope without bound: one such would carry the mean away.
    return {
        name: float(
            np.nanmedian(np.concatenate(parts))
            if name == "calibration_slope"
            else np.concatenate(parts).mean()
        )
        for name, parts in gaps.items()
    }


def _predict(
    data: LogisticData, fitted: FittedModel, coefficients: Floats, weights: Floats
) -> Floats:
    odds = coefficients @ data.design.with_intercept().T
    if fitted.method_used == "firth":
        odds = odds + correct_intercepts(data.events, odds, weights)[:, None]
    return np.asarray(odds)


def _require_enough(data: LogisticData) -> None:
    needed = max(MIN_EVENTS_FOR_MODEL_CHECK, MIN_EVENTS_PER_PARAMETER * data.n_parameters)
    if data.n_rarer < needed:
        n_events = int(data.events.sum())
        raise EstimationError(
            "There are too few of the rarer outcome to say how well this model predicts.",
            expected=f"at least {needed} united and {needed} not united",
            found=f"{n_events} united and {len(data.events) - n_events} not united",
            fix="Use fewer terms, or wait for more patients.",
        )
