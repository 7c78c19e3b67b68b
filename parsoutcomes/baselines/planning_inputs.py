"""What a plan is drawn from: our patients' pars by stage, their likeness, the series' counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.baselines.known import keep_nonempty
from parsoutcomes.baselines.references import Reference
from parsoutcomes.baselines.strata import mark_judged
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import (
    classify_union,
    count_exclusion,
    describe_analysis_rows,
    grouped_intervals,
    select_targets,
)
from parsoutcomes.conventions import PUBLISHED_ICC
from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.results.base import Exclusion
from parsoutcomes.stats.checks import Integers
from parsoutcomes.stats.verdict_power import NO_PARS, SeriesCounts

_MIN_PAIRS_FOR_ICC: Final = 20
_MAX_ICC: Final = 0.9


def select_judged(
    cohort: Cohort, stages: Sequence[str], horizon_months: float, grace_months: float
) -> tuple[pd.DataFrame, tuple[Exclusion, ...], int]:
    """Return the judged pars of the stages, who is left out, and how many patients are due."""
    rows = classify_union(cohort, horizon_months=horizon_months, grace_months=grace_months)
    _, not_targets = select_targets(describe_analysis_rows(cohort))
    rows = rows.join(grouped_intervals(rows)[["cause"]])
    inside = rows["stage"].isin(stages)
    due = rows["is_due"].fillna(True).astype(bool)
    judged = rows[inside & mark_judged(rows)]
    exclusions = keep_nonempty(
        count_exclusion("Of another stage, or of none recorded", rows[~inside]),
        count_exclusion("Not yet due at data lock", rows[inside & ~due]),
        count_exclusion(
            "Cannot be judged (future patients are taken to be lost as often)",
            rows[inside & due & ~mark_judged(rows)],
        ),
    )
    n_patients = int(rows.loc[inside & due, "patient_id"].nunique())
    return judged, (*not_targets, *exclusions), n_patients


def arrange_patients(judged: pd.DataFrame, stages: Sequence[str], n_patients: int) -> Integers:
    """Return one row per due patient, sorted, with the stratum number of each judged pars."""
    number = judged["stage"].map({stage: place for place, stage in enumerate(stages)})
    lists = sorted(tuple(sorted(group)) for _, group in number.groupby(judged["patient_id"]))
    arranged = np.full((n_patients, max(len(one) for one in lists)), NO_PARS, dtype=np.int64)
    for row, one in enumerate(lists):
        arranged[row, : len(one)] = one
    return arranged


def choose_icc(judged: pd.DataFrame, icc: float | None) -> tuple[float, str]:
    """Return the correlation between pars of a patient, and where it is from."""
    if icc is not None:
        if not 0 <= icc <= _MAX_ICC:
            raise ArgumentError(
                "icc is out of range.",
                expected=f"a number from 0 to {_MAX_ICC}",
                found=repr(icc),
                fix="Leave icc out to take ours, or the one assumed for the series.",
            )
        return float(icc), "as given"
    ours = _icc_within_stages(judged)
    if math.isnan(ours):
        return PUBLISHED_ICC, "assumed, since too few of our patients have two pars"
    return min(max(ours, 0.0), _MAX_ICC), "ours, within stages"


def _icc_within_stages(judged: pd.DataFrame) -> float:
    """Correlate the pars of a patient, each against the rate of its stage."""
    united = judged["status"].eq("united").astype("float64")
    rates = united.groupby(judged["stage"]).transform("mean")
    differ = rates.gt(0) & rates.lt(1)
    scaled = ((united - rates) / (rates * (1 - rates)).pow(0.5))[differ]
    patients = judged.loc[differ, "patient_id"]
    sizes = patients.value_counts().to_numpy(dtype=np.float64)
    if int((sizes > 1).sum()) < _MIN_PAIRS_FOR_ICC:
        return math.nan
    products = (scaled.groupby(patients).sum() ** 2).sum() - (scaled**2).sum()
    return float(products / (sizes * (sizes - 1)).sum())


def count_series(series: Reference, stages: Sequence[str]) -> SeriesCounts:
    """Return the counts of a series in the stages; no patient is taken to have over two pars."""
    two = min(1.0, max(0.0, series.n_defects / series.n_patients - 1))
    counts = np.array([series.counts[stage] for stage in stages], dtype=np.float64)
    return SeriesCounts(
        n_united=counts[:, 0],
        n=counts[:, 1],
        design_effect=series.design_effect,
        share_paired=2 * two / (1 + two),
    )


def require_mix(judged: pd.DataFrame) -> None:
    """Refuse to plan without a single pars to take the mix of stages from."""
    if judged.empty:
        raise EstimationError(
            "There is no mix of stages to plan for.",
            expected="at least one pars of these stages that is due and can be judged",
            found="none",
            fix="Plan once the first patients have reached the horizon, or name other strata.",
        )
