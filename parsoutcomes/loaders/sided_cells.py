"""Cells that name the side they speak of: "L united, R partial", "Early (left)"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from parsoutcomes.conventions import SIDES
from parsoutcomes.loaders.vocabulary import ValueMatch, Vocabulary

SIDED_ROLES: Final = ("stage", "ct_stage", "stir", "union_status")
_LONGEST: Final = 120
_SIDE: Final = (
    r"(?:both\s+sides|both|bilateral(?:ly)?|bilat|b/l|left|right|lt|rt|lhs|rhs|l|r)"
    r"(?:\s*-?\s*(?:sided?|pars))?(?![a-z0-9])"
)
_TOKEN: Final = re.compile(rf"(?<![a-z0-9])[(\[]?\s*({_SIDE})\s*[)\]]?\.?", re.IGNORECASE)
_BETWEEN: Final = " \t,;:/|&+=-–—."
_JOINED: Final = re.compile(r"^(?:and|but)\s+|\s+(?:and|but)$", re.IGNORECASE)
_WORD: Final = re.compile(r"both|bilat|b/l|left|right|l|r", re.IGNORECASE)
_SIDES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "l": ("left",),
    "left": ("left",),
    "r": ("right",),
    "right": ("right",),
}


def read_by_side(text: str, role: str, vocabulary: Vocabulary) -> dict[str, ValueMatch] | None:
    """Read what a cell says of each side that it names.

    Parameters
    ----------
    text : str
        The cell.
    role : str
        What its column holds.
    vocabulary : Vocabulary
        Known spellings; what is said of each side must be one of them.

    Returns
    -------
    dict of str to ValueMatch, or None
        By side; None when a word is left over, a side is named twice, or none is named.

    Examples
    --------
    >>> from parsoutcomes.loaders.vocabulary import load_vocabulary
    >>> found = read_by_side("L united / R partial", "union_status", load_vocabulary())
    >>> {side: match.value for side, match in found.items()}
    {'left': 'complete', 'right': 'partial'}
    >>> read_by_side("L united or R partial", "union_status", load_vocabulary()) is None
    True
    """
    if role not in SIDED_ROLES or len(text) > _LONGEST:
        return None
    found: dict[str, ValueMatch] = {}
    for sides, words in _parts(text):
        match = vocabulary.value(role, words) if words else None
        if match is None or (match.value is None and match.missing == "blank"):
            return None
        found |= dict.fromkeys(sides, match)
    return found or None


def _parts(text: str) -> list[tuple[tuple[str, ...], str]]:
    """Return each side named, with the words that stand after it, or before it throughout."""
    tokens = list(_TOKEN.finditer(text))
    named = [_sides(token.group(1)) for token in tokens]
    flat = [side for sides in named for side in sides]
    if not tokens or len(set(flat)) != len(flat):
        return []
    starts, ends = [token.start() for token in tokens], [token.end() for token in tokens]
    before, after = _words(text[: starts[0]]), _words(text[ends[-1] :])
    if bool(before) == bool(after):
        return []
    if after:
        stretches = zip(ends, [*starts[1:], len(text)], strict=True)
    else:
        stretches = zip([0, *ends[:-1]], starts, strict=True)
    return [
        (sides, _words(text[start:end]))
        for sides, (start, end) in zip(named, stretches, strict=True)
    ]


def _sides(token: str) -> tuple[str, ...]:
    word = _WORD.match(token)
    return _SIDES_OF.get(word.group().lower(), SIDES) if word else SIDES


def _words(text: str) -> str:
    return _JOINED.sub("", text.strip(_BETWEEN)).strip(_BETWEEN)
