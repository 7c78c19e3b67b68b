"""The rate of union under every way of counting it, sorted, with the choices beneath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.figures.style import (
    BAND,
    BLUE,
    INK,
    MUTED,
    POINTS_PER_INCH,
    RULE,
    SMALL_POINTS,
    VERMILION,
    WIDTH_INCHES,
    Margins,
    header_inches,
    new_axes,
    set_margins,
    short_title,
    style_context,
    text_width_points,
    write_header,
)
from parsoutcomes.results.definitions import CHOICES, DENOMINATORS, format_choice, format_option
from parsoutcomes.wording import format_count, format_date, format_percent, start_sentence

if TYPE_CHECKING:
    from parsoutcomes.results.definitions import VariedDefinitions

CURVE_INCHES: Final = 2.5
ROW_INCHES: Final = 0.165
GAP_ROWS: Final = 1.3
_ORDER: Final = {
    "definition": ("complete", "partial_or_better"),
    "imaging": ("ct", "ct_or_mri", "any"),
    "denominator": DENOMINATORS,
    "unit": ("defect", "patient"),
}


@public(made_by="vary_definitions")
def plot_varied_definitions(result: VariedDefinitions, *, ax: Axes | None = None) -> Axes:
    """Draw the rate of union under every way of counting it, from lowest to highest.

    Not a distribution: the ways are not a sample of anything, and all count the same patients.

    Parameters
    ----------
    result : VariedDefinitions
        From `vary_definitions`.
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
    >>> result = po.vary_definitions(po.simulate_cohort(30, seed=1), n_resamples=40)
    >>> ax = po.plot_varied_definitions(result)
    >>> len(ax.texts) > 0
    True
    """
    given, options = _sorted_rows(result), _options(result)
    with style_context():
        ax = new_axes(varied_definitions_size(result)) if ax is None else ax
        title, subtitle = short_title(result), _subtitle(result)
        set_margins(ax, Margins(left=_label_inches(options), bottom=0.12), title, subtitle)
        _draw_curve(ax, given)
        _draw_choices(ax, given, options)
        _mark_primary(ax, given)
        write_header(ax, title, subtitle)
    return ax


def varied_definitions_size(result: VariedDefinitions) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    rows = _grid_rows(_options(result))
    header = header_inches(short_title(result), _subtitle(result), WIDTH_INCHES)
    return WIDTH_INCHES, CURVE_INCHES + rows * ROW_INCHES + header + 0.35


def _sorted_rows(result: VariedDefinitions) -> pd.DataFrame:
    given = result.frame[result.frame["estimate"].notna()]
    return given.sort_values(["estimate", "conf_low", *CHOICES], kind="stable", ignore_index=True)


def _options(result: VariedDefinitions) -> dict[str, list[Any]]:
    """Return the options of each choice that vary, in their order."""
    found: dict[str, list[Any]] = {}
    for choice in CHOICES:
        present = result.frame[choice].unique().tolist()
        known: list[Any] = [option for option in _ORDER.get(choice, ()) if option in present]
        found[choice] = known or sorted(present)
    return {choice: options for choice, options in found.items() if len(options) > 1}


def _grid_rows(options: dict[str, list[Any]]) -> float:
    return sum(len(those) + GAP_ROWS for those in options.values())


def _label_inches(options: dict[str, list[Any]]) -> float:
    labels = [format_option(option) for those in options.values() for option in those]
    heads = [start_sentence(format_choice(choice)) for choice in options]
    widths = [text_width_points(label, SMALL_POINTS) for label in labels]
    widths += [text_width_points(head, SMALL_POINTS, bold=True) - 8.0 for head in heads]
    return (max(widths, default=40.0) + 14.0) / POINTS_PER_INCH + 0.15


def _subtitle(result: VariedDefinitions) -> str:
    frame = result.frame
    n_open = int(frame["estimate"].isna().sum())
    level = 100 * float(frame["conf_level"].iloc[0])
    most = frame.iloc[int(frame["n_defects"].to_numpy().argmax())]
    left = (
        f"; {format_count(n_open, 'way', 'ways')} without an estimate not drawn" if n_open else ""
    )
    return (
        f"Share united under each way of counting, from lowest to highest, {level:g}% intervals "
        f"where one exists; up to {int(most['n_defects'])} target pars in "
        f"{int(most['n_patients'])} patients{left}; data lock {format_date(result.data_lock)}"
    )


def _draw_curve(ax: Axes, given: pd.DataFrame) -> None:
    x = np.arange(len(given))
    thin = max(0.5, min(1.6, 160.0 / max(len(given), 1)))
    ax.vlines(x, given["conf_low"], given["conf_high"], color=RULE, lw=thin * 1.6, zorder=2)
    ax.scatter(
        x,
        given["estimate"],
        s=max(3.0, min(22.0, 900.0 / max(len(given), 1))),
        color=BLUE,
        lw=0,
        zorder=3,
    )
    ax.set_xlim(-1.5, max(len(given), 1) + 0.5)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.spines["left"].set_visible(False)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], labels=["0%", "25%", "50%", "75%", "100%"])
    ax.hlines([0, 0.25, 0.5, 0.75, 1], -1.5, len(given) + 0.5, color=RULE, lw=0.6, zorder=0)


def _draw_choices(ax: Axes, given: pd.DataFrame, options: dict[str, list[Any]]) -> None:
    step = ROW_INCHES / CURVE_INCHES
    y = -step * 0.6
    for choice, those in options.items():
        y -= step * GAP_ROWS
        _write_label(ax, start_sentence(format_choice(choice)), y, bold=True)
        for position, option in enumerate(those):
            y -= step
            if position % 2 == 0:
                ax.axhspan(y - step / 2, y + step / 2, color=BAND, alpha=0.45, lw=0, zorder=0)
            _write_label(ax, format_option(option), y)
            chosen = given.index[given[choice].eq(option)].to_numpy()
            ax.vlines(chosen, y - step * 0.36, y + step * 0.36, color=MUTED, lw=1.1, zorder=2)
    ax.set_ylim(y - step * 0.8, 1.03)


def _write_label(ax: Axes, text: str, y: float, *, bold: bool = False) -> None:
    ax.annotate(
        text,
        xy=(0.0, y),
        xycoords=("axes fraction", "data"),
        xytext=(-8, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=SMALL_POINTS,
        fontweight="bold" if bold else "normal",
        color=INK if bold else MUTED,
        annotation_clip=False,
    )


def _mark_primary(ax: Axes, given: pd.DataFrame) -> None:
    at = given.index[given["is_primary"]]
    if not len(at):
        return
    place, row = int(at[0]), given.loc[at[0]]
    ax.axvline(place, color=VERMILION, lw=0.9, zorder=1, alpha=0.8)
    ax.vlines(place, row["conf_low"], row["conf_high"], color=VERMILION, lw=2.0, zorder=4)
    ax.scatter([place], [row["estimate"]], s=34, color=VERMILION, zorder=5, lw=0, marker="D")
    is_left = place < 0.5 * len(given)
    ax.annotate(
        f"primary {format_percent(float(row['estimate']))}",
        xy=(place, 0.06),
        xytext=(6 if is_left else -6, 0),
        textcoords="offset points",
        ha="left" if is_left else "right",
        va="center",
        color=VERMILION,
        fontsize=SMALL_POINTS,
        fontweight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        zorder=6,
    )
