"""Rows to the standard tables, with the source row behind each row of each table."""

from __future__ import annotations

import datetime
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import pandas as pd

from parsoutcomes.loaders.cells import DateSpan
from parsoutcomes.loaders.episodes import EpisodeRows, group_rows, join_scores, join_values
from parsoutcomes.loaders.notes import Ledger, Place
from parsoutcomes.loaders.pars import ParsRecord
from parsoutcomes.loaders.records import RowRecord
from parsoutcomes.loaders.unread_pars import leave_out_unread_pars
from parsoutcomes.loaders.visits import ScanRecord
from parsoutcomes.schema.tables import TABLES

_PARS_VALUES: Final = ("stage", "ct_stage", "stir")
_NOTHING_TOLD: Final = ParsRecord(level=None, side=None)

Line = dict[str, object]
_Person = tuple[object, ...]


@dataclass(frozen=True, kw_only=True)
class Assembled:
    """The tables, and for each of their rows the source row it came from."""

    tables: Mapping[str, pd.DataFrame]
    places: Mapping[str, Sequence[Place]]


def assemble_tables(records: Iterable[RowRecord], ledger: Ledger) -> Assembled:
    """Build the six tables from what the rows say.

    Parameters
    ----------
    records : iterable of RowRecord
        All rows of all sheets.
    ledger : Ledger
        Where rows set aside, disagreements and left-out readings are written down.

    Returns
    -------
    Assembled
    """
    builder = _Builder(ledger)
    grouped = group_rows(records, ledger)
    episodes = [leave_out_unread_pars(episode, ledger) for episode in grouped]
    for episode in episodes:
        builder.add(episode)
    _compare_people(episodes, ledger)
    return builder.finish()


class _Builder:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._names = {name: table.column_names for name, table in TABLES.items()}
        self._lines: dict[str, list[tuple[object, ...]]] = {name: [] for name in TABLES}
        # Readings are many, and all say the same kinds of things: kept by column.
        self._columns: defaultdict[str, list[object]] = defaultdict(list)
        self._places: dict[str, list[Place]] = {name: [] for name in TABLES}

    def add(self, episode: EpisodeRows) -> None:
        """Add one course of treatment with all that belongs to it."""
        if not episode.rows:
            return
        keys: Line = {"episode_id": episode.episode_id, "patient_id": episode.patient_id}
        first = episode.rows[0].place
        values = join_values(episode, self._ledger)
        self._line("episodes", first, {**_with_days_between(values), **keys})
        defects = self._defects(episode, keys)
        fitted = values.get("fitted_date")
        self._readings(_Scans(episode, defects, fitted, self._ledger).readings(), keys)
        for score in join_scores(episode, self._ledger):
            line = {"date": score.date, "timepoint": score.timepoint, "value": score.value}
            self._line("scores", first, {**line, "instrument": score.instrument, **keys})
        self._events(episode, keys)

    def _readings(self, readings: Iterable[_Reading], keys: Line) -> None:
        for reading in readings:
            scan = reading.scan
            for name, value in (
                *keys.items(),
                ("defect_id", reading.defect_id),
                ("scan_date", scan.scan_date),
                ("days_since_fitting", reading.earliest),
                ("days_since_fitting_latest", reading.latest),
                ("union_status", scan.union_status),
                ("scope", reading.scope),
                *scan.details.items(),
            ):
                self._columns[name].append(value)
            self._places["readings"].append(reading.place)

    def _line(self, table: str, place: Place, line: Line) -> None:
        names = self._names[table]
        self._lines[table].append(tuple([line.get(name, math.nan) for name in names]))
        self._places[table].append(place)

    def _defects(
        self, episode: EpisodeRows, keys: Line
    ) -> dict[tuple[str | None, str | None], str]:
        defects: dict[tuple[str | None, str | None], str] = {}
        for place, one in _pars_of(episode, self._ledger):
            name = f"{episode.episode_id}-{one.level or 'unknown'}-{one.side or 'unknown'}"
            defects[(one.level, one.side)] = name
            values = {column: getattr(one, column) for column in _PARS_VALUES}
            line = {"defect_id": name, "level": one.level, "side": one.side, **values, **keys}
            self._line("defects", place, line)
        return defects

    def _events(self, episode: EpisodeRows, keys: Line) -> None:
        seen: set[tuple[object, ...]] = set()
        for row in episode.rows:
            for event in row.events:
                if (event.type, event.date) not in seen:
                    seen.add((event.type, event.date))
                    line: Line = {"type": event.type, "date": event.date, **keys}
                    self._line("events", row.place, line)
            if any(value is not None for value in row.wear.values()):
                self._line("wear", row.place, {**row.wear, **keys})

    def finish(self) -> Assembled:
        """Return all tables as frames."""
        tables = {
            name: pd.DataFrame.from_records(lines, columns=list(self._names[name]))
            if lines
            else TABLES[name].empty_frame()
            for name, lines in self._lines.items()
        }
        if self._columns:
            tables["readings"] = pd.DataFrame(self._columns)
        return Assembled(tables=tables, places=self._places)


