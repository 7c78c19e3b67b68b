"""Union and surgery together: union from below, surgery from above, between them neither."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.figures.forest import (
    Forest,
    ForestRow,
    draw_forest,
    draw_share_scale,
    forest_size,
)
from parsoutcomes.figures.over_time import (
    NOT_TOLD,
    CurveName,
    TableLine,
    draw_box,
    draw_estimate,
    draw_scales,
    label_group,
    last_month,
    name_curves,
    over_time_margins,
    over_time_size,
    series_of,
    write_lines,
)
from parsoutcomes.figures.style import (
    SERIES,
    WIDTH_INCHES,
    Margins,
    Series,
    new_axes,
    set_margins,
    short_title,
    style_context,
    write_header,
)
from parsoutcomes.results.rows import Row, index_measures, list_rows
from parsoutcomes.wording import (
    format_date,
    format_label,
    format_months,
    format_percent,
    format_percent_range,
)

if TYPE_CHECKING:
    from parsoutcomes.results.competing_risks import CompetingRisks

_HEADS: Final = ("united (interval)", "operated (interval)")
_KEY: Final = "Filled mark: united. Hollow mark: operated on before union. Bars: intervals."
_SHOWN: Final = (
    ("cumulative_union", "United"),
    ("cumulative_surgery", "Operated on first"),
    ("neither", "Neither"),
)


@dataclass(frozen=True, kw_only=True)
class _Side:
    """One event: its rows, how it looks, and whether its curve hangs from the top."""

    event: str
    name: str
    look: Series
    hangs: bool

    def place(self, share: float) -> float:
        return 1.0 - share if self.hangs else share


_SIDES: Final = (
    _Side(event="union", name="United", look=SERIES[0], hangs=False),
    _Side(event="surgery", name="Operated on first", look=SERIES[1], hangs=True),
)


@public(made_by="estimate_competing_risks")
def plot_competing_risks(result: CompetingRisks, *, ax: Axes | None = None) -> Axes:
    """Draw what share had united and what share had surgery first, over time.

    With groups, a line for each group at each milestone. Surgery is no failure to unite: it ends
    the chance to see whether the pars would have.

    Parameters
    ----------
    result : CompetingRisks
        From `estimate_competing_risks`.
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
    >>> result = po.estimate_competing_risks(po.simulate_cohort(30, seed=1), n_resamples=40)
    >>> ax = po.plot_competing_risks(result)
    >>> ax.get_xlabel()
    'Months since fitting'
    """
    with style_context():
        ax = new_axes(competing_risks_size(result)) if ax is None else ax
        if result.by is None:
            _draw_over_time(ax, result)
        else:
            draw_share_scale(ax)
            draw_forest(ax, _forest(result))
    return ax


def competing_risks_size(result: CompetingRisks) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    if result.by is not None:
        return forest_size(_forest(result), WIDTH_INCHES)
    return over_time_size(_margins(_lines(result)), short_title(result), _subtitle(result))


def _margins(lines: list[TableLine]) -> Margins:
    return over_time_margins(lines, [side.name for side in _SIDES])


def _subtitle(result: CompetingRisks) -> str:
    unit = "pars" if result.unit == "defect" else "patients (all target pars united)"
    levels = result.frame["conf_level"].dropna()
    level = f"{100 * float(levels.iloc[0]):g}% intervals; " if len(levels) else ""
    shape = (
        "from below, surgery before union from above, neither between; boxes: the time is open"
        if result.by is None
        else "and surgery before union by each milestone"
    )
    return (
        f"Cumulative {format_label(result.definition)} of {unit} on CT {shape}; {level}"
        f"scans to {format_date(result.data_lock)}"
    )


def _draw_over_time(ax: Axes, result: CompetingRisks) -> None:
    lines, title, subtitle = _lines(result), short_title(result), _subtitle(result)
    last = last_month([float(month) for month in result.frame["months"]])
    set_margins(ax, _margins(lines), title, subtitle)
    draw_scales(ax, last, "Pars" if result.unit == "defect" else "Patients")
    name_curves(ax, [_draw_side(ax, result, side, last) for side in _SIDES])
    write_lines(ax, lines)
    write_header(ax, title, subtitle)


def _draw_side(ax: Axes, result: CompetingRisks, side: _Side, last: float) -> CurveName:
    look, reached, level = side.look, 0.0, 0.0
    boxes = result.curve[result.curve["event"].eq(side.event)].sort_values("left_days")
    for box in list_rows(boxes):
        left, right = (
            min(float(box[f"{end}_days"]) / DAYS_PER_MONTH, last) for end in ("left", "right")
        )
        before, after = float(box["incidence_before"]), float(box["incidence_after"])
        ax.plot([reached, left], [side.place(level)] * 2, color=look.color, ls=look.dash, lw=1.6)
        draw_box(ax, (left, side.place(before)), (right, side.place(after)), look)
        reached, level = right, after
    for row in _told(result, f"cumulative_{side.event}"):
        _draw_milestone(ax, row, side)
        if row["months"] > reached:
            ends = [reached, min(float(row["months"]), last)]
            ax.plot(ends, [side.place(level)] * 2, color=look.color, ls=look.dash, lw=1.6)
            reached = ends[1]
    return CurveName(text=side.name, months=reached, level=side.place(level))


def _draw_milestone(ax: Axes, row: Row, side: _Side) -> None:
    names = ("conf_high", "conf_low") if side.hangs else ("conf_low", "conf_high")
    low, high = (side.place(float(row[name])) for name in names)
    placed = {"estimate": side.place(float(row["estimate"])), "conf_low": low, "conf_high": high}
    draw_estimate(ax, {**row, **placed}, side.look)


def _told(result: CompetingRisks, measure: str) -> list[Row]:
    frame = result.frame[result.frame["measure"].eq(measure)]
    return list_rows(frame[frame["estimate"].notna()].sort_values("months"))


def _lines(result: CompetingRisks) -> list[TableLine]:
    units = "Pars" if result.unit == "defect" else "Patients"
    lines = [TableLine(text=f"{units}, estimated", is_heading=True)]
    for measure, text in _SHOWN:
        frame = result.frame[result.frame["measure"].eq(measure)]
        cells = tuple((float(row["months"]), _share(row)) for row in list_rows(frame))
        lines.append(TableLine(text=text, cells=cells, is_muted=measure == "neither"))
    return lines


def _share(row: Row) -> str:
    estimate = float(row["estimate"])
    return format_percent(estimate) if math.isfinite(estimate) else NOT_TOLD


def _forest(result: CompetingRisks) -> Forest:
    by, rows = str(result.by), []
    groups = list(dict.fromkeys(result.frame[by].astype(str)))
    for months, at in result.frame.groupby("months", sort=True):
        when = f"By {format_months(float(str(months)))}"
        rows.append(ForestRow(label=when, is_heading=True))
        for group, frame in at.groupby(by, sort=False):
            label = f"  {label_group(by, group)}"
            rows.append(_row(index_measures(frame), label, groups.index(str(group))))
    return Forest(
        rows=tuple(rows),
        column_heads=_HEADS,
        title=short_title(result),
        subtitle=_subtitle(result),
        axis_label="Pars" if result.unit == "defect" else "Patients",
        key=_KEY,
    )


def _row(measures: dict[str, Row], label: str, number: int) -> ForestRow:
    union, surgery = measures["cumulative_union"], measures["cumulative_surgery"]
    second, second_low, second_high = _limits(surgery)
    estimate, conf_low, conf_high = _limits(union)
    return ForestRow(
        label=label,
        estimate=estimate,
        conf_low=conf_low,
        conf_high=conf_high,
        second=second,
        second_low=second_low,
        second_high=second_high,
        texts=(_text(union), _text(surgery)),
        color=series_of(number).color,
        marker=series_of(number).marker,
    )


def _limits(row: Row) -> tuple[float, float, float]:
    """Return estimate and limits; none of them where the estimate is not told."""
    if not math.isfinite(float(row["estimate"])):
        return math.nan, math.nan, math.nan
    return float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"])


def _text(row: Row) -> str:
    return format_percent_range(*_limits(row)) if math.isfinite(row["estimate"]) else NOT_TOLD
