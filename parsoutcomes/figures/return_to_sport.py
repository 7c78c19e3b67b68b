"""Return to sport or training over time, with the counts beneath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.figures.over_time import (
    CurveName,
    TableLine,
    draw_scales,
    last_month,
    name_curves,
    over_time_margins,
    over_time_size,
    series_of,
    write_lines,
)
from parsoutcomes.figures.style import (
    Margins,
    new_axes,
    set_margins,
    short_title,
    style_context,
    write_header,
)
from parsoutcomes.results.rows import list_rows
from parsoutcomes.wording import format_date, format_label

if TYPE_CHECKING:
    from parsoutcomes.results.return_to_sport import ReturnToSport

_COUNTS: Final = (
    ("n_at_risk", "Followed, not yet back"),
    ("n_returned", "Back so far"),
    ("n_operated", "Surgery first so far"),
    ("n_left", "Follow-up ended so far"),
)


@public(made_by="estimate_return_to_sport")
def plot_return_to_sport(result: ReturnToSport, *, ax: Axes | None = None) -> Axes:
    """Draw what share of patients was back in sport, or training, by each month from fitting.

    Parameters
    ----------
    result : ReturnToSport
        From `estimate_return_to_sport`.
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
    >>> import pandas as pd
    >>> import parsoutcomes as po
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> plain = po.simulate_cohort(30, seed=1)
    >>> events = plain.episodes[["episode_id", "patient_id"]].assign(
    ...     type="return_sport", date=plain.episodes["fitted_date"] + pd.Timedelta(days=170))
    >>> cohort = build_cohort({**plain.tables, "events": events[:20]}, data_lock=plain.data_lock)
    >>> result = po.estimate_return_to_sport(cohort)
    >>> ax = po.plot_return_to_sport(result)
    >>> ax.get_xlabel()
    'Months since fitting'
    """
    lines, last = _lines(result), _last_month(result)
    with style_context():
        ax = new_axes(return_to_sport_size(result)) if ax is None else ax
        title, subtitle = short_title(result), _subtitle(result)
        set_margins(ax, _margins(result), title, subtitle)
        draw_scales(ax, last, _back(result))
        _draw_curve(ax, result, last)
        write_lines(ax, lines)
        write_header(ax, title, subtitle)
    return ax


def return_to_sport_size(result: ReturnToSport) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return over_time_size(_margins(result), short_title(result), _subtitle(result))


def _margins(result: ReturnToSport) -> Margins:
    return over_time_margins(_lines(result), [_back(result)])


def _back(result: ReturnToSport) -> str:
    return f"Back in {format_label(result.event).removeprefix('return to ')}"


def _last_month(result: ReturnToSport) -> float:
    followed = [float(month) for month in result.risk_table["months"]]
    return last_month(followed)


def _subtitle(result: ReturnToSport) -> str:
    row = list_rows(result.frame)[0]
    level = f"{100 * float(row['conf_level']):g}%"
    return (
        f"Cumulative {format_label(result.event)}, {int(row['n_patients'])} patients; "
        f"Aalen-Johansen with surgery as competing event; {level} log-log intervals shaded; "
        f"records to {format_date(result.data_lock)}"
    )


def _draw_curve(ax: Axes, result: ReturnToSport, last: float) -> None:
    series = series_of(0)
    curve = result.curve.assign(months=result.curve["days"] / DAYS_PER_MONTH)
    curve = curve[curve["months"].le(last)]
    low, high = curve["conf_low"].astype(float), curve["conf_high"].astype(float)
    ax.fill_between(curve["months"], low, high, step="post", color=series.color, alpha=0.12, lw=0)
    ax.step(curve["months"], curve["incidence"], where="post", color=series.color, lw=1.8)
    end = curve.iloc[-1]
    place = CurveName(
        text=_back(result), months=float(end["months"]), level=float(end["incidence"])
    )
    name_curves(ax, [place])


def _lines(result: ReturnToSport) -> list[TableLine]:
    table = result.risk_table[result.risk_table["months"].le(_last_month(result))]
    rows = list_rows(table)
    counts = [
        TableLine(
            text=text, cells=tuple((float(row["months"]), f"{int(row[column])}") for row in rows)
        )
        for column, text in _COUNTS
    ]
    return [TableLine(text="Patients", is_heading=True), *counts]
