"""A clinic with measured wear, gaps, extensions and every kind of end, drawn from a seed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from parsoutcomes.cohort.build import build_cohort

START = pd.Timestamp("2023-01-02")
LOCK = pd.Timestamp("2025-06-30")
MONTH = 30.4375


@cache
def draw_brace_clinic(n_patients=60, *, seed=1, log_odds_per_hour=0.0, n_sensor=None):
    """Draw `n_patients` courses; wear by sensor, of every fifth by diary instead."""
    rng = np.random.default_rng(seed)
    tables = {name: [] for name in ("episodes", "defects", "readings", "wear", "events")}
    for number in range(n_patients):
        _draw_course(tables, number, rng, log_odds_per_hour, n_sensor)
    return build_cohort(
        {name: pd.DataFrame(rows) for name, rows in tables.items() if rows}, data_lock=LOCK
    )


def _draw_course(tables, number, rng, slope, n_sensor):
    keys = {"episode_id": f"SECRET{number:03d}-1", "patient_id": f"SECRET{number:03d}"}
    fitted = START + pd.Timedelta(days=int(rng.integers(0, 500)))
    planned = float(rng.choice([3, 6]))
    typical = float(np.clip(rng.normal(16, 4), 5, 23.5))
    length, reason, status = _draw_end(rng, planned)
    ended = pd.NaT if reason is None else fitted + pd.Timedelta(days=length)
    tables["episodes"].append(
        {
            **keys,
            "fitted_date": fitted,
            "prescribed_months": planned if rng.random() > 0.04 else np.nan,
            "prescribed_hours_per_day": 20.0,
            "brace_end_date": ended,
            "brace_end_reason": None if rng.random() < 0.08 else reason,
            "status": status,
            "last_contact_date": fitted + pd.Timedelta(days=length),
        }
    )
    if length > planned * MONTH + 40 and rng.random() < 0.6:
        day = fitted + pd.Timedelta(days=round(planned * MONTH))
        tables["events"].append({**keys, "type": "prescription_extended", "date": day})
    if rng.random() < 0.15 and length > 60:
        for kind, day in (("brace_paused", 30), ("skin", 30), ("brace_resumed", 44)):
            tables["events"].append({**keys, "type": kind, "date": fitted + pd.Timedelta(days=day)})
    if n_sensor is None or number < n_sensor:
        _draw_wear(tables, keys, fitted, length, typical, rng, number)
    _draw_scans(tables, keys, number, typical, rng, slope)


def _draw_end(rng, planned):
    kind = rng.choice(
        ["completed", "united", "extended", "not_tolerated", "lost", "in_brace"],
        p=[0.5, 0.14, 0.16, 0.1, 0.06, 0.04],
    )
    days = planned * MONTH + rng.integers(-10, 20)
    if kind == "united":
        return int(days - 45), "united", "completed"
    if kind == "extended":
        return int(days + rng.integers(45, 100)), "completed", "completed"
    if kind == "not_tolerated":
        return int(rng.integers(15, 50)), "not_tolerated", "withdrawn"
    if kind in {"lost", "in_brace"}:
        return int(days * 0.7), None, str(kind)
    return int(days), "completed", "completed"


def _draw_wear(tables, keys, fitted, length, typical, rng, number):  # noqa: PLR0917
    method = "diary" if number % 5 == 0 else "sensor"
    for first in range(0, length, 30):
        hours = float(np.clip(typical - first / 60 + rng.normal(0, 1), 0.5, 24))
        tables["wear"].append(
            {
                **keys,
                "period_start": fitted + pd.Timedelta(days=first),
                "period_end": fitted + pd.Timedelta(days=min(first + 29, length)),
                "mean_hours_per_day": hours,
                "method": method,
            }
        )


def _draw_scans(tables, keys, number, typical, rng, slope):  # noqa: PLR0917
    shared = rng.normal(0, 0.6)
    for side in ("left", "right")[: 1 + int(rng.random() < 0.5)]:
        pars = {**keys, "defect_id": f"{keys['episode_id']}-{side}"}
        tables["defects"].append({**pars, "level": "L5", "side": side, "stage": "early"})
        for planned, base in ((92, -0.3), (183, 0.0), (365, -1.0)):
            log_odds = base + slope * (typical - 16) + shared
            united = rng.random() < 1 / (1 + np.exp(-log_odds))
            tables["readings"].append(
                {
                    **pars,
                    "days_since_fitting": planned + int(rng.integers(-8, 9)),
                    "modality": "CT",
                    "union_status": "complete" if united else "none",
                }
            )
            if united:
                break
