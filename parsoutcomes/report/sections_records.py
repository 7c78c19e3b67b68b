"""Sections on the records: who was included, completeness, case mix, intake."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

import pandas as pd

from parsoutcomes.cohort.account import IntakeAccount
from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Bullets, Finding, Note, Paragraph, TableBlock
from parsoutcomes.report.figure_blocks import show_completeness, show_flow
from parsoutcomes.results.base import Result
from parsoutcomes.results.description import CohortDescription, CohortFlow, Completeness
from parsoutcomes.tables.descriptions import tabulate_care, tabulate_known_status
from parsoutcomes.tables.display import DisplayTable
from parsoutcomes.tables.records import (
    tabulate_case_mix,
    tabulate_checks,
    tabulate_problem_cells,
    tabulate_set_aside,
    tabulate_sources,
)
from parsoutcomes.wording import format_list, start_sentence

_KNOWN: Final = (
    "If the two differ in what makes union likely, the share among the known is not that of "
    "everybody; the estimates in this report use the last scan of those lost as well."
)
_NO_SOURCE: Final = (
    "The cohort was made in memory, so there is no source whose reading to account for."
)


def refusals(analyses: Analyses, *names: str) -> list[Block]:
    """Return why results are missing, each reason once, under the id of the first it concerns."""
    reasons = {
        analyses.refusals[name]: name for name in reversed(names) if name in analyses.refusals
    }
    return [
        Note(items=(reason,), kind="refusal", source=name)
        for reason, name in reversed(reasons.items())
    ]


def cautions(result: Result, source: str, *, but: Collection[str] = ()) -> list[Block]:
    """Return a result's cautions as one note, those in `but` left out."""
    told = dict.fromkeys(text for text in result.cautions if text not in but)
    items = tuple(as_sentence(text) for text in told)
    return [Note(items=items, source=source)] if items else []


def left_out(result: Result, source: str) -> list[Block]:
    """Return who was left out of a result, and why."""
    if not result.exclusions:
        return []
    items = tuple(as_sentence(exclusion.sentence()) for exclusion in result.exclusions)
    return [Paragraph(text="Left out of these estimates:"), Bullets(items=items, source=source)]


def as_sentence(text: str) -> str:
    """Return a text as a sentence of its own."""
    text = start_sentence(text)
    return text if text.endswith((".", "?", "!")) else f"{text}."


def write_included(analyses: Analyses) -> list[Block]:
    """Write who the report is about."""
    flow = analyses.find("flow", CohortFlow)
    blocks: list[Block] = [
        Paragraph(text=analyses.results["period"].finding, source="period"),
        Finding(text=analyses.results["referrals"].finding, source="referrals"),
    ]
    if flow is None:
        return [*blocks, *refusals(analyses, "flow")]
    return [
        *blocks,
        Finding(text=flow.finding, source="flow"),
        show_flow(flow, "flow"),
        *cautions(flow, "flow"),
    ]


def write_completeness(analyses: Analyses) -> list[Block]:
    """Write how complete the records are, the results first."""
    completeness = analyses.find("completeness", Completeness)
    if completeness is None:
        return refusals(analyses, "completeness")
    return [
        Finding(text=completeness.finding, source="completeness"),
        show_completeness(completeness, "completeness"),
        *cautions(completeness, "completeness"),
        *_write_follow_up(analyses),
        *_write_known_status(analyses),
    ]


def _write_follow_up(analyses: Analyses) -> list[Block]:
    followed = analyses.find("follow-up", Result)
    if followed is None:
        return refusals(analyses, "follow-up")
    finding = Finding(text=followed.finding, source="follow-up")
    return [finding, *left_out(followed, "follow-up")]


def _write_known_status(analyses: Analyses) -> list[Block]:
    known = analyses.find("known-status", Result)
    if known is None:
        return refusals(analyses, "known-status")
    finding = Finding(text=known.finding, source="known-status")
    if known.frame.empty:
        return [finding]
    table = TableBlock(
        id="known-status",
        caption="At fitting: pars whose status is known beside pars whose status is not",
        table=tabulate_known_status(known),
        source="known-status",
    )
    return [finding, Paragraph(text=_KNOWN), table]


def write_case_mix(analyses: Analyses) -> list[Block]:
    """Write who was treated, patients and pars counted apart, and what else was done for them."""
    description = analyses.find("case-mix", CohortDescription)
    if description is None:
        return [*refusals(analyses, "case-mix"), *_write_care(analyses)]
    return [
        Finding(text=description.finding, source="case-mix"),
        TableBlock(
            id="case-mix",
            caption="Case mix at fitting",
            table=tabulate_case_mix(description),
            source="case-mix",
        ),
        *cautions(description, "case-mix"),
        *_write_care(analyses),
    ]


def _write_care(analyses: Analyses) -> list[Block]:
    care = analyses.find("care", Result)
    if care is None:
        return refusals(analyses, "care")
    table = TableBlock(
        id="care",
        caption="Delay to fitting, treatment beside the brace, slip at fitting and measured wear",
        table=tabulate_care(care),
        source="care",
    )
    return [Finding(text=care.finding, source="care"), table, *left_out(care, "care")]


def write_intake(analyses: Analyses) -> list[Block]:
    """Write how the source became the cohort: rows used, set aside, cells to look at."""
    intake = analyses.find("intake", IntakeAccount)
    if intake is None or intake.sources.empty:
        return [Paragraph(text=_NO_SOURCE)]
    blocks: list[Block] = [Finding(text=intake.finding, source="intake")] if intake.finding else []
    blocks.append(
        TableBlock(
            id="sources",
            caption="Rows of the source",
            table=tabulate_sources(intake.sources),
            source="intake",
        )
    )
    return [
        *blocks,
        *_dropped_columns(intake),
        *_rows_set_aside(intake),
        *_cells_to_look_at(intake),
    ]


def _dropped_columns(intake: IntakeAccount) -> list[Block]:
    action = intake.columns["action"].astype(str)
    dropped = intake.columns.loc[action.str.contains("drop"), "header"].dropna()
    names = list(dict.fromkeys(dropped.astype(str)))
    if not names:
        return []
    return [Paragraph(text=f"Columns dropped because they identify people: {format_list(names)}.")]


def _rows_set_aside(intake: IntakeAccount) -> list[Block]:
    aside = intake.rows[intake.rows["action"].ne("used")]
    return _folded("set-aside", "Rows set aside, and why", aside, tabulate_set_aside)


def _cells_to_look_at(intake: IntakeAccount) -> list[Block]:
    cells = _folded(
        "cells",
        "Cells read with a remark, or to be corrected",
        intake.cells,
        tabulate_problem_cells,
    )
    findings = _folded("checks", "Findings of the checks", intake.checks, tabulate_checks)
    return [*cells, *findings]


def _folded(
    block_id: str,
    caption: str,
    frame: pd.DataFrame,
    tabulate: Callable[[pd.DataFrame], DisplayTable],
) -> list[Block]:
    if frame.empty:
        return []
    table = tabulate(frame)
    return [TableBlock(id=block_id, caption=caption, table=table, source="intake", is_folded=True)]
