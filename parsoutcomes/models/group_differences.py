"""Whether groups differ in time to union, and by how much."""

from __future__ import annotations

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
    N_RESAMPLES,
    PLANNED_VISITS_MONTHS,
    SEED,
    Definition,
    GroupBy,
    GroupTest,
    Unit,
)
from parsoutcomes.errors import require_choice, require_fraction
from parsoutcomes.models.competing_differences import choose_reference, is_large
from parsoutcomes.models.group_test import caution_sandwich, choose_test, run_group_test
from parsoutcomes.models.incidence import (
    GroupIncidence,
    as_arrays,
    find_restricted_mean,
    fit_group,
    known_status,
    tabulate_incidence,
)
from parsoutcomes.models.schedules import tabulate_schedules
from parsoutcomes.models.time_to_union import RESTRICTED_MONTHS, estimate_time_to_union
from parsoutcomes.models.units import NOT_RECORDED, label_groups, order_groups, select_units
from parsoutcomes.results.base import Citation, Exclusion
from parsoutcomes.results.group_differences import (
    GroupDifferences,
    write_differences_finding,
    write_differences_title,
)
from parsoutcomes.results.rates import BEYOND_SCANS
from parsoutcomes.stats.npmle_contrasts import (
    BoundedEstimate,
    compare_incidence,
    estimate_restricted_mean,
)

METHOD = (
    "Differences of cumulative union from the competing-event curves, by squaring and adding their "
    "intervals (Zou and Donner) with the correlation of patients in both groups; difference in "
    "mean months un-united with union spread evenly between the scans that bracket it. Test over "
    "all times: Sun's score from the pooled curve, surgery as end of follow-up; {why}."
)
CITATIONS = (
    Citation(text="Zou GY, Donner A. Stat Med 2008;27:1693-1702.", doi="10.1002/sim.3095"),
    Citation(text="Sun J. Stat Med 1996;15:1387-1395."),
)