def _with_days_between(values: Mapping[str, object]) -> Line:
    """Return the values of a course, dates known by month or year as the days they lie between."""
    line: Line = dict(values)
    for name, value in values.items():
        if isinstance(value, DateSpan):
            is_contact = name == "last_contact_date"
            line[name] = value.earliest if is_contact else None
            line[f"{name}_earliest"], line[f"{name}_latest"] = value.earliest, value.latest
    return line


def _pars_of(episode: EpisodeRows, ledger: Ledger) -> list[tuple[Place, ParsRecord]]:
    """Return each pars of a course once; a sheet without stages only adds pars if no other does."""
    defining = [row for row in episode.rows if row.defines_pars and row.pars]
    rows = defining or episode.rows
    all_pars = [one for row in rows for one in row.pars]
    found: dict[tuple[str | None, str | None], tuple[Place, ParsRecord]] = {}
    for row in rows:
        for one in row.pars:
            if _is_told_elsewhere(one, all_pars):
                if one != _NOTHING_TOLD:
                    ledger.note_check("pars_told_in_part", row.place, "level", "side", "stage")
                continue
            key = (one.level, one.side)
            earlier = found.get(key)
            joined = one if earlier is None else _joined(earlier[1], one, row, ledger)
            found[key] = (row.place if earlier is None else earlier[0], joined)
    return [found[key] for key in sorted(found, key=_by_level_and_side)]


def _is_told_elsewhere(one: ParsRecord, all_pars: Iterable[ParsRecord]) -> bool:
    """Whether another record says more of what may be this pars, as where a row adds a scan."""
    if one.stage is not None or one.ct_stage is not None or one.stir is not None:
        return False
    return any(
        one.level in (None, other.level)
        and one.side in (None, other.side)
        and (one.level, one.side) != (other.level, other.side)
        for other in all_pars
    )


def _by_level_and_side(key: tuple[str | None, str | None]) -> tuple[str, str]:
    return (key[0] or "", key[1] or "")


def _joined(earlier: ParsRecord, one: ParsRecord, row: RowRecord, ledger: Ledger) -> ParsRecord:
    if one is earlier:
        return earlier
    values: dict[str, str | None] = {}
    for column in _PARS_VALUES:
        before, now = getattr(earlier, column), getattr(one, column)
        if before is not None and now is not None and before != now:
            ledger.note_check("conflicting_value", row.place, column)
            header = row.headers.get(column, column)
            reason = "an earlier row says otherwise of the same pars; the earlier is used"
            ledger.note_cell(row.place, header, "conflict", reason)
        values[column] = before if before is not None else now
    return replace(earlier, **values)


class _Reading(NamedTuple):
    place: Place
    scan: ScanRecord
    defect_id: str | None
    scope: str
    earliest: float | None
    latest: float | None


class _Scans:
    """The readings of one course, each given to its pars."""

    def __init__(
        self,
        episode: EpisodeRows,
        defects: Mapping[tuple[str | None, str | None], str],
        fitted: object,
        ledger: Ledger,
    ) -> None:
        self._episode = episode
        self._defects = defects
        self._fitted = fitted
        self._ledger = ledger
        self._known: dict[tuple[str | None, str | None], list[str]] = {}

    def readings(self) -> list[_Reading]:
        """Return readings in order, without repeats and without contradictions of one day."""
        kept: dict[tuple[object, ...], list[_Reading]] = {}
        for row in self._episode.rows:
            for scan in row.scans:
                for reading in self._placed(scan, row):
                    kept.setdefault(_key(reading), []).append(reading)
        settled = [one for same in kept.values() for one in self._settled(same)]
        self._compare_readers(settled)
        return settled

    def _compare_readers(self, readings: Sequence[_Reading]) -> None:
        """List the readings of one scan on which two readers differ; both are kept."""
        scans: dict[tuple[object, ...], list[_Reading]] = {}
        for reading in readings:
            if reading.scan.details["reader"] is not None:
                scans.setdefault(_scan_key(reading), []).append(reading)
        for same in scans.values():
            statuses = {one.scan.union_status for one in same} - {"not_assessable"}
            if len({one.scan.details["reader"] for one in same}) > 1 and len(statuses) > 1:
                for reading in same:
                    self._ledger.note_check("readers_disagree", reading.place, reading.scan.header)

    def _settled(self, same: Sequence[_Reading]) -> Iterator[_Reading]:
        if len({reading.scan.union_status for reading in same}) == 1:
            yield same[0]
            for reading in same[1:]:
                self._ledger.note_check("duplicated_reading", reading.place, reading.scan.header)
            return
        for reading in same:
            header = reading.scan.header
            self._ledger.note_check("conflicting_reading", reading.place, header)
            reason = "the same pars is read differently on the same day; neither is used"
            self._ledger.note_cell(reading.place, header, "conflict", reason)

    def _placed(self, scan: ScanRecord, row: RowRecord) -> Iterator[_Reading]:
        if scan.scan_span is not None and not isinstance(self._fitted, datetime.date):
            self._ledger.note_check("reading_without_date", row.place, scan.header)
            return
        if scan.of_patient:
            yield from self._of_patient(scan, row)
            return
        found = self._found(scan.level, scan.side)
        if len(found) == 1:
            yield self._reading(scan, row.place, found[0], "defect")
        else:
            self._ledger.note_check("reading_without_defect", row.place, scan.header)

    def _found(self, level: str | None, side: str | None) -> list[str]:
        """Return the defects of which a scan may be."""
        if (level, side) not in self._known:
            self._known[level, side] = [
                name
                for (own_level, own_side), name in self._defects.items()
                if _may_be(level, own_level) and _may_be(side, own_side)
            ]
        return self._known[level, side]

    def _reading(
        self, scan: ScanRecord, place: Place, defect_id: str | None, scope: str
    ) -> _Reading:
        earliest, latest = _days_between(scan.scan_span, self._fitted)
        if latest is None:
            earliest = scan.days_since_fitting
        return _Reading(place, scan, defect_id, scope, earliest, latest)

    def _of_patient(self, scan: ScanRecord, row: RowRecord) -> Iterator[_Reading]:
        own = [key for key in self._defects if not row.pars or _is_among(key, row.pars)]
        if not own:
            self._ledger.note_check("reading_without_defect", row.place, scan.header)
        elif len(own) == len(self._defects):
            yield self._reading(scan, row.place, None, "patient")
        elif len(own) == 1 or scan.union_status == "complete":
            for key in own:
                yield self._reading(scan, row.place, self._defects[key], "defect")
        else:
            reason = "not united on one side at least, and the row does not say which"
            self._ledger.note_cell(row.place, scan.header, "unresolved", reason)


