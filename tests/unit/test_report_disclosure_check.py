"""The check of finished files: a clean one of each format passes, a planted breach is caught."""

from __future__ import annotations

import base64
import datetime
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable

import docx
import pandas as pd
import pikepdf
import pptx
import pytest
import typst
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE

from parsoutcomes.errors import ReportError
from parsoutcomes.report import disclosure_readers as readers
from parsoutcomes.report import disclosure_text as kinds
from parsoutcomes.report.content import Comment, Report, Section
from parsoutcomes.report.disclosure_check import PEOPLE, check_content, check_files
from parsoutcomes.report.disclosure_readers import read_file
from parsoutcomes.report.disclosure_text import (
    Allowed,
    find_breaches,
    find_comment_breaches,
    find_number_breaches,
)

CLEAN = (
    "By 6 months, per pars, 67% (95% interval 48% to 81%) of 45 target pars in 1,200 patients are "
    "estimated to have reached complete union. Observed over expected 1.14 against Virkki 2020. "
    "Figure 2. Everyone fitted up to the end of 2025. Level L5."
)
ALLOWED = Allowed(
    numbers=frozenset(
        {
            ("a", "pars", "count", "45"),
            ("b", "patients", "count", "1200"),
            ("a/percent", "pars", "percent", "67"),
            ("a/percent_low", "pars", "percent_low", "48"),
            ("a/percent_high", "pars", "percent_high", "81"),
            ("c", "Virkki 2020", "ratio", "1.14"),
        }
    ),
    fixed=(
        "Virkki 2020",
        "A fixed sentence that names 7 months and two pars of one patient. Another of two pars "
        "that names 7 months.",
    ),
    names=("A report", "The clinic"),
    headings=("Union rates",),
    year="2025",
    identifiers=frozenset({"kx0007", "kx0007-1"}),
    values=frozenset({"gymnastics", "northfield school"}),
)
BREACHES = {
    "3 of the pars": kinds.NUMBER,
    "46 pars": kinds.NUMBER,
    "5": kinds.NUMBER,
    "1/9": kinds.NUMBER,
    "11%": kinds.PERCENTAGE,
    "66.7%": kinds.PERCENTAGE,
    "11 per cent": kinds.PERCENTAGE,
    "45%": kinds.PERCENTAGE,
    "fitted on 3 April": kinds.DATE,
    "May 2024": kinds.DATE,
    "2024-03-01": kinds.DATE,
    "01/03/2024": kinds.DATE,
    "20240301": kinds.DATE,
    "45-year-old": kinds.AGE,
    "aged 45": kinds.AGE,
    "one gymnast": kinds.FEW,
    "only two of our patients": kinds.FEW,
    "the two youngest patients": kinds.FEW,
    "KX0007": kinds.VALUE,
    "who did gymnastics": kinds.VALUE,
    "at Northfield School": kinds.VALUE,
    "see /home/anna/records": kinds.PLACE,
    r"see C:\records": kinds.PLACE,
}


@pytest.mark.parametrize(("text", "kind"), BREACHES.items())
def test_a_breach_in_words_is_named_by_its_kind(text: str, kind: str) -> None:
    assert kind in find_breaches(f"{CLEAN} {text}", ALLOWED)


def test_what_is_published_passes() -> None:
    assert find_breaches(CLEAN, ALLOWED) == []
    assert find_breaches("Another of two pars that names 7 months.", ALLOWED) == []
    fixed = "A fixed sentence that names 7 months \n and two pars of one patient."
    assert find_breaches(fixed, ALLOWED) == []


def test_other_digits_and_unseen_characters_hide_nothing() -> None:
    assert find_breaches("３ girls", ALLOWED) == [kinds.NUMBER]
    assert find_breaches("٣ girls", ALLOWED) == [kinds.NUMBER]
    assert kinds.VALUE in find_breaches("KX\u200b0007", ALLOWED)


def test_small_numbers_pass_only_where_they_are_no_counts() -> None:
    for text in ("by 3 months", "at L5", "Table 1", "Page 2 of 7", "a 95% interval"):
        assert find_breaches(text, ALLOWED) == [], text
    for text in ("3", "5 months", "L3", "Table of 1", "2 of 7", "95%"):
        assert find_breaches(text, ALLOWED) != [], text


