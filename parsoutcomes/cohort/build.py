"""Tables to cohort: what is derived per episode, pars and reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from parsoutcomes.cohort.account import IntakeAccount
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.intervals import derive_intervals
from parsoutcomes.cohort.pars import describe_pars
from parsoutcomes.cohort.surgery import date_surgery_from_events
from parsoutcomes.schema.tables import TABLES, conform_frame


def build_cohort(
    tables: Mapping[str, pd.DataFrame],
    *,
    intake: IntakeAccount | None = None,
    data_lock: pd.Timestamp | None = None,
    truth: Mapping[str, pd.DataFrame] | None = None,
) -> Cohort:
    """Make a cohort of tables that already speak the standard terms.

    For loaders and simulations; records as a clinic keeps them go through `load_records`.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Any of the six tables; absent ones are empty, derived columns are computed here. Surgery
        that only the events tell of becomes the `surgery_date` of its course.
    intake : IntakeAccount, optional
        How the source became the tables.
    data_lock : pandas.Timestamp, optional
        Default: the latest date in the tables; of a date whose month or year alone is known,
        the earliest day that it may have.
    truth : mapping, optional
        What a simulated cohort really is.

    Returns
    -------
    Cohort

    Examples
    --------
    >>> episodes = pd.DataFrame({"episode_id": ["P1-1"], "patient_id": ["P1"]})
    >>> build_cohort({"episodes": episodes}).n_patients
    1
    """
    conformed = {
        name: conform_frame(tables.get(name, TABLES[name].empty_frame()), name) for name in TABLES
    }
    conformed["episodes"] = _number_episodes(conformed["episodes"]).assign(
        surgery_date=date_surgery_from_events(conformed["episodes"], conformed["events"])
    )
    conformed["defects"] = describe_pars(conformed["defects"], conformed["episodes"])
    conformed["readings"] = _place_readings(conformed)
    cohort = Cohort(
        tables=MappingProxyType(conformed),
        intake=intake or IntakeAccount(title="", finding="", method=""),
        data_lock=_find_lock(conformed) if data_lock is None else pd.Timestamp(data_lock),
        truth=MappingProxyType(dict(truth or {})),
    )
    intervals = derive_intervals(cohort)[["interval_left_days", "interval_right_days"]]
    with_intervals = {**conformed, "defects": conformed["defects"].assign(**intervals)}
    return replace(cohort, tables=MappingProxyType(with_intervals))


def _number_episodes(episodes: pd.DataFrame) -> pd.DataFrame:
    order = episodes.sort_values(["patient_id", "fitted_date", "episode_id"], kind="stable")
    number = order.groupby("patient_id").cumcount() + 1
    return episodes.assign(episode_number=number.reindex(episodes.index).astype("float64"))


def _place_readings(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    readings = tables["readings"]
    fitted = _fitted_of(readings, tables["episodes"])
    counted = (readings["scan_date"] - fitted).dt.days.astype("float64")
    placed = readings.assign(
        days_since_fitting=counted.fillna(readings["days_since_fitting"]),
        days_since_fitting_latest=readings["days_since_fitting_latest"].where(counted.isna()),
        scope=readings["scope"].fillna("defect"),
    )
    return placed.assign(defect_id=_defect_of_reading(placed, tables["defects"]))


def _defect_of_reading(readings: pd.DataFrame, defects: pd.DataFrame) -> pd.Series:
    """Take a reading for the whole patient as one of the pars when there is only one."""
    alone = defects.groupby("episode_id")["defect_id"].agg(["size", "first"])
    only = readings["episode_id"].map(alone.loc[alone["size"].eq(1), "first"])
    found = readings["defect_id"].where(readings["defect_id"].notna(), only).astype("object")
    return found.where(found.notna(), None)


def _find_lock(tables: Mapping[str, pd.DataFrame]) -> pd.Timestamp | None:
    """Return the latest date; of a scan known by month or year, the earliest day it may have."""
    readings = tables["readings"]
    spans = readings[readings["days_since_fitting_latest"].notna()]
    days = pd.to_timedelta(spans["days_since_fitting"], unit="D")
    latest = [_latest_date(tables), (_fitted_of(spans, tables["episodes"]) + days).max()]
    known = [date for date in latest if not pd.isna(date)]
    return max(known) if known else None


def _fitted_of(readings: pd.DataFrame, episodes: pd.DataFrame) -> pd.Series:
    fitted = episodes.drop_duplicates("episode_id").set_index("episode_id")["fitted_date"]
    return pd.Series(pd.to_datetime(readings["episode_id"].map(fitted)))


def _latest_date(tables: Mapping[str, pd.DataFrame]) -> pd.Timestamp | None:
    latest = [
        frame[column.name].max()
        for name, frame in tables.items()
        for column in TABLES[name].columns
        if column.kind == "date" and not column.name.endswith("_latest")
    ]
    known = [date for date in latest if not pd.isna(date)]
    return max(known) if known else None
