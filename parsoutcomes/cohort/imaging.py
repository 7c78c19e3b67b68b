"""How often patients were scanned, on what, and who read the scans."""

from __future__ import annotations

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import IMAGING
from parsoutcomes.results.base import Result
from parsoutcomes.results.descriptions import (
    CT_PER_PATIENT,
    NOT_RECORDED,
    READERS,
    SCANS,
    write_imaging_finding,
)

_METHOD = (
    "Scans are counted once per patient, day and kind of imaging, from fitting on; the scan that "
    "made the diagnosis is not among them unless the source lists it. CT and cone-beam CT count as "
    "CT. Patients without a scan count as 0."
)


_COLUMNS = (
    "characteristic",
    "level",
    "n_scans",
    "n_patients",
    "median",
    "quartile_low",
    "quartile_high",
    "maximum",
)


def describe_imaging(cohort: Cohort) -> Result:
    """Count scans per patient and by kind of imaging, and how many readings name their reader.

    Not a measure of radiation dose: that depends on the scanner and the protocol.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.

    Returns
    -------
    Result
        `frame`: `characteristic` ("CT per patient" first, then "scans" by kind, "readers"),
        `level`, `n_scans, n_patients, median, quartile_low, quartile_high, maximum`. For "readers"
        `n_scans` are the readings that name one, `maximum` how many different readers there are.

    Notes
    -----
    Quartiles are over all patients, by linear interpolation.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> keys = pd.DataFrame({"episode_id": ["P1", "P2"], "patient_id": ["P1", "P2"]})
    >>> defects = keys.assign(defect_id=keys["episode_id"])
    >>> scans = defects.assign(days_since_fitting=90, modality="CT", union_status="none")
    >>> cohort = build_cohort(dict(episodes=keys, defects=defects, readings=scans))
    >>> describe_imaging(cohort).finding
    '2 patients had a median of 1 CT scans from fitting on (quartiles 1 and 1, at most \
1); scans by kind: CT 2; no reading names who read it.'
    """
    readings = cohort.tables["readings"]
    readings = readings.assign(modality=readings["modality"].fillna(NOT_RECORDED))
    day = (
        readings["days_since_fitting"]
        .astype("object")
        .where(readings["days_since_fitting"].notna(), readings["scan_date"].astype("object"))
    )
    scans = readings.assign(day=day.astype(str)).drop_duplicates(["patient_id", "day", "modality"])
    everyone = cohort.tables["episodes"]["patient_id"].drop_duplicates()
    rows = [
        _count_ct(scans, everyone),
        *_count_kinds(scans),
        _count_readers(readings),
    ]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return Result(
        title="Scans per patient, kinds of imaging and readers",
        finding=write_imaging_finding(frame),
        method=_METHOD,
        frame=frame,
        cautions=_warn(readings),
    )


def _count_ct(scans: pd.DataFrame, everyone: pd.Series) -> dict[str, object]:
    of_ct = scans[scans["modality"].isin(IMAGING["ct"])]
    per_patient = everyone.map(of_ct.groupby("patient_id").size()).fillna(0)
    return {
        "characteristic": CT_PER_PATIENT,
        "level": "all patients",
        "n_scans": len(of_ct),
        "n_patients": len(everyone),
        "median": float(per_patient.median()),
        "quartile_low": float(per_patient.quantile(0.25)),
        "quartile_high": float(per_patient.quantile(0.75)),
        "maximum": float(per_patient.max()),
    }


def _count_kinds(scans: pd.DataFrame) -> list[dict[str, object]]:
    counts = scans.groupby("modality")["patient_id"].agg(["size", "nunique"])
    ordered = counts.sort_values("size", ascending=False, kind="stable")
    return [
        {
            "characteristic": SCANS,
            "level": str(kind),
            "n_scans": int(n_scans),
            "n_patients": int(n_patients),
        }
        for kind, n_scans, n_patients in ordered.itertuples()
    ]


def _count_readers(readings: pd.DataFrame) -> dict[str, object]:
    named = readings[readings["reader"].notna()]
    return {
        "characteristic": READERS,
        "level": "reader named",
        "n_scans": len(named),
        "n_patients": int(named["patient_id"].nunique()),
        "maximum": float(named["reader"].nunique()),
    }


def _warn(readings: pd.DataFrame) -> tuple[str, ...]:
    told = []
    n_silent = int(readings["modality"].eq(NOT_RECORDED).sum())
    if n_silent:
        told.append(
            f"{n_silent} readings do not say on what kind of imaging they were made; they count "
            "as CT in estimates of union"
        )
    if readings["reader"].isna().all():
        told.append("Who read the scans is not recorded, so readers cannot be compared")
    return tuple(told)
