"""What a header says: a listed spelling, with side, visit, time or unit beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from parsoutcomes.loaders.durations import months_from_weeks
from parsoutcomes.loaders.header_codes import codes_in
from parsoutcomes.loaders.header_decoration import Decorations
from parsoutcomes.loaders.header_entries import HeaderEntry, HeaderMatch, by_words, header_key
from parsoutcomes.loaders.header_synonyms import LooseTable, Synonyms
from parsoutcomes.loaders.spelling import plain_text

# Longer cells are text, and composing their words would take time out of proportion.
_LONGEST_HEADER: Final = 200
_BRACKETS: Final = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_TRAILING_CODES: Final = re.compile(r"[\s:,–-]+(?=(?:[A-Za-z]|\d{1,2})\s*=)")
# "Scan 1 - days from fitting" is no scan of 1 day.
_SEPARATOR: Final = re.compile(r"\s+[-–—|]\s+|\s*:\s+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SCALE: Final = re.compile(r"(?<!\d)\s*(?:/\s*|\b0\s*(?:-|–|to)\s*|\bout of\s+)(100|10)(?!\d)")
# "#" before a number counts; elsewhere it is the clinic's sign for a fracture.
_FRACTURE: Final = re.compile(r"#(?!\s*\d)")
_VERTEBRA: Final = re.compile(r"(?<![A-Za-z0-9])(L[1-5]|T12)(?![0-9])", re.IGNORECASE)
# A line for pain is 100 mm long.
_MAXIMUM_OF_UNIT: Final = {"mm": "100", "cm": "10"}
_MONTH_UNITS: Final = {"months": 1.0, "years": 12.0}

_INNER: Final = frozenset({"scan", "follow_up"})
_GENERIC: Final = ("group", "by_side", "date", "free_text")
# "Union L2" may be the second scan of the left side, so a level needs L4, L5, T12 or a side.
_DOUBTFUL_LEVELS: Final = frozenset({"L1", "L2", "L3"})

_COMPOSED: Final = "listed spelling, with every other word recognised"
_LOOSELY: Final = "a listed spelling by another name, or in another order"
# An identifier is told by its own words alone; these roles say nothing without their own
# word, and the day of a fracture need not be that of its onset.
_TOO_GENERAL: Final = (*_GENERIC, "value", "timepoint", "event_type", "onset_date")

Words = tuple[str, ...]


class HeaderGrammar:
    """Reads headers against the entries and the words of the vocabulary.

    Parameters
    ----------
    entries : sequence of HeaderEntry
        Roles and spellings.
    words, units : mapping
        The lists `header_words` and `units` of the vocabulary.
    annotations : sequence of str
        Bracketed words that say how to write, not what is meant.
    synonyms : Synonyms
        Other names of one thing, for headers that are not listed word for word.
    """

    def __init__(
        self,
        entries: Sequence[HeaderEntry],
        words: Mapping[str, Any],
        units: Mapping[str, Sequence[str]],
        annotations: Sequence[str],
        synonyms: Synonyms,
    ) -> None:
        self.exact = {header_key(s): entry for entry in entries for s in entry.spellings}
        self._composable = {
            tuple(header_key(s).split()): entry
            for entry in entries
            if entry.takes
            for s in entry.spellings
        }
        self._in_scan = by_words((s, entry) for entry in entries for s in entry.in_scan)
        self._in_side = by_words((s, entry) for entry in entries for s in entry.in_side)
        listed = [(tuple(key.split()), entry) for key, entry in self.exact.items()]
        self._loose = LooseTable(listed, synonyms)
        self._units = {header_key(s): unit for unit, listed in units.items() for s in listed}
        self._annotations = frozenset(header_key(s) for s in annotations)
        self._modifiers = _modifiers(words)
        self._side_words = {
            header_key(s): (side,) if side else ()
            for side, listed in (*words["side"].items(), *words["sides_listed"].items())
            for s in listed
        }
        self._modalities = {
            header_key(s): kind
            for kind, listed in words["modality"].items()
            if kind
            for s in listed
        }
        self._visit_words = _phrases(words["visit"])
        self._counted_words = self._visit_words | _phrases(words["only_numbered"])
        self._decorations = Decorations(words)
        phrases = (*map(str.split, self.exact), *self._modifiers, *self._counted_words)
        self._words = {word for phrase in phrases for word in phrase} | set(self._units)

    def read(self, text: object) -> HeaderMatch | None:
        """Return what the header means, or None when a word of it is not accounted for."""
        raw = plain_text(text)
        if len(raw) > _LONGEST_HEADER:
            return None
        raw = raw.replace("@", " at ")
        spelled_out = _FRACTURE.sub(" fracture ", raw)
        parts = _SEPARATOR.split(raw)
        swapped = " ".join(reversed(parts)) if len(parts) == 2 else raw
        candidates = tuple(dict.fromkeys((raw, _CAMEL.sub(" ", raw), spelled_out, swapped)))
        for reading in (self._read_one, self._read_loosely):
            for candidate in candidates:
                match = reading(candidate)
                if match is not None:
                    return match
        return self._read_decorated(_CAMEL.sub(" ", raw))

    def timepoint(self, text: object) -> str | None:
        """Return the named time in `text` alone: baseline, 3 months, final; otherwise None."""
        if len(plain_text(text)) > _LONGEST_HEADER:
            return None
        found = self._modify(tuple(header_key(text).split()))
        if found is None or "timepoint" not in found or set(found) - {"timepoint", *_INNER}:
            return None
        return found["timepoint"]

    def _read_decorated(self, raw: str) -> HeaderMatch | None:
        """Read a header with its short forms written out, or without its form's prefix."""
        bare, beside = self._without_annotations(raw)
        key = header_key(bare)
        for written in self._decorations.written_out(key):
            match = self._read_one(written)
            if match is not None and match.role not in _GENERIC:
                return _with(match, beside, "listed spelling, its short forms written out")
        for shorter in self._decorations.without_decoration(key):
            match = self._read_one(shorter) or self._read_decorated(shorter)
            if match is not None and self._decorations.may_mean(match.role, key, shorter):
                # A key of its own words goes before the key of a form.
                beside |= {"kind": "patient"} if match.role == "patient_id" else {}
                return _with(match, beside, "listed spelling behind the prefix of a form")
        return None

    def beside_one_word(self, text: object) -> HeaderMatch | None:
        """Return what a header would mean without an unknown word at its start or end.

        To ask about, not to map by.

        Examples
        --------
        >>> from parsoutcomes.loaders.vocabulary import load_vocabulary
        >>> load_vocabulary().nearest_header("sagittal_side").role
        'side'
        """
        words = header_key(text).split() if len(plain_text(text)) <= _LONGEST_HEADER else []
        for rest, word in ((words[1:], words[:1]), (words[:-1], words[-1:])):
            match = self.read(" ".join(rest)) if rest and word[0] not in self._words else None
            if match is not None and match.role not in (*_GENERIC, "identifier"):
                return match
        return None

    def _read_one(self, raw: str) -> HeaderMatch | None:
        entry = self.exact.get(header_key(raw))
        if entry is not None:
            return self._match(entry, header_key(raw), {}, "spelling listed in the vocabulary")
        bare, beside = self._without_annotations(raw)
        entry = self.exact.get(header_key(bare)) if bare != raw else None
        if entry is not None:
            reason = "spelling listed in the vocabulary, with its unit or scale"
            return self._match(entry, header_key(bare), beside, reason)
        return self._compose(bare, beside)

    def _read_loosely(self, raw: str) -> HeaderMatch | None:
        """Read a header with synonyms in place of the listed words, or in another order."""
        bare, beside = self._without_annotations(raw)
        words = tuple(header_key(bare).split())
        entry = self._loose.get(words)
        if entry is not None and entry.role not in _TOO_GENERAL:
            return self._match(entry, " ".join(words), beside, _LOOSELY)
        return self._compose(bare, beside, loosely=True) or self._only_sides(words)

    def _only_sides(self, words: Words) -> HeaderMatch | None:
        """Read "L/R/Bilat" and the like as the side: a header of nothing but its values."""
        named = {side for word in words for side in self._side_words.get(word, ("",))}
        if not {"left", "right"} <= named <= {"left", "right", "both"}:
            return None
        return HeaderMatch(
            role="side", attributes={}, confidence=1.0, reason="the header lists the sides"
        )

    def _without_annotations(self, raw: str) -> tuple[str, dict[str, str]]:
        """Take units, scales and instructions in brackets off a header."""
        beside: dict[str, str] = {}
        kept = raw
        for found in _BRACKETS.finditer(raw):
            inside = header_key(found.group(1))
            scale = _SCALE.search(found.group(1).lower())
            if inside in self._units:
                beside["unit"] = self._units[inside]
            elif codes := codes_in(found.group(1)):
                beside["codes"] = codes
            elif scale or inside in _MAXIMUM_OF_UNIT:
                beside["maximum"] = scale.group(1) if scale else _MAXIMUM_OF_UNIT[inside]
            elif inside not in self._annotations:
                continue
            kept = kept.replace(found.group(0), " ")
        codes_at = _TRAILING_CODES.search(kept)
        if codes_at and (codes := codes_in(kept[codes_at.end() :])):
            beside["codes"], kept = codes, kept[: codes_at.start()]
        words = kept.split()
        if len(words) > 1 and words[-1].lower() in _MAXIMUM_OF_UNIT and "maximum" not in beside:
            beside["maximum"] = _MAXIMUM_OF_UNIT[words[-1].lower()]
            kept = " ".join(words[:-1])
        scale = _SCALE.search(kept.lower())
        if scale and "maximum" not in beside:
            beside["maximum"] = scale.group(1)
            kept = kept[: scale.start()] + " " + kept[scale.end() :]
        return kept, beside

    def _compose(
        self, raw: str, beside: Mapping[str, str], *, loosely: bool = False
    ) -> HeaderMatch | None:
        level = _VERTEBRA.search(raw)
        words = tuple(header_key(_VERTEBRA.sub(" ", raw)).split())
        named = dict(beside) | ({"level": level.group(1).upper()} if level else {})
        for start, end in _spans(len(words)):
            rest = self._modify(words[:start], words[end:])
            if rest is None or self._parts_a_time(words, start, end):
                continue
            entry = self._entry_for(words[start:end], rest, loosely)
            found = named | rest
            if entry is not None and _takes(entry, found):
                reason = (
                    _LOOSELY if loosely else "listed spelling, with every other word recognised"
                )
                return self._match(entry, " ".join(words[start:end]), found, reason)
        rest = None if loosely else self._modify(words)
        return None if rest is None else _without_subject(named | rest)

    def _match(
        self, entry: HeaderEntry, spelling: str, found: Mapping[str, str], reason: str
    ) -> HeaderMatch:
        beside = {name: value for name, value in found.items() if name not in _INNER}
        if "at_baseline" in entry.takes:
            beside.pop("timepoint", None)
        if entry.role == "value" and "follow_up" in found:
            beside.setdefault("timepoint", "follow up")
        if "scan" in entry.takes and entry.role != "modality":
            words = set(spelling.split())
            named = [kind for word, kind in self._modalities.items() if word in words]
            if len(named) == 1:
                beside.setdefault("modality", named[0])
        return HeaderMatch(
            role=entry.role,
            attributes=dict(entry.attributes) | beside,
            confidence=1.0,
            reason=reason,
        )

    def _parts_a_time(self, words: Words, start: int, end: int) -> bool:
        """Say whether a stretch begins or ends inside "3 months": then it is no spelling."""
        return any(
            0 < cut < len(words) and self._time(words[cut - 1 : cut + 1]) is not None
            for cut in (start, end)
        )

    def _entry_for(
        self, words: Words, rest: Mapping[str, str], loosely: bool
    ) -> HeaderEntry | None:
        special = self._in_scan.get(words) if "scan" in rest else None
        special = special or (self._in_side.get(words) if "side" in rest else None)
        if special or not loosely:
            return special or self._composable.get(words)
        entry = self._loose.get(words)
        return entry if entry is not None and entry.takes else None

    def _modify(self, *parts: Words) -> dict[str, str] | None:
        """Read side, visit, time and unit in the words around a spelling; None if one is left."""
        found: dict[str, str] = {}
        for part in parts:
            position = 0
            while position < len(part):
                step = self._step(part, position)
                if step is None:
                    return None
                length, new = step
                if any(found.get(name, value) != value for name, value in new.items()):
                    return None
                found |= new
                position += length
        return found

    def _step(self, words: Words, position: int) -> tuple[int, dict[str, str]] | None:
        rest = words[position:]
        time = self._time(rest)
        if time is not None:
            return 2, {"timepoint": time}
        for length in range(min(4, len(rest)), 0, -1):
            found = self._phrase(rest[:length], rest[length : length + 2])
            if found is not None:
                return found
        if rest[0].isdecimal() and len(rest[0]) == 1:
            return 1, {"visit": rest[0]}
        return (1, {"unit": self._units[rest[0]]}) if rest[0] in self._units else None

    def _phrase(self, phrase: Words, following: Words) -> tuple[int, dict[str, str]] | None:
        if phrase in self._modifiers:
            return len(phrase), dict(self._modifiers[phrase])
        counts = bool(following) and following[0].isdecimal() and self._time(following) is None
        if phrase in self._counted_words and counts:
            return len(phrase) + 1, {"visit": following[0]}
        return (len(phrase), {"follow_up": "yes"}) if phrase in self._visit_words else None

    def _time(self, words: Words) -> str | None:
        """Read "3 12", "6 months" and "month 6" at the start of `words`."""
        if len(words) < 2:
            return None
        first, second = words[0], words[1]
        if first.isdecimal() and second in {"12", "52"}:
            return _timepoint(int(first), "months" if second == "12" else "weeks")
        if first.isdecimal() and second in self._units:
            return _timepoint(int(first), self._units[second])
        if second.isdecimal() and first in self._units:
            return _timepoint(int(second), self._units[first])
        return None


