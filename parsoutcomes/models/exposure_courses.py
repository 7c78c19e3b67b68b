"""Each course of brace as periods: worn, paused, worn beyond the prescription."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.surgery import describe_surgery
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.models.brace_timeline import BraceTimeline, read_brace_timeline
from parsoutcomes.results.exposure import (
    AS_PRESCRIBED,
    COMPLETED_EARLY,
    EXTENDED,
    EXTENSION,
    GAP,
    IN_BRACE,
    NO_PRESCRIPTION,
    NOT_YET_KNOWN,
)
from parsoutcomes.results.rows import Row, list_rows

NOT_RECORDED: Final = "not recorded"
OTHER: Final = "other reason"
END_REASONS: Final = (
    "completed",
    "prescribed time over",
    "united",
    "surgery",
    "not_tolerated",
    "own_choice",
    "lost",
)
STILL: Final = "still_in_brace"
MEASURED_UNWORN: Final = "measured as not worn"
RECORDED: Final = "extension recorded"
UNRECORDED: Final = "no extension recorded"
_CAUSES: Final = ("skin", "adverse_other", "brace_changed")


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Days since fitting from which to which the brace was off, and why."""

    start: float
    stop: float
    reason: str


def describe_courses(cohort: Cohort, grace_months: float) -> tuple[pd.DataFrame, BraceTimeline]:
    """Say of each course how long it lasted, how it ended and how that compares with its plan.

    Parameters
    ----------
    cohort : Cohort
        Episodes and events are read.
    grace_months : float
        Within so many months of the prescription a course counts as completed as prescribed.

    Returns
    -------
    tuple
        One row per course that can be placed in time: `episode_id, patient_id, episode_number,
        fitted_date, prescribed_months, prescribed_hours_per_day, stop_days, is_open` (removal not
        seen), `ended_by`, `is_extension_recorded`, `received`; and the timeline, which says why
        others cannot.
    """
    episodes = cohort.tables["episodes"].drop_duplicates("episode_id")
    timeline = read_brace_timeline(cohort, episodes["episode_id"])
    placed = episodes.set_index("episode_id").join(timeline.courses, how="inner")
    surgery = describe_surgery(cohort).drop_duplicates("episode_id").set_index("episode_id")
    is_seen = np.isfinite(placed["stop_days"])
    operated = ~is_seen & placed["seen_until_days"].eq(
        surgery["surgery_days"].reindex(placed.index)
    )
    stop = placed["stop_days"].where(is_seen, placed["seen_until_days"])
    extended = _ids_with(cohort, "prescription_extended")
    courses = placed.assign(
        stop_days=stop,
        is_open=~is_seen & ~operated,
        ended_by=_name_ends(placed, is_seen, operated),
        is_extension_recorded=placed.index.isin(extended),
    )
    courses["received"] = compare_with_plan(courses, grace_months)
    names = ["patient_id", "episode_number", "fitted_date", "prescribed_months"]
    names += ["prescribed_hours_per_day", "stop_days", "is_open", "ended_by"]
    return courses[[*names, "is_extension_recorded", "received"]].reset_index(), timeline


def compare_with_plan(courses: pd.DataFrame, grace_months: float) -> pd.Series:
    """Say whether each course was shorter than, as long as or longer than prescribed at fitting.

    One still in the brace may already be extended; of one gone from view nothing is known, since
    the last day seen need not be a day in the brace.
    """
    beyond = courses["stop_days"] / DAYS_PER_MONTH - courses["prescribed_months"]
    gone = courses["is_open"] & courses["ended_by"].ne(STILL)
    conditions = {
        NO_PRESCRIPTION: courses["prescribed_months"].isna(),
        EXTENDED: (beyond > grace_months) & ~gone,
        NOT_YET_KNOWN: courses["is_open"],
        COMPLETED_EARLY: beyond < -grace_months,
    }
    chosen = np.select(
        [condition.to_numpy() for condition in conditions.values()],
        list(conditions),
        default=AS_PRESCRIBED,
    )
    return pd.Series(chosen, index=courses.index, dtype="object")


def list_periods(courses: pd.DataFrame, cohort: Cohort) -> tuple[pd.DataFrame, int]:
    """Cut each course into periods.

    Parameters
    ----------
    courses : pandas.DataFrame
        From `describe_courses`.
    cohort : Cohort
        Events and wear are read.

    Returns
    -------
    tuple
        One row per period, as `BraceExposure.frame`, and how many pauses have no day or lie
        outside their course, so that they are in no period.
    """
    gaps, n_unplaced = find_gaps(courses, cohort)
    rows = [
        row
        for course in list_rows(courses)
        for row in _cut(course, gaps.get(str(course["episode_id"]), ()))
    ]
    return pd.DataFrame(rows, columns=list(PERIOD_COLUMNS)), n_unplaced


PERIOD_COLUMNS: Final = (
    "patient_id",
    "episode_id",
    "episode_number",
    "prescribed_months",
    "received",
    "period_number",
    "period",
    "start_date",
    "stop_date",
    "start_days",
    "stop_days",
    "reason",
    "ended_by",
    "is_open",
)


