"""How much was recorded, outcomes first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import classify_union
from parsoutcomes.cohort.whole_patient import mark_read_per_patient, warn_read_per_patient
from parsoutcomes.conventions import GRACE_MONTHS, HORIZON_MONTHS
from parsoutcomes.results.description import Completeness, write_completeness_finding

ALL_YEARS: Final = "all"
NOT_DATED: Final = "not dated"
_PARS_COLUMNS: Final = ("stage", "level", "side", "stir")
_COURSE_COLUMNS: Final = (
    "fitted_date",
    "prescribed_months",
    "brace_type",
    "brace_end_date",
    "status",
    "last_contact_date",
    "age_years",
    "sex",
    "sport",
    "onset_date",
)


@public(made_by="load_records")
def check_completeness(
    cohort: Cohort,
    *,
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
) -> Completeness:
    """Say what share of each column was recorded, overall and by year of fitting.

    Not a check of whether what was recorded is right; the account of intake lists contradictions.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.
    horizon_months, grace_months : float
        The horizon h and the grace g, for the share of known status.

    Returns
    -------
    Completeness
        `frame`: `table, column, year` ("all", then each year of fitting, then "not dated"),
        `n_expected, n_recorded, fraction_recorded`; the share is missing when nothing was expected.

    Raises
    ------
    ArgumentError
        When `cohort` is no cohort, or a time is not possible.

    Notes
    -----
    Outcomes first: status at the horizon, expected of target pars that are due; a scan after
    fitting, of the pars or of the patient as a whole, expected of the same. Then what describes
    pars and courses, expected of all of them, except the end of brace, which is not expected while
    the patient is in it.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> episodes = pd.DataFrame({"episode_id": ["P1-1", "P2-1"], "patient_id": ["P1", "P2"],
    ...     "sex": ["male", None]})
    >>> frame = check_completeness(build_cohort({"episodes": episodes})).frame
    >>> frame.loc[frame["column"].eq("sex") & frame["year"].eq("all"), "fraction_recorded"].item()
    0.5
    """
    rows = classify_union(cohort, horizon_months=horizon_months, grace_months=grace_months)
    due = rows[rows["is_due"].fillna(True).astype(bool)]
    is_whole = mark_read_per_patient(cohort, due)
    parts = [
        *_check_outcomes(due, is_whole),
        *_check_pars(cohort),
        *_check_courses(cohort),
    ]
    frame = pd.concat(parts, ignore_index=True)
    return Completeness(
        title="Completeness of the records, by year of fitting",
        finding=write_completeness_finding(frame),
        method=(
            "Recorded over expected. Union status and scans are expected of target pars that are "
            f"due at {horizon_months:g} months; the end of brace is not expected while in brace."
        ),
        frame=frame,
        cautions=warn_read_per_patient(due[is_whole & due["status"].eq("unknown")]),
    )


def _check_outcomes(due: pd.DataFrame, is_whole: pd.Series) -> Iterator[pd.DataFrame]:
    years = _years_of(due["fitted_date"])
    yield _count("readings", "union_status", due["status"].ne("unknown"), years)
    yield _count("readings", "scan_date", due["n_readings"].gt(0) | is_whole, years)


def _check_pars(cohort: Cohort) -> Iterator[pd.DataFrame]:
    defects = cohort.tables["defects"]
    fitted = cohort.tables["episodes"].drop_duplicates("episode_id").set_index("episode_id")
    years = _years_of(pd.to_datetime(defects["episode_id"].map(fitted["fitted_date"])))
    for column in _PARS_COLUMNS:
        yield _count("defects", column, defects[column].notna(), years)


def _check_courses(cohort: Cohort) -> Iterator[pd.DataFrame]:
    episodes = cohort.tables["episodes"]
    years = _years_of(episodes["fitted_date"])
    for column in _COURSE_COLUMNS:
        expected = pd.Series(True, index=episodes.index)
        if column == "brace_end_date":
            expected = episodes["status"].ne("in_brace")
        yield _count("episodes", column, episodes.loc[expected, column].notna(), years[expected])


def _years_of(fitted: pd.Series) -> pd.Series:
    years = fitted.dt.year.map(lambda year: f"{year:.0f}", na_action="ignore")
    return pd.Series(years.astype("object").where(fitted.notna(), NOT_DATED))


def _count(table: str, column: str, recorded: pd.Series, years: pd.Series) -> pd.DataFrame:
    counted = recorded.groupby(years).agg(n_expected="size", n_recorded="sum")
    overall = pd.DataFrame(
        {"n_expected": [len(recorded)], "n_recorded": [int(recorded.sum())]}, index=[ALL_YEARS]
    )
    both = pd.concat([overall, counted.sort_index()]).rename_axis("year").reset_index()
    both["n_recorded"] = both["n_recorded"].astype("int64")
    expected = both["n_expected"].where(both["n_expected"].gt(0))
    both["fraction_recorded"] = both["n_recorded"] / expected
    columns = ["table", "column", "year", "n_expected", "n_recorded", "fraction_recorded"]
    return both.assign(table=table, column=column)[columns]
