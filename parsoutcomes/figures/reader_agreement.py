"""Readings of one reader against those of the other, scan by scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from parsoutcomes.calls import public
from parsoutcomes.figures.style import (
    BLUE,
    INK,
    MUTED,
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
from parsoutcomes.results.reader_agreement import MEASURES, write_agreement
from parsoutcomes.results.rows import list_rows
from parsoutcomes.wording import format_label, start_sentence

if TYPE_CHECKING:
    from parsoutcomes.results.reader_agreement import ReaderAgreement

READINGS: Final = ("none", "partial", "complete", "not_assessable")
CELL_INCHES: Final = 0.62
_SHADES: Final = LinearSegmentedColormap.from_list("readings", ["white", BLUE])
_MEASURES: Final = (
    "read alike, three grades",
    "read alike, united or not",
    "kappa, united or not",
    "weighted kappa, linear",
    "weighted kappa, quadratic",
)


@public(made_by="measure_reader_agreement")
def plot_reader_agreement(result: ReaderAgreement, *, ax: Axes | None = None) -> Axes:
    """Draw how one reader's readings stand against the other's, with the measures beside.

    Parameters
    ----------
    result : ReaderAgreement
        From `measure_reader_agreement`; the pair with most scans is drawn.
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
    >>> people = [f"P{n}" for n in range(8)]
    >>> defects = pd.DataFrame({"episode_id": people, "patient_id": people, "defect_id": people})
    >>> scan = defects.assign(modality="CT", days_since_fitting=180)
    >>> readings = pd.concat([
    ...     scan.assign(reader="A", union_status=["complete"] * 4 + ["none"] * 4),
    ...     scan.assign(reader="B", union_status=["complete"] * 3 + ["none"] * 5)])
    >>> cohort = build_cohort(dict(
    ...     episodes=defects[["episode_id", "patient_id"]], defects=defects, readings=readings))
    >>> result = po.measure_reader_agreement(cohort)
    >>> ax = po.plot_reader_agreement(result)
    >>> ax.get_xlabel()
    'Second reader'
    """
    title, subtitle = short_title(result), _subtitle(result)
    counts = _matrix(result)
    with style_context():
        ax = new_axes(reader_agreement_size(result)) if ax is None else ax
        right = WIDTH_INCHES - 1.55 - len(counts) * CELL_INCHES
        set_margins(ax, Margins(left=1.55, right=right, bottom=0.75), title, subtitle)
        _draw_cells(ax, counts)
        _write_measures(ax, result)
        write_header(ax, title, subtitle)
    return ax


def reader_agreement_size(result: ReaderAgreement) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    header = header_inches(short_title(result), _subtitle(result), WIDTH_INCHES)
    return WIDTH_INCHES, len(_matrix(result)) * CELL_INCHES + header + 0.9


def _shown(result: ReaderAgreement) -> tuple[str, ...]:
    pair = result.counts[result.counts["readers"].eq(result.main_readers)]
    assessed = not (pair["first"].eq(READINGS[3]) | pair["second"].eq(READINGS[3])).any()
    return READINGS[:3] if assessed else READINGS


def _matrix(result: ReaderAgreement) -> np.ndarray:
    names = _shown(result)
    pair = result.counts[result.counts["readers"].eq(result.main_readers)]
    counts = np.zeros((len(names), len(names)), dtype=int)
    for row in list_rows(pair):
        counts[names.index(row["first"]), names.index(row["second"])] += int(row["n_scans"])
    return counts


def _subtitle(result: ReaderAgreement) -> str:
    others = result.counts["readers"].nunique() - 1
    more = f"; {others} other pairs of readers not drawn" if others else ""
    return (
        f"Scans by what {result.main_readers.replace(' and ', ' (rows) and ')} (columns) read; "
        f"outlined: read alike{more}"
    )


def _draw_cells(ax: Axes, counts: np.ndarray) -> None:
    n = len(counts)
    shades = 0.75 * counts / max(int(counts.max()), 1)
    edges = np.arange(n + 1) - 0.5
    ax.pcolormesh(edges, edges, shades, cmap=_SHADES, vmin=0, vmax=1, edgecolors="face", lw=0.3)
    ax.set_ylim(n - 0.5, -0.5)
    for row in range(n):
        for column in range(n):
            dark = shades[row, column] > 0.45
            ax.text(
                column,
                row,
                f"{counts[row, column]:,}",
                ha="center",
                va="center",
                color="white" if dark else INK,
                fontweight="bold" if row == column else "normal",
            )
    for place in range(n):
        box = [place - 0.47, place + 0.47]
        ax.plot(
            [box[0], box[1], box[1], box[0], box[0]],
            [box[0], box[0], box[1], box[1], box[0]],
            color=INK,
            lw=1.2,
        )
    names = [start_sentence(format_label(name)) for name in READINGS[:n]]
    names = [_UNION_WORDS.get(name, name) for name in names]
    ax.set_xticks(range(n), labels=names, fontsize=SMALL_POINTS)
    ax.set_yticks(range(n), labels=names, fontsize=SMALL_POINTS)
    ax.tick_params(length=0)
    ax.set_xlabel("Second reader")
    ax.set_ylabel("First reader")
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


_UNION_WORDS: Final = {"Complete union": "Complete", "Not assessable": "Not\nassessable"}


def _write_measures(ax: Axes, result: ReaderAgreement) -> None:
    pair = result.frame[result.frame["readers"].eq(result.main_readers)]
    written = {row["measure"]: write_agreement(row) for row in list_rows(pair)}
    for place, (measure, name) in enumerate(zip(MEASURES, _MEASURES, strict=True)):
        for text, shift, color in ((name, 0, MUTED), (written[measure], -13, INK)):
            ax.annotate(
                text,
                xy=(1.0, 1.0),
                xycoords="axes fraction",
                xytext=(18, -34 * place + shift - 6),
                textcoords="offset points",
                ha="left",
                va="center",
                color=color,
                fontsize=SMALL_POINTS if color == MUTED else TEXT_POINTS,
                annotation_clip=False,
            )
