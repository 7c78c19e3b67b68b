"""Cumulative union and surgery with their intervals, for one group of units."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.conventions import (
    DAYS_PER_MONTH,
    MIN_DISCORDANT_PATIENTS,
    PLANNED_VISITS_MONTHS,
)
from parsoutcomes.results.rates import BETWEEN_SCANS, BEYOND_SCANS, NOBODY_KNOWN
from parsoutcomes.stats.npmle_competing import NpmleCompeting, fit_npmle_competing
from parsoutcomes.stats.npmle_contrasts import (
    BoundedEstimate,
    estimate_quantile,
    estimate_restricted_mean,
)
from parsoutcomes.stats.npmle_intervals import (
    EXACT,
    NOTHING_KNOWN,
    IncidenceIntervals,
    estimate_incidence,
)

Floats = NDArray[np.float64]

UNION, SURGERY = 1, 2
NEGLIGIBLE = 1e-9
# Narrower than this, a range is a point: masses are found to about a millionth.
NARROW = 1e-6
AT_VISITS, ON_EXACT_DAYS = "effective_n", "m_out_of_n"
METHOD_LABELS = {
    AT_VISITS: "Wilson on the effective n of the variance between patients",
    ON_EXACT_DAYS: "m-out-of-n bootstrap over patients",
    NOTHING_KNOWN: "none: nobody's status is known at this time",
}


@dataclass(frozen=True, kw_only=True)
class GroupIncidence:
    """The joint curves of one group.

    Attributes
    ----------
    rows : pandas.DataFrame
        The units, with the columns of `grouped_intervals` and `patient_id`.
    fit : NpmleCompeting
        From all rows.
    limits : str
        How pointwise limits are made: at planned visits, or on exact days.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        For the limits on exact days and for the simultaneous band.
    found : dict
        Intervals already estimated, since tables, differences and means ask for the same days.
    """

    rows: pd.DataFrame
    fit: NpmleCompeting
    limits: str
    conf_level: float
    n_resamples: int
    seed: int
    found: dict[tuple[int, bytes], IncidenceIntervals] = field(
        default_factory=dict, repr=False, compare=False
    )

    def intervals_at(self, days: ArrayLike, cause: int = UNION) -> IncidenceIntervals:
        """Return cumulative incidence on each day with its limits; asked again, from memory.

        On exact days all days that tables ask for share one set of resamples.
        """
        at = np.atleast_1d(np.asarray(days, dtype=np.float64))
        shared = self._days_of_tables if self.limits == ON_EXACT_DAYS else at
        asked = shared if np.isin(at, shared).all() else at
        key = (cause, asked.tobytes())
        if key not in self.found:
            self.found[key] = self._estimate_at(asked, cause)
        return self.found[key] if asked is at else self.found[key].select(at)

    @property
    def _days_of_tables(self) -> Floats:
        union, last = self.fit.union, float(self.rows["left_days"].max())
        planned = np.asarray(PLANNED_VISITS_MONTHS) * DAYS_PER_MONTH
        days = np.concatenate([planned, union.left, union.right, [last]])
        return np.unique(days[days > 0])

    def _estimate_at(self, days: Floats, cause: int) -> IncidenceIntervals:
        return estimate_incidence(
            *as_arrays(self.rows),
            self.rows["patient_id"].to_numpy(str),
            days,
            cause=cause,
            method=self.limits,
            conf_level=self.conf_level,
            n_resamples=self.n_resamples,
            seed=self.seed,
        )


def as_arrays(rows: pd.DataFrame) -> tuple[Floats, Floats, Floats, Floats]:
    """Return left and right ends, causes and last days free of surgery."""
    names = ("left_days", "right_days", "cause", "censored_days")
    left, right, cause, censored = (rows[name].to_numpy(dtype=np.float64) for name in names)
    return left, right, cause, censored


def fit_group(
    rows: pd.DataFrame,
    *,
    conf_level: float,
    n_resamples: int,
    seed: int,
    is_at_visits: bool = True,
) -> GroupIncidence:
    """Fit the competing-event NPMLE to a group.

    Parameters
    ----------
    rows : pandas.DataFrame
        At least one unit with `patient_id, left_days, right_days, cause, censored_days`.
    conf_level, n_resamples, seed
        As everywhere.
    is_at_visits : bool
        Whether scans were grouped to planned visits.
    """
    return GroupIncidence(
        rows=rows,
        fit=fit_npmle_competing(*as_arrays(rows)),
        limits=AT_VISITS if is_at_visits else ON_EXACT_DAYS,
        conf_level=conf_level,
        n_resamples=n_resamples,
        seed=seed,
    )


def tabulate_incidence(group: GroupIncidence, days: ArrayLike, cause: int = UNION) -> pd.DataFrame:
    """Give cumulative incidence on each day, with its interval and what it rests on.

    Returns
    -------
    pandas.DataFrame
        One row per day: `days, estimate, conf_low, conf_high, band_low, band_high, union_low,
        union_high, left_open, n_events, interval_method`. Where a day falls inside a box,
        `union_low` and `union_high` differ, there is no estimate, and the limits come from the
        lower and the upper value. `left_open` says why there is no estimate; empty when there is
        one. The band holds the given days together, and is missing on exact days.

    Notes
    -----
    Nobody, everybody, or the rarer outcome seen in fewer than three patients: a variance says too
    little, and the limits are Clopper-Pearson's on n^2 / sum m_i^2 of the units whose status is
    known on that day; a unit that had the other event never has this one. Later than the last scan
    of those not yet united there is no estimate, only limits.
    """
    at = np.atleast_1d(np.asarray(days, dtype=np.float64))
    found = group.intervals_at(at, cause)
    return pd.DataFrame([_at_day(group, cause, found, position) for position in range(at.size)])


def find_quantile(group: GroupIncidence, share: float) -> BoundedEstimate:
    """Return between which days a share had united, among all units, with limits."""
    union = group.fit.union
    kept = union.mass > NEGLIGIBLE
    ends = np.concatenate([union.left[kept], union.right[kept]])
    days = np.unique(ends[ends > 0])
    last = np.array([float(group.rows["left_days"].max())])
    found = group.intervals_at(days if days.size else last)
    return estimate_quantile(found, share - NEGLIGIBLE)


def find_restricted_mean(group: GroupIncidence, horizon_days: float) -> BoundedEstimate:
    """Return the mean days un-united up to a horizon, as two values, with limits.

    Notes
    -----
    Where a variance says too little (the boundary rule) or has no meaning (exact days), the limits
    are the areas beyond the pointwise limits of the curve.
    """
    ids = group.rows["patient_id"].to_numpy(str)
    mean = estimate_restricted_mean(
        *as_arrays(group.rows), ids, horizon_days, conf_level=group.conf_level
    )
    found = group.intervals_at(_days_until(group, horizon_days))
    if found.methods[-1] == AT_VISITS:
        return mean
    low, high = _areas(found)
    return BoundedEstimate(
        low=mean.low,
        high=mean.high,
        conf_low=min(low, mean.low),
        conf_high=max(high, mean.high),
        conf_level=group.conf_level,
    )


def _days_until(group: GroupIncidence, horizon_days: float) -> Floats:
    planned = np.asarray(PLANNED_VISITS_MONTHS) * DAYS_PER_MONTH
    days = np.concatenate([planned, group.fit.union.right, [horizon_days]])
    return np.unique(days[(days > 0) & (days <= horizon_days)])


def _areas(found: IncidenceIntervals) -> tuple[float, float]:
    """Return the areas above the upper and above the lower limits; unknown limits are 0 and 1."""
    widths = np.diff(found.times, prepend=0.0)
    upper = np.nan_to_num(found.conf_high, nan=1.0)
    lower = np.concatenate([[0.0], np.nan_to_num(found.conf_low, nan=0.0)[:-1]])
    return float(widths @ (1 - upper)), float(widths @ (1 - lower))


def known_status(rows: pd.DataFrame, day: float, cause: int = UNION) -> pd.Series:
    """Say which units are known to have had the event by a day (1), or not (0); else missing."""
    left, right, causes, censored = as_arrays(rows)
    ended = right <= day
    happened = (causes == cause) & ended
    other = (causes != 0) & (causes != cause) & ended
    free = censored >= day if cause == SURGERY else left >= day
    waiting = (causes != 0) & (left >= day)
    known = happened | other | (waiting & ~happened) | ((causes == 0) & free)
    return pd.Series(np.where(known, happened, np.nan), index=rows.index)


def _at_day(
    group: GroupIncidence, cause: int, found: IncidenceIntervals, position: int
) -> dict[str, float | int | str]:
    day = float(found.times[position])
    status = known_status(group.rows, day, cause).dropna()
    nothing_known = found.methods[position] == NOTHING_KNOWN
    low, high = float(found.low[position]), float(found.high[position])
    left_open = _why_open(group, day, cause, is_wide=high - low > NARROW)
    left_open = NOBODY_KNOWN if nothing_known else left_open
    has_band = group.limits == AT_VISITS and not nothing_known
    return {
        "days": day,
        "estimate": np.nan if left_open else (low + high) / 2,
        "conf_low": float(found.conf_low[position]),
        "conf_high": float(found.conf_high[position]),
        "band_low": float(found.band_low[position]) if has_band else np.nan,
        "band_high": float(found.band_high[position]) if has_band else np.nan,
        "union_low": low,
        "union_high": high,
        "left_open": left_open,
        "n_events": int(status.sum()),
        "interval_method": _label_method(group, day, cause, found.methods[position]),
    }


def _why_open(group: GroupIncidence, day: float, cause: int, *, is_wide: bool) -> str:
    if _is_beyond_scans(group, day, cause):
        return BEYOND_SCANS
    return BETWEEN_SCANS if is_wide else ""


def _is_beyond_scans(group: GroupIncidence, day: float, cause: int) -> bool:
    boxes = group.fit.union if cause == UNION else group.fit.surgery
    return day > boxes.open_left and group.fit.open_mass > NEGLIGIBLE


def _label_method(group: GroupIncidence, day: float, cause: int, method: str) -> str:
    if method != EXACT:
        return METHOD_LABELS[method]
    status = known_status(group.rows, day, cause)
    status = status.mask(~group.rows["cause"].isin((0, cause)), 0.0)
    patients = group.rows["patient_id"]
    n_with, n_without = (patients[status.eq(value)].nunique() for value in (1, 0))
    return _boundary_method(n_with, n_without)


def _boundary_method(n_with: int, n_without: int) -> str:
    if n_with == 0:
        reason = "nobody whose status is known had it"
    elif n_without == 0:
        reason = "everybody whose status is known had it"
    elif min(n_with, n_without) < MIN_DISCORDANT_PATIENTS:
        reason = f"the rarer outcome was seen in fewer than {MIN_DISCORDANT_PATIENTS} patients"
    else:
        reason = "few were scanned about then, beside those who may have united before it or after"
    return f"Clopper-Pearson on the effective n at an ICC of 1, since {reason}"
