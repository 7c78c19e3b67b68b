"""Every published union rate by stage, and our own beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.calls import public
from parsoutcomes.errors import ArgumentError, BaselineError
from parsoutcomes.figures.forest import (
    Forest,
    ForestRow,
    draw_forest,
    draw_share_scale,
    forest_size,
)
from parsoutcomes.figures.style import (
    BLUE,
    EDGE_INCHES,
    POINTS_PER_INCH,
    SMALL_POINTS,
    VERMILION,
    WIDTH_INCHES,
    new_axes,
    style_context,
    wrap_text,
)
from parsoutcomes.results.baselines import describe_within_stage, write_counts
from parsoutcomes.results.rates import write_share_range
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_percent,
    start_sentence,
)

if TYPE_CHECKING:
    from parsoutcomes.results.baselines import Baselines
    from parsoutcomes.results.rates import UnionRates

STAGE_ORDER: Final = (
    "pre_lysis",
    "pre_lysis_or_early",
    "early",
    "early_or_progressive",
    "progressive",
    "terminal",
    "acute",
)
_TITLE_STAGES: Final = ("early", "progressive", "terminal")
_MARKERS: Final = {"defect": "o", "patient": "s", "vertebra": "D", "unclear": "^"}
_OUR_MARKER: Final = "D"
_HEADS: Final = ("united", "per", "patients")
_ROW_INCHES: Final = 0.205
_LONGEST_LABEL: Final = 27


@public(made_by="load_baselines")
def plot_baselines(
    result: Baselines, ours: UnionRates | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw every published union rate by stage, with its interval, and our own rates beside.

    To see how far series differ. Not for a verdict by eye: selection, imaging, unit and follow-up
    differ between the lines; `compare_with_baselines` says what can be said.

    Parameters
    ----------
    result : Baselines
        From `load_baselines`; its union rates that are broken down by stage are drawn.
    ours : UnionRates, optional
        From `estimate_union_rates(cohort, by="stage")`, of complete union.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    BaselineError
        When no union rate is broken down by stage.
    ArgumentError
        When our rates are not by stage, or count partial union.

    Examples
    --------
    >>> import parsoutcomes as po
    >>> result = po.load_baselines(outcome="union", unit="defect")
    >>> ax = po.plot_baselines(result)
    >>> ax.get_xlabel()
    'United'
    """
    forest = _forest(result, ours)
    with style_context():
        ax = new_axes(forest_size(forest, WIDTH_INCHES)) if ax is None else ax
        draw_share_scale(ax)
        draw_forest(ax, forest)
    return ax


def baselines_size(result: Baselines, ours: UnionRates | None = None) -> tuple[float, float]:
    """Return width and height in inches that the figure needs."""
    return forest_size(_forest(result, ours), WIDTH_INCHES)


def _forest(result: Baselines, ours: UnionRates | None) -> Forest:
    rates = result.rates
    shown = rates[rates["outcome"].eq("union") & rates["stage"].isin(STAGE_ORDER)]
    if shown.empty:
        raise BaselineError(
            "No published union rate is broken down by stage among these.",
            expected='rows of outcome "union" with a stage',
            found=format_count(len(rates), "row", "rows") + " of other kinds",
            fix='Choose more: load_baselines(outcome="union").',
        )
    n_sharing = shown.groupby("cohort_group")["study_id"].nunique()
    shared = set(n_sharing.index[n_sharing > 1])
    our_rows = {} if ours is None else _our_rows(ours)
    drawn = ours if any(stage in our_rows for stage in STAGE_ORDER) else None
    rows: list[ForestRow] = []
    for stage in STAGE_ORDER:
        of_stage = shown[shown["stage"].eq(stage)]
        if of_stage.empty and stage not in our_rows:
            continue
        rows.append(ForestRow(label=start_sentence(format_label(stage)), is_heading=True))
        rows += [our_rows[stage]] if stage in our_rows else []
        rows += _rows_of_stage(of_stage, shared)
    return Forest(
        rows=tuple(rows),
        column_heads=_HEADS,
        title=_title(shown, drawn),
        subtitle=_subtitle(shown, drawn),
        axis_label="United",
        key=_key(shown, len(rates)),
        row_inches=_ROW_INCHES,
    )


def _rows_of_stage(rates: pd.DataFrame, shared: set[str]) -> Iterator[ForestRow]:
    """One line per rate with counts; percentages of one paper and unit share a line.

    `shared` are the groups of patients of which several papers tell; the others stay unnamed.
    """
    named = rates["cohort_group"].where(rates["cohort_group"].isin(shared), "–")
    ordered = rates.assign(is_bare=rates["n_united"].isna(), group=named).sort_values(
        ["cohort_group", "study_id", "unit", "is_bare"], kind="stable"
    )
    keys = ["cohort_group", "study_id", "unit", "is_bare"]
    for (*_, is_bare), lines in ordered.groupby(keys, sort=False):
        rows = list_rows(lines)
        if is_bare:
            yield _bare_row(rows)
        else:
            yield from (_counted_row(row) for row in rows)


