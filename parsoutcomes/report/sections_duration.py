"""Sections on the brace: months prescribed, and hours worn."""

from __future__ import annotations

from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Finding, Note, TableBlock
from parsoutcomes.report.sections_records import refusals
from parsoutcomes.results.base import Result
from parsoutcomes.results.descriptions import WEAR
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.tables.estimates import tabulate_union_rates

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
_NO_CONTRAST: Final = (
    "Not part of this report: a comparison of stopping early with going on that deals with "
    "immortal time."
)
_NO_WEAR: Final = (
    "Hours of wear are not recorded for anybody, so whether the brace was worn as prescribed "
    "cannot be said."
)
_WEAR_ONLY: Final = (
    "Measured wear is not summarised in this report. Those who wear it more differ in other ways "
    "too, so that wear and union must not be read as cause and effect."
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
    """Write the contrast of strategies of duration, once it is among the analyses."""
    del analyses
    return [Note(items=(_NO_CONTRAST,), kind="refusal")]


def write_wear(analyses: Analyses) -> list[Block]:
    """Write what is known of hours worn, or that it is not recorded."""
    care = analyses.find("care", Result)
    if care is None:
        return refusals(analyses, "care")
    measured = care.frame[care.frame["characteristic"].eq(WEAR) & care.frame["level"].eq("yes")]
    if measured.empty:
        return [Note(items=(_NO_WEAR,), kind="refusal")]
    n, of = int(measured["n_patients"].iloc[0]), int(measured["n_expected"].iloc[0])
    return [
        Finding(text=f"Wear was measured in {n} of {of} patients.", source="care"),
        Note(items=(_WEAR_ONLY,)),
    ]
