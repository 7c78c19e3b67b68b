"""Direct identifiers: found by header and by values, taken out of free text, never shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from parsoutcomes.loaders.dates import classify_date
from parsoutcomes.loaders.spelling import plain_text
from parsoutcomes.loaders.vocabulary import load_vocabulary


@dataclass(frozen=True, kw_only=True)
class IdentifierFinding:
    """A column that identifies people; it holds no value of the column.

    Attributes
    ----------
    kind : str
        nhs_number, chi_number, hospital_number, name, birth_date, postcode, telephone, email,
        address, or another kind of the vocabulary.
    n : int
        Cells that hold something.
    reason : str
        Whether the header or the values gave it away.
    """

    kind: str
    n: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Redaction:
    """Free text without its identifiers.

    Attributes
    ----------
    text : str
        The text with each identifier replaced by its kind in square brackets.
    counts : dict of str to int
        How many of each kind were taken out.
    """

    text: str
    counts: dict[str, int]


# A column counts as identifying when this share of its filled cells has the form.
_SHARE: Final = {
    "nhs_number": 0.9,
    "chi_number": 0.9,
    "hospital_number": 0.9,
    "postcode": 0.8,
    "telephone": 0.8,
    "email": 0.5,
    "address": 0.6,
    "name": 0.7,
}
_FEWEST: Final = {"name": 5, "hospital_number": 3, "nhs_number": 2, "chi_number": 2}
# A bare number of five digits may be a hospital's own; with a prefix it is a study's.
_LONGEST_STUDY_DIGITS: Final = 5
_LONGEST_BARE_DIGITS: Final = 4
_MOST_STUDY_PREFIXES: Final = 3

_TEN_DIGITS: Final = re.compile(r"\d{3}[\s-]?\d{3}[\s-]?\d{4}")
_POSTCODE: Final = re.compile(
    r"(?:[A-Z]{1,2}\d[A-Z\d]?|GIR)\s?\d[ABD-HJLNP-UW-Z]{2}", re.IGNORECASE
)
_TELEPHONE: Final = re.compile(r"(?:\+\s?44\s?(?:\(0\)\s?)?|\(?0)\d(?:[\s()-]{0,2}\d){8,9}")
_EMAIL: Final = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_ADDRESS: Final = re.compile(
    r"(?:flat\s+)?\d{1,4}[a-z]?,?\s+(?:[a-z'’-]+\s+){1,4}"
    r"(?:street|st|road|rd|lane|ln|avenue|ave|close|drive|way|court|place|gardens|crescent|terrace|grove)\b",
    re.IGNORECASE,
)
_NAME: Final = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr|Master|Prof)\.?\s+)?"
    r"[A-Z][A-Za-z'’-]+,?(?:\s+[A-Z]\.?)*\s+[A-Z][A-Za-z'’-]+(?:\s+[A-Z][A-Za-z'’-]+)?"
)
_HOSPITAL: Final = re.compile(r"[A-Z]{0,4}[-\s/]?\d{5,10}[A-Z]?", re.IGNORECASE)
_STUDY: Final = re.compile(
    r"(?P<prefix>[A-Za-z]{0,4}|study|record|patient|participant|subject|case|cohort|fracture|clinic)"
    r"(?P<rest>(?:[-_/ ]?\d{1,5}){1,3})(?P<suffix>[A-Za-z]?)",
    re.IGNORECASE,
)

_PHRASES: Final = {
    "birth_date": re.compile(
        r"\b(?:d\.?\s?o\.?\s?b\.?|born(?:\s+on)?|date of birth|birth\s?date)\s*[:=-]?\s*"
        r"[\d]{1,4}(?:st|nd|rd|th)?[\s/.-]*(?:of\s+)?(?:[a-z]{3,9}|\d{1,2})[\s/.,-]*\d{1,4}",
        re.IGNORECASE,
    ),
    "hospital_number": re.compile(
        r"\b(?:mrn|hosp(?:ital)?\.?|unit|case\s?note|pas|record|patient)\s*"
        r"(?:no|num|number|id|#)?\.?\s*[:=#-]?\s*[a-z]{0,4}[-\s]?\d{4,10}[a-z]?\b",
        re.IGNORECASE,
    ),
    "name": re.compile(
        r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Master|Prof|Professor|Sister|Nurse)\.?\s+"
        r"(?:[A-Z]\.?\s+)*[A-Z][A-Za-z'’-]+(?:\s+[A-Z][A-Za-z'’-]+)?"
    ),
}
_LONG_NUMBER: Final = re.compile(r"\b[A-Za-z]{0,3}\d{6,}\b")


def detect_identifiers(header: object, values: Iterable[object]) -> IdentifierFinding | None:
    """Say whether a column identifies people, by its header or by its values.

    A study number is no identifier. Not a promise for free text: see `redact`.

    Parameters
    ----------
    header : str
        The column's header.
    values : iterable
        Its cells.

    Returns
    -------
    IdentifierFinding or None
        Kind, count and reason; never a value.

    Notes
    -----
    NHS and CHI numbers are judged by column: at least nine in ten filled cells are ten digits
    with a right modulus-11 check digit (by chance one in eleven is); a CHI number also begins
    with a day, month and year.

    Examples
    --------
    >>> detect_identifiers("Ref", ["9990110018", "999 011 0026"]).kind
    'nhs_number'
    >>> detect_identifiers("Study ID", ["P0001", "P0002"]) is None
    True
    """
    filled = [text for text in map(plain_text, values) if load_vocabulary().missing(text) is None]
    role = load_vocabulary().header_role(header)
    if role is not None and role.role == "identifier":
        return IdentifierFinding(
            kind=role.attributes["kind"], n=len(filled), reason="named by its header"
        )
    if role is not None and role.role == "birth_date":
        return IdentifierFinding(kind="birth_date", n=len(filled), reason="named by its header")
    for kind, holds in _FORMS.items():
        if _most(filled, holds, share=_SHARE[kind], fewest=_FEWEST.get(kind, 1)):
            return _unless_harmless(kind, filled, role is not None and role.role)
    return None


def is_study_number(values: Iterable[object]) -> bool:
    """Say whether a record key is a study number, which identifies nobody outside the study.

    Parameters
    ----------
    values : iterable
        The cells of the key column.

    Returns
    -------
    bool
        True for short numbers with a few common prefixes of up to four letters, or a word such
        as "study", as P0001 or LB2002; False for ten-digit numbers, long hospital numbers,
        initials and names, with a number behind them or not.

    Examples
    --------
    >>> is_study_number(["P0001", "P0002"]), is_study_number(["9990110018"])
    (True, False)
    """
    texts = dict.fromkeys(map(plain_text, values))
    filled = [text for text in texts if load_vocabulary().missing(text) is None]
    found = [_STUDY.fullmatch(text) for text in filled]
    if not filled or any(match is None for match in found):
        return False
    matches = [match for match in found if match is not None]
    prefixes = {match["prefix"].casefold() for match in matches}
    digits = [re.sub(r"\D", "", match["rest"]) for match in matches]
    few = len(prefixes) <= _MOST_STUDY_PREFIXES
    return few and (_are_short(digits, prefixes) or _are_padded(digits) or _are_parted(matches))


def pseudonymise(keys: Iterable[object], *, prefix: str = "P") -> dict[str, str]:
    """Give each record key a label in order of first appearance.

    Parameters
    ----------
    keys : iterable
        Record keys; those that differ only by spaces, hyphens or case are one.
    prefix : str, default "P"
        What the labels begin with.

    Returns
    -------
    dict of str to str
        From each spelling of a key to its label. It is a key file: keep it apart, or not at all.

    Examples
    --------
    >>> pseudonymise(["999 011 0018", "9990110026", "9990110018"])["9990110018"]
    'P0001'
    """
    spellings = [text for text in map(plain_text, keys) if text]
    order: dict[str, int] = {}
    for text in spellings:
        order.setdefault(_key(text), len(order) + 1)
    width = max(4, len(str(len(order))))
    return {text: f"{prefix}{order[_key(text)]:0{width}d}" for text in spellings}


def redact(text: object, known: Iterable[str] = ()) -> Redaction:
    """Take identifiers out of free text.

    Not a promise: an unusual name without a title stays unless it is in `known`. Free text is
    therefore kept out of every table, and this is the second lock.

    Parameters
    ----------
    text : object
        A note.
    known : iterable of str
        Names and numbers that the same row holds in its identifying columns.

    Returns
    -------
    Redaction
        The text with marks in place, and counts by kind.

    Examples
    --------
    >>> redact("Mrs Smith rang 07700 900123").text
    '[name] rang [telephone]'
    """
    cleaned, counts = plain_text(text), dict[str, int]()
    for kind, pattern in _TEXT_PATTERNS + _known_patterns(known):
        cleaned, n = _replace(cleaned, kind, pattern)
        if n:
            counts[kind] = counts.get(kind, 0) + n
    return Redaction(text=cleaned, counts=counts)


def is_nhs_number(text: object) -> bool:
    """Say whether ten digits carry the right modulus-11 check digit of the NHS number.

    Examples
    --------
    >>> is_nhs_number("999 011 0018"), is_nhs_number("9990110019")
    (True, False)
    """
    plain = plain_text(text)
    if not _TEN_DIGITS.fullmatch(plain):
        return False
    digits = [int(character) for character in plain if character.isdigit()]
    weighted = sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    return (11 - weighted % 11) % 11 == digits[9] and len(set(digits)) > 1


def is_chi_number(text: object) -> bool:
    """Say whether a number is a CHI number: a birth date, then a right modulus-11 check digit.

    Examples
    --------
    >>> is_chi_number("9990110018")
    False
    """
    plain = re.sub(r"\D", "", plain_text(text))
    if not is_nhs_number(plain):
        return False
    day = classify_date(f"{plain[:2]}/{plain[2:4]}/20{plain[4:6]}")
    return day.kind != "impossible" and day.day_first is not None


def _fully(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


def _is_telephone(text: str) -> bool:
    """Say whether it is a telephone number, also without its first nought, as Excel leaves it."""
    return bool(_TELEPHONE.fullmatch(text) or re.fullmatch(r"7\d{9}", text))


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and not load_vocabulary().knows(text)


_FORMS: Final[Mapping[str, Callable[[str], bool]]] = {
    "email": _fully(_EMAIL),
    "chi_number": is_chi_number,
    "nhs_number": is_nhs_number,
    "telephone": _is_telephone,
    "postcode": _fully(_POSTCODE),
    "address": lambda text: _ADDRESS.match(text) is not None,
    "hospital_number": _fully(_HOSPITAL),
    "name": _is_name,
}
_TEXT_PATTERNS: Final = [
    ("email", _EMAIL),
    ("birth_date", _PHRASES["birth_date"]),
    ("telephone", re.compile(rf"(?<!\d){_TELEPHONE.pattern}(?!\d)")),
    ("nhs_number", re.compile(rf"(?<!\d){_TEN_DIGITS.pattern}(?!\d)")),
    ("hospital_number", _PHRASES["hospital_number"]),
    ("postcode", re.compile(rf"\b{_POSTCODE.pattern}\b", re.IGNORECASE)),
    ("address", _ADDRESS),
    ("name", _PHRASES["name"]),
    ("number", _LONG_NUMBER),
]


def _most(
    filled: Sequence[str], holds: Callable[[str], bool], *, share: float, fewest: int
) -> bool:
    return len(filled) >= fewest and sum(map(holds, filled)) >= share * len(filled)


def _unless_harmless(
    kind: str, filled: Sequence[str], role: str | bool
) -> IdentifierFinding | None:
    """Drop a finding by form that the header or the spread of the values speaks against."""
    distinct = len({_key(text) for text in filled})
    dates = sum(classify_date(text).kind not in {"not_a_date", "impossible"} for text in filled)
    if kind == "hospital_number" and (role not in {False, "patient_id"} or dates == len(filled)):
        return None
    if kind == "hospital_number" and is_study_number(filled):
        return None
    if kind == "name" and (role is not False or distinct < 0.5 * len(filled)):
        return None
    return IdentifierFinding(
        kind=kind, n=len(filled), reason="its values have the form of one, whatever the header"
    )


def _are_short(digits: Sequence[str], prefixes: set[str]) -> bool:
    longest = _LONGEST_BARE_DIGITS if "" in prefixes else _LONGEST_STUDY_DIGITS
    return all(len(number) <= longest for number in digits)


def _are_padded(digits: Sequence[str]) -> bool:
    """Say whether long numbers all begin with noughts, as a sequence does: STUDY-000123."""
    return all(number.startswith("00") and len(number) <= 8 for number in digits)


def _are_parted(matches: Sequence[re.Match[str]]) -> bool:
    """Say whether all are a site or a year, then a short number: PARS-2023-001."""
    parts = [re.findall(r"\d+", match["rest"]) for match in matches]
    firsts = {numbers[0] for numbers in parts}
    return all(len(numbers) == 2 for numbers in parts) and len(firsts) <= max(3, len(parts) // 3)


def _key(text: str) -> str:
    return re.sub(r"[\s-]", "", text).casefold()


def _known_patterns(known: Iterable[str]) -> list[tuple[str, re.Pattern[str]]]:
    words = {
        word
        for value in known
        for word in (plain_text(value), *re.split(r"[\s,]+", plain_text(value)))
        if len(word) > 2
    }
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return [
        ("name", re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)) for word in ordered
    ]


def _replace(text: str, kind: str, pattern: re.Pattern[str]) -> tuple[str, int]:
    return pattern.subn(f"[{kind}]", text)
