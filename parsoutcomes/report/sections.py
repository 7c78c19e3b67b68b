"""The sections of the report, in reading order, from finished analyses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from parsoutcomes.report.analyses import Analyses
from parsoutcomes.report.content import Block, Finding, Note, Section
from parsoutcomes.report.sections_estimates import (
    write_comparison,
    write_predictors,
    write_rates,
    write_time,
    write_year,
)
from parsoutcomes.report.sections_reading import (
    write_definitions,
    write_limits,
    write_methods,
    write_provenance,
    write_references,
)
from parsoutcomes.report.sections_records import (
    refusals,
    write_case_mix,
    write_completeness,
    write_included,
    write_intake,
)

_HEADLINES: Final = (
    "rates-pars-complete",
    "rates-patients-complete",
    "time",
    "comparison",
    "predictors",
)
_SCOPE: Final = (
    "This is one clinic's record of treated patients without a control group. Union at or above a "
    "published series does not show that the brace works: some fractures unite without one."
)


def write_sections(
    analyses: Analyses, provenance: tuple[tuple[str, str], ...]
) -> tuple[Section, ...]:
    """Write the whole report.

    Parameters
    ----------
    analyses : Analyses
        From `run_analyses`.
    provenance : tuple of tuple of str
        From `describe_provenance`.

    Returns
    -------
    tuple of Section
    """
    year = analyses.period.year
    return (
        Section(id="headlines", title="Headline findings", blocks=_headlines(analyses)),
        *(
            Section(id=name, title=title, blocks=tuple(write(analyses)))
            for name, title, write in _BODY
        ),
        Section(
            id="year-alone", title=f"Fitted in {year} alone", blocks=tuple(write_year(analyses))
        ),
        *(
            Section(id=name, title=title, blocks=tuple(write(analyses)))
            for name, title, write in _BACK
        ),
        Section(
            id="provenance",
            title="How to make this report again",
            blocks=write_provenance(provenance),
        ),
    )


def _headlines(analyses: Analyses) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for name in _HEADLINES:
        if name in analyses.results:
            blocks.append(Finding(text=analyses.results[name].finding, source=name))
    blocks += refusals(analyses, *_HEADLINES)
    return (*blocks, Note(items=(_SCOPE,), kind="scope"))


_Writer = Callable[[Analyses], list[Block]]

_BODY: Final[tuple[tuple[str, str, _Writer], ...]] = (
    ("included", "Who was included", write_included),
    ("completeness", "Completeness of the records", write_completeness),
    ("case-mix", "Case mix", write_case_mix),
    ("rates", "Union rates", write_rates),
    ("time", "Time to union", write_time),
    ("comparison", "Comparison with published series", write_comparison),
    ("predictors", "Predictors of union", write_predictors),
)
_BACK: Final[tuple[tuple[str, str, _Writer], ...]] = (
    ("limits", "Limits, and which way they lean", write_limits),
    ("methods", "Methods", write_methods),
    ("definitions", "Definitions", write_definitions),
    ("intake", "How the records were read", write_intake),
    ("references", "References", write_references),
)
