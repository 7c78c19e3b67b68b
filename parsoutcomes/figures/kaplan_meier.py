"""The familiar right-censored curve, with the table of KMunicate beneath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.figures.over_time import (
    CurveName,
    TableLine,
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
    Margins,
    new_axes,
    set_margins,
    short_title,
    style_context,
    write_header,
)
from parsoutcomes.results.rows import list_rows
from parsoutcomes.wording import format_date, format_label, start_sentence

if TYPE_CHECKING:
    from parsoutcomes.results.kaplan_meier import KaplanMeier

_COUNTS: Final = (
    ("n_at_risk", "At risk"),
    ("n_censored", "Censored so far"),
    ("n_events", "Seen united so far"),
)


@public(made_by="estimate_kaplan_meier")
def plot_kaplan_meier(result: KaplanMeier, *, ax: Axes | None = None) -> Axes:
    """Draw the share seen united, as if union came on the day of the scan that showed it.

    For comparison with papers that drew such a curve, not for quoting: union came before its scan,
    and those operated on are treated as if they could still unite. `plot_time_to_union` draws what
    the scans can tell.

    Parameters
    ----------
    result : KaplanMeier
        From `estimate_kaplan_meier`.
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
    >>> result = po.estimate_kaplan_meier(po.simulate_cohort(30, seed=1))
    >>> ax = po.plot_kaplan_meier(result)
    >>> ax.get_xlabel()
    'Months since fitting'
    """
    groups, last, lines = _groups(result), _last_month(result), _table_lines(result)
    with style_context():
        ax = new_axes(kaplan_meier_size(result)) if ax is None else ax
        title, subtitle = short_title(result), _subtitle(result)
        set_margins(ax, _margins(result, lines), title, subtitle)
        draw_scales(ax, last, "Seen united")
        names = [_draw_group(ax, result, group, last) for group in groups]
        if len(groups) > 1:
            name_curves(ax, names)
        write_lines(ax, lines)
        write_header(ax, title, subtitle)
    return ax


def kaplan_meier_size(result: KaplanMeier) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    margins = _margins(result, _table_lines(result))
    return over_time_size(margins, short_title(result), _subtitle(result))


def _margins(result: KaplanMeier, lines: list[TableLine]) -> Margins:
    groups = _groups(result)
    names = [label_group(result.by, group) for group in groups] if len(groups) > 1 else []
    return over_time_margins(lines, names)


def _column(result: KaplanMeier) -> str:
    return "group" if result.by is None else result.by


def _groups(result: KaplanMeier) -> list[str]:
    return list(dict.fromkeys(result.curve[_column(result)].astype(str)))


def _of_group(frame: pd.DataFrame, result: KaplanMeier, group: str) -> pd.DataFrame:
    return frame[frame[_column(result)].astype(str).eq(group)]


def _last_month(result: KaplanMeier) -> float:
    return last_month([float(month) for month in result.risk_table["months"]])


def _subtitle(result: KaplanMeier) -> str:
    unit = "pars" if result.unit == "defect" else "patients"
    levels = result.frame["conf_level"].dropna()
    level = f"{100 * float(levels.iloc[0]):g}% " if len(levels) else ""
    return (
        f"Right-censored Kaplan-Meier of the first scan with {format_label(result.definition)}, "
        f"{unit}; {level}log-log intervals shaded, pars taken as independent; surgery counted as "
        f"loss to follow-up; scans to {format_date(result.data_lock)}"
    )


def _draw_group(ax: Axes, result: KaplanMeier, group: str, last: float) -> CurveName:
    number = _groups(result).index(group)
    series = series_of(number)
    curve = _of_group(result.curve, result, group).sort_values("days")
    months = curve["days"] / DAYS_PER_MONTH
    curve, months = curve[months <= last], months[months <= last]
    ends = [*months, max(float(months.max()), min(_followed(result, group), last))]
    high, low, level = (
        [*curve[name], curve[name].iloc[-1]] for name in ("conf_high", "conf_low", "union")
    )
    ax.fill_between(ends, low, high, step="post", color=series.color, alpha=0.12, lw=0)
    ax.step(ends, level, where="post", color=series.color, ls=series.dash, lw=1.8)
    text = label_group(result.by, group)
    return CurveName(text=text, months=ends[-1], level=float(level[-1]))


def _followed(result: KaplanMeier, group: str) -> float:
    """Return the last month of the table at which somebody is still at risk."""
    table = _of_group(result.risk_table, result, group)
    at_risk = table.loc[table["n_at_risk"].gt(0), "months"]
    return float(at_risk.max()) if len(at_risk) else 0.0


def _table_lines(result: KaplanMeier) -> list[TableLine]:
    units = "pars" if result.unit == "defect" else "patients"
    groups, lines = _groups(result), []
    for group in groups:
        name = f"{label_group(result.by, group)} ({units})"
        heading = name if len(groups) > 1 else start_sentence(units)
        lines.append(TableLine(text=heading, is_heading=True))
        table = _of_group(result.risk_table, result, group)
        rows = list_rows(table[table["months"].le(_last_month(result))])
        for column, text in _COUNTS:
            cells = tuple((float(row["months"]), f"{int(row[column])}") for row in rows)
            lines.append(TableLine(text=text, cells=cells))
    return lines
