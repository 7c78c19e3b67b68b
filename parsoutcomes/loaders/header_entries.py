"""What a header was taken to mean, and how the vocabulary lists headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from parsoutcomes.loaders.spelling import normalise, plain_text

_PLURAL: Final = re.compile(r"\(s\)", re.IGNORECASE)
_HEADER_SIGNS: Final = frozenset("?*<>=~")


@dataclass(frozen=True, kw_only=True)
class HeaderMatch:
    """What a header was taken to mean.

    Attributes
    ----------
    role : str
        A column of the schema, or one of the loader's own roles such as ``identifier``.
    attributes : dict of str to str
        What stands beside it: side, visit, timepoint, modality, level, unit, kind.
    confidence : float
        1.0 when every word of the header is accounted for.
    reason : str
        Why, in words.
    """

    role: str
    attributes: dict[str, str]
    confidence: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class HeaderEntry:
    """One role with its spellings, as read from the vocabulary."""

    role: str
    attributes: Mapping[str, str]
    takes: frozenset[str]
    spellings: Sequence[str]
    in_scan: Sequence[str]
    in_side: Sequence[str] = ()


def header_key(text: object) -> str:
    """Return the key of a header: as for cells, without question marks and the like.

    Examples
    --------
    >>> header_key("United?*")
    'united'
    """
    words = normalise(_PLURAL.sub("s", plain_text(text))).split()
    return " ".join(word for word in words if word not in _HEADER_SIGNS) or " ".join(words)


def by_words(listed: Iterable[tuple[str, HeaderEntry]]) -> dict[tuple[str, ...], HeaderEntry]:
    """Return entries by the words of their spellings."""
    return {tuple(header_key(spelling).split()): entry for spelling, entry in listed}
