"""Rows whose level or side is not understood, beside rows of the same patient that are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from parsoutcomes.loaders.episodes import EpisodeRows
from parsoutcomes.loaders.notes import Ledger
from parsoutcomes.loaders.pars import ParsRecord
from parsoutcomes.loaders.records import RowRecord


def leave_out_unread_pars(episode: EpisodeRows, ledger: Ledger) -> EpisodeRows:
    """Leave out pars and scans of rows that may be of a pars that another row gives soundly.

    Parameters
    ----------
    episode : EpisodeRows
        The rows of one course of treatment.
    ledger : Ledger
        Where rows and readings left out are written down.

    Returns
    -------
    EpisodeRows
        The same rows; what they say of the patient and the brace stays.
    """
    if not any(row.unread for row in episode.rows):
        return episode
    sound = [one for row in episode.rows if not row.unread for one in row.pars]
    rows = [
        _without_pars(row, ledger) if row.unread and _may_repeat(row.pars, sound) else row
        for row in episode.rows
    ]
    return replace(episode, rows=tuple(rows))


def _may_repeat(pars: Iterable[ParsRecord], sound: Iterable[ParsRecord]) -> bool:
    known = [(one.level, one.side) for one in sound if one.level or one.side]
    return any(
        (one.level is None or level in (None, one.level))
        and (one.side is None or side in (None, one.side))
        for one in pars
        for level, side in known
    )


def _without_pars(row: RowRecord, ledger: Ledger) -> RowRecord:
    ledger.note_check("pars_not_understood", row.place, *row.unread)
    reason = "the level or side of its row is not understood, and the patient has another pars"
    for scan in row.scans:
        ledger.note_cell(row.place, scan.header, "unresolved", reason)
    return row._replace(pars=(), scans=())
