"""Rows that say little or nothing of their pars: follow-up rows, unread sides, repeated rows."""

from __future__ import annotations

import pandas as pd
import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.loaders.load import load_records

HEADER = "Study ID | Level | Side | Stage | Fitted | Months | CT date | CT result | Status"


def load(*rows: str, header: str = HEADER) -> Cohort:
    cells = [[cell.strip() or None for cell in row.split("|")] for row in rows]
    return load_records(pd.DataFrame(cells, columns=[name.strip() for name in header.split("|")]))


def intervals(cohort: Cohort) -> list[tuple[str, float, float]]:
    columns = ["defect_id", "interval_left_days", "interval_right_days"]
    return [tuple(row) for row in cohort.defects[columns].to_numpy().tolist()]


def checks(cohort: Cohort) -> list[str]:
    return cohort.intake.checks["check"].tolist()


class TestARowThatOnlyAddsAScan:
    def test_it_makes_no_pars_and_its_scan_is_of_the_pars_in_the_earlier_row(self) -> None:
        cohort = load(
            "S1 | L5 | R | early | 10/01/2024 | 3/12 | | | ",
            "S1 | | | | | | 14/04/2024 | healed | ",
        )
        assert intervals(cohort) == [("S1-1-L5-right", 0.0, 95.0)]
        assert cohort.defects["stage"].tolist() == ["early"]
        assert checks(cohort) == []

    def test_it_is_of_both_sides_where_both_are_fractured(self) -> None:
        cohort = load(
            "S1 | L5 | both | early | 10/01/2024 | 3/12 | | | ",
            "S1 | | | | | | 14/04/2024 | healed | ",
        )
        assert cohort.defects["defect_id"].tolist() == ["S1-1-L5-left", "S1-1-L5-right"]
        assert cohort.readings[["scope", "union_status"]].to_numpy().tolist() == [
            ["patient", "complete"]
        ]

    def test_with_the_level_alone_it_is_of_the_pars_at_that_level_and_is_flagged(self) -> None:
        cohort = load(
            "S1 | L5 | R | early | 10/01/2024 | 3/12 | | | ",
            "S1 | L5 | | | | | 14/04/2024 | healed | ",
        )
        assert intervals(cohort) == [("S1-1-L5-right", 0.0, 95.0)]
        assert checks(cohort) == ["pars_told_in_part"]

    @pytest.mark.parametrize(("word", "status"), [("NU", "none"), ("partial", "partial")])
    def test_no_union_with_the_level_alone_is_of_the_one_pars_there(
        self, word: str, status: str
    ) -> None:
        cohort = load(
            "S1 | L5 | R | early | 10/01/2024 | 3/12 | | | ",
            "S1 | L4 | L | early | 10/01/2024 | 3/12 | | | ",
            f"S1 | L4 | | | | | 14/04/2024 | {word} | ",
        )
        assert cohort.readings[["defect_id", "union_status", "scope"]].to_numpy().tolist() == [
            ["S1-1-L4-left", status, "defect"]
        ]
        assert cohort.defects["interval_left_days"].tolist() == [95.0, 0.0]
        assert cohort.intake.cells["action"].eq("unresolved").sum() == 0

    def test_no_union_with_the_level_alone_of_two_pars_there_is_listed(self) -> None:
        cohort = load(
            "S1 | L5 | both | early | 10/01/2024 | 3/12 | | | ",
            "S1 | L4 | L | early | 10/01/2024 | 3/12 | | | ",
            "S1 | L5 | | | | | 14/04/2024 | NU | ",
        )
        assert cohort.readings.empty
        assert "the row does not say which" in cohort.intake.cells["reason"].iloc[-1]

    def test_it_stands_for_a_pars_when_no_row_of_the_patient_says_more(self) -> None:
        cohort = load(
            "S1 | | | | 10/01/2024 | | 14/04/2024 | healed | ",
            "S2 | L5 | R | early | 10/01/2024 | | 14/04/2024 | healed | ",
        )
        assert cohort.defects["patient_id"].tolist() == ["S1", "S2"]


