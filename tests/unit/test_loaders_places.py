"""A column that keeps what a clinic writes keeps places; never the name of a person."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.loaders.places import load_places

PLACES = (
    "Guy's Hospital", "Royal National Orthopaedic", "St Thomas'", "St. Mary's", "RNOH", "Stanmore",
    "Leeds", "Milton Keynes", "Bury St Edmunds", "Queen Elizabeth Hospital", "John Radcliffe",
    "Chelsea and Westminster", "Leeds clinic", "Main site", "North", "Site A", "Site 2", "A", "12",
    "leeds_clinic", "Harley Street", "Spine clinic, London", "Nuffield Health Leeds", "B2",
    "Testperson Memorial Hospital", "NHS", "private",
)  # fmt: skip
PEOPLE = (
    "Mr Testperson", "mrs testperson", "Dr Testperson's clinic", "Zebedee Quillon",
    "zebedee quillon", "ZEBEDEE QUILLON", "Quillon, Zebedee", "Z Quillon", "Z. Quillon",
    "Quillon Z", "Z. B. Quillon", "Anne-Marie Quillon", "O'Quillon Zebedee", "Zebedee van Quillon",
    "St John Quillon", "zebedee@quillon.example", "07700 900123", "LS1 3EX",
)  # fmt: skip
EITHER = (
    "Quillon", "quillon", "ZQ", "Ghent", "Quillon clinic", "Hill", "Leeds Quillon", "Sam Hill",
    "Zebedee Q. van der Quillon",
)  # fmt: skip


@pytest.mark.parametrize("text", PLACES)
def test_places_are_told(text: str) -> None:
    assert load_places().naming(text) == "place"


@pytest.mark.parametrize("text", PEOPLE)
def test_people_are_told(text: str) -> None:
    assert load_places().naming(text) == "person"


@pytest.mark.parametrize("text", EITHER)
def test_what_may_be_either_is_unclear(text: str) -> None:
    assert load_places().naming(text) == "unclear"


FREE = (
    "Site", "Hospital", "Sport", "Reader", "Brace type", "Referrer", "Outcome", "Scan reason",
    "Brace off reason", "Sport level", "Modality", "Referred by", "Comments", "Data access group",
)  # fmt: skip


def log(*sites: str, header: str = "Site") -> pd.DataFrame:
    known = {"Level": "L5", "Side": "R", "Stage": "early", "Fitted": "2024-01-10"}
    rows = [{"Study ID": f"P{n}", **known, header: site} for n, site in enumerate(sites, start=1)]
    return pd.DataFrame(rows)


def said(cohort: Cohort) -> str:
    frames = [*cohort.tables.values(), cohort.intake.cells, cohort.intake.columns]
    return "".join(frame.to_csv() for frame in frames) + cohort.intake.summary()


def test_places_stay_people_go_and_what_may_be_either_is_a_code() -> None:
    cohort = po.load_records(log("Leeds", "Zebedee Quillon", "Quillon", "quillon", "Testperson"))
    sites = cohort.episodes["site"]
    assert sites.where(sites.notna(), "").tolist() == ["Leeds", "", "site 1", "site 1", "site 2"]
    cells = cohort.intake.cells
    assert cells["action"].tolist() == ["unresolved", "flagged", "flagged", "flagged"]
    assert cells["row_number"].tolist() == [2, 3, 4, 5]
    assert any("withheld" in line and "1 cell" in line for line in cohort.intake.cautions)
    assert any("kept as a code" in line and "3 cells" in line for line in cohort.intake.cautions)
    for name in ("quillon", "testperson"):
        assert name not in said(cohort).casefold()


@pytest.mark.parametrize("header", FREE)
@pytest.mark.parametrize("name", ["Zebedee Quillon", "Quillon", "Mr Quillon", "Z Quillon"])
def test_a_name_typed_in_any_free_column_is_in_no_table_and_no_account(
    header: str, name: str
) -> None:
    frame = log(*["Leeds"] * 6, header=header)
    frame[["Scan date", "Union"]] = ["2024-06-01", "healed"]
    frame.loc[2, header] = name
    assert "quillon" not in said(po.load_records(frame)).casefold()


def test_readers_are_codes_whoever_they_are() -> None:
    frame = log("JS", "consultant", "JS", header="Reader")
    frame[["Scan date", "Union"]] = ["2024-06-01", "healed"]
    readers = po.load_records(frame).readings["reader"].tolist()
    assert readers == ["reader 1", "reader 2", "reader 1"]


def test_a_place_that_is_not_known_may_be_named_in_a_mapping(tmp_path: Path) -> None:
    frame = log("Ghent", "Quillon")
    path = po.propose_mapping(frame).write(tmp_path / "mapping.yaml")
    text = path.read_text(encoding="utf-8")
    assert "Ghent" not in text
    with_place = text.replace(
        "    role: site\n", '    role: site\n    spellings: {"Ghent": "Ghent"}\n'
    )
    path.write_text(with_place, encoding="utf-8")
    cohort = po.load_records(frame, mapping=path)
    assert cohort.episodes["site"].tolist() == ["Ghent", "site 1"]
    again = po.propose_mapping(frame, mapping=path).write(tmp_path / "again.yaml")
    assert '"Ghent": "Ghent"' in again.read_text(encoding="utf-8")
