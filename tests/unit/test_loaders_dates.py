"""Dates of the clinic: which day a cell can mean, and when nobody can say."""

from __future__ import annotations

from datetime import date, datetime, time

import pandas as pd
import pytest

from parsoutcomes.loaders.date_order import prove_date_order
from parsoutcomes.loaders.dates import classify_date, resolve_date


@pytest.mark.parametrize(
    "cell",
    [
        "11 Jun 2023",
        "11-Jun-23",
        "11 June 2023",
        "11th June 2023",
        "Sun 11 Jun 2023",
        "Sunday, 11th of June 2023",
        "11Jun2023",
        "11 June '23",
        "Jun 11, 2023",
        "June 11th 2023",
        "2023 Jun 11",
        "2023-06-11",
        "2023/06/11",
        "20230611",
        20230611,
        "2023-06-11T10:30:00Z",
        "2023-06-11 00:00:00",
        "11 Jun 2023 10:30",
        "11 Jun 2023 at 2.30pm",
        datetime(2023, 6, 11, 9, 15),
        date(2023, 6, 11),
        pd.Timestamp("2023-06-11"),
        45088,
        45088.75,
        "45088",
    ],
)
def test_a_date_with_one_meaning_needs_no_order(cell):
    reading = classify_date(cell)
    assert reading.kind == "date"
    assert resolve_date(reading, None) == date(2023, 6, 11)


@pytest.mark.parametrize(
    "cell",
    ["11/06/23", "11.06.2023", "11-06-2023", "11 06 2023", "11/6/2023 10:30", "11 / 06 / 23"],
)
def test_day_and_month_under_13_are_two_dates_until_an_order_is_known(cell):
    reading = classify_date(cell)
    assert reading.kind == "either"
    assert resolve_date(reading, None) is None
    assert resolve_date(reading, "day_first") == date(2023, 6, 11)
    assert resolve_date(reading, "month_first") == date(2023, 11, 6)


@pytest.mark.parametrize(
    ("cell", "kind", "day"),
    [
        ("26/03/23", "day_first_only", date(2023, 3, 26)),
        ("03/26/23", "month_first_only", date(2023, 3, 26)),
        ("29/02/24", "day_first_only", date(2024, 2, 29)),
        ("05/05/2024", "date", date(2024, 5, 5)),
    ],
)
def test_a_date_that_can_be_read_one_way_is_read_that_way_under_any_order(cell, kind, day):
    reading = classify_date(cell)
    assert reading.kind == kind
    assert {resolve_date(reading, order) for order in (None, "day_first", "month_first")} == {day}


@pytest.mark.parametrize(
    "cell",
    ["31/06/24", "29/02/2023", "31-Apr-23", "2023-02-30", "00/01/2023", "13/14/2023", "1/1/1800"],
)
def test_a_day_that_is_not_in_the_calendar_is_impossible(cell):
    reading = classify_date(cell)
    assert reading.kind == "impossible"
    assert resolve_date(reading, "day_first") is None