def _is_among(key: tuple[str | None, str | None], pars: Iterable[ParsRecord]) -> bool:
    return any(_may_be(one.level, key[0]) and _may_be(one.side, key[1]) for one in pars)


def _may_be(said: str | None, known: str | None) -> bool:
    return said is None or known is None or said == known


def _key(reading: _Reading) -> tuple[object, ...]:
    """Return what makes two readings one; in one month a pars may truly be read differently."""
    key = (*_scan_key(reading), reading.scan.details["reader"])
    return key if reading.latest is None else (*key, reading.scan.union_status)


def _scan_key(reading: _Reading) -> tuple[object, ...]:
    """Return what makes two readings those of one scan of one pars."""
    scan = reading.scan
    modality = scan.details["modality"]
    return reading.defect_id, scan.scan_date, reading.earliest, reading.latest, modality


def _days_between(span: DateSpan | None, fitted: object) -> tuple[float, float] | tuple[None, None]:
    """Return the days of a span since fitting; a span around fitting begins with it."""
    if span is None or not isinstance(fitted, datetime.date):
        return None, None
    earliest, latest = ((day - fitted).days for day in (span.earliest, span.latest))
    return float(max(earliest, 0) if latest > 0 else earliest), float(latest)


# What is said of one key whose rows differ in this.
_ONE_KEY: Final = {
    "birth_date": "one_key_two_people",
    "sex": "one_key_two_people",
    "site": "one_key_two_sites",
}


def _compare_people(episodes: Sequence[EpisodeRows], ledger: Ledger) -> None:
    """List keys that may be one person, and one key that may be two."""
    courses: dict[_Person, dict[str, Place]] = {}
    for episode in episodes:
        for person, place in _persons(episode):
            courses.setdefault(person, {}).setdefault(episode.patient_id, place)
    for places in courses.values():
        for place in list(places.values())[1:]:
            ledger.note_check("one_person_two_keys", place, "birth_date", "sex", "fitted_date")
    for name, check in _ONE_KEY.items():
        _compare_rows_of_one_key(episodes, name, check, ledger)


def _persons(episode: EpisodeRows) -> Iterator[tuple[_Person, Place]]:
    """Return who a course may be of, from whatever rows of it hold birth date, sex and fitting."""
    sexes = {row.episode.get("sex") for row in episode.rows} - {None}
    days = {row.episode.get("fitted_date") for row in episode.rows} - {None}
    for row in episode.rows if len(sexes) == len(days) == 1 else ():
        if row.birth_date is not None:
            yield (row.birth_date, *sexes, *days), row.place


def _compare_rows_of_one_key(
    episodes: Sequence[EpisodeRows], name: str, check: str, ledger: Ledger
) -> None:
    first: dict[str, object] = {}
    for episode in episodes:
        for row in episode.rows:
            value = row.birth_date if name == "birth_date" else row.episode.get(name)
            if value is not None and first.setdefault(episode.patient_id, value) != value:
                ledger.note_check(check, row.place, name)
