"""How sure it is what a column holds: its header, and how many of its cells that reading knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from parsoutcomes.conventions import (
    FREQUENT_UNKNOWN_CELLS,
    FREQUENT_UNKNOWN_SHARE,
    MAPPING_CONFIDENCE,
    MIN_CELLS_TO_JUDGE,
)
from parsoutcomes.loaders.cells import CellReader, Read
from parsoutcomes.loaders.dates import classify_date
from parsoutcomes.loaders.grid import Cell, ErrorCell, GridRow
from parsoutcomes.loaders.headers import Header
from parsoutcomes.loaders.intake import SheetRead
from parsoutcomes.loaders.keys import Keys
from parsoutcomes.loaders.mapping import DATE_ROLES, MAPPING_GIVEN, Column
from parsoutcomes.loaders.mapping_near import Candidate, Candidates
from parsoutcomes.loaders.sheets import is_about_fractures
from parsoutcomes.loaders.spelling import normalise
from parsoutcomes.loaders.vocabulary import Vocabulary

ROLES_THAT_MATTER: Final = (
    "patient_id",
    "level",
    "side",
    "laterality",
    "stage",
    "ct_stage",
    "union_status",
    "fitted_date",
    "scan_date",
    "days_since_fitting",
    "prescribed_months",
)
ROLES_ASKED_BY_SPELLING: Final = ("union_status", "stage", "ct_stage")
UNKNOWN_SPELLING: Final = "spelling not known"
_ROWS_JUDGED: Final = 5000
_NOT_DATES: Final = ("not_a_date", "impossible")
_HEADER: Final = Header(position=0, group="", text="")


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What one column was taken for, and how sure that is.

    Attributes
    ----------
    sheet : SheetRead
        Where it stands.
    column : Column
        What the loader makes of it.
    decision : {"used", "not used", "identifier", "undecided"}
        Undecided columns that matter stop the load.
    role, attributes
        Chosen, or the best candidate of an undecided column; role is empty where there is none.
    confidence : float
        0 to 1; 1 when header and values leave no doubt, or the user has said so.
    reason : str
        Why, in words.
    n_filled, n_judged, n_understood : int
        Cells filled; those that are no word for missing; those understood.
    unknown : mapping of str to int
        Spellings that are not understood, with their rows. For the mapping file alone.
    """

    sheet: SheetRead
    column: Column
    decision: str
    role: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 0.0
    reason: str = ""
    n_filled: int = 0
    n_judged: int = 0
    n_understood: int = 0
    unknown: Mapping[str, int] = field(default_factory=dict)

    @property
    def evidence(self) -> str:
        """Reason, and how many cells were understood."""
        counted = count_understood(self.n_filled, self.n_judged, self.n_understood)
        return f"{self.reason}; {counted}"

    @property
    def frequent_unknown(self) -> Mapping[str, int]:
        """Spellings too frequent to be left out unasked, in a column of union or stage."""
        if self.column.role not in ROLES_ASKED_BY_SPELLING:
            return {}
        cells: Counter[str] = Counter()
        for text, n in self.unknown.items():
            cells[normalise(text)] += n
        fewest = max(FREQUENT_UNKNOWN_CELLS, FREQUENT_UNKNOWN_SHARE * self.n_filled)
        return {text: n for text, n in self.unknown.items() if cells[normalise(text)] >= fewest}


@dataclass(frozen=True, kw_only=True)
class _Tally:
    n_filled: int = 0
    n_judged: int = 0
    n_understood: int = 0
    unknown: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        return self.n_understood / self.n_judged if self.n_judged else 1.0


def count_understood(n_filled: int, n_judged: int, n_understood: int) -> str:
    """Return in words how many cells of a column were understood.

    Examples
    --------
    >>> count_understood(9, 8, 6)
    '6 of 8 cells understood so'
    """
    if not n_filled:
        return "no cell filled"
    if not n_judged:
        return f"{n_filled:,} cells, all of them words for missing"
    return f"{n_understood:,} of {n_judged:,} cells understood so"


def judge_columns(
    sheets: Sequence[SheetRead],
    vocabulary: Vocabulary,
    *,
    n_rows: int | None = _ROWS_JUDGED,
    every_sheet: bool = False,
) -> list[Judgement]:
    """Say how sure the reading of each column is, and find columns that matter unrecognised.

    Parameters
    ----------
    sheets : sequence of SheetRead
        As read by headers.
    vocabulary : Vocabulary
        Known spellings.
    n_rows : int or None
        How many filled cells of a column are looked at; None for all, as always of union and
        stage.
    every_sheet : bool, default False
        Judge a sheet without a key even where nothing in it is on fractures.

    Returns
    -------
    list of Judgement
        One per column of every sheet with records, or with all but a key.
    """
    judge = _Judge(sheets, vocabulary, n_rows)
    judged = [
        sheet
        for sheet in sheets
        if sheet.unkeyed is None or every_sheet or is_about_fractures(sheet)
    ]
    return [one for sheet in judged for one in judge.sheet(sheet)]


