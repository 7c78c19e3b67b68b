"""The figures of the five traps, drawn when the site is built, and the numbers their pages quote.

Every number comes from the package's own public functions, on the made-up clinic of
`data/synthetic` or on patients drawn with a fixed seed. `list_quotes` gives the words in which a
page must tell them; a test holds the pages to it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pandas as pd
from matplotlib.axes import Axes

import parsoutcomes as po
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.figures.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    RULE,
    SMALL_POINTS,
    VERMILION,
    WIDTH_INCHES,
    Margins,
    detached_axes,
    figure_of,
    header_inches,
    set_margins,
    style_context,
    write_header,
)
from parsoutcomes.synthetic.brace_decisions import BraceDecisions
from parsoutcomes.wording import (
    format_number,
    format_number_range,
    format_percent,
    format_percent_range,
    format_points_range,
)

CLINIC: Final = Path(__file__).parents[1] / "data" / "synthetic" / "clinic" / "clinic_log.xlsx"
DOTS_PER_INCH: Final = 200
# So many brace clinics, drawn with the seeds 1, 2, 3, ...
N_BRACE_CLINICS: Final = 6
_ROW_INCHES: Final = 0.42
# Points of one month stand side by side, so that none hides another.
_ASIDE_MONTHS: Final = 0.12


@dataclass(frozen=True, kw_only=True)
class Interval:
    """One line of a figure: a name, an estimate with its limits, and the words beside them."""

    name: str
    estimate: float
    conf_low: float
    conf_high: float
    told: str
    color: str


def draw_all(folder: Path) -> None:
    """Draw the five figures as PNG files, each under the name of its page.

    Parameters
    ----------
    folder : pathlib.Path
        Made when it does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in FIGURES:
        draw_one(folder / f"{name}.png", name, dots_per_inch=DOTS_PER_INCH)


def draw_one(path: Path, name: str, *, dots_per_inch: int) -> None:
    """Draw the figure of one page as a PNG file whose bytes are the same each time."""
    with style_context():
        figure = figure_of(FIGURES[name]())
        figure.savefig(path, dpi=dots_per_inch, metadata={"Software": None})


def list_quotes(page: str) -> tuple[str, ...]:
    """Return the numbers that a page must quote, in the words of the package.

    Parameters
    ----------
    page : str
        Name of the page without its ending, such as "raw_rates".
    """
    return _QUOTES[page]()


# One rate, two units ------------------------------------------------------------------------------


@lru_cache
def measure_units() -> pd.DataFrame:
    """Return the headline rates of the clinic, per pars and per patient, by both definitions."""
    cohort = po.load_records(CLINIC)
    frames = [
        po.estimate_union_rates(cohort, unit="both", definition=definition)
        .to_frame()
        .query("measure == 'union_npmle'")
        .assign(definition=definition)
        for definition in ("complete", "partial_or_better")
    ]
    return pd.concat(frames, ignore_index=True).sort_values("estimate", ignore_index=True)


def draw_one_rate_two_units() -> Axes:
    """Draw four union rates of one clinic from the same scans."""
    rates = measure_units()
    names = {"defect": "Per pars", "patient": "Per patient"}
    counts = {"complete": "complete union", "partial_or_better": "complete or partial"}
    lines = [
        Interval(
            name=f"{names[row.unit]}, {counts[row.definition]}",
            estimate=row.estimate,
            conf_low=row.conf_low,
            conf_high=row.conf_high,
            told=_percent(row),
            color=BLUE if row.unit == "defect" else VERMILION,
        )
        for row in rates.itertuples()
    ]
    low, high = (format_percent(value) for value in rates["estimate"].iloc[[0, -1]])
    ax = _draw_intervals(
        lines,
        title=f"One clinic, one set of scans: the union rate is {low} or {high}, as you count",
        subtitle=(
            f"Union by 6 months, {rates['n_defects'].max()} target pars in "
            f"{rates['n_patients'].max()} patients of a made-up clinic, with 95% intervals"
        ),
        limits=(0.2, 0.9),
    )
    ax.set_xlabel("United by 6 months")
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    return ax


def _quote_units() -> tuple[str, ...]:
    return tuple(_percent(row) for row in measure_units().itertuples())


# The day of the scan ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class DatedUnion:
    """Union over time in drawn patients: the truth, dated by scans, and between scans."""

    truth: pd.Series
    by_scan: pd.DataFrame
    scan_curve: pd.DataFrame
    between: pd.DataFrame
    n_patients: int
    n_defects: int


