"""Codes that a header explains itself: "Sex (1=M, 2=F)", "Union [0 = no; 1 = yes]"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from parsoutcomes.loaders.grid import Cell
from parsoutcomes.loaders.spelling import plain_text

_PAIR: Final = re.compile(r"\s*([A-Za-z]{1,3}|\d{1,3})\s*=\s*([^=]+?)\s*")
_BETWEEN: Final = re.compile(r"\s*[,;|/]?\s*(?=(?<![A-Za-z0-9])(?:[A-Za-z]{1,3}|\d{1,3})\s*=)")
_FEWEST: Final = 2


def codes_in(text: str) -> str:
    """Return the codes that a part of a header explains; empty when it explains none.

    Examples
    --------
    >>> codes_in("1=M, 2 = F"), codes_in("0=none 1=partial 2=complete")
    ('1=M; 2=F', '0=none; 1=partial; 2=complete')
    >>> codes_in("dd/mm/yyyy")
    ''
    """
    pairs = [_PAIR.fullmatch(part) for part in _BETWEEN.split(text) if part.strip()]
    if len(pairs) < _FEWEST or not all(pairs):
        return ""
    return "; ".join(f"{pair[1]}={pair[2]}" for pair in pairs if pair)


def spelled_out(cell: Cell, attributes: Mapping[str, str]) -> Cell:
    """Return a cell in the words that the header gives for its code; any other as it is.

    Examples
    --------
    >>> spelled_out(2, {"codes": "1=M; 2=F"}), spelled_out("F", {"codes": "1=M; 2=F"})
    ('F', 'F')
    """
    codes = attributes.get("codes", "")
    if "=" not in codes or isinstance(cell, bool):
        return cell
    pairs = (pair.partition("=") for pair in codes.split(";"))
    words = {code.strip().casefold(): word.strip() for code, _, word in pairs}
    return words.get(plain_text(cell).casefold(), cell)
