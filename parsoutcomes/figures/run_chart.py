"""Union by year or quarter of fitting: a run chart, with who is not yet due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.figures.over_time import (
    TableLine,
    draw_interval,
    over_time_margins,
    over_time_size,
    series_of,
    write_lines,
)
from parsoutcomes.figures.style import (
    MUTED,
    RULE,
    SMALL_POINTS,
    VERMILION,
    Margins,
    new_axes,
    set_margins,
    style_context,
    write_header,
)
from parsoutcomes.results.monitoring import write_run_chart_finding
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import format_months, format_percent

if TYPE_CHECKING:
    from parsoutcomes.results.monitoring import UnionMonitoring

_BESIDE: Final = ("expected", "median 100%")


@public(made_by="monitor_union")
def plot_run_chart(result: UnionMonitoring, *, ax: Axes | None = None) -> Axes:
    """Draw union by period of fitting with its interval, and the counts beneath.

    Hollow points are periods not all of which is due: they may still move. Periods differ in the
    stages treated, which the expected share beside each point shows.

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
    ...     po.simulate_cohort(15, seed=1), reference="european", run_length=20, period="quarter")
    >>> ax = po.plot_run_chart(result)
    >>> ax.get_ylabel()
    'United, share of known'
    """
    rows, title, subtitle = list_rows(result.frame), _title(result), _subtitle(result)
    with style_context():
        ax = new_axes(run_chart_size(result)) if ax is None else ax
        set_margins(ax, _margins(result), title, subtitle)
        _draw_scales(ax, rows)
        _draw_median(ax, result.frame)
        _draw_points(ax, rows)
        write_lines(ax, _lines(rows))
        write_header(ax, title, subtitle)
    return ax


def run_chart_size(result: UnionMonitoring) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return over_time_size(_margins(result), _title(result), _subtitle(result))


def _margins(result: UnionMonitoring) -> Margins:
    return over_time_margins(_lines(list_rows(result.frame)), _BESIDE)


def _title(result: UnionMonitoring) -> str:
    return write_run_chart_finding(result.frame, result.run_rules, period=result.period)


def _subtitle(result: UnionMonitoring) -> str:
    level = 100 * float(result.frame["conf_level"].iloc[0])
    return (
        f"Share of matured pars of known status that united by "
        f"{format_months(result.horizon_months)}, with {level:g}% intervals; bar: expected from "
        f"{result.series} at the stages treated; hollow: not all due yet"
    )


def _draw_scales(ax: Axes, rows: list[Row]) -> None:
    ax.set_xlim(-0.6, len(rows) - 0.4)
    ax.set_ylim(0, 1.03)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], labels=["0%", "25%", "50%", "75%", "100%"])
    ax.set_xticks(range(len(rows)), labels=[_label(str(row["period"])) for row in rows])
    ax.tick_params(axis="x", labelsize=SMALL_POINTS if len(rows) <= 10 else SMALL_POINTS - 1.5)
    ax.grid(axis="y", color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.set_ylabel("United, share of known")


def _label(period: str) -> str:
    return "\n".join(reversed([period[:4], period[4:]])) if period[4:] else period


def _draw_median(ax: Axes, frame: pd.DataFrame) -> None:
    judged = frame.loc[frame["is_complete"] & frame["n_known"].gt(0), "estimate"]
    if judged.empty:
        return
    median = float(judged.median())
    ax.axhline(median, color=MUTED, lw=1.0, ls="--", zorder=1)
    _write_beside(ax, median, f"median {format_percent(median)}", MUTED)


def _draw_points(ax: Axes, rows: list[Row]) -> None:
    series = series_of(0)
    told = [(place, row) for place, row in enumerate(rows) if row["n_known"]]
    ax.plot(
        [place for place, _ in told],
        [float(row["estimate"]) for _, row in told],
        color=series.color,
        lw=1.0,
        alpha=0.6,
    )
    for place, row in told:
        expected = float(row["expected"])
        ax.plot([place - 0.3, place + 0.3], [expected] * 2, color=VERMILION, lw=1.4, zorder=3)
        draw_interval(ax, place, (float(row["conf_low"]), float(row["conf_high"])), series)
        face = series.color if row["is_complete"] else "white"
        ax.plot([place], [float(row["estimate"])], "o", ms=7, mfc=face, mec=series.color, zorder=5)


def _write_beside(ax: Axes, level: float, text: str, colour: str) -> None:
    ax.annotate(
        text,
        xy=(1.0, level),
        xycoords=("axes fraction", "data"),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=colour,
        annotation_clip=False,
    )


def _lines(rows: list[Row]) -> list[TableLine]:
    named = (
        ("Patients fitted", "n_patients"),
        ("Pars", "n_defects"),
        ("not yet due", "n_not_due"),
        ("status unknown", "n_missing"),
        ("known", "n_known"),
        ("united", "n_events"),
    )
    return [
        TableLine(
            text=text,
            cells=tuple((float(place), f"{int(row[name])}") for place, row in enumerate(rows)),
        )
        for text, name in named
    ]
