"""Which spellings that are not known may stand in a mapping file: clinical ones, never a name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from parsoutcomes.conventions import MIN_ROWS_TO_LIST_SPELLING
from parsoutcomes.loaders.grid import Cell
from parsoutcomes.loaders.headers import Layout
from parsoutcomes.loaders.identifiers import redact
from parsoutcomes.loaders.mapping_text import meanings_of
from parsoutcomes.loaders.spelling import normalise
from parsoutcomes.loaders.vocabulary import load_vocabulary

_LONGEST_SPELLING: Final = 40
_LONG_NUMBER: Final = re.compile(r"\d{4,}|\d\s*[/.-]\s*\d")


def list_spellings(role: str, unknown: Mapping[str, int]) -> dict[str, str]:
    """Return the unknown spellings of a column that may stand in the file, to be given a meaning.

    Parameters
    ----------
    role : str
        What the column holds.
    unknown : mapping of str to int
        Spellings that are not known, with their rows.

    Returns
    -------
    dict of str to str
        Spelling to an empty meaning, in alphabetical order.
    """
    if not meanings_of(role):
        return {}
    several = [text for text, n in unknown.items() if n >= MIN_ROWS_TO_LIST_SPELLING]
    return {text: "" for text in sorted(several) if is_clinical(text)}


def is_clinical(text: str) -> bool:
    """Say whether a spelling is made of nothing but clinical words, numbers and signs.

    A word counts when the vocabulary has it among the values of stage, side, union and the like;
    besides, one letter alone or with numbers, as E2. Everything else might be a name, even in
    many rows, and is told by its rows.

    Examples
    --------
    >>> is_clinical("healed-ish"), is_clinical("E2"), is_clinical("union >50%")
    (True, True, True)
    >>> is_clinical("Testperson"), is_clinical("healed, Testperson"), is_clinical("J B")
    (False, False, False)
    """
    if len(text) > _LONGEST_SPELLING or _LONG_NUMBER.search(text) or redact(text).counts:
        return False
    words = re.findall(r"[^\W\d_]+", normalise(text))
    known = load_vocabulary().clinical_words
    return len(words) == 1 == len(words[0]) or all(word in known for word in words)


def rows_with(layout: Layout | None, position: int, texts: frozenset[str]) -> tuple[int, ...]:
    """Return the numbers of the rows in which a column holds one of these spellings.

    Parameters
    ----------
    layout : Layout or None
        Of the sheet.
    position : int
        The column.
    texts : frozenset of str
        Spellings without the spaces around them.

    Returns
    -------
    tuple of int
        As the clinic's program numbers its rows.
    """
    if layout is None or not texts:
        return ()
    return tuple(row.number for row in layout.records if _text(row.cell(position)) in texts)


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip()
