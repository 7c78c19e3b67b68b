"""How often groups were scanned until union, and whether alike."""

from __future__ import annotations

import numpy as np
import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.intervals import select_usable_readings
from parsoutcomes.conventions import DAYS_PER_MONTH, SCHEDULES_ALIKE_RATIO, Definition, Unit
from parsoutcomes.models.units import order_groups

DAYS_PER_YEAR = 12 * DAYS_PER_MONTH


def tabulate_schedules(
    cohort: Cohort, rows: pd.DataFrame, groups: pd.Series, *, unit: Unit, definition: Definition
) -> pd.DataFrame:
    """Count scans until union in each group.

    Parameters
    ----------
    cohort : Cohort
        Where the readings are.
    rows : pandas.DataFrame
        From `select_units`.
    groups : pandas.Series
        The group of each row.
    unit, definition
        As in the comparison.

    Returns
    -------
    pandas.DataFrame
        Group, `n_scans_per_pars` (mean), `scans_per_year` (scans over time from fitting to the
        last of them). Scans after the first with union do not count: they follow the outcome.
    """
    counts = _count_scans(cohort, rows, unit, definition)
    column = str(groups.name)
    by_group = counts.groupby(groups.rename(column)).sum()
    size = groups.value_counts()
    table = pd.DataFrame(
        {
            "n_scans_per_pars": by_group["n_scans"] / size,
            "scans_per_year": by_group["n_scans"]
            / (by_group["until_days"] / DAYS_PER_YEAR).replace(0.0, np.nan),
        }
    )
    return table.loc[order_groups(groups)].rename_axis(column).reset_index()


def are_alike(schedules: pd.DataFrame) -> bool:
    """Say whether groups were scanned so alike that patients may be permuted between them.

    Examples
    --------
    >>> are_alike(pd.DataFrame({"scans_per_year": [3.6, 4.2]}))
    True
    >>> are_alike(pd.DataFrame({"scans_per_year": [2.0, 4.0]}))
    False
    """
    rates = schedules["scans_per_year"]
    return bool(rates.notna().all() and rates.max() <= SCHEDULES_ALIKE_RATIO * rates.min())


def _count_scans(
    cohort: Cohort, rows: pd.DataFrame, unit: Unit, definition: Definition
) -> pd.DataFrame:
    key = "episode_id" if unit == "patient" else "defect_id"
    usable = select_usable_readings(cohort, definition=definition)
    scans = usable[[key, "days_since_fitting"]].dropna().drop_duplicates()
    ends = rows.set_index(key)["interval_right_days"].fillna(np.inf)
    until = scans[scans["days_since_fitting"] <= scans[key].map(ends)]
    days = until.groupby(key)["days_since_fitting"]
    counts = pd.DataFrame({"n_scans": days.size(), "until_days": days.max()})
    return counts.reindex(rows[key]).fillna(0.0).astype("float64").set_axis(rows.index)
