"""How long union took, from scans that only bracket it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.surgery import warn_of_surgery
from parsoutcomes.cohort.whole_patient import warn_read_per_patient
from parsoutcomes.conventions import (
    CONF_LEVEL,
    DAYS_PER_MONTH,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    MILESTONES_MONTHS,
    N_RESAMPLES,
    PLANNED_VISITS_MONTHS,
    QUANTILE_SHARES,
    SEED,
    Definition,
    GroupBy,
    Unit,
)
from parsoutcomes.errors import require_fraction
from parsoutcomes.models.incidence import (
    NEGLIGIBLE,
    SURGERY,
    UNION,
    GroupIncidence,
    find_quantile,
    find_restricted_mean,
    fit_group,
    known_status,
    tabulate_incidence,
)
from parsoutcomes.models.rates import CONFOUNDED, select_read_per_patient
from parsoutcomes.models.units import label_groups, order_groups, select_units
from parsoutcomes.results.base import Citation
from parsoutcomes.results.rates import is_few, write_few_caution
from parsoutcomes.results.time_to_union import TimeToUnion, write_time_finding, write_time_title
from parsoutcomes.results.windows import write_windows

METHOD = (
    "Joint nonparametric maximum likelihood of union, seen only at scans, and surgery, which ends "
    "the chance of union; {scans}; everybody is kept, those not yet due censored at their last "
    "scan. {limits}; Clopper-Pearson on the effective n when fewer than 3 patients show the rarer "
    "outcome, or few were scanned about a month."
)
LIMITS_AT_VISITS = (
    "Wilson limits on the effective n of the variance between patients, t on patients - 1, since "
    "of six methods tried on simulated cohorts they covered 93.8 to 96.7% at every size, evenly on "
    "both sides; the band holds all times together"
)
LIMITS_ON_EXACT_DAYS = (
    "m-out-of-n limits from resampling patients, since with a scan day of its own for every "
    "patient neither a variance nor the plain bootstrap is valid; no simultaneous band"
)
RESTRICTED_MONTHS = (6.0, 12.0)
MEDIAN = 0.5
LIMITS = ("conf_low", "conf_high", "band_low", "band_high")
CITATIONS = (
    Citation(
        text="Hudgens MG, Satten GA, Longini IM. Biometrics 2001;57:74-80.",
        doi="10.1111/j.0006-341X.2001.00074.x",
    ),
    Citation(
        text="Turnbull BW. J R Stat Soc B 1976;38:290-295.",
        doi="10.1111/j.2517-6161.1976.tb01597.x",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Tables:
    frame: pd.DataFrame
    curve: pd.DataFrame
    risk_table: pd.DataFrame
    surgery: pd.DataFrame
    median: pd.DataFrame
    quantiles: pd.DataFrame
    restricted_mean: pd.DataFrame


@public(made_by="load_records")
def estimate_time_to_union(
    cohort: Cohort,
    *,
    by: GroupBy | None = None,
    unit: Unit = "defect",
    definition: Definition = "complete",
    visits_months: tuple[float, ...] | None = PLANNED_VISITS_MONTHS,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> TimeToUnion:
    """Estimate which share had united by each month since fitting.

    Not a day of healing, and not a statement that those not yet united never will. Groups are
    shown side by side, not compared.

    Parameters
    ----------
    cohort : Cohort
        Any cohort with at least one target pars.
    by : str, optional
        As in `estimate_union_rates`.
    unit : {"defect", "patient"}
        A patient has united when the last target pars has.
    definition : {"complete", "partial_or_better"}
        Which readings on CT count as union.
    visits_months : tuple of float or None
        Planned visits to which scans are grouped; None uses the exact days, as a sensitivity
        analysis.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        For the simultaneous band, and for the limits on exact days.

    Returns
    -------
    TimeToUnion
        `to_frame()`: measure `cumulative_union` at the milestones, a proportion, with `union_low`
        and `union_high`, and `left_open` where the data give no estimate. Beside it `curve`,
        `risk_table`, `surgery`, `median`, `quantiles` and `restricted_mean`.

    Raises
    ------
    EstimationError
        When there is no target pars.
    ArgumentError
        When an argument is not known.

    Notes
    -----
    Joint NPMLE of Hudgens, Satten and Longini; its right-censored limit is Aalen-Johansen. Grouping
    as in `cohort.endpoints.grouped_intervals`: the last scan without union and the first with it
    count at the planned visits nearest to them. Inside a box the data give only a range,
    `union_low` to `union_high`, and no estimate; the lower limit comes from the lower value and
    the upper limit from the upper. `n_events` are the unions seen by then.

    Limits as in `stats.npmle_intervals.estimate_incidence`, where their coverage beside that of
    five others is given: Wilson on the effective n at planned visits, m-out-of-n on exact days. The
    limits of median and quartiles are where the pointwise limits pass their share. The mean months
    un-united has t limits on the variance between patients, and the areas beyond the pointwise
    limits where the boundary rule holds or days are exact.

    References
    ----------
    Hudgens MG, Satten GA, Longini IM. Biometrics 2001;57:74-80.
    doi:10.1111/j.0006-341X.2001.00074.x

    Examples
    --------
    >>> import pandas as pd
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(6)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...                          "fitted_date": pd.Timestamp("2024-01-01")})
    >>> defects = episodes[["episode_id", "patient_id"]].assign(defect_id=people, stage="early")
    >>> readings = defects[["episode_id", "patient_id", "defect_id"]].assign(
    ...     scan_date=pd.Timestamp("2024-07-01"), modality="CT",
    ...     union_status=["complete"] * 4 + ["none"] * 2)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings))
    >>> time = estimate_time_to_union(cohort, n_resamples=200)
    >>> time.curve[["left_days", "right_days", "union_after"]].round(3).to_numpy().tolist()
    [[0.0, 182.625, 0.667]]
    """
    require_fraction("conf_level", conf_level)
    which: dict[str, Any] = {"unit": unit, "definition": definition}
    rows, exclusions = select_units(
        cohort,
        **which,
        horizon_months=HORIZON_MONTHS,
        grace_months=GRACE_MONTHS,
        visits_months=visits_months,
    )
    groups = label_groups(rows, by, unit)
    fit = partial(
        fit_group,
        conf_level=conf_level,
        n_resamples=n_resamples,
        seed=seed,
        is_at_visits=visits_months is not None,
    )
    fitted = {name: fit(rows[groups.eq(name)]) for name in order_groups(groups)}
    tables = _tabulate_groups(str(groups.name), fitted, risk_months(rows))
    return TimeToUnion(
        title=write_time_title(unit, definition, by),
        finding=write_time_finding(
            tables.frame, tables.median, by=by, horizon_months=HORIZON_MONTHS, **which
        ),
        method=METHOD.format(**describe_limits(visits_months)),
        **which,
        exclusions=exclusions,
        cautions=(
            *caution_groups(rows, groups),
            *warn_of_surgery(rows),
            *warn_read_per_patient(select_read_per_patient(cohort, rows, unit)),
            *((CONFOUNDED,) if by == "prescribed_months" else ()),
        ),
        citations=CITATIONS,
        by=by,
        visits_months=visits_months,
        data_lock=cohort.data_lock,
        **tables.__dict__,
    )


def describe_limits(visits_months: tuple[float, ...] | None) -> dict[str, str]:
    """Return how scans were placed, and which limits that calls for, in words."""
    limits = LIMITS_ON_EXACT_DAYS if visits_months is None else LIMITS_AT_VISITS
    return {"scans": write_windows(visits_months), "limits": limits}


def _tabulate_groups(
    column: str, fitted: dict[str, GroupIncidence], months: tuple[float, ...]
) -> _Tables:
    quantiles = stack_groups(column, {name: _quantiles(group) for name, group in fitted.items()})
    return _Tables(
        frame=stack_groups(
            column, {name: _milestones(group, UNION) for name, group in fitted.items()}
        ),
        curve=stack_groups(column, {name: _curve(group) for name, group in fitted.items()}),
        risk_table=stack_groups(
            column, {n: _risk_table(g.rows, months) for n, g in fitted.items()}
        ),
        surgery=stack_groups(
            column, {n: _milestones(group, SURGERY) for n, group in fitted.items()}
        ),
        median=_select_median(quantiles),
        quantiles=quantiles,
        restricted_mean=stack_groups(column, {n: _restricted_means(g) for n, g in fitted.items()}),
    )


def stack_groups(column: str, parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the frames of all groups below one another, the group in the first column."""
    return pd.concat(
        [part.assign(**{column: name})[[column, *part.columns]] for name, part in parts.items()],
        ignore_index=True,
    )


