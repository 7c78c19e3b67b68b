"""How far the comparison of brace durations hangs on grace, weights, the lost, and the unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import (
    BRACE_GRACE_MONTHS,
    BRACE_GRACES_VARIED,
    BRACE_MILESTONES_MONTHS,
    BRACE_MONTHS,
    BRACE_N_RESAMPLES,
    BRACE_TERMS,
    BRACE_TRUNCATION,
    BRACE_TRUNCATIONS_VARIED,
    CONF_LEVEL,
    DAYS_PER_MONTH,
    DEFINITIONS,
    SEED,
    Definition,
)
from parsoutcomes.errors import EstimationError, require_choice, require_fraction
from parsoutcomes.models.brace_bootstrap import Draws, Progress, find_limits, resample_strategies
from parsoutcomes.models.brace_checks import (
    require_milestones,
    require_strategies,
    require_truncation,
)
from parsoutcomes.models.brace_covariates import require_brace_terms
from parsoutcomes.models.brace_duration import FittedStrategies, fit_strategies
from parsoutcomes.models.incidence import NARROW, UNION
from parsoutcomes.results.base import Citation
from parsoutcomes.results.brace_duration import DIFFERENCE_MEASURE
from parsoutcomes.results.brace_sensitivity import (
    GRACE,
    LOST,
    PRIMARY,
    TRUNCATION,
    VariedBraceDurations,
    write_option,
    write_varied_finding,
    write_varied_title,
)
from parsoutcomes.stats.e_value import e_value, e_value_of_limit
from parsoutcomes.stats.strategy_curves import CloneCensorProblem, estimate_strategies
from parsoutcomes.stats.strategy_weights import Passed, StrategyArm

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

METHOD = (
    "The estimate of compare_brace_durations, repeated with one choice changed at a time, with its "
    "weights, curves and bootstrap over patients. Lost: pars fitted early enough to be due at the "
    "milestone, not operated on, whose last scan without union came before it; all of them are "
    "taken to have united by then, or none, strategy by strategy. E-value of the risk ratio "
    "(VanderWeele and Ding)"
)
CITATIONS = (
    Citation(
        text="VanderWeele TJ, Ding P. Ann Intern Med 2017;167:268-274.", doi="10.7326/M16-2607"
    ),
)
# For the first and the second strategy: whether the lost united.
LOST_OPTIONS = {
    "all united": (True, True),
    "none united": (False, False),
    "united under the shorter only": (True, False),
    "united under the longer only": (False, True),
}


@dataclass(frozen=True, kw_only=True)
class _Ask:
    months: tuple[float, float]
    definition: Definition
    terms: tuple[str, ...]
    days: float
    conf_level: float
    n_resamples: int
    seed: int
    n_workers: int


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One line: what was changed, and the problem that it leaves; None where it was refused."""

    choice: str
    option: str
    fitted: FittedStrategies | None
    problem: CloneCensorProblem | None
    truncation: float | None
    refused: str = ""


@public(made_by="load_records")
def vary_brace_durations(
    cohort: Cohort,
    months: tuple[float, float] = BRACE_MONTHS,
    *,
    grace_months: float = BRACE_GRACE_MONTHS,
    truncation: float | None = BRACE_TRUNCATION,
    graces: Sequence[float] = BRACE_GRACES_VARIED,
    truncations: Sequence[float | None] = BRACE_TRUNCATIONS_VARIED,
    milestone_months: float = BRACE_MILESTONES_MONTHS[-1],
    definition: Definition = "complete",
    terms: Sequence[str] = BRACE_TERMS,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = BRACE_N_RESAMPLES,
    seed: int = SEED,
    n_workers: int = 1,
    progress: Progress | None = None,
) -> VariedBraceDurations:
    """Show how far "six months against three" hangs on its choices, and what would undo it.

    Not a search for the choice that suits: the primary one stands first, whatever the others say.

    Parameters
    ----------
    cohort, months
        As in `compare_brace_durations`.
    grace_months, truncation : float
        Those of the primary line.
    graces, truncations : sequence of float
        Tried one at a time; None among the second cuts no weight.
    milestone_months : float
        When union is compared.
    definition, terms, conf_level, n_resamples, seed, n_workers
        As in `compare_brace_durations`.
    progress : callable, optional
        Called with a label, lines done and lines in all.

    Returns
    -------
    VariedBraceDurations
        `to_frame()`: one row per choice and option, `estimate` the risk difference; `refused` says
        why a row has none. Beside it `e_values`.

    Raises
    ------
    EstimationError
        When the primary line is refused.
    ArgumentError
        When an argument is not known.

    Notes
    -----
    Bounds for the lost change who united, and leave weights as they are. The E-value is that of
    the risk ratio, second over first, and of the limit of its bootstrap interval nearest to 1.

    References
    ----------
    VanderWeele TJ, Ding P. Ann Intern Med 2017;167:268-274. doi:10.7326/M16-2607

    Examples
    --------
    >>> from parsoutcomes.synthetic.simulate import simulate_cohort
    >>> varied = vary_brace_durations(simulate_cohort(300, seed=5), n_resamples=50)
    >>> varied.frame["choice"].value_counts().to_dict()
    {'lost': 4, 'grace': 2, 'weights': 2, 'primary': 1}
    """
    ask = _Ask(
        months=require_strategies(months, grace_months),
        definition=definition,
        terms=require_brace_terms(terms),
        days=float(require_milestones((milestone_months,), name="milestone_months")[0])
        * DAYS_PER_MONTH,
        conf_level=require_fraction("conf_level", conf_level),
        n_resamples=n_resamples,
        seed=seed,
        n_workers=n_workers,
    )
    require_choice("definition", definition, DEFINITIONS)
    cuts = [require_truncation(cut, name="truncations") for cut in truncations if cut != truncation]
    changed = [float(grace) for grace in graces if grace != grace_months]
    for grace in changed:
        require_strategies(months, grace)
    primary = _fit(cohort, ask, float(grace_months), require_truncation(truncation))
    n_lines = 1 + len(changed) + len(cuts) + len(LOST_OPTIONS)
    rows: list[dict[str, object]] = []
    for case in _list_cases(cohort, ask, primary, changed, cuts):
        rows.append(_row(case, ask))
        if progress is not None:
            progress("varying the choices", len(rows), n_lines)
    return _assemble(ask, primary, pd.DataFrame(rows))


