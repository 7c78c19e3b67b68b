"""When the brace was worn: from records to a day of stopping, or the last day known in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import count_exclusion
from parsoutcomes.cohort.surgery import describe_surgery
from parsoutcomes.results.base import Exclusion

NO_FITTING = "No day on which the brace was fitted"
NO_BRACE = "No brace fitted, by the records"
ENDED_BEFORE = "End of brace dated before it was fitted"
NO_END = "Brace off, on a day not recorded"
NO_STATUS = "Neither the end of brace nor where the course stands recorded"
ONGOING = "in_brace"
LEFT_VIEW = ("lost", "transferred", "withdrawn")
OPERATED = "surgery"


@dataclass(frozen=True, kw_only=True)
class BraceTimeline:
    """How long each course of brace is known to have lasted.

    Attributes
    ----------
    courses : pandas.DataFrame
        Indexed by `episode_id`: `stop_days` (inf while no stop has been seen) and
        `seen_until_days` (last day known in the brace, where no stop has been seen; else inf).
    excluded : pandas.Series
        Reason by `episode_id`, for courses that cannot be used.
    n_by_month : int
        Courses whose end is known by its month or year only, placed in the middle of it.
    n_ongoing, n_left_view, n_operated : int
        Courses followed in the brace until data lock, until they left view, until surgery.
    """

    courses: pd.DataFrame
    excluded: pd.Series
    n_by_month: int
    n_ongoing: int
    n_left_view: int
    n_operated: int


def read_brace_timeline(cohort: Cohort, episode_ids: pd.Series) -> BraceTimeline:
    """Say for each course when the brace came off, or until when it is known to have been worn.

    Parameters
    ----------
    cohort : Cohort
        Episodes and events are read.
    episode_ids : pandas.Series
        Courses to describe.

    Returns
    -------
    BraceTimeline

    Notes
    -----
    In order. A dated end is the stop; one known by its month or year only counts in the middle of
    the days that it may have. Surgery on or before that day ends the course without a stop. No
    end and `status` in_brace: worn until data lock (last contact, without one). Operated on: worn
    until surgery. Lost, transferred or withdrawn: worn until the last contact, or the last reading
    if that is later. Any other course without an end is left out: the brace is off, nobody knows
    since when.
    """
    frame = _collect(cohort, episode_ids)
    stop, by_month = _place_stop(frame)
    operated = frame["surgery_days"] <= stop.fillna(np.inf)
    until = _seen_until(frame)
    ended = stop.notna() & ~operated
    courses = pd.DataFrame(
        {
            "stop_days": stop.where(ended, np.inf),
            "seen_until_days": until.mask(operated, frame["surgery_days"]).mask(ended, np.inf),
        }
    )
    reasons = _find_reasons(frame, stop, courses["seen_until_days"])
    used = reasons.isna()
    return BraceTimeline(
        courses=courses[used],
        excluded=reasons[~used],
        n_by_month=int((by_month & ended & used).sum()),
        n_ongoing=int((used & ~ended & ~operated & frame["status"].eq(ONGOING)).sum()),
        n_left_view=int((used & ~ended & ~operated & frame["status"].isin(LEFT_VIEW)).sum()),
        n_operated=int((used & operated).sum()),
    )


def leave_out_courses(
    rows: pd.DataFrame, timeline: BraceTimeline
) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    """Drop the pars of courses that cannot be used, and count them by reason."""
    reason = rows["episode_id"].map(timeline.excluded)
    exclusions = tuple(
        count_exclusion(text, rows[reason.eq(text)])
        for text in (NO_FITTING, NO_BRACE, ENDED_BEFORE, NO_END, NO_STATUS)
        if reason.eq(text).any()
    )
    return rows[reason.isna()].reset_index(drop=True), exclusions


def _collect(cohort: Cohort, episode_ids: pd.Series) -> pd.DataFrame:
    episodes = cohort.tables["episodes"]
    kept = episodes[episodes["episode_id"].isin(episode_ids)].drop_duplicates("episode_id")
    fitted = kept["fitted_date"]
    names = ("brace_end_date", "brace_end_date_earliest", "brace_end_date_latest")
    days = {name: (kept[name] - fitted).dt.days.astype("float64") for name in names}
    surgery = describe_surgery(cohort).drop_duplicates("episode_id").set_index("episode_id")
    read = cohort.tables["readings"].groupby("episode_id")["days_since_fitting"].max()
    frame = kept[["episode_id", "brace_type", "status"]].assign(
        is_fitted=fitted.notna(), **days, last_read_days=kept["episode_id"].map(read)
    )
    columns = ["surgery_days", "surgery_latest_days", "last_contact_days", "lock_days"]
    return frame.set_index("episode_id").join(surgery[columns])


def _place_stop(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    middle = frame[["brace_end_date_earliest", "brace_end_date_latest"]].mean(axis=1, skipna=False)
    by_month = frame["brace_end_date"].isna() & middle.notna()
    return frame["brace_end_date"].fillna(middle), by_month


def _seen_until(frame: pd.DataFrame) -> pd.Series:
    """Return the last day known in the brace of courses without a stop; missing when unknown."""
    contact = frame[["last_contact_days", "last_read_days"]].max(axis=1)
    ongoing = frame["lock_days"].fillna(contact)
    until = contact.where(frame["status"].isin((*LEFT_VIEW, OPERATED)))
    return until.mask(frame["status"].eq(ONGOING), ongoing)


def _find_reasons(frame: pd.DataFrame, stop: pd.Series, seen: pd.Series) -> pd.Series:
    reasons = pd.Series(None, index=frame.index, dtype="object")
    unknown = stop.isna() & seen.isna()
    reasons[unknown] = NO_END
    reasons[unknown & frame["status"].isna()] = NO_STATUS
    reasons[(stop < 0) | (seen < 0)] = ENDED_BEFORE
    reasons[frame["brace_type"].eq("none")] = NO_BRACE
    reasons[~frame["is_fitted"]] = NO_FITTING
    return reasons
