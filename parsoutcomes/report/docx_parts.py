"""Pieces of a Word document that python-docx has no call for."""

from __future__ import annotations

from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DECLARED: Final = f'xmlns:w="{WORD}"'
# What may follow borders and shading in the properties of a paragraph, as the schema orders it.
_AFTER_SHADING: Final = (
    *("w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct"),
    *("w:topLinePunct", "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd"),
    *("w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents"),
    *("w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment", "w:textboxTightWrap"),
    *("w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange"),
)
_AFTER_NUMBERING: Final = ("w:suppressLineNumbers", "w:pBdr", "w:shd", *_AFTER_SHADING)
_AFTER_OUTLINE: Final = ("w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange")


def make(xml: str) -> Any:  # noqa: ANN401  (an element of lxml, which has no types)
    """Return the element that a piece of XML stands for; `w:` is declared in it.

    Parameters
    ----------
    xml : str
        One element, its texts escaped.

    Returns
    -------
    element
    """
    from docx.oxml import parse_xml  # noqa: PLC0415  (loaded only when a document is made)

    head, space, rest = xml.partition(" ")
    name, bracket, body = head.partition(">")
    if bracket:
        return parse_xml(f"{name} {DECLARED}>{body}{space}{rest}")
    return parse_xml(f"{head} {DECLARED}{space}{rest}")


def run_xml(text: str, *, points: float = 0.0, style: str = "", is_bold: bool = False) -> str:
    """Return a run of plain text.

    Parameters
    ----------
    text : str
        From `plain_text`.
    points : float
        Type size; that of the paragraph when 0.
    style : str
        Id of a character style.
    is_bold : bool
        Whether it is set bold.

    Returns
    -------
    str
    """
    properties = (f"<w:rStyle w:val={quoteattr(style)}/>" if style else "") + (
        "<w:b/>" if is_bold else ""
    )
    if points:
        properties += f'<w:sz w:val="{round(points * 2)}"/><w:szCs w:val="{round(points * 2)}"/>'
    told = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{told}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def link_xml(text: str, anchor: str, *, style: str, points: float = 0.0) -> str:
    """Return a link to a bookmark of the same document.

    Parameters
    ----------
    text : str
        From `plain_text`.
    anchor : str
        Name of the bookmark.
    style : str
        Id of a character style.
    points : float
        Type size; that of the paragraph when 0.

    Returns
    -------
    str
    """
    shown = run_xml(text, points=points, style=style)
    return f'<w:hyperlink w:anchor={quoteattr(anchor)} w:history="1">{shown}</w:hyperlink>'


def field_xml(instruction: str, shown: str) -> str:
    """Return a field that the word processor works out, with what it shows until then."""
    inside = run_xml(shown) if shown else "<w:r/>"
    return f'<w:fldSimple w:instr=" {instruction} ">{inside}</w:fldSimple>'


def put_shading(properties: Any, *, ground: str, rule: str) -> None:  # noqa: ANN401
    """Give a style's paragraphs a ground and a rule on the left, in place of those they have.

    Parameters
    ----------
    properties : element
        Paragraph properties.
    ground, rule : str
        Colours; none when empty.
    """
    for old in properties.xpath("./w:pBdr | ./w:shd"):
        properties.remove(old)
    if rule:
        line = f'<w:left w:val="single" w:sz="24" w:space="8" w:color="{rule}"/>'
        properties.insert_element_before(make(f"<w:pBdr>{line}</w:pBdr>"), "w:shd", *_AFTER_SHADING)
    if ground:
        shading = make(f'<w:shd w:val="clear" w:color="auto" w:fill="{ground}"/>')
        properties.insert_element_before(shading, *_AFTER_SHADING)


def put_outline(properties: Any, level: int) -> None:  # noqa: ANN401
    """Make a style's paragraphs headings of a level, 1 being the highest."""
    for old in properties.xpath("./w:outlineLvl"):
        properties.remove(old)
    properties.insert_element_before(make(f'<w:outlineLvl w:val="{level - 1}"/>'), *_AFTER_OUTLINE)


def put_bullet(document: Any, properties: Any) -> None:  # noqa: ANN401
    """Make a style's paragraphs points of a list, with a definition of their own.

    Parameters
    ----------
    document : docx.document.Document
        Gets the definition.
    properties : element
        Paragraph properties of the style.
    """
    numbering = _numbering(document)
    taken = numbering.xpath("./w:abstractNum/@w:abstractNumId | ./w:num/@w:numId")
    number = max((int(one) for one in taken), default=0) + 1
    level = (
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/>'
        '<w:lvlText w:val="•"/><w:lvlJc w:val="left"/>'
        '<w:pPr><w:ind w:left="360" w:hanging="360"/></w:pPr></w:lvl>'
    )
    pattern = make(f'<w:abstractNum w:abstractNumId="{number}">{level}</w:abstractNum>')
    first = numbering.xpath("./w:num")
    if first:
        first[0].addprevious(pattern)
    else:
        numbering.append(pattern)
    used = f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'
    last = numbering.xpath("./w:abstractNum | ./w:num")[-1]
    last.addnext(make(used))
    asked = make(f'<w:numPr><w:numId w:val="{number}"/></w:numPr>')
    properties.insert_element_before(asked, *_AFTER_NUMBERING)


def _numbering(document: Any) -> Any:  # noqa: ANN401
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE  # noqa: PLC0415
    from docx.opc.packuri import PackURI  # noqa: PLC0415
    from docx.parts.numbering import NumberingPart  # noqa: PLC0415

    part = document.part
    if not any(one.reltype == RELATIONSHIP_TYPE.NUMBERING for one in part.rels.values()):
        name = PackURI("/word/numbering.xml")
        empty = make("<w:numbering></w:numbering>")
        added = NumberingPart(name, CONTENT_TYPE.WML_NUMBERING, empty, part.package)
        part.relate_to(added, RELATIONSHIP_TYPE.NUMBERING)
    return part.numbering_part.element
