"""The pattern of our slides: 16:9, one typeface, places for title, list, picture and foot."""

from __future__ import annotations

import re
from typing import Any, Final

from parsoutcomes.report.office_text import ACCENT, CAUTION, INK, SOFT, TYPEFACE

POINT: Final = 12700
_WIDTH: Final = 960.0
_HEIGHT: Final = 540.0
_EDGE: Final = 43.0
_LINE: Final = _WIDTH - 2 * _EDGE

Box = tuple[float, float, float, float]

TITLE_BOX: Final[Box] = (_EDGE, 22.0, _LINE, 84.0)
BODY_BOX: Final[Box] = (_EDGE, 116.0, _LINE, 372.0)
PICTURE_BOX: Final[Box] = (_EDGE, 112.0, _LINE, 350.0)
CAPTION_BOX: Final[Box] = (_EDGE, 464.0, _LINE, 38.0)
# Beside a picture taller than wide, which so gets the whole height.
TALL_TITLE_BOX: Final[Box] = (_EDGE, 22.0, 300.0, 300.0)
TALL_PICTURE_BOX: Final[Box] = (_EDGE + 316.0, 22.0, _LINE - 316.0, 476.0)
TALL_CAPTION_BOX: Final[Box] = (_EDGE, 336.0, 300.0, 150.0)
LOGO_BOX: Final[Box] = (_EDGE, 40.0, 200.0, 70.0)
COVER_TITLE_BOX: Final[Box] = (_EDGE, 130.0, _LINE, 130.0)
_COVER_WORDS_BOX: Final[Box] = (_EDGE, 270.0, _LINE, 200.0)
_FOOT_BOX: Final[Box] = (_EDGE, 506.0, _LINE - 100.0, 24.0)
_NUMBER_BOX: Final[Box] = (_WIDTH - _EDGE - 90.0, 506.0, 90.0, 24.0)
COVER: Final = "Title Slide"
LIST: Final = "Title and Content"
PICTURE: Final = "Title Only"
_DECLARED: Final = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


def in_emu(box: Box) -> tuple[int, int, int, int]:
    """Return a box in the unit of the file."""
    left, top, width, height = (round(one * POINT) for one in box)
    return left, top, width, height


def set_pattern(presentation: Any) -> None:  # noqa: ANN401
    """Make the pattern wide, drop what no slide of ours uses, set type and places.

    Parameters
    ----------
    presentation : pptx.presentation.Presentation
        New, with the library's own pattern.
    """
    presentation.slide_width, presentation.slide_height = (
        round(one * POINT) for one in (_WIDTH, _HEIGHT)
    )
    presentation.element.xpath("./p:sldSz")[0].attrib.pop("type", None)
    for layout in list(presentation.slide_layouts):
        if layout.name not in (COVER, LIST, PICTURE):
            presentation.slide_layouts.remove(layout)
    master = presentation.slide_master
    for pattern in (master, *presentation.slide_layouts):
        _drop_dates(pattern)
    boxes = {"title": TITLE_BOX, "body": BODY_BOX, "ftr": _FOOT_BOX, "sldNum": _NUMBER_BOX}
    for shape in master.placeholders:
        _place(shape, boxes[shape._element.ph.get("type")])
    cover = presentation.slide_layouts.get_by_name(COVER)
    for shape in cover.placeholders:
        kind = shape._element.ph.get("type")
        if kind in ("ctrTitle", "subTitle"):
            _place(shape, COVER_TITLE_BOX if kind == "ctrTitle" else _COVER_WORDS_BOX)
            _set_cover_words(shape._element.xpath(".//a:lstStyle")[0])
    _set_type(master)
    _set_theme(master)


def _set_cover_words(style: Any) -> None:  # noqa: ANN401
    """Set lines from the left edge without bullets."""
    from pptx.oxml import parse_xml  # noqa: PLC0415

    for told in list(style):
        style.remove(told)
    line = f'<a:lvl1pPr {_DECLARED} marL="0" indent="0" algn="l"><a:buNone/></a:lvl1pPr>'
    style.append(parse_xml(line))


def _drop_dates(pattern: Any) -> None:  # noqa: ANN401
    for shape in pattern._element.xpath('.//p:sp[.//p:ph[@type="dt"]]'):
        shape.getparent().remove(shape)


def _place(shape: Any, box: Box) -> None:  # noqa: ANN401
    shape.left, shape.top, shape.width, shape.height = in_emu(box)


def _set_type(master: Any) -> None:  # noqa: ANN401
    title = master._element.xpath("./p:txStyles/p:titleStyle/a:lvl1pPr")[0]
    title.set("algn", "l")
    _set_run(title.find("{*}defRPr"), 2600, INK, is_bold=True)
    for shape in master.placeholders:
        kind = shape._element.ph.get("type")
        body = shape._element.xpath(".//a:bodyPr")[0]
        if kind == "title":
            body.set("anchor", "b")
        if kind in ("ftr", "sldNum"):
            style = shape._element.xpath(".//a:lstStyle/a:lvl1pPr")[0]
            style.set("algn", "l" if kind == "ftr" else "r")
            colour = CAUTION if kind == "ftr" else SOFT
            _set_run(style.find("{*}defRPr"), 1100, colour, is_bold=kind == "ftr")
    first = master._element.xpath("./p:txStyles/p:bodyStyle/a:lvl1pPr")[0]
    _set_run(first.find("{*}defRPr"), 2000, INK, is_bold=False)


def _set_run(properties: Any, hundredths: int, colour: str, *, is_bold: bool) -> None:  # noqa: ANN401
    from pptx.oxml import parse_xml  # noqa: PLC0415

    properties.set("sz", str(hundredths))
    properties.set("b", str(int(is_bold)))
    for old in properties.findall("{*}solidFill"):
        properties.remove(old)
    fill = f'<a:solidFill {_DECLARED}><a:srgbClr val="{colour}"/></a:solidFill>'
    properties.insert(0, parse_xml(fill))


def _set_theme(master: Any) -> None:  # noqa: ANN401
    """Set one typeface and one accent for all."""
    for one in master.part.rels.values():
        if one.reltype.endswith("/theme"):
            theme = one.target_part
            text = theme.blob.decode("utf-8")
            text = re.sub(
                r'(<a:(?:major|minor)Font>\s*<a:latin typeface=")[^"]*', rf"\g<1>{TYPEFACE}", text
            )
            text = re.sub(r'(<a:accent1>\s*<a:srgbClr val=")[^"]*', rf"\g<1>{ACCENT}", text)
            theme._blob = text.encode("utf-8")
