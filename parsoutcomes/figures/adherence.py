"""Hours worn over hours prescribed, month by month, each method of measurement apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.conventions import MIN_PATIENTS_FOR_CLAIM
from parsoutcomes.errors import EstimationError
from parsoutcomes.figures.over_time import (
    TableLine,
    over_time_margins,
    over_time_size,
    series_of,
    write_lines,
)
from parsoutcomes.figures.style import (
    INK,
    RULE,
    SMALL_POINTS,
    Margins,
    Series,
    new_axes,
    set_margins,
    style_context,
    write_header,
)
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import format_count, format_percent, start_sentence

if TYPE_CHECKING:
    from parsoutcomes.results.exposure import BraceExposure

MONTHS_SHOWN_SINGLY: Final = 12
SUBTITLE: Final = (
    "Hours worn over hours prescribed at fitting in each month, of those measured then; not "
    "capped; a line per method of measurement, never joined; hollow where fewer than "
    f"{MIN_PATIENTS_FOR_CLAIM} patients"
)


@public(made_by="describe_exposure")
def plot_adherence(result: BraceExposure, *, ax: Axes | None = None) -> Axes:
    """Draw hours worn over hours prescribed by month since fitting, a line per method.

    Those measured differ from month to month, and from those never measured.

    Parameters
    ----------
    result : BraceExposure
        From `describe_exposure`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    EstimationError
        When adherence was not measured.

    Examples
    --------
    >>> import pandas as pd
    >>> import parsoutcomes as po
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> plain = po.simulate_cohort(30, seed=1)
    >>> fitted = plain.episodes["fitted_date"]
    >>> wear = plain.episodes[["episode_id", "patient_id"]].assign(
    ...     period_start=fitted, period_end=fitted + pd.Timedelta(days=80),
    ...     mean_hours_per_day=[20.0, 12.0] * 15, method="sensor")
    >>> cohort = build_cohort({**plain.tables, "wear": wear}, data_lock=plain.data_lock)
    >>> result = po.describe_exposure(cohort)
    >>> ax = po.plot_adherence(result)
    >>> ax.get_xlabel()
    'Month since fitting'
    """
    groups = _groups(result)
    lines = _lines(groups)
    with style_context():
        ax = new_axes(adherence_size(result)) if ax is None else ax
        title = write_adherence_title(result)
        set_margins(ax, _margins(groups), title, SUBTITLE)
        _draw_scales(ax, groups)
        for number, (name, rows) in enumerate(groups.items()):
            _draw_method(ax, rows, name, series_of(number))
        ax.legend(loc="lower left", frameon=False, fontsize=SMALL_POINTS)
        write_lines(ax, lines)
        write_header(ax, title, SUBTITLE)
    return ax


def adherence_size(result: BraceExposure) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return over_time_size(_margins(_groups(result)), write_adherence_title(result), SUBTITLE)


def write_adherence_title(result: BraceExposure) -> str:
    """Return the adherence by each method as one sentence."""
    said = [
        f"{format_percent(row['adherence'])} of prescribed hours worn, measured by {row['method']} "
        f"({format_count(int(row['n_patients_with_adherence']), 'patient', 'patients')})"
        for row in list_rows(result.adherence)
        if math.isfinite(row["adherence"])
    ]
    return start_sentence("; ".join(said))


def _groups(result: BraceExposure) -> dict[str, list[Row]]:
    followed = result.adherence_over_time
    if followed.empty:
        raise EstimationError(
            "There is no adherence to draw.",
            expected="measured hours a day, and hours a day prescribed at fitting",
            found="no course with both",
            fix="Use plot_exposure; the result's `missing` says what is not recorded.",
        )
    return {
        str(method): list_rows(rows.sort_values("months"))
        for method, rows in followed.groupby("method")
    }


def _last(groups: dict[str, list[Row]]) -> int:
    return max(int(rows[-1]["months"]) for rows in groups.values())


def _margins(groups: dict[str, list[Row]]) -> Margins:
    return over_time_margins(_lines(groups))


def _shown(groups: dict[str, list[Row]]) -> range:
    last = _last(groups)
    return range(1, last + 1) if last <= MONTHS_SHOWN_SINGLY else range(3, last + 1, 3)


def _lines(groups: dict[str, list[Row]]) -> list[TableLine]:
    lines = [TableLine(text="Patients measured", is_heading=True)]
    for name, rows in groups.items():
        counts = {int(row["months"]): int(row["n_patients"]) for row in rows}
        cells = tuple((month - 0.5, f"{counts.get(month, 0)}") for month in _shown(groups))
        lines.append(TableLine(text=start_sentence(name), cells=cells))
    return lines


def _draw_scales(ax: Axes, groups: dict[str, list[Row]]) -> None:
    levels = [float(row["adherence"]) for rows in groups.values() for row in rows]
    top = max(*levels, 1.0)
    ax.set_xlim(0, max(_last(groups), 3))
    ax.set_ylim(0, top * 1.08)
    ticks = [0.25 * n for n in range(int(top * 1.08 / 0.25) + 1)]
    ax.set_yticks(ticks, labels=[format_percent(tick) for tick in ticks])
    months = [month - 0.5 for month in _shown(groups)]
    ax.set_xticks(months, labels=[f"{month:g}" for month in _shown(groups)])
    ax.grid(axis="y", color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.axhline(1.0, color=INK, lw=1.1)
    ax.set_xlabel("Month since fitting")
    ax.set_ylabel("Hours worn over hours prescribed")


def _draw_method(ax: Axes, rows: list[Row], name: str, series: Series) -> None:
    """Draw a line over months with enough patients, and hollow marks where they are fewer."""
    enough = [row for row in rows if row["n_patients"] >= MIN_PATIENTS_FOR_CLAIM]
    few = [row for row in rows if row["n_patients"] < MIN_PATIENTS_FOR_CLAIM]
    style: dict[str, Any] = {"marker": series.marker, "ms": 6, "color": series.color, "zorder": 5}
    ax.plot(*_points(enough), ls=series.dash, lw=1.4, label=start_sentence(name), **style)
    ax.plot(*_points(few), ls="none", mfc="white", **style)


def _points(rows: list[Row]) -> tuple[list[float], list[float]]:
    return (
        [float(row["months"]) - 0.5 for row in rows],
        [float(row["adherence"]) for row in rows],
    )
