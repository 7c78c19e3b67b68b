"""Figures for publication: rounded shares only, no scale to read more from than the text says."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from parsoutcomes.figures.forest import (
    Forest,
    ForestRow,
    draw_forest,
    draw_ratio_scale,
    forest_size,
    mark_sides,
)
from parsoutcomes.figures.style import (
    BLUE,
    INK,
    RULE,
    TEXT_POINTS,
    WIDTH_INCHES,
    Margins,
    header_inches,
    new_axes,
    set_margins,
    style_context,
    write_header,
)
from parsoutcomes.results.published import PublishedShare, PublishedShares
from parsoutcomes.wording import start_sentence

_SHARE_HEADS = ("of (rounded)", "share (interval)")
_RATIO_HEADS = ("pars (rounded)", "ratio (interval)")
_CURVE_INCHES = 2.9


def plot_published_shares(result: PublishedShares, *, ax: Axes | None = None) -> Axes:
    """Draw rounded shares with their intervals, one line per group.

    Not for reading exact values: there are none behind it.

    Parameters
    ----------
    result : PublishedShares
        In whole per cent.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    forest = _forest(result, _SHARE_HEADS, 100.0)
    with style_context():
        ax = new_axes(published_shares_size(result)) if ax is None else ax
        ax.set_xlim(0, 1)
        ax.set_xticks([0, 0.5, 1], labels=["none united", "half", "all united"])
        ax.grid(axis="x", color=RULE, lw=0.6)
        ax.set_axisbelow(True)
        draw_forest(ax, forest)
    return ax


def published_shares_size(result: PublishedShares) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result, _SHARE_HEADS, 100.0), WIDTH_INCHES)


def plot_published_ratios(result: PublishedShares, *, ax: Axes | None = None) -> Axes:
    """Draw observed over expected union from rounded counts, one line per series.

    Not a test of the brace.

    Parameters
    ----------
    result : PublishedShares
        Ratios.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    forest = _forest(result, _RATIO_HEADS, 1.0)
    with style_context():
        ax = new_axes(published_ratios_size(result)) if ax is None else ax
        draw_ratio_scale(ax, forest.rows)
        ax.set_xticks([1.0], labels=["as expected"])
        draw_forest(ax, forest)
        mark_sides(ax, 1.0, "less union than the series", "more union")
    return ax


def published_ratios_size(result: PublishedShares) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result, _RATIO_HEADS, 1.0), WIDTH_INCHES)


def plot_published_months(result: PublishedShares, *, ax: Axes | None = None) -> Axes:
    """Draw cumulative union at a few fixed months, each with its interval.

    Not a curve of days: what happened between the months is left open.

    Parameters
    ----------
    result : PublishedShares
        One share a month.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    with style_context():
        ax = new_axes(published_months_size(result)) if ax is None else ax
        set_margins(ax, Margins(left=1.0, right=0.9, bottom=0.5), result.title, result.subtitle)
        shares = result.shares
        ax.set_xlim(-0.5, len(shares) - 0.3)
        ax.set_ylim(0, 1)
        ax.set_xticks(range(len(shares)), labels=[start_sentence(one.label) for one in shares])
        ax.set_yticks([0, 0.5, 1], labels=["none united", "half", "all united"])
        ax.grid(axis="y", color=RULE, lw=0.6)
        ax.set_axisbelow(True)
        _draw_months(ax, shares)
        write_header(ax, result.title, result.subtitle)
    return ax


def published_months_size(result: PublishedShares) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return WIDTH_INCHES, _CURVE_INCHES + header_inches(result.title, result.subtitle)


def _draw_months(ax: Axes, shares: Sequence[PublishedShare]) -> None:
    for place, share in enumerate(shares):
        if share.is_given:
            ends = [share.conf_low / 100, share.conf_high / 100]
            ax.plot([place, place], ends, color=BLUE, lw=1.8, zorder=3)
            ax.plot([place], [share.estimate / 100], "o", color=BLUE, ms=6.5, zorder=4)
        ax.annotate(
            share.text.replace(" (", "\n("),
            xy=(place, share.estimate / 100 if share.is_given else 0.5),
            xytext=(8 if share.is_given else 0, 0),
            textcoords="offset points",
            va="center",
            ha="left" if share.is_given else "center",
            fontsize=TEXT_POINTS,
            color=INK,
            annotation_clip=False,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )


def _forest(result: PublishedShares, heads: tuple[str, str], scale: float) -> Forest:
    rows: list[ForestRow] = []
    for heading, shares in result.blocks:
        if heading:
            rows.append(ForestRow(label=heading, is_heading=True))
        rows += [_row(share, scale) for share in shares]
    return Forest(
        rows=tuple(rows),
        column_heads=heads,
        title=result.title,
        subtitle=result.subtitle,
        axis_label="",
    )


def _row(share: PublishedShare, scale: float) -> ForestRow:
    estimate, low, high = (
        value / scale if math.isfinite(value) else math.nan
        for value in (share.estimate, share.conf_low, share.conf_high)
    )
    return ForestRow(
        label=start_sentence(share.label),
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        texts=(share.whole, share.text),
    )
