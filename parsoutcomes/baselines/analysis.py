"""One comparison with published series, and the same under other choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from parsoutcomes.baselines.references import Reference
from parsoutcomes.baselines.standardisation import Standardised, standardise, tabulate
from parsoutcomes.baselines.strata import (
    Estimator,
    StratumRate,
    estimate_stratum,
    mark_judged,
)
from parsoutcomes.conventions import (
    CONF_LEVEL,
    MIN_DEFECTS_FOR_CLAIM,
    MIN_PATIENTS_FOR_CLAIM,
)
from parsoutcomes.stats.resampling import bayesian_patient_weights

VERDICT: Final = "verdict"
PRE_LYSIS_AS_EARLY: Final = "pre-lysis counted as early"
_FRAME_COLUMNS: Final = (
    "reference",
    "series",
    "role",
    "strata",
    "measure",
    "estimate",
    "conf_low",
    "conf_high",
    "conf_level",
    "n_patients",
    "n_defects",
    "n_events",
    "estimate_low",
    "estimate_high",
)


Made = dict[tuple[str, tuple[int, ...]], StratumRate]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What every analysis of one comparison shares."""

    horizon_days: float
    conf_level: float
    n_resamples: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """One set of strata against each series: `frame` has four measures per series.

    `evidence` is the same at 95 %, on which `verdict` rests; `n_judged` and `n_patients_judged`
    count the pars that can be judged, and their patients.
    """

    role: str
    stages: tuple[str, ...]
    verdict: str
    n_judged: int
    n_patients_judged: int
    evidence: pd.DataFrame
    rates: tuple[StratumRate, ...]
    references: tuple[Reference, ...]
    frame: pd.DataFrame


def analyse(
    rows: pd.DataFrame,
    references: Sequence[Reference],
    stages: Sequence[str],
    setting: Setting,
    *,
    role: str,
    estimator: Estimator = "npmle",
    made: Made | None = None,
) -> Analysis:
    """Compare the pars of `stages` with each series; `rows` are all target pars.

    Strata that another analysis has `made` of the same pars are taken from there.
    """
    kept = rows[rows["stage"].isin(stages)]
    rates = estimate_strata(rows, stages, setting, estimator, made)
    results = [
        standardise(rates, reference, n_resamples=setting.n_resamples, seed=setting.seed)
        for reference in references
    ]
    judged = kept[mark_judged(kept)]
    n_patients_judged = int(judged["patient_id"].nunique())
    frame, evidence = (
        _tabulate_all(results, references, rates, conf_level).assign(
            role=role,
            strata=_name_strata([rate.stage for rate in rates] or stages, role),
            n_patients=int(kept["patient_id"].nunique()),
        )[list(_FRAME_COLUMNS)]
        for conf_level in (setting.conf_level, CONF_LEVEL)
    )
    return Analysis(
        role=role,
        stages=tuple(stages),
        verdict=judge(
            [
                result
                for result, reference in zip(results, references, strict=True)
                if not reference.no_verdict_since
            ],
            len(judged),
            n_patients_judged,
        ),
        n_judged=len(judged),
        n_patients_judged=n_patients_judged,
        evidence=evidence,
        rates=rates,
        references=tuple(references),
        frame=frame,
    )


def _tabulate_all(
    results: Sequence[Standardised],
    references: Sequence[Reference],
    rates: Sequence[StratumRate],
    conf_level: float,
) -> pd.DataFrame:
    parts = [
        tabulate(result, rates, conf_level=conf_level).assign(
            reference=reference.name, series=reference.series
        )
        for reference, result in zip(references, results, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _name_strata(stages: Sequence[str], role: str) -> str:
    names = [stage.replace("_", "-") for stage in stages]
    if role == PRE_LYSIS_AS_EARLY:
        names = ["early with pre-lysis" if name == "early" else name for name in names]
    return " + ".join(names)


def estimate_strata(
    rows: pd.DataFrame,
    stages: Sequence[str],
    setting: Setting,
    estimator: Estimator = "npmle",
    made: Made | None = None,
) -> tuple[StratumRate, ...]:
    """Estimate our union in each stage that occurs, or take it from what was `made` before."""
    made = {} if made is None else made
    if not rows["stage"].isin(stages).any():
        return ()
    patients = rows["patient_id"].to_numpy(dtype=str)
    weights = bayesian_patient_weights(patients, setting.n_resamples, seed=setting.seed)
    rates = []
    for stage in stages:
        in_stage = rows["stage"].eq(stage)
        key = (estimator, tuple(rows.index[in_stage]))
        if in_stage.any() and key not in made:
            made[key] = estimate_stratum(
                rows[in_stage],
                weights[:, in_stage.to_numpy()],
                stage,
                horizon_days=setting.horizon_days,
                estimator=estimator,
                seed=setting.seed,
            )
        if in_stage.any():
            rates.append(made[key])
    return tuple(rates)


def judge(results: Sequence[Standardised], n_judged: int, n_patients_judged: int) -> str:
    """Return the verdict that all series together allow; none without a series."""
    if n_judged < MIN_DEFECTS_FOR_CLAIM or n_patients_judged < MIN_PATIENTS_FOR_CLAIM:
        return "no verdict"
    sides = [result.side_of_one() for result in results]
    if not sides or None in sides:
        return "no verdict"
    if len(set(sides)) > 1:
        return "depends on the reference"
    return {1: "above", -1: "below"}.get(sides[0] or 0, "not distinguishable")
