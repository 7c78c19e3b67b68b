"""The sections of the report, in reading order, from finished analyses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from parsoutcomes.errors import ReportError
from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.config import NOTHING_STATED, ReportConfig
from parsoutcomes.report.content import Block, Section
from parsoutcomes.report.sections_comparison import write_comparison
from parsoutcomes.report.sections_duration import write_duration, write_wear
from parsoutcomes.report.sections_estimates import write_predictors, write_rates, write_time
from parsoutcomes.report.sections_headlines import write_design, write_headlines
from parsoutcomes.report.sections_imaging import write_imaging
from parsoutcomes.report.sections_plain import write_plain
from parsoutcomes.report.sections_reading import (
    write_definitions,
    write_limits,
    write_methods,
    write_provenance,
    write_references,
)
from parsoutcomes.report.sections_records import (
    write_case_mix,
    write_completeness,
    write_included,
    write_intake,
)
from parsoutcomes.report.sections_recovery import write_recovery, write_safety
from parsoutcomes.report.sections_robustness import write_sensitivity
from parsoutcomes.report.sections_scrutiny import write_bias, write_statements
from parsoutcomes.report.sections_strobe import write_strobe
from parsoutcomes.report.sections_years import write_by_year, write_change, write_year

_Writer = Callable[[Analyses, ReportConfig], list[Block]]


def _computed(write: Callable[[Analyses], list[Block]]) -> _Writer:
    """Return a writer that needs nothing but the analyses as one that is given both."""

    def write_both(analyses: Analyses, config: ReportConfig) -> list[Block]:
        del config
        return write(analyses)

    return write_both


_SECTIONS: Final[tuple[tuple[str, str, _Writer], ...]] = (
    ("headlines", "Headline findings", _computed(write_headlines)),
    ("plain", "In plain English, for patients and parents", _computed(write_plain)),
    ("design", "The question and the design", write_design),
    ("included", "Who was included", _computed(write_included)),
    ("completeness", "Completeness of the records", _computed(write_completeness)),
    ("imaging", "Scans and who read them", write_imaging),
    ("case-mix", "Case mix", _computed(write_case_mix)),
    ("rates", "Union rates", _computed(write_rates)),
    ("time", "Time to union", _computed(write_time)),
    ("comparison", "Comparison with published series", _computed(write_comparison)),
    ("predictors", "Predictors of union", _computed(write_predictors)),
    ("duration", "Months of brace", _computed(write_duration)),
    ("wear", "Hours worn", _computed(write_wear)),
    ("recovery", "Scores and return to sport", _computed(write_recovery)),
    ("safety", "Safety, surgery and what came later", _computed(write_safety)),
    ("by-year", "By year of fitting", _computed(write_by_year)),
    ("year-alone", "Fitted in {year} alone", _computed(write_year)),
    ("change", "Since last year", _computed(write_change)),
    ("sensitivity", "Would other choices change the answer?", _computed(write_sensitivity)),
    ("limits", "Limits, and which way they lean", _computed(write_limits)),
    ("bias", "Risk of bias", _computed(write_bias)),
    ("methods", "Methods", _computed(write_methods)),
    ("definitions", "Definitions", _computed(write_definitions)),
    ("intake", "How the records were read", _computed(write_intake)),
    ("statements", "Interests, registration and sign-off", write_statements),
    ("strobe", "Reporting checklist (STROBE)", write_strobe),
    ("references", "References", _computed(write_references)),
)
PROVENANCE: Final = "provenance"
SECTION_IDS: Final = (*(name for name, _, _ in _SECTIONS), PROVENANCE)


def write_sections(
    analyses: Analyses,
    provenance: tuple[tuple[str, str], ...],
    config: ReportConfig = NOTHING_STATED,
    *,
    tell: Callable[[str], None] | None = None,
) -> tuple[Section, ...]:
    """Write the whole report.

    Parameters
    ----------
    analyses : Analyses
        From `run_analyses`.
    provenance : tuple of tuple of str
        From `describe_provenance`.
    config : ReportConfig
        What the clinic says of itself, and its comments.
    tell : callable, optional
        Called with the title of each section before it is written and its figures are drawn.

    Returns
    -------
    tuple of Section

    Raises
    ------
    ReportError
        When a comment is for a section that does not exist.
    """
    _require_sections(config)
    year = str(analyses.period.year)
    written = []
    for name, named, write in _SECTIONS:
        title = named.replace("{year}", year)
        if tell is not None:
            tell(title)
        blocks = (*write(analyses, config), *config.comments.get(name, ()))
        written.append(Section(id=name, title=title, blocks=blocks))
    again = Section(
        id=PROVENANCE,
        title="How to make this report again",
        blocks=(*write_provenance(provenance), *config.comments.get(PROVENANCE, ())),
    )
    return (*written, again)


def _require_sections(config: ReportConfig) -> None:
    unknown = [name for name in config.comments if name not in SECTION_IDS]
    if unknown:
        raise ReportError(
            "A comment is for a section that the report does not have.",
            expected=f"one of {', '.join(SECTION_IDS)}",
            found=f"{len(unknown)} others",
            fix="Name the section by its id, as in the address of its heading.",
        )
