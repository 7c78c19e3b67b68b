"""Sites beside each other: each one's share of union within the limits of chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from parsoutcomes.calls import public
from parsoutcomes.conventions import FUNNEL_LEVELS, MIN_UNITS_FOR_FUNNEL
from parsoutcomes.errors import EstimationError
from parsoutcomes.figures.style import (
    BLUE,
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
from parsoutcomes.results.monitoring import write_units_finding
from parsoutcomes.results.rows import list_rows
from parsoutcomes.wording import format_months, format_percent

if TYPE_CHECKING:
    from parsoutcomes.results.monitoring import UnionMonitoring

_MARGINS: Final = Margins(left=0.75, right=1.2, bottom=0.6)
_PLOT_INCHES: Final = 3.4
_DASHES: Final = ("--", "-")
_NAME_POINTS: Final = 11.0


@public(made_by="monitor_union")
def plot_funnel(result: UnionMonitoring, *, ax: Axes | None = None) -> Axes:
    """Draw each site's union, standardised by stage, against its number of pars, with limits.

    Not a league table: sites within the limits cannot be told apart. Those beyond are named where
    there is room; `result.units` names all.

    Parameters
    ----------
    result : UnionMonitoring
        From `monitor_union` with `by`, and ten recorded units or more.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    EstimationError
        When there are too few units.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> plain = po.simulate_cohort(60, seed=1)
    >>> sites = [f"Site {number % 12}" for number in range(60)]
    >>> tables = {**plain.tables, "episodes": plain.episodes.assign(site=sites)}
    >>> cohort = build_cohort(tables, data_lock=plain.data_lock)
    >>> result = po.monitor_union(cohort, reference="european", by="site", run_length=20)
    >>> ax = po.plot_funnel(result)
    >>> ax.get_xlabel()
    'Matured pars of known status'
    """
    _require_units(result)
    title, subtitle = _title(result), _subtitle(result)
    with style_context():
        ax = new_axes(funnel_size(result)) if ax is None else ax
        set_margins(ax, _MARGINS, title, subtitle)
        _draw_limits(ax, result)
        ax.set_xlim(0, float(result.funnel["n_defects"].max()))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_ylim(0, 1.03)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1], labels=["0%", "25%", "50%", "75%", "100%"])
        ax.grid(axis="y", color=RULE, lw=0.6)
        ax.set_axisbelow(True)
        ax.set_xlabel("Matured pars of known status")
        ax.set_ylabel("United, standardised by stage")
        _draw_units(ax, result)
        write_header(ax, title, subtitle)
    return ax


def funnel_size(result: UnionMonitoring) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    header = header_inches(_title(result), _subtitle(result), WIDTH_INCHES)
    return WIDTH_INCHES, _PLOT_INCHES + _MARGINS.bottom + header + 0.15


def _require_units(result: UnionMonitoring) -> None:
    if result.funnel.empty:
        raise EstimationError(
            "A funnel of so few units would say nothing.",
            expected=f"monitor_union(..., by=...) with {MIN_UNITS_FOR_FUNNEL} recorded units",
            found="no funnel in the result",
            fix="Read the counts and intervals in result.units.",
        )


def _title(result: UnionMonitoring) -> str:
    return write_units_finding(
        result.units,
        by=result.by,
        overdispersion=result.overdispersion,
        overdispersion_by_chance=result.overdispersion_by_chance,
    )


def _subtitle(result: UnionMonitoring) -> str:
    inner, outer = (f"{100 * level:g}%" for level in FUNNEL_LEVELS)
    return (
        f"Union per pars by {format_months(result.horizon_months)} over that expected from "
        f"{result.series} by stage, times the expected share of all; exact binomial limits, "
        f"dashed {inner} and solid {outer}"
    )


def _draw_limits(ax: Axes, result: UnionMonitoring) -> None:
    curve = result.funnel
    ax.axhline(result.target, color=MUTED, lw=1.0)
    _write_beside(ax, result.target, f"expected {format_percent(result.target)}")
    for level, dash in zip(FUNNEL_LEVELS, _DASHES, strict=True):
        for end in ("low", "high"):
            limits = curve[f"limit_{end}_{level:g}"]
            ax.plot(curve["n_defects"], limits, color=MUTED, lw=0.9, ls=dash)


def _draw_units(ax: Axes, result: UnionMonitoring) -> None:
    told = result.units[result.units[result.by].ne("not recorded")]
    outside: list[tuple[float, float, str]] = []
    for row in list_rows(told):
        place = float(row["n_defects"]), min(float(row["standardised"]), 1.0)
        colour = VERMILION if row["is_outside"] else BLUE
        marker = "s" if row["is_outside"] else "o"
        ax.plot(*place, marker, color=colour, ms=7, mec="white", zorder=5, clip_on=False)
        if row["is_outside"]:
            outside.append((*place, str(row[result.by])))
    _write_names(ax, outside)


def _write_names(ax: Axes, outside: list[tuple[float, float, str]]) -> None:
    """Name the units beyond the limits, from the top down, each name clear of those before it."""
    box = ax.get_window_extent()
    points = 72 / ax.figure.dpi
    across = box.width * points / ax.get_xlim()[1]
    up = box.height * points / ax.get_ylim()[1]
    names: list[_Name] = []
    marks = [(x * across, y * up) for x, y, _ in outside]
    for (x, y), (*place, text) in sorted(
        zip(marks, outside, strict=True), key=lambda told: (-told[0][1], told[0][0])
    ):
        name = _find_room(x, y, text, names, marks)
        if name is None:
            continue
        names.append(name)
        ax.annotate(
            text,
            xy=(place[0], place[1]),
            xytext=(name.left - x, name.middle - y),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
            color=VERMILION,
        )


@dataclass(frozen=True)
class _Name:
    left: float
    middle: float
    width: float

    def is_clear_of(self, other: _Name) -> bool:
        beside = self.left >= other.left + other.width or other.left >= self.left + self.width
        return beside or abs(self.middle - other.middle) >= _NAME_POINTS

    def is_clear_of_mark(self, x: float, y: float) -> bool:
        return not (
            self.left - 4 < x < self.left + self.width + 4 and abs(self.middle - y) < _NAME_POINTS
        )


def _find_room(
    x: float, y: float, text: str, names: list[_Name], marks: list[tuple[float, float]]
) -> _Name | None:
    """Return a free place right or left of the mark, or none: a name further off would mislead."""
    width = len(text) * SMALL_POINTS * 0.62
    tries = [
        _Name(left, y + step * _NAME_POINTS / 2, width)
        for step in (0, -1, 1)
        for left in (x + 6, x - 6 - width)
        if left >= 0
    ]
    for name in tries:
        if all(map(name.is_clear_of, names)) and all(name.is_clear_of_mark(*at) for at in marks):
            return name
    return None


def _write_beside(ax: Axes, level: float, text: str) -> None:
    ax.annotate(
        text,
        xy=(1.0, level),
        xycoords=("axes fraction", "data"),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=MUTED,
        annotation_clip=False,
    )
