"""Checks across fields, rows, sheets and files, by what the account says of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.loaders.grid import Grid, number_rows
from parsoutcomes.loaders.load import load_content
from parsoutcomes.loaders.source import SourceContent
from parsoutcomes.schema.constraints import CONSTRAINTS

PEOPLE = ("Study number", "DOB", "Sex", "Fitted", "Level", "Side", "Stage")
SCANS = ("Study number", "Fitted", "Level", "Side", "Stage", "Scan date", "Union")


def load(*sheets: Sequence[Sequence[object]], sources: Sequence[str] = ()) -> Cohort:
    names = sources or ["log.xlsx"] * len(sheets)
    grids = tuple(
        Grid(source=name, sheet=str(number), rows=number_rows(rows))
        for number, (name, rows) in enumerate(zip(names, sheets, strict=True), start=1)
    )
    return load_content(SourceContent(name="log", grids=grids, sha256=""), date_order="day_first")


def found(cohort: Cohort) -> list[tuple[str, str, int]]:
    checks = cohort.intake.checks[["check", "sheet", "row_number"]]
    return [tuple(line) for line in checks.to_numpy().tolist()]


def test_one_person_under_two_keys_in_two_files_is_listed_where_the_second_key_stands() -> None:
    one = ("P0001", "01/02/2010", "m", "13/03/2024", "L5", "left", "early")
    two = ("P0002", "1 Feb 2010", "boy", "13/03/2024", "L5", "left", "early")
    cohort = load((PEOPLE, one), (PEOPLE, two), sources=("a.xlsx", "b.xlsx"))
    assert found(cohort) == [("one_person_two_keys", "2", 2)]
    assert cohort.n_patients == 2


def test_twins_of_different_sex_are_two_people() -> None:
    one = ("P0001", "01/02/2010", "m", "13/03/2024", "L5", "left", "early")
    two = ("P0002", "01/02/2010", "f", "13/03/2024", "L5", "left", "early")
    assert found(load((PEOPLE, one, two))) == []


def test_one_key_with_two_birth_dates_is_listed() -> None:
    one = ("P0001", "01/02/2010", "m", "13/03/2024", "L5", "left", "early")
    two = ("P0001", "01/02/2011", "m", "13/03/2024", "L5", "right", "early")
    assert ("one_key_two_people", "1", 3) in found(load((PEOPLE, one, two)))


def test_one_key_at_two_sites_is_listed_since_sites_may_number_alike() -> None:
    head = ("Patient ID", "Clinic", "Brace fitted", "Level", "Side", "Stage")
    one = ("P0001", "North", "13/03/2024", "L5", "left", "early")
    two = ("P0001", "South", "20/10/2024", "L4", "right", "early")
    assert ("one_key_two_sites", "1", 3) in found(load((head, one, two)))


def scan(side: str, day: str, union: str, *, fitted: str = "13/03/2024", stage: str = "early"):  # type: ignore[no-untyped-def]
    return ("P0001", fitted, "L5", side, stage, day, union)


def test_sides_that_change_places_between_two_scans_are_listed() -> None:
    rows = (
        scan("left", "15/06/2024", "united"), scan("right", "15/06/2024", "NU"),
        scan("left", "15/09/2024", "NU"), scan("right", "15/09/2024", "united"),
    )  # fmt: skip
    checks = found(load((SCANS, *rows)))
    assert [line for line in checks if line[0] == "sides_swapped_between_scans"] == [
        ("sides_swapped_between_scans", "1", 4),
        ("sides_swapped_between_scans", "1", 5),
    ]


def test_a_side_that_unites_later_than_the_other_is_no_swap() -> None:
    rows = (
        scan("left", "15/06/2024", "united"), scan("right", "15/06/2024", "NU"),
        scan("left", "15/09/2024", "united"), scan("right", "15/09/2024", "united"),
    )  # fmt: skip
    assert found(load((SCANS, *rows))) == []


def test_an_earlier_stage_in_a_later_course_is_listed_and_a_later_one_is_not() -> None:
    rows = (
        scan("left", "15/06/2023", "NU", fitted="13/03/2023", stage="progressive"),
        scan("left", "15/06/2024", "NU", fitted="13/03/2024", stage="early"),
        scan("right", "15/06/2023", "NU", fitted="13/03/2023", stage="early"),
        scan("right", "15/06/2024", "NU", fitted="13/03/2024", stage="progressive"),
    )
    assert found(load((SCANS, *rows))) == [("stage_going_back", "1", 3)]


@pytest.mark.parametrize(
    ("status", "listed"), [("lost", True), ("completed", True), ("in brace", False)]
)
def test_a_brace_still_on_is_an_unknown_end_for_those_no_longer_followed(
    status: str, listed: bool
) -> None:
    header = (*PEOPLE, "Brace off", "Outcome")
    row = ("P0001", None, "m", "13/03/2024", "L5", "left", "early", "still in", status)
    cohort = load((header, row))
    assert found(cohort) == ([("brace_end_unknown", "1", 2)] if listed else [])
    assert cohort.episodes["brace_end_date"].isna().all()


def test_a_scan_before_symptoms_is_listed() -> None:
    header = (*SCANS, "Onset date")
    row = (*scan("left", "15/06/2024", "united"), "16/06/2024")
    assert found(load((header, row))) == [
        ("onset_after_fitting", "1", 2),
        ("scan_before_onset", "1", 2),
    ]


def test_every_check_says_what_was_done_in_words() -> None:
    for constraint in CONSTRAINTS.values():
        assert constraint.severity in ("stops", "excludes", "flags")
        assert len(constraint.meaning) > 20
        assert ":" in constraint.action or "," in constraint.action


BASE = {
    "Study number": "P0001", "Fitted": "13/03/2024", "Age": "14", "Level": "L5", "Side": "left",
    "Stage": "early", "Scan date": "15/06/2024", "Union": "NU",
}  # fmt: skip
FIRED: dict[str, list[dict[str, str]]] = {
    "scan_before_fitting": [{"Scan date": "01/03/2024"}],
    "scan_before_onset": [{"Onset date": "20/06/2024"}],
    "onset_after_fitting": [{"Onset date": "20/03/2024"}],
    "brace_end_before_fitting": [{"Brace off": "01/03/2024"}],
    "brace_end_after_last_contact": [{"Brace off": "01/09/2024", "Last seen": "01/08/2024"}],
    "last_contact_before_fitting": [{"Last seen": "01/03/2024"}],
    "scan_after_last_contact": [{"Last seen": "01/06/2024"}],
    "surgery_before_fitting": [{"Surgery date": "01/03/2024"}],
    "surgery_after_union": [{"Union": "healed", "Surgery date": "01/09/2024"}],
    "surgery_without_date": [{"Outcome": "surgery"}],
    "surgery_date_without_outcome": [{"Surgery date": "01/09/2024", "Outcome": "completed"}],
    "union_then_not_united": [{"Union": "healed"}, {"Scan date": "15/09/2024"}],
    "age_outside_range": [{"Age": "41"}],
    "number_outside_range": [{"Length": "30"}],
    "long_after_fitting": [{"Last seen": "01/06/2044"}],
    "fitting_date_missing": [{"Fitted": ""}, {"Study number": "P0002"}],
    "overlapping_episodes": [
        {"Brace off": "01/09/2024"},
        {"Fitted": "01/08/2024", "Scan date": "01/11/2024", "Brace off": "01/12/2024"},
    ],
    "stage_going_back": [{"Stage": "progressive"}, {"Fitted": "13/03/2025", "Scan date": ""}],
    "reading_without_defect": [
        {},
        {"Side": "right", "Stage": "normal", "Scan date": "15/07/2024"},
    ],
    "reading_without_date": [{}, {"Scan date": "", "Study number": "P0002"}],
    "duplicated_reading": [{}, {}],
    "conflicting_reading": [{}, {"Union": "healed"}],
    "readers_disagree": [{"Reader": "AB"}, {"Reader": "CD", "Union": "healed"}],
    "conflicting_value": [{"Sex": "M"}, {"Sex": "F", "Scan date": "15/07/2024"}],
    "no_defect_recorded": [{"Level": "", "Side": "", "Stage": "", "Union": "", "Scan date": ""}],
    "sides_disagree": [{"Level": "L5 R"}],
    "several_levels_one_row": [{"Level": "L4, L5"}],
}


def test_a_reading_of_a_side_without_fracture_is_not_given_to_the_other_side() -> None:
    row = BASE | {"Side": "right", "Stage": "normal", "Union": "healed"}
    cohort = load((tuple(BASE), tuple((BASE | {"Union": "NU"}).values()), tuple(row.values())))
    assert cohort.readings["union_status"].tolist() == ["none"]
    assert ("reading_without_defect", "1", 3) in found(cohort)


def test_nor_to_the_same_side_of_another_level() -> None:
    first = BASE | {"Level": "L4", "Side": "right", "Union": "NU"}
    row = BASE | {"Side": "right", "Stage": "normal", "Union": "healed"}
    cohort = load((tuple(BASE), tuple(first.values()), tuple(row.values())))
    assert cohort.readings["union_status"].tolist() == ["none"]


@pytest.mark.parametrize("check", FIRED)
def test_each_check_fires_with_its_severity_and_its_action(check: str) -> None:
    rows = [BASE | changes for changes in FIRED[check]]
    header = tuple(dict.fromkeys(name for row in rows for name in row))
    cohort = load((header, *(tuple(row.get(name) or None for name in header) for row in rows)))
    fired = cohort.intake.checks.set_index("check")
    assert check in fired.index, found(cohort)
    line = fired.loc[[check]].iloc[0]
    assert (line["severity"], line["action"]) == (
        CONSTRAINTS[check].severity,
        CONSTRAINTS[check].action,
    )
    assert line["row_number"] >= 2
    assert CONSTRAINTS[check].action in "\n".join(cohort.intake.cautions)
