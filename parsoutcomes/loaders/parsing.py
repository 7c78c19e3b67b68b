"""Levels, lengths, scores and numbers as clinics write them; the doubtful stays unresolved."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from parsoutcomes.conventions import LEVELS
from parsoutcomes.loaders.durations import months_from_days, months_from_weeks
from parsoutcomes.loaders.spelling import normalise, plain_text
from parsoutcomes.loaders.vocabulary import load_vocabulary


@dataclass(frozen=True, kw_only=True)
class LevelReading:
    """Vertebrae named in a cell.

    Attributes
    ----------
    levels : tuple of str
        From T12 to L5, in the order written; empty when none is understood.
    flag : str or None
        A remark for the account.
    side : str or None
        left, right or both, when the cell names it too.
    missing : str or None
        Why there is no level.
    """

    levels: tuple[str, ...]
    flag: str | None = None
    side: str | None = None
    missing: str | None = None


@dataclass(frozen=True, kw_only=True)
class NumberReading:
    """A number read from a cell.

    Attributes
    ----------
    value : float or None
        None when the cell is missing or not resolved.
    flag : str or None
        A remark for the account; a value of None with a flag is an unresolved cell.
    missing : str or None
        Why there is no number.
    """

    value: float | None
    flag: str | None = None
    missing: str | None = None


_NOT_A_LEVEL: Final = "not understood as a vertebra from T12 to L5"
_SEGMENT_FLAG: Final = "a segment was written; its upper vertebra is taken"
_SIDE_FLAG: Final = "the cell of the level names a side too"
_NOT_A_NUMBER: Final = "text that is not a number"
_RANGE: Final = "a range, left unresolved"
_DATE_IN_NUMBER: Final = (
    "a date in a column of numbers; a spreadsheet may have turned 6/12 or 1/10 into a day"
)

_ORDINALS: Final = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5"}
_VERTEBRA: Final = re.compile(r"(?:l|lv|lumbar|lumbar vertebra|vertebra)?\s*([1-5])")
_THORACIC: Final = re.compile(r"(?:t|d|th)\s*12")
_LIST_SIGNS: Final = re.compile(r"[,;+&\n]|\band\b|\bplus\b", re.IGNORECASE)
_LESION_WORDS: Final = re.compile(
    r"#|\bpars(?:\s+interarticularis)?\b|\b(?:spondylolysis|spondylolyses)\b"
    r"|\b(?:(?:stress|bone|bony)\s+)*(?:fracture|fx|injury|injurie|reaction|response)s?\b"
    r"|\b(?:defect|lysis|lyse|lesion|spondylolytic|lumbar spine)s?\b"
)
_SEGMENT_SIGNS: Final = re.compile(r"[/\\–-]|\bto\b")
_SIDE_WORDS: Final = re.compile(
    r"\b(?:[rl]\s*[/+&]\s*[rl]|b/l|left and right|right and left)\b"
    r"|\b(?:right|rt|r|left|lt|bilateral|bilat|both sides|both|bl)\b\.?|(?<=\d)\s*l$|^l\s+(?=l)"
)
_BELOW: Final = dict(zip(LEVELS, (*LEVELS[1:], "S1"), strict=True))

_NUMBER: Final = r"(\d+(?:[.,]\d+)?)"
_PLAIN_NUMBER: Final = re.compile(rf"[+]?(-?){_NUMBER}")
_NUMBER_RANGE: Final = re.compile(
    r"(?:between\s+)?\d+(?:[.,]\d+)?\s*[a-z/\d]*\s*(?:-|–|—|\bto\b|\bor\b|\band\b)\s*\d+(?:[.,]\d+)?.*"
)
_TWELFTHS: Final = re.compile(rf"{_NUMBER}\s*/\s*(12|52)")
_LENGTH: Final = re.compile(rf"{_NUMBER}\s*([a-z]+)\.?")
_ABOUT: Final = re.compile(
    r"^(?:~|c\.?|ca\.?|circa|approx\.?|approximately|about|roughly)\s*(?=\d)"
)
_OUT_OF: Final = re.compile(rf"{_NUMBER}\s*(?:/|out of|of)\s*(\d+)")
_PER_CENT: Final = re.compile(rf"{_NUMBER}\s*(?:%|per\s*cent|percent)")
_WITH_UNIT: Final = re.compile(
    rf"(-?){_NUMBER}\s*(?:years?|yrs?|yo|y/?o|y|hours?|hrs?|h|days?|d|%)?"
    r"(?:\s+old)?(?:\s*(?:/|per|a)\s*(?:days?|d))?\.?"
)
_MONTHS_OF_AGE: Final = r"(\d{1,2})\s*(?:months?|mths?|mo|m|/\s*12)\.?"
_YEARS_AND_MONTHS: Final = re.compile(
    rf"(\d{{1,2}})\s*(?:years?|yrs?|y)?\.?(?:\s*(?:,|and|\+)\s*|\s+|(?<=[a-z.])){_MONTHS_OF_AGE}"
    r"|(\d{1,2})\s*(?:\+|;|(?:years?|yrs?|y)\s*\+?)\s*(\d{1,2})"
)
_UNITS: Final = {
    "days": ("d", "day", "days"),
    "weeks": ("w", "wk", "wks", "week", "weeks"),
    "months": ("m", "mo", "mos", "mth", "mths", "mnth", "mnths", "month", "months"),
    "years": ("y", "yr", "yrs", "year", "years"),
}
_UNIT_OF: Final = {word: unit for unit, words in _UNITS.items() for word in words}
_NUMBERS_IN_WORDS: Final = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_NUMBER_WORDS: Final = {
    word: str(number)
    for number, word in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        start=1,
    )
}


def parse_level(value: object) -> LevelReading:
    """Read the vertebra or vertebrae of a fracture.

    Parameters
    ----------
    value : object
        A cell of a level column: "L5", "5", "l 5", "L5/S1", "L4 & L5", "R L5 pars #".

    Returns
    -------
    LevelReading
        A segment such as L5/S1 or L4/5 becomes its upper vertebra, flagged; several levels
        stay several. A level outside T12 to L5 is left unresolved and flagged.

    Examples
    --------
    >>> parse_level("L5/S1").levels, parse_level("L4, L5").levels
    (('L5',), ('L4', 'L5'))
    """
    text = plain_text(value).lower()
    listed = load_vocabulary().value("level", text)
    if listed is not None:
        return LevelReading(levels=(), missing=listed.missing)
    if isinstance(value, (date, time)):
        return LevelReading(levels=(), flag=_DATE_IN_NUMBER)
    plain = _LESION_WORDS.sub(" ", re.sub(r"[()\[\]]", " ", text))
    side, text = _split_side(" ".join(plain.split()))
    levels: list[str] = []
    flags = [_SIDE_FLAG] if side else []
    for part in filter(None, (p.strip() for p in _LIST_SIGNS.split(text))):
        found, flag = _read_segment(part)
        if not found:
            return LevelReading(levels=(), flag=_NOT_A_LEVEL)
        levels += [level for level in found if level not in levels]
        flags += [flag] if flag and flag not in flags else []
    if not levels:
        return LevelReading(levels=(), flag=_NOT_A_LEVEL)
    return LevelReading(levels=tuple(levels), flag="; ".join(flags) or None, side=side)


def parse_months(value: object, *, unit: str = "months") -> NumberReading:
    """Read a length of time as months; only for columns of durations.

    Parameters
    ----------
    value : object
        "6/12", "12/52", "12 wks", "26 weeks", "6 mths", "3m", 6.
    unit : str, default "months"
        What a bare number counts, as the header says: days, weeks, months or years.

    Returns
    -------
    NumberReading
        A range such as "3-6 months" and a date are left unresolved and flagged.

    Notes
    -----
    Weeks and days become months of 30.4375 days, and the nearest whole month where that is
    within 10 % of it: 12 weeks are 3 months, 26 weeks 6, 6 weeks 1.38.

    Examples
    --------
    >>> parse_months("12 wks").value, parse_months("6/12").value
    (3.0, 6.0)
    >>> parse_months("3-6 months").flag
    'a range, left unresolved'
    """
    early = _not_a_number(value, column="prescribed_months")
    if early is not None:
        return early
    text = " ".join(_NUMBER_WORDS.get(word, word) for word in plain_text(value).lower().split())
    about = _ABOUT.sub("", text)
    length = _read_length(about.strip(" ."), unit)
    bare = None if length else load_vocabulary().bare_duration(about)
    length = length or (_read_length(bare, unit) if bare else None)
    if length is None:
        flag = _RANGE if _NUMBER_RANGE.fullmatch(text) else _NOT_A_NUMBER
        return NumberReading(value=None, flag=flag)
    months, counted_in = length
    flags = ["approximate in the source"] if about != text else []
    flags += ["what stands beside the length is left out"] if bare else []
    if counted_in in {"weeks", "days"}:
        flags.append(f"{counted_in} turned into months")
    return NumberReading(value=months, flag="; ".join(flags) or None)


def parse_score(value: object, *, maximum: float) -> NumberReading:
    """Read a score on a scale from 0 to `maximum`.

    Parameters
    ----------
    value : object
        "7", "1/10", "7 out of 10", "35 %".
    maximum : float
        The top of the questionnaire's own scale.

    Returns
    -------
    NumberReading
        Never rescaled: a score out of another maximum, above the scale, or a range such as
        "7-8" is left unresolved and flagged.

    Examples
    --------
    >>> parse_score("1/10", maximum=10).value
    1.0
    >>> parse_score("7-8", maximum=10)
    NumberReading(value=None, flag='a range, left unresolved', missing=None)
    """
    early = _not_a_number(value)
    if early is not None:
        return early
    text = plain_text(value).lower()
    out_of = _OUT_OF.fullmatch(text)
    if out_of and float(out_of[2]) != maximum:
        return NumberReading(value=None, flag="a score out of another maximum, not rescaled")
    per_cent = _PER_CENT.fullmatch(text)
    if per_cent and maximum != 100:
        return NumberReading(value=None, flag="a percentage on another scale, not rescaled")
    shown = (out_of or per_cent or [None, text])[1]
    reading = parse_number(shown)
    if reading.value is not None and not 0 <= reading.value <= maximum:
        return NumberReading(value=None, flag="outside the scale, not rescaled")
    return reading


def parse_number(value: object) -> NumberReading:
    """Read a plain number, with or without its unit in years, hours or per cent.

    Parameters
    ----------
    value : object
        "13.5", "23 hrs/day", 14.

    Returns
    -------
    NumberReading
        Ranges, bounds such as ">5" and other text are left unresolved and flagged.

    Examples
    --------
    >>> parse_number("23 hrs/day").value, parse_number("12-13").value
    (23.0, None)
    """
    early = _not_a_number(value)
    if early is not None:
        return early
    text = " ".join(plain_text(value).lower().split())
    found = _PLAIN_NUMBER.fullmatch(text) or _WITH_UNIT.fullmatch(text)
    if found is None:
        flag = _RANGE if _NUMBER_RANGE.fullmatch(text) else _NOT_A_NUMBER
        return NumberReading(value=None, flag=flag)
    comma = "a comma read as the decimal point" if "," in found[2] else None
    return NumberReading(value=_float(found[1] + found[2]), flag=comma)


def parse_age(value: object) -> NumberReading:
    """Read an age in years, also written in years and months.

    Examples
    --------
    >>> parse_age("13y 6m").value, parse_age("14+3").value, parse_age("14 yrs").value
    (13.5, 14.25, 14.0)
    """
    found = _YEARS_AND_MONTHS.fullmatch(" ".join(plain_text(value).lower().split()))
    years, months = ((found[1] or found[3]), (found[2] or found[4])) if found else ("", "12")
    if int(months) > 11:
        return parse_number(value)
    return NumberReading(value=int(years) + int(months) / 12)


def parse_slip_grade(value: object) -> NumberReading:
    """Read a Meyerding grade of slip, 0 to 5, in Arabic or Roman numerals.

    Examples
    --------
    >>> parse_slip_grade("Grade II").value, parse_slip_grade("nil").value
    (2.0, 0.0)
    """
    listed = load_vocabulary().value("slip_grade", value)
    if listed is None:
        return NumberReading(value=None, flag="not understood as a Meyerding grade")
    grade = None if listed.value is None else float(listed.value)
    return NumberReading(value=grade, flag=listed.flag, missing=listed.missing)


def _split_side(text: str) -> tuple[str | None, str]:
    """Take the words for a side out of a level."""
    found = [match.group(0) for match in _SIDE_WORDS.finditer(text)]
    sides = {match.value for word in found if (match := load_vocabulary().value("side", word))}
    if not found or None in sides:
        return None, text
    side = sides.pop() if len(sides) == 1 else "both"
    return side, _SIDE_WORDS.sub(" ", text).strip(" ().,")


def _read_segment(text: str) -> tuple[tuple[str, ...], str | None]:
    """Read one vertebra, or two with a sign between them: a segment when they are neighbours."""
    parts = [part.strip() for part in _SEGMENT_SIGNS.split(text)]
    named = [_read_vertebra(part) for part in parts]
    if len(parts) == 1 and named[0] in LEVELS:
        return (str(named[0]),), None
    if len(parts) != 2 or named[0] not in LEVELS or named[1] is None:
        return (), None
    upper, lower = str(named[0]), str(named[1])
    if lower == _BELOW[upper]:
        return (upper,), _SEGMENT_FLAG
    if "/" in text and lower in LEVELS and upper != lower:
        return (upper, lower), None
    return (), None


def _read_vertebra(text: str) -> str | None:
    words = [_ORDINALS.get(word, word) for word in normalise(text).split()]
    plain = " ".join(word for word in words if word not in {"th", "st", "nd", "rd", "level"})
    plain = re.sub(r"^([1-5]) (lumbar)(?: vertebra)?$", r"\2 \1", plain)
    if _THORACIC.fullmatch(plain):
        return "T12"
    if plain in {"s 1", "1 s", "s"}:
        return "S1"
    found = _VERTEBRA.fullmatch(plain)
    return f"L{found[1]}" if found else None


def _not_a_number(value: object, *, column: str = "") -> NumberReading | None:
    """Return the reading of a cell that cannot hold a number; None when it may."""
    listed = load_vocabulary().value(column, value)
    if listed is not None:
        return NumberReading(value=None, flag=listed.flag, missing=listed.missing or "not_known")
    if isinstance(value, (date, time)):
        return NumberReading(value=None, flag=_DATE_IN_NUMBER)
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return NumberReading(value=None, flag=_NOT_A_NUMBER)
    return None


def _read_length(text: str, unit: str) -> tuple[float, str] | None:
    """Return months and the unit in which they were written."""
    twelfths, length = _TWELFTHS.fullmatch(text), _LENGTH.fullmatch(text)
    plain = re.fullmatch(_NUMBER, text)
    if twelfths:
        number, unit = _float(twelfths[1]), "months" if twelfths[2] == "12" else "weeks"
    elif length and length[2] in _UNIT_OF:
        number, unit = _float(length[1]), _UNIT_OF[length[2]]
    elif plain:
        number = _float(plain[1])
    else:
        return None
    if unit == "weeks":
        return months_from_weeks(number), unit
    if unit == "days":
        return months_from_days(number), unit
    return number * (12 if unit == "years" else 1), unit


def _float(text: str) -> float:
    return float(text.replace(",", "."))
