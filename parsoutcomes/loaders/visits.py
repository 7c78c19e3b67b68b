"""What a row says of one block of scans, worked out once for all rows that say the same."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Final, NamedTuple, TypeVar

from parsoutcomes.conventions import DAYS_PER_MONTH, SIDES
from parsoutcomes.loaders.cells import BLANK, DateSpan, Read, Understood
from parsoutcomes.loaders.mapping import Column
from parsoutcomes.loaders.pars import ParsReading, ParsRecord
from parsoutcomes.loaders.sheet_columns import Sheet

_SCAN_DETAILS: Final = ("modality", "reader", "scan_reason")
_OF_SCANS: Final = ("union_status", "scan_date", "days_since_fitting", *_SCAN_DETAILS)
Reads = Mapping[Column, Read]
_Cell = TypeVar("_Cell")


class ScanRecord(NamedTuple):
    """One reading as rows give it; `level` and `side` None when the row does not say.

    `scan_span` stands in place of a date of which only month or year is given.
    """

    level: str | None
    side: str | None
    scan_date: datetime.date | None
    scan_span: DateSpan | None
    days_since_fitting: float | None
    union_status: str
    details: Mapping[str, object]
    of_patient: bool
    header: str


class _Times(NamedTuple):
    day: datetime.date | None = None
    span: DateSpan | None = None
    days: float | None = None
    is_nominal: bool = False


_NO_TIMES: Final = _Times()


class VisitReading(NamedTuple):
    """The readings of one visit, the checks it breaks, and its dated scan that nobody read."""

    scans: tuple[ScanRecord, ...] = ()
    checks: tuple[tuple[str, str], ...] = ()
    unread_scan: str = ""


class VisitReader:
    """The readings of one block of scans, worked out once for all rows that say the same."""

    def __init__(self, sheet: Sheet, visit: str) -> None:
        self._sheet = sheet
        self._visit = visit
        self._unions = sheet.by_visit["union_status", visit]
        about = {one for role in _OF_SCANS for one in sheet.by_visit.get((role, visit), ())}
        # Level and side are among what the pars are described by: remembered with the pars.
        more = {one for role in ("level", "side") for one in sheet.by_role.get(role, ())}
        self._of_columns = picker([n for n, one in enumerate(sheet.columns) if one in about])
        self._columns = [one for one in sheet.columns if one in about | more]
        self._of_more = picker([n for n, one in enumerate(sheet.columns) if one in about | more])
        self._known: dict[tuple[int, tuple[Understood, ...]], VisitReading] = {}

    def of(self, found: Sequence[Understood], described: ParsReading) -> VisitReading:
        """Return what a row says of this visit."""
        # Pars are remembered by their reader, so that no two have one identity.
        key = (id(described), self._of_columns(found))
        known = self._known.get(key)
        if known is None:
            reads = reads_of(self._columns, self._of_more(found))
            known = self._known[key] = self._read(reads, described.pars)
        return known

    def _one(self, role: str, reads: Reads) -> Read:
        return first_filled(self._sheet.by_visit.get((role, self._visit), ()), reads)

    def _read(self, reads: Reads, pars: tuple[ParsRecord, ...]) -> VisitReading:
        filled = [one for one in self._unions if reads[one].value is not None or reads[one].by_side]
        times = self._times(reads)
        if filled and times == _NO_TIMES:
            return VisitReading(checks=(("reading_without_date", filled[0].header.path),))
        nominal = (("scan_day_nominal", filled[0].header.path),) if filled else ()
        blank = all(reads[column].is_blank for column in self._unions)
        dated = times.day or times.span
        found = {role: self._one(role, reads).value for role in _SCAN_DETAILS} if filled else {}
        place = self._place(reads, pars)
        scans = ((self._reading(one, reads[one], place, times, found), one) for one in filled)
        return VisitReading(
            scans=tuple([scan for whole, one in scans for scan in _by_side(whole, reads[one])]),
            checks=nominal if times.is_nominal else (),
            unread_scan=self._unions[0].header.path if dated and blank else "",
        )

    def _times(self, reads: Reads) -> _Times:
        """Return when a scan was made, by its date, else by its days, else by the visit's name."""
        written = self._one("scan_date", reads).value
        counted = self._one("days_since_fitting", reads).value
        if (day := as_date(written)) is not None:
            return _Times(day=day)
        if isinstance(counted, float):
            return _Times(days=counted)
        if isinstance(written, DateSpan):
            return _Times(span=written)
        if not self._one("scan_date", reads).is_blank:
            return _NO_TIMES
        number, _, unit = self._visit.partition(" ")
        if unit.startswith("month") and number.replace(".", "").isdigit():
            return _Times(days=float(round(float(number) * DAYS_PER_MONTH)), is_nominal=True)
        return _NO_TIMES

    def _place(self, reads: Reads, pars: tuple[ParsRecord, ...]) -> tuple[str | None, str | None]:
        """Return level and side of a row's scans as far as the row itself leaves one of each."""
        levels = dict.fromkeys(one.level for one in pars) or self._said("level", reads).levels
        level = next(iter(levels)) if len(levels) == 1 else None
        side = pars[0].side if len(pars) == 1 else self._side_without_pars(reads, pars)
        return level, side

    def _reading(
        self,
        column: Column,
        read: Read,
        place: tuple[str | None, str | None],
        times: _Times,
        found: Mapping[str, object],
    ) -> ScanRecord:
        side = column.side or place[1]
        return ScanRecord(
            level=column.attributes.get("level") or place[0],
            side=side,
            scan_date=times.day,
            scan_span=times.span,
            days_since_fitting=times.days,
            union_status=str(read.value),
            details={**found, "modality": found["modality"] or self._sheet.modalities[column]},
            of_patient=side is None,
            header=column.header.path,
        )

    def _said(self, role: str, reads: Reads) -> Read:
        return first_filled(self._sheet.by_role.get(role, ()), reads)

    def _side_without_pars(self, reads: Reads, pars: tuple[ParsRecord, ...]) -> str | None:
        """Return the side that a row names though it says that there is no fracture on it."""
        said = self._said("side", reads).value or self._said("level", reads).side
        return str(said) if not pars and said in SIDES else None


def _by_side(one: ScanRecord, read: Read) -> Iterator[ScanRecord]:
    """Return a reading of each side that a cell names and says something of, else the one."""
    if not read.by_side:
        yield one
    for side, said in read.by_side.items():
        if said.value is not None:
            yield one._replace(side=side, union_status=str(said.value), of_patient=False)


def picker(positions: Sequence[int]) -> Callable[[Sequence[_Cell]], tuple[_Cell, ...]]:
    """Return what picks the same places out of every row."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda row: tuple([row[position] for position in positions])


def reads_of(columns: Sequence[Column], found: Sequence[Understood]) -> Reads:
    """Return what each of these columns of a row holds."""
    return {column: one.read for column, one in zip(columns, found, strict=True)}


def first_filled(columns: Sequence[Column], reads: Reads) -> Read:
    """Return what the first of these columns holds that is not blank."""
    for column in columns:
        read = reads[column]
        if not read.is_blank:
            return read
    return BLANK


def as_date(value: object) -> datetime.date | None:
    """Return the day of a value that is one."""
    if isinstance(value, datetime.datetime):
        return value.date()
    return value if isinstance(value, datetime.date) else None


def as_span(value: object) -> DateSpan | None:
    """Return the days that a value lies between, where it is such a span."""
    return value if isinstance(value, DateSpan) else None
