"""Display tables of what comes with time to union: differences, and the bias of dating by scans."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from parsoutcomes.results.competing_risks import APPROACHES, BETWEEN, FIRST_SCAN, MIDPOINT
from parsoutcomes.results.group_differences import write_difference
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.tables.display import DisplayTable
from parsoutcomes.wording import (
    format_group,
    format_months,
    format_percent_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.competing_risks import CompetingRisks
    from parsoutcomes.results.group_differences import GroupDifferences

NOT_TOLD: Final = "not told"
_HEADS: Final = {
    BETWEEN: "Estimate between scans (interval)",
    MIDPOINT: "Union dated at the mid-point (interval)",
    FIRST_SCAN: "Union dated at the first united scan (interval)",
}


def tabulate_group_differences(result: GroupDifferences) -> DisplayTable:
    """Return each group's difference from the reference by each milestone, and in mean months."""
    rows = [
        (
            start_sentence(format_group(result.by, row[result.by])),
            format_group(result.by, row["reference"]),
            _measure(row),
            write_difference(row),
        )
        for row in list_rows(result.frame)
    ]
    heads = ("Group", "Compared with", "Measure", "Difference (interval)")
    return DisplayTable(heads=heads, rows=tuple(rows), n_row_heads=3)


def _measure(row: Row) -> str:
    months = format_months(float(row["months"]))
    if row["measure"] == "mean_months_difference":
        return f"Mean months un-united in the first {months}"
    return f"Union by {months}, percentage points"


def tabulate_bias(result: CompetingRisks) -> DisplayTable:
    """Return cumulative union by each way of dating it, one line per milestone."""
    shares = {
        (float(row["months"]), str(row["approach"])): _share(row) for row in list_rows(result.bias)
    }
    months = list(dict.fromkeys(month for month, _ in shares))
    rows = [
        (format_months(month), *(shares.get((month, way), "") for way in APPROACHES))
        for month in months
    ]
    return DisplayTable(heads=("Time", *(_HEADS[way] for way in APPROACHES)), rows=tuple(rows))


def _share(row: Row) -> str:
    limits = [float(row[name]) for name in ("estimate", "conf_low", "conf_high")]
    return format_percent_range(*limits) if math.isfinite(limits[0]) else NOT_TOLD
