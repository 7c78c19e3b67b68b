"""Display tables of the records: flow, completeness, case mix, intake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from parsoutcomes.tables.display import DisplayTable, count_text, tabulate_frame
from parsoutcomes.wording import format_label, format_percent, start_sentence

if TYPE_CHECKING:
    from parsoutcomes.results.description import CohortFlow, Completeness


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
        for _, row in result.frame.iterrows()
    ]
    heads = ("Step", "Patients", "Pars", "Patients left out", "Pars left out", "Reason")
    return DisplayTable(heads=heads, rows=tuple(rows), text_columns=(5,))


def tabulate_completeness(result: Completeness) -> DisplayTable:
    """Return how much of each field was recorded, one column per year of fitting."""
    frame = result.frame.assign(
        year=result.frame["year"].astype(str),
        shown=[
            f"{format_percent(float(row.fraction_recorded))} of {count_text(row.n_expected)}"
            if row.n_expected
            else "–"
            for row in result.frame.itertuples(index=False)
        ],
    )
    years = list(dict.fromkeys(frame["year"]))
    fields = frame[["table", "column"]].drop_duplicates()
    shown = frame.set_index(["table", "column", "year"])["shown"]
    rows = [
        (
            f"{start_sentence(format_label(column))} ({format_label(table)})",
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
    keys = ["sheet", "header", "action", "reason"]
    rows = [
        (*(format_label(value) if value else "–" for value in key), _row_numbers(group))
        for key, group in cells.fillna(dict.fromkeys(keys, "")).groupby(keys, sort=False)
    ]
    heads = ("Sheet", "Column", "What was done", "Why", "Rows")
    return DisplayTable(heads=heads, rows=tuple(rows), n_row_heads=2, text_columns=(2, 3, 4))


def _row_numbers(group: pd.DataFrame) -> str:
    numbers = sorted({int(number) for number in group["row_number"].dropna()})
    return ", ".join(str(number) for number in numbers) or "–"


def tabulate_sources(sources: pd.DataFrame) -> DisplayTable:
    """Return how many rows of each sheet were used and set aside."""
    heads = {
        "source": "File",
        "sheet": "Sheet",
        "n_rows": "Rows",
        "n_rows_used": "Used",
        "n_rows_set_aside": "Set aside",
    }
    return tabulate_frame(sources, heads, n_row_heads=2)
