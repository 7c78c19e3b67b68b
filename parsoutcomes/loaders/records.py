"""What one row of a sheet says: the patient, the pars, the scans, the scores."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeVar

from parsoutcomes.loaders.cells import CellReader, DateSpan, Read, Understood
from parsoutcomes.loaders.grid import Cell, GridRow
from parsoutcomes.loaders.mapping import Column
from parsoutcomes.loaders.notes import Ledger, Place
from parsoutcomes.loaders.pars import ParsReading, ParsRecord, describe_pars, describes_pars
from parsoutcomes.loaders.sheet_columns import Sheet
from parsoutcomes.loaders.visits import (
    Reads,
    ScanRecord,
    VisitReader,
    as_date,
    as_span,
    first_filled,
    picker,
    reads_of,
)
from parsoutcomes.schema.tables import TABLES

EPISODE_ROLES: Final = tuple(
    column.name
    for column in TABLES["episodes"].columns
    if not column.derived and column.kind != "key"
)
_NO_LONGER_FOLLOWED: Final = ("completed", "lost", "withdrawn", "surgery", "transferred")
DEFINING_ROLES: Final = ("stage", "ct_stage", "stir", "laterality")
_OF_SCORES: Final = ("instrument", "timepoint", "score_date")
_OF_EVENTS: Final = ("event_date", "event_type")
_OF_WEAR: Final = ("period_start", "period_end", "mean_hours_per_day", "wear_method")
_NOTHING_LEFT_OVER: Final[frozenset[tuple[str, str]]] = frozenset()

_Made = TypeVar("_Made")


@dataclass(frozen=True, kw_only=True)
class ScoreRecord:
    """One score as a row gives it; `value` None when the row says that it is not known."""

    instrument: str
    timepoint: str | None
    date: datetime.date | None
    value: float | None
    header: str


@dataclass(frozen=True, kw_only=True)
class EventRecord:
    """One event as a row gives it; `latest` its last possible day where that alone is known."""

    type: str
    date: datetime.date | None
    latest: datetime.date | None = None


class RowRecord(NamedTuple):
    """Everything that one row says, in standard terms."""

    place: Place
    patient_id: str
    episode: Mapping[str, object]
    headers: Mapping[str, str]
    birth_date: datetime.date | None
    pars: tuple[ParsRecord, ...]
    scans: tuple[ScanRecord, ...]
    scores: tuple[ScoreRecord, ...]
    events: tuple[EventRecord, ...]
    wear: Mapping[str, object]
    defines_pars: bool
    is_scan_row: bool
    unread: tuple[str, ...] = ()
    left_over: frozenset[tuple[str, str]] = frozenset()


class RowReader:
    """Reads the rows of one sheet; what many rows say alike is worked out once.

    Parameters
    ----------
    sheet : Sheet
        Its columns.
    name : tuple of (str, str)
        Source and sheet, as places name them.
    cells : CellReader
        Reads its cells.
    ledger : Ledger
        Where checks are written down.
    """

    def __init__(
        self, sheet: Sheet, name: tuple[str, str], cells: CellReader, ledger: Ledger
    ) -> None:
        self._sheet = sheet
        self._name = name
        self._ledger = ledger
        self._cells = [cells.of_column(column) for column in sheet.columns]
        self._headers = [column.header.path for column in sheet.columns]
        positions = [column.header.position for column in sheet.columns]
        self._width = max(positions, default=-1) + 1
        self._chosen = picker(positions)
        self._unused = [(one.header.path, one.header.position) for one in sheet.unused]
        self._defines_pars = sheet.has(*DEFINING_ROLES)
        self._episodes = self._remembered(_episode, (*EPISODE_ROLES, *_OF_EVENTS))
        about_pars = [one for one in sheet.columns if describes_pars(one)]
        self._pars = _Remembered(sheet, about_pars, describe_pars)
        self._births = self._remembered(_birth_date, ("birth_date",))
        self._scores = self._remembered(_scores, ("value", *_OF_SCORES))
        self._events = self._remembered(_events, _OF_EVENTS)
        self._wear = self._remembered(_wear, _OF_WEAR)
        self._visits = [VisitReader(sheet, visit) for visit in sheet.visits]

    def _remembered(
        self, make: Callable[[Sheet, Reads], _Made], roles: Sequence[str]
    ) -> _Remembered[_Made]:
        columns = [column for role in roles for column in self._sheet.by_role.get(role, ())]
        return _Remembered(self._sheet, columns, make)

    def read(self, row: GridRow, place: Place, patient_id: str) -> RowRecord:
        """Return everything that the row says."""
        found = self._understood(row)
        left_over = self._written_down(found, row, place)
        (episode, broken), described = self._episodes.of(found), self._pars.of(found)
        for check, columns in (*broken, *described.checks):
            self._ledger.note_check(check, place, *columns)
        return RowRecord(
            place=place,
            patient_id=patient_id,
            episode=episode,
            headers=self._sheet.headers,
            birth_date=self._births.of(found),
            pars=described.pars,
            scans=self._scans(found, described, place),
            scores=self._scores.of(found),
            events=self._events.of(found),
            wear=self._wear.of(found),
            defines_pars=self._defines_pars,
            is_scan_row=self._sheet.is_by_scan,
            unread=described.unread,
            left_over=left_over,
        )

    def _understood(self, row: GridRow) -> list[Understood]:
        cells = row.cells
        if len(cells) < self._width:
            cells = (*cells, *[None] * (self._width - len(cells)))
        return [
            known[cell if cell is None or type(cell) is str else (type(cell), cell)]
            for known, cell in zip(self._cells, self._chosen(cells), strict=True)
        ]

    def _written_down(
        self, found: Sequence[Understood], row: GridRow, place: Place
    ) -> frozenset[tuple[str, str]]:
        """Write down what became of each cell, and return what is in cells that say nothing."""
        unread: list[tuple[str, Cell]] = []
        for number, one in enumerate(found):
            one.n += 1
            if one.reason:
                self._ledger.note_cell(place, self._headers[number], one.outcome, one.reason)
                if one.read.problem:
                    column = self._sheet.columns[number]
                    unread.append((column.header.path, row.cell(column.header.position)))
        if not unread and not self._unused:
            return _NOTHING_LEFT_OVER
        unread += [(path, row.cell(position)) for path, position in self._unused]
        return frozenset((path, str(cell)) for path, cell in unread if cell is not None)

    def _scans(
        self, found: Sequence[Understood], described: ParsReading, place: Place
    ) -> tuple[ScanRecord, ...]:
        scans: tuple[ScanRecord, ...] = ()
        for visit in self._visits:
            read = visit.of(found, described)
            for check, header in read.checks:
                self._ledger.note_check(check, place, header)
            if read.unread_scan:
                reason = "scan dated, but not read"
                self._ledger.note_cell(place, read.unread_scan, "missing", reason)
            scans = scans + read.scans if scans else read.scans
        return scans

    def finish(self) -> None:
        """Count the cells of all rows read by what became of them."""
        for column, cells in zip(self._sheet.columns, self._cells, strict=True):
            self._ledger.tally_of(*self._name, column.header.position).update(cells.tally())


class _Remembered(Generic[_Made]):
    """What a row says in some of its columns, worked out once for all rows that say the same."""

    def __init__(
        self, sheet: Sheet, columns: Sequence[Column], make: Callable[[Sheet, Reads], _Made]
    ) -> None:
        self._sheet = sheet
        self._make = make
        about = set(columns)
        self._of_columns = picker([n for n, one in enumerate(sheet.columns) if one in about])
        self._columns = [one for one in sheet.columns if one in about]
        # What was understood is told by identity, and lives as long as its column's reader.
        self._known: dict[tuple[Understood, ...], _Made] = {}
        self._always = None if about else make(sheet, {})

    def of(self, found: Sequence[Understood]) -> _Made:
        if self._always is not None:
            return self._always
        key = self._of_columns(found)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._make(self._sheet, reads_of(self._columns, key))
        return known


_Broken = tuple[tuple[str, tuple[str, ...]], ...]


def _episode(sheet: Sheet, reads: Reads) -> tuple[dict[str, object], _Broken]:
    values = {
        role: first_filled(sheet.by_role[role], reads).value
        for role in EPISODE_ROLES
        if role in sheet.by_role
    }
    if values.get("surgery_date") == "yes":
        values["surgery_date"] = None
        values["status"] = values.get("status") or "surgery"
    if (between := _surgery_between(sheet, reads)) is not None:
        values["surgery_date"] = between
    for column in TABLES["episodes"].columns:
        if column.kind == "boolean" and column.name in values:
            values[column.name] = {"yes": True, "no": False}.get(str(values[column.name]))
        if column.kind == "date" and column.name in values:
            values[column.name] = as_span(values[column.name]) or as_date(values[column.name])
    episode = {role: value for role, value in values.items() if value is not None}
    return episode, tuple(_checks_of_episode(episode, sheet, reads))


def _checks_of_episode(
    episode: Mapping[str, object], sheet: Sheet, reads: Reads
) -> Iterator[tuple[str, tuple[str, ...]]]:
    brace_end = first_filled(sheet.by_role.get("brace_end_date", ()), reads)
    if brace_end.missing == "not_yet_due" and episode.get("status") in _NO_LONGER_FOLLOWED:
        yield "brace_end_unknown", ("brace_end_date", "status")


def _of(sheet: Sheet, role: str, reads: Reads) -> Read:
    return first_filled(sheet.by_role.get(role, ()), reads)


def _birth_date(sheet: Sheet, reads: Reads) -> datetime.date | None:
    return as_date(_of(sheet, "birth_date", reads).value)


def _scores(sheet: Sheet, reads: Reads) -> tuple[ScoreRecord, ...]:
    return tuple(_each_score(sheet, reads))


def _each_score(sheet: Sheet, reads: Reads) -> Iterator[ScoreRecord]:
    named = _of(sheet, "instrument", reads).value
    for column in sheet.by_role.get("value", ()):
        read = reads[column]
        instrument = column.attributes.get("instrument") or named
        if read.is_blank or read.problem or not instrument:
            continue
        timepoint = column.attributes.get("timepoint") or _of(sheet, "timepoint", reads).value
        yield ScoreRecord(
            instrument=str(instrument),
            timepoint=None if timepoint is None else str(timepoint),
            date=as_date(_of(sheet, "score_date", reads).value),
            value=read.value if isinstance(read.value, float) else None,
            header=column.header.path,
        )


def _surgery_between(sheet: Sheet, reads: Reads) -> DateSpan | None:
    """Return the days between which surgery lies that is told as an event of a month or year.

    It is kept on the course, where such days have their place, unless a column of the course
    itself is on surgery.
    """
    if "surgery_date" in sheet.by_role:
        return None
    told = (as_span(read.value) for kind, read in _told(sheet, reads) if kind == "surgery")
    return next((span for span in told if span is not None), None)


def _events(sheet: Sheet, reads: Reads) -> tuple[EventRecord, ...]:
    return tuple(_each_event(sheet, reads))


def _each_event(sheet: Sheet, reads: Reads) -> Iterator[EventRecord]:
    on_course = _surgery_between(sheet, reads)
    for kind, read in _told(sheet, reads):
        span = as_span(read.value)
        if span is None or span is not on_course:
            latest = None if span is None else span.latest
            yield EventRecord(type=kind, date=as_date(read.value), latest=latest)


def _told(sheet: Sheet, reads: Reads) -> Iterator[tuple[str, Read]]:
    """Yield the kind and the day of each event that a row tells of."""
    told = _of(sheet, "event_type", reads).value
    for column in sheet.by_role.get("event_date", ()):
        read, kind = reads[column], column.attributes.get("event") or told
        if kind and read.value is not None and read.value != "no":
            yield str(kind), read


def _wear(sheet: Sheet, reads: Reads) -> dict[str, object]:
    if not sheet.has("mean_hours_per_day"):
        return {}
    return {
        "period_start": as_date(_of(sheet, "period_start", reads).value),
        "period_end": as_date(_of(sheet, "period_end", reads).value),
        "mean_hours_per_day": _of(sheet, "mean_hours_per_day", reads).value,
        "method": _of(sheet, "wear_method", reads).value,
    }
