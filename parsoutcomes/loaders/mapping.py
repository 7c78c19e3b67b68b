"""What each column of a sheet becomes: by the user's mapping, else by its header and its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from parsoutcomes.loaders.by_values import (
    UNFITTING,
    decided,
    read_by_values,
    share_known,
    with_letters,
    with_siblings,
)
from parsoutcomes.loaders.grid import Cell, ErrorCell, GridRow, filled_cells
from parsoutcomes.loaders.header_codes import spelled_out
from parsoutcomes.loaders.header_entries import HeaderMatch
from parsoutcomes.loaders.headers import Header, Layout, match_header, place_repeated_blocks
from parsoutcomes.loaders.identifiers import detect_identifiers, is_study_number
from parsoutcomes.loaders.vocabulary import Vocabulary
from parsoutcomes.schema.tables import TABLES

_HOSPITAL_DIGITS: Final = 6
DOES_NOT_FIT: Final = "the header speaks of union, no cell below it does"
MAPPING_GIVEN: Final = "mapping given"
_IGNORED: Final = "ignore"
_KEPT_AS_TEXT: Final = ("site",)
KEY_PREFERENCE: Final = ("study_number", "hospital_number", "patient", "nhs_number", "chi_number")
_READ_ELSEWHERE: Final = ("birth_date",)
_IDENTIFYING_KINDS: Final = ("nhs_number", "chi_number", "hospital_number", "name")
DATE_ROLES: Final = (
    "fitted_date",
    "onset_date",
    "brace_end_date",
    "last_contact_date",
    "surgery_date",
    "scan_date",
    "birth_date",
    "event_date",
    "score_date",
    "period_start",
    "period_end",
)
OTHER_ROLES: Final = (
    "patient_id",
    "birth_date",
    "laterality",
    "value",
    "instrument",
    "timepoint",
    "score_date",
    "event_date",
    "event_type",
    "days_since_fitting",
    "wear_method",
)
READABLE_ROLES: Final = frozenset(
    {
        column.name
        for name in ("episodes", "defects", "readings", "wear")
        for column in TABLES[name].columns
        if not column.derived and not column.name.endswith("_id")
    }
    - {"scope", "is_target", "method"}
    | set(OTHER_ROLES)
)


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the user says that a column holds: a role, "ignore" or "identifier"."""

    role: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """One column of a sheet, and what is made of it.

    Attributes
    ----------
    header : Header
        Its position and words.
    role : str
        What it holds; empty when it is not used.
    attributes : mapping of str to str
        Side, visit, time point, instrument, unit.
    action : str
        used, used and dropped, dropped as an identifier, replaced by a pseudonym, or not used.
    reason : str
        Why, in words.
    """

    header: Header
    role: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    action: str = "used"
    reason: str = ""

    @property
    def side(self) -> str | None:
        """The side that the header names."""
        return self.attributes.get("side")

    @property
    def visit(self) -> str:
        """The repeated block to which the column belongs; empty when blocks are not repeated."""
        return self.attributes.get("visit") or self.attributes.get("timepoint", "")


def choose_columns(
    layout: Layout, vocabulary: Vocabulary, named: Mapping[int, Given]
) -> tuple[Column, ...]:
    """Say what each column of a sheet holds and what becomes of it.

    Parameters
    ----------
    layout : Layout
        Headers and data rows.
    vocabulary : Vocabulary
        Known headers and values.
    named : mapping of int to Given
        What the user's mapping says, by position; it goes before the vocabulary.

    Returns
    -------
    tuple of Column
        One per column, in order.
    """
    rows = layout.records
    found = [match_header(header, vocabulary) for header in layout.headers]
    values = [
        _in_words(_filled(rows, header), match)
        for header, match in zip(layout.headers, found, strict=True)
    ]
    matches = [
        read_by_values(match, cells, vocabulary) for match, cells in zip(found, values, strict=True)
    ]
    placed = with_letters(place_repeated_blocks(with_siblings(found, matches)), values)
    columns = [
        _named_column(header, named.get(header.position), rows)
        or _column(header, match, cells, vocabulary)
        for header, match, cells in zip(layout.headers, placed, values, strict=True)
    ]
    keyed = _without_half_levels(_with_one_key(columns, rows))
    by_position = {
        header.position: cells for header, cells in zip(layout.headers, values, strict=True)
    }
    return tuple(_without_repeats(keyed, by_position, vocabulary))


