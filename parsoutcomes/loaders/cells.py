"""Reading one cell by the role of its column; what is not understood is listed, never guessed."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.loaders.dates import DateReading, Order, classify_date, resolve_date
from parsoutcomes.loaders.grid import Cell, ErrorCell
from parsoutcomes.loaders.header_codes import spelled_out
from parsoutcomes.loaders.mapping import DATE_ROLES, Column
from parsoutcomes.loaders.parsing import (
    NumberReading,
    parse_age,
    parse_level,
    parse_months,
    parse_number,
    parse_score,
    parse_slip_grade,
)
from parsoutcomes.loaders.places import CODED, WITHHELD, load_places
from parsoutcomes.loaders.sided_cells import read_by_side
from parsoutcomes.loaders.spelling import normalise
from parsoutcomes.loaders.vocabulary import Vocabulary

_MISSING_WORDS: Final = {
    "not_known": "recorded as not known",
    "not_done": "recorded as not done",
    "not_applicable": "recorded as not applicable",
    "declined": "recorded as declined",
    "lost": "recorded as lost",
    "not_yet_due": "recorded as not yet due",
}
_UNDATED: Final = {
    "day_first_only": "not a date in the order of the other dates",
    "month_first_only": "not a date in the order of the other dates",
    "either": "day and month cannot be told apart",
    "month_only": "only month and year are given",
    "year_only": "only the year is given",
    "impossible": "no such day",
    "not_a_date": "not a date",
}
_UNDATED_BY_ROLE: Final = {
    "fitted_date": "not used, as times are counted from the day of fitting: fill in the day",
}
_KEPT_AS_SPAN: Final = {
    "scan_date": "kept as an interval of days",
    "onset_date": "kept as an interval of days",
    "brace_end_date": "kept as an interval of days",
    "surgery_date": "kept as an interval of days",
    "last_contact_date": "its earliest day is taken, as the patient was seen on some day of it",
    "event_date": "surgery is kept as an interval of days, any other event without its day",
}
_DAYS_PER_UNIT: Final = {"days": 1.0, "weeks": 7.0, "months": DAYS_PER_MONTH, "years": 365.25}
_KEPT_AS_TEXT: Final = ("site",)
_CODED_TEXT: Final = ("reader",)
_SCORE_MAXIMUM: Final = {"pain_nrs": 10.0, "odi": 100.0, "micheli": 100.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class DateSpan:
    """The first and the last day that a date may have of which only month or year is given."""

    earliest: datetime.date
    latest: datetime.date


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a cell holds.

    Attributes
    ----------
    value : object
        The value in standard terms; None when there is none.
    missing : str
        Why there is none, when the cell says so: blank, not_known, not_done, ...
    flag : str
        What had to be interpreted.
    problem : str
        Why the cell is not understood; empty when it is.
    levels : tuple of str
        Vertebrae, for the role `level`.
    side : str
        Side named within a level.
    by_side : mapping of str to Read
        What the cell says of each side that it names itself.
    """

    value: object = None
    missing: str = ""
    flag: str = ""
    problem: str = ""
    levels: tuple[str, ...] = ()
    side: str = ""
    by_side: Mapping[str, Read] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether there was nothing in the cell."""
        return self.missing == "blank"


BLANK: Final = Read(missing="blank")
_SIDE_NAMED: Final = "the cell names the side that it speaks of"
_PARTIAL: Final = Read(value="partial", flag="P in a column of Y/N/P read as partial")


class CellReader:
    """Understands cells by the role of their column.

    Parameters
    ----------
    vocabulary : Vocabulary
        Known spellings.
    order : str or None
        "day_first" or "month_first", as proved or declared.
    latest : datetime.date or None
        No birth date with a two-digit year lies after it.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        order: Order | None,
        latest: datetime.date | None,
    ) -> None:
        self._vocabulary = vocabulary
        self._order = order
        self._latest = latest
        self._codes: dict[str, dict[str, str]] = {}

    def of_column(self, column: Column) -> ColumnCells:
        """Return the reader of the cells of one column of a sheet."""
        return ColumnCells(column, self.understand)

    def understand(self, column: Column, cell: Cell) -> Read:
        """Say what a filled cell holds."""
        if isinstance(cell, ErrorCell):
            return Read(problem=cell.reason)
        role, cell = column.role, spelled_out(cell, column.attributes)
        if role in DATE_ROLES:
            return self._date(role, cell)
        if role in _NUMBERS:
            return self._number(column, cell)
        if role == "level":
            return _level(cell)
        if role in _CODED_TEXT:
            return self._code(role, str(cell))
        return self._worded(column, cell)

    def _worded(self, column: Column, cell: Cell) -> Read:
        if _is_partial_code(column, cell):
            return _PARTIAL
        read = self._word(column.role, cell)
        sided = read.problem and column.side is None and self._by_side(column.role, cell)
        return sided or read

    def _by_side(self, role: str, cell: Cell) -> Read | None:
        """Read a cell that names the sides it speaks of, in a column that names none."""
        found = read_by_side(str(cell), role, self._vocabulary)
        if found is None:
            return None
        flags = dict.fromkeys((_SIDE_NAMED, *(match.flag or "" for match in found.values())))
        reads = {
            side: Read(value=match.value, missing=match.missing or "")
            for side, match in found.items()
        }
        return Read(by_side=reads, flag="; ".join(filter(None, flags)))

    def _word(self, role: str, cell: Cell) -> Read:
        text = {True: "yes", False: "no"}[cell] if isinstance(cell, bool) else str(cell)
        if role == "timepoint":
            named = self._vocabulary.timepoint(text)
            return Read(value=named) if named else Read(problem="time point not known")
        match = self._vocabulary.value(role, text)
        if role == "laterality":
            match = self._vocabulary.value("side", text) or match
        if match is not None and match.value is not None:
            return Read(value=match.value, flag=match.flag or "")
        if match is not None and match.missing:
            return Read(missing=match.missing)
        if role in _KEPT_AS_TEXT:
            return self._named(role, text)
        return Read(problem="spelling not known")

    def _named(self, role: str, text: str) -> Read:
        """Keep the name of a place, never that of a person; what may be either gets a code."""
        naming = load_places().naming(text)
        if naming == "place":
            return Read(value=text)
        return Read(problem=WITHHELD) if naming == "person" else self._coded(role, text, CODED)

    def _code(self, role: str, text: str) -> Read:
        match = self._vocabulary.value(role, text)
        if match is not None and match.missing:
            return Read(missing=match.missing)
        return self._coded(role, text)

    def _coded(self, role: str, text: str, flag: str = "") -> Read:
        codes = self._codes.setdefault(role, {})
        code = codes.setdefault(normalise(text), f"{role} {len(codes) + 1}")
        return Read(value=code, flag=flag)

    def _date(self, role: str, cell: Cell) -> Read:
        reading = classify_date(cell)
        latest = self._latest if role == "birth_date" else None
        date = resolve_date(reading, self._order, latest=latest)
        if date is not None:
            return Read(value=date)
        partly = _partly_given(role, reading)
        if partly is not None:
            return partly
        match = self._vocabulary.value(role, str(cell))
        if match is not None and match.missing:
            return Read(missing=match.missing)
        if match is not None and match.value is not None:
            return Read(value=match.value)
        if reading.kind == "missing":
            return Read(missing="not_known")
        return Read(problem=_why_undated(role, reading))

    def _number(self, column: Column, cell: Cell) -> Read:
        reading = _NUMBERS[column.role](cell, column.attributes)
        if reading.value is not None:
            return Read(value=float(reading.value), flag=reading.flag or "")
        if reading.missing:
            return Read(missing=reading.missing, flag=reading.flag or "")
        match = self._vocabulary.value(column.role, str(cell))
        if match is not None and match.missing:
            return Read(missing=match.missing)
        return Read(problem=reading.flag or "not a number")


