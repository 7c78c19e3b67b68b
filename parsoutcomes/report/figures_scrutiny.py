"""Figures for a sceptical reader: evidence, power, years, definitions, the unknown, readers."""

from __future__ import annotations

from functools import partial
from typing import Final

from parsoutcomes.figures.definitions import plot_varied_definitions, varied_definitions_size
from parsoutcomes.figures.evidence import baselines_size, plot_baselines
from parsoutcomes.figures.planning import comparison_plan_size, plot_comparison_plan
from parsoutcomes.figures.reader_agreement import plot_reader_agreement, reader_agreement_size
from parsoutcomes.figures.tipping_point import plot_tipping_point, tipping_point_size
from parsoutcomes.figures.yearly_rates import plot_yearly_rates, yearly_rates_size
from parsoutcomes.report.content import FigureBlock
from parsoutcomes.report.figure_blocks import build_block
from parsoutcomes.report.sections_records import as_sentence
from parsoutcomes.results.baselines import Baselines
from parsoutcomes.results.definitions import VariedDefinitions
from parsoutcomes.results.plan import ComparisonPlan
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.results.reader_agreement import ReaderAgreement
from parsoutcomes.results.tipping_point import TippingPoint
from parsoutcomes.results.yearly_rates import YearlyRates
from parsoutcomes.tables.descriptions import (
    tabulate_evidence,
    tabulate_plan,
    tabulate_yearly_rates,
)
from parsoutcomes.tables.robustness import (
    tabulate_reader_agreement,
    tabulate_tipping_point,
    tabulate_varied_definitions,
)

_EVIDENCE_READING: Final = (
    "Lines by stage at fitting: one mark with its interval per published number, and ours in "
    "another colour where we have one."
)
_PLAN_READING: Final = (
    "Power rises with the number of patients; lines mark the power wanted, our present number and "
    "the ceiling that the series' own sizes set."
)
_YEARS_READING: Final = (
    "One mark with its interval per year of fitting; a grey bar spans from all unknown not united "
    "to all united; a dashed line is all years together. Beneath: how many united, are of known "
    "and of unknown status, and are not yet due."
)
_VARIED_READING: Final = (
    "Every way of counting as a point, from the lowest rate to the highest; dots beneath say which "
    "choices each one makes; the primary definition is marked."
)
_TIPPING_READING: Final = (
    "From left to right more of those of unknown status are taken to have united; colour says what "
    "would then be found; a mark shows where they would be if they were like the known."
)
_READERS_READING: Final = (
    "A square table of the first reader's reading by the second's; cells on the diagonal are scans "
    "read alike."
)


def show_evidence(result: Baselines, ours: UnionRates | None, source: str) -> FigureBlock:
    """Return every published rate by stage, with ours beside."""
    drawn = ours if ours is not None and ours.frame["estimate"].notna().any() else None
    return build_block(
        (
            partial(plot_baselines, ours=drawn),
            partial(baselines_size, ours=drawn),
            result,
        ),
        figure_id=source,
        caption="Published rates of union by stage, and ours",
        alt=f"{result.finding} {_EVIDENCE_READING}",
        source=source,
        data={"": result.to_frame()},
        table=tabulate_evidence(result),
    )


def show_plan(result: ComparisonPlan, source: str) -> FigureBlock:
    """Return the power of the comparison by number of patients."""
    return build_block(
        (plot_comparison_plan, comparison_plan_size, result),
        figure_id=source,
        caption="What a cohort of each size could show against published series",
        alt=f"{result.finding} {_PLAN_READING}",
        source=source,
        data={"": result.to_frame()},
        table=tabulate_plan(result),
    )


def show_yearly_rates(result: YearlyRates, source: str) -> FigureBlock:
    """Return union by year of fitting."""
    return build_block(
        (plot_yearly_rates, yearly_rates_size, result),
        figure_id=source,
        caption="Union by year of fitting, among those due",
        alt=f"{result.finding} {_YEARS_READING}",
        source=source,
        data={"": result.to_frame()},
        table=tabulate_yearly_rates(result),
    )


def show_varied_definitions(result: VariedDefinitions, source: str) -> FigureBlock:
    """Return the rate under every way of counting."""
    return build_block(
        (plot_varied_definitions, varied_definitions_size, result),
        figure_id=source,
        caption="Union under every way of counting it",
        alt=f"{as_sentence(result.finding)} {_VARIED_READING}",
        source=source,
        data={"": result.to_frame()},
        table=tabulate_varied_definitions(result),
    )


def show_tipping_point(result: TippingPoint, source: str) -> FigureBlock:
    """Return what those of unknown status could change."""
    series = source.removeprefix("tipping-").capitalize()
    return build_block(
        (plot_tipping_point, tipping_point_size, result),
        figure_id=source,
        caption=f"What those of unknown status could change, against the {series} series",
        alt=f"{as_sentence(result.finding)} {_TIPPING_READING}",
        source=source,
        data={"": result.to_frame()},
        table=tabulate_tipping_point(result),
    )


def show_reader_agreement(result: ReaderAgreement, source: str) -> FigureBlock:
    """Return how far two readers of the same scans agree."""
    return build_block(
        (plot_reader_agreement, reader_agreement_size, result),
        figure_id=source,
        caption="Agreement of two readers of the same scans",
        alt=f"{as_sentence(result.finding)} {_READERS_READING}",
        source=source,
        data={"": result.to_frame(), "-counts": result.counts},
        table=tabulate_reader_agreement(result),
    )
