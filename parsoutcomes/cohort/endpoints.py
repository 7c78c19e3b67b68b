"""Who counts at the horizon: target, due, and united, not united or unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.intervals import (
    CT_MODALITIES,
    derive_intervals,
    derive_whole_patient_intervals,
    group_to_visits,
)
from parsoutcomes.cohort.patients import join_patient_extents, select_first_courses
from parsoutcomes.cohort.remembered import once_per_cohort
from parsoutcomes.conventions import (
    DAYS_PER_MONTH,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    LAST_KNOWN,
    PLANNED_VISITS_MONTHS,
    UNITS,
    Definition,
    Unit,
)
from parsoutcomes.errors import require_choice
from parsoutcomes.results.base import Exclusion

NOT_TARGET_TERMINAL = "Not a treatment target (terminal at fitting)"
NOT_TARGET_BY_RECORDS = "Not a treatment target (by the records, not terminal at fitting)"
TREATED_BEFORE = "Same pars treated before, as far as can be told (listed as a recurrence)"
EPISODE_COVARIATES = ("sex", "age_years", "sport", "prescribed_months", "fitted_date")
DEFECT_COVARIATES = (
    "level",
    "side",
    "stage",
    "stir",
    "laterality",
    "contralateral_stage",
    "is_target",
    "is_recurrence",
)


@once_per_cohort
def describe_analysis_rows(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    modalities: tuple[str, ...] = CT_MODALITIES,
) -> pd.DataFrame:
    """Put each pars beside its intervals, its covariates and its episode.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.
    definition : {"complete", "partial_or_better"}
        Which readings count as union.
    modalities : tuple of str
        Kinds of imaging that count.

    Returns
    -------
    pandas.DataFrame
        One row per pars: the columns of `derive_intervals`, those of `DEFECT_COVARIATES`, those
        of `EPISODE_COVARIATES`, and `episode_number`.
    """
    intervals = derive_intervals(cohort, definition=definition, modalities=modalities)
    defects = cohort.tables["defects"][["defect_id", *DEFECT_COVARIATES]]
    episodes = cohort.tables["episodes"][["episode_id", "episode_number", *EPISODE_COVARIATES]]
    return intervals.merge(defects, on="defect_id").merge(episodes, on="episode_id", how="left")


def select_targets(rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    """Keep the pars whose union is the aim, and count those left out by reason.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `describe_analysis_rows`.

    Returns
    -------
    tuple
        The rows kept, and the exclusions: not a target, since terminal at fitting or since the
        records say so; the same pars treated before, or one that cannot be told from it.
    """
    not_target = ~rows["is_target"].fillna(True).astype(bool)
    terminal = rows["stage"].eq("terminal")
    repeated = rows["is_recurrence"].fillna(False).astype(bool) & ~not_target
    reasons = {
        NOT_TARGET_TERMINAL: not_target & terminal,
        NOT_TARGET_BY_RECORDS: not_target & ~terminal,
        TREATED_BEFORE: repeated,
    }
    excluded = tuple(count_exclusion(reason, rows[mask]) for reason, mask in reasons.items())
    return rows[~not_target & ~repeated].reset_index(drop=True), tuple(
        exclusion for exclusion in excluded if exclusion.n_defects
    )


def count_exclusion(reason: str, rows: pd.DataFrame) -> Exclusion:
    """Count the pars and patients in `rows` as left out for `reason`."""
    return Exclusion(
        reason=reason, n_defects=len(rows), n_patients=int(rows["patient_id"].nunique())
    )


def mark_due(
    rows: pd.DataFrame,
    data_lock: pd.Timestamp | None,
    *,
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
) -> pd.Series:
    """Say which rows were fitted early enough before data lock to be judged at the horizon.

    Returns
    -------
    pandas.Series of boolean
        False = not yet due, whatever has been seen of it; missing = fitting date or data lock
        unknown, so that it cannot be told.
    """
    if horizon_months == LAST_KNOWN:
        return pd.Series(True, index=rows.index, dtype="boolean")
    if data_lock is None:
        return pd.Series(pd.NA, index=rows.index, dtype="boolean")
    followed_days = (data_lock - rows["fitted_date"]).dt.days
    due_days = (horizon_months + grace_months) * DAYS_PER_MONTH
    due = pd.Series(followed_days.ge(due_days), dtype="boolean")
    return due.where(rows["fitted_date"].notna())


def classify_union(
    cohort: Cohort,
    *,
    unit: Unit = "defect",
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    modalities: tuple[str, ...] = CT_MODALITIES,
) -> pd.DataFrame:
    """Say for each target pars, or each patient, whether it had united by the horizon.

    Parameters
    ----------
    cohort : Cohort
        Any cohort; terminal pars and pars treated before are left out, see `select_targets`.
    unit : {"defect", "patient"}
        A patient has united when all target pars of the first course of treatment have; one
        whose first course is not in the cohort, or has no target pars, has no row.
    definition : {"complete", "partial_or_better"}
        Which readings count as union.
    horizon_months, grace_months : float
        The horizon h and the grace g; an infinite horizon (`LAST_KNOWN`) takes the status at the
        last reading, whenever that was, and everybody is due.
    modalities : tuple of str
        Kinds of imaging that count.

    Returns
    -------
    pandas.DataFrame
        The rows of the unit with `status` (united, not_united, unknown) and `is_due`; a patient
        row keeps the covariates of the episode and has `n_defects` and the columns of
        `cohort.patients.join_patient_extents`.

    Notes
    -----
    In order: union seen by h + g: united; a reading without union at or after h - g with no
    union before it: not united; surgery on or before h without union before it: not united;
    else unknown. So it estimates union by h + g. A patient: every target pars seen united by
    h + g, or the patient as a whole; then any pars not united, or the patient as a whole.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> classify_union(build_cohort({})).empty
    True
    """
    require_choice("unit", unit, UNITS)
    counted: dict[str, Any] = {"definition": definition, "modalities": modalities}
    rows, _ = select_targets(describe_analysis_rows(cohort, **counted))
    rows["status"] = status_at(rows, horizon_months=horizon_months, grace_months=grace_months)
    if unit == "patient":
        told = derive_whole_patient_intervals(cohort, **counted)
        rows = _combine_patients(rows, told, horizon_months, grace_months)
    rows["is_due"] = mark_due(
        rows, cohort.data_lock, horizon_months=horizon_months, grace_months=grace_months
    )
    return rows


def grouped_intervals(
    rows: pd.DataFrame, visits_months: tuple[float, ...] | None = PLANNED_VISITS_MONTHS
) -> pd.DataFrame:
    """Give each row as the competing-event estimator reads it, with scans at planned visits.

    Parameters
    ----------
    rows : pandas.DataFrame
        With the interval and surgery columns of `derive_intervals`, in days since fitting.
    visits_months : tuple of float or None
        Planned visits; None keeps the exact days of the scans.

    Returns
    -------
    pandas.DataFrame
        Same index. `cause` 1 (union in (left_days, right_days]), 2 (surgery on left_days ==
        right_days, or in (left_days, right_days], right_days infinite when nothing bounds it) or 0
        (neither: no union by left_days, right_days infinite, no surgery by `censored_days`);
        `censored_days` is 0 for causes 1, 2.

    Notes
    -----
    Scans move, surgery does not. A scan counts as made at the planned visit in whose window it
    fell; windows meet half-way, and after the last planned visit the last gap is repeated. Union
    seen before the first window counts at the first visit; two scans in one window, without
    union and with it, leave the visit before as the left end.

    Days of surgery and the last days known without it are exact and stay so. The likelihood sets
    them against each other only, through the incidence of surgery, and never against a visit:
    rounding both could set a day known to be free of surgery past a surgery that came after it.
    So `censored_days` may fall before `left_days`, when a scan made before its visit was also the
    last contact.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "interval_left_days": [80.0, 100.0], "interval_right_days": [190.0, np.nan],
    ...     "surgery_from_days": [np.nan, np.nan], "surgery_to_days": [np.nan, np.nan],
    ...     "surgery_free_until_days": [190.0, 120.0]})
    >>> grouped_intervals(rows, (3.0, 6.0)).to_numpy().tolist()
    [[91.3125, 182.625, 1.0, 0.0], [91.3125, inf, 0.0, 120.0]]
    """
    left, right = rows["interval_left_days"], rows["interval_right_days"]
    if visits_months is not None:
        left, right = _at_visits(left, right, visits_months)
    united = right.notna()
    operated = rows["surgery_to_days"].notna() & ~united
    return pd.DataFrame(
        {
            "left_days": rows["surgery_from_days"].where(operated, left),
            "right_days": rows["surgery_to_days"].where(operated, right).fillna(np.inf),
            "cause": np.select([united, operated], [1, 2], default=0),
            "censored_days": rows["surgery_free_until_days"].where(~united & ~operated, 0.0),
        },
        index=rows.index,
    )


def _at_visits(
    left: pd.Series, right: pd.Series, visits_months: tuple[float, ...]
) -> tuple[pd.Series, pd.Series]:
    latest = np.nanmax([0.0, left.max(), right.max()]) / DAYS_PER_MONTH
    visits = _repeat_last_gap(visits_months, latest)
    planned = np.array([0.0, *visits]) * DAYS_PER_MONTH
    seen = group_to_visits(right, visits).clip(lower=planned[1])
    before = planned[np.searchsorted(planned, seen.fillna(np.inf), side="left") - 1]
    known = group_to_visits(left, visits)
    return known.where(seen.isna(), np.minimum(known, before)), seen


def _repeat_last_gap(visits_months: tuple[float, ...], latest_months: float) -> tuple[float, ...]:
    gap = np.diff([0.0, *visits_months])[-1]
    n_more = max(0, int(np.ceil((latest_months - visits_months[-1]) / gap)))
    return (*visits_months, *(visits_months[-1] + gap * k for k in range(1, n_more + 1)))


def first_true(conditions: dict[str, pd.Series], *, otherwise: str) -> pd.Series:
    """Return, row by row, the name of the first condition that holds."""
    index = next(iter(conditions.values())).index
    chosen = pd.Series(otherwise, index=index, dtype="object")
    for name, holds in reversed(conditions.items()):
        chosen[holds.to_numpy(dtype=bool)] = name
    return chosen


def status_at(rows: pd.DataFrame, *, horizon_months: float, grace_months: float) -> pd.Series:
    """Say of each pars whether it is united, not united or unknown at the horizon.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `describe_analysis_rows`.
    horizon_months, grace_months : float
        As in `classify_union`, whose rules these are.

    Examples
    --------
    >>> rows = pd.DataFrame({"interval_left_days": [0.0, 170.0],
    ...     "interval_right_days": [100.0, float("nan")], "surgery_to_days": float("nan")})
    >>> status_at(rows, horizon_months=6.0, grace_months=1.0).tolist()
    ['united', 'not_united']
    """
    latest = (horizon_months + grace_months) * DAYS_PER_MONTH
    earliest = _earliest_day(horizon_months, grace_months)
    united = rows["interval_right_days"] <= latest
    seen_not_united = _is_seen_not_united(rows["interval_left_days"], earliest)
    operated = rows["surgery_to_days"] <= horizon_months * DAYS_PER_MONTH
    return first_true(
        {"united": united, "not_united": seen_not_united | operated}, otherwise="unknown"
    )


def _earliest_day(horizon_months: float, grace_months: float) -> float:
    """Return from which day on a reading without union settles the status at the horizon."""
    if horizon_months == LAST_KNOWN:
        return 0.0
    return (horizon_months - grace_months) * DAYS_PER_MONTH


def _is_seen_not_united(left_days: pd.Series, earliest_days: float) -> pd.Series:
    """Take a left end of 0 as the day of fitting, on which nobody was scanned."""
    return (left_days >= earliest_days) & (left_days > 0)


def _combine_patients(
    rows: pd.DataFrame, told: pd.DataFrame, horizon_months: float, grace_months: float
) -> pd.DataFrame:
    first = select_first_courses(rows)
    grouped = first.groupby("patient_id", sort=False)
    patients = grouped[["episode_id", *EPISODE_COVARIATES]].first().reset_index()
    patients["n_defects"] = grouped.size().to_numpy()
    patients = patients.merge(join_patient_extents(first, told), on="episode_id", how="left")
    not_united = first.loc[first["status"].eq("not_united"), "episode_id"]
    told_left = patients["episode_id"].map(told["told_left_days"]).astype("float64")
    earliest = _earliest_day(horizon_months, grace_months)
    latest = (horizon_months + grace_months) * DAYS_PER_MONTH
    status = first_true(
        {
            "united": patients["interval_right_days"] <= latest,
            "not_united": patients["episode_id"].isin(not_united)
            | _is_seen_not_united(told_left, earliest),
        },
        otherwise="unknown",
    )
    return patients.assign(status=status)
