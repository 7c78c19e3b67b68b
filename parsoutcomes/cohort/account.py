"""The account of how a source became a cohort: every column, row and cell, used or listed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result

SOURCE_COLUMNS = ("source", "sheet", "header_rows", "n_rows", "n_rows_used", "n_rows_set_aside")
COLUMN_COLUMNS = ("source", "sheet", "column", "header", "action", "becomes", "reason")
ROW_COLUMNS = ("source", "sheet", "row_number", "action", "reason")
CELL_COLUMNS = ("source", "sheet", "row_number", "header", "action", "reason")
CHECK_COLUMNS = ("check", "severity", "action", "source", "sheet", "row_number", "reason")


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="object") for name in columns})


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class IntakeAccount(Result):
    """What happened to each source, column, row and cell on the way into the cohort.

    No table holds a cell value or an identifier: headers, row numbers, reasons and counts only.

    Attributes
    ----------
    sources : pandas.DataFrame
        One row per sheet or file: header rows, rows found, used and set aside.
    columns : pandas.DataFrame
        One row per source column: used, derived from, dropped as an identifier, or not used.
    rows : pandas.DataFrame
        One row per source row: used, or set aside with the reason.
    cells : pandas.DataFrame
        Cells that were interpreted with a flag, left unresolved, or found in conflict.
    checks : pandas.DataFrame
        Findings of the checks across fields, with severity and action.
    sha256 : str
        Hash of the source bytes; empty when there is no file.
    """

    sources: pd.DataFrame = field(default_factory=lambda: _empty(SOURCE_COLUMNS))
    columns: pd.DataFrame = field(default_factory=lambda: _empty(COLUMN_COLUMNS))
    rows: pd.DataFrame = field(default_factory=lambda: _empty(ROW_COLUMNS))
    cells: pd.DataFrame = field(default_factory=lambda: _empty(CELL_COLUMNS))
    checks: pd.DataFrame = field(default_factory=lambda: _empty(CHECK_COLUMNS))
    sha256: str = ""
