"""One column of a mapping, and the text of its file: YAML for the clinician who corrects it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from parsoutcomes.conventions import FREQUENT_UNKNOWN_SHARE
from parsoutcomes.loaders.mapping_given import UNDECIDED
from parsoutcomes.loaders.vocabulary import MISSING_REASONS
from parsoutcomes.schema.tables import TABLES

FORMAT: Final = "parsoutcomes mapping 1"
_LISTED: Final = (
    "stage",
    "ct_stage",
    "stir",
    "union_status",
    "side",
    "laterality",
    "status",
    "sex",
)
# Roles whose spellings are never listed, and to which the clinic may add any name of its own.
NAMED_BY_THE_CLINIC: Final = ("site",)
_MORE_MEANINGS: Final = {
    "stage": ("no_defect",),
    "side": ("both", "unilateral"),
    "laterality": ("unilateral", "bilateral"),
}
_MOST_ROWS: Final = 20
_HEAD: Final = """\
# What each column of your file is taken for. Correct it in any text editor, keep it, and give it
# when you load: load_records(source, mapping="mapping.yaml"), or on the command line --mapping.
# Next year's file is checked against it, and what differs is listed.
#
#   role         a standard column (see describe_schema), or
#                ignore      leave the column out
#                identifier  drop it, since it names people
#                undecided   the package is not certain: put a role in its place, or ignore
#   with         what the header says beside: side, visit, timepoint, instrument, unit
#   confidence   from 0 to 1; the reason says what it rests on
#   spellings    how cells of this column are written that no list knows. Put the meaning between
#                the quotes: one of the words in the comment above them. Left empty, such a cell is
#                listed as not understood; if it is frequent in union or stage, the load stops.
#
# PRIVACY: spellings are listed for stage, side, union and the like alone, when they stand in at
# least 3 rows and are made of clinical words, numbers and signs only. Any other might be a name:
# it is told by its rows. To give it a meaning, add it to the spellings yourself. Still, look the
# file through before it leaves the clinic. No message, table or log shows a spelling.
"""


@dataclass(frozen=True, kw_only=True)
class MappedColumn:
    """One column of the source, what it was taken for, and how sure that is.

    Attributes
    ----------
    header : str
        As in the source; "Group > Header" below a group header.
    sheets : tuple of str
        Sheets in which it stands; one empty name for a file without sheets.
    occurrence : int
        Which of several columns with the same header; 0 when there is only one.
    role : str
        A standard column, "ignore", "identifier" or "undecided".
    attributes : mapping of str to str
        Side, visit, time point, instrument, unit.
    suggestion : str
        For an undecided column: the most likely role, with attributes as in a short mapping.
    confidence : float
        0 to 1.
    reason : str
        Why, in words.
    n_filled, n_judged, n_understood : int
        Cells filled; of these, neither blank nor a word for missing; understood.
    n_unknown : int
        Rows with a spelling that is not known.
    n_to_explain : int
        Those of them with a spelling too frequent to be left out: the load stops until it has a
        meaning.
    rows_not_shown : tuple of str
        Rows with a spelling that is not known and may not be listed, since it might be a name.
    spellings : mapping of str to str
        Clinical spellings in several rows that are not known, and what they mean, empty until
        somebody says so. Kept for the file alone: no table, message or log shows them.
    """

    header: str
    sheets: tuple[str, ...]
    occurrence: int = 0
    role: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    suggestion: str = ""
    confidence: float
    reason: str
    n_filled: int = 0
    n_judged: int = 0
    n_understood: int = 0
    n_unknown: int = 0
    n_to_explain: int = 0
    rows_not_shown: tuple[str, ...] = ()
    spellings: Mapping[str, str] = field(default_factory=dict, repr=False)


def meanings_of(role: str) -> tuple[str, ...]:
    """Return the standard values of a role whose spellings a mapping may explain; () for others."""
    if role not in _LISTED:
        return ()
    declared = next(
        (
            column.allowed
            for table in TABLES.values()
            for column in table.columns
            if column.name == role and column.allowed
        ),
        (),
    )
    return tuple(dict.fromkeys((*declared, *_MORE_MEANINGS.get(role, ()))))


def compose_yaml(source: str, columns: Sequence[MappedColumn]) -> str:
    """Return a mapping as commented YAML; the same mapping gives the same text."""
    undecided = [column for column in columns if column.role == UNDECIDED]
    lines = [_HEAD.rstrip(), f"format: {FORMAT}", f"source: {_quoted(source)}"]
    if undecided:
        lines.append(f"# TO DECIDE: {len(undecided)} columns below have the role undecided.")
    lines += _to_explain([column for column in columns if column.n_to_explain])
    lines.append("columns:")
    for column in (*undecided, *(one for one in columns if one.role != UNDECIDED)):
        lines += _entry(column)
    return "\n".join(lines) + "\n"


def _to_explain(columns: Sequence[MappedColumn]) -> Iterator[str]:
    if not columns:
        return
    share = f"{100 * FREQUENT_UNKNOWN_SHARE:.0f} %"
    yield f"# TO EXPLAIN: {len(columns)} columns below, those with cells_to_explain. In each, one"
    yield f"# spelling that no list knows fills {share} of the cells or more. Give it a meaning"
    yield "# under spellings, or not_known to leave it out. One not listed is found by its rows:"
    yield '#     spellings: {"as it is written": "the meaning"}'


def _entry(column: MappedColumn) -> Iterator[str]:
    yield f"  - header: {_quoted(column.header)}"
    yield f"    sheets: [{', '.join(map(_quoted, column.sheets))}]"
    if column.occurrence:
        yield f"    occurrence: {column.occurrence}"
    hint = f"  # perhaps {column.suggestion}" if column.suggestion else ""
    yield f"    role: {column.role}{hint}"
    if column.attributes:
        pairs = sorted(column.attributes.items())
        yield f"    with: {{{', '.join(f'{k}: {_quoted(v)}' for k, v in pairs)}}}"
    yield f"    confidence: {column.confidence:.2f}"
    yield f"    reason: {_quoted(column.reason)}"
    yield f"    cells_filled: {column.n_filled}"
    yield f"    cells_understood: {column.n_understood}"
    if column.n_unknown:
        yield f"    cells_with_unknown_spelling: {column.n_unknown}"
    if column.n_to_explain:
        yield f"    cells_to_explain: {column.n_to_explain}"
    yield from _row_lines(column.rows_not_shown)
    yield from _spelling_lines(column)


def _row_lines(rows: Sequence[str]) -> Iterator[str]:
    if not rows:
        return
    more = f"  # and {len(rows) - _MOST_ROWS} more" if len(rows) > _MOST_ROWS else ""
    shown = ", ".join(map(_quoted, rows[:_MOST_ROWS]))
    yield f"    rows_with_spelling_not_shown: [{shown}]{more}"


def _spelling_lines(column: MappedColumn) -> Iterator[str]:
    if not column.spellings:
        return
    role = column.role if meanings_of(column.role) else column.suggestion.partition(":")[0]
    meanings = meanings_of(role) or ("any name of a place",)
    yield f"    # meanings: {', '.join((*meanings, *MISSING_REASONS))}"
    yield "    spellings:"
    for spelling, meaning in column.spellings.items():
        yield f"      {_quoted(spelling)}: {_quoted(meaning)}"


def _quoted(text: str) -> str:
    """Return text in double quotes, which mean the same in JSON and in YAML."""
    return json.dumps(text, ensure_ascii=False)
