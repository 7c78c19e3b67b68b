"""Rows of a result's frame as plain mappings, for those who put them into words or pictures."""

from __future__ import annotations

from typing import Any

import pandas as pd

Row = dict[str, Any]


def list_rows(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a frame in order.

    Examples
    --------
    >>> list_rows(pd.DataFrame({"stage": ["early"], "estimate": [0.8]}))
    [{'stage': 'early', 'estimate': 0.8}]
    """
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def index_measures(frame: pd.DataFrame) -> dict[str, Row]:
    """Return the first row of each measure.

    Examples
    --------
    >>> index_measures(pd.DataFrame({"measure": ["risk"], "estimate": [0.8]}))["risk"]["estimate"]
    0.8
    """
    return {str(row["measure"]): row for row in reversed(list_rows(frame))}
