"""Order of day and month, and century: settled by the source as a whole or declared."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from parsoutcomes.conventions import EARLIEST_TREATMENT_YEAR
from parsoutcomes.errors import DateOrderError, Problem, RecordsError
from parsoutcomes.loaders.dates import DateReading, Order, classify_date, resolve_date
from parsoutcomes.loaders.grid import Cell, ErrorCell, GridRow, filled_cells
from parsoutcomes.loaders.intake import SheetRead
from parsoutcomes.loaders.mapping import DATE_ROLES, Column

_PAST_ROLES: Final = ("birth_date", "onset_date")
_TREATED_ROLES: Final = ("fitted_date", "scan_date")
_Readings = dict[tuple[str, str], list[DateReading]]


@dataclass(frozen=True, kw_only=True)
class DateOrder:
    """Whether days stand before months in a source, and how that is known.

    Attributes
    ----------
    order : str or None
        ``day_first``, ``month_first``, or None when the source does not prove it.
    reason : str
        How it is known, with column names and counts.
    n_either : int
        Dates that have both meanings.
    evidence : dict of str to (int, int, int)
        Per column: dates that can only be day first, only month first, and either. A day that no
        calendar has counts as well when one of its parts is no month: 31/06 is day first.
    """

    order: Order | None
    reason: str
    n_either: int
    evidence: dict[str, tuple[int, int, int]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DateReader:
    """How the dates of a source are read.

    Attributes
    ----------
    order : str or None
        "day_first" or "month_first"; None when no date needs it.
    latest : datetime.date or None
        No birth date with a two-digit year lies after it.
    words, caution : str
        For the account; no caution where a written century bears out the two-digit years.
    """

    order: Order | None
    latest: datetime.date | None
    words: str
    caution: str


def prove_date_order(columns: Mapping[str, Sequence[DateReading]]) -> DateOrder:
    """Find whether days stand before months, from all date columns of a source together.

    Parameters
    ----------
    columns : mapping of str to sequence of DateReading
        The readings of each date column, by header.

    Returns
    -------
    DateOrder
        An order only when some date can be read one way alone and none the other way alone.

    Examples
    --------
    >>> readings = [classify_date("26/03/23"), classify_date("02/06/23")]
    >>> prove_date_order({"Fitted": readings}).order
    'day_first'
    """
    evidence = {name: _count(readings) for name, readings in columns.items()}
    n_day, n_month, n_either = (sum(counts[i] for counts in evidence.values()) for i in range(3))
    order: Order | None = None
    if n_day and n_month:
        reason = (
            f"{n_day} dates can only be day first ({_named(evidence, 0)}) and {n_month} only "
            f"month first ({_named(evidence, 1)}), so the source does not prove an order."
        )
    elif n_day:
        order = "day_first"
        reason = f"{n_day} dates can only be day first ({_named(evidence, 0)}), none month first."
    elif n_month:
        order = "month_first"
        reason = f"{n_month} dates can only be month first ({_named(evidence, 1)}), none day first."
    elif n_either:
        reason = (
            f"{n_either} dates have both day and month under 13 ({_named(evidence, 2)}) and no "
            "other date shows the order."
        )
    else:
        reason = "No date has day and month in doubt."
    return DateOrder(order=order, reason=reason, n_either=n_either, evidence=evidence)


def settle_dates(
    sheets: Sequence[SheetRead], declared: Order | None, lock: datetime.date | None
) -> DateReader:
    """Decide how day and month stand in the dates of a source, and which century is meant.

    Parameters
    ----------
    sheets : sequence of SheetRead
        All sheets; dates of all their date columns are looked at together.
    declared : str or None
        The order that the caller states; it goes before any proof.
    lock : datetime.date or None
        The data lock that the caller states.

    Returns
    -------
    DateReader

    Raises
    ------
    DateOrderError
        When some date can be read both ways, nothing proves which, and none is declared.
    RecordsError
        When two-digit years would put fittings or scans before they were possible.

    Notes
    -----
    Two-digit years are 1969 to 2068. Birth dates alone are moved back a century, when they would
    lie after the data lock given and after every date of treatment.
    """
    found = _readings(sheets)
    columns: dict[str, list[DateReading]] = {}
    for (_, header), readings in found.items():
        columns.setdefault(header, []).extend(readings)
    proof = prove_date_order(columns)
    order = declared or proof.order
    ambiguous = {name: _n_either(readings) for name, readings in columns.items()}
    ambiguous = {name: n for name, n in ambiguous.items() if n}
    if order is None and ambiguous:
        raise _undecided(ambiguous, proof.reason)
    _require_treatable(found, order)
    treatment = [readings for (role, _), readings in found.items() if role not in _PAST_ROLES]
    days = [lock] if lock else []
    return DateReader(
        order=order,
        latest=max([*days, *_days(treatment, order)], default=None),
        words=_words(order, declared, sum(ambiguous.values()), proof.reason),
        caution=_century_caution(treatment, order, lock),
    )


def _readings(sheets: Sequence[SheetRead]) -> _Readings:
    seen = _Classified()
    found: _Readings = {}
    for sheet in sheets:
        if sheet.layout is not None:
            for column in _in_order_of_first_date(sheet, sheet.layout.data_rows):
                cells = filled_cells(sheet.layout.data_rows, column.header.position)
                readings = [seen[type(cell), cell] for cell in cells if not _is_error(cell)]
                found.setdefault((column.role, column.header.path), []).extend(readings)
    return found


class _Classified(dict[tuple[type, Cell], DateReading]):
    """Cells to what they say of a date, each spelling classified once."""

    def __missing__(self, key: tuple[type, Cell]) -> DateReading:
        reading = self[key] = classify_date(key[1])
        return reading


def _in_order_of_first_date(sheet: SheetRead, rows: Sequence[GridRow]) -> list[Column]:
    """Return the columns that hold dates in the order in which a reader meets them."""
    dated = [column for column in sheet.columns if column.role in DATE_ROLES]
    first = {column: _first_date(rows, column.header.position) for column in dated}
    met = [column for column in dated if first[column] is not None]
    return sorted(met, key=lambda column: first[column] or 0)


def _first_date(rows: Sequence[GridRow], position: int) -> int | None:
    cells = ((number, row.cell(position)) for number, row in enumerate(rows))
    return next((n for n, cell in cells if cell is not None and not _is_error(cell)), None)


def _is_error(cell: Cell) -> bool:
    return isinstance(cell, ErrorCell)


def _n_either(readings: Sequence[DateReading]) -> int:
    return sum(reading.kind == "either" for reading in readings)


def _days(
    columns: Iterable[Sequence[DateReading]], order: Order | None, *, written: bool = False
) -> Iterator[datetime.date]:
    """Yield the days of date columns; those whose century is written out, on request."""
    unique = {id(reading): reading for readings in columns for reading in readings}
    for reading in unique.values():
        day = None if written and reading.two_digit_year else _last_day(reading, order)
        if day is not None:
            yield day


def _last_day(reading: DateReading, order: Order | None) -> datetime.date | None:
    return resolve_date(reading, order) or reading.latest


def _short(readings: Sequence[DateReading], order: Order | None) -> list[datetime.date]:
    days = (_last_day(reading, order) for reading in readings if reading.two_digit_year)
    return [day for day in days if day is not None]


def _require_treatable(found: _Readings, order: Order | None) -> None:
    early = {
        header: sum(day.year < EARLIEST_TREATMENT_YEAR for day in _short(readings, order))
        for (role, header), readings in found.items()
        if role in _TREATED_ROLES
    }
    listed = ", ".join(f"{header} ({n})" for header, n in early.items() if n)
    if not listed:
        return
    raise RecordsError(
        [
            Problem(
                wrong="Two-digit years would put fittings or scans in the wrong century.",
                expected=f"fittings and scans from {EARLIEST_TREATMENT_YEAR} on; years 00 to 68 "
                "are 2000 to 2068, years 69 to 99 are 1969 to 1999",
                found=f"earlier dates with a two-digit year in: {listed}",
                fix="Correct these years, or write them with four digits.",
            )
        ]
    )


def _century_caution(
    treatment: Sequence[Sequence[DateReading]], order: Order | None, lock: datetime.date | None
) -> str:
    known = lock or max(_days(treatment, order, written=True), default=None)
    # A last written year leaves room for the visits that follow it.
    reach = None if known is None else datetime.date(known.year + 1, 12, 31)
    short = [day for readings in treatment for day in _short(readings, order)]
    beyond = sum(reach is None or day > reach for day in short)
    if not beyond:
        return ""
    dates = "1 date has" if beyond == 1 else f"{beyond:,} dates have"
    return (
        f"{dates} a two-digit year, and no data lock or written-out year of a fitting, scan or "
        "contact bears out the century: 00 to 68 read as 2000 to 2068, 69 to 99 as 1969 to 1999"
    )


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


def _count(readings: Sequence[DateReading]) -> tuple[int, int, int]:
    kinds = [reading.kind for reading in readings]
    orders = [reading.impossible_order for reading in readings]
    n_day = kinds.count("day_first_only") + orders.count("day_first")
    n_month = kinds.count("month_first_only") + orders.count("month_first")
    return n_day, n_month, kinds.count("either")


def _named(evidence: Mapping[str, tuple[int, int, int]], which: int) -> str:
    return ", ".join(
        f"{name}: {counts[which]}" for name, counts in evidence.items() if counts[which]
    )
