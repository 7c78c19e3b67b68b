"""Display tables of the brace durations: estimates, the target trial, other choices."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.tables.display import DisplayTable, count_text
from parsoutcomes.wording import (
    format_months,
    format_number_between,
    format_number_range,
    format_p_value,
    format_percent_between,
    format_percent_range,
    format_points_between,
    format_points_range,
    start_sentence,
)

if TYPE_CHECKING:
    import pandas as pd

    from parsoutcomes.results.brace_duration import BraceDurations
    from parsoutcomes.results.brace_sensitivity import VariedBraceDurations

_MEASURES: Final = MappingProxyType(
    {
        "cumulative_union": "union",
        "risk_difference": "difference in union, percentage points",
        "mean_months_un_united": "mean months un-united",
        "difference_mean_months_un_united": "difference in mean months un-united",
    }
)


def tabulate_brace_durations(result: BraceDurations) -> DisplayTable:
    """Return union under both strategies, its difference, and mean months un-united."""
    heads = ("Strategy", "At", "Measure", "Estimate (interval)", "Pars", "Patients", "p", "Beware")
    rows = [
        (
            start_sentence(str(row["strategy"])),
            format_months(float(row["months"])),
            start_sentence(_MEASURES[str(row["measure"])]),
            _estimate(row),
            count_text(row["n_defects"]),
            count_text(row["n_patients"]),
            "" if math.isnan(row["p_value"]) else format_p_value(row["p_value"]),
            str(row["left_open"] or ""),
        )
        for row in list_rows(result.frame)
    ]
    return DisplayTable(heads=heads, rows=tuple(rows), n_row_heads=3, text_columns=(7,))


def _estimate(row: Row) -> str:
    """Return an estimate with its limits; where scans leave it open, between what."""
    values = (row["estimate"], row["conf_low"], row["conf_high"])
    ends = (row["estimate_low"], row["estimate_high"])
    whole, between = _WRITERS.get(str(row["measure"]), (_months, _months_between))
    if math.isnan(row["estimate"]):
        return between(*ends, *values[1:])
    is_open = math.isfinite(ends[0]) and ends[1] > ends[0]
    return f"{whole(*values)}; {between(*ends)} by the scans" if is_open else whole(*values)


_months = partial(format_number_range, decimals=1)
_months_between = partial(format_number_between, decimals=1)
_WRITERS: Final[Mapping[str, tuple[Callable[..., str], Callable[..., str]]]] = MappingProxyType(
    {
        "cumulative_union": (format_percent_range, format_percent_between),
        "risk_difference": (format_points_range, format_points_between),
    }
)


def tabulate_target_trial(result: BraceDurations) -> DisplayTable:
    """Return the target trial beside how the records stand in for it."""
    return _as_table(result.target_trial, n_row_heads=1, text_columns=(1, 2))


def tabulate_varied_brace_durations(result: VariedBraceDurations) -> DisplayTable:
    """Return the difference as reported and with one choice changed at a time."""
    shown = result.display_frame()
    return _as_table(shown, n_row_heads=2, text_columns=(list(shown).index("refused"),))


def _as_table(
    frame: pd.DataFrame, *, n_row_heads: int, text_columns: tuple[int, ...]
) -> DisplayTable:
    return DisplayTable(
        heads=tuple(start_sentence(str(name).replace("_", " ")) for name in frame.columns),
        rows=tuple(tuple(str(cell) for cell in row) for row in frame.to_numpy().tolist()),
        n_row_heads=n_row_heads,
        text_columns=text_columns,
    )
