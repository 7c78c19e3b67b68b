"""Mapping and account of intake as short tables: equal lines are gathered, their rows listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pandas as pd

from parsoutcomes.cli.display import show_table

if TYPE_CHECKING:
    from parsoutcomes.cohort.account import IntakeAccount
    from parsoutcomes.loaders.mapping_file import Mapping as ColumnMapping

_MAX_NUMBERS: Final = 30
_NOT_RECORDS: Final = ("used", "header", "title")
_SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "source": "File",
        "sheet": "Sheet",
        "header_rows": "Header in row",
        "n_rows": "Rows",
        "n_rows_used": "Used",
        "n_rows_set_aside": "Set aside",
    }
)
_CHECKS: Final[Mapping[str, str]] = MappingProxyType(
    {"reason": "What was found", "severity": "Severity", "action": "What was done", "rows": "Rows"}
)
_CELLS: Final[Mapping[str, str]] = MappingProxyType(
    {"header": "Column", "action": "What was done", "reason": "Why", "rows": "Rows"}
)
_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "column": "Column",
        "header": "Header",
        "action": "What was done",
        "becomes": "Becomes",
        "reason": "Why",
        "sheets": "Sheets",
    }
)

MAPPING_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "header": "Header",
        "role": "Taken for",
        "details": "With",
        "suggestion": "Perhaps",
        "confidence": "Confidence",
        "n_filled": "Filled",
        "n_unknown": "Unknown spelling",
        "reason": "Why",
        "sheets": "Sheets",
    }
)


def describe_mapping(mapping: ColumnMapping) -> pd.DataFrame:
    """Return the columns of a mapping as they are shown, undecided ones first."""
    frame = mapping.to_frame()
    first = frame.assign(_later=frame["role"].ne("undecided"))
    ordered = first.sort_values("_later", kind="stable").drop(columns="_later")
    return ordered.assign(confidence=[f"{value:.2f}" for value in ordered["confidence"]])


def show_account(account: IntakeAccount, *, show_all: bool) -> None:
    """Write the account of intake as tables, what needs attention first.

    Parameters
    ----------
    account : IntakeAccount
        From `load_records`.
    show_all : bool
        List every row number, however many.
    """
    limit = None if show_all else _MAX_NUMBERS
    kept = account.rows["action"].isin(_NOT_RECORDS)
    checks = gather_rows(account.checks, ("reason", "severity", "action"), limit=limit)
    cells = gather_rows(account.cells, ("header", "action", "reason"), limit=limit)
    aside = gather_rows(account.rows[~kept], ("action", "reason"), limit=limit)
    tables: Sequence[tuple[str, pd.DataFrame, Mapping[str, str], str]] = (
        ("Checks across columns", checks, _CHECKS, "nothing found"),
        ("Cells not simply read as they stand", cells, _CELLS, "none"),
        ("Rows set aside", aside, dict(list(_CELLS.items())[1:]), "none, every row was used"),
        ("Columns", gather_columns(account.columns), _COLUMNS, "none"),
        ("Sheets and files", account.sources, _SOURCES, "none"),
    )
    for title, frame, columns, when_empty in tables:
        show_table(title, frame, columns, when_empty=when_empty)


def gather_rows(
    frame: pd.DataFrame, keys: Sequence[str], *, limit: int | None = _MAX_NUMBERS
) -> pd.DataFrame:
    """Return one line per distinct `keys`, with the rows it stands for by sheet.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {"sheet": ["2023", "2023", "2024"], "row_number": [5, 9, 7], "reason": "blank row"}
    ... )
    >>> gather_rows(frame, ("reason",))["rows"].tolist()
    ['2023: 5, 9; 2024: 7']
    """
    if frame.empty:
        return pd.DataFrame(columns=[*keys, "rows"])
    gathered = [
        {**dict(zip(keys, key, strict=True)), "rows": _list_rows(group, limit)}
        for key, group in frame.groupby(list(keys), sort=False, dropna=False)
    ]
    return pd.DataFrame(gathered)


def gather_columns(columns: pd.DataFrame) -> pd.DataFrame:
    """Return one line per column that is the same on several sheets, with the sheets."""
    keys = ["column", "header", "action", "becomes", "reason"]
    if columns.empty:
        return pd.DataFrame(columns=[*keys, "sheets"])
    sheets = columns.groupby(keys, sort=False, dropna=False)["sheet"]
    return sheets.agg(lambda names: ", ".join(names.astype(str))).rename("sheets").reset_index()


def _list_rows(group: pd.DataFrame, limit: int | None) -> str:
    shown = group if limit is None else group.head(limit)
    by_sheet = [
        _name_sheet(str(sheet)) + ", ".join(str(number) for number in numbers)
        for sheet, numbers in shown.groupby("sheet", sort=False)["row_number"]
    ]
    more = len(group) - len(shown)
    return "; ".join(by_sheet) + (f" and {more:,} more (--all lists them)" if more else "")


def _name_sheet(sheet: str) -> str:
    return f"{sheet}: " if sheet else ""
