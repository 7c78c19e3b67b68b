"""Person-intervals in the brace: cut where the record can change, ended by what came first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.conventions import DAYS_PER_MONTH

Floats = NDArray[np.float64]

BEFORE_FIRST, FIRST_WINDOW, BETWEEN, SECOND_WINDOW = 0, 1, 2, 3
WINDOWS = (FIRST_WINDOW, SECOND_WINDOW)
NOT_READ, SEEN_NONE, SEEN_PARTIAL = "not yet read", "no union", "partial union"
STOPPED, WENT_ON, READ_AGAIN, LEFT_VIEW = "stopped", "went on", "read again", "left view"
# A window holds its last day.
LAST_DAY = 1e-6


@dataclass(frozen=True, kw_only=True)
class Windows:
    """The days of the two windows in which a strategy has the brace come off.

    Attributes
    ----------
    months : tuple of float
        The two strategies.
    first, second : tuple of float
        First and last day of each, inclusive.
    """

    months: tuple[float, float]
    first: tuple[float, float]
    second: tuple[float, float]

    @property
    def edges(self) -> tuple[float, ...]:
        """Days on which the four phases begin, and the day after the last."""
        return (
            0.0,
            self.first[0],
            self.first[1] + LAST_DAY,
            self.second[0],
            self.second[1] + LAST_DAY,
        )


def place_windows(months: tuple[float, float], grace_months: float) -> Windows:
    """Return the windows of two strategies, so many months on either side.

    Where they touch, the day on which they do belongs to the first.
    """
    first, second = (
        ((month - grace_months) * DAYS_PER_MONTH, (month + grace_months) * DAYS_PER_MONTH)
        for month in months
    )
    second = (max(second[0], first[1] + LAST_DAY), second[1])
    return Windows(months=months, first=first, second=second)


def cut_person_intervals(
    courses: pd.DataFrame, readings: pd.DataFrame, windows: Windows
) -> pd.DataFrame:
    """Cut each course in the brace into intervals within which nothing new was known.

    Parameters
    ----------
    courses : pandas.DataFrame
        Indexed by `episode_id`: `stop_days, seen_until_days`, and `united_days` on which the last
        target pars was seen united, inf when it was not.
    readings : pandas.DataFrame
        `episode_id, day` in order of time, and what was known from that day on: `last_reading`,
        `some_united`.
    windows : Windows
        Of the two strategies.

    Returns
    -------
    pandas.DataFrame
        One row per person-interval [start_days, end_days): `episode_id, phase, start_days,
        end_days, ended_by, last_reading, some_united, is_after_reading`.

    Notes
    -----
    Cut at every reading, at the edges of the windows, and at whole months outside the windows.
    What is known at the start of an interval, a reading of that very day included, is what could
    guide a stop within it. An interval is `stopped`, `read again`, `left view` or `went on` to the
    next edge. Nothing follows the day on which the last target pars was seen united.
    """
    known = {str(key): part for key, part in readings.groupby("episode_id", sort=False)}
    grid = _grid(windows)
    rows = [
        row
        for episode, stop, seen, united in zip(
            courses.index,
            courses["stop_days"],
            courses["seen_until_days"],
            courses["united_days"],
            strict=True,
        )
        for row in _cut(str(episode), (stop, seen, united), known.get(str(episode)), grid, windows)
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "episode_id",
    "phase",
    "start_days",
    "end_days",
    "ended_by",
    "last_reading",
    "some_united",
    "is_after_reading",
)


def _grid(windows: Windows) -> list[float]:
    edges = windows.edges
    months = np.arange(1, np.ceil(edges[-1] / DAYS_PER_MONTH)) * DAYS_PER_MONTH
    outside = [m for m in months if edges[0] < m < edges[1] or edges[2] < m < edges[3]]
    return sorted({*edges, *(float(month) for month in outside)})


def _cut(
    episode: str,
    ends: tuple[float, float, float],
    known: pd.DataFrame | None,
    grid: list[float],
    windows: Windows,
) -> Iterator[tuple[object, ...]]:
    stop, seen, united = ends
    days = [] if known is None else known["day"].tolist()
    state = (
        [] if known is None else list(zip(known["last_reading"], known["some_united"], strict=True))
    )
    cuts = sorted({*grid, *(day for day in days if day < grid[-1])})
    n_read, read_in_window = 0, False
    for start, end in itertools.pairwise(cuts):
        if start >= united or start > stop or start >= seen:
            return
        if start in windows.edges:
            read_in_window = False
        while n_read < len(days) and days[n_read] <= start:
            n_read += 1
            read_in_window = read_in_window or days[n_read - 1] == start
        reading, some_united = state[n_read - 1] if n_read else (NOT_READ, False)
        phase = int(np.searchsorted(windows.edges, start, side="right")) - 1
        ended_by = _why_ended(start, end, ends, is_reading=end in days)
        yield (
            episode,
            phase,
            start,
            min(end, stop, seen, united),
            ended_by,
            reading,
            bool(some_united),
            read_in_window and phase in WINDOWS,
        )


def _why_ended(
    start: float, end: float, ends: tuple[float, float, float], *, is_reading: bool
) -> str:
    stop, seen, united = ends
    if start <= stop < end and stop < united:
        return STOPPED
    if seen < end:
        return LEFT_VIEW
    return READ_AGAIN if is_reading else WENT_ON


def describe_readings(usable: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Say after each day of reading what was known of a patient's target pars.

    Parameters
    ----------
    usable : pandas.DataFrame
        From `select_usable_readings`.
    targets : pandas.DataFrame
        Target pars with `defect_id, episode_id, interval_right_days`.

    Returns
    -------
    pandas.DataFrame
        `episode_id, day, last_reading, some_united`. `last_reading` is the poorer of the pars not
        yet seen united: "no union", then "partial union"; "not yet read" until one has been.
        A reading of the patient as a whole counts as one of a pars of its own.
    """
    union = targets.set_index("defect_id")["interval_right_days"]
    rows = usable[usable["episode_id"].isin(targets["episode_id"])]
    of_target = rows["defect_id"].isin(union.index) | rows["scope"].eq("patient")
    rows = rows[of_target].sort_values(["episode_id", "days_since_fitting"], kind="stable")
    day = rows["days_since_fitting"].to_numpy(dtype=np.float64)
    is_united = day >= rows["defect_id"].map(union).fillna(np.inf).to_numpy(dtype=np.float64)
    is_united |= (rows["scope"].eq("patient") & rows["united"]).to_numpy()
    found: list[tuple[object, ...]] = []
    latest: dict[str, str] = {}
    previous: str | None = None
    for episode, when, pars, status, united in zip(
        rows["episode_id"], day, rows["defect_id"], rows["union_status"], is_united, strict=True
    ):
        if episode != previous:
            latest, previous = {}, episode
        latest[str(pars)] = "united" if united else str(status)
        found.append((episode, when, *_poorest(latest)))
    frame = pd.DataFrame(found, columns=["episode_id", "day", "last_reading", "some_united"])
    return frame.drop_duplicates(["episode_id", "day"], keep="last").reset_index(drop=True)


def _poorest(latest: dict[str, str]) -> tuple[str, bool]:
    statuses = set(latest.values())
    some_united = "united" in statuses
    if "none" in statuses:
        return SEEN_NONE, some_united
    return (SEEN_PARTIAL if statuses - {"united"} else NOT_READ), some_united
