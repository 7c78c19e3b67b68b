"""Rows of results of completed sets, pooled into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from parsoutcomes.results.imputation import COMPLETE_CASES
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.stats.multiple_imputation import can_be_pooled, pool_limits

POOLED = "Rubin's rules"
WIDEST = "the widest limits of all sets"
_LIMITS = ("estimate", "conf_low", "conf_high")


def find_row(frame: pd.DataFrame, where: Mapping[str, str]) -> Row | None:
    """Return the one row of a frame with these values; None when there is none."""
    chosen = frame[np.logical_and.reduce([frame[name].eq(value) for name, value in where.items()])]
    rows = list_rows(chosen)
    return rows[0] if rows else None


def take_recorded(row: Row) -> Row:
    """Return the estimate of the complete cases as a row beside the pooled one."""
    shared = ("estimate", "conf_low", "conf_high", "conf_level", "n_patients", "n_defects")
    return {
        "analysis": COMPLETE_CASES,
        **{name: row[name] for name in shared},
        "n_events": row["n_events"],
        "p_value": row.get("p_value", np.nan),
        "interval_method": row["interval_method"],
    }


def pool_rows(
    rows: Sequence[Row],
    scale: str,
    freedoms: Sequence[float],
    complete: float,
    conf_level: float,
) -> Row:
    """Pool the rows of one estimate, or give the widest limits where the scale has no place for it.

    Parameters
    ----------
    rows : sequence of dict
        One per completed set, with estimate, limits and counts.
    scale, freedoms, complete, conf_level
        As in `pool_limits`: scale, degrees of freedom of each set, and of complete records.
    """
    values = [np.array([float(row[name]) for row in rows]) for name in _LIMITS]
    if not can_be_pooled(*values, scale=scale):
        return take_widest(rows, len(rows), conf_level)
    pooled = pool_limits(
        *values,
        scale=scale,
        degrees_of_freedom=freedoms,
        complete_degrees_of_freedom=complete,
        conf_level=conf_level,
    )
    is_tested = np.isfinite([float(row.get("p_value", np.nan)) for row in rows]).all()
    return {
        **{name: getattr(pooled, name) for name in _LIMITS},
        **_mean_counts(rows, conf_level),
        "p_value": pooled.p_value if is_tested else np.nan,
        "degrees_of_freedom": pooled.degrees_of_freedom,
        "missing_information": pooled.missing_information,
        "interval_method": POOLED,
    }


def take_widest(rows: Sequence[Row], n_sets: int, conf_level: float) -> Row:
    """Give the mean with the widest limits; no estimate where a set has none or no such group."""
    values = {name: np.array([float(row[name]) for row in rows]) for name in _LIMITS}
    is_open = len(rows) < n_sets or not np.isfinite(values["estimate"]).all()
    has_limits = np.isfinite([*values["conf_low"], *values["conf_high"]]).all()
    method = WIDEST if has_limits else "none: no limits in some sets"
    if len(rows) < n_sets:
        method = f"none: the group occurs in {len(rows)} of {n_sets} sets"
    return {
        "estimate": np.nan if is_open else float(values["estimate"].mean()),
        "conf_low": float(values["conf_low"].min()) if has_limits else np.nan,
        "conf_high": float(values["conf_high"].max()) if has_limits else np.nan,
        **_mean_counts(rows, conf_level),
        "p_value": np.nan,
        "degrees_of_freedom": np.nan,
        "missing_information": np.nan,
        "interval_method": method,
    }


def _mean_counts(rows: Sequence[Row], conf_level: float) -> Row:
    names = ("n_patients", "n_defects", "n_events")
    means = {name: float(np.mean([row[name] for row in rows])) for name in names}
    return {"conf_level": conf_level, **means}
