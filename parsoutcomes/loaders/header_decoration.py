"""Headers with short forms or a form's prefix: dem_age, brace_end_dt, Age @ dx, pt_side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Words = tuple[str, ...]

_MOST_WORDS: Final = 8
_DATE: Final = "date"
# What is recorded once of a patient or a course: a prefix such as "pt" cannot change whose it is
# or when. Of a scan or a score it could.
ONCE_RECORDED: Final = frozenset(
    {"patient_id", "identifier", "birth_date", "sex", "age_years", "sport", "sport_level", "site"}
    | {"onset_date", "level", "side", "laterality", "stage", "ct_stage", "stir", "slip_grade"}
    | {"spina_bifida_occulta", "fitted_date", "brace_type", "prescribed_months", "status"}
    | {"prescribed_hours_per_day", "brace_end_date", "brace_end_reason", "last_contact_date"}
    | {"surgery_date", "physiotherapy", "lipus", "vitamin_d"}
)


class Decorations:
    """Writes short forms out and takes off words that say only which form a column is from.

    Parameters
    ----------
    words : mapping
        The lists `short_forms`, `prefixes` and `endings` of the vocabulary's header words, each
        spelling as its key.
    """

    def __init__(self, words: Mapping[str, Any]) -> None:
        forms: Mapping[str, Sequence[str]] = words["short_forms"]
        self._forms = {
            tuple(short.split()): tuple(full.split())
            for full, listed in forms.items()
            for short in listed
        }
        self._prefixes = frozenset(words["prefixes"])
        self._endings = frozenset(words["endings"])

    def written_out(self, key: str) -> Iterator[str]:
        """Yield the key with its short forms written out, and its "date" in other places.

        Parameters
        ----------
        key : str
            The key of a header, as `header_key` gives it.

        Yields
        ------
        str
            Keys that mean the same; none where the key has no short form and no date.
        """
        words = tuple(key.split())
        if not 1 < len(words) <= _MOST_WORDS:
            return
        full = self._full(words)
        if full != words:
            yield " ".join(full)
        if full.count(_DATE) == 1 and len(full) > 1:
            yield from _with_date_elsewhere(full)

    def without_decoration(self, key: str) -> Iterator[str]:
        """Yield the key without the prefixes and endings that stand around a spelling.

        Parameters
        ----------
        key : str
            The key of a header.

        Yields
        ------
        str
            Shorter keys, the one that leaves out least first.
        """
        words = tuple(key.split())
        if not 1 < len(words) <= _MOST_WORDS:
            return
        start, end = 0, len(words)
        while end - start > 1:
            if words[start] in self._prefixes:
                start += 1
            elif words[end - 1] in self._endings:
                end -= 1
            else:
                return
            yield " ".join(words[start:end])

    def _full(self, words: Words) -> Words:
        full: list[str] = []
        position = 0
        while position < len(words):
            for length in (2, 1):
                form = self._forms.get(words[position : position + length])
                if form is not None and position + length <= len(words):
                    break
            else:
                form, length = words[position : position + 1], 1
            full += form
            position += length
        return tuple(full)


def _with_date_elsewhere(words: Words) -> Iterator[str]:
    place = words.index(_DATE)
    rest = words[:place] + words[place + 1 :]
    if rest and rest[0] == "of":
        rest = rest[1:]
    if place not in (0, len(words) - 1) or not rest:
        return
    yield " ".join((*rest, _DATE))
    yield " ".join((_DATE, *rest))
    yield " ".join((_DATE, "of", *rest))
