"""Styles of the Word document: ours where we set the page, the template's where it has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from parsoutcomes.report.docx_parts import make, put_bullet, put_outline, put_shading
from parsoutcomes.report.office_text import (
    ACCENT,
    ACCENT_GROUND,
    CAUTION,
    CAUTION_GROUND,
    INK,
    LANGUAGE,
    REFUSAL_GROUND,
    RULE,
    SOFT,
    TYPEFACE,
)


@dataclass(frozen=True, kw_only=True)
class _Look:
    points: float = 0.0
    is_bold: bool | None = None
    color: str = ""
    before: float = 0.0
    after: float = 0.0
    indent: float = 0.0
    hanging: float = 0.0
    ground: str = ""
    rule: str = ""
    is_kept_with_next: bool = False
    level: int = 0
    is_bullet: bool = False


BODY: Final = "Normal"
TITLE: Final = "Title"
HEADING: Final = "Heading 1"
CAPTION: Final = "Caption"
BULLET: Final = "List Bullet"
LINK: Final = "Hyperlink"
CONTENTS_HEAD: Final = "TOC Heading"
CONTENTS_LINE: Final = "toc 1"
SOURCE: Final = "Report Source"
TABLE: Final = "Report Table"
CELL: Final = "Report Cell"
FIGURE: Final = "Report Figure"
SMALL: Final = "Report Small"
FINDING: Final = "Report Finding"
COMMENT: Final = "Report Comment"
TERM: Final = "Report Term"
AUDIENCE: Final = "Report Audience"
CLINIC: Final = "Report Clinic"
NOTES: Final = {
    "caution": "Report Caution",
    "refusal": "Report Refusal",
    "scope": "Report Scope",
}
NOTE_POINTS: Final = {kind: f"{name} Point" for kind, name in NOTES.items()}
_NOTE_COLOURS: Final = {
    "caution": (CAUTION_GROUND, CAUTION),
    "refusal": (REFUSAL_GROUND, SOFT),
    "scope": (CAUTION_GROUND, CAUTION),
}


def _note_look(kind: str, *, is_bullet: bool = False) -> _Look:
    ground, rule = _NOTE_COLOURS[kind]
    return _Look(
        points=9.5,
        after=4,
        indent=24 if is_bullet else 10,
        hanging=12 if is_bullet else 0,
        ground=ground,
        rule=rule,
        is_bullet=is_bullet,
    )


_BUILT_IN: Final[dict[str, _Look]] = {
    BODY: _Look(after=6),
    TITLE: _Look(points=24, is_bold=True, color=INK, after=6),
    HEADING: _Look(
        points=16, is_bold=True, color=ACCENT, before=20, after=6, is_kept_with_next=True, level=1
    ),
    CAPTION: _Look(points=9.5, is_bold=True, color=INK, before=10, after=4),
    BULLET: _Look(after=3, is_bullet=True),
    CONTENTS_HEAD: _Look(
        points=12, is_bold=True, color=ACCENT, before=14, after=4, is_kept_with_next=True
    ),
    CONTENTS_LINE: _Look(after=2),
}
_OURS: Final[dict[str, _Look]] = {
    CLINIC: _Look(points=12, is_bold=True, color=ACCENT, after=2),
    AUDIENCE: _Look(points=9, is_bold=True, color=CAUTION, after=4),
    FINDING: _Look(before=2, after=8, indent=10, ground=ACCENT_GROUND, rule=ACCENT),
    **{name: _note_look(kind) for kind, name in NOTES.items()},
    **{name: _note_look(kind, is_bullet=True) for kind, name in NOTE_POINTS.items()},
    COMMENT: _Look(before=2, after=6, indent=10, rule=RULE),
    TERM: _Look(after=4),
    FIGURE: _Look(before=8, after=2, is_kept_with_next=True),
    SMALL: _Look(points=8.5, color=SOFT, after=8),
    CELL: _Look(points=9),
}
_TABLE_XML: Final = (
    '<w:style w:type="table" w:customStyle="1" w:styleId="ReportTable">'
    '<w:name w:val="{name}"/><w:uiPriority w:val="99"/><w:tblPr><w:tblBorders>'
    '<w:top w:val="single" w:sz="6" w:space="0" w:color="{rule}"/>'
    '<w:bottom w:val="single" w:sz="6" w:space="0" w:color="{rule}"/>'
    '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="{rule}"/></w:tblBorders>'
    '<w:tblCellMar><w:top w:w="40" w:type="dxa"/><w:left w:w="70" w:type="dxa"/>'
    '<w:bottom w:w="40" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>'
    '<w:bottom w:val="single" w:sz="12" w:space="0" w:color="{soft}"/></w:tcBorders></w:tcPr>'
    '</w:tblStylePr><w:tblStylePr w:type="firstCol"><w:rPr><w:b/></w:rPr></w:tblStylePr></w:style>'
)


def set_styles(document: Any, *, is_ours: bool) -> None:  # noqa: ANN401
    """Give a document every style that the report uses.

    Parameters
    ----------
    document : docx.document.Document
        Ours, or a template's.
    is_ours : bool
        True sets all of them. False leaves each style that the template has as it is, also those
        that begin with "Report", and adds only those that it lacks.
    """
    if is_ours:
        _set_defaults(document)
    names = {style.name for style in document.styles}
    for looks, built_in in ((_BUILT_IN, True), (_OURS, False)):
        for name, look in looks.items():
            is_there = name in names
            if is_ours or not is_there:
                _set_paragraph_style(document, name, look, is_there=is_there, built_in=built_in)
    _set_link(document, names)
    _set_source(document, names)
    if TABLE not in names:
        xml = _TABLE_XML.format(name=TABLE, rule=RULE, soft=SOFT)
        document.styles.element.append(make(xml))
    _set_language(document)


def style_id(document: Any, name: str) -> str:  # noqa: ANN401
    """Return the id by which a document's parts name a style."""
    return str(document.styles[name].style_id)


