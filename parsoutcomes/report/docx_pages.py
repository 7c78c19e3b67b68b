"""Pages of the Word document: turned sideways where a table needs it; their heads and feet."""

from __future__ import annotations

import copy
from typing import Any, Final

from parsoutcomes.report.content import Report
from parsoutcomes.report.docx_parts import field_xml, make
from parsoutcomes.report.docx_styles import AUDIENCE, SMALL
from parsoutcomes.report.docx_template import Place
from parsoutcomes.report.office_text import plain_text

_ROOM_FOR_A_CAPTION_POINTS: Final = 60.0
_MOST_IN_FOOT: Final = 60


class Pages:
    """Where the report stands on the page, and how wide a line is there.

    Attributes
    ----------
    upright, sideways : float
        Width of a line on either kind of page, in points.
    height : float
        Of a picture that leaves room for its caption, in points.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._turned_back: Any = None
        section = self._section()
        gutters = section.left_margin.pt + section.right_margin.pt
        edges = section.top_margin.pt + section.bottom_margin.pt
        short, long = sorted((section.page_width.pt, section.page_height.pt))
        self.upright = section.page_width.pt - gutters
        self.sideways = max(long - gutters, self.upright)
        self.height = (short if self.is_wide else long) - edges - _ROOM_FOR_A_CAPTION_POINTS

    @property
    def is_wide(self) -> bool:
        """Whether the page is wider than high as it is."""
        section = self._section()
        return bool(section.page_width > section.page_height)

    def turn(self) -> None:
        """Go on on a page turned sideways; one just turned back is used again."""
        last = self._place.marker.getprevious()
        if self._turned_back is not None and last is self._turned_back:
            last.getparent().remove(last)
            return
        self._end_section(copy.deepcopy(self._governing()))
        _follow_on(self._governing())

    def turn_back(self) -> None:
        """Go on on an upright page."""
        page = copy.deepcopy(self._governing())
        _follow_on(page)
        for size in page.xpath("./w:pgSz"):
            names = [f"{{{size.nsmap['w']}}}{one}" for one in ("w", "h", "orient")]
            width, height = size.get(names[0]), size.get(names[1])
            size.set(names[0], height)
            size.set(names[1], width)
            size.set(names[2], "landscape")
        self._turned_back = self._end_section(page)

    def _end_section(self, properties: Any) -> Any:  # noqa: ANN401
        paragraph = make(
            '<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>'
            "</w:pPr></w:p>"
        )
        paragraph[0].append(properties)
        self._place.marker.addprevious(paragraph)
        return paragraph

    def _governing(self) -> Any:  # noqa: ANN401
        """Return the properties of the section in which the marker stands."""
        marker = self._place.marker
        ahead = marker.xpath(
            "./w:pPr/w:sectPr | following-sibling::w:p/w:pPr/w:sectPr | following-sibling::w:sectPr"
        )
        return ahead[0]

    def _section(self) -> Any:  # noqa: ANN401
        here = self._governing()
        return next(one for one in self._place.document.sections if one._sectPr is here)


def _follow_on(properties: Any) -> None:  # noqa: ANN401
    """Let a section begin a page of its own and count on from the one before."""
    for one in properties.xpath("./w:type | ./w:titlePg"):
        properties.remove(one)
    for numbers in properties.xpath("./w:pgNumType"):
        numbers.attrib.pop(f"{{{numbers.nsmap['w']}}}start", None)


def set_heads(place: Place, report: Report) -> None:
    """Say on each page for whom the report is, and number pages that are not numbered yet.

    Parameters
    ----------
    place : Place
        A template keeps what its heads and feet say: the note is put under it.
    report : Report
        For its note, title and clinic.
    """
    document = place.document
    sections = list(document.sections)
    kinds = ["header"]
    kinds += ["even_page_header"] if document.settings.odd_and_even_pages_header_footer else []
    for number, section in enumerate(sections):
        first = ["first_page_header"] if section.different_first_page_header_footer else []
        for kind in (*kinds, *first):
            head = getattr(section, kind)
            is_new = number == 0 or kind == "first_page_header"
            if is_new or not head.is_linked_to_previous:
                _write_note(head, plain_text(report.audience_note))
    if place.is_ours:
        _write_foot(sections[0].footer, report)


def _write_note(head: Any, note: str) -> None:  # noqa: ANN401
    paragraphs = head.paragraphs
    if any(one.text == note for one in paragraphs):
        return
    is_empty = len(paragraphs) == 1 and not len(paragraphs[0]._p.xpath("./w:r"))
    paragraph = paragraphs[0] if is_empty else head.add_paragraph()
    paragraph.style = AUDIENCE
    paragraph.add_run(note)


def _write_foot(foot: Any, report: Report) -> None:  # noqa: ANN401
    paragraph = foot.paragraphs[0]
    paragraph.style = SMALL
    named = [_shorten(plain_text(one)) for one in (report.clinic, report.title) if one.strip()]
    paragraph.add_run(" · ".join([*named, "Page "]))
    paragraph._p.append(make(field_xml("PAGE", "")))
    paragraph.add_run(" of ")
    paragraph._p.append(make(field_xml("NUMPAGES", "")))


def _shorten(text: str) -> str:
    return text if len(text) <= _MOST_IN_FOOT else text[:_MOST_IN_FOOT].rstrip() + "…"
