"""Rows to courses of treatment: which rows belong together, and where they disagree."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from parsoutcomes.loaders.cells import DateSpan
from parsoutcomes.loaders.notes import Ledger, Place
from parsoutcomes.loaders.records import RowRecord, ScoreRecord

_DAYS_PER_YEAR: Final = 365.25


@dataclass(frozen=True, kw_only=True)
class EpisodeRows:
    """The rows of one course of treatment.

    Attributes
    ----------
    episode_id, patient_id : str
        The course's and the patient's keys.
    rows : tuple of RowRecord
        In the order of the source.
    """

    episode_id: str
    patient_id: str
    rows: tuple[RowRecord, ...]


def group_rows(records: Iterable[RowRecord], ledger: Ledger) -> tuple[EpisodeRows, ...]:
    """Gather rows into courses of treatment: same patient and same day of fitting.

    A row without a day of fitting joins the patient's only course; with several to choose from
    it is set aside. A row that repeats the pars of an earlier row is set aside.

    Parameters
    ----------
    records : iterable of RowRecord
        All rows of all sheets.
    ledger : Ledger
        Where rows set aside are written down.

    Returns
    -------
    tuple of EpisodeRows
        Patients in order of appearance, their courses in order of fitting.
    """
    by_patient: dict[str, list[RowRecord]] = {}
    for record in records:
        by_patient.setdefault(record.patient_id, []).append(record)
    return tuple(
        episode
        for patient_id, rows in by_patient.items()
        for episode in _episodes_of(patient_id, rows, ledger)
    )


def _episodes_of(
    patient_id: str, rows: Sequence[RowRecord], ledger: Ledger
) -> Iterator[EpisodeRows]:
    dates = sorted({fitted for row in rows if (fitted := _fitted(row)) is not None})
    if len(dates) > 1:
        rows = list(_with_a_date(rows, ledger))
    for number, date in enumerate(dates or [None], start=1):
        own = [row for row in rows if len(dates) < 2 or _fitted(row) == date]
        yield EpisodeRows(
            episode_id=f"{patient_id}-{number}",
            patient_id=patient_id,
            rows=tuple(_without_duplicates(own, ledger)),
        )


def _fitted(row: RowRecord) -> datetime.date | None:
    fitted = row.episode.get("fitted_date")
    return fitted if isinstance(fitted, datetime.date) else None


def _with_a_date(rows: Sequence[RowRecord], ledger: Ledger) -> Iterator[RowRecord]:
    for row in rows:
        if _fitted(row) is not None:
            yield row
        else:
            reason = "no day of fitting, and the patient has several courses of treatment"
            ledger.note_row(row.place, "set aside", reason)


def _without_duplicates(rows: Sequence[RowRecord], ledger: Ledger) -> Iterator[RowRecord]:
    """Set aside a row that adds nothing to earlier ones; flag one that repeats pars but adds."""
    kept: list[RowRecord] = []
    for row in rows:
        earlier = _row_with_same_pars(row, kept)
        if earlier is not None and _adds_nothing(row, kept):
            reason = f"repeats {_name(earlier.place)} and adds nothing to it"
            ledger.note_row(row.place, "set aside", reason)
            ledger.note_check("duplicated_row", row.place, "patient_id", "fitted_date", "level")
            continue
        if earlier is not None:
            ledger.note_check("repeated_pars", row.place, "patient_id", "fitted_date", "level")
        kept.append(row)
        yield row


def _adds_nothing(row: RowRecord, kept: Sequence[RowRecord]) -> bool:
    """Whether earlier rows say it all; also in cells that nobody could read they must be alike."""
    return _facts(row) <= set().union(*map(_facts, kept)) and any(
        row.left_over == earlier.left_over for earlier in kept
    )


def _row_with_same_pars(row: RowRecord, kept: Sequence[RowRecord]) -> RowRecord | None:
    if row.is_scan_row or not row.defines_pars:
        return None
    own = _pars_keys(row)
    whole = (earlier for earlier in kept if earlier.defines_pars and not earlier.is_scan_row)
    return next((earlier for earlier in whole if own <= _pars_keys(earlier)), None)


def _pars_keys(row: RowRecord) -> set[tuple[str | None, str | None]]:
    return {(one.level, one.side) for one in row.pars}


def _facts(row: RowRecord) -> set[object]:
    """Return everything that a row says, to compare rows by."""
    scans = {
        (s.level, s.side, s.scan_date, s.scan_span, s.days_since_fitting, s.union_status)
        for s in row.scans
    }
    scores = {(s.instrument, s.timepoint, s.date, s.value) for s in row.scores}
    values = set(row.episode.items())
    born = {("birth_date", row.birth_date)} - {("birth_date", None)}
    return {*scans, *scores, *values, *born, *row.pars, *row.events}


def _name(place: Place) -> str:
    return (
        f"sheet {place.sheet} row {place.row_number}" if place.sheet else f"row {place.row_number}"
    )


def join_values(episode: EpisodeRows, ledger: Ledger) -> dict[str, object]:
    """Return the values of one course, from all its rows; disagreeing values are left out.

    Parameters
    ----------
    episode : EpisodeRows
        The rows of the course.
    ledger : Ledger
        Where disagreements are written down.

    Returns
    -------
    dict
        Standard column names to values.
    """
    joined: dict[str, object] = {}
    disagreeing: set[str] = set()
    first = episode.rows[0].episode if episode.rows else {}
    for number, row in enumerate(episode.rows):
        if number and row.episode is first:
            continue
        for role, value in row.episode.items():
            both = _same_value(joined[role], value) if role in joined else value
            if both is None:
                disagreeing.add(role)
                ledger.note_check("conflicting_value", row.place, role)
                ledger.note_cell(
                    row.place,
                    row.headers.get(role, role),
                    "conflict",
                    "an earlier row of the same course says otherwise; neither is used",
                )
            joined[role] = joined[role] if both is None else both
    agreed = {role: value for role, value in joined.items() if role not in disagreeing}
    return _with_age(agreed, episode) if "age_years" not in joined else agreed


def _same_value(one: object, other: object) -> object:
    """Return what two rows both say, the more exact of a day and its month; None otherwise."""
    if one == other:
        return one
    for exact, wider in ((one, other), (other, one)):
        if isinstance(wider, DateSpan) and _is_within(exact, wider):
            return exact
    return None


def _is_within(value: object, span: DateSpan) -> bool:
    if isinstance(value, DateSpan):
        return span.earliest <= value.earliest and value.latest <= span.latest
    return isinstance(value, datetime.date) and span.earliest <= value <= span.latest


def _with_age(values: Mapping[str, object], episode: EpisodeRows) -> dict[str, object]:
    """Work the age out from birth date and day of fitting, wherever in the course they stand."""
    born = {row.birth_date for row in episode.rows if row.birth_date is not None}
    fitted = values.get("fitted_date")
    if len(born) != 1 or not isinstance(fitted, datetime.date):
        return dict(values)
    return {**values, "age_years": age_at_fitting(born.pop(), fitted)}


def age_at_fitting(birth_date: datetime.date, fitted_date: datetime.date) -> float:
    """Return the age in years on the day of fitting.

    Examples
    --------
    >>> age_at_fitting(datetime.date(2006, 6, 11), datetime.date(2023, 6, 11))
    17.0
    """
    return round((fitted_date - birth_date).days / _DAYS_PER_YEAR, 2)


def join_scores(episode: EpisodeRows, ledger: Ledger) -> list[ScoreRecord]:
    """Return one score per instrument and time; disagreements between rows are written down.

    Parameters
    ----------
    episode : EpisodeRows
        The rows of the course.
    ledger : Ledger
        Where disagreements are written down.

    Returns
    -------
    list of ScoreRecord
        Known scores, a value that rows disagree on left out.
    """
    found: dict[tuple[object, ...], list[tuple[Place, ScoreRecord]]] = {}
    for row in episode.rows:
        for score in row.scores:
            key = (score.instrument, score.timepoint, score.date)
            found.setdefault(key, []).append((row.place, score))
    agreed = (_agreed(scores, ledger) for scores in found.values())
    return [score for score in agreed if score is not None]


def _agreed(scores: Sequence[tuple[Place, ScoreRecord]], ledger: Ledger) -> ScoreRecord | None:
    known = [score for _, score in scores if score.value is not None]
    values = {score.value for score in known}
    if len({score.value for _, score in scores}) > 1:
        used = "neither is used" if len(values) > 1 else "the known one is used"
        place, score = scores[-1]
        reason = f"rows of the same course disagree on this score; {used}"
        ledger.note_cell(place, score.header, "conflict", reason)
    return known[0] if len(values) == 1 else None
