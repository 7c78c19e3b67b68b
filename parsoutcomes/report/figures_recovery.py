"""Figures of recovery for the report, with their words and their data."""

from __future__ import annotations

from functools import partial
from typing import Final

from parsoutcomes.figures.return_to_sport import plot_return_to_sport, return_to_sport_size
from parsoutcomes.figures.scores import plot_scores, scores_size
from parsoutcomes.report.content import FigureBlock
from parsoutcomes.report.figure_blocks import build_block
from parsoutcomes.results.return_to_sport import ReturnToSport
from parsoutcomes.results.scores import Scores, write_scores_finding
from parsoutcomes.tables.recovery import tabulate_return_to_sport, tabulate_scores
from parsoutcomes.wording import format_label, start_sentence

_SCORES_READING: Final = (
    "One mark with its interval per time: the mean of all who answered then. Beneath: how many "
    "answered, how many answered both then and before treatment, and the change of those."
)
_RETURN_READING: Final = (
    "A step curve rises with the months since fitting; its interval is shaded. Beneath: how many "
    "are followed and not yet back, back, operated on first, and no longer followed."
)


def show_scores(result: Scores, instrument: str, source: str) -> FigureBlock:
    """Return one questionnaire over time."""
    of_one = result.frame[result.frame["instrument"].eq(instrument)]
    return build_block(
        (
            partial(plot_scores, instrument=instrument),
            partial(scores_size, instrument=instrument),
            result,
        ),
        figure_id=f"scores-{instrument.replace('_', '-')}",
        caption=f"{start_sentence(format_label(instrument))} before treatment and at each visit",
        alt=f"{write_scores_finding(of_one)} {_SCORES_READING}",
        source=source,
        data={"": of_one},
        table=tabulate_scores(result),
    )


def show_return_to_sport(result: ReturnToSport, source: str) -> FigureBlock:
    """Return the curve of return."""
    return build_block(
        (plot_return_to_sport, return_to_sport_size, result),
        figure_id=source,
        caption=f"Time to {format_label(result.event)}",
        alt=f"{result.finding} {_RETURN_READING}",
        source=source,
        data={"": result.frame, "-curve": result.curve, "-counts": result.risk_table},
        table=tabulate_return_to_sport(result),
    )
