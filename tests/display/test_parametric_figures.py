"""Figures of time factors and of eventual union: what is told, and what a refusal shows."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
import pytest
from figure_checks import ABOUT, COUNTS, MONTH, assert_all_inside, frame_of, texts_of
from matplotlib.axes import Axes

from parsoutcomes.figures.eventual_union import plot_union_cure, union_cure_size
from parsoutcomes.figures.style import detached_axes
from parsoutcomes.figures.time_factors import plot_union_aft, union_aft_size
from parsoutcomes.report.figure_files import draw_figure
from parsoutcomes.results.parametric_times import UnionAft, UnionCure


def time_factors(*terms: str) -> UnionAft:
    ratios = [
        ("stage", "progressive", "early", "time_ratio", 2.0, 1.4, 2.9),
        ("age_years", "per year", "one less", "time_ratio", 1.1, 0.9, 1.3),
        ("stage", "early", "", "median_months", 3.5, 2.9, 4.2),
        ("stage", "progressive", "", "median_months", 7.0, 5.0, 9.8),
        ("age_years", "13 years", "", "median_months", 4.2, 3.1, 5.7),
        ("", "all", "", "median_months", 4.0, 3.3, 4.9),
    ]
    names = ("term", "level", "reference", "measure", "estimate", "conf_low", "conf_high")
    frame = frame_of([row for row in ratios if row[0] in (terms or ("",))], *names)
    days = [0.0, 3 * MONTH, 6 * MONTH, 12 * MONTH]
    return UnionAft(
        title="Time to complete union per pars",
        finding="Progressive pars take 2.0 times as long.",
        frame=frame.assign(**COUNTS),
        distribution="weibull",
        curve=pd.DataFrame({"days": days, "union": [0.0, 0.4, 0.65, 0.8]}),
        **ABOUT,
    )


def eventual_union(*stages: str, is_plateau: bool = True) -> UnionCure:
    frame = frame_of(
        [
            ("stage" if stages else "", level, "eventual_union", share, share - 0.15, share + 0.1)
            for level, share in zip(stages or ("all",), (0.8, 0.5), strict=False)
        ],
        *("term", "level", "measure", "estimate", "conf_low", "conf_high"),
    ).assign(**COUNTS)
    boxes = frame_of(
        [(0.0, 3 * MONTH, 0.0, 0.4), (3 * MONTH, 6 * MONTH, 0.4, 0.7)],
        *("left_days", "right_days", "union_before", "union_after"),
    )
    plateau = frame_of(
        [(9.0, 12.0, 0.0, 7.6, 5, 0.36)] if is_plateau else [(3.0, 6.0, 0.3, 1e9, 0, 0.0)],
        *("window_from_months", "window_to_months", "last_window_union"),
        *("nearly_all_by_months", "n_beyond", "share_beyond"),
    )
    days = [0.0, 3 * MONTH, 6 * MONTH, 12 * MONTH]
    curve = pd.DataFrame({"days": days, "union": [0.0, 0.4, 0.65, 0.7]})
    return UnionCure(
        title="Share with complete union in the end, per pars",
        finding="In the end 80% unite." if is_plateau else "It cannot be said yet. Too early.",
        frame=frame if is_plateau else pd.DataFrame(),
        distribution="weibull",
        is_plateau=is_plateau,
        plateau=plateau,
        curve=curve if is_plateau else pd.DataFrame(),
        boxes=boxes,
        **ABOUT,
    )


FIGURES = {
    "time factors": (plot_union_aft, union_aft_size, time_factors("stage", "age_years")),
    "time without factors": (plot_union_aft, union_aft_size, time_factors()),
    "eventual union": (plot_union_cure, union_cure_size, eventual_union()),
    "eventual union by stage": (
        plot_union_cure,
        union_cure_size,
        eventual_union("early", "progressive"),
    ),
    "eventual union refused": (plot_union_cure, union_cure_size, eventual_union(is_plateau=False)),
}


def draw(name: str) -> Axes:
    plot, size, result = FIGURES[name]
    return plot(result, ax=detached_axes(size(result)))


@pytest.mark.parametrize("name", FIGURES)
def test_everything_written_stays_inside_and_the_title_is_the_finding(name: str) -> None:
    ax = draw(name)
    assert_all_inside(ax)
    finding = FIGURES[name][2].finding.split(" Too early")[0]
    assert finding in " ".join(texts_of(ax)).replace("\n", " ")


@pytest.mark.parametrize("name", FIGURES)
def test_same_result_same_bytes_whatever_the_settings_of_the_session(name: str) -> None:
    plot, size, result = FIGURES[name]
    first = draw_figure(plot, result, size_inches=size(result), caption="c", alt="a")
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "figure.dpi": 50}):
        again = draw_figure(plot, result, size_inches=size(result), caption="c", alt="a")
    assert again[0] == first[0]


def test_a_reference_has_no_factor_and_a_number_has_one_per_unit() -> None:
    ax = draw("time factors")
    shown = texts_of(ax)
    assert {"Stage", "Early", "reference", "Progressive", "2.00 (1.40 to 2.90)"} <= set(shown)
    assert {"Age in years", "Per year", "1.10 (0.90 to 1.30)", "4.2 (3.1 to 5.7)"} <= set(shown)
    marks = [line.get_xdata()[0] for line in ax.lines if line.get_marker() in {"s", "o"}]
    assert marks == [1.0, 2.0, 1.1]
    assert "every pars unites in the end" in " ".join(shown).replace("\n", " ")


def test_without_factors_the_fitted_curve_is_drawn_with_its_median() -> None:
    ax = draw("time without factors")
    assert "half by 4.00 (3.30 to 4.90) months" in texts_of(ax)
    points = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert points == [4.0]


def test_eventual_union_stands_beyond_the_last_scan_with_what_allows_it() -> None:
    shown = texts_of(draw("eventual union by stage"))
    assert {"Early: 80% (65 to 90)", "Progressive: 50% (35 to 60)"} <= set(shown)
    met = [text for text in shown if text.startswith("met: ")]
    assert len(met) == 2
    assert met[1].endswith("(7.6 months); 5 (36%) were")
    points = [
        line.get_xdata()[0] for line in draw("eventual union").lines if line.get_marker() == "s"
    ]
    assert points[0] > 12


def test_refused_eventual_union_shows_what_was_seen_and_no_curve_or_share() -> None:
    ax = draw("eventual union refused")
    shown = texts_of(ax)
    assert "It cannot be said yet." in shown
    assert "in the end:\nnot told" in shown
    missing = [text for text in shown if text.startswith("not met: ")]
    assert "it adds 30.0%" in missing[0]
    assert "(beyond ten years); 0 (0%) were" in missing[1]
    assert not [line for line in ax.lines if line.get_marker() != "None"]
    assert len([p for p in ax.patches if p.get_height() == pytest.approx(0.4)]) == 2
