"""Headers and cells in words that no list holds: what may be read so, and what must not be."""

from __future__ import annotations

import pytest

from parsoutcomes.loaders.sided_cells import read_by_side
from parsoutcomes.loaders.vocabulary import load_vocabulary


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("Bracing commenced", "fitted_date"),
        ("Hard brace start", "fitted_date"),
        ("Months of brace prescribed", "prescribed_months"),
        ("Planned period of bracing", "prescribed_months"),
        ("TLSO ended on", "brace_end_date"),
        ("Outcome left", "union_status"),
        ("L/R/Bilat", "side"),
        ("2nd re-image finding", "union_status"),
        ("Scan 1 - days from fitting", "days_since_fitting"),
        ("Age at dx", "age_years"),
    ],
)
def test_headers_by_other_names_and_in_another_order(header: str, role: str) -> None:
    match = load_vocabulary().header_role(header)
    assert match is not None
    assert match.role == role


@pytest.mark.parametrize(
    "header",
    [
        "Brace outcome",
        "Brace description",
        "Brace L",
        "Duration of symptoms",
        "Side of pain",
        "Scan planned date",
        "Surgery planned",
        "Physio start date",
    ],
)
def test_headers_that_only_share_words_are_not_read(header: str) -> None:
    assert load_vocabulary().header_role(header) is None


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("bony bridging complete", "complete"),
        ("fracture line persists", "none"),
        ("has now fully united", "complete"),
        ("there is no fracture line visible", "complete"),
    ],
)
def test_union_in_other_words_is_read_and_flagged(cell: str, value: str) -> None:
    match = load_vocabulary().value("union_status", cell)
    assert match is not None
    assert match.value == value
    assert "other words" in (match.flag or "")


@pytest.mark.parametrize(
    "cell", ["fully not united", "not complete union", "union not seen", "no complete union"]
)
def test_a_negation_is_never_moved(cell: str) -> None:
    assert load_vocabulary().value("union_status", cell) is None


def test_no_fracture_line_is_no_stage_in_other_words() -> None:
    """MRI may show a bone under stress where CT shows no line."""
    assert load_vocabulary().value("stage", "no fracture line") is None


@pytest.mark.parametrize(
    ("cell", "left", "right"),
    [
        ("L united, R partial", "complete", "partial"),
        ("healed (R); not healed (L)", "none", "complete"),
        ("Lt: NU / Rt: PU", "none", "partial"),
        ("both healed", "complete", "complete"),
        ("R united", None, "complete"),
    ],
)
def test_cells_that_name_their_side(cell: str, left: str | None, right: str | None) -> None:
    found = read_by_side(cell, "union_status", load_vocabulary()) or {}
    said = {side: match.value for side, match in found.items()}
    assert (said.get("left"), said.get("right")) == (left, right)


@pytest.mark.parametrize(
    "cell", ["L united L partial", "L united or R partial", "united L partial R none", "R", "L 5"]
)
def test_cells_whose_sides_are_not_plain_are_not_read(cell: str) -> None:
    assert read_by_side(cell, "union_status", load_vocabulary()) is None
