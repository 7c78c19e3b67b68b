"""Display tables of the records: flow, completeness, case mix, intake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.tables.display import DisplayTable, count_text
from parsoutcomes.wording import (
    format_label,
    format_percent,
    format_table_name,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.description import CohortDescription, CohortFlow, Completeness


def tabulate_flow(result: CohortFlow) -> DisplayTable:
    """Return each step with those who remain and those left out."""
    rows = [
        (
            str(row["step"]),
            count_text(row["n_patients"]),
            count_text(row["n_defects"]),
            count_text(row["n_left_out_patients"]),
            count_text(row["n_left_out_defects"]),
            str(row["reason"]) if isinstance(row["reason"], str) else "",
        )
        for row in list_rows(result.frame)
    ]
    heads = ("Step", "Patients", "Pars", "Patients left out", "Pars left out", "Reason")
    return DisplayTable(heads=heads, rows=tuple(rows), text_columns=(5,))


def tabulate_completeness(result: Completeness) -> DisplayTable:
    """Return how much of each field was recorded, one column per year of fitting."""
    frame = result.frame.assign(
        year=result.frame["year"].astype(str),
        shown=[
            f"{format_percent(float(row['fraction_recorded']))} of {count_text(row['n_expected'])}"
            if row["n_expected"]
            else "–"
            for row in list_rows(result.frame)
        ],
    )
    years = list(dict.fromkeys(frame["year"]))
    fields = frame[["table", "column"]].drop_duplicates()
    shown = frame.set_index(["table", "column", "year"])["shown"]
    rows = [
        (
            f"{start_sentence(format_label(column))} ({format_table_name(table)})",
            *(str(shown.get((table, column, year), "–")) for year in years),
        )
        for table, column in fields.itertuples(index=False)
    ]
    return DisplayTable(heads=("Field", *years), rows=tuple(rows))


def tabulate_problem_cells(cells: pd.DataFrame) -> DisplayTable:
    """Return where the source's cells need a look: sheet, column and row numbers, never values.

    Parameters
    ----------
    cells : pandas.DataFrame
        `cells` of the intake account.
    """
    heads = {"sheet": "Sheet", "header": "Column", "action": "What was done", "reason": "Why"}
    return _group_rows(cells, heads)


def _cell(column: str, value: object) -> str:
    """Return a name as the source writes it, and the package's own words as a reader says them."""
    if not value:
        return "–"
    return str(value) if column in ("sheet", "header", "reason") else format_label(value)


def _row_numbers(group: pd.DataFrame) -> str:
    numbers = sorted({int(number) for number in group["row_number"].dropna()})
    return ", ".join(str(number) for number in numbers) or "–"


def tabulate_sources(sources: pd.DataFrame) -> DisplayTable:
    """Return how many rows of each sheet were used and set aside."""
    counts = ("n_rows", "n_rows_used", "n_rows_set_aside")
    rows = [
        (str(row["source"]), str(row["sheet"] or "–"), *(count_text(row[name]) for name in counts))
        for row in list_rows(sources)
    ]
    heads = ("File", "Sheet", "Rows", "Used", "Set aside")
    return DisplayTable(heads=heads, rows=tuple(rows), n_row_heads=2)


def tabulate_set_aside(rows: pd.DataFrame) -> DisplayTable:
    """Return which rows were set aside, by sheet and reason.

    Parameters
    ----------
    rows : pandas.DataFrame
        Those of the intake account's `rows` that were not used.
    """
    return _group_rows(rows, {"sheet": "Sheet", "action": "What was done", "reason": "Why"})


def tabulate_checks(checks: pd.DataFrame) -> DisplayTable:
    """Return what the checks across fields found, by check and what was done.

    Parameters
    ----------
    checks : pandas.DataFrame
        `checks` of the intake account.
    """
    heads = {"check": "Check", "severity": "Severity", "action": "What was done", "reason": "Why"}
    return _group_rows(checks, {**heads, "sheet": "Sheet"})


def tabulate_case_mix(result: CohortDescription) -> DisplayTable:
    """Return the case mix with patients and pars counted apart."""
    rows = [
        (
            start_sentence(format_label(row["characteristic"])),
            _level_label(row),
            _share(row["n_patients"], row["percent_patients"]),
            _share(row["n_defects"], row["percent_defects"]),
        )
        for row in list_rows(result.frame)
    ]
    heads = ("Characteristic", "Value", "Patients", "Pars")
    return DisplayTable(heads=heads, rows=tuple(rows), n_row_heads=2)


def _level_label(row: Row) -> str:
    if pd.isna(row.get("median")):
        return start_sentence(format_label(row["level"]))
    middle, low, high = (
        f"{round(float(row[name]), 1):g}" for name in ("median", "quartile_low", "quartile_high")
    )
    return f"Median {middle} (quartiles {low} and {high})"


def _share(n: float, percent: float) -> str:
    """Return a count with its share of the whole."""
    return f"{count_text(n)} ({format_percent(float(percent) / 100)})"


def _group_rows(frame: pd.DataFrame, heads: dict[str, str]) -> DisplayTable:
    """Count rows that share all of `heads`, and list their row numbers."""
    keys = list(heads)
    filled = frame.fillna(dict.fromkeys(keys, ""))
    rows = [
        (*map(_cell, keys, key), str(len(group)), row_numbers)
        for key, group in filled.groupby(keys, sort=False)
        if (row_numbers := _row_numbers(group))
    ]
    n_words = len(keys)
    return DisplayTable(
        heads=(*heads.values(), "Count", "Rows"),
        rows=tuple(rows),
        n_row_heads=1,
        text_columns=(*range(1, n_words), n_words + 1),
    )
