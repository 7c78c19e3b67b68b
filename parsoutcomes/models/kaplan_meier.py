"""The right-censored Kaplan-Meier curve, for readers who expect it."""

from __future__ import annotations

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
    Definition,
    GroupBy,
    Unit,
)
from parsoutcomes.errors import require_fraction
from parsoutcomes.models._lifelines import RightCensoredCurve, fit_kaplan_meier
from parsoutcomes.models.familiar_times import (
    NO_LIMITS,
    censor_surgery,
    count_known,
    exact_limits,
    take_familiar_times,
)
from parsoutcomes.models.incidence import UNION
from parsoutcomes.models.time_to_union import caution_groups, risk_months, stack_groups
from parsoutcomes.models.units import count_cautions, label_groups, order_groups, select_units
from parsoutcomes.results.base import Citation
from parsoutcomes.results.competing_risks import FIRST_SCAN
from parsoutcomes.results.kaplan_meier import (
    KaplanMeier,
    write_kaplan_meier_finding,
    write_kaplan_meier_title,
)
from parsoutcomes.results.rates import BEYOND_SCANS

METHOD = (
    "Kaplan-Meier (lifelines) with union on the day of the first scan that shows it, follow-up to "
    "the last scan, surgery as end of follow-up; log-log limits with Greenwood's variance, as if "
    "each {unit} were a patient of its own, and Clopper-Pearson's of those seen by then where "
    "nobody or everybody had a united scan. Table as proposed by KMunicate."
)
NOT_UNION = (
    "Not the curve of union: union came before the scan that showed it, and those operated on "
    "count as if they could still unite. Quote estimate_time_to_union"
)
PAIRS = (
    "The limits take pars as independent; two pars of one patient are not, so the limits are too "
    "narrow"
)
CITATIONS = (
    Citation(text="Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481."),
    Citation(
        text="Morris TP et al. (KMunicate). BMJ Open 2019;9:e030215.",
        doi="10.1136/bmjopen-2019-030215",
    ),
)


@public(made_by="load_records")
def estimate_kaplan_meier(
    cohort: Cohort,
    *,
    by: GroupBy | None = None,
    unit: Unit = "defect",
    definition: Definition = "complete",
    conf_level: float = CONF_LEVEL,
) -> KaplanMeier:
    """Estimate what share had a united scan by each day, as a Kaplan-Meier curve.

    Not what share had united: see `estimate_time_to_union`. For readers who look for this curve.

    Parameters
    ----------
    cohort : Cohort
        Any cohort with at least one target pars.
    by, unit, definition
        As in `estimate_time_to_union`.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    KaplanMeier
        `to_frame()`: measure `seen_united` at the milestones, a proportion; no estimate later than
        the last scan. Beside it `curve` and `risk_table`.

    Raises
    ------
    EstimationError
        When there is no target pars.
    ArgumentError
        When an argument is not known.

    Notes
    -----
    lifelines' right-censored fit agrees with R's `survfit`, conf.type "log-log". A unit that was
    never scanned leaves at day 0. Ends of follow-up on the day of an event come after it.

    References
    ----------
    Morris TP et al. BMJ Open 2019;9:e030215. doi:10.1136/bmjopen-2019-030215

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(6)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...                          "fitted_date": pd.Timestamp("2024-01-01")})
    >>> defects = episodes[["episode_id", "patient_id"]].assign(defect_id=people, stage="early")
    >>> readings = defects[["episode_id", "patient_id", "defect_id"]].assign(
    ...     scan_date=pd.Timestamp("2024-07-01"), modality="CT",
    ...     union_status=["complete"] * 4 + ["none"] * 2)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings))
    >>> estimate_kaplan_meier(cohort).curve[["days", "union"]].round(3).to_numpy().tolist()
    [[0.0, 0.0], [182.0, 0.667]]
    """
    require_fraction("conf_level", conf_level)
    rows, exclusions = select_units(
        cohort,
        unit=unit,
        definition=definition,
        horizon_months=HORIZON_MONTHS,
        grace_months=GRACE_MONTHS,
        visits_months=None,
    )
    groups = label_groups(rows, by, unit)
    parts = {name: rows[groups.eq(name)] for name in order_groups(groups)}
    fits = {name: _fit(part, conf_level) for name, part in parts.items()}
    column, months = str(groups.name), risk_months(rows)
    frame = stack_groups(
        column, {name: _milestones(part, fits[name], conf_level) for name, part in parts.items()}
    )
    return KaplanMeier(
        title=write_kaplan_meier_title(unit, definition, by),
        finding=write_kaplan_meier_finding(
            frame, by=by, unit=unit, definition=definition, horizon_months=HORIZON_MONTHS
        ),
        method=METHOD.format(unit="pars" if unit == "defect" else "one"),
        unit=unit,
        definition=definition,
        frame=frame,
        exclusions=exclusions,
        cautions=(
            NOT_UNION,
            *((PAIRS,) if rows["patient_id"].duplicated().any() else ()),
            *caution_groups(rows, groups),
            *count_cautions(rows),
        ),
        citations=CITATIONS,
        by=by,
        curve=stack_groups(
            column, {name: _tabulate(part, fits[name], conf_level) for name, part in parts.items()}
        ),
        risk_table=stack_groups(
            column, {name: _risk_table(part, months) for name, part in parts.items()}
        ),
        data_lock=cohort.data_lock,
    )


