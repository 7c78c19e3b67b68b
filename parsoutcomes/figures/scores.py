"""One questionnaire before treatment and at each visit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.conventions import HIGHER_IS_BETTER, MINIMAL_IMPORTANT_CHANGE
from parsoutcomes.errors import require_choice
from parsoutcomes.figures.over_time import (
    TableLine,
    draw_interval,
    last_month,
    over_time_margins,
    over_time_size,
    series_of,
    write_lines,
)
from parsoutcomes.figures.style import (
    LONGEST_TITLE,
    RULE,
    SMALL_POINTS,
    Margins,
    new_axes,
    set_margins,
    style_context,
    write_header,
)
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.results.scores import write_scores_finding
from parsoutcomes.wording import format_label, start_sentence

if TYPE_CHECKING:
    from parsoutcomes.results.scores import Scores

_HIGHEST: Final = {"pain_nrs": 10.0, "odi": 100.0, "micheli": 100.0, "srs22r": 5.0, "eq5d_y": 1.0}
_TICKS: Final = (0, 3, 6, 9, 12, 18, 24)


@public(made_by="summarise_scores")
def plot_scores(result: Scores, *, instrument: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the mean score of one questionnaire before treatment and at each visit.

    Those who answered differ from visit to visit; the change of those who answered both times is
    written beneath.

    Parameters
    ----------
    result : Scores
        From `summarise_scores`.
    instrument : str, optional
        Which questionnaire; default the one that most answered.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        When the instrument is not in the result.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> result = po.summarise_scores(po.simulate_cohort(30, seed=1))
    >>> ax = po.plot_scores(result)
    >>> ax.get_xlabel()
    'Months since fitting'
    """
    name = _choose(result, instrument)
    lines = _lines(result, name)
    with style_context():
        ax = new_axes(scores_size(result, instrument=name)) if ax is None else ax
        title, subtitle = _title(result, name), _subtitle(result, name)
        set_margins(ax, _margins(result, name), title, subtitle)
        _draw_scales(ax, result, name)
        _draw_means(ax, _means(result, name))
        write_lines(ax, lines)
        write_header(ax, title, subtitle)
    return ax


def scores_size(result: Scores, *, instrument: str | None = None) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    name = _choose(result, instrument)
    margins = _margins(result, name)
    return over_time_size(margins, _title(result, name), _subtitle(result, name))


def _margins(result: Scores, name: str) -> Margins:
    return over_time_margins(_lines(result, name), ["0.0"])


def _choose(result: Scores, instrument: str | None) -> str:
    if instrument is None:
        return result.instruments[0]
    return require_choice("instrument", instrument, result.instruments)


def _of(result: Scores, name: str, measure: str) -> list[Row]:
    frame = result.frame
    chosen = frame["instrument"].eq(name) & frame["measure"].eq(measure)
    return list_rows(frame[chosen].sort_values("months"))


def _means(result: Scores, name: str) -> list[Row]:
    return [row for row in _of(result, name, "mean") if row["months"] <= _last(result, name)]


def _last(result: Scores, name: str) -> float:
    return last_month([float(row["months"]) for row in _of(result, name, "mean")])


def _title(result: Scores, name: str) -> str:
    finding = write_scores_finding(result.frame[result.frame["instrument"].eq(name)])
    return finding if len(finding) <= LONGEST_TITLE else f"{start_sentence(format_label(name))}"


def _subtitle(result: Scores, name: str) -> str:
    level = f"{100 * float(result.frame['conf_level'].iloc[0]):g}%"
    sense = "higher" if name in HIGHER_IS_BETTER else "lower"
    return (
        f"Mean {format_label(name)} of all who answered at each time, with {level} intervals; "
        f"{sense} is better; no comparison group"
    )


def _draw_scales(ax: Axes, result: Scores, name: str) -> None:
    last = _last(result, name)
    ax.set_xlim(-0.4, last * 1.04)
    ax.set_ylim(0, _HIGHEST[name])
    ax.set_xticks([month for month in _TICKS if month <= last])
    ax.grid(axis="y", color=RULE, lw=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel("Months since fitting")
    ax.set_ylabel(f"Mean {format_label(name).split(' (')[0]}")


def _draw_means(ax: Axes, rows: list[Row]) -> None:
    series = series_of(0)
    months = [float(row["months"]) for row in rows]
    means = [float(row["estimate"]) for row in rows]
    ax.plot(months, means, color=series.color, lw=1.2, alpha=0.6)
    for row, month, mean in zip(rows, months, means, strict=True):
        draw_interval(ax, month, (float(row["conf_low"]), float(row["conf_high"])), series)
        ax.plot([month], [mean], series.marker, color=series.color, ms=7, mec="white", zorder=5)
        ax.annotate(
            f"{mean:.1f}",
            xy=(month, mean),
            xytext=(7, 5),
            textcoords="offset points",
            fontsize=SMALL_POINTS,
        )


def _lines(result: Scores, name: str) -> list[TableLine]:
    answered = _cells(_means(result, name), "n_patients")
    last = _last(result, name)
    changes = [row for row in _of(result, name, "mean_change") if row["months"] <= last]
    lines = [
        TableLine(text="Patients", is_heading=True),
        TableLine(text="Answered", cells=answered),
        TableLine(text="Answered both", cells=_cells(changes, "n_patients")),
        TableLine(
            text="Mean change",
            cells=tuple((float(row["months"]), f"{row['estimate']:+.1f}") for row in changes),
        ),
    ]
    least = MINIMAL_IMPORTANT_CHANGE.get(name)
    if least is not None:
        better = TableLine(text=f"Better by {least:g} or more", cells=_cells(changes, "n_events"))
        worse = TableLine(text=f"Worse by {least:g} or more", cells=_cells(changes, "n_worse"))
        lines += [better, worse]
    return lines


def _cells(rows: list[Row], column: str) -> tuple[tuple[float, str], ...]:
    return tuple((float(row["months"]), f"{int(row[column])}") for row in rows)
