"""Parquet, Stata, SPSS and SAS files, with their value labels, as grids."""

from __future__ import annotations

import datetime
import io
import sys
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.columnar import is_parquet, read_parquet
from parsoutcomes.loaders.grid import Grid
from parsoutcomes.loaders.load import load_content
from parsoutcomes.loaders.source import SourceContent
from parsoutcomes.loaders.statistical import UNLABELLED, read_statistical, statistical_kind

DAY = datetime.date(2024, 3, 1)


def cells(grid: Grid) -> list[tuple[object, ...]]:
    return [row.cells for row in grid.rows]


def parquet(frame: pd.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.to_parquet(written, index=False)
    return written.getvalue()


def test_parquet_keeps_kinds_and_empty_cells() -> None:
    frame = pd.DataFrame(
        {
            "Patient": ["P1", "P2"],
            "Fitted": [DAY, None],
            "Months": [3.0, None],
            "Side": pd.Categorical(["left", None]),
            "Levels": [["L4", "L5"], None],
            "STIR": pd.array([True, None], dtype="boolean"),
        }
    )
    content = parquet(frame)
    assert is_parquet(content)
    assert cells(read_parquet(content, "log.parquet")) == [
        ("Patient", "Fitted", "Months", "Side", "Levels", "STIR"),
        ("P1", DAY, 3, "left", "L4, L5", True),
        ("P2", None, None, None, None, None),
    ]


@pytest.mark.parametrize("damaged", [b"PAR1PAR1", b"PAR1" + b"\0" * 200 + b"PAR1"])
def test_a_damaged_parquet_file_is_refused(damaged) -> None:
    with pytest.raises(SourceError, match="damaged or incomplete"):
        read_parquet(damaged, "log.parquet")


LABELS = {
    "stage": {1: "Early", 2: "Progressive", 9: "Not known"},
    "vas": {0: "No pain", 10: "Worst pain", 99: "Not known"},
}
ROWS = pd.DataFrame(
    {
        "id": ["P1", "P2", "P3", "P4"],
        "f_date": [DAY, DAY, None, DAY],
        "stage": [1.0, 2.0, 9.0, 2.0],
        "vas": [0.0, 4.0, 99.0, 6.0],
    }
)
HEADINGS = {"id": "Study number", "f_date": "Date brace fitted", "stage": "Q7", "vas": "Pain VAS"}
EXPECTED = [
    ("Study number", "Date brace fitted", "stage", "Pain VAS"),
    ("P1", DAY, "Early", 0),
    ("P2", DAY, "Progressive", 4),
    ("P3", None, "Not known", "Not known"),
    ("P4", DAY, "Progressive", 6),
]


def written(folder: Path, ending: str, rows: pd.DataFrame = ROWS) -> bytes:
    path = folder / f"log{ending}"
    labels = [HEADINGS[name] for name in rows]
    if ending == ".dta":
        pyreadstat.write_dta(rows, path, column_labels=labels, variable_value_labels=LABELS)
    elif ending == ".xpt":
        pyreadstat.write_xport(rows, path, column_labels=labels)
    else:
        pyreadstat.write_sav(
            rows,
            path,
            column_labels=labels,
            variable_value_labels=LABELS,
            missing_ranges={"stage": [9], "vas": [99]},
            compress=ending == ".zsav",
        )
    return path.read_bytes()


@pytest.mark.parametrize(
    ("ending", "kind"), [(".dta", "Stata"), (".sav", "SPSS"), (".zsav", "SPSS")]
)
def test_value_labels_are_read_and_a_scale_keeps_its_numbers(tmp_path, ending, kind) -> None:
    content = written(tmp_path, ending)
    assert statistical_kind(content) == kind
    assert cells(read_statistical(content, f"log{ending}")) == EXPECTED


def test_a_sas_transport_file_is_read_without_labels_of_values(tmp_path) -> None:
    content = written(tmp_path, ".xpt")
    assert statistical_kind(content) == "SAS transport"
    grid = read_statistical(content, "log.xpt")
    assert cells(grid)[1] == ("P1", DAY, 1, 0)


def test_a_code_without_a_label_is_never_read_as_a_word(tmp_path) -> None:
    rows = ROWS.assign(stage=[1.0, 2.0, 9.0, 3.0])
    grid = read_statistical(written(tmp_path, ".sav", rows), "log.sav")
    assert [row[2] for row in cells(grid)[1:]] == ["Early", "Progressive", "Not known", UNLABELLED]


def test_missing_letters_of_stata_take_their_labels(tmp_path) -> None:
    path = tmp_path / "log.dta"
    rows = pd.DataFrame({"stage": [1, "a", 2]}, dtype="object")
    pyreadstat.write_dta(
        rows,
        path,
        missing_user_values={"stage": ["a"]},
        variable_value_labels={"stage": {1: "Early", 2: "Terminal", "a": "Not done"}},
    )
    grid = read_statistical(path.read_bytes(), "log.dta")
    assert [row[0] for row in cells(grid)[1:]] == ["Early", "Not done", "Terminal"]


@pytest.mark.parametrize("kind", [b"$FL2", b"<stata_dta>", b"HEADER RECORD*******LIB"])
def test_a_damaged_statistical_file_is_refused_without_its_words(kind) -> None:
    with pytest.raises(SourceError, match="damaged or incomplete") as raised:
        read_statistical(kind + b"Planted" * 40, "log")
    assert "Planted" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.mark.parametrize("text", [b"", b"Patient;Level\nP1;L5\n" * 20, b"qqq" * 100])
def test_text_is_no_statistical_file(text) -> None:
    assert statistical_kind(text) is None


@pytest.mark.parametrize("ending", [".dta", ".sav"])
def test_the_clinic_s_long_table_is_the_same_cohort_from_each_kind(tmp_path, ending) -> None:
    from parsoutcomes.loaders.source import read_source

    source = Path(__file__).parents[2] / "data" / "synthetic" / "clinic" / "defects_long.csv"
    frame = pd.read_csv(source, dtype=str, keep_default_na=False).head(60)
    expected = load_content(read_source(frame))
    path = tmp_path / f"long{ending}"
    writer = pyreadstat.write_dta if ending == ".dta" else pyreadstat.write_sav
    writer(frame, path)
    grids = (read_statistical(path.read_bytes(), path.name),)
    parquets = (read_parquet(parquet(frame), "long.parquet"),)
    for read in (grids, parquets):
        found = load_content(SourceContent(name="long", grids=read, sha256=""))
        for name, table in expected.tables.items():
            pd.testing.assert_frame_equal(found.tables[name], table)


@pytest.mark.parametrize(
    ("module", "read"), [("pyarrow", read_parquet), ("pyreadstat", read_statistical)]
)
def test_a_missing_package_is_named_with_what_to_install(monkeypatch, module, read) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SourceError, match=r"pip install \"parsoutcomes\[sources\]\"") as raised:
        read(b"", "log")
    assert str(raised.value).count("\n") == 3
