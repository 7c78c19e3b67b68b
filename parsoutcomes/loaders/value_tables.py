"""What the text of a cell means, by listed spellings: tables that refuse a spelling twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from parsoutcomes.loaders.spelling import plain_text
from parsoutcomes.loaders.spelling_lists import by_spelling, refuse_doubles, value_key

MISSING_REASONS: Final = (
    "not_known",
    "not_done",
    "not_applicable",
    "declined",
    "lost",
    "not_yet_due",
    "blank",
)
_PARTS: Final = re.compile(r"[()\[\],;/=]|\s[-–]\s")


@dataclass(frozen=True, kw_only=True)
class ValueMatch:
    """What the text of a cell was taken to mean.

    Attributes
    ----------
    value : str or None
        The standard value; None when the cell says that there is none.
    flag : str or None
        A remark for the account, when the reading deserves a second look.
    missing : str or None
        Why there is no value: one of `MISSING_REASONS`.
    """

    value: str | None = None
    flag: str | None = None
    missing: str | None = None


def agreed(table: Mapping[str, ValueMatch], text: object) -> ValueMatch | None:
    """Return what two spellings in one cell both say, as in "Terminal (old)"; None otherwise."""
    parts = [value_key(part) for part in _PARTS.split(plain_text(text))]
    found = [table.get(part) for part in parts if part]
    meanings = {None if match is None else match.value for match in found}
    if len(found) < 2 or len(meanings) != 1 or None in meanings:
        return None
    return next((match for match in found if match is not None and match.flag), found[0])


def value_table(lists: Mapping[str, Any], column: str) -> dict[str, ValueMatch]:
    """Return the spellings of one column by key, refusing one with two meanings."""
    meanings = by_spelling(lists.get("meanings", {}), column)
    reasons = by_spelling(lists.get("missing", {}), column)
    flags = by_spelling(lists.get("flags", {}), column)
    table = {key: ValueMatch(value=value, flag=flags.get(key)) for key, value in meanings.items()}
    refuse_doubles([(key, "a value") for key in table] + [(k, "missing") for k in reasons], column)
    return table | {key: ValueMatch(missing=reason) for key, reason in reasons.items()}


def keyed_words(table: Mapping[str, ValueMatch], what: str) -> list[tuple[tuple[str, ...], str]]:
    """Return value or flag of every spelling that has one, by the words of its key."""
    return [
        (tuple(key.split()), getattr(match, what))
        for key, match in table.items()
        if getattr(match, what) is not None
    ]