def _fit(rows: pd.DataFrame, conf_level: float) -> RightCensoredCurve:
    days, causes = take_familiar_times(rows, FIRST_SCAN)
    return fit_kaplan_meier(days, causes == UNION, conf_level)


def _tabulate(rows: pd.DataFrame, fit: RightCensoredCurve, conf_level: float) -> pd.DataFrame:
    """Return the curve; nobody or everybody throughout would otherwise have no width."""
    curve = pd.DataFrame(
        {
            "days": fit.days,
            "union": 1 - fit.survival,
            "conf_low": 1 - fit.conf_high,
            "conf_high": 1 - fit.conf_low,
        }
    )
    has_none = bool((fit.survival == 1).all())
    flat = (fit.survival == 0) | ((fit.days > 0) & has_none)
    for step in np.flatnonzero(flat):
        limits = _boundary_limits(rows, float(fit.days[step]), fit.survival[step], conf_level)
        curve.loc[step, ["conf_low", "conf_high"]] = limits
    return curve


def _boundary_limits(
    rows: pd.DataFrame, day: float, survival: float, conf_level: float
) -> tuple[float, float]:
    days, causes = take_familiar_times(rows, FIRST_SCAN)
    each_alone = np.arange(days.size).astype(str)
    *_, n_known = count_known(days, censor_surgery(causes), each_alone, day)
    return exact_limits(1 - float(survival), n_known, conf_level)


def _milestones(rows: pd.DataFrame, fit: RightCensoredCurve, conf_level: float) -> pd.DataFrame:
    at = np.asarray(MILESTONES_MONTHS) * DAYS_PER_MONTH
    days, causes = take_familiar_times(rows, FIRST_SCAN)
    step = np.searchsorted(fit.days, at, side="right") - 1
    survival = fit.survival[step]
    is_beyond = (at > days.max()) & bool(fit.survival[-1] > 0)
    limits = np.column_stack([1 - fit.conf_high[step], 1 - fit.conf_low[step]])
    is_flat = ((survival == 0) | (survival == 1)) & ~is_beyond
    for row in np.flatnonzero(is_flat):
        limits[row] = _boundary_limits(rows, float(at[row]), survival[row], conf_level)
    known = np.where(is_beyond, np.nan, 1.0)
    return pd.DataFrame(
        {
            "months": MILESTONES_MONTHS,
            "measure": "seen_united",
            "estimate": known * (1 - survival),
            "conf_low": known * limits[:, 0],
            "conf_high": known * limits[:, 1],
            "conf_level": conf_level,
            "n_patients": rows["patient_id"].nunique(),
            "n_defects": int(rows["n_defects"].sum()),
            "n_events": [int(((causes == UNION) & (days <= day)).sum()) for day in at],
            "left_open": np.where(is_beyond, BEYOND_SCANS, ""),
            "interval_method": np.select(
                [is_beyond, is_flat], [NO_LIMITS, "Clopper-Pearson"], "log-log"
            ),
        }
    )


def _risk_table(rows: pd.DataFrame, months: tuple[float, ...]) -> pd.DataFrame:
    days, causes = take_familiar_times(rows, FIRST_SCAN)
    is_event = causes == UNION
    return pd.DataFrame(
        {
            "months": month,
            "n_at_risk": int((days >= month * DAYS_PER_MONTH).sum()),
            "n_censored": int((~is_event & (days < month * DAYS_PER_MONTH)).sum()),
            "n_events": int((is_event & (days < month * DAYS_PER_MONTH)).sum()),
        }
        for month in months
    )
