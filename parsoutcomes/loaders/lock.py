"""The data lock: the day on which follow-up ends for everybody."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable, Mapping

import pandas as pd

from parsoutcomes.conventions import MONTH_NAMES
from parsoutcomes.errors import ArgumentError
from parsoutcomes.loaders.cells import DateSpan
from parsoutcomes.loaders.notes import Ledger
from parsoutcomes.loaders.records import RowRecord
from parsoutcomes.loaders.visits import ScanRecord


def read_lock(data_lock: str | datetime.date | None) -> datetime.date | None:
    """Return the data lock as a date.

    Raises
    ------
    ArgumentError
        When it is text that is not an ISO date.
    """
    if data_lock is None:
        return None
    if isinstance(data_lock, datetime.datetime):
        return data_lock.date()
    if isinstance(data_lock, datetime.date):
        return data_lock
    with contextlib.suppress(ValueError):
        return datetime.date.fromisoformat(str(data_lock))
    # Raised outside of the handling, so that no earlier error carries the text along.
    raise ArgumentError(
        "data_lock is not a date.",
        expected='a date, year first, such as "2025-12-31"',
        found="text that reads otherwise",
        fix="Write the date as year-month-day.",
    )


def within_lock(
    records: Iterable[RowRecord], lock: datetime.date | None, ledger: Ledger
) -> list[RowRecord]:
    """Leave out what would not have been known on the day of the data lock, and write it down.

    Parameters
    ----------
    records : iterable of RowRecord
        All rows.
    lock : datetime.date or None
        None leaves everything in.
    ledger : Ledger
        Where what is left out is written down.

    Returns
    -------
    list of RowRecord
        Without patients fitted, scans made, or events seen after the lock.
    """
    if lock is None:
        return list(records)
    return [kept for record in records if (kept := _until(record, lock, ledger)) is not None]


def _until(record: RowRecord, lock: datetime.date, ledger: Ledger) -> RowRecord | None:
    if _is_after(record.episode.get("fitted_date"), lock):
        ledger.note_row(record.place, "set aside", "fitted after the data lock")
        ledger.note_check("after_data_lock", record.place, "fitted_date")
        return None
    scans = tuple(scan for scan in record.scans if not _may_be_after(scan, lock))
    events = tuple(one for one in record.events if not _is_after(one.latest or one.date, lock))
    scores = tuple(score for score in record.scores if not _is_after(score.date, lock))
    episode = _episode_until(record.episode, lock)
    late = [role for role in record.episode if episode.get(role) != record.episode[role]]
    if len(scans) < len(record.scans):
        late.append("scan_date")
    if late:
        ledger.note_check("after_data_lock", record.place, *late)
    return record._replace(episode=episode, scans=scans, events=events, scores=scores)


def _episode_until(episode: Mapping[str, object], lock: datetime.date) -> dict[str, object]:
    """Later dates go; the last contact was at the lock at least; a later outcome is unknown.

    A date of which only month or year is known goes too when it may lie after the lock; of such a
    last contact its earliest day stays.
    """
    kept = {role: value for role, value in episode.items() if not _is_after(value, lock)}
    contact = episode.get("last_contact_date")
    if _is_after(contact, lock):
        known = contact.earliest if isinstance(contact, DateSpan) else lock
        kept["last_contact_date"] = min(known, lock)
        if "status" in kept:
            kept["status"] = "in_follow_up"
    return kept


def _may_be_after(scan: ScanRecord, lock: datetime.date) -> bool:
    return _is_after(scan.scan_span or scan.scan_date, lock)


def _is_after(value: object, lock: datetime.date) -> bool:
    latest = value.latest if isinstance(value, DateSpan) else value
    return isinstance(latest, datetime.date) and latest > lock


def lock_sentence(data_lock: pd.Timestamp | None, *, declared: bool) -> str:
    """Return the data lock in words, and where it comes from."""
    if data_lock is None:
        return "No data lock: the source holds no date."
    origin = "as given" if declared else "the latest date in the source"
    month = MONTH_NAMES[data_lock.month - 1]
    return f"Data lock {data_lock.day} {month} {data_lock.year} ({origin})."