@lru_cache
def measure_dates() -> DatedUnion:
    """Return union in 200 drawn patients, by three ways of giving it a date."""
    cohort = po.simulate_cohort(200, seed=7)
    targets = cohort.defects.loc[cohort.defects["is_target"].astype(bool), "defect_id"]
    truth = cohort.truth["defects"].set_index("defect_id").loc[targets]
    months = (3, 6, 9, 12)
    by_scan = po.estimate_kaplan_meier(cohort)
    frame = po.estimate_time_to_union(cohort).to_frame()
    return DatedUnion(
        truth=pd.Series({m: truth[f"probability_by_{m}_months"].mean() for m in months}),
        by_scan=by_scan.to_frame().set_index("months"),
        scan_curve=by_scan.curve,
        between=frame[frame["measure"].eq("cumulative_union")].set_index("months"),
        n_patients=int(frame["n_patients"].iloc[0]),
        n_defects=int(frame["n_defects"].iloc[0]),
    )


def draw_the_day_of_the_scan() -> Axes:
    """Draw union dated by scans beside the truth and beside what the scans can tell."""
    dated = measure_dates()
    title = (
        "Dated by its scan, union by 6 months looks like "
        f"{format_percent(dated.by_scan.loc[6, 'estimate'])}; truly it was "
        f"{format_percent(dated.truth[6])}"
    )
    subtitle = (
        f"Complete union, {dated.n_defects} target pars in {dated.n_patients} drawn patients whose "
        "truth is known; 95% intervals"
    )
    ax = detached_axes((WIDTH_INCHES, 3.0 + header_inches(title, subtitle)))
    set_margins(ax, Margins(left=0.7, right=2.0), title, subtitle)
    curve = dated.scan_curve[dated.scan_curve["days"].le(12.6 * DAYS_PER_MONTH)]
    ax.step(
        curve["days"] / DAYS_PER_MONTH, curve["union"], where="post", color=VERMILION, linewidth=1.6
    )
    _draw_points(ax, dated.between, BLUE)
    aside = dated.truth.index - _ASIDE_MONTHS
    ax.plot(aside, dated.truth, "D", color=INK, markersize=6, mfc="white", zorder=4)
    ax.set(xlim=(0, 13), ylim=(0, 0.85), xticks=range(0, 13, 3), xlabel="Months since fitting")
    ax.set_ylabel("Pars united")
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    ax.grid(axis="y", color=RULE, linewidth=0.6)
    ax.set_axisbelow(True)
    for height, color, words in (
        (0.80, INK, "◇ the truth"),
        (0.71, BLUE, "● between two scans\n    (what the package tells)"),
        (0.55, VERMILION, "— on the day of the\n    first united scan"),
    ):
        ax.annotate(
            words, (13.2, height), color=color, va="top", fontsize=SMALL_POINTS,
            annotation_clip=False,
        )  # fmt: skip
    write_header(ax, title, subtitle)
    return ax


def _draw_points(ax: Axes, frame: pd.DataFrame, color: str) -> None:
    ax.errorbar(
        frame.index + _ASIDE_MONTHS,
        frame["estimate"],
        yerr=[frame["estimate"] - frame["conf_low"], frame["conf_high"] - frame["estimate"]],
        fmt="o",
        color=color,
        markersize=6,
        linewidth=1.6,
        capsize=3,
        zorder=3,
    )


def _quote_dates() -> tuple[str, ...]:
    dated = measure_dates()
    return (
        format_percent(dated.truth[6]),
        _percent(dated.by_scan.loc[6]),
        _percent(dated.between.loc[6]),
        format_percent(dated.truth[3]),
        _percent(dated.by_scan.loc[3]),
    )


# A stage where all united -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Separated:
    """Odds of union by stage where everybody in one stage united."""

    counts: pd.DataFrame
    ordinary: pd.DataFrame
    penalised: pd.DataFrame
    risks: pd.DataFrame
    n_warnings: int
    has_converged: bool


@lru_cache
def measure_separation() -> Separated:
    """Return an ordinary logistic regression and the package's, on the same pars."""
    cohort = po.simulate_cohort(
        60,
        seed=3,
        union_fraction={"pre_lysis": 1.0, "early": 0.8, "progressive": 0.4, "terminal": 0.0},
    )
    by_stage = po.estimate_union_rates(cohort, by="stage").to_frame()
    counts = by_stage[by_stage["measure"].eq("union_known_status")].set_index("stage")
    ordinary, n_warnings, has_converged = _fit_ordinary(counts)
    fitted = po.fit_union_logistic(cohort, ["stage"]).to_frame().set_index("level")
    return Separated(
        counts=counts,
        ordinary=ordinary,
        penalised=fitted[fitted["measure"].eq("odds_ratio")],
        risks=fitted[fitted["measure"].eq("risk")],
        n_warnings=n_warnings,
        has_converged=has_converged,
    )


