"""What is known of a patient when the brace comes off or stays on, as columns of a design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from parsoutcomes.conventions import MIN_PATIENTS_PER_LEVEL, STAGES
from parsoutcomes.errors import ArgumentError, require_choice
from parsoutcomes.models.brace_intervals import SEEN_NONE, SEEN_PARTIAL

LAST_READING = "last_reading"
STAGE_TERMS = ("stage", "contralateral_stage", "laterality", "stir", "level")
COURSE_TERMS = ("sex", "sport", "prescribed_months")
NUMBER_TERMS = ("age_years",)
TERMS = (*STAGE_TERMS, *COURSE_TERMS, *NUMBER_TERMS, LAST_READING)
NOT_RECORDED = "not recorded"
STATUS_COLUMNS = ((SEEN_NONE, "last reading: no union"), (SEEN_PARTIAL, "last reading: partial"))
SOME_UNITED = "one of two pars united"


@dataclass(frozen=True, kw_only=True)
class BaselineColumns:
    """Columns of what was known at fitting, one row per course.

    Attributes
    ----------
    frame : pandas.DataFrame
        Indexed by `episode_id`; numbers about 0.
    levels : pandas.DataFrame
        The same terms as text, for tables of patterns.
    cautions : tuple of str
        Levels too small to stand alone; numbers not recorded.
    """

    frame: pd.DataFrame
    levels: pd.DataFrame
    cautions: tuple[str, ...]


def require_brace_terms(terms: Sequence[str]) -> tuple[str, ...]:
    """Return the terms of the departure model, after checking each.

    Raises
    ------
    ArgumentError
        When a term is not known, or laterality stands beside contralateral stage.
    """
    chosen = tuple(dict.fromkeys(terms))
    for term in chosen:
        require_choice("a term", term, TERMS)
    if {"laterality", "contralateral_stage"} <= set(chosen):
        raise ArgumentError(
            "laterality and contralateral_stage say the same twice.",
            expected="one of the two: a pars without an opposite fracture is unilateral",
            found="both",
            fix="Leave laterality out.",
        )
    return chosen


def code_baseline(rows: pd.DataFrame, terms: Sequence[str]) -> BaselineColumns:
    """Code what was known at fitting, of the patient as a whole, since one brace is worn by one.

    Parameters
    ----------
    rows : pandas.DataFrame
        Target pars with their covariates.
    terms : sequence of str
        From `require_brace_terms`.

    Returns
    -------
    BaselineColumns

    Notes
    -----
    A patient is described by the target pars of the most advanced stage, STIR by whether it is
    present in any; the opposite stage counts as none, not terminal, or terminal. A value not
    recorded is a level of its own; an age not recorded is the mean, with a column that says so. A
    level of fewer than five patients joins the most frequent one.
    """
    courses = _most_advanced(rows)
    columns: dict[str, pd.Series] = {}
    levels: dict[str, pd.Series] = {}
    cautions: list[str] = []
    for term in terms:
        if term in NUMBER_TERMS:
            columns |= _code_number(courses[term], term)
        elif term != LAST_READING:
            text = _as_levels(courses, term)
            joined, small = _join_small(text)
            levels[term] = text
            columns |= _code_levels(joined, term)
            if small:
                cautions.append(
                    f"{term}: {', '.join(small)} recorded in fewer than {MIN_PATIENTS_PER_LEVEL} "
                    "patients, who stand with the most frequent level in the model of departure"
                )
    frame = pd.DataFrame(columns, index=courses.index).astype("float64")
    return BaselineColumns(
        frame=frame,
        levels=pd.DataFrame(levels, index=courses.index),
        cautions=tuple(cautions),
    )


def code_intervals(
    intervals: pd.DataFrame, baseline: BaselineColumns, terms: Sequence[str]
) -> pd.DataFrame:
    """Return the design of person-intervals: intercept, time, what had been read, what was known.

    Parameters
    ----------
    intervals : pandas.DataFrame
        Rows of `cut_person_intervals`, of one model.
    baseline : BaselineColumns
        From `code_baseline`.
    terms : sequence of str
        From `require_brace_terms`.

    Returns
    -------
    pandas.DataFrame
        One column per coefficient; columns that do not vary are left out, but for the intercept.
    """
    columns = {
        "intercept": pd.Series(1.0, index=intervals.index),
        "start in months": _standardise(intervals["start_days"].where(intervals["in_months"])),
        "after a reading in the window": intervals["is_after_reading"].astype("float64"),
        "months to that reading": _standardise(
            intervals["start_days"].where(intervals["is_after_reading"])
        ),
    }
    if LAST_READING in terms:
        columns |= {
            name: intervals["last_reading"].eq(status).astype("float64")
            for status, name in STATUS_COLUMNS
        }
        columns[SOME_UNITED] = intervals["some_united"].astype("float64")
    known = baseline.frame.reindex(intervals["episode_id"]).set_index(intervals.index)
    design = pd.concat([pd.DataFrame(columns), known], axis=1)
    return drop_aliased(design)


def drop_aliased(design: pd.DataFrame) -> pd.DataFrame:
    """Drop columns that do not vary, or that those before them determine."""
    matrix = design.to_numpy(dtype=np.float64)
    if len(matrix) == 0:
        return design[["intercept"]]
    kept: list[int] = []
    basis = np.empty((len(matrix), 0))
    for position in range(matrix.shape[1]):
        column = matrix[:, position]
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        length = float(np.linalg.norm(rest))
        if length > 1e-8 * max(float(np.linalg.norm(column)), 1e-8):
            kept.append(position)
            basis = np.column_stack([basis, rest / length])
    return design.iloc[:, kept]


def _most_advanced(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per course: its most advanced pars, the first by name among equals."""
    rank = rows["stage"].map({stage: k for k, stage in enumerate(STAGES)}).fillna(-1)
    by = ["episode_id", "rank", *(["defect_id"] if "defect_id" in rows else [])]
    ascending = [True, False, True][: len(by)]
    ordered = rows.assign(rank=rank).sort_values(by, ascending=ascending, kind="stable")
    courses = ordered.drop_duplicates("episode_id").set_index("episode_id")
    if "stir" in rows:
        is_present = rows["stir"].eq("present").groupby(rows["episode_id"]).any()
        seen = ordered.groupby("episode_id")["stir"].first()
        courses["stir"] = seen.mask(is_present.reindex(seen.index), "present")
    return courses


