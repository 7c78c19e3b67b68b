"""Every number that a sentence tells stands in numbers.csv under the id that it carries."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from report_cohorts import make_cohort
from report_numbers import known_numbers, told_numbers

from parsoutcomes.conventions import SEED
from parsoutcomes.report.analyses import Analyses, run_analyses
from parsoutcomes.report.config import ReportConfig
from parsoutcomes.report.content import (
    Block,
    Bullets,
    Checklist,
    Finding,
    Note,
    Paragraph,
    Section,
    TableBlock,
)
from parsoutcomes.report.numbers import tabulate_numbers
from parsoutcomes.report.sections import write_sections


@pytest.fixture(autouse=True, scope="module")
def _coarse_pictures() -> Iterator[None]:
    """Draw the PNG files small: their resolution is tested with the figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("parsoutcomes.report.figure_files.PNG_DOTS_PER_INCH", 30)
        yield


def build(**options: object) -> tuple[Analyses, tuple[Section, ...]]:
    cohort = make_cohort(**options)
    config = ReportConfig(n_referred=40, n_eligible=30, n_declined=3)
    analyses = run_analyses(cohort, year=2024, n_resamples=40, seed=SEED, config=config)
    return analyses, write_sections(analyses, (("Seed", str(SEED)),), config)


@pytest.fixture(scope="module")
def report(_coarse_pictures: None) -> tuple[Analyses, tuple[Section, ...]]:
    return build()


def sentences(block: Block) -> Iterator[str]:
    if isinstance(block, Finding | Paragraph):
        yield block.text
    elif isinstance(block, Note | Bullets):
        yield from block.items


def test_each_number_of_each_sentence_stands_under_the_id_it_carries(
    report: tuple[Analyses, tuple[Section, ...]],
) -> None:
    analyses, sections = report
    numbers = tabulate_numbers(analyses.results, analyses.refusals)
    checked = 0
    for section in sections:
        if section.id in ("references", "methods"):
            continue
        for block in section.blocks:
            for text in sentences(block):
                told = told_numbers(text)
                source = getattr(block, "source", "")
                assert not told or source, f"{section.id}: {text}"
                assert told <= known_numbers(numbers, source), f"{section.id}: {text}"
                checked += len(told)
    assert checked > 150


def test_each_source_is_a_result_or_a_refusal(
    report: tuple[Analyses, tuple[Section, ...]],
) -> None:
    analyses, sections = report
    ids = {*analyses.results, *analyses.refusals}
    for section in sections:
        for block in section.blocks:
            source = getattr(block, "source", "")
            assert not source or source in ids
            if isinstance(block, Finding):
                assert source


def test_each_table_with_numbers_names_its_result(
    report: tuple[Analyses, tuple[Section, ...]],
) -> None:
    _, sections = report
    for section in sections:
        for block in section.blocks:
            if isinstance(block, TableBlock):
                digits = any(re.search(r"\d", cell) for row in block.table.rows for cell in row)
                assert not digits or block.source, block.id


def test_each_figure_has_its_finding_in_words_its_data_and_a_table(
    report: tuple[Analyses, tuple[Section, ...]],
) -> None:
    analyses, sections = report
    figures = [block for section in sections for block in section.blocks if hasattr(block, "svg")]
    assert len(figures) >= 12
    for figure in figures:
        opening = analyses.results[figure.source].finding.split("(")[0][:40]
        assert figure.source.startswith("scores") or opening in figure.alt, figure.id
        assert figure.table is not None
        assert figure.table.rows
        assert not figure.data[""].empty
    assert len({figure.id for figure in figures}) == len(figures)


def test_the_checklist_points_at_sections_that_exist(
    report: tuple[Analyses, tuple[Section, ...]],
) -> None:
    _, sections = report
    ids = {section.id for section in sections}
    checklists = [
        block for section in sections for block in section.blocks if isinstance(block, Checklist)
    ]
    assert len(checklists) == 1
    labels = [item.label for item in checklists[0].items]
    numbers = {int(re.sub(r"\D", "", label)) for label in labels}
    assert numbers == set(range(1, 23))
    assert len(set(labels)) == len(labels)
    for item in checklists[0].items:
        assert set(item.sections) <= ids
        assert item.sections or item.answer.startswith("Not applicable")
