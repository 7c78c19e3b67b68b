"""Each part a sceptical reader looks for: what is stated, what is not, and what changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pandas as pd
import pytest
from report_cohorts import make_cohort

from parsoutcomes.conventions import SEED
from parsoutcomes.errors import ReportError
from parsoutcomes.report.analyses import Analyses, run_analyses
from parsoutcomes.report.config import ReportConfig, describe_referrals
from parsoutcomes.report.content import Comment, Finding, Note, Section, Terms
from parsoutcomes.report.last_year import NOW, REPORTED, RESTATED, tabulate_last_year
from parsoutcomes.report.numbers import tabulate_numbers
from parsoutcomes.report.sections import SECTION_IDS, write_sections

ALWAYS = ("period", "intake", "referrals", "multiplicity")
RATES = (
    "rates-pars-complete",
    "rates-pars-partial",
    "rates-patients-complete",
    "rates-patients-partial",
)


@pytest.fixture(autouse=True, scope="module")
def _coarse_pictures() -> Iterator[None]:
    """Draw the PNG files small: their resolution is tested with the figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("parsoutcomes.report.figure_files.PNG_DOTS_PER_INCH", 30)
        yield


def analyse(cohort: object, **options: object) -> Analyses:
    return run_analyses(cohort, **{"year": 2024, "n_resamples": 40, "seed": SEED, **options})


def find(sections: tuple[Section, ...], name: str) -> Section:
    return next(section for section in sections if section.id == name)


def words(section: Section) -> str:
    told = []
    for block in section.blocks:
        told.append(getattr(block, "text", ""))
        if isinstance(block, Note):
            told += block.items
        if isinstance(block, Terms):
            told += [f"{term}: {meaning}" for term, meaning in block.items]
    return " ".join(told)


@pytest.fixture(scope="module")
def two_years() -> Analyses:
    return analyse(make_cohort(24, first_fitted="2023-12-20"))


@pytest.fixture(scope="module")
def sections(two_years: Analyses, _coarse_pictures: None) -> tuple[Section, ...]:
    return write_sections(two_years, ())


def test_completeness_comes_before_every_result(sections: tuple[Section, ...]) -> None:
    order = [section.id for section in sections]
    results = ("case-mix", "rates", "time", "comparison", "predictors", "by-year", "safety")
    assert all(order.index("completeness") < order.index(name) for name in results)
    assert tuple(order) == SECTION_IDS


def test_there_are_three_to_five_headlines(sections: tuple[Section, ...]) -> None:
    findings = [b for b in find(sections, "headlines").blocks if isinstance(b, Finding)]
    assert 3 <= len(findings) <= 5
    assert all("interval" in finding.text for finding in findings)


def test_the_headlines_say_what_union_above_a_series_does_not_show(
    sections: tuple[Section, ...],
) -> None:
    assert "Union at or above a published series does not show that the brace works" in words(
        find(sections, "headlines")
    )


def test_what_nobody_stated_is_named(sections: tuple[Section, ...]) -> None:
    told = words(find(sections, "statements"))
    assert "Registration of the audit: Not stated." in told
    assert "Signed off by: Not stated." in told
    assert "supplies the brace" in told
    assert "Blinding of readers: Not stated." in words(find(sections, "imaging"))


def test_what_was_stated_is_given(two_years: Analyses) -> None:
    config = ReportConfig(
        audit_registration="Trust audit 1234",
        signed_off_by=("A. Consultant", "B. Statistician"),
        signed_off_on="1 February 2025",
        blinding="Readers did not know the brace.",
        comments={"rates": (Comment(text="As expected.", author="A. Consultant"),)},
    )
    few = dataclasses.replace(two_years, results={name: two_years.results[name] for name in ALWAYS})
    stated = write_sections(few, (), config)
    told = words(find(stated, "statements"))
    assert "Trust audit 1234" in told
    assert "A. Consultant and B. Statistician, 1 February 2025" in told
    assert "Readers did not know the brace." in words(find(stated, "imaging"))
    assert find(stated, "rates").blocks[-1] == config.comments["rates"][0]


def test_a_comment_for_no_section_is_refused(two_years: Analyses) -> None:
    config = ReportConfig(comments={"rate": (Comment(text="Lost."),)})
    with pytest.raises(ReportError, match="does not have"):
        write_sections(two_years, (), config)


def test_the_flow_before_the_brace_is_not_recorded_or_given() -> None:
    assert describe_referrals(ReportConfig(), 24).finding == (
        "Before the brace: how many were referred, eligible and declined is not recorded; "
        "24 patients were fitted."
    )
    some = describe_referrals(ReportConfig(n_eligible=30), 24)
    assert "30 patients eligible; not recorded: referred and declined" in some.finding
    with pytest.raises(ReportError, match="do not fit those fitted"):
        describe_referrals(ReportConfig(n_eligible=30, n_declined=10), 24)


