"""Sections on the estimates: rates, time, predictors."""

from __future__ import annotations

from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Finding, Note, Paragraph
from parsoutcomes.report.figure_blocks import (
    show_bias,
    show_differences,
    show_predictors,
    show_rates,
    show_time,
)
from parsoutcomes.report.sections_records import as_sentence, cautions, left_out, refusals
from parsoutcomes.results.competing_risks import CompetingRisks
from parsoutcomes.results.group_differences import GroupDifferences
from parsoutcomes.results.predictors import UnionPredictors
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.results.time_to_union import TimeToUnion
from parsoutcomes.wording import format_label, format_list

_OVERALL: Final = (
    "rates-pars-complete",
    "rates-pars-partial",
    "rates-patients-complete",
    "rates-patients-partial",
)
_GROUPED: Final = ("rates-by-stage", "rates-by-laterality", "rates-by-level")
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


def write_rates(analyses: Analyses) -> list[Block]:
    """Write union rates: both units, both definitions, then by group, then by prescription."""
    overall = find_rates(analyses, _OVERALL)
    blocks: list[Block] = [Paragraph(text=_UNITS)]
    blocks += [Finding(text=result.finding, source=name) for name, result in overall]
    if overall:
        results = [result for _, result in overall]
        blocks.append(show_rates("rates", "Union rates overall", results, overall[0][0]))
        blocks += left_out(results[0], overall[0][0])
        blocks += _cautions_once(overall)
    blocks += refusals(analyses, *_OVERALL, *_GROUPED)
    return [*blocks, *_write_groups(analyses)]


def find_rates(analyses: Analyses, names: tuple[str, ...]) -> list[tuple[str, UnionRates]]:
    """Return those of the named rates that were not refused."""
    results = ((name, analyses.find(name, UnionRates)) for name in names)
    return [(name, result) for name, result in results if result is not None]


def _write_groups(analyses: Analyses) -> list[Block]:
    groups = find_rates(analyses, _GROUPED)
    blocks: list[Block] = [Finding(text=result.finding, source=name) for name, result in groups]
    if groups:
        results = [result for _, result in groups]
        caption = "Union rates by stage, laterality and level"
        blocks.append(show_rates("rates-by-group", caption, results, groups[0][0]))
    return [*blocks, *_cautions_once(groups)]


def _cautions_once(rates: list[tuple[str, UnionRates]]) -> list[Block]:
    blocks: list[Block] = []
    said: set[str] = set()
    for name, result in rates:
        blocks += cautions(result, name, but=said)
        said |= set(result.cautions)
    return blocks


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
        if result.frame["estimate"].notna().any():
            blocks.append(show_time(name, caption, result, name))
        blocks += cautions(result, name)
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
        *(
            [Paragraph(text=as_sentence(result.test_why), source=_DIFFERENCES)]
            if result.test_why
            else []
        ),
        *cautions(result, _DIFFERENCES),
    ]


def _write_bias(analyses: Analyses) -> list[Block]:
    result = analyses.find(_BIAS, CompetingRisks)
    if result is None:
        return []
    is_scanned = result.frame["estimate"].notna().any()
    shown: list[Block] = [Paragraph(text=_BIAS_WORDS), show_bias(result, _BIAS)]
    return [
        Finding(text=result.finding, source=_BIAS),
        *(shown if is_scanned else []),
        *cautions(result, _BIAS),
    ]


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
        Paragraph(text=_describe_choice(result), source="predictors"),
        *blocks,
        show_predictors(result, "predictors"),
        *left_out(result, "predictors"),
        *cautions(result, "predictors"),
    ]


def _describe_choice(result: UnionPredictors) -> str:
    told = [result.why, *([] if result.separation in result.why else [result.separation])]
    return " ".join(as_sentence(text) for text in told if text)
