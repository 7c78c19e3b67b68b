"""The clinic's records give one cohort whatever they are kept in."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyreadstat
import pytest

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import ArgumentError, SourceError
from parsoutcomes.loaders.load import load_records

CLINIC = Path(__file__).parents[2] / "data" / "synthetic" / "clinic"
WORKBOOKS = Path(__file__).parents[1] / "reference" / "workbooks"
PASSWORD = (CLINIC / "password.txt").read_text(encoding="utf-8").strip()


@pytest.fixture(scope="module")
def long_table() -> pd.DataFrame:
    return pd.read_csv(CLINIC / "defects_long.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def expected() -> Cohort:
    return load_records(CLINIC / "defects_long.csv")


def same_cohort(found: Cohort, expected: Cohort) -> None:
    for name, table in expected.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], table)


def test_the_protected_workbook_is_the_same_as_the_open_one(monkeypatch) -> None:
    monkeypatch.delenv("PARSOUTCOMES_PASSWORD", raising=False)
    opened = load_records(CLINIC / "clinic_log.xlsx")
    found = load_records(CLINIC / "clinic_protected.xlsx", password=PASSWORD)
    same_cohort(found, opened)
    assert (found.n_patients, len(found.defects)) == (72, 116)
    assert found.intake.sha256 != opened.intake.sha256
    monkeypatch.setenv("PARSOUTCOMES_PASSWORD", PASSWORD)
    assert load_records(CLINIC / "clinic_protected.xlsx").n_patients == 72


def test_a_password_is_asked_for_and_refused_where_there_is_none_to_give(monkeypatch) -> None:
    monkeypatch.delenv("PARSOUTCOMES_PASSWORD", raising=False)
    with pytest.raises(SourceError, match="no password was given"):
        load_records(CLINIC / "clinic_protected.xlsx")
    with pytest.raises(SourceError, match="does not open the workbook"):
        load_records(CLINIC / "clinic_protected.xlsx", password="other")
    with pytest.raises(ArgumentError, match="not protected"):
        load_records(CLINIC / "clinic_log.xlsx", password=PASSWORD)


def write_sqlite(frame: pd.DataFrame, path: Path) -> None:
    connection = sqlite3.connect(path)
    frame.to_sql("fractures", connection, index=False)
    connection.close()


def write_duckdb(frame: pd.DataFrame, path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.register("given", frame)
        connection.execute("CREATE TABLE fractures AS SELECT * FROM given")


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    ".parquet": lambda frame, path: frame.to_parquet(path, index=False),
    ".dta": pyreadstat.write_dta,
    ".sav": pyreadstat.write_sav,
    ".db": write_sqlite,
    ".duckdb": write_duckdb,
}


@pytest.mark.parametrize("ending", list(WRITERS))
def test_each_kind_of_file_gives_the_same_cohort(tmp_path, long_table, expected, ending) -> None:
    path = tmp_path / f"long{ending}"
    WRITERS[ending](long_table, path)
    same_cohort(load_records(path), expected)


@pytest.mark.parametrize(("kind", "ending"), [("sqlite", ".db"), ("duckdb", ".duckdb")])
def test_a_table_or_a_query_of_a_database_gives_it_too(
    tmp_path, long_table, expected, kind, ending
) -> None:
    path = tmp_path / f"long{ending}"
    WRITERS[ending](long_table, path)
    same_cohort(load_records(f"{kind}:///{path}#fractures"), expected)
    same_cohort(load_records(f"{kind}:///{path}#SELECT * FROM fractures"), expected)


def test_a_folder_and_a_list_of_files_give_it_too(tmp_path, long_table, expected) -> None:
    half = long_table["patient_id"].le("P0036")
    long_table[half].to_csv(tmp_path / "first.csv", index=False)
    long_table[~half].to_parquet(tmp_path / "second.parquet", index=False)
    same_cohort(load_records(tmp_path), expected)
    same_cohort(load_records([tmp_path / "first.csv", tmp_path / "second.parquet"]), expected)


def test_an_address_of_the_web_is_refused() -> None:
    with pytest.raises(SourceError, match="load_redcap"):
        load_records("https://redcap.example.org/api/")


@pytest.mark.parametrize("ending", [".xls", ".xlsb", ".ods"])
def test_other_workbooks_are_read_with_their_headers_and_errors(ending) -> None:
    cohort = load_records(WORKBOOKS / f"log{ending}")
    found = cohort.defects[["patient_id", "level", "side", "stage"]].fillna("").to_numpy()
    assert found.tolist()[:2] == [
        ["P0001", "L5", "right", "early"],
        ["P0002", "L4", "left", "progressive"],
    ]
    cells = cohort.intake.cells
    shown = cells[["header", "row_number", "reason"]].to_numpy().tolist()
    assert ["Level", 6, "the cell shows a spreadsheet error"] in shown
