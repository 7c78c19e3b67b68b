"""From readings of scans to the interval in which each pars united, and to surgery."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import DAYS_PER_MONTH, DEFINITIONS, Definition
from parsoutcomes.errors import require_choice

UNITED_STATUSES: Final = {
    "complete": ("complete",),
    "partial_or_better": ("partial", "complete"),
}
CT_MODALITIES: Final = ("CT", "CBCT")


def derive_intervals(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    modalities: tuple[str, ...] = CT_MODALITIES,
) -> pd.DataFrame:
    """Give, for each pars, the interval between scans in which it united.

    Not a healing date: union lies somewhere after the left end and on or before the right end.
    A reading counts when it is of that pars, on CT or on imaging of a kind not recorded, after
    fitting, assessable, and not after surgery for a pars not united before it.

    Parameters
    ----------
    cohort : Cohort
        Readings and episodes are read.
    definition : {"complete", "partial_or_better"}
        Which readings count as union.
    modalities : tuple of str
        Kinds of imaging that count; readings of a kind not recorded count too.

    Returns
    -------
    pandas.DataFrame
        One row per pars, in the order of `cohort.defects`: `defect_id, patient_id, episode_id`,
        `interval_left_days` (last reading without union, 0 when none), `interval_right_days`
        (first reading with union; missing = not yet), `n_readings`, `surgery_from_days` and
        `surgery_to_days` (day of surgery; without a date the days between which it lies, up to
        the last contact or, failing that, data lock; missing when none came before union or
        nothing bounds it), `surgery_free_until_days` (last day seen or heard of).

    Raises
    ------
    ArgumentError
        When `definition` is not known.

    Notes
    -----
    Union followed by a reading without union keeps the first union as the right end; the intake
    account lists the contradiction.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> derive_intervals(build_cohort({})).empty
    True
    """
    require_choice("definition", definition, DEFINITIONS)
    defects = cohort.tables["defects"][["defect_id", "patient_id", "episode_id"]]
    days = _episode_days(cohort.tables["episodes"], cohort.data_lock)
    usable = _usable_readings(cohort.tables["readings"], days, definition, modalities)
    frame = defects.merge(_bracket(usable), on="defect_id", how="left").merge(
        days, on="episode_id", how="left"
    )
    frame["interval_left_days"] = frame["interval_left_days"].fillna(0.0)
    frame["n_readings"] = frame["n_readings"].fillna(0).astype("int64")
    return _place_surgery(frame)[
        [
            "defect_id",
            "patient_id",
            "episode_id",
            "interval_left_days",
            "interval_right_days",
            "n_readings",
            "surgery_from_days",
            "surgery_to_days",
            "surgery_free_until_days",
        ]
    ]


def group_to_visits(days: pd.Series, visits_months: tuple[float, ...]) -> pd.Series:
    """Assign each day to the nearest planned visit, in days; windows meet half-way.

    Days before half of the first visit go to 0; days beyond the last visit go to the last.

    Parameters
    ----------
    days : pandas.Series
        Days since fitting; missing stays missing.
    visits_months : tuple of float
        Planned visits in months, increasing.

    Returns
    -------
    pandas.Series
        Days of the planned visits.

    Examples
    --------
    >>> group_to_visits(pd.Series([20.0, 88.0, 205.0]), (3.0, 6.0)).tolist()
    [0.0, 91.3125, 182.625]
    """
    planned = np.concatenate([[0.0], np.asarray(visits_months)]) * DAYS_PER_MONTH
    midpoints = (planned[1:] + planned[:-1]) / 2
    known = days.notna()
    grouped = pd.Series(np.nan, index=days.index, dtype="float64")
    grouped[known] = planned[np.searchsorted(midpoints, days[known], side="right")]
    return grouped


def _episode_days(episodes: pd.DataFrame, data_lock: pd.Timestamp | None) -> pd.DataFrame:
    fitted = episodes["fitted_date"]
    since_fitting = {
        "surgery_days": episodes["surgery_date"] - fitted,
        "last_contact_days": episodes["last_contact_date"] - fitted,
        "lock_days": pd.Series(data_lock, index=fitted.index, dtype=fitted.dtype) - fitted,
    }
    return pd.DataFrame(
        {
            "episode_id": episodes["episode_id"],
            "had_surgery": episodes["surgery_date"].notna() | episodes["status"].eq("surgery"),
            **{name: span.dt.days.astype("float64") for name, span in since_fitting.items()},
        }
    )


def _usable_readings(
    readings: pd.DataFrame, days: pd.DataFrame, definition: str, modalities: tuple[str, ...]
) -> pd.DataFrame:
    usable = readings[
        readings["defect_id"].notna()
        & readings["union_status"].ne("not_assessable")
        & (readings["modality"].isin(modalities) | readings["modality"].isna())
        & (readings["days_since_fitting"] > 0)
    ].merge(days[["episode_id", "surgery_days"]], on="episode_id", how="left")
    usable = usable[
        ~(usable["days_since_fitting"] > usable["surgery_days"]) | usable["surgery_days"].isna()
    ]
    return usable.assign(united=usable["union_status"].isin(UNITED_STATUSES[definition]))


def _bracket(usable: pd.DataFrame) -> pd.DataFrame:
    right = (usable[usable["united"]].groupby("defect_id")["days_since_fitting"].min()).rename(
        "interval_right_days"
    )
    marked = usable.merge(right.reset_index(), on="defect_id", how="left")
    before = marked[
        ~marked["united"] & ~(marked["days_since_fitting"] >= marked["interval_right_days"])
    ]
    left = before.groupby("defect_id")["days_since_fitting"].max().rename("interval_left_days")
    counts = usable.groupby("defect_id").size().rename("n_readings")
    last = usable.groupby("defect_id")["days_since_fitting"].max().rename("last_reading_days")
    return pd.concat([left, right, counts, last], axis=1).rename_axis("defect_id").reset_index()


def _place_surgery(frame: pd.DataFrame) -> pd.DataFrame:
    not_united = frame["interval_right_days"].isna()
    competing = frame["had_surgery"].fillna(False).astype(bool) & not_united
    dated = frame["surgery_days"].clip(lower=0.0)
    last_seen = frame[["last_reading_days", "last_contact_days"]].max(axis=1).fillna(0.0)
    left = frame["interval_left_days"]
    bounded = last_seen.where(last_seen > left, frame["lock_days"])
    to = dated.fillna(bounded.where(bounded > left)).where(competing)
    return frame.assign(
        surgery_from_days=dated.fillna(left).where(to.notna()),
        surgery_to_days=to,
        surgery_free_until_days=last_seen.clip(lower=0.0),
    )
