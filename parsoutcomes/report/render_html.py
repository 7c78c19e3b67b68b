"""Content to one self-contained HTML page: no script, no request, no inline style."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from parsoutcomes.report.content import Block, Report
from parsoutcomes.report.figure_files import inline_svg
from parsoutcomes.tables.display import DisplayTable

_TEMPLATE: Final = "report.html.j2"
_NOTE_HEADS: Final = {
    "caution": "Beware.",
    "refusal": "Not available.",
    "scope": "What this does not show.",
}


def render_html(report: Report) -> str:
    """Set a report as one HTML page.

    Parameters
    ----------
    report : Report
        Finished content; all of its text is escaped here.

    Returns
    -------
    str
    """
    style = _read_template("report.css")
    figures = report.figures()
    page: str = (
        _environment()
        .get_template(_TEMPLATE)
        .render(
            report=report,
            style=Markup(style),
            policy=_policy(style, has_logo=bool(report.logo)),
            logo=_logo_address(report.logo),
            drawings={figure.id: Markup(inline_svg(figure.svg, figure.id)) for figure in figures},
            figure_numbers={figure.id: number for number, figure in enumerate(figures, start=1)},
            note_heads=_NOTE_HEADS,
            section_titles=report.section_titles(),
            kind_of=_kind_of,
            is_number=_is_number,
        )
    )
    return page


@cache
def _environment() -> Environment:
    return Environment(
        loader=DictLoader({_TEMPLATE: _read_template(_TEMPLATE)}),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


@cache
def _read_template(name: str) -> str:
    folder = files("parsoutcomes.report") / "templates"
    return (folder / name).read_text(encoding="utf-8")


def _logo_address(logo: bytes) -> str:
    """Return a PNG picture as an address that holds the picture itself."""
    return f"data:image/png;base64,{base64.b64encode(logo).decode('ascii')}" if logo else ""


def _policy(style: str, *, has_logo: bool) -> str:
    """Allow the page's one style sheet by its hash, a logo within the page, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    pictures = "img-src data:; " if has_logo else ""
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; {pictures}base-uri 'none'; "
        "form-action 'none'"
    )


def _kind_of(block: Block) -> str:
    return type(block).__name__


def _is_number(table: DisplayTable, column: int) -> bool:
    return column >= table.n_row_heads and column not in table.text_columns
