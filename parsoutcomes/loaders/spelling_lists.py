"""Lists of spellings as the vocabulary keeps them: keyed, and each with one meaning only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.spelling import normalise

_FRACTURE_WORDS: Final = frozenset({"#", "fx", "frx", "frac", "fract"})
_LETTERS: Final = re.compile(r"[^\W\d_]+")


def value_key(text: object) -> str:
    """Return the key of a cell's spelling, in which all signs for a fracture are one word."""
    words = normalise(text).split()
    return " ".join("fracture" if word in _FRACTURE_WORDS else word for word in words)


def by_spelling(lists: Mapping[str, Sequence[str]], where: str) -> dict[str, str]:
    """Return meaning by key, from spellings by meaning."""
    pairs = [(value_key(s), meaning) for meaning, listed in lists.items() for s in listed]
    refuse_doubles(pairs, where)
    return dict(pairs)


def refuse_doubles(pairs: Sequence[tuple[str, str]], where: str) -> None:
    """Refuse a list in which one key has two meanings."""
    meanings: dict[str, str] = {}
    doubled = sorted({key for key, what in pairs if meanings.setdefault(key, what) != what})
    if doubled:
        raise SourceError(
            "The vocabulary gives one spelling two meanings.",
            expected="each spelling under one meaning of a column",
            found=f"{where}: " + ", ".join(f'"{key}"' for key in doubled),
            fix="Remove the spelling from all meanings but one in schema/vocabulary.yaml.",
        )


def words_of(keys: Iterable[str]) -> frozenset[str]:
    """Return the words of letters in keys of spellings."""
    return frozenset(word for key in keys for word in _LETTERS.findall(key))
