"""Three months of brace or six: two strategies from fitting, by clone, censor and weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
from parsoutcomes.models.brace_bootstrap import (
    Draws,
    Progress,
    find_limits,
    resample_strategies,
)
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
from parsoutcomes.models.brace_intervals import Windows, place_windows
from parsoutcomes.models.incidence import NARROW
from parsoutcomes.results.base import Citation
from parsoutcomes.results.brace_duration import (
    DIFFERENCE,
    DIFFERENCE_MEASURE,
    MEAN_DIFFERENCE_MEASURE,
    MEAN_MEASURE,
    UNION_MEASURE,
    BraceDurations,
    name_strategies,
    write_duration_finding,
    write_duration_title,
)
from parsoutcomes.results.brace_trial import tabulate_target_trial, write_duration_method
from parsoutcomes.results.rates import BETWEEN_SCANS, BEYOND_SCANS
from parsoutcomes.stats.clone_censor import Clones
from parsoutcomes.stats.resampling import percentile_p_value
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
    Citation(text="Cain LE, et al. Int J Biostat 2010;6:18.", doi="10.2202/1557-4679.1212"),
    Citation(
        text="Maringe C, et al. Int J Epidemiol 2020;49:1719-1729.", doi="10.1093/ije/dyaa057"
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    """Everything found for one pair of strategies, before it becomes a result."""

    data: BraceRows
    windows: Windows
    clones: tuple[Clones, Clones]
    problem: CloneCensorProblem
    raw: Floats
    cut: Floats


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
    Cain LE, et al. Int J Biostat 2010;6:18. doi:10.2202/1557-4679.1212
    Maringe C, et al. Int J Epidemiol 2020;49:1719-1729. doi:10.1093/ije/dyaa057
    Hernan MA, Robins JM. Am J Epidemiol 2016;183:758-764. doi:10.1093/aje/kwv254

    Examples
    --------
    >>> from parsoutcomes.synthetic.simulate import simulate_cohort
    >>> durations = compare_brace_durations(simulate_cohort(300, seed=5), n_resamples=100)
    >>> durations.frame["measure"].value_counts().to_dict()["risk_difference"]
    3
    """
    strategies = require_strategies(months, grace_months)
    times = require_milestones(milestones_months)
    chosen = require_brace_terms(terms)
    require_choice("definition", definition, DEFINITIONS)
    require_fraction("conf_level", conf_level)
    cut = require_truncation(truncation)
    fitted = _fit(cohort, strategies, grace_months, definition, chosen, cut)
    every = _all_times(times)
    days = every * DAYS_PER_MONTH
    found = [_estimate(fitted.problem, days, share) for share in (cut, None)]
    draws = resample_strategies(
        fitted.problem,
        days,
        truncations=(cut, None),
        n_resamples=n_resamples,
        seed=seed,
        n_workers=n_workers,
        progress=progress,
    )
    frame = _tabulate(fitted, found[0], draws[0], every, times, conf_level)
    return BraceDurations(
        title=write_duration_title(strategies, definition),
        finding=write_duration_finding(frame, strategies),
        method=write_duration_method(strategies, grace_months, chosen, cut),
        unit="defect",
        definition=definition,
        frame=frame,
        exclusions=fitted.data.exclusions,
        cautions=_cautions(fitted),
        citations=CITATIONS,
        months=strategies,
        grace_months=grace_months,
        truncation=cut,
        terms=chosen,
        curve=_tabulate_curve(strategies, found[0], draws[0], every, conf_level),
        weightings=_tabulate_weightings(fitted, found, draws, every, times, conf_level),
        target_trial=tabulate_target_trial(strategies, grace_months, definition, times),
        **_diagnose(fitted),
    )


def _fit(
    cohort: Cohort,
    months: tuple[float, float],
    grace_months: float,
    definition: Definition,
    terms: tuple[str, ...],
    truncation: float | None,
) -> _Fitted:
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
    ones = np.ones((1, problem.n_patients))
    fits = fit_departures(problem.models, ones)
    raw = np.concatenate([weigh_clones(arm, fits, 1) for arm in problem.arms])
    cut = truncate_weights(raw, np.ones_like(raw), truncation)
    require_followers(data.rows, clones, cut, months)
    return _Fitted(data=data, windows=windows, clones=clones, problem=problem, raw=raw, cut=cut)


