"""The Word document: real structure, a hospital's template kept, the same bytes every time."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
import zipfile
from typing import Any

import docx
import pytest
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.shared import Pt, RGBColor
from office_reports import (
    FORBIDDEN,
    HOSTILE,
    MARKED,
    PRIVATE,
    hashes_elsewhere,
    make_drawn,
    members,
    small_clinic,
)
from report_documents import FIGURE, make_report

from parsoutcomes.errors import ReportError
from parsoutcomes.report.content import (
    Checklist,
    ChecklistItem,
    Comment,
    Paragraph,
    Section,
    TableBlock,
)
from parsoutcomes.report.docx_tables import fit_table
from parsoutcomes.report.render_docx import render_docx
from parsoutcomes.tables.display import DisplayTable

WIDE = DisplayTable(
    heads=tuple(f"Measurement {n}" for n in range(14)),
    rows=(tuple(f"observation{n}" for n in range(14)),),
)


def opened(packed: bytes) -> Any:
    return docx.Document(io.BytesIO(packed))


def with_blocks(*blocks: Any) -> Any:
    return make_report(sections=(Section(id="one", title="One", blocks=blocks),), logo=b"")


@pytest.fixture(scope="module")
def packed() -> bytes:
    return render_docx(make_drawn())


@pytest.fixture(scope="module")
def document(packed: bytes) -> Any:
    return opened(packed)


def texts(document: Any, style: str) -> list[str]:
    return [one.text for one in document.paragraphs if one.style.name == style]


def all_text(document: Any) -> str:
    return "\n".join(one.text or "" for one in document.element.xpath(".//w:t"))


def text_of(paragraph: Any) -> str:
    return "".join(paragraph._p.xpath(".//w:t/text()"))


def test_each_section_has_a_real_heading(document: Any) -> None:
    assert texts(document, "Title") == ["Union after bracing Plain words."]
    assert texts(document, "Heading 1") == ["Findings Plain words.", "Methods", "Long lists"]
    assert document.styles["Heading 1"].element.xpath(".//w:outlineLvl/@w:val") == ["0"]


def test_figures_and_tables_are_numbered_by_fields_in_captions(document: Any) -> None:
    captions = [text_of(one) for one in document.paragraphs if one.style.name == "Caption"]
    assert captions == [
        "Figure 1. Union rates Plain words. [rates]",
        "Table 1. The numbers of Figure 1",
        "Table 2. Rates [rates]",
        "Table 3. STROBE",
        "Table A1. Rows set aside",
    ]
    fields = document.element.xpath("//w:fldSimple/@w:instr")
    assert [one.split()[1] for one in fields] == ["Figure", "Table", "Table", "Table"]


def test_each_table_repeats_its_head_row_and_marks_its_heads(document: Any) -> None:
    assert len(document.tables) == 4
    for table in document.tables:
        rows = table._tbl.xpath("./w:tr")
        assert [bool(row.xpath("./w:trPr/w:tblHeader")) for row in rows].count(True) == 1
        assert rows[0].xpath("./w:trPr/w:tblHeader")
        assert table._tbl.xpath("./w:tblPr/w:tblLook/@w:firstRow") == ["1"]
        assert table._tbl.xpath("./w:tblPr/w:tblLook/@w:firstColumn") == ["1"]
        assert table._tbl.xpath("./w:tblPr/w:tblCaption/@w:val")[0]
        assert table.style.name == "Report Table"
    assert [cell.text for cell in document.tables[0].rows[1].cells][:2] == ["early", "44"]


def test_pictures_carry_their_words(document: Any) -> None:
    described = document.element.xpath("//wp:docPr")
    assert [(one.get("name"), one.get("descr")) for one in described] == [
        ("Logo", "Letter C"),
        ("Figure 1", FIGURE.alt),
    ]
    assert len({one.get("id") for one in described}) == 2


def test_contents_and_checklist_link_to_the_sections(document: Any) -> None:
    marks = document.element.xpath("//w:bookmarkStart/@w:name")
    anchors = document.element.xpath("//w:hyperlink/@w:anchor")
    assert marks == ["report_section_0", "report_section_1"]
    assert anchors == [*marks, *marks]
    head = document.element.xpath('//w:bookmarkStart[@w:name="report_section_1"]/..')[0]
    assert "".join(head.xpath(".//w:t/text()")) == "Methods"


def test_each_page_says_for_whom_it_is_and_its_number(document: Any) -> None:
    section = document.sections[0]
    assert section.header.paragraphs[0].text == "Internal: not for publication"
    assert section.footer._element.xpath(".//w:fldSimple/@w:instr") == [" PAGE ", " NUMPAGES "]


def test_properties_come_from_the_report_and_tell_nothing_of_this_computer(packed: bytes) -> None:
    told = opened(packed).core_properties
    people = "A. Consultant, B. Orthotist Plain words."
    assert (told.title, told.author) == ("Union after bracing Plain words.", people)
    assert (told.last_modified_by, told.language) == (people, "en-GB")
    assert {told.created.year, told.modified.year} == {1980}
    names = [member.filename for member, _ in members(packed)]
    assert not [one for one in names if re.search("thumbnail|app.xml|printer|WithEffects", one)]
    assert not [data for _, data in members(packed) if b"python-docx" in data]


def test_the_language_is_british_english(document: Any) -> None:
    assert document.styles.element.xpath("//w:lang/@w:val") == ["en-GB"]


def test_the_archive_has_no_time_and_a_fixed_order(packed: bytes) -> None:
    found = [member for member, _ in members(packed)]
    assert found[0].filename == "[Content_Types].xml"
    assert {member.date_time for member in found} == {(1980, 1, 1, 0, 0, 0)}
    assert {member.create_system for member in found} == {0}


def test_the_bytes_are_the_same_elsewhere(packed: bytes) -> None:
    assert hashes_elsewhere()["docx"] == hashlib.sha256(packed).hexdigest()


@pytest.mark.parametrize("text", [HOSTILE, PRIVATE, "w" * 5000, "漢字 عربى 😀"])
def test_hostile_text_stays_plain_text(text: str) -> None:
    told = opened(render_docx(make_drawn(text)))
    assert texts(told, "Title") == [f"Union after bracing {text}"]
    assert f"set aside: {text}" in all_text(told)
    assert told.core_properties.title == f"Union after bracing {text}"[:255]


def test_what_a_document_cannot_hold_is_marked() -> None:
    told = opened(render_docx(make_drawn(FORBIDDEN)))
    assert texts(told, "Title") == [f"Union after bracing {MARKED}"]


def test_a_comment_keeps_its_paragraphs_and_its_author() -> None:
    told = opened(render_docx(with_blocks(Comment(text="One.\n\nTwo.", author="A. Consultant"))))
    assert texts(told, "Report Comment") == ["Comment by A. Consultant", "One.", "Two."]


@pytest.mark.parametrize(("n_patients", "has_scans"), [(1, True), (12, False)])
def test_a_clinic_with_very_little_has_a_document(n_patients: int, has_scans: bool) -> None:
    report = small_clinic(n_patients, has_scans=has_scans)
    told = opened(render_docx(report))
    headings = texts(told, "Heading 1")
    assert headings[: len(report.sections)] == [section.title for section in report.sections]
    assert len(told.element.xpath("//w:drawing")) == len(report.figures()) + 1
    assert has_scans or "Not available." in all_text(told)


def test_a_wide_table_stands_on_a_page_of_its_own_turned_sideways() -> None:
    block = TableBlock(id="wide", caption="Wide", table=WIDE)
    told = opened(render_docx(with_blocks(Paragraph(text="Before."), block, block)))
    turned = [one.orientation is WD_ORIENT.LANDSCAPE for one in told.sections]
    assert turned == [False, True, False]
    assert told.sections[1].page_width > told.sections[1].page_height
    for table in told.tables:
        width = int(table._tbl.xpath("./w:tblPr/w:tblW/@w:w")[0]) / 20
        section = told.sections[1]
        room = section.page_width.pt - section.left_margin.pt - section.right_margin.pt
        assert width <= room + 1


def test_a_table_that_fits_stays_upright_and_none_is_wider_than_its_page() -> None:
    narrow = DisplayTable(heads=("Stage", "Pars"), rows=(("early", "44"),))
    endless = DisplayTable(heads=("a" * 900,) * 40, rows=(("b" * 900,) * 40,))
    assert not fit_table(narrow, upright=480, sideways=730).is_sideways
    assert sum(fit_table(endless, upright=480, sideways=730).widths) == pytest.approx(730)


def test_a_figure_without_a_picture_is_refused() -> None:
    with pytest.raises(ReportError, match="none for the figure rates"):
        render_docx(make_report())


def test_a_logo_of_another_kind_is_refused() -> None:
    with pytest.raises(ReportError, match="The logo cannot be set"):
        render_docx(make_drawn(logo=b"GIF89a"))


def test_a_checklist_that_points_nowhere_is_refused() -> None:
    item = ChecklistItem(label="1", topic="Title", answer="Yes", sections=("nowhere",))
    with pytest.raises(ReportError, match="an id that no section has"):
        render_docx(with_blocks(Checklist(id="c", caption="C", items=(item,))))


def template(*paragraphs: str, edit: Any = None) -> bytes:
    """A hospital's template: its own heading colour, head and foot."""
    document = docx.Document()
    document.styles["Heading 1"].font.color.rgb = RGBColor(0x12, 0x34, 0x56)
    document.sections[0].header.paragraphs[0].text = "Northshire Hospital"
    document.sections[0].footer.paragraphs[0].text = "Unit 7, Northshire"
    for text in paragraphs:
        document.add_paragraph(text)
    if edit is not None:
        edit(document)
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def test_a_template_gets_the_report_where_it_keeps_its_place() -> None:
    packed = render_docx(make_drawn(), template=template("Dear all,", "[[REPORT]]", "Regards"))
    told = opened(packed)
    lines = [one.text for one in told.paragraphs]
    assert (lines[0], lines[-1]) == ("Dear all,", "Regards")
    assert lines.index("Union after bracing Plain words.") < lines.index("Methods", 12)
    assert "[[REPORT]]" not in lines


