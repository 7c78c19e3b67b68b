"""Dates of which only the month or the year is given: an interval of days, or listed, no guess."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.intervals import derive_intervals
from parsoutcomes.cohort.surgery import warn_of_surgery
from parsoutcomes.loaders.grid import Grid, number_rows
from parsoutcomes.loaders.load import load_content
from parsoutcomes.loaders.source import SourceContent

HEADERS = ("Study number", "Fitted", "Level", "Side", "Stage", "Scan date", "Union")
FITTED = "13/03/2024"


def load(*scans: tuple[str, str], fitted: str = FITTED, data_lock: str | None = None) -> Cohort:
    rows = [("P0001", fitted, "L5", "left", "early", day, union) for day, union in scans]
    grid = Grid(source="log.csv", sheet="", rows=number_rows([HEADERS, *rows]))
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


KEPT = "month only: kept as an interval of days"


def course(data_lock: str | None = None, scans: str = "10/06/2024 NU", **dates: str) -> Cohort:
    """One course whose further dates are given by header; spaces in it as underscores."""
    headers = [*HEADERS, *(name.replace("_", " ") for name in dates)]
    rows = []
    for scan in scans.split(", "):
        day, union = scan.rsplit(" ", 1)
        rows.append(["P0001", FITTED, "L5", "left", "early", day, union, *dates.values()])
    grid = Grid(source="log.csv", sheet="", rows=number_rows([headers, *rows]))
    content = SourceContent(name="log.csv", grids=(grid,), sha256="")
    return load_content(content, date_order="day_first", data_lock=data_lock)


def between(cohort: Cohort, column: str) -> list[str | None]:
    shown = cohort.episodes[[column, f"{column}_earliest", f"{column}_latest"]].iloc[0]
    return [None if day is pd.NaT else str(day.date()) for day in shown]


def surgery(cohort: Cohort) -> tuple[float, float]:
    return tuple(derive_intervals(cohort)[["surgery_from_days", "surgery_to_days"]].iloc[0])


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Onset_date", "onset_date"),
        ("Brace_off", "brace_end_date"),
        ("Surgery_date", "surgery_date"),
    ],
)
def test_a_month_of_a_course_is_kept_as_the_days_it_has(header: str, column: str) -> None:
    cohort = course(**{header: "Jul 2024"})
    assert between(cohort, column) == [None, "2024-07-01", "2024-07-31"]
    assert reasons(cohort) == [(header.replace("_", " "), "flagged", KEPT)]


def test_a_year_of_onset_is_kept_as_the_days_it_has() -> None:
    cohort = course(Onset_date="2023")
    assert between(cohort, "onset_date") == [None, "2023-01-01", "2023-12-31"]


def test_of_a_month_of_last_contact_the_earliest_day_is_known_contact() -> None:
    cohort = course(Last_seen="Sep 2024")
    shown = cohort.episodes.iloc[0]
    assert str(shown["last_contact_date"].date()) == "2024-09-01"
    assert str(shown["last_contact_date_latest"].date()) == "2024-09-30"
    assert derive_intervals(cohort)["surgery_free_until_days"].tolist() == [172.0]
    assert reasons(cohort)[0][1:] == (
        "flagged",
        "month only: its earliest day is taken, as the patient was seen on some day of it",
    )


def test_surgery_in_a_month_lies_in_that_month() -> None:
    assert surgery(course(Surgery_date="Jul 2024")) == (109.0, 140.0)
    assert surgery(course(Surgery_date="10/07/2024")) == (119.0, 119.0)


def test_surgery_in_a_year_lies_between_the_last_scan_and_the_end_of_the_year_or_the_lock() -> None:
    seen = course(Surgery_date="2025", scans="10/06/2024 NU", data_lock="2026-06-30")
    assert surgery(seen) == (293.0, 658.0)
    same_year = course(Surgery_date="2024", Last_seen="01/02/2025")
    assert surgery(same_year) == (0.0, 293.0)


def test_a_scan_that_may_lie_after_surgery_of_that_month_tells_nothing_of_union() -> None:
    cohort = course(Surgery_date="Jul 2024", scans="10/06/2024 NU, 20/07/2024 united")
    assert ends(cohort)[0] == 89
    assert math.isnan(ends(cohort)[1])
    assert surgery(cohort) == (109.0, 140.0)


def test_surgery_in_the_month_of_fitting_is_taken_to_be_after_it_and_earlier_is_listed() -> None:
    assert surgery(course(Surgery_date="Mar 2024", scans="10/02/2024 NU")) == (0.0, 18.0)
    before = course(Surgery_date="Feb 2024")
    assert checks(before) == ["surgery_before_fitting"]
    assert math.isnan(surgery(before)[0])


def test_an_estimate_says_that_the_day_of_surgery_is_not_recorded() -> None:
    rows = derive_intervals(course(Surgery_date="Jul 2024"))
    assert warn_of_surgery(rows)[0].startswith("1 pars ended in surgery on a day not recorded")


def test_a_day_and_its_month_in_two_rows_agree_and_another_month_does_not() -> None:
    rows = [
        ["P0001", FITTED, "L5", "left", "early", "10/06/2024", "NU", "Jul 2024"],
        ["P0001", FITTED, "L4", "left", "early", "10/06/2024", "NU", "10/07/2024"],
    ]
    both = load_rows(rows)
    assert between(both, "surgery_date") == ["2024-07-10", None, None]
    assert "conflicting_value" not in checks(both)
    rows[1][-1] = "10/08/2024"
    assert between(load_rows(rows), "surgery_date") == [None, None, None]
    assert "conflicting_value" in checks(load_rows(rows))


def load_rows(rows: list[list[str]]) -> Cohort:
    grid = Grid(source="log.csv", sheet="", rows=number_rows([[*HEADERS, "Surgery date"], *rows]))
    content = SourceContent(name="log.csv", grids=(grid,), sha256="")
    return load_content(content, date_order="day_first")


def test_a_month_that_may_run_beyond_the_lock_is_left_out_and_contact_is_its_earliest_day() -> None:
    late = course(Surgery_date="Jul 2024", Last_seen="Jul 2024", data_lock="2024-07-15")
    assert between(late, "surgery_date") == [None, None, None]
    assert str(late.episodes["last_contact_date"].iloc[0].date()) == "2024-07-01"
    assert checks(late) == ["after_data_lock"]


def test_the_lock_is_the_earliest_day_that_the_latest_month_may_have() -> None:
    assert str(course(Last_seen="Sep 2024").data_lock.date()) == "2024-09-01"
    assert str(course(Brace_off="Sep 2024").data_lock.date()) == "2024-09-01"


@pytest.mark.parametrize(
    ("dates", "found"),
    [
        ({"Brace_off": "Feb 2024"}, ["brace_end_before_fitting"]),
        ({"Brace_off": "Mar 2024"}, []),
        ({"Onset_date": "Apr 2024"}, ["onset_after_fitting"]),
        ({"Onset_date": "Mar 2024"}, []),
        ({"Last_seen": "Jun 2024"}, []),
        ({"Last_seen": "May 2024"}, ["scan_after_last_contact"]),
        ({"Surgery_date": "Jul 2024", "Outcome": "surgery"}, []),
        ({"Surgery_date": "Jul 2024", "Outcome": "completed"}, ["surgery_date_without_outcome"]),
    ],
)
def test_checks_find_what_is_certain_of_months(dates: dict[str, str], found: list[str]) -> None:
    assert checks(course(**dates)) == found


def test_an_event_in_a_month_is_kept_without_its_day() -> None:
    cohort = course(Return_to_sport="Sep 2024")
    assert cohort.events[["type"]].to_numpy().tolist() == [["return_sport"]]
    assert cohort.events["date"].isna().all()
    assert reasons(cohort)[0][1:] == (
        "flagged",
        "month only: surgery is kept as an interval of days, any other event without its day",
    )


def test_surgery_told_as_an_event_of_a_month_is_between_its_days() -> None:
    cohort = course(Event_type="surgery", Event_date="Jul 2024")
    assert (
        between(cohort, "surgery_date")[1:]
        == between(course(Surgery_date="Jul 2024"), "surgery_date")[1:]
    )
    assert cohort.events.empty
    frame = derive_intervals(cohort)
    typed = derive_intervals(course(Surgery_date="Jul 2024"))
    columns = ["surgery_from_days", "surgery_to_days", "surgery_before_fitting"]
    pd.testing.assert_frame_equal(frame[columns], typed[columns])


def test_surgery_told_as_an_event_of_a_month_beside_a_column_of_surgery_stays_an_event() -> None:
    cohort = course(Surgery_date="05/07/2024", Event_type="surgery", Event_date="Jul 2024")
    assert str(cohort.episodes["surgery_date"].iloc[0].date()) == "2024-07-05"
    assert cohort.events["type"].tolist() == ["surgery"]
