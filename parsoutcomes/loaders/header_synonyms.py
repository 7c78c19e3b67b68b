"""Headers that say a listed spelling by other names of the same thing, or in another order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Generic, TypeVar

Words = tuple[str, ...]
_Meaning = TypeVar("_Meaning")
_NEGATION: Final = "no"


class Synonyms:
    """Puts one name in place of many: orthosis, LSO and hard brace are all a brace.

    Parameters
    ----------
    listed : mapping of str to sequence of str
        `header_synonyms` of the vocabulary: the name, and what stands for it.
    fillers : sequence of str
        Words that do not change what a header asks for, such as "of" and "the".
    key : callable
        Turns a spelling into its key.
    """

    def __init__(
        self,
        listed: Mapping[str, Sequence[str]],
        fillers: Sequence[str],
        key: Callable[[object], str],
    ) -> None:
        self._names = {
            tuple(key(spelling).split()): tuple(key(name).split())
            for name, spellings in listed.items()
            for spelling in spellings
        }
        self._longest = max(map(len, self._names), default=1)
        self._fillers = frozenset(key(word) for word in fillers)

    def in_order(self, words: Words) -> Words:
        """Return words with every synonym replaced by its name, the longest first."""
        replaced: list[str] = []
        position = 0
        while position < len(words):
            for length in range(min(self._longest, len(words) - position), 0, -1):
                name = self._names.get(words[position : position + length])
                if name is not None:
                    break
            else:
                name, length = words[position : position + 1], 1
            replaced += name
            position += length
        return tuple(replaced)

    def without_fillers(self, words: Words) -> Words:
        """Return the same without words that change nothing."""
        return tuple(word for word in self.in_order(words) if word not in self._fillers)

    def in_any_order(self, words: Words) -> Words:
        """Return the same as sorted words without repeats; none where a negation is among them.

        "Not completely united" and "completely not united" hold the same words.
        """
        kept = set(self.without_fillers(words))
        return () if _NEGATION in kept else tuple(sorted(kept))


class LooseTable(Generic[_Meaning]):
    """Looks a text up by the names of its words, then without fillers, then in any order.

    A key that two spellings of different meaning share is left out: it says neither.

    Parameters
    ----------
    meanings : iterable of (words, meaning)
        Listed spellings.
    synonyms : Synonyms
        Names of words.
    """

    def __init__(self, meanings: Iterable[tuple[Words, _Meaning]], synonyms: Synonyms) -> None:
        listed = list(meanings)
        self._tables = [
            (key, _unique((key(words), meaning) for words, meaning in listed))
            for key in (synonyms.in_order, synonyms.without_fillers, synonyms.in_any_order)
        ]

    def get(self, words: Words) -> _Meaning | None:
        """Return the one meaning of these words, or None."""
        for key, table in self._tables:
            found = table.get(key(words))
            if found is not None:
                return found
        return None


def _unique(pairs: Iterable[tuple[Words, _Meaning]]) -> dict[Words, _Meaning]:
    found: dict[Words, _Meaning] = {}
    doubled: set[Words] = {()}
    for words, meaning in pairs:
        if found.setdefault(words, meaning) != meaning:
            doubled.add(words)
    return {words: meaning for words, meaning in found.items() if words not in doubled}
