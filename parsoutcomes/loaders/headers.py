"""Finding the header rows of a sheet and naming what each column holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from parsoutcomes.loaders.grid import Grid, GridRow
from parsoutcomes.loaders.header_entries import HeaderMatch
from parsoutcomes.loaders.rows import is_totals_row
from parsoutcomes.loaders.spelling import normalise
from parsoutcomes.loaders.vocabulary import Vocabulary
from parsoutcomes.loaders.withheld import shown_header

_ROWS_SEARCHED: Final = 60
_ROWS_BETWEEN: Final = 2
_MOSTLY: Final = 0.8
_PARTLY: Final = 0.5
_FEWEST_RECOGNISED: Final = 2
_GENERIC: Final = ("date", "by_side", "group", "event_type")
_CARRIED: Final[tuple[str, ...]] = ("visit", "modality", "timepoint", "level")


@dataclass(frozen=True, kw_only=True)
class Header:
    """The header of one column: the words over it, from the group down to the column.

    Attributes
    ----------
    position : int
        Column position, from 0.
    group, text : str
        Header over several columns, and the column's own; empty when there is none.
    """

    position: int
    group: str
    text: str

    @cached_property
    def path(self) -> str:
        """Both headers as the account shows them."""
        return " > ".join(part for part in (self.group, self.text) if part)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the header of a sheet stands, and where its records begin."""

    header_rows: tuple[int, ...]
    headers: tuple[Header, ...]
    title_rows: tuple[GridRow, ...]
    data_rows: tuple[GridRow, ...]

    @cached_property
    def records(self) -> tuple[GridRow, ...]:
        """The rows below the header that do not add up the others."""
        totals = self.totals
        if not totals:
            return self.data_rows
        return tuple(row for row in self.data_rows if row.number not in totals)

    @cached_property
    def totals(self) -> frozenset[int]:
        """Numbers of the rows below the header that add up the others."""
        return frozenset(row.number for row in self.data_rows if is_totals_row(row))


def find_layout(
    grid: Grid, vocabulary: Vocabulary, named: frozenset[str] = frozenset()
) -> Layout | None:
    """Find the header of a sheet: the row with most recognised headers, and a group row above.

    Parameters
    ----------
    grid : Grid
        The sheet.
    vocabulary : Vocabulary
        Which headers are known.
    named : frozenset of str
        Headers that the user's mapping names, normalised; they count as recognised.

    Returns
    -------
    Layout or None
        None when no row has two recognised headers.
    """
    searched = [row for row in grid.rows if not row.is_blank][:_ROWS_SEARCHED]
    scored = [(_count_recognised(row, vocabulary, named), row) for row in searched]
    best = max((score for score, _ in scored), default=0)
    if best < _FEWEST_RECOGNISED:
        return None
    header = next(row for score, row in scored if score == best)
    below = _row_of_sub_headers(grid, header, vocabulary)
    group = header if below else _group_row(grid, header, vocabulary)
    header = below or header
    rows = (group.number, header.number) if group else (header.number,)
    return Layout(
        header_rows=rows,
        headers=_headers(grid, header, group),
        title_rows=tuple(
            row for row in grid.rows if row.number < header.number and row.number not in rows
        ),
        data_rows=tuple(row for row in grid.rows if row.number > header.number),
    )


def _count_recognised(row: GridRow, vocabulary: Vocabulary, named: frozenset[str]) -> int:
    texts = {cell for cell in row.cells if isinstance(cell, str)}
    return sum(_is_recognised(text, vocabulary) or normalise(text) in named for text in texts)


def _is_recognised(text: str, vocabulary: Vocabulary) -> bool:
    match = vocabulary.header_role(text)
    return match is not None and match.role not in ("by_side", "group")


def _row_of_sub_headers(grid: Grid, header: GridRow, vocabulary: Vocabulary) -> GridRow | None:
    """Return the row below when it is headers too, as under a group such as "CT 1"."""
    after = [row for row in grid.rows if header.number < row.number <= header.number + 2]
    row = next((row for row in after if not row.is_blank), None)
    cells = [cell for cell in row.cells if cell is not None] if row else []
    if len(cells) < 2 or not all(isinstance(cell, str) for cell in cells):
        return None
    known = sum(vocabulary.header_role(str(cell)) is not None for cell in cells)
    enough = _PARTLY if _is_below_groups(row, header, vocabulary) else _MOSTLY
    return row if known >= enough * len(cells) else None


def _is_below_groups(row: GridRow | None, header: GridRow, vocabulary: Vocabulary) -> bool:
    """Say whether every word of a row stands below a group such as "CT 1", or its blank end."""
    positions = [p for p, cell in enumerate(row.cells) if cell is not None] if row else []
    over = [header.cell(position) for position in positions]
    found = [vocabulary.header_role(str(label)) for label in over if label is not None]
    return bool(found) and all(match is not None and match.role == "group" for match in found)


def _group_row(grid: Grid, header: GridRow, vocabulary: Vocabulary) -> GridRow | None:
    above = [row for row in grid.rows if row.number < header.number and not row.is_blank]
    if not above or header.number - above[-1].number > _ROWS_BETWEEN:
        return None
    row = above[-1]
    labels = [cell for cell in row.cells if cell is not None]
    if any(not isinstance(label, str) for label in labels):
        return None
    spans = any(merged.row_number == row.number for merged in grid.merged)
    known = sum(vocabulary.header_role(str(label)) is not None for label in labels)
    return row if known >= 2 or (known == 1 and spans and len(labels) > 1) else None


