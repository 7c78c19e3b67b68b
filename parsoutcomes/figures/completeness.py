"""Completeness by field and year of fitting, as a table whose cells are shaded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from parsoutcomes.calls import public
from parsoutcomes.figures.style import (
    INK,
    POINTS_PER_INCH,
    SMALL_POINTS,
    TEXT_POINTS,
    WIDTH_INCHES,
    Margins,
    header_inches,
    new_axes,
    set_margins,
    short_title,
    style_context,
    text_width_points,
    write_header,
)
from parsoutcomes.results.rows import list_rows
from parsoutcomes.wording import format_label, format_percent, format_table_name, start_sentence

if TYPE_CHECKING:
    from parsoutcomes.results.description import Completeness

ROW_INCHES: Final = 0.25
_SHADES: Final = LinearSegmentedColormap.from_list("missing", ["#e0883a", "#f6dfc9", "#ffffff"])


@public(made_by="check_completeness")
def plot_completeness(result: Completeness, *, ax: Axes | None = None) -> Axes:
    """Draw how much of each field was recorded, by year of fitting.

    Parameters
    ----------
    result : Completeness
        From `check_completeness`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        When `result` is not such a result.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> result = po.check_completeness(po.simulate_cohort(30, seed=1))
    >>> ax = po.plot_completeness(result)
    >>> len(ax.texts) > 0
    True
    """
    with style_context():
        ax = new_axes(completeness_size(result)) if ax is None else ax
        fields, years = _fields(result.frame), _years(result.frame)
        margins = Margins(left=_left_inches(fields), right=0.15, bottom=0.15)
        set_margins(ax, margins, short_title(result), _subtitle())
        ax.set_xlim(0, len(years))
        ax.set_ylim(len(fields), -1)
        ax.set_axis_off()
        _write_heads(ax, fields, years, margins.left)
        for row in list_rows(result.frame):
            place = (
                years.index(str(row["year"])),
                fields.index((str(row["table"]), str(row["column"]))),
            )
            _draw_cell(ax, place, float(row["fraction_recorded"]), int(row["n_expected"]))
        write_header(ax, short_title(result), _subtitle())
    return ax


def completeness_size(result: Completeness) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    header = header_inches(short_title(result), _subtitle(), WIDTH_INCHES)
    return WIDTH_INCHES, (len(_fields(result.frame)) + 1) * ROW_INCHES + header + 0.3


def _subtitle() -> str:
    return "Share of each field recorded, by year of fitting; darker = more is missing"


def _fields(frame: pd.DataFrame) -> list[tuple[str, str]]:
    pairs = frame[["table", "column"]].drop_duplicates()
    return [(str(table), str(column)) for table, column in pairs.itertuples(index=False)]


def _years(frame: pd.DataFrame) -> list[str]:
    years = list(dict.fromkeys(frame["year"].astype(str)))
    return [year for year in years if year != "all"] + [year for year in years if year == "all"]


def _field_label(field: tuple[str, str]) -> str:
    table, column = field
    return f"{start_sentence(format_label(column))} ({format_table_name(table)})"


def _left_inches(fields: list[tuple[str, str]]) -> float:
    widest = max(text_width_points(_field_label(field), TEXT_POINTS) for field in fields)
    return widest / POINTS_PER_INCH + 0.3


def _write_heads(
    ax: Axes, fields: list[tuple[str, str]], years: list[str], left_inches: float
) -> None:
    for number, year in enumerate(years):
        ax.text(
            number + 0.5,
            -0.5,
            year,
            ha="center",
            va="center",
            fontsize=SMALL_POINTS,
            fontweight="bold",
        )
    for number, field in enumerate(fields):
        ax.annotate(
            _field_label(field),
            xy=(0.0, number + 0.5),
            xycoords=("axes fraction", "data"),
            xytext=(-(left_inches - 0.15) * POINTS_PER_INCH, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
        )


def _draw_cell(ax: Axes, place: tuple[int, int], fraction: float, n_expected: int) -> None:
    across, down = place
    known = math.isfinite(fraction) and n_expected > 0
    shade = _SHADES(fraction) if known else "white"
    ax.add_patch(Rectangle((across + 0.02, down + 0.05), 0.96, 0.9, fc=shade, ec="#e6e9ed", lw=0.6))
    ax.text(
        across + 0.5,
        down + 0.5,
        format_percent(fraction) if known else "–",
        ha="center",
        va="center",
        fontsize=SMALL_POINTS,
        color=INK,
    )
