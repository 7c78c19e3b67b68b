"""Which rows below a header are no records: blank ones and totals."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from parsoutcomes.loaders.grid import GridRow

_REMEMBERED: Final = 10_000
_TOTALS: Final = re.compile(
    r"^\W*(grand\s+|sub\W*)?(totals?|sum|count|averages?|means?|n\s*=.*|n)\W*\d*\W*$",
    re.IGNORECASE,
)


def is_totals_row(row: GridRow) -> bool:
    """Whether the first filled cell of a row says that it adds up the rows above.

    Examples
    --------
    >>> is_totals_row(GridRow(number=29, cells=(None, "Total:", 22)))
    True
    """
    first = row.cell(0)
    if first is None:
        first = next((cell for cell in row.cells if cell is not None), None)
    return isinstance(first, str) and _adds_up(first)


@lru_cache(maxsize=_REMEMBERED)
def _adds_up(text: str) -> bool:
    return _TOTALS.match(text) is not None
