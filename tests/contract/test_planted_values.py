"""Identifiers and cell values planted in every column come out nowhere that people can read."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import traceback
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from parsoutcomes.cli.commands import commands
from parsoutcomes.errors import ParsOutcomesError
from parsoutcomes.loaders.intake_files import write_intake
from parsoutcomes.loaders.load import load_records
from parsoutcomes.loaders.workbook import read_workbook

HEADERS = (
    "Hosp No", "NHS No", "Name", "DOB", "Postcode", "Tel", "Email", "Sex", "Sport", "Level",
    "Side", "CT stage R", "CT stage L", "Brace type", "Fitted", "Length", "Brace off",
    "CT 1 date", "CT 1 R", "CT 1 L", "VAS pre", "Outcome", "Surgery date", "Last seen", "Notes",
    "Colour",
)  # fmt: skip
SOUND = (
    "RX9000{n}", "99901199{n}", "Zebedee Quillon{n}", "01/02/2010", "QZ1 4XY", "07700 900123",
    "zebedee{n}@quillon.example", "M", "rugby", "L5", "B/L", "early", "prog", "bespoke",
    "13/03/2024", "6/12", "15/09/2024", "15/06/2024", "united", "NU", 7, "completed", None,
    "20/12/2024", "Zebedee Quillon{n} seen", "mauvish{n}",
)  # fmt: skip
IDENTIFYING = ("RX9000", "99901199", "Zebedee", "Quillon", "QZ1", "900123", "mauvish", "01/02/2010")


def sound_row(number: int) -> list[object]:
    return [text.format(n=number) if isinstance(text, str) else text for text in SOUND]


def marker(position: int) -> str:
    return f"qzx{position:02d}vw"


def planted_rows() -> list[list[object]]:
    """Return sound rows, and for each column one in which it holds a planted value."""
    rows = [sound_row(10 + number) for number in range(40)]
    for position in range(1, len(HEADERS)):
        rows[position][position] = marker(position)
    return rows


def written(
    folder: Path, rows: Sequence[Sequence[object]], header: Sequence[str] = HEADERS
) -> Path:
    path = folder / "log.csv"
    pd.DataFrame(rows, columns=list(header)).to_csv(path, index=False)
    return path


def leaks(text: str) -> list[str]:
    planted = [marker(position) for position in range(len(HEADERS))]
    return [word for word in (*planted, *IDENTIFYING) if word.casefold() in text.casefold()]


def everything_said(error: BaseException) -> str:
    """Return the traceback with all chained errors, those that Python would not show too."""
    said, seen = "", error
    while seen is not None:
        said += "".join(traceback.format_exception(seen)) + repr(seen) + str(vars(seen))
        seen = seen.__cause__ or seen.__context__  # type: ignore[assignment]
    return said


def test_no_planted_value_is_in_the_account_or_in_any_view(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    cohort = load_records(written(tmp_path, planted_rows()))
    account = cohort.intake
    frames = [account.to_frame(), account.sources, account.columns, account.rows, account.cells]
    said = "".join(frame.to_csv() for frame in (*frames, account.checks))
    said += account.summary() + account._repr_html_() + repr(account) + repr(cohort)
    said += "".join(account.cautions) + caplog.text + "".join(capfd.readouterr())
    assert leaks(said) == []
    assert account.cells["action"].eq("unresolved").sum() >= 14
    tables = "".join(frame.to_csv() for frame in cohort.tables.values())
    assert leaks(tables) == []


@pytest.mark.parametrize("command", ["check", "map"])
def test_no_planted_value_is_printed_by_a_command(command: str, tmp_path: Path) -> None:
    path = written(tmp_path, planted_rows())
    done = CliRunner().invoke(commands, [command, str(path)])
    assert leaks(done.output.replace(str(path), "")) == []
    for file in tmp_path.iterdir():
        if file != path:
            assert leaks(file.read_text(encoding="utf-8", errors="replace")) == []


def test_no_planted_value_is_in_the_files_for_the_clinic(tmp_path: Path) -> None:
    cohort = load_records(written(tmp_path, planted_rows()))
    files = tmp_path / "intake"
    write_intake(cohort, files)
    said = ""
    for file in files.iterdir():
        is_workbook = file.suffix == ".xlsx"
        said += (
            str(read_workbook(file.read_bytes(), file.name))
            if is_workbook
            else file.read_text(encoding="utf-8")
        )
    assert "spelling not known" in said
    assert leaks(said) == []


@pytest.mark.parametrize("column", range(len(HEADERS)))
def test_no_planted_value_is_in_an_error(column: int, tmp_path: Path) -> None:
    """A column of nothing but planted values loads or is refused without saying any of them."""
    rows = [sound_row(10 + number) for number in range(8)]
    for row in rows:
        row[column] = marker(column)
    try:
        said = load_records(written(tmp_path, rows)).intake.summary()
    except ParsOutcomesError as error:
        said = everything_said(error)
    assert leaks(said) == []


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\0\1\2"])
def test_no_planted_value_is_in_the_error_of_a_damaged_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log.xlsx"
    path.write_bytes(content + marker(1).encode() * 50)
    with pytest.raises(ParsOutcomesError) as caught:
        load_records(path)
    assert leaks(everything_said(caught.value)) == []


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        (".dta", b"<stata_dta>"),
        (".sav", b"$FL2"),
        (".xpt", b"HEADER RECORD*******LIB"),
        (".db", b"SQLite format 3\0"),
    ],
)
def test_no_planted_value_is_in_the_error_of_another_reader(
    ending: str, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / f"log{ending}"
    path.write_bytes(content + marker(1).encode() * 200)
    with pytest.raises(ParsOutcomesError) as caught:
        load_records(path)
    assert leaks(everything_said(caught.value)) == []


def test_no_planted_value_is_in_the_error_of_a_protected_workbook() -> None:
    clinic = Path(__file__).parents[2] / "data" / "synthetic" / "clinic"
    with pytest.raises(ParsOutcomesError) as caught:
        load_records(clinic / "clinic_protected.xlsx", password=marker(1))
    assert leaks(everything_said(caught.value)) == []


@pytest.mark.parametrize("wanted", ["", "#{0}", "#SELECT '{0}' FROM nowhere", "#SELECT '{0}"])
def test_no_planted_value_is_in_the_error_of_a_database(wanted: str, tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.execute(f"CREATE TABLE one (colour TEXT CHECK (colour <> '{marker(2)}'))")
        base.execute(f"INSERT INTO one VALUES ('{marker(3)}')")
        base.commit()
    for address in (f"sqlite:///{path}{wanted.format(marker(1))}", f"nosuch://{marker(4)}@x/y"):
        with pytest.raises(ParsOutcomesError) as caught:
            load_records(address)
        assert leaks(everything_said(caught.value)) == []
