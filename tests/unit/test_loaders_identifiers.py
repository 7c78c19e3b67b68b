"""Identifiers are found by header, by values and in free text, and never shown."""

from __future__ import annotations

import pytest

from parsoutcomes.loaders.identifiers import (
    detect_identifiers,
    is_chi_number,
    is_nhs_number,
    is_study_number,
    pseudonymise,
    redact,
)

# All numbers are invented; NHS numbers are from the 999 test range.
NHS = ["9990110018", "999 011 0026", "999-011-0042", 9990110069]


def kind(header, values):
    found = detect_identifiers(header, values)
    return None if found is None else found.kind


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("NHS No", "nhs_number"),
        ("CHI number", "chi_number"),
        ("Name", "name"),
        ("Surname", "name"),
        ("DOB", "birth_date"),
        ("Date of Birth", "birth_date"),
        ("Postcode", "postcode"),
        ("Mobile no", "telephone"),
        ("E-mail", "email"),
        ("Address line 1", "address"),
        ("GP", "gp"),
        ("Consultant", "staff"),
    ],
)
def test_a_header_gives_a_column_away_even_when_it_is_empty(header, expected):
    assert kind(header, []) == expected
    assert kind(header, ["x", None]) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (NHS, "nhs_number"),
        (["LS1 4AB", "M1 1AA", "EC1A 1BB", "b33 8th"], "postcode"),
        (["07700 900123", "+44 7700 900124", "0113 496 0999", 7700900125], "telephone"),
        (["a.b@example.org", "c@example.co.uk", None], "email"),
        (["12 High Street", "4 Mill Lane, Leeds", "Flat 2 Park Road"], "address"),
        (["A123456", "A123467", "B223456"], "hospital_number"),
        ([1234567, 1234588, 2234567], "hospital_number"),
        (["John Smith", "Mary Jones", "Ann O'Neil", "Sam Lee-Hay", "Mr P Ford"], "name"),
        (["SMITH, John", "JONES, Mary", "HAY, Sam", "FORD, Jo", "BELL, Ada"], "name"),
    ],
)
def test_values_give_a_column_away_under_any_header(values, expected):
    assert kind("Ref 2b", values) == expected


@pytest.mark.parametrize(
    "values",
    [
        ["P0001", "P0002"],
        ["LB2002", "LB2003", "LB2004"],
        [1, 2, 3],
        [45088, 45090, 45101],
        [20230611, 20230702, 20230803],
        ["11/06/2023", "12/06/2023", "13/06/2023"],
        ["Boston Overlap", "Bespoke Rigid", "Soft Corset", "Boston Brace", "Bespoke Rigid"],
        ["L5", "L4"],
        ["early stage", "complete #"],
        [],
        [None, "", "n/a"],
    ],
)
def test_clinical_columns_and_study_numbers_are_no_identifiers(values):
    assert kind("column", values) is None


def test_ten_digits_are_judged_by_the_share_of_right_check_digits():
    wrong = ["9990110019", "9990110027", "9990110043", "9990110018"]
    assert kind("column", wrong) == "hospital_number"
    assert is_nhs_number("9990110018")
    assert not is_nhs_number("9990110019")
    assert not is_nhs_number("0000000000")
    assert not is_nhs_number("999011001")


def chi_like(nine):
    return next(f"{nine}{digit}" for digit in range(10) if is_nhs_number(f"{nine}{digit}"))


def test_a_chi_number_begins_with_a_day_of_birth():
    number = chi_like("110610001")
    assert is_chi_number(number)
    assert not is_chi_number("9990110018")
    assert kind("column", [number, number]) == "chi_number"


@pytest.mark.parametrize(
    "values",
    [
        ["P0001", "P0002"],
        ["LB2002"],
        [1.0, 2.0, 3.0],
        ["101-1", "101-2", "102-1"],
        ["PARS-2023-001", "PARS-2024-002"],
        ["000123", "000124"],
        ["STUDY-000123", "STUDY-000124"],
    ],
)
def test_study_numbers(values):
    assert is_study_number(values)


@pytest.mark.parametrize(
    "values",
    [
        NHS,
        ["A123456", "A123467"],
        ["RX1234567"],
        [54321],
        ["JS05", "AB09", "CD11", "EF12"],
        ["Smith", "Jones"],
        ["Quillon0", "Quillon1", "Quillon11"],
        ["P0001", "zeb@quil.example"],
        [],
        [None],
    ],
)
def test_what_may_identify_somebody_is_no_study_number(values):
    assert not is_study_number(values)


def test_pseudonyms_follow_the_order_of_first_appearance():
    labels = pseudonymise(["999 011 0026", "9990110018", "9990110026", None])
    assert labels == {"999 011 0026": "P0001", "9990110018": "P0002", "9990110026": "P0001"}
    assert pseudonymise([]) == {}


def test_identifiers_are_taken_out_of_free_text():
    note = (
        "Mrs J Smith rang 07700 900123 re Tom, DOB 12/3/2009, NHS 999 011 0018, of 12 High "
        "Street LS1 4AB, t.smith@example.org, hosp no X123456. CT 12/03/2024: part union at L5."
    )
    found = redact(note, known=["Tom Smith"])
    for secret in ("Smith", "Tom", "07700", "2009", "0018", "High", "4AB", "example", "123456"):
        assert secret not in found.text
    assert found.text.endswith("CT 12/03/2024: part union at L5.")
    assert found.counts == {
        "address": 1,
        "birth_date": 1,
        "email": 1,
        "hospital_number": 1,
        "name": 2,
        "nhs_number": 1,
        "postcode": 1,
        "telephone": 1,
    }


def test_a_note_without_identifiers_is_left_as_it_is():
    note = "L5 early stage R, pain 7/10 on 12/03/2024, brace 6/12, 23 h a day; L4/5 normal."
    assert redact(note).text == note
    assert redact(None).text == ""


def test_a_finding_shows_no_value():
    found = detect_identifiers("Ref 2b", NHS)
    assert found.n == 4
    assert not any(str(value) in repr(found) for value in NHS)
