"""Everything the report needs, calculated once: results by id, refusals in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import describe_analysis_rows, select_targets
from parsoutcomes.errors import (
    ArgumentError,
    EstimationError,
    ParsOutcomesError,
    ReportError,
    require_choice,
)
from parsoutcomes.report.config import NOTHING_STATED, ReportConfig, describe_referrals
from parsoutcomes.report.multiplicity import count_intervals
from parsoutcomes.report.period import Period, count_period_flow, describe_period, select_period
from parsoutcomes.report.tasks import Request, Task, list_tasks
from parsoutcomes.results.base import Result

Progress = Callable[[str, int, int], None]
ResultType = TypeVar("ResultType", bound=Result)

AUDIENCES: Final = ("internal", "publishable")
FORMATS: Final = ("html", "pdf", "docx", "pptx")
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
    n_calculated : int
        How many calculations were asked for.
    """

    period: Period
    results: Mapping[str, Result]
    refusals: Mapping[str, str]
    left_out_terms: tuple[str, ...]
    n_calculated: int

    @property
    def n_steps(self) -> int:
        """Number of steps that progress counts: the calculations, then figures and files."""
        return self.n_calculated + 1

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
    previous: pd.DataFrame | None = None,
    config: ReportConfig = NOTHING_STATED,
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
    previous : pandas.DataFrame, optional
        `numbers.csv` of last year's report.
    config : ReportConfig
        For the counts before the brace.
    only : collection of str
        Ids of the results that are wanted; all of them when empty.
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
    results: dict[str, Result] = {
        "period": describe_period(period, cohort.data_lock),
        "intake": cohort.intake,
        "referrals": describe_referrals(config, to_date.n_patients),
    }
    request = Request(
        everyone=cohort,
        to_date=to_date,
        alone=alone,
        year=year,
        n_resamples=n_resamples,
        seed=seed,
        terms=terms,
        previous=previous,
    )
    flow: Task = ("who was included", partial(count_period_flow, cohort, to_date, period))
    tasks = {"flow": flow, **dict(list_tasks(request, results))}
    tasks = {name: task for name, task in tasks.items() if not only or name in only}
    refusals = _run(tasks, results, progress)
    results["multiplicity"] = count_intervals(results)
    return Analyses(
        period=period,
        results=results,
        refusals=refusals,
        left_out_terms=left_out,
        n_calculated=len(tasks),
    )


def _run(
    tasks: Mapping[str, Task], results: dict[str, Result], progress: Progress | None
) -> dict[str, str]:
    """Put each task's result into `results`, and return why the others were refused."""
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
    return refusals


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


def require_audience(audience: str, formats: tuple[str, ...]) -> None:
    """Refuse what this version cannot make, rather than ignore it.

    Raises
    ------
    ArgumentError
        For an audience or a format that is not known.
    """
    require_choice("audience", audience, AUDIENCES)
    for name in formats:
        require_choice("format", name, FORMATS)
    if not formats:
        raise ArgumentError(
            "No document was asked for.",
            expected=f"one or more of {', '.join(FORMATS)}",
            found="none",
            fix="Name at least one format.",
        )
