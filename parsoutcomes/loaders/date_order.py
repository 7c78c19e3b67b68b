"""Day first or month first: proved by the source as a whole, or declared, never assumed."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from parsoutcomes.errors import DateOrderError, Problem
from parsoutcomes.loaders.dates import DateReading, Order, classify_date, prove_date_order
from parsoutcomes.loaders.grid import Cell, ErrorCell
from parsoutcomes.loaders.intake import SheetRead
from parsoutcomes.loaders.mapping import DATE_ROLES


@dataclass(frozen=True, kw_only=True)
class DateReader:
    """How the dates of a source are read.

    Attributes
    ----------
    order : str or None
        "day_first" or "month_first"; None when no date needs it.
    latest : datetime.date or None
        Two-digit years never lie after it.
    words : str
        For the account.
    """

    order: Order | None
    latest: datetime.date | None
    words: str


def settle_dates(sheets: Sequence[SheetRead], declared: Order | None) -> DateReader:
    """Decide how day and month stand in the dates of a source.

    Parameters
    ----------
    sheets : sequence of SheetRead
        All sheets; dates of all their date columns are looked at together.
    declared : str or None
        The order that the caller states; it goes before any proof.

    Returns
    -------
    DateReader

    Raises
    ------
    DateOrderError
        When some date can be read both ways, nothing proves which, and none is declared.
    """
    columns = _readings(sheets)
    proof = prove_date_order(columns)
    order = declared or proof.order
    ambiguous = {name: _n_either(readings) for name, readings in columns.items()}
    ambiguous = {name: n for name, n in ambiguous.items() if n}
    if order is None and ambiguous:
        raise _undecided(ambiguous, proof.reason)
    return DateReader(
        order=order,
        latest=_latest(readings for readings in columns.values()),
        words=_words(order, declared, sum(ambiguous.values()), proof.reason),
    )


def _readings(sheets: Sequence[SheetRead]) -> dict[str, list[DateReading]]:
    seen: dict[tuple[type, Cell], DateReading] = {}
    found: dict[str, list[DateReading]] = {}
    for sheet in sheets:
        dated = [column for column in sheet.columns if column.role in DATE_ROLES]
        for row in sheet.layout.data_rows if sheet.layout else ():
            for column in dated:
                cell = row.cell(column.header.position)
                if cell is None or isinstance(cell, ErrorCell):
                    continue
                key = (type(cell), cell)
                if key not in seen:
                    seen[key] = classify_date(cell)
                found.setdefault(column.header.path, []).append(seen[key])
    return found


def _n_either(readings: Sequence[DateReading]) -> int:
    return sum(reading.kind == "either" for reading in readings)


def _latest(columns: Iterable[Sequence[DateReading]]) -> datetime.date | None:
    """Return the end of the year after the latest date whose century is written out."""
    years = [
        reading.day_first.year
        for readings in columns
        for reading in readings
        if reading.kind == "date" and reading.day_first and not reading.two_digit_year
    ]
    return datetime.date(max(years) + 1, 12, 31) if years else None


def _words(order: Order | None, declared: Order | None, n_either: int, reason: str) -> str:
    if order is None:
        return "Every date can be read in one way only."
    words = order.replace("_", " ")
    why = ", as declared" if declared else f": {reason.rstrip('.')}"
    return f"Dates are read {words}{why} ({n_either:,} of them can be read both ways)."


def _undecided(ambiguous: Mapping[str, int], reason: str) -> DateOrderError:
    listed = ", ".join(f"{name} ({n})" for name, n in ambiguous.items())
    return DateOrderError(
        [
            Problem(
                wrong="Day and month cannot be told apart in this source.",
                expected="at least one date that can only be day first, or only month first, "
                "and none that says the opposite",
                found=f"dates that can be read both ways in: {listed}; {reason.rstrip('.')}",
                fix='Say which with date_order="day_first" or date_order="month_first".',
            )
        ]
    )
