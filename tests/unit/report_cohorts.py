"""Small cohorts for the tests of the report, written out so that their counts can be checked."""

from __future__ import annotations

import pandas as pd

from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.cohort import Cohort


def make_cohort(
    n_patients: int = 16,
    *,
    stages: tuple[str, ...] = ("early", "progressive"),
    union: tuple[str, ...] = ("complete", "none", "complete"),
    first_fitted: str | None = "2024-03-01",
    sport: str = "football",
    has_scans: bool = True,
) -> Cohort:
    """One pars a patient, fitted a day apart, scanned on day 180; values repeat in turn."""
    numbers = range(n_patients)
    keys = pd.DataFrame({"patient_id": [f"P{n:04d}" for n in numbers]})
    keys["episode_id"] = keys["patient_id"] + "-1"
    start = pd.NaT if first_fitted is None else pd.Timestamp(first_fitted)
    fitted = [start + pd.Timedelta(days=n) for n in numbers]
    episodes = keys.assign(
        fitted_date=pd.to_datetime(pd.Series(fitted)),
        sex=["male" if n % 2 else "female" for n in numbers],
        age_years=[12.0 + n % 5 for n in numbers],
        prescribed_months=[3.0 if n % 4 else 6.0 for n in numbers],
        sport=sport,
    )
    defects = keys.assign(
        defect_id=keys["patient_id"] + "-L5-left",
        level="L5",
        side="left",
        stage=[stages[n % len(stages)] for n in numbers],
    )
    readings = defects[["patient_id", "episode_id", "defect_id"]].assign(
        days_since_fitting=180.0,
        modality="CT",
        union_status=[union[n % len(union)] for n in numbers],
    )
    return build_cohort(
        {
            "episodes": episodes,
            "defects": defects,
            "readings": readings if has_scans else readings.iloc[:0],
        },
        data_lock=None if first_fitted is None else pd.Timestamp("2026-01-31"),
    )
