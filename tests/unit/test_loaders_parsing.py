"""Levels, lengths, scores and numbers as clinics write them."""

from __future__ import annotations

from datetime import datetime

import pytest

from parsoutcomes.loaders.parsing import (
    parse_age,
    parse_level,
    parse_months,
    parse_number,
    parse_score,
    parse_slip_grade,
)


@pytest.mark.parametrize(
    "cell", ["L5", "l5", "L 5", "5", 5, 5.0, "L5.", "LV5", "5th lumbar", "Lumbar 5", "Level L5"]
)
def test_one_vertebra_in_many_spellings(cell):
    assert (parse_level(cell).levels, parse_level(cell).flag) == (("L5",), None)


@pytest.mark.parametrize(
    ("cell", "level"),
    [
        ("L5/S1", "L5"),
        ("L4/5", "L4"),
        ("L3/4", "L3"),
        ("L4-L5", "L4"),
        ("4/5", "L4"),
        ("T12/L1", "T12"),
    ],
)
def test_a_segment_is_its_upper_vertebra_and_flagged(cell, level):
    reading = parse_level(cell)
    assert reading.levels == (level,)
    assert reading.flag == "a segment was written; its upper vertebra is taken"


@pytest.mark.parametrize("cell", ["L4, L5", "L4 & L5", "L4+L5", "L4 and L5", "4,5", "L4; L5"])
def test_several_levels_stay_several(cell):
    assert parse_level(cell).levels == ("L4", "L5")


def test_two_levels_that_are_no_neighbours_are_two_levels():
    assert parse_level("L3/L5").levels == ("L3", "L5")


@pytest.mark.parametrize(
    ("cell", "side"),
    [
        ("L5 R", "right"),
        ("R L5", "right"),
        ("L5 (L)", "left"),
        ("L L5", "left"),
        ("L5 B/L", "both"),
    ],
)
def test_a_side_in_the_cell_of_the_level_is_kept_and_flagged(cell, side):
    reading = parse_level(cell)
    assert (reading.levels, reading.side) == (("L5",), side)
    assert reading.flag == "the cell of the level names a side too"


@pytest.mark.parametrize(
    "cell",
    ["S1", "L6", "12", "45", 4.5, "L1-L5", "L5?", "lumbar", "L5 or L4", datetime(2024, 5, 4)],
)
def test_what_is_no_single_vertebra_is_left_unresolved(cell):
    reading = parse_level(cell)
    assert reading.levels == ()
    assert reading.flag is not None


def test_a_missing_level_says_why():
    assert parse_level("NK").missing == "not_known"
    assert parse_level(None).missing == "blank"


@pytest.mark.parametrize(
    ("cell", "months"),
    [
        ("6/12", 6),
        ("6", 6),
        (3, 3),
        ("3m", 3),
        ("6 mths", 6),
        ("6 months", 6),
        ("six months", 6),
        ("12/52", 3),
        ("12 wks", 3),
        ("26 weeks", 6),
        ("13 weeks", 3),
        ("90 days", 3),
        ("1 year", 12),
        ("4.5 months", 4.5),
    ],
)
def test_lengths_as_months(cell, months):
    assert parse_months(cell).value == months


def test_weeks_far_from_a_whole_month_stay_exact():
    assert parse_months("6 weeks").value == pytest.approx(6 * 7 / 30.4375)
    assert parse_months("6 weeks").flag == "weeks turned into months"


def test_the_unit_of_the_header_holds_for_bare_numbers_only():
    assert parse_months(12, unit="weeks").value == 3
    assert parse_months("6/12", unit="weeks").value == 6


@pytest.mark.parametrize("cell", ["3-6 months", "3 to 6", "3/12-6/12", "3 or 6 months"])
def test_a_range_of_lengths_is_left_unresolved(cell):
    assert (parse_months(cell).value, parse_months(cell).flag) == (None, "a range, left unresolved")


def test_a_length_that_a_spreadsheet_turned_into_a_day_is_not_read():
    reading = parse_months(datetime(2024, 12, 6))
    assert reading.value is None
    assert "a date in a column of numbers" in reading.flag


def test_until_union_is_no_number_of_months():
    reading = parse_months("until union")
    assert (reading.value, reading.missing) == (None, "not_known")
    assert reading.flag == "prescribed until union, not for a number of months"


@pytest.mark.parametrize("cell", ["3+3", "long", "-3", ">6"])
def test_other_text_in_a_length_is_left_unresolved(cell):
    assert parse_months(cell).value is None
    assert parse_months(cell).flag is not None


@pytest.mark.parametrize(
    ("cell", "score"),
    [(7, 7), ("7", 7), ("1/10", 1), ("0/10", 0), ("5 / 10", 5), ("7 out of 10", 7), ("6.5", 6.5)],
)
def test_scores_out_of_ten(cell, score):
    assert parse_score(cell, maximum=10).value == score


@pytest.mark.parametrize("cell", ["7-8", "70", 11, -1, "7/100", "35%", ">5", "70mm", "bad", True])
def test_a_score_is_never_rescaled_or_guessed(cell):
    reading = parse_score(cell, maximum=10)
    assert reading.value is None
    assert reading.flag is not None


def test_a_percentage_fits_a_scale_of_a_hundred():
    assert parse_score("35%", maximum=100).value == 35
    assert parse_score(0, maximum=100).value == 0


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("?", "not_known"), ("NK", "not_known"), ("n/a", "not_applicable"), ("-", "blank")],
)
def test_a_missing_score_says_why(cell, reason):
    reading = parse_score(cell, maximum=10)
    assert (reading.value, reading.missing, reading.flag) == (None, reason, None)


@pytest.mark.parametrize(
    ("cell", "number"),
    [("13", 13), ("13.5", 13.5), ("13 yrs", 13), ("23 hrs/day", 23), ("13,5", 13.5), (14, 14)],
)
def test_numbers(cell, number):
    assert parse_number(cell).value == number


@pytest.mark.parametrize("cell", ["abc", "12-13", ">5", "1e5", "12 stone", float("inf")])
def test_text_in_a_number_is_left_unresolved(cell):
    assert parse_number(cell).value is None
    assert parse_number(cell).flag is not None


def test_ages_in_years_and_months():
    assert parse_age("13y 6m").value == 13.5
    assert parse_age("13 years 3 months").value == 13.25
    assert parse_age("13y 14m").value is None


def test_grades_of_slip():
    assert [parse_slip_grade(g).value for g in ("nil", "1", "Grade II", "III")] == [0, 1, 2, 3]
    assert parse_slip_grade("slight").flag == "not understood as a Meyerding grade"


def test_no_flag_holds_a_cell():
    cell = "Mary Smith 4711"
    for reading in (parse_level(cell), parse_months(cell), parse_score(cell, maximum=10)):
        assert "Mary" not in reading.flag
        assert "4711" not in reading.flag
