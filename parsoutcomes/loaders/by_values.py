"""Headers that say too little alone are read by the values below them, or not at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from parsoutcomes.conventions import MIN_CELLS_TO_JUDGE
from parsoutcomes.loaders.dates import classify_date
from parsoutcomes.loaders.grid import Cell, ErrorCell
from parsoutcomes.loaders.header_entries import HeaderMatch
from parsoutcomes.loaders.parsing import parse_level, parse_number
from parsoutcomes.loaders.sided_cells import read_by_side
from parsoutcomes.loaders.spelling import normalise
from parsoutcomes.loaders.vocabulary import ValueMatch, Vocabulary

# The role of a column "MRI findings" that holds nothing on union: it is not one more scan.
UNFITTING: Final = "unfitting"
_NEARLY_ALL: Final = 0.8
_UNITED: Final = "U=united"
_HIGHEST_NRS: Final = 10
_HIGHEST_MM: Final = 100
_DURATION: Final = re.compile(
    r"\d{1,2}\s*(?:/\s*(?:12|52)|(?:months?|mths?|weeks?|wks?)\.?)", re.IGNORECASE
)
# "CT stage" may hold what CT alone shows, "no fracture line" among it.
_SECOND_MEANING: Final[Mapping[str, str]] = {"stage": "ct_stage"}
_NO_DATES: Final = ("missing", "not_a_date", "year_only")


def read_by_values(
    match: HeaderMatch | None, values: Sequence[Cell], vocabulary: Vocabulary
) -> HeaderMatch | None:
    """Give a bare "CT 2", "3 month scan" or "Left" the meaning that nearly all its values have.

    Parameters
    ----------
    match : HeaderMatch or None
        What the header alone says.
    values : sequence
        The filled cells below it.
    vocabulary : Vocabulary
        Known spellings.

    Returns
    -------
    HeaderMatch or None
        `match` itself when the header says enough, or the values do not settle it.
    """
    if match is None or not values:
        return match
    if match.role == "group":
        return _group_by_values(match, values, vocabulary)
    if match.role == "by_side":
        return _side_by_values(match, values, vocabulary)
    return _against_values(match, values, vocabulary)


def is_duration(cell: Cell) -> bool:
    """Return whether a cell is a number of months or weeks as clinics write it, such as 6/12.

    Examples
    --------
    >>> is_duration("12/52"), is_duration("6/12"), is_duration("6")
    (True, True, False)
    """
    return isinstance(cell, str) and _DURATION.fullmatch(cell.strip()) is not None


def _any_fits(match: HeaderMatch, values: Sequence[Cell], vocabulary: Vocabulary) -> bool:
    """Say whether any cell is a word for union, when there are enough to tell."""
    readable = [value for value in values if not isinstance(value, ErrorCell)]
    if len(readable) < MIN_CELLS_TO_JUDGE:
        return True
    roles = [match.role, *filter(None, [match.attributes.get("also")])]
    texts = {str(value) for value in readable}
    matches = [_said(role, text, vocabulary) for role in roles for text in texts]
    return any(found is not None for found in matches)


def with_siblings(
    headers: Sequence[HeaderMatch | None], read: Sequence[HeaderMatch | None]
) -> list[HeaderMatch | None]:
    """Give "CT 3", of few cells, the meaning that "CT 1" and "CT 2" have by their values.

    Parameters
    ----------
    headers : sequence of HeaderMatch or None
        What each header alone says.
    read : sequence of HeaderMatch or None
        The same after `read_by_values`.

    Returns
    -------
    list of HeaderMatch or None
        As `read`, where its siblings do not all say the same.
    """
    settled: dict[tuple[object, ...], set[str]] = {}
    pairs = list(zip(headers, read, strict=True))
    for before, after in pairs:
        if before is not None and after is not None and after.role != before.role:
            settled.setdefault(_sibling_key(before), set()).add(after.role)
    followed: list[HeaderMatch | None] = []
    for before, after in pairs:
        roles = settled.get(_sibling_key(before), set()) if before is not None else set()
        follows = before is after and len(roles) == 1
        followed.append(_renamed(before, *roles) if before is not None and follows else after)
    return followed


def _sibling_key(match: HeaderMatch) -> tuple[object, ...]:
    beside = {k: v for k, v in match.attributes.items() if k not in ("visit", "timepoint")}
    numbered = len(beside) < len(match.attributes)
    return (match.role, *sorted(beside.items())) if numbered else (id(match),)


def _against_values(
    match: HeaderMatch, values: Sequence[Cell], vocabulary: Vocabulary
) -> HeaderMatch | None:
    """Hold a header that says enough against values that can only be something else."""
    if match.role == "days_since_fitting" and _are_dates(values, vocabulary):
        kept = {name: value for name, value in match.attributes.items() if name != "unit"}
        return _renamed(match, "scan_date", attributes=kept)
    if match.role == "brace_type" and all(map(is_duration, values)):
        return None
    if match.role == "prescribed_hours_per_day" and _are_durations(values, vocabulary):
        return _renamed(match, "prescribed_months")
    if match.role == "union_status" and not _any_fits(match, values, vocabulary):
        return _renamed(match, UNFITTING)
    return match


def _group_by_values(
    match: HeaderMatch, values: Sequence[Cell], vocabulary: Vocabulary
) -> HeaderMatch:
    about = match.attributes.get("about")
    if about == "scan":
        return _scan_by_values(match, values, vocabulary)
    return _injury_by_values(match, values) if about == "injury" else match


def _scan_by_values(
    match: HeaderMatch, values: Sequence[Cell], vocabulary: Vocabulary
) -> HeaderMatch:
    if _are_dates(values, vocabulary):
        return _renamed(match, "scan_date")
    if share_known("union_status", values, vocabulary) >= _NEARLY_ALL:
        return _renamed(match, "union_status")
    if share_known("modality", values, vocabulary) >= _NEARLY_ALL:
        return _renamed(match, "modality")
    return match


def _are_durations(values: Sequence[Cell], vocabulary: Vocabulary) -> bool:
    told = [value for value in values if vocabulary.missing(value) is None]
    bare = [vocabulary.bare_duration(value) or value for value in told if isinstance(value, str)]
    return bool(told) and sum(map(is_duration, bare)) >= _NEARLY_ALL * len(told)


def _are_dates(values: Sequence[Cell], vocabulary: Vocabulary) -> bool:
    """Say whether nearly all cells are dates, words for missing apart."""
    told = [value for value in values if vocabulary.missing(value) is None]
    n_dates = sum(classify_date(value).kind not in _NO_DATES for value in told)
    return bool(told) and n_dates >= _NEARLY_ALL * len(told)


def _injury_by_values(match: HeaderMatch, values: Sequence[Cell]) -> HeaderMatch:
    """Read a column "Diagnosis" of vertebrae, "L5 bilateral spondylolysis", as the level."""
    read = [parse_level(value) for value in values if isinstance(value, str)]
    told = [one for one in read if not one.missing]
    enough = len(told) and sum(bool(one.levels) for one in told) >= _NEARLY_ALL * len(told)
    return _renamed(match, "level", attributes={}) if enough else match


def _side_by_values(
    match: HeaderMatch, values: Sequence[Cell], vocabulary: Vocabulary
) -> HeaderMatch:
    staged = share_known("stage", values, vocabulary)
    united = share_known("union_status", values, vocabulary)
    if max(staged, united) < _NEARLY_ALL or staged == united:
        return match
    return _renamed(match, "stage") if staged > united else match


def decided(match: HeaderMatch, values: Sequence[Cell], vocabulary: Vocabulary) -> HeaderMatch:
    """Choose between two meanings of a header by which one knows more of the values.

    Parameters
    ----------
    match : HeaderMatch
        With the attribute `also` when there is a second meaning.
    values : sequence
        The filled cells below it.
    vocabulary : Vocabulary
        Known spellings.

    Returns
    -------
    HeaderMatch
        The first meaning unless the second knows more.
    """
    other = match.attributes.get("also") or _SECOND_MEANING.get(match.role)
    if not other:
        return _out_of_a_hundred(match, values)
    # A word such as "lost" is a value of one and missing from the other: values are counted.
    first = _n_known(match.role, values, vocabulary)
    if _n_known(other, values, vocabulary) <= first:
        return match
    kept = {name: value for name, value in match.attributes.items() if name != "also"}
    return _renamed(match, other, attributes=kept)


def _out_of_a_hundred(match: HeaderMatch, values: Sequence[Cell]) -> HeaderMatch:
    """Take a whole column of pain as millimetres when most of its numbers exceed 10."""
    is_pain = match.role == "value" and match.attributes.get("instrument") == "pain_nrs"
    if not is_pain or "maximum" in match.attributes:
        return match
    written = Counter((type(value), value) for value in values)
    numbers: Counter[float] = Counter()
    for (_, value), n in written.items():
        number = None if isinstance(value, ErrorCell) else parse_number(value).value
        if number is not None:
            numbers[number] += n
    above = sum(n for number, n in numbers.items() if number > _HIGHEST_NRS)
    enough = numbers.total() >= MIN_CELLS_TO_JUDGE and above > numbers.total() / 2
    if not enough or not all(0 <= number <= _HIGHEST_MM for number in numbers):
        return match
    return _renamed(match, match.role, attributes={**match.attributes, "maximum": "100"})


def _n_known(role: str, values: Sequence[Cell], vocabulary: Vocabulary) -> int:
    matches = [vocabulary.value(role, text) for text in {str(value) for value in values}]
    return sum(match is not None and match.value is not None for match in matches)


def share_known(role: str, values: Sequence[Cell], vocabulary: Vocabulary) -> float:
    """Return the share of distinct values that a column's list of spellings knows."""
    texts = {str(value) for value in values}
    matches = [_said(role, text, vocabulary) for text in texts]
    known = [match for match in matches if match is not None and match.value is not None]
    missing = [match for match in matches if match is not None and match.missing]
    return len(known) / max(1, len(texts) - len(missing))


