"""Figures as files: SVG with real text, PNG at 300 dots an inch; same result, same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes

from parsoutcomes.figures.style import (
    Header,
    detached_axes,
    figure_of,
    read_header,
    style_context,
)

PNG_DOTS_PER_INCH: Final = 300
# A third less time than the library's default of 6, for files a fifth larger.
PNG_COMPRESSION: Final = 3
FONT_FAMILIES: Final = "'DejaVu Sans', Verdana, Arial, sans-serif"


def draw_figure(
    plot: Callable[..., Axes],
    result: Any,  # noqa: ANN401  (whatever the plot function takes)
    *,
    size_inches: tuple[float, float],
    caption: str,
    alt: str,
) -> tuple[str, bytes]:
    """Draw a result and return the figure as SVG text and PNG bytes.

    Parameters
    ----------
    plot : callable
        One of the `plot_` functions.
    result : object
        What `plot` takes.
    size_inches : tuple of float
        Width and height.
    caption, alt : str
        Title and description inside the SVG.

    Returns
    -------
    tuple
        SVG and PNG.
    """
    drawn = draw_forms(plot, result, size_inches=size_inches, caption=caption, alt=alt)
    return drawn.svg, drawn.png


@dataclass(frozen=True, kw_only=True)
class DrawnFigure:
    """A figure as SVG text and PNG bytes, and the words drawn above it, if any."""

    svg: str
    png: bytes
    header: Header | None


def draw_forms(
    plot: Callable[..., Axes],
    result: Any,  # noqa: ANN401
    *,
    size_inches: tuple[float, float],
    caption: str,
    alt: str,
) -> DrawnFigure:
    """Draw a result as `draw_figure` does, and tell its title and subtitle apart."""
    ax = plot(result, ax=detached_axes(size_inches))
    figure = figure_of(ax)
    drawn, pixels = io.StringIO(), io.BytesIO()
    with style_context(), mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "parsoutcomes"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
        figure.savefig(
            pixels,
            format="png",
            dpi=PNG_DOTS_PER_INCH,
            metadata={"Software": None},
            pil_kwargs={"compress_level": PNG_COMPRESSION},
        )
    svg = _describe_svg(drawn.getvalue(), caption, alt)
    return DrawnFigure(svg=svg, png=pixels.getvalue(), header=read_header(figure))


def _describe_svg(svg: str, caption: str, alt: str) -> str:
    """Put title and description first, name fallback fonts, drop the empty metadata."""
    without_metadata = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    families = f"font-family: {FONT_FAMILIES}"
    drawing = without_metadata.replace("font-family: 'DejaVu Sans'", families)
    title = f'<title id="title">{escape(caption)}</title>'
    description = f'<desc id="desc">{escape(alt)}</desc>'
    head, bracket, rest = drawing.partition('version="1.1">')
    head = head.replace("<svg ", '<svg role="img" aria-labelledby="title desc" ', 1)
    return f"{head}{bracket}\n {title}\n {description}{rest}"


def inline_svg(svg: str, prefix: str) -> str:
    """Return an SVG file's drawing as it may stand inside a page.

    Ids are made unique to the page, and style attributes become presentation attributes, so that
    the page's content security policy need not allow inline styles.

    Parameters
    ----------
    svg : str
        From `draw_figure`.
    prefix : str
        Put before every id.

    Returns
    -------
    str

    Examples
    --------
    >>> inline_svg('<svg width="1pt" height="2pt"><g id="a" style="fill: red"/></svg>', "f")
    '<svg><g id="f-a" fill="red"/></svg>'
    """
    drawing = svg[svg.index("<svg") :].strip()
    drawing = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r'^(<svg\b[^>]*?) width="[^"]*" height="[^"]*"', r"\1", drawing)
    drawing = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', drawing)
    drawing = re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{prefix}-\1"', drawing)
    drawing = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", drawing)
    drawing = drawing.replace(
        'aria-labelledby="title desc"', f'aria-labelledby="{prefix}-title {prefix}-desc"'
    )
    return re.sub(r' style="([^"]*)"', _as_attributes, drawing)


def _as_attributes(match: re.Match[str]) -> str:
    pairs = [part.split(":", 1) for part in match.group(1).split(";") if part.strip()]
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)
