"""The section on scans: how many per patient, on what, read by whom, and when."""

from __future__ import annotations

from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.config import NOT_STATED, ReportConfig
from parsoutcomes.report.content import Block, Finding, Paragraph, TableBlock, Terms
from parsoutcomes.report.figures_scrutiny import show_reader_agreement
from parsoutcomes.report.sections_records import as_sentence, cautions, refusals
from parsoutcomes.results.base import Result
from parsoutcomes.results.reader_agreement import ReaderAgreement
from parsoutcomes.results.scanning import Scanning
from parsoutcomes.tables.descriptions import tabulate_imaging

_WHEN: Final = (
    "Where those who feel worse are scanned sooner, or those seen to be united no longer, the "
    "curve of union leans on the assumption that scans tell nothing."
)


def write_imaging(analyses: Analyses, config: ReportConfig) -> list[Block]:
    """Write scans per patient, kinds of imaging, readers, blinding and timing."""
    blinding = Terms(items=(("Blinding of readers", config.blinding or NOT_STATED),))
    return [
        *_write_scans(analyses),
        blinding,
        *_write_readers(analyses),
        *_write_timing(analyses),
    ]


def _write_scans(analyses: Analyses) -> list[Block]:
    imaging = analyses.find("imaging", Result)
    if imaging is None:
        return refusals(analyses, "imaging")
    table = TableBlock(
        id="imaging",
        caption="Scans from fitting on, by kind, and readings with a named reader",
        table=tabulate_imaging(imaging),
        source="imaging",
    )
    return [Finding(text=imaging.finding, source="imaging"), table, *cautions(imaging, "imaging")]


def _write_readers(analyses: Analyses) -> list[Block]:
    agreement = analyses.find("reader-agreement", ReaderAgreement)
    if agreement is None:
        return refusals(analyses, "reader-agreement")
    return [
        Finding(text=as_sentence(agreement.finding), source="reader-agreement"),
        show_reader_agreement(agreement, "reader-agreement"),
        *cautions(agreement, "reader-agreement"),
    ]


def _write_timing(analyses: Analyses) -> list[Block]:
    scanning = analyses.find("scanning", Scanning)
    if scanning is None:
        return refusals(analyses, "scanning")
    return [
        Finding(text=scanning.finding, source="scanning"),
        Paragraph(text=_WHEN),
        *cautions(scanning, "scanning"),
    ]
