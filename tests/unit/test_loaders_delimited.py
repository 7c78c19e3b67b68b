from __future__ import annotations

import pytest

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.delimited import decode_text, find_separator, read_delimited


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_splits_every_line_alike(separator: str) -> None:
    lines = [["Name, first", "Level", "Side"], ["A, B", "L5", "left"], ["C", "L4; L5", "right"]]
    text = "\n".join(separator.join(f'"{cell}"' for cell in line) for line in lines)
    assert find_separator(text) == separator


def test_a_single_column_has_no_separator_and_is_one_column() -> None:
    assert [row.cells for row in read_delimited(b"Level\nL5\n", "x").rows] == [("Level",), ("L5",)]


def test_quoted_line_breaks_stay_within_their_row() -> None:
    grid = read_delimited(b'ID,Notes,Level\nP1,"one\ntwo",L5\n', "x")
    assert grid.rows[1].cells == ("P1", "one two", "L5")
    assert [row.number for row in grid.rows] == [1, 2]


def test_blank_lines_keep_their_row_numbers() -> None:
    grid = read_delimited(b"ID,Level\n\nP1,L5\n", "x")
    assert [(row.number, row.is_blank) for row in grid.rows] == [(1, False), (2, True), (3, False)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be"])
def test_accents_survive_every_common_encoding(encoding: str) -> None:
    assert "Zoë" in decode_text("Name,Level\nZoë,L5\n".encode(encoding), "x")


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(SourceError, match="cannot be read as text"):
        decode_text(b"\x00\x01\x02" * 3 + b"abcdefghijk" * 50, "x")
