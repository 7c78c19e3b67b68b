"""Union and surgery together, beside the familiar right-censored curves."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import (
    CONF_LEVEL,
    DAYS_PER_MONTH,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    MILESTONES_MONTHS,
    MIN_DISCORDANT_PATIENTS,
    N_RESAMPLES,
    PLANNED_VISITS_MONTHS,
    SEED,
    Definition,
    GroupBy,
    Unit,
)
from parsoutcomes.errors import require_fraction
from parsoutcomes.models.competing_differences import tabulate_differences
from parsoutcomes.models.familiar_times import (
    NO_LIMITS,
    count_known,
    exact_limits,
    take_familiar_times,
)
from parsoutcomes.models.incidence import (
    NEGLIGIBLE,
    SURGERY,
    UNION,
    GroupIncidence,
    fit_group,
    tabulate_incidence,
)
from parsoutcomes.models.time_to_union import (
    CITATIONS,
    LIMITS,
    caution_groups,
    describe_limits,
    stack_groups,
)
from parsoutcomes.models.units import count_cautions, label_groups, order_groups, select_units
from parsoutcomes.results.base import Citation
from parsoutcomes.results.competing_risks import (
    BETWEEN,
    FIRST_SCAN,
    MIDPOINT,
    CompetingRisks,
    write_competing_finding,
    write_competing_title,
)
from parsoutcomes.results.rates import BEYOND_SCANS
from parsoutcomes.stats.aalen_johansen import estimate_cumulative_incidence
from parsoutcomes.stats.aalen_johansen_batch import estimate_incidence_batch
from parsoutcomes.stats.resampling import patient_weights, percentile_interval

ON_EFFECTIVE_N = "Clopper-Pearson on the effective n"
RESAMPLED = "percentile bootstrap over patients"
EVENTS = {UNION: "union", SURGERY: "surgery"}
AALEN_JOHANSEN = Citation(text="Aalen OO, Johansen S. Scand J Stat 1978;5:141-150.")
METHOD = (
    "Joint nonparametric maximum likelihood of union, seen only at scans, and surgery; {scans}. "
    "{limits}. Beside it, for display, right-censored Aalen-Johansen on exact days with ties as "
    "they are: union on the day of the first united scan, or half-way from the scan before, "
    "follow-up to the last scan; its limits are percentiles of resampled patients, or "
    "Clopper-Pearson on the effective n when fewer than 3 patients show the rarer outcome. Groups: "
    "for union their intervals squared and added (Zou and Donner), as in compare_time_to_union; "
    "for surgery a Bayesian bootstrap over patients, unless few show it."
)


@public(made_by="load_records")
def estimate_competing_risks(
    cohort: Cohort,
    *,
    by: GroupBy | None = None,
    unit: Unit = "defect",
    definition: Definition = "complete",
    visits_months: tuple[float, ...] | None = PLANNED_VISITS_MONTHS,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> CompetingRisks:
    """Estimate what share had united, and what share had surgery first, by each month.

    Not the effect of surgery, and not what union would be without it. The familiar curves beside
    it are there to show their bias, not to be quoted.

    Parameters
    ----------
    cohort : Cohort
        Any cohort with at least one target pars.
    by, unit, definition, visits_months
        As in `estimate_time_to_union`.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        Resamples of whole patients.

    Returns
    -------
    CompetingRisks
        `to_frame()`: `cumulative_union`, `cumulative_surgery` and `neither` at the milestones,
        proportions; `neither` has no limits of its own. Beside it `curve`, `familiar`, `bias` and,
        with groups, `differences`.

    Raises
    ------
    EstimationError
        When there is no target pars.
    ArgumentError
        When an argument is not known.

    Notes
    -----
    Joint NPMLE of Hudgens, Satten and Longini; its right-censored limit is Aalen-Johansen. In
    `bias`, "between scans" is the estimate of `to_frame()`; the two others take exact days, as a
    plain analysis does, so a scan a few days after a milestone counts later. Standard errors of
    `familiar` are the infinitesimal jackknife, as if rows were independent. Differences between
    groups have the limits of `compare_time_to_union` for union (Zou and Donner). Those for surgery
    are from resamples of whole patients over all groups together (smooth positive weights, so that
    no group is lost), or Zou and Donner's where a group shows too few operations; none for groups
    under 10 pars or 5 patients.

    References
    ----------
    Hudgens MG, Satten GA, Longini IM. Biometrics 2001;57:74-80.
    doi:10.1111/j.0006-341X.2001.00074.x
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-150.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(6)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...                          "fitted_date": pd.Timestamp("2024-01-01")})
    >>> defects = episodes[["episode_id", "patient_id"]].assign(defect_id=people, stage="early")
    >>> readings = defects[["episode_id", "patient_id", "defect_id"]].assign(
    ...     scan_date=pd.Timestamp("2024-07-04"), modality="CT",
    ...     union_status=["complete"] * 4 + ["none"] * 2)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings))
    >>> bias = estimate_competing_risks(cohort, n_resamples=200).bias.query("months == 6")
    >>> bias[["approach", "estimate"]].round(3).to_numpy().tolist()
    [['between scans', 0.667], ['mid-point', 0.667], ['first united scan', 0.0]]
    """
    require_fraction("conf_level", conf_level)
    select = partial(
        select_units,
        cohort,
        unit=unit,
        definition=definition,
        horizon_months=HORIZON_MONTHS,
        grace_months=GRACE_MONTHS,
    )
    rows, exclusions = select(visits_months=visits_months)
    groups = label_groups(rows, by, unit)
    options: dict[str, Any] = {"conf_level": conf_level, "n_resamples": n_resamples, "seed": seed}
    options["is_at_visits"] = visits_months is not None
    names = order_groups(groups)
    fitted = {name: fit_group(rows[groups.eq(name)], **options) for name in names}
    exact, _ = select(visits_months=None)
    tables = _tabulate(groups, fitted, {name: exact[groups.eq(name)] for name in names})
    said: dict[str, Any] = {
        "by": by,
        "unit": unit,
        "definition": definition,
        "horizon_months": HORIZON_MONTHS,
    }
    return CompetingRisks(
        title=write_competing_title(unit, definition, by),
        finding=write_competing_finding(tables["frame"], tables["bias"], **said),
        method=METHOD.format(**describe_limits(visits_months)),
        unit=unit,
        definition=definition,
        exclusions=exclusions,
        cautions=(*caution_groups(rows, groups), *count_cautions(rows)),
        citations=(*CITATIONS, AALEN_JOHANSEN),
        by=by,
        data_lock=cohort.data_lock,
        **tables,
    )


def _tabulate(
    groups: pd.Series, fitted: dict[str, GroupIncidence], on_days: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    column = str(groups.name)
    stack = partial(stack_groups, column)
    has_groups = column != "group"
    return {
        "frame": stack({name: _milestones(group) for name, group in fitted.items()}),
        "curve": stack({name: _curves(group) for name, group in fitted.items()}),
        "familiar": stack({name: _familiar(part) for name, part in on_days.items()}),
        "bias": stack({name: _bias(group, on_days[name]) for name, group in fitted.items()}),
        "differences": tabulate_differences(column, fitted) if has_groups else pd.DataFrame(),
    }


def _milestones(group: GroupIncidence) -> pd.DataFrame:
    days = np.asarray(MILESTONES_MONTHS) * DAYS_PER_MONTH
    parts = [
        _named(tabulate_incidence(group, days, cause), f"cumulative_{event}", group)
        for cause, event in EVENTS.items()
    ]
    return pd.concat([*parts, _neither(*parts)], ignore_index=True)


def _named(table: pd.DataFrame, measure: str, group: GroupIncidence) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "months": MILESTONES_MONTHS,
            "measure": measure,
            **{name: table[name] for name in ("estimate", "conf_low", "conf_high")},
            "conf_level": group.conf_level,
            "n_patients": group.rows["patient_id"].nunique(),
            "n_defects": int(group.rows["n_defects"].sum()),
            "n_events": table["n_events"],
            "estimate_low": table["union_low"],
            "estimate_high": table["union_high"],
            "band_low": table["band_low"],
            "band_high": table["band_high"],
            "left_open": table["left_open"],
            "interval_method": table["interval_method"],
        }
    )


def _neither(union: pd.DataFrame, surgery: pd.DataFrame) -> pd.DataFrame:
    left_open = union["left_open"].where(union["left_open"].ne(""), surgery["left_open"])
    limits = dict.fromkeys(LIMITS, np.nan)
    n_units = union["n_events"] * 0
    return union.assign(
        measure="neither",
        estimate=1 - union["estimate"] - surgery["estimate"],
        estimate_low=(1 - union["estimate_high"] - surgery["estimate_high"]).clip(lower=0),
        estimate_high=1 - union["estimate_low"] - surgery["estimate_low"],
        n_events=n_units,
        left_open=left_open,
        interval_method="none: what the other two leave",
        **limits,
    )


def _curves(group: GroupIncidence) -> pd.DataFrame:
    return pd.concat([_curve(group, cause) for cause in EVENTS], ignore_index=True)


def _curve(group: GroupIncidence, cause: int) -> pd.DataFrame:
    boxes = group.fit.union if cause == UNION else group.fit.surgery
    kept = boxes.mass > NEGLIGIBLE
    after = np.cumsum(boxes.mass[kept])
    limits = {name: np.empty(0) for name in LIMITS}
    if kept.any():
        found = tabulate_incidence(group, boxes.right[kept], cause)
        limits = {name: found[name].to_numpy() for name in LIMITS}
    return pd.DataFrame(
        {
            "event": EVENTS[cause],
            "left_days": boxes.left[kept],
            "right_days": boxes.right[kept],
            "incidence_before": after - boxes.mass[kept],
            "incidence_after": after,
            **limits,
        }
    )


def _familiar(rows: pd.DataFrame) -> pd.DataFrame:
    parts = [
        _familiar_curve(rows, approach, cause)
        for approach in (MIDPOINT, FIRST_SCAN)
        for cause in EVENTS
    ]
    return pd.concat(parts, ignore_index=True)


def _familiar_curve(rows: pd.DataFrame, approach: str, cause: int) -> pd.DataFrame:
    days, causes = take_familiar_times(rows, approach)
    curve = estimate_cumulative_incidence(days, causes, cause=cause)
    begins = np.array([0.0]) if curve.times[0] > 0 else np.empty(0)
    return pd.DataFrame(
        {
            "event": EVENTS[cause],
            "approach": approach,
            "days": np.concatenate([begins, curve.times]),
            "incidence": np.concatenate([begins, curve.incidence]),
            "standard_error": np.concatenate([begins, curve.standard_error]),
        }
    )


def _bias(group: GroupIncidence, exact: pd.DataFrame) -> pd.DataFrame:
    days = np.asarray(MILESTONES_MONTHS) * DAYS_PER_MONTH
    between = _named(tabulate_incidence(group, days), "cumulative_union", group)
    parts = [
        between.assign(approach=BETWEEN),
        *(_familiar_bias(group, exact, between, approach) for approach in (MIDPOINT, FIRST_SCAN)),
    ]
    return pd.concat(
        [part.assign(difference=part["estimate"] - between["estimate"]) for part in parts],
        ignore_index=True,
    ).drop(columns=["band_low", "band_high"])


def _familiar_bias(
    group: GroupIncidence, exact: pd.DataFrame, between: pd.DataFrame, approach: str
) -> pd.DataFrame:
    days, causes = take_familiar_times(exact, approach)
    at = np.asarray(MILESTONES_MONTHS) * DAYS_PER_MONTH
    ids = exact["patient_id"].to_numpy(str)
    weights = patient_weights(ids, group.n_resamples, seed=group.seed)
    estimate, _ = estimate_cumulative_incidence(days, causes, cause=UNION).incidence_at(at)
    draws = estimate_incidence_batch(days, causes, weights, at, cause=UNION)
    low, high = percentile_interval(draws, conf_level=group.conf_level)
    counts = [count_known(days, causes, ids, float(day)) for day in at]
    few = np.array(
        [min(n_with, n_without) < MIN_DISCORDANT_PATIENTS for n_with, n_without, _ in counts]
    )
    for row in np.flatnonzero(few):
        low[row], high[row] = exact_limits(estimate[row], counts[row][2], group.conf_level)
    is_beyond = (at > days.max()) & bool((causes[days == days.max()] == 0).any())
    known = np.where(is_beyond, np.nan, 1.0)
    return between.assign(
        approach=approach,
        estimate=known * estimate,
        conf_low=known * low,
        conf_high=known * high,
        estimate_low=known * estimate,
        estimate_high=known * estimate,
        n_events=[int(((causes == UNION) & (days <= day)).sum()) for day in at],
        left_open=np.where(is_beyond, BEYOND_SCANS, ""),
        interval_method=np.select([is_beyond, few], [NO_LIMITS, ON_EFFECTIVE_N], RESAMPLED),
    )
