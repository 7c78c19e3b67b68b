"""Three months of brace or six: two strategies from fitting, by clone, censor and weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.surgery import warn_of_surgery
from parsoutcomes.conventions import (
    BRACE_GRACE_MONTHS,
    BRACE_MILESTONES_MONTHS,
    BRACE_MONTHS,
    BRACE_N_RESAMPLES,
    BRACE_TERMS,
    BRACE_TRUNCATION,
    CONF_LEVEL,
    DAYS_PER_MONTH,
    DEFINITIONS,
    PLANNED_VISITS_MONTHS,
    SEED,
    Definition,
)
from parsoutcomes.errors import require_choice, require_fraction
from parsoutcomes.models.brace_bootstrap import Progress, resample_strategies
from parsoutcomes.models.brace_checks import (
    require_followers,
    require_milestones,
    require_strategies,
    require_truncation,
)
from parsoutcomes.models.brace_clones import (
    BraceRows,
    place_clones,
    pose_problem,
    read_brace_rows,
)
from parsoutcomes.models.brace_covariates import require_brace_terms
from parsoutcomes.models.brace_diagnostics import (
    caution_models,
    count_arms,
    describe_weights,
    list_patterns,
    tabulate_coefficients,
    tabulate_positivity,
)
from parsoutcomes.models.brace_duration_contrasts import contrast_brace_durations
from parsoutcomes.models.brace_duration_tables import (
    CUT,
    RAW,
    UNWEIGHTED,
    Found,
    tabulate_curve,
    tabulate_durations,
    tabulate_weightings,
)
from parsoutcomes.models.brace_intervals import place_windows
from parsoutcomes.results.base import Citation
from parsoutcomes.results.brace_contrasts import BraceContrasts
from parsoutcomes.results.brace_duration import (
    BraceDurations,
    name_strategies,
    write_duration_finding,
    write_duration_title,
)
from parsoutcomes.results.brace_trial import tabulate_target_trial, write_duration_method
from parsoutcomes.stats.clone_censor import Clones
from parsoutcomes.stats.pooled_logistic import LogisticBatch
from parsoutcomes.stats.strategy_curves import (
    CloneCensorProblem,
    StrategyEstimates,
    estimate_strategies,
)
from parsoutcomes.stats.strategy_weights import fit_departures, truncate_weights, weigh_clones

Floats = NDArray[np.float64]

CITATIONS = (
    Citation(
        text="Hernan MA, Robins JM. Am J Epidemiol 2016;183:758-764.", doi="10.1093/aje/kwv254"
    ),
    Citation(text="Cain LE, et al. Int J Biostat 2010;6(2):18.", doi="10.2202/1557-4679.1212"),
    Citation(
        text="Maringe C, et al. Int J Epidemiol 2020;49:1719-1729.", doi="10.1093/ije/dyaa057"
    ),
)


@public(made_by="load_records")
def compare_brace_durations(
    cohort: Cohort,
    months: tuple[float, float] = BRACE_MONTHS,
    *,
    grace_months: float = BRACE_GRACE_MONTHS,
    definition: Definition = "complete",
    milestones_months: Sequence[float] = BRACE_MILESTONES_MONTHS,
    terms: Sequence[str] = BRACE_TERMS,
    truncation: float | None = BRACE_TRUNCATION,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = BRACE_N_RESAMPLES,
    seed: int = SEED,
    n_workers: int = 1,
    with_contrasts: bool = True,
    progress: Progress | None = None,
) -> BraceDurations:
    """Estimate how many would unite if all stopped the brace at 3 months, and if all went on to 6.

    Not a comparison of those who happened to wear it for 3 or 6 months: who heals early stops
    early. Not for a clinic in which one look at the scan settles every decision, nor when what
    settles it is not recorded: then nothing can tell the two strategies apart.

    Parameters
    ----------
    cohort : Cohort
        Dates of fitting and of the end of brace are needed, and scans.
    months : tuple of float
        The two strategies: stop at the first, go on to the second.
    grace_months : float
        A brace that comes off so many months before or after its month follows the strategy.
    definition : {"complete", "partial_or_better"}
        Which readings on CT count as union.
    milestones_months : sequence of float
        When union under the strategies is compared; increasing.
    terms : sequence of str
        What may have guided whether the brace came off: of "stage", "contralateral_stage" (or
        "laterality"), "stir", "level", "sex", "sport", "prescribed_months", "age_years" and
        "last_reading" (the last reading known by then).
    truncation : float or None
        Centile at which weights are cut; None cuts none. The estimate from raw weights stands
        beside it in `weightings` either way.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        Resamples of whole patients, each with regressions, weights and curves of its own.
    n_workers : int
        Processes; the answer is the same for any number.
    with_contrasts : bool
        Whether the contrasts of `contrast_brace_durations` (months received, landmark, months
        prescribed) are estimated too, to stand beside.
    progress : callable, optional
        Called with a label, steps done and steps in all.

    Returns
    -------
    BraceDurations
        `to_frame()`: `cumulative_union` by strategy and milestone, `risk_difference` (second less
        first), `mean_months_un_united` up to the last milestone and its difference.

    Raises
    ------
    EstimationError
        When too few patients follow either strategy.
    ArgumentError
        When an argument is not known.

    Notes
    -----
    METHODS section 7. Each pars is cloned into both strategies; a clone departs when the brace of
    its patient comes off before the window of the strategy or stays on beyond it, unless union of
    that pars had been seen by then. A brace is worn by a patient, and union belongs to a pars:
    the chance of departing is the patient's, given all their target pars, and what happens after a
    pars was seen united is no departure of that pars, though it may be one of the other.

    Weight w = A / prod(1 - p) over the person-intervals up to union seen, the window's end or loss,
    p from pooled logistic regressions on person-intervals cut at every reading: of stopping before
    and between the windows, and, within a window, of still being in the brace at its end among
    intervals that no new reading broke off (a stop at any time within it follows the strategy).
    Union by the weighted NPMLE on scans at planned visits; surgery censors union, as if the patient
    could have gone on without it.

    Limits: percentiles of the patient bootstrap of all of this.

    References
    ----------
    Cain LE, et al. Int J Biostat 2010;6(2):18. doi:10.2202/1557-4679.1212
    Maringe C, et al. Int J Epidemiol 2020;49:1719-1729. doi:10.1093/ije/dyaa057
    Hernan MA, Robins JM. Am J Epidemiol 2016;183:758-764. doi:10.1093/aje/kwv254

    Examples
    --------
    >>> from parsoutcomes.synthetic.simulate import simulate_cohort
    >>> durations = compare_brace_durations(simulate_cohort(300, seed=5), n_resamples=100)
    >>> durations.frame["measure"].value_counts().to_dict()["risk_difference"]
    3
    """
    asked = _Asked(
        months=require_strategies(months, grace_months),
        grace_months=float(grace_months),
        definition=definition,
        terms=require_brace_terms(terms),
        milestones=require_milestones(milestones_months),
        truncation=require_truncation(truncation),
        conf_level=require_fraction("conf_level", conf_level),
    )
    require_choice("definition", definition, DEFINITIONS)
    fitted = fit_strategies(
        cohort,
        asked.months,
        grace_months=asked.grace_months,
        definition=definition,
        terms=asked.terms,
        truncation=asked.truncation,
    )
    resampling = _Resampling(
        n_resamples=n_resamples, seed=seed, n_workers=n_workers, progress=progress
    )
    result = _assemble(asked, fitted, _find(asked, fitted, resampling))
    if not with_contrasts:
        return result
    return replace(result, contrasts=_contrast(cohort, asked, resampling))


@dataclass(frozen=True, kw_only=True)
class _Asked:
    months: tuple[float, float]
    grace_months: float
    definition: Definition
    terms: tuple[str, ...]
    milestones: Floats
    truncation: float | None
    conf_level: float


@dataclass(frozen=True, kw_only=True)
class _Resampling:
    n_resamples: int
    seed: int
    n_workers: int
    progress: Progress | None


@dataclass(frozen=True, kw_only=True)
class FittedStrategies:
    """Clones, regressions and weights of two strategies, before any curve.

    Attributes
    ----------
    data : BraceRows
        Pars and person-intervals.
    clones : tuple of Clones
        Of the two strategies.
    problem : CloneCensorProblem
        The same as arrays.
    fits : list of LogisticBatch or None
        The regressions, on the whole sample.
    raw, cut : array of shape (2, n_pars)
        Weights of the clones, before and after truncation.
    """

    data: BraceRows
    clones: tuple[Clones, Clones]
    problem: CloneCensorProblem
    fits: list[LogisticBatch | None]
    raw: Floats
    cut: Floats


def fit_strategies(
    cohort: Cohort,
    months: tuple[float, float],
    *,
    grace_months: float,
    definition: Definition,
    terms: tuple[str, ...],
    truncation: float | None,
) -> FittedStrategies:
    """Clone the pars of a cohort and weigh the clones; refuse when too few follow a strategy.

    Parameters
    ----------
    cohort, months, grace_months, definition, terms, truncation
        As in `compare_brace_durations`, already checked.

    Returns
    -------
    FittedStrategies

    Raises
    ------
    EstimationError
        When too few patients follow either strategy.
    """
    windows = place_windows(months, grace_months)
    data = read_brace_rows(
        cohort,
        terms,
        definition=definition,
        windows=windows,
        visits_months=PLANNED_VISITS_MONTHS,
    )
    clones = place_clones(data.rows, windows)
    problem = pose_problem(data, clones, terms)
    fits = fit_departures(problem.models, np.ones((1, problem.n_patients)))
    raw = np.concatenate([weigh_clones(arm, fits, 1) for arm in problem.arms])
    cut = truncate_weights(raw, np.ones_like(raw), truncation)
    require_followers(data.rows, clones, cut, months)
    return FittedStrategies(data=data, clones=clones, problem=problem, fits=fits, raw=raw, cut=cut)


def _estimate(
    problem: CloneCensorProblem, days: Floats, truncation: float | None
) -> dict[str, StrategyEstimates]:
    once = np.ones((1, problem.n_patients))
    plain = replace(problem, models=(), arms=tuple(replace(arm, passed=()) for arm in problem.arms))
    return {
        UNWEIGHTED: estimate_strategies(plain, once, days),
        RAW: estimate_strategies(problem, once, days),
        CUT: estimate_strategies(problem, once, days, truncation=truncation),
    }


def _all_months(milestones: Floats) -> Floats:
    """Return the planned visits up to the last milestone, and the milestones."""
    visits = np.asarray(PLANNED_VISITS_MONTHS)
    return np.unique(np.concatenate([visits[visits <= milestones[-1]], milestones]))


def _find(asked: _Asked, fitted: FittedStrategies, resampling: _Resampling) -> Found:
    every = _all_months(asked.milestones)
    draws = resample_strategies(
        fitted.problem,
        every * DAYS_PER_MONTH,
        truncations=(None, asked.truncation),
        **resampling.__dict__,
    )
    return Found(
        names=name_strategies(asked.months),
        every=every,
        milestones=asked.milestones,
        estimates=_estimate(fitted.problem, every * DAYS_PER_MONTH, asked.truncation),
        draws=dict(zip((RAW, CUT), draws, strict=True)),
        rows=fitted.data.rows,
        clones=fitted.clones,
        conf_level=asked.conf_level,
    )


def _contrast(cohort: Cohort, asked: _Asked, resampling: _Resampling) -> BraceContrasts:
    return contrast_brace_durations(
        cohort,
        asked.months,
        grace_months=asked.grace_months,
        definition=asked.definition,
        milestones_months=asked.milestones.tolist(),
        terms=asked.terms,
        conf_level=asked.conf_level,
        n_resamples=resampling.n_resamples,
        seed=resampling.seed,
    )


def _assemble(asked: _Asked, fitted: FittedStrategies, found: Found) -> BraceDurations:
    frame = tabulate_durations(found)
    models = fitted.problem.models
    return BraceDurations(
        title=write_duration_title(asked.months, asked.definition),
        finding=write_duration_finding(frame, asked.months),
        method=write_duration_method(
            asked.months, asked.grace_months, asked.terms, asked.truncation
        ),
        unit="defect",
        definition=asked.definition,
        frame=frame,
        exclusions=fitted.data.exclusions,
        cautions=(
            *caution_models(fitted.data, models, fitted.fits, fitted.raw),
            *fitted.data.baseline.cautions,
            *warn_of_surgery(fitted.data.rows),
        ),
        citations=CITATIONS,
        months=asked.months,
        grace_months=asked.grace_months,
        truncation=asked.truncation,
        terms=asked.terms,
        curve=tabulate_curve(found),
        arms=count_arms(fitted.data, fitted.clones, found.names),
        weights=describe_weights(fitted.raw, fitted.cut, found.names),
        weightings=tabulate_weightings(found),
        positivity=tabulate_positivity(fitted.data, models, fitted.fits),
        patterns=list_patterns(fitted.data),
        coefficients=tabulate_coefficients(models, fitted.fits),
        target_trial=tabulate_target_trial(
            asked.months,
            asked.grace_months,
            definition=asked.definition,
            milestones_months=asked.milestones,
            terms=asked.terms,
        ),
    )
