"""What would have been found for every outcome of those of unknown status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator

from parsoutcomes.calls import public
from parsoutcomes.figures.style import (
    BAND,
    BLUE,
    INK,
    MUTED,
    RULE,
    SMALL_POINTS,
    VERMILION,
    WIDTH_INCHES,
    Margins,
    header_inches,
    new_axes,
    set_margins,
    short_title,
    style_context,
    write_header,
)
from parsoutcomes.results.tipping_point import (
    ABOVE,
    BELOW,
    DIFFERENCE,
    NEITHER,
    THRESHOLD,
    TOO_FEW,
    write_against,
    write_difference_verdict,
    write_too_few,
)
from parsoutcomes.wording import format_date, format_label, format_months, start_sentence

if TYPE_CHECKING:
    from parsoutcomes.results.tipping_point import TippingPoint

HEIGHT_INCHES: Final = 3.1
_ORDER: Final = (BELOW, NEITHER, ABOVE, TOO_FEW)
_FILLS: Final = {BELOW: "#f3c9ae", NEITHER: BAND, ABOVE: "#b3d4ea", TOO_FEW: BAND}


@public(made_by="find_tipping_point")
def plot_tipping_point(result: TippingPoint, *, ax: Axes | None = None) -> Axes:
    """Draw what would have been found for every outcome of those of unknown status.

    One rate: the rate against how many of the unknown had united. Two groups: a grid over the
    unknown of both, coloured by what would have been found.

    Parameters
    ----------
    result : TippingPoint
        From `find_tipping_point`.
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
    >>> result = po.find_tipping_point(po.simulate_cohort(30, seed=1), threshold=0.5)
    >>> ax = po.plot_tipping_point(result)
    >>> ax.get_xlabel()
    'Of 6 of unknown status, so many had united'
    """
    title, subtitle = _title(result), _subtitle(result)
    with style_context():
        ax = new_axes(tipping_point_size(result)) if ax is None else ax
        set_margins(ax, Margins(left=0.85, right=1.75, bottom=0.65), title, subtitle)
        (_draw_grid if result.question == DIFFERENCE else _draw_band)(ax, result)
        write_header(ax, title, subtitle)
    return ax


def tipping_point_size(result: TippingPoint) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    header = header_inches(_title(result), _subtitle(result), WIDTH_INCHES)
    return WIDTH_INCHES, HEIGHT_INCHES + header + 0.8


def _title(result: TippingPoint) -> str:
    if result.verdict == TOO_FEW:
        return start_sentence(write_too_few())
    title = short_title(result)
    if title == result.finding:
        return title
    change = result.finding.split(". ", 1)[-1]
    if result.question != DIFFERENCE:
        return change
    verdict = write_difference_verdict(result.verdict, result.groups[0])
    return f"{start_sentence(verdict)}: {change[:1].lower()}{change[1:]}"


def _subtitle(result: TippingPoint) -> str:
    frame = result.frame
    level = 100 * float(frame["conf_level"].iloc[0])
    whose = "pars" if result.unit == "defect" else "patients"
    return (
        f"{start_sentence(format_label(result.definition))} by "
        f"{format_months(result.horizon_months)}, {whose} due, {level:g}% intervals; "
        f"{int(frame['n_defects'].iloc[0])} pars in {int(frame['n_patients'].iloc[0])} patients, "
        f"{sum(result.n_unknown)} {whose} of unknown status; data lock "
        f"{format_date(result.data_lock)}"
    )


def _draw_band(ax: Axes, result: TippingPoint) -> None:
    frame = result.frame
    x = frame["n_unknown_united"].to_numpy(dtype=float)
    is_rate = result.question == THRESHOLD
    line = result.compared_with if is_rate else 1.0
    _shade_verdicts(ax, x, frame["verdict"].to_numpy(str))
    ax.fill_between(
        x, frame["conf_low"], frame["conf_high"], color=BLUE, alpha=0.22, lw=0, zorder=2
    )
    ax.plot(x, frame["estimate"], color=BLUE, lw=2, zorder=3)
    if len(x) == 1:
        ax.vlines(x, frame["conf_low"], frame["conf_high"], color=BLUE, lw=2, zorder=3)
    ax.axhline(line, color=VERMILION, lw=1.4, zorder=4)
    ax.set_xlim(x.min() - 0.5, x.max() + 0.5)
    top = 1.0 if is_rate else float(max(frame["conf_high"].max(), 1.1)) * 1.04
    ax.set_ylim(0, top)
    if is_rate:
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1], labels=["0%", "25%", "50%", "75%", "100%"])
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
    ax.set_ylabel("United" if is_rate else "Observed over expected")
    ax.set_xlabel(f"Of {result.n_unknown[0]} of unknown status, so many had united")
    _mark_like_known(ax, result.like_known[0], frame)
    against = write_against(result.question, result.compared_with)
    _label_right(ax, line, against if is_rate else f"1: {against}", VERMILION)


def _shade_verdicts(ax: Axes, x: np.ndarray, verdicts: np.ndarray) -> None:
    changes = np.flatnonzero(verdicts[1:] != verdicts[:-1])
    starts = [x[0] - 0.5, *(x[changes] + 0.5)]
    ends = [*(x[changes] + 0.5), x[-1] + 0.5]
    names = [verdicts[0], *verdicts[changes + 1]]
    for start, end, name in zip(starts, ends, names, strict=True):
        ax.axvspan(start, end, color=_FILLS[name], alpha=0.5, lw=0, zorder=0)
        if end - start >= 0.18 * (x[-1] - x[0] + 1):
            ax.annotate(
                name if name == TOO_FEW else name.replace(" ", "\n"),
                xy=((start + end) / 2, 0.03),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="bottom",
                color=INK,
                fontsize=SMALL_POINTS,
            )


def _mark_like_known(ax: Axes, like: int, frame: pd.DataFrame) -> None:
    row = frame[frame["n_unknown_united"].eq(like)].iloc[0]
    ax.plot([like], [float(row["estimate"])], "o", color=INK, ms=6, zorder=5)
    if len(frame) == 1:
        return
    high = float(row["conf_high"])
    top = ax.get_ylim()[1]
    is_on_line = high < 1.0 < high + 0.08 * top
    is_below = high > 0.85 * top or is_on_line
    ax.annotate(
        "if like the known",
        xy=(like, float(row["conf_low"]) if is_below else high),
        xytext=(0, -7 if is_below else 6),
        textcoords="offset points",
        ha="center" if 0.15 < like / (len(frame) - 1) < 0.85 else "right" if like else "left",
        va="top" if is_below else "bottom",
        fontsize=SMALL_POINTS,
        color=INK,
    )


def _label_right(ax: Axes, y: float, text: str, color: str) -> None:
    ax.annotate(
        text,
        xy=(1.0, y),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        ha="left",
        va="center",
        color=color,
        fontsize=SMALL_POINTS,
        annotation_clip=False,
    )


def _draw_grid(ax: Axes, result: TippingPoint) -> None:
    frame = result.frame
    shape = (result.n_unknown[0] + 1, result.n_unknown[1] + 1)
    codes = frame["verdict"].map(_ORDER.index).to_numpy().reshape(shape)
    ax.pcolormesh(
        np.arange(shape[1] + 1) - 0.5,
        np.arange(shape[0] + 1) - 0.5,
        codes,
        cmap=ListedColormap([_FILLS[name] for name in _ORDER]),
        vmin=-0.5,
        vmax=len(_ORDER) - 0.5,
        edgecolors="face",
        linewidth=0.3,
    )
    _draw_contours(ax, frame["estimate"].to_numpy().reshape(shape))
    first, second = (format_label(name) for name in result.groups)
    ax.set_xlabel(f"{start_sentence(second)}: of {result.n_unknown[1]} unknown, so many had united")
    ax.set_ylabel(f"{start_sentence(first)}: of {result.n_unknown[0]} unknown")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, nbins=7, min_n_ticks=1))
    ax.plot(*result.like_known[::-1], "o", color=INK, ms=7, zorder=5)
    nearest = frame[frame["is_nearest_change"]]
    if len(nearest) and any(result.n_unknown):
        at = nearest.iloc[0]
        ax.plot(
            [at["n_unknown_united_second"]],
            [at["n_unknown_united_first"]],
            "X",
            color=VERMILION,
            ms=9,
            mec="white",
            zorder=6,
        )
    _write_key(ax, result, codes, has_change=bool(len(nearest)))


def _draw_contours(ax: Axes, estimate: np.ndarray) -> None:
    """Draw straight lines of equal difference, ten points apart, each with its label."""
    if min(estimate.shape) < 2:
        return
    base, up = float(estimate[0, 0]), float(estimate[1, 0] - estimate[0, 0])
    across = float(estimate[0, 0] - estimate[0, 1])
    top, right = (n - 1 for n in estimate.shape)
    for points in range(-90, 100, 10):
        start = max(0.0, (base - points / 100) / across)
        end = min(float(right), (top * up + base - points / 100) / across)
        if end - start < 0.12 * right:
            continue
        x = np.array([start, (start + end) / 2, end])
        y = (points / 100 - base + across * x) / up
        ax.plot(x, y, color=MUTED, lw=0.6, zorder=2)
        ax.text(
            x[1],
            y[1],
            f"{points:+d}" if points else "0",
            ha="center",
            va="center",
            fontsize=7,
            color=INK,
            zorder=3,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8},
        )


def _write_key(ax: Axes, result: TippingPoint, codes: np.ndarray, *, has_change: bool) -> None:
    first = format_label(result.groups[0])
    words = {
        ABOVE: f"higher in {first}",
        BELOW: f"lower in {first}",
        NEITHER: "not distinguishable",
        TOO_FEW: TOO_FEW,
    }
    present = [name for place, name in enumerate(_ORDER) if (codes == place).any()]
    marks = [("s", _FILLS[name], words[name]) for name in reversed(present)]
    marks.append(("o", INK, "if like the known"))
    if has_change:
        marks.append(("X", VERMILION, "nearest change"))
    marks.append(("", MUTED, "lines: difference,\npercentage points"))
    for place, (marker, color, text) in enumerate(marks):
        y = 0.95 - 0.105 * place
        if marker:
            ax.plot(
                [1.035],
                [y],
                marker,
                color=color,
                ms=8,
                mec=RULE,
                transform=ax.transAxes,
                clip_on=False,
            )
        ax.annotate(
            text,
            xy=(1.0, y),
            xycoords="axes fraction",
            xytext=(20, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            fontsize=SMALL_POINTS,
            annotation_clip=False,
        )