def _set_paragraph_style(
    document: Any,  # noqa: ANN401
    name: str,
    look: _Look,
    *,
    is_there: bool,
    built_in: bool,
) -> None:
    from docx.enum.style import WD_STYLE_TYPE  # noqa: PLC0415

    styles = document.styles
    if is_there:
        style = styles[name]
    else:
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=built_in)
        base = styles.default(WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = None if name == BODY else base
        style.quick_style = True
        style.hidden = False
    _set_type(style, look)
    _set_paragraph(style, look)
    properties = style.element.get_or_add_pPr()
    put_shading(properties, ground=look.ground, rule=look.rule)
    if look.level:
        put_outline(properties, look.level)
    if look.is_bullet and not is_there:
        put_bullet(document, properties)


def _set_type(style: Any, look: _Look) -> None:  # noqa: ANN401
    from docx.shared import Pt, RGBColor  # noqa: PLC0415

    for fonts in style.element.xpath("./w:rPr/w:rFonts"):
        fonts.getparent().remove(fonts)
    if look.points:
        style.font.size = Pt(look.points)
    if look.is_bold is not None:
        style.font.bold = look.is_bold
    if look.color:
        style.font.color.rgb = RGBColor.from_string(look.color)


def _set_paragraph(style: Any, look: _Look) -> None:  # noqa: ANN401
    from docx.shared import Pt  # noqa: PLC0415

    layout = style.paragraph_format
    layout.space_before = Pt(look.before)
    layout.space_after = Pt(look.after)
    layout.keep_with_next = look.is_kept_with_next
    if look.indent:
        layout.left_indent = Pt(look.indent)
    if look.hanging:
        layout.first_line_indent = Pt(-look.hanging)


def _set_link(document: Any, names: set[str]) -> None:  # noqa: ANN401
    from docx.enum.style import WD_STYLE_TYPE  # noqa: PLC0415
    from docx.shared import RGBColor  # noqa: PLC0415

    if LINK not in names:
        style = document.styles.add_style(LINK, WD_STYLE_TYPE.CHARACTER, builtin=True)
        style.font.color.rgb = RGBColor.from_string(ACCENT)
        style.font.underline = True


def _set_source(document: Any, names: set[str]) -> None:  # noqa: ANN401
    from docx.enum.style import WD_STYLE_TYPE  # noqa: PLC0415
    from docx.shared import Pt, RGBColor  # noqa: PLC0415

    if SOURCE not in names:
        style = document.styles.add_style(SOURCE, WD_STYLE_TYPE.CHARACTER)
        style.font.color.rgb = RGBColor.from_string(SOFT)
        style.font.size = Pt(8)
        style.font.bold = False


def _set_defaults(document: Any) -> None:  # noqa: ANN401
    """Set one typeface for all, in place of the theme's."""
    from docx.shared import Pt  # noqa: PLC0415

    named = " ".join(f'w:{one}="{TYPEFACE}"' for one in ("ascii", "hAnsi", "cs", "eastAsia"))
    for old in document.styles.element.xpath("./w:docDefaults/w:rPrDefault/w:rPr/w:rFonts"):
        old.getparent().replace(old, make(f"<w:rFonts {named}/>"))
    normal = document.styles[BODY]
    normal.font.size = Pt(10)
    normal.paragraph_format.line_spacing = 1.15


def _set_language(document: Any) -> None:  # noqa: ANN401
    language = make(f'<w:lang w:val="{LANGUAGE}" w:eastAsia="{LANGUAGE}" w:bidi="ar-SA"/>')
    for told in document.settings.element.xpath("./w:themeFontLang"):
        told.getparent().replace(told, make(f'<w:themeFontLang w:val="{LANGUAGE}"/>'))
    root = document.styles.element
    for old in root.xpath(".//w:rPr/w:lang"):
        old.getparent().remove(old)
    found = root.xpath("./w:docDefaults/w:rPrDefault/w:rPr")
    if found:
        found[0].append(language)
        return
    document.styles[BODY].element.get_or_add_rPr().append(language)
