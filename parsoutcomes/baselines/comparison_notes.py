"""What stands beside the numbers of a comparison: method, who was left out, what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from parsoutcomes.baselines.analysis import Analysis, Setting
from parsoutcomes.baselines.published import load_baselines
from parsoutcomes.baselines.references import (
    POOLED,
    Reference,
    StandardisedBy,
    label_standardisation,
)
from parsoutcomes.baselines.sensitivity import ALL_STAGES, PARTIAL_AS_UNION
from parsoutcomes.baselines.strata import mark_judged
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import (
    count_exclusion,
    describe_analysis_rows,
    select_targets,
)
from parsoutcomes.cohort.surgery import warn_of_surgery
from parsoutcomes.cohort.whole_patient import mark_read_per_patient, warn_read_per_patient
from parsoutcomes.conventions import STAGES, Definition
from parsoutcomes.results.base import Citation, Exclusion

NOT_RECORDED: Final = "not recorded"
_METHOD: Final = (
    "Indirect standardisation by {by}. Observed: in each stage the competing-event NPMLE of union "
    "by the horizon (scans at planned visits) times its pars; expected: the published rate times "
    "the same pars. Limits: {conf_level:g}% percentiles of {n_resamples} draws in which whole "
    "patients are reweighted (Bayesian bootstrap) for observed and expected together, and "
    "published rates come from Jeffreys betas on counts over a design effect at an ICC of {icc}. "
    "{pooled}"
    "In a stage whose rarer outcome was seen in fewer than 3 patients{boundary}, the rate comes "
    "from the betas of the Clopper-Pearson limits on the effective n instead. Verdict: 95% limits "
    "against every series named."
)
_POOLED: Final = (
    "The pool (binomial-normal GLMM in each stage) is drawn as the rate of a new series: its error "
    "times the design effect, and the variance between series. "
)
_ARMS: Final = (
    "One arm without a control: union above a series does not show that the brace works. In one "
    "cohort with two braces, 20 of 29 united with a rigid and 15 of 25 with an elastic brace "
    "(Virkki 2023), later 20 of 30 and 17 of 27 (Virkki 2024)."
)
_TIMES: Final = "Published rates are end-of-treatment rates; ours are at the horizon."
_ADJUSTED: Final = {
    "stage": "Stage is the only thing adjusted for: selection of patients, the other side, level, "
    "age, imaging and what was called union may differ.",
    "laterality": "Stage and laterality are the only things adjusted for: selection of patients, "
    "level, age, imaging and what was called union may differ.",
    "contralateral_stage": "The stages of both sides are the only things adjusted for: selection "
    "of patients, level, age, imaging and what was called union may differ.",
}


def list_cautions(by: StandardisedBy) -> tuple[str, ...]:
    """Return what such a comparison can never show."""
    return (_ARMS, _ADJUSTED[by], _TIMES)


def describe_method(main: Analysis, setting: Setting, by: StandardisedBy) -> str:
    """Return the method in words, with the stages at the boundary."""
    at_boundary = [rate.stage for rate in main.rates if rate.is_boundary]
    return _METHOD.format(
        by=label_standardisation(by),
        conf_level=100 * setting.conf_level,
        n_resamples=setting.n_resamples,
        icc=" or ".join(f"{icc:g}" for icc in sorted({one.icc for one in main.references})),
        pooled=_POOLED if any(one.name == POOLED for one in main.references) else "",
        boundary=f" (here: {', '.join(at_boundary)})" if at_boundary else "",
    )


def list_exclusions(
    cohort: Cohort, rows: pd.DataFrame, stages: Sequence[str], definition: Definition
) -> tuple[Exclusion, ...]:
    """Count the pars that are no targets, and those outside the strata of the verdict."""
    _, exclusions = select_targets(describe_analysis_rows(cohort, definition=definition))
    staged = rows["stage"].fillna(NOT_RECORDED)
    outside = [
        count_exclusion(f"Stage {stage.replace('_', '-')}, not one the verdict rests on", left_out)
        for stage, left_out in rows.groupby(staged, sort=True)
        if stage not in stages
    ]
    return (*exclusions, *outside)


def warn(
    cohort: Cohort, rows: pd.DataFrame, main: Analysis, others: Sequence[Analysis]
) -> tuple[str, ...]:
    """Say what is not known of our pars, and which other choice would change the verdict."""
    kept = rows[rows["stage"].isin(main.stages)]
    n_not_due = int(kept["is_due"].eq(False).sum())
    lost = [rate.stage for rate in main.rates if rate.is_open]
    unknown = kept["is_due"].fillna(True).astype(bool) & ~mark_judged(kept)
    n_unknown = int((unknown & ~kept["stage"].isin(lost)).sum())
    cautions = [
        f"Union of {rate.n_defects} {rate.stage.replace('_', '-')} pars is not known at all at the "
        "horizon: it counts as anything from none to all."
        for rate in main.rates
        if rate.is_open
    ]
    cautions += warn_of_surgery(kept)
    cautions += warn_read_per_patient(kept[unknown & mark_read_per_patient(cohort, kept)])
    if n_not_due:
        cautions.append(f"{n_not_due} of these pars are not yet due: they count as censored.")
    if n_unknown:
        cautions.append(
            f"The status of {n_unknown} of these pars at the horizon is unknown: the estimate "
            "takes them to be like the others of their stage."
        )
    return (*cautions, *_warn_of_choices(main, others))


def _warn_of_choices(main: Analysis, others: Sequence[Analysis]) -> list[str]:
    cautions = [
        f"With {other.role} the verdict would be: {other.verdict}."
        for other in others
        if other.role not in (ALL_STAGES, PARTIAL_AS_UNION) and other.verdict != main.verdict
    ]
    if any(other.role == PARTIAL_AS_UNION for other in others):
        cautions.append(
            "The lines with partial union counted as union favour us: the series count complete "
            "union only, so no verdict rests on them."
        )
    cautions += [
        f"No verdict rests on the {reference.series}: {reference.no_verdict_since}."
        for reference in main.references
        if reference.no_verdict_since
    ]
    return cautions


def cover(rows: pd.DataFrame, references: Sequence[Reference]) -> pd.DataFrame:
    """Say which of our target pars have a published rate in each series."""
    staged = rows.assign(stage=rows["stage"].fillna(NOT_RECORDED))
    counted = staged.groupby("stage").agg(
        n_defects=("defect_id", "size"), n_patients=("patient_id", "nunique")
    )
    present = sorted(counted.index, key=_place)
    parts = [
        counted.loc[present]
        .reset_index()
        .assign(
            reference=reference.name,
            series=reference.series,
            covered=[stage in reference.counts for stage in present],
        )
        for reference in references
    ]
    columns = ["reference", "series", "stage", "n_defects", "n_patients", "covered"]
    return pd.concat(parts, ignore_index=True)[columns]


def _place(stratum: str) -> tuple[int, str]:
    stage = stratum.split(",", maxsplit=1)[0]
    return (STAGES.index(stage) if stage in STAGES else len(STAGES), stratum)


def describe_strata(main: Analysis, conf_level: float) -> pd.DataFrame:
    """Return our rate beside the published one in each stratum."""
    rows = [
        {
            "reference": reference.name,
            "series": reference.series,
            **rate.describe(conf_level),
            **reference.describe(rate.stage, conf_level),
            "expected": rate.n_defects * reference.rate(rate.stage),
        }
        for reference in main.references
        for rate in main.rates
        if rate.stage in reference.counts
    ]
    return pd.DataFrame(rows)


def list_verdicts(analyses: Sequence[Analysis]) -> pd.DataFrame:
    """Return the verdict of each analysis with its pars and patients."""
    rows = [
        {
            "role": part.role,
            "strata": part.frame["strata"].iloc[0],
            "series": ", ".join(r.series for r in part.references if not r.no_verdict_since),
            "verdict": part.verdict,
            "n_defects": int(part.frame["n_defects"].iloc[0]),
            "n_judged": part.n_judged,
        }
        for part in analyses
    ]
    return pd.DataFrame(rows)


def cite(references: Sequence[Reference]) -> tuple[Citation, ...]:
    """Return the series, the two arms that the cautions quote, and the methods."""
    arms = load_baselines(cohort_group="turku_prospective").citations
    methods = (
        Citation(
            text="Fay MP, Proschan MA, Brittain E. Combining one-sample confidence procedures for "
            "inference in the two-sample case. Biometrics 2015;71:146-156",
            doi="10.1111/biom.12231",
        ),
        Citation(
            text="Rubin DB. The Bayesian bootstrap. Ann Stat 1981;9:130-134",
            doi="10.1214/aos/1176345338",
        ),
    )
    return (*(reference.citation for reference in references), *arms, *methods)
