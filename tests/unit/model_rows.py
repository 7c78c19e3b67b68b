"""A cohort written as one line per pars, for the tests of the models."""

from __future__ import annotations

import pandas as pd

from parsoutcomes.cohort.build import build_cohort

FITTED = pd.Timestamp("2024-01-01")


def cohort_of(*pars, data_lock="2026-01-01"):
    """Each pars: patient, stage, side, scans={day: status}, fitted, surgery (day), months, ..."""
    episodes, defects, readings = {}, [], []
    for number, one in enumerate(pars):
        patient = one["patient"]
        course = one.get("course", 1)
        episode_id = f"{patient}-{course}"
        fitted = pd.Timestamp(one["fitted"]) if "fitted" in one else FITTED
        if one.get("fitted", "") is None:
            fitted = pd.NaT
        surgery = one.get("surgery")
        episodes[episode_id] = {
            "episode_id": episode_id,
            "patient_id": patient,
            "fitted_date": fitted,
            "prescribed_months": one.get("months"),
            "sex": one.get("sex"),
            "age_years": one.get("age"),
            "surgery_date": fitted + pd.Timedelta(days=surgery) if surgery is not None else pd.NaT,
        }
        defect_id = f"{episode_id}-{number}"
        keys = {"defect_id": defect_id, "episode_id": episode_id, "patient_id": patient}
        side, level = one.get("side", "left"), one.get("level", "L5")
        defects.append({**keys, "stage": one.get("stage", "early"), "side": side, "level": level})
        for day, status in one.get("scans", {}).items():
            readings.append(
                {**keys, "modality": "CT", "days_since_fitting": day, "union_status": status}
            )
    tables = {"episodes": pd.DataFrame(list(episodes.values())), "defects": pd.DataFrame(defects)}
    if readings:
        tables["readings"] = pd.DataFrame(readings)
    return build_cohort(tables, data_lock=pd.Timestamp(data_lock))


def patients(n, prefix="P", **pars):
    """`n` unilateral patients alike."""
    return [{"patient": f"{prefix}{number}", **pars} for number in range(n)]