def _filled(rows: Sequence[GridRow], header: Header) -> list[Cell]:
    return filled_cells(rows, header.position)


def _in_words(cells: list[Cell], match: HeaderMatch | None) -> list[Cell]:
    """Return cells in the words that the header gives for codes, where it does."""
    if match is None or "codes" not in match.attributes:
        return cells
    return [spelled_out(cell, match.attributes) for cell in cells]


def _named_column(header: Header, given: Given | None, rows: Sequence[GridRow]) -> Column | None:
    if given is None:
        return None
    if given.role == _IGNORED:
        return _unused(header, "left out by the mapping given")
    if given.role == "identifier":
        reason = "an identifier by the mapping given"
        return _unused(header, reason, action="dropped as an identifier")
    if given.role in _KEPT_AS_TEXT and _identifies(header, rows):
        reason = "its values have the form of an identifier, whatever the mapping says"
        return _unused(header, reason, action="dropped as an identifier")
    return Column(
        header=header,
        role=given.role,
        attributes=given.attributes,
        action="used and dropped" if given.role in _READ_ELSEWHERE else "used",
        reason=MAPPING_GIVEN,
    )


def _identifies(header: Header, rows: Sequence[GridRow]) -> bool:
    values = [_text(value) for value in _filled(rows, header)]
    return detect_identifiers(header.text, values) is not None


def _unused(header: Header, reason: str, *, action: str = "not used") -> Column:
    return Column(header=header, role="", action=action, reason=reason)


def _column(
    header: Header, match: HeaderMatch | None, values: list[Cell], vocabulary: Vocabulary
) -> Column:
    if match is not None and match.role == "identifier":
        kind = match.attributes.get("kind", "identifier")
        if kind in ("nhs_number", "chi_number", "hospital_number"):
            return Column(
                header=header,
                role="identifier",
                attributes=match.attributes,
                action="dropped as an identifier",
                reason=f"header of: {_words(kind)}",
            )
        return _unused(header, f"header of: {_words(kind)}", action="dropped as an identifier")
    if match is None or match.role not in READABLE_ROLES:
        return _not_readable(header, match, values, vocabulary)
    if match.role == "birth_date":
        reason = "turned into age at fitting, then dropped as an identifier"
        return _used(header, match, action="used and dropped", reason=reason)
    return _used(header, decided(match, values, vocabulary))


def _used(header: Header, match: HeaderMatch, *, action: str = "used", reason: str = "") -> Column:
    return Column(
        header=header,
        role=match.role,
        attributes=dict(match.attributes),
        action=action,
        reason=reason or match.reason,
    )


def _not_readable(
    header: Header, match: HeaderMatch | None, values: list[Cell], vocabulary: Vocabulary
) -> Column:
    finding = detect_identifiers(header.text, [_text(value) for value in values])
    if finding is not None:
        kind = f"{_words(finding.kind)}: {finding.reason}"
        return _unused(header, kind, action="dropped as an identifier")
    if match is not None and match.role == "free_text":
        return _unused(header, "free text, which may name people; not kept")
    if match is not None and match.role == UNFITTING:
        return _unused(header, DOES_NOT_FIT)
    if match is not None:
        return _unused(header, f"known header ({_words(match.role)}) without a place in the tables")
    if not values:
        return _unused(header, "no header known, and no cell filled")
    near = vocabulary.suggest_header(header.text) if header.text else []
    hint = f"; nearest known: {_words(near[0][0])}" if near else ""
    return _unused(header, f"header not known{hint}")


def _text(value: Cell) -> str:
    return "" if value is None else str(value)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _with_one_key(columns: Sequence[Column], rows: Sequence[GridRow]) -> list[Column]:
    """Keep one column as the patient's key; a key that identifies becomes a pseudonym."""
    keys = [column for column in columns if _key_rank(column) is not None]
    named = [column for column in keys if column.reason == MAPPING_GIVEN]
    if not keys:
        return list(columns)
    key = named[0] if named else min(keys, key=lambda column: _rank_with_values(column, rows))
    return [
        _as_key(column, rows) if column is key else _not_the_key(column, column in keys)
        for column in columns
    ]


def _key_rank(column: Column) -> int | None:
    kind = column.attributes.get("kind", "patient")
    if column.role in ("patient_id", "identifier"):
        return KEY_PREFERENCE.index(kind) if kind in KEY_PREFERENCE else None
    return None


