"""Union by the points of a published score."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.figures.style import (
    BLUE,
    EDGE_INCHES,
    INK,
    MUTED,
    RULE,
    SMALL_POINTS,
    TEXT_POINTS,
    WIDTH_INCHES,
    Margins,
    header_inches,
    new_axes,
    set_margins,
    short_title,
    style_context,
    write_header,
)
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.results.score import BY_SCORE, OURS, write_change
from parsoutcomes.wording import format_months, format_number_range, format_percent

if TYPE_CHECKING:
    from parsoutcomes.results.score import UnionScore

_HEIGHT_INCHES: Final = 3.1
_MARGINS: Final = Margins(left=0.85, right=2.4, bottom=0.95)


@public(made_by="predict_union_score")
def plot_union_score(result: UnionScore, *, ax: Axes | None = None) -> Axes:
    """Draw union with its interval at each score, and what the score tells in all.

    Not a calibration plot: the paper prints no rate per score to set ours against.

    Parameters
    ----------
    result : UnionScore
        From `predict_union_score`.
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
    >>> result = po.predict_union_score(po.simulate_cohort(30, seed=1), n_resamples=40)
    >>> ax = po.plot_union_score(result)
    >>> ax.get_xlabel()
    'Score, and pars with it'
    """
    title, subtitle = _heading(result)
    with style_context():
        ax = new_axes(union_score_size(result)) if ax is None else ax
        by_score = list_rows(result.frame[result.frame["measure"].eq(BY_SCORE)])
        _draw_scale(ax, by_score)
        for row in by_score:
            _draw_rate(ax, row)
        _write_beside(ax, result)
        set_margins(ax, _MARGINS, title, subtitle)
        write_header(ax, title, subtitle)
    return ax


def union_score_size(result: UnionScore) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    header = header_inches(*_heading(result))
    return WIDTH_INCHES, header + EDGE_INCHES + _MARGINS.bottom + _HEIGHT_INCHES


def _heading(result: UnionScore) -> tuple[str, str]:
    level = 100 * float(result.frame["conf_level"].iloc[0])
    subtitle = (
        f"Complete union per pars by {format_months(result.horizon_months)}, by the points of "
        f"{result.series}; {level:g}% intervals with whole patients as the unit"
    )
    return _title(result), subtitle


def _title(result: UnionScore) -> str:
    is_area = result.frame["measure"].eq("area_under_curve")
    areas = {str(row["source"]): float(row["estimate"]) for row in list_rows(result.frame[is_area])}
    ours = areas[OURS]
    if result.is_few or not math.isfinite(ours):
        return short_title(result)
    return (
        f"The score of {result.series} tells united from un-united pars with an area under the "
        f"curve of {ours:.2f} here ({areas[result.series]:.3f} in the paper)"
    )


def _draw_scale(ax: Axes, by_score: list[Row]) -> None:
    scores = [int(row["score"]) for row in by_score]
    labels = [
        f"{score}\nn = {row['n_defects']}" for score, row in zip(scores, by_score, strict=True)
    ]
    ax.set_xlim(min(scores) - 0.45, max(scores) + 0.6)
    ax.set_xticks(scores, labels=labels)
    ax.set_xlabel("Score, and pars with it")
    ax.set_ylim(-0.02, 1.02)
    ticks = [0, 0.25, 0.5, 0.75, 1.0]
    ax.set_yticks(ticks, labels=[format_percent(tick) for tick in ticks])
    ax.set_ylabel("Pars united")
    ax.grid(axis="y", color=RULE, lw=0.6)
    ax.set_axisbelow(True)


def _draw_rate(ax: Axes, row: Row) -> None:
    score, estimate = int(row["score"]), float(row["estimate"])
    if not math.isfinite(estimate):
        ax.annotate("no pars", (score, 0.03), ha="center", fontsize=SMALL_POINTS, color=MUTED)
        return
    ax.plot([score] * 2, [float(row["conf_low"]), float(row["conf_high"])], color=BLUE, lw=1.6)
    ax.plot(score, estimate, marker="o", ms=7, color=BLUE)
    ax.annotate(
        f"{format_percent(estimate)}\n{row['n_events']}/{row['n_defects']}",
        (score, estimate),
        xytext=(8, 0),
        textcoords="offset points",
        va="bottom" if estimate < 0.06 else "top" if estimate > 0.94 else "center",
        fontsize=SMALL_POINTS,
        linespacing=1.25,
    )


def _write_beside(ax: Axes, result: UnionScore) -> None:
    rows = {(str(row["source"]), str(row["measure"])): row for row in list_rows(result.frame)}
    blocks = [
        ("Area under the curve", "area_under_curve"),
        ("Union of all scored", "overall_union"),
        ("Change per point (per 100)", "change_per_point"),
    ]
    lines: list[tuple[str, bool]] = []
    for heading, measure in blocks:
        lines.append((heading, True))
        lines += [
            (f"{source}: {_write(measure, rows[source, measure])}", False)
            for source in (OURS, result.series)
            if (source, measure) in rows
        ]
        lines.append(("", False))
    for number, (text, is_heading) in enumerate(lines):
        ax.annotate(
            text,
            xy=(1, 1),
            xycoords="axes fraction",
            xytext=(8, -2 - 14.0 * number),
            textcoords="offset points",
            va="top",
            fontsize=TEXT_POINTS if is_heading else SMALL_POINTS,
            color=INK if is_heading else MUTED,
            fontweight="bold" if is_heading else "normal",
            annotation_clip=False,
        )


def _write(measure: str, row: Row) -> str:
    values = tuple(float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    if measure == "change_per_point":
        return write_change(row)
    if measure == "area_under_curve":
        return format_number_range(*values, decimals=3 if row["source"] != OURS else 2)
    low, high = (format_percent(value).removesuffix("%") for value in values[1:])
    text = format_percent(values[0])
    return f"{text} ({low} to {high})" if math.isfinite(values[1]) else text
