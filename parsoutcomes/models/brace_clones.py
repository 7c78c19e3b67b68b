"""From pars and person-intervals to the clones, regressions and weights of two strategies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.intervals import select_usable_readings
from parsoutcomes.conventions import (
    GRACE_MONTHS,
    HORIZON_MONTHS,
    Definition,
)
from parsoutcomes.models.brace_covariates import BaselineColumns, code_baseline, code_intervals
from parsoutcomes.models.brace_intervals import (
    BEFORE_FIRST,
    BETWEEN,
    FIRST_WINDOW,
    SECOND_WINDOW,
    STOPPED,
    WENT_ON,
    Windows,
    cut_person_intervals,
    describe_readings,
)
from parsoutcomes.models.brace_timeline import (
    BraceTimeline,
    leave_out_courses,
    read_brace_timeline,
)
from parsoutcomes.models.incidence import UNION
from parsoutcomes.models.units import select_units
from parsoutcomes.results.base import Exclusion
from parsoutcomes.stats.clone_censor import Clones, follow_strategy
from parsoutcomes.stats.strategy_curves import CloneCensorProblem
from parsoutcomes.stats.strategy_weights import DepartureModel, Passed, StrategyArm

Floats = NDArray[np.float64]

# Name, phase, and whether the event is stopping or still wearing at the end of the phase.
MODELS = (
    ("stop before the first window", BEFORE_FIRST, STOPPED),
    ("stop in the first window", FIRST_WINDOW, STOPPED),
    ("stop between the windows", BETWEEN, STOPPED),
    ("go on past the first window", FIRST_WINDOW, WENT_ON),
    ("go on past the second window", SECOND_WINDOW, WENT_ON),
)
# The models through which the clones of each strategy pass.
PASSES = ((0, 3), (0, 1, 2, 4))


@dataclass(frozen=True, kw_only=True)
class BraceRows:
    """Target pars of courses whose brace is known, and their courses cut into person-intervals.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row per pars, with `stop_days, seen_until_days, union_days` and the columns of
        `select_units`.
    intervals : pandas.DataFrame
        From `cut_person_intervals`.
    baseline : BaselineColumns
        Known at fitting.
    timeline : BraceTimeline
        How long each brace was worn.
    exclusions : tuple of Exclusion
        Who was left out.
    """

    rows: pd.DataFrame
    intervals: pd.DataFrame
    baseline: BaselineColumns
    timeline: BraceTimeline
    exclusions: tuple[Exclusion, ...]


def read_brace_rows(
    cohort: Cohort,
    terms: Sequence[str],
    *,
    definition: Definition,
    windows: Windows,
    visits_months: tuple[float, ...] | None,
) -> BraceRows:
    """Select the pars, and read until when each patient is known to have worn the brace."""
    units, exclusions = select_units(
        cohort,
        unit="defect",
        definition=definition,
        horizon_months=HORIZON_MONTHS,
        grace_months=GRACE_MONTHS,
        visits_months=visits_months,
    )
    timeline = read_brace_timeline(cohort, units["episode_id"])
    rows, left_out = leave_out_courses(units, timeline)
    rows = rows.merge(timeline.courses, left_on="episode_id", right_index=True)
    rows = rows.reset_index(drop=True).assign(
        union_days=rows["interval_right_days"].fillna(np.inf).to_numpy(dtype=np.float64),
        due_until_days=_count_days_to_lock(rows, cohort.data_lock),
    )
    courses = timeline.courses.loc[rows["episode_id"].unique()]
    courses = courses.assign(united_days=rows.groupby("episode_id")["union_days"].max())
    usable = select_usable_readings(cohort, definition=definition)
    intervals = cut_person_intervals(courses, describe_readings(usable, rows), windows)
    return BraceRows(
        rows=rows,
        intervals=intervals.assign(in_months=intervals["phase"].isin((BEFORE_FIRST, BETWEEN))),
        baseline=code_baseline(rows, terms),
        timeline=timeline,
        exclusions=(*exclusions, *left_out),
    )


def _count_days_to_lock(rows: pd.DataFrame, data_lock: pd.Timestamp | None) -> Floats:
    """Return days from fitting to data lock; infinite without one."""
    if data_lock is None:
        return np.full(len(rows), np.inf)
    days = (data_lock - rows["fitted_date"]).dt.days
    return np.asarray(days, dtype=np.float64)


def place_clones(rows: pd.DataFrame, windows: Windows) -> tuple[Clones, Clones]:
    """Return one clone of each pars under either strategy."""
    first, second = (
        follow_strategy(
            rows["stop_days"], rows["seen_until_days"], rows["union_days"], window=window
        )
        for window in (windows.first, windows.second)
    )
    return first, second


def pose_problem(
    data: BraceRows, clones: tuple[Clones, Clones], terms: Sequence[str]
) -> CloneCensorProblem:
    """Put clones, person-intervals and union times into arrays."""
    codes, patients = pd.factorize(data.rows["patient_id"], sort=True)
    positions = pd.Series(codes, index=data.rows["episode_id"]).groupby(level=0).first()
    parts = [select_intervals(data.intervals, phase, event) for _, phase, event in MODELS]
    models = tuple(
        _pose_model(name, part, code_intervals(part, data.baseline, terms), positions)
        for (name, _, _), part in zip(MODELS, parts, strict=True)
    )
    united = data.rows["cause"].eq(UNION)
    return CloneCensorProblem(
        left=data.rows["left_days"].to_numpy(dtype=np.float64),
        right=data.rows["right_days"].where(united, np.inf).to_numpy(dtype=np.float64),
        patient=np.asarray(codes, dtype=np.int64),
        n_patients=len(patients),
        models=models,
        arms=tuple(
            StrategyArm(
                follows=clone.follows,
                passed=tuple(_passed(data.rows, clone, parts[k], k) for k in passes),
            )
            for clone, passes in zip(clones, PASSES, strict=True)
        ),
    )


def select_intervals(intervals: pd.DataFrame, phase: int, event: str) -> pd.DataFrame:
    """Keep the intervals of a phase; of those that could go on past it, only the decided ones."""
    chosen = intervals["phase"].eq(phase)
    if event == WENT_ON:
        chosen &= intervals["ended_by"].isin((STOPPED, WENT_ON))
    return intervals[chosen].reset_index(drop=True)


def _pose_model(
    name: str, part: pd.DataFrame, design: pd.DataFrame, positions: pd.Series
) -> DepartureModel:
    event = next(event for label, _, event in MODELS if label == name)
    return DepartureModel(
        name=name,
        columns=tuple(str(column) for column in design.columns),
        design=design.to_numpy(dtype=np.float64),
        departs=part["ended_by"].eq(event).to_numpy(),
        patient=positions.reindex(part["episode_id"]).to_numpy(dtype=np.int64),
    )


def _passed(rows: pd.DataFrame, clones: Clones, part: pd.DataFrame, model: int) -> Passed:
    """Pair each clone that follows with the person-intervals begun while departure mattered."""
    pars = rows[["episode_id"]].assign(clone=np.arange(len(rows)), until=clones.until_days)
    pairs = part[["episode_id", "start_days"]].assign(interval=np.arange(len(part)))
    joined = pars[clones.follows].merge(pairs, on="episode_id")
    joined = joined[joined["start_days"] < joined["until"]]
    clone, interval = (joined[name].to_numpy(dtype=np.int64) for name in ("clone", "interval"))
    return Passed(model=model, clone=clone, interval=interval)
