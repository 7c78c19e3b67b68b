"""The forms in which a report is written, by format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from parsoutcomes.report.content import Report
from parsoutcomes.report.render_docx import render_docx
from parsoutcomes.report.render_html import render_html
from parsoutcomes.report.render_pdf import render_pdf
from parsoutcomes.report.render_pptx import render_pptx

FILE_NAMES: Final = MappingProxyType(
    {
        "html": "report.html",
        "pdf": "report.pdf",
        "docx": "report.docx",
        "pptx": "slides.pptx",
    }
)
_WORDS: Final = MappingProxyType(
    {"html": "the web page", "pdf": "the PDF", "docx": "the Word document", "pptx": "the slides"}
)


def render_documents(
    report: Report,
    formats: Sequence[str],
    *,
    template: bytes | None = None,
    tell: Callable[[str], None] | None = None,
) -> dict[str, bytes]:
    """Set a report in each format asked for.

    Parameters
    ----------
    report : Report
        Finished content with drawn figures.
    formats : sequence of str
        Of "html", "pdf", "docx", "pptx".
    template : bytes, optional
        The hospital's Word template, for "docx".
    tell : callable, optional
        Called with the name of each document before it is made.

    Returns
    -------
    dict of str to bytes
        By the name of the file.
    """
    renderers = _renderers(template)
    made = {}
    for name in dict.fromkeys(formats):
        if tell is not None:
            tell(_WORDS[name])
        made[FILE_NAMES[name]] = renderers[name](report)
    return made


def _renderers(template: bytes | None) -> Mapping[str, Callable[[Report], bytes]]:
    return {
        "html": lambda report: render_html(report).encode("utf-8"),
        "pdf": render_pdf,
        "docx": partial(render_docx, template=template),
        "pptx": render_pptx,
    }