def _estimate(
    problem: CloneCensorProblem, days: Floats, truncation: float | None
) -> StrategyEstimates:
    return estimate_strategies(
        problem, np.ones((1, problem.n_patients)), days, truncation=truncation
    )


def _all_times(milestones: Floats) -> Floats:
    """Return the planned visits up to the last milestone, and the milestones."""
    visits = np.asarray(PLANNED_VISITS_MONTHS)
    return np.unique(np.concatenate([visits[visits <= milestones[-1]], milestones]))


def _tabulate(
    fitted: _Fitted,
    found: StrategyEstimates,
    draws: Draws,
    every: Floats,
    milestones: Floats,
    conf_level: float,
) -> pd.DataFrame:
    """Return the rows of all measures: union by strategy, difference, mean months, difference."""
    rows: list[dict[str, object]] = []
    names = name_strategies(fitted.windows.months)
    for month in milestones:
        at = int(np.searchsorted(every, month))
        for arm, name in enumerate(names):
            rows.append(
                {
                    "strategy": name,
                    "months": month,
                    "measure": UNION_MEASURE,
                    **_point(found, arm, at),
                    **_limits(draws.union[:, arm, at], conf_level),
                    **_count_followers(fitted, arm, month),
                }
            )
        rows.append(
            {
                "strategy": DIFFERENCE,
                "months": month,
                "measure": DIFFERENCE_MEASURE,
                **_point_difference(found, at),
                **_limits(draws.union[:, 1, at] - draws.union[:, 0, at], conf_level),
                **_count_all(fitted, month),
                "p_value": float(percentile_p_value(draws.union[:, 1, at] - draws.union[:, 0, at])),
            }
        )
    rows += _mean_rows(fitted, found, draws, float(milestones[-1]), conf_level)
    return pd.DataFrame(rows).assign(conf_level=conf_level)[list(_COLUMNS)]


_COLUMNS = (
    "strategy",
    "months",
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
    "left_open",
    "p_value",
)


def _mean_rows(
    fitted: _Fitted,
    found: StrategyEstimates,
    draws: Draws,
    last_month: float,
    conf_level: float,
) -> list[dict[str, object]]:
    months = draws.mean_days / DAYS_PER_MONTH
    rows: list[dict[str, object]] = [
        {
            "strategy": name,
            "months": last_month,
            "measure": MEAN_MEASURE,
            "estimate": float(found.mean_days[0, arm]) / DAYS_PER_MONTH,
            "estimate_low": float(found.mean_low[0, arm]) / DAYS_PER_MONTH,
            "estimate_high": float(found.mean_high[0, arm]) / DAYS_PER_MONTH,
            "left_open": "",
            **_limits(months[:, arm], conf_level),
            **_count_followers(fitted, arm, last_month),
        }
        for arm, name in enumerate(name_strategies(fitted.windows.months))
    ]
    change = months[:, 1] - months[:, 0]
    ends = [found.mean_low[0], found.mean_days[0], found.mean_high[0]]
    low, middle, high = (float(end[1] - end[0]) / DAYS_PER_MONTH for end in ends)
    difference = {
        "strategy": DIFFERENCE,
        "months": last_month,
        "measure": MEAN_DIFFERENCE_MEASURE,
        "estimate": middle,
        "estimate_low": min(low, high),
        "estimate_high": max(low, high),
        "left_open": "",
        **_limits(change, conf_level),
        **_count_all(fitted, last_month),
        "p_value": float(percentile_p_value(change)),
    }
    return [*rows, difference]


def _point(found: StrategyEstimates, arm: int, at: int) -> dict[str, object]:
    low, high = float(found.union_low[0, arm, at]), float(found.union_high[0, arm, at])
    is_open = high - low > NARROW
    return {
        "estimate": np.nan if is_open else (low + high) / 2,
        "estimate_low": low,
        "estimate_high": high,
        "left_open": _why_open(high) if is_open else "",
    }


def _point_difference(found: StrategyEstimates, at: int) -> dict[str, object]:
    first, second = (_point(found, arm, at) for arm in (0, 1))
    low = float(found.union_low[0, 1, at] - found.union_high[0, 0, at])
    high = float(found.union_high[0, 1, at] - found.union_low[0, 0, at])
    reasons = [str(part["left_open"]) for part in (first, second) if part["left_open"]]
    return {
        "estimate": np.nan if reasons else (low + high) / 2,
        "estimate_low": low,
        "estimate_high": high,
        "left_open": reasons[0] if reasons else "",
    }


