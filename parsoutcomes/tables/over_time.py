"""Display tables of what comes with time to union: differences, monitoring, bias by scans."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from parsoutcomes.results.competing_risks import APPROACHES, BETWEEN, FIRST_SCAN, MIDPOINT
from parsoutcomes.results.group_differences import write_difference
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.tables.display import DisplayTable, count_text
from parsoutcomes.wording import (
    format_group,
    format_months,
    format_percent,
    format_percent_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.competing_risks import CompetingRisks
    from parsoutcomes.results.group_differences import GroupDifferences
    from parsoutcomes.results.monitoring import UnionMonitoring

NOT_TOLD: Final = "not told"
_MONITORED: Final = ("patients", "defects", "not_due", "missing", "known", "events")
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


def tabulate_monitoring(result: UnionMonitoring) -> DisplayTable:
    """Return, by period of due date, union among the known beside what the stages expect."""
    heads = (
        "Due in",
        "Patients",
        "Pars",
        "Not yet due",
        "Status unknown",
        "Status known",
        "United",
        "Share (interval)",
        "Expected",
        "Bounds",
    )
    rows = [
        (
            str(row["period"]) if row["is_complete"] else f"{row['period']} (not complete)",
            *(count_text(row[f"n_{name}"]) for name in _MONITORED),
            format_percent_range(row["estimate"], row["conf_low"], row["conf_high"]),
            format_percent_range(row["expected"]),
            _bounds(row["estimate_none_united"], row["estimate_all_united"]),
        )
        for row in list_rows(result.frame)
    ]
    return DisplayTable(heads=heads, rows=tuple(rows))


def _bounds(low: float, high: float) -> str:
    if math.isnan(low) or math.isnan(high):
        return "–"
    return f"{format_percent(low).removesuffix('%')} to {format_percent(high)}"
