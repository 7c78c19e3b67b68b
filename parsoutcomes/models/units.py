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
from parsoutcomes.cohort.intervals import CT_MODALITIES, UNITED_STATUSES
from parsoutcomes.conventions import LEVELS, PLANNED_VISITS_MONTHS, SIDES, STAGES, Definition, Unit
from parsoutcomes.errors import ArgumentError, EstimationError, require_choice
from parsoutcomes.results.base import Exclusion

PARS_GROUPS = ("stage", "contralateral_stage", "laterality", "level", "side", "stir")
PATIENT_GROUPS = ("prescribed_months", "sex", "sport")
NOT_RECORDED = "not recorded"

_ORDER = {
    "stage": STAGES,
    "contralateral_stage": ("none", *STAGES),
    "laterality": ("unilateral", "bilateral"),
    "level": LEVELS,
    "side": SIDES,
    "sex": ("male", "female", "other"),
}
_EXTENT_COLUMNS = (
    "interval_left_days",
    "interval_right_days",
    "surgery_from_days",
    "surgery_to_days",
    "surgery_free_until_days",
)


def select_units(
    cohort: Cohort,
    *,
    unit: Unit,
    definition: Definition,
    horizon_months: float,
    grace_months: float,
    visits_months: tuple[float, ...] | None = PLANNED_VISITS_MONTHS,
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
    )
    targets, exclusions = select_targets(describe_analysis_rows(cohort, definition=definition))
    if status.empty:
        raise _nobody(cohort)
    if unit == "patient":
        first = targets[targets["episode_id"].isin(status["episode_id"])]
        exclusions += _count_later_courses(targets, first)
        extents = join_patient_extents(first, _whole_patient_extents(cohort, definition))
        rows = status.merge(extents, on="episode_id", how="left", validate="one_to_one")
    else:
        rows = status.assign(n_defects=1)
    return rows.join(grouped_intervals(rows, visits_months)), exclusions


def join_patient_extents(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Bracket the day on which the last target pars of each episode united.

    Parameters
    ----------
    rows : pandas.DataFrame
        Target pars with the interval and surgery columns of `derive_intervals`.
    told : pandas.DataFrame
        By `episode_id`: `told_left_days`, `told_right_days` from readings recorded for the
        patient as a whole; missing when there are none.

    Returns
    -------
    pandas.DataFrame
        One row per episode with the same columns. The left end is the latest day on which some
        target pars was seen without union; the right end the first day by which all had been
        seen united, missing when one has not.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "episode_id": ["P1-1", "P1-1"], "interval_left_days": [90.0, 0.0],
    ...     "interval_right_days": [180.0, 90.0], "surgery_from_days": float("nan"),
    ...     "surgery_to_days": float("nan"), "surgery_free_until_days": [180.0, 180.0]})
    >>> none = pd.DataFrame(columns=["told_left_days", "told_right_days"], dtype=float)
    >>> joined = join_patient_extents(rows, none)
    >>> joined[["interval_left_days", "interval_right_days"]].to_numpy().tolist()
    [[90.0, 180.0]]
    """
    grouped = rows.groupby("episode_id", sort=False)
    extents = grouped[list(_EXTENT_COLUMNS)].max().join(told, how="left")
    all_seen = grouped["interval_right_days"].count() == grouped.size()
    by_pars = extents["interval_right_days"].where(all_seen)
    right = pd.concat([by_pars, extents.pop("told_right_days")], axis=1).min(axis=1)
    left = pd.concat([extents["interval_left_days"], extents.pop("told_left_days")], axis=1)
    extents["interval_left_days"] = left.where(~left.ge(right, axis=0), 0.0).max(axis=1)
    extents["interval_right_days"] = right
    surgery = ["surgery_from_days", "surgery_to_days"]
    extents[surgery] = extents[surgery].where(right.isna())
    return extents.reset_index()


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
    known = [name for name in _ORDER.get(str(groups.name), ()) if name in present]
    others = sorted(present - set(known) - {NOT_RECORDED}, key=_natural)
    return [*known, *others, *([NOT_RECORDED] if NOT_RECORDED in present else [])]


def count_cautions(rows: pd.DataFrame) -> tuple[str, ...]:
    """Say when the maturity of some rows cannot be judged."""
    n_undated = int(rows["is_due"].isna().sum())
    if not n_undated:
        return ()
    return (
        f"{n_undated} without a fitting date or data lock are kept; whether they were due at the "
        "horizon cannot be judged",
    )


def _whole_patient_extents(cohort: Cohort, definition: Definition) -> pd.DataFrame:
    readings = cohort.tables["readings"]
    imaging = readings["modality"].isin(CT_MODALITIES) | readings["modality"].isna()
    told = readings[
        readings["scope"].eq("patient")
        & imaging
        & readings["union_status"].ne("not_assessable")
        & (readings["days_since_fitting"] > 0)
    ]
    united = told["union_status"].isin(UNITED_STATUSES[definition])
    right = told[united].groupby("episode_id")["days_since_fitting"].min()
    ends = told["episode_id"].map(right)
    before = told[~united & ~(told["days_since_fitting"] >= ends)]
    left = before.groupby("episode_id")["days_since_fitting"].max()
    return pd.concat({"told_left_days": left, "told_right_days": right}, axis=1)


def _count_later_courses(targets: pd.DataFrame, first: pd.DataFrame) -> tuple[Exclusion, ...]:
    later = targets.drop(first.index)
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


def _nobody(cohort: Cohort) -> EstimationError:
    return EstimationError(
        "There is no pars to estimate union for.",
        expected="at least one pars that is a treatment target",
        found=f"{cohort.n_defects} pars in the cohort, none of them a target",
        fix="Check the stage column and the period of fitting that was selected.",
    )
