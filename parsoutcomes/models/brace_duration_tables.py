"""From curves and resamples to the frames of a comparison of brace durations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.models.brace_bootstrap import Draws, find_limits
from parsoutcomes.models.incidence import NARROW, UNION
from parsoutcomes.results.brace_duration import (
    DIFFERENCE,
    DIFFERENCE_MEASURE,
    MEAN_DIFFERENCE_MEASURE,
    MEAN_MEASURE,
    UNION_MEASURE,
)
from parsoutcomes.results.rates import BETWEEN_SCANS, BEYOND_SCANS
from parsoutcomes.stats.clone_censor import Clones
from parsoutcomes.stats.resampling import percentile_p_value
from parsoutcomes.stats.strategy_curves import StrategyEstimates

Floats = NDArray[np.float64]

COLUMNS = (
    "strategy",
    "months",
    "measure",
    "estimate",
    "conf_low",
    "conf_high",
    "conf_level",
    "n_patients",
    "n_defects",
    "n_events",
    "estimate_low",
    "estimate_high",
    "left_open",
    "p_value",
)
UNWEIGHTED, RAW, CUT = "unweighted clones", "raw weights", "cut weights"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was estimated, at which months, and who it was estimated from.

    Attributes
    ----------
    names : tuple of str
        The two strategies.
    every, milestones : array
        Months of the curve, and those of the frame among them.
    estimates : dict of str to StrategyEstimates
        Under `UNWEIGHTED`, `RAW` and `CUT`.
    draws : dict of str to Draws
        Under `RAW` and `CUT`.
    rows : pandas.DataFrame
        The pars.
    clones : tuple of Clones
        Of the two strategies.
    conf_level : float
        Level of the intervals.
    """

    names: tuple[str, str]
    every: Floats
    milestones: Floats
    estimates: dict[str, StrategyEstimates]
    draws: dict[str, Draws]
    rows: pd.DataFrame
    clones: tuple[Clones, Clones]
    conf_level: float

    def limits(self, low: Floats, high: Floats) -> dict[str, float]:
        """Return the limits of one estimate from its resamples."""
        found = find_limits(low, high, conf_level=self.conf_level)
        return {name: float(limit) for name, limit in found.items()}

    def count(self, arm: int | None, month: float) -> dict[str, int]:
        """Count the followers of a strategy, or of either, and the unions seen by a month."""
        first, second = self.clones
        followed = (first.follows | second.follows) if arm is None else self.clones[arm].follows
        rows = self.rows[followed]
        seen = rows["cause"].eq(UNION) & (rows["right_days"] <= month * DAYS_PER_MONTH)
        return {
            "n_patients": int(rows["patient_id"].nunique()),
            "n_defects": len(rows),
            "n_events": int(seen.sum()),
        }


def tabulate_durations(found: Found) -> pd.DataFrame:
    """Return union by strategy and its difference at each milestone, then mean months."""
    rows = [
        row
        for month in found.milestones
        for row in (
            *(_union_row(found, arm, float(month)) for arm in (0, 1)),
            _difference_row(found, float(month)),
        )
    ]
    rows += [*(_mean_row(found, arm) for arm in (0, 1)), _mean_difference_row(found)]
    return pd.DataFrame(rows).assign(conf_level=found.conf_level)[list(COLUMNS)]


def _union_row(found: Found, arm: int, month: float) -> dict[str, object]:
    at, drawn = int(np.searchsorted(found.every, month)), found.draws[CUT]
    return {
        "strategy": found.names[arm],
        "months": month,
        "measure": UNION_MEASURE,
        **_point(found.estimates[CUT], arm, at),
        **found.limits(drawn.union_low[:, arm, at], drawn.union_high[:, arm, at]),
        **found.count(arm, month),
        "p_value": np.nan,
    }


def _difference_row(found: Found, month: float) -> dict[str, object]:
    at = int(np.searchsorted(found.every, month))
    low, high = (
        ends[:, at] for ends in (found.draws[CUT].change_low, found.draws[CUT].change_high)
    )
    point = _point_difference(found.estimates[CUT], at)
    return {
        "strategy": DIFFERENCE,
        "months": month,
        "measure": DIFFERENCE_MEASURE,
        **point,
        **found.limits(low, high),
        **found.count(None, month),
        "p_value": np.nan if point["left_open"] else _p_value(low, high),
    }