@pytest.mark.parametrize(
    ("cell", "kind", "earliest", "latest"),
    [
        ("Jun 2023", "month_only", date(2023, 6, 1), date(2023, 6, 30)),
        ("06/2023", "month_only", date(2023, 6, 1), date(2023, 6, 30)),
        ("2024-02", "month_only", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023", "year_only", date(2023, 1, 1), date(2023, 12, 31)),
        (2023, "year_only", date(2023, 1, 1), date(2023, 12, 31)),
    ],
)
def test_a_month_or_a_year_alone_stays_an_interval(cell, kind, earliest, latest):
    reading = classify_date(cell)
    assert (reading.kind, reading.earliest, reading.latest) == (kind, earliest, latest)
    assert resolve_date(reading, "day_first") is None


@pytest.mark.parametrize("cell", [None, "", " ", float("nan"), pd.NaT, "n/a", "NK", "?", "-"])
def test_words_for_missing_are_missing(cell):
    assert classify_date(cell).kind == "missing"


@pytest.mark.parametrize(
    "cell",
    [
        "May",
        "6/12",
        "12/52",
        "3 months",
        "10:30",
        "1/2/3",
        "soon",
        5,
        17.5,
        True,
        time(10, 30),
        "L5",
    ],
)
def test_what_is_no_date_is_not_made_one(cell):
    assert classify_date(cell).kind == "not_a_date"


def test_serial_numbers_of_both_excel_systems():
    assert classify_date(45088).day_first == date(2023, 6, 11)
    assert classify_date(45088 - 1462, excel_epoch=1904).day_first == date(2023, 6, 11)


def test_a_two_digit_year_is_read_no_later_than_the_day_given():
    lock = date(2026, 11, 22)
    assert resolve_date(classify_date("12 May 12"), None, latest=lock) == date(2012, 5, 12)
    assert resolve_date(classify_date("12 May 27"), None, latest=lock) == date(1927, 5, 12)
    assert resolve_date(classify_date("22/11/26"), "day_first", latest=lock) == lock
    assert resolve_date(classify_date("23/11/26"), "day_first", latest=lock) == date(1926, 11, 23)
    assert resolve_date(classify_date("12 May 98"), None) == date(1998, 5, 12)


def test_a_birth_date_is_not_after_the_fitting():
    fitted = date(2023, 6, 11)
    assert resolve_date(classify_date("03/07/05"), "day_first", latest=fitted).year == 2005
    assert resolve_date(classify_date("03/07/25"), "day_first", latest=fitted).year == 1925


def test_a_four_digit_year_is_never_changed():
    assert resolve_date(classify_date("12 May 2030"), None, latest=date(2026, 1, 1)).year == 2030


def readings(*cells):
    return [classify_date(cell) for cell in cells]


def test_day_first_is_proved_by_one_date_that_is_nothing_else():
    order = prove_date_order(
        {"Fitted": readings("02/06/23", "26/03/23"), "Last seen": readings("01/02/23")}
    )
    assert (order.order, order.n_either) == ("day_first", 2)
    assert order.evidence == {"Fitted": (1, 0, 1), "Last seen": (0, 0, 1)}
    assert order.reason == "1 dates can only be day first (Fitted: 1), none month first."


def test_month_first_is_proved_in_the_same_way():
    assert prove_date_order({"Seen": readings("02/06/23", "03/26/23")}).order == "month_first"


def test_contradicting_dates_prove_nothing():
    order = prove_date_order({"A": readings("26/03/23"), "B": readings("03/26/23", "02/06/23")})
    assert (order.order, order.n_either) == (None, 1)
    assert "does not prove an order" in order.reason


def test_a_day_that_no_calendar_has_still_shows_its_order():
    assert prove_date_order({"A": readings("31/06/23", "02/06/23")}).order == "day_first"
    assert prove_date_order({"A": readings("02/30/23", "02/06/23")}).order == "month_first"
    order = prove_date_order({"A": readings("31/06/23"), "B": readings("10/13/23", "02/06/23")})
    assert order.order is None
    assert "1 dates can only be day first (A: 1) and 1 only month first (B: 1)" in order.reason


@pytest.mark.parametrize("cell", ["31/31/23", "13/13/23", "00/06/23", "45/06/23", "06/45/23"])
def test_a_date_without_a_month_in_either_place_shows_no_order(cell):
    assert classify_date(cell).impossible_order is None


def test_only_ambiguous_dates_prove_nothing():
    order = prove_date_order({"A": readings("02/06/23", "01/02/23")})
    assert (order.order, order.n_either) == (None, 2)


def test_dates_that_are_not_in_doubt_and_no_dates_at_all_need_no_order():
    assert prove_date_order({"A": readings("2 Jun 2023", "05/05/23", "")}).n_either == 0
    assert prove_date_order({}).order is None


def test_no_note_or_reason_holds_a_cell():
    for cell in ("31/06/24", "Jun 2023", "Mary Smith", "45088"):
        assert cell not in classify_date(cell).note
