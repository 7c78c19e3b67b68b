"""`report.yaml`: what the clinic says of itself, read and checked as a whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from parsoutcomes.errors import ReportError
from parsoutcomes.report.config import NOTHING_STATED, ReportConfig
from parsoutcomes.report.content import Comment

TITLE: Final = "Union of pars fractures after brace treatment"
LARGEST_LOGO_BYTES: Final = 2_000_000
LARGEST_FILE_BYTES: Final = 1_000_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_COUNTS: Final = ("n_referred", "n_eligible", "n_declined")
_LISTS: Final = ("signed_off_by",)


@dataclass(frozen=True, kw_only=True)
class ReportWords:
    """What stands on the title page, and what only people can say.

    Attributes
    ----------
    title, clinic : str
        For the title page.
    authors : tuple of str
        Likewise, and for the documents' properties.
    logo : bytes
        A PNG picture; empty when there is none.
    logo_alt : str
        What it shows, for those who cannot see it.
    config : ReportConfig
        Interests, registration, sign-off, flow before the brace, comments.
    """

    title: str = TITLE
    clinic: str = ""
    authors: tuple[str, ...] = ()
    logo: bytes = b""
    logo_alt: str = ""
    config: ReportConfig = NOTHING_STATED


_OF_CONFIG: Final = tuple(entry.name for entry in fields(ReportConfig) if entry.name != "comments")
_TEXTS: Final = (
    "title",
    "clinic",
    "logo_alt",
    *(name for name in _OF_CONFIG if name not in (*_COUNTS, *_LISTS)),
)
KEYS: Final = ("authors", "logo", "comments", *_TEXTS, *_COUNTS, *_LISTS)


def read_report_words(path: str | os.PathLike[str]) -> ReportWords:
    """Read and check `report.yaml`; all of its problems are told at once.

    Parameters
    ----------
    path : str or path
        A YAML file of plain keys: `title, clinic, authors, logo` (a PNG beside the file),
        `logo_alt`, the fields of `ReportConfig`, and `comments` by section id, each a text or
        `text` and `author`. Markup in it is text like any other.

    Returns
    -------
    ReportWords

    Raises
    ------
    ReportError
        When the file cannot be read, has a key that is not known, or a value of the wrong kind.
    """
    file = Path(path)
    given = _read_mapping(file)
    problems = [f"{name} is not a known key" for name in map(str, given) if name not in KEYS]
    problems += [f"{name} is not a text" for name in _TEXTS if not _is_text(given.get(name, ""))]
    problems += [f"{name} is not a count" for name in _COUNTS if not _is_count(given.get(name))]
    lists = ("authors", *_LISTS)
    problems += [f"{name} is not a list of texts" for name in lists if not _is_list(given, name)]
    comments, wrong = _read_comments(given.get("comments") or {})
    logo, lacking = _read_logo(file, given)
    _require_none([*problems, *wrong, *lacking])
    return _assemble(given, comments, logo)


def _assemble(
    given: Mapping[str, Any], comments: Mapping[str, tuple[Comment, ...]], logo: bytes
) -> ReportWords:
    texts = {name: str(given[name]) for name in _TEXTS if name in given}
    of_config: dict[str, Any] = {name: texts[name] for name in texts if name in _OF_CONFIG}
    of_config |= {name: given[name] for name in _COUNTS if given.get(name) is not None}
    of_config |= {name: tuple(map(str, given.get(name) or ())) for name in _LISTS}
    return ReportWords(
        title=texts.get("title", TITLE),
        clinic=texts.get("clinic", ""),
        authors=tuple(map(str, given.get("authors") or ())),
        logo=logo,
        logo_alt=texts.get("logo_alt", ""),
        config=ReportConfig(**of_config, comments=MappingProxyType(dict(comments))),
    )


def _read_mapping(file: Path) -> Mapping[str, Any]:
    try:
        data = file.read_bytes()
        too_large = len(data) > LARGEST_FILE_BYTES
        given = None if too_large else yaml.safe_load(data.decode("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ReportError(
            "The report's settings cannot be read.",
            expected="a YAML file in UTF-8 with one key a line, such as clinic: Our clinic",
            found=type(error).__name__,
            fix="Check the file's name, its quotes and its indents.",
        ) from None
    if not isinstance(given, Mapping):
        raise ReportError(
            "The report's settings are not keys with values.",
            expected="one key a line, such as clinic: Our clinic",
            found="a file too large to be settings" if too_large else type(given).__name__,
            fix=f"Use these keys: {', '.join(KEYS)}.",
        )
    return given


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


def _is_list(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name) or []
    return isinstance(value, list) and all(_is_text(item) for item in value)


def _read_comments(given: object) -> tuple[dict[str, tuple[Comment, ...]], list[str]]:
    if not isinstance(given, Mapping):
        return {}, ["comments is not a text by section"]
    read: dict[str, tuple[Comment, ...]] = {}
    wrong: list[str] = []
    for number, (section, entry) in enumerate(given.items(), start=1):
        one = {"text": entry} if isinstance(entry, str) else entry
        fits = (
            isinstance(one, Mapping)
            and "text" in one
            and set(one) <= {"text", "author"}
            and all(isinstance(value, str) for value in one.values())
        )
        if fits:
            read[str(section)] = (Comment(text=one["text"], author=one.get("author", "")),)
        else:
            wrong.append(f"comment {number} is neither a text nor text and author")
    return read, wrong


def _read_logo(file: Path, given: Mapping[str, Any]) -> tuple[bytes, list[str]]:
    name = given.get("logo")
    if not name:
        return b"", []
    if not isinstance(name, str):
        return b"", ["logo is not the name of a file"]
    try:
        data = (file.parent / name).read_bytes()
    except OSError:
        return b"", ["logo cannot be read"]
    if not data.startswith(_PNG) or len(data) > LARGEST_LOGO_BYTES:
        return b"", ["logo is not a PNG picture of at most 2 MB"]
    if not given.get("logo_alt"):
        return b"", ["logo_alt, which says what the logo shows, is missing"]
    return data, []


def _require_none(problems: list[str]) -> None:
    if problems:
        raise ReportError(
            "The report's settings have mistakes.",
            expected=f"these keys, each of its kind: {', '.join(KEYS)}",
            found="; ".join(problems),
            fix="Correct them all, or leave the keys out.",
        )