def _counted_row(row: Row) -> ForestRow:
    return ForestRow(
        label=f"  {_label(row, describe_within_stage({**row, 'stir': 'any'}))}",
        estimate=float(row["estimate"]),
        conf_low=float(row["conf_low"]),
        conf_high=float(row["conf_high"]),
        texts=(write_counts(row), format_label(row["unit"]), start_sentence(row["group"])),
        color=VERMILION,
        marker=_MARKERS[row["unit"]],
    )


def _bare_row(rows: list[Row]) -> ForestRow:
    shares = sorted(float(row["estimate"]) for row in rows)
    ends = [format_percent(share) for share in dict.fromkeys((shares[0], shares[-1]))]
    percents = " to ".join([*(end.removesuffix("%") for end in ends[:-1]), ends[-1]])
    within = describe_within_stage({**rows[0], "stir": "any"}) if len(rows) == 1 else []
    parts = [f"{len(rows)} parts"] if len(rows) > 1 else within
    return ForestRow(
        label=f"  {_label(rows[0], parts)}",
        others=tuple(shares),
        texts=(percents, format_label(rows[0]["unit"]), start_sentence(rows[0]["group"])),
        color=VERMILION,
        marker=_MARKERS[rows[0]["unit"]],
    )


def _label(row: Row, parts: list[str]) -> str:
    marks = {"user": " (yours)"}.get(row["origin"], "")
    marks += " (second-hand)" if row["read_from"] == "secondary" else ""
    text = ", ".join([f"{row['paper']}{marks}", *parts])
    if len(text) <= _LONGEST_LABEL:
        return text
    return f"{row['paper']}{marks} …" if marks else f"{text[: _LONGEST_LABEL - 1]}…"


def _our_rows(ours: UnionRates) -> dict[str, ForestRow]:
    if ours.by != "stage" or ours.definition != "complete":
        raise ArgumentError(
            "Our rates cannot stand beside the published ones.",
            expected='complete union by stage: estimate_union_rates(cohort, by="stage")',
            found=f"by={ours.by!r}, definition={ours.definition!r}",
            fix="Estimate them by stage, and leave definition at complete.",
        )
    headline = ours.frame[ours.frame["measure"].eq("union_npmle")]
    return {str(row["stage"]): _our_row(row, ours.unit) for row in list_rows(headline)}


def _our_row(row: Row, unit: str) -> ForestRow:
    return ForestRow(
        label="  Our cohort",
        estimate=float(row["estimate"]),
        conf_low=float(row["conf_low"]),
        conf_high=float(row["conf_high"]),
        band_low=float(row.get("union_low", math.nan)),
        band_high=float(row.get("union_high", math.nan)),
        texts=(write_share_range(row), format_label(unit), "ours"),
        color=BLUE,
        marker=_OUR_MARKER,
    )


def _title(rates: pd.DataFrame, ours: UnionRates | None) -> str:
    spans = []
    for stage in _TITLE_STAGES:
        shares = rates.loc[rates["stage"].eq(stage), "estimate"]
        if len(shares):
            ends = dict.fromkeys(format_percent(end) for end in (shares.min(), shares.max()))
            spans.append(f"{' to '.join(ends)} in {format_label(stage)} fractures")
    if not spans:
        return "Published union by stage"
    beside = "" if ours is None else "; ours in blue"
    return f"Published union runs from {format_list(spans)}{beside}"


def _subtitle(rates: pd.DataFrame, ours: UnionRates | None) -> str:
    n_papers, n_groups = rates["study_id"].nunique(), rates["cohort_group"].nunique()
    papers = f"{len(rates)} numbers from {n_papers} papers ({n_groups} groups of patients)"
    level = f"{100 * float(rates['conf_level'].iloc[0]):g}% intervals"
    text = f"Bony union at the end of treatment as each paper defines it; {papers}; {level}"
    if ours is None:
        return text
    return f"{text}; ours: complete union by {format_months(ours.horizon_months)}, all counted"


def _key(rates: pd.DataFrame, n_given: int) -> str:
    left = n_given - len(rates)
    others = f" Not drawn: {left} numbers not by stage or of another outcome." if left else ""
    text = (
        "Circle: per pars. Square: per patient. Triangle: unit unclear. Hollow: a percentage only, "
        "which has no interval and never enters a pool; several on a line are parts of one paper. "
        "Papers with one name in the last column share patients; a dash: no other paper here does."
        f"{others}"
    )
    return wrap_text(text, (WIDTH_INCHES - 4 * EDGE_INCHES) * POINTS_PER_INCH, SMALL_POINTS)
