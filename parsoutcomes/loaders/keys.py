"""Patient keys: study numbers as they are, identifiers as pseudonyms."""

from __future__ import annotations

import datetime
from functools import lru_cache
from typing import Final

from parsoutcomes.loaders.grid import Cell, ErrorCell
from parsoutcomes.loaders.mapping import Column
from parsoutcomes.loaders.vocabulary import load_vocabulary

_REMEMBERED: Final = 10_000


class Keys:
    """Names patients, the same key always the same way, across all sheets of a source."""

    def __init__(self) -> None:
        self._pseudonyms: dict[str, str] = {}
        self._names: dict[tuple[Column, str], str] = {}

    @staticmethod
    def is_key(cell: Cell) -> bool:
        """Whether a cell can be a patient's key."""
        if cell is None or isinstance(cell, bool | float | datetime.date | ErrorCell):
            return False
        return _is_no_word_for_missing(str(cell))

    def name(self, column: Column, cell: Cell) -> str:
        """Return the patient's name in the cohort: the study number, or a pseudonym."""
        text = str(cell)
        known = self._names.get((column, text))
        if known is None:
            known = self._names[column, text] = self._new_name(column, text)
        return known

    def _new_name(self, column: Column, text: str) -> str:
        key = "".join(text.split()).upper()
        if column.attributes.get("pseudonym") != "yes":
            return key
        return self._pseudonyms.setdefault(key, f"patient-{len(self._pseudonyms) + 1:04d}")


@lru_cache(maxsize=_REMEMBERED)
def _is_no_word_for_missing(text: str) -> bool:
    # No word for missing has a digit, so the keys of large files need no look-up.
    return any(map(str.isdecimal, text)) or load_vocabulary().missing(text) is None
