"""A deck of wide slides: its pattern, its titles, lists and pictures, each with notes."""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from typing import Any, Final

from parsoutcomes.report.office_text import CAUTION, LANGUAGE, SOFT
from parsoutcomes.report.pptx_fit import fit_title, shorten
from parsoutcomes.report.pptx_pattern import (
    CAPTION_BOX,
    COVER,
    COVER_TITLE_BOX,
    LIST,
    LOGO_BOX,
    PICTURE,
    PICTURE_BOX,
    TALL_CAPTION_BOX,
    TALL_PICTURE_BOX,
    TALL_TITLE_BOX,
    TITLE_BOX,
    Box,
    in_emu,
    set_pattern,
)

_COVER_POINTS: Final = 18.0
_MOST_LINES_ON_COVER: Final = 2
_CAPTION_POINTS: Final = 10.0
_CAPTION_LINES: Final = 3
_TALL_CAPTION_LINES: Final = 11
# Height over width from which a picture stands beside its title and not beneath.
_TALL: Final = 0.75
_PLACES: Final = (TITLE_BOX, PICTURE_BOX, CAPTION_BOX)
_TALL_PLACES: Final = (TALL_TITLE_BOX, TALL_PICTURE_BOX, TALL_CAPTION_BOX)


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
        set_pattern(self.presentation)

    def add_cover(self, title: str, lines: Sequence[str], *, foot_line: str) -> Any:  # noqa: ANN401
        """Add the first slide: a title and lines under it, the last of them set apart.

        Returns
        -------
        slide
        """
        slide = self._add(COVER)
        text, points = fit_title(title, box_height=COVER_TITLE_BOX[3])
        _write(slide.shapes.title, [text], points + 6)
        told = [shorten(line, _COVER_POINTS, _MOST_LINES_ON_COVER) for line in (*lines, foot_line)]
        _write(slide.placeholders[1], told, _COVER_POINTS)
        last = slide.placeholders[1].text_frame.paragraphs[-1].runs[0]
        _colour(last, CAUTION)
        last.font.bold = True
        self._finish(slide)
        return slide

    def add_list(self, title: str, items: Sequence[str], points: float) -> Any:  # noqa: ANN401
        """Add a slide with a title and points of equal rank."""
        slide = self._add(LIST)
        text, size = fit_title(title)
        _write(slide.shapes.title, [text], size)
        _write(slide.placeholders[1], items, points)
        self._finish(slide)
        return slide

    def add_picture(
        self,
        title: str,
        png: bytes,
        size: tuple[int, int],
        *,
        alt: str,
        caption: str,
        name: str,
        cut_above: float = 0.0,
    ) -> Any:  # noqa: ANN401
        """Add a slide with a title, one picture, less its own title if told, and its caption."""
        slide = self._add(PICTURE)
        is_tall = size[1] * (1.0 - cut_above) > _TALL * size[0]
        places, lines = (
            (_TALL_PLACES, _TALL_CAPTION_LINES) if is_tall else (_PLACES, _CAPTION_LINES)
        )
        head, picture, beneath = places
        text, points = fit_title(title, box_height=head[3], box_width=head[2])
        _write(slide.shapes.title, [text], points)
        if is_tall:
            _place_at_top(slide.shapes.title, head)
        put_picture(slide, png, size, picture, alt=alt, name=name, cut_above=cut_above)
        box = slide.shapes.add_textbox(*in_emu(beneath))
        box.name = "Caption"
        told = shorten(caption, _CAPTION_POINTS, lines, box_width=beneath[2])
        _write(box, [told], _CAPTION_POINTS)
        _colour(box.text_frame.paragraphs[0].runs[0], SOFT)
        self._finish(slide)
        return slide

    def put_logo(self, slide: Any, png: bytes, size: tuple[int, int], alt: str) -> None:  # noqa: ANN401
        """Put a logo above the title of the first slide."""
        put_picture(slide, png, size, LOGO_BOX, alt=alt, name="Logo", is_centred=False)

    def save(self) -> bytes:
        """Return the deck as a file, all of it marked as British English."""
        for element in self._elements():
            for dated in element.xpath('.//p:sp[.//p:ph[@type="dt"]]'):
                dated.getparent().remove(dated)
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
                _write_foot(told.paragraphs[0], self._foot)
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
    cut_above: float = 0.0,
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
    cut_above : float
        Share of the picture's height, from its top, that is not shown.
    """
    left, top, width, height = box
    shown = size[1] * (1.0 - cut_above)
    scale = min(width / size[0], height / shown)
    wide, high = size[0] * scale, shown * scale
    aside = (width - wide) / 2 if is_centred else 0.0
    place = (left + aside, top + (height - high) / 2, wide, high)
    picture = slide.shapes.add_picture(io.BytesIO(png), *in_emu(place))
    picture.crop_top = cut_above
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


def _place_at_top(shape: Any, box: Box) -> None:  # noqa: ANN401
    from pptx.enum.text import MSO_ANCHOR  # noqa: PLC0415

    shape.left, shape.top, shape.width, shape.height = in_emu(box)
    shape.text_frame.vertical_anchor = MSO_ANCHOR.TOP


def _write_foot(paragraph: Any, foot: str) -> None:  # noqa: ANN401
    """Write the foot with its looks in full, since some programs do not take them over."""
    from pptx.enum.text import PP_ALIGN  # noqa: PLC0415
    from pptx.util import Pt  # noqa: PLC0415

    paragraph.alignment = PP_ALIGN.LEFT
    run = paragraph.add_run()
    run.text = foot
    run.font.size = Pt(11)
    run.font.bold = True
    run.font.name = "+mn-lt"
    _colour(run, CAUTION)


def _colour(run: Any, colour: str) -> None:  # noqa: ANN401
    from pptx.dml.color import RGBColor  # noqa: PLC0415

    # The class has no types of its own.
    named: Any = RGBColor
    run.font.color.rgb = named.from_string(colour)
