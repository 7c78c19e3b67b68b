"""Who was included: one box per step, those left out beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from parsoutcomes.calls import public
from parsoutcomes.figures.style import (
    BAND,
    BLUE,
    INK,
    MUTED,
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
    wrap_text,
    write_header,
)
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import format_count, format_months

if TYPE_CHECKING:
    from parsoutcomes.results.description import CohortFlow

LINE_INCHES: Final = 0.17
PAD_INCHES: Final = 0.16
GAP_INCHES: Final = 0.26
MAIN_FRACTION: Final = 0.47
SIDE_FRACTION: Final = 0.46


@dataclass(frozen=True, kw_only=True)
class _Step:
    main: str
    counts: str
    side: str

    @property
    def main_inches(self) -> float:
        lines = self.main.count("\n") + 2
        return lines * LINE_INCHES + PAD_INCHES

    @property
    def side_inches(self) -> float:
        return (self.side.count("\n") + 1) * LINE_INCHES + PAD_INCHES if self.side else 0.0

    @property
    def above_inches(self) -> float:
        """Room above the main box, in which those left out stand."""
        return max(GAP_INCHES, self.side_inches + 0.14 if self.side else 0.0)


@public(made_by="count_flow")
def plot_cohort_flow(result: CohortFlow, *, ax: Axes | None = None) -> Axes:
    """Draw how the records become those whose union can be judged.

    Parameters
    ----------
    result : CohortFlow
        From `count_flow`.
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
    >>> result = po.count_flow(po.simulate_cohort(30, seed=1))
    >>> ax = po.plot_cohort_flow(result)
    >>> len(ax.texts) > 0
    True
    """
    with style_context():
        ax = new_axes(cohort_flow_size(result)) if ax is None else ax
        steps, title, subtitle = _steps(result), short_title(result), _subtitle(result)
        set_margins(ax, Margins(left=0.15, right=0.15, bottom=0.12), title, subtitle)
        ax.set_axis_off()
        ax.set_xlim(0, 1)
        ax.set_ylim(_total_inches(steps), 0)
        top = 0.0
        for number, step in enumerate(steps):
            top = _draw_step(ax, step, top, is_first=number == 0)
        write_header(ax, title, subtitle)
    return ax


def cohort_flow_size(result: CohortFlow) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    header = header_inches(short_title(result), _subtitle(result), WIDTH_INCHES)
    return WIDTH_INCHES, _total_inches(_steps(result)) + header + 0.3


def _subtitle(result: CohortFlow) -> str:
    months = format_months(result.horizon_months)
    return f"Patients and pars at each step, from the records to a known status at {months}"


def _steps(result: CohortFlow) -> tuple[_Step, ...]:
    return tuple(_step(row) for row in list_rows(result.frame))


def _step(row: Row) -> _Step:
    width = WIDTH_INCHES * POINTS_PER_INCH
    left_out = _left_out(row["n_left_out_patients"], row["n_left_out_defects"])
    reason = row["reason"] if isinstance(row["reason"], str) else ""
    side = f"{reason}: {left_out}" if left_out and reason else left_out
    return _Step(
        main=wrap_text(str(row["step"]), width * MAIN_FRACTION - 24, TEXT_POINTS, bold=True),
        counts=_counts(row["n_patients"], row["n_defects"]) or "none",
        side=wrap_text(side, width * SIDE_FRACTION - 28, SMALL_POINTS) if side else "",
    )


def _counts(n_patients: float, n_defects: float) -> str:
    """Return the counts that are known and not nought, as text."""
    parts = []
    if pd.notna(n_defects) and n_defects > 0:
        parts.append(f"{int(n_defects):,} pars")
    if pd.notna(n_patients) and n_patients > 0:
        parts.append(format_count(int(n_patients), "patient", "patients"))
    return " in ".join(parts)


def _left_out(n_patients: float, n_defects: float) -> str:
    """Return the pars left out, and how many patients have no pars left after it."""
    if not (pd.notna(n_patients) and n_patients > 0 and pd.notna(n_defects) and n_defects > 0):
        return _counts(n_patients, n_defects)
    whole = format_count(int(n_patients), "patient", "patients")
    return f"{int(n_defects):,} pars; {whole} left with none"


def _total_inches(steps: tuple[_Step, ...]) -> float:
    above = sum(step.above_inches for step in steps[1:])
    return above + sum(step.main_inches for step in steps) + 0.04


def _draw_step(ax: Axes, step: _Step, top: float, *, is_first: bool) -> float:
    start = top if is_first else top + step.above_inches
    middle = MAIN_FRACTION / 2
    if not is_first:
        ax.annotate(
            "",
            xy=(middle, start),
            xytext=(middle, top),
            arrowprops={"arrowstyle": "-|>", "color": MUTED, "lw": 1.0, "shrinkA": 0, "shrinkB": 0},
        )
        if step.side:
            _draw_side(ax, step, (top + start) / 2)
    ax.add_patch(
        Rectangle((0, start), MAIN_FRACTION, step.main_inches, fc="white", ec=BLUE, lw=1.2)
    )
    first_line = start + PAD_INCHES / 2
    ax.text(0.018, first_line, step.main, va="top", fontweight="bold", linespacing=1.3)
    last_line = start + step.main_inches - PAD_INCHES / 2
    ax.text(0.018, last_line, step.counts, va="bottom", color=INK)
    return start + step.main_inches


def _draw_side(ax: Axes, step: _Step, centre: float) -> None:
    left = 1 - SIDE_FRACTION
    ax.plot([MAIN_FRACTION / 2, left], [centre, centre], color=MUTED, lw=1.0)
    ax.add_patch(
        Rectangle(
            (left, centre - step.side_inches / 2),
            SIDE_FRACTION,
            step.side_inches,
            fc=BAND,
            ec="none",
        )
    )
    ax.text(left + 0.018, centre, step.side, va="center", fontsize=SMALL_POINTS, linespacing=1.35)
