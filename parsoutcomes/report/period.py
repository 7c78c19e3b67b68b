"""Which patients the report is about, as a result like any other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.flow import count_flow
from parsoutcomes.errors import ReportError
from parsoutcomes.results.base import Exclusion, Result
from parsoutcomes.results.description import CohortFlow
from parsoutcomes.wording import format_count, format_date, start_sentence


@dataclass(frozen=True, kw_only=True)
class Period:
    """Which patients the report is about.

    Attributes
    ----------
    year : int
        The year asked for.
    is_judged : bool
        False when the source has no fitting date, so that everybody is reported.
    n_later, n_undated : int
        Courses of treatment left out: fitted after the year; without a fitting date.
    n_in_year : int
        Courses fitted in the year itself.
    """

    year: int
    is_judged: bool
    n_later: int
    n_undated: int
    n_in_year: int


def select_period(cohort: Cohort, year: int) -> tuple[Cohort, Cohort | None, Period]:
    """Return those fitted to the end of the year, those fitted in it, and who was left out.

    Parameters
    ----------
    cohort : Cohort
        As loaded.
    year : int
        Calendar year of fitting.

    Returns
    -------
    tuple
        The cohort of the report; that of the year alone, None when there is nobody in it; the
        period.

    Raises
    ------
    ReportError
        When nobody was fitted on or before the last day of the year.
    """
    fitted = cohort.episodes["fitted_date"]
    if fitted.isna().all():
        period = Period(year=year, is_judged=False, n_later=0, n_undated=len(fitted), n_in_year=0)
        return cohort, None, period
    period = Period(
        year=year,
        is_judged=True,
        n_later=int((fitted.dt.year > year).sum()),
        n_undated=int(fitted.isna().sum()),
        n_in_year=int((fitted.dt.year == year).sum()),
    )
    if not (fitted.dt.year <= year).any():
        raise ReportError(
            f"Nobody was fitted on or before 31 December {year}.",
            expected=f"at least one course of brace treatment fitted by the end of {year}",
            found=f"{len(fitted)} courses, fitted from {int(fitted.dt.year.min())} on",
            fix="Ask for a later year, or check the fitting dates.",
        )
    to_date = cohort.select_fitted(on_or_before=f"{year}-12-31")
    alone = to_date.select_fitted(on_or_after=f"{year}-01-01") if period.n_in_year else None
    return to_date, alone, period


def count_period_flow(cohort: Cohort, to_date: Cohort, period: Period) -> CohortFlow:
    """Count from everyone in the source, with the step at which the period is taken.

    Parameters
    ----------
    cohort, to_date : Cohort
        Everyone, and those of the period.
    period : Period
        From `select_period`.

    Returns
    -------
    CohortFlow
        As `count_flow` of the period, with the step of the period after the records.
    """
    flow = count_flow(to_date)
    if not (period.n_later or period.n_undated):
        return flow
    everyone = count_flow(cohort).frame.iloc[:1]
    counts = ["n_patients", "n_defects"]
    taken = flow.frame.iloc[:1].assign(
        step=f"Fitted on or before 31 December {period.year}", reason=_name_left_out(period)
    )
    for name in counts:
        lost = int(everyone[name].iloc[0]) - int(taken[name].iloc[0])
        taken = taken.assign(**{f"n_left_out_{name.removeprefix('n_')}": lost})
    taken[["n_rows", "n_left_out_rows"]] = pd.NA
    frame = pd.concat([everyone, taken.astype(flow.frame.dtypes), flow.frame.iloc[1:]])
    outside = Exclusion(
        reason=_name_left_out(period),
        n_defects=int(taken["n_left_out_defects"].iloc[0]),
        n_patients=int(taken["n_left_out_patients"].iloc[0]),
    )
    return replace(flow, frame=frame.reset_index(drop=True), exclusions=(outside, *flow.exclusions))


def _name_left_out(period: Period) -> str:
    reasons = [
        why
        for n, why in ((period.n_later, "fitted later"), (period.n_undated, "no fitting date"))
        if n
    ]
    return start_sentence(" or ".join(reasons))


def describe_period(period: Period, data_lock: pd.Timestamp | None) -> Result:
    """Return whom the report covers and who is left out of it.

    Parameters
    ----------
    period : Period
        From `select_period`.
    data_lock : pandas.Timestamp or None
        The last day of follow-up.

    Returns
    -------
    Result
        Counts of courses of treatment.
    """
    counts = {
        "fitted in the year": period.n_in_year,
        "fitted after the year": period.n_later,
        "without a fitting date": period.n_undated,
    }
    return Result(
        title=f"Period of the report: fitted to 31 December {period.year}",
        finding=_write_finding(period, data_lock),
        method="",
        frame=pd.DataFrame({"courses": list(counts), "n_courses": list(counts.values())}),
    )


def _write_finding(period: Period, data_lock: pd.Timestamp | None) -> str:
    lock = f"follow-up is counted to {format_date(data_lock)}"
    if not period.is_judged:
        return (
            "The source gives no fitting dates, so the year cannot be judged: the report covers "
            f"everyone in the source; {lock if data_lock is not None else 'no data lock is known'}."
        )
    left_out = [
        f"{format_count(n, 'course', 'courses')} {why}"
        for n, why in (
            (period.n_later, "fitted later"),
            (period.n_undated, "without a fitting date"),
        )
        if n
    ]
    closing = f" Left out: {' and '.join(left_out)}." if left_out else ""
    return f"Everyone fitted with a brace on or before 31 December {period.year}; {lock}.{closing}"
