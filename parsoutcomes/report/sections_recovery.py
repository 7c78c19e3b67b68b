"""Sections on recovery: scores, return to sport, safety."""

from __future__ import annotations

from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Finding, Paragraph, TableBlock
from parsoutcomes.report.figures_recovery import show_return_to_sport, show_scores
from parsoutcomes.report.sections_records import as_sentence, cautions, left_out, refusals
from parsoutcomes.results.base import Result
from parsoutcomes.results.return_to_sport import ReturnToSport
from parsoutcomes.results.safety import Safety
from parsoutcomes.results.scores import Scores
from parsoutcomes.tables.descriptions import tabulate_late_findings
from parsoutcomes.tables.recovery import tabulate_safety

SCORES: Final = "scores"
RETURN: Final = "return-to-sport"
SAFETY: Final = "safety"
LATE: Final = "late-findings"
_NO_CONTROL: Final = (
    "Pain and function improve in most young athletes who rest. Nobody here went without brace and "
    "rest, so this section describes recovery; it does not say what brought it about."
)


def write_recovery(analyses: Analyses) -> list[Block]:
    """Write scores and return to sport, or that they are not recorded."""
    blocks: list[Block] = [Paragraph(text=_NO_CONTROL)]
    scores = analyses.find(SCORES, Scores)
    if scores is not None:
        blocks.append(Finding(text=scores.finding, source=SCORES))
        blocks += [show_scores(scores, name, SCORES) for name in scores.instruments]
        blocks += [*left_out(scores, SCORES), *cautions(scores, SCORES)]
    back = analyses.find(RETURN, ReturnToSport)
    if back is not None:
        blocks.append(Finding(text=back.finding, source=RETURN))
        blocks.append(show_return_to_sport(back, RETURN))
        blocks += [*left_out(back, RETURN), *cautions(back, RETURN)]
    return [*blocks, *refusals(analyses, SCORES, RETURN)]


def write_safety(analyses: Analyses) -> list[Block]:
    """Write adverse events, surgery, recurrence and new lesions, or that none are recorded."""
    return [*_write_events(analyses), *_write_late(analyses)]


def _write_events(analyses: Analyses) -> list[Block]:
    safety = analyses.find(SAFETY, Safety)
    if safety is None:
        return refusals(analyses, SAFETY)
    table = TableBlock(
        id="safety",
        caption="Adverse events in brace; surgery, recurrence and new lesions",
        table=tabulate_safety(safety),
        source=SAFETY,
    )
    return [
        Finding(text=as_sentence(safety.finding), source=SAFETY),
        table,
        *left_out(safety, SAFETY),
        *cautions(safety, SAFETY),
    ]


def _write_late(analyses: Analyses) -> list[Block]:
    late = analyses.find(LATE, Result)
    if late is None:
        return refusals(analyses, LATE)
    table = TableBlock(
        id=LATE,
        caption="After union: recurrence, new lesions and slip progression",
        table=tabulate_late_findings(late),
        source=LATE,
    )
    return [Finding(text=late.finding, source=LATE), table, *cautions(late, LATE)]
