"""Dates by explicit formats only; a numeric date keeps both meanings until an order is known."""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal

from parsoutcomes.conventions import MONTH_NAMES
from parsoutcomes.loaders.spelling import plain_text
from parsoutcomes.loaders.vocabulary import load_vocabulary

DateKind = Literal[
    "date",
    "day_first_only",
    "month_first_only",
    "either",
    "month_only",
    "year_only",
    "impossible",
    "missing",
    "not_a_date",
]
Order = Literal["day_first", "month_first"]

_REMEMBERED: Final = 50_000
_YEARS: Final = range(1900, 2101)
# Serial numbers of 1927 to 2099: smaller whole numbers are ages, lengths or scores.
_SERIALS: Final = (10_000, 73_050)
_EPOCHS: Final = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}
_PIVOT: Final = 69

_MONTHS: Final = {
    name.lower(): number
    for number, month in enumerate(MONTH_NAMES, start=1)
    for name in (month, month[:3])
} | {"sept": 9}
_MONTH: Final = r"(?P<month_name>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR: Final = r"['’]?(?P<year>\d{4}|\d{2})"
_GAP: Final = r"[\s,./-]*"

_WEEKDAY: Final = re.compile(
    r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?[.,]?\s+(?=\S)"
)
_CLOCK: Final = re.compile(
    r"[\s,t]+(?:at\s+)?(?:\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?\s*(?:[ap]\.?m\.?)?|\d{1,2}\s*[ap]m)"
    r"\s*(?:z|utc|gmt|bst|[+-]\d{2}:?\d{2})?$"
)
_ISO: Final = re.compile(r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})")
_COMPACT: Final = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})")
_NUMERIC: Final = re.compile(
    r"(?P<first>\d{1,2})\s*(?P<sep>[/.\-\s])\s*(?P<second>\d{1,2})\s*(?P=sep)\s*(?P<year>\d{4}|\d{2})"
)
_NAMED: Final = (
    re.compile(rf"{_DAY}{_GAP}(?:of\s+)?{_MONTH}{_GAP}{_YEAR}"),
    re.compile(rf"{_MONTH}{_GAP}{_DAY}[\s,./-]+{_YEAR}"),
    re.compile(rf"(?P<year>\d{{4}}){_GAP}{_MONTH}{_GAP}{_DAY}"),
)
_MONTH_YEAR: Final = (
    re.compile(rf"{_MONTH}{_GAP}(?:of\s+)?{_YEAR}"),
    re.compile(rf"(?P<year>\d{{4}}){_GAP}{_MONTH}"),
    re.compile(r"(?P<month>\d{1,2})\s*[/.-]\s*(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})\s*[/.-]\s*(?P<month>\d{1,2})"),
)
_YEAR_ALONE: Final = re.compile(r"(?P<year>(?:19|20)\d{2})")


@dataclass(frozen=True, kw_only=True)
class DateReading:
    """What a cell of a date column says, before the order of day and month is known.

    Attributes
    ----------
    kind : str
        ``date`` (one meaning), ``day_first_only``, ``month_first_only``, ``either``,
        ``month_only``, ``year_only``, ``impossible``, ``missing`` or ``not_a_date``.
    day_first, month_first : datetime.date or None
        The day under either order; equal for ``date``.
    note : str
        A remark in words that holds nothing of the cell.
    earliest, latest : datetime.date or None
        First and last day that the cell allows, for ``month_only`` and ``year_only``.
    two_digit_year : bool
        Whether the century was not written.
    impossible_order : str or None
        The only order in which an ``impossible`` date has a month, as day first in 31/06.
    """

    kind: DateKind
    day_first: date | None = None
    month_first: date | None = None
    note: str = ""
    earliest: date | None = None
    latest: date | None = None
    two_digit_year: bool = False
    impossible_order: Order | None = None


def classify_date(value: object, *, excel_epoch: int = 1900) -> DateReading:
    """Say what the cell of a date column can mean.

    Only listed formats are read: UK, ISO and American numeric dates, months in words, Excel
    serial numbers, a month with its year, a year. Not for columns of durations: there "6/12" is
    six months.

    Parameters
    ----------
    value : object
        The cell: text, number, date or nothing.
    excel_epoch : int, default 1900
        1900, or 1904 for workbooks of old Macintosh programs.

    Returns
    -------
    DateReading
        With both meanings where day and month could be swapped.

    Notes
    -----
    A two-digit year is read as 1969-2068; `resolve_date` can move a birth date back a century.

    Examples
    --------
    >>> classify_date("26 Mar 2023").kind, classify_date("11/06/23").kind
    ('date', 'either')
    >>> classify_date("31/06/24").kind, classify_date("Jun 2023").kind
    ('impossible', 'month_only')
    """
    if isinstance(value, datetime) and value == value:  # noqa: PLR0124 - NaT differs from itself
        return _certain(value.date())
    if isinstance(value, date) and value == value:  # noqa: PLR0124
        return _certain(value)
    if isinstance(value, (bool, time, timedelta)):
        return DateReading(kind="not_a_date", note="a truth value or a time of day")
    return _classify_text(plain_text(value), excel_epoch)


@lru_cache(maxsize=_REMEMBERED)
def _classify_text(text: str, excel_epoch: int) -> DateReading:
    if load_vocabulary().missing(text) is not None:
        return DateReading(kind="missing")
    number = _as_number(text)
    if number is not None and not _COMPACT.fullmatch(text) and not _YEAR_ALONE.fullmatch(text):
        return _from_serial(number, excel_epoch)
    return _from_text(text)