@public(made_by="load_records")
def compare_time_to_union(
    cohort: Cohort,
    by: GroupBy,
    *,
    reference: str | None = None,
    unit: Unit = "defect",
    definition: Definition = "complete",
    visits_months: tuple[float, ...] | None = PLANNED_VISITS_MONTHS,
    test: GroupTest = "auto",
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> GroupDifferences:
    """Estimate how far groups of fractures differ in union over time, and test whether they do.

    Not for months of brace received, and with caution for months prescribed: those prescribed more
    had worse fractures. A difference between groups is not the effect of what defines them.

    Parameters
    ----------
    cohort : Cohort
        Any cohort with at least one target pars.
    by : str
        As in `estimate_union_rates`.
    reference : str, optional
        The group that others are compared with; default as in `conventions.REFERENCE_LEVELS`, or
        the largest.
    unit, definition, visits_months
        As in `estimate_time_to_union`.
    test : {"auto", "permutation", "sandwich"}
        "auto" permutes whole patients when each is in one group and groups were scanned alike.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        Of the permutation, and as in `estimate_time_to_union`.

    Returns
    -------
    GroupDifferences
        `to_frame()`: `union_difference` at 3, 6, 9 and 12 months (proportions) and
        `mean_months_difference` to 6 and 12 months, each group less the reference. Beside it
        `test`, `test_why`, `scores`, `schedules` and `curves`.

    Raises
    ------
    EstimationError
        When there is no target pars.
    ArgumentError
        When an argument is not known, or patients in several groups are to be permuted.

    Notes
    -----
    Groups under 10 pars or 5 patients that were scanned are neither compared nor tested; nor are
    rows whose group is not recorded. Groups count as scanned alike when their scans per year, until
    union, differ by a factor of at most 1.25. The restricted mean spreads union evenly between
    scans, an assumption; `difference_low` and `difference_high` hold without it. Its limits add
    those of the groups as if no patient were in both, which is cautious.

    References
    ----------
    Zou GY, Donner A. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095
    Sun J. Stat Med 1996;15:1387-1395.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n:02}" for n in range(24)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...                          "fitted_date": pd.Timestamp("2024-01-01")})
    >>> defects = episodes[["episode_id", "patient_id"]].assign(
    ...     defect_id=people, stage=["early", "progressive"] * 12)
    >>> readings = defects[["episode_id", "patient_id", "defect_id"]].assign(
    ...     scan_date=pd.Timestamp("2024-07-01"), modality="CT",
    ...     union_status=["complete", "none", "complete", "complete", "none", "none"] * 4)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings))
    >>> found = compare_time_to_union(cohort, "stage", n_resamples=200)
    >>> frame = found.to_frame().query("measure == 'union_difference' and months == 6")
    >>> frame[["stage", "reference", "estimate"]].round(3).to_numpy().tolist()
    [['progressive', 'early', -0.333]]
    >>> found.test["test_method"].item()
    'permutation'
    """
    require_fraction("conf_level", conf_level)
    require_choice("test", test, ("auto", "permutation", "sandwich"))
    options: dict[str, Any] = {"conf_level": conf_level, "n_resamples": n_resamples, "seed": seed}
    which: dict[str, Any] = {"unit": unit, "definition": definition}
    curves = estimate_time_to_union(cohort, by=by, visits_months=visits_months, **which, **options)
    rows, _ = select_units(
        cohort,
        horizon_months=HORIZON_MONTHS,
        grace_months=GRACE_MONTHS,
        visits_months=visits_months,
        **which,
    )
    groups = label_groups(rows, by, unit)
    large = [name for name in order_groups(groups) if is_large(name, rows[groups.eq(name)])]
    compared, labels = rows[groups.isin(large)], groups[groups.isin(large)]
    options["is_at_visits"] = visits_months is not None
    fitted = {name: fit_group(rows[groups.eq(name)], **options) for name in large}
    frame = tabulate_group_differences(by, fitted, _require_reference(by, fitted, reference))
    schedules = tabulate_schedules(cohort, compared, labels, **which)
    chosen = choose_test(test, compared, labels, schedules)
    tested = run_group_test(compared, labels, test=chosen, n_resamples=n_resamples, seed=seed)
    return GroupDifferences(
        title=write_differences_title(unit, definition, by),
        finding=write_differences_finding(
            frame, tested.test, by=by, horizon_months=HORIZON_MONTHS, **which
        ),
        method=METHOD.format(why=tested.test_why),
        frame=frame,
        exclusions=(*curves.exclusions, *_count_not_compared(rows, groups, large)),
        cautions=(*curves.cautions, *caution_sandwich(tested, compared)),
        citations=(*curves.citations, *CITATIONS),
        by=by,
        schedules=schedules,
        curves=curves,
        **which,
        **tested.__dict__,
    )


def _require_reference(by: str, fitted: dict[str, GroupIncidence], reference: str | None) -> str:
    if reference is None or not fitted:
        return choose_reference(by, fitted)
    return require_choice("reference", reference, tuple(fitted))


def tabulate_group_differences(
    by: str, fitted: dict[str, GroupIncidence], reference: str
) -> pd.DataFrame:
    """Give each group less the reference: union at the milestones, mean months un-united."""
    others = [name for name in fitted if name != reference]
    parts = [
        {by: name, "reference": reference, **row}
        for name in others
        for row in _differences(fitted[name], fitted[reference])
    ]
    return pd.DataFrame(parts)


def _differences(
    group: GroupIncidence, reference: GroupIncidence
) -> list[dict[str, float | int | str]]:
    return [
        *_union_differences(group, reference),
        *(_mean_difference(group, reference, months) for months in RESTRICTED_MONTHS),
    ]


def _union_differences(
    group: GroupIncidence, reference: GroupIncidence
) -> list[dict[str, float | int | str]]:
    days = np.asarray(MILESTONES_MONTHS) * DAYS_PER_MONTH
    ours, theirs = (tabulate_incidence(one, days) for one in (group, reference))
    found = compare_incidence(group.intervals_at(days), reference.intervals_at(days))
    rows = []
    for position, months in enumerate(MILESTONES_MONTHS):
        one, other = ours.iloc[position], theirs.iloc[position]
        left_open = one["left_open"] or other["left_open"]
        known = np.nan if left_open else 1.0
        rows.append(
            {
                "months": months,
                "measure": "union_difference",
                "estimate": known * float(found.difference[position]),
                "conf_low": known * float(found.conf_low[position]),
                "conf_high": known * float(found.conf_high[position]),
                **_counts(group, reference, months),
                "difference_low": one["union_low"] - other["union_high"],
                "difference_high": one["union_high"] - other["union_low"],
                "left_open": left_open,
            }
        )
    return rows


def _mean_difference(
    group: GroupIncidence, reference: GroupIncidence, months: float
) -> dict[str, float | int | str]:
    horizon = months * DAYS_PER_MONTH
    ours, theirs = (_spread_evenly(one, horizon) for one in (group, reference))
    ranges = [find_restricted_mean(one, horizon) for one in (group, reference)]
    is_beyond = any(horizon > one.fit.union.open_left for one in (group, reference))
    known = np.nan if is_beyond else 1.0
    difference = ours.low - theirs.low
    below = np.hypot(ours.low - ours.conf_low, theirs.conf_high - theirs.low)
    above = np.hypot(ours.conf_high - ours.low, theirs.low - theirs.conf_low)
    in_months = known / DAYS_PER_MONTH
    return {
        "months": months,
        "measure": "mean_months_difference",
        "estimate": in_months * difference,
        "conf_low": in_months * (difference - below),
        "conf_high": in_months * (difference + above),
        **_counts(group, reference, months),
        "difference_low": (ranges[0].low - ranges[1].high) / DAYS_PER_MONTH,
        "difference_high": (ranges[0].high - ranges[1].low) / DAYS_PER_MONTH,
        "left_open": BEYOND_SCANS if is_beyond else "",
    }


def _spread_evenly(group: GroupIncidence, horizon_days: float) -> BoundedEstimate:
    """Return the mean with union spread evenly; limits of the range where no variance will do."""
    mean = estimate_restricted_mean(
        *as_arrays(group.rows),
        group.rows["patient_id"].to_numpy(str),
        horizon_days,
        placed="evenly",
        conf_level=group.conf_level,
    )
    if group.intervals_at([horizon_days]).methods[0] == "effective_n":
        return mean
    wide = find_restricted_mean(group, horizon_days)
    return BoundedEstimate(
        low=mean.low,
        high=mean.high,
        conf_low=wide.conf_low,
        conf_high=wide.conf_high,
        conf_level=group.conf_level,
    )


def _counts(
    group: GroupIncidence, reference: GroupIncidence, months: float
) -> dict[str, float | int | str]:
    both = pd.concat([group.rows, reference.rows])
    return {
        "conf_level": group.conf_level,
        "n_patients": int(both["patient_id"].nunique()),
        "n_defects": int(both["n_defects"].sum()),
        "n_events": int(known_status(both, months * DAYS_PER_MONTH).sum()),
    }


def _count_not_compared(
    rows: pd.DataFrame, groups: pd.Series, large: list[str]
) -> tuple[Exclusion, ...]:
    small = ~groups.isin([*large, NOT_RECORDED])
    left_out = {
        f"{groups.name} not recorded (not compared)": groups.eq(NOT_RECORDED),
        "Group too small to compare (under 10 pars or 5 patients scanned)": small,
    }
    return tuple(
        Exclusion(
            reason=reason,
            n_defects=int(rows.loc[mask, "n_defects"].sum()),
            n_patients=int(rows.loc[mask, "patient_id"].nunique()),
        )
        for reason, mask in left_out.items()
        if mask.any()
    )