def _fit(cohort: Cohort, ask: _Ask, grace_months: float, truncation: float | None) -> _Case:
    fitted = fit_strategies(
        cohort,
        require_strategies(ask.months, grace_months),
        grace_months=grace_months,
        definition=ask.definition,
        terms=ask.terms,
        truncation=truncation,
    )
    return _Case(
        choice=PRIMARY,
        option="",
        fitted=fitted,
        problem=fitted.problem,
        truncation=truncation,
    )


def _list_cases(
    cohort: Cohort,
    ask: _Ask,
    primary: _Case,
    graces: list[float],
    truncations: list[float | None],
) -> Iterator[_Case]:
    """Yield every line: the primary one, other graces, other cuts, bounds for the lost."""
    yield primary
    for grace in graces:
        option = write_option(GRACE, grace)
        try:
            case = _fit(cohort, ask, grace, primary.truncation)
        except EstimationError as refusal:
            case = replace(primary, fitted=None, problem=None, refused=refusal.found)
        yield replace(case, choice=GRACE, option=option)
    for cut in truncations:
        option = write_option(TRUNCATION, cut)
        yield replace(primary, choice=TRUNCATION, option=option, truncation=cut)
    assert primary.fitted is not None
    is_lost = find_lost(primary.fitted.data.rows, ask.days)
    for option, united in LOST_OPTIONS.items():
        settled = settle_lost(primary.fitted.problem, is_lost, united, ask.days)
        yield replace(primary, choice=LOST, option=option, problem=settled)


def find_lost(rows: pd.DataFrame, days: float) -> Booleans:
    """Say which pars were due by a day and not operated on, and are of unknown status then.

    Parameters
    ----------
    rows : pandas.DataFrame
        With `left_days`, `cause` and `due_until_days`, the day of data lock since fitting.
    days : float
        The milestone.
    """
    open_then = rows["cause"].eq(0) & (rows["left_days"] < days - NARROW)
    return np.asarray(open_then & (rows["due_until_days"] >= days), dtype=bool)


def settle_lost(
    problem: CloneCensorProblem, is_lost: Booleans, united: tuple[bool, bool], days: float
) -> CloneCensorProblem:
    """Return the problem with the lost united by a day, or not by then, strategy by strategy.

    Notes
    -----
    Every pars stands twice, once for each strategy, so that the lost may fare differently in each.
    """
    n_pars = problem.left.size
    left, right = (np.tile(ends, 2) for ends in (problem.left, problem.right))
    for arm, all_united in enumerate(united):
        at = np.flatnonzero(is_lost) + arm * n_pars
        (right if all_united else left)[at] = days
    first, second = problem.arms
    nobody = np.zeros(n_pars, dtype=bool)
    return replace(
        problem,
        left=left,
        right=right,
        patient=np.tile(problem.patient, 2),
        arms=(
            replace(first, follows=np.concatenate([first.follows, nobody])),
            StrategyArm(
                follows=np.concatenate([nobody, second.follows]),
                passed=tuple(_shift(passed, n_pars) for passed in second.passed),
            ),
        ),
    )


def _shift(passed: Passed, n_pars: int) -> Passed:
    return replace(passed, clone=passed.clone + n_pars)


