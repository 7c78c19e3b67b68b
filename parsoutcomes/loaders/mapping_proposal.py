"""What every column of a source is taken for, with confidence and reason, before it is loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from parsoutcomes.calls import public
from parsoutcomes.loaders.mapping_evidence import Judgement, count_understood, judge_columns
from parsoutcomes.loaders.mapping_file import AnyMapping, Mapping, read_mapping
from parsoutcomes.loaders.mapping_given import (
    IDENTIFIER,
    IGNORED,
    UNDECIDED,
    GivenMapping,
    count_headers,
)
from parsoutcomes.loaders.mapping_spellings import list_spellings, rows_with
from parsoutcomes.loaders.mapping_text import MappedColumn
from parsoutcomes.loaders.sheets import read_sheets, require_records
from parsoutcomes.loaders.source import Source, read_source
from parsoutcomes.loaders.vocabulary import load_vocabulary


@public()
def propose_mapping(
    source: Source, *, mapping: AnyMapping | None = None, password: str | None = None
) -> Mapping:
    """Say what each column of a clinic's file is taken for, how sure that is, and why.

    Look it through before the first load, or when `load_records` asks: write it to a file with
    `write`, correct it, and give the file to `load_records`. Not needed for a file whose
    headers are all recognised.

    Parameters
    ----------
    source : path, sequence of paths, address or pandas.DataFrame
        As `load_records` takes it.
    mapping : Mapping, path or mapping of str to str, optional
        What is decided already, such as last year's mapping; the rest is proposed.
    password : str, optional
        For a protected workbook.

    Returns
    -------
    Mapping
        One entry per column; `write` makes the YAML file.

    Raises
    ------
    SourceError
        When nothing can be read, or no row can be a header.
    ArgumentError
        When the mapping given cannot be read.

    Notes
    -----
    The confidence of a known header is one half, plus one half of the share of its cells that
    are understood. Near misses (similarity of letters, by rapidfuzz) and values alone never reach
    the confidence from which a column is read: they are suggestions.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"Study ID": ["P1"], "Level": ["L5"], "Stge": ["early"]})
    >>> proposed = propose_mapping(rows)
    >>> proposed.to_frame()[["header", "role", "suggestion"]].values.tolist()[-1]
    ['Stge', 'undecided', 'stage']
    """
    given = read_mapping(mapping)
    content = read_source(source, password=password)
    vocabulary = load_vocabulary().with_spellings(given.spellings)
    sheets = read_sheets(content.grids, vocabulary, given)
    if all(sheet.layout is None for sheet in sheets):
        sheets = read_sheets(content.grids, vocabulary, given, takes_any_header=True)
    judgements = judge_columns(sheets, vocabulary, n_rows=None, every_sheet=True)
    if not judgements:
        require_records(sheets, content, given)
    return Mapping(source=content.name, columns=_gather(judgements, given))


def _gather(judgements: Sequence[Judgement], given: GivenMapping) -> tuple[MappedColumn, ...]:
    """Put columns together that are the same on several sheets."""
    gathered: dict[tuple[object, ...], list[Judgement]] = {}
    for one in judgements:
        role, header = _role(one), one.column.header.path
        attributes = tuple(sorted(one.attributes.items()))
        gathered.setdefault((header, _occurrence(one), role, attributes), []).append(one)
    return tuple(
        _mapped(same, role=str(key[2]), occurrence=_occurrence(same[0]), given=given)
        for key, same in gathered.items()
    )


def _role(one: Judgement) -> str:
    by_decision = {"not used": IGNORED, "identifier": IDENTIFIER, "undecided": UNDECIDED}
    return by_decision.get(one.decision, one.role)


def _occurrence(one: Judgement) -> int:
    layout = one.sheet.layout or (one.sheet.unkeyed[0] if one.sheet.unkeyed else None)
    if layout is None:
        return 0
    n, total = count_headers(layout.headers)[one.column.header.position]
    return n if total > 1 else 0


def _mapped(
    same: Sequence[Judgement], *, role: str, occurrence: int, given: GivenMapping
) -> MappedColumn:
    first = same[0]
    unknown: Counter[str] = Counter()
    for one in same:
        unknown.update(one.unknown)
    counts = (
        sum(one.n_filled for one in same),
        sum(one.n_judged for one in same),
        sum(one.n_understood for one in same),
    )
    worst = min(same, key=lambda one: one.confidence)
    is_used = role not in (IGNORED, IDENTIFIER, UNDECIDED)
    spellings = _said(first, given) | list_spellings(first.role, unknown)
    return MappedColumn(
        header=first.column.header.path,
        sheets=tuple(one.sheet.grid.sheet for one in same),
        occurrence=occurrence,
        role=role,
        attributes=dict(first.attributes) if is_used else {},
        suggestion="" if is_used else _suggestion(first),
        confidence=worst.confidence,
        reason=f"{worst.reason}; {count_understood(*counts)}" if first.role else worst.reason,
        n_filled=counts[0],
        n_judged=counts[1],
        n_understood=counts[2],
        n_unknown=unknown.total(),
        n_to_explain=sum(sum(one.frequent_unknown.values()) for one in same),
        rows_not_shown=_rows_not_shown(same, frozenset(unknown) - frozenset(spellings)),
        spellings=spellings,
    )


def _said(one: Judgement, given: GivenMapping) -> dict[str, str]:
    layout = one.sheet.layout
    if layout is None:
        return {}
    matched = given.matches(layout, one.sheet.grid.sheet).get(one.column.header.position)
    return {} if matched is None else dict(matched.spellings)


def _rows_not_shown(same: Sequence[Judgement], hidden: frozenset[str]) -> tuple[str, ...]:
    found: list[str] = []
    for one in same:
        layout = one.sheet.layout or (one.sheet.unkeyed[0] if one.sheet.unkeyed else None)
        sheet = f"{one.sheet.grid.sheet}, " if len(same) > 1 else ""
        rows = rows_with(layout, one.column.header.position, hidden)
        found += [f"{sheet}row {number}" for number in rows]
    return tuple(found)


def _suggestion(one: Judgement) -> str:
    words = [f"{name}={value}" for name, value in sorted(one.attributes.items())]
    return ":".join([one.role, *words]) if one.role else ""
