"""Reading one cell by the role of its column; what is not understood is listed, never guessed."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.loaders.dates import DateReading, Order, classify_date, resolve_date
from parsoutcomes.loaders.grid import Cell, ErrorCell, GridRow
from parsoutcomes.loaders.mapping import DATE_ROLES, Column
from parsoutcomes.loaders.notes import Ledger, Place
from parsoutcomes.loaders.parsing import (
    NumberReading,
    parse_age,
    parse_level,
    parse_months,
    parse_number,
    parse_score,
    parse_slip_grade,
)
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
_DAYS_PER_UNIT: Final = {"days": 1.0, "weeks": 7.0, "months": DAYS_PER_MONTH, "years": 365.25}
_KEPT_AS_TEXT: Final = ("site",)
_CODED_TEXT: Final = ("reader",)
_SCORE_MAXIMUM: Final = {"pain_nrs": 10.0, "odi": 100.0, "micheli": 100.0}


@dataclass(frozen=True, kw_only=True)
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
    """

    value: object = None
    missing: str = ""
    flag: str = ""
    problem: str = ""
    levels: tuple[str, ...] = ()
    side: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether there was nothing in the cell."""
        return self.missing == "blank"


BLANK: Final = Read(missing="blank")


class CellReader:
    """Reads cells, remembers what it has read before, and writes down what it could not read.

    Parameters
    ----------
    vocabulary : Vocabulary
        Known spellings.
    order : str or None
        "day_first" or "month_first", as proved or declared.
    latest : datetime.date or None
        Two-digit years never lie after it.
    ledger : Ledger
        Where lines of the account go.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        order: Order | None,
        latest: datetime.date | None,
        ledger: Ledger,
    ) -> None:
        self._vocabulary = vocabulary
        self._order = order
        self._latest = latest
        self._ledger = ledger
        self._seen: dict[tuple[object, ...], Read] = {}
        self._codes: dict[str, str] = {}

    def read(self, column: Column, row: GridRow, place: Place) -> Read:
        """Read one cell and write down what became of it."""
        cell = row.cell(column.header.position)
        if cell is None:
            return BLANK
        read = self._remembered(column, cell)
        self._write_down(read, column, place)
        return read

    def _remembered(self, column: Column, cell: Cell) -> Read:
        attributes = column.attributes
        key = (
            column.role,
            attributes.get("unit"),
            attributes.get("instrument"),
            attributes.get("maximum"),
            type(cell),
            cell,
        )
        if key not in self._seen:
            self._seen[key] = self._understand(column, cell)
        return self._seen[key]

    def _write_down(self, read: Read, column: Column, place: Place) -> None:
        position, header = column.header.position, column.header.path
        if read.problem:
            self._ledger.tally(place, position, "unresolved")
            self._ledger.note_cell(place, header, "unresolved", read.problem)
            return
        if read.missing and not read.is_blank:
            self._ledger.tally(place, position, "missing")
            reason = _MISSING_WORDS.get(read.missing, f"recorded as {read.missing}")
            self._ledger.note_cell(place, header, "missing", reason)
            return
        self._ledger.tally(place, position, "flagged" if read.flag else "read")
        if read.flag:
            self._ledger.note_cell(place, header, "flagged", read.flag)

    def _understand(self, column: Column, cell: Cell) -> Read:
        if isinstance(cell, ErrorCell):
            return Read(problem=cell.reason)
        role = column.role
        if role in DATE_ROLES:
            return self._date(role, cell)
        if role in _NUMBERS:
            return self._number(column, cell)
        if role == "level":
            return _level(cell)
        if role in _CODED_TEXT:
            return self._code(role, str(cell))
        return self._word(role, cell)

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
            return Read(value=text)
        return Read(problem="spelling not known")

    def _code(self, role: str, text: str) -> Read:
        match = self._vocabulary.value(role, text)
        if match is not None and match.missing:
            return Read(missing=match.missing)
        code = self._codes.setdefault(text.casefold(), f"{role} {len(self._codes) + 1}")
        return Read(value=code)

    def _date(self, role: str, cell: Cell) -> Read:
        reading = classify_date(cell)
        date = resolve_date(reading, self._order, latest=self._latest)
        if date is not None:
            return Read(value=date)
        if role == "birth_date" and reading.earliest and reading.latest:
            return _middle(reading)
        match = self._vocabulary.value(role, str(cell))
        if match is not None and match.missing:
            return Read(missing=match.missing)
        if match is not None and match.value is not None:
            return Read(value=match.value)
        if reading.kind == "missing":
            return Read(missing="not_known")
        return Read(problem=_UNDATED.get(reading.kind, "not a date"))

    def _number(self, column: Column, cell: Cell) -> Read:
        reading = _NUMBERS[column.role](cell, column.attributes)
        if reading.value is not None:
            return Read(value=float(reading.value), flag=reading.flag or "")
        if reading.missing:
            return Read(missing=reading.missing)
        match = self._vocabulary.value(column.role, str(cell))
        if match is not None and match.missing:
            return Read(missing=match.missing)
        return Read(problem=reading.flag or "not a number")


def _middle(reading: DateReading) -> Read:
    if reading.earliest is None or reading.latest is None:
        return Read(problem="not a date")
    middle = reading.earliest + (reading.latest - reading.earliest) / 2
    whole = "month" if reading.kind == "month_only" else "year"
    return Read(value=middle, flag=f"only the {whole} is given: its middle is taken for the age")


def _level(cell: Cell) -> Read:
    reading = parse_level(str(cell))
    if reading.levels:
        return Read(levels=reading.levels, side=reading.side or "", flag=reading.flag or "")
    if reading.missing:
        return Read(missing=reading.missing)
    return Read(problem=reading.flag or "level not known")


def _months(cell: Cell, attributes: Mapping[str, str]) -> NumberReading:
    return parse_months(cell, unit=attributes.get("unit", "months"))


def _score(cell: Cell, attributes: Mapping[str, str]) -> NumberReading:
    known = _SCORE_MAXIMUM.get(attributes.get("instrument", ""), None)
    maximum = float(attributes["maximum"]) if "maximum" in attributes else known
    return parse_number(cell) if maximum is None else parse_score(cell, maximum=maximum)


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
