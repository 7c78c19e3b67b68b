"""What the Word document and the slides share: plain text, first sentences, properties."""

from __future__ import annotations

import datetime
import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from parsoutcomes.conventions import DOCUMENT_DATE
from parsoutcomes.errors import ReportError
from parsoutcomes.report.content import FigureBlock, Report

UNSET_MARK: Final = "\N{REPLACEMENT CHARACTER}"
LANGUAGE: Final = "en-GB"
TYPEFACE: Final = "Arial"
INK: Final = "1B1F24"
SOFT: Final = "4D5660"
ACCENT: Final = "005A8F"
ACCENT_GROUND: Final = "EAF2F8"
CAUTION: Final = "8A4B00"
CAUTION_GROUND: Final = "FDF4E7"
REFUSAL_GROUND: Final = "EEF0F3"
RULE: Final = "B9C0C8"
NOTE_HEADS: Final = {
    "caution": "Beware.",
    "refusal": "Not available.",
    "scope": "What this does not show.",
}
TRACING: Final = (
    "The name in square brackets after a sentence is the result it comes from: every number of "
    "that result is in numbers.csv under that name."
)
_SPACES: Final = "\t\n\v\f\r\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}"
_NOT_ALLOWED: Final = ("Cc", "Cs")
_TURN_THE_READING_DIRECTION: Final = frozenset((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_ENDS_LIKE_A_SENTENCE: Final = ("e.g.", "i.e.", "v.", "vs.", "cf.", "al.", "no.", "Dr.", "St.")
# What python-docx and python-pptx allow a property.
_LONGEST_PROPERTY: Final = 255
_PRIVATE: Final = (
    *("/thumbnail", "/extended-properties", "/custom-properties", "/printerSettings"),
    *("/attachedTemplate", "/stylesWithEffects", "/people", "/customXml"),
)
_NARROW: Final = "iIjlftr.,:;'|!()[] /-"
_WIDE: Final = "mwMW%@"


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character in _SPACES:
        return " "
    code = ord(character)
    is_no_character = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    is_refused = unicodedata.category(character) in _NOT_ALLOWED or is_no_character
    return UNSET_MARK if is_refused or code in _TURN_THE_READING_DIRECTION else character


def plain_text(text: str) -> str:
    r"""Return a text as an office file can hold it, with a visible mark for what it cannot.

    Control and unpaired characters, those that are none, and those that turn the reading
    direction become "�"; tabs and line ends become spaces.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str

    Examples
    --------
    >>> plain_text("a\x07b\tc ≥ é <script>")
    'a�b c ≥ é <script>'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_plain, text))


def first_sentence(text: str) -> str:
    """Return a text up to the end of its first sentence.

    Parameters
    ----------
    text : str
        One or more sentences.

    Returns
    -------
    str

    Examples
    --------
    >>> first_sentence("Union in 4.5% (e.g. early pars). 3 are unknown. How to read it.")
    'Union in 4.5% (e.g. early pars).'
    """
    for match in re.finditer(r"[.!?](?=\s+[A-Z0-9“\"])", text):
        if not text[: match.end()].endswith(_ENDS_LIKE_A_SENTENCE):
            return text[: match.end()]
    return text


def finding_of(figure: FigureBlock) -> str:
    """Return what a figure shows, in one sentence.

    Parameters
    ----------
    figure : FigureBlock
        Its `finding`; without one, the first sentence of its description, or its caption.

    Returns
    -------
    str

    Examples
    --------
    >>> finding_of(FigureBlock(id="a", caption="Rates", alt="8 of 10 united. A dot.", source=""))
    '8 of 10 united.'
    """
    told = figure.finding or first_sentence(figure.alt) or figure.caption
    return plain_text(told).strip()


def width_points(text: str, points: float, *, is_bold: bool = False) -> float:
    """Return about how wide a text is on one line, in points; rather too wide than too narrow.

    Parameters
    ----------
    text : str
        From `plain_text`.
    points : float
        Type size.
    is_bold : bool
        Whether it is set bold.

    Returns
    -------
    float
    """
    return sum(map(_advance, text)) * points * (1.12 if is_bold else 1.0)


@lru_cache(maxsize=4096)
def _advance(character: str) -> float:
    if character in _NARROW:
        return 0.38
    if character in _WIDE:
        return 0.96
    if unicodedata.east_asian_width(character) in "WF":
        return 1.02
    return 0.74 if character.isupper() else 0.61


def require_picture(figure: FigureBlock) -> tuple[int, int]:
    """Return the size of a figure's picture in pixels, or refuse what is no picture.

    Parameters
    ----------
    figure : FigureBlock
        With its PNG form.

    Returns
    -------
    tuple of int
        Width and height.

    Raises
    ------
    ReportError
        When there is no PNG picture.
    """
    size = picture_size(figure.png)
    if size is None:
        raise ReportError(
            "A figure cannot be set.",
            expected="a PNG picture",
            found=f"none for the figure {figure.id}",
            fix="Draw the figure again.",
        )
    return size


def require_logo(report: Report) -> tuple[int, int]:
    """Return the size of the report's logo in pixels, or refuse what is no picture.

    Parameters
    ----------
    report : Report
        With a logo.

    Returns
    -------
    tuple of int
        Width and height.

    Raises
    ------
    ReportError
        When the logo is not a PNG picture.
    """
    size = picture_size(report.logo)
    if size is None:
        raise ReportError(
            "The logo cannot be set.",
            expected="a PNG picture",
            found="a file of another kind, or a damaged one",
            fix="Save the logo as PNG, or leave it out.",
        )
    return size


def picture_size(png: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG in pixels; None when it is none.

    Examples
    --------
    >>> picture_size(b"GIF89a") is None
    True
    """
    is_png = png[:8] == b"\x89PNG\r\n\x1a\n" and png[12:16] == b"IHDR" and b"IEND" in png[-12:]
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    return (width, height) if is_png and width and height else None


def set_properties(properties: Any, report: Report) -> None:  # noqa: ANN401  (either library's)
    """Fill in a document's properties from the report, and nothing from this computer.

    Parameters
    ----------
    properties : object
        `core_properties` of python-docx or python-pptx.
    report : Report
        What the document says.
    """
    day = datetime.datetime.combine(DOCUMENT_DATE, datetime.time())
    authors = ", ".join(map(plain_text, report.authors))
    values = {
        "title": plain_text(report.title),
        "subject": plain_text(report.period),
        "author": authors,
        "last_modified_by": authors,
        "language": LANGUAGE,
        "comments": plain_text(report.audience_note),
        **dict.fromkeys(("keywords", "category", "content_status", "identifier", "version"), ""),
    }
    for name, value in values.items():
        setattr(properties, name, value[:_LONGEST_PROPERTY])
    properties.revision = 1
    properties.created = day
    properties.modified = day


def drop_private_parts(main: Any) -> None:  # noqa: ANN401  (either library's)
    """Take out of a package what tells of programs and computers: previews, counts, printers.

    Parameters
    ----------
    main : object
        The main part of python-docx or python-pptx.
    """
    package = main.package
    outer = package.rels if hasattr(package, "rels") else package._rels
    _drop_relations(outer)
    _drop_relations(main.rels)
    for one in list(main.rels.values()):
        if one.reltype.endswith("/settings"):
            settings = one.target_part
            _drop_relations(settings.rels)
            for told in settings.element.xpath("./w:attachedTemplate | ./w:rsids"):
                settings.element.remove(told)


def _drop_relations(relations: Any) -> None:  # noqa: ANN401
    for name in [key for key, one in relations.items() if one.reltype.endswith(_PRIVATE)]:
        relations.pop(name)
