"""The slides: one figure under its finding, words for those who cannot see it, no surprises."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
from typing import Any

import pptx
import pytest
from office_reports import (
    FORBIDDEN,
    HOSTILE,
    MARKED,
    PRIVATE,
    draw,
    hashes_elsewhere,
    make_drawn,
    members,
    small_clinic,
)
from report_documents import FIGURE, make_report

from parsoutcomes.errors import ReportError
from parsoutcomes.report.content import Finding, Note, Report, Section, Terms
from parsoutcomes.report.office_text import finding_of
from parsoutcomes.report.pptx_fit import fit_list, fit_title
from parsoutcomes.report.render_pptx import render_pptx

NOTE = "Internal: not for publication"


def opened(packed: bytes) -> Any:
    return pptx.Presentation(io.BytesIO(packed))


def report_of(*sections: Section) -> Report:
    return make_report(sections=sections, logo=b"")


@pytest.fixture(scope="module")
def packed() -> bytes:
    return render_pptx(make_drawn())


@pytest.fixture(scope="module")
def slides(packed: bytes) -> Any:
    return list(opened(packed).slides)


def titles(slides: Any) -> list[str]:
    return [slide.shapes.title.text_frame.text for slide in slides]


def body(slide: Any) -> list[str]:
    return [one.text for one in slide.placeholders[1].text_frame.paragraphs]


def notes(slide: Any) -> str:
    return str(slide.notes_slide.notes_text_frame.text)


def test_each_slide_has_a_real_title_and_the_figure_s_is_its_finding(slides: Any) -> None:
    assert titles(slides) == [
        "Union after bracing Plain words.",
        "Headline findings",
        FIGURE.alt,
        "What this does not show",
    ]


def test_the_deck_is_wide(packed: bytes) -> None:
    deck = opened(packed)
    assert deck.slide_width * 9 == deck.slide_height * 16
    assert [layout.name for layout in deck.slide_layouts] == [
        "Title Slide",
        "Title and Content",
        "Title Only",
    ]


def test_the_first_slide_says_who_when_and_for_whom(slides: Any) -> None:
    assert body(slides[0]) == [
        "A clinic Plain words.",
        "Fitted to 31 December 2025",
        "A. Consultant, B. Orthotist Plain words.",
        NOTE,
    ]


def test_every_slide_says_for_whom_it_is_and_its_number(slides: Any) -> None:
    for number, slide in enumerate(slides, start=1):
        foot, counted = list(slide.shapes)[-2:] if number > 1 else list(slide.shapes)[2:4]
        assert foot.text_frame.text == NOTE
        assert counted._element.xpath(".//a:fld/@type") == ["slidenum"]
        assert NOTE in notes(slide)


def test_a_figure_is_read_after_its_title_and_carries_its_words(slides: Any) -> None:
    shapes = list(slides[2].shapes)
    assert [one.name for one in shapes[1:3]] == ["Figure 1", "Caption"]
    assert shapes[0] == slides[2].shapes.title
    assert shapes[1]._element.xpath("./p:nvPicPr/p:cNvPr/@descr") == [FIGURE.alt]


def test_shapes_have_ids_of_their_own(slides: Any) -> None:
    for slide in slides:
        ids = [shape.shape_id for shape in slide.shapes]
        assert len(set(ids)) == len(ids)


def test_notes_say_how_to_read_the_source_and_the_denominators(slides: Any) -> None:
    told = notes(slides[2])
    assert f"how to read it: {FIGURE.alt}" in told
    assert "in numbers.csv under rates" in told
    assert "early: Pars: 44; Estimated union (interval): 79% (64 to 89)" in told


def test_a_figure_s_own_finding_comes_first() -> None:
    assert finding_of(dataclasses.replace(FIGURE, finding="Most united.")) == "Most united."
    assert (
        finding_of(dataclasses.replace(FIGURE, alt="A. few united. See dots.")) == "A. few united."
    )
    assert finding_of(dataclasses.replace(FIGURE, alt="")) == "Union rates by stage"


def test_a_figure_s_own_title_is_cut_off_and_its_measure_stands_beneath() -> None:
    figure = dataclasses.replace(
        FIGURE, finding="Most united.", measure="Per pars; 84 pars", head_share=0.25
    )
    section = Section(id="f", title="F", blocks=(figure,))
    slide = opened(render_pptx(draw(report_of(section)))).slides[2]
    picture, caption = list(slide.shapes)[1:3]
    assert slide.shapes.title.text_frame.text == "Most united."
    assert picture.crop_top == 0.25
    assert caption.text_frame.text == "Figure 1. Union rates by stage. Per pars; 84 pars"
    assert "Measure: Per pars; 84 pars." in notes(slide)


def test_a_finding_of_another_section_is_no_second_headline() -> None:
    finding = Finding(text="Of 84 pars, 43 united.", source="rates")
    sections = (Section(id=name, title=name, blocks=(finding,)) for name in ("headlines", "rates"))
    slide = opened(render_pptx(report_of(*sections))).slides[1]
    assert body(slide) == ["Of 84 pars, 43 united."]


def test_headlines_are_those_of_their_section_with_what_is_not_available() -> None:
    first = Section(
        id="headlines",
        title="Headlines",
        blocks=(
            Finding(text="Of 84 pars, 43 united.", source="rates"),
            Note(items=("No curve: one patient.",), kind="refusal"),
        ),
    )
    other = Section(id="x", title="X", blocks=(Finding(text="Another.", source="y"),))
    slide = opened(render_pptx(report_of(first, other))).slides[1]
    assert body(slide) == ["Of 84 pars, 43 united.", "Not available. No curve: one patient."]
    assert "Source: rates." in notes(slide)


def test_limits_are_the_scope_notes_and_the_heads_of_the_limits() -> None:
    limits = Section(
        id="limits",
        title="Limits",
        blocks=(
            Note(items=("No control group.",), kind="scope"),
            Terms(
                items=(
                    ("Unknown status", "May lean either way."),
                    ("Scans, not days", "Union looks later."),
                )
            ),
        ),
    )
    slide = opened(render_pptx(report_of(limits))).slides[-1]
    assert body(slide) == [
        "No control group.",
        "Limits, each with the way it leans in the notes: Unknown status; Scans, not days.",
    ]
    assert "Unknown status: May lean either way." in notes(slide)


def test_a_report_without_findings_or_limits_says_so() -> None:
    told = opened(render_pptx(report_of())).slides
    assert body(told[1]) == ["This report has no finding."]
    assert body(told[2])[0].startswith("This report names no limits")


def test_a_long_finding_is_set_smaller_then_cut_and_is_whole_in_the_notes() -> None:
    long = "Pars united " * 60
    figure = Section(id="f", title="F", blocks=(dataclasses.replace(FIGURE, alt=f"{long}. Read."),))
    slide = opened(render_pptx(draw(report_of(figure)))).slides[2]
    assert slide.shapes.title.text_frame.text.endswith("…")
    assert long.strip() in notes(slide)
    assert fit_title("A finding of some length " * 6)[1] < fit_title("Short")[1]


def test_more_findings_than_a_slide_holds_go_on_to_the_next() -> None:
    pages, points = fit_list([f"Finding {n} " + "of some length " * 20 for n in range(9)])
    assert points == 14
    assert len(pages) > 1
    assert sum(map(len, pages)) == 9


def test_properties_come_from_the_report_and_tell_nothing_of_this_computer(packed: bytes) -> None:
    told = opened(packed).core_properties
    people = "A. Consultant, B. Orthotist Plain words."
    assert (told.title, told.author, told.last_modified_by) == (
        "Union after bracing Plain words.",
        people,
        people,
    )
    assert {told.created.year, told.modified.year} == {1980}
    for member, data in members(packed):
        assert not re.search(r"thumbnail|app\.xml|printer|\.bin$", member.filename)
        assert b"Canny" not in data
        assert b"python-pptx" not in data
        assert b"1/27/13" not in data or "Slide" not in member.filename


def test_the_language_is_british_english(packed: bytes) -> None:
    for member, data in members(packed):
        if re.search(r"/(?:slides|notesSlides|slideLayouts|slideMasters)/[^_]", member.filename):
            assert set(re.findall(rb'lang="([^"]*)"', data)) <= {b"en-GB"}


def test_the_bytes_are_the_same_elsewhere(packed: bytes) -> None:
    assert hashes_elsewhere()["pptx"] == hashlib.sha256(packed).hexdigest()


def test_the_archive_has_no_time_and_a_fixed_order(packed: bytes) -> None:
    found = [member for member, _ in members(packed)]
    assert found[0].filename == "[Content_Types].xml"
    assert {member.date_time for member in found} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("text", [HOSTILE, PRIVATE, "漢字 عربى 😀"])
def test_hostile_text_stays_plain_text(text: str) -> None:
    told = opened(render_pptx(make_drawn(text))).slides
    assert body(told[0])[0] == f"A clinic {text}"
    assert f"Of 84 pars, 43 united. {text}" in body(told[1])[0]


def test_a_very_long_word_ends_in_a_mark_and_is_whole_in_the_notes() -> None:
    word = "w" * 5000
    told = opened(render_pptx(make_drawn(word))).slides
    assert body(told[1])[0].endswith("…")
    assert word in notes(told[1])


def test_what_slides_cannot_hold_is_marked() -> None:
    told = opened(render_pptx(make_drawn(FORBIDDEN))).slides
    assert body(told[0])[0] == f"A clinic {MARKED}"


@pytest.mark.parametrize(("n_patients", "has_scans"), [(1, True), (12, False)])
def test_a_clinic_with_very_little_has_slides(n_patients: int, has_scans: bool) -> None:
    report = small_clinic(n_patients, has_scans=has_scans)
    told = opened(render_pptx(report)).slides
    pictured = [slide for slide in told if any(one.name == "Caption" for one in slide.shapes)]
    assert len(pictured) == len(report.figures())
    assert has_scans or any("Not available." in line for line in body(told[1]))


def test_a_figure_without_a_picture_is_refused() -> None:
    with pytest.raises(ReportError, match="none for the figure rates"):
        render_pptx(make_report())


def test_a_logo_of_another_kind_is_refused() -> None:
    with pytest.raises(ReportError, match="The logo cannot be set"):
        render_pptx(make_drawn(logo=b"GIF89a"))
