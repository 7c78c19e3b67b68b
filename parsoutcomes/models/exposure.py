"""Brace treatment as it was: periods of each course, months received, hours worn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import count_exclusion
from parsoutcomes.conventions import DAYS_PER_MONTH, GRACE_MONTHS
from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.models.brace_timeline import BraceTimeline
from parsoutcomes.models.exposure_courses import describe_courses, list_periods
from parsoutcomes.models.exposure_wear import (
    MeasuredWear,
    days_between,
    follow_adherence,
    measure_adherence,
    read_wear,
)
from parsoutcomes.results.base import Exclusion
from parsoutcomes.results.exposure import (
    GAP,
    RECEIVED,
    BraceExposure,
    write_exposure_finding,
    write_exposure_method,
)

AFTERWARDS: Final = (
    "Months received are known only afterwards: those who heal early stop early, so groups by "
    "months received say nothing about which length is better"
)
SELECTED: Final = "Those whose wear is measured may differ from the others"
RECALLED: Final = "Diaries and recall tend to say more hours than sensors: do not join them"
CHANGED: Final = (
    "Courses with a change of prescription recorded: {n}; hours and months are held against the "
    "prescription at fitting"
)
UNSEEN: Final = (
    "Courses gone from view before removal was recorded: {n}; they are followed to the last day "
    "seen, and the brace may have come off before"
)
BY_MONTH: Final = (
    "Courses that end in a month or year without a day: {n}, placed in the middle of it"
)
UNPLACED: Final = "Pauses recorded without a day or outside their course: {n}, in no period"
PAST_REMOVAL: Final = (
    "Measured periods that run past removal: {n}; they count whole, as their mean cannot be split"
)
LEFT_OUT: Final = "Measured periods left out, {why}: {n}"


@public(made_by="load_records")
def describe_exposure(cohort: Cohort, *, grace_months: float = GRACE_MONTHS) -> BraceExposure:
    """Describe when the brace was on, how that compares with the prescription, and hours worn.

    Not a comparison of treatments: months received and hours worn are results of how a patient
    did as much as causes of it.

    Parameters
    ----------
    cohort : Cohort
        With fitting dates; months and hours prescribed, ends of brace, events and wear where the
        clinic keeps them.
    grace_months : float
        Within so many months of the prescription a course counts as completed as prescribed.

    Returns
    -------
    BraceExposure
        `to_frame()`: a row per period of each course, with the keys of patient and course and days
        and dates; for the clinic's own use. What is printed has counts only.

    Raises
    ------
    EstimationError
        When no course can be placed in time.
    ArgumentError
        When `grace_months` is negative or not a number.

    Notes
    -----
    All courses, later ones too. Where a course ends, `read_brace_timeline` says; removal not seen
    leaves a course open, and one still open within its prescription is not yet known. An extension
    is wear beyond the months prescribed at fitting, shown where it exceeds the grace or is
    recorded. Counts, ratios and quartiles are of this cohort and have no interval.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> episodes = pd.DataFrame({"episode_id": ["A", "B"], "patient_id": ["A", "B"],
    ...     "fitted_date": pd.Timestamp("2024-01-01"), "prescribed_months": [3.0, 3.0],
    ...     "brace_end_date": pd.to_datetime(["2024-04-01", "2024-07-01"])})
    >>> result = describe_exposure(build_cohort({"episodes": episodes}))
    >>> result.to_frame()[["received", "period", "start_days", "stop_days"]].to_numpy().tolist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [['as_prescribed', 'in_brace', 0.0, 91.0], ['extended', 'in_brace', 0.0, 91.0],
     ['extended', 'extension', 91.0, 182.0]]
    """
    _require_grace(grace_months)
    courses, timeline = describe_courses(cohort, grace_months)
    if courses.empty:
        raise _nobody(cohort)
    periods, n_unplaced = list_periods(courses, cohort)
    wear = read_wear(cohort, courses)
    by_course = measure_adherence(wear.periods)
    received, adherence = _count_received(courses, periods), _sum_up(wear, by_course, courses)
    return BraceExposure(
        title="Brace treatment as it was, per course of brace",
        finding=write_exposure_finding(received, adherence),
        method=write_exposure_method(grace_months),
        frame=periods,
        exclusions=_exclude(cohort, timeline),
        cautions=tuple(_caution(cohort, timeline, wear, n_unplaced)),
        received=received,
        reasons=_count_ends(courses),
        adherence=adherence,
        adherence_over_time=follow_adherence(wear.periods),
        adherence_by_course=by_course,
        missing=_count_missing(cohort),
        grace_months=grace_months,
    )


def _require_grace(grace_months: float) -> None:
    if not (np.isfinite(grace_months) and grace_months >= 0):
        raise ArgumentError(
            "grace_months cannot be used.",
            expected="a number of months, 0 or more",
            found=f"grace_months={grace_months!r}",
            fix="Use grace_months=1, or leave it out.",
        )


def _nobody(cohort: Cohort) -> EstimationError:
    return EstimationError(
        "No course of brace can be placed in time.",
        expected="a fitting date, and an end of brace or where the course stands, of one course",
        found=f"{len(cohort.tables['episodes'])} courses, none of them such",
        fix="Check the columns of fitting, end of brace and status.",
    )


def _count_received(courses: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    off = periods[periods["period"].eq(GAP)]
    days_off = (off["stop_days"] - off["start_days"]).groupby(off["episode_id"]).sum()
    lengths = courses.assign(
        months=courses["stop_days"] / DAYS_PER_MONTH,
        months_worn=(courses["stop_days"] - courses["episode_id"].map(days_off).fillna(0.0))
        / DAYS_PER_MONTH,
        has_gap=courses["episode_id"].isin(off["episode_id"]),
        order=courses["received"].map({name: place for place, name in enumerate(RECEIVED)}),
    )
    counted = lengths.groupby(["prescribed_months", "order", "received"], dropna=False).agg(
        n_courses=("episode_id", "size"),
        n_patients=("patient_id", "nunique"),
        median_months=("months", "median"),
        median_months_worn=("months_worn", "median"),
        n_with_gap=("has_gap", "sum"),
    )
    return counted.reset_index().drop(columns="order")


def _count_ends(courses: pd.DataFrame) -> pd.DataFrame:
    counted = courses.groupby(["received", "ended_by"]).size().rename("n_courses").reset_index()
    order = counted["received"].map({name: place for place, name in enumerate(RECEIVED)})
    return (
        counted.assign(order=order)
        .sort_values(["order", "n_courses", "ended_by"], ascending=[True, False, True])
        .drop(columns="order")
        .reset_index(drop=True)
    )


_SUMMED: Final = (
    "method",
    "n_patients",
    "n_courses",
    "n_periods",
    "measured_days",
    "share_of_days_measured",
    "mean_hours_per_day",
    "worn_hours",
    "prescribed_hours",
    "adherence",
    "n_patients_with_adherence",
    "n_courses_with_adherence",
    "adherence_lower_quartile",
    "adherence_median",
    "adherence_upper_quartile",
    "n_above_prescribed",
)


def _sum_up(wear: MeasuredWear, by_course: pd.DataFrame, courses: pd.DataFrame) -> pd.DataFrame:
    """Sum wear by method; a course has the day of removal as a day in brace, as wear does."""
    days = courses.set_index("episode_id")["stop_days"] + 1
    inside = days_between(wear.periods, 0.0, wear.periods["stop_days"] + 1)
    measured = inside.groupby(wear.periods["method"]).sum()
    rows = [
        _sum_method(
            str(method), group, float(measured[method]) / float(days[group["episode_id"]].sum())
        )
        for method, group in by_course.groupby("method")
    ]
    return pd.DataFrame(rows, columns=list(_SUMMED))


def _sum_method(method: str, group: pd.DataFrame, share: float) -> dict[str, object]:
    held = group[group["adherence"].notna()]
    quartiles = held["adherence"].quantile([0.25, 0.5, 0.75]).tolist()
    worn, prescribed = float(held["worn_hours"].sum()), float(held["prescribed_hours"].sum())
    measured = float(group["measured_days"].sum())
    return {
        "method": method,
        "n_patients": int(group["patient_id"].nunique()),
        "n_courses": len(group),
        "n_periods": int(group["n_periods"].sum()),
        "measured_days": measured,
        "share_of_days_measured": share,
        "mean_hours_per_day": float(group["worn_hours"].sum()) / measured,
        "worn_hours": worn,
        "prescribed_hours": prescribed,
        "adherence": worn / prescribed if prescribed else float("nan"),
        "n_patients_with_adherence": int(held["patient_id"].nunique()),
        "n_courses_with_adherence": len(held),
        "adherence_lower_quartile": quartiles[0],
        "adherence_median": quartiles[1],
        "adherence_upper_quartile": quartiles[2],
        "n_above_prescribed": int(held["adherence"].gt(1).sum()),
    }


def _count_missing(cohort: Cohort) -> pd.DataFrame:
    episodes = cohort.tables["episodes"].drop_duplicates("episode_id")
    off = ~episodes["status"].eq("in_brace")
    no_end = episodes["brace_end_date"].isna() & episodes["brace_end_date_latest"].isna()
    absent = {
        "day of fitting": episodes["fitted_date"].isna(),
        "end of brace, though not still in brace": no_end & off,
        "reason why the brace came off": episodes["brace_end_reason"].isna() & ~no_end,
        "months prescribed": episodes["prescribed_months"].isna(),
        "hours a day prescribed": episodes["prescribed_hours_per_day"].isna(),
        "any measurement of wear": ~episodes["episode_id"].isin(
            cohort.tables["wear"]["episode_id"]
        ),
    }
    return pd.DataFrame(
        {
            "what": what,
            "n_courses": int(holds.sum()),
            "n_patients": int(episodes.loc[holds, "patient_id"].nunique()),
            "n_courses_in_all": len(episodes),
        }
        for what, holds in absent.items()
    )


def _exclude(cohort: Cohort, timeline: BraceTimeline) -> tuple[Exclusion, ...]:
    episodes, defects = cohort.tables["episodes"], cohort.tables["defects"]
    exclusions = []
    for reason in timeline.excluded.dropna().unique():
        keys = timeline.excluded.index[timeline.excluded.eq(reason)]
        pars = count_exclusion(str(reason), defects[defects["episode_id"].isin(keys)])
        patients = episodes.loc[episodes["episode_id"].isin(keys), "patient_id"].nunique()
        exclusions.append(
            Exclusion(reason=str(reason), n_defects=pars.n_defects, n_patients=int(patients))
        )
    return tuple(exclusions)


def _caution(
    cohort: Cohort, timeline: BraceTimeline, wear: MeasuredWear, n_unplaced: int
) -> Iterator[str]:
    yield AFTERWARDS
    events = cohort.tables["events"]
    kinds = ("prescription_changed", "prescription_shortened")
    n_changed = events.loc[events["type"].isin(kinds), "episode_id"].nunique()
    if n_changed:
        yield CHANGED.format(n=n_changed)
    if timeline.n_left_view:
        yield UNSEEN.format(n=timeline.n_left_view)
    if timeline.n_by_month:
        yield BY_MONTH.format(n=timeline.n_by_month)
    if n_unplaced:
        yield UNPLACED.format(n=n_unplaced)
    for why, n in wear.left_out.items():
        yield LEFT_OUT.format(n=n, why=why)
    n_past = int(wear.periods["end_days"].gt(wear.periods["stop_days"] + 1).sum())
    if n_past:
        yield PAST_REMOVAL.format(n=n_past)
    if len(wear.periods):
        yield SELECTED
    if len(set(wear.periods["method"])) > 1:
        yield RECALLED
