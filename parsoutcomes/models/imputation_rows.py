"""Records as numbers, for chained equations: levels as codes, other pars of a course as sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import describe_analysis_rows, status_at
from parsoutcomes.conventions import DAYS_PER_MONTH, LEVELS, STAGES, Definition

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

PATIENT_COLUMNS = ("sex", "age_years")
DEFECT_COLUMNS = ("level", "stage", "stir")
IMPUTABLE = (*PATIENT_COLUMNS, *DEFECT_COLUMNS)
NUMBERS = ("age_years",)
ORDERS = {
    "sex": ("male", "female", "other"),
    "level": LEVELS,
    "stage": STAGES,
    "stir": ("absent", "present"),
}
MISSING = -1


@dataclass(kw_only=True)
class Chain:
    """One completed set in the making; arrays of categories hold codes, numbers their values.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row per pars, with its course, patient and side.
    outcome : array of shape (n_pars, n_outcome_columns)
        Status at the horizon and months seen with and without union.
    course, patient, position : array of shape (n_pars,)
        Numbers of course and patient; place of the pars within its course.
    current : dict of str to array of shape (n_pars,)
        Values as they stand; those of the patient repeat over the patient's rows.
    recorded : dict of str to array of bool
        Which values stand in the records.
    levels : dict of str to tuple of str
        What the codes mean; only levels that are recorded somewhere.
    """

    rows: pd.DataFrame
    outcome: Floats
    course: Integers
    patient: Integers
    position: Integers
    current: dict[str, Floats | Integers]
    recorded: dict[str, Booleans]
    levels: dict[str, tuple[str, ...]]

    def copy(self) -> Chain:
        """Return a chain that may be changed without changing this one."""
        return replace(self, current={name: held.copy() for name, held in self.current.items()})

    def columns_of(self, name: str) -> Floats:
        """Return a variable as columns: a number standardised, a category but its first level."""
        if name in NUMBERS:
            return standardise(np.asarray(self.current[name], dtype=np.float64))[:, None]
        return self.indicators(name)[:, 1:]

    def indicators(self, name: str) -> Floats:
        """Return one column per level, all zero where the value is still missing."""
        padded = np.vstack([np.eye(len(self.levels[name])), np.zeros(len(self.levels[name]))])
        return np.asarray(padded[self.current[name]])

    def of_others(self, columns: Floats) -> Floats:
        """Return the mean of each column over the other pars of the course; 0 when alone."""
        sums = np.zeros((self.course.max() + 1, columns.shape[1]))
        np.add.at(sums, self.course, columns)
        n_others = np.bincount(self.course)[self.course] - 1
        return np.asarray((sums[self.course] - columns) / np.maximum(n_others, 1)[:, None])

    def of_course(self, columns: Floats) -> Floats:
        """Return the mean of each column over all pars of the course."""
        sums = np.zeros((self.course.max() + 1, columns.shape[1]))
        np.add.at(sums, self.course, columns)
        return np.asarray((sums / np.bincount(self.course)[:, None])[self.course])

    @property
    def has_other(self) -> Floats:
        """Whether the course has another pars, as 0 and 1."""
        return np.asarray((np.bincount(self.course)[self.course] > 1)[:, None], dtype=np.float64)


def read_chain(
    cohort: Cohort,
    columns: Sequence[str],
    *,
    definition: Definition,
    horizon_months: float,
    grace_months: float,
) -> Chain:
    """Code the records of all pars, targets or not; columns not asked for stay out."""
    rows = describe_analysis_rows(cohort, definition=definition)
    status = status_at(rows, horizon_months=horizon_months, grace_months=grace_months)
    ct_stage = cohort.tables["defects"].set_index("defect_id")["ct_stage"]
    rows["ct_stage"] = rows["defect_id"].map(ct_stage)
    if "sex" in columns:
        rows["sex"] = rows.groupby("patient_id")["sex"].transform("first")
    values: dict[str, Floats | Integers] = {}
    levels = {}
    for name in columns:
        if name in NUMBERS:
            values[name] = rows[name].to_numpy(dtype=np.float64)
            continue
        levels[name] = tuple(level for level in ORDERS[name] if rows[name].eq(level).any())
        values[name] = pd.Categorical(rows[name], categories=levels[name]).codes.astype(np.int64)
    return Chain(
        rows=rows,
        outcome=_code_outcome(rows, status),
        course=np.unique(rows["episode_id"].to_numpy(str), return_inverse=True)[1],
        patient=np.unique(rows["patient_id"].to_numpy(str), return_inverse=True)[1],
        position=np.asarray(rows.groupby("episode_id").cumcount(), dtype=np.int64),
        current=values,
        recorded={name: rows[name].notna().to_numpy() for name in columns},
        levels=levels,
    )


def standardise(values: Floats) -> Floats:
    """Return numbers about their mean, in standard deviations; zeros where they do not vary."""
    spread = np.nanstd(values)
    return np.asarray((values - np.nanmean(values)) / (spread if spread > 0 else 1.0))


def _code_outcome(rows: pd.DataFrame, status: pd.Series) -> Floats:
    seen = rows["interval_right_days"].notna()
    months_to_union = (rows["interval_right_days"] / DAYS_PER_MONTH).where(seen, 0.0)
    months_without = (rows["interval_left_days"] / DAYS_PER_MONTH).where(~seen, 0.0)
    return np.column_stack(
        [
            status.eq("united").to_numpy(dtype=np.float64),
            status.eq("unknown").to_numpy(dtype=np.float64),
            rows["surgery_to_days"].notna().to_numpy(dtype=np.float64),
            standardise(months_to_union.to_numpy(dtype=np.float64)),
            standardise(months_without.to_numpy(dtype=np.float64)),
        ]
    )
