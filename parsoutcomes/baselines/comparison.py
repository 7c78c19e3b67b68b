"""Are we better than published? Each stage against the same stage, and never more than that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from parsoutcomes.baselines.analysis import (
    PRE_LYSIS_AS_EARLY,
    VERDICT,
    Analysis,
    Made,
    Setting,
    analyse,
    analyse_otherwise,
)
from parsoutcomes.baselines.published import load_baselines
from parsoutcomes.baselines.references import (
    REFERENCES,
    Reference,
    load_reference,
    require_strata,
)
from parsoutcomes.baselines.strata import mark_judged
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import (
    classify_union,
    count_exclusion,
    describe_analysis_rows,
    grouped_intervals,
    select_targets,
)
from parsoutcomes.cohort.surgery import warn_of_surgery
from parsoutcomes.cohort.whole_patient import mark_read_per_patient, warn_read_per_patient
from parsoutcomes.conventions import (
    CONF_LEVEL,
    DAYS_PER_MONTH,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    N_RESAMPLES,
    SEED,
    STAGES,
    Definition,
)
from parsoutcomes.errors import ArgumentError, BaselineError, require_choice, require_fraction
from parsoutcomes.results.base import Citation, Exclusion
from parsoutcomes.results.comparison import (
    BaselineComparison,
    write_comparison_finding,
    write_coverage,
)

NOT_RECORDED: Final = "not recorded"
_METHOD: Final = (
    "Indirect standardisation by stage. Observed: in each stage the competing-event NPMLE of union "
    "by the horizon (scans at planned visits) times its pars; expected: the published rate times "
    "the same pars. Limits: {conf_level:g}% percentiles of {n_resamples} draws in which whole "
    "patients are reweighted (Bayesian bootstrap) for observed and expected together, and "
    "published rates come from Jeffreys betas on counts over a design effect at an ICC of 0.3. In "
    "a stage whose rarer outcome was seen in fewer than 3 patients{boundary}, the rate comes from "
    "the betas of the Clopper-Pearson limits on the effective n instead. Verdict: 95% limits "
    "against every series named."
)
_CAUTIONS: Final = (
    "One arm without a control: union above a series does not show that the brace works. In one "
    "cohort with two braces, 20 of 29 united with a rigid and 15 of 25 with an elastic brace "
    "(Virkki 2023), later 20 of 30 and 17 of 27 (Virkki 2024).",
    "Stage is the only thing adjusted for: selection of patients, the other side, level, age, "
    "imaging and what was called union may differ.",
    "Published rates are end-of-treatment rates; ours are at the horizon.",
)


def compare_with_baselines(
    cohort: Cohort,
    *,
    reference: str | Sequence[str] = REFERENCES,
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
    strata: Sequence[str] = ("early", "progressive"),
) -> BaselineComparison:
    """Set union in our pars beside what published series would expect of the same stages.

    Not proof that treatment works: there is no control group. Not for partial union, which the
    series do not report, and not for comparing overall rates, which differ with the stages treated.

    Parameters
    ----------
    cohort : Cohort
        Any cohort; terminal pars and pars treated before are left out and counted.
    reference : {"european", "japanese"} or a sequence of them
        Virkki 2020 (rigid brace, 110 pars in 68 patients) and Tatsumura 2022 (MRI-positive, 189
        in 142). The verdict needs all that are given to agree.
    definition : {"complete"}
        The series count bony union.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    conf_level : float
        Level of the intervals; the verdict always rests on 95 %.
    n_resamples, seed : int
        Draws and their seed.
    strata : sequence of str
        Stages on which the verdict rests; every series must have them.

    Returns
    -------
    BaselineComparison
        `frame`: `reference, series, role, strata, measure` (observed, expected,
        observed_over_expected, excess_per_100) with estimate and limits. Where the data leave a
        value open, `estimate` is missing and `estimate_low, estimate_high` give its range. `role`
        is "verdict" or the name of a sensitivity analysis.

    Raises
    ------
    ArgumentError
        When a choice is not known.
    BaselineError
        When union is not complete union, or a series lacks one of the strata.

    Notes
    -----
    Observed is estimated stage by stage, so that loss, late scans and surgery in one stage do not
    stand for those in another; all target pars of the strata count in observed and in expected,
    those not yet due as censored. A stage of which nothing is known counts as anything from none
    to all united. In a draw the limits of observed and expected share one mix of
    stages. At the boundary, draws from the Clopper-Pearson betas are melded with those of the
    series (Fay 2015). Verdict: "above" when the lower 95 % limit of observed over expected exceeds
    1 against every series, "below" mirrored, "not distinguishable" when every interval contains 1,
    else "depends on the reference". "No verdict" when fewer than 10 pars or 5 patients can be
    judged (due, and of known status or operated on before union), or when observed over expected
    may lie on either side of 1 by what is not known alone.

    References
    ----------
    Virkki E et al. Scand J Surg 2020;110:271-275. doi:10.1177/1457496919896998
    Tatsumura M et al. J Orthop Sci 2022;27:317-322.
    Fay MP, Proschan MA, Brittain E. Biometrics 2015;71:146-156. doi:10.1111/biom.12231
    Rubin DB. Ann Stat 1981;9:130-134. doi:10.1214/aos/1176345338

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> compare_with_baselines(build_cohort({}), n_resamples=50).verdict
    'no verdict'
    """
    references, stages = _read_choices(reference, definition, strata, conf_level)
    rows = place_rows(
        cohort, definition=definition, horizon_months=horizon_months, grace_months=grace_months
    )
    setting = Setting(
        horizon_days=horizon_months * DAYS_PER_MONTH,
        conf_level=conf_level,
        n_resamples=n_resamples,
        seed=seed,
    )
    made: Made = {}
    main = analyse(rows, references, stages, setting, role=VERDICT, made=made)
    others = analyse_otherwise(rows, references, stages, setting, made)
    frame = pd.concat([part.frame for part in (main, *others)], ignore_index=True)
    series = tuple(reference.series for reference in references)
    coverage = _cover(rows, references)
    return BaselineComparison(
        title=f"Union by {horizon_months:g} months per pars against published series, by stage",
        finding=_state_verdict(main, series),
        method=_describe_method(main, setting),
        unit="defect",
        definition=definition,
        frame=frame,
        exclusions=_exclude(cohort, rows, stages, definition),
        cautions=(*_warn(cohort, rows, main, others), *_CAUTIONS, *write_coverage(coverage)),
        citations=_cite(references),
        verdict=main.verdict,
        series=series,
        coverage=coverage,
        strata=_describe_strata(main, conf_level),
        horizon_months=horizon_months,
        grace_months=grace_months,
        data_lock=cohort.data_lock,
    )


def place_rows(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
) -> pd.DataFrame:
    """Return the target pars with their status at the horizon and their grouped intervals."""
    rows = classify_union(
        cohort,
        definition=definition,
        horizon_months=horizon_months,
        grace_months=grace_months,
    )
    return rows.join(grouped_intervals(rows))


def _read_choices(
    reference: str | Sequence[str], definition: str, strata: Sequence[str], conf_level: float
) -> tuple[tuple[Reference, ...], tuple[str, ...]]:
    if definition != "complete":
        raise BaselineError(
            "The published series count bony union, not partial union.",
            expected='definition="complete"',
            found=f"definition={definition!r}",
            fix="Look at partial union with estimate_union_rates; it has no series to be set by.",
        )
    require_fraction("conf_level", conf_level)
    names = (reference,) if isinstance(reference, str) else tuple(dict.fromkeys(reference))
    if not names:
        raise ArgumentError(
            "No reference was given.",
            expected=", ".join(f'"{name}"' for name in REFERENCES),
            found="an empty list",
            fix="Leave reference out to compare with both series.",
        )
    for name in names:
        require_choice("reference", name, REFERENCES)
    stages = tuple(stage for stage in STAGES if stage in strata)
    for stage in strata:
        require_choice("strata", stage, STAGES)
    references = tuple(load_reference(name) for name in names)
    require_strata(references, stages)
    return references, stages


def _state_verdict(main: Analysis, series: tuple[str, ...]) -> str:
    return write_comparison_finding(
        main.evidence,
        main.verdict,
        series,
        tuple(rate.stage for rate in main.rates) or main.stages,
        n_judged=main.n_judged,
        n_patients_judged=main.n_patients_judged,
    )


def _describe_method(main: Analysis, setting: Setting) -> str:
    at_boundary = [rate.stage for rate in main.rates if rate.is_boundary]
    return _METHOD.format(
        conf_level=100 * setting.conf_level,
        n_resamples=setting.n_resamples,
        boundary=f" (here: {', '.join(at_boundary)})" if at_boundary else "",
    )


def _exclude(
    cohort: Cohort, rows: pd.DataFrame, stages: Sequence[str], definition: Definition
) -> tuple[Exclusion, ...]:
    _, exclusions = select_targets(describe_analysis_rows(cohort, definition=definition))
    staged = rows["stage"].fillna(NOT_RECORDED)
    outside = [
        count_exclusion(f"Stage {stage.replace('_', '-')}, not one the verdict rests on", left_out)
        for stage, left_out in rows.groupby(staged, sort=True)
        if stage not in stages
    ]
    return (*exclusions, *outside)


def _warn(
    cohort: Cohort, rows: pd.DataFrame, main: Analysis, others: Sequence[Analysis]
) -> tuple[str, ...]:
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
    cautions += [
        f"With {other.role} the verdict would be: {other.verdict}."
        for other in others
        if other.role == PRE_LYSIS_AS_EARLY and other.verdict != main.verdict
    ]
    return tuple(cautions)


def _cover(rows: pd.DataFrame, references: Sequence[Reference]) -> pd.DataFrame:
    staged = rows.assign(stage=rows["stage"].fillna(NOT_RECORDED))
    counted = staged.groupby("stage").agg(
        n_defects=("defect_id", "size"), n_patients=("patient_id", "nunique")
    )
    present = [stage for stage in (*STAGES, NOT_RECORDED) if stage in counted.index]
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


def _describe_strata(main: Analysis, conf_level: float) -> pd.DataFrame:
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
    ]
    return pd.DataFrame(rows)


def _cite(references: Sequence[Reference]) -> tuple[Citation, ...]:
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
