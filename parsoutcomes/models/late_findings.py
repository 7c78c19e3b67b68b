"""What came after union: recurrence, new lesions, slip."""

from __future__ import annotations

from typing import Final

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import describe_analysis_rows, select_targets
from parsoutcomes.conventions import CONF_LEVEL, DAYS_PER_MONTH
from parsoutcomes.errors import EstimationError, require_fraction
from parsoutcomes.models.recovery_rows import list_first_courses
from parsoutcomes.results.base import Result
from parsoutcomes.results.descriptions import write_late_findings
from parsoutcomes.stats.proportions import wilson_interval

RECURRENCE: Final = "recurrence after union"
NEW_LESION: Final = "new lesion"
SLIP: Final = "slip progression"
_NO_EVENTS: Final = "not recorded (the source has no events)"
_NO_SLIP: Final = "not recorded (the slip is graded at fitting only, if at all)"
_METHOD: Final = (
    "Recurrence: among patients in whom complete union of a target pars was seen on CT, those with "
    "a recurrence recorded on or after the day of that scan, or without a day, and those treated "
    "again for a pars that may be the same. New lesion: among all patients. First courses; Wilson "
    "interval. Follow-up after union: from the first united scan to the last record."
)
_COLUMNS: Final = (
    "finding",
    "estimate",
    "conf_low",
    "conf_high",
    "conf_level",
    "n_patients",
    "n_events",
    "median_follow_up_months",
    "left_open",
)
_SHORT: Final = "A recurrence can only be seen while a patient is followed"


def summarise_late_findings(cohort: Cohort, *, conf_level: float = CONF_LEVEL) -> Result:
    """Summarise recurrence after union, new lesions and slip progression, per patient.

    Not rates over time: follow-up after union differs between patients, and is given beside.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    Result
        `frame`: `finding, estimate, conf_low, conf_high, conf_level, n_patients, n_events,
        median_follow_up_months, left_open` (why there is no estimate).

    Raises
    ------
    EstimationError
        When there is no patient.
    ArgumentError
        When `conf_level` is not a fraction.

    Notes
    -----
    A source without any event cannot tell nobody from nothing written down, so no share is given;
    a second course on a pars that may be the same tells of a recurrence without events.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(8)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people})
    >>> defects = episodes.assign(defect_id=people, stage="early")
    >>> scans = defects.drop(columns="stage").assign(
    ...     days_since_fitting=180, modality="CT", union_status="complete")
    >>> events = episodes.head(1).assign(type="recurrence")
    >>> result = summarise_late_findings(build_cohort(
    ...     dict(episodes=episodes, defects=defects, readings=scans, events=events)))
    >>> result.frame[["n_events", "n_patients"]].to_numpy().tolist()[0]
    [1.0, 8.0]
    """
    require_fraction("conf_level", conf_level)
    courses = list_first_courses(cohort)
    if courses.empty:
        raise EstimationError(
            "There is no patient to follow.",
            expected="at least one course of treatment",
            found="none",
            fix="Check what the load used: cohort.intake.",
        )
    united = _first_union(cohort).reindex(courses["episode_id"]).reset_index(drop=True)
    courses = courses.reset_index(drop=True).assign(united_days=united)
    has_events = not cohort.tables["events"].empty
    frame = pd.DataFrame(
        [
            _recurrences(cohort, courses, has_events=has_events, conf_level=conf_level),
            _new_lesions(cohort, courses, has_events=has_events, conf_level=conf_level),
            _open(SLIP, len(courses), _NO_SLIP),
        ],
        columns=list(_COLUMNS),
    )
    return Result(
        title="After union: recurrence, new lesions and slip",
        finding=write_late_findings(frame),
        method=_METHOD,
        unit="patient",
        definition="complete",
        frame=frame,
        cautions=(_SHORT,),
    )


def _first_union(cohort: Cohort) -> pd.Series:
    """Return days to the first scan with complete union of a target pars, by course."""
    rows, _ = select_targets(describe_analysis_rows(cohort))
    return rows.groupby("episode_id")["interval_right_days"].min()


def _recurrences(
    cohort: Cohort, courses: pd.DataFrame, *, has_events: bool, conf_level: float
) -> dict[str, object]:
    at_risk = courses[courses["united_days"].notna()]
    again = cohort.tables["defects"].loc[
        cohort.tables["defects"]["is_recurrence"].fillna(False).astype(bool), "patient_id"
    ]
    if at_risk.empty:
        return _open(RECURRENCE, 0, "no union seen yet")
    if not has_events and again.empty:
        return _open(RECURRENCE, len(at_risk), _NO_EVENTS)
    events = cohort.tables["events"]
    events = events[events["type"].eq("recurrence")].merge(
        at_risk[["patient_id", "fitted_date", "united_days"]], on="patient_id"
    )
    days = (events["date"] - events["fitted_date"]).dt.days
    after = events[days.isna() | days.ge(events["united_days"])]
    has = at_risk["patient_id"].isin(after["patient_id"]) | at_risk["patient_id"].isin(again)
    row = _share(RECURRENCE, has, conf_level)
    followed = (at_risk["last_days"] - at_risk["united_days"]).clip(lower=0) / DAYS_PER_MONTH
    return {**row, "median_follow_up_months": followed.median()}


def _new_lesions(
    cohort: Cohort, courses: pd.DataFrame, *, has_events: bool, conf_level: float
) -> dict[str, object]:
    if not has_events:
        return _open(NEW_LESION, len(courses), _NO_EVENTS)
    events = cohort.tables["events"]
    told = events.loc[events["type"].eq("new_lesion"), "patient_id"]
    return _share(NEW_LESION, courses["patient_id"].isin(told), conf_level)


def _share(finding: str, has: pd.Series, conf_level: float) -> dict[str, object]:
    found = wilson_interval(int(has.sum()), len(has), conf_level=conf_level)
    return {
        "finding": finding,
        "estimate": found.estimate,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "conf_level": conf_level,
        "n_patients": len(has),
        "n_events": int(has.sum()),
        "median_follow_up_months": float("nan"),
        "left_open": "",
    }


def _open(finding: str, n_patients: int, why: str) -> dict[str, object]:
    return {"finding": finding, "n_patients": n_patients, "left_open": why}
