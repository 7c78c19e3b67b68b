"""What clinics write in cells, through the whole loader: lengths, levels, pain, missing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.cohort.cohort import Cohort

KNOWN = {"Level": "L5", "Side": "R", "Stage": "early", "Fitted": "2024-01-10"}


@pytest.fixture
def load(tmp_path: Path):
    def from_rows(*rows: dict[str, str]) -> Cohort:
        lines = [{"Study ID": f"P{n}", **KNOWN, **row} for n, row in enumerate(rows, start=1)]
        path = tmp_path / "log.csv"
        pd.DataFrame(lines).to_csv(path, index=False)
        return po.load_records(path)

    return from_rows


def reasons(cohort: Cohort) -> list[tuple[str, str]]:
    cells = cohort.intake.cells
    return list(zip(cells["action"], cells["reason"], strict=True))


@pytest.mark.parametrize(
    ("written", "months", "line"),
    [
        ("6/12", 6, None),
        ("12/52", 3, ("flagged", "weeks turned into months")),
        ("3m", 3, None),
        ("3-6 months", None, ("unresolved", "a range, left unresolved")),
        (
            "until union",
            None,
            ("missing", "prescribed until union, not for a number of months"),
        ),
    ],
)
def test_a_length_in_a_column_of_lengths(load, written, months, line) -> None:
    cohort = load({"Length": written}, {"Length": "3"})
    value = cohort.episodes["prescribed_months"].iloc[0]
    assert (None if pd.isna(value) else value) == months
    assert reasons(cohort) == ([line] if line else [])


@pytest.mark.parametrize("written", ["6/12", "12/52", "until union"])
def test_a_length_elsewhere_is_no_length_and_no_date(load, written) -> None:
    cohort = load({"Last seen": written}, {"Last seen": "2024-07-01"})
    assert pd.isna(cohort.episodes["last_contact_date"].iloc[0])
    assert reasons(cohort) == [("unresolved", "not a date")]


@pytest.mark.parametrize(
    ("written", "levels"),
    [
        ("L5/S1", ["L5"]),
        ("L4/5", ["L4"]),
        ("L4, L5", ["L4", "L5"]),
        ("L4 & L5", ["L4", "L5"]),
        ("L4 + L5", ["L4", "L5"]),
        ("LV5", ["L5"]),
        ("S1", [None]),
    ],
)
def test_levels(load, written, levels) -> None:
    cohort = load({"Level": written}, {"Level": "L5"})
    first = cohort.defects[cohort.defects["patient_id"].eq("P1")]
    assert first["level"].tolist() == levels


@pytest.mark.parametrize("written", ["B/L", "bilat", "L+R", "both"])
def test_both_sides_are_two_pars(load, written) -> None:
    assert load({"Side": written}).defects["side"].tolist() == ["left", "right"]


def scores(cohort: Cohort) -> list[float]:
    return cohort.scores["value"].round(3).tolist()


class TestPain:
    def test_a_range_is_left_unresolved(self, load) -> None:
        cohort = load({"NRS pre": "7-8"}, {"NRS pre": "7"})
        assert scores(cohort) == [7.0]
        assert reasons(cohort) == [("unresolved", "a range, left unresolved")]

    @pytest.mark.parametrize("header", ["VAS (mm)", "Pain mm", "VAS (0-100)", "Pain /100"])
    def test_a_header_in_millimetres_puts_the_whole_column_on_the_scale_and_says_so(
        self, load, header
    ) -> None:
        cohort = load({header: "70"}, {header: "7"})
        assert scores(cohort) == [7.0, 0.7]
        flag = "pain out of 100 in this column, put on the scale to 10"
        assert reasons(cohort) == [("flagged", flag)] * 2
        assert "out of 100" in cohort.intake.columns["becomes"].iloc[-1]

    def test_a_column_mostly_above_ten_is_in_millimetres_as_a_whole(self, load) -> None:
        cohort = load(*({"VAS pre": value} for value in ("70", "65", "8", "100", "55")))
        assert scores(cohort) == [7.0, 6.5, 0.8, 10.0, 5.5]

    def test_single_numbers_above_ten_are_left_out_and_not_rescaled(self, load) -> None:
        cohort = load(*({"VAS pre": value} for value in ("7", "8", "70", "3", "2")))
        assert scores(cohort) == [7.0, 8.0, 3.0, 2.0]
        assert reasons(cohort) == [("unresolved", "outside the scale, not rescaled")]

    def test_a_number_above_a_hundred_is_no_scale_of_pain(self, load) -> None:
        cohort = load(*({"VAS pre": value} for value in ("70", "65", "8", "250", "55")))
        assert scores(cohort) == [8.0]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("n/k", "not known"),
        ("not done", "not done"),
        ("n/a", "not applicable"),
        ("declined", "declined"),
        ("lost to f/u", "lost"),
        ("not yet due", "not yet due"),
    ],
)
def test_reasons_for_missing_are_kept_apart(load, written, reason) -> None:
    cohort = load({"CT date": "2024-04-10", "Union": written})
    assert cohort.readings.empty
    assert reasons(cohort) == [("missing", f"recorded as {reason}")]


def test_an_outcome_of_lost_patients_is_still_an_outcome(load) -> None:
    cohort = load(*({"Outcome": word} for word in ("lost", "LTFU", "completed", "healed")))
    assert cohort.episodes["status"].tolist()[:3] == ["lost", "lost", "completed"]


def test_partial_union_is_its_own_status(load) -> None:
    cohort = load({"CT date": "2024-04-10", "Union": "partial union"})
    assert cohort.readings["union_status"].tolist() == ["partial"]