def _milestones(group: GroupIncidence, cause: int) -> pd.DataFrame:
    days = np.asarray(MILESTONES_MONTHS) * DAYS_PER_MONTH
    table = tabulate_incidence(group, days, cause)
    prefix = "union" if cause == UNION else "surgery"
    return pd.DataFrame(
        {
            "months": MILESTONES_MONTHS,
            "measure": f"cumulative_{prefix}",
            **{name: table[name] for name in ("estimate", "conf_low", "conf_high")},
            "conf_level": group.conf_level,
            "n_patients": group.rows["patient_id"].nunique(),
            "n_defects": int(group.rows["n_defects"].sum()),
            "n_events": table["n_events"],
            f"{prefix}_low": table["union_low"],
            f"{prefix}_high": table["union_high"],
            "band_low": table["band_low"],
            "band_high": table["band_high"],
            "left_open": table["left_open"],
            "interval_method": table["interval_method"],
        }
    )


def _curve(group: GroupIncidence) -> pd.DataFrame:
    union = group.fit.union
    kept = union.mass > NEGLIGIBLE
    if not kept.any():
        return _curve_of_nobody(group)
    after = np.cumsum(union.mass[kept])
    at_end = tabulate_incidence(group, union.right[kept])
    return pd.DataFrame(
        {
            "left_days": union.left[kept],
            "right_days": union.right[kept],
            "union_before": after - union.mass[kept],
            "union_after": after,
            **{name: at_end[name] for name in LIMITS},
        }
    )


