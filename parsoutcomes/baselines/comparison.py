"""Are we better than published? Each stage against the same stage, and never more than that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from parsoutcomes.baselines.analysis import VERDICT, Analysis, Made, Setting, analyse
from parsoutcomes.baselines.comparison_notes import (
    cite,
    cover,
    describe_method,
    describe_strata,
    list_cautions,
    list_exclusions,
    list_verdicts,
    warn,
)
from parsoutcomes.baselines.references import (
    REFERENCES,
    STANDARDISED_BY,
    Reference,
    StandardisedBy,
    label_standardisation,
    name_stratum,
    require_strata,
)
from parsoutcomes.baselines.sensitivity import analyse_otherwise
from parsoutcomes.baselines.series import load_reference
from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import classify_union, grouped_intervals
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
from parsoutcomes.results.comparison import (
    BaselineComparison,
    write_comparison_finding,
    write_coverage,
)


@public(made_by="load_records")
def compare_with_baselines(
    cohort: Cohort,
    *,
    reference: str | Reference | Sequence[str | Reference] = REFERENCES,
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
    strata: Sequence[str] = ("early", "progressive"),
    standardise_by: StandardisedBy = "stage",
) -> BaselineComparison:
    """Set union in our pars beside what published series would expect of the same stages.

    Not proof that treatment works: there is no control group. Not for partial union, which the
    series do not report, and not for comparing overall rates, which differ with the stages treated.

    Parameters
    ----------
    cohort : Cohort
        Any cohort; terminal pars (unless `strata` names them) and pars treated before are left out
        and counted.
    reference : str, Reference or a sequence of them
        "european" = Virkki 2020 (rigid brace, 110 pars in 68 patients), "japanese" = Tatsumura 2022
        (MRI-positive, 189 in 142), "pooled" = the pool of the evidence in each stage, read as a
        new series; another `study_id` of `load_baselines`; or your own from `load_reference`. The
        verdict needs all that bear one to agree; a pool of fewer than five groups of patients in
        a stage is shown and bears none.
    definition : {"complete"}
        The series count bony union.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    conf_level : float
        Level of the intervals; the verdict always rests on 95 %.
    n_resamples, seed : int
        Draws and their seed.
    strata : sequence of str
        Stages on which the verdict rests; every series must have them. "terminal" counts pars
        that were terminal at fitting, which are no targets otherwise.
    standardise_by : {"stage", "laterality", "contralateral_stage"}
        Compare like with like by stage, or by stage and laterality, or by stage and stage of the
        opposite pars, where every series has counts for each such stratum of ours.

    Returns
    -------
    BaselineComparison
        `frame`: `reference, series, role, strata, measure` (observed, expected,
        observed_over_expected, excess_per_100) with estimate and limits. Where the data leave a
        value open, `estimate` is missing and `estimate_low, estimate_high` give its range. `role`
        is "verdict" or the name of a sensitivity analysis; `verdicts` has the verdict of each.

    Raises
    ------
    ArgumentError
        When a choice is not known.
    BaselineError
        When union is not complete union, or a series lacks one of the strata: what is lacking is
        named.

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
    require_fraction("conf_level", conf_level)
    _require_complete(definition)
    stages, references = _read_strata(strata), read_references(reference, standardise_by)
    counted = count_terminal_in(cohort) if "terminal" in stages else cohort
    placing = (standardise_by, horizon_months, grace_months)
    rows = _place_strata(counted, "complete", *placing)
    stages = _find_strata(rows, stages, standardise_by)
    require_strata(references, stages)
    setting = Setting(
        horizon_days=horizon_months * DAYS_PER_MONTH,
        conf_level=conf_level,
        n_resamples=n_resamples,
        seed=seed,
    )
    partial_rows = _place_partial(counted, *placing)
    main, others = _analyse_all(rows, references, stages, setting, partial_rows)
    coverage, always = cover(rows, references), list_cautions(standardise_by)
    return BaselineComparison(
        title=_name_comparison(horizon_months, standardise_by),
        finding=_state_verdict(main),
        method=describe_method(main, setting, standardise_by),
        unit="defect",
        definition=definition,
        frame=pd.concat([part.frame for part in (main, *others)], ignore_index=True),
        exclusions=list_exclusions(counted, rows, stages, definition),
        cautions=(*warn(cohort, rows, main, others), *always, *write_coverage(coverage)),
        citations=cite(references),
        verdict=main.verdict,
        series=tuple(one.series for one in _bearing(references)),
        coverage=coverage,
        strata=describe_strata(main, conf_level),
        verdicts=list_verdicts((main, *others)),
        standardised_by=standardise_by,
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


def _name_comparison(horizon_months: float, by: StandardisedBy) -> str:
    adjusted = label_standardisation(by)
    return f"Union by {horizon_months:g} months per pars against published series, by {adjusted}"


def count_terminal_in(cohort: Cohort) -> Cohort:
    """Return the cohort with pars that were terminal at fitting counted as targets."""
    defects = cohort.defects
    defects["is_target"] = defects["is_target"].mask(defects["stage"].eq("terminal"), True)
    return replace(cohort, tables=MappingProxyType({**cohort.tables, "defects": defects}))


def name_strata(rows: pd.DataFrame, by: StandardisedBy) -> pd.DataFrame:
    """Return the rows with their stratum in place of their stage; missing when a part of it is."""
    if by == "stage":
        return rows
    complete = rows["stage"].notna() & rows[by].notna()
    names = [
        name_stratum(str(stage), str(other), by)
        for stage, other in zip(rows["stage"], rows[by], strict=True)
    ]
    return rows.assign(stage=pd.Series(names, index=rows.index, dtype="object").where(complete))


def read_references(
    reference: str | Reference | Sequence[str | Reference], by: StandardisedBy
) -> tuple[Reference, ...]:
    """Return the series asked for, each once, all with the same kind of strata."""
    require_choice("standardise_by", by, STANDARDISED_BY)
    asked = (reference,) if isinstance(reference, (str, Reference)) else tuple(reference)
    if not asked:
        raise ArgumentError(
            "No reference was given.",
            expected=", ".join(f'"{name}"' for name in REFERENCES),
            found="an empty list",
            fix="Leave reference out to compare with both series.",
        )
    loaded = [
        one if isinstance(one, Reference) else load_reference(one, standardise_by=by)
        for one in asked
    ]
    other = [one.series for one in loaded if one.standardised_by != by]
    if other:
        raise BaselineError(
            "A series has other strata than the comparison.",
            expected=f'series loaded with standardise_by="{by}"',
            found=", ".join(other),
            fix="Give load_reference and compare_with_baselines the same standardise_by.",
        )
    return tuple({one.name: one for one in loaded}.values())


def _require_complete(definition: str) -> None:
    if definition != "complete":
        raise BaselineError(
            "The published series count bony union, not partial union.",
            expected='definition="complete"',
            found=f"definition={definition!r}",
            fix="Look at partial union with estimate_union_rates; it has no series to be set by.",
        )


def _read_strata(strata: Sequence[str]) -> tuple[str, ...]:
    for stage in strata:
        require_choice("strata", stage, STAGES)
    return tuple(stage for stage in STAGES if stage in strata)


def _find_strata(
    rows: pd.DataFrame, stages: tuple[str, ...], by: StandardisedBy
) -> tuple[str, ...]:
    """Return the strata of the verdict: the stages, or what they are divided into among ours."""
    if by == "stage":
        return stages
    found = sorted(rows["stage"].dropna().unique())
    return tuple(
        name for stage in stages for name in found if name.split(",", maxsplit=1)[0] == stage
    )


def _place_partial(
    cohort: Cohort, by: StandardisedBy, horizon_months: float, grace_months: float
) -> pd.DataFrame | None:
    if not cohort.tables["readings"]["union_status"].eq("partial").any():
        return None
    return _place_strata(cohort, "partial_or_better", by, horizon_months, grace_months)


def _place_strata(
    cohort: Cohort,
    definition: Definition,
    by: StandardisedBy,
    horizon_months: float,
    grace_months: float,
) -> pd.DataFrame:
    rows = place_rows(
        cohort, definition=definition, horizon_months=horizon_months, grace_months=grace_months
    )
    return name_strata(rows, by)


def _bearing(references: Sequence[Reference]) -> tuple[Reference, ...]:
    """Return the series on which a verdict may rest; all of them when it may rest on none."""
    return tuple(one for one in references if not one.no_verdict_since) or tuple(references)


def _analyse_all(
    rows: pd.DataFrame,
    references: tuple[Reference, ...],
    stages: tuple[str, ...],
    setting: Setting,
    partial_rows: pd.DataFrame | None,
) -> tuple[Analysis, tuple[Analysis, ...]]:
    made: Made = {}
    main = analyse(rows, references, stages, setting, role=VERDICT, made=made)
    others = analyse_otherwise(
        rows, _bearing(references), stages, setting, made, partial_rows=partial_rows
    )
    return main, others


def _state_verdict(main: Analysis) -> str:
    bearing = _bearing(main.references)
    series = tuple(one.series for one in bearing)
    return write_comparison_finding(
        main.evidence[main.evidence["series"].isin(series)],
        main.verdict,
        series,
        tuple(rate.stage for rate in main.rates) or main.stages,
        n_judged=main.n_judged,
        n_patients_judged=main.n_patients_judged,
        why=f"since {bearing[0].no_verdict_since}" if bearing[0].no_verdict_since else "",
    )
