"""A result as text that fits a terminal: folded sentences, tables in blocks of columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pandas as pd

from parsoutcomes.conventions import TERMINAL_COLUMNS, TERMINAL_ROWS

_WIDEST_CELL: Final = 32
# Row heads are folded as far as needed for the estimate and its limits to stand beside them.
_WIDEST_LABELS: Final = (32, 24, 18, 14)
_MOST_LABELS: Final = 4
_GAP: Final = "  "
# What a reader looks for in each row, even where all rows agree.
_ALWAYS_SHOWN: Final = ("estimate", "pooled", "conf_low", "conf_high")


def fold(text: str, *, indent: str = "") -> str:
    """Return a text in lines that fit, later lines indented.

    Examples
    --------
    >>> fold("Left out: " + "nobody " * 14, indent="  ").splitlines()[-1]
    '  nobody nobody'
    """
    return textwrap.fill(text, TERMINAL_COLUMNS, subsequent_indent=indent, break_on_hyphens=False)


def write_notes(notes: Sequence[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    """Yield each headed group of lines, one line below the other where there are several."""
    for heading, lines in notes:
        if len(lines) == 1:
            yield fold(f"{heading}: {lines[0]}", indent="  ")
        else:
            yield "\n".join([f"{heading}:", *(fold(f"- {line}", indent="  ") for line in lines)])


def write_table(shown: pd.DataFrame, frame: pd.DataFrame, *, is_whole: bool = True) -> str:
    """Return a table as text no wider than a terminal.

    Parameters
    ----------
    shown : pandas.DataFrame
        The cells as text.
    frame : pandas.DataFrame
        What they were written from; its leading columns without numbers head each block.
    is_whole : bool
        False stops after one block and as many rows as fit a screen, and says what follows.

    Returns
    -------
    str
        Columns that do not fit follow in further blocks, under the same row heads. What all rows
        share is said once below.
    """
    if len(shown) == 1:
        return _write_row(shown)
    kept = shown if is_whole else shown.head(TERMINAL_ROWS)
    same = [name for name in shown.columns if _is_same(shown, name)]
    varied = kept.drop(columns=same)
    labels = _labels(varied, frame)
    cells = _fold_table(varied, labels)
    shares = list(_share_out(cells, labels))
    written = shares if is_whole else shares[:1]
    blocks = [_write_block(cells, [*labels, *names], n_labels=len(labels)) for names in written]
    blocks += _tell_rest(len(shown) - len(kept), shares[len(written) :])
    if same:
        said = "; ".join(f"{name} {shown[name].iloc[0] or 'blank'}" for name in same)
        blocks.append(fold(f"In every row: {said}", indent="  "))
    return "\n".join(blocks)


def _tell_rest(n_rows: int, shares: Sequence[Sequence[object]]) -> list[str]:
    columns = [str(name) for names in shares for name in names if str(name)]
    rest = [f"{n_rows} more rows"] if n_rows else []
    rest += [f"columns {', '.join(columns)}"] if columns else []
    return [fold(f"In summary() and to_frame(): {'; '.join(rest)}", indent="  ")] if rest else []


def _write_row(shown: pd.DataFrame) -> str:
    width = max(len(str(name)) for name in shown.columns)
    lines = []
    for name in shown.columns:
        head = f"{name}".ljust(width) + _GAP
        lines.append(fold(head + (str(shown[name].iloc[0]) or "blank"), indent=" " * len(head)))
    return "\n".join(lines)


def _is_same(shown: pd.DataFrame, name: object) -> bool:
    return name not in _ALWAYS_SHOWN and len(set(shown[name].astype(str))) == 1


def _labels(varied: pd.DataFrame, frame: pd.DataFrame) -> list[Any]:
    """Return the leading columns of words that tell rows apart, or else the first column."""
    labels: list[Any] = []
    for name in varied.columns:
        if name not in frame or pd.api.types.is_numeric_dtype(frame[name]):
            break
        adds = len(_kinds(varied, [*labels, name])) > len(_kinds(varied, labels))
        if (adds or name == "measure") and len(labels) < _MOST_LABELS:
            labels.append(name)
    return labels or list(varied.columns[:1])


def _kinds(varied: pd.DataFrame, names: list[Any]) -> set[tuple[Any, ...]]:
    return set(varied[names].astype(str).itertuples(index=False, name=None))


def _fold_table(varied: pd.DataFrame, labels: Sequence[object]) -> dict[object, list[list[str]]]:
    """Return the lines of each cell by column: row heads, what is always shown, the others."""
    first = [name for name in _ALWAYS_SHOWN if name in varied and name not in labels]
    others = [name for name in varied.columns if name not in (*labels, *first)]
    cells = {name: _fold_cells(varied, name, _WIDEST_CELL) for name in (*first, *others)}
    beside = sum(_width(cells[name]) + len(_GAP) for name in first or others[:1])
    for widest in _WIDEST_LABELS:
        heads = {name: _fold_cells(varied, name, widest) for name in labels}
        if sum(_width(head) + len(_GAP) for head in heads.values()) + beside <= TERMINAL_COLUMNS:
            break
    return heads | cells


def _fold_cells(varied: pd.DataFrame, name: object, widest: int) -> list[list[str]]:
    texts = [str(name), *varied[name].astype(str)]
    return [textwrap.wrap(text, widest, break_on_hyphens=False) or [""] for text in texts]


def _width(cells: Sequence[Sequence[str]]) -> int:
    return max(len(line) for lines in cells for line in lines)


def _share_out(
    cells: dict[object, list[list[str]]], labels: Sequence[object]
) -> Iterator[list[object]]:
    """Yield the columns of each block, as many as fit beside the row heads."""
    head = sum(_width(cells[name]) + len(_GAP) for name in labels)
    block: list[object] = []
    taken = head
    for name, column in cells.items():
        if name in labels:
            continue
        needed = _width(column) + len(_GAP)
        if block and taken + needed > TERMINAL_COLUMNS:
            yield block
            block, taken = [], head
        block.append(name)
        taken += needed
    yield block


def _write_block(
    cells: dict[object, list[list[str]]], names: Sequence[object], *, n_labels: int
) -> str:
    widths = [_width(cells[name]) for name in names]
    lines = []
    for row in zip(*(cells[name] for name in names), strict=True):
        for number in range(max(map(len, row))):
            texts = [cell[number] if number < len(cell) else "" for cell in row]
            parts = [
                text.ljust(width) if place < n_labels else text.rjust(width)
                for place, (text, width) in enumerate(zip(texts, widths, strict=True))
            ]
            lines.append(_GAP.join(parts).rstrip())
    return "\n".join(lines)
