"""Cumulative union: boxes between scans, intervals at the milestones, counts beneath."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.conventions import DAYS_PER_MONTH, HORIZON_MONTHS
from parsoutcomes.figures.over_time import (
    NOT_TOLD,
    CurveName,
    TableLine,
    draw_box,
    draw_estimate,
    draw_open_range,
    draw_scales,
    label_group,
    last_month,
    name_curves,
    over_time_margins,
    over_time_size,
    series_of,
    shift_groups,
    write_lines,
    write_untold,
)
from parsoutcomes.figures.style import (
    BAND,
    LONGEST_TITLE,
    Margins,
    Series,
    new_axes,
    set_margins,
    style_context,
    write_header,
)
from parsoutcomes.results.rates import BETWEEN_SCANS, write_share_range
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.results.time_to_union import write_median
from parsoutcomes.wording import (
    format_count,
    format_date,
    format_group,
    format_label,
    format_list,
    format_months,
    format_percent,
    format_percent_between,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.time_to_union import TimeToUnion

LOW_SHARE: Final = 0.06
_COUNTS: Final = (
    ("n_united", "Known united"),
    ("n_not_united", "Known not united"),
    ("n_unknown", "Status unknown"),
)


@dataclass(frozen=True, kw_only=True)
class _Group:
    """What is drawn of one group: its boxes, its milestones, what is known of everyone."""

    label: str
    number: int
    boxes: list[Row]
    milestones: list[Row]
    counts: list[Row]

    @property
    def series(self) -> Series:
        return series_of(self.number)

    @property
    def told(self) -> list[Row]:
        return [row for row in self.milestones if is_told(row)]


@public(made_by="estimate_time_to_union")
def plot_time_to_union(result: TimeToUnion, *, ax: Axes | None = None) -> Axes:
    """Draw cumulative union over time, with what is known of everyone beneath.

    A box means that union happened somewhere in that time; the data do not say when. Not a
    Kaplan-Meier curve: scans tell an interval, never a day. Where too few are still scanned nothing
    is drawn, and the line beneath says "not told".

    Parameters
    ----------
    result : TimeToUnion
        From `estimate_time_to_union`.
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
    >>> result = po.estimate_time_to_union(po.simulate_cohort(30, seed=1), n_resamples=40)
    >>> ax = po.plot_time_to_union(result)
    >>> ax.get_xlabel()
    'Months since fitting'
    """
    groups, last = _groups(result), _last_month(result)
    lines = _table_lines(groups, result.unit)
    with style_context():
        ax = new_axes(time_to_union_size(result)) if ax is None else ax
        title, subtitle = write_time_heading(result), _subtitle(result, len(groups))
        set_margins(ax, _margins(groups, lines), title, subtitle)
        draw_scales(ax, last, "Pars united" if result.unit == "defect" else "Patients united")
        if len(groups) == 1:
            _draw_band(ax, groups[0], last)
        for group in groups:
            _draw_group(ax, group, last, len(groups))
        for month in _untold_by_all(groups, last):
            write_untold(ax, month)
        if len(groups) > 1:
            name_curves(ax, [_name(group, last, len(groups)) for group in groups])
        write_lines(ax, lines)
        write_header(ax, title, subtitle)
    return ax


def time_to_union_size(result: TimeToUnion) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    groups = _groups(result)
    margins = _margins(groups, _table_lines(groups, result.unit))
    return over_time_size(margins, write_time_heading(result), _subtitle(result, len(groups)))


def _margins(groups: list[_Group], lines: list[TableLine]) -> Margins:
    names = [group.label for group in groups] if len(groups) > 1 else []
    return over_time_margins(lines, names)


def _groups(result: TimeToUnion) -> list[_Group]:
    column, last = "group" if result.by is None else result.by, _last_month(result)
    names = list(dict.fromkeys(result.curve[column].astype(str)))

    def rows(frame: pd.DataFrame, name: str) -> list[Row]:
        return list_rows(frame[frame[column].astype(str).eq(name)])

    milestones = result.frame[
        result.frame["measure"].eq("cumulative_union") & result.frame["months"].le(last)
    ]
    return [
        _Group(
            label=label_group(result.by, name),
            number=number,
            boxes=rows(result.curve.sort_values("left_days"), name),
            milestones=rows(milestones, name),
            counts=rows(result.risk_table[result.risk_table["months"].le(last)], name),
        )
        for number, name in enumerate(names)
    ]


def _last_month(result: TimeToUnion) -> float:
    return last_month([float(month) for month in result.risk_table.get("months", ())])


def write_time_heading(result: TimeToUnion) -> str:
    """Return the finding as a title; where it is too long, what it says of the horizon."""
    at = result.frame[result.frame["months"].eq(HORIZON_MONTHS)]
    if len(result.finding) <= LONGEST_TITLE or at.empty:
        return result.finding if len(result.finding) <= LONGEST_TITLE else result.title
    horizon, union = format_months(HORIZON_MONTHS), format_label(result.definition)
    shares = [f"{write_share_range(row)} of {_whom(row, result.unit)}" for row in list_rows(at)]
    if result.by is None:
        median = f"; {write_median(result.median.iloc[0])}" if len(result.median) else ""
        is_point = math.isfinite(float(at["estimate"].iloc[0]))
        estimated = "an estimated " if is_point else ""
        return f"By {horizon} {estimated}{shares[0]} had {union}{median}"
    names = [format_group(result.by, value) for value in at[result.by]]
    rates = [f"{name} {share}" for name, share in zip(names, shares, strict=True)]
    title = f"Estimated {union} by {horizon}, by {format_label(result.by)}: {format_list(rates)}"
    return title if len(title) <= LONGEST_TITLE else result.title


def _whom(row: Row, unit: str) -> str:
    if unit == "patient":
        return format_count(int(row["n_patients"]), "patient", "patients")
    return format_count(int(row["n_defects"]), "pars", "pars")


def _subtitle(result: TimeToUnion, n_groups: int) -> str:
    unit = "pars" if result.unit == "defect" else "patients (all target pars united)"
    levels = result.frame["conf_level"].dropna()
    level = f"{100 * float(levels.iloc[0]):g}%" if len(levels) else ""
    has_band = n_groups == 1 and result.curve.get("band_low", pd.Series()).notna().any()
    band = f"; grey: {level} band for all times together" if has_band else ""
    confounded = "; describes, does not compare durations" if _is_prescribed(result) else ""
    return (
        f"Cumulative {format_label(result.definition)} of {unit} on CT, surgery as a competing "
        f"event; points with {level} intervals at the milestones, boxes where scans leave the time "
        f"open{band}; scans to {format_date(result.data_lock)}{confounded}"
    )


def _is_prescribed(result: TimeToUnion) -> bool:
    return result.by == "prescribed_months"


def is_told(row: Row) -> bool:
    """Whether the scans tell an estimate, or at least the range in which it lies."""
    return math.isfinite(row["estimate"]) or row.get("left_open") == BETWEEN_SCANS


def _untold_by_all(groups: list[_Group], last: float) -> list[float]:
    """Return the months beyond every curve."""
    months = {float(row["months"]) for group in groups for row in group.milestones}
    end = max(_end(group, last)[0] for group in groups)
    return sorted(month for month in months if month > end)


def _draw_band(ax: Axes, group: _Group, last: float) -> None:
    """Shade what the curve may be: from the band's foot before to its head after, as it rises."""
    ends = [(box["right_days"] / DAYS_PER_MONTH, box) for box in group.boxes]
    latest = max((month for month, _ in ends), default=0.0)
    ends += [(row["months"], row) for row in group.told if row["months"] > latest]
    reached, low = 0.0, 0.0
    for month, row in ends:
        high, end = float(row.get("band_high", math.nan)), min(float(month), last)
        if math.isfinite(high) and end > reached:
            ax.fill_between([reached, end], low, high, color=BAND, lw=0, zorder=0.5)
            reached, low = end, float(row["band_low"])


