"""Cumulative union and surgery with patient-resampling intervals, for one group of units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.conventions import MIN_DISCORDANT_PATIENTS
from parsoutcomes.results.rates import BETWEEN_SCANS, BEYOND_SCANS, NOBODY_KNOWN
from parsoutcomes.stats.npmle_competing import (
    NpmleCompeting,
    NpmleCompetingBatch,
    fit_npmle_competing,
    fit_npmle_competing_batch,
)
from parsoutcomes.stats.proportions import clopper_pearson_interval
from parsoutcomes.stats.resampling import patient_weights, percentile_interval

Floats = NDArray[np.float64]

UNION, SURGERY = 1, 2
NEGLIGIBLE = 1e-9
# Narrower than this, a range is a point: masses are found to about a millionth.
NARROW = 1e-6
RESAMPLED = "percentile bootstrap over patients"
NOTHING_KNOWN = "none: nobody's status is known at this time"


@dataclass(frozen=True, kw_only=True)
class GroupIncidence:
    """The joint curves of one group, and the same from resamples of its patients.

    Attributes
    ----------
    rows : pandas.DataFrame
        The units, with the columns of `grouped_intervals` and `patient_id`.
    fit : NpmleCompeting
        From all rows.
    batch : NpmleCompetingBatch
        From resamples of whole patients.
    conf_level : float
        Level of the intervals.
    """

    rows: pd.DataFrame
    fit: NpmleCompeting
    batch: NpmleCompetingBatch
    conf_level: float


def fit_group(
    rows: pd.DataFrame, *, conf_level: float, n_resamples: int, seed: int
) -> GroupIncidence:
    """Fit the competing-event NPMLE to a group and to resamples of its patients.

    Parameters
    ----------
    rows : pandas.DataFrame
        At least one unit with `patient_id, left_days, right_days, cause, censored_days`.
    conf_level, n_resamples, seed
        As everywhere.
    """
    intervals = (
        rows["left_days"].to_numpy(),
        rows["right_days"].to_numpy(),
        rows["cause"].to_numpy(),
        rows["censored_days"].to_numpy(),
    )
    weights = patient_weights(rows["patient_id"].to_numpy(str), n_resamples, seed=seed)
    return GroupIncidence(
        rows=rows,
        fit=fit_npmle_competing(*intervals),
        batch=fit_npmle_competing_batch(*intervals, weights),
        conf_level=conf_level,
    )


def tabulate_incidence(group: GroupIncidence, days: ArrayLike, cause: int = UNION) -> pd.DataFrame:
    """Give cumulative incidence on each day, with its interval and what it rests on.

    Returns
    -------
    pandas.DataFrame
        One row per day: `days, estimate, conf_low, conf_high, union_low, union_high, left_open,
        n_events, interval_method`. Where a day falls inside a box, `union_low` and `union_high`
        differ, there is no estimate, and the limits come from the lower and the upper value.
        `left_open` says why there is no estimate; empty when there is one.

    Notes
    -----
    Nobody, everybody, or the rarer outcome seen in fewer than three patients: resamples say too
    little, and the limits are Clopper-Pearson's on n^2 / sum m_i^2 of the units whose status is
    known on that day; a unit that had the other event never has this one. Later than the last scan
    of those not yet united there is no estimate, only limits.
    """
    at = np.atleast_1d(np.asarray(days, dtype=np.float64))
    low, high = group.fit.incidence_at(at, cause)
    draws_low, draws_high = group.batch.incidence_at(at, cause)
    conf_low, _ = percentile_interval(draws_low, conf_level=group.conf_level)
    _, conf_high = percentile_interval(draws_high, conf_level=group.conf_level)
    resampled = np.column_stack([at, low, high, conf_low, conf_high]).tolist()
    return pd.DataFrame([_at_day(group, cause, values) for values in resampled])


def known_status(rows: pd.DataFrame, day: float, cause: int = UNION) -> pd.Series:
    """Say which units are known to have had the event by a day (1), or not (0); else missing."""
    left, right = rows["left_days"], rows["right_days"]
    happened = rows["cause"].eq(cause) & (right <= day)
    other = rows["cause"].ne(0) & rows["cause"].ne(cause) & (right <= day)
    free = rows["censored_days"] >= day if cause == SURGERY else left >= day
    waiting = rows["cause"].ne(0) & (left >= day)
    known = happened | other | (waiting & ~happened) | (rows["cause"].eq(0) & free)
    return happened.astype("float64").where(known)


def _at_day(
    group: GroupIncidence, cause: int, resampled: list[float]
) -> dict[str, float | int | str]:
    day, low, high, conf_low, conf_high = resampled
    status = known_status(group.rows, day, cause)
    status = status.mask(~group.rows["cause"].isin((0, cause)), 0.0).dropna()
    patients = group.rows.loc[status.index, "patient_id"]
    n_with, n_without = (patients[status.eq(value)].nunique() for value in (1, 0))
    conf_low, conf_high, method = min(conf_low, low), max(conf_high, high), RESAMPLED
    if status.empty:
        conf_low, conf_high, method = np.nan, np.nan, NOTHING_KNOWN
    elif min(n_with, n_without) < MIN_DISCORDANT_PATIENTS:
        effective_n = len(patients) ** 2 / float((patients.value_counts() ** 2).sum())
        conf_low, conf_high = _exact_limits(low, high, effective_n, group.conf_level)
        method = _boundary_method(n_with, n_without)
    left_open = _why_open(group, day, cause, is_wide=high - low > NARROW)
    if status.empty:
        left_open = NOBODY_KNOWN
    return {
        "days": day,
        "estimate": np.nan if left_open else (low + high) / 2,
        "conf_low": conf_low,
        "conf_high": conf_high,
        "union_low": low,
        "union_high": high,
        "left_open": left_open,
        "n_events": int(status.sum()),
        "interval_method": method,
    }


def _why_open(group: GroupIncidence, day: float, cause: int, *, is_wide: bool) -> str:
    if _is_beyond_scans(group, day, cause):
        return BEYOND_SCANS
    return BETWEEN_SCANS if is_wide else ""


def _is_beyond_scans(group: GroupIncidence, day: float, cause: int) -> bool:
    boxes = group.fit.union if cause == UNION else group.fit.surgery
    return day > boxes.open_left and group.fit.open_mass > NEGLIGIBLE


def _exact_limits(
    low: float, high: float, effective_n: float, conf_level: float
) -> tuple[float, float]:
    lower = clopper_pearson_interval(low * effective_n, effective_n, conf_level=conf_level)
    upper = clopper_pearson_interval(high * effective_n, effective_n, conf_level=conf_level)
    return lower.conf_low, upper.conf_high


def _boundary_method(n_with: int, n_without: int) -> str:
    if n_with == 0:
        reason = "nobody whose status is known had it"
    elif n_without == 0:
        reason = "everybody whose status is known had it"
    else:
        reason = "the rarer outcome was seen in fewer than 3 patients"
    return f"Clopper-Pearson on the effective n at an ICC of 1, since {reason}"
