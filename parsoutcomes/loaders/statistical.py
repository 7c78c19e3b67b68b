"""Files of Stata, SPSS and SAS, with their value labels."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.extras import import_reader
from parsoutcomes.loaders.grid import ErrorCell, Grid, number_rows
from parsoutcomes.loaders.redcap_fields import header_role
from parsoutcomes.loaders.spelling import plain_text
from parsoutcomes.loaders.vocabulary import Vocabulary, load_vocabulary

_SAS: Final = bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
UNLABELLED: Final = ErrorCell(reason="code without a value label")
_OLD_STATA: Final = (0x69, 0x6C, 0x6E, 0x6F, 0x71, 0x72, 0x73)
_READERS: Final[Mapping[str, str]] = {
    "Stata": "read_dta",
    "SPSS": "read_sav",
    "SAS": "read_sas7bdat",
    "SAS transport": "read_xport",
}
_WITH_USER_MISSING: Final = ("Stata", "SPSS", "SAS")


def statistical_kind(content: bytes) -> str | None:
    """Return which statistical program wrote the bytes, None for none of those known.

    Examples
    --------
    >>> statistical_kind(b"$FL2@(#) SPSS DATA FILE"), statistical_kind(b"Patient;Level")
    ('SPSS', None)
    """
    if content.startswith((b"$FL2", b"$FL3")):
        return "SPSS"
    if content.startswith(b"<stata_dta>"):
        return "Stata"
    if content[12:32] == _SAS:
        return "SAS"
    if content.startswith(b"HEADER RECORD*******LIB"):
        return "SAS transport"
    old = len(content) > 109 and content[0] in _OLD_STATA and content[1:3] in (b"\1\1", b"\2\1")
    return "Stata" if old else None


def read_statistical(content: bytes, source: str, *, catalogue: bytes | None = None) -> Grid:
    """Read a file of Stata, SPSS or SAS into a grid, codes turned into their labels.

    A variable is headed by its label where that is known, else by its name. A code that a
    variable with labels does not list becomes an error cell, so that no later step takes it for
    something else; a scale of which only the ends are labelled keeps its numbers.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : str
        Its name, for the account.
    catalogue : bytes, optional
        For SAS: the catalogue file that holds the labels.

    Returns
    -------
    Grid
        The header is row 0, the records count from 1.

    Raises
    ------
    SourceError
        When it is damaged, or the reader is not installed.
    """
    kind = statistical_kind(content) or "Stata"
    reader = import_reader("pyreadstat", "pyreadstat", what="Files of Stata, SPSS and SAS")
    options: dict[str, Any] = {"user_missing": True} if kind in _WITH_USER_MISSING else {}
    if catalogue is not None and kind == "SAS":
        options["catalog_file"] = io.BytesIO(catalogue)
    found: tuple[Any, Any] | None = None
    try:
        found = getattr(reader, _READERS[kind])(
            io.BytesIO(content), output_format="dict", **options
        )
    except Exception:
        # The reader fails in many ways, and its words may hold values: raised out here without.
        found = None
    if found is None:
        raise _damaged(source, kind)
    columns, about = found
    return Grid(source=source, sheet="", rows=number_rows(_rows(columns, about), first=0))


def _rows(columns: Mapping[str, Sequence[object]], about: Any) -> Iterator[Sequence[object]]:  # noqa: ANN401
    vocabulary = load_vocabulary()
    labels = about.column_names_to_labels
    yield [_header(name, labels.get(name) or "", vocabulary) for name in columns]
    cells = [
        _labelled(list(values), about.variable_value_labels.get(name, {}), vocabulary)
        for name, values in columns.items()
    ]
    yield from zip(*cells, strict=True)


def _header(name: str, label: str, vocabulary: Vocabulary) -> str:
    known = (text for text in (label, name) if header_role(text, vocabulary))
    return next(known, label or name)


def _labelled(
    values: list[object], labels: Mapping[object, str], vocabulary: Vocabulary
) -> list[object]:
    if not labels:
        return values
    named = {plain_text(code): label for code, label in labels.items()}
    reasons = {code for code, label in named.items() if vocabulary.missing(label)}
    filled = {plain_text(value) for value in values} - {""} - reasons
    n_named = len(filled & set(named))
    if filled and 2 * n_named < len(filled):
        named = {code: named[code] for code in reasons}
        return [named.get(plain_text(value), value) for value in values]
    return [_label(value, named) for value in values]


def _label(value: object, named: Mapping[str, str]) -> object:
    text = plain_text(value)
    return named.get(text, UNLABELLED) if text else None


def _damaged(source: str, kind: str) -> SourceError:
    return SourceError(
        f"The {kind} file cannot be opened.",
        expected=f"a complete {kind} file",
        found=f"{source}: a damaged or incomplete file",
        fix="Open it in the program that made it, and save it again or export it as .csv.",
    )
