"""From readings of scans to the interval in which each pars united, and to surgery."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.remembered import once_per_cohort
from parsoutcomes.cohort.surgery import describe_surgery, place_surgery
from parsoutcomes.conventions import (
    DAYS_PER_MONTH,
    DEFAULT_IMAGING,
    DEFINITIONS,
    IMAGING,
    Definition,
)
from parsoutcomes.errors import require_choice

UNITED_STATUSES: Final = {
    "complete": ("complete",),
    "partial_or_better": ("partial", "complete"),
}
CT_MODALITIES: Final = IMAGING[DEFAULT_IMAGING]
ASSESSABLE: Final = ("none", "partial", "complete")
INTERVAL_COLUMNS: Final = (
    "interval_left_days",
    "interval_right_days",
    "n_readings",
    "surgery_from_days",
    "surgery_to_days",
    "surgery_free_until_days",
    "surgery_before_fitting",
)


@public(made_by="load_records")
@once_per_cohort
def derive_intervals(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    modalities: tuple[str, ...] = CT_MODALITIES,
) -> pd.DataFrame:
    """Give, for each pars, the interval between scans in which it united.

    Not a healing date: union lies somewhere after the left end and on or before the right end.
    Which readings count, `select_usable_readings` says.

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
        `surgery_to_days` (day of surgery; without a day the days between which it lies, by its
        month or year, or from the last reading up to
        the last contact or, failing that, data lock, infinite when nothing bounds it; missing when
        none came before union), `surgery_free_until_days` (last day seen or heard of),
        `surgery_before_fitting` (dated before the brace was fitted, so that it cannot compete).

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
    for modality in modalities:
        require_choice("modalities", modality, IMAGING["any"])
    defects = cohort.tables["defects"][["defect_id", "patient_id", "episode_id"]]
    usable = select_usable_readings(cohort, definition=definition, modalities=modalities)
    frame = defects.merge(_bracket(usable, "defect_id"), on="defect_id", how="left").merge(
        describe_surgery(cohort), on="episode_id", how="left"
    )
    frame["interval_left_days"] = frame["interval_left_days"].fillna(0.0)
    frame["n_readings"] = frame["n_readings"].fillna(0).astype("int64")
    placed = place_surgery(frame)
    return placed[["defect_id", "patient_id", "episode_id", *INTERVAL_COLUMNS]]


def derive_whole_patient_intervals(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    modalities: tuple[str, ...] = CT_MODALITIES,
) -> pd.DataFrame:
    """Give the interval told by readings recorded for the patient as a whole.

    Not an interval of any one pars: "not united" does not say which pars had not.

    Parameters
    ----------
    cohort, definition, modalities
        As in `derive_intervals`.

    Returns
    -------
    pandas.DataFrame
        Indexed by `episode_id`, for courses with such a reading: `told_left_days` (last reading
        on which not all had united), `told_right_days` (first on which all had), and
        `told_until_days` (last reading).

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> derive_whole_patient_intervals(build_cohort({})).empty
    True
    """
    usable = select_usable_readings(cohort, definition=definition, modalities=modalities)
    whole = usable[usable["scope"].eq("patient")]
    told = _bracket(whole, "episode_id").set_index("episode_id").drop(columns="n_readings")
    told.columns = pd.Index(["told_left_days", "told_right_days", "told_until_days"])
    return told


@once_per_cohort
def select_usable_readings(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    modalities: tuple[str, ...] = CT_MODALITIES,
) -> pd.DataFrame:
    """Keep the readings that tell of union, of one pars or of the patient as a whole.

    A reading counts when it is on CT or on imaging of a kind not recorded, after fitting, says
    whether there was union, and cannot be after a dated surgery.

    Parameters
    ----------
    cohort, definition, modalities
        As in `derive_intervals`.

    Returns
    -------
    pandas.DataFrame
        The columns of `readings`, with `days_since_fitting` the day on which the reading counts,
        and `united`.

    Notes
    -----
    A scan of which only the month or year is known counts on the earliest day that it may have
    when it shows no union, and on the latest when it shows union: an interval never says more
    than is known. One that may lie after surgery, of which again only the month or year may be
    known, is left out, and one without union that may lie before fitting tells nothing.
    """
    surgery = describe_surgery(cohort).drop_duplicates("episode_id").set_index("episode_id")
    first_day = surgery["surgery_days"].fillna(surgery["surgery_earliest_days"])
    readings = cohort.tables["readings"]
    earliest = readings["days_since_fitting"]
    latest = readings["days_since_fitting_latest"].fillna(earliest)
    united = readings["union_status"].isin(UNITED_STATUSES[definition])
    days = latest.where(united, earliest)
    usable = readings.assign(days_since_fitting=days, united=united)
    return usable[
        readings["union_status"].isin(ASSESSABLE)
        & (readings["modality"].isin(modalities) | readings["modality"].isna())
        & (days > 0)
        & ~(latest > readings["episode_id"].map(first_day))
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


def _bracket(usable: pd.DataFrame, key: str) -> pd.DataFrame:
    right = usable[usable["united"]].groupby(key)["days_since_fitting"].min()
    ends = usable[key].map(right).astype("float64")
    before = usable[~usable["united"] & ~(usable["days_since_fitting"] >= ends)]
    days = usable.groupby(key)["days_since_fitting"]
    return pd.DataFrame(
        {
            "interval_left_days": before.groupby(key)["days_since_fitting"].max(),
            "interval_right_days": right,
            "n_readings": days.size(),
            "last_reading_days": days.max(),
        }
    ).reset_index(names=key)
