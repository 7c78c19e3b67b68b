"""Databases are read through their address, and never written."""

from __future__ import annotations

import datetime
import sqlite3
import sys
from pathlib import Path

import duckdb
import pytest

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.database import database_address, is_database_address, read_database

SCHEMA = """
CREATE TABLE patients (patient_id TEXT, sex TEXT, fitted_date DATE);
INSERT INTO patients VALUES ('P1', 'male', '2024-03-01'), ('P2', NULL, NULL);
CREATE TABLE "pars log" (patient_id TEXT, level TEXT);
INSERT INTO "pars log" VALUES ('P1', 'L5');
CREATE VIEW recent AS SELECT patient_id FROM patients WHERE fitted_date IS NOT NULL;
"""


@pytest.fixture
def sqlite_file(tmp_path) -> Path:
    path = tmp_path / "clinic 1.db"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.close()
    return path


@pytest.fixture
def duckdb_file(tmp_path) -> Path:
    path = tmp_path / "clinic.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA)
    return path


def cells(address: str) -> dict[str, list[tuple[object, ...]]]:
    grids = read_database(address)
    return {grid.sheet: [row.cells for row in grid.rows] for grid in grids}


def test_every_table_and_view_of_sqlite_is_a_sheet(sqlite_file) -> None:
    assert cells(f"sqlite:///{sqlite_file}") == {
        "pars log": [("patient_id", "level"), ("P1", "L5")],
        "patients": [
            ("patient_id", "sex", "fitted_date"),
            ("P1", "male", "2024-03-01"),
            ("P2", None, None),
        ],
        "recent": [("patient_id",), ("P1",)],
    }


def test_duckdb_gives_the_same_sheets_with_its_dates(duckdb_file) -> None:
    found = cells(f"duckdb:///{duckdb_file}")
    assert list(found) == ["pars log", "patients", "recent"]
    assert found["patients"][1] == ("P1", "male", datetime.date(2024, 3, 1))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("pars log", {"pars log": [("patient_id", "level"), ("P1", "L5")]}),
        ("recent", {"recent": [("patient_id",), ("P1",)]}),
        ("select level AS Level from [pars log];", {"query": [("Level",), ("L5",)]}),
        ("SELECT sex FROM patients WHERE sex = 'none'", {"query": [("sex",)]}),
    ],
)
def test_one_table_one_view_or_one_query(sqlite_file, wanted, expected) -> None:
    assert cells(f"sqlite:///{sqlite_file}#{wanted}") == expected


def test_a_database_is_known_by_its_bytes(sqlite_file, duckdb_file) -> None:
    for path, kind in ((sqlite_file, "sqlite"), (duckdb_file, "duckdb")):
        address = database_address(path, path.read_bytes())
        assert address == f"{kind}:///{path}"
        assert len(cells(address)) == 3
    assert database_address(Path("log.csv"), b"Patient;Level") is None


def failure(address: str) -> str:
    with pytest.raises(SourceError) as raised:
        cells(address)
    assert str(raised.value).count("\n") == 3
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    return raised.value.found


def test_what_is_not_there_is_told(sqlite_file, tmp_path) -> None:
    found = failure(f"sqlite:///{sqlite_file}#patient")
    assert found == "clinic 1.db: 3 tables and views, none of that name"
    missing = tmp_path / "other.db"
    assert failure(f"sqlite:///{missing}") == "nothing called other.db in the folder named"
    assert not missing.exists()
    assert failure("sqlite://") == "nothing called so in the folder named"


def test_messages_hold_neither_query_nor_password(sqlite_file) -> None:
    assert failure(f"sqlite:///{sqlite_file}#SELECT secret FROM patients") == (
        "clinic 1.db: OperationalError"
    )
    failure("nosuchkind://me:secret@server/clinic")
    failure("nosuch+driver://me:secret@:x/")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; DROP TABLE patients",
        "WITH x AS (SELECT 1) DELETE FROM patients",
    ],
)
def test_nothing_is_ever_written(sqlite_file, query) -> None:
    before = sqlite_file.read_bytes()
    failure(f"sqlite:///{sqlite_file}#{query}")
    assert sqlite_file.read_bytes() == before


def test_duckdb_reads_no_other_file(duckdb_file, tmp_path) -> None:
    other = tmp_path / "secret.csv"
    other.write_text("secret\n1\n", encoding="utf-8")
    failure(f"duckdb:///{duckdb_file}#SELECT * FROM read_csv('{other}')")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("sqlite:///clinic.db", True),
        ("postgresql+psycopg://server/clinic#fractures", True),
        ("https://redcap.example.org/api/", False),
        ("C:\\clinic\\log.xlsx", False),
        ("clinic.csv", False),
        (Path("clinic.csv"), False),
    ],
)
def test_addresses_of_databases_are_known(source, expected) -> None:
    assert is_database_address(source) is expected


def test_a_missing_package_is_named_with_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(SourceError, match=r"pip install \"parsoutcomes\[sources\]\""):
        read_database("sqlite:///clinic.db")