def test_a_template_keeps_its_styles_head_and_foot() -> None:
    told = opened(render_docx(make_drawn(), template=template("[[REPORT]]")))
    assert told.styles["Heading 1"].font.color.rgb == RGBColor(0x12, 0x34, 0x56)
    section = told.sections[0]
    heads = [one.text for one in section.header.paragraphs]
    assert heads == ["Northshire Hospital", "Internal: not for publication"]
    assert [one.text for one in section.footer.paragraphs] == ["Unit 7, Northshire"]


def test_a_marker_in_several_runs_is_found() -> None:
    def split(document: Any) -> None:
        paragraph = document.add_paragraph("[[RE")
        paragraph.add_run("PORT]]").bold = True

    told = opened(render_docx(make_drawn(), template=template(edit=split)))
    assert "Methods" in texts(told, "Heading 1")


def test_styles_that_a_template_lacks_are_added() -> None:
    lacking = ("Title", "Heading 1", "Caption", "List Bullet")

    def strip(document: Any) -> None:
        for name in lacking:
            document.styles[name].delete()
        relations = document.part.rels
        for key in [k for k, one in relations.items() if one.reltype.endswith("/numbering")]:
            relations.pop(key)

    told = opened(render_docx(make_drawn(), template=template("[[REPORT]]", edit=strip)))
    for name in lacking:
        assert texts(told, name)
    assert told.styles["Heading 1"].element.xpath(".//w:outlineLvl/@w:val") == ["0"]
    number = told.styles["List Bullet"].element.xpath(".//w:numId/@w:val")
    numbering = told.part.numbering_part.element
    assert number[0] in numbering.xpath("./w:num/@w:numId")


