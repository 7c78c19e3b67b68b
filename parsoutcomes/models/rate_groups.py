"""Which groups of union rates are compared, with which, and whether they follow an order."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.patients import select_first_courses
from parsoutcomes.conventions import (
    MIN_GROUPS_FOR_TREND,
    ORDERED_TERMS,
    REFERENCE_LEVELS,
    Unit,
)
from parsoutcomes.errors import require_choice
from parsoutcomes.models.rate_contrasts import Row, make_trend_row
from parsoutcomes.models.rate_rows import RateOptions, select_known
from parsoutcomes.models.units import (
    CLINICAL_ORDER,
    NOT_RECORDED,
    PARS_GROUPS,
    label_groups,
    order_groups,
    select_units,
)
from parsoutcomes.results.base import Exclusion
from parsoutcomes.results.rates import UNIT_WORDS, is_few

SEVERAL: Final = "pars in several groups"


def label_units(
    cohort: Cohort, by: str, rows: pd.DataFrame, unit: Unit, which: dict[str, Any]
) -> pd.Series:
    """Label the rows; a patient by the group in which all target pars of the first course are."""
    if unit == "defect" or by not in PARS_GROUPS:
        return label_groups(rows, by, unit)
    pars, _ = select_units(cohort, unit="defect", **which)
    first = select_first_courses(pars)
    of_pars = label_groups(first, by, "defect").groupby(first["episode_id"])
    groups = of_pars.first().where(of_pars.nunique().eq(1), SEVERAL)
    return rows["episode_id"].map(groups).rename(by)


def choose_groups(rows: pd.DataFrame, groups: pd.Series) -> list[str]:
    """Return the groups of enough pars and patients of known status, in clinical order."""
    known = select_known(rows)
    counts = known.groupby(groups.loc[known.index]).agg(
        n_defects=("n_defects", "sum"), n_patients=("patient_id", "nunique")
    )
    enough = set(counts.index[~is_few(counts)]) - {NOT_RECORDED, SEVERAL}
    return [name for name in order_groups(groups) if name in enough]


def find_reference(by: str, reference: str | None, rates: pd.DataFrame, compared: list[str]) -> str:
    """Return the group that others are compared with."""
    if reference is not None and compared:
        return require_choice("reference", reference, tuple(compared))
    usual = REFERENCE_LEVELS.get(by, "")
    if usual in compared or not compared:
        return usual
    known = rates[rates["measure"].eq("union_known_status")].set_index(by)["n_defects"]
    return str(known.loc[compared].idxmax())


def estimate_trend(
    rows: pd.DataFrame, groups: pd.Series, options: RateOptions
) -> tuple[list[Row], str]:
    """Return the trend over ordered groups as rows, or none and why there is none."""
    if groups.name not in ORDERED_TERMS:
        return [], ""
    order = {name: step for step, name in enumerate(CLINICAL_ORDER[str(groups.name)])}
    known = select_known(rows)
    scores = groups.loc[known.index].map(order).dropna()
    known = known.loc[scores.index]
    words = UNIT_WORDS[options.unit].lower()
    if scores.nunique() < MIN_GROUPS_FOR_TREND or _is_small(known):
        return [], (
            f"{words}, no trend: it needs {MIN_GROUPS_FOR_TREND} groups in order, and 10 pars in 5 "
            "patients of known status"
        )
    row, why = make_trend_row(known, scores, options)
    if not row:
        return [], f"{words}, no trend: {why.removeprefix('none: ')}"
    steps = ", ".join(name for name in order if order[name] in set(scores)).replace("_", "-")
    return [{"unit": options.unit, "steps": steps, **row}], ""


def _is_small(known: pd.DataFrame) -> bool:
    counts = pd.DataFrame(
        {"n_defects": [known["n_defects"].sum()], "n_patients": [known["patient_id"].nunique()]}
    )
    return bool(is_few(counts).item())


def count_not_compared(
    rows: pd.DataFrame, groups: pd.Series, compared: list[str]
) -> tuple[Exclusion, ...]:
    """Count the units whose group is not recorded, several, or too small."""
    left_out = {
        f"{groups.name} not recorded (not compared)": groups.eq(NOT_RECORDED),
        "Target pars in several groups (not compared)": groups.eq(SEVERAL),
        "Group too small to compare (under 10 pars or 5 patients of known status)": ~groups.isin(
            [*compared, NOT_RECORDED, SEVERAL]
        ),
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
