"""Content to one PDF that a screen reader can read (PDF/UA-1) and an archive keep (PDF/A-2a)."""

from __future__ import annotations

import datetime
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from parsoutcomes.conventions import DOCUMENT_DATE
from parsoutcomes.errors import ReportError
from parsoutcomes.report.content import Report
from parsoutcomes.report.pdf_content import describe_typesetting
from parsoutcomes.report.pdf_tags import mark_row_heads
from parsoutcomes.report.pdf_text import TYPEFACE, font_folder, settable_drawing

if TYPE_CHECKING:
    import typst

PDF_STANDARDS: Final[list[typst.PDFStandard]] = ["ua-1", "a-2a"]
# What the setter says, by its beginning or a phrase of its own; its full words may quote a cell.
_CAUSES: Final = {
    "failed to decode image": "a picture that cannot be read",
    "failed to parse SVG": "a drawing that cannot be read",
    "could not be displayed": "a character that the typeface lacks",
    "missing codepoints": "a character that the typeface lacks",
    "unknown font family": "the typeface is not there",
    "missing alt text": "a figure without a description",
}


def render_pdf(report: Report) -> bytes:
    """Set a report as one tagged PDF, for circulation by e-mail and for the archive.

    For the readers that `report.audience_note` names, which stands on every page. Not a file to
    take numbers from: those are in `numbers.csv`.

    Parameters
    ----------
    report : Report
        Finished content with drawn figures. All text is data to the setter, never markup. What
        the typeface cannot set is shown as "�", and the page of contents says so.

    Returns
    -------
    bytes
        A4, PDF/UA-1 and PDF/A-2a; the same bytes for the same report and versions. No clock is
        read: the document's date, which the archive standard asks for, is a fixed one.

    Raises
    ------
    ReportError
        When there is no title, a figure or the logo cannot be set, or a table is too wide.

    Examples
    --------
    >>> import pandas as pd
    >>> from parsoutcomes.report.content import Paragraph, Section
    >>> words = Paragraph(text="Of 10 pars, 8 united.")
    >>> pdf = render_pdf(
    ...     Report(
    ...         title="Union",
    ...         clinic="",
    ...         period="2025",
    ...         audience_note="Internal",
    ...         sections=(Section(id="findings", title="Findings", blocks=(words,)),),
    ...         numbers=pd.DataFrame(),
    ...     )
    ... )
    >>> pdf[:8]
    b'%PDF-1.7'
    """
    _require_title(report)
    _require_drawings(report)
    typesetting = describe_typesetting(report)
    pdf = _set(json.dumps(typesetting.data))
    return mark_row_heads(pdf, [table.n_row_heads for table in typesetting.tables])


def _set(data: str) -> bytes:
    import typst  # noqa: PLC0415  (loaded only when a PDF is made)

    noon = datetime.time(12, tzinfo=datetime.UTC)
    try:
        pdf = typst.compile(
            _template(),
            format="pdf",
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"report": data, "typeface": TYPEFACE},
            pdf_standards=PDF_STANDARDS,
            timestamp=datetime.datetime.combine(DOCUMENT_DATE, noon),
        )
    except typst.TypstError as error:
        pdf, message = b"", error.message
    # Raised out here, so that the setter's own words hang on no chain of errors.
    if not pdf:
        raise _refusal(message)
    return pdf


def _refusal(message: str) -> ReportError:
    """Say what stopped the setter without its own words, which may quote a patient's value."""
    causes = [cause for phrase, cause in _CAUSES.items() if phrase in message]
    return ReportError(
        "The PDF cannot be made.",
        expected="text, figures and a logo that can be set as PDF/UA-1 and PDF/A-2a",
        found=causes[0] if causes else "content that the setter refuses",
        fix="Check the logo, the comments and the figures; the other formats can still be made.",
    )


def _require_title(report: Report) -> None:
    if not report.title.strip():
        raise ReportError(
            "The report has no title.",
            expected="a title, which a PDF that can be read aloud must have",
            found="none",
            fix='Give one: title="Union of pars fractures".',
        )


def _require_drawings(report: Report) -> None:
    for figure in report.figures():
        try:
            ElementTree.fromstring(settable_drawing(figure.svg))
        except ElementTree.ParseError:
            is_drawn = False
        else:
            is_drawn = bool(figure.alt.strip())
        if not is_drawn:
            raise ReportError(
                "A figure cannot be set.",
                expected="an SVG drawing with a description",
                found=f"none for the figure {figure.id}",
                fix="Draw the figure again, and describe what it shows.",
            )


@cache
def _fonts() -> typst.Fonts:
    import typst  # noqa: PLC0415

    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(font_folder())],
    )


@cache
def _template() -> bytes:
    return (files("parsoutcomes.report") / "templates" / "report.typ").read_bytes()