class TestALevelOrSideThatIsNotUnderstood:
    @pytest.mark.parametrize("doubtful", ["L5 | Rigt", "5x | R", "5x | Rigt", "L L5 | R"])
    def test_it_makes_no_pars_and_leaves_the_sound_row_its_reading(self, doubtful: str) -> None:
        cohort = load(
            "S1 | L5 | R | early | 10/01/2024 | 3/12 | 14/04/2024 | healed | d/c",
            f"S1 | {doubtful} | early | 10/01/2024 | 3/12 | 14/04/2024 | healed | d/c",
        )
        assert intervals(cohort) == [("S1-1-L5-right", 0.0, 95.0)]
        assert "pars_not_understood" in checks(cohort)
        left_out = cohort.intake.cells.query("header == 'CT result'")
        assert left_out[["row_number", "action"]].to_numpy().tolist() == [[2, "unresolved"]]

    def test_it_is_a_pars_of_unknown_side_when_the_patient_has_no_other(self) -> None:
        cohort = load(
            "S1 | L5 | Rigt | early | 14/01/2024 | 3/12 | 14/04/2024 | healed | d/c",
            "S2 | L5 | Right | early | 14/01/2024 | 3/12 | 14/04/2024 | healed | d/c",
        )
        assert intervals(cohort)[0] == ("S1-1-L5-unknown", 0.0, 91.0)
        assert checks(cohort) == []

    def test_it_is_a_pars_of_its_own_at_another_level(self) -> None:
        cohort = load(
            "S1 | L4 | R | early | 14/01/2024 | 3/12 | | | ",
            "S1 | L5 | Rigt | early | 14/01/2024 | 3/12 | | | ",
        )
        assert cohort.defects["defect_id"].tolist() == ["S1-1-L4-right", "S1-1-L5-unknown"]


class TestALevelThatNamesAnotherSide:
    @pytest.mark.parametrize("level", ["L L5", "L5 bilat"])
    def test_neither_side_is_used(self, level: str) -> None:
        cohort = load(f"S1 | {level} | R | early | 14/01/2024 | 3/12 | | | ")
        assert cohort.defects["defect_id"].tolist() == ["S1-1-L5-unknown"]
        assert checks(cohort) == ["sides_disagree"]

    def test_two_levels_of_which_neither_side_is_known(self) -> None:
        cohort = load("S1 | L4/L5 bilat | R | early | 14/01/2024 | 3/12 | | | ")
        assert cohort.defects["side"].isna().all()
        assert "sides_disagree" in checks(cohort)

    def test_the_same_side_twice_is_no_conflict(self) -> None:
        cohort = load("S1 | R L5 | R | early | 14/01/2024 | 3/12 | | | ")
        assert cohort.defects["defect_id"].tolist() == ["S1-1-L5-right"]
        assert checks(cohort) == []


class TestARowThatRepeatsAnother:
    HEADER = "Study ID | Level | Side | Stage | Fitted | CT 1 date | CT 1 result | Zwetschge"
    ROW = "S1 | L5 | R | early | 10/01/2024 | 14/04/2024 | healed | blue"

    def set_aside(self, cohort: Cohort) -> list[int]:
        rows = cohort.intake.rows.query("action == 'set aside'")
        return [int(number) for number in rows["row_number"]]

    def load(self, *rows: str) -> Cohort:
        return load(*rows, header=self.HEADER)

    def test_it_is_set_aside(self) -> None:
        cohort = self.load(self.ROW, self.ROW)
        assert self.set_aside(cohort) == [2]
        assert checks(cohort) == ["duplicated_row"]

    @pytest.mark.parametrize("differs", [("early", "erly x"), ("blue", "green"), ("blue", "")])
    def test_it_is_kept_when_it_differs_in_a_cell_not_read(self, differs: tuple[str, str]) -> None:
        cohort = self.load(self.ROW, self.ROW.replace(*differs))
        assert self.set_aside(cohort) == []
        assert checks(cohort) == ["repeated_pars", "duplicated_reading"]
        assert cohort.defects["defect_id"].tolist() == ["S1-1-L5-right"]


@pytest.mark.parametrize("header", ["# level / side", "Level & side", "Side/level"])
def test_level_and_side_in_one_column_with_the_word_pars(header: str) -> None:
    cohort = load(
        "S1 | R L5 pars # | early | 10/01/2024 | 14/04/2024 | healed",
        "S2 | L L5 pars # | early | 10/01/2024 | 14/04/2024 | healed",
        "S3 | Bilat L4 pars # | early | 10/01/2024 | | ",
        "S4 | R L5 pars # | early | 10/01/2024 | 14/04/2024 | healed",
        "S4 | L L5 pars # | prog | 10/01/2024 | 14/04/2024 | none",
        header=f"Study ID | {header} | Stage | Fitted | CT date | CT result",
    )
    assert cohort.defects["defect_id"].tolist() == [
        *("S1-1-L5-right", "S2-1-L5-left", "S3-1-L4-left", "S3-1-L4-right"),
        *("S4-1-L5-left", "S4-1-L5-right"),
    ]