class Understood:
    """What all cells of a column that hold the same are read as; each is told by identity.

    Attributes
    ----------
    read : Read
        What they hold.
    outcome, reason : str
        As of `outcome_of`.
    n : int
        How many cells so far.
    """

    __slots__ = ("n", "outcome", "read", "reason")

    def __init__(self, read: Read) -> None:
        self.read = read
        self.outcome, self.reason = outcome_of(read)
        self.n = 0


class ColumnCells(dict[object, Understood]):
    """What the cells of one column are read as, each spelling understood once, when first met.

    Text and None stand for themselves; other cells for their type and value, since 1, 1.0 and
    True are equal to Python and not to a clinic.
    """

    def __init__(self, column: Column, understand: Callable[[Column, Cell], Read]) -> None:
        super().__init__({None: Understood(BLANK)})
        self._column = column
        self._understand = understand

    def __missing__(self, key: str | tuple[type, Cell]) -> Understood:
        cell = key if isinstance(key, str) else key[1]
        known = self[key] = Understood(self._understand(self._column, cell))
        return known

    def tally(self) -> dict[str, int]:
        """Return the filled cells so far by what became of them."""
        counts: dict[str, int] = {}
        for key, known in self.items():
            if key is not None:
                counts[known.outcome] = counts.get(known.outcome, 0) + known.n
        return counts


