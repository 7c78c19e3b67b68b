"""Power of the comparison with published series, by number of patients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, NullLocator

from parsoutcomes.calls import public
from parsoutcomes.figures.style import (
    BLUE,
    EDGE_INCHES,
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
    style_context,
    write_header,
)
from parsoutcomes.wording import (
    format_count,
    format_list,
    format_number,
    format_percent,
)

if TYPE_CHECKING:
    from parsoutcomes.results.plan import ComparisonPlan

_HEIGHT_INCHES: Final = 3.1
_MARGINS: Final = Margins(left=0.85, right=1.75, bottom=0.75)
_TICKS: Final = (20, 40, 80, 160, 320, 640, 1280, 2560)


@public(made_by="plan_comparison")
def plot_comparison_plan(result: ComparisonPlan, *, ax: Axes | None = None) -> Axes:
    """Draw the power to show the excess against the number of patients.

    Not evidence on our union rates: it says what a comparison could show.

    Parameters
    ----------
    result : ComparisonPlan
        From `plan_comparison`.
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
    >>> result = po.plan_comparison(po.simulate_cohort(30, seed=1), n_replicates=50)
    >>> ax = po.plot_comparison_plan(result)
    >>> ax.get_xlabel()
    'Patients due (log scale)'
    """
    title, subtitle = _heading(result)
    with style_context():
        ax = new_axes(comparison_plan_size(result)) if ax is None else ax
        _draw_scale(ax, result)
        _draw_power(ax, result)
        _draw_marks(ax, result)
        set_margins(ax, _MARGINS, title, subtitle)
        write_header(ax, title, subtitle)
    return ax


def comparison_plan_size(result: ComparisonPlan) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    header = header_inches(*_heading(result))
    return WIDTH_INCHES, header + EDGE_INCHES + _MARGINS.bottom + _HEIGHT_INCHES


def _heading(result: ComparisonPlan) -> tuple[str, str]:
    excess = f"{result.excess_per_100:g}"
    subtitle = (
        f'Chance of the verdict "above" {format_list(list(result.series))} if {excess} more pars '
        "per 100 unite than in the higher of them, stage by stage; at our mix of stages, patients "
        "drawn from ours; bars: 95% Monte Carlo intervals"
    )
    return _title(result), subtitle


def _title(result: ComparisonPlan) -> str:
    excess, power = f"{result.excess_per_100:g}", format_percent(result.target_power)
    if result.is_out_of_reach:
        return (
            f"No number of our patients can show {excess} more per 100 with {power} power: the "
            "published series are too small"
        )
    if result.n_patients_needed is None:
        return f"More patients than were tried are needed to show {excess} more per 100"
    needed = result.n_patients_needed
    have = format_count(result.n_patients_now, "patient", "patients")
    return f"About {needed} patients show {excess} more per 100 with {power} power; we have {have}"


def _draw_scale(ax: Axes, result: ComparisonPlan) -> None:
    sizes = [*_rows(result)["n_patients"], result.n_patients_now]
    ax.set_xscale("log")
    ax.set_xlim(min(sizes) / 1.15, max(sizes) * 1.15)
    ticks = [tick for tick in _TICKS if min(sizes) / 1.15 <= tick <= max(sizes) * 1.15]
    ax.set_xticks(ticks, labels=[str(tick) for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("Patients due (log scale)")
    ax.set_ylim(0, 1.02)
    shares = [0, 0.25, 0.5, 0.75, 1.0]
    ax.set_yticks(shares, labels=[format_percent(share) for share in shares])
    ax.set_ylabel("Power")
    ax.grid(axis="y", color=RULE, lw=0.6)
    ax.set_axisbelow(True)


def _draw_power(ax: Axes, result: ComparisonPlan) -> None:
    rows = _rows(result)
    ax.plot(rows["n_patients"], rows["estimate"], color=BLUE, lw=1.8, marker="o", ms=4.5, zorder=3)
    ax.vlines(rows["n_patients"], rows["conf_low"], rows["conf_high"], color=BLUE, lw=1.2)


def _draw_marks(ax: Axes, result: ComparisonPlan) -> None:
    ceiling, target = result.power_ceiling, result.target_power
    ax.axhline(target, color=INK, lw=1.0, ls=(0, (5, 3)), zorder=2)
    ax.axhline(ceiling, color=VERMILION, lw=1.0, ls=(0, (1, 2)), zorder=2)
    apart = 0.11
    gap = max(0.0, apart - abs(ceiling - target)) / 2
    upper = 1 if ceiling >= target else -1
    _label(ax, ceiling + upper * gap, "ceiling set by the\nseries' own sizes: " +
           format_percent(ceiling, decimals=1), VERMILION)  # fmt: skip
    _label(ax, target - upper * gap, f"wanted: {format_percent(target)}", INK)
    ax.plot(result.n_patients_now, result.power_now, marker="D", ms=7, color=INK, zorder=4)
    ax.annotate(
        f"now: {format_percent(result.power_now)}",
        (result.n_patients_now, result.power_now),
        xytext=(9, -4),
        textcoords="offset points",
        va="top",
        fontsize=SMALL_POINTS,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        zorder=4,
    )
    smallest = result.smallest_excess_now
    least = "none" if math.isnan(smallest) else f"{format_number(smallest, significant=2)} per 100"
    _label(ax, 0.12, f"smallest excess that\nwe could show now:\n{least}", MUTED)


def _label(ax: Axes, height: float, text: str, color: str) -> None:
    place: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "annotation_clip": False}
    ax.annotate(
        text,
        xy=(1, height),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=color,
        linespacing=1.3,
        **place,
    )


def _rows(result: ComparisonPlan) -> Any:  # noqa: ANN401  a frame
    return result.frame[result.frame["measure"].eq("power")]