def _row(case: _Case, ask: _Ask) -> dict[str, object]:
    """Return one line of the frame; without numbers where it was refused."""
    row: dict[str, object] = {
        "choice": case.choice,
        "option": case.option,
        "measure": DIFFERENCE_MEASURE,
        "union_first": np.nan,
        "union_second": np.nan,
        "estimate": np.nan,
        "conf_low": np.nan,
        "conf_high": np.nan,
        "conf_level": ask.conf_level,
        "n_patients": 0,
        "n_defects": 0,
        "n_events": 0,
        "refused": case.refused,
    }
    if case.fitted is None or case.problem is None:
        return row
    union, draws = _estimate(case.problem, ask, case.truncation)
    limits = find_limits(draws.change_low[:, 0], draws.change_high[:, 0], conf_level=ask.conf_level)
    has_width = bool(limits["conf_high"] - limits["conf_low"] >= NARROW)
    first, second = case.fitted.clones
    followed = case.fitted.data.rows[first.follows | second.follows]
    seen = followed["cause"].eq(UNION) & (followed["right_days"] <= ask.days)
    numbers = {
        "union_first": union[0],
        "union_second": union[1],
        "estimate": union[1] - union[0],
        **{name: float(limit) if has_width else np.nan for name, limit in limits.items()},
        "n_patients": int(followed["patient_id"].nunique()),
        "n_defects": len(followed),
        "n_events": int(seen.sum()),
    }
    return row | numbers


def _estimate(
    problem: CloneCensorProblem, ask: _Ask, truncation: float | None
) -> tuple[list[float], Draws]:
    """Return union under both strategies, NaN where the scans leave it open, and resamples."""
    days = np.array([ask.days])
    once = np.ones((1, problem.n_patients))
    found = estimate_strategies(problem, once, days, truncation=truncation)
    wide = (found.union_high - found.union_low)[0, :, 0] > NARROW
    union = np.where(wide, np.nan, found.union[0, :, 0])
    draws = resample_strategies(
        problem,
        days,
        truncations=(truncation,),
        n_resamples=ask.n_resamples,
        seed=ask.seed,
        n_workers=ask.n_workers,
    )
    return [float(share) for share in union], draws[0]


def _assemble(ask: _Ask, primary: _Case, frame: pd.DataFrame) -> VariedBraceDurations:
    assert primary.fitted is not None
    e_values = _tabulate_e_values(primary, ask)
    is_lost = find_lost(primary.fitted.data.rows, ask.days)
    n_lost = [int((clone.follows & is_lost).sum()) for clone in primary.fitted.clones]
    milestone = ask.days / DAYS_PER_MONTH
    n_refused = int(frame["refused"].ne("").sum())
    refused = f"{n_refused} of {len(frame)} lines: too few patients follow a strategy then"
    return VariedBraceDurations(
        title=write_varied_title(ask.months, ask.definition, milestone),
        finding=write_varied_finding(frame, e_values),
        method=METHOD,
        unit="defect",
        definition=ask.definition,
        frame=frame,
        exclusions=primary.fitted.data.exclusions,
        cautions=(refused,) if n_refused else (),
        citations=CITATIONS,
        months=ask.months,
        milestone_months=milestone,
        e_values=e_values,
        n_lost=(n_lost[0], n_lost[1]),
    )


def _tabulate_e_values(primary: _Case, ask: _Ask) -> pd.DataFrame:
    assert primary.problem is not None
    (first, second), draws = _estimate(primary.problem, ask, primary.truncation)
    least = draws.union_low[:, 1, 0] / np.maximum(draws.union_high[:, 0, 0], NARROW)
    most = draws.union_high[:, 1, 0] / np.maximum(draws.union_low[:, 0, 0], NARROW)
    row = dict.fromkeys(("risk_ratio", "conf_low", "conf_high"), np.nan)
    values = dict.fromkeys(("e_value", "e_value_of_limit"), np.nan)
    if np.isfinite(first + second) and min(first, second) > 0 and least.min() > 0:
        low, high = find_limits(least, most, conf_level=ask.conf_level).values()
        row = {"risk_ratio": second / first, "conf_low": float(low), "conf_high": float(high)}
        values = {
            "e_value": e_value(second / first),
            "e_value_of_limit": e_value_of_limit(float(low), float(high)),
        }
    withheld = "" if np.isfinite(values["e_value"]) else _say_withheld(first, second)
    told = {**row, "conf_level": ask.conf_level, **values, "withheld": withheld}
    return pd.DataFrame([told])


def _say_withheld(first: float, second: float) -> str:
    if not np.isfinite(first + second):
        return "the scans leave union open under one of the strategies or both"
    if min(first, second) == 0:
        return "nobody united under one of the strategies"
    return "in some resamples nobody united under one of the strategies"