def _headers(grid: Grid, header: GridRow, group: GridRow | None) -> tuple[Header, ...]:
    groups = _spread(grid, group, len(header.cells)) if group else [""] * grid.width
    found: list[Header] = []
    for position in range(grid.width):
        own, above = header.cell(position), group.cell(position) if group else None
        text = str(own if own is not None else above or "")
        over = "" if own is None or groups[position] == text else groups[position]
        text, over = shown_header(text, position), shown_header(over, position)
        if text or over or _has_cells(grid, header.number, position):
            found.append(Header(position=position, group=over, text=text))
    return tuple(found)


def _has_cells(grid: Grid, after: int, position: int) -> bool:
    return any(row.number > after and row.cell(position) is not None for row in grid.rows)


def _spread(grid: Grid, group: GridRow, width: int) -> list[str]:
    labels = [str(group.cell(position) or "") for position in range(grid.width)]
    spans = [merged for merged in grid.merged if merged.row_number == group.number]
    for merged in spans:
        for position in range(merged.first, min(merged.last + 1, grid.width)):
            labels[position] = labels[merged.first]
    if not spans:
        for position in range(1, min(width, grid.width)):
            labels[position] = labels[position] or labels[position - 1]
    return labels


def match_header(header: Header, vocabulary: Vocabulary) -> HeaderMatch | None:
    """Say what a column holds from its own header, qualified by the one over it.

    Parameters
    ----------
    header : Header
        Own and group header.
    vocabulary : Vocabulary
        Which headers are known.

    Returns
    -------
    HeaderMatch or None
        None when the header is not known; a bare "Date" or "R" keeps the role `date` or
        `by_side`, for the caller to place by its neighbours.
    """
    own = vocabulary.header_role(header.text) if header.text else None
    if not header.group:
        return own
    group = vocabulary.header_role(header.group)
    if own is None or own.role in _GENERIC:
        joined = vocabulary.header_role(f"{header.group} {header.text}".strip())
        chosen = joined if joined and joined.role not in _GENERIC else _within(own, group)
    else:
        chosen = own
    return _qualified(chosen or own, group)


def _within(own: HeaderMatch | None, group: HeaderMatch | None) -> HeaderMatch | None:
    """Read a bare "Date" or "R" by the group it stands in."""
    if own is None or group is None:
        return None
    if own.role == "by_side":
        role = group.role if group.role in ("stage", "ct_stage", "stir", "union_status") else ""
        role = role or ("union_status" if group.attributes.get("about") == "scan" else "")
        return _renamed(own, role) if role else None
    if own.role == "date" and group.attributes.get("about") == "scan":
        return _renamed(own, "scan_date")
    return None


def _renamed(match: HeaderMatch, role: str) -> HeaderMatch:
    return HeaderMatch(
        role=role,
        attributes=match.attributes,
        confidence=match.confidence,
        reason="known header, read by the group it stands in",
    )


def _qualified(match: HeaderMatch | None, group: HeaderMatch | None) -> HeaderMatch | None:
    if match is None or group is None:
        return match
    carried: dict[str, str] = {
        name: group.attributes[name] for name in _CARRIED if name in group.attributes
    }
    return HeaderMatch(
        role=match.role,
        attributes={**carried, **match.attributes},
        confidence=match.confidence,
        reason=match.reason,
    )


def place_repeated_blocks(
    matches: Sequence[HeaderMatch | None],
) -> tuple[HeaderMatch | None, ...]:
    """Give each repetition of "Date, R, L" without a header over it the number of a visit.

    Parameters
    ----------
    matches : sequence of HeaderMatch or None
        One per column, in order.

    Returns
    -------
    tuple of HeaderMatch or None
        A repeated scan column without a visit number has the number of its repetition.
    """
    placed: list[HeaderMatch | None] = []
    in_block = False
    for position, match in enumerate(matches):
        in_block = _opens_block(match, matches[position + 1 :]) or (
            in_block and match is not None and match.role in ("by_side", "union_status", "modality")
        )
        placed.append(_as_scan(match) if in_block and match else match)
    return _numbered(placed)


def _opens_block(match: HeaderMatch | None, following: Sequence[HeaderMatch | None]) -> bool:
    if match is None or match.role not in ("date", "scan_date"):
        return False
    nearest = following[0] if following else None
    return nearest is not None and nearest.role in ("by_side", "union_status")


def _as_scan(match: HeaderMatch) -> HeaderMatch:
    role = {"date": "scan_date", "by_side": "union_status"}.get(match.role)
    return _renamed(match, role) if role else match


def _numbered(matches: Sequence[HeaderMatch | None]) -> tuple[HeaderMatch | None, ...]:
    counts: dict[tuple[str, str], int] = {}
    totals: dict[tuple[str, str], int] = {}
    for match in matches:
        if match and _takes_visit(match):
            totals[_kind(match)] = totals.get(_kind(match), 0) + 1
    if not any(total > 1 for (role, _), total in totals.items() if role != "modality"):
        return tuple(matches)
    numbered: list[HeaderMatch | None] = []
    for match in matches:
        if match is None or not _takes_visit(match) or totals[_kind(match)] == 1:
            numbered.append(match)
            continue
        counts[_kind(match)] = counts.get(_kind(match), 0) + 1
        numbered.append(_with_visit(match, str(counts[_kind(match)])))
    return tuple(numbered)


def _takes_visit(match: HeaderMatch) -> bool:
    return match.role in ("scan_date", "union_status", "modality", "days_since_fitting") and not (
        {"visit", "timepoint"} & set(match.attributes)
    )


def _kind(match: HeaderMatch) -> tuple[str, str]:
    return (match.role, match.attributes.get("side", ""))


def _with_visit(match: HeaderMatch, visit: str) -> HeaderMatch:
    attributes: Mapping[str, str] = {**match.attributes, "visit": visit}
    return HeaderMatch(
        role=match.role,
        attributes=dict(attributes),
        confidence=match.confidence,
        reason="known header, numbered by its repetition",
    )
