"""One key for spellings that differ only by case, spaces or punctuation."""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache
from typing import Final

_REMEMBERED: Final = 50_000
_APOSTROPHES: Final = re.compile(r"['’‘`´]")
_POSITIVE: Final = re.compile(r"(?<![a-z0-9])\+\s*ve\b")
_NEGATIVE: Final = re.compile(r"(?<![a-z0-9])[-–−]\s*ve\b")
_ABBREVIATION: Final = re.compile(r"(?<![a-z])(?:[a-z]\.){2,}(?:[a-z](?![a-z.]))?")
_ONLY_DASHES: Final = re.compile(r"^[-–—−\s]+$")
# A minus sign, a decimal point and these signs change the meaning, so they stay.
_SIGNS: Final = re.compile(r"([#?+%*<>=~])")
_NOISE: Final = re.compile(r"(?<!\d)\.|\.(?!\d)|(?<!^)-|-(?!\d)|[^\w\s.#?+%*<>=~-]|_")
_BOUNDARY: Final = re.compile(r"(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])")


def plain_text(value: object) -> str:
    """Return the text of a cell: whole numbers without a decimal point, nothing for no value.

    Parameters
    ----------
    value : object
        What a reader found in a cell.

    Returns
    -------
    str
        Text without spaces at its ends; empty for None and NaN.

    Examples
    --------
    >>> plain_text(5.0), plain_text(" B/L "), plain_text(None)
    ('5', 'B/L', '')
    """
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT differ from themselves
        return ""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def normalise(text: object) -> str:
    """Return the key under which a spelling is looked up.

    Case, spaces, full stops, hyphens, brackets and slashes do not matter; question marks, plus
    signs, numbers and minus signs before numbers do, since they change what is meant.

    Parameters
    ----------
    text : object
        A header, a cell or a spelling of the vocabulary.

    Returns
    -------
    str
        Lower-case words parted by single spaces.

    Examples
    --------
    >>> normalise(" Pre-Lysis. ") == normalise("pre lysis")
    True
    >>> normalise("? early"), normalise("early")
    ('? early', 'early')
    """
    return _normalised(plain_text(text))


@lru_cache(maxsize=_REMEMBERED)
def _normalised(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    if _ONLY_DASHES.match(folded):
        return "-"
    key = _APOSTROPHES.sub("", folded)
    key = _ABBREVIATION.sub(lambda found: found.group().replace(".", "") + " ", key)
    key = _NEGATIVE.sub("negative", _POSITIVE.sub("positive", key))
    key = _NOISE.sub(" ", key.replace("&", " and ").replace("–", "-").replace("−", "-"))
    key = _SIGNS.sub(r" \1 ", _BOUNDARY.sub(" ", key))
    return " ".join(key.split()) or folded
