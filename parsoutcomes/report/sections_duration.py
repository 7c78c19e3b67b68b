"""Sections on the brace: months prescribed, strategies of duration, and hours worn."""

from __future__ import annotations

from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Finding, Note, Paragraph, TableBlock
from parsoutcomes.report.figures_brace import show_brace_durations
from parsoutcomes.report.figures_exposure import show_adherence, show_exposure, show_wear_dose
from parsoutcomes.report.sections_records import as_sentence, cautions, left_out, refusals
from parsoutcomes.results.brace_duration import BraceDurations
from parsoutcomes.results.exposure import BraceExposure
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.results.wear_dose import WearDose
from parsoutcomes.tables.brace_duration import tabulate_target_trial
from parsoutcomes.tables.estimates import tabulate_union_rates

DURATIONS: Final = "brace-durations"
EXPOSURE: Final = "exposure"
DOSE: Final = "wear-dose"
_PRESCRIBED: Final = "rates-by-prescribed_months"
_INDICATION: Final = (
    "Months prescribed at fitting follow the consultant's view of the fracture: those given longer "
    "were thought to need it (confounding by indication). These lines describe; they do not say "
    "that either duration is better."
)
_IMMORTAL: Final = (
    "Months actually worn are never compared as they stand. Somebody who heals early stops early, "
    "and somebody who wears the brace for longer has by that alone gone longer without surgery or "
    "loss (immortal time): either way the comparison would answer another question."
)
_STRATEGIES: Final = (
    "Each pars stands in both strategies for as long as its records fit it, and those who stay are "
    "weighted for those who leave (clone, censor, weight). So nobody is put into a group by what "
    "came later. It rests on everything that guided the end of the brace being recorded, which "
    "cannot be shown."
)
_NO_WEAR: Final = (
    "Hours of wear are not recorded for anybody, so whether the brace was worn as prescribed "
    "cannot be said."
)
_WEAR_ONLY: Final = (
    "Those who wear the brace more differ in other ways too, so that wear and union must not be "
    "read as cause and effect."
)


def write_duration(analyses: Analyses) -> list[Block]:
    """Write union by months prescribed, with the warning of immortal time."""
    result = analyses.find(_PRESCRIBED, UnionRates)
    if result is None:
        return [
            *refusals(analyses, _PRESCRIBED),
            Note(items=(_IMMORTAL,)),
            *write_contrast(analyses),
        ]
    return [
        Finding(text=result.finding, source=_PRESCRIBED),
        Note(items=(_INDICATION, _IMMORTAL), source=_PRESCRIBED),
        TableBlock(
            id="rates-by-prescription",
            caption="Union by months prescribed at fitting (confounded by indication)",
            table=tabulate_union_rates([result]),
            source=_PRESCRIBED,
        ),
        *write_contrast(analyses),
    ]


def write_contrast(analyses: Analyses) -> list[Block]:
    """Write union had everybody stopped early, and had everybody gone on."""
    result = analyses.find(DURATIONS, BraceDurations)
    if result is None:
        return refusals(analyses, DURATIONS)
    trial = TableBlock(
        id="target-trial",
        caption="The trial that this contrast imitates, and how the records stand in for it",
        table=tabulate_target_trial(result),
        source=DURATIONS,
        is_folded=True,
    )
    drawable = bool(result.curve["estimate"].notna().any())
    return [
        Finding(text=result.finding, source=DURATIONS),
        Paragraph(text=_STRATEGIES),
        *([show_brace_durations(result, DURATIONS)] if drawable else []),
        trial,
        *left_out(result, DURATIONS),
        *cautions(result, DURATIONS),
    ]


def write_wear(analyses: Analyses) -> list[Block]:
    """Write when the brace was on and how it was worn, or that it is not recorded."""
    result = analyses.find(EXPOSURE, BraceExposure)
    if result is None:
        return [*refusals(analyses, EXPOSURE), Note(items=(_NO_WEAR,), kind="refusal")]
    measured = not result.adherence.empty
    return [
        Finding(text=result.finding, source=EXPOSURE),
        *_draw_courses(result),
        *([show_adherence(result, EXPOSURE)] if measured else []),
        Note(items=(_WEAR_ONLY,)) if measured else Note(items=(_NO_WEAR,), kind="refusal"),
        *left_out(result, EXPOSURE),
        *cautions(result, EXPOSURE),
        *(_write_dose(analyses) if measured else []),
    ]


def _write_dose(analyses: Analyses) -> list[Block]:
    dose = analyses.find(DOSE, WearDose)
    if dose is None:
        return refusals(analyses, DOSE)
    drawable = bool(dose.frame["estimate"].notna().any())
    return [
        Finding(text=as_sentence(dose.finding), source=DOSE),
        *([show_wear_dose(dose, DOSE)] if drawable else []),
        *left_out(dose, DOSE),
        *cautions(dose, DOSE),
    ]


def _draw_courses(result: BraceExposure) -> list[Block]:
    if result.frame.empty:
        return []
    return [show_exposure(result, EXPOSURE)]
