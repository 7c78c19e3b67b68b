"""The account of intake, from the lines gathered while a source was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pandas as pd

from parsoutcomes.cohort.account import (
    CELL_COLUMNS,
    CHECK_COLUMNS,
    COLUMN_COLUMNS,
    ROW_COLUMNS,
    SOURCE_COLUMNS,
    IntakeAccount,
)
from parsoutcomes.conventions import LEAST_SHARE_UNDERSTOOD
from parsoutcomes.loaders.grid import Grid, column_letters, filled_cells
from parsoutcomes.loaders.headers import Layout
from parsoutcomes.loaders.mapping import Column
from parsoutcomes.loaders.notes import Ledger, Place
from parsoutcomes.loaders.places import CODED
from parsoutcomes.schema.constraints import CONSTRAINTS
from parsoutcomes.schema.validation import Violation

OUTCOMES: Final = ("read", "flagged", "missing", "unresolved", "set_aside")
SET_ASIDE: Final = "set aside"
_DIFFERENCES: Final = {
    "mapping_new_column": "a column is not in the mapping",
    "mapping_missing_column": "a column of the mapping is not in the source",
    "mapping_changed_header": "a header is not as in the mapping",
    "mapping_new_spellings": "a column has spellings that neither list nor mapping explains",
}


@dataclass(frozen=True, kw_only=True)
class SheetRead:
    """One sheet with its layout and columns; layout None when it holds no records.

    `unkeyed` keeps header and columns of a sheet that lacks nothing but a patient's key.
    """

    grid: Grid
    layout: Layout | None
    columns: tuple[Column, ...] = ()
    reason: str = ""

    @cached_property
    def header_texts(self) -> frozenset[str]:
        """The headers of all columns, without those over several columns."""
        return frozenset(column.header.text for column in self.columns) - {""}

    unkeyed: tuple[Layout, tuple[Column, ...]] | None = None


def note_violations(
    violations: Iterable[Violation], places: Mapping[str, Sequence[Place]], ledger: Ledger
) -> None:
    """Write down, by source row, every finding of the checks across fields."""
    seen: set[tuple[str, Place]] = set()
    for violation in violations:
        place = places[violation.table][violation.position]
        if (violation.check, place) not in seen:
            seen.add((violation.check, place))
            ledger.note_check(violation.check, place, *violation.columns)


def build_account(
    sheets: Sequence[SheetRead],
    ledger: Ledger,
    *,
    sha256: str,
    date_words: str,
    lock_words: str,
    date_caution: str = "",
    differences: pd.DataFrame | None = None,
) -> IntakeAccount:
    """Make the account of all that was read, used, set aside and found.

    Parameters
    ----------
    sheets : sequence of SheetRead
        Every sheet, those without records too.
    ledger : Ledger
        All lines gathered.
    sha256 : str
        Hash of the source bytes.
    date_words, lock_words : str
        How dates were read, and what the data lock is.
    date_caution : str
        What is not certain of all dates together; empty when nothing is.
    differences : pandas.DataFrame, optional
        Where the source differs from its mapping, as lines of checks.

    Returns
    -------
    IntakeAccount
    """
    rows = _rows_frame(ledger)
    sources = _sources_frame(sheets, rows)
    checks = _checks_frame(ledger, differences)
    cells = _cells_frame(ledger)
    columns = _columns_frame(sheets, ledger)
    return IntakeAccount(
        title="Intake: how the source became the cohort",
        finding=f"{_counts_sentence(sources, cells, checks)} {lock_words}",
        method=(
            "Headers and values are read by listed spellings only; what is not listed is left "
            f"out and named here. {date_words}"
        ),
        frame=_counts_frame(sources, columns, cells, checks),
        cautions=tuple(
            filter(
                None,
                (
                    *_hardly_understood(columns),
                    *_remarks(sheets),
                    date_caution,
                    *_cautions(cells, checks),
                ),
            )
        ),
        sources=sources,
        columns=columns,
        rows=rows,
        cells=cells,
        checks=checks,
        sha256=sha256,
    )


def _hardly_understood(columns: pd.DataFrame) -> Iterator[str]:
    """Name first the columns with a known header of whose cells none or few are understood."""
    for _, one in columns[columns["action"].eq("used")].iterrows():
        n_read = int(one["n_read"] + one["n_flagged"])
        n_judged = n_read + int(one["n_unresolved"])
        if n_judged and n_read < LEAST_SHARE_UNDERSTOOD * n_judged:
            sheet = f" of sheet {one['sheet']}" if one["sheet"] else ""
            yield (
                f'Column {one["column"]}{sheet}, "{one["header"]}", is known as '
                f"{one['becomes'].replace('_', ' ')}, and {n_read:,} of "
                f"{_count(n_judged, 'cell', 'cells')} in it {'is' if n_read == 1 else 'are'} "
                "understood: the rest is left out; look at the column, or give a mapping"
            )


def _remarks(sheets: Sequence[SheetRead]) -> list[str]:
    found = [f"{sheet.grid.source}: {one}" for sheet in sheets for one in sheet.grid.remarks]
    return list(dict.fromkeys(found))


def _rows_frame(ledger: Ledger) -> pd.DataFrame:
    lines = (
        [note.place.source for note in ledger.rows],
        [note.place.sheet for note in ledger.rows],
        [note.place.row_number for note in ledger.rows],
        [note.action for note in ledger.rows],
        [note.reason for note in ledger.rows],
    )
    frame = pd.DataFrame(dict(zip(ROW_COLUMNS, lines, strict=True)))
    last = frame.drop_duplicates(["source", "sheet", "row_number"], keep="last")
    order = {pair: number for number, pair in enumerate(_sheet_pairs(frame))}
    position = [order[pair] for pair in zip(last["source"], last["sheet"], strict=True)]
    return (
        last.assign(_position=position)
        .sort_values(["_position", "row_number"], kind="stable")
        .drop(columns="_position")
        .reset_index(drop=True)
    )


def _sheet_pairs(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(dict.fromkeys(zip(frame["source"], frame["sheet"], strict=True)))


def _sources_frame(sheets: Sequence[SheetRead], rows: pd.DataFrame) -> pd.DataFrame:
    counts = rows.groupby(["source", "sheet", "action"]).size().to_dict()
    lines = []
    for sheet in sheets:
        pair = (sheet.grid.source, sheet.grid.sheet)
        used, aside = counts.get((*pair, "used"), 0), counts.get((*pair, SET_ASIDE), 0)
        header = "" if sheet.layout is None else _numbers(sheet.layout.header_rows)
        what = sheet.reason if sheet.layout is None else "records"
        lines.append((*pair, header, used + aside, used, aside, what))
    return pd.DataFrame(lines, columns=[*SOURCE_COLUMNS, "reason"])


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in numbers)


def _columns_frame(sheets: Sequence[SheetRead], ledger: Ledger) -> pd.DataFrame:
    lines = []
    for sheet in sheets:
        for column in sheet.columns:
            position = column.header.position
            tally = ledger.tally_of(sheet.grid.source, sheet.grid.sheet, position)
            tallies = [tally[outcome] for outcome in OUTCOMES]
            lines.append(
                (
                    sheet.grid.source,
                    sheet.grid.sheet,
                    column_letters(position),
                    column.header.path,
                    column.action,
                    _becomes(column),
                    column.reason,
                    _n_filled(sheet, position),
                    *tallies,
                )
            )
    counts = ["n_filled", *(f"n_{outcome}" for outcome in OUTCOMES)]
    return pd.DataFrame(lines, columns=[*COLUMN_COLUMNS, *counts])


def _n_filled(sheet: SheetRead, position: int) -> int:
    rows = sheet.layout.data_rows if sheet.layout else ()
    return len(filled_cells(rows, position))


def _becomes(column: Column) -> str:
    if not column.role or column.role == "identifier":
        return ""
    shown = ("side", "visit", "timepoint", "instrument", "unit", "modality", "event")
    words = [f"{name} {column.attributes[name]}" for name in shown if name in column.attributes]
    words += [f"out of {column.attributes['maximum']}"] if "maximum" in column.attributes else []
    return f"{column.role} ({', '.join(words)})" if words else column.role


def _cells_frame(ledger: Ledger) -> pd.DataFrame:
    lines = [
        (n.place.source, n.place.sheet, n.place.row_number, n.header, n.action, n.reason)
        for n in ledger.cells
    ]
    return pd.DataFrame(lines, columns=list(CELL_COLUMNS))


def _checks_frame(ledger: Ledger, differences: pd.DataFrame | None) -> pd.DataFrame:
    lines = [] if differences is None else list(differences.itertuples(index=False, name=None))
    for note in ledger.checks:
        constraint = CONSTRAINTS[note.check]
        columns = f" ({', '.join(note.columns)})" if note.columns else ""
        where = (note.place.source, note.place.sheet, note.place.row_number)
        lines.append(
            (
                note.check,
                constraint.severity,
                constraint.action,
                *where,
                f"{constraint.meaning}{columns}",
            )
        )
    return pd.DataFrame(lines, columns=list(CHECK_COLUMNS))


def _counts_sentence(sources: pd.DataFrame, cells: pd.DataFrame, checks: pd.DataFrame) -> str:
    n_sheets = int(sources["header_rows"].ne("").sum())
    used, aside = int(sources["n_rows_used"].sum()), int(sources["n_rows_set_aside"].sum())
    unresolved = int(cells["action"].isin(("unresolved", "conflict")).sum())
    return (
        f"{_count(n_sheets, 'sheet', 'sheets')} with records: {_count(used, 'row', 'rows')} used, "
        f"{aside:,} set aside with a reason; {_count(unresolved, 'cell', 'cells')} not understood "
        f"or in conflict; {_count(len(checks), 'finding', 'findings')} to check."
    )


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _counts_frame(
    sources: pd.DataFrame, columns: pd.DataFrame, cells: pd.DataFrame, checks: pd.DataFrame
) -> pd.DataFrame:
    actions = columns["action"]
    found = cells["action"]
    identifying = actions.isin(
        ("dropped as an identifier", "used and dropped", "replaced by a pseudonym")
    )
    counts = {
        "sheets with records": int(sources["header_rows"].ne("").sum()),
        "sheets without records": int(sources["header_rows"].eq("").sum()),
        "rows used": int(sources["n_rows_used"].sum()),
        "rows set aside": int(sources["n_rows_set_aside"].sum()),
        "columns used": int(actions.eq("used").sum()),
        "columns dropped or replaced as identifiers": int(identifying.sum()),
        "columns not used": int(actions.eq("not used").sum()),
        "cells interpreted, flagged": int(found.eq("flagged").sum()),
        "cells not understood": int(found.eq("unresolved").sum()),
        "cells in conflict": int(found.eq("conflict").sum()),
        "findings of the checks": len(checks),
    }
    return pd.DataFrame({"what": list(counts), "n": list(counts.values())})


def _cautions(cells: pd.DataFrame, checks: pd.DataFrame) -> tuple[str, ...]:
    lines = []
    for (name, reason), group in checks.groupby(["check", "action"], sort=False):
        constraint = CONSTRAINTS.get(str(name))
        meaning = constraint.meaning if constraint else _DIFFERENCES[str(name)]
        lines.append(f"{meaning}: {_count(len(group), 'row', 'rows')}; {reason}")
    coded = cells[cells["reason"].eq(CODED)]
    for header, n in coded["header"].value_counts(sort=False).items():
        lines.append(f"{header}: {CODED}, in {_count(n, 'cell', 'cells')}")
    unresolved = cells[cells["action"].eq("unresolved")]
    for (header, reason), group in unresolved.groupby(["header", "reason"], sort=False):
        lines.append(f"{header}: {reason} in {_count(len(group), 'cell', 'cells')}, left out")
    return tuple(lines)
