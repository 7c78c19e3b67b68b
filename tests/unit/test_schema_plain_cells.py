"""No table that is written runs as a formula."""

from __future__ import annotations

import pandas as pd
import pytest

from parsoutcomes.schema.plain_cells import plain_cell, plain_frame


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+44 7700", "'+44 7700"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("-1.5e-3", "-1.5e-3"),
        ("L5", "L5"),
        ("", ""),
        (-1.5, -1.5),
        (None, None),
    ],
)
def test_a_cell_that_would_run_is_quoted(cell: object, written: object) -> None:
    assert plain_cell(cell) == written


def test_headers_are_quoted_too_and_numbers_stay() -> None:
    frame = pd.DataFrame({"=a": ["x"], "n": [-1.0]})
    assert plain_frame(frame).to_dict("list") == {"'=a": ["x"], "n": [-1.0]}
    assert frame.columns.tolist() == ["=a", "n"]