def _as_levels(courses: pd.DataFrame, term: str) -> pd.Series:
    values = courses[term]
    if term == "contralateral_stage":
        values = values.where(values.isin(("none", "terminal")) | values.isna(), "not terminal")
    text = values.map(lambda value: f"{value:g}" if isinstance(value, float) else str(value))
    return text.where(values.notna(), NOT_RECORDED).astype("object")


def _join_small(text: pd.Series) -> tuple[pd.Series, list[str]]:
    counts = text.value_counts()
    most = min(counts.index[counts.eq(counts.max())])
    small = sorted(str(name) for name in counts.index[counts < MIN_PATIENTS_PER_LEVEL])
    return text.where(~text.isin(small), most), small


def _code_levels(text: pd.Series, term: str) -> dict[str, pd.Series]:
    counts = text.value_counts()
    reference = min(counts.index[counts.eq(counts.max())])
    others = sorted(str(name) for name in counts.index if name != reference)
    return {f"{term}: {name}": text.eq(name) for name in others}


def _code_number(values: pd.Series, term: str) -> dict[str, pd.Series]:
    columns = {term: _standardise(values)}
    if values.isna().any():
        columns[f"{term}: {NOT_RECORDED}"] = values.isna()
    return columns


def _standardise(values: pd.Series) -> pd.Series:
    spread = float(values.std()) if values.notna().sum() > 1 else 0.0
    centred = (values - values.mean()) / (spread if spread > 0 else 1.0)
    return centred.fillna(0.0)