def _rank_with_values(column: Column, rows: Sequence[GridRow]) -> tuple[bool, int]:
    values = [_text(value) for value in _filled(rows, column.header)]
    return (not (values and is_study_number(dict.fromkeys(values))), _key_rank(column) or 0)


def _as_key(column: Column, rows: Sequence[GridRow]) -> Column:
    """Keep study numbers; one key that is none turns the whole column into pseudonyms."""
    values = _keys_of_records(column.header, rows)
    kind = column.attributes.get("kind", "patient")
    kept = replace(column, role="patient_id", action="used", reason="study numbers, kept")
    if is_study_number(dict.fromkeys(values)) and not (
        kind in _IDENTIFYING_KINDS and _are_long(values)
    ):
        return kept
    found = detect_identifiers(column.header.text, values)
    if not values and found is None:
        return replace(kept, reason=column.reason)
    why = "keys that are not all study numbers may identify people"
    if found is not None or kind in _IDENTIFYING_KINDS:
        why = f"the key is itself an identifier ({_words(found.kind if found else kind)})"
    return with_pseudonyms(kept, why)


def with_pseudonyms(key: Column, reason: str) -> Column:
    """Return a patient's key whose values are replaced by pseudonyms."""
    return replace(
        key,
        attributes={**key.attributes, "pseudonym": "yes"},
        action="replaced by a pseudonym",
        reason=reason,
    )


def _keys_of_records(header: Header, rows: Sequence[GridRow]) -> list[str]:
    """Return the keys of rows that hold anything else: a footnote below a list is no key."""
    keyed = [row for row in rows if len(row.cells) - row.cells.count(None) > 1]
    cells = _filled(keyed, header)
    return [_text(cell) for cell in cells if not isinstance(cell, bool | float | ErrorCell)]


def _are_long(values: Sequence[str]) -> bool:
    """Say whether bare numbers are so long that a hospital's own are likely, noughts or not."""
    return any(
        value.strip().isdecimal() and len(value.strip()) >= _HOSPITAL_DIGITS for value in values
    )


def _not_the_key(column: Column, is_spare_key: bool) -> Column:
    if not is_spare_key:
        return column
    return _unused(
        column.header,
        column.reason if column.role == "identifier" else "another column is the patient's key",
        action="dropped as an identifier",
    )


def _without_half_levels(columns: Sequence[Column]) -> list[Column]:
    """Leave "L level" out unless there is "R level": it may be the lumbar level of both sides."""
    sides = {column.side for column in columns if column.role == "level"}
    is_half = len(sides & {"left", "right"}) == 1
    if is_half and any(column.role == "side" for column in columns):
        return [_of_both_sides(column) if column.role == "level" else column for column in columns]
    reason = "header not known: a level of one side alone, or the lumbar level"
    return [
        _unused(column.header, reason)
        if is_half and column.role == "level" and column.side and column.reason != MAPPING_GIVEN
        else column
        for column in columns
    ]


def _of_both_sides(column: Column) -> Column:
    kept = {name: value for name, value in column.attributes.items() if name != "side"}
    return replace(column, attributes=kept)


def _without_repeats(
    columns: Sequence[Column], values: Mapping[int, list[Cell]], vocabulary: Vocabulary
) -> list[Column]:
    """Keep one of several columns of one meaning: the first, unless a later one alone fits it."""
    same: dict[tuple[object, ...], list[Column]] = {}
    for column in columns:
        key = (column.role, *sorted(column.attributes.items()))
        same.setdefault(key if column.role else (column,), []).append(column)
    kept = {id(_fitting(group, values, vocabulary)) for group in same.values()}
    reason = "an earlier column holds the same; name the right one in a mapping"
    return [column if id(column) in kept else _unused(column.header, reason) for column in columns]


def _fitting(
    columns: Sequence[Column], values: Mapping[int, list[Cell]], vocabulary: Vocabulary
) -> Column:
    if len(columns) == 1 or columns[0].role not in vocabulary.columns:
        return columns[0]
    cells = [values[column.header.position] for column in columns]
    shares = [share_known(columns[0].role, own, vocabulary) if own else 0.0 for own in cells]
    if shares[0] > 0 or max(shares) == 0:
        return columns[0]
    return columns[shares.index(max(shares))]
