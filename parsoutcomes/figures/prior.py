"""What published series lead one to expect, what our counts say, and both together, by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.figures.style import (
    BAND,
    BLUE,
    EDGE_INCHES,
    INK,
    MUTED,
    RULE,
    SMALL_POINTS,
    TEXT_POINTS,
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
from parsoutcomes.results.prior import MAIN
from parsoutcomes.results.rows import index_measures
from parsoutcomes.wording import (
    format_label,
    format_months,
    format_number,
    format_percent,
    format_percent_range,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.prior import UnionPrior

_ROW_INCHES: Final = 1.55
_PEAK: Final = 0.72
_MARGINS: Final = Margins(left=1.75, right=2.15, bottom=0.95)
_KEY: Final = (
    ("prior", "expected from the published series"),
    ("likelihood", "our counts alone"),
    ("posterior", "both together"),
)
_LOOK: Final[dict[str, dict[str, Any]]] = {
    "prior": {"color": MUTED, "lw": 1.3, "ls": "-"},
    "likelihood": {"color": VERMILION, "lw": 1.5, "ls": (0, (4, 2))},
    "posterior": {"color": BLUE, "lw": 2.2, "ls": "-"},
}


@public(made_by="fit_union_prior")
def plot_union_prior(result: UnionPrior, *, ax: Axes | None = None) -> Axes:
    """Draw prior, likelihood and posterior of our union rate, a band for each stage.

    Not evidence against a series: for that see `plot_baseline_comparison`.

    Parameters
    ----------
    result : UnionPrior
        From `fit_union_prior`.
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
    >>> result = po.fit_union_prior()
    >>> ax = po.plot_union_prior(result)
    >>> ax.get_xlabel()
    'Union rate'
    """
    title, subtitle = _heading(result)
    with style_context():
        ax = new_axes(union_prior_size(result)) if ax is None else ax
        _draw_scale(ax, len(result.strata))
        for row, stage in enumerate(result.strata):
            _draw_stage(ax, result, stage, len(result.strata) - 1 - row)
        _draw_key(ax, set(result.curves["curve"]))
        set_margins(ax, _MARGINS, title, subtitle)
        write_header(ax, title, subtitle)
    return ax


def union_prior_size(result: UnionPrior) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    bands = _ROW_INCHES * len(result.strata)
    return WIDTH_INCHES, header_inches(*_heading(result)) + EDGE_INCHES + _MARGINS.bottom + bands


def _heading(result: UnionPrior) -> tuple[str, str]:
    months = format_months(result.horizon_months)
    subtitle = (
        f"Union rate per pars by {months}, complete union; densities, each band to its own height; "
        f"right: {100 * float(result.frame['conf_level'].iloc[0]):g}% intervals"
    )
    title = short_title(result)
    if title == result.title and ". " in result.finding:
        title = f"{result.finding.partition('. ')[0]}."
    return title, subtitle


def _draw_scale(ax: Axes, n_bands: int) -> None:
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.04, n_bands)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ticks = [0, 0.25, 0.5, 0.75, 1.0]
    ax.set_xticks(ticks, labels=[format_percent(tick) for tick in ticks])
    ax.grid(axis="x", color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel("Union rate")


def _draw_stage(ax: Axes, result: UnionPrior, stage: str, base: int) -> None:
    curves = result.curves[result.curves["stage"].eq(stage)]
    inside = curves[curves["rate"].between(0.005, 0.995)]
    scale = _PEAK / float(inside["density"].max())
    for name, curve in inside.groupby("curve", sort=False):
        heights = base + scale * curve["density"]
        if name == "prior":
            ax.fill_between(curve["rate"], base, heights, color=BAND, lw=0, zorder=1)
        ax.plot(curve["rate"], heights, zorder=3, **_LOOK[str(name)])
    ax.axhline(base, color=MUTED, lw=0.8, zorder=2)
    _write_left(ax, result, stage, base)
    _write_right(ax, result.frame, stage, base)


def _write_left(ax: Axes, result: UnionPrior, stage: str, base: int) -> None:
    own = result.own[result.own["stage"].eq(stage)].iloc[0]
    series = result.series[result.series["stage"].eq(stage)]
    counts = [
        f"{row.series}: {row.n_united:.0f}/{row.n:.0f}" for row in series.itertuples(index=False)
    ]
    lines = "\n".join([f"ours: {own['n_events']}/{own['n_defects']}", *counts])
    place: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "annotation_clip": False}
    ax.annotate(
        start_sentence(format_label(stage)),
        xy=(0, base + 0.78),
        xytext=(-119, 0),
        textcoords="offset points",
        fontsize=TEXT_POINTS,
        fontweight="bold",
        va="top",
        **place,
    )
    ax.annotate(
        lines,
        xy=(0, base + 0.62),
        xytext=(-119, 0),
        textcoords="offset points",
        fontsize=SMALL_POINTS,
        color=MUTED,
        va="top",
        linespacing=1.35,
        **place,
    )


def _write_right(ax: Axes, frame: pd.DataFrame, stage: str, base: int) -> None:
    rows = index_measures(frame[frame["stage"].eq(stage) & frame["role"].eq(MAIN)])
    lines = [
        (f"new series {_limits(rows['new_series_rate'])}", MUTED),
        (f"ours {_limits(rows['our_rate'])}", BLUE),
        (f"ours above new: {_share(rows['probability_above_new_series'])}", INK),
        (f"prior worth {_size(rows['prior_effective_sample_size'])}", INK),
    ]
    for line, (text, color) in enumerate(lines):
        ax.annotate(
            text,
            xy=(1, base + 0.78 - 0.155 * line),
            xycoords=("axes fraction", "data"),
            xytext=(10, 0),
            textcoords="offset points",
            fontsize=SMALL_POINTS,
            color=color,
            va="top",
            annotation_clip=False,
        )


def _limits(row: dict[str, Any]) -> str:
    values = (float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    text = format_percent_range(*values)
    return text.replace("not estimable", "not known")


def _share(row: dict[str, Any]) -> str:
    return format_percent(float(row["estimate"])).replace("not estimable", "not known")


def _size(row: dict[str, Any]) -> str:
    size = float(row["estimate"])
    return f"{format_number(size, significant=2)} pars"


def _draw_key(ax: Axes, drawn: set[str]) -> None:
    shown = [(name, text) for name, text in _KEY if name in drawn]
    handles = [ax.plot([], [], label=f"{name}: {text}", **_LOOK[name])[0] for name, text in shown]
    ax.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        bbox_transform=ax.transAxes,
        borderaxespad=3.9,
        ncols=len(handles),
        fontsize=SMALL_POINTS,
        frameon=False,
        handlelength=2.4,
        columnspacing=1.4,
    )