def _fit_ordinary(counts: pd.DataFrame) -> tuple[pd.DataFrame, int, bool]:
    """Return what a program without a check says: odds, warnings, whether it converged."""
    import statsmodels.api as sm  # noqa: PLC0415

    rows = [
        (stage == "pre_lysis", stage == "progressive", number < row["n_events"])
        for stage, row in counts.iterrows()
        for number in range(int(row["n_defects"]))
    ]
    table = pd.DataFrame(rows, columns=["pre_lysis", "progressive", "united"]).astype(float)
    design = sm.add_constant(table[["pre_lysis", "progressive"]])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = sm.GLM(table["united"], design, family=sm.families.Binomial()).fit()
    frame = pd.DataFrame({"log_odds": fit.params, "standard_error": fit.bse}).drop("const")
    return frame, len(caught), bool(fit.converged)


def draw_a_stage_where_all_united() -> Axes:
    """Draw odds ratios from an ordinary fit and from one that has looked for separation."""
    found = measure_separation()
    lines = []
    for stage, name in (("progressive", "Progressive v early"), ("pre_lysis", "Pre-lysis v early")):
        row, sure = found.ordinary.loc[stage], found.penalised.loc[stage]
        reach = 1.96 * row["standard_error"]
        odds = [math.exp(min(max(row["log_odds"] + d, -700), 700)) for d in (0, -reach, reach)]
        lines += [
            Interval(
                name=f"{name}, ordinary",
                estimate=odds[0],
                conf_low=odds[1],
                conf_high=odds[2],
                told=_odds_told(found, stage),
                color=VERMILION,
            ),
            Interval(
                name=f"{name}, parsoutcomes",
                estimate=sure["estimate"],
                conf_low=sure["conf_low"],
                conf_high=sure["conf_high"],
                told=_odds(sure["estimate"], sure["conf_low"], sure["conf_high"]),
                color=BLUE,
            ),
        ]
    united, all_of_them = found.counts.loc["pre_lysis", ["n_events", "n_defects"]].astype(int)
    ax = _draw_intervals(
        lines,
        title=(
            f"{united} of {all_of_them} pre-lysis pars united: an ordinary regression answers "
            "with an odds ratio above a billion"
        ),
        subtitle=(
            f"Odds ratio of complete union by 6 months, {found.counts['n_defects'].sum():.0f} "
            "target pars in drawn patients; 95% intervals, log scale"
        ),
        limits=(1e-3, 1e12),
        is_log=True,
        no_difference=1.0,
        room=1.9,
    )
    ax.set_xlabel("Odds ratio (green line: no difference)")
    ax.set_xticks([1e-3, 1, 1e3, 1e6, 1e9, 1e12])
    ax.set_xticklabels(["0.001", "1", "thousand", "million", "billion", "trillion"])
    ax.minorticks_off()
    return ax


def _odds_told(found: Separated, stage: str) -> str:
    row = found.ordinary.loc[stage]
    if row["standard_error"] > 100:
        billions = math.exp(row["log_odds"]) / 1e9
        return f"{format_number(billions, significant=2)} billion (0 to no limit)"
    reach = 1.96 * row["standard_error"]
    return _odds(*(math.exp(row["log_odds"] + d) for d in (0, -reach, reach)))


def _odds(estimate: float, conf_low: float, conf_high: float) -> str:
    told, low, high = (format_number(value) for value in (estimate, conf_low, conf_high))
    return f"{told} ({low} to {high})"


def _quote_separation() -> tuple[str, ...]:
    found = measure_separation()
    pairs = [
        f"{row['n_events']:.0f} of {row['n_defects']:.0f}" for _, row in found.counts.iterrows()
    ]
    return (
        *pairs,
        _odds_told(found, "pre_lysis"),
        f"{found.ordinary.loc['pre_lysis', 'log_odds']:.1f}",
        f"{found.ordinary.loc['pre_lysis', 'standard_error']:,.0f}"[:-4] + ",000",
        _odds(*found.penalised.loc["pre_lysis", ["estimate", "conf_low", "conf_high"]]),
        _percent(found.risks.loc["pre_lysis"]),
    )


# Raw rates ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A clinic of mostly early fractures against two series, raw and stage by stage."""

    rate: pd.Series
    raw: pd.DataFrame
    by_stage: pd.DataFrame
    verdict: str


