"""What share unites in the end; or, while that cannot be said, what was seen so far and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.conventions import (
    DAYS_PER_MONTH,
    PLATEAU_FITTED_SHARE,
    PLATEAU_MAX_LAST_WINDOW_MASS,
    PLATEAU_MIN_SHARE_BEYOND,
)
from parsoutcomes.figures.over_time import (
    FIRST_LINE_POINTS,
    LINE_POINTS,
    CurveName,
    draw_box,
    draw_estimate,
    draw_scales,
    label_group,
    last_month,
    name_curves,
    over_time_size,
    series_of,
)
from parsoutcomes.figures.style import (
    BAND,
    EDGE_INCHES,
    LONGEST_TITLE,
    MUTED,
    POINTS_PER_INCH,
    SMALL_POINTS,
    Margins,
    new_axes,
    set_margins,
    style_context,
    text_width_points,
    write_header,
)
from parsoutcomes.results.parametric_times import name_distribution
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_label,
    format_percent,
    format_percent_range,
)

if TYPE_CHECKING:
    from parsoutcomes.results.parametric_times import UnionCure

_SEEN: Final = "seen between scans"
_FITTED: Final = "fitted"
_NOT_YET: Final = "in the end:\nnot told"
_LEFT_POINTS: Final = 52.0
_APART_MONTHS: Final = 0.35


@public(made_by="fit_union_cure")
def plot_union_cure(result: UnionCure, *, ax: Axes | None = None) -> Axes:
    """Draw what share unites in the end beside what has been seen so far.

    Boxes are what the scans tell without a model. Where union has not levelled off there is no
    curve and no share: the last visit window is shaded, and the lines beneath say what is missing.

    Parameters
    ----------
    result : UnionCure
        From `fit_union_cure`.
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
    >>> result = po.fit_union_cure(po.simulate_cohort(30, seed=1))
    >>> ax = po.plot_union_cure(result)
    >>> ax.get_xlabel()
    'Months since fitting'
    """
    with style_context():
        ax = new_axes(union_cure_size(result)) if ax is None else ax
        title, subtitle = _title(result), _subtitle(result)
        set_margins(ax, _margins(result), title, subtitle)
        last = _last_month(result)
        draw_scales(ax, last, "Pars united")
        ends = [_draw_seen(ax, result, last)]
        if result.is_plateau:
            _draw_fitted(ax, result, last)
            ends = _draw_shares(ax, result, last)
        else:
            _shade_last_window(ax, result, last)
        name_curves(ax, ends)
        _write_checks(ax, result)
        write_header(ax, title, subtitle)
    return ax


def union_cure_size(result: UnionCure) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return over_time_size(_margins(result), _title(result), _subtitle(result))


def _title(result: UnionCure) -> str:
    finding = result.finding if result.is_plateau else f"{result.finding.split('. ')[0]}."
    return finding if len(finding) <= LONGEST_TITLE else result.title


def _subtitle(result: UnionCure) -> str:
    seen = f"Cumulative {format_label(result.definition)} per pars; boxes: {_SEEN}, without a model"
    if not result.is_plateau:
        return f"{seen}; shaded: the last visit window"
    level = 100 * float(result.frame["conf_level"].iloc[0])
    return (
        f"{seen}; line: {name_distribution(result.distribution)} mixture cure model; at the right "
        f"edge the share that unites in the end, {level:g}% interval"
    )


def _margins(result: UnionCure) -> Margins:
    names = [_name_share(row) for row in _shares(result)] or _NOT_YET.split("\n")
    beside = max(text_width_points(name, SMALL_POINTS) for name in names)
    below = FIRST_LINE_POINTS + LINE_POINTS * (len(_checks(result)) + 0.6)
    return Margins(
        left=_LEFT_POINTS / POINTS_PER_INCH,
        right=0.35 + beside / POINTS_PER_INCH,
        bottom=below / POINTS_PER_INCH,
    )


def _shares(result: UnionCure) -> list[Row]:
    if not result.is_plateau:
        return []
    return list_rows(result.frame[result.frame["measure"].eq("eventual_union")])


def _name_share(row: Row) -> str:
    share = format_percent_range(row["estimate"], row["conf_low"], row["conf_high"])
    return f"{label_group(str(row['term']), row['level'])}: {share}" if row["term"] else share


def _last_month(result: UnionCure) -> float:
    return last_month([float(result.plateau["window_to_months"].iloc[0])])


def _draw_seen(ax: Axes, result: UnionCure, last: float) -> CurveName:
    reached, level, look = 0.0, 0.0, series_of(0)
    for box in list_rows(result.boxes.sort_values("left_days")):
        left, right = (
            min(float(box[f"{end}_days"]) / DAYS_PER_MONTH, last) for end in ("left", "right")
        )
        ax.plot([reached, left], [level, level], color=look.color, lw=1.6)
        before, after = float(box["union_before"]), float(box["union_after"])
        draw_box(ax, (left, before), (right, after), look)
        reached, level = right, after
    until = min(float(result.plateau["window_to_months"].iloc[0]), last)
    ax.plot([reached, max(until, reached)], [level, level], color=look.color, lw=1.6)
    return CurveName(text=_NOT_YET, months=last, level=level)


def _draw_fitted(ax: Axes, result: UnionCure, last: float) -> None:
    look, months = series_of(1), result.curve["days"] / DAYS_PER_MONTH
    kept = months <= last
    ax.plot(months[kept], result.curve["union"][kept], color=look.color, lw=1.8, zorder=3)


def _draw_shares(ax: Axes, result: UnionCure, last: float) -> list[CurveName]:
    """Draw each share at the right edge, beyond the last scan, and return their names."""
    shares = _shares(result)
    wide = last + _APART_MONTHS * (len(shares) + 0.5)
    ax.set_xlim(0, wide)
    ax.axvspan(last, wide, color=BAND, alpha=0.5, lw=0, zorder=0.4)
    for number, row in enumerate(shares):
        at: Row = {**row, "months": last + _APART_MONTHS * (number + 0.75)}
        draw_estimate(ax, at, series_of(number + 1))
    return [
        CurveName(text=_name_share(row), months=wide, level=float(row["estimate"]))
        for row in shares
    ]


def _shade_last_window(ax: Axes, result: UnionCure, last: float) -> None:
    start, end = (
        min(float(result.plateau[f"window_{end}_months"].iloc[0]), last) for end in ("from", "to")
    )
    ax.axvspan(start, end, color=BAND, lw=0, zorder=0.4)


def _checks(result: UnionCure) -> list[str]:
    """Return what a plateau needs, and what was found, one line each."""
    at = list_rows(result.plateau)[0]
    start, end = (f"{float(at[f'window_{end}_months']):.3g}" for end in ("from", "to"))
    adds, beyond = float(at["last_window_union"]), float(at["share_beyond"])
    most, least = PLATEAU_MAX_LAST_WINDOW_MASS, PLATEAU_MIN_SHARE_BEYOND
    return [
        'Before "never" can be said:',
        f"{_tick(adds < most)}: the last visit window ({start} to {end} months) should add less "
        f"than {format_percent(most)} to union; it adds {format_percent(adds, decimals=1)}",
        f"{_tick(beyond >= least)}: at least {format_percent(least)} of pars should be seen "
        f"un-united after {format_percent(PLATEAU_FITTED_SHARE)} of fitted unions have come "
        f"({_months(at)}); {int(at['n_beyond'])} ({format_percent(beyond)}) were",
    ]


def _tick(is_met: bool) -> str:
    return "met" if is_met else "not met"


def _months(at: Row) -> str:
    months = float(at["nearly_all_by_months"])
    return f"{months:.1f} months" if months <= 120 else "beyond ten years"


def _write_checks(ax: Axes, result: UnionCure) -> None:
    for number, text in enumerate(_checks(result)):
        place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
        left = -_LEFT_POINTS + EDGE_INCHES * POINTS_PER_INCH
        ax.annotate(
            text,
            xy=(0, 0),
            xytext=(left, -(FIRST_LINE_POINTS + LINE_POINTS * number)),
            va="center",
            fontsize=SMALL_POINTS,
            fontweight="normal" if number else "bold",
            color=MUTED if number and text.startswith("met") else None,
            annotation_clip=False,
            **place,
        )
