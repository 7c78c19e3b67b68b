"""Headers with short forms or a form's prefix: dem_age, brace_end_dt, Age @ dx, pt_side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Words = tuple[str, ...]

_MOST_WORDS: Final = 8
_DATE: Final = "date"
# What a prefix cannot change: what is recorded once of a patient, and at the start of a course.
_OF_THE_START: Final = frozenset(
    {"identifier", "birth_date", "sex", "age_years", "sport", "sport_level", "site", "level"}
    | {"side", "laterality", "stage", "ct_stage", "stir", "slip_grade", "spina_bifida_occulta"}
    | {"onset_date", "brace_type", "prescribed_months", "prescribed_hours_per_day"}
)
_OF_THE_PATIENT: Final = _OF_THE_START | {
    *("patient_id", "fitted_date", "brace_end_date", "brace_end_reason", "last_contact_date"),
    *("surgery_date", "status", "physiotherapy", "lipus", "vitamin_d"),
}


class Decorations:
    """Writes short forms out and takes off words that say only which form a column is from.

    Parameters
    ----------
    words : mapping
        The lists `short_forms`, `prefixes`, `prefixes_of_the_start` and `endings` of the
        vocabulary's header words, each spelling as its key.
    """

    def __init__(self, words: Mapping[str, Any]) -> None:
        forms: Mapping[str, Sequence[str]] = words["short_forms"]
        self._forms = {
            tuple(short.split()): tuple(full.split())
            for full, listed in forms.items()
            for short in listed
        }
        self._of_the_start = frozenset(words["prefixes_of_the_start"])
        self._prefixes = frozenset(words["prefixes"]) | self._of_the_start
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

    def may_mean(self, role: str, key: str, shorter: str) -> bool:
        """Say whether a prefix leaves a role as it is: "pt status" is one, "baseline status" not.

        Parameters
        ----------
        role : str
            What the shorter key means.
        key, shorter : str
            With and without its prefixes and endings.

        Returns
        -------
        bool
            A key of the patient must say "id", since every form numbers its lines.
        """
        if role == "patient_id" and "id" not in shorter.split():
            return False
        at_start = not self._of_the_start.isdisjoint(key.split())
        return role in (_OF_THE_START if at_start else _OF_THE_PATIENT)

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
