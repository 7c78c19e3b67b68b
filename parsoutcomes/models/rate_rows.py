"""The rows of a table of union rates: headline, known status and bounds of each group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.conventions import CONF_LEVEL, MIN_PATIENTS_FOR_ICC, N_RESAMPLES, SEED, Unit
from parsoutcomes.models.incidence import fit_group, tabulate_incidence
from parsoutcomes.models.units import order_groups
from parsoutcomes.results.rates import NOBODY_DUE
from parsoutcomes.stats.proportions import (
    clopper_pearson_interval,
    clustered_interval,
    jeffreys_interval,
    mid_p_interval,
    wilson_interval,
)

MEASURES = (
    "union_npmle",
    "union_known_status",
    "bound_unknown_not_united",
    "bound_unknown_united",
)
WITHHELD = {
    **dict.fromkeys(("estimate", "conf_low", "conf_high", "union_low", "union_high"), np.nan),
    "left_open": NOBODY_DUE,
    "interval_method": "none: nobody was due at the horizon",
}
PATIENT_INTERVALS: Final = {
    "wilson": wilson_interval,
    "clopper_pearson": clopper_pearson_interval,
    "mid_p": mid_p_interval,
    "jeffreys": jeffreys_interval,
}


@dataclass(frozen=True, kw_only=True)
class RateOptions:
    """What every group of a table of rates is estimated with."""

    unit: Unit
    horizon_days: float
    conf_level: float = CONF_LEVEL
    n_resamples: int = N_RESAMPLES
    seed: int = SEED
    patient_interval: str = "wilson"


def tabulate_rates(rows: pd.DataFrame, groups: pd.Series, options: RateOptions) -> pd.DataFrame:
    """Estimate union in each group of the rows of `select_units`.

    Returns
    -------
    pandas.DataFrame
        As in `UnionRates`, groups in clinical order.
    """
    return pd.DataFrame(
        {str(groups.name): name, **row}
        for name in order_groups(groups)
        for row in _estimate_group(rows[groups.eq(name)], options)
    )


def select_known(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep those due at the horizon, or perhaps due, whose status is known."""
    due = rows[rows["is_due"].fillna(True).astype(bool)]
    return due[due["status"].ne("unknown")]


def _estimate_group(rows: pd.DataFrame, options: RateOptions) -> Iterator[dict[str, object]]:
    due = rows[rows["is_due"].fillna(True).astype(bool)]
    known = select_known(rows)
    n_unknown = len(due) - len(known)
    shared = {
        "n_unknown": n_unknown,
        "n_not_due": len(rows) - len(due),
        "conf_level": options.conf_level,
    }
    group = fit_group(
        rows,
        conf_level=options.conf_level,
        n_resamples=options.n_resamples,
        seed=options.seed,
    )
    npmle = tabulate_incidence(group, [options.horizon_days]).iloc[0]
    withheld = {} if len(due) else WITHHELD
    yield _row("union_npmle", rows, {**dict(npmle), **shared, **withheld})
    yield _row("union_known_status", known, {**shared, **_known_rate(known, options)})
    n_united = int(known["status"].eq("united").sum())
    for measure, n_more in zip(MEASURES[2:], (0, n_unknown), strict=True):
        bound = (n_united + n_more) / len(due) if len(due) else np.nan
        counts = {"estimate": bound, "n_events": n_united + n_more}
        yield _row(measure, due, {**shared, **counts, "interval_method": "none: a bound"})


def _row(measure: str, rows: pd.DataFrame, values: dict[str, object]) -> dict[str, object]:
    return {
        "measure": measure,
        "estimate": values["estimate"],
        "conf_low": values.get("conf_low", np.nan),
        "conf_high": values.get("conf_high", np.nan),
        "conf_level": values["conf_level"],
        "n_patients": int(rows["patient_id"].nunique()),
        "n_defects": int(rows["n_defects"].sum()),
        "n_events": int(str(values["n_events"])),
        "n_unknown": values["n_unknown"],
        "n_not_due": values["n_not_due"],
        "icc": values.get("icc", np.nan),
        "design_effect": values.get("design_effect", np.nan),
        "union_low": values.get("union_low", np.nan),
        "union_high": values.get("union_high", np.nan),
        "left_open": values.get("left_open", ""),
        "interval_method": values["interval_method"],
    }


def _known_rate(known: pd.DataFrame, options: RateOptions) -> dict[str, object]:
    united = known["status"].eq("united").to_numpy()
    if known.empty:
        return {
            "estimate": np.nan,
            "n_events": 0,
            "interval_method": "none: nobody's status is known",
        }
    if options.unit == "patient":
        estimate = PATIENT_INTERVALS[options.patient_interval]
        share = estimate(int(united.sum()), len(united), conf_level=options.conf_level)
        return _limits(share, n_events=int(united.sum()), interval_method=share.method)
    clustered = clustered_interval(
        united, known["patient_id"].to_numpy(str), conf_level=options.conf_level
    )
    return _limits(
        clustered,
        n_events=clustered.n_events,
        icc=clustered.icc if _tells_correlation(known) else np.nan,
        design_effect=clustered.design_effect,
        interval_method=clustered.method,
    )


def _tells_correlation(known: pd.DataFrame) -> bool:
    return int(known["patient_id"].value_counts().gt(1).sum()) >= MIN_PATIENTS_FOR_ICC


def _limits(estimate: object, **values: object) -> dict[str, object]:
    names = ("estimate", "conf_low", "conf_high")
    return {**{name: getattr(estimate, name) for name in names}, **values}