@lru_cache
def measure_raw_rates() -> Compared:
    """Return both comparisons of a drawn clinic that has no advantage built in."""
    clinic = po.simulate_cohort(
        60,
        seed=7,
        stage_mix={"pre_lysis": 0.10, "early": 0.75, "progressive": 0.15},
        bilateral_fraction=0.4,
        stir_missing_fraction=0.0,
        surgery_per_year=0.02,
    )
    raw = po.compare_unadjusted_with_baselines(clinic).to_frame()
    compared = po.compare_with_baselines(clinic)
    main = compared.to_frame().query("role == 'verdict'")
    ratio = "measure == 'observed_over_expected'"
    return Compared(
        rate=po.estimate_union_rates(clinic).to_frame().iloc[0],
        raw=raw.query(ratio).set_index("series"),
        by_stage=main.query(ratio).set_index("series"),
        verdict=compared.verdict,
    )


def draw_raw_rates() -> Axes:
    """Draw observed over expected unions, raw and stage by stage, against both series."""
    found = measure_raw_rates()
    lines = [
        Interval(
            name=f"{series}, {how}",
            estimate=frame.loc[series, "estimate"],
            conf_low=frame.loc[series, "conf_low"],
            conf_high=frame.loc[series, "conf_high"],
            told=_number(frame.loc[series]),
            color=color,
        )
        for series in reversed(list(found.raw.index))
        for how, frame, color in (
            ("stage by stage", found.by_stage, BLUE),
            ("raw rates", found.raw, VERMILION),
        )
    ]
    first = found.raw.index[0]
    raw, fair = found.raw.loc[first, "estimate"], found.by_stage.loc[first, "estimate"]
    ax = _draw_intervals(
        lines,
        title=(
            f"Raw, the clinic has {format_number(raw)} times the unions of {first}; by stage, "
            f"{format_number(fair)} times"
        ),
        subtitle=(
            "Unions observed over expected (1 = as in the series), a drawn clinic of 60 patients "
            f"with mostly early fractures, {format_percent(found.rate['estimate'])} united; "
            "95% intervals"
        ),
        limits=(0.6, 2.6),
        is_log=True,
        no_difference=1.0,
    )
    ax.set_xlabel("Observed over expected unions (green line: as many as in the series)")
    ax.set_xticks([0.7, 1, 1.5, 2, 2.5])
    ax.set_xticklabels(["0.7", "1", "1.5", "2", "2.5"])
    ax.minorticks_off()
    return ax


def _quote_raw_rates() -> tuple[str, ...]:
    found = measure_raw_rates()
    return (
        _percent(found.rate),
        *(_number(row) for _, row in found.raw.iterrows()),
        *(_number(row) for _, row in found.by_stage.iterrows()),
        found.verdict,
    )


# Months worn --------------------------------------------------------------------------------------


@lru_cache
def measure_months_worn() -> pd.DataFrame:
    """Return both contrasts at 12 months in clinics where the months worn make no difference."""
    rows = []
    for seed in range(1, N_BRACE_CLINICS + 1):
        clinic = po.simulate_cohort(200, seed=seed, brace_decisions=BraceDecisions())
        worn = po.contrast_brace_durations(clinic, n_resamples=200).to_frame()
        fair = po.compare_brace_durations(clinic, n_resamples=200, with_contrasts=False).to_frame()
        rows += [
            _difference(worn[worn["contrast"].eq("months received")], seed, "worn"),
            _difference(fair[fair["strategy"].eq("difference")], seed, "fair"),
        ]
    return pd.DataFrame(rows)


def _difference(frame: pd.DataFrame, seed: int, how: str) -> dict[str, float | int | str]:
    (row,) = frame[frame["measure"].eq("risk_difference") & frame["months"].eq(12)].to_dict(
        "records"
    )
    limits = {name: row[name] for name in ("estimate", "conf_low", "conf_high")}
    return {"clinic": seed, "how": how, **limits}


def draw_months_worn() -> Axes:
    """Draw the difference between 6 and 3 months of brace in drawn clinics where there is none."""
    found = measure_months_worn()
    lines = [
        Interval(
            name=f"Clinic {row.clinic}, " + ("months worn" if row.how == "worn" else "strategies"),
            estimate=row.estimate,
            conf_low=row.conf_low,
            conf_high=row.conf_high,
            told=_points(row),
            color=VERMILION if row.how == "worn" else BLUE,
        )
        for row in found[::-1].itertuples()
    ]
    worn = found.loc[found["how"].eq("worn"), "estimate"]
    ax = _draw_intervals(
        lines,
        title=(
            f"By months worn, 6 months look {-100 * worn.max():.0f} to {-100 * worn.min():.0f} "
            "points worse than 3, in clinics where they make no difference"
        ),
        subtitle=(
            f"Difference in complete union by 12 months, 6 months less 3, in {N_BRACE_CLINICS} "
            "drawn clinics of 200 patients; 95% intervals; the true difference is 0"
        ),
        limits=(-0.55, 0.3),
        no_difference=0.0,
        row_inches=0.27,
    )
    ax.set_xlabel("Difference, percentage points (green line: the truth, no difference)")
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:+.0f}" if value else "0")
    return ax


