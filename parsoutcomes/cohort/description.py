"""Case mix: who was treated, and for what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.results.description import CohortDescription, write_description_finding
from parsoutcomes.schema.tables import TABLES

NOT_RECORDED: Final = "not recorded"
AGE_BANDS: Final = ("under 10", "10 to 12", "13 to 15", "16 to 19", "20 or more")
_AGE_FROM: Final = (10, 13, 16, 20)
COURSE_CHARACTERISTICS: Final = (
    "sex",
    "age_years",
    "sport",
    "sport_level",
    "brace_type",
    "prescribed_months",
    "physiotherapy",
    "lipus",
    "vitamin_d",
    "spina_bifida_occulta",
    "status",
)
PARS_CHARACTERISTICS: Final = (
    "level",
    "side",
    "stage",
    "stir",
    "laterality",
    "contralateral_stage",
    "is_target",
)
_NUMBERS: Final = ("age_years", "prescribed_months")


@public(made_by="load_records")
def describe_cohort(cohort: Cohort) -> CohortDescription:
    """Count patients and pars by what is known of them at fitting, missing values included.

    Not for comparing outcomes: nothing here looks at union.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.

    Returns
    -------
    CohortDescription
        `frame`: `characteristic, level, n_patients, n_defects, percent_patients, percent_defects`
        and, for numbers, `median, quartile_low, quartile_high` on the row "recorded".

    Raises
    ------
    ArgumentError
        When `cohort` is no cohort.

    Notes
    -----
    What belongs to the course of treatment counts the patients whose first course has it, and the
    pars of every course that has it. What belongs to a pars counts such pars and the patients with
    at least one, so that patients with pars of two kinds count in both. Percentages are of all
    patients and of all pars. A characteristic that no record holds is left out. Quartiles are over
    first courses, by linear interpolation.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> episodes = pd.DataFrame({"episode_id": ["P1-1", "P2-1"], "patient_id": ["P1", "P2"],
    ...     "sex": ["male", None]})
    >>> describe_cohort(build_cohort({"episodes": episodes})).frame.iloc[:, :3].values.tolist()
    [['sex', 'male', 1], ['sex', 'not recorded', 1]]
    """
    n_patients, n_defects = cohort.n_patients, cohort.n_defects
    rows = [*_describe_courses(cohort), *_describe_pars(cohort)]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    frame["percent_patients"] = _percent(frame["n_patients"], n_patients)
    frame["percent_defects"] = _percent(frame["n_defects"], n_defects)
    return CohortDescription(
        title="Case mix",
        finding=write_description_finding(frame, n_patients, n_defects),
        method=(
            "Counts and percentages of all patients and of all pars, missing ones included; what "
            "belongs to a course of treatment counts patients at their first course, and a "
            "patient with pars of two kinds counts in both; medians with quartiles."
        ),
        frame=frame,
        n_patients=n_patients,
        n_defects=n_defects,
    )


_COLUMNS: Final = (
    "characteristic",
    "level",
    "n_patients",
    "n_defects",
    "percent_patients",
    "percent_defects",
    "median",
    "quartile_low",
    "quartile_high",
)


def _percent(counts: pd.Series, total: int) -> pd.Series:
    return 100 * counts / total if total else pd.Series(np.nan, index=counts.index)


def _describe_courses(cohort: Cohort) -> Iterator[dict[str, object]]:
    episodes = cohort.tables["episodes"]
    first = episodes["episode_number"].eq(episodes["episode_number"].groupby(
        episodes["patient_id"]).transform("min"))  # fmt: skip
    per_course = cohort.tables["defects"].groupby("episode_id").size()
    n_pars = episodes["episode_id"].map(per_course).fillna(0).astype(int)
    for name in COURSE_CHARACTERISTICS:
        if episodes[name].isna().all():
            continue
        if name in _NUMBERS:
            yield _summarise(name, episodes.loc[first, name], n_pars[episodes[name].notna()])
        levels = label_levels(name, episodes[name])
        for level in _order(name, levels):
            has = levels.eq(level)
            yield {
                "characteristic": name,
                "level": level,
                "n_patients": int((has & first).sum()),
                "n_defects": int(n_pars[has].sum()),
            }


def _describe_pars(cohort: Cohort) -> Iterator[dict[str, object]]:
    defects = cohort.tables["defects"]
    for name in PARS_CHARACTERISTICS:
        if defects[name].isna().all():
            continue
        levels = label_levels(name, defects[name])
        for level in _order(name, levels):
            has = levels.eq(level)
            yield {
                "characteristic": name,
                "level": level,
                "n_patients": int(defects.loc[has, "patient_id"].nunique()),
                "n_defects": int(has.sum()),
            }


def _summarise(name: str, values: pd.Series, n_pars: pd.Series) -> dict[str, object]:
    recorded = values.dropna()
    return {
        "characteristic": name,
        "level": "recorded",
        "n_patients": len(recorded),
        "n_defects": int(n_pars.sum()),
        "median": recorded.median(),
        "quartile_low": recorded.quantile(0.25),
        "quartile_high": recorded.quantile(0.75),
    }


def label_levels(name: str, values: pd.Series) -> pd.Series:
    """Return the values of a characteristic as text: ages in bands, missing ones named."""
    if name == "age_years":
        bands = np.array(AGE_BANDS, dtype=object)[np.searchsorted(_AGE_FROM, values, side="right")]
        text = pd.Series(bands, index=values.index).where(values.notna())
    else:
        text = values.astype("object").map(_as_text, na_action="ignore")
    return text.astype("object").where(values.notna(), NOT_RECORDED)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _order(name: str, levels: pd.Series) -> list[str]:
    """Order levels as the schema does; numbers by size, free text by how many have it."""
    table = "episodes" if name in COURSE_CHARACTERISTICS else "defects"
    declared = AGE_BANDS if name == "age_years" else TABLES[table].column(name).allowed
    present = set(levels)
    known = [level for level in (*declared, "yes", "no") if level in present]
    counts = levels.value_counts()
    others = present - set(known) - {NOT_RECORDED}
    if name in _NUMBERS:
        known += sorted(others, key=float)
    else:
        known += sorted(others, key=lambda level: (-int(counts[level]), level))
    return [*known, *([NOT_RECORDED] if NOT_RECORDED in present else [])]
