"""How many fractures, or patients, had united by the horizon."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import count_exclusion
from parsoutcomes.cohort.whole_patient import (
    READ_PER_PATIENT,
    mark_read_per_patient,
    warn_read_per_patient,
)
from parsoutcomes.conventions import (
    BOTH_UNITS,
    CONF_LEVEL,
    DAYS_PER_MONTH,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    LONGEST_HORIZON_MONTHS,
    N_RESAMPLES,
    SEED,
    UNITS,
    Definition,
    GroupBy,
    PatientInterval,
    Unit,
    UnitOrBoth,
)
from parsoutcomes.errors import ArgumentError, require_choice, require_fraction, require_whole
from parsoutcomes.models.rate_rows import PATIENT_INTERVALS, RateOptions, tabulate_rates
from parsoutcomes.models.units import count_cautions, label_groups, select_units
from parsoutcomes.results.base import Citation, Exclusion
from parsoutcomes.results.rates import (
    UnionRates,
    is_few,
    join_units,
    write_few_caution,
    write_rates_finding,
    write_rates_method,
    write_rates_title,
)

CONFOUNDED = (
    "Months prescribed at fitting follow the consultant's judgement of the fracture (confounding "
    "by indication): the rows describe, they do not compare the durations"
)
CITATIONS = (
    Citation(
        text="Hudgens MG, Satten GA, Longini IM. Biometrics 2001;57:74-80.",
        doi="10.1111/j.0006-341X.2001.00074.x",
    ),
    Citation(text="Korn EL, Graubard BI. Surv Methodol 1998;24:193-201."),
)


@public(made_by="load_records")
def estimate_union_rates(
    cohort: Cohort,
    *,
    by: GroupBy | None = None,
    unit: UnitOrBoth = "defect",
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    patient_interval: PatientInterval = "wilson",
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> UnionRates:
    """Estimate which share of fractures, or of patients, had united by the horizon.

    Not a comparison of groups, and never of months of brace: those prescribed more had worse
    fractures. Not a statement about union that comes later (`estimate_time_to_union`).

    Parameters
    ----------
    cohort : Cohort
        Any cohort with at least one target pars.
    by : str, optional
        Group by stage, contralateral_stage, laterality, level, side or stir (pars), or by
        prescribed_months, sex or sport.
    unit : {"defect", "patient", "both"}
        A patient has united when all target pars of the first course of treatment have. "both"
        gives one table with a column `unit`.
    definition : {"complete", "partial_or_better"}
        Which readings on CT count as union.
    horizon_months, grace_months : float
        Judged at h; a scan up to g later still counts.
    patient_interval : {"wilson", "clopper_pearson", "mid_p", "jeffreys"}
        Of the per-patient share of known status.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        As everywhere; no line of this table needs resamples.

    Returns
    -------
    UnionRates
        Per group the measures `union_npmle` (the headline), `union_known_status`,
        `bound_unknown_not_united`, `bound_unknown_united` (bounds have no interval). Columns
        beside the usual ones: `n_unknown` (due, status at h unknown), `n_not_due`, `icc` (missing
        with fewer than 5 patients who have two pars or more of known status),
        `design_effect`, `union_low`, `union_high`, `left_open`, `interval_method`. Proportions,
        0 to 1.

    Raises
    ------
    EstimationError
        When there is no target pars.
    ArgumentError
        When an argument is not known.

    Notes
    -----
    "Status known" alone is biased upward, since early unions are always known; so the headline
    is the cumulative union at h of the joint NPMLE (Hudgens, Satten and Longini), in which
    surgery ends the chance of union. Its `n_events` are the unions seen at or before the visit of
    h. When nobody or everybody had united, or the rarer outcome was seen in fewer than three
    patients, its limits are Clopper-Pearson's on the effective n. Where h falls between planned
    visits the data give only a range, `union_low` to `union_high`, whose ends give the limits.
    There is no estimate either where h is later than the last scan of those not yet united, nor
    where nobody was due. `left_open` says which.

    Not yet due (fitted later than data lock - (h + g)): out of the other three measures even when
    already united. Clustered interval and ICC as in `stats.proportions.clustered_interval`, which
    agrees with R survey.

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
    ...     union_status=["complete"] * 3 + ["none"] * 3)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings),
    ...                       data_lock=pd.Timestamp("2025-01-01"))
    >>> rates = estimate_union_rates(cohort, n_resamples=200)
    >>> print(rates.to_frame()[["measure", "estimate", "n_defects"]].head(1).to_string())
           measure  estimate  n_defects
    0  union_npmle       0.5          6
    """
    require_options(horizon_months, grace_months, conf_level)
    require_resampling(n_resamples, seed)
    require_choice("unit", unit, (*UNITS, BOTH_UNITS))
    require_choice("patient_interval", patient_interval, tuple(PATIENT_INTERVALS))
    units: tuple[Unit, ...] = ("defect", "patient") if unit == "both" else (unit,)
    parts = [
        _estimate_unit(
            cohort,
            by,
            RateOptions(
                unit=one,
                horizon_days=horizon_months * DAYS_PER_MONTH,
                conf_level=conf_level,
                n_resamples=n_resamples,
                seed=seed,
                patient_interval=patient_interval,
            ),
            {
                "definition": definition,
                "horizon_months": horizon_months,
                "grace_months": grace_months,
            },
        )
        for one in units
    ]
    return parts[0] if len(parts) == 1 else join_units(parts)


def _estimate_unit(
    cohort: Cohort, by: str | None, options: RateOptions, asked: dict[str, Any]
) -> UnionRates:
    unit: Unit = options.unit
    rows, exclusions = select_units(cohort, unit=unit, **asked)
    whole = select_read_per_patient(cohort, rows, unit)
    frame = tabulate_rates(rows, label_groups(rows, by, unit), options)
    horizon, grace = asked["horizon_months"], asked["grace_months"]
    return UnionRates(
        title=write_rates_title(unit, asked["definition"], by, horizon),
        finding=write_rates_finding(
            frame,
            by=by,
            n_read_per_patient=int(whole["is_due"].fillna(True).sum()),
            unit=unit,
            **asked,
        ),
        method=write_rates_method(unit, horizon, grace),
        frame=frame,
        exclusions=(*exclusions, *count_not_judged(rows, whole)),
        cautions=_caution_groups(frame, by) + warn_read_per_patient(whole) + count_cautions(rows),
        citations=CITATIONS,
        by=by,
        data_lock=cohort.data_lock,
        unit=unit,
        **asked,
    )


def select_read_per_patient(cohort: Cohort, rows: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """Keep the pars of unknown status that were read only as part of the whole patient."""
    if unit == "patient":
        return rows.iloc[:0]
    return rows[rows["status"].eq("unknown") & mark_read_per_patient(cohort, rows)]


def count_not_judged(rows: pd.DataFrame, whole: pd.DataFrame) -> tuple[Exclusion, ...]:
    """Count those not due and those of unknown status, whom the known-status rate leaves out."""
    due = rows["is_due"].fillna(True).astype(bool)
    is_unknown, is_whole = due & rows["status"].eq("unknown"), rows.index.isin(whole.index)
    reasons = {
        "Not yet due at data lock (left out of the known-status rate and its bounds)": ~due,
        f"{READ_PER_PATIENT} (left out of the known-status rate)": is_unknown & is_whole,
        "Status at the horizon unknown (left out of the known-status rate)": is_unknown & ~is_whole,
    }
    counted = {reason: rows[mask] for reason, mask in reasons.items()}
    return tuple(
        Exclusion(
            reason=reason,
            n_defects=int(left_out["n_defects"].sum()),
            n_patients=count_exclusion(reason, left_out).n_patients,
        )
        for reason, left_out in counted.items()
        if len(left_out)
    )


def _caution_groups(frame: pd.DataFrame, by: str | None) -> tuple[str, ...]:
    column = by or "group"
    total = frame[frame["measure"].eq("union_npmle")].set_index(column)["n_defects"]
    known = frame[frame["measure"].eq("union_known_status")]
    few = known[is_few(known)]
    rests_on = {
        str(row[column]): f"{int(row['n_defects'])} of {int(total[row[column]])} pars"
        for _, row in few.iterrows()
    }
    small = (write_few_caution(rests_on, column),) if rests_on else ()
    confounded = (CONFOUNDED,) if by == "prescribed_months" else ()
    return (*small, *confounded)


def require_resampling(n_resamples: int, seed: int) -> None:
    """Refuse a number of resamples or a seed that cannot be."""
    require_whole("n_resamples", n_resamples, at_least=1)
    require_whole("seed", seed)


def require_options(horizon_months: float, grace_months: float, conf_level: float) -> None:
    """Refuse a horizon, a grace or a level that cannot be."""
    require_fraction("conf_level", conf_level)
    times: tuple[object, ...] = (horizon_months, grace_months)
    are_numbers = all(isinstance(one, (int, float)) and math.isfinite(one) for one in times)
    if are_numbers and 0 < horizon_months <= LONGEST_HORIZON_MONTHS and grace_months >= 0:
        return
    raise ArgumentError(
        "The horizon or the grace is not a possible time.",
        expected=f"horizon_months above 0 and up to {LONGEST_HORIZON_MONTHS:g}, grace_months of at "
        "least 0",
        found=f"horizon_months={horizon_months!r}, grace_months={grace_months!r}",
        fix="Leave both at their defaults, or give months since fitting.",
    )
