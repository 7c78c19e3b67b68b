"""Reports with pictures, for the tests of the Word document and the slides."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from report_documents import logo, make_report

from parsoutcomes.report.content import FigureBlock, Report

HERE = Path(__file__).parent
HOSTILE = "<script>alert(1)</script> =cmd|' /C calc'!A0 #let x = 1 &amp; ]]> \\u{41} _x0041_"
FORBIDDEN = "bell\x07 null\x00 half\ud800 none\uffff turned\u202e"
MARKED = "bell� null� half� none� turned�"
# Enough for findings, figures, tables and a refusal; the whole report is tested with its builder.
FEW_RESULTS = (
    *("flow", "completeness", "case-mix", "time", "predictors"),
    *("rates-pars-complete", "rates-patients-complete"),
)
PRIVATE = "private\ue000"


def draw(report: Report) -> Report:
    """Give each figure a picture."""
    sections = tuple(
        dataclasses.replace(
            section,
            blocks=tuple(
                dataclasses.replace(block, png=logo()) if isinstance(block, FigureBlock) else block
                for block in section.blocks
            ),
        )
        for section in report.sections
    )
    return dataclasses.replace(report, sections=sections)


def make_drawn(text: str = "Plain words.", **changes: object) -> Report:
    return draw(make_report(text, **changes))


@cache
def small_clinic(n_patients: int, *, has_scans: bool = True) -> Report:
    """What the builder makes of very little."""
    from report_cohorts import make_cohort

    from parsoutcomes.report.analyses import run_analyses
    from parsoutcomes.report.provenance import describe_provenance
    from parsoutcomes.report.sections import write_sections

    cohort = make_cohort(n_patients, has_scans=has_scans)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("parsoutcomes.report.figure_files.PNG_DOTS_PER_INCH", 30)
        analyses = run_analyses(cohort, year=2024, n_resamples=40, seed=1, only=FEW_RESULTS)
        provenance = describe_provenance(cohort, year=2024, n_resamples=40, seed=1)
        return make_report(sections=write_sections(analyses, provenance))


def members(packed: bytes) -> Iterator[tuple[zipfile.ZipInfo, bytes]]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for member in archive.infolist():
            yield member, archive.read(member)


@cache
def hashes_elsewhere() -> dict[str, str]:
    """SHA-256 of both documents made in another process, locale, time zone and hash seed."""
    code = (
        "import hashlib, json, office_reports\n"
        "from parsoutcomes.report.render_docx import render_docx\n"
        "from parsoutcomes.report.render_pptx import render_pptx\n"
        "report = office_reports.make_drawn()\n"
        "made = {'docx': render_docx(report), 'pptx': render_pptx(report)}\n"
        "print(json.dumps({k: hashlib.sha256(v).hexdigest() for k, v in made.items()}))"
    )
    setting = {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"}
    paths = os.pathsep.join([str(HERE), *filter(None, sys.path)])
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **setting, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    ).stdout
    hashes: dict[str, str] = json.loads(shown)
    return hashes
