"""Headers that say too little alone are read by the values below them, or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from parsoutcomes.conventions import MIN_CELLS_TO_JUDGE
from parsoutcomes.loaders.dates import classify_date
from parsoutcomes.loaders.grid import Cell, ErrorCell
from parsoutcomes.loaders.header_grammar import HeaderMatch
from parsoutcomes.loaders.parsing import parse_number
from parsoutcomes.loaders.vocabulary import Vocabulary

# The role of a column "MRI findings" that holds nothing on union: it is not one more scan.
UNFITTING: Final = "unfitting"
_NEARLY_ALL: Final = 0.8
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
    if match.role == "group" and match.attributes.get("about") == "scan":
        return _scan_by_values(match, values, vocabulary)
    if match.role == "by_side":
        return _side_by_values(match, values, vocabulary)
    if match.role == "brace_type" and all(map(is_duration, values)):
        return None
    if match.role == "union_status" and not _any_fits(match, values, vocabulary):
        return _renamed(match, UNFITTING)
    return match


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
    matches = [vocabulary.value(role, text) for role in roles for text in texts]
    return any(found is not None for found in matches)


def _scan_by_values(
    match: HeaderMatch, values: Sequence[Cell], vocabulary: Vocabulary
) -> HeaderMatch:
    n_dates = sum(classify_date(value).kind not in _NO_DATES for value in values)
    if n_dates >= _NEARLY_ALL * len(values):
        return _renamed(match, "scan_date")
    if share_known("union_status", values, vocabulary) >= _NEARLY_ALL:
        return _renamed(match, "union_status")
    return match


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
    read = [parse_number(value).value for value in values if not isinstance(value, ErrorCell)]
    numbers = [number for number in read if number is not None]
    above = sum(number > _HIGHEST_NRS for number in numbers)
    enough = len(numbers) >= MIN_CELLS_TO_JUDGE and above > len(numbers) / 2
    if not enough or not all(0 <= number <= _HIGHEST_MM for number in numbers):
        return match
    return _renamed(match, match.role, attributes={**match.attributes, "maximum": "100"})


def _n_known(role: str, values: Sequence[Cell], vocabulary: Vocabulary) -> int:
    matches = [vocabulary.value(role, text) for text in {str(value) for value in values}]
    return sum(match is not None and match.value is not None for match in matches)


def share_known(role: str, values: Sequence[Cell], vocabulary: Vocabulary) -> float:
    """Return the share of distinct values that a column's list of spellings knows."""
    texts = {str(value) for value in values}
    matches = [vocabulary.value(role, text) for text in texts]
    known = [match for match in matches if match is not None and match.value is not None]
    missing = [match for match in matches if match is not None and match.missing]
    return len(known) / max(1, len(texts) - len(missing))


def _renamed(
    match: HeaderMatch, role: str, *, attributes: Mapping[str, str] | None = None
) -> HeaderMatch:
    return HeaderMatch(
        role=role,
        attributes=dict(match.attributes if attributes is None else attributes),
        confidence=match.confidence,
        reason="known header, its meaning settled by its values",
    )
