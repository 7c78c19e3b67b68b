"""Dates of which only the month or the year is given: an interval of days, or listed, no guess."""

from __future__ import annotations

import math

import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.loaders.grid import Grid, number_rows
from parsoutcomes.loaders.load import load_content
from parsoutcomes.loaders.source import SourceContent

HEADERS = ("Study number", "Fitted", "Level", "Side", "Stage", "Scan date", "Union")
FITTED = "13/03/2024"


def load(
    *scans: tuple[str, str], fitted: str = FITTED, data_lock: str | None = None, onset: str = ""
) -> Cohort:
    rows = [
        ("P0001", fitted, "L5", "left", "early", day, union, onset or None) for day, union in scans
    ]
    grid = Grid(source="log.csv", sheet="", rows=number_rows([(*HEADERS, "Onset date"), *rows]))
    content = SourceContent(name="log.csv", grids=(grid,), sha256="")
    return load_content(content, date_order="day_first", data_lock=data_lock)


def days(cohort: Cohort) -> list[tuple[float, float]]:
    columns = ["days_since_fitting", "days_since_fitting_latest"]
    return [tuple(row) for row in cohort.readings[columns].to_numpy().tolist()]


def ends(cohort: Cohort) -> tuple[float, float]:
    pars = cohort.defects.iloc[0]
    return pars["interval_left_days"], pars["interval_right_days"]


def reasons(cohort: Cohort) -> list[tuple[str, str, str]]:
    cells = cohort.intake.cells[["header", "action", "reason"]]
    return [tuple(line) for line in cells.to_numpy().tolist()]


def checks(cohort: Cohort) -> list[str]:
    return cohort.intake.checks["check"].tolist()


@pytest.mark.parametrize("written", ["Jun 2024", "June 24", "06/2024", "2024-06"])
def test_a_month_is_kept_as_the_days_it_has(written: str) -> None:
    cohort = load((written, "NU"), ("10/09/2024", "united"))
    assert days(cohort)[0] == (80, 109)
    assert cohort.readings["scan_date"].isna().tolist() == [True, False]
    assert ends(cohort) == (80, 181)
    assert reasons(cohort) == [("Scan date", "flagged", "month only: kept as an interval of days")]


def test_union_in_a_month_is_seen_by_its_last_day() -> None:
    assert ends(load(("Jun 2024", "united"))) == (0, 109)


def test_a_year_is_kept_from_fitting_to_its_last_day() -> None:
    cohort = load(("2024", "united"))
    assert days(cohort) == [(0, 293)]
    assert reasons(cohort) == [("Scan date", "flagged", "year only: kept as an interval of days")]
    assert checks(cohort) == []


def test_both_readings_of_one_month_are_kept_when_they_differ_and_counted_once_when_not() -> None:
    assert days(load(("Jun 2024", "NU"), ("Jun 2024", "united"))) == [(80, 109), (80, 109)]
    repeated = load(("Jun 2024", "NU"), ("Jun 2024", "NU"))
    assert days(repeated) == [(80, 109)]
    assert "duplicated_reading" in checks(repeated)


def test_a_month_before_fitting_is_listed_and_not_counted() -> None:
    cohort = load(("Feb 2024", "united"))
    assert days(cohort) == [(-41, -13)]
    assert checks(cohort) == ["scan_before_fitting"]
    assert math.isnan(ends(cohort)[1])


def test_a_month_that_may_run_beyond_the_data_lock_is_left_out() -> None:
    assert days(load(("Jun 2024", "NU"), data_lock="2024-06-30")) == [(80, 109)]
    beyond = load(("Jun 2024", "NU"), data_lock="2024-06-29")
    assert days(beyond) == []
    assert checks(beyond) == ["after_data_lock"]


def test_a_month_with_no_day_of_fitting_to_count_from_is_left_out_and_listed() -> None:
    cohort = load(("Jun 2024", "NU"), fitted="Mar 2024")
    assert days(cohort) == []
    assert "reading_without_date" in checks(cohort)
    assert reasons(cohort)[0] == (
        "Fitted",
        "unresolved",
        "only month and year are given: not used, as times are counted from the day of fitting: "
        "fill in the day",
    )


def test_a_month_of_onset_is_listed_and_not_used() -> None:
    cohort = load(("10/06/2024", "NU"), onset="Jan 2024")
    assert cohort.episodes["onset_date"].isna().all()
    assert reasons(cohort) == [
        (
            "Onset date",
            "unresolved",
            "only month and year are given: listed only, as no time is counted from onset",
        )
    ]
