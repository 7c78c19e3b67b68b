"""The page for patients and parents can be read by an eleven- to twelve-year-old."""

from __future__ import annotations

import dataclasses

import pytest
import textstat
from report_cohorts import make_cohort

from parsoutcomes.conventions import SEED
from parsoutcomes.report.analyses import Analyses, run_analyses
from parsoutcomes.report.content import Finding, Note, Paragraph
from parsoutcomes.report.sections_plain import write_plain

# Both measures count letters, words and sentences, so that no dictionary has to be downloaded. A
# grade of the United States is read at that age and five years more: grade 7 at 12.
READ = (
    "rates-pars-complete",
    "rates-patients-complete",
    "rates-by-stage",
    "comparison",
    "scores",
    "safety",
)
OLDEST_READER_YEARS = 12
GRADE_TO_AGE_YEARS = 5


def read(analyses: Analyses) -> str:
    told = []
    for block in write_plain(analyses):
        if isinstance(block, Finding | Paragraph):
            told.append(block.text)
        elif isinstance(block, Note):
            told += block.items
    return " ".join(told)


@pytest.fixture(scope="module")
def analyses() -> Analyses:
    return run_analyses(make_cohort(), year=2024, n_resamples=40, seed=SEED, only=READ)


@pytest.mark.parametrize(
    "verdict", ["above", "below", "not distinguishable", "depends on the reference", "no verdict"]
)
def test_the_page_is_plain_whatever_the_verdict(analyses: Analyses, verdict: str) -> None:
    comparison = dataclasses.replace(analyses.results["comparison"], verdict=verdict)
    changed = dataclasses.replace(analyses, results={**analyses.results, "comparison": comparison})
    text = read(changed)
    for grade in (textstat.automated_readability_index(text), textstat.coleman_liau_index(text)):
        assert grade + GRADE_TO_AGE_YEARS <= OLDEST_READER_YEARS, text


def test_the_page_uses_no_word_of_the_trade(analyses: Analyses) -> None:
    text = read(analyses).lower()
    for word in ("union", "interval", "cohort", "defect", "progressive", "confiden", "median"):
        assert word not in text


def test_the_page_says_that_the_brace_is_not_shown_to_work(analyses: Analyses) -> None:
    assert "This does not show that the brace works." in read(analyses)


def test_too_few_scans_are_said_and_no_number_is_given() -> None:
    silent = make_cohort(8, has_scans=False)
    few = run_analyses(silent, year=2024, n_resamples=40, seed=SEED, only=READ)
    text = read(few)
    assert "We have too few scans to say how many cracks healed." in text
    assert "in every 100" not in text


def test_one_patient_is_no_hundred_in_every_hundred() -> None:
    only = ("rates-pars-complete", "rates-patients-complete", "rates-by-stage")
    one = run_analyses(make_cohort(1), year=2024, n_resamples=40, seed=SEED, only=only)
    assert "in every 100" not in read(one)
    assert "too few people" in read(one)
