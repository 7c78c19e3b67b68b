"""Columns that matter and are undecided stop the load; a mapping is held against its new file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd
from rapidfuzz import fuzz

from parsoutcomes.cohort.account import CHECK_COLUMNS
from parsoutcomes.conventions import (
    FREQUENT_UNKNOWN_CELLS,
    FREQUENT_UNKNOWN_SHARE,
    MAPPING_CONFIDENCE,
    NEAR_HEADER_SIMILARITY,
)
from parsoutcomes.errors import Problem, RecordsError
from parsoutcomes.loaders.grid import column_letters
from parsoutcomes.loaders.intake import SheetRead
from parsoutcomes.loaders.mapping_evidence import ROLES_THAT_MATTER, Judgement
from parsoutcomes.loaders.mapping_given import IDENTIFIER, IGNORED, GivenColumn, GivenMapping
from parsoutcomes.loaders.mapping_spellings import rows_with
from parsoutcomes.loaders.spelling import normalise

_NEW = ("mapping_new_column", "read as its header says, or not used: add it to the mapping")
_GONE = ("mapping_missing_column", "nothing is read for it: check whether the export changed")
_CHANGED = ("mapping_changed_header", "read as its header says: correct the mapping")
_SPELLINGS = ("mapping_new_spellings", "left out: say in the mapping what they mean")

_ROWS_TOLD: Final = 10


def require_decided(judgements: Sequence[Judgement], source: str, given: GivenMapping) -> None:
    """Stop at what is not certain: a column that matters, a frequent word, a column that is gone.

    Parameters
    ----------
    judgements : sequence of Judgement
        Of all columns.
    source : str
        Name of the source.
    given : GivenMapping
        What the user says of columns.

    Raises
    ------
    RecordsError
        With all such columns at once, each with its best candidate, confidence and reason, or the
        rows of a spelling of union or stage that is frequent and not known.
    """
    undecided = [one for one in judgements if one.decision == "undecided"]
    frequent = [one for one in judgements if one.frequent_unknown]
    gone = _gone_that_matter(judgements, given)
    problems = [_undecided(undecided, source)] if undecided else []
    problems += [_unexplained(frequent, source)] if frequent else []
    problems += [_gone_problem(gone, judgements, source)] if gone else []
    if problems:
        raise RecordsError(problems)


def _undecided(undecided: Sequence[Judgement], source: str) -> Problem:
    described = dict.fromkeys(_describe(one) for one in undecided)
    return Problem(
        wrong="The source has columns that matter and are not certain.",
        expected=f"a confidence of at least {MAPPING_CONFIDENCE} in what such a column holds",
        found=f"{source}: {'; '.join(described)}",
        fix=(
            "Write the mapping with: parsoutcomes map SOURCE --out mapping.yaml (or "
            'propose_mapping(source).write("mapping.yaml")), put a role or "ignore" where it says '
            'undecided, and load with mapping="mapping.yaml" (--mapping mapping.yaml).'
        ),
    )


def _describe(one: Judgement) -> str:
    letter = column_letters(one.column.header.position)
    sheet = f" of sheet {one.sheet.grid.sheet}" if one.sheet.grid.sheet else ""
    role = one.role.replace("_", " ")
    return (
        f'column {letter}{sheet}, "{one.column.header.path}", perhaps {role} '
        f"({one.confidence:.2f}: {one.evidence})"
    )


def _unexplained(frequent: Sequence[Judgement], source: str) -> Problem:
    least = f"{100 * FREQUENT_UNKNOWN_SHARE:.0f} %"
    return Problem(
        wrong="Frequent words for union or stage have no known meaning.",
        expected=(
            f"no unknown spelling in {least} of a column's cells or more (and at least "
            f"{FREQUENT_UNKNOWN_CELLS}): left out, it would bend the rate of union"
        ),
        found=f"{source}: {'; '.join(map(_describe_unexplained, frequent))}",
        fix=(
            "Write the mapping with: parsoutcomes map SOURCE --out mapping.yaml (or "
            'propose_mapping(source).write("mapping.yaml")), give each such spelling a meaning '
            "(not_known leaves it out; a spelling that is not listed is added from the rows told), "
            'and load with mapping="mapping.yaml" (--mapping mapping.yaml).'
        ),
    )


def _describe_unexplained(one: Judgement) -> str:
    letter = column_letters(one.column.header.position)
    sheet = f" of sheet {one.sheet.grid.sheet}" if one.sheet.grid.sheet else ""
    texts = one.frequent_unknown
    n_words = len(set(map(normalise, texts)))
    words = "one spelling" if n_words == 1 else f"{n_words} spellings"
    layout = one.sheet.layout or (one.sheet.unkeyed[0] if one.sheet.unkeyed else None)
    rows = rows_with(layout, one.column.header.position, frozenset(texts))
    more = f" and {len(rows) - _ROWS_TOLD} more" if len(rows) > _ROWS_TOLD else ""
    return (
        f'column {letter}{sheet}, "{one.column.header.path}": {words} in '
        f"{sum(texts.values()):,} of {one.n_filled:,} cells (rows "
        f"{', '.join(map(str, rows[:_ROWS_TOLD]))}{more})"
    )


def _gone_that_matter(judgements: Sequence[Judgement], given: GivenMapping) -> list[GivenColumn]:
    if not given.is_of_file:
        return []
    held = {(one.role, one.attributes.get("side")) for one in judgements if one.decision == "used"}
    return [
        column
        for column in _missing(judgements, given)
        if column.role in ROLES_THAT_MATTER
        and (column.role, column.attributes.get("side")) not in held
    ]


def _gone_problem(
    gone: Sequence[GivenColumn], judgements: Sequence[Judgement], source: str
) -> Problem:
    new = [one.column.header.path for one in judgements if one.decision == "not used"]
    described = []
    for column in gone:
        near = _nearest(column.header, new)
        hint = f', perhaps now "{near}"' if near else ""
        described.append(f'"{column.header}" ({column.role.replace("_", " ")}{hint})')
    return Problem(
        wrong="Columns of the mapping that matter are not in this source.",
        expected="every column on patient, pars, brace and union that the mapping has",
        found=f"{source} is without {'; '.join(dict.fromkeys(described))}",
        fix=(
            "Check that the export is whole. Correct a header that has changed in the mapping, and "
            "take the entry of a column that is gone for good out of it."
        ),
    )


def compare_mapping(
    given: GivenMapping, sheets: Sequence[SheetRead], judgements: Sequence[Judgement]
) -> pd.DataFrame:
    """List where a source differs from the file that its mapping was made for.

    Parameters
    ----------
    given : GivenMapping
        What the user says of columns.
    sheets : sequence of SheetRead
        Sheets of the source.
    judgements : sequence of Judgement
        Of all columns.

    Returns
    -------
    pandas.DataFrame
        Lines as in `IntakeAccount.checks`; none unless the mapping is one of a whole file.
    """
    lines = list(_differences(given, sheets, judgements)) if given.is_of_file else []
    return pd.DataFrame(lines, columns=list(CHECK_COLUMNS))


def _differences(
    given: GivenMapping, sheets: Sequence[SheetRead], judgements: Sequence[Judgement]
) -> Iterator[tuple[object, ...]]:
    missing = _missing(judgements, given)
    changed: set[str] = set()
    for one in judgements:
        if _match(one, given) is not None:
            yield from _new_spellings(one)
            continue
        old = _former(one, missing)
        if old is None:
            reason = f'"{one.column.header.path}" is not in the mapping'
            yield _line(_NEW, one.sheet, reason)
        else:
            changed.add(old.key)
            reason = f'"{one.column.header.path}" stands where the mapping has "{old.header}"'
            yield _line(_CHANGED, one.sheet, reason)
    first = next((sheet for sheet in sheets if sheet.layout is not None), None)
    for column in missing:
        if first is not None and column.key not in changed:
            yield _line(_GONE, first, f'"{column.header}" of the mapping is not in the source')


def _match(one: Judgement, given: GivenMapping) -> GivenColumn | None:
    layout = one.sheet.layout or (one.sheet.unkeyed[0] if one.sheet.unkeyed else None)
    if layout is None:
        return None
    return given.matches(layout, one.sheet.grid.sheet).get(one.column.header.position)


def _missing(judgements: Sequence[Judgement], given: GivenMapping) -> list[GivenColumn]:
    found = {id(match) for match in (_match(one, given) for one in judgements) if match}
    keys = {column.key for column in given.columns if id(column) in found}
    unique = {column.key: column for column in given.columns if column.key not in keys}
    return list(unique.values())


def _former(one: Judgement, missing: Sequence[GivenColumn]) -> GivenColumn | None:
    """Return the column of the mapping whose header has become this one."""
    same = [
        column
        for column in missing
        if column.role not in (IGNORED, IDENTIFIER)
        and one.decision == "used"
        and (column.role, dict(column.attributes)) == (one.role, dict(one.attributes))
    ]
    if same:
        return same[0]
    near = _nearest(one.column.header.path, [column.header for column in missing])
    return next((column for column in missing if column.header == near), None)


def _nearest(header: str, others: Sequence[str]) -> str:
    scored = [(fuzz.ratio(normalise(header), normalise(other)) / 100, other) for other in others]
    score, nearest = max(scored, default=(0.0, ""))
    return nearest if score >= NEAR_HEADER_SIMILARITY else ""


def _new_spellings(one: Judgement) -> Iterator[tuple[object, ...]]:
    n_rows = sum(one.unknown.values())
    if n_rows and one.decision == "used":
        words = "1 spelling" if len(one.unknown) == 1 else f"{len(one.unknown)} spellings"
        rows = "1 cell" if n_rows == 1 else f"{n_rows} cells"
        reason = f'"{one.column.header.path}" has {words} without a meaning, in {rows}'
        yield _line(_SPELLINGS, one.sheet, reason)


def _line(kind: tuple[str, str], sheet: SheetRead, reason: str) -> tuple[object, ...]:
    layout = sheet.layout or (sheet.unkeyed[0] if sheet.unkeyed else None)
    number = layout.header_rows[-1] if layout is not None else 0
    return (kind[0], "flags", kind[1], sheet.grid.source, sheet.grid.sheet, number, reason)
