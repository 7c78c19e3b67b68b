"""Content to a Word document that a hospital can put on its own paper."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import singledispatchmethod
from typing import Any, Final

from parsoutcomes.errors import ReportError
from parsoutcomes.report import docx_styles as styles
from parsoutcomes.report.content import (
    Bullets,
    Checklist,
    Comment,
    FigureBlock,
    Finding,
    Note,
    Paragraph,
    Report,
    Section,
    TableBlock,
    Terms,
)
from parsoutcomes.report.docx_pages import Pages, set_heads
from parsoutcomes.report.docx_parts import field_xml, link_xml, make, run_xml
from parsoutcomes.report.docx_tables import TableStyles, cell_texts, fit_table, table_element
from parsoutcomes.report.docx_template import forget_people, open_place
from parsoutcomes.report.fixed_zip import fix_archive
from parsoutcomes.report.office_text import (
    NOTE_HEADS,
    TRACING,
    drop_private_parts,
    plain_text,
    require_logo,
    require_picture,
    set_properties,
)
from parsoutcomes.tables.display import DisplayTable

_LOGO_POINTS: Final = (170.0, 70.0)
_DOTS_PER_POINT: Final = 300 / 72
_APPENDIX: Final = "Long lists"


def render_docx(report: Report, *, template: bytes | None = None) -> bytes:
    """Set a report as a Word document, on our own page or inside a hospital's template.

    For those who must circulate it on headed paper or edit the words around it. Not a file to take
    numbers from: those are in `numbers.csv`.

    Parameters
    ----------
    report : Report
        Finished content with drawn figures. All text is set as text; a character that a document
        cannot hold is shown as "�".
    template : bytes, optional
        A DOCX file with one paragraph that says `[[REPORT]]`; the report takes its place. Page,
        head, foot and every style that the template has stay as they are; styles that it lacks
        are added in our own look. The note on who may read it is put under the template's head.

    Returns
    -------
    bytes
        The same bytes for the same report, template and versions. No clock is read: the
        document's date is a fixed one, and its properties name the report's authors only.

    Raises
    ------
    ReportError
        When the template has no single place for the report, a picture cannot be set, or a
        checklist points to a section that is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> words = Paragraph(text="Of 10 pars, 8 united.")
    >>> document = render_docx(
    ...     Report(
    ...         title="Union",
    ...         clinic="",
    ...         period="2025",
    ...         audience_note="Internal",
    ...         sections=(Section(id="findings", title="Findings", blocks=(words,)),),
    ...         numbers=pd.DataFrame(),
    ...     )
    ... )
    >>> document[:2]
    b'PK'
    """
    place = open_place(template)
    document = place.document
    styles.set_styles(document, is_ours=place.is_ours)
    _Writer(document, place.marker, Pages(place), report).write_report()
    set_heads(place, report)
    place.close()
    forget_people(document)
    set_properties(document.core_properties, report)
    drop_private_parts(document.part)
    packed = io.BytesIO()
    document.save(packed)
    return fix_archive(packed.getvalue())


class _Writer:
    """Writes block after block before the marker; counts figures and tables as it goes."""

    def __init__(self, document: Any, marker: Any, pages: Pages, report: Report) -> None:  # noqa: ANN401
        self._document = document
        self._marker = marker
        self._pages = pages
        self._report = report
        self._ids = {style.name: str(style.style_id) for style in document.styles}
        self._titles = report.section_titles()
        self._anchors = _choose_anchors(document, [section.id for section in report.sections])
        self._n_figures = 0
        self._n_tables = 0
        self._folded: list[TableBlock] = []

    def write_report(self) -> None:
        self._write_cover()
        self._write_contents()
        for section in self._report.sections:
            self._write_section(section)
        if self._folded:
            self._put(styles.HEADING, run_xml(_APPENDIX))
            for number, block in enumerate(self._folded, start=1):
                named = run_xml(f"Table A{number}. {plain_text(block.caption)}")
                self._put_table(block.table, named, block.caption, notes=block.notes)
        self._put(styles.SMALL, run_xml(TRACING))

    def _write_cover(self) -> None:
        report = self._report
        if report.logo:
            width, height = require_logo(report)
            scale = min(_LOGO_POINTS[0] / width, _LOGO_POINTS[1] / height)
            alt = plain_text(report.logo_alt) or "Logo"
            self._put_picture(report.logo, width * scale, alt, "Logo", style=styles.SMALL)
        lines = (
            (styles.CLINIC, report.clinic),
            (styles.TITLE, report.title),
            (styles.BODY, report.period),
            (styles.BODY, ", ".join(report.authors)),
            (styles.AUDIENCE, report.audience_note),
        )
        for style, text in lines:
            if text.strip():
                self._put(style, run_xml(plain_text(text)))

    def _write_contents(self) -> None:
        self._put(styles.CONTENTS_HEAD, run_xml("Contents"))
        for section in self._report.sections:
            self._put(styles.CONTENTS_LINE, self._link_to(section.id))

    def _link_to(self, section: str, points: float = 0.0) -> str:
        if section not in self._titles:
            raise ReportError(
                "A checklist points to a section that the report does not have.",
                expected="the id of a section of this report",
                found="an id that no section has",
                fix="Name one of the report's sections, or leave the item without one.",
            )
        title = plain_text(self._titles[section])
        style = self._ids[styles.LINK]
        return link_xml(title, self._anchors[section][0], style=style, points=points)

    def _write_section(self, section: Section) -> None:
        name, number = self._anchors[section.id]
        self._put(
            styles.HEADING,
            f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>'
            f'{run_xml(plain_text(section.title))}<w:bookmarkEnd w:id="{number}"/>',
        )
        for block in section.blocks:
            self._write(block)

    @singledispatchmethod
    def _write(self, block: object) -> None:
        raise ReportError(
            "The Word document has no form for one kind of content.",
            expected="a block of parsoutcomes.report.content",
            found=type(block).__name__,
            fix="Leave it out, or add its form to the document's writer.",
        )

    @_write.register
    def _paragraph(self, block: Paragraph) -> None:
        self._put(styles.BODY, self._traced(block.text, block.source))

    @_write.register
    def _finding(self, block: Finding) -> None:
        self._put(styles.FINDING, self._traced(block.text, block.source))

    @_write.register
    def _note(self, block: Note) -> None:
        head = run_xml(NOTE_HEADS[block.kind], is_bold=True)
        style = styles.NOTES[block.kind]
        if len(block.items) == 1:
            self._put(style, head + run_xml(f" {plain_text(block.items[0])}"))
            return
        self._put(style, head, is_kept=True)
        self._put_points(block.items, styles.NOTE_POINTS[block.kind])

    @_write.register
    def _bullets(self, block: Bullets) -> None:
        self._put_points(block.items)

    @_write.register
    def _terms(self, block: Terms) -> None:
        for term, meaning in block.items:
            words = run_xml(f"{plain_text(term)}: ", is_bold=True) + run_xml(plain_text(meaning))
            self._put(styles.TERM, words)

    @_write.register
    def _comment(self, block: Comment) -> None:
        named = f"Comment by {plain_text(block.author)}" if block.author.strip() else "Comment"
        self._put(styles.COMMENT, run_xml(named, is_bold=True), is_kept=True)
        for line in block.text.splitlines():
            if line.strip():
                self._put(styles.COMMENT, run_xml(plain_text(line)))

    @_write.register
    def _table(self, block: TableBlock) -> None:
        if block.is_folded:
            self._folded.append(block)
            where = f"{block.caption}: Table A{len(self._folded)}, at the end."
            self._put(styles.BODY, run_xml(plain_text(where)))
            return
        named = self._number_table(block.caption, block.source)
        self._put_table(block.table, named, block.caption, notes=block.notes)

    @_write.register
    def _figure(self, block: FigureBlock) -> None:
        self._n_figures += 1
        name = f"Figure {self._n_figures}"
        width, height = require_picture(block)
        alt = plain_text(block.alt or block.caption)
        full = min(width / _DOTS_PER_POINT, self._pages.upright)
        is_coarse = width / _DOTS_PER_POINT < self._pages.upright / 2
        wide = self._pages.upright if is_coarse else full
        wide = min(wide, self._pages.height * width / height)
        self._put_picture(block.png, wide, alt, name, style=styles.FIGURE)
        numbered = run_xml("Figure ") + field_xml("SEQ Figure \\* ARABIC", str(self._n_figures))
        caption = run_xml(f". {plain_text(block.caption)}")
        self._put(styles.CAPTION, numbered + caption + self._source(block.source))
        if block.table is not None:
            told = f"The numbers of {name}"
            self._put_table(block.table, self._number_table(told, ""), f"{told}: {block.caption}")

    @_write.register
    def _checklist(self, block: Checklist) -> None:
        rows = tuple((item.label, item.topic, item.answer, "") for item in block.items)
        titles = [[self._titles.get(one, "") for one in item.sections] for item in block.items]
        shown = tuple((*row[:3], ", ".join(named)) for row, named in zip(rows, titles, strict=True))
        table = DisplayTable(
            heads=("Item", "Asks for", "Answer", "Section"), rows=shown, text_columns=(1, 2, 3)
        )
        links = [item.sections for item in block.items]
        self._put_table(table, self._number_table(block.caption, ""), block.caption, links=links)

    def _traced(self, text: str, source: str) -> str:
        return run_xml(plain_text(text)) + self._source(source)

    def _source(self, source: str) -> str:
        if not source:
            return ""
        return run_xml(f" [{plain_text(source)}]", style=self._ids[styles.SOURCE])

    def _number_table(self, caption: str, source: str) -> str:
        self._n_tables += 1
        numbered = run_xml("Table ") + field_xml("SEQ Table \\* ARABIC", str(self._n_tables))
        return numbered + run_xml(f". {plain_text(caption)}") + self._source(source)

    def _put_table(
        self,
        table: DisplayTable,
        named: str,
        caption: str,
        *,
        links: Sequence[Sequence[str]] = (),
        notes: Sequence[str] = (),
    ) -> None:
        fit = fit_table(table, upright=self._pages.upright, sideways=self._pages.sideways)
        is_turned = fit.is_sideways and not self._pages.is_wide
        if is_turned:
            self._pages.turn()
        body = cell_texts(table, fit.points)
        comma = run_xml(", ", points=fit.points)
        for cells, sections in zip(body, links, strict=False):
            cells[-1] = comma.join(self._link_to(one, fit.points) for one in sections)
        self._put(styles.CAPTION, named, is_kept=True)
        ids = TableStyles(table=self._ids[styles.TABLE], cell=self._ids[styles.CELL])
        element = table_element(table, body, fit, caption=plain_text(caption), styles=ids)
        self._marker.addprevious(element)
        # Without notes it is the space that keeps a table from the next.
        self._put(styles.SMALL, run_xml(" ".join(map(plain_text, notes))))
        if is_turned:
            self._pages.turn_back()

    def _put_points(self, items: Sequence[str], style: str = styles.BULLET) -> None:
        for item in items:
            self._put(style, run_xml(plain_text(item)))

    def _put(self, style: str, inside: str, *, is_kept: bool = False) -> Any:  # noqa: ANN401
        kept = "<w:keepNext/>" if is_kept else ""
        told = f'<w:pPr><w:pStyle w:val="{self._ids[style]}"/>{kept}</w:pPr>'
        paragraph = make(f"<w:p>{told}{inside}</w:p>")
        self._marker.addprevious(paragraph)
        return paragraph

    def _put_picture(self, png: bytes, points: float, alt: str, name: str, *, style: str) -> None:
        from docx.shared import Pt  # noqa: PLC0415
        from docx.text.run import Run  # noqa: PLC0415

        paragraph = self._put(style, run_xml(""))
        run = paragraph.xpath("./w:r")[0]
        run.clear_content()
        Run(run, self._document._body).add_picture(io.BytesIO(png), width=Pt(points))
        described = run.xpath(".//wp:docPr")[0]
        described.set("descr", alt)
        described.set("name", name)


def _choose_anchors(document: Any, sections: Sequence[str]) -> dict[str, tuple[str, int]]:  # noqa: ANN401
    """Return a bookmark's name and number for each section, none of which the document has."""
    names = {str(one) for one in document.element.xpath("//w:bookmarkStart/@w:name")}
    numbers = [int(one) for one in document.element.xpath("//w:bookmarkStart/@w:id")]
    start = max(numbers, default=0) + 1
    prefix = "report_section_"
    while any(name.startswith(prefix) for name in names):
        prefix += "x_"
    return {one: (f"{prefix}{n}", start + n) for n, one in enumerate(sections)}