def _mean_row(found: Found, arm: int) -> dict[str, object]:
    estimate, month = found.estimates[CUT], float(found.milestones[-1])
    drawn = found.draws[CUT].mean_days[:, arm] / DAYS_PER_MONTH
    ends = (estimate.mean_days, estimate.mean_low, estimate.mean_high)
    middle, low, high = (float(end[0, arm]) / DAYS_PER_MONTH for end in ends)
    return {
        "strategy": found.names[arm],
        "months": month,
        "measure": MEAN_MEASURE,
        "estimate": middle,
        "estimate_low": low,
        "estimate_high": high,
        "left_open": "",
        **found.limits(drawn, drawn),
        **found.count(arm, month),
        "p_value": np.nan,
    }


def _mean_difference_row(found: Found) -> dict[str, object]:
    estimate, month = found.estimates[CUT], float(found.milestones[-1])
    ends = (estimate.mean_low, estimate.mean_days, estimate.mean_high)
    low, middle, high = (float(end[0, 1] - end[0, 0]) / DAYS_PER_MONTH for end in ends)
    drawn = found.draws[CUT].mean_days / DAYS_PER_MONTH
    change = drawn[:, 1] - drawn[:, 0]
    return {
        "strategy": DIFFERENCE,
        "months": month,
        "measure": MEAN_DIFFERENCE_MEASURE,
        "estimate": middle,
        "estimate_low": min(low, high),
        "estimate_high": max(low, high),
        "left_open": "",
        **found.limits(change, change),
        **found.count(None, month),
        "p_value": float(percentile_p_value(change)),
    }


def _point(estimate: StrategyEstimates, arm: int, at: int) -> dict[str, object]:
    low, high = float(estimate.union_low[0, arm, at]), float(estimate.union_high[0, arm, at])
    is_open = high - low > NARROW
    return {
        "estimate": np.nan if is_open else (low + high) / 2,
        "estimate_low": low,
        "estimate_high": high,
        "left_open": _why_open(high) if is_open else "",
    }


def _point_difference(estimate: StrategyEstimates, at: int) -> dict[str, object]:
    reasons = [str(_point(estimate, arm, at)["left_open"]) for arm in (0, 1)]
    low = float(estimate.union_low[0, 1, at] - estimate.union_high[0, 0, at])
    high = float(estimate.union_high[0, 1, at] - estimate.union_low[0, 0, at])
    why = next((reason for reason in reasons if reason), "")
    return {
        "estimate": np.nan if why else (low + high) / 2,
        "estimate_low": low,
        "estimate_high": high,
        "left_open": why,
    }


def _known(low: Floats, high: Floats) -> Floats:
    """Return shares; NaN where the scans leave them open."""
    return np.asarray(np.where(high - low > NARROW, np.nan, (low + high) / 2))


def _p_value(low: Floats, high: Floats) -> float:
    """Return the p-value of the interval: the larger where resamples leave the difference open."""
    return float(np.maximum(percentile_p_value(low), percentile_p_value(high)))


def _why_open(high: float) -> str:
    return BEYOND_SCANS if high >= 1 - NARROW else BETWEEN_SCANS


def tabulate_curve(found: Found) -> pd.DataFrame:
    """Return the share united under each strategy at the planned visits and milestones."""
    estimate, parts = found.estimates[CUT], []
    for arm, name in enumerate(found.names):
        drawn = found.draws[CUT]
        limits = find_limits(
            drawn.union_low[:, arm], drawn.union_high[:, arm], conf_level=found.conf_level
        )
        columns = {
            "months": found.every,
            "estimate": _known(estimate.union_low[0, arm], estimate.union_high[0, arm]),
            "estimate_low": estimate.union_low[0, arm],
            "estimate_high": estimate.union_high[0, arm],
            **limits,
        }
        part = pd.DataFrame(columns).assign(conf_level=found.conf_level)
        part.insert(0, "strategy", name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def tabulate_weightings(found: Found) -> pd.DataFrame:
    """Return the difference without weights, with raw weights, and with those that were cut."""
    return pd.concat(
        [_weighting(found, name) for name in (UNWEIGHTED, RAW, CUT)], ignore_index=True
    )


def _weighting(found: Found, name: str) -> pd.DataFrame:
    at = np.searchsorted(found.every, found.milestones)
    low_now, high_now = (
        ends[0][:, at]
        for ends in (found.estimates[name].union_low, found.estimates[name].union_high)
    )
    union = _known(low_now, high_now)
    limits = {"conf_low": np.full(at.size, np.nan), "conf_high": np.full(at.size, np.nan)}
    if name in found.draws:
        drawn = found.draws[name]
        low, high = drawn.change_low[:, at], drawn.change_high[:, at]
        limits = find_limits(low, high, conf_level=found.conf_level)
    return pd.DataFrame(
        {
            "weighting": name,
            "months": found.milestones,
            "union_first": union[0],
            "union_second": union[1],
            "estimate": union[1] - union[0],
            **limits,
            "conf_level": found.conf_level,
        }
    )
