"""Figures of strategies of duration and of union over the years, with words and data."""

from __future__ import annotations

from typing import Final

from parsoutcomes.figures.brace_duration import brace_durations_size, plot_brace_durations
from parsoutcomes.figures.monitoring import cusum_size, plot_cusum, plot_vlad, vlad_size
from parsoutcomes.report.content import FigureBlock
from parsoutcomes.report.figure_blocks import build_block
from parsoutcomes.results.brace_duration import BraceDurations
from parsoutcomes.results.monitoring import UnionMonitoring
from parsoutcomes.tables.brace_duration import tabulate_brace_durations
from parsoutcomes.tables.over_time import tabulate_monitoring

_DURATIONS_READING: Final = (
    "Two curves of union over the months since fitting, one per strategy, with their intervals; "
    "beneath, the difference at each milestone with its interval."
)
_CUSUM_READING: Final = (
    "Patients from left to right in order of due date. One line rises when union is better than "
    "expected, the other when it is worse; a signal is where a line crosses its limit."
)
_VLAD_READING: Final = (
    "Patients from left to right in order of due date. The line is the number united so far less "
    "the number expected of their stages: it rises with each union and falls without."
)


def show_brace_durations(result: BraceDurations, source: str) -> FigureBlock:
    """Return union under either strategy, and the difference."""
    return build_block(
        (plot_brace_durations, brace_durations_size, result),
        figure_id=source,
        caption="Union had everybody stopped early, and had everybody gone on",
        alt=f"{result.finding} {_DURATIONS_READING}",
        source=source,
        data={"": result.to_frame(), "-curve": result.curve, "-arms": result.arms},
        table=tabulate_brace_durations(result),
    )


def show_cusum(result: UnionMonitoring, source: str) -> FigureBlock:
    """Return the charts that watch for a change."""
    return build_block(
        (plot_cusum, cusum_size, result),
        figure_id="cusum",
        caption="Watching for a change: risk-adjusted CUSUM of union",
        alt=f"{result.finding} {_CUSUM_READING}",
        source=source,
        data={"": result.chart, "-limits": result.limits},
        table=tabulate_monitoring(result),
    )


def show_vlad(result: UnionMonitoring, source: str) -> FigureBlock:
    """Return unions so far less those expected."""
    return build_block(
        (plot_vlad, vlad_size, result),
        figure_id="vlad",
        caption="Unions so far less those expected of the stages",
        alt=f"{result.finding} {_VLAD_READING}",
        source=source,
        data={"": result.chart},
        table=tabulate_monitoring(result),
    )