def _curve_of_nobody(group: GroupIncidence) -> pd.DataFrame:
    last_days = float(group.rows["left_days"].max())
    at_end = tabulate_incidence(group, [last_days])
    union = 0.0 if is_scanned(group.rows).any() else np.nan
    return pd.DataFrame(
        {
            "left_days": [0.0],
            "right_days": [last_days],
            "union_before": [union],
            "union_after": [union],
            **{name: at_end[name] + union for name in LIMITS},
        }
    )


def is_scanned(rows: pd.DataFrame) -> pd.Series:
    """Say which units tell anything of union: a scan, or surgery without union before it."""
    return rows["left_days"].gt(0) | rows["cause"].ne(0)


def caution_groups(rows: pd.DataFrame, groups: pd.Series) -> tuple[str, ...]:
    """Warn of groups of which too few were scanned for a claim."""
    scanned, rests_on = is_scanned(rows), {}
    for name in order_groups(groups):
        of_group = groups.eq(name)
        told = rows[of_group & scanned]
        counts = pd.DataFrame(
            {"n_defects": [told["n_defects"].sum()], "n_patients": [told["patient_id"].nunique()]}
        )
        if is_few(counts).item():
            n = int(rows.loc[of_group, "n_defects"].sum())
            rests_on[name] = f"{int(told['n_defects'].sum())} of {n} pars scanned"
    return (write_few_caution(rests_on, str(groups.name)),) if rests_on else ()


def risk_months(rows: pd.DataFrame) -> tuple[float, ...]:
    """Return the planned visits up to the last scan, at least to the last milestone, after 0."""
    ends = rows[["left_days", "right_days"]].replace(np.inf, np.nan).max().max()
    last = max(float(ends), MILESTONES_MONTHS[-1] * DAYS_PER_MONTH)
    planned = (month for month in PLANNED_VISITS_MONTHS if month * DAYS_PER_MONTH <= last)
    return (0.0, *planned)


def _risk_table(rows: pd.DataFrame, months: tuple[float, ...]) -> pd.DataFrame:
    return pd.DataFrame([_count_known(rows, month) for month in months])


def _count_known(rows: pd.DataFrame, month: float) -> dict[str, float | int]:
    day = month * DAYS_PER_MONTH
    status = known_status(rows, day)
    operated = rows["cause"].eq(SURGERY) & (rows["right_days"] <= day)
    return {
        "months": month,
        "n_united": int(status.eq(1).sum()),
        "n_not_united": int(status.eq(0).sum()),
        "n_unknown": int(status.isna().sum()),
        "n_operated": int(operated.sum()),
    }


def _quantiles(group: GroupIncidence) -> pd.DataFrame:
    return pd.DataFrame([_quantile(group, share) for share in QUANTILE_SHARES])


def _quantile(group: GroupIncidence, share: float) -> dict[str, float | bool]:
    found = find_quantile(group, share)
    known = 1.0 if is_scanned(group.rows).any() else np.nan
    days = {
        "low": found.low if np.isfinite(found.high) else np.inf,
        "high": found.high,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
    }
    months = {f"{name}_months": known * day / DAYS_PER_MONTH for name, day in days.items()}
    is_reached = bool(np.isfinite(known * found.high))
    return {"share": share, **months, "conf_level": group.conf_level, "is_reached": is_reached}


def _select_median(quantiles: pd.DataFrame) -> pd.DataFrame:
    ends = {f"{end}_months": f"median_{end}_months" for end in ("low", "high")}
    median = quantiles[quantiles["share"].eq(MEDIAN)].rename(columns=ends)
    return median.drop(columns="share").reset_index(drop=True)


def _restricted_means(group: GroupIncidence) -> pd.DataFrame:
    return pd.DataFrame([_restricted_mean(group, months) for months in RESTRICTED_MONTHS])


def _restricted_mean(group: GroupIncidence, months: float) -> dict[str, float | int | str]:
    found = find_restricted_mean(group, months * DAYS_PER_MONTH)
    known = 1.0 if is_scanned(group.rows).any() else np.nan
    ends = {"mean_low": found.low, "mean_high": found.high}
    limits = {"conf_low": found.conf_low, "conf_high": found.conf_high}
    return {
        "months": months,
        "measure": "mean_months_un_united",
        **{name: known * days / DAYS_PER_MONTH for name, days in (ends | limits).items()},
        "conf_level": group.conf_level,
        "n_patients": int(group.rows["patient_id"].nunique()),
        "n_defects": int(group.rows["n_defects"].sum()),
        "n_events": int(known_status(group.rows, months * DAYS_PER_MONTH).sum()),
    }