def _timepoint(number: int, unit: str) -> str:
    if number == 0:
        return "baseline"
    if unit == "days":
        return f"{number} days"
    months = number * _MONTH_UNITS[unit] if unit in _MONTH_UNITS else months_from_weeks(number)
    return f"{int(months)} months" if months == int(months) else f"{number} weeks"


def _spans(n_words: int) -> Iterator[tuple[int, int]]:
    """Yield every stretch of words, longest first."""
    for length in range(n_words, 0, -1):
        for start in range(n_words - length + 1):
            yield start, start + length


def _with(match: HeaderMatch, beside: Mapping[str, str], reason: str) -> HeaderMatch:
    return replace(match, attributes={**match.attributes, **beside}, reason=reason)


def _takes(entry: HeaderEntry, found: Mapping[str, str]) -> bool:
    if "at_baseline" in entry.takes and set(found) == {"timepoint"}:
        return found["timepoint"] == "baseline"
    if found.get("level") in _DOUBTFUL_LEVELS and "side" not in found:
        return False
    allowed = set(entry.takes) | {"maximum"}
    if "scan" in allowed:
        allowed |= {"modality"}
    if "visit" in allowed:
        allowed |= {"follow_up"}
    if entry.role == "union_status" or "=" in found.get("codes", ""):
        allowed |= {"codes"}
    baseline = found.get("timepoint") == "baseline"
    if ("baseline" if baseline else "follow_up_time") in allowed:
        allowed |= {"timepoint"}
    return set(found) <= allowed


