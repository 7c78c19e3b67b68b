"""From pars to patients: whose first course counts, and when the last target pars united."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

_LATEST: Final = [
    "interval_left_days",
    "interval_right_days",
    "surgery_from_days",
    "surgery_to_days",
    "surgery_free_until_days",
    "surgery_before_fitting",
]
_SURGERY: Final = ["surgery_from_days", "surgery_to_days"]


def select_first_courses(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the pars of each patient's first course in the records, selected or not.

    A patient whose first course was left out has none: a later course is not taken for the first.
    """
    return rows[rows["episode_number"].eq(1)]


def join_patient_extents(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Bracket the day on which the last target pars of each episode united.

    Parameters
    ----------
    rows : pandas.DataFrame
        Target pars with the interval and surgery columns of `derive_intervals`.
    told : pandas.DataFrame
        From `derive_whole_patient_intervals`.

    Returns
    -------
    pandas.DataFrame
        One row per episode with the same columns. The left end is the latest day on which some
        target pars, or the patient as a whole, was seen without union; the right end the first
        day by which all had been seen united, missing when one has not.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "episode_id": ["P1-1", "P1-1"], "interval_left_days": [90.0, 0.0],
    ...     "interval_right_days": [180.0, 90.0], "surgery_from_days": float("nan"),
    ...     "surgery_to_days": float("nan"), "surgery_free_until_days": [180.0, 180.0],
    ...     "surgery_before_fitting": False})
    >>> none = pd.DataFrame(
    ...     columns=["told_left_days", "told_right_days", "told_until_days"], dtype=float)
    >>> joined = join_patient_extents(rows, none)
    >>> joined[["interval_left_days", "interval_right_days"]].to_numpy().tolist()
    [[90.0, 180.0]]
    """
    grouped = rows.groupby("episode_id", sort=False)
    extents = grouped[_LATEST].max()
    whole = told.reindex(extents.index)
    all_seen = grouped["interval_right_days"].count() == grouped.size()
    by_pars = extents["interval_right_days"].where(all_seen)
    right = by_pars.combine(whole["told_right_days"], np.fmin)
    left = pd.concat([extents["interval_left_days"], whole["told_left_days"]], axis=1)
    extents["interval_left_days"] = left.where(~left.ge(right, axis=0), 0.0).max(axis=1)
    extents["interval_right_days"] = right
    free = extents["surgery_free_until_days"].combine(whole["told_until_days"], np.fmax)
    extents["surgery_free_until_days"] = free
    return _place_patient_surgery(extents).reset_index()


def _place_patient_surgery(extents: pd.DataFrame) -> pd.DataFrame:
    """Let surgery compete with union of the last pars; undated, it came after the last scan."""
    surgery = extents[_SURGERY].where(extents["interval_right_days"].isna())
    start, end, left = surgery["surgery_from_days"], surgery["surgery_to_days"], extents[_LATEST[0]]
    surgery["surgery_from_days"] = start.mask((start < left) & (left < end), left)
    extents[_SURGERY] = surgery
    return extents
