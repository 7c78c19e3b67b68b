"""What dating union by scans does to the curve: first united scan, mid-point, between scans."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.conventions import DAYS_PER_MONTH, HORIZON_MONTHS
from parsoutcomes.errors import ArgumentError
from parsoutcomes.figures.over_time import (
    NOT_TOLD,
    CurveName,
    TableLine,
    draw_box,
    draw_estimate,
    draw_scales,
    last_month,
    name_curves,
    over_time_margins,
    over_time_size,
    write_lines,
)
from parsoutcomes.figures.style import (
    SERIES,
    Margins,
    Series,
    new_axes,
    set_margins,
    style_context,
    write_header,
)
from parsoutcomes.results.competing_risks import BETWEEN, FIRST_SCAN, MIDPOINT
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_date,
    format_label,
    format_months,
    format_percent,
)

if TYPE_CHECKING:
    from parsoutcomes.results.competing_risks import CompetingRisks

_LOOKS: Final = {BETWEEN: SERIES[0], MIDPOINT: SERIES[2], FIRST_SCAN: SERIES[1]}
_NAMES: Final = {
    BETWEEN: "Between scans (estimate)",
    MIDPOINT: "Mid-point",
    FIRST_SCAN: "First united scan",
}


@public(made_by="estimate_competing_risks")
def plot_bias_display(result: CompetingRisks, *, ax: Axes | None = None) -> Axes:
    """Draw how far curves that give union a day stray from what the scans can tell.

    For readers used to a curve by date of first united scan; neither step curve is an estimate to
    quote.

    Parameters
    ----------
    result : CompetingRisks
        From `estimate_competing_risks` without groups.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        When the result is by group.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> result = po.estimate_competing_risks(po.simulate_cohort(30, seed=1), n_resamples=40)
    >>> ax = po.plot_bias_display(result)
    >>> ax.get_xlabel()
    'Months since fitting'
    """
    require_one_group(result)
    last, lines = _last_month(result), _table_lines(result)
    with style_context():
        ax = new_axes(bias_display_size(result)) if ax is None else ax
        title, subtitle = _title(result), _subtitle(result)
        set_margins(ax, _margins(lines), title, subtitle)
        draw_scales(ax, last, "Pars united" if result.unit == "defect" else "Patients united")
        _draw_boxes(ax, result, last)
        names = [_draw_steps(ax, result, approach, last) for approach in (MIDPOINT, FIRST_SCAN)]
        name_curves(ax, [name for name in names if name is not None])
        write_lines(ax, lines)
        write_header(ax, title, subtitle)
    return ax


def bias_display_size(result: CompetingRisks) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return over_time_size(_margins(_table_lines(result)), _title(result), _subtitle(result))


def require_one_group(result: CompetingRisks) -> None:
    """Refuse a result by group, whose curves would hide one another."""
    if result.by is not None:
        raise ArgumentError(
            "The figure shows one group.",
            expected="a result without groups",
            found=f"a result by {format_label(result.by)}",
            fix="Call estimate_competing_risks without by, or on a part of the cohort.",
        )


def _margins(lines: list[TableLine]) -> Margins:
    return over_time_margins(lines, [_NAMES[FIRST_SCAN]])


def _last_month(result: CompetingRisks) -> float:
    return last_month([float(month) for month in result.bias["months"]])


def _title(result: CompetingRisks) -> str:
    """Set the share dated by first united scans beside the estimate, at the horizon if told."""
    told = {
        approach: {float(row["months"]): row for row in _rows_of(result, approach)}
        for approach in (BETWEEN, FIRST_SCAN)
    }
    months = [
        month
        for month, row in told[BETWEEN].items()
        if math.isfinite(row["estimate"])
        and month in told[FIRST_SCAN]
        and math.isfinite(told[FIRST_SCAN][month]["estimate"])
    ]
    if not months:
        return "Union dated by scans, beside what the scans can tell"
    at = HORIZON_MONTHS if HORIZON_MONTHS in months else max(months)
    dated, estimate = (_share(told[approach][at]) for approach in (FIRST_SCAN, BETWEEN))
    return (
        f"Dated by the first united scan, {dated} seem to have united by {format_months(at)}; the "
        f"estimate between scans is {estimate}"
    )


def _subtitle(result: CompetingRisks) -> str:
    unit = "pars" if result.unit == "defect" else "patients (all target pars united)"
    return (
        f"Cumulative {format_label(result.definition)} of {unit} on CT. Boxes and points with "
        f"intervals: the estimate between scans, at planned visits; steps: right-censored "
        f"Aalen-Johansen on exact days, union dated at the mid-point between scans or the first "
        f"united scan; scans to {format_date(result.data_lock)}"
    )


def _draw_boxes(ax: Axes, result: CompetingRisks, last: float) -> None:
    look = _LOOKS[BETWEEN]
    boxes = result.curve[result.curve["event"].eq("union")].sort_values("left_days")
    reached, level = 0.0, 0.0
    for box in list_rows(boxes):
        left, right = (
            min(float(box[f"{end}_days"]) / DAYS_PER_MONTH, last) for end in ("left", "right")
        )
        ax.plot([reached, left], [level, level], color=look.color, lw=1.6)
        before, after = float(box["incidence_before"]), float(box["incidence_after"])
        draw_box(ax, (left, before), (right, after), look)
        reached, level = right, after
    for row in _rows_of(result, BETWEEN):
        if math.isfinite(row["estimate"]):
            draw_estimate(ax, row, look)


def _draw_steps(ax: Axes, result: CompetingRisks, approach: str, last: float) -> CurveName | None:
    steps = result.familiar
    steps = steps[steps["event"].eq("union") & steps["approach"].eq(approach)].sort_values("days")
    months = steps["days"] / DAYS_PER_MONTH
    steps, months = steps[months <= last], months[months <= last]
    if steps.empty:
        return None
    look: Series = _LOOKS[approach]
    ends, levels = [*months, last], [*steps["incidence"], steps["incidence"].iloc[-1]]
    ax.step(ends, levels, where="post", color=look.color, ls=look.dash, lw=1.8, zorder=3)
    return CurveName(text=_NAMES[approach], months=last, level=float(levels[-1]))


def _rows_of(result: CompetingRisks, approach: str) -> list[Row]:
    return list_rows(result.bias[result.bias["approach"].eq(approach)].sort_values("months"))


def _table_lines(result: CompetingRisks) -> list[TableLine]:
    units = "Pars" if result.unit == "defect" else "Patients"
    lines = [TableLine(text=f"{units} united by", is_heading=True)]
    for approach, name in _NAMES.items():
        cells = tuple((float(row["months"]), _share(row)) for row in _rows_of(result, approach))
        lines.append(TableLine(text=name, cells=cells))
    return lines


def _share(row: Row) -> str:
    if math.isfinite(row["estimate"]):
        return format_percent(float(row["estimate"]))
    return NOT_TOLD