def test_a_template_may_design_our_own_styles() -> None:
    def design(document: Any) -> None:
        style = document.styles.add_style("Report Finding", WD_STYLE_TYPE.PARAGRAPH)
        style.font.size = Pt(17)

    told = opened(render_docx(make_drawn(), template=template("[[REPORT]]", edit=design)))
    assert told.styles["Report Finding"].font.size == Pt(17)


def test_a_template_with_a_first_page_and_a_second_section_says_for_whom_on_all() -> None:
    def edit(document: Any) -> None:
        document.sections[0].different_first_page_header_footer = True
        document.add_section().header.is_linked_to_previous = False

    told = opened(render_docx(make_drawn(), template=template("[[REPORT]]", edit=edit)))
    for section in told.sections:
        for head in (section.header, section.first_page_header):
            assert "Internal: not for publication" in [one.text for one in head.paragraphs]


def test_a_marker_that_ends_a_section_leaves_the_section() -> None:
    def edit(document: Any) -> None:
        document.add_section()

    told = opened(render_docx(make_drawn(), template=template("[[REPORT]]", "After", edit=edit)))
    assert len(told.sections) == 2


def test_the_template_s_makers_and_machines_are_not_passed_on() -> None:
    def edit(document: Any) -> None:
        document.core_properties.author = "J. Typist"
        document.core_properties.keywords = "draft of ward 7"

    packed = render_docx(make_drawn(), template=template("[[REPORT]]", edit=edit))
    assert not [data for _, data in members(packed) if b"Typist" in data or b"ward 7" in data]


