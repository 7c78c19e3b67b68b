"""Sheets that name the same patients by different numbers, joined where one sheet holds both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from parsoutcomes.loaders.grid import Cell, Grid, GridRow
from parsoutcomes.loaders.headers import Layout, find_layout, match_header
from parsoutcomes.loaders.mapping import KEY_PREFERENCE, choose_columns
from parsoutcomes.loaders.spelling import plain_text
from parsoutcomes.loaders.vocabulary import Vocabulary, load_vocabulary

_KEY_ROLES: Final = ("patient_id", "identifier")


@dataclass(frozen=True, kw_only=True)
class _Numbers:
    """The columns of a sheet that number patients: the one used as key, and any others."""

    grid: Grid
    layout: Layout
    key: int
    key_header: str
    others: tuple[int, ...]

    def values(self, position: int) -> list[str]:
        return [_plain(row.cell(position)) for row in self.layout.data_rows]


def join_keys(grids: Sequence[Grid]) -> tuple[Grid, ...]:
    """Give every sheet the same patient numbers, where another sheet says which belong together.

    A sheet keyed by NHS number and a sheet that holds both NHS and study number speak of the same
    patients: the first then takes the study numbers of the second. A number that the second does
    not list is taken out, so that its row is set aside for want of a key, not counted as a patient
    of its own. Sheets that share no number are left as they are.

    Parameters
    ----------
    grids : sequence of Grid
        All sheets of a source.

    Returns
    -------
    tuple of Grid
        In the same order.
    """
    if len(grids) < 2:
        return tuple(grids)
    vocabulary = load_vocabulary()
    layouts = [find_layout(grid, vocabulary) for grid in grids]
    numberings = [_numbering(layout, vocabulary) for layout in layouts]
    if len({tuple(sorted(kinds.values())) for kinds in numberings if kinds}) < 2:
        return tuple(grids)
    found = [
        _numbers(grid, layout, tuple(kinds), vocabulary)
        for grid, layout, kinds in zip(grids, layouts, numberings, strict=True)
    ]
    known = [one for one in found if one is not None]
    return tuple(
        grid if one is None else _joined(one, known) for grid, one in zip(grids, found, strict=True)
    )


def _numbering(layout: Layout | None, vocabulary: Vocabulary) -> dict[int, str]:
    """Return the columns that number patients, by position, with the kind of number."""
    kinds: dict[int, str] = {}
    for header in layout.headers if layout else ():
        match = match_header(header, vocabulary)
        kind = match.attributes.get("kind", "") if match and match.role in _KEY_ROLES else ""
        if kind in KEY_PREFERENCE:
            kinds[header.position] = kind
    return kinds


def _numbers(
    grid: Grid, layout: Layout | None, positions: Sequence[int], vocabulary: Vocabulary
) -> _Numbers | None:
    if layout is None:
        return None
    columns = choose_columns(layout, vocabulary, {})
    key = next((column.header for column in columns if column.role == "patient_id"), None)
    if key is None:
        return None
    return _Numbers(
        grid=grid,
        layout=layout,
        key=key.position,
        key_header=key.text,
        others=tuple(position for position in positions if position != key.position),
    )


def _joined(one: _Numbers, known: Sequence[_Numbers]) -> Grid:
    own = set(one.values(one.key)) - {""}
    for other in known:
        if other is one or own & set(other.values(other.key)):
            continue
        for position in other.others:
            names = _both(other, position)
            if own & set(names):
                return replace(one.grid, rows=tuple(_renamed(one, other.key_header, names)))
    return one.grid


def _both(other: _Numbers, position: int) -> Mapping[str, Cell]:
    """Return the second number to the key; to none where it stands beside two keys."""
    pairs = [
        (_plain(row.cell(position)), row.cell(other.key))
        for row in other.layout.data_rows
        if _plain(row.cell(position)) and row.cell(other.key) is not None
    ]
    names = dict(pairs)
    twofold = {number for number, key in pairs if _plain(names[number]) != _plain(key)}
    return {number: None if number in twofold else key for number, key in names.items()}


def _renamed(one: _Numbers, header: str, names: Mapping[str, Cell]) -> Iterator[GridRow]:
    last = one.layout.header_rows[-1]
    for row in one.grid.rows:
        cells = list(row.cells)
        if row.number == last:
            cells[one.key] = header
        elif row.number > last and one.key < len(cells):
            cells[one.key] = names.get(_plain(cells[one.key]))
        yield row._replace(cells=tuple(cells))


def _plain(cell: Cell) -> str:
    return "".join(plain_text(cell).split()).upper()
