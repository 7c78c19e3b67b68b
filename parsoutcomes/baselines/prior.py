"""Union by stage as published series lead one to expect it, and our own rate in that light."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.baselines.known import keep_nonempty, select_known
from parsoutcomes.baselines.published import cite_study, load_baselines
from parsoutcomes.calls import public
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import count_exclusion
from parsoutcomes.conventions import (
    CONF_LEVEL,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    MIN_DEFECTS_FOR_CLAIM,
    MIN_PATIENTS_FOR_CLAIM,
    PRIOR_CONFLICT_P_VALUE,
    PRIOR_FLAT_WEIGHT,
    PRIOR_SPREAD_SD,
    PRIOR_SPREAD_SD_WIDER,
    PUBLISHED_ICC,
    STAGES,
)
from parsoutcomes.errors import ArgumentError, require_choice, require_fraction
from parsoutcomes.results.base import Citation
from parsoutcomes.results.baselines import Baselines
from parsoutcomes.results.prior import (
    FLAT,
    MAIN,
    WIDER,
    UnionPrior,
    write_conflict,
    write_prior_finding,
    write_support,
)
from parsoutcomes.stats.predictive_prior import (
    RobustPosterior,
    fit_predictive_prior,
    predictive_p_value,
    update_robustly,
)
from parsoutcomes.stats.proportions import clustered_interval
from parsoutcomes.stats.rate_density import RATES, RateDensity, beta_density

_MIN_SERIES: Final = 5
_CURVE_EVERY: Final = 2
_WITHOUT_BORROWING: Final = ("our_rate", "probability_above_new_series")
_METHOD: Final = (
    "Meta-analytic predictive prior: binomial counts of the series over a design effect "
    "1 + (m - 1) ICC at an ICC of 0.3 (m pars per patient; 1 where the paper does not tell), "
    "logits of the series normal, mean N(0, 1.5^2), spread half-normal(0.5) (wider: 1.0), by "
    "numerical integration. Robust: 0.2 of its weight on Beta(1, 1), updated by our counts. Ours: "
    "pars of known status at the horizon, their number over the design effect of the "
    "between-patient variance. Limits: {conf_level:g}% equal tails of the distributions. A new "
    "series is described by the published series alone, so that our own results do not move the "
    "mark. Conflict: two-sided prior predictive p-value of our count, rounded to whole "
    "effective pars, without the flat part."
)
_CAUTIONS: Final = (
    "No verdict rests on this: it describes a chance under a model, and adjusts for stage alone. "
    "One arm without a control does not show that the brace works.",
    "Our rate is drawn towards the published ones; the rows without borrowing show it undrawn.",
    "Published rates are end-of-treatment rates of those analysed; ours are at the horizon, of "
    "those whose status is known, which errs upward when the lost had not united.",
)
_CITATIONS: Final = (
    Citation(
        text="Neuenschwander B et al. Summarizing historical information on controls in clinical "
        "trials. Clin Trials 2010;7:5-18"
    ),
    Citation(
        text="Schmidli H et al. Robust meta-analytic-predictive priors in clinical trials with "
        "historical control information. Biometrics 2014;70:1023-1032"
    ),
    Citation(
        text="Neuenschwander B et al. Predictively consistent prior effective sample sizes. "
        "Biometrics 2020;76:578-587"
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Own:
    """Our pars of one stage: whole counts, and the number they are worth."""

    n_defects: int
    n_patients: int
    n_events: int
    effective_n: float

    @property
    def effective_events(self) -> float:
        return self.effective_n * self.n_events / self.n_defects if self.n_defects else 0.0

    @property
    def is_few(self) -> bool:
        return self.n_defects < MIN_DEFECTS_FOR_CLAIM or self.n_patients < MIN_PATIENTS_FOR_CLAIM

    def conflict(self, new_series: RateDensity) -> float:
        whole = max(1, math.floor(self.effective_n + 1e-9))
        if not self.n_defects:
            return math.nan
        return predictive_p_value(new_series, round(whole * self.n_events / self.n_defects), whole)


@public(made_by="load_records")
def fit_union_prior(
    cohort: Cohort | None = None,
    *,
    strata: Sequence[str] = ("pre_lysis", "early", "progressive"),
    baselines: Baselines | None = None,
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    conf_level: float = CONF_LEVEL,
) -> UnionPrior:
    """Say what published series lead one to expect of union, and how ours stands to that.

    Not the verdict (`compare_with_baselines`), and not proof that treatment works: it gives a
    chance under a model, from few series, with stage the only thing adjusted for.

    Parameters
    ----------
    cohort : Cohort, optional
        Our own; without it the prior alone is given.
    strata : sequence of str
        Stages, each on its own.
    baselines : Baselines, optional
        Published rates, from `load_baselines`; default those that come with the package.
    horizon_months, grace_months : float
        The horizon h and the grace g at which our pars are judged; complete union on CT.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    UnionPrior
        `frame`: `stage, role, measure, estimate, conf_low, conf_high`. Measures, per pars:
        new_series_rate (mean, and where a new series' rate would lie), our_rate (posterior mean),
        probability_above_new_series, prior_effective_sample_size (in pars, ELIR),
        conflict_p_value, flat_weight (after our counts). Roles: "main", "wider spread" (tau
        half-normal 1.0), "no borrowing" (our rate from Beta(1, 1)).

    Raises
    ------
    ArgumentError
        When a stage is not known, or none is given.

    Notes
    -----
    One row per group of patients and stage (`pool_default`), per pars, all sides and levels,
    counts read at the source. Model, lattice and agreement: `stats.predictive_prior`. A stage
    without series has no new series to describe; ours then rests on Beta(1, 1).

    References
    ----------
    Neuenschwander B et al. Clin Trials 2010;7:5-18.
    Schmidli H et al. Biometrics 2014;70:1023-1032.
    Neuenschwander B et al. Biometrics 2020;76:578-587.

    Examples
    --------
    >>> prior = fit_union_prior(strata=["early"])
    >>> print(prior.finding)
    A new series would be expected to unite 81% (95% interval 58% to 93%) of early pars.
    """
    require_fraction("conf_level", conf_level)
    stages = _read_strata(strata)
    published = load_baselines(outcome="union", unit="defect") if baselines is None else baselines
    known, exclusions = select_known(
        build_cohort({}) if cohort is None else cohort,
        definition="complete",
        horizon_months=horizon_months,
        grace_months=grace_months,
    )
    outside = known[~known["stage"].isin(stages)]
    own = {stage: _count_own(known[known["stage"].eq(stage)]) for stage in stages}
    series = select_series(published, stages)
    parts = [
        _describe_stage(stage, series[series["stage"].eq(stage)], own[stage], conf_level)
        for stage in stages
    ]
    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    few = () if cohort is None else tuple(stage for stage in stages if own[stage].is_few)
    return UnionPrior(
        title=f"Union by {horizon_months:g} months per pars in the light of published series",
        finding=write_prior_finding(frame, stages, few),
        method=_METHOD.format(conf_level=100 * conf_level),
        unit="defect",
        definition="complete",
        frame=frame,
        exclusions=(
            *exclusions,
            *keep_nonempty(count_exclusion("Of another stage, or of none recorded", outside)),
        ),
        cautions=(*(line for part in parts for line in part.cautions), *_CAUTIONS),
        citations=(*_cite_series(published, series), *_CITATIONS),
        series=series,
        own=pd.DataFrame([{"stage": stage, **own[stage].__dict__} for stage in stages]),
        curves=pd.concat([part.curves for part in parts], ignore_index=True),
        strata=stages,
        horizon_months=horizon_months,
        grace_months=grace_months,
    )


def select_series(baselines: Baselines, stages: Sequence[str]) -> pd.DataFrame:
    """Return the one published count of each group of patients that covers a stage as a whole.

    Examples
    --------
    >>> early = select_series(load_baselines(), ["early"])
    >>> early[["series", "n_united", "n"]].to_numpy().tolist()
    [['Tatsumura 2022', 81.0, 97.0], ['Virkki 2020', 38.0, 46.0]]
    """
    rates = baselines.rates
    is_whole = (rates[["laterality", "contralateral_stage", "level"]] == "any").all(axis=1)
    speaks = rates["pool_default"] & rates["outcome"].eq("union") & rates["unit"].eq("defect")
    kept = rates[is_whole & speaks & rates["stage"].isin(stages) & rates["n_united"].notna()]
    studies = baselines.studies.set_index("study_id")
    names = studies["first_author"].astype(str) + " " + studies["year"].astype(str)
    effects = {study: _design_effect(studies.loc[study]) for study in kept["study_id"]}
    columns = ["stage", "study_id", "cohort_group", "n_united", "n"]
    return (
        kept[columns]
        .assign(
            series=kept["study_id"].map(names),
            design_effect=kept["study_id"].map(effects).astype("float64"),
        )
        .reset_index(drop=True)
    )


@dataclass(frozen=True, kw_only=True)
class _Stage:
    frame: pd.DataFrame
    curves: pd.DataFrame
    cautions: tuple[str, ...]


def _describe_stage(stage: str, series: pd.DataFrame, own: _Own, conf_level: float) -> _Stage:
    n_series = len(series)
    spreads = {MAIN: PRIOR_SPREAD_SD, WIDER: PRIOR_SPREAD_SD_WIDER}
    rows, posteriors, conflict = [], {}, math.nan
    for role, spread_sd in spreads.items():
        new_series = _predict(series, spread_sd) if n_series else None
        posteriors[role] = _update(new_series, own, PRIOR_FLAT_WEIGHT)
        rows += _tabulate(role, new_series, posteriors[role], own, conf_level)
        if role == MAIN and new_series is not None:
            conflict = own.conflict(new_series)
            unborrowed = _tabulate(FLAT, new_series, _update(None, own, 1.0), own, conf_level)
            rows += [row for row in unborrowed if row["measure"] in _WITHOUT_BORROWING]
    main = posteriors[MAIN]
    cautions = [write_support(stage, n_series)] if n_series < _MIN_SERIES else []
    if conflict < PRIOR_CONFLICT_P_VALUE:
        cautions.append(write_conflict(stage, conflict, main.flat_weight))
    counts = {
        "conf_level": conf_level,
        "n_series": n_series,
        "n_patients": own.n_patients,
        "n_defects": own.n_defects,
        "n_events": own.n_events,
    }
    frame = pd.DataFrame(rows).assign(**counts)
    frame.insert(0, "stage", stage)
    return _Stage(frame=frame, curves=_draw_curves(stage, main, own), cautions=tuple(cautions))


def _predict(series: pd.DataFrame, spread_sd: float) -> RateDensity:
    effects = series["design_effect"]
    return fit_predictive_prior(
        series["n_united"] / effects, series["n"] / effects, spread_sd=spread_sd
    ).new_series


def _update(new_series: RateDensity | None, own: _Own, flat_weight: float) -> RobustPosterior:
    if new_series is None:
        new_series, flat_weight = beta_density(1.0, 1.0), 1.0
    return update_robustly(
        new_series, own.effective_events, own.effective_n, flat_weight=flat_weight
    )


def _tabulate(
    role: str,
    new_series: RateDensity | None,
    result: RobustPosterior,
    own: _Own,
    conf_level: float,
) -> list[dict[str, object]]:
    above = math.nan
    if new_series is not None and own.n_defects:
        above = result.posterior.probability_above(new_series)
    ours = result.posterior if own.n_defects else None
    numbers = {
        "new_series_rate": _interval(new_series, conf_level),
        "our_rate": _interval(ours, conf_level),
        "probability_above_new_series": (above,),
        "prior_effective_sample_size": (result.prior.effective_sample_size(),),
        "conflict_p_value": (math.nan if new_series is None else own.conflict(new_series),),
        "flat_weight": (result.flat_weight,),
    }
    names = ("estimate", "conf_low", "conf_high")
    return [
        {"role": role, "measure": measure}
        | dict(zip(names, (*values, math.nan, math.nan)[:3], strict=True))
        for measure, values in numbers.items()
    ]


def _interval(rate: RateDensity | None, conf_level: float) -> tuple[float, ...]:
    if rate is None:
        return (math.nan,)
    tail = (1 - conf_level) / 2
    return rate.mean(), rate.quantile(tail), rate.quantile(1 - tail)


def _draw_curves(stage: str, main: RobustPosterior, own: _Own) -> pd.DataFrame:
    drawn = {"prior": main.prior}
    if own.n_defects:
        likelihood, _ = beta_density(1.0, 1.0).update(own.effective_events, own.effective_n)
        drawn |= {"likelihood": likelihood, "posterior": main.posterior}
    shown = np.arange(0, RATES.size, _CURVE_EVERY)
    parts = [
        pd.DataFrame(
            {
                "stage": stage,
                "curve": name,
                "rate": RATES[shown],
                "density": density.density_of_rate()[shown],
            }
        )
        for name, density in drawn.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _count_own(rows: pd.DataFrame) -> _Own:
    effective_n = 0.0
    if len(rows):
        effective_n = clustered_interval(rows["is_united"], rows["patient_id"]).effective_n
    return _Own(
        n_defects=len(rows),
        n_patients=int(rows["patient_id"].nunique()),
        n_events=int(rows["is_united"].sum()),
        effective_n=float(effective_n),
    )


def _design_effect(study: pd.Series) -> float:
    counts = [str(study[name]) for name in ("n_defects", "n_patients")]
    if not all(count.isdigit() for count in counts):
        return 1.0
    n_defects, n_patients = (int(count) for count in counts)
    return 1 + max(0.0, n_defects / n_patients - 1) * PUBLISHED_ICC


def _cite_series(baselines: Baselines, series: pd.DataFrame) -> tuple[Citation, ...]:
    studies = baselines.studies
    behind = studies[studies["study_id"].isin(series["study_id"])]
    return tuple(cite_study(study) for study in behind.to_dict("records"))


def _read_strata(strata: Sequence[str]) -> tuple[str, ...]:
    named = (strata,) if isinstance(strata, str) else tuple(strata)
    for stage in named:
        require_choice("strata", stage, STAGES)
    if not named:
        raise ArgumentError(
            "No stage was given.",
            expected=", ".join(f'"{stage}"' for stage in STAGES),
            found="an empty list",
            fix="Leave strata out for all stages that are treated.",
        )
    return tuple(stage for stage in STAGES if stage in named)
