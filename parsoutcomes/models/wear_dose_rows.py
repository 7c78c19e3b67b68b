"""Intervals between scans of each pars, with the hours worn until shortly before they close."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.intervals import select_usable_readings
from parsoutcomes.conventions import DAYS_PER_MONTH, WEAR_MIN_SHARE_MEASURED, Definition
from parsoutcomes.models.exposure_wear import days_between

NO_TIME: Final = "closing scan sooner after fitting than the lag"
NOT_PLACED: Final = "time in brace not known"
NOT_MEASURED: Final = "wear not measured by then"
LITTLE_MEASURED: Final = "wear measured on too few of the days by then"
REASONS: Final = (NOT_PLACED, NO_TIME, NOT_MEASURED, LITTLE_MEASURED)


def list_scan_intervals(cohort: Cohort, definition: Definition, targets: pd.Series) -> pd.DataFrame:
    """List the intervals between successive scans of each pars, up to the first with union.

    Parameters
    ----------
    cohort : Cohort
        Readings are read.
    definition : {"complete", "partial_or_better"}
        Which readings count as union.
    targets : pandas.Series
        `defect_id` of the pars to list.

    Returns
    -------
    pandas.DataFrame
        `patient_id, episode_id, defect_id, left_days` (0 at fitting), `right_days, united`.
    """
    usable = select_usable_readings(cohort, definition=definition)
    usable = usable[usable["scope"].ne("patient") & usable["defect_id"].isin(targets)]
    first = usable[usable["united"]].groupby("defect_id")["days_since_fitting"].min()
    until = usable["defect_id"].map(first).astype("float64").fillna(np.inf)
    days = usable["days_since_fitting"]
    kept = usable[(days < until) | (usable["united"] & days.eq(until))]
    ordered = kept.sort_values(["defect_id", "days_since_fitting"], kind="stable")
    ordered = ordered.drop_duplicates(["defect_id", "days_since_fitting"])
    left = ordered.groupby("defect_id")["days_since_fitting"].shift(1).fillna(0.0)
    names = ["patient_id", "episode_id", "defect_id", "days_since_fitting", "united"]
    return (
        ordered[names]
        .rename(columns={"days_since_fitting": "right_days"})
        .assign(left_days=left)
        .reset_index(drop=True)
    )


def measure_dose(
    intervals: pd.DataFrame, periods: pd.DataFrame, stops: pd.Series, lag_months: float
) -> pd.DataFrame:
    """Give each interval the mean hours worn a day until the lag before it closes.

    Parameters
    ----------
    intervals : pandas.DataFrame
        From `list_scan_intervals`.
    periods : pandas.DataFrame
        Measured wear by one method, as that of `MeasuredWear`.
    stops : pandas.Series
        Last day of each course in the brace, by `episode_id`.
    lag_months : float
        Wear counts until so many months before the closing scan, or the end of brace if sooner.

    Returns
    -------
    pandas.DataFrame
        With `hours_per_day`, `share_measured` and `reason` why the interval has no dose (missing
        where it has one).
    """
    rows = intervals.assign(
        stop=intervals["episode_id"].map(stops).astype("float64"), row=range(len(intervals))
    )
    rows["until"] = np.minimum(rows["right_days"] - lag_months * DAYS_PER_MONTH, rows["stop"])
    worn = rows[["row", "episode_id", "until"]].merge(
        periods[["episode_id", "start_days", "end_days", "hours_per_day"]], on="episode_id"
    )
    worn["days"] = days_between(worn, 0.0, worn["until"])
    worn["hours"] = worn["days"] * worn["hours_per_day"]
    summed = worn.groupby("row")[["days", "hours"]].sum().reindex(rows["row"]).fillna(0.0)
    days, hours = summed["days"].to_numpy(), summed["hours"].to_numpy()
    conditions = {
        NOT_PLACED: rows["stop"].isna().to_numpy(),
        NO_TIME: (rows["until"] <= 0).to_numpy(),
        NOT_MEASURED: days <= 0,
        LITTLE_MEASURED: days < WEAR_MIN_SHARE_MEASURED * rows["until"].to_numpy(),
    }
    reason = np.select(list(conditions.values()), list(conditions), default="")
    with np.errstate(divide="ignore", invalid="ignore"):
        return intervals.assign(
            hours_per_day=hours / days,
            share_measured=days / rows["until"].to_numpy(),
            reason=pd.Series(reason, index=intervals.index).replace("", None),
        )
