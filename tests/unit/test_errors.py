from __future__ import annotations

import pytest

from parsoutcomes.errors import (
    ArgumentError,
    ParsOutcomesError,
    Problem,
    RecordsError,
    require_choice,
    require_fraction,
)


def test_a_message_has_four_lines() -> None:
    error = ParsOutcomesError("Wrong.", expected="this", found="that", fix="Do so.")
    assert str(error).splitlines() == [
        "What is wrong: Wrong.",
        "Expected: this",
        "Found: that",
        "Fix: Do so.",
    ]


def test_all_problems_of_a_file_come_at_once_and_still_in_four_lines() -> None:
    first = Problem(wrong="No level.", expected="L1-L5", found="row 7", fix="Fill in the level.")
    second = Problem(wrong="No side.", expected="left", found="row 9", fix="Fill in the side.")
    error = RecordsError([first, second])
    assert error.problems == (first, second)
    assert len(str(error).splitlines()) == 4
    assert "(1) row 7 (2) row 9" in str(error)


def test_a_misspelt_choice_is_answered_with_the_near_match() -> None:
    with pytest.raises(ArgumentError, match='Did you mean unit="patient"') as caught:
        require_choice("unit", "patiant", ["defect", "patient"])
    assert caught.value.expected == '"defect", "patient"'


def test_an_unrelated_choice_is_answered_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="Use one of these for unit"):
        require_choice("unit", 3, ["defect", "patient"])


@pytest.mark.parametrize("level", [0, 1, 95, -0.1, float("nan"), "0.95"])
def test_a_confidence_level_is_a_fraction(level: object) -> None:
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        require_fraction("conf_level", level)  # type: ignore[arg-type]