def test_wear_and_duration_are_honest_when_nothing_is_recorded(
    sections: tuple[Section, ...],
) -> None:
    assert "Hours of wear are not recorded for anybody" in words(find(sections, "wear"))
    assert "immortal time" in words(find(sections, "duration"))


def test_last_year_is_restated_under_this_years_code(two_years: Analyses) -> None:
    change = two_years.results["change"].frame
    assert change["version"].unique().tolist() == [RESTATED, NOW]
    first = change[change["quantity"].eq("Complete union, per pars")].set_index("version")
    assert first.loc[[RESTATED, NOW], "n_defects"].tolist() == [12, 24]


def test_last_year_as_reported_is_read_from_its_numbers() -> None:
    cohort = make_cohort(24, first_fitted="2023-12-20")
    before = analyse(cohort, year=2023, only=RATES)
    numbers = tabulate_numbers(before.results, before.refusals)
    numbers.loc[numbers["id"].eq("rates-pars-complete/frame/1/estimate"), "value"] = (
        0.5  # as if a scan had been corrected since
    )
    now = analyse(cohort, previous=numbers, only=(*RATES, "change"))
    change = now.results["change"]
    first = change.frame[change.frame["quantity"].eq("Complete union, per pars")]
    reported = first.set_index("version")["estimate"]
    assert reported[REPORTED] == 0.5
    assert reported[RESTATED] == pytest.approx(8 / 12)
    step = first.set_index("version")["change"]
    assert step[RESTATED] == pytest.approx(8 / 12 - 0.5)
    assert tabulate_last_year(change).heads[1] == "As reported last year"


def test_numbers_that_are_not_of_a_report_are_refused() -> None:
    cohort = make_cohort(24, first_fitted="2023-12-20")
    with pytest.raises(ReportError, match="Last year's numbers cannot be read"):
        analyse(cohort, previous=pd.DataFrame({"id": []}), only=("change",))


def test_without_a_year_before_there_is_no_change() -> None:
    first = analyse(make_cohort(12), only=("change",))
    assert "no last year" in first.refusals["change"]


def test_years_count_those_not_yet_due_and_leave_them_out() -> None:
    cohort = make_cohort(24, first_fitted="2025-06-20")
    late = analyse(cohort, year=2025, only=("by-year", "rates-pars-complete"))
    frame = late.results["by-year"].frame.set_index("year")
    assert frame.loc["2025", ["n_targets", "n_not_due"]].tolist() == [24, 12]
    everyone = late.results["rates-pars-complete"].frame.set_index("measure")
    known = everyone.loc["union_known_status", ["estimate", "conf_low", "conf_high"]]
    assert frame.loc["all", ["estimate", "conf_low", "conf_high"]].tolist() == known.tolist()


def test_every_result_that_was_asked_for_is_there_or_refused(two_years: Analyses) -> None:
    names = {*two_years.results, *two_years.refusals}
    assert {
        "flow", "referrals", "completeness", "known-status", "follow-up", "imaging", "scanning",
        "case-mix", "care", "rates-pars-complete", "time", "comparison", "evidence",
        "plan", "predictors", "scores", "return-to-sport", "safety", "late-findings", "by-year",
        "change", "definitions-varied", "tipping-european", "tipping-japanese", "multiplicity",
    } <= names  # fmt: skip


def test_methods_are_those_of_what_was_run(
    two_years: Analyses, sections: tuple[Section, ...]
) -> None:
    told = words(find(sections, "methods"))
    for name in ("comparison", "by-year", "tipping-european", "imaging"):
        if name in two_years.results:
            assert two_years.results[name].method[:60] in told


def test_only_what_is_wanted_is_calculated() -> None:
    few = analyse(make_cohort(12), only=("flow", "rates-pars-complete"))
    assert {"flow", "rates-pars-complete"} <= set(few.results)
    assert "time" not in few.results
    assert few.n_steps == 3


def test_nobody_in_the_year_itself_is_said() -> None:
    analyses = analyse(make_cohort(), year=2025, only=("flow",))
    sections = write_sections(analyses, ())
    assert "Nobody was fitted in 2025." in words(find(sections, "year-alone"))


def test_those_fitted_later_are_counted_in_the_flow() -> None:
    analyses = analyse(make_cohort(8, first_fitted="2024-12-28"), only=("flow",))
    assert "Left out: 4 courses fitted later." in words(
        find(write_sections(analyses, ()), "included")
    )
    flow = analyses.results["flow"].frame
    assert flow.loc[1, "step"] == "Fitted on or before 31 December 2024"
    assert flow.loc[[0, 1], "n_patients"].tolist() == [8, 4]
    assert flow.loc[1, "n_left_out_defects"] == 4


def test_without_fitting_dates_everyone_is_reported_and_the_report_says_so() -> None:
    sections = write_sections(analyse(make_cohort(first_fitted=None), only=("flow",)), ())
    assert "The source gives no fitting dates, so the year cannot be judged" in words(
        find(sections, "included")
    )
    assert "nobody can be assigned to the year" in words(find(sections, "year-alone"))
