"""Differences between groups in union, and in surgery from resampled patients."""

from __future__ import annotations

import numpy as np
import pandas as pd

from parsoutcomes.conventions import DAYS_PER_MONTH, MILESTONES_MONTHS, REFERENCE_LEVELS
from parsoutcomes.models.incidence import (
    AT_VISITS,
    METHOD_LABELS,
    SURGERY,
    UNION,
    Floats,
    GroupIncidence,
    as_arrays,
    known_status,
    tabulate_incidence,
)
from parsoutcomes.models.time_to_union import is_scanned
from parsoutcomes.models.units import NOT_RECORDED
from parsoutcomes.results.rates import is_few
from parsoutcomes.stats.npmle_competing import fit_npmle_competing_batch
from parsoutcomes.stats.npmle_contrasts import compare_incidence
from parsoutcomes.stats.resampling import bayesian_patient_weights, percentile_interval

RESAMPLED = "Bayesian bootstrap over patients"
SQUARED = "Zou and Donner: the intervals of the groups, squared and added"
MEASURES = {UNION: "union_difference", SURGERY: "surgery_difference"}


def tabulate_differences(column: str, fitted: dict[str, GroupIncidence]) -> pd.DataFrame:
    """Give each group less the reference at the milestones, for union and for surgery.

    Limits for union are those of `compare_time_to_union`; for surgery, which is rarer, percentiles
    of resampled patients, which are narrower and cover what they say
    (`benchmarks/compare_difference_intervals.py`), unless few show it.

    Returns
    -------
    pandas.DataFrame
        As in `CompetingRisks`; empty when fewer than two groups are large enough.
    """
    large = {name: one for name, one in fitted.items() if is_large(name, one.rows)}
    if len(large) < 2:
        return pd.DataFrame()
    reference = choose_reference(column, large)
    draws = _draw(large)
    return pd.DataFrame(
        {column: name, "reference": reference, **row}
        for name in large
        if name != reference
        for cause in MEASURES
        for row in _differences(large, draws, (name, reference), cause)
    )


def is_large(name: str, rows: pd.DataFrame) -> bool:
    """Say whether a group is named and has enough scanned pars and patients to be compared."""
    told = rows[is_scanned(rows)]
    counts = pd.DataFrame(
        {"n_defects": [told["n_defects"].sum()], "n_patients": [told["patient_id"].nunique()]}
    )
    return name != NOT_RECORDED and not bool(is_few(counts).item())


def choose_reference(column: str, fitted: dict[str, GroupIncidence]) -> str:
    """Return the usual reference of a column, or its largest group."""
    usual = REFERENCE_LEVELS.get(column, "")
    if usual in fitted or not fitted:
        return usual
    return max(fitted, key=lambda name: len(fitted[name].rows))


def _draw(fitted: dict[str, GroupIncidence]) -> dict[str, dict[int, Floats]]:
    """Return, per group and cause, incidence at the milestones in each resample of patients."""
    first = next(iter(fitted.values()))
    together = pd.concat([one.rows for one in fitted.values()])
    weights = bayesian_patient_weights(
        together["patient_id"].to_numpy(str), first.n_resamples, seed=first.seed
    )
    days = np.asarray(MILESTONES_MONTHS) * DAYS_PER_MONTH
    ends = np.cumsum([0, *(len(one.rows) for one in fitted.values())])
    draws: dict[str, dict[int, Floats]] = {}
    for position, (name, one) in enumerate(fitted.items()):
        ours = weights[:, ends[position] : ends[position + 1]]
        batch = fit_npmle_competing_batch(*as_arrays(one.rows), ours)
        draws[name] = {
            cause: np.mean(batch.incidence_at(days, cause), axis=0) for cause in MEASURES
        }
    return draws


def _differences(
    fitted: dict[str, GroupIncidence],
    draws: dict[str, dict[int, Floats]],
    pair: tuple[str, str],
    cause: int,
) -> list[dict[str, object]]:
    days = np.asarray(MILESTONES_MONTHS) * DAYS_PER_MONTH
    group, reference = (fitted[name] for name in pair)
    ours, theirs = (tabulate_incidence(one, days, cause) for one in (group, reference))
    squared = compare_incidence(*(one.intervals_at(days, cause) for one in (group, reference)))
    low, high = percentile_interval(
        draws[pair[0]][cause] - draws[pair[1]][cause], conf_level=group.conf_level
    )
    both = pd.concat([group.rows, reference.rows])
    rows: list[dict[str, object]] = []
    for k, months in enumerate(MILESTONES_MONTHS):
        one, other = ours.iloc[k], theirs.iloc[k]
        left_open = one["left_open"] or other["left_open"]
        regular = {one["interval_method"], other["interval_method"]} == {METHOD_LABELS[AT_VISITS]}
        resampled = regular and cause == SURGERY
        limits = (low[k], high[k]) if resampled else (squared.conf_low[k], squared.conf_high[k])
        known = np.nan if left_open else 1.0
        rows.append(
            {
                "months": months,
                "measure": MEASURES[cause],
                "estimate": known * squared.difference[k],
                "conf_low": known * limits[0],
                "conf_high": known * limits[1],
                "conf_level": group.conf_level,
                "n_patients": int(both["patient_id"].nunique()),
                "n_defects": int(both["n_defects"].sum()),
                "n_events": int(known_status(both, months * DAYS_PER_MONTH, cause).sum()),
                "left_open": left_open,
                "interval_method": RESAMPLED if resampled else SQUARED,
            }
        )
    return rows
