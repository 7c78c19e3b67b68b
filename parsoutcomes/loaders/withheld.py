"""Names of files, sheets and columns that hold an identifier are shown by their place instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from parsoutcomes.loaders.grid import Grid, column_letters
from parsoutcomes.loaders.identifiers import redact

_KINDS: Final[Mapping[str, str]] = {
    "email": "e-mail",
    "telephone": "telephone",
    "nhs_number": "number",
    "number": "number",
    "birth_date": "birth date",
    "address": "address",
    "name": "name",
}
_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2}\b")
_ORDINAL: Final = re.compile(r"\b\d+\s?(?:st|nd|rd|th)\b", re.IGNORECASE)
_DATE: Final = re.compile(
    r"(?<!\d)(?:(?:19|20)\d{2}(?:0\d|1[0-2])(?:[0-3]\d)?|[0-3]\d[01]\d20\d{2})(?!\d)"
)
_LONGEST_NAME: Final = 200
_ENDING: Final = re.compile(r"\.[A-Za-z0-9]{2,8}$")


def identifying_kind(text: str) -> str:
    """Return the kind of identifier whose form stands in a name; empty when there is none.

    Not for bare personal names, which no rule can tell from other words. A text of more than 200
    letters is no name but a note, and is not searched.

    Parameters
    ----------
    text : str
        A header, or the name of a sheet or file.

    Returns
    -------
    str
        In words, never the identifier.

    Examples
    --------
    >>> identifying_kind("Stage zeb@quil.example"), identifying_kind("log_20240310")
    ('e-mail', '')
    """
    if len(text) > _LONGEST_NAME:
        return "a long text"
    plain = _DATE.sub(" ", _ORDINAL.sub(" ", text.replace("_", " ")))
    if _POSTCODE.search(plain):
        return "postcode"
    found = redact(plain).counts
    return next((words for kind, words in _KINDS.items() if kind in found), "")


def shown_header(text: str, position: int) -> str:
    """Return a header, or its place and the kind of identifier for which it is withheld.

    Parameters
    ----------
    text : str
        A header.
    position : int
        Its column, from 0.

    Returns
    -------
    str

    Examples
    --------
    >>> shown_header("Stage zeb@quil.example", 10)
    'column K (header withheld: e-mail)'
    """
    kind = identifying_kind(text)
    return f"column {column_letters(position)} (header withheld: {kind})" if kind else text


def with_shown_names(grids: tuple[Grid, ...]) -> tuple[Grid, ...]:
    """Return grids whose file and sheet are named by number where the name identifies somebody.

    Parameters
    ----------
    grids : tuple of Grid
        All sheets of a source.

    Returns
    -------
    tuple of Grid
    """
    files = list(dict.fromkeys(grid.source for grid in grids))
    sheets = {name: [grid.sheet for grid in grids if grid.source == name] for name in files}
    return tuple(
        replace(
            grid,
            source=shown_file(grid.source, files.index(grid.source) + 1),
            sheet=_numbered(grid.sheet, "sheet", sheets[grid.source].index(grid.sheet) + 1),
        )
        for grid in grids
    )


def shown_file(name: str, number: int = 1) -> str:
    """Return the name of a file, or its number where the name identifies somebody.

    Examples
    --------
    >>> shown_file("Quillon 9990110018.xlsx"), shown_file("log.xlsx")
    ('file 1 (name withheld: number)', 'log.xlsx')
    """
    kind = identifying_kind(_ENDING.sub("", name))
    return f"file {number} (name withheld: {kind})" if kind else name


def _numbered(name: str, what: str, number: int) -> str:
    kind = identifying_kind(name)
    return f"{what} {number} (name withheld: {kind})" if kind else name
