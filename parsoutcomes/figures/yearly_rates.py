"""Union by year of fitting, over the years, with those not yet due and unknown beneath."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes

from parsoutcomes.figures.style import (
    BAND,
    BLUE,
    INK,
    MUTED,
    RULE,
    SMALL_POINTS,
    TEXT_POINTS,
    WIDTH_INCHES,
    Margins,
    header_inches,
    new_axes,
    set_margins,
    style_context,
    write_header,
)
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.results.yearly_rates import ALL_YEARS
from parsoutcomes.wording import (
    format_date,
    format_label,
    format_months,
    format_percent,
    format_percent_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.yearly_rates import YearlyRates

PLOT_INCHES: Final = 2.6
_BENEATH_INCHES: Final = 1.15
_LINE_POINTS: Final = 13.0
_LINES: Final = (
    ("united", "n_events"),
    ("status known", "n_defects"),
    ("status unknown", "n_unknown"),
    ("not yet due", "n_not_due"),
)


def plot_yearly_rates(result: YearlyRates, *, ax: Axes | None = None) -> Axes:
    """Draw union year by year, with its interval, the bounds and the whole cohort's share.

    Not for reading a trend by eye: stages differ from year to year.

    Parameters
    ----------
    result : YearlyRates
        From `estimate_yearly_rates`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    years = [row for row in list_rows(result.frame) if row["year"] != ALL_YEARS]
    everyone = next(row for row in list_rows(result.frame) if row["year"] == ALL_YEARS)
    with style_context():
        ax = new_axes(yearly_rates_size(result)) if ax is None else ax
        title, subtitle = _title(result, everyone), _subtitle(result)
        margins = Margins(left=1.35, right=0.95, bottom=_BENEATH_INCHES)
        set_margins(ax, margins, title, subtitle)
        _draw_scale(ax, years)
        _draw_whole(ax, everyone, len(years))
        for position, row in enumerate(years):
            _draw_year(ax, row, position)
        _write_counts(ax, years)
        write_header(ax, title, subtitle)
    return ax


def yearly_rates_size(result: YearlyRates) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    everyone = next(row for row in list_rows(result.frame) if row["year"] == ALL_YEARS)
    header = header_inches(_title(result, everyone), _subtitle(result), WIDTH_INCHES)
    return WIDTH_INCHES, PLOT_INCHES + _BENEATH_INCHES + header


def _title(result: YearlyRates, everyone: Row) -> str:
    what = f"{format_label(result.definition)} by {format_months(result.horizon_months)}"
    share = format_percent_range(
        everyone.get("estimate", math.nan),
        everyone.get("conf_low", math.nan),
        everyone.get("conf_high", math.nan),
    )
    return start_sentence(f"{what} by year of fitting; {share} in all years together")


def _subtitle(result: YearlyRates) -> str:
    known = result.frame["conf_level"].dropna()
    level = f"{100 * float(known.iloc[0]):g}% intervals; " if len(known) else ""
    return (
        f"Share united among target pars due and of known status, per pars; {level}"
        f"scans to {format_date(result.data_lock)}. Grey: all unknown not united, to all united"
    )


def _draw_scale(ax: Axes, years: list[Row]) -> None:
    ax.set_ylim(-0.02, 1.02)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], labels=["0%", "25%", "50%", "75%", "100%"])
    ax.grid(axis="y", color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.set_xlim(-0.6, len(years) - 0.4)
    ax.set_xticks(range(len(years)), labels=[str(row["year"]) for row in years])
    ax.tick_params(axis="x", length=0)


def _draw_whole(ax: Axes, everyone: Row, n_years: int) -> None:
    share = float(everyone.get("estimate", math.nan))
    if not math.isfinite(share):
        return
    ax.axhline(share, color=INK, lw=1.0, ls=(0, (4, 3)), zorder=1)
    ax.annotate(
        f"all years\n{format_percent(share)}",
        (n_years - 0.4, share),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=INK,
        annotation_clip=False,
    )


def _draw_year(ax: Axes, row: Row, position: int) -> None:
    low, high = float(row["bound_low"]), float(row["bound_high"])
    if math.isfinite(low):
        ax.fill_between([position - 0.18, position + 0.18], low, high, color=BAND, lw=0, zorder=1.5)
    share = float(row.get("estimate", math.nan))
    if not math.isfinite(share):
        ax.annotate("none known", (position, 0.04), ha="center", fontsize=SMALL_POINTS, color=MUTED)
        return
    ax.plot([position] * 2, [row["conf_low"], row["conf_high"]], color=BLUE, lw=1.8, zorder=3)
    ax.plot(position, share, "s", color=BLUE, ms=6.5, zorder=4)
    ax.annotate(
        format_percent(share),
        (position, share),
        xytext=(9, 0),
        textcoords="offset points",
        va="center",
        fontsize=TEXT_POINTS,
        color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )


def _write_counts(ax: Axes, years: list[Row]) -> None:
    for line, (name, column) in enumerate(_LINES):
        below = -(34.0 + line * _LINE_POINTS)
        _write_beneath(ax, name, (0.0, below), x_points=-82.0, align="left", color=MUTED)
        for position, row in enumerate(years):
            place = (position, below)
            _write_beneath(ax, f"{int(row[column])}", place, align="center", color=INK)


def _write_beneath(
    ax: Axes,
    text: str,
    place: tuple[float, float],
    *,
    align: str,
    color: str,
    x_points: float | None = None,
) -> None:
    x, below = place
    coordinates = ax.get_xaxis_transform() if x_points is None else "axes fraction"
    ax.annotate(
        text,
        (x, 0.0),
        xycoords=coordinates,
        xytext=(x_points or 0.0, below),
        textcoords="offset points",
        ha=align,
        va="center",
        fontsize=SMALL_POINTS,
        color=color,
        annotation_clip=False,
    )
