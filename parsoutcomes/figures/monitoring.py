"""Union patient after patient: the CUSUM with its limits, and the VLAD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from parsoutcomes.calls import public
from parsoutcomes.figures.style import (
    BLUE,
    INK,
    LONGEST_TITLE,
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
from parsoutcomes.results.monitoring import (
    ALL_UNITED,
    BETTER,
    NONE_UNITED,
    WORSE,
    write_excess,
    write_monitoring_finding,
)
from parsoutcomes.results.rows import list_rows
from parsoutcomes.wording import format_count, format_months, format_percent

if TYPE_CHECKING:
    from parsoutcomes.results.monitoring import UnionMonitoring

_MARGINS: Final = Margins(left=0.75, right=1.25, bottom=0.75)
_PLOT_INCHES: Final = 3.4
_ROOM_FOR_YEAR: Final = 0.1
_COLOURS: Final = {BETTER: BLUE, WORSE: VERMILION}
_SIGNS: Final = {BETTER: 1.0, WORSE: -1.0}


@public(made_by="monitor_union")
def plot_cusum(result: UnionMonitoring, *, ax: Axes | None = None) -> Axes:
    """Draw the evidence for better (upwards) and for worse union (downwards), with its limits.

    A line that reaches its limit is a signal to look into, not a cause. Thin lines count the pars
    of unknown status as none and as all united.

    Parameters
    ----------
    result : UnionMonitoring
        From `monitor_union`.
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
    >>> result = po.monitor_union(
    ...     po.simulate_cohort(15, seed=1), reference="european", run_length=20)
    >>> ax = po.plot_cusum(result)
    >>> ax.get_xlabel()
    'Patients in order of due date'
    """
    title, subtitle = _cusum_title(result), _cusum_subtitle(result)
    with style_context():
        ax = new_axes(cusum_size(result)) if ax is None else ax
        set_margins(ax, _MARGINS, title, subtitle)
        limits = result.limits.set_index("side")["limit"]
        for side in (BETTER, WORSE):
            _draw_side(ax, result, side, float(limits[side]))
        _draw_patients(ax, result.chart_of())
        ax.set_ylim(_cusum_range(result))
        ax.axhline(0, color=INK, lw=0.8)
        ax.set_ylabel("Evidence (log-likelihood)\nworse  |  better")
        write_header(ax, title, subtitle)
    return ax


def cusum_size(result: UnionMonitoring) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return _size(_cusum_title(result), _cusum_subtitle(result))


@public(made_by="monitor_union")
def plot_vlad(result: UnionMonitoring, *, ax: Axes | None = None) -> Axes:
    """Draw unions so far minus those expected (variable life-adjusted display).

    It has no limits: read how much from it, and whether to look from the CUSUM beside it.

    Parameters
    ----------
    result : UnionMonitoring
        From `monitor_union`.
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
    >>> result = po.monitor_union(
    ...     po.simulate_cohort(15, seed=1), reference="european", run_length=20)
    >>> ax = po.plot_vlad(result)
    >>> ax.get_xlabel()
    'Patients in order of due date'
    """
    title, subtitle = _vlad_title(result), _vlad_subtitle(result)
    chart = result.chart_of()
    with style_context():
        ax = new_axes(vlad_size(result)) if ax is None else ax
        set_margins(ax, _MARGINS, title, subtitle)
        ax.axhline(0, color=INK, lw=0.8)
        if result.n_missing:
            _draw_band(ax, result)
        ax.step(_from_zero(chart["patient_number"]), _from_zero(chart["excess"]), color=BLUE,
                lw=1.8, where="post", zorder=4)  # fmt: skip
        _draw_patients(ax, chart)
        _name_end(ax, chart, f"{float(chart['excess'].iloc[-1]):+.1f}", "excess", BLUE)
        ax.set_ylabel("Unions more than expected")
        write_header(ax, title, subtitle)
    return ax


def vlad_size(result: UnionMonitoring) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return _size(_vlad_title(result), _vlad_subtitle(result))


def _size(title: str, subtitle: str) -> tuple[float, float]:
    header = header_inches(title, subtitle, WIDTH_INCHES)
    return WIDTH_INCHES, _PLOT_INCHES + _MARGINS.bottom + header + 0.15


def _cusum_title(result: UnionMonitoring) -> str:
    if len(result.finding) <= LONGEST_TITLE:
        return result.finding
    return write_monitoring_finding(result.chart, result.signals, result.series, 0)


def _cusum_subtitle(result: UnionMonitoring) -> str:
    run_length = int(result.limits.set_index("side")["run_length"]["both"])
    unknown = (
        f"; thin lines: the {result.n_missing} pars of unknown status counted as none and as all "
        "united"
        if result.n_missing
        else ""
    )
    return (
        f"{_whom(result)}. Limits: one false signal in {run_length} patients on average; over "
        f"these a chance of {format_percent(result.chance_of_false_signal)}{unknown}"
    )


def _vlad_title(result: UnionMonitoring) -> str:
    chart = result.chart_of()
    unions = format_count(int(chart["n_events"].sum()), "union", "unions")
    excess = write_excess(float(chart["excess"].iloc[-1]))
    return f"{unions} so far, {excess} than expected from {result.series}"


def _vlad_subtitle(result: UnionMonitoring) -> str:
    band = (
        f"; band: the {result.n_missing} of unknown status counted as none and as all united"
        if result.n_missing
        else ""
    )
    return f"{_whom(result)}. The line wanders by chance alone and has no limits{band}"


def _whom(result: UnionMonitoring) -> str:
    chart = result.chart_of()
    n = int(chart["n_known"].sum())
    return (
        f"Union per pars by {format_months(result.horizon_months)}: {n} matured pars of known "
        f"status in {format_count(int(chart['n_known'].gt(0).sum()), 'patient', 'patients')}, in "
        f"order of due date; {result.n_not_due} pars not yet due"
    )


def _draw_side(ax: Axes, result: UnionMonitoring, side: str, limit: float) -> None:
    sign, colour = _SIGNS[side], _COLOURS[side]
    ways = (NONE_UNITED, ALL_UNITED) if result.n_missing else ()
    for way in ways:
        chart = result.chart_of(way)
        ax.step(_from_zero(chart["patient_number"]), _from_zero(sign * chart[f"cusum_{side}"]),
                color=colour, lw=0.7, alpha=0.55, where="post")  # fmt: skip
    chart = result.chart_of()
    values = sign * chart[f"cusum_{side}"]
    ax.step(_from_zero(chart["patient_number"]), _from_zero(values), color=colour, lw=1.8,
            where="post", zorder=4)  # fmt: skip
    ax.axhline(sign * limit, color=colour, lw=1.1, ls="--")
    _write_beside(ax, sign * limit, f"limit: {side}\n(odds {'× 2' if sign > 0 else '÷ 2'})", colour)
    _mark_signals(ax, result, side)


def _mark_signals(ax: Axes, result: UnionMonitoring, side: str) -> None:
    chart = result.chart_of()
    for row in list_rows(chart[chart["signal"].eq(side)]):
        place = float(row["patient_number"]), _SIGNS[side] * float(row[f"cusum_{side}"])
        ax.plot(*place, "o", color=_COLOURS[side], ms=8, mec="white", zorder=6)
        ax.annotate(
            f"signal {row['due_year']} Q{row['due_quarter']}",
            xy=place,
            xytext=(-6, 6 * _SIGNS[side]),
            textcoords="offset points",
            ha="right",
            va="bottom" if side == BETTER else "top",
            fontsize=SMALL_POINTS,
            color=_COLOURS[side],
        )


def _cusum_range(result: UnionMonitoring) -> tuple[float, float]:
    limits = result.limits.set_index("side")["limit"]
    highest = max(float(result.chart["cusum_better"].max()), float(limits[BETTER]))
    lowest = max(float(result.chart["cusum_worse"].max()), float(limits[WORSE]))
    return -1.22 * lowest, 1.22 * highest


def _draw_band(ax: Axes, result: UnionMonitoring) -> None:
    low, high = result.chart_of(NONE_UNITED), result.chart_of(ALL_UNITED)
    patients, lowest, highest = low["patient_number"], low["excess"], high["excess"]
    ends = _from_zero(lowest), _from_zero(highest)
    ax.fill_between(_from_zero(patients), *ends, step="post", color=BLUE, alpha=0.16, lw=0)
    _name_end(ax, low, "none united", "excess", MUTED)
    _name_end(ax, high, "all united", "excess", MUTED)


def _name_end(ax: Axes, chart: pd.DataFrame, text: str, column: str, colour: str) -> None:
    _write_beside(ax, float(chart[column].iloc[-1]), text, colour)


def _write_beside(ax: Axes, level: float, text: str, colour: str) -> None:
    ax.annotate(
        text,
        xy=(1.0, level),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=colour,
        annotation_clip=False,
    )


def _from_zero(values: pd.Series) -> list[float]:
    return [0.0, *(float(value) for value in values)]


def _draw_patients(ax: Axes, chart: pd.DataFrame) -> None:
    """Draw patients across, with a rule and the year where each due year begins."""
    ax.set_xlim(0, len(chart) * 1.01)
    ax.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True, steps=[1, 2, 5, 10]))
    ax.set_xlabel("Patients in order of due date", labelpad=14)
    firsts = [(int(str(year)), float(rows["patient_number"].min()) - 1)
              for year, rows in chart.groupby("due_year")]  # fmt: skip
    ends = [*(first for _, first in firsts[1:]), len(chart) * _ROOM_FOR_YEAR * 2 + len(chart)]
    for (year, first), end in zip(firsts, ends, strict=True):
        ax.axvline(first, color=RULE, lw=0.8, zorder=0)
        if end - first >= len(chart) * _ROOM_FOR_YEAR:
            _write_year(ax, first, year)


def _write_year(ax: Axes, first: float, year: int) -> None:
    ax.annotate(
        f"due {year}",
        xy=(first, 0),
        xycoords=("data", "axes fraction"),
        xytext=(2, -24),
        textcoords="offset points",
        fontsize=SMALL_POINTS - 0.5,
        color=MUTED,
        annotation_clip=False,
    )
