"""The data dictionary: every column of every table, read from the schema."""

from __future__ import annotations

import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.schema.tables import TABLES, Column, Table


@public()
def describe_schema() -> pd.DataFrame:
    """List every column that a cohort can hold, with its meaning, unit and allowed values.

    To see what the package understands, and to plan what to record. Not a list of what a
    particular source holds: `cohort.intake.columns` is that.

    Returns
    -------
    pandas.DataFrame
        One row per column: `table, one_row_per, column, is_key, kind, unit, meaning, allowed,
        minimum, maximum, is_required, is_derived`. `allowed` is text, values joined by commas;
        `unit` is empty where there is none.

    Examples
    --------
    >>> dictionary = describe_schema()
    >>> dictionary.loc[dictionary["column"].eq("prescribed_months"), "unit"].item()
    'months'
    """
    rows = [_describe(table, column) for table in TABLES.values() for column in table.columns]
    return pd.DataFrame(rows)


def _describe(table: Table, column: Column) -> dict[str, object]:
    return {
        "table": table.name,
        "one_row_per": table.one_row_per,
        "column": column.name,
        "is_key": column.name in table.key,
        "kind": column.kind,
        "unit": _unit_of(column),
        "meaning": column.meaning,
        "allowed": ", ".join(column.allowed),
        "minimum": column.minimum,
        "maximum": column.maximum,
        "is_required": column.required,
        "is_derived": column.derived,
    }


def _unit_of(column: Column) -> str:
    """Read the unit from the name, where it is spelt out."""
    if column.kind != "number":
        return ""
    if column.name.endswith("hours_per_day"):
        return "hours per day"
    last = column.name.rsplit("_", 1)[-1]
    return last if last in ("days", "months", "years") else _since(column.name)


def _since(name: str) -> str:
    return "days" if name.startswith("days_") else ""
