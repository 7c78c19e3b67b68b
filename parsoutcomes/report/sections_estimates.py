"""Sections on the estimates: rates, time, comparison, predictors, the year alone."""

from __future__ import annotations

from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Finding, Note, Paragraph, TableBlock
from parsoutcomes.report.figure_blocks import (
    show_bias,
    show_comparison,
    show_differences,
    show_observed_and_expected,
    show_predictors,
    show_rates,
    show_time,
)
from parsoutcomes.report.sections_records import as_sentence, cautions, left_out, refusals
from parsoutcomes.results.comparison import BaselineComparison
from parsoutcomes.results.competing_risks import CompetingRisks
from parsoutcomes.results.description import CohortDescription
from parsoutcomes.results.group_differences import GroupDifferences
from parsoutcomes.results.predictors import UnionPredictors
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.results.time_to_union import TimeToUnion
from parsoutcomes.tables.estimates import (
    tabulate_coverage,
    tabulate_strata,
    tabulate_union_rates,
)
from parsoutcomes.tables.records import tabulate_case_mix
from parsoutcomes.wording import format_label, format_list

_OVERALL: Final = (
    "rates-pars-complete",
    "rates-pars-partial",
    "rates-patients-complete",
    "rates-patients-partial",
)
_GROUPED: Final = ("rates-by-stage", "rates-by-laterality", "rates-by-level")
_PRESCRIBED: Final = "rates-by-prescribed_months"
_UNITS: Final = (
    "A patient with two fractured pars counts twice per pars and once per patient; per patient, "
    "union means that every target pars united. Complete union, and partial or complete union, "
    "stand side by side because published series use either."
)
_DIFFERENCES: Final = "time-differences"
_BIAS: Final = "competing-risks"
_BIAS_WORDS: Final = (
    "Union is seen at a scan but happened before it. Giving it a day, that of the first united "
    "scan or the middle between two scans, gives a familiar curve, but not of union: the figure "
    "shows by how much. Only the estimate between scans is used elsewhere."
)
_PRESCRIBED_WARNING: Final = (
    "Months prescribed at fitting follow the consultant's view of the fracture: those given longer "
    "were thought to need it (confounding by indication). These lines describe; they do not say "
    "that either duration is better."
)
_NOT_SHOWN: Final = (
    "What this comparison cannot show: that the brace works. The series differ from this clinic in "
    "who was selected, how pars were imaged, what counted as union and when it was judged; only "
    "the mix of stages is adjusted for, and nobody here went without the brace."
)
_YEAR_WARNING: Final = (
    "One year's patients are few and their follow-up is shortest; the difference from the whole "
    "cohort is mostly chance unless the intervals say otherwise."
)


def write_rates(analyses: Analyses) -> list[Block]:
    """Write union rates: both units, both definitions, then by group, then by prescription."""
    overall = _found(analyses, _OVERALL)
    blocks: list[Block] = [Paragraph(text=_UNITS)]
    blocks += [Finding(text=result.finding, source=name) for name, result in overall]
    if overall:
        results = [result for _, result in overall]
        blocks.append(show_rates("rates", "Union rates overall", results, overall[0][0]))
        blocks += left_out(results[0], overall[0][0])
    blocks += refusals(analyses, *_OVERALL, *_GROUPED, _PRESCRIBED)
    return [*blocks, *_write_groups(analyses), *_write_prescribed(analyses)]


def _found(analyses: Analyses, names: tuple[str, ...]) -> list[tuple[str, UnionRates]]:
    results = ((name, analyses.find(name, UnionRates)) for name in names)
    return [(name, result) for name, result in results if result is not None]


def _write_groups(analyses: Analyses) -> list[Block]:
    groups = _found(analyses, _GROUPED)
    blocks: list[Block] = [Finding(text=result.finding, source=name) for name, result in groups]
    if groups:
        results = [result for _, result in groups]
        caption = "Union rates by stage, laterality and level"
        blocks.append(show_rates("rates-by-group", caption, results, groups[0][0]))
        blocks += cautions(results, groups[0][0])
    return blocks


def _write_prescribed(analyses: Analyses) -> list[Block]:
    result = analyses.find(_PRESCRIBED, UnionRates)
    if result is None:
        return []
    return [
        Finding(text=result.finding, source=_PRESCRIBED),
        Note(items=(_PRESCRIBED_WARNING,), source=_PRESCRIBED),
        TableBlock(
            id="rates-by-prescription",
            caption="Union by months prescribed at fitting (confounded by indication)",
            table=tabulate_union_rates([result]),
            source=_PRESCRIBED,
        ),
    ]


