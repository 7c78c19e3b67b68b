"""Telling the name of a place from that of a person, in columns that keep what a clinic writes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, Literal

from parsoutcomes.loaders.identifiers import redact
from parsoutcomes.loaders.spelling import normalise
from parsoutcomes.loaders.vocabulary import load_vocabulary

Naming = Literal["place", "person", "unclear"]

WITHHELD: Final = (
    "has the form of a person's name or another identifier: withheld; if it is a place, say so "
    "under spellings in a mapping"
)
CODED: Final = (
    "may be a person's name or a place's: kept as a code; if it is a place, say so under spellings "
    "in a mapping"
)
_MOST_NAMES: Final = 3
_LONGEST_NUMBER: Final = 4
_LONGEST_PLACE: Final = 200
_SAINT: Final = ("st", "saint")
_WORDS: Final = re.compile(r"[^\W\d_]+")
_CODE: Final = re.compile(r"[a-z]? ?\d{1,4}[a-z]?|[a-z]", re.IGNORECASE)


class Places:
    """Knows places by their words.

    Parameters
    ----------
    lists : mapping
        `titles`, `institutions`, `kinds`, `streets` and `names` of the vocabulary.
    """

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self._titles = frozenset(map(normalise, lists["titles"]))
        self._institutions = frozenset(map(normalise, lists["institutions"]))
        self._kinds = frozenset(map(normalise, lists["kinds"]))
        self._streets = frozenset(map(normalise, lists["streets"]))
        names = {tuple(normalise(name).split()) for name in lists["names"]}
        self._names = frozenset(names)
        self._longest = max(map(len, names))

    def naming(self, text: str) -> Naming:
        """Say whether a text names a place, a person, or cannot be told.

        Parameters
        ----------
        text : str
            A cell.

        Returns
        -------
        {"place", "person", "unclear"}
            A place: a hospital or another institution; words for places, compass points and
            known towns alone; a saint's name; a code such as A or 12. A person: a title; two or
            three words or initials none of which is known of places; any other identifier; more
            than 200 letters, which is a note.
            Otherwise unclear, as one word that may be a town or a surname.

        Examples
        --------
        >>> [load_places().naming(text) for text in ("Guy's Hospital", "J Testperson", "Ghent")]
        ['place', 'person', 'unclear']
        """
        words = normalise(text.replace("/", " ").replace(",", " ")).split()
        is_note = len(text) > _LONGEST_PLACE
        if is_note or not self._titles.isdisjoint(words) or redact(text).counts:
            return "person"
        if _CODE.fullmatch(" ".join(words)):
            return "place"
        letters = [word for word in words if _WORDS.fullmatch(word)]
        if any(len(word) > _LONGEST_NUMBER for word in words if word.isdecimal()) or not letters:
            return "unclear"
        if not self._institutions.isdisjoint(letters):
            return "place"
        unknown = self._without_known(letters)
        is_saint = letters[0] in _SAINT and unknown[:1] == letters[:1]
        if not unknown or (is_saint and len(unknown) == 2):
            return "place"
        few = 1 < len(letters) <= _MOST_NAMES
        return "person" if few and len(unknown) == len(letters) else "unclear"

    def _without_known(self, words: Sequence[str]) -> list[str]:
        """Return the words that say nothing of a place; a letter beside a known word is a code."""
        unknown: list[str] = []
        position = 0
        while position < len(words):
            length = self._length_known(words[position:], alone=len(words) == 1)
            unknown += [] if length else [words[position]]
            position += length or 1
        if len(unknown) < len(words):
            return [word for word in unknown if len(word) > 1]
        return unknown

    def _length_known(self, words: Sequence[str], *, alone: bool) -> int:
        """Return how many words at the start are one known name or word; 0 for none."""
        for length in range(min(self._longest, len(words)), 0, -1):
            if tuple(words[:length]) in self._names:
                return length
        return int(words[0] in self._kinds or (not alone and words[0] in self._streets))


@lru_cache(maxsize=1)
def load_places() -> Places:
    """Return the places of the vocabulary, read once."""
    return Places(load_vocabulary().place_lists)
