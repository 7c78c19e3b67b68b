"""Protected workbooks: opened in memory with the right password, refused in words without."""

from __future__ import annotations

import builtins
import tempfile
from pathlib import Path

import pytest

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.encrypted import decrypt_workbook, is_encrypted

CLINIC = Path(__file__).parents[2] / "data" / "synthetic" / "clinic"
PROTECTED = (CLINIC / "clinic_protected.xlsx").read_bytes()
PASSWORD = (CLINIC / "password.txt").read_text(encoding="utf-8").strip()


@pytest.fixture(autouse=True)
def no_password_in_the_environment(monkeypatch) -> None:
    monkeypatch.delenv("PARSOUTCOMES_PASSWORD", raising=False)


def failure(content: bytes, password: str | None) -> SourceError:
    with pytest.raises(SourceError) as raised:
        decrypt_workbook(content, "log.xlsx", password)
    assert str(raised.value).count("\n") == 3
    assert password is None or password not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    return raised.value


def test_the_right_password_gives_the_workbook_as_it_was() -> None:
    opened = decrypt_workbook(PROTECTED, "log.xlsx", PASSWORD)
    assert opened == (CLINIC / "clinic_log.xlsx").read_bytes()


def test_the_password_may_stand_in_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("PARSOUTCOMES_PASSWORD", PASSWORD)
    assert decrypt_workbook(PROTECTED, "log.xlsx").startswith(b"PK")


def test_a_password_given_goes_before_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("PARSOUTCOMES_PASSWORD", PASSWORD)
    failure(PROTECTED, "not-this-one")


@pytest.mark.parametrize(
    ("password", "found"),
    [
        (None, "log.xlsx: protected; no password"),
        ("", "log.xlsx: protected; no password"),
        ("not-this-one", "log.xlsx: protected with another password"),
    ],
)
def test_no_password_and_a_wrong_one_are_told_apart(password, found) -> None:
    assert failure(PROTECTED, password or None).found == found


def test_a_damaged_protected_file_is_told_from_a_wrong_password() -> None:
    found = failure(PROTECTED[:6000], PASSWORD).found
    assert found == "log.xlsx: another kind of protection, or a damaged file"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PROTECTED, True),
        ((CLINIC / "clinic_log.xlsx").read_bytes(), False),
        (PROTECTED[:100], False),
        (b"", False),
    ],
)
def test_protection_is_seen_in_the_bytes(content, expected) -> None:
    assert is_encrypted(content) is expected


def test_nothing_is_written_to_disk(monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    real = builtins.open

    def only_reading(file: object, mode: str = "r", *args: object, **kwargs: object) -> object:
        assert not set(mode) & set("wax+")
        return real(file, mode, *args, **kwargs)

    decrypt_workbook(PROTECTED, "log.xlsx", PASSWORD)
    monkeypatch.setattr(builtins, "open", only_reading)
    for name in ("mkstemp", "mkdtemp", "TemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refuse)
    assert decrypt_workbook(PROTECTED, "log.xlsx", PASSWORD).startswith(b"PK")
