"""The calculations of a report, by id, each with the words its progress is told in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pandas as pd

from parsoutcomes.baselines.comparison import compare_with_baselines
from parsoutcomes.baselines.monitoring import monitor_union
from parsoutcomes.baselines.planning import plan_comparison
from parsoutcomes.baselines.published import load_baselines
from parsoutcomes.baselines.references import REFERENCES
from parsoutcomes.cohort.care import describe_care
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.completeness import check_completeness
from parsoutcomes.cohort.description import describe_cohort
from parsoutcomes.cohort.endpoints import describe_analysis_rows, select_targets
from parsoutcomes.cohort.imaging import describe_imaging
from parsoutcomes.cohort.known_status import compare_known_status
from parsoutcomes.conventions import REPORT_BRACE_N_RESAMPLES
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.brace_duration import compare_brace_durations
from parsoutcomes.models.competing import estimate_competing_risks
from parsoutcomes.models.definitions import vary_definitions
from parsoutcomes.models.exposure import describe_exposure
from parsoutcomes.models.follow_up import describe_follow_up
from parsoutcomes.models.group_differences import compare_time_to_union
from parsoutcomes.models.late_findings import summarise_late_findings
from parsoutcomes.models.logistic import fit_union_logistic
from parsoutcomes.models.rates import estimate_union_rates
from parsoutcomes.models.reader_agreement import measure_reader_agreement
from parsoutcomes.models.return_to_sport import estimate_return_to_sport
from parsoutcomes.models.safety import summarise_safety
from parsoutcomes.models.scanning import describe_scanning
from parsoutcomes.models.scores import summarise_scores
from parsoutcomes.models.time_to_union import estimate_time_to_union
from parsoutcomes.models.tipping_point import find_tipping_point
from parsoutcomes.models.wear_dose import describe_wear_dose
from parsoutcomes.models.yearly_rates import estimate_yearly_rates
from parsoutcomes.report.last_year import compare_with_last_year
from parsoutcomes.report.period import select_period
from parsoutcomes.results.base import Result
from parsoutcomes.results.comparison import BaselineComparison
from parsoutcomes.wording import format_label

Task = tuple[str, Callable[[], Result]]

GROUPINGS: Final = ("stage", "laterality", "level", "prescribed_months")


@dataclass(frozen=True, kw_only=True)
class Request:
    """Whom a report is about, and how it is calculated.

    Attributes
    ----------
    everyone, to_date : Cohort
        The cohort as loaded; those fitted to the end of the year.
    alone : Cohort or None
        Those fitted in the year itself.
    year, n_resamples, seed : int
        As in `build_report`.
    terms : tuple of str
        Predictors.
    previous : pandas.DataFrame or None
        `numbers.csv` of last year's report.
    """

    everyone: Cohort
    to_date: Cohort
    alone: Cohort | None
    year: int
    n_resamples: int
    seed: int
    terms: tuple[str, ...]
    previous: pd.DataFrame | None = None

    def resampled(self) -> dict[str, Any]:
        """Return resamples and seed as keyword arguments."""
        return {"n_resamples": self.n_resamples, "seed": self.seed}


def list_tasks(request: Request, results: Mapping[str, Result]) -> Iterator[tuple[str, Task]]:
    """Return the calculations in order; `results` is read by those that build on earlier ones.

    Parameters
    ----------
    request : Request
        Whom, and how.
    results : mapping of str to Result
        Filled by the caller as the tasks are run, one after the other.
    """
    yield from _records(request)
    yield from _rates(request)
    yield from _times(request)
    yield from _comparisons(request)
    yield from _brace(request)
    yield from _recovery(request)
    yield from _years(request, results)
    yield from _robustness(request, results)


def _records(request: Request) -> Iterator[tuple[str, Task]]:
    cohort = request.to_date
    yield "completeness", ("completeness", partial(check_completeness, cohort))
    yield "follow-up", ("months followed", partial(describe_follow_up, cohort))
    known = partial(compare_known_status, cohort)
    yield "known-status", ("known and unknown status", known)
    yield "imaging", ("scans and readers", partial(describe_imaging, cohort))
    scanning = partial(describe_scanning, cohort, **request.resampled())
    yield "scanning", ("who is scanned when", scanning)
    agreement = partial(measure_reader_agreement, cohort)
    yield "reader-agreement", ("agreement of readers", agreement)
    yield "case-mix", ("case mix", partial(describe_cohort, cohort))
    yield "care", ("delay and other treatment", partial(describe_care, cohort))


def _rates(request: Request) -> Iterator[tuple[str, Task]]:
    rates = partial(estimate_union_rates, request.to_date, **request.resampled())
    yield from overall_rates(rates)
    for by in GROUPINGS:
        label = f"union rates by {format_label(by)}"
        yield f"rates-by-{by}", (label, partial(rates, by=by))


def overall_rates(rates: Callable[..., Result]) -> Iterator[tuple[str, Task]]:
    """Return the four overall rates: both units, both definitions."""
    for unit, words in (("defect", "pars"), ("patient", "patients")):
        for definition, short in (("complete", "complete"), ("partial_or_better", "partial")):
            task = partial(rates, unit=unit, definition=definition)
            label = f"{format_label(definition)} per {format_label(unit)}"
            yield f"rates-{words}-{short}", (label, task)


def _times(request: Request) -> Iterator[tuple[str, Task]]:
    cohort, resampled = request.to_date, request.resampled()
    time = partial(estimate_time_to_union, cohort, **resampled)
    yield "time", ("time to union", time)
    yield "time-by-stage", ("time to union by stage", partial(time, by="stage"))
    for_stages = partial(compare_time_to_union, cohort, "stage", **resampled)
    yield "time-differences", ("differences between stages over time", for_stages)
    risks = partial(estimate_competing_risks, cohort, **resampled)
    yield "competing-risks", ("union and surgery together", risks)


def _comparisons(request: Request) -> Iterator[tuple[str, Task]]:
    cohort, resampled = request.to_date, request.resampled()
    compare = partial(compare_with_baselines, cohort, **resampled)
    yield "comparison", ("comparison with published series", compare)
    yield "evidence", ("published series", partial(load_baselines, outcome="union", unit="defect"))
    plan = partial(plan_comparison, cohort, seed=request.seed)
    yield "plan", ("what this cohort could have shown", plan)
    if request.terms:
        model = partial(fit_union_logistic, cohort, request.terms, **resampled)
        yield "predictors", ("predictors of union", model)


def _brace(request: Request) -> Iterator[tuple[str, Task]]:
    cohort = request.to_date
    n_resamples = min(request.n_resamples, REPORT_BRACE_N_RESAMPLES)
    durations = partial(compare_brace_durations, cohort, n_resamples=n_resamples, seed=request.seed)
    yield "brace-durations", ("stopping at 3 months or going on to 6", durations)
    yield "exposure", ("when the brace was on", partial(describe_exposure, cohort))
    yield "wear-dose", ("union by hours worn", partial(describe_wear_dose, cohort))


def _recovery(request: Request) -> Iterator[tuple[str, Task]]:
    cohort = request.to_date
    yield "scores", ("scores", partial(summarise_scores, cohort))
    yield "return-to-sport", ("return to sport", partial(estimate_return_to_sport, cohort))
    yield "safety", ("safety", partial(summarise_safety, cohort))
    late = partial(summarise_late_findings, cohort)
    yield "late-findings", ("recurrence, new lesions and slip", late)


def _years(request: Request, results: Mapping[str, Result]) -> Iterator[tuple[str, Task]]:
    by_year = partial(estimate_yearly_rates, request.to_date)
    yield "by-year", ("union by year of fitting", by_year)
    yield "monitoring", ("union patient by patient", partial(_monitor, request))
    alone = request.alone
    if alone is not None:
        in_year = partial(estimate_union_rates, alone, **request.resampled())
        yield "year-case-mix", ("the year alone: case mix", partial(describe_cohort, alone))
        yield "year-rates", ("the year alone: union per pars", in_year)
        per_patient = partial(in_year, unit="patient")
        yield "year-rates-patients", ("the year alone: union per patient", per_patient)
    change = partial(_compare_years, request, results)
    yield "change", ("last year under this year's code", change)


def _monitor(request: Request) -> Result:
    rows, _ = select_targets(describe_analysis_rows(request.to_date))
    if rows.empty:
        raise EstimationError(
            "There is no union to follow over the years.",
            expected="at least one target pars",
            found="none",
            fix="Check which pars are treatment targets.",
        )
    return monitor_union(request.to_date, reference=REFERENCES[0], seed=request.seed)


def _compare_years(request: Request, now: Mapping[str, Result]) -> Result:
    fitted = request.everyone.episodes["fitted_date"].dt.year
    if not fitted.lt(request.year).any():
        raise EstimationError(
            "There is no last year to compare with.",
            expected=f"patients fitted before {request.year}",
            found="none with such a fitting date",
            fix="Leave this part out in the first year.",
        )
    before, _, _ = select_period(request.everyone, request.year - 1)
    rates = partial(estimate_union_rates, before, **request.resampled())
    compare = partial(compare_with_baselines, before, **request.resampled())
    again: dict[str, Task] = {**dict(overall_rates(rates)), "comparison": ("", compare)}
    restated = {}
    for name, (_, task) in again.items():
        try:
            restated[name] = task()
        except EstimationError:
            continue
    return compare_with_last_year(now, restated, request.previous, year=request.year)


def _robustness(request: Request, results: Mapping[str, Result]) -> Iterator[tuple[str, Task]]:
    varied = partial(vary_definitions, request.to_date, **request.resampled())
    yield "definitions-varied", ("every way of counting", varied)
    for reference in REFERENCES:
        tipping = partial(_find_tipping, request, results, reference)
        yield f"tipping-{reference}", (f"the unknown, against the {reference} series", tipping)


def _find_tipping(request: Request, results: Mapping[str, Result], reference: str) -> Result:
    comparison = results.get("comparison")
    rates = published_rates(comparison) if isinstance(comparison, BaselineComparison) else {}
    if reference not in rates:
        raise EstimationError(
            "What those of unknown status could change of the comparison cannot be said.",
            expected="pars of a stage for which the series has a rate",
            found="none",
            fix="See the comparison with published series for why there is none.",
        )
    return find_tipping_point(request.to_date, reference=rates[reference])


def published_rates(comparison: BaselineComparison) -> dict[str, dict[str, float]]:
    """Return each series' rate by stage, of the stages on which the verdict rests.

    Parameters
    ----------
    comparison : BaselineComparison
        Its strata.
    """
    strata = comparison.strata
    if strata.empty or comparison.standardised_by != "stage":
        return {}
    told = strata[strata["published_rate"].notna()]
    return {
        str(reference): dict(
            zip(of_one["stage"].astype(str), of_one["published_rate"].astype(float), strict=True)
        )
        for reference, of_one in told.groupby("reference", sort=False)
    }