def write_time(analyses: Analyses) -> list[Block]:
    """Write when union happened, as far as scans can tell."""
    blocks: list[Block] = []
    for name, caption in (
        ("time", "Cumulative union over time"),
        ("time-by-stage", "Cumulative union over time, by stage at fitting"),
    ):
        result = analyses.find(name, TimeToUnion)
        if result is None:
            continue
        blocks.append(Finding(text=result.finding, source=name))
        blocks.append(show_time(name, caption, result, name))
        blocks += cautions([result], name)
    blocks += _write_differences(analyses)
    blocks += _write_bias(analyses)
    return [*blocks, *refusals(analyses, "time", "time-by-stage", _DIFFERENCES, _BIAS)]


def _write_differences(analyses: Analyses) -> list[Block]:
    result = analyses.find(_DIFFERENCES, GroupDifferences)
    if result is None:
        return []
    has_any = not result.frame.empty
    return [
        Finding(text=result.finding, source=_DIFFERENCES),
        *([show_differences(result, _DIFFERENCES)] if has_any else []),
        *([Paragraph(text=as_sentence(result.test_why))] if result.test_why else []),
        *cautions([result], _DIFFERENCES),
    ]


def _write_bias(analyses: Analyses) -> list[Block]:
    result = analyses.find(_BIAS, CompetingRisks)
    if result is None:
        return []
    return [
        Finding(text=result.finding, source=_BIAS),
        Paragraph(text=_BIAS_WORDS),
        show_bias(result, _BIAS),
        *cautions([result], _BIAS),
    ]


def write_comparison(analyses: Analyses) -> list[Block]:
    """Write how union stands beside published series at the same mix of stages."""
    result = analyses.find("comparison", BaselineComparison)
    if result is None:
        return [*refusals(analyses, "comparison"), Note(items=(_NOT_SHOWN,), kind="scope")]
    verdict = f"Verdict against {format_list(list(result.series))}: {result.verdict}."
    drawable = bool(result.frame["estimate"].notna().any())
    return [
        Finding(text=result.finding, source="comparison"),
        Finding(text=verdict, source="comparison"),
        *([show_comparison(result, "comparison")] if drawable else []),
        _write_strata(result, drawable=drawable),
        Note(items=(_NOT_SHOWN,), kind="scope"),
        TableBlock(
            id="coverage",
            caption="Which of our pars the series speak about",
            table=tabulate_coverage(result),
            source="comparison",
        ),
        *left_out(result, "comparison"),
        *cautions([result], "comparison"),
    ]


def _write_strata(result: BaselineComparison, *, drawable: bool) -> Block:
    if drawable:
        return show_observed_and_expected(result, "comparison")
    return TableBlock(
        id="strata",
        caption="Stage by stage",
        table=tabulate_strata(result),
        source="comparison",
    )


def write_predictors(analyses: Analyses) -> list[Block]:
    """Write what goes with union, absolute risks first."""
    result = analyses.find("predictors", UnionPredictors)
    blocks: list[Block] = []
    if analyses.left_out_terms:
        names = format_list([format_label(term) for term in analyses.left_out_terms])
        text = f"Not in the model, recorded for fewer than half or alike in everyone: {names}."
        blocks.append(Paragraph(text=text))
    if result is None:
        asked = refusals(analyses, "predictors")
        return [*asked, *blocks] or [Note(items=("No predictor could be used.",), kind="refusal")]
    return [
        Finding(text=result.finding, source="predictors"),
        Paragraph(text=_describe_choice(result)),
        *blocks,
        show_predictors(result, "predictors"),
        *left_out(result, "predictors"),
        *cautions([result], "predictors"),
    ]


def _describe_choice(result: UnionPredictors) -> str:
    told = [result.why, *([] if result.separation in result.why else [result.separation])]
    return " ".join(as_sentence(text) for text in told if text)


def write_year(analyses: Analyses) -> list[Block]:
    """Write the year alone: who, and how many united among those due."""
    period = analyses.period
    if not period.is_judged:
        text = "The source gives no fitting dates, so nobody can be assigned to the year."
        return [Note(items=(text,), kind="refusal")]
    if not period.n_in_year:
        return [Note(items=(f"Nobody was fitted in {period.year}.",), kind="refusal")]
    rates = _found(analyses, ("year-rates", "year-rates-patients"))
    blocks: list[Block] = [Finding(text=result.finding, source=name) for name, result in rates]
    blocks += refusals(analyses, "year-rates", "year-rates-patients")
    if rates:
        results = [result for _, result in rates]
        caption = f"Union rates of those fitted in {period.year}"
        blocks.append(show_rates("year-rates", caption, results, "year-rates"))
        blocks += left_out(results[0], "year-rates")
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
