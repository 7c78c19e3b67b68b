"""Clinics written as how many pars of which stage were seen united at 6 months."""

from __future__ import annotations

import pandas as pd

from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.conventions import DAYS_PER_MONTH

RATIO = "observed_over_expected"


def clinic(groups: dict[tuple[str, str], int], *, pars_per_patient: int = 1):
    """Pars by (stage, what the scan at 6 months showed: complete, none, or no scan)."""
    rows = [key for key, n in groups.items() for _ in range(n)]
    patients = [f"P{row // pars_per_patient:03d}" for row in range(len(rows))]
    defects = pd.DataFrame(
        {
            "defect_id": [f"D{row}" for row in range(len(rows))],
            "patient_id": patients,
            "episode_id": patients,
            "level": "L5",
            "side": ["left" if row % 2 else "right" for row in range(len(rows))],
            "stage": [stage for stage, _ in rows],
        }
    )
    episodes = defects[["patient_id", "episode_id"]].drop_duplicates()
    readings = defects[["defect_id", "patient_id", "episode_id"]].assign(
        days_since_fitting=6 * DAYS_PER_MONTH, union_status=[status for _, status in rows]
    )
    return build_cohort(
        {
            "episodes": episodes.assign(fitted_date=pd.Timestamp("2023-01-01")),
            "defects": defects,
            "readings": readings[readings["union_status"].ne("no scan")],
        },
        data_lock=pd.Timestamp("2025-01-01"),
    )


def mixed(n_united_early: int, n_early: int, n_united_progressive: int, n_progressive: int):
    return clinic(
        {
            ("early", "complete"): n_united_early,
            ("early", "none"): n_early - n_united_early,
            ("progressive", "complete"): n_united_progressive,
            ("progressive", "none"): n_progressive - n_united_progressive,
        }
    )
