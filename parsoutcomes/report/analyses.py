"""Everything the report needs, calculated once: results by id, refusals in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import pandas as pd

from parsoutcomes.baselines.comparison import compare_with_baselines
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.completeness import check_completeness
from parsoutcomes.cohort.description import describe_cohort
from parsoutcomes.cohort.endpoints import describe_analysis_rows, select_targets
from parsoutcomes.errors import (
    ArgumentError,
    EstimationError,
    ParsOutcomesError,
    ReportError,
    require_choice,
)
from parsoutcomes.models.competing import estimate_competing_risks
from parsoutcomes.models.group_differences import compare_time_to_union
from parsoutcomes.models.logistic import fit_union_logistic
from parsoutcomes.models.rates import estimate_union_rates
from parsoutcomes.models.time_to_union import estimate_time_to_union
from parsoutcomes.report.period import Period, count_period_flow, describe_period, select_period
from parsoutcomes.results.base import Result
from parsoutcomes.wording import format_label

Progress = Callable[[str, int, int], None]
Task = tuple[str, Callable[[], Result]]
ResultType = TypeVar("ResultType", bound=Result)

GROUPINGS: Final = ("stage", "laterality", "level", "prescribed_months")
PREDICTORS: Final = ("stage", "laterality", "age_years", "sex")
MIN_SHARE_RECORDED: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Analyses:
    """Finished results and refusals, by id, for the period and for the year alone.

    Attributes
    ----------
    period : Period
        Which patients.
    results : mapping of str to Result
        What could be calculated.
    refusals : mapping of str to str
        What could not honestly be given, and why.
    left_out_terms : tuple of str
        Predictors that are too seldom recorded, or the same in everyone.
    """

    period: Period
    results: Mapping[str, Result]
    refusals: Mapping[str, str]
    left_out_terms: tuple[str, ...]

    @property
    def n_steps(self) -> int:
        """Number of steps that progress counts: the calculations, then figures and files."""
        not_calculated = len({"period", "intake"} & set(self.results))
        return len(self.results) - not_calculated + len(self.refusals) + 1

    def find(self, name: str, kind: type[ResultType]) -> ResultType | None:
        """Return the result called `name`, or None when it was refused."""
        result = self.results.get(name)
        return result if isinstance(result, kind) else None


def run_analyses(
    cohort: Cohort,
    *,
    year: int,
    n_resamples: int,
    seed: int,
    only: Collection[str] = (),
    progress: Progress | None = None,
) -> Analyses:
    """Calculate everything that the report shows.

    Parameters
    ----------
    cohort : Cohort
        As loaded.
    year, n_resamples, seed : int
        As in `build_report`.
    only : collection of str
        Names of the results that are wanted; all of them when empty.
    progress : callable, optional
        Called with a step's name, how many are done, and how many there are.

    Returns
    -------
    Analyses

    Raises
    ------
    ReportError
        When a calculation fails for a reason other than an honest refusal.
    """
    to_date, alone, period = select_period(cohort, year)
    terms, left_out = choose_terms(to_date)
    flow: Task = ("who was included", partial(count_period_flow, cohort, to_date, period))
    tasks = {"flow": flow, **dict(_tasks(to_date, alone, terms, n_resamples, seed))}
    tasks = {name: task for name, task in tasks.items() if not only or name in only}
    results: dict[str, Result] = {
        "period": describe_period(period, cohort.data_lock),
        "intake": cohort.intake,
    }
    refusals: dict[str, str] = {}
    for done, (name, (label, task)) in enumerate(tasks.items()):
        if progress is not None:
            progress(label, done, len(tasks) + 1)
        try:
            results[name] = task()
        except EstimationError as refusal:
            refusals[name] = f"{refusal.wrong} Found: {refusal.found}."
        except ParsOutcomesError as problem:
            raise ReportError(
                f"A part of the report cannot be made: {label}. {problem.wrong}",
                expected=problem.expected,
                found=problem.found,
                fix=problem.fix,
            ) from problem
    if progress is not None:
        progress("figures and files", len(tasks), len(tasks) + 1)
    return Analyses(period=period, results=results, refusals=refusals, left_out_terms=left_out)


def choose_terms(cohort: Cohort) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keep the planned predictors that are recorded for at least half and differ between pars.

    Parameters
    ----------
    cohort : Cohort
        Of the period.

    Returns
    -------
    tuple
        Terms kept, terms left out; the choice looks at no outcome.
    """
    rows, _ = select_targets(describe_analysis_rows(cohort))
    kept = tuple(term for term in PREDICTORS if _is_usable(rows[term]))
    return kept, tuple(term for term in PREDICTORS if term not in kept)


def _is_usable(values: pd.Series) -> bool:
    enough = values.notna().mean() >= MIN_SHARE_RECORDED
    return bool(enough) and len(values.dropna().unique()) > 1


def _tasks(
    cohort: Cohort, alone: Cohort | None, terms: tuple[str, ...], n_resamples: int, seed: int
) -> Iterator[tuple[str, Task]]:
    yield "completeness", ("completeness", partial(check_completeness, cohort))
    yield "case-mix", ("case mix", partial(describe_cohort, cohort))
    rates = partial(estimate_union_rates, cohort, n_resamples=n_resamples, seed=seed)
    yield from _overall_rates(rates)
    for by in GROUPINGS:
        label = f"union rates by {format_label(by)}"
        yield f"rates-by-{by}", (label, partial(rates, by=by))
    time = partial(estimate_time_to_union, cohort, n_resamples=n_resamples, seed=seed)
    yield "time", ("time to union", time)
    yield "time-by-stage", ("time to union by stage", partial(time, by="stage"))
    for_stages = partial(compare_time_to_union, cohort, "stage", n_resamples=n_resamples, seed=seed)
    yield "time-differences", ("differences between stages over time", for_stages)
    risks = partial(estimate_competing_risks, cohort, n_resamples=n_resamples, seed=seed)
    yield "competing-risks", ("union and surgery together", risks)
    compare = partial(compare_with_baselines, cohort, n_resamples=n_resamples, seed=seed)
    yield "comparison", ("comparison with published series", compare)
    if terms:
        model = partial(fit_union_logistic, cohort, terms, n_resamples=n_resamples, seed=seed)
        yield "predictors", ("predictors of union", model)
    if alone is not None:
        in_year = partial(estimate_union_rates, alone, n_resamples=n_resamples, seed=seed)
        yield "year-case-mix", ("the year alone: case mix", partial(describe_cohort, alone))
        yield "year-rates", ("the year alone: union per pars", in_year)
        per_patient = partial(in_year, unit="patient")
        yield "year-rates-patients", ("the year alone: union per patient", per_patient)


def _overall_rates(rates: Callable[..., Result]) -> Iterator[tuple[str, Task]]:
    for unit, words in (("defect", "pars"), ("patient", "patients")):
        for definition, short in (("complete", "complete"), ("partial_or_better", "partial")):
            task = partial(rates, unit=unit, definition=definition)
            label = f"{format_label(definition)} per {format_label(unit)}"
            yield f"rates-{words}-{short}", (label, task)


def require_audience(audience: str, formats: tuple[str, ...]) -> None:
    """Refuse what this version cannot make, rather than ignore it.

    Raises
    ------
    ArgumentError
        For an audience that is not known, or a format other than "html".
    """
    require_choice("audience", audience, ("internal", "publishable"))
    if tuple(formats) != ("html",):
        raise ArgumentError(
            "A report can be made as HTML only, with its figures and numbers as files.",
            expected='formats=("html",)',
            found=repr(formats),
            fix='Leave formats out, or give formats=("html",).',
        )
