"""One unknown word in a fifth of the cells of union or stage: the load asks what it means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.errors import RecordsError

SHOWN = "united-ish"
HIDDEN = "Zwetschge"


def log(union: Sequence[object], stage: Sequence[object] | None = None) -> pd.DataFrame:
    n_rows = len(union)
    return pd.DataFrame(
        {
            "Study ID": [f"P{n}" for n in range(1, n_rows + 1)],
            "Level": "L5",
            "Side": "R",
            "Stage": stage or ["early"] * n_rows,
            "Fitted": "2024-01-10",
            "CT date": "2024-04-10",
            "Union": union,
        }
    )


def question(frame: pd.DataFrame, mapping: Path | None = None) -> str:
    with pytest.raises(RecordsError) as error:
        po.load_records(frame, mapping=mapping)
    return str(error.value)


@pytest.mark.parametrize("word", [SHOWN, HIDDEN])
def test_a_word_in_three_of_ten_cells_of_union_is_asked_about_by_its_rows(word: str) -> None:
    message = question(log(["Yes", word, "No", word, word] + ["Yes"] * 5))
    assert 'column G, "Union": one spelling in 3 of 10 cells (rows 2, 4, 5)' in message
    assert word not in message


def test_a_word_in_three_of_sixteen_cells_is_listed_only() -> None:
    cohort = po.load_records(log([HIDDEN] * 3 + ["Yes"] * 13))
    assert cohort.intake.cells["reason"].tolist() == ["spelling not known"] * 3


def test_a_word_in_two_of_three_cells_is_listed_only() -> None:
    assert len(po.load_records(log([HIDDEN, HIDDEN, "Yes"])).intake.cells) == 2


def test_blank_cells_are_not_counted_among_the_filled() -> None:
    assert "3 of 10 cells" in question(log([HIDDEN] * 3 + ["Yes"] * 7 + [None] * 30))


def test_a_word_in_capitals_and_without_is_one_word() -> None:
    assert "one spelling in 3 of 10 cells" in question(
        log([HIDDEN, HIDDEN.upper(), f" {HIDDEN} "] + ["Yes"] * 7)
    )


def test_different_rare_words_are_listed_only() -> None:
    words = ["Zwetschge", "Mirabelle", "Quitte", "Apfel"]
    assert len(po.load_records(log(words + ["Yes"] * 6)).intake.cells) == 4


def test_a_frequent_word_of_stage_is_asked_about_in_the_same_message() -> None:
    words = [HIDDEN] * 3 + ["Yes"] * 7
    message = question(log(words, stage=["early"] * 7 + [HIDDEN] * 3))
    assert '"Stage": one spelling in 3 of 10 cells (rows 8, 9, 10)' in message
    assert '"Union": one spelling in 3 of 10 cells (rows 1, 2, 3)' in message


def test_a_frequent_word_of_another_column_is_listed_only() -> None:
    frame = log(["Yes"] * 10).assign(Sex=[HIDDEN] * 4 + ["M"] * 6)
    assert len(po.load_records(frame).intake.cells) == 4


def test_a_frequent_word_beyond_the_first_rows_is_found() -> None:
    message = question(log(["Yes"] * 6000 + [HIDDEN] * 2000))
    assert "2,000 of 8,000 cells" in message
    assert "and 1990 more" in message


def test_the_file_asks_for_the_word_and_takes_its_meaning(tmp_path: Path) -> None:
    frame = log([SHOWN] * 3 + ["No"] * 7)
    proposed = po.propose_mapping(frame)
    assert proposed.finding.endswith("none undecided, 1 with a frequent spelling to explain.")
    path = proposed.write(tmp_path / "mapping.yaml")
    text = path.read_text(encoding="utf-8")
    assert "# TO EXPLAIN: 1 columns below" in text
    assert "cells_to_explain: 3" in text
    assert f'"{SHOWN}": ""' in text
    assert "Frequent words" in question(frame, path)
    path.write_text(text.replace(f'"{SHOWN}": ""', f'"{SHOWN}": "complete"'), encoding="utf-8")
    cohort = po.load_records(frame, mapping=path)
    assert cohort.readings["union_status"].tolist() == ["complete"] * 3 + ["none"] * 7


def test_a_word_that_may_be_a_name_is_asked_for_by_its_rows(tmp_path: Path) -> None:
    frame = log([HIDDEN] * 3 + ["No"] * 7)
    path = po.propose_mapping(frame).write(tmp_path / "mapping.yaml")
    text = path.read_text(encoding="utf-8")
    assert HIDDEN not in text
    assert 'rows_with_spelling_not_shown: ["row 1", "row 2", "row 3"]' in text
    answer = f'rows_with_spelling_not_shown: []\n    spellings: {{"{HIDDEN}": "not_known"}}\n#'
    path.write_text(text.replace("rows_with_spelling_not_shown:", answer), encoding="utf-8")
    cohort = po.load_records(frame, mapping=path)
    assert cohort.readings["union_status"].tolist() == ["none"] * 7
    assert set(cohort.intake.cells["reason"]) == {"recorded as not known"}


def test_a_mapping_that_was_read_and_written_again_is_the_same(tmp_path: Path) -> None:
    path = po.propose_mapping(log([SHOWN] * 3 + ["No"] * 7)).write(tmp_path / "mapping.yaml")
    assert po.Mapping.read(path).columns[-1].n_to_explain == 3


@pytest.mark.parametrize(
    ("line", "wrong", "hint"),
    [
        ("role: stage", "role: Quillon Testperson", "one of these words"),
        ("role: stage", "role: stag", 'Did you mean "stage"?'),
        (f'"{SHOWN}": ""', f'"{SHOWN}": "Quillon Testperson"', "one of these words"),
    ],
)
def test_a_word_of_the_file_that_is_not_known_is_never_repeated(
    tmp_path: Path, line: str, wrong: str, hint: str
) -> None:
    path = po.propose_mapping(log([SHOWN] * 3 + ["No"] * 7)).write(tmp_path / "mapping.yaml")
    path.write_text(path.read_text(encoding="utf-8").replace(line, wrong), encoding="utf-8")
    with pytest.raises(po.ArgumentError) as error:
        po.Mapping.read(path)
    assert "Testperson" not in str(error.value)
    assert "in the entry of the column" in str(error.value)
    assert hint in str(error.value)