def _why_open(high: float) -> str:
    return BEYOND_SCANS if high >= 1 - NARROW else BETWEEN_SCANS


def _limits(draws: Floats, conf_level: float) -> dict[str, float]:
    low, high = find_limits(draws, conf_level=conf_level)
    return {"conf_low": float(low), "conf_high": float(high)}


def _count_followers(fitted: _Fitted, arm: int, month: float) -> dict[str, int]:
    return _count(fitted.data.rows[fitted.clones[arm].follows], month)


def _count_all(fitted: _Fitted, month: float) -> dict[str, int]:
    either = fitted.clones[0].follows | fitted.clones[1].follows
    return _count(fitted.data.rows[either], month)


def _count(rows: pd.DataFrame, month: float) -> dict[str, int]:
    seen = rows["cause"].eq(1) & (rows["right_days"] <= month * DAYS_PER_MONTH)
    return {
        "n_patients": int(rows["patient_id"].nunique()),
        "n_defects": len(rows),
        "n_events": int(seen.sum()),
    }


def _tabulate_curve(
    months: tuple[float, float],
    found: StrategyEstimates,
    draws: Draws,
    every: Floats,
    conf_level: float,
) -> pd.DataFrame:
    parts = []
    for arm, name in enumerate(name_strategies(months)):
        low, high = find_limits(draws.union[:, arm], conf_level=conf_level)
        parts.append(
            pd.DataFrame(
                {
                    "strategy": name,
                    "months": every,
                    "estimate": found.union[0, arm],
                    "estimate_low": found.union_low[0, arm],
                    "estimate_high": found.union_high[0, arm],
                    "conf_low": low,
                    "conf_high": high,
                    "conf_level": conf_level,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _tabulate_weightings(
    fitted: _Fitted,
    found: list[StrategyEstimates],
    draws: list[Draws],
    every: Floats,
    milestones: Floats,
    conf_level: float,
) -> pd.DataFrame:
    """Return the difference without weights, with raw ones and with those that were cut."""
    at = np.searchsorted(every, milestones)
    plain = _estimate_unweighted(fitted.problem, every * DAYS_PER_MONTH)
    parts = [_weighting("unweighted clones", plain, None, at, milestones, conf_level)]
    for name, estimate, drawn in zip(("cut", "raw"), found, draws, strict=True):
        parts.append(_weighting(f"{name} weights", estimate, drawn, at, milestones, conf_level))
    return pd.concat(parts[:1] + parts[:0:-1], ignore_index=True)


def _estimate_unweighted(problem: CloneCensorProblem, days: Floats) -> StrategyEstimates:
    arms = tuple(replace(arm, passed=()) for arm in problem.arms)
    return _estimate(replace(problem, arms=arms, models=()), days, None)


def _weighting(
    name: str,
    found: StrategyEstimates,
    draws: Draws | None,
    at: NDArray[np.int64],
    milestones: Floats,
    conf_level: float,
) -> pd.DataFrame:
    low = high = np.full(at.size, np.nan)
    if draws is not None:
        change = draws.union[:, 1, at] - draws.union[:, 0, at]
        low, high = find_limits(change, conf_level=conf_level)
    return pd.DataFrame(
        {
            "weighting": name,
            "months": milestones,
            "first": found.union[0, 0, at],
            "second": found.union[0, 1, at],
            "estimate": found.union[0, 1, at] - found.union[0, 0, at],
            "conf_low": low,
            "conf_high": high,
            "conf_level": conf_level,
        }
    )


def _diagnose(fitted: _Fitted) -> dict[str, pd.DataFrame]:
    names = name_strategies(fitted.windows.months)
    fits = fit_departures(fitted.problem.models, np.ones((1, fitted.problem.n_patients)))
    return {
        "arms": count_arms(fitted.data, fitted.clones, names),
        "weights": describe_weights(fitted.raw, fitted.cut, names),
        "positivity": tabulate_positivity(fitted.data, fitted.problem.models, fits),
        "patterns": list_patterns(fitted.data),
        "coefficients": tabulate_coefficients(fitted.problem.models, fits),
    }


def _cautions(fitted: _Fitted) -> tuple[str, ...]:
    fits = fit_departures(fitted.problem.models, np.ones((1, fitted.problem.n_patients)))
    return (
        *caution_models(fitted.data, fitted.problem.models, fits, fitted.raw),
        *fitted.data.baseline.cautions,
        *warn_of_surgery(fitted.data.rows),
    )
