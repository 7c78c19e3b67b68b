"""Union under two strategies of brace duration, with the difference beneath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator

from parsoutcomes.calls import public
from parsoutcomes.figures.style import (
    BAND,
    INK,
    MUTED,
    POINTS_PER_INCH,
    RULE,
    SERIES,
    SMALL_POINTS,
    TEXT_POINTS,
    WIDTH_INCHES,
    Margins,
    Series,
    header_inches,
    new_axes,
    set_margins,
    style_context,
    text_width_points,
    write_header,
)
from parsoutcomes.results.brace_duration import (
    DIFFERENCE_MEASURE,
    name_strategies,
    write_duration_headline,
)
from parsoutcomes.wording import (
    format_label,
    format_percent,
    format_points_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.brace_duration import BraceDurations

HEIGHT_INCHES: Final = 3.3
BELOW_INCHES: Final = 0.98
DODGE_MONTHS: Final = 0.11
# Labels at the right end are kept at least so far apart, in shares.
LABEL_GAP: Final = 0.085
PERCENT_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


@public(made_by="compare_brace_durations")
def plot_brace_durations(result: BraceDurations, *, ax: Axes | None = None) -> Axes:
    """Draw the share that would have united under each strategy, and the difference between them.

    Not what became of those who happened to wear the brace for 3 or for 6 months.

    Parameters
    ----------
    result : BraceDurations
        From `compare_brace_durations`.
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
    >>> result = po.compare_brace_durations(
    ...     po.simulate_cohort(60, seed=1), terms=["stage"], n_resamples=40, with_contrasts=False)
    >>> ax = po.plot_brace_durations(result)
    >>> ax.get_xlabel()
    'Months since the brace was fitted'
    """
    title, subtitle = _title(result), _subtitle(result)
    with style_context():
        ax = new_axes(brace_durations_size(result)) if ax is None else ax
        margins = Margins(left=0.75, right=_label_inches(result), bottom=BELOW_INCHES)
        set_margins(ax, margins, title, subtitle)
        _set_axes(ax, result)
        _shade_windows(ax, result)
        for position, (name, series) in enumerate(zip(_names(result), SERIES, strict=False)):
            _draw_strategy(ax, result.curve[result.curve["strategy"].eq(name)], series, position)
        _label_strategies(ax, result)
        _write_differences(ax, result)
        write_header(ax, title, subtitle)
    return ax


def brace_durations_size(result: BraceDurations) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    header = header_inches(_title(result), _subtitle(result), WIDTH_INCHES)
    return WIDTH_INCHES, HEIGHT_INCHES + header + BELOW_INCHES


def _names(result: BraceDurations) -> tuple[str, str]:
    return name_strategies(result.months)


def _title(result: BraceDurations) -> str:
    return write_duration_headline(result.frame, result.months)


def _subtitle(result: BraceDurations) -> str:
    weights = result.weights[result.weights["weighting"].eq("cut")].set_index("strategy")
    arms = result.arms.set_index("strategy")
    worth = weights["effective_n"].to_dict()
    pars, patients = (arms[name].to_dict() for name in ("n_followed", "n_patients_followed"))
    each = "; ".join(
        f"{name}: {pars[name]} pars in {patients[name]} patients followed it, worth "
        f"{worth[name]:.0f} after weighting"
        for name in _names(result)
    )
    level = 100 * float(result.frame["conf_level"].iloc[0])
    return (
        f"{start_sentence(format_label(result.definition))} per pars by clone, censor and weight, "
        f"{level:g}% intervals at planned scans; between them the curve is not "
        f"known{_open_note(result)}. "
        f"{start_sentence(each)}"
    )


def _open_note(result: BraceDurations) -> str:
    return (
        ", and a hollow bar is all that the scans tell"
        if result.curve["estimate"].isna().any()
        else ""
    )


def _set_axes(ax: Axes, result: BraceDurations) -> None:
    last = float(result.curve["months"].max())
    ax.set_xlim(0, last + 0.4)
    ax.set_ylim(0, 1.02)
    ax.set_yticks(PERCENT_TICKS, labels=[format_percent(tick) for tick in PERCENT_TICKS])
    ax.xaxis.set_major_locator(FixedLocator([0.0, *sorted(result.curve["months"].unique())]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.set_xlabel("Months since the brace was fitted", labelpad=2)
    ax.set_ylabel("United")
    ax.hlines(PERCENT_TICKS[1:], 0, last + 0.4, color=RULE, lw=0.6, zorder=0)


def _shade_windows(ax: Axes, result: BraceDurations) -> None:
    """Shade the months within which either strategy has the brace come off."""
    for month in result.months:
        ax.axvspan(
            month - result.grace_months,
            month + result.grace_months,
            color=BAND,
            alpha=0.55,
            lw=0,
            zorder=-1,
        )
        ax.annotate(
            f"brace off\nat {month:g} months",
            xy=(month, 0.015),
            ha="center",
            va="bottom",
            color=MUTED,
            fontsize=SMALL_POINTS,
            linespacing=1.2,
        )


def _draw_strategy(ax: Axes, curve: pd.DataFrame, series: Series, position: int) -> None:
    dodge = (position - 0.5) * 2 * DODGE_MONTHS
    is_open = curve["estimate"].isna()
    known = curve[~is_open]
    months, shares = known["months"] + dodge, known["estimate"]
    ax.plot(
        np.concatenate([[0.0], months]),
        np.concatenate([[0.0], shares]),
        color=series.color,
        lw=1.3,
        ls=series.dash,
        alpha=0.75,
        zorder=2,
    )
    ax.vlines(months, known["conf_low"], known["conf_high"], color=series.color, lw=1.8, zorder=3)
    ax.scatter(months, shares, color=series.color, marker=series.marker, s=34, lw=0, zorder=4)
    _draw_open(ax, curve[is_open], series, dodge)


def _draw_open(ax: Axes, curve: pd.DataFrame, series: Series, dodge: float) -> None:
    """Draw the range that the scans leave open as a hollow bar, without a mark."""
    for month, low, high in zip(
        curve["months"] + dodge, curve["estimate_low"], curve["estimate_high"], strict=True
    ):
        ax.bar(
            month,
            high - low,
            width=1.4 * DODGE_MONTHS,
            bottom=low,
            facecolor="white",
            edgecolor=series.color,
            lw=1.0,
            ls=":",
            zorder=3,
        )


def _label_strategies(ax: Axes, result: BraceDurations) -> None:
    ends = _last_shares(result)
    names = sorted(_names(result), key=lambda name: float(ends[name]))
    low, high = (float(ends[name]) for name in names)
    missing = max(LABEL_GAP - (high - low), 0.0) / 2
    places = {names[0]: low - missing, names[1]: high + missing}
    for name, series in zip(_names(result), SERIES, strict=False):
        ax.annotate(
            _label(name),
            xy=(1.0, places[name]),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            color=series.color,
            fontsize=TEXT_POINTS,
            fontweight="bold",
            annotation_clip=False,
        )


def _last_shares(result: BraceDurations) -> dict[str, float]:
    """Return the last share known under each strategy; a half where none is."""
    known = result.curve[result.curve["estimate"].notna()]
    last = known.groupby("strategy")["estimate"].last().to_dict()
    return {name: float(last.get(name, 0.5)) for name in _names(result)}


def _label(name: str) -> str:
    return start_sentence(name)


def _label_inches(result: BraceDurations) -> float:
    widths = [text_width_points(_label(name), TEXT_POINTS, bold=True) for name in _names(result)]
    return (max(widths) + 12.0) / POINTS_PER_INCH


def _write_differences(ax: Axes, result: BraceDurations) -> None:
    """Write the difference under each milestone, and what it is a difference of at the left."""
    rows = result.frame[result.frame["measure"].eq(DIFFERENCE_MEASURE)]
    for _, row in rows.iterrows():
        limits = (float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
        text = format_points_range(*limits).replace(" (", "\n(")
        _write_below(ax, text, float(row["months"]), ha="center")
    short, long = (f"{month:g}" for month in result.months)
    _write_below(ax, f"Difference per 100,\n{long} less {short} months", 0.0, ha="left")


def _write_below(ax: Axes, text: str, month: float, *, ha: str) -> None:
    ax.annotate(
        text,
        xy=(month, 0.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, -40),
        textcoords="offset points",
        ha=ha,
        va="top",
        color=INK,
        fontsize=SMALL_POINTS,
        linespacing=1.3,
        annotation_clip=False,
    )