class _Judge:
    def __init__(
        self, sheets: Sequence[SheetRead], vocabulary: Vocabulary, n_rows: int | None
    ) -> None:
        self._reader = CellReader(vocabulary, "day_first", None)
        self._vocabulary = vocabulary
        self._n_rows = n_rows
        self._candidates = Candidates(sheets, vocabulary)
        self._columns = [column for sheet in sheets for column in sheet.columns]

    def sheet(self, sheet: SheetRead) -> Iterator[Judgement]:
        layout, columns = sheet.unkeyed or (sheet.layout, sheet.columns)
        if layout is None:
            return
        for column in columns:
            cells = self._filled(layout.records, column)
            if column.role and column.role != "identifier":
                yield self._known(sheet, column, cells)
            else:
                yield self._unknown(sheet, column, cells)

    def _filled(self, rows: Sequence[GridRow], column: Column) -> list[Cell]:
        cells = (row.cell(column.header.position) for row in rows)
        n_rows = None if column.role in ROLES_ASKED_BY_SPELLING else self._n_rows
        return list(islice((cell for cell in cells if cell is not None), n_rows))

    def _known(self, sheet: SheetRead, column: Column, cells: Sequence[Cell]) -> Judgement:
        tally = self._tally(column.role, column.attributes, cells)
        given = column.reason == MAPPING_GIVEN
        confidence = 1.0 if given else round(0.5 + 0.5 * tally.share, 2)
        in_doubt = (
            column.role in ROLES_THAT_MATTER
            and not given
            and confidence < MAPPING_CONFIDENCE
            and (tally.n_judged >= MIN_CELLS_TO_JUDGE or self._stands_alone(column, tally, cells))
        )
        return self._judgement(
            sheet,
            column,
            tally,
            decision="undecided" if in_doubt else "used",
            role=column.role,
            attributes=column.attributes,
            confidence=confidence,
            reason=column.reason or "known header",
        )

    def _stands_alone(self, column: Column, tally: _Tally, cells: Sequence[Cell]) -> bool:
        """Say whether nothing in few cells is understood, and no other column holds the same.

        A later visit with one odd cell is listed; a column alone with nothing but such cells
        asks. A slip in a date is no doubt of what the column holds.
        """
        if column.role in DATE_ROLES and any(map(str.isdecimal, "".join(map(str, cells)))):
            return False
        alike = [one for one in self._columns if one.role == column.role and one is not column]
        return tally.n_understood == 0 < tally.n_judged and not alike

    def _unknown(self, sheet: SheetRead, column: Column, cells: Sequence[Cell]) -> Judgement:
        candidates = self._candidates.of(sheet, column, cells)
        judged = [self._candidate(sheet, column, cells, one) for one in candidates]
        if judged:
            return max(judged, key=lambda one: (one.decision == "undecided", bool(one.role)))
        is_identifier = column.action == "dropped as an identifier"
        return self._judgement(
            sheet,
            column,
            _Tally(n_filled=len(cells)),
            decision="identifier" if is_identifier else "not used",
            role="",
            confidence=1.0 if is_identifier else 0.0,
            reason=column.reason,
        )

    def _candidate(
        self, sheet: SheetRead, column: Column, cells: Sequence[Cell], candidate: Candidate
    ) -> Judgement:
        tally = self._tally(candidate.role, candidate.attributes, cells)
        fits = tally.n_judged > 0 and tally.share >= candidate.least_share
        asks = fits and candidate.role in ROLES_THAT_MATTER and candidate.may_ask
        confidence = round(candidate.confidence * tally.share, 2) if fits else 0.0
        return self._judgement(
            sheet,
            column,
            tally,
            decision="undecided" if asks else "not used",
            role=candidate.role if fits else "",
            attributes=candidate.attributes if fits else {},
            confidence=confidence,
            reason=candidate.reason if fits else column.reason,
        )

    def _judgement(
        self,
        sheet: SheetRead,
        column: Column,
        tally: _Tally,
        *,
        decision: str,
        role: str,
        confidence: float,
        reason: str,
        attributes: Mapping[str, str] | None = None,
    ) -> Judgement:
        return Judgement(
            sheet=sheet,
            column=column,
            decision=decision,
            role=role,
            attributes=attributes or {},
            confidence=confidence,
            reason=reason,
            n_filled=tally.n_filled,
            n_judged=tally.n_judged,
            n_understood=tally.n_understood,
            unknown=tally.unknown,
        )

    def _tally(self, role: str, attributes: Mapping[str, str], cells: Sequence[Cell]) -> _Tally:
        counts = Counter((type(cell), cell) for cell in cells)
        n_judged = n_understood = 0
        unknown: Counter[str] = Counter()
        for (_, cell), n in counts.items():
            read = self._read(role, attributes, cell)
            if read is None or (read.missing and not read.problem):
                continue
            n_judged += n
            n_understood += 0 if read.problem else n
            if read.problem == UNKNOWN_SPELLING:
                unknown[str(cell).strip()] += n
        return _Tally(
            n_filled=len(cells), n_judged=n_judged, n_understood=n_understood, unknown=unknown
        )

    def _read(self, role: str, attributes: Mapping[str, str], cell: Cell) -> Read | None:
        if isinstance(cell, ErrorCell):
            return None
        if role == "patient_id":
            return Read(value="key") if Keys.is_key(cell) else Read(problem="no key")
        if role in DATE_ROLES:
            return self._read_date(role, cell)
        column = Column(header=_HEADER, role=role, attributes=attributes)
        return self._reader.understand(column, cell)

    def _read_date(self, role: str, cell: Cell) -> Read:
        kind = classify_date(cell).kind
        if kind not in ("missing", *_NOT_DATES):
            return Read(value="a date")
        match = self._vocabulary.value(role, str(cell))
        if match is not None:
            return Read(value=match.value, missing=match.missing or "")
        if kind == "missing":
            return Read(missing="not_known")
        return Read(problem="not a date")