def test_who_changed_a_template_is_not_passed_on() -> None:
    def edit(document: Any) -> None:
        paragraph = document.add_paragraph("Draft")
        document.add_comment(paragraph.runs, text="Check this.", author="J. Typist", initials="JT")

    packed = render_docx(make_drawn(), template=template("[[REPORT]]", edit=edit))
    assert not [data for _, data in members(packed) if b"Typist" in data]
    assert [one.text for one in opened(packed).comments] == ["Check this."]


def strict(packed: bytes) -> bytes:
    """The same document with the names of the strict standard."""
    names = (
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    renamed = io.BytesIO()
    with zipfile.ZipFile(renamed, "w") as archive:
        for member, data in members(packed):
            is_text = member.filename == "word/document.xml"
            archive.writestr(member.filename, data.replace(*names) if is_text else data)
    return renamed.getvalue()


def in_table(document: Any) -> None:
    document.add_table(1, 1).cell(0, 0).text = "[[REPORT]]"


def in_header(document: Any) -> None:
    document.sections[0].header.add_paragraph("[[REPORT]]")


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (lambda: template("Dear all,"), "Found: none"),
        (lambda: template("[[REPORT]]", "[[REPORT]]"), "Found: the text, the text"),
        (lambda: template("See [[REPORT]] here"), "Found: it in a sentence"),
        (lambda: template(edit=in_table), "Found: a table"),
        (lambda: template(edit=in_header), "Found: a header or footer"),
        (lambda: b"not a document", "The template cannot be opened"),
        (lambda: template("[[REPORT]]")[:900], "The template cannot be opened"),
        (lambda: strict(template("[[REPORT]]")), "The template cannot be opened"),
    ],
    ids=[
        "none",
        "two",
        "in words",
        "in a table",
        "in a header",
        "no document",
        "cut off",
        "strict",
    ],
)
def test_a_template_without_one_clear_place_is_refused(made: Any, found: str) -> None:
    with pytest.raises(ReportError) as caught:
        render_docx(make_drawn(), template=made())
    message = str(caught.value)
    assert found in message
    assert message.count("\n") == 3
    assert caught.value.__cause__ is None


def test_the_same_report_in_the_same_template_has_the_same_bytes() -> None:
    kept = template("[[REPORT]]")
    first = render_docx(make_drawn(), template=kept)
    assert first == render_docx(make_drawn(), template=kept)


def test_a_publishable_document_says_so_on_its_page() -> None:
    note = "Publishable: small numbers withheld"
    report = dataclasses.replace(make_drawn(), audience="publishable", audience_note=note)
    assert opened(render_docx(report)).sections[0].header.paragraphs[0].text == note
