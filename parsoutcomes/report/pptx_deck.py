"""A deck of wide slides: its pattern, its titles, lists and pictures, each with notes."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Sequence
from typing import Any, Final

from parsoutcomes.report.office_text import (
    ACCENT,
    CAUTION,
    INK,
    LANGUAGE,
    SOFT,
    TYPEFACE,
    width_points,
)

POINT: Final = 12700
TITLE_SIZES: Final = (26.0, 24.0, 22.0, 20.0, 18.0, 16.0)
LIST_SIZES: Final = (20.0, 18.0, 16.0, 14.0)
_WIDTH: Final = 960.0
_HEIGHT: Final = 540.0
_EDGE: Final = 43.0
_TITLE_BOX: Final = (_EDGE, 22.0, _WIDTH - 2 * _EDGE, 84.0)
_BODY_BOX: Final = (_EDGE, 116.0, _WIDTH - 2 * _EDGE, 372.0)
_PICTURE_BOX: Final = (_EDGE, 112.0, _WIDTH - 2 * _EDGE, 362.0)
_CAPTION_BOX: Final = (_EDGE, 476.0, _WIDTH - 2 * _EDGE, 24.0)
_FOOT_BOX: Final = (_EDGE, 506.0, _WIDTH - 2 * _EDGE - 100.0, 24.0)
_NUMBER_BOX: Final = (_WIDTH - _EDGE - 90.0, 506.0, 90.0, 24.0)
_COVER_TITLE_BOX: Final = (_EDGE, 130.0, _WIDTH - 2 * _EDGE, 130.0)
_COVER_WORDS_BOX: Final = (_EDGE, 270.0, _WIDTH - 2 * _EDGE, 200.0)
_LOGO_BOX: Final = (_EDGE, 40.0, 200.0, 70.0)
_LINE: Final = 1.2
_INSET: Final = 16.0
_BULLET_INDENT: Final = 27.0
_SPACE_BETWEEN: Final = 8.0
_LAYOUTS: Final = ("Title Slide", "Title and Content", "Title Only")
_NUMBER_FIELD: Final = "{5E1B1A40-0000-4000-8000-000000000001}"

Box = tuple[float, float, float, float]


def n_lines(text: str, points: float, available: float, *, is_bold: bool = False) -> int:
    """Return about how many lines a text takes, words longer than a line being broken.

    Parameters
    ----------
    text : str
        From `plain_text`.
    points : float
        Type size.
    available : float
        Width of a line, in points.
    is_bold : bool
        Whether it is set bold.

    Returns
    -------
    int

    Examples
    --------
    >>> n_lines("Of 84 pars, 43 united.", 20, 800), n_lines("word " * 100, 20, 800)
    (1, 8)
    """
    lines, filled = 1, 0.0
    for word in text.split(" "):
        wide = width_points(word + " ", points, is_bold=is_bold)
        if filled + wide > available and filled:
            lines, filled = lines + 1, 0.0
        lines += int(wide // available)
        filled += wide % available if wide > available else wide
    return lines


def fit_title(text: str, *, box_height: float = _TITLE_BOX[3]) -> tuple[str, float]:
    """Return a title and the size at which it fits; one too long at any size ends in "…".

    Parameters
    ----------
    text : str
        From `plain_text`.
    box_height : float
        Room for it, in points.

    Returns
    -------
    tuple
        Text and type size.

    Examples
    --------
    >>> fit_title("Most early pars united.")
    ('Most early pars united.', 26.0)
    """
    available = _TITLE_BOX[2] - _INSET
    for points in TITLE_SIZES:
        if n_lines(text, points, available, is_bold=True) * points * _LINE <= box_height - 6:
            return text, points
    points = TITLE_SIZES[-1]
    return shorten(text, points, int((box_height - 6) // (points * _LINE)), is_bold=True), points


def shorten(text: str, points: float, lines: int, *, is_bold: bool = False) -> str:
    """Return as much of a text as so many lines hold, with "…" where it was cut."""
    available = _TITLE_BOX[2] - _INSET - _BULLET_INDENT
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = n_lines(text[:middle] + "…", points, available, is_bold=is_bold) <= lines
        low, high = (middle, high) if fits else (low, middle - 1)
    return text if low == len(text) else text[:low].rstrip() + "…"


def fit_list(items: Sequence[str]) -> tuple[list[list[str]], float]:
    """Return points of a list as slides hold them, and the size at which they are set.

    Parameters
    ----------
    items : sequence of str
        From `plain_text`.

    Returns
    -------
    tuple
        One list of points per slide; type size.

    Examples
    --------
    >>> fit_list(["One.", "Two."])
    ([['One.', 'Two.']], 20.0)
    """
    for points in LIST_SIZES:
        if sum(_list_height(item, points) for item in items) <= _BODY_BOX[3]:
            return [list(items)], points
    points = LIST_SIZES[-1]
    most = int(_BODY_BOX[3] // (points * _LINE)) - 1
    slides: list[list[str]] = [[]]
    left = _BODY_BOX[3]
    for item in (shorten(one, points, most) for one in items):
        height = _list_height(item, points)
        if height > left and slides[-1]:
            slides.append([])
            left = _BODY_BOX[3]
        slides[-1].append(item)
        left -= height
    return slides, points


def _list_height(item: str, points: float) -> float:
    available = _BODY_BOX[2] - _INSET - _BULLET_INDENT
    return n_lines(item, points, available) * points * _LINE + _SPACE_BETWEEN


class Deck:
    """Slides in the making; each carries the same foot.

    Parameters
    ----------
    foot : str
        What stands on every slide.
    """

    def __init__(self, foot: str) -> None:
        import pptx  # noqa: PLC0415  (loaded only when slides are made)

        self.presentation: Any = pptx.Presentation()
        self._foot = foot
        _set_pattern(self.presentation)

    def add_cover(self, title: str, lines: Sequence[str], *, foot_line: str) -> Any:  # noqa: ANN401
        """Add the first slide: a title and lines under it, the last of them set apart.

        Returns
        -------
        slide
        """
        slide = self._add("Title Slide")
        text, points = fit_title(title, box_height=_COVER_TITLE_BOX[3])
        _write(slide.shapes.title, [text], points + 6)
        _write(slide.placeholders[1], [*lines, foot_line], 18.0)
        last = slide.placeholders[1].text_frame.paragraphs[-1].runs[0]
        _colour(last, CAUTION)
        last.font.bold = True
        self._finish(slide)
        return slide

    def add_list(self, title: str, items: Sequence[str], points: float) -> Any:  # noqa: ANN401
        """Add a slide with a title and points of equal rank."""
        slide = self._add("Title and Content")
        text, size = fit_title(title)
        _write(slide.shapes.title, [text], size)
        _write(slide.placeholders[1], items, points)
        self._finish(slide)
        return slide

    def add_picture(
        self, title: str, png: bytes, size: tuple[int, int], *, alt: str, caption: str, name: str
    ) -> Any:  # noqa: ANN401
        """Add a slide with a title, one picture and its caption."""
        slide = self._add("Title Only")
        text, points = fit_title(title)
        _write(slide.shapes.title, [text], points)
        put_picture(slide, png, size, _PICTURE_BOX, alt=alt, name=name)
        box = slide.shapes.add_textbox(*_emu(_CAPTION_BOX))
        box.name = "Caption"
        _write(box, [caption], 11.0)
        _colour(box.text_frame.paragraphs[0].runs[0], SOFT)
        self._finish(slide)
        return slide

    def put_logo(self, slide: Any, png: bytes, size: tuple[int, int], alt: str) -> None:  # noqa: ANN401
        """Put a logo above the title of the first slide."""
        put_picture(slide, png, size, _LOGO_BOX, alt=alt, name="Logo", is_centred=False)

    def save(self) -> bytes:
        """Return the deck as a file, all of it marked as British English."""
        for element in self._elements():
            for run in element.xpath(".//a:r | .//a:fld"):
                run.get_or_add_rPr()
            for told in element.xpath(".//a:rPr | .//a:endParaRPr | .//a:defRPr"):
                told.set("lang", LANGUAGE)
        packed = io.BytesIO()
        self.presentation.save(packed)
        return packed.getvalue()

    def _elements(self) -> list[Any]:
        deck = self.presentation
        noted = [slide.notes_slide._element for slide in deck.slides if slide.has_notes_slide]
        master = deck.slide_master
        return [
            *(slide._element for slide in deck.slides),
            *noted,
            deck.notes_master._element,
            master._element,
            *(layout._element for layout in master.slide_layouts),
        ]

    def _add(self, layout: str) -> Any:  # noqa: ANN401
        return self.presentation.slides.add_slide(
            self.presentation.slide_layouts.get_by_name(layout)
        )

    def _finish(self, slide: Any) -> None:  # noqa: ANN401
        """Put foot and number last, so that they are read last."""
        number = len(self.presentation.slides)
        for kind in ("ftr", "sldNum"):
            pattern = slide.slide_layout._element.xpath(f'.//p:sp[.//p:ph[@type="{kind}"]]')[0]
            shape = copy.deepcopy(pattern)
            slide.shapes._spTree.append(shape)
            taken = [int(one) for one in slide.shapes._spTree.xpath(".//p:cNvPr/@id")]
            shape.xpath(".//p:cNvPr")[0].set("id", str(max(taken) + 1))
            told = slide.shapes[-1].text_frame
            if kind == "ftr":
                told.text = self._foot
            else:
                for text in shape.xpath(".//a:fld/a:t"):
                    text.text = str(number)


def put_picture(
    slide: Any,  # noqa: ANN401
    png: bytes,
    size: tuple[int, int],
    box: Box,
    *,
    alt: str,
    name: str,
    is_centred: bool = True,
) -> None:
    """Put a picture into a box as large as it goes, with the words for those who cannot see it.

    Parameters
    ----------
    slide : pptx.slide.Slide
        Gets the picture.
    png : bytes
        The picture.
    size : tuple of int
        Its width and height in pixels.
    box : tuple of float
        Left, top, width and height, in points.
    alt, name : str
        What it shows; what the list of the slide's objects calls it.
    is_centred : bool
        False puts it at the box's left edge.
    """
    left, top, width, height = box
    scale = min(width / size[0], height / size[1])
    wide, high = size[0] * scale, size[1] * scale
    aside = (width - wide) / 2 if is_centred else 0.0
    place = (left + aside, top + (height - high) / 2, wide, high)
    picture = slide.shapes.add_picture(io.BytesIO(png), *_emu(place))
    described = picture._element.xpath("./p:nvPicPr/p:cNvPr")[0]
    described.set("descr", alt)
    described.set("name", name)


def put_notes(slide: Any, lines: Sequence[str]) -> None:  # noqa: ANN401
    """Write a slide's notes, one paragraph a line."""
    frame = slide.notes_slide.notes_text_frame
    frame.text = lines[0]
    for line in lines[1:]:
        frame.add_paragraph().text = line


