"""Measured wear: which periods can be used, and hours worn over hours prescribed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import DAYS_PER_MONTH

HOURS_IN_A_DAY: Final = 24.0
NO_METHOD: Final = "method not recorded"


@dataclass(frozen=True, kw_only=True)
class MeasuredWear:
    """Periods of measured wear inside a course of brace.

    Attributes
    ----------
    periods : pandas.DataFrame
        `episode_id, patient_id, method, start_days, end_days` (first day after the period),
        `days, hours_per_day, prescribed_hours_per_day, stop_days` of the course.
    left_out : mapping of str to int
        Measured periods that cannot be used, by reason.
    """

    periods: pd.DataFrame
    left_out: dict[str, int]


def read_wear(cohort: Cohort, courses: pd.DataFrame) -> MeasuredWear:
    """Place measured wear in days since fitting, and count what cannot be placed.

    Parameters
    ----------
    cohort : Cohort
        Wear is read.
    courses : pandas.DataFrame
        From `describe_courses`.

    Notes
    -----
    Periods of different methods are never joined. A period that begins before fitting or after
    removal, or shares days with an earlier one of the same course and method, is left out whole:
    its mean cannot be split.
    """
    wear = cohort.tables["wear"]
    known = wear.merge(
        courses[["episode_id", "fitted_date", "prescribed_hours_per_day", "stop_days"]],
        on="episode_id",
        how="left",
    ).assign(method=lambda frame: frame["method"].fillna(NO_METHOD))
    start = (known["period_start"] - known["fitted_date"]).dt.days.astype("float64")
    end = (known["period_end"] - known["fitted_date"]).dt.days.astype("float64") + 1
    prescribed = known["prescribed_hours_per_day"]
    placed = known.assign(
        start_days=start,
        end_days=end,
        days=end - start,
        hours_per_day=known["mean_hours_per_day"],
        prescribed_hours_per_day=prescribed.where(prescribed > 0),
    )
    reason = _find_obstacles(placed)
    usable = placed[reason.isna()].sort_values(
        ["episode_id", "method", "start_days"], kind="stable"
    )
    overlaps = _overlaps_earlier(usable)
    counts = reason.value_counts().to_dict()
    if overlaps.any():
        counts["shares days with an earlier period by the same method"] = int(overlaps.sum())
    names = ["episode_id", "patient_id", "method", "start_days", "end_days", "days"]
    names += ["hours_per_day", "prescribed_hours_per_day", "stop_days"]
    return MeasuredWear(
        periods=usable.loc[~overlaps, names].reset_index(drop=True),
        left_out={str(name): int(n) for name, n in sorted(counts.items())},
    )


def _find_obstacles(placed: pd.DataFrame) -> pd.Series:
    conditions = {
        "course without a known time in brace": placed["fitted_date"].isna(),
        "first or last day not recorded": placed["days"].isna(),
        "last day before the first": placed["days"].lt(1),
        "hours not recorded": placed["hours_per_day"].isna(),
        "hours a day outside 0 to 24": ~placed["hours_per_day"].between(0, HOURS_IN_A_DAY),
        "begins before fitting": placed["start_days"].lt(0),
        "begins after the brace came off": placed["start_days"].gt(placed["stop_days"]),
    }
    reason = pd.Series(None, index=placed.index, dtype="object")
    for words, holds in reversed(conditions.items()):
        reason[holds.to_numpy(bool)] = words
    return reason


def _overlaps_earlier(usable: pd.DataFrame) -> pd.Series:
    """Mark periods that begin before an earlier kept one of their course and method has ended."""
    marks: list[bool] = []
    last: tuple[object, object] | None = None
    until = -np.inf
    for key, method, start, end in zip(
        usable["episode_id"],
        usable["method"],
        usable["start_days"],
        usable["end_days"],
        strict=True,
    ):
        if (key, method) != last:
            last, until = (key, method), -np.inf
        marks.append(bool(start < until))
        until = until if marks[-1] else float(end)
    return pd.Series(marks, index=usable.index, dtype=bool)


def measure_adherence(periods: pd.DataFrame) -> pd.DataFrame:
    """Give hours worn over hours prescribed of each course and method, not capped at 1.

    Parameters
    ----------
    periods : pandas.DataFrame
        That of `MeasuredWear`.

    Returns
    -------
    pandas.DataFrame
        `episode_id, patient_id, method, n_periods, measured_days, worn_hours, prescribed_hours,
        adherence`; the last two missing where no hours a day are prescribed.
    """
    hours = periods.assign(
        worn_hours=periods["hours_per_day"] * periods["days"],
        prescribed_hours=periods["prescribed_hours_per_day"] * periods["days"],
    )
    summed = hours.groupby(["episode_id", "patient_id", "method"], as_index=False).agg(
        n_periods=("days", "size"),
        measured_days=("days", "sum"),
        worn_hours=("worn_hours", "sum"),
        prescribed_hours=("prescribed_hours", lambda values: values.sum(skipna=False)),
    )
    return summed.assign(adherence=summed["worn_hours"] / summed["prescribed_hours"])


def follow_adherence(periods: pd.DataFrame) -> pd.DataFrame:
    """Give hours worn over hours prescribed of each method and month since fitting.

    Returns
    -------
    pandas.DataFrame
        `method, months` (the month's end), `n_patients, measured_days, worn_hours,
        prescribed_hours, adherence`; each measured day falls in its own month.
    """
    prescribed = periods[periods["prescribed_hours_per_day"].notna()]
    if prescribed.empty:
        return pd.DataFrame(columns=list(_FOLLOWED))
    last = int(np.ceil(prescribed["end_days"].max() / DAYS_PER_MONTH))
    parts = [_in_month(prescribed, month) for month in range(1, last + 1)]
    return (
        pd.concat(parts, ignore_index=True)
        .sort_values(["method", "months"], kind="stable")
        .reset_index(drop=True)[list(_FOLLOWED)]
    )


_FOLLOWED: Final = (
    "method",
    "months",
    "n_patients",
    "measured_days",
    "worn_hours",
    "prescribed_hours",
    "adherence",
)


def _in_month(periods: pd.DataFrame, month: int) -> pd.DataFrame:
    days = days_between(periods, (month - 1) * DAYS_PER_MONTH, month * DAYS_PER_MONTH)
    inside = periods[days > 0].assign(measured_days=days[days > 0])
    inside = inside.assign(
        worn_hours=inside["hours_per_day"] * inside["measured_days"],
        prescribed_hours=inside["prescribed_hours_per_day"] * inside["measured_days"],
    )
    summed = inside.groupby("method", as_index=False).agg(
        n_patients=("patient_id", "nunique"),
        measured_days=("measured_days", "sum"),
        worn_hours=("worn_hours", "sum"),
        prescribed_hours=("prescribed_hours", "sum"),
    )
    return summed.assign(
        months=float(month), adherence=summed["worn_hours"] / summed["prescribed_hours"]
    )


def days_between(periods: pd.DataFrame, start: float, end: float | pd.Series) -> pd.Series:
    """Return how many days of each period lie between two days since fitting."""
    until = periods["end_days"].clip(upper=end)
    days: pd.Series = (until - periods["start_days"].clip(lower=start)).clip(lower=0)
    return days
