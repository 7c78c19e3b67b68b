"""First courses of treatment with their length of follow-up, brace and events."""

from __future__ import annotations

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.surgery import describe_surgery
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.results.base import Exclusion


def count_patients(reason: str, patient_ids: pd.Series, cohort: Cohort) -> Exclusion:
    """Count patients, and their pars, as left out for a reason."""
    patients = patient_ids.unique()
    defects = cohort.tables["defects"]
    return Exclusion(
        reason=reason,
        n_defects=int(defects["patient_id"].isin(patients).sum()),
        n_patients=len(patients),
    )


def list_first_courses(cohort: Cohort) -> pd.DataFrame:
    """Return first courses with the last day on which anything is recorded of each.

    Parameters
    ----------
    cohort : Cohort
        All tables are read.

    Returns
    -------
    pandas.DataFrame
        One row per patient: the columns of `episodes` and of `describe_surgery`, and `last_days`,
        days from fitting to the latest dated record (contact, scan, score, event, end of brace),
        not later than data lock; missing when there is none after fitting.
    """
    episodes = cohort.tables["episodes"]
    first = episodes[episodes["episode_number"].fillna(1).le(1)]
    rows = first.merge(describe_surgery(cohort), on="episode_id", how="left")
    rows["last_days"] = _last_days(cohort, rows)
    return rows


def _last_days(cohort: Cohort, rows: pd.DataFrame) -> pd.Series:
    fitted = rows["fitted_date"]
    dated = [
        rows["brace_end_date"],
        rows["last_contact_date"],
        *(
            rows["episode_id"].map(table.groupby("episode_id")[column].max())
            for table, column in (
                (cohort.tables["readings"], "scan_date"),
                (cohort.tables["scores"], "date"),
                (cohort.tables["events"], "date"),
            )
        ),
    ]
    days = [(pd.to_datetime(dates) - fitted).dt.days for dates in dated]
    scans = cohort.tables["readings"].groupby("episode_id")["days_since_fitting"].max()
    latest = pd.concat([*days, rows["episode_id"].map(scans)], axis=1).max(axis=1)
    if cohort.data_lock is not None:
        latest = latest.clip(upper=(cohort.data_lock - fitted).dt.days)
    return latest.where(latest.ge(0))


def measure_brace_months(rows: pd.DataFrame, data_lock: pd.Timestamp | None) -> pd.Series:
    """Return months in brace of each course; missing when its end is not known.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `list_first_courses`.
    data_lock : pandas.Timestamp or None
        Up to when those still in brace are counted, unless their last contact is earlier.
    """
    end = rows["brace_end_date"]
    lock = pd.Series(data_lock, index=rows.index, dtype="datetime64[ns]")
    still = rows["last_contact_date"].fillna(lock).where(rows["status"].eq("in_brace"))
    days = (end.fillna(still) - rows["fitted_date"]).dt.days
    return (days / DAYS_PER_MONTH).where(days.ge(0))
