"""Sheets of scans that name a fracture by its number: level, side and patient looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from parsoutcomes.loaders.grid import Cell, Grid, GridRow
from parsoutcomes.loaders.headers import Layout, find_layout, match_header
from parsoutcomes.loaders.spelling import plain_text
from parsoutcomes.loaders.vocabulary import Vocabulary, load_vocabulary

_LESION: Final = "defect_id"
_LOOKED_UP: Final = ("patient_id", "level", "side")

_Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Sheet:
    """A sheet that numbers fractures, and its columns by what they hold."""

    grid: Grid
    layout: Layout
    positions: Mapping[str, int]

    def keys(self, roles: Sequence[str]) -> list[_Key]:
        """Return the number of each row, with the patient's where both sheets have it."""
        columns = [self.positions[role] for role in roles]
        return [tuple(_plain(row.cell(c)) for c in columns) for row in self.layout.data_rows]


def join_lesions(grids: Sequence[Grid]) -> tuple[Grid, ...]:
    """Give sheets that number fractures the patient, level and side that another sheet holds.

    A number that stands twice in the sheet of fractures is not looked up, nor one that it lacks:
    such a row keeps what it says itself.

    Parameters
    ----------
    grids : sequence of Grid
        All sheets of a source.

    Returns
    -------
    tuple of Grid
        In the same order; looked-up columns stand right of the sheet's own, with a remark.
    """
    if len(grids) < 2:
        return tuple(grids)
    vocabulary = load_vocabulary()
    sheets = [_sheet(grid, vocabulary) for grid in grids]
    return tuple(
        grid if sheet is None else _looked_up(sheet, [other for other in sheets if other])
        for grid, sheet in zip(grids, sheets, strict=True)
    )


def _sheet(grid: Grid, vocabulary: Vocabulary) -> _Sheet | None:
    layout = find_layout(grid, vocabulary)
    positions: dict[str, int] = {}
    for header in layout.headers if layout else ():
        match = match_header(header, vocabulary)
        if match is not None and match.role in (_LESION, *_LOOKED_UP):
            positions.setdefault(match.role, header.position)
    if layout is None or _LESION not in positions:
        return None
    return _Sheet(grid=grid, layout=layout, positions=positions)


def _looked_up(sheet: _Sheet, others: Sequence[_Sheet]) -> Grid:
    lacking = [role for role in _LOOKED_UP if role not in sheet.positions]
    for other in others:
        roles = [role for role in lacking if role in other.positions]
        if other is sheet or not {"level", "side"} & set(roles):
            continue
        by = [_LESION]
        if "patient_id" in sheet.positions and "patient_id" in other.positions:
            by = [_LESION, "patient_id"]
        rows = _rows_by_key(other, by)
        if any(key in rows for key in sheet.keys(by)):
            return _with_columns(sheet, other, roles, [rows.get(key) for key in sheet.keys(by)])
    return sheet.grid


def _rows_by_key(sheet: _Sheet, by: Sequence[str]) -> dict[_Key, GridRow]:
    keys = sheet.keys(by)
    rows = dict(zip(keys, sheet.layout.data_rows, strict=True))
    counts: dict[_Key, int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return {key: row for key, row in rows.items() if all(key) and counts[key] == 1}


def _with_columns(
    sheet: _Sheet, other: _Sheet, roles: Sequence[str], found: Sequence[GridRow | None]
) -> Grid:
    columns = [other.positions[role] for role in roles]
    texts = {header.position: header.text for header in other.layout.headers}
    added: dict[int, list[Cell]] = {
        sheet.layout.header_rows[-1]: [texts[column] for column in columns]
    }
    for row, source in zip(sheet.layout.data_rows, found, strict=True):
        added[row.number] = [None if source is None else source.cell(c) for c in columns]
    width = sheet.grid.width
    rows = [
        row._replace(cells=(*_padded(row, width), *added[row.number]))
        if row.number in added and not row.is_blank
        else row
        for row in sheet.grid.rows
    ]
    names = ", ".join(f'"{texts[column]}"' for column in columns)
    remark = f"sheet {sheet.grid.sheet}: {names} looked up by the number of the fracture"
    if other.grid.sheet:
        remark = f"{remark} in sheet {other.grid.sheet}"
    return replace(sheet.grid, rows=tuple(rows), remarks=(*sheet.grid.remarks, remark))


def _padded(row: GridRow, width: int) -> tuple[Cell, ...]:
    return (*row.cells, *[None] * (width - len(row.cells)))


def _plain(cell: Cell) -> str:
    return "".join(plain_text(cell).split()).upper()
