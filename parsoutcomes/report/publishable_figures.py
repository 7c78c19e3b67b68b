"""Figures of the publishable report, and the data beside them: rounded, nothing else."""

from __future__ import annotations

from typing import Final

import pandas as pd

from parsoutcomes.figures.published import (
    plot_published_months,
    plot_published_ratios,
    plot_published_shares,
    published_months_size,
    published_ratios_size,
    published_shares_size,
)
from parsoutcomes.report.content import FigureBlock
from parsoutcomes.report.figure_blocks import Plot, Size
from parsoutcomes.report.figure_files import draw_forms
from parsoutcomes.results.published import PublishedShares
from parsoutcomes.tables.display import DisplayTable
from parsoutcomes.wording import start_sentence

_SHARES_READING: Final = (
    "One line per group: a mark with its interval is the share estimated to have united; a line "
    "without a mark is withheld, or says only how high or low the share is at least or at most."
)
_MONTHS_READING: Final = (
    "One mark with its interval per month; what happened between the months is left open."
)
_RATIOS_READING: Final = (
    "One mark with its interval per published series on a log scale; right of the line means more "
    "union than the series would expect at our mix of stages."
)
READINGS: Final = (_SHARES_READING, _MONTHS_READING, _RATIOS_READING)


def show_shares(
    figure_id: str, caption: str, result: PublishedShares, *, source: str
) -> FigureBlock:
    """Return the forest of rounded shares."""
    drawing = (plot_published_shares, published_shares_size, _SHARES_READING)
    return _build(
        figure_id, caption, result, source=source, drawing=drawing, heads=("Of", "Share (interval)")
    )


def show_months(
    figure_id: str, caption: str, result: PublishedShares, *, source: str
) -> FigureBlock:
    """Return cumulative union at the fixed months."""
    drawing = (plot_published_months, published_months_size, _MONTHS_READING)
    return _build(
        figure_id, caption, result, source=source, drawing=drawing, heads=("Of", "Share (interval)")
    )


def show_ratios(
    figure_id: str, caption: str, result: PublishedShares, *, source: str
) -> FigureBlock:
    """Return observed over expected against each series."""
    drawing = (plot_published_ratios, published_ratios_size, _RATIOS_READING)
    return _build(
        figure_id,
        caption,
        result,
        source=source,
        drawing=drawing,
        heads=("Pars", "Ratio (interval)"),
    )


def _build(
    figure_id: str,
    caption: str,
    result: PublishedShares,
    *,
    source: str,
    drawing: tuple[Plot, Size, str],
    heads: tuple[str, str],
) -> FigureBlock:
    plot, size, reading = drawing
    alt = f"{result.title} {reading}"
    drawn = draw_forms(plot, result, size_inches=size(result), caption=caption, alt=alt)
    rows = [
        (heading, start_sentence(share.label), share.whole, share.text)
        for heading, shares in result.blocks
        for share in shares
    ]
    return FigureBlock(
        id=figure_id,
        caption=caption,
        alt=alt,
        source=source,
        data={"": pd.DataFrame(rows, columns=["block", "label", "of", "estimate"])},
        svg=drawn.svg,
        png=drawn.png,
        table=_tabulate(rows, heads),
        finding=result.title,
        measure=result.subtitle,
        head_share=drawn.header.share_of_height if drawn.header else 0.0,
    )


def _tabulate(rows: list[tuple[str, str, str, str]], heads: tuple[str, str]) -> DisplayTable:
    has_blocks = any(row[0] for row in rows)
    shown = tuple(row if has_blocks else row[1:] for row in rows)
    named = ("Block", "Group") if has_blocks else ("Group",)
    return DisplayTable(heads=(*named, *heads), rows=shown, n_row_heads=len(named))
