"""Where the report goes: a page of our own, or the place that a template keeps for it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from parsoutcomes.errors import ReportError
from parsoutcomes.report.docx_parts import WORD

MARKER: Final = "[[REPORT]]"
_AUTHOR: Final = f"{{{WORD}}}author"
_NOBODY: Final = "Author"
_OWN_MARGIN_CM: Final = 2.0
_A4_CM: Final = (21.0, 29.7)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A document and the paragraph before which the report is written.

    Attributes
    ----------
    document : docx.document.Document
        Ours or the template's.
    marker : element
        The paragraph; taken out, or emptied, at the end.
    is_ours : bool
        False for a template.
    """

    document: Any
    marker: Any
    is_ours: bool

    def close(self) -> None:
        """Take the marker out; one that ends a section stays, empty."""
        if not self.marker.xpath("./w:pPr/w:sectPr"):
            self.marker.getparent().remove(self.marker)
            return
        for child in list(self.marker):
            if not child.tag.endswith("}pPr"):
                self.marker.remove(child)


def open_place(template: bytes | None) -> Place:
    """Open a page of our own, or a template at its marker.

    Parameters
    ----------
    template : bytes or None
        A DOCX file.

    Returns
    -------
    Place

    Raises
    ------
    ReportError
        When the template is no DOCX file, or has no or several places for the report.
    """
    import docx  # noqa: PLC0415  (loaded only when a document is made)

    if template is not None:
        document = _open_template(template)
        return Place(document=document, marker=_find_marker(document), is_ours=False)
    document = docx.Document()
    _set_page(document)
    return Place(document=document, marker=document.add_paragraph()._p, is_ours=True)


def _set_page(document: Any) -> None:  # noqa: ANN401
    from docx.shared import Cm  # noqa: PLC0415

    section = document.sections[0]
    section.page_width, section.page_height = (Cm(one) for one in _A4_CM)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", Cm(_OWN_MARGIN_CM))
    section.header_distance = section.footer_distance = Cm(1.0)


def _open_template(template: bytes) -> Any:  # noqa: ANN401
    import docx  # noqa: PLC0415

    try:
        document = docx.Document(io.BytesIO(template))
        # A "strict" document opens, but its elements have names of another kind.
        document.element.body.iterchildren()
    except Exception:  # whatever a damaged package makes the reader raise
        document = None
    # Raised out here, so that the reader's own words, which may quote a path, hang on no chain.
    if document is None:
        raise ReportError(
            "The template cannot be opened.",
            expected="a Word document saved as .docx",
            found="a file of another kind, or a damaged one",
            fix=(
                'Open it in Word and save it as "Word document (.docx)": not as a template, not as '
                '"Strict Open XML", without macros and without a password.'
            ),
        )
    return document


def _find_marker(document: Any) -> Any:  # noqa: ANN401
    found = list(_markers(document))
    if not found:
        raise _refusal("The template has no place for the report.", "none")
    if len(found) > 1:
        told = ", ".join(place for place, _, _ in found)
        raise _refusal("The template has more than one place for the report.", told)
    place, paragraph, is_alone = found[0]
    if place != "the text":
        raise _refusal("The report cannot be put where the template keeps its place.", place)
    if not is_alone:
        raise _refusal("The place for the report has other words beside it.", "it in a sentence")
    return paragraph


def _refusal(wrong: str, found: str) -> ReportError:
    return ReportError(
        wrong,
        expected=f"one paragraph of the template's text that holds {MARKER} and nothing else",
        found=found,
        fix=(
            f"Write {MARKER} alone in one paragraph of the text: not in a table, a text box, a "
            "content control, a header or a footer."
        ),
    )


def _markers(document: Any) -> Iterator[tuple[str, Any, bool]]:  # noqa: ANN401
    """Return each paragraph with the marker: where, which, and whether it says nothing else."""
    for part in document.part.package.iter_parts():
        is_edge = re.search(r"/(?:header|footer)\d*\.xml$", str(part.partname)) is not None
        if part is document.part or is_edge:
            for paragraph in part.element.xpath(
                ".//w:p[not(ancestor::*[local-name()='Fallback'])]"
            ):
                text = _text_of(paragraph)
                if MARKER in text:
                    place = "a header or footer" if is_edge else _place_of(document, paragraph)
                    yield place, paragraph, text.strip() == MARKER


def _text_of(paragraph: Any) -> str:  # noqa: ANN401
    """Return the text of a paragraph without that of text boxes anchored in it."""
    return "".join(
        text.text or ""
        for text in paragraph.xpath(".//w:t")
        if next(text.iterancestors(paragraph.tag)) is paragraph
    )


def _place_of(document: Any, paragraph: Any) -> str:  # noqa: ANN401
    if paragraph.getparent() is document.element.body:
        return "the text"
    return "a table" if paragraph.xpath("ancestor::w:tc") else "a text box or content control"


def forget_people(document: Any) -> None:  # noqa: ANN401
    """Take the names of those who wrote a template out of its comments and tracked changes.

    Parameters
    ----------
    document : docx.document.Document
        Its words, comments and changes stay.
    """
    for part in document.part.package.iter_parts():
        root = getattr(part, "element", None)
        for one in () if root is None else root.iter():
            if one.get(_AUTHOR) is not None:
                one.set(_AUTHOR, _NOBODY)
                one.attrib.pop(f"{{{WORD}}}date", None)
                one.attrib.pop(f"{{{WORD}}}initials", None)
