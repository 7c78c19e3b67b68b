"""The headline findings, and what the report set out to ask."""

from __future__ import annotations

from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.config import NOT_STATED, ReportConfig
from parsoutcomes.report.content import Block, Finding, Note, Terms
from parsoutcomes.report.sections_records import cautions, refusals

HEADLINES: Final = (
    "rates-pars-complete",
    "rates-patients-complete",
    "time",
    "comparison",
    "predictors",
)
SCOPE: Final = (
    "This is one clinic's record of treated patients without a control group. Union at or above a "
    "published series does not show that the brace works: some fractures unite without one."
)
_DESIGN: Final = (
    (
        "Question",
        "How many pars fractures treated here unite, how long it takes, what goes with union, and "
        "whether union is above, below or not to be told from published series at the same mix of "
        "stages.",
    ),
    (
        "Why it is asked",
        "Published rates of union differ widely, since stage, imaging and unit differ. A clinic "
        "that knows only its own raw rate does not know whether it does well.",
    ),
    (
        "Fixed beforehand",
        "The definition of union, the horizon, the unit, the series compared with and the stages "
        "on which the verdict rests are defaults of the program, the same each year.",
    ),
    (
        "Design",
        "A cohort of everybody fitted with a brace, from the clinic's own records, without a "
        "control group; time counts from fitting.",
    ),
)


def write_headlines(analyses: Analyses) -> list[Block]:
    """Write three to five findings, each with its interval and unit, and what they do not show."""
    blocks: list[Block] = [
        Finding(text=analyses.results[name].finding, source=name)
        for name in HEADLINES
        if name in analyses.results
    ]
    blocks += refusals(analyses, *HEADLINES)
    rates = analyses.results.get(HEADLINES[0])
    blocks += [] if rates is None else cautions(rates, HEADLINES[0])
    return [*blocks, Note(items=(SCOPE,), kind="scope")]


def write_design(analyses: Analyses, config: ReportConfig) -> list[Block]:
    """Write the question, the design, the setting and who is offered the brace."""
    del analyses
    stated = (
        ("Setting", config.setting or NOT_STATED),
        ("Who is offered the brace", config.eligibility or NOT_STATED),
        ("Diagnosis and staging", config.diagnosis or NOT_STATED),
    )
    return [Terms(items=(*_DESIGN, *stated))]
