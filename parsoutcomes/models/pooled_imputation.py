"""Union rates and logistic models over completed sets, pooled by Rubin's rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.conventions import (
    CONF_LEVEL,
    N_RESAMPLES_PER_IMPUTATION,
    SEED,
    GroupBy,
    PopulationMethod,
)
from parsoutcomes.errors import ArgumentError, EstimationError, require_choice
from parsoutcomes.models.imputation import CITATIONS
from parsoutcomes.models.logistic import NUMBERS, fit_union_logistic
from parsoutcomes.models.pooled_rows import find_row, pool_rows, take_recorded, take_widest
from parsoutcomes.models.rates import estimate_union_rates
from parsoutcomes.models.units import NOT_RECORDED
from parsoutcomes.results.imputation import (
    IMPUTED,
    ImputedCohorts,
    PooledImputation,
    write_pooled_finding,
    write_pooled_title,
)
from parsoutcomes.results.predictors import UnionPredictors
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.results.rows import Row, list_rows

RATES = ("union_npmle", "union_known_status")
SCALES = {"odds_ratio": "log", "risk": "logit", "risk_difference": "identity"}
POOLED_METHODS = ("auto", "gee", "firth")
QUARTILES = ("lower quartile", "upper quartile")
RATES_METHOD = (
    "Rates of each completed set on the log odds, squared standard errors from the effective "
    "number of pars, pooled by Rubin's rules with Barnard and Rubin's degrees of freedom, which "
    "never exceed patients less one; the limits are Wilson's for that standard error. Where all or "
    "none united in a set, or the rarer outcome was seen in fewer than three patients, the limits "
    "are the widest of all sets. Counts are means over the sets. "
)
MODEL_METHOD = (
    "Coefficients and risks of each completed set (risks on the log odds, differences as they "
    "are; standard errors from their limits), pooled by Rubin's rules with Barnard and Rubin's "
    "degrees of freedom, which never exceed patients less parameters; {model} in every set. "
    "Counts are means over the sets. "
)


@public(made_by="impute_covariates")
def pool_union_rates(
    imputed: ImputedCohorts, *, by: GroupBy = "stage", conf_level: float = CONF_LEVEL
) -> PooledImputation:
    """Estimate union by group with gaps filled in, beside the same from complete cases alone.

    Not a cure for many gaps: where more than half is missing the model speaks, not the records.

    Parameters
    ----------
    imputed : ImputedCohorts
        From `impute_covariates`, with the grouping column among its columns.
    by : str
        As in `estimate_union_rates`.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    PooledImputation
        Per group the measures `union_npmle` and `union_known_status`, each once with `analysis`
        "imputed" and once "complete_cases"; `degrees_of_freedom` and `missing_information` of the
        former. Counts of the imputed rows are means over sets.

    Raises
    ------
    EstimationError
        When there is no target pars.
    ArgumentError
        When `by` is not known.

    Notes
    -----
    With nothing missing the answer is that of `estimate_union_rates`. Pooling agrees with R's
    mice, given the sets.

    References
    ----------
    Barnard J, Rubin DB. Biometrika 1999;86:948-955. doi:10.1093/biomet/86.4.948

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> from parsoutcomes.models.imputation import impute_covariates
    >>> people = [f"P{n:02}" for n in range(24)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people})
    >>> defects = episodes.assign(defect_id=people, stage=["early", "progressive", None] * 8)
    >>> readings = defects[["episode_id", "patient_id", "defect_id"]].assign(
    ...     modality="CT", days_since_fitting=180, union_status=["complete", "none"] * 12)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings))
    >>> pooled = pool_union_rates(impute_covariates(cohort, ["stage"], seed=1))
    >>> pooled.to_frame()[["stage", "analysis"]].to_numpy()[:2].tolist()
    [['early', 'imputed'], ['early', 'complete_cases']]
    """
    options: dict[str, Any] = {**_outcome_of(imputed), "conf_level": conf_level}
    sets = [estimate_union_rates(one, by=by, **options) for one in imputed.completed]
    alone = estimate_union_rates(imputed.records, by=by, **options)
    frame = pd.DataFrame(_rate_rows(sets, alone, by, conf_level))
    return _result(
        imputed,
        frame,
        title=write_pooled_title(alone.title, imputed.columns),
        group=by,
        measure=RATES[0],
        method=RATES_METHOD + imputed.method,
        like=alone,
    )


@public(made_by="impute_covariates")
def pool_union_logistic(
    imputed: ImputedCohorts,
    terms: Sequence[str],
    *,
    method: PopulationMethod = "auto",
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES_PER_IMPUTATION,
    seed: int = SEED,
) -> PooledImputation:
    """Fit predictors of union with gaps filled in, beside the same from complete cases alone.

    Parameters
    ----------
    imputed : ImputedCohorts
        From `impute_covariates`, with every term that has gaps among its columns.
    terms : sequence of str
        As in `fit_union_logistic`.
    method : {"auto", "gee", "firth"}
        As in `fit_union_logistic`; with "auto", Firth's model in all sets when any of them needs
        it. Odds ratios conditional on the patient are not pooled.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        Resamples of whole patients in each set.

    Returns
    -------
    PooledImputation
        The measures of `fit_union_logistic`, each once with `analysis` "imputed" and, where the
        complete cases allow a model, once "complete_cases".

    Raises
    ------
    ArgumentError, EstimationError
        As `fit_union_logistic`; also where a completed set allows no model.

    Notes
    -----
    A number's risks stand at its lower and upper quartile in each set. Limits that are not
    symmetric (Firth's profile) enter by half their width.

    References
    ----------
    Barnard J, Rubin DB. Biometrika 1999;86:948-955. doi:10.1093/biomet/86.4.948

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> from parsoutcomes.models.imputation import impute_covariates
    >>> people = [f"P{n:02}" for n in range(40)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people})
    >>> defects = episodes.assign(defect_id=people,
    ...     stage=["early", "progressive", "early", "progressive", None] * 8)
    >>> readings = defects[["episode_id", "patient_id", "defect_id"]].assign(
    ...     modality="CT", days_since_fitting=180,
    ...     union_status=["complete", "none", "complete", "complete", "none", "none"] * 6
    ...     + ["none"] * 4)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings))
    >>> imputed = impute_covariates(cohort, ["stage"], n_imputations=3, seed=1)
    >>> pooled = pool_union_logistic(imputed, ["stage"], n_resamples=50)
    >>> pooled.to_frame().query("measure == 'odds_ratio'")[["level", "analysis"]].values.tolist()
    [['progressive', 'imputed'], ['progressive', 'complete_cases']]
    """
    require_choice("method", method, POOLED_METHODS)
    options: dict[str, Any] = {
        **_outcome_of(imputed),
        "conf_level": conf_level,
        "n_resamples": n_resamples,
        "seed": seed,
    }
    sets = _fit_alike(imputed, terms, method, options)
    alone, why = _fit_complete_cases(imputed, terms, method, options)
    rows = _model_rows(sets, alone, conf_level)
    return _result(
        imputed,
        pd.DataFrame(rows),
        title=write_pooled_title(sets[0].title, imputed.columns),
        group="level",
        measure="risk",
        method=MODEL_METHOD.format(model=sets[0].method_used) + imputed.method,
        like=sets[0],
        cautions=why,
    )


def _outcome_of(imputed: ImputedCohorts) -> dict[str, Any]:
    names = ("definition", "horizon_months", "grace_months")
    return {name: getattr(imputed, name) for name in names}


def _result(
    imputed: ImputedCohorts,
    frame: pd.DataFrame,
    *,
    title: str,
    group: str,
    measure: str,
    method: str,
    like: UnionRates | UnionPredictors,
    cautions: tuple[str, ...] = (),
) -> PooledImputation:
    outcome = _outcome_of(imputed)
    return PooledImputation(
        title=title,
        finding=write_pooled_finding(
            frame,
            definition=outcome["definition"],
            horizon_months=outcome["horizon_months"],
            measure=measure,
            group=group,
        ),
        method=method,
        unit="defect",
        frame=frame,
        exclusions=like.exclusions,
        cautions=(*imputed.cautions, *cautions),
        citations=CITATIONS,
        n_imputations=imputed.n_imputations,
        columns=imputed.columns,
        by=group if isinstance(like, UnionRates) else None,
        data_lock=like.data_lock,
        **outcome,
    )


def _rate_rows(
    sets: list[UnionRates], alone: UnionRates, by: str, conf_level: float
) -> Iterator[Row]:
    groups = list(dict.fromkeys(name for one in sets for name in one.frame[by]))
    for group in groups:
        for measure in RATES:
            found = [find_row(one.frame, {by: group, "measure": measure}) for one in sets]
            freedom = min(_patients(row) for row in found) - 1
            pooled = _pool_rates(found, freedom, conf_level)
            yield {by: group, "measure": measure, "analysis": IMPUTED, **pooled}
            recorded = find_row(alone.frame, {by: group, "measure": measure})
            if recorded is not None and group != NOT_RECORDED:
                yield {by: group, "measure": measure, **take_recorded(recorded)}


def _patients(row: Row | None) -> int:
    return 0 if row is None else int(row["n_patients"])


def _pool_rates(found: Sequence[Row | None], freedom: int, conf_level: float) -> Row:
    rows = [row for row in found if row is not None]
    is_wilson = all(str(row["interval_method"]).startswith("Wilson") for row in rows)
    if len(rows) < len(found) or not is_wilson or len(rows) < 2:
        return take_widest(rows, len(found), conf_level)
    return pool_rows(rows, "wilson", [_patients(row) - 1 for row in rows], freedom, conf_level)


def _fit_alike(
    imputed: ImputedCohorts, terms: Sequence[str], method: PopulationMethod, options: dict[str, Any]
) -> list[UnionPredictors]:
    sets = [fit_union_logistic(one, terms, method=method, **options) for one in imputed.completed]
    used = {one.method_used for one in sets}
    if len(used) == 1:
        return sets
    return [
        one
        if one.method_used == "firth"
        else fit_union_logistic(cohort, terms, method="firth", **options)
        for one, cohort in zip(sets, imputed.completed, strict=True)
    ]


def _fit_complete_cases(
    imputed: ImputedCohorts, terms: Sequence[str], method: PopulationMethod, options: dict[str, Any]
) -> tuple[UnionPredictors | None, tuple[str, ...]]:
    try:
        return fit_union_logistic(imputed.records, terms, method=method, **options), ()
    except ArgumentError:
        raise
    except EstimationError as error:
        return None, (f"The complete cases alone allow no model: {error.wrong}",)


def _model_rows(
    sets: list[UnionPredictors], alone: UnionPredictors | None, conf_level: float
) -> Iterator[Row]:
    frames = [_name_quartiles(one.frame) for one in sets]
    recorded = None if alone is None else _name_quartiles(alone.frame)
    keys = ["term", "level", "reference", "measure"]
    for key in list_rows(pd.concat(frames)[keys].drop_duplicates()):
        found = [row for frame in frames if (row := find_row(frame, key)) is not None]
        yield {**key, "analysis": IMPUTED, **_pool_model(found, sets, key["measure"], conf_level)}
        row = None if recorded is None else find_row(recorded, key)
        if row is not None:
            yield {**key, **take_recorded(row)}


def _pool_model(
    rows: list[Row], sets: list[UnionPredictors], measure: str, conf_level: float
) -> Row:
    if len(rows) < len(sets) or len(rows) < 2:
        return take_widest(rows, len(sets), conf_level)
    freedom = [int(one.frame["n_patients"].max()) - one.n_parameters - 1 for one in sets]
    is_student = measure == "odds_ratio" and sets[0].method_used == "gee"
    of_set = freedom if is_student else [np.inf] * len(sets)
    return pool_rows(rows, SCALES[measure], of_set, min(freedom), conf_level)


def _name_quartiles(frame: pd.DataFrame) -> pd.DataFrame:
    """Call the points of a number by what they are, as their values differ between sets."""
    # Profile limits of the readings conditional on the patient cannot be pooled: they are left out.
    named = frame[frame["measure"].isin(SCALES)].copy()
    for term in NUMBERS:
        points = named.loc[named["term"].eq(term) & named["measure"].eq("risk"), "level"]
        names = dict(zip(points, QUARTILES, strict=False))
        of_term = named["term"].eq(term)
        for column in ("level", "reference"):
            renamed = named.loc[of_term, column].replace(names)
            named.loc[of_term, column] = renamed
    return named