def _cut(course: Row, gaps: Sequence[Gap]) -> Iterator[Row]:
    stop = float(course["stop_days"])
    planned = _planned_days(course, stop)
    beyond = RECORDED if course["is_extension_recorded"] else UNRECORDED
    cuts: list[tuple[float, float, str, str]] = []
    at = 0.0
    for gap in (*gaps, Gap(start=stop, stop=stop, reason="")):
        for kind, start, end in ((IN_BRACE, at, planned), (EXTENSION, max(at, planned), stop)):
            until = min(end, gap.start)
            if until > start or (kind == IN_BRACE and stop == 0):
                cuts.append((start, until, kind, beyond if kind == EXTENSION else ""))
        if gap.reason:
            cuts.append((gap.start, gap.stop, GAP, gap.reason))
        at = gap.stop
    fitted = pd.Timestamp(course["fitted_date"])
    for number, (start, end, kind, reason) in enumerate(cuts, start=1):
        is_last = number == len(cuts)
        yield {
            **{name: course[name] for name in PERIOD_COLUMNS[:5]},
            "period_number": number,
            "period": kind,
            "start_date": fitted + pd.Timedelta(days=round(start)),
            "stop_date": fitted + pd.Timedelta(days=round(end)),
            "start_days": start,
            "stop_days": end,
            "reason": reason,
            "ended_by": course["ended_by"] if is_last else _next_words(cuts[number][2], kind),
            "is_open": bool(course["is_open"]) and is_last,
        }


def _planned_days(course: Row, stop: float) -> float:
    """Return the day from which wear is beyond the prescription; the last day when it never is."""
    planned = float(course["prescribed_months"]) * DAYS_PER_MONTH
    is_beyond = course["received"] == EXTENDED or course["is_extension_recorded"]
    return min(float(round(planned)), stop) if is_beyond and np.isfinite(planned) else stop


def _next_words(following: str, kind: str) -> str:
    if following == GAP:
        return "paused"
    return "resumed" if kind == GAP else "prescribed time over"


def find_gaps(courses: pd.DataFrame, cohort: Cohort) -> tuple[dict[str, tuple[Gap, ...]], int]:
    """Find when the brace was off within a course: by events, and by wear measured as none.

    Returns
    -------
    tuple
        Gaps by `episode_id`, and how many recorded pauses could not be placed in a course.

    Notes
    -----
    A pause runs from `brace_paused` to the next `brace_resumed`, or to the end of the course where
    none follows. Its reason is a skin problem, another adverse event or a changed brace recorded
    on the same day.
    """
    stops = courses.set_index("episode_id")["stop_days"]
    events = cohort.tables["events"]
    events = events[events["episode_id"].isin(stops.index)]
    fitted = courses.set_index("episode_id")["fitted_date"]
    days = (events["date"] - pd.to_datetime(events["episode_id"].map(fitted))).dt.days
    paused = events["type"].eq("brace_paused")
    ends = events["episode_id"].map(stops)
    placed = days.ge(0) & days.lt(ends)
    gaps: dict[str, list[Gap]] = {}
    for key, group in events.assign(days=days).groupby("episode_id"):
        gaps[str(key)] = _pair_pauses(group, float(stops[key]))
    for key, gap in _unworn(courses, cohort):
        gaps.setdefault(key, []).append(gap)
    merged = {key: _merge(found) for key, found in gaps.items() if found}
    return merged, int((paused & ~placed).sum())


def _pair_pauses(events: pd.DataFrame, stop: float) -> list[Gap]:
    dated = events[events["days"].notna()]
    resumed = dated.loc[dated["type"].eq("brace_resumed"), "days"].sort_values()
    found: list[Gap] = []
    for start in dated.loc[dated["type"].eq("brace_paused"), "days"].sort_values():
        if not 0 <= start < stop:
            continue
        after = resumed[resumed.gt(start)]
        end = float(after.iloc[0]) if len(after) else stop
        same_day = dated.loc[dated["days"].eq(start), "type"]
        causes = [cause for cause in _CAUSES if same_day.eq(cause).any()]
        found.append(
            Gap(
                start=float(start),
                stop=min(end, stop),
                reason=causes[0] if causes else NOT_RECORDED,
            )
        )
    return found


def _unworn(courses: pd.DataFrame, cohort: Cohort) -> Iterator[tuple[str, Gap]]:
    """Yield the measured periods in which the brace was not worn at all."""
    wear = cohort.tables["wear"]
    unworn = wear[wear["mean_hours_per_day"].eq(0)].merge(
        courses[["episode_id", "fitted_date", "stop_days"]], on="episode_id"
    )
    start = (unworn["period_start"] - unworn["fitted_date"]).dt.days.clip(lower=0)
    stop = (unworn["period_end"] - unworn["fitted_date"]).dt.days + 1
    stop = stop.clip(upper=unworn["stop_days"])
    for key, one, other in zip(unworn["episode_id"], start, stop, strict=True):
        if other > one:
            yield str(key), Gap(start=float(one), stop=float(other), reason=MEASURED_UNWORN)


def _merge(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    merged: list[Gap] = []
    for gap in sorted(gaps, key=lambda gap: (gap.start, gap.stop)):
        if merged and gap.start <= merged[-1].stop:
            last = merged[-1]
            merged[-1] = Gap(start=last.start, stop=max(last.stop, gap.stop), reason=last.reason)
        else:
            merged.append(gap)
    return tuple(merged)


def _name_ends(placed: pd.DataFrame, is_seen: pd.Series, operated: pd.Series) -> pd.Series:
    told = placed["brace_end_reason"]
    known = told.where(told.isin(END_REASONS), OTHER).where(told.notna(), NOT_RECORDED)
    status = placed["status"].map({"in_brace": STILL}).fillna(placed["status"])
    return known.where(is_seen, status).mask(operated, "surgery").astype("object")


def _ids_with(cohort: Cohort, kind: str) -> pd.Series:
    events = cohort.tables["events"]
    return events.loc[events["type"].eq(kind), "episode_id"]