def _draw_group(ax: Axes, group: _Group, last: float, n_groups: int) -> None:
    reached, level, series = 0.0, 0.0, group.series
    for box in group.boxes:
        left = min(float(box["left_days"]) / DAYS_PER_MONTH, last)
        right = min(float(box["right_days"]) / DAYS_PER_MONTH, last)
        ax.plot([reached, left], [level, level], color=series.color, ls=series.dash, lw=1.6)
        start, end = (left, float(box["union_before"])), (right, float(box["union_after"]))
        draw_box(ax, start, end, series, shade=0.14 if n_groups == 1 else 0.05)
        reached, level = right, float(box["union_after"])
    until = _end(group, last)[0]
    if until > reached:
        ax.plot([reached, until], [level] * 2, color=series.color, ls=series.dash, lw=1.6)
    for row in group.told:
        _draw_milestone(ax, row, group, n_groups)


def _end(group: _Group, last: float) -> tuple[float, float]:
    """Return where the curve ends: its last box, or the last milestone that can be told."""
    box = group.boxes[-1]
    months = [float(box["right_days"]) / DAYS_PER_MONTH, *(row["months"] for row in group.told)]
    level = float(box["union_after"])
    return min(max(months), last), level if math.isfinite(level) else 0.0


def _name(group: _Group, last: float, n_groups: int) -> CurveName:
    months, level = _end(group, last)
    aside = shift_groups(n_groups - 1, n_groups)
    return CurveName(text=group.label, months=months + aside, level=level)


def _draw_milestone(ax: Axes, row: Row, group: _Group, n_groups: int) -> None:
    shift, estimate = shift_groups(group.number, n_groups), float(row["estimate"])
    draw_estimate(ax, row, group.series, shift=shift)
    if not math.isfinite(estimate):
        open_range = (float(row["union_low"]), float(row["union_high"]))
        draw_open_range(ax, float(row["months"]) + shift, open_range, group.series)
    elif n_groups == 1:
        ax.annotate(
            format_percent(estimate),
            xy=(row["months"], estimate),
            xytext=(7, -9 if estimate > LOW_SHARE else 7),
            textcoords="offset points",
            fontweight="bold",
            zorder=6,
        )


def _table_lines(groups: list[_Group], unit: str) -> list[TableLine]:
    units = "pars" if unit == "defect" else "patients"
    lines: list[TableLine] = []
    for group in groups:
        name = f"{group.label} ({units})" if len(groups) > 1 else start_sentence(units)
        lines.append(TableLine(text=name, is_heading=True))
        for column, text in _COUNTS:
            cells = tuple((float(row["months"]), f"{int(row[column])}") for row in group.counts)
            lines.append(TableLine(text=text, cells=cells, is_muted=column == "n_unknown"))
        shares = tuple((float(row["months"]), _share(row)) for row in group.milestones)
        lines.append(TableLine(text="Estimated united", cells=shares))
    return lines


def _share(row: Row) -> str:
    if not is_told(row):
        return NOT_TOLD
    if math.isfinite(row["estimate"]):
        return format_percent(float(row["estimate"]))
    known = format_percent_between(float(row["union_low"]), float(row["union_high"]))
    return known.removeprefix("between ").replace("% and ", " to ")
