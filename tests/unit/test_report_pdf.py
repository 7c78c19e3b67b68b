"""The PDF: read aloud by a machine, kept by an archive, the same every time, and never markup."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import page
import pikepdf
import pypdfium2
import pytest
from report_cohorts import make_cohort
from report_documents import DRAWING, FIGURE, RATES, make_report

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.errors import ReportError
from parsoutcomes.report.analyses import run_analyses
from parsoutcomes.report.content import (
    Checklist,
    ChecklistItem,
    Paragraph,
    Report,
    Section,
    TableBlock,
)
from parsoutcomes.report.pdf_tables import GAP_POINTS, SIDEWAYS_POINTS, UPRIGHT_POINTS, fit_table
from parsoutcomes.report.pdf_tags import mark_row_heads
from parsoutcomes.report.pdf_text import settable, width_of
from parsoutcomes.report.provenance import describe_provenance
from parsoutcomes.report.render_pdf import render_pdf
from parsoutcomes.report.sections import write_sections
from parsoutcomes.tables.display import DisplayTable

HERE = Path(__file__).parent
HOSTILE = "#let x = 1 <script>alert(1)</script> =cmd|' /C calc'!A0 *b* _i_ $m$ @ref `r` \\u{41} [1"


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return render_pdf(make_report())


@pytest.fixture(scope="module")
def document(pdf: bytes) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        yield opened


def failures(pdf: bytes) -> list[str]:
    return [
        f"{profile} {failure.rule_id}: {failure.message}"
        for profile in ("ua1", "2a")
        for failure in page.validate_pdf_bytes(pdf, profile=profile).failures
    ]


def pages_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [
        " ".join(sheet.get_textpage().get_text_range().replace("\ufffe", "-").split())
        for sheet in document
    ]


def text_of(pdf: bytes) -> str:
    return " ".join(pages_of(pdf))


def elements(document: pikepdf.Pdf) -> list[Any]:
    """Every element of the structure tree in reading order."""

    def walk(element: Any) -> Iterator[Any]:
        kids = element.get("/K", [])
        for kid in list(kids) if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                yield kid
                yield from walk(kid)

    return list(walk(document.Root.StructTreeRoot))


def named(document: pikepdf.Pdf, kind: str) -> list[Any]:
    return [element for element in elements(document) if str(element.S) == kind]


def scope_of(cell: Any) -> str:
    return next(str(a.Scope) for a in cell.A if "/Scope" in a)


def one_block(*blocks: Any) -> Report:
    return make_report(sections=(Section(id="only", title="Only", blocks=blocks),), logo=b"")


def report_on(cohort: Cohort) -> Report:
    analyses = run_analyses(cohort, year=2024, n_resamples=40, seed=1, progress=None)
    provenance = describe_provenance(cohort, year=2024, n_resamples=40, seed=1)
    return make_report(sections=write_sections(analyses, provenance))


# ---- standards and structure


def test_the_pdf_meets_both_standards(pdf: bytes) -> None:
    assert failures(pdf) == []


def test_title_language_and_authors_are_in_the_properties(document: pikepdf.Pdf) -> None:
    assert str(document.Root.Lang) == "en-GB"
    assert str(document.docinfo.Title) == "Union after bracing Plain words."
    assert str(document.docinfo.Author) == "A. Consultant, B. Orthotist Plain words."
    assert str(document.docinfo.CreationDate).startswith("D:1980")
    assert document.Root.ViewerPreferences.DisplayDocTitle


def test_headings_are_real_and_in_order(document: pikepdf.Pdf) -> None:
    headings = [str(e.S) for e in elements(document) if re.fullmatch(r"/H\d", str(e.S))]
    assert headings == ["/H1", "/H1", "/H1", "/H1", "/H2", "/H2"]
    assert len(named(document, "/Title")) == 1
    assert len(named(document, "/TOCI")) == 3


def test_every_figure_says_what_it_shows(document: pikepdf.Pdf) -> None:
    assert [str(e.Alt) for e in named(document, "/Figure")] == ["Letter C", FIGURE.alt]


def test_column_and_row_heads_have_a_scope_and_other_cells_no_list_that_hides_it(
    document: pikepdf.Pdf,
) -> None:
    rows = [list(row.K) for row in named(document, "/TR")]
    heads, body = rows[0], rows[1]
    assert [(str(cell.S), scope_of(cell)) for cell in heads] == [("/TH", "/Column")] * 4
    assert [str(cell.S) for cell in body] == ["/TH", "/TD", "/TD", "/TD"]
    assert scope_of(body[0]) == "/Row"
    cells = itertools.chain(*(row for row in rows if str(row[-1].S) == "/TD"))
    assert not any("/Headers" in attributes for cell in cells for attributes in cell.A)
    assert {scope_of(cell) for cell in named(document, "/TH")} == {"/Column", "/Row"}


def test_a_long_table_repeats_its_heads_on_each_page(pdf: bytes) -> None:
    long = [text for text in pages_of(pdf) if "set aside: Plain words." in text]
    assert len(long) > 1
    assert all("Row What was done" in text for text in long)


def test_each_page_carries_the_audience_and_its_number(pdf: bytes) -> None:
    pages = pages_of(pdf)
    for number, text in enumerate(pages, start=1):
        assert text.startswith("Internal: not for publication")
        assert f"Page {number} of {len(pages)}" in text


def test_every_figure_has_its_numbers_in_a_table(pdf: bytes) -> None:
    assert "The numbers: Table A1 on page 5" in text_of(pdf)
    assert "Stage Pars Estimated union (interval) Remark early 44 79%" in pages_of(pdf)[4]


def test_links_lead_to_pages_of_the_same_document(document: pikepdf.Pdf) -> None:
    links = [link for sheet in document.pages for link in sheet.get("/Annots", [])]
    assert len(links) >= 3 + 2 + 2
    assert all("/URI" not in link.get("/A", {}) for link in links)


def test_the_colours_are_told_apart_by_weak_eyes() -> None:
    look = (files("parsoutcomes.report") / "templates" / "report.typ").read_text("utf-8")
    named_colours = dict(re.findall(r'#let ([\w-]+) = rgb\("(#\w{6})"\)', look))
    tones = re.findall(r'ink: rgb\("(#\w{6})"\), ground: rgb\("(#\w{6})"\)', look)
    grounds = ["#ffffff", named_colours["band"], named_colours["accent-ground"]]
    inks = [named_colours[name] for name in ("ink", "soft", "accent")]
    pairs = [*itertools.product(inks, grounds), *tones]
    pairs += [(named_colours["ink"], ground) for _, ground in tones]
    assert len(tones) == 3
    assert min(contrast(*pair) for pair in pairs) >= 4.5


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * s for weight, s in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_all_type_is_embedded_and_of_one_family(document: pikepdf.Pdf) -> None:
    faces = {
        str(item.FontName).split("+")[1]
        for item in document.objects
        if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor"
        if "/FontFile2" in item
    }
    assert faces == {"DejaVuSans", "DejaVuSans-Bold"}


def test_the_labels_of_a_figure_are_real_text(pdf: bytes) -> None:
    assert "early 79% The numbers" in text_of(pdf)


def test_a_stream_that_ends_in_a_carriage_return_is_not_taken_for_a_shorter_one() -> None:
    blank, written = pikepdf.new(), io.BytesIO()
    blank.Root.StructTreeRoot = pikepdf.Dictionary()
    blank.Root.Words = pikepdf.Stream(blank, b"words\r")
    blank.save(written, compress_streams=False)
    with pikepdf.open(io.BytesIO(mark_row_heads(written.getvalue(), []))) as document:
        assert document.Root.Words.read_raw_bytes() == b"776f7264730d>"
        assert document.Root.Words.read_bytes() == b"words\r"


# ---- the same every time


def test_the_same_report_gives_the_same_bytes_elsewhere(pdf: bytes) -> None:
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]);"
        "from report_documents import make_report;"
        "from parsoutcomes.report.render_pdf import render_pdf;"
        "print(hashlib.sha256(render_pdf(make_report())).hexdigest())"
    )
    setting = {"PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Pacific/Auckland"}
    shown = subprocess.run(
        [sys.executable, "-c", code, str(HERE)],
        env={**os.environ, **setting},
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    assert shown.stdout.strip() == hashlib.sha256(pdf).hexdigest()


# ---- words that look like markup, and characters that cannot be set


def test_markup_formulas_and_scripts_come_through_as_words() -> None:
    pdf = render_pdf(make_report(HOSTILE))
    assert failures(pdf) == []
    assert text_of(pdf).count(HOSTILE) >= 8


def test_characters_that_cannot_be_set_are_marked_and_the_reader_is_told() -> None:
    pdf = render_pdf(make_report("a\x00b\x07c \ue000 \U000f0000 \u202e 漢 🦴 \ud800 \uffff end"))
    assert failures(pdf) == []
    assert "a�b�c � � � � � � � end" in text_of(pdf)
    assert "Where � stands" in pages_of(pdf)[1]


def test_nothing_is_said_of_marks_where_there_are_none(pdf: bytes) -> None:
    assert "�" not in text_of(pdf)


@pytest.mark.parametrize("text", ["Zoë Łukasz ≥ µ – “quoted” ½", "Ελλάδα", "Привет"])
def test_letters_of_europe_are_set_as_they_are(text: str) -> None:
    assert settable(text) == text


def test_a_figure_whose_labels_cannot_be_set_is_marked_too() -> None:
    svg = DRAWING.format("sport \x07 漢 ⚠\ufe0f")
    pdf = render_pdf(one_block(dataclasses.replace(FIGURE, svg=svg)))
    assert failures(pdf) == []
    assert "sport � � ⚠" in text_of(pdf)


def test_a_word_longer_than_a_line_is_broken_and_not_cut() -> None:
    pdf = render_pdf(make_report("W" * 400))
    assert failures(pdf) == []
    margins = [sheet.get_width() - right_edge(sheet) for sheet in pypdfium2.PdfDocument(pdf)]
    assert min(margins) >= 54


def right_edge(sheet: pypdfium2.PdfPage) -> float:
    words = sheet.get_textpage()
    return max(words.get_rect(n)[2] for n in range(words.count_rects()))


# ---- tables fit


def wide(n_columns: int) -> DisplayTable:
    heads = tuple(f"Heading number {n}" for n in range(n_columns))
    return DisplayTable(heads=heads, rows=(("12 of 100 (5 to 19)",) * n_columns,) * 3)


@pytest.mark.parametrize(("n_columns", "is_sideways"), [(4, False), (12, True), (30, True)])
def test_a_wide_table_is_turned_or_set_smaller_and_each_word_has_room(
    n_columns: int, is_sideways: bool
) -> None:
    fitted = fit_table(wide(n_columns))
    assert fitted.is_sideways is is_sideways
    assert sum(fitted.widths) <= (SIDEWAYS_POINTS if is_sideways else UPRIGHT_POINTS) + 1
    for cell, width in zip(fitted.rows[0], fitted.widths, strict=True):
        for part in re.split(r"[ \u200b]", cell):
            assert width_of(part, fitted.points) <= width - GAP_POINTS + 0.2


def test_one_very_long_word_takes_no_room_from_the_other_columns() -> None:
    fitted = fit_table(DisplayTable(heads=("Row", "Why"), rows=(("12", "x" * 500),)))
    assert (fitted.heads[0], fitted.rows[0][0], fitted.is_sideways) == ("Row", "12", False)
    assert sum(fitted.widths) <= UPRIGHT_POINTS + 1


def test_an_estimate_keeps_its_interval_beside_it() -> None:
    fitted = fit_table(RATES)
    assert width_of("79% (64 to 89)", fitted.points) <= fitted.widths[2] - GAP_POINTS + 0.1


def test_a_table_on_its_side_is_tagged_like_any_other() -> None:
    pdf = render_pdf(one_block(TableBlock(id="wide", caption="Wide", table=wide(14))))
    assert failures(pdf) == []
    assert max(sheet.get_width() for sheet in pypdfium2.PdfDocument(pdf)) > 800


def test_a_table_without_rows_is_set() -> None:
    table = DisplayTable(heads=("Stage", ""), rows=())
    assert failures(render_pdf(one_block(TableBlock(id="t", caption="None", table=table)))) == []


# ---- refused, in four lines and without a patient's words


def test_a_table_that_no_page_can_hold_is_refused() -> None:
    with pytest.raises(ReportError, match="more columns than a page can hold"):
        render_pdf(one_block(TableBlock(id="t", caption="Too wide", table=wide(60))))


@pytest.mark.parametrize(
    "change", [{"svg": "<svg>Secret"}, {"svg": ""}, {"alt": " "}, {"svg": "<p>Secret</p>"}]
)
def test_a_figure_without_drawing_or_description_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ReportError) as refused:
        render_pdf(one_block(dataclasses.replace(FIGURE, **change)))
    assert "Secret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_a_logo_that_is_no_picture_is_refused() -> None:
    with pytest.raises(ReportError, match="a picture that cannot be read"):
        render_pdf(make_report(logo=b"no picture"))


def test_a_checklist_cannot_point_to_a_section_that_is_not_there() -> None:
    item = ChecklistItem(label="1", topic="Title", answer="", sections=("nowhere",))
    with pytest.raises(ReportError, match="points to a section"):
        render_pdf(one_block(Checklist(id="c", caption="C", items=(item,))))


def test_the_least_that_a_report_can_hold_is_set() -> None:
    bare = one_block(Paragraph(text="Nothing more."))
    pdf = render_pdf(dataclasses.replace(bare, clinic="", authors=(), period=""))
    assert failures(pdf) == []


def test_a_report_without_a_title_is_refused() -> None:
    with pytest.raises(ReportError, match="no title"):
        render_pdf(make_report(title=" "))


# ---- real reports


@pytest.mark.parametrize(
    "cohort",
    [make_cohort(12), make_cohort(1), make_cohort(6, has_scans=False)],
    ids=["12 patients", "1 patient", "no scans"],
)
def test_a_small_clinic_has_its_report(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parsoutcomes.report.figure_files.PNG_DOTS_PER_INCH", 10)
    report = report_on(cohort)
    pdf = render_pdf(report)
    assert failures(pdf) == []
    with pikepdf.open(io.BytesIO(pdf)) as document:
        figures = [str(e.Alt) for e in named(document, "/Figure")]
    assert figures == ["Letter C", *(settable(figure.alt) for figure in report.figures())]
    assert all(title in text_of(pdf) for title in report.section_titles().values())
