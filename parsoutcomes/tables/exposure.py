"""Display tables of brace exposure and of union by hours worn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parsoutcomes.results.rows import list_rows
from parsoutcomes.results.wear_dose import SHARE, write_band
from parsoutcomes.tables.display import DisplayTable, count_text
from parsoutcomes.wording import format_percent, format_percent_range, start_sentence

if TYPE_CHECKING:
    from parsoutcomes.results.exposure import BraceExposure
    from parsoutcomes.results.wear_dose import WearDose


def tabulate_exposure(result: BraceExposure) -> DisplayTable:
    """Return months received by months prescribed."""
    shown = result.display_frame()
    heads = tuple(start_sentence(str(name)) for name in shown.columns)
    rows = tuple(tuple(map(str, row)) for row in shown.to_numpy().tolist())
    return DisplayTable(heads=heads, rows=rows, n_row_heads=2)


def tabulate_adherence(result: BraceExposure) -> DisplayTable:
    """Return hours worn over hours prescribed, a row per method of measurement."""
    heads = ("Measured by", "Patients", "Days measured", "Hours a day", "Of hours prescribed")
    rows = [
        (
            start_sentence(str(row["method"])),
            count_text(row["n_patients"]),
            format_percent(row["share_of_days_measured"]),
            f"{row['mean_hours_per_day']:.1f}",
            format_percent(row["adherence"]),
        )
        for row in list_rows(result.adherence)
    ]
    return DisplayTable(heads=heads, rows=tuple(rows))


def tabulate_wear_dose(result: WearDose) -> DisplayTable:
    """Return union between scans by hours worn."""
    heads = ("Hours worn", "Patients", "Intervals", "United", "Share (interval)")
    rows = [
        (
            start_sentence(write_band(row)),
            count_text(row["n_patients"]),
            count_text(row["n_intervals"]),
            count_text(row["n_events"]),
            format_percent_range(row["estimate"], row["conf_low"], row["conf_high"]),
        )
        for row in list_rows(result.frame)
        if row["measure"] == SHARE
    ]
    return DisplayTable(heads=heads, rows=tuple(rows))
