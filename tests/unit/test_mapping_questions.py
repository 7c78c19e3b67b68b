"""Columns that matter are read, or the load stops and asks; they are never left out in silence."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import RecordsError

KNOWN = {"Study ID": "P", "Level": "L5", "Side": "R", "Stage": "early", "Fitted": "2024-01-10"}


def log(n_rows: int = 6, **columns: str) -> pd.DataFrame:
    rows = [KNOWN | {"Study ID": f"P{n}"} | columns for n in range(1, n_rows + 1)]
    return pd.DataFrame(rows)


def question(frame: pd.DataFrame) -> str:
    with pytest.raises(RecordsError) as error:
        po.load_records(frame)
    return str(error.value)


def readings(cohort: Cohort) -> list[tuple[float, str]]:
    frame = cohort.readings
    return list(zip(frame["days_since_fitting"], frame["union_status"], strict=True))


@pytest.mark.parametrize("header", ["Healed Y/N/P", "Union (Y/P/N)", "United yes/no/partial"])
def test_p_below_a_header_that_says_y_n_p_is_partial_and_listed(header: str) -> None:
    frame = log(3, **{"CT date": "2024-04-10"}).assign(**{header: ["Y", "N", "P"]})
    cohort = po.load_records(frame)
    assert readings(cohort) == [(91.0, "complete"), (91.0, "none"), (91.0, "partial")]
    assert cohort.intake.cells["reason"].tolist() == ["P in a column of Y/N/P read as partial"]


def test_p_below_another_header_stays_unknown() -> None:
    frame = log(3, **{"CT date": "2024-04-10"}).assign(Healed=["Y", "N", "P"])
    assert readings(po.load_records(frame)) == [(91.0, "complete"), (91.0, "none")]


def two_header_rows(path: Path, below: str) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([*KNOWN, "CT 1", None, "CT 2", None])
    sheet.append([None] * 5 + ["Date", below, "Date", below])
    sheet.merge_cells("F1:G1")
    sheet.merge_cells("H1:I1")
    for n in range(1, 4):
        row = list((KNOWN | {"Study ID": f"P{n}"}).values())
        sheet.append([*row, "2024-04-10", "P", "2024-07-10", "Y"])
    book.save(path)
    return path


def test_dates_and_y_n_p_below_merged_scans_are_two_scans(tmp_path: Path) -> None:
    cohort = po.load_records(two_header_rows(tmp_path / "log.xlsx", "Healed Y/N/P"))
    assert readings(cohort) == [(91.0, "partial"), (182.0, "complete")] * 3


def test_an_unknown_word_below_merged_scans_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(RecordsError) as error:
        po.load_records(two_header_rows(tmp_path / "log.xlsx", "Zwetschge"))
    assert '"CT 1 > Zwetschge", perhaps union status' in str(error.value)


def test_words_beside_a_scan_date_are_asked_about_when_nothing_tells_of_union() -> None:
    assert '"Zwetschge", perhaps union status' in question(
        log(**{"CT date": "2024-04-10", "Zwetschge": "P"})
    )


def test_a_header_near_to_union_is_asked_about_when_nothing_tells_of_union() -> None:
    assert '"Heald", perhaps union status' in question(
        log(**{"CT date": "2024-04-10", "Sport": "golf", "Heald": "P"})
    )


def test_words_beside_a_scan_date_are_left_when_another_column_tells_of_union() -> None:
    frame = log(**{"CT date": "2024-04-10", "Zwetschge": "P", "Healed": "Y"})
    assert readings(po.load_records(frame)) == [(91.0, "complete")] * 6


@pytest.mark.parametrize("header", ["Rx", "Brace prescribed"])
def test_durations_below_another_header_are_asked_about_as_months(header: str) -> None:
    frame = log(3).assign(**{header: ["12/52", "6/12", "3 months"]})
    assert f'"{header}", perhaps prescribed months' in question(frame)


def test_braces_below_brace_prescribed_are_still_braces() -> None:
    cohort = po.load_records(log(3, **{"Brace prescribed": "Boston brace"}))
    assert cohort.episodes["brace_type"].notna().all()


@pytest.mark.parametrize("n_rows", [1, 2, 4])
@pytest.mark.parametrize("header", ["Level", "Side", "Stage", "Fitted", "Healed", "CT date"])
def test_a_column_that_matters_asks_when_none_of_its_few_cells_is_understood(
    n_rows: int, header: str
) -> None:
    frame = log(n_rows, **{"CT date": "2024-04-10", "Healed": "Y"} | {header: "zwetschge"})
    said = question(frame)
    assert f'"{header}", perhaps ' in said
    assert f"0 of {n_rows} cells understood" in said
    assert "zwetschge" not in said


def test_one_cell_understood_among_few_is_enough_and_the_rest_is_listed() -> None:
    frame = log(3, **{"CT date": "2024-04-10"}).assign(Healed=["Y", "zwetschge", "zwetschge"])
    cohort = po.load_records(frame)
    assert readings(cohort) == [(91.0, "complete")]
    assert cohort.intake.cells["action"].tolist() == ["unresolved"] * 2


def test_words_for_missing_alone_are_no_question() -> None:
    cohort = po.load_records(log(3, **{"CT date": "2024-04-10", "Healed": "n/k"}))
    assert readings(cohort) == []


def test_an_odd_cell_at_a_later_visit_is_listed_first_and_not_asked_about() -> None:
    visits = {"CT 1 date": "2024-04-10", "CT 1 union": "Y", "CT 2 date": "2024-07-10"}
    cohort = po.load_records(log(3, **visits).assign(**{"CT 2 union": ["zwetschge", None, None]}))
    assert readings(cohort) == [(91.0, "complete")] * 3
    assert cohort.intake.cautions[0].startswith('Column I, "CT 2 union", is known as union status')
    assert "0 of 1 cell in it are understood" in cohort.intake.cautions[0]


def test_any_other_column_of_which_little_is_understood_is_named_first_in_the_account() -> None:
    cohort = po.load_records(log(6, Sport="zwetschge", Sex="M"))
    first = cohort.intake.cautions[0]
    assert first.startswith('Column F, "Sport", is known as sport, and 0 of 6 cells in it are')
    assert "zwetschge" not in cohort.intake.summary()


def test_what_a_mapping_says_of_such_a_column_is_taken() -> None:
    frame = log(3, **{"CT date": "2024-04-10", "Healed": "zwetschge"})
    with pytest.raises(RecordsError, match="Frequent words"):
        po.load_records(frame, mapping={"Healed": "union_status"})
    assert po.load_records(frame, mapping={"Healed": "ignore"}).n_patients == 3