def _without_subject(found: Mapping[str, str]) -> HeaderMatch | None:
    """Read a header that has a side, a scan or a time, but no subject of its own."""
    beside = {name: value for name, value in found.items() if name not in _INNER}
    when = "visit" in found or found.get("timepoint", "baseline") != "baseline"
    reason = "every word recognised"
    if "unit" in found or "maximum" in found:
        return None
    if "scan" in found and "side" in found:
        role = "union_status" if when else None
    elif "side" in found:
        role = "by_side"
    elif "level" in found or not found:
        role = None
    else:
        role = "group"
        beside["about"] = "scan" if "scan" in found else "follow_up"
    if role is None:
        return None
    return HeaderMatch(role=role, attributes=beside, confidence=1.0, reason=reason)


def _phrases(listed: Sequence[str]) -> frozenset[Words]:
    return frozenset(tuple(header_key(s).split()) for s in listed)


def _modifiers(words: Mapping[str, Any]) -> dict[Words, dict[str, str]]:
    table: dict[Words, dict[str, str]] = {phrase: {} for phrase in _phrases(words["filler"])}
    table |= {phrase: {"codes": "y n p"} for phrase in _phrases(words["yes_no_partial"])}
    for name, attribute in (("side", "side"), ("ordinal", "visit"), ("timepoint", "timepoint")):
        for value, listed in words[name].items():
            table |= {phrase: {attribute: value} for phrase in _phrases(listed)}
    for modality, listed in words["modality"].items():
        named = {"modality": modality} if modality else {}
        table |= {phrase: {"scan": "yes"} | named for phrase in _phrases(listed)}
    return table
