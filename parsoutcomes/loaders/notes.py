"""Lines of the account, gathered while a source is read; they never hold a cell value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple


class Place(NamedTuple):
    """A row of a sheet of a source."""

    source: str
    sheet: str
    row_number: int


class CellNote(NamedTuple):
    """What became of one cell that was not simply read."""

    place: Place
    header: str
    action: str
    reason: str


class RowNote(NamedTuple):
    """What became of one row."""

    place: Place
    action: str
    reason: str


class CheckNote(NamedTuple):
    """One row that breaks a declared constraint."""

    check: str
    place: Place
    columns: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Ledger:
    """All lines so far; each part of the loading adds its own, none takes any away."""

    cells: list[CellNote] = field(default_factory=list)
    rows: list[RowNote] = field(default_factory=list)
    checks: list[CheckNote] = field(default_factory=list)
    tallies: dict[tuple[str, str, int], Counter[str]] = field(default_factory=dict)

    def note_cell(self, place: Place, header: str, action: str, reason: str) -> None:
        """Add a line for one cell."""
        self.cells.append(CellNote(place=place, header=header, action=action, reason=reason))

    def note_row(self, place: Place, action: str, reason: str) -> None:
        """Add a line for one row."""
        self.rows.append(RowNote(place=place, action=action, reason=reason))

    def note_check(self, check: str, place: Place, *columns: str) -> None:
        """Add a line for a constraint that the row breaks."""
        self.checks.append(CheckNote(check=check, place=place, columns=columns))

    def tally_of(self, source: str, sheet: str, position: int) -> Counter[str]:
        """Return the counts of one column: of its filled cells, by what became of them."""
        return self.tallies.setdefault((source, sheet, position), Counter())

    def tally(self, place: Place, position: int, outcome: str) -> None:
        """Count one filled cell of a used column by what became of it."""
        self.tally_of(place.source, place.sheet, position)[outcome] += 1
