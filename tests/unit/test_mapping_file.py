"""The mapping file: what it shows, what it hides, and that a corrected one is used."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.errors import ArgumentError

# Two or three letters stand in other words too; longer texts must not stand anywhere.
SHORT_NAME = 4
UNION = ["healed-ish", "healed-ish", "healed-ish", "nu", "odd once", "healed"]


def log(union: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Study ID": [f"P{n}" for n in range(1, 7)],
            "NHS No": [None] * 6,
            "Level": "L5",
            "Side": ["L", "R"] * 3,
            "Stage": "early",
            "Fitted": "2024-03-01",
            "Scan date": "2024-06-05",
            "Union": UNION if union is None else union,
            "Remarks": "Seen with Mrs Testperson",
        }
    )


def written(tmp_path: Path, frame: pd.DataFrame) -> tuple[Path, str]:
    path = po.propose_mapping(frame).write(tmp_path / "mapping.yaml")
    return path, path.read_text(encoding="utf-8")


def statuses(cohort: po.Cohort) -> list[str]:
    return cohort.readings["union_status"].tolist()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    proposal = po.propose_mapping(log())
    path = proposal.write(tmp_path / "mapping.yaml")
    pd.testing.assert_frame_equal(po.Mapping.read(path).to_frame(), proposal.to_frame())


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    first = po.propose_mapping(log()).write(tmp_path / "a.yaml").read_bytes()
    assert po.propose_mapping(log()).write(tmp_path / "b.yaml").read_bytes() == first


def test_a_file_just_written_changes_nothing(tmp_path: Path) -> None:
    frame = log(["healed-ish", "odd once", "nu", "nu", "healed", "healed"])
    path, _ = written(tmp_path, frame)
    plain, mapped = po.load_records(frame), po.load_records(frame, mapping=path)
    for name, table in plain.tables.items():
        pd.testing.assert_frame_equal(mapped.tables[name], table)


def test_a_spelling_in_three_rows_is_listed_for_completion_and_a_rarer_one_counted(
    tmp_path: Path,
) -> None:
    _, text = written(tmp_path, log())
    assert '      "healed-ish": ""' in text
    assert "odd once" not in text
    assert "cells_with_unknown_spelling: 4" in text
    assert "PRIVACY" in text


def test_no_table_and_no_text_view_shows_a_spelling() -> None:
    proposal = po.propose_mapping(log())
    shown = repr(proposal) + proposal._repr_html_() + proposal.to_frame().to_csv()
    assert "healed-ish" not in shown
    assert "healed-ish" not in repr(proposal.columns)


@pytest.mark.parametrize(
    "text",
    (
        "Jane Testperson|seen 03/04/2024|rang 07700 900123|999 011 0018|Testperson|testperson|"
        "TESTPERSON|Testperson healed|healed (Testperson)|Ng|Lee|J B|JB|J.B.|O'Testperson|"
        "Testperson-Brown|Testperson 2|Li united|" + "x" * 60
    ).split("|"),
)
def test_spellings_that_may_name_or_date_somebody_are_never_listed(
    tmp_path: Path, text: str
) -> None:
    _, content = written(tmp_path, log([text] * 4 + ["nu", "healed"]))
    assert f'"{text}"' not in content
    assert len(text) <= SHORT_NAME or text not in content
    assert "testperson" not in content.casefold()
    assert 'rows_with_spelling_not_shown: ["row 1", "row 2", "row 3", "row 4"]' in content


@pytest.mark.parametrize("column", ["Stage", "Side", "Union", "Outcome", "STIR", "Sex"])
def test_a_surname_in_many_rows_is_not_in_the_file(column: str, tmp_path: Path) -> None:
    known = {"Outcome": "completed", "STIR": "positive", "Sex": "M"}
    frame = pd.concat([log(["healed"] * 6).assign(**known)] * 4, ignore_index=True)
    frame["Study ID"] = [f"P{n}" for n in range(1, 25)]
    frame.loc[:9, column] = "Quillon"
    _, content = written(tmp_path, frame)
    assert "quillon" not in content.casefold()
    assert "cells_with_unknown_spelling: 10" in content


@pytest.mark.parametrize("text", ["healed-ish", "E2", "stage 2b", "prog/term", "united >50%", "G"])
def test_spellings_of_clinical_words_codes_and_signs_are_listed(tmp_path: Path, text: str) -> None:
    _, content = written(tmp_path, log([text] * 4 + ["nu", "healed"]))
    assert f'      "{text}": ""' in content
    assert "rows_with_spelling_not_shown" not in content


def test_a_meaning_that_the_clinician_gives_is_used(tmp_path: Path) -> None:
    path, text = written(tmp_path, log())
    path.write_text(text.replace('"healed-ish": ""', '"healed-ish": partial'), encoding="utf-8")
    cohort = po.load_records(log(), mapping=path)
    assert statuses(cohort).count("partial") == 3
    assert (cohort.intake.cells["action"] == "unresolved").sum() == 1
    again = po.propose_mapping(log(), mapping=path).write(tmp_path / "again.yaml")
    assert '"healed-ish": "partial"' in again.read_text(encoding="utf-8")


def test_a_meaning_may_be_a_reason_for_missing(tmp_path: Path) -> None:
    path, text = written(tmp_path, log())
    path.write_text(text.replace('"healed-ish": ""', '"healed-ish": not_known'), encoding="utf-8")
    cells = po.load_records(log(), mapping=path).intake.cells
    assert (cells["action"] == "missing").sum() == 3


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("role: union_status", "role: onion_status", "another role in the entry"),
        ('"healed-ish": ""', '"healed-ish": partly', "another meaning of spelling 1"),
        ("format: parsoutcomes mapping 1", "format: something else", "its head"),
        ("columns:", "columns: [", "line "),
        ('    sheets: [""]', "    sheets: 7", "is not a list"),
    ],
)
def test_a_slip_in_the_file_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, found: str
) -> None:
    path, text = written(tmp_path, log())
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ArgumentError) as error:
        po.load_records(log(), mapping=path)
    assert found in str(error.value)
    assert "healed-ish" not in str(error.value)


def test_there_is_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="no mapping file of that name"):
        po.load_records(log(), mapping=tmp_path / "none.yaml")


def test_columns_with_one_header_are_told_apart_by_their_order(tmp_path: Path) -> None:
    source = tmp_path / "log.csv"
    source.write_text(
        "Study ID,Level,Side,Stage,Fitted,Date,Union,Date,Union\n"
        "P1,L5,L,early,2024-03-01,2024-06-05,nu,2024-09-05,healed\n",
        encoding="utf-8",
    )
    path = po.propose_mapping(source).write(tmp_path / "mapping.yaml")
    assert path.read_text(encoding="utf-8").count("occurrence: 2") == 2
    cohort = po.load_records(source, mapping=path)
    assert statuses(cohort) == ["none", "complete"]


def test_an_ignored_column_stays_out(tmp_path: Path) -> None:
    frame = log(["healed"] * 6)
    path, text = written(tmp_path, frame)
    path.write_text(text.replace("role: scan_date", "role: ignore"), encoding="utf-8")
    cohort = po.load_records(frame, mapping=path)
    assert cohort.readings.empty
    actions = cohort.intake.columns.set_index("header")["reason"]
    assert actions["Scan date"] == "left out by the mapping given"


def test_a_broken_mapping_and_a_wrong_lock_carry_nothing_of_their_content(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        'format: parsoutcomes mapping 1\ncolumns:\n - header: "Quillon\n   x: [1', encoding="utf-8"
    )
    frame = pd.DataFrame({"Study ID": ["P1"], "Level": ["L5"], "Healed?": ["yes"]})
    for arguments in ({"mapping": path}, {"data_lock": "Quillon"}):
        with pytest.raises(po.errors.ArgumentError) as error:
            po.load_records(frame, **arguments)
        assert error.value.__context__ is None
        assert "Quillon" not in str(error.value)
