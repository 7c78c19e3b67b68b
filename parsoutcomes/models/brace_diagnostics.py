"""Whether the weights can be trusted: who followed, how near to 0 or 1 the chances come."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.conventions import LARGE_WEIGHT, NEARLY_CERTAIN
from parsoutcomes.models.brace_clones import MODELS, BraceRows, select_intervals
from parsoutcomes.models.brace_intervals import LEFT_VIEW, STOPPED, WENT_ON
from parsoutcomes.models.incidence import SURGERY, UNION
from parsoutcomes.stats.clone_censor import Clones
from parsoutcomes.stats.pooled_logistic import LogisticBatch
from parsoutcomes.stats.strategy_weights import DepartureModel, effective_n

Floats = NDArray[np.float64]
Fits = Sequence[LogisticBatch | None]


def count_arms(
    data: BraceRows, clones: tuple[Clones, Clones], names: tuple[str, str]
) -> pd.DataFrame:
    """Return what became of the clones of each strategy, in pars, and patients where named."""
    return pd.DataFrame(
        [_count_arm(data.rows, clone, name) for clone, name in zip(clones, names, strict=True)]
    )


def _count_arm(rows: pd.DataFrame, clones: Clones, name: str) -> dict[str, object]:
    follows = clones.follows
    union = rows["union_days"].to_numpy(dtype=np.float64)
    united_before = follows & ~clones.is_decided & (union <= clones.until_days)
    operated = follows & rows["cause"].eq(SURGERY).to_numpy()
    left = follows & ~clones.is_decided & ~united_before
    return {
        "strategy": name,
        "n_clones": len(rows),
        "n_departed_early": int(clones.departed_early.sum()),
        "n_departed_late": int(clones.departed_late.sum()),
        "n_followed": int(follows.sum()),
        "n_patients_followed": int(rows.loc[follows, "patient_id"].nunique()),
        "n_united_before": int(united_before.sum()),
        "n_stopped_in_window": int(clones.is_decided.sum()),
        "n_patients_stopped_in_window": int(rows.loc[clones.is_decided, "patient_id"].nunique()),
        "n_left_view_in_brace": int(left.sum()),
        "n_operated": int(operated.sum()),
        "n_seen_united": int((follows & rows["cause"].eq(UNION).to_numpy()).sum()),
    }


def describe_weights(raw: Floats, cut: Floats, names: tuple[str, str]) -> pd.DataFrame:
    """Return raw, scaled and cut weights of each strategy: mean, smallest, largest, effective n.

    Notes
    -----
    Scaled weights have a mean of 1 among followers. They leave every estimate as it is, since the
    NPMLE depends on ratios of weights alone.
    """
    rows: list[dict[str, object]] = []
    for arm, name in enumerate(names):
        followed = raw[arm] > 0
        kept, truncated = raw[arm][followed], cut[arm][followed]
        for label, weights in (
            ("raw", kept),
            ("scaled to a mean of 1", kept / kept.mean()),
            ("cut", truncated),
        ):
            rows.append(
                {
                    "strategy": name,
                    "weighting": label,
                    "n_defects": len(weights),
                    "mean": float(weights.mean()),
                    "smallest": float(weights.min()),
                    "largest": float(weights.max()),
                    "n_cut": int((truncated < kept).sum()) if label == "cut" else 0,
                    "effective_n": effective_n(weights),
                }
            )
    return pd.DataFrame(rows)


def tabulate_positivity(
    data: BraceRows, models: Sequence[DepartureModel], fits: Fits
) -> pd.DataFrame:
    """Return how near the fitted chances of departing come to certainty, model by model."""
    return pd.DataFrame(
        [
            _positivity(model, fit, select_intervals(data.intervals, phase, event))
            for model, fit, (_, phase, event) in zip(models, fits, MODELS, strict=True)
        ]
    )


def _positivity(
    model: DepartureModel, fit: LogisticBatch | None, part: pd.DataFrame
) -> dict[str, object]:
    n_rows = len(model.departs)
    chance = np.zeros(n_rows) if fit is None else fit.probabilities[0]
    days = (part["end_days"] - part["start_days"]).to_numpy(dtype=np.float64)
    near = {"near_0": chance < NEARLY_CERTAIN, "near_1": chance > 1 - NEARLY_CERTAIN}
    return {
        "model": model.name,
        "n_intervals": n_rows,
        "n_patients": int(np.unique(model.patient).size),
        "n_departed": int(model.departs.sum()),
        "n_columns": len(model.columns) if fit is not None else 0,
        "smallest_chance": float(chance.min()) if n_rows else np.nan,
        "largest_chance": float(chance.max()) if n_rows else np.nan,
        **{
            f"share_{name}": float(mask.mean()) if n_rows else np.nan for name, mask in near.items()
        },
        **{
            f"share_of_days_{name}": float(days[mask].sum() / days.sum()) if days.sum() else np.nan
            for name, mask in near.items()
        },
        "is_fitted": fit is not None,
        "is_penalised": bool(fit is not None and fit.is_penalised[0]),
    }


def list_patterns(data: BraceRows) -> pd.DataFrame:
    """Return the levels, one term at a time, at which nobody or everybody went on past a window."""
    rows: list[dict[str, object]] = []
    for name, phase, event in MODELS:
        part = select_intervals(data.intervals, phase, event)
        if event != WENT_ON or part["ended_by"].nunique() < 2:
            continue
        known = data.baseline.levels.reindex(part["episode_id"]).set_index(part.index)
        levels = known.assign(last_reading=part["last_reading"])
        for term in levels.columns:
            rows += _one_sided(name, str(term), levels[term], part["ended_by"])
    columns = ["model", "term", "level", "n_intervals", "n_stopped", "n_went_on"]
    return pd.DataFrame(rows, columns=columns)


def _one_sided(
    model: str, term: str, levels: pd.Series, ended_by: pd.Series
) -> list[dict[str, object]]:
    counts = pd.crosstab(levels, ended_by).reindex(columns=[STOPPED, WENT_ON], fill_value=0)
    return [
        {
            "model": model,
            "term": term,
            "level": str(level),
            "n_intervals": int(row.sum()),
            "n_stopped": int(row[STOPPED]),
            "n_went_on": int(row[WENT_ON]),
        }
        for level, row in counts.iterrows()
        if row.min() == 0
    ]


def tabulate_coefficients(models: Sequence[DepartureModel], fits: Fits) -> pd.DataFrame:
    """Return the log odds of departing, one row per column of each model that was fitted."""
    parts = [
        pd.DataFrame(
            {
                "model": model.name,
                "column": model.columns,
                "coefficient": fit.coefficients[0],
                "is_penalised": bool(fit.is_penalised[0]),
            }
        )
        for model, fit in zip(models, fits, strict=True)
        if fit is not None
    ]
    empty = pd.DataFrame(columns=["model", "column", "coefficient", "is_penalised"])
    return pd.concat(parts, ignore_index=True) if parts else empty


def caution_models(
    data: BraceRows, models: Sequence[DepartureModel], fits: Fits, raw: Floats
) -> tuple[str, ...]:
    """Say in words what the weights rest on, and where they rest on little."""
    penalised = [
        model.name
        for model, fit in zip(models, fits, strict=True)
        if fit is not None and fit.is_penalised[0]
    ]
    timeline, largest = data.timeline, raw.max()
    n_lost = int(data.intervals["ended_by"].eq(LEFT_VIEW).sum())
    n_one_sided = len(list_patterns(data))
    texts = {
        f"the chance to {' and to '.join(penalised)} was estimated with a ridge penalty, since the "
        "records separate who did from who did not, or too few did": len(penalised),
        f"levels of a term at which everybody, or nobody, went on past a window: {n_one_sided}"
        "; for these the estimate rests on the model alone": n_one_sided,
        "brace off in a month or year of which the day is not recorded, and counted in the middle "
        f"of it: {_patients(timeline.n_by_month)}": timeline.n_by_month,
        "still in the brace by their records, which counts as worn until data lock: "
        f"{_patients(timeline.n_ongoing)}": timeline.n_ongoing,
        "left view without an end of brace, which counts as worn until last heard of: "
        f"{_patients(timeline.n_left_view)}": timeline.n_left_view,
        "operated on in the brace, so that their pars are censored then, as if surgery told "
        f"nothing of union: {_patients(timeline.n_operated)}": timeline.n_operated,
        "left view or operated on before their strategies parted, so that they count in both until "
        f"then: {_patients(n_lost)}": n_lost,
        f"one clone stands for {largest:.0f} before weights are cut: what it did moves the "
        "estimate": largest > LARGE_WEIGHT,
    }
    always = (
        "whoever decided may have known more than the records tell (pain, sport, the scan itself); "
        "no weight can mend that, and an E-value (vary_brace_durations) says how strong it must be",
    )
    return (*(text for text, n in texts.items() if n), *always)


def _patients(n: int) -> str:
    return f"{n} {'patient' if n == 1 else 'patients'}"