def _quote_months_worn() -> tuple[str, ...]:
    found = measure_months_worn()
    worn, fair = (found[found["how"].eq(how)] for how in ("worn", "fair"))
    n_held = int((fair["conf_low"].le(0) & fair["conf_high"].ge(0)).sum())
    n_wrong = int(worn["conf_high"].lt(0).sum())
    return (
        f"{-100 * worn['estimate'].max():.0f} to {-100 * worn['estimate'].min():.0f} points",
        _points(worn.iloc[0]),
        _points(fair.iloc[0]),
        f"{n_held} of {len(fair)}",
        f"{n_wrong} of {len(worn)}",
    )


# What they share ----------------------------------------------------------------------------------


def _percent(row: pd.Series) -> str:
    return format_percent_range(row.estimate, row.conf_low, row.conf_high)


def _number(row: pd.Series) -> str:
    return format_number_range(row.estimate, row.conf_low, row.conf_high)


def _points(row: pd.Series) -> str:
    return format_points_range(row.estimate, row.conf_low, row.conf_high)


def _draw_intervals(
    lines: list[Interval],
    *,
    title: str,
    subtitle: str,
    limits: tuple[float, float],
    is_log: bool = False,
    no_difference: float = math.nan,
    row_inches: float = _ROW_INCHES,
    room: float = 1.35,
) -> Axes:
    """Draw one interval a line, the first at the bottom, each with its name and its numbers.

    Parameters
    ----------
    lines : list of Interval
        From the bottom up.
    title, subtitle : str
        Finding; measure, unit and numbers.
    limits : tuple of float
        Of the scale; an interval that runs beyond them ends in an arrow.
    is_log : bool
        Whether the scale is logarithmic.
    no_difference : float
        Where a line marks no difference, if anywhere.
    row_inches, room : float
        Height of a line; width kept for the numbers.
    """
    margins = Margins(left=2.5, right=room, bottom=0.62)
    height = row_inches * len(lines) + margins.bottom + header_inches(title, subtitle) + 0.35
    ax = detached_axes((WIDTH_INCHES, height))
    set_margins(ax, margins, title, subtitle)
    if is_log:
        ax.set_xscale("log")
    ax.set(xlim=limits, ylim=(-0.6, len(lines) - 0.4))
    if math.isfinite(no_difference):
        ax.axvline(no_difference, color=GREEN, linewidth=1.2, zorder=1)
    for place, line in enumerate(lines):
        low, high = max(line.conf_low, limits[0]), min(line.conf_high, limits[1])
        ax.plot([low, high], [place, place], color=line.color, linewidth=2.0, zorder=2)
        for end, beyond, marker in (
            (low, line.conf_low < limits[0], "<"),
            (high, line.conf_high > limits[1], ">"),
        ):
            if beyond:
                ax.plot(end, place, marker, color=line.color, markersize=7, clip_on=False)
        ax.plot(line.estimate, place, "o", color=line.color, markersize=7, zorder=3)
        ax.annotate(
            line.told, (1.03, place), xycoords=("axes fraction", "data"), va="center",
            fontsize=SMALL_POINTS, color=line.color, annotation_clip=False,
        )  # fmt: skip
    ax.set_yticks(range(len(lines)), [line.name for line in lines])
    ax.tick_params(axis="y", length=0, pad=9)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=RULE, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.xaxis.label.set_color(MUTED)
    write_header(ax, title, subtitle)
    return ax


FIGURES: Final[dict[str, Callable[[], Axes]]] = {
    "one_rate_two_units": draw_one_rate_two_units,
    "the_day_of_the_scan": draw_the_day_of_the_scan,
    "a_stage_where_all_united": draw_a_stage_where_all_united,
    "raw_rates": draw_raw_rates,
    "months_worn": draw_months_worn,
}
_QUOTES: Final[dict[str, Callable[[], tuple[str, ...]]]] = {
    "one_rate_two_units": _quote_units,
    "the_day_of_the_scan": _quote_dates,
    "a_stage_where_all_united": _quote_separation,
    "raw_rates": _quote_raw_rates,
    "months_worn": _quote_months_worn,
}
