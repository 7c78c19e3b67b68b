"""The section on sensitivity: other ways of counting, and what the unknown could change."""

from __future__ import annotations

from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Finding, Paragraph, TableBlock
from parsoutcomes.report.figures_scrutiny import show_tipping_point, show_varied_definitions
from parsoutcomes.report.sections_records import as_sentence, cautions, refusals
from parsoutcomes.results.definitions import VariedDefinitions
from parsoutcomes.results.tipping_point import TippingPoint
from parsoutcomes.tables.robustness import tabulate_tipping_point

VARIED: Final = "definitions-varied"
TIPPING: Final = ("tipping-european", "tipping-japanese")
_NO_MENU: Final = (
    "The first definition was fixed beforehand. The others show how much of a rate is the way of "
    "counting; the highest of them is not a finding."
)
_TIPPING: Final = (
    "Nobody knows what became of those without a scan in time. Here every number of them is taken "
    "to have united, from none to all, to see which finding would change. The published rates are "
    "taken as exact, so the verdict of the comparison, which is not, comes first."
)


def write_sensitivity(analyses: Analyses) -> list[Block]:
    """Write how far the answers depend on how union is counted, and on those not seen."""
    return [*_write_varied(analyses), *_write_tipping(analyses)]


def _write_varied(analyses: Analyses) -> list[Block]:
    result = analyses.find(VARIED, VariedDefinitions)
    if result is None:
        return refusals(analyses, VARIED)
    drawable = bool(result.frame["estimate"].notna().any())
    return [
        Finding(text=as_sentence(result.finding), source=VARIED),
        Paragraph(text=_NO_MENU),
        *([show_varied_definitions(result, VARIED)] if drawable else []),
        *cautions(result, VARIED),
    ]


def _write_tipping(analyses: Analyses) -> list[Block]:
    blocks: list[Block] = []
    for name in TIPPING:
        result = analyses.find(name, TippingPoint)
        if result is None:
            continue
        blocks.append(Finding(text=as_sentence(result.finding), source=name))
        blocks += _draw_tipping(result, name)
        blocks += cautions(result, name)
    refused = refusals(analyses, *TIPPING)
    return [*([Paragraph(text=_TIPPING)] if blocks else []), *blocks, *refused]


def _draw_tipping(result: TippingPoint, name: str) -> list[Block]:
    if sum(result.n_unknown):
        return [show_tipping_point(result, name)]
    return [
        TableBlock(
            id=name,
            caption="What those of unknown status could change",
            table=tabulate_tipping_point(result),
            source=name,
        )
    ]
