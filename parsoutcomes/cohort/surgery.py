"""Surgery: whether it ended a course of brace treatment, when, and what is not known of it."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.remembered import once_per_cohort

_DAYS_OF_SURGERY: Final = ("surgery_days", "surgery_earliest_days", "surgery_latest_days")


def date_surgery_from_events(episodes: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    """Give each course its day of surgery, from the events where the course itself has none.

    Parameters
    ----------
    episodes, events : pandas.DataFrame
        The tables of those names.

    Returns
    -------
    pandas.Series
        `surgery_date` of each course, in the order of `episodes`. Of several events the first
        on or after fitting counts; failing that, the first.
    """
    dated = events[events["type"].eq("surgery") & events["date"].notna()]
    fitted = episodes.drop_duplicates("episode_id").set_index("episode_id")["fitted_date"]
    before_fitting = dated["date"] < pd.to_datetime(dated["episode_id"].map(fitted))
    ordered = dated.assign(before_fitting=before_fitting).sort_values(
        ["before_fitting", "date"], kind="stable"
    )
    first = ordered.drop_duplicates("episode_id").set_index("episode_id")["date"]
    told = pd.to_datetime(episodes["episode_id"].map(first))
    return episodes["surgery_date"].fillna(told)


@once_per_cohort
def describe_surgery(cohort: Cohort) -> pd.DataFrame:
    """Say for each course whether and when surgery ended it, and how long it was followed.

    Parameters
    ----------
    cohort : Cohort
        Episodes and events are read.

    Returns
    -------
    pandas.DataFrame
        One row per course: `episode_id`, `surgery_before_fitting`, `had_surgery` (dated on or
        after fitting, or told without a day), `surgery_days` (missing when not told, or before
        fitting), `surgery_earliest_days` and `surgery_latest_days` (where its month or year alone
        is known), `last_contact_days` and `lock_days`, all in days since fitting.

    Notes
    -----
    Surgery dated before fitting comes before time zero and cannot compete with union. Where such
    a course is also said to have ended in surgery, that surgery is one on a day not recorded.
    Surgery in a month or year that includes the day of fitting is taken to be after fitting.
    """
    episodes, events = cohort.tables["episodes"], cohort.tables["events"]
    fitted = episodes["fitted_date"]
    lock = pd.Series(cohort.data_lock, index=fitted.index, dtype=fitted.dtype)
    dates = {
        "surgery_days": episodes["surgery_date"],
        "surgery_earliest_days": episodes["surgery_date_earliest"],
        "surgery_latest_days": episodes["surgery_date_latest"],
        "last_contact_days": episodes["last_contact_date"],
        "lock_days": lock,
    }
    days = {name: (date - fitted).dt.days.astype("float64") for name, date in dates.items()}
    before = days["surgery_days"].fillna(days["surgery_latest_days"]) < 0
    dated = episodes["surgery_date"].fillna(episodes["surgery_date_latest"]).notna()
    undated = events.loc[events["type"].eq("surgery") & events["date"].isna(), "episode_id"]
    told = episodes["status"].eq("surgery") | episodes["episode_id"].isin(undated)
    return pd.DataFrame(
        {
            "episode_id": episodes["episode_id"],
            "surgery_before_fitting": before,
            "had_surgery": told | (dated & ~before),
            **days,
        }
    ).assign(**{name: days[name].where(~before) for name in _DAYS_OF_SURGERY})


def place_surgery(frame: pd.DataFrame) -> pd.DataFrame:
    """Put surgery that came before any union on its day, or between the days it lies between.

    Parameters
    ----------
    frame : pandas.DataFrame
        `interval_left_days`, `interval_right_days`, `last_reading_days` and the columns of
        `describe_surgery`.

    Returns
    -------
    pandas.DataFrame
        With `surgery_from_days`, `surgery_to_days`, `surgery_free_until_days` as
        `derive_intervals` describes them.
    """
    operated = frame["had_surgery"].fillna(False).astype(bool)
    competing = operated & frame["interval_right_days"].isna()
    dated = frame["surgery_days"]
    last_seen = frame[["last_reading_days", "last_contact_days"]].max(axis=1).fillna(0.0)
    left = frame["interval_left_days"]
    bounded = last_seen.where(last_seen > left, frame["lock_days"])
    bounded = bounded.where(bounded > left, np.inf)
    start = (frame["surgery_earliest_days"] - 1).clip(lower=left).fillna(left)
    end = frame["surgery_latest_days"].fillna(bounded)
    return frame.assign(
        surgery_from_days=dated.fillna(start).where(competing),
        surgery_to_days=dated.fillna(end).where(competing),
        surgery_free_until_days=last_seen.clip(lower=0.0),
        surgery_before_fitting=frame["surgery_before_fitting"].fillna(False).astype(bool),
    )


def mark_undated_surgery(rows: pd.DataFrame) -> pd.Series:
    """Say which rows ended in surgery, without union before it, on a day not recorded."""
    return pd.Series(rows["surgery_to_days"] > rows["surgery_from_days"])


def warn_of_surgery(rows: pd.DataFrame) -> tuple[str, ...]:
    """Name what is not known of surgery, for the cautions of an estimate.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row per pars, or per patient (without `defect_id`), from `classify_union`.

    Returns
    -------
    tuple of str
        Empty when every surgery is dated, and on or after fitting.
    """
    unit = "pars" if "defect_id" in rows else "patients"
    n_undated = int(mark_undated_surgery(rows).sum())
    n_before = int(rows["surgery_before_fitting"].sum())
    cautions = {
        f"{n_undated} {unit} ended in surgery on a day not recorded: none can unite in the brace "
        "any more, and how many had been operated on by a given month cannot be told": n_undated,
        f"{n_before} {unit} with surgery dated before the brace was fitted: that surgery is not "
        "counted, as it cannot end what had not begun; check the dates": n_before,
    }
    return tuple(text for text, n in cautions.items() if n)