def _said(role: str, text: str, vocabulary: Vocabulary) -> ValueMatch | None:
    """Return what a cell says, if need be of one of the sides that it names."""
    match = vocabulary.value(role, text)
    sided = None if match is not None else read_by_side(text, role, vocabulary)
    return next(iter(sided.values())) if sided else match


def _renamed(
    match: HeaderMatch, role: str, *, attributes: Mapping[str, str] | None = None
) -> HeaderMatch:
    return HeaderMatch(
        role=role,
        attributes=dict(match.attributes if attributes is None else attributes),
        confidence=match.confidence,
        reason="known header, its meaning settled by its values",
    )


def with_letters(
    matches: Sequence[HeaderMatch | None], values: Sequence[Sequence[Cell]]
) -> list[HeaderMatch | None]:
    """Read "U" as united in columns of union where NU or PU stands on the same sheet.

    Parameters
    ----------
    matches : sequence of HeaderMatch or None
        What the columns of one sheet hold.
    values : sequence of sequence
        The filled cells of each.

    Returns
    -------
    list of HeaderMatch or None
        Columns of union with the code, where it is one; a lone "U" may be unknown.
    """
    are_union = [match is not None and match.role == "union_status" for match in matches]
    cells = (own for own, is_union in zip(values, are_union, strict=True) if is_union)
    found = {normalise(cell) for own in cells for cell in own if isinstance(cell, str)}
    if "u" not in found or not found & {"nu", "pu"}:
        return list(matches)
    return [
        replace(match, attributes={"codes": _UNITED, **match.attributes})
        if match is not None and is_union
        else match
        for match, is_union in zip(matches, are_union, strict=True)
    ]
