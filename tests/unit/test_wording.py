from __future__ import annotations

import math

import pytest

from parsoutcomes import wording


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.0, "0%"), (0.004, "<1%"), (0.5, "50%"), (0.996, ">99%"), (1.0, "100%")],
)
def test_some_is_never_none_and_most_is_never_all(fraction: float, text: str) -> None:
    assert wording.format_percent(fraction) == text


def test_what_cannot_be_estimated_says_so() -> None:
    assert wording.format_percent(math.nan) == "not estimable"
    assert wording.format_number(math.nan) == "not estimable"
    assert "no interval" in wording.format_percent_interval(0.5, math.nan, math.nan)


def test_the_level_stands_in_the_interval() -> None:
    assert wording.format_percent_interval(0.5, 0.4, 0.6, 0.9) == "50% (90% interval 40% to 60%)"


@pytest.mark.parametrize(
    ("p_value", "text"),
    [(0.0004, "<0.001"), (0.0457, "0.046"), (0.5, "0.50"), (math.nan, "not given")],
)
def test_p_values(p_value: float, text: str) -> None:
    assert wording.format_p_value(p_value) == text


def test_cells_are_shown_as_a_reader_says_them() -> None:
    assert wording.format_cell("stage", "pre_lysis") == "pre-lysis"
    assert wording.format_cell("n_defects", 1200) == "1,200"
    assert wording.format_cell("conf_level", 0.95) == "95%"
    assert wording.format_cell("p_value", 0.00001) == "<0.001"
    assert wording.format_cell("estimate", math.nan) == ""
    assert wording.format_cell("is_target", True) == "yes"
    assert wording.format_list(["early", "progressive"]) == "early and progressive"