# ---- each format, clean and with something planted


def html(body: str, head: str = "") -> bytes:
    return f"<html><head><title>A report</title>{head}</head><body>{body}</body></html>".encode()


def svg(text: str, more: str = "") -> bytes:
    space = 'xmlns="http://www.w3.org/2000/svg"'
    return (
        f'<svg {space} width="3pt"><path d="M 1 2"/>{more}<text x="3">{text}</text></svg>'.encode()
    )


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), *chunks]
    parts += [(b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


def tidy(data: bytes, drop: tuple[str, ...], more: dict[str, bytes] | None = None) -> bytes:
    """Return a document with fixed times, without its template's leftovers."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for name in [*old.namelist(), *(more or {})]:
            if name not in drop:
                content = (more or {}).get(name) or old.read(name)
                new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return made.getvalue()


def _set_properties(made: object, author: str, date: datetime.datetime) -> None:
    properties = made.core_properties
    properties.author, properties.comments, properties.last_modified_by = author, "", ""
    properties.created = properties.modified = date


FIXED = datetime.datetime(1980, 1, 1, 12)
LEFTOVERS = ("docProps/thumbnail.jpeg", "ppt/printerSettings/printerSettings1.bin")


def word(
    text: str,
    *,
    cell: str = "45",
    author: str = "The clinic",
    date: datetime.datetime = FIXED,
    alt: str = "A drawing",
    more: dict[str, bytes] | None = None,
) -> bytes:
    document = docx.Document()
    document.add_heading("Union rates", 1)
    document.add_paragraph(text)
    document.add_table(1, 1).cell(0, 0).text = cell
    picture = document.add_picture(io.BytesIO(png()))
    picture._inline.docPr.set("descr", alt)
    _set_properties(document, author, date)
    made = io.BytesIO()
    document.save(made)
    return tidy(made.getvalue(), LEFTOVERS, more)


def slides(
    text: str, *, notes: str = "", author: str = "The clinic", has_chart: bool = False
) -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Union rates"
    slide.placeholders[1].text = text
    if notes:
        slide.notes_slide.notes_text_frame.text = notes
    if has_chart:
        data = CategoryChartData()
        data.categories = ["early"]
        data.add_series("united", [45])
        slide.shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, 99, 99, data)
    _set_properties(presentation, author, FIXED)
    made = io.BytesIO()
    presentation.save(made)
    return tidy(made.getvalue(), LEFTOVERS)


def pdf(
    text: str,
    *,
    author: str = "The clinic",
    date: datetime.datetime = FIXED,
    alter: Callable[[pikepdf.Pdf], None] | None = None,
) -> bytes:
    source = b"#set document(title: sys.inputs.title, author: sys.inputs.author)\n#sys.inputs.text"
    made = typst.compile(
        source,
        format="pdf",
        sys_inputs={"text": text, "title": "A report", "author": author},
        timestamp=date.replace(tzinfo=datetime.UTC),
    )
    if alter is None:
        return made
    altered = io.BytesIO()
    with pikepdf.open(io.BytesIO(made)) as document:
        alter(document)
        document.save(altered)
    return altered.getvalue()


CLEAN_FILES: dict[str, Callable[[], bytes]] = {
    "report.html": lambda: html(f"<h1>A report</h1><p>{CLEAN}</p><td>45</td>"),
    "a.svg": lambda: svg("67% (48% to 81%)"),
    "a.png": png,
    "a.txt": CLEAN.encode,
    "a.csv": lambda: b"label,of\nPer pars,45\n",
    "numbers.csv": lambda: b"id,describes,quantity,value\na,pars,count,45\n",
    "manifest.json": lambda: json.dumps({"sha256": {"a.csv": "3" * 64}}).encode(),
    "report.docx": lambda: word(CLEAN),
    "slides.pptx": lambda: slides(CLEAN),
    "report.pdf": lambda: pdf(CLEAN),
}


@pytest.mark.parametrize("name", CLEAN_FILES)
def test_a_clean_file_passes(name: str) -> None:
    check_files({name: CLEAN_FILES[name]()}, ALLOWED)


def attach(document: pikepdf.Pdf) -> None:
    document.attachments["data.csv"] = pikepdf.AttachedFileSpec(document, b"patient,age")


def describe(document: pikepdf.Pdf) -> None:
    document.Root.Alt = pikepdf.String("3 gymnasts")


def retitle(document: pikepdf.Pdf) -> None:
    document.docinfo["/Subject"] = "of KX0007"


def script(document: pikepdf.Pdf) -> None:
    code = pikepdf.String("app.alert(1)")
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=code)


PLANTED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "count in a cell": ("a.html", lambda: html("<td>3</td>"), kinds.NUMBER),
    "count in words": ("a.html", lambda: html("<p>two patients</p>"), kinds.FEW),
    "percentage": ("a.html", lambda: html("<p>11%</p>"), kinds.PERCENTAGE),
    "alt text": ("a.html", lambda: html('<i aria-label="3 girls"></i>'), kinds.NUMBER),
    "comment": ("a.html", lambda: html("<!-- KX0007 -->"), kinds.VALUE),
    "attribute": ("a.html", lambda: html('<i class="kx0007"></i>'), kinds.VALUE),
    "data attribute": ("a.html", lambda: html('<i data-n="3"></i>'), kinds.NUMBER),
    "description": (
        "a.html",
        lambda: html("", '<meta name="description" content="May 2024">'),
        kinds.DATE,
    ),
    "style": ("a.html", lambda: html("<style>p::after { content: '3' }</style>"), kinds.NUMBER),
    "script": ("a.html", lambda: html("<script>x</script>"), readers.SCRIPT),
    "embedded data": (
        "a.html",
        lambda: html(f'<a href="data:text/csv;base64,{base64.b64encode(b"a,3").decode()}">x</a>'),
        readers.EMBEDDED,
    ),
    "drawn count": ("a.svg", lambda: svg("3"), kinds.NUMBER),
    "drawn percentage": ("a.svg", lambda: svg("100%"), kinds.PERCENTAGE),
    "drawn title": ("a.svg", lambda: svg("", "<title>gymnastics</title>"), kinds.VALUE),
    "drawing's comment": ("a.svg", lambda: svg("", "<!-- 3 girls -->"), kinds.NUMBER),
    "drawing's properties": (
        "a.svg",
        lambda: svg("", "<metadata>x</metadata>"),
        readers.EMBEDDED,
    ),
    "picture's text": ("a.png", lambda: png((b"tEXt", b"Author\0Anna")), readers.PICTURE_TEXT),
    "picture's tail": ("a.png", lambda: png() + b"a,3", readers.EMBEDDED),
    "data": ("a.csv", lambda: b"label,of\nPer pars,44\n", kinds.NUMBER),
    "numbers": (
        "numbers.csv",
        lambda: b"id,describes,quantity,value\na,pars,count,5\n",
        kinds.NUMBER,
    ),
    "hash of the input": ("manifest.json", lambda: b'{"input": "abc123def"}', kinds.NUMBER),
    "list's date": ("manifest.json", lambda: b'{"made": "2026-01-31"}', kinds.DATE),
    "description in a text": ("a.txt", lambda: b"3 girls", kinds.NUMBER),
    "document": ("a.docx", lambda: word("3 girls"), kinds.NUMBER),
    "document's cell": ("a.docx", lambda: word(CLEAN, cell="3"), kinds.NUMBER),
    "document's alt text": ("a.docx", lambda: word(CLEAN, alt="3 girls"), kinds.NUMBER),
    "document's author": ("a.docx", lambda: word(CLEAN, author="Anna"), PEOPLE),
    "document's date": (
        "a.docx",
        lambda: word(CLEAN, date=datetime.datetime(2026, 1, 31)),
        readers.CREATED,
    ),
    "document's workbook": (
        "a.docx",
        lambda: word(CLEAN, more={"word/embeddings/data.xlsx": b"x"}),
        readers.EMBEDDED,
    ),
    "document's comment": (
        "a.docx",
        lambda: word(CLEAN, more={"word/comments.xml": b"<c><p><t>3 girls</t></p></c>"}),
        kinds.NUMBER,
    ),
    "document's part": (
        "a.docx",
        lambda: word(CLEAN, more={"word/x.bin": b"x"}),
        readers.UNREADABLE,
    ),
    "slide": ("a.pptx", lambda: slides("one gymnast"), kinds.FEW),
    "slide's notes": ("a.pptx", lambda: slides(CLEAN, notes="KX0007"), kinds.VALUE),
    "slide's chart": ("a.pptx", lambda: slides(CLEAN, has_chart=True), readers.EMBEDDED),
    "slides' author": ("a.pptx", lambda: slides(CLEAN, author="Anna"), PEOPLE),
    "page": ("a.pdf", lambda: pdf("3 girls"), kinds.NUMBER),
    "page's key": ("a.pdf", lambda: pdf("KX0007"), kinds.VALUE),
    "PDF's author": ("a.pdf", lambda: pdf(CLEAN, author="Anna"), PEOPLE),
    "PDF's date": (
        "a.pdf",
        lambda: pdf(CLEAN, date=datetime.datetime(2026, 1, 31)),
        readers.CREATED,
    ),
    "PDF's attachment": ("a.pdf", lambda: pdf(CLEAN, alter=attach), readers.EMBEDDED),
    "PDF's description": ("a.pdf", lambda: pdf(CLEAN, alter=describe), kinds.NUMBER),
    "PDF's subject": ("a.pdf", lambda: pdf(CLEAN, alter=retitle), kinds.VALUE),
    "PDF's earlier state": ("a.pdf", lambda: pdf("3 girls") + pdf(CLEAN), readers.EMBEDDED),
    "PDF's script": ("a.pdf", lambda: pdf(CLEAN, alter=script), readers.SCRIPT),
    "file of another kind": ("a.xlsx", lambda: b"x", readers.UNREADABLE),
    "damaged document": ("a.docx", lambda: b"PK", readers.UNREADABLE),
    "damaged PDF": ("a.pdf", lambda: b"%PDF", readers.UNREADABLE),
    "name of a file": ("KX0007.txt", lambda: b"", kinds.VALUE),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_planted_is_caught_and_never_repeated(planted: str) -> None:
    name, make, kind = PLANTED[planted]
    with pytest.raises(ReportError, match="may not be published") as stopped:
        check_files({name: make()}, ALLOWED)
    assert kind in stopped.value.found
    if name != "KX0007.txt":
        assert "kx0007" not in str(stopped.value).casefold()


def test_a_list_of_contents_may_give_pages_and_a_table_may_not() -> None:
    assert read_file("a.pdf", pdf("Union rates . . . . 3")).lines
    check_files({"a.pdf": pdf("Union rates . . . . 3")}, ALLOWED)
    with pytest.raises(ReportError):
        check_files({"a.pdf": pdf("Union rates . . . . 3 girls")}, ALLOWED)


# ---- the content before it is set


def report(*comments: str, title: str = "A report", value: str = "45") -> Report:
    numbers = pd.DataFrame(
        [("a", "pars", "count", value)], columns=["id", "describes", "quantity", "value"]
    )
    blocks = tuple(Comment(text=text, author="The clinic") for text in comments)
    return Report(
        title=title,
        clinic="The clinic",
        period="",
        audience_note="",
        sections=(Section(id="rates", title="Union rates", blocks=blocks),),
        numbers=numbers,
    )


def test_a_comment_in_general_words_passes() -> None:
    check_content(report("We changed the brace prescribed from 3 months to 6 months."), ALLOWED)


@pytest.mark.parametrize(
    "text",
    [
        "Of 45 pars most united.",
        "Our youngest gymnast did well; she returned in spring.",
        "A girl from Northfield School united.",
        "Two patients had surgery.",
        "67% united.",
        "Fitted in May 2024.",
    ],
)
def test_a_comment_with_a_number_a_person_or_a_value_stops_the_report(text: str) -> None:
    assert find_comment_breaches(Comment(text=text), ALLOWED)
    with pytest.raises(ReportError, match="may not be published"):
        check_content(report(text), ALLOWED)


@pytest.mark.parametrize("value", ["3", "46", "5"])
def test_the_published_numbers_are_checked_too(value: str) -> None:
    assert find_number_breaches(report(value=value).numbers)


def test_a_percentage_with_decimals_is_not_whole() -> None:
    row = {"id": "a", "describes": "", "quantity": "percent", "value": "66.7"}
    assert find_number_breaches(pd.DataFrame([row]))
