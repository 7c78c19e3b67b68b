"""Figures of brace exposure for a report, with their words and their data, without keys."""

from __future__ import annotations

from typing import Final

from parsoutcomes.figures.adherence import adherence_size, plot_adherence, write_adherence_title
from parsoutcomes.figures.exposure import exposure_size, plot_exposure
from parsoutcomes.figures.wear_dose import plot_wear_dose, wear_dose_size
from parsoutcomes.report.content import FigureBlock
from parsoutcomes.report.figure_blocks import build_block
from parsoutcomes.results.exposure import BraceExposure
from parsoutcomes.results.wear_dose import WearDose
from parsoutcomes.tables.exposure import (
    tabulate_adherence,
    tabulate_exposure,
    tabulate_wear_dose,
)

_EXPOSURE_READING: Final = (
    "One bar per course of brace from fitting to its end, in blocks by months prescribed and "
    "sorted by length; orange beyond the prescription, dotted where the brace was off, paler where "
    "removal was not seen; a mark at the end says why it ended."
)
_ADHERENCE_READING: Final = (
    "A line per method of measurement over the months since fitting; the line at 100% is what was "
    "prescribed. Beneath: how many were measured in each month."
)
_DOSE_READING: Final = (
    "One mark with its interval per band of hours worn a day. What is shown is an association, not "
    "an effect of wear."
)


def show_exposure(result: BraceExposure, source: str) -> FigureBlock:
    """Return the bars of single courses: for the clinic's own report, never for publication."""
    return build_block(
        (plot_exposure, exposure_size, result),
        figure_id=source,
        caption="Brace treatment as it was",
        alt=f"{result.finding} {_EXPOSURE_READING}",
        source=source,
        data={"": result.received, "-reasons": result.reasons, "-missing": result.missing},
        table=tabulate_exposure(result),
    )


def show_adherence(result: BraceExposure, source: str) -> FigureBlock:
    """Return hours worn over hours prescribed, month by month."""
    return build_block(
        (plot_adherence, adherence_size, result),
        figure_id=f"{source}-adherence",
        caption="Hours worn over hours prescribed, by month since fitting",
        alt=f"{write_adherence_title(result)}. {_ADHERENCE_READING}",
        source=source,
        data={"": result.adherence, "-months": result.adherence_over_time},
        table=tabulate_adherence(result),
    )


def show_wear_dose(result: WearDose, source: str) -> FigureBlock:
    """Return union between scans by hours worn, with its warning."""
    return build_block(
        (plot_wear_dose, wear_dose_size, result),
        figure_id=source,
        caption="Union between scans by hours worn so far: an association",
        alt=f"{result.finding} {_DOSE_READING}",
        source=source,
        data={"": result.frame},
        table=tabulate_wear_dose(result),
    )
