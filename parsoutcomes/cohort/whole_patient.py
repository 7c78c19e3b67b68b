"""Pars whose union was read only for the patient as a whole."""

from __future__ import annotations

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.intervals import select_usable_readings

READ_PER_PATIENT = "Union recorded for the patient as a whole, not for each pars"


def mark_read_per_patient(cohort: Cohort, rows: pd.DataFrame) -> pd.Series:
    """Say which pars have no reading of their own, while the patient as a whole has one.

    Not a statement about union: a reading of the whole patient does not say which pars united.

    Parameters
    ----------
    cohort : Cohort
        Where the readings are.
    rows : pandas.DataFrame
        One row per pars, with `episode_id` and `n_readings` of `derive_intervals`.

    Returns
    -------
    pandas.Series of bool
        Same index.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> readings = pd.DataFrame({
    ...     "patient_id": ["P1"], "episode_id": ["P1-1"], "scope": ["patient"],
    ...     "days_since_fitting": [180.0], "union_status": ["none"]})
    >>> cohort = build_cohort({"readings": readings})
    >>> rows = pd.DataFrame({"episode_id": ["P1-1", "P2-1"], "n_readings": [0, 0]})
    >>> mark_read_per_patient(cohort, rows).tolist()
    [True, False]
    """
    usable = select_usable_readings(cohort)
    whole = usable[usable["scope"].eq("patient")]
    return pd.Series(rows["n_readings"].eq(0) & rows["episode_id"].isin(whole["episode_id"]))


def warn_read_per_patient(rows: pd.DataFrame) -> tuple[str, ...]:
    """Say how many pars have no reading of their own, and which unit uses all readings.

    Parameters
    ----------
    rows : pandas.DataFrame
        The pars that `mark_read_per_patient` marks and whose status is unknown.

    Examples
    --------
    >>> warn_read_per_patient(pd.DataFrame({"patient_id": []}))
    ()
    """
    if rows.empty:
        return ()
    return (
        f"Union of {len(rows)} pars in {rows['patient_id'].nunique()} patients was recorded for "
        "the patient as a whole, not for each pars: what is said per pars rests on the others, "
        'mostly patients with one pars; unit="patient" uses all readings',
    )
