"""What one row of a sheet says: the patient, the pars, the scans, the scores."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, NamedTuple, TypeVar

from parsoutcomes.conventions import DAYS_PER_MONTH, SIDES
from parsoutcomes.loaders.cells import BLANK, CellReader, DateSpan, Read
from parsoutcomes.loaders.grid import GridRow
from parsoutcomes.loaders.mapping import Column
from parsoutcomes.loaders.notes import Ledger, Place
from parsoutcomes.loaders.pars import ParsReading, ParsRecord, describe_pars, describes_pars
from parsoutcomes.loaders.sheet_columns import Sheet
from parsoutcomes.schema.tables import TABLES

EPISODE_ROLES: Final = tuple(
    column.name
    for column in TABLES["episodes"].columns
    if not column.derived and column.kind != "key"
)
_SCAN_DETAILS: Final = ("modality", "reader", "scan_reason")
_NO_LONGER_FOLLOWED: Final = ("completed", "lost", "withdrawn", "surgery", "transferred")
DEFINING_ROLES: Final = ("stage", "ct_stage", "stir", "laterality")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanRecord:
    """One reading as a row gives it; `level` and `side` None when the row does not say.

    `scan_span` stands in place of a date of which only month or year is given.
    """

    place: Place
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


@dataclass(frozen=True, kw_only=True, slots=True)
class RowRecord:
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
        self._cells = [(column, cells.of_column(column, *name)) for column in sheet.columns]
        self._ledger = ledger
        about_episode = [one for one in sheet.columns if one.role in EPISODE_ROLES]
        about_pars = [one for one in sheet.columns if describes_pars(one)]
        self._episodes = _Remembered(sheet, about_episode, _episode)
        self._pars = _Remembered(sheet, about_pars, describe_pars)

    def read(self, row: GridRow, place: Place, patient_id: str) -> RowRecord:
        """Return everything that the row says."""
        reads = {column: cells.read(row, place) for column, cells in self._cells}
        episode, described = self._episodes.of(reads), self._pars.of(reads)
        for check, columns in (*_checks_of_episode(episode, self._sheet, reads), *described.checks):
            self._ledger.note_check(check, place, *columns)
        return _Row(self._sheet, reads, place, self._ledger).record(
            patient_id, episode, described, self._left_over(row, reads)
        )

    def _left_over(self, row: GridRow, reads: Mapping[Column, Read]) -> frozenset[tuple[str, str]]:
        """Return what the row holds in columns not used and in cells not understood."""
        unread = [column for column, read in reads.items() if read.problem]
        headers = [column.header for column in (*self._sheet.unused, *unread)]
        cells = [(header.path, row.cell(header.position)) for header in headers]
        return frozenset((path, str(cell)) for path, cell in cells if cell is not None)


_Made = TypeVar("_Made")


class _Remembered(Generic[_Made]):
    """What a row says in some of its columns, worked out once for all rows that say the same."""

    def __init__(
        self,
        sheet: Sheet,
        columns: Sequence[Column],
        make: Callable[[Sheet, Mapping[Column, Read]], _Made],
    ) -> None:
        self._sheet = sheet
        self._columns = columns
        self._make = make
        # The reads are kept as well: while they live, no other object has their identity.
        self._known: dict[tuple[int, ...], tuple[_Made, Mapping[Column, Read]]] = {}

    def of(self, reads: Mapping[Column, Read]) -> _Made:
        key = tuple([id(reads[column]) for column in self._columns])
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (self._make(self._sheet, reads), reads)
        return known[0]


def _first_filled(columns: Sequence[Column], reads: Mapping[Column, Read]) -> Read:
    for column in columns:
        read = reads[column]
        if not read.is_blank:
            return read
    return BLANK


def _episode(sheet: Sheet, reads: Mapping[Column, Read]) -> dict[str, object]:
    values = {
        role: _first_filled(sheet.by_role[role], reads).value
        for role in EPISODE_ROLES
        if role in sheet.by_role
    }
    if values.get("surgery_date") == "yes":
        values["surgery_date"] = None
        values["status"] = values.get("status") or "surgery"
    for column in TABLES["episodes"].columns:
        if column.kind == "boolean" and column.name in values:
            values[column.name] = {"yes": True, "no": False}.get(str(values[column.name]))
        if column.kind == "date" and column.name in values:
            values[column.name] = _as_span(values[column.name]) or _as_date(values[column.name])
    return {role: value for role, value in values.items() if value is not None}


def _checks_of_episode(
    episode: Mapping[str, object], sheet: Sheet, reads: Mapping[Column, Read]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    brace_end = _first_filled(sheet.by_role.get("brace_end_date", ()), reads)
    if brace_end.missing == "not_yet_due" and episode.get("status") in _NO_LONGER_FOLLOWED:
        yield "brace_end_unknown", ("brace_end_date", "status")


class _Row:
    def __init__(
        self, sheet: Sheet, reads: Mapping[Column, Read], place: Place, ledger: Ledger
    ) -> None:
        self._sheet = sheet
        self._reads = reads
        self._place = place
        self._ledger = ledger

    def record(
        self,
        patient_id: str,
        episode: Mapping[str, object],
        described: ParsReading,
        left_over: frozenset[tuple[str, str]],
    ) -> RowRecord:
        return RowRecord(
            place=self._place,
            patient_id=patient_id,
            episode=episode,
            headers=self._sheet.headers,
            birth_date=_as_date(self._one("birth_date").value),
            pars=described.pars,
            scans=tuple(self._scans(described.pars)),
            scores=tuple(self._scores()),
            events=tuple(self._events()),
            wear=self._wear(),
            defines_pars=self._sheet.has(*DEFINING_ROLES),
            is_scan_row=self._sheet.is_by_scan,
            unread=described.unread,
            left_over=left_over,
        )

    def _one(self, role: str, visit: str | None = None) -> Read:
        columns = (
            self._sheet.by_role.get(role, ())
            if visit is None
            else self._sheet.by_visit.get((role, visit), ())
        )
        return _first_filled(columns, self._reads)

    def _scans(self, pars: tuple[ParsRecord, ...]) -> Iterator[ScanRecord]:
        for visit in self._sheet.visits:
            yield from self._visit(visit, pars)

    def _visit(self, visit: str, pars: tuple[ParsRecord, ...]) -> Iterator[ScanRecord]:
        columns = self._sheet.by_visit["union_status", visit]
        filled = [c for c in columns if self._reads[c].value is not None or self._reads[c].by_side]
        times = self._times(visit)
        if filled and times == _NO_TIMES:
            self._ledger.note_check("reading_without_date", self._place, filled[0].header.path)
            return
        if filled and times.is_nominal:
            self._ledger.note_check("scan_day_nominal", self._place, filled[0].header.path)
        if (times.day or times.span) and all(self._reads[column].is_blank for column in columns):
            header = columns[0].header.path
            self._ledger.note_cell(self._place, header, "missing", "scan dated, but not read")
        found = {role: self._one(role, visit).value for role in _SCAN_DETAILS} if filled else {}
        for column in filled:
            details = {**found, "modality": found["modality"] or self._sheet.modalities[column]}
            one = self._reading(column, pars, times, details)
            yield from _by_side(one, self._reads[column]) if self._reads[column].by_side else (one,)

    def _times(self, visit: str) -> _Times:
        """Return when a scan was made, by its date, else by its days, else by the visit's name."""
        written = self._one("scan_date", visit).value
        counted = self._one("days_since_fitting", visit).value
        if (day := _as_date(written)) is not None:
            return _Times(day=day)
        if isinstance(counted, float):
            return _Times(days=counted)
        if isinstance(written, DateSpan):
            return _Times(span=written)
        if not self._one("scan_date", visit).is_blank:
            return _NO_TIMES
        number, _, unit = visit.partition(" ")
        if unit.startswith("month") and number.replace(".", "").isdigit():
            return _Times(days=float(round(float(number) * DAYS_PER_MONTH)), is_nominal=True)
        return _NO_TIMES

    def _reading(
        self,
        column: Column,
        pars: tuple[ParsRecord, ...],
        times: _Times,
        details: Mapping[str, object],
    ) -> ScanRecord:
        levels = tuple(dict.fromkeys(one.level for one in pars)) or self._one("level").levels
        sides = tuple(dict.fromkeys(one.side for one in pars))
        alone = len(pars) == 1
        level = column.attributes.get("level") or (levels[0] if len(levels) == 1 else None)
        side = column.side or (sides[0] if alone else self._side_without_pars(pars))
        for_all = column.side is None and side is None
        return ScanRecord(
            place=self._place,
            level=level,
            side=side,
            scan_date=times.day,
            scan_span=times.span,
            days_since_fitting=times.days,
            union_status=str(self._reads[column].value),
            details=details,
            of_patient=for_all,
            header=column.header.path,
        )

    def _side_without_pars(self, pars: tuple[ParsRecord, ...]) -> str | None:
        """Return the side that a row names though it says that there is no fracture on it."""
        said = self._one("side").value or self._one("level").side
        return str(said) if not pars and said in SIDES else None

    def _scores(self) -> Iterator[ScoreRecord]:
        named = self._one("instrument").value
        for column in self._sheet.by_role.get("value", ()):
            read = self._reads[column]
            instrument = column.attributes.get("instrument") or named
            if read.is_blank or read.problem or not instrument:
                continue
            timepoint = column.attributes.get("timepoint") or self._one("timepoint").value
            yield ScoreRecord(
                instrument=str(instrument),
                timepoint=None if timepoint is None else str(timepoint),
                date=_as_date(self._one("score_date").value),
                value=read.value if isinstance(read.value, float) else None,
                header=column.header.path,
            )

    def _events(self) -> Iterator[EventRecord]:
        kind = self._one("event_type").value
        for column in self._sheet.by_role.get("event_date", ()):
            read, event = self._reads[column], column.attributes.get("event") or kind
            if event and read.value is not None and read.value != "no":
                span = _as_span(read.value)
                latest = None if span is None else span.latest
                yield EventRecord(type=str(event), date=_as_date(read.value), latest=latest)

    def _wear(self) -> dict[str, object]:
        if not self._sheet.has("mean_hours_per_day"):
            return {}
        return {
            "period_start": _as_date(self._one("period_start").value),
            "period_end": _as_date(self._one("period_end").value),
            "mean_hours_per_day": self._one("mean_hours_per_day").value,
            "method": self._one("wear_method").value,
        }


def _by_side(one: ScanRecord, read: Read) -> Iterator[ScanRecord]:
    """Return a reading of each side that a cell names and says something of."""
    for side, said in read.by_side.items():
        if said.value is not None:
            yield replace(one, side=side, union_status=str(said.value), of_patient=False)


def _as_span(value: object) -> DateSpan | None:
    return value if isinstance(value, DateSpan) else None


def _as_date(value: object) -> datetime.date | None:
    if isinstance(value, datetime.datetime):
        return value.date()
    return value if isinstance(value, datetime.date) else None