def resolve_date(
    reading: DateReading, order: Order | None, *, latest: date | None = None
) -> date | None:
    """Return the day of a reading once the order of day and month is known.

    Parameters
    ----------
    reading : DateReading
        From `classify_date`.
    order : str or None
        ``day_first`` or ``month_first``; None leaves ambiguous dates unresolved.
    latest : datetime.date or None
        For birth dates: no two-digit year is read as later than this day. Four-digit years are
        never changed.

    Returns
    -------
    datetime.date or None
        None when the day is not known: a month or a year alone, an impossible date, a missing
        one, or an ambiguous one without an order.

    Examples
    --------
    >>> resolve_date(classify_date("02/06/23"), "day_first")
    datetime.date(2023, 6, 2)
    >>> resolve_date(classify_date("12 May 27"), None, latest=date(2026, 1, 1))
    datetime.date(1927, 5, 12)
    """
    if reading.kind in {"date", "day_first_only"}:
        day = reading.day_first
    elif reading.kind == "month_first_only":
        day = reading.month_first
    elif reading.kind == "either" and order is not None:
        day = reading.day_first if order == "day_first" else reading.month_first
    else:
        return None
    if day is not None and reading.two_digit_year and latest is not None and day > latest:
        return _day(day.year - 100, day.month, day.day)
    return day


def _certain(day: date, *, note: str = "", two_digit_year: bool = False) -> DateReading:
    if day.year not in _YEARS:
        return DateReading(kind="impossible", note="a year outside 1900 to 2100")
    return DateReading(
        kind="date", day_first=day, month_first=day, note=note, two_digit_year=two_digit_year
    )


def _as_number(text: str) -> float | None:
    if not re.fullmatch(r"-?\d+(?:\.\d+)?", text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _from_serial(number: float, excel_epoch: int) -> DateReading:
    if not _SERIALS[0] <= number <= _SERIALS[1]:
        return DateReading(kind="not_a_date", note="a number that is no Excel date")
    day = _EPOCHS[excel_epoch] + timedelta(days=int(number))
    return _certain(day, note=f"Excel serial number, {excel_epoch} system")


def _from_text(text: str) -> DateReading:
    plain = " ".join(text.lower().split())
    plain = _WEEKDAY.sub("", plain)
    plain = _CLOCK.sub("", plain).strip(" .,;")
    for read in (_read_iso, _read_numeric, _read_named, _read_month, _read_year):
        reading = read(plain)
        if reading is not None:
            return reading
    return DateReading(kind="not_a_date", note="not in a listed format")


def _read_iso(text: str) -> DateReading | None:
    found = _ISO.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        return None
    return _one_day(found["year"], int(found["month"]), int(found["day"]))


def _read_named(text: str) -> DateReading | None:
    found = _first_match(_NAMED, text)
    if found is None:
        return None
    return _one_day(found["year"], _MONTHS[found["month_name"]], int(found["day"]))


def _read_numeric(text: str) -> DateReading | None:
    found = _NUMERIC.fullmatch(text)
    if found is None:
        return None
    year, short = _full_year(found["year"]), len(found["year"]) == 2
    first, second = int(found["first"]), int(found["second"])
    day_first, month_first = _day(year, second, first), _day(year, first, second)
    kind: DateKind = "either"
    if day_first is None and month_first is None:
        return _impossible(_order_of_parts(first, second))
    if day_first == month_first:
        kind = "date"
    elif month_first is None:
        kind = "day_first_only"
    elif day_first is None:
        kind = "month_first_only"
    return DateReading(
        kind=kind, day_first=day_first, month_first=month_first, two_digit_year=short
    )


def _read_month(text: str) -> DateReading | None:
    found = _first_match(_MONTH_YEAR, text)
    if found is None:
        return None
    parts = found.groupdict()
    month = _MONTHS[parts["month_name"]] if "month_name" in parts else int(parts["month"])
    year = _full_year(parts["year"])
    first = _day(year, month, 1)
    if first is None:
        return _impossible()
    return DateReading(
        kind="month_only",
        note="a month without its day",
        earliest=first,
        latest=date(year, month, calendar.monthrange(year, month)[1]),
        two_digit_year=len(parts["year"]) == 2,
    )


def _read_year(text: str) -> DateReading | None:
    found = _YEAR_ALONE.fullmatch(text)
    if found is None:
        return None
    year = int(found["year"])
    return DateReading(
        kind="year_only",
        note="a year without month and day",
        earliest=date(year, 1, 1),
        latest=date(year, 12, 31),
    )


def _one_day(year_text: str, month: int, day_number: int) -> DateReading:
    day = _day(_full_year(year_text), month, day_number)
    return _impossible() if day is None else _certain(day, two_digit_year=len(year_text) == 2)


def _impossible(order: Order | None = None) -> DateReading:
    return DateReading(
        kind="impossible", note="no such day in the calendar", impossible_order=order
    )


def _order_of_parts(first: int, second: int) -> Order | None:
    if 12 < first <= 31 and 1 <= second <= 12:
        return "day_first"
    return "month_first" if 12 < second <= 31 and 1 <= first <= 12 else None


def _day(year: int, month: int, day: int) -> date | None:
    if year not in _YEARS or not 1 <= month <= 12:
        return None
    return date(year, month, day) if 1 <= day <= calendar.monthrange(year, month)[1] else None


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < _PIVOT else 1900)


def _first_match(patterns: Sequence[re.Pattern[str]], text: str) -> re.Match[str] | None:
    matches = (pattern.fullmatch(text) for pattern in patterns)
    return next((match for match in matches if match is not None), None)