def outcome_of(read: Read) -> tuple[str, str]:
    """Return what became of a cell, and the reason to list it by; no reason where it was read.

    Examples
    --------
    >>> outcome_of(Read(missing="declined"))
    ('missing', 'recorded as declined')
    """
    if read.problem:
        return "unresolved", read.problem
    if read.missing and not read.is_blank:
        words = _MISSING_WORDS.get(read.missing, f"recorded as {read.missing}")
        return "missing", read.flag or words
    return ("flagged", read.flag) if read.flag else ("read", "")


def _partly_given(role: str, reading: DateReading) -> Read | None:
    if reading.earliest is None or reading.latest is None:
        return None
    whole = "month" if reading.kind == "month_only" else "year"
    if role == "birth_date":
        middle = reading.earliest + (reading.latest - reading.earliest) / 2
        flag = f"only the {whole} is given: its middle is taken for the age"
        return Read(value=middle, flag=flag)
    if role in _KEPT_AS_SPAN:
        span = DateSpan(earliest=reading.earliest, latest=reading.latest)
        return Read(value=span, flag=f"{whole} only: {_KEPT_AS_SPAN[role]}")
    return None


def _why_undated(role: str, reading: DateReading) -> str:
    why = _UNDATED.get(reading.kind, "not a date")
    consequence = _UNDATED_BY_ROLE.get(role, "") if reading.earliest else ""
    return f"{why}: {consequence}" if consequence else why


def _level(cell: Cell) -> Read:
    reading = parse_level(str(cell))
    if reading.levels:
        return Read(levels=reading.levels, side=reading.side or "", flag=reading.flag or "")
    if reading.missing:
        return Read(missing=reading.missing)
    return Read(problem=reading.flag or "level not known")


def _is_partial_code(column: Column, cell: Cell) -> bool:
    return column.attributes.get("codes") == "y n p" and str(cell).strip().casefold() == "p"


def _months(cell: Cell, attributes: Mapping[str, str]) -> NumberReading:
    return parse_months(cell, unit=attributes.get("unit", "months"))


def _score(cell: Cell, attributes: Mapping[str, str]) -> NumberReading:
    known = _SCORE_MAXIMUM.get(attributes.get("instrument", ""), None)
    maximum = float(attributes["maximum"]) if "maximum" in attributes else known
    if maximum is None:
        return parse_number(cell)
    reading = parse_score(cell, maximum=maximum)
    if reading.value is None or attributes.get("instrument") != "pain_nrs" or maximum == known:
        return reading
    flag = f"pain out of {maximum:.0f} in this column, put on the scale to {known:.0f}"
    return NumberReading(value=reading.value * (known or 1.0) / maximum, flag=flag)


def _days(cell: Cell, attributes: Mapping[str, str]) -> NumberReading:
    unit = attributes.get("unit", "days")
    reading = parse_number(cell) if unit == "days" else _in_months(cell, unit)
    if reading.value is None:
        return reading
    days = round(reading.value * (_DAYS_PER_UNIT["days" if unit == "days" else unit]))
    return NumberReading(value=float(days), flag=reading.flag, missing=reading.missing)


def _in_months(cell: Cell, unit: str) -> NumberReading:
    plain = parse_number(cell)
    return plain if plain.value is not None or unit != "months" else parse_months(cell)


def _plain(cell: Cell, attributes: Mapping[str, str]) -> NumberReading:
    return parse_number(cell)


def _age(cell: Cell, attributes: Mapping[str, str]) -> NumberReading:
    return parse_age(cell)


def _slip(cell: Cell, attributes: Mapping[str, str]) -> NumberReading:
    return parse_slip_grade(cell)


_NUMBERS: Final[Mapping[str, Callable[[Cell, Mapping[str, str]], NumberReading]]] = {
    "age_years": _age,
    "prescribed_months": _months,
    "prescribed_hours_per_day": _plain,
    "mean_hours_per_day": _plain,
    "slip_grade": _slip,
    "days_since_fitting": _days,
    "value": _score,
}