def _write(shape: Any, lines: Sequence[str], points: float) -> None:  # noqa: ANN401
    from pptx.util import Pt  # noqa: PLC0415

    frame = shape.text_frame
    frame.word_wrap = True
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        run = paragraph.add_run()
        run.text = line
        run.font.size = Pt(points)


def _colour(run: Any, colour: str) -> None:  # noqa: ANN401
    from pptx.dml.color import RGBColor  # noqa: PLC0415

    run.font.color.rgb = RGBColor.from_string(colour)


def _emu(box: Box) -> tuple[int, int, int, int]:
    left, top, width, height = (round(one * POINT) for one in box)
    return left, top, width, height


def _set_pattern(presentation: Any) -> None:  # noqa: ANN401
    """Make the pattern wide, drop what no slide of ours uses, set type and places."""
    presentation.slide_width, presentation.slide_height = (
        round(one * POINT) for one in (_WIDTH, _HEIGHT)
    )
    presentation.element.xpath("./p:sldSz")[0].attrib.pop("type", None)
    for layout in list(presentation.slide_layouts):
        if layout.name not in _LAYOUTS:
            presentation.slide_layouts.remove(layout)
    master = presentation.slide_master
    for pattern in (master, *presentation.slide_layouts):
        _drop_dates(pattern)
    boxes = {"title": _TITLE_BOX, "body": _BODY_BOX, "ftr": _FOOT_BOX, "sldNum": _NUMBER_BOX}
    for shape in master.placeholders:
        _place(shape, boxes[shape._element.ph.get("type")])
    cover = presentation.slide_layouts.get_by_name("Title Slide")
    for shape in cover.placeholders:
        kind = shape._element.ph.get("type")
        if kind in ("ctrTitle", "subTitle"):
            _place(shape, _COVER_TITLE_BOX if kind == "ctrTitle" else _COVER_WORDS_BOX)
            for told in shape._element.xpath(".//a:lstStyle/*"):
                told.getparent().remove(told)
    _set_type(master)
    _set_theme(master)


def _drop_dates(pattern: Any) -> None:  # noqa: ANN401
    for shape in pattern._element.xpath('.//p:sp[.//p:ph[@type="dt"]]'):
        shape.getparent().remove(shape)


def _place(shape: Any, box: Box) -> None:  # noqa: ANN401
    shape.left, shape.top, shape.width, shape.height = _emu(box)


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
    declared = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    fill = f'<a:solidFill {declared}><a:srgbClr val="{colour}"/></a:solidFill>'
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
