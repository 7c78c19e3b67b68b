"""Sections on years: by year of fitting, the year alone, the change since last year."""

from __future__ import annotations

from typing import Final

from parsoutcomes.conventions import MIN_PATIENTS_FOR_CLAIM
from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Finding, Note, Paragraph, TableBlock
from parsoutcomes.report.figure_blocks import show_rates
from parsoutcomes.report.figures_brace import show_cusum, show_vlad
from parsoutcomes.report.figures_scrutiny import show_yearly_rates
from parsoutcomes.report.last_year import REPORTED, tabulate_last_year
from parsoutcomes.report.sections_estimates import find_rates
from parsoutcomes.report.sections_records import cautions, left_out, refusals
from parsoutcomes.results.base import Result
from parsoutcomes.results.description import CohortDescription
from parsoutcomes.results.monitoring import UnionMonitoring
from parsoutcomes.results.yearly_rates import YearlyRates
from parsoutcomes.tables.records import tabulate_case_mix

_YEAR_WARNING: Final = (
    "One year's patients are few and their follow-up is shortest; the difference from the whole "
    "cohort is mostly chance unless the intervals say otherwise."
)
_MATURED: Final = (
    "Only those who have had the time are judged. A pars that united early but is not yet due is "
    "left out too: kept in, it would make the last year look better than it is."
)
_NOT_GIVEN: Final = (
    "Last year's report was not given, so what was reported then cannot be shown; last year is "
    "estimated again from this year's records."
)


def write_by_year(analyses: Analyses) -> list[Block]:
    """Write union by year of fitting, those not yet due counted and left out."""
    result = analyses.find("by-year", YearlyRates)
    if result is None:
        return refusals(analyses, "by-year")
    return [
        Finding(text=result.finding, source="by-year"),
        Paragraph(text=_MATURED),
        show_yearly_rates(result, "by-year"),
        *cautions(result, "by-year"),
        *write_monitoring(analyses),
    ]


def write_monitoring(analyses: Analyses) -> list[Block]:
    """Write union patient by patient, against what the stages lead to expect."""
    result = analyses.find("monitoring", UnionMonitoring)
    if result is None:
        return refusals(analyses, "monitoring")
    finding = Finding(text=result.finding, source="monitoring")
    if result.chart.empty or result.n_patients < MIN_PATIENTS_FOR_CLAIM:
        return [finding, *cautions(result, "monitoring")]
    return [
        finding,
        show_vlad(result, "monitoring"),
        show_cusum(result, "monitoring"),
        *left_out(result, "monitoring"),
        *cautions(result, "monitoring"),
    ]


def write_year(analyses: Analyses) -> list[Block]:
    """Write the year alone: who, and how many united among those due."""
    period = analyses.period
    if not period.is_judged:
        text = "The source gives no fitting dates, so nobody can be assigned to the year."
        return [Note(items=(text,), kind="refusal")]
    if not period.n_in_year:
        text = f"Nobody was fitted in {period.year}."
        return [Note(items=(text,), kind="refusal", source="period")]
    rates = find_rates(analyses, ("year-rates", "year-rates-patients"))
    blocks: list[Block] = [Finding(text=result.finding, source=name) for name, result in rates]
    blocks += refusals(analyses, "year-rates", "year-rates-patients")
    if rates:
        results = [result for _, result in rates]
        caption = f"Union rates of those fitted in {period.year}"
        blocks.append(show_rates("year-rates", caption, results, rates[0][0]))
        blocks += left_out(results[0], rates[0][0])
    return [*blocks, Note(items=(_YEAR_WARNING,)), *_year_case_mix(analyses)]


def _year_case_mix(analyses: Analyses) -> list[Block]:
    description = analyses.find("year-case-mix", CohortDescription)
    if description is None:
        return refusals(analyses, "year-case-mix")
    table = tabulate_case_mix(description)
    caption = f"Case mix of those fitted in {analyses.period.year}"
    block = TableBlock(
        id="year-case-mix", caption=caption, table=table, source="year-case-mix", is_folded=True
    )
    return [block]


def write_change(analyses: Analyses) -> list[Block]:
    """Write this year beside last year, as reported then and under this year's code."""
    result = analyses.find("change", Result)
    if result is None:
        return refusals(analyses, "change")
    has_reported = bool(result.frame["version"].eq(REPORTED).any())
    table = TableBlock(
        id="change",
        caption="Last year as reported, last year restated, and this year",
        table=tabulate_last_year(result),
        source="change",
    )
    return [
        Finding(text=result.finding, source="change"),
        Paragraph(text=result.method),
        *([] if has_reported else [Note(items=(_NOT_GIVEN,), kind="refusal")]),
        table,
    ]
