"""Brace treatment as it was, as a finished result: periods, months received, hours worn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from parsoutcomes.conventions import MIN_PATIENTS_FOR_CLAIM
from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_percent,
    start_sentence,
)

IN_BRACE: Final = "in_brace"
GAP: Final = "gap"
EXTENSION: Final = "extension"
PERIODS: Final = (IN_BRACE, GAP, EXTENSION)

COMPLETED_EARLY: Final = "completed_early"
AS_PRESCRIBED: Final = "as_prescribed"
EXTENDED: Final = "extended"
NOT_YET_KNOWN: Final = "not_yet_known"
NO_PRESCRIPTION: Final = "no_prescription"
RECEIVED: Final = (COMPLETED_EARLY, AS_PRESCRIBED, EXTENDED, NOT_YET_KNOWN, NO_PRESCRIPTION)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class BraceExposure(Result):
    """When the brace was on, how that compares with what was prescribed, and how it was worn.

    What is printed has counts only. `to_frame()` and `adherence_by_course` have a row per course
    with its keys, and are for the clinic's own use.

    Attributes
    ----------
    frame : pandas.DataFrame
        A row per period of a course: `patient_id, episode_id, episode_number, prescribed_months,
        received, period_number, period` (`in_brace`, `gap`, `extension`), `start_date, stop_date,
        start_days, stop_days, reason` (of a gap; whether an extension is recorded), `ended_by`,
        `is_open` (its end has not been seen).
    received : pandas.DataFrame
        `prescribed_months, received, n_courses, n_patients, median_months` (fitting to removal),
        `median_months_worn` (gaps taken off), `n_with_gap`.
    reasons : pandas.DataFrame
        `received, ended_by, n_courses`.
    adherence : pandas.DataFrame
        A row per method of measurement: `method, n_patients, n_courses, n_periods, measured_days,
        share_of_days_measured, mean_hours_per_day, worn_hours, prescribed_hours, adherence` (of all
        hours together, not capped), `n_patients_with_adherence,
        n_courses_with_adherence, adherence_lower_quartile,
        adherence_median, adherence_upper_quartile, n_above_prescribed` (of courses).
    adherence_over_time : pandas.DataFrame
        `method, months` (the month's end), `n_patients, measured_days, worn_hours,
        prescribed_hours, adherence`.
    adherence_by_course : pandas.DataFrame
        `episode_id, patient_id, method, n_periods, measured_days, worn_hours, prescribed_hours,
        adherence`.
    missing : pandas.DataFrame
        `what, n_courses, n_patients`, of `n_courses_in_all`.
    grace_months : float
        Within so many months a course counts as completed as prescribed.
    """

    received: pd.DataFrame = field(default_factory=pd.DataFrame)
    reasons: pd.DataFrame = field(default_factory=pd.DataFrame)
    adherence: pd.DataFrame = field(default_factory=pd.DataFrame)
    adherence_over_time: pd.DataFrame = field(default_factory=pd.DataFrame)
    adherence_by_course: pd.DataFrame = field(default_factory=pd.DataFrame)
    missing: pd.DataFrame = field(default_factory=pd.DataFrame)
    grace_months: float = math.nan

    def display_frame(self) -> pd.DataFrame:
        """Return months received by months prescribed, as text, without keys."""
        rows = list_rows(self.received)
        return pd.DataFrame(
            {
                "prescribed": [write_prescription(row["prescribed_months"]) for row in rows],
                "received": [start_sentence(format_label(row["received"])) for row in rows],
                "courses": [f"{row['n_courses']:,}" for row in rows],
                "patients": [f"{row['n_patients']:,}" for row in rows],
                "median months": [f"{row['median_months']:.1f}" for row in rows],
                "with a gap": [f"{row['n_with_gap']:,}" for row in rows],
            }
        )

    def notes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return why courses ended, wear by method and what is missing, then the other notes."""
        headed = (
            ("Ended", tuple(_write_ends(self.reasons))),
            ("Wear", tuple(map(write_adherence, list_rows(self.adherence)))),
            ("Not recorded", tuple(_write_missing(self.missing))),
        )
        return (*((heading, lines) for heading, lines in headed if lines), *super().notes())


def write_prescription(months: float) -> str:
    """Return months prescribed as text."""
    return "not recorded" if math.isnan(months) else format_months(months)


def write_exposure_method(grace_months: float) -> str:
    """Return how courses are cut, held against their prescription, and adherence measured."""
    return (
        "Each course from fitting to removal, surgery or the last day known in the brace, cut "
        "where it was paused (recorded, or measured as not worn) and where the months prescribed "
        f"at fitting ran out. As prescribed: from fitting to removal within "
        f"{format_months(grace_months)} of the prescription, gaps included. Adherence: hours worn "
        "over hours prescribed at fitting, in measured days only, each method of measurement "
        "apart, not capped at 100%"
    )


def write_exposure_finding(received: pd.DataFrame, adherence: pd.DataFrame) -> str:
    """Return how many courses ran as prescribed, and the hours worn by each method.

    Parameters
    ----------
    received, adherence : pandas.DataFrame
        Those of `BraceExposure`.
    """
    counts = received.groupby("received")["n_courses"].sum()
    compared = (COMPLETED_EARLY, AS_PRESCRIBED, EXTENDED)
    n_compared = int(counts.reindex(compared).fillna(0).sum())
    said = [
        f"{int(counts[name])} {words}"
        for name, words in zip(
            compared, ("stopped early", "as prescribed", "extended"), strict=True
        )
        if counts.get(name, 0)
    ]
    opening = (
        f"Of {format_count(n_compared, 'course', 'courses')} whose length can be held against its "
        f"prescription: {format_list(said)}"
        if said
        else "No course can be held against its prescription"
    )
    with_hours = adherence[adherence["adherence"].notna()]
    worn = [
        f"{format_percent(row['adherence'])} of prescribed hours worn, measured by {row['method']} "
        f"({format_count(int(row['n_patients_with_adherence']), 'patient', 'patients')})"
        for row in list_rows(with_hours)
    ]
    return f"{opening}; {'; '.join(worn)}." if worn else f"{opening}; adherence was not measured."


def write_adherence(row: Row) -> str:
    """Return the wear of one method as a sentence."""
    patients = format_count(int(row["n_patients"]), "patient", "patients")
    hours, share = float(row["mean_hours_per_day"]), float(row["share_of_days_measured"])
    opening = (
        f"by {row['method']}, {hours:.1f} hours a day in {patients} "
        f"({format_percent(share)} of their days in brace measured)"
    )
    adherence = float(row["adherence"])
    if math.isnan(adherence):
        return f"{opening}, no prescribed hours to hold it against"
    quartiles = (
        format_percent(float(row[f"adherence_{name}"]))
        for name in ("median", "lower_quartile", "upper_quartile")
    )
    median, low, high = quartiles
    above = int(row["n_above_prescribed"])
    spread = f"; median of courses {median}, quartiles {low} and {high}"
    n_courses = int(row["n_courses_with_adherence"])
    return (
        f"{opening}, {format_percent(adherence)} of the hours prescribed"
        f"{spread if n_courses >= MIN_PATIENTS_FOR_CLAIM else ''}; "
        f"{above} of {n_courses} above what was prescribed"
    )


def _write_ends(reasons: pd.DataFrame) -> Iterator[str]:
    for received, group in reasons.groupby("received", sort=False):
        ends = [f"{format_label(row['ended_by'])} {row['n_courses']}" for row in list_rows(group)]
        yield f"{format_label(received)}: {', '.join(ends)}"


def _write_missing(missing: pd.DataFrame) -> Iterator[str]:
    for row in list_rows(missing):
        if row["n_courses"]:
            yield f"{row['what']} {row['n_courses']} of {row['n_courses_in_all']} courses"
