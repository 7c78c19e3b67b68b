"""Sections for a sceptical reviewer: interests and sign-off, risk of bias."""

from __future__ import annotations

from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.config import BRACE_SUPPLIER, NOT_STATED, ReportConfig
from parsoutcomes.report.content import Block, Finding, Paragraph, TableBlock, Terms
from parsoutcomes.results.base import Result
from parsoutcomes.tables.display import DisplayTable
from parsoutcomes.wording import format_list

_JUDGED: Final = (
    "ROBINS-I judges a comparison. Judged here is the one this report makes: union in this clinic "
    "against published series at the same mix of stages. The judgements follow from the design and "
    "are the program's own; those who sign the report may judge otherwise in a comment."
)
_DOMAINS: Final = (
    (
        "Confounding",
        "Only stage is adjusted for. Age, level, sport, delay to fitting and rest differ between "
        "this clinic and the series and are not.",
        "Either way",
        "Serious",
    ),
    (
        "Selection of participants",
        "Everyone fitted is followed from fitting. Who was referred, found eligible and willing "
        "before that may differ from the series.",
        "Either way",
        "Serious",
    ),
    (
        "Classification of interventions",
        "Everybody had the brace, by the records of the clinic. In the series braces differ, and "
        "with some there was no rest.",
        "Either way",
        "Moderate",
    ),
    (
        "Deviations from intended interventions",
        "Hours worn and rest kept are seldom measured, and other treatment is not adjusted for.",
        "Favours the clinic if other treatment helps",
        "Moderate",
    ),
    (
        "Missing data",
        "{missing}",
        "Either way; the bounds and the tipping point say how far",
        "{missing_judgement}",
    ),
    (
        "Measurement of outcomes",
        "Union is read from CT by the treating team, who know treatment and time. {readers} In the "
        "series other readers judged, at other times.",
        "Favours the clinic",
        "Serious",
    ),
    (
        "Selection of the reported result",
        "Definition, horizon, unit, series and stages are fixed in the program, and every other "
        "way of counting is shown.",
        "Little",
        "Low",
    ),
    (
        "Overall",
        "As the worst domain: union above a series cannot be put down to the brace.",
        "Favours the clinic on the whole",
        "Serious",
    ),
)
_MISSING_MANY: Final = 0.2


def write_bias(analyses: Analyses) -> list[Block]:
    """Write the risk of bias by the headings of ROBINS-I."""
    facts = {**_describe_missing(analyses), "readers": _describe_readers(analyses)}
    rows = tuple(
        (domain, what.format(**facts), leans, judgement.format(**facts))
        for domain, what, leans, judgement in _DOMAINS
    )
    table = DisplayTable(
        heads=("Domain", "Here", "Which way it leans", "Risk of bias"),
        rows=rows,
        text_columns=(1, 2, 3),
    )
    known = analyses.find("known-status", Result)
    return [
        Paragraph(text=_JUDGED),
        *([Finding(text=known.finding, source="known-status")] if known is not None else []),
        TableBlock(id="robins-i", caption="Risk of bias by the headings of ROBINS-I", table=table),
    ]


def _describe_missing(analyses: Analyses) -> dict[str, str]:
    known = analyses.find("known-status", Result)
    if known is None or known.frame.empty:
        told = "Nobody is due whose status could be known."
        return {"missing": told, "missing_judgement": "Critical"}
    row = known.frame.iloc[0]
    n_unknown = int(row["n_unknown_total"])
    share = n_unknown / (n_unknown + int(row["n_known_total"]))
    if not n_unknown:
        told = "The status of every target pars that is due is known."
        return {"missing": told, "missing_judgement": "Low"}
    told = (
        "Some target pars that are due had no scan in time. They are counted until their last "
        "scan, as if those scanned no more were like the others."
    )
    judgement = "Serious" if share > _MISSING_MANY else "Moderate"
    return {"missing": told, "missing_judgement": judgement}


def _describe_readers(analyses: Analyses) -> str:
    if "reader-agreement" in analyses.results:
        return "Some scans were read twice; see the agreement."
    return "No scan was read by a second reader."


def write_statements(analyses: Analyses, config: ReportConfig) -> list[Block]:
    """Write interests, funding, registration and sign-off, or that they are not stated."""
    del analyses
    interest = " ".join(part for part in (BRACE_SUPPLIER, config.conflict_of_interest) if part)
    signed = format_list(list(config.signed_off_by))
    on = f", {config.signed_off_on}" if signed and config.signed_off_on else ""
    items = (
        ("Conflict of interest", interest),
        ("Funding", config.funding or NOT_STATED),
        ("Registration of the audit", config.audit_registration or NOT_STATED),
        ("Ethical review", config.ethics or NOT_STATED),
        ("Signed off by", f"{signed}{on}" if signed else NOT_STATED),
    )
    return [Terms(items=items)]
