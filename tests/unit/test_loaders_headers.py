from __future__ import annotations

from parsoutcomes.loaders.grid import Grid, MergedRange, number_rows
from parsoutcomes.loaders.headers import find_layout, match_header
from parsoutcomes.loaders.mapping import choose_columns
from parsoutcomes.loaders.vocabulary import load_vocabulary

VOCABULARY = load_vocabulary()


def grid(*rows: list[object], merged: tuple[MergedRange, ...] = ()) -> Grid:
    return Grid(source="log", sheet="", rows=number_rows(rows), merged=merged)


def roles(one: Grid) -> list[tuple[str, str, dict[str, str]]]:
    layout = find_layout(one, VOCABULARY)
    assert layout is not None
    shown = ("side", "visit", "timepoint")
    return [
        (c.header.path, c.role, {k: v for k, v in c.attributes.items() if k in shown})
        for c in choose_columns(layout, VOCABULARY, {})
    ]


def test_the_header_is_found_below_titles_and_blank_rows() -> None:
    layout = find_layout(
        grid(["PARS LOG 2024"], [], ["Study ID", "Level", "Side"], ["P0001", "L5", "left"]),
        VOCABULARY,
    )
    assert layout is not None
    assert layout.header_rows == (3,)
    assert [row.number for row in layout.title_rows] == [1, 2]
    assert [row.number for row in layout.data_rows] == [4]


def test_a_sheet_that_explains_words_has_no_header() -> None:
    assert find_layout(grid(["B/L", "bilateral"], ["NU", "non-union"]), VOCABULARY) is None


def test_a_merged_header_qualifies_the_ones_below_it() -> None:
    merged = tuple(MergedRange(row_number=1, first=a, last=b) for a, b in ((0, 1), (2, 4)))
    one = grid(
        ["Patient", None, "CT 1", None, None],
        ["Study ID", "Level", "Date", "R", "L"],
        ["P0001", "L5", "13/06/2024", "NU", "healed"],
        merged=merged,
    )
    assert roles(one)[2:] == [
        ("CT 1 > Date", "scan_date", {"visit": "1"}),
        ("CT 1 > R", "union_status", {"side": "right", "visit": "1"}),
        ("CT 1 > L", "union_status", {"side": "left", "visit": "1"}),
    ]


def test_a_group_header_without_merging_spreads_to_the_next_one() -> None:
    one = grid(
        ["Study ID", "Level", "Fitted", "CT 1", None, "CT 2", None],
        [None, None, None, "Date", "R", "Date", "R"],
        ["P0001", "L5", "13/03/2024", "13/06/2024", "NU", "15/09/2024", "healed"],
    )
    assert roles(one) == [
        ("Study ID", "patient_id", {}),
        ("Level", "level", {}),
        ("Fitted", "fitted_date", {}),
        ("CT 1 > Date", "scan_date", {"visit": "1"}),
        ("CT 1 > R", "union_status", {"side": "right", "visit": "1"}),
        ("CT 2 > Date", "scan_date", {"visit": "2"}),
        ("CT 2 > R", "union_status", {"side": "right", "visit": "2"}),
    ]


def test_repeated_blocks_without_a_group_header_are_numbered_in_order() -> None:
    one = grid(
        ["Study ID", "Level", "Left", "Right", "Scan", "L", "R", "Scan", "L", "R"],
        ["P1", "L5", "early", "prog", "13/06/24", "NU", "healed", "15/09/24", "NU", "healed"],
    )
    assert [(role, attributes) for _, role, attributes in roles(one)[2:]] == [
        ("stage", {"side": "left"}),
        ("stage", {"side": "right"}),
        ("scan_date", {"visit": "1"}),
        ("union_status", {"side": "left", "visit": "1"}),
        ("union_status", {"side": "right", "visit": "1"}),
        ("scan_date", {"visit": "2"}),
        ("union_status", {"side": "left", "visit": "2"}),
        ("union_status", {"side": "right", "visit": "2"}),
    ]


def test_an_unknown_header_is_not_matched() -> None:
    layout = find_layout(grid(["Study ID", "Level", "Zwetschge"], ["P1", "L5", "x"]), VOCABULARY)
    assert layout is not None
    assert match_header(layout.headers[2], VOCABULARY) is None


def test_a_second_column_of_the_same_meaning_is_named_and_not_used() -> None:
    one = grid(["Study ID", "Level", "Sex", "Gender"], ["P1", "L5", "m", "m"])
    layout = find_layout(one, VOCABULARY)
    assert layout is not None
    last = choose_columns(layout, VOCABULARY, {})[-1]
    assert (last.action, last.reason.split(";")[0]) == (
        "not used",
        "an earlier column holds the same",
    )


def test_a_blank_row_between_two_header_rows_is_not_lost() -> None:
    one = grid(
        ["PARS LOG"],
        ["Patient", None, "CT 1", None],
        [],
        ["Study ID", "Level", "Date", "R"],
        ["P1", "L5", "13/06/2024", "NU"],
    )
    layout = find_layout(one, VOCABULARY)
    assert layout is not None
    assert layout.header_rows == (2, 4)
    assert [row.number for row in layout.title_rows] == [1, 3]
