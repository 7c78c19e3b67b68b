"""What a tipping point is asked, and which rows can answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from parsoutcomes.conventions import STAGES
from parsoutcomes.errors import ArgumentError, EstimationError, require_choice, require_fraction
from parsoutcomes.results.base import Exclusion
from parsoutcomes.results.tipping_point import DIFFERENCE, REFERENCE, THRESHOLD


def require_question(
    threshold: float | None, reference: float | Mapping[str, float] | None, by: str | None
) -> str:
    """Return which one question is asked."""
    asked = {THRESHOLD: threshold, REFERENCE: reference, DIFFERENCE: by}
    named = [name for name, value in asked.items() if value is not None]
    if len(named) != 1:
        raise ArgumentError(
            "One question at a time.",
            expected="exactly one of threshold, reference and by",
            found=f"{len(named)} of them",
            fix='Ask for instance threshold=0.6, reference=0.7, or by="stage" with two groups.',
        )
    rates = reference.values() if isinstance(reference, Mapping) else (reference, threshold)
    for rate in rates:
        if rate is not None:
            require_fraction(named[0], rate)
    return named[0]


def require_two_groups(
    present: list[str], groups: Sequence[str] | None, by: str
) -> tuple[str, str]:
    """Return the two groups of a difference."""
    wished = present if groups is None else list(groups)
    for name in wished:
        require_choice("groups", name, present)
    if len(set(wished)) != 2 or len(wished) != 2:
        raise ArgumentError(
            "A difference needs two groups.",
            expected="two different groups",
            found=f"{len(wished)} groups of {by}",
            fix='Name two with groups=("early", "progressive").',
        )
    return wished[0], wished[1]


def keep_covered(
    rows: pd.DataFrame, value: float | Mapping[str, float] | None, unit: str
) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    """Keep the pars whose stage the reference has a rate for."""
    if not isinstance(value, Mapping):
        return rows, ()
    if unit != "defect":
        raise ArgumentError(
            "A rate for each stage belongs to pars.",
            expected='unit="defect", or one rate for all',
            found='rates by stage with unit="patient"',
            fix='Use unit="defect".',
        )
    for stage in value:
        require_choice("reference", stage, STAGES)
    inside = rows["stage"].isin(list(value))
    if not inside.any():
        raise EstimationError(
            "The reference has no rate for any pars that is due.",
            expected="a rate for at least one stage that occurs",
            found=f"{len(rows)} due, none of a stage with a rate",
            fix="Give rates for the stages of the cohort.",
        )
    if inside.all():
        return rows, ()
    return rows[inside], (count_rows("Stage without a rate in the reference", rows[~inside]),)


def count_rows(reason: str, rows: pd.DataFrame) -> Exclusion:
    """Count rows that are left out."""
    return Exclusion(
        reason=reason,
        n_defects=int(rows["n_defects"].sum()),
        n_patients=int(rows["patient_id"].nunique()),
    )
