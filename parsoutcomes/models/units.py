"""The rows that an estimate counts: one per target pars, or one per patient."""

from __future__ import annotations

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import (
    classify_union,
    count_exclusion,
    describe_analysis_rows,
    grouped_intervals,
    select_targets,
)
from parsoutcomes.cohort.intervals import CT_MODALITIES
from parsoutcomes.cohort.patients import select_first_courses
from parsoutcomes.cohort.surgery import warn_of_surgery
from parsoutcomes.conventions import LEVELS, PLANNED_VISITS_MONTHS, SIDES, STAGES, Definition, Unit
from parsoutcomes.errors import ArgumentError, EstimationError, require_choice
from parsoutcomes.results.base import Exclusion

PARS_GROUPS = ("stage", "contralateral_stage", "laterality", "level", "side", "stir")
PATIENT_GROUPS = ("prescribed_months", "sex", "sport")
NOT_RECORDED = "not recorded"

CLINICAL_ORDER = {
    "stage": STAGES,
    "contralateral_stage": ("none", *STAGES),
    "laterality": ("unilateral", "bilateral"),
    "level": LEVELS,
    "side": SIDES,
    "sex": ("male", "female", "other"),
}


def select_units(
    cohort: Cohort,
    *,
    unit: Unit,
    definition: Definition,
    horizon_months: float,
    grace_months: float,
    visits_months: tuple[float, ...] | None = PLANNED_VISITS_MONTHS,
    modalities: tuple[str, ...] = CT_MODALITIES,
) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    """Give each unit its status at the horizon and its interval, and count who is not a target.

    Returns
    -------
    tuple
        One row per unit (`classify_union` with `n_defects`, and the columns of
        `grouped_intervals`), and the exclusions by reason.

    Raises
    ------
    EstimationError
        When no target pars is left.
    """
    status = classify_union(
        cohort,
        unit=unit,
        definition=definition,
        horizon_months=horizon_months,
        grace_months=grace_months,
        modalities=modalities,
    )
    targets, exclusions = select_targets(
        describe_analysis_rows(cohort, definition=definition, modalities=modalities)
    )
    if status.empty:
        raise _nobody(cohort, len(targets))
    if unit == "patient":
        exclusions += _count_later_courses(targets)
        rows = status
    else:
        rows = status.assign(n_defects=1)
    return rows.join(grouped_intervals(rows, visits_months)), exclusions


def label_groups(rows: pd.DataFrame, by: str | None, unit: Unit) -> pd.Series:
    """Give each row its group as text; a missing value is a group of its own.

    Raises
    ------
    ArgumentError
        When `by` is not known, or belongs to a pars while the unit is the patient.
    """
    if by is None:
        return pd.Series("all", index=rows.index, name="group")
    require_choice("by", by, (*PARS_GROUPS, *PATIENT_GROUPS))
    if unit == "patient" and by in PARS_GROUPS:
        raise ArgumentError(
            f"{by} belongs to a pars, and a patient may have several.",
            expected=", ".join(f'"{name}"' for name in PATIENT_GROUPS) + ' with unit="patient"',
            found=f'by="{by}"',
            fix=f'Use unit="defect" with by="{by}".',
        )
    return rows[by].map(_as_text, na_action="ignore").fillna(NOT_RECORDED).rename(by)


def order_groups(groups: pd.Series) -> list[str]:
    """List the groups that occur, in clinical order, "not recorded" last."""
    present = set(groups)
    known = [name for name in CLINICAL_ORDER.get(str(groups.name), ()) if name in present]
    others = sorted(present - set(known) - {NOT_RECORDED}, key=_natural)
    return [*known, *others, *([NOT_RECORDED] if NOT_RECORDED in present else [])]


def count_cautions(rows: pd.DataFrame) -> tuple[str, ...]:
    """Say when the maturity or the surgery of some rows cannot be judged."""
    n_undated = int(rows["is_due"].isna().sum())
    undated = (
        f"{n_undated} without a fitting date or data lock are kept; whether they were due at the "
        "horizon cannot be judged",
    )
    return (*(undated if n_undated else ()), *warn_of_surgery(rows))


def _count_later_courses(targets: pd.DataFrame) -> tuple[Exclusion, ...]:
    later = targets.drop(select_first_courses(targets).index)
    if later.empty:
        return ()
    return (count_exclusion("Later course of treatment (a patient counts at the first)", later),)


def _as_text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _natural(text: str) -> tuple[float, str]:
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text


def _nobody(cohort: Cohort, n_later: int) -> EstimationError:
    why = f"{n_later} of a later course of treatment" if n_later else "none of them a target"
    return EstimationError(
        "There is no pars to estimate union for.",
        expected="at least one pars that is a treatment target, of a first course if per patient",
        found=f"{cohort.n_defects} pars in the cohort, {why}",
        fix="Check the stage column and the period of fitting that was selected.",
    )
