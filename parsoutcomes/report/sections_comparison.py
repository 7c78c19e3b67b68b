"""The section that sets this clinic beside published series."""

from __future__ import annotations

from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Finding, Note, Paragraph, TableBlock
from parsoutcomes.report.figure_blocks import show_comparison, show_observed_and_expected
from parsoutcomes.report.figures_scrutiny import show_evidence, show_plan
from parsoutcomes.report.sections_records import cautions, left_out, refusals
from parsoutcomes.results.baselines import Baselines
from parsoutcomes.results.comparison import BaselineComparison
from parsoutcomes.results.plan import ComparisonPlan
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.tables.estimates import tabulate_coverage, tabulate_strata
from parsoutcomes.wording import format_list

NOT_SHOWN: Final = (
    "What this comparison cannot show: that the brace works. The series differ from this clinic in "
    "who was selected, how pars were imaged, what counted as union and when it was judged; only "
    "the mix of stages is adjusted for, and nobody here went without the brace."
)
_EVIDENCE: Final = (
    "Published rates of one and the same stage differ from paper to paper: in who was selected, "
    "how pars were imaged and what was called union. Lines are not to be compared by eye."
)
_PLAN: Final = (
    "What could have been found is worked out from this cohort's size and mix of stages before "
    "looking at its unions. It says what a later report may find; it does not excuse this one."
)


def write_comparison(analyses: Analyses) -> list[Block]:
    """Write how union stands beside published series: the verdict, the raw numbers, the power."""
    return [
        *_write_verdict(analyses),
        Note(items=(NOT_SHOWN,), kind="scope"),
        *_write_evidence(analyses),
        *_write_plan(analyses),
    ]


def _write_verdict(analyses: Analyses) -> list[Block]:
    result = analyses.find("comparison", BaselineComparison)
    if result is None:
        return refusals(analyses, "comparison")
    verdict = f"Verdict against {format_list(list(result.series))}: {result.verdict}."
    drawable = bool(result.frame["estimate"].notna().any())
    return [
        Finding(text=result.finding, source="comparison"),
        Finding(text=verdict, source="comparison"),
        *([show_comparison(result, "comparison")] if drawable else []),
        *_write_strata(result, drawable=drawable),
        *left_out(result, "comparison"),
        *cautions(result, "comparison"),
    ]


def _write_strata(result: BaselineComparison, *, drawable: bool) -> list[Block]:
    """Return observed beside expected, and of which pars; no table without a row."""
    named = (
        ("strata", "Stage by stage", tabulate_strata(result)),
        ("coverage", "Which of our pars the series speak about", tabulate_coverage(result)),
    )
    tables = [
        TableBlock(id=name, caption=caption, table=table, source="comparison")
        for name, caption, table in (named[1:] if drawable else named)
        if table.rows
    ]
    figure = [show_observed_and_expected(result, "comparison")] if drawable else []
    return [*figure, *tables]


def _write_evidence(analyses: Analyses) -> list[Block]:
    evidence = analyses.find("evidence", Baselines)
    if evidence is None:
        return refusals(analyses, "evidence")
    ours = analyses.find("rates-by-stage", UnionRates)
    return [
        Finding(text=evidence.finding, source="evidence"),
        Paragraph(text=_EVIDENCE),
        show_evidence(evidence, ours, "evidence"),
    ]


def _write_plan(analyses: Analyses) -> list[Block]:
    plan = analyses.find("plan", ComparisonPlan)
    if plan is None:
        return refusals(analyses, "plan")
    return [
        Finding(text=plan.finding, source="plan"),
        Paragraph(text=_PLAN),
        show_plan(plan, "plan"),
        *cautions(plan, "plan"),
    ]
