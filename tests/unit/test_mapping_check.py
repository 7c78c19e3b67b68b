"""Last year's mapping held against this year's file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.errors import RecordsError

HEADER = ["Study ID", "Sex", "Level", "Side", "Stage", "Fitted", "Scan date", "Union"]


def log(year: int, **renamed: str) -> pd.DataFrame:
    rows = [
        [f"P{n}", "m", "L5", side, "early", f"{year}-03-01", f"{year}-06-05", "healed"]
        for n, side in enumerate("LRLRLR", start=1)
    ]
    frame = pd.DataFrame(rows, columns=HEADER)
    return frame.rename(columns={old.replace("_", " "): new for old, new in renamed.items()})


@pytest.fixture
def last_year(tmp_path: Path) -> Path:
    return po.propose_mapping(log(2024)).write(tmp_path / "mapping.yaml")


def differences(frame: pd.DataFrame, mapping: Path) -> list[tuple[str, str]]:
    checks = po.load_records(frame, mapping=mapping).intake.checks
    checks = checks[checks["check"].str.startswith("mapping_")]
    return list(zip(checks["check"], checks["reason"], strict=True))


def test_the_same_columns_differ_in_nothing(last_year: Path) -> None:
    assert differences(log(2025), last_year) == []


def test_a_new_column_is_listed_and_read_as_its_header_says(last_year: Path) -> None:
    frame = log(2025).assign(Sport="cricket", Zwetschge="x")
    assert differences(frame, last_year) == [
        ("mapping_new_column", '"Sport" is not in the mapping'),
        ("mapping_new_column", '"Zwetschge" is not in the mapping'),
    ]
    assert set(po.load_records(frame, mapping=last_year).episodes["sport"]) == {"cricket"}


def test_a_missing_column_that_does_not_matter_is_listed(last_year: Path) -> None:
    assert differences(log(2025).drop(columns="Sex"), last_year) == [
        ("mapping_missing_column", '"Sex" of the mapping is not in the source')
    ]


def test_a_changed_header_with_a_known_spelling_is_listed(last_year: Path) -> None:
    assert differences(log(2025, Stage="Fracture stage"), last_year) == [
        ("mapping_changed_header", '"Fracture stage" stands where the mapping has "Stage"')
    ]


def test_a_missing_column_that_matters_stops_the_load(last_year: Path) -> None:
    with pytest.raises(RecordsError) as error:
        po.load_records(log(2025).drop(columns="Stage"), mapping=last_year)
    assert '"Stage" (stage)' in str(error.value)
    assert "that matter are not in this source" in error.value.wrong


def test_a_changed_header_that_nobody_knows_stops_the_load_with_both_sides(
    last_year: Path,
) -> None:
    with pytest.raises(RecordsError) as error:
        po.load_records(log(2025, Stage="Stge"), mapping=last_year)
    message = str(error.value)
    assert '"Stge", perhaps stage' in message
    assert '"Stage" (stage' in message


def test_new_spellings_are_counted_and_not_shown(last_year: Path) -> None:
    frame = log(2025).assign(Union=["healed-ish", "healed-ish", "nearly so", "nu", "nu", "healed"])
    assert differences(frame, last_year) == [
        ("mapping_new_spellings", '"Union" has 2 spellings without a meaning, in 3 cells')
    ]


def test_differences_are_among_the_cautions_of_the_account(last_year: Path) -> None:
    account = po.load_records(log(2025).assign(Zwetschge="x"), mapping=last_year).intake
    assert any(line.startswith("a column is not in the mapping") for line in account.cautions)


def test_a_new_sheet_takes_the_mapping_of_the_earlier_ones(tmp_path: Path) -> None:
    first, second = tmp_path / "2024.xlsx", tmp_path / "2025.xlsx"
    own = log(2024, Stage="Zwetschge").assign(Zwetschge="early")
    own.to_excel(first, sheet_name="2024", index=False)
    proposal = po.propose_mapping(first, mapping={"Zwetschge": "stage"})
    path = proposal.write(tmp_path / "mapping.yaml")
    with pd.ExcelWriter(second) as book:
        for year in (2024, 2025):
            frame = log(year, Stage="Zwetschge")
            frame["Study ID"] = [f"Y{year}{n}" for n in range(6)]
            frame.to_excel(book, sheet_name=str(year), index=False)
    cohort = po.load_records(second, mapping=path)
    assert cohort.defects["stage"].tolist() == ["early"] * 12


def test_a_short_mapping_is_not_held_against_the_file() -> None:
    checks = po.load_records(log(2025), mapping={"Stage": "stage"}).intake.checks
    assert not checks["check"].str.startswith("mapping_").any()
