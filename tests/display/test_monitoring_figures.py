"""Figures of monitoring: what they say, and that nothing falls off the page."""

from __future__ import annotations

import numpy as np
import pytest
from figure_checks import assert_all_inside, texts_of
from matplotlib.backends.backend_agg import FigureCanvasAgg

import parsoutcomes as po
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.figures.funnel import funnel_size, plot_funnel
from parsoutcomes.figures.monitoring import cusum_size, plot_cusum, plot_vlad, vlad_size
from parsoutcomes.figures.run_chart import plot_run_chart, run_chart_size
from parsoutcomes.figures.style import detached_axes

FIGURES = {
    "cusum": (plot_cusum, cusum_size),
    "vlad": (plot_vlad, vlad_size),
    "run chart": (plot_run_chart, run_chart_size),
    "funnel": (plot_funnel, funnel_size),
}


def at_sites(cohort, n_sites):
    episodes = cohort.episodes.assign(
        site=[f"Site {number % n_sites}" for number in range(cohort.n_episodes)]
    )
    tables = {**cohort.tables, "episodes": episodes}
    return build_cohort(tables, data_lock=cohort.data_lock)


@pytest.fixture(scope="module")
def results():
    whole = po.simulate_cohort(150, seed=3)
    rates = {"pre_lysis": 0.4, "early": 0.3, "progressive": 0.1, "terminal": 0.0}
    worse = po.simulate_cohort(90, seed=6, union_fraction=rates)
    return {
        "quiet": po.monitor_union(
            at_sites(whole, 12), reference="european", period="quarter", by="site", run_length=100
        ),
        "worse": po.monitor_union(worse, reference="japanese", run_length=100),
        "one patient": po.monitor_union(
            po.simulate_cohort(3, seed=4, last_fitted="2023-12-31", bilateral_fraction=0),
            reference="european",
            run_length=20,
        ),
    }


CASES = [
    (figure, case)
    for figure in FIGURES
    for case in ("quiet", "worse", "one patient")
    if figure != "funnel" or case == "quiet"
]


def draw(results, figure, case):
    plot, size = FIGURES[figure]
    ax = plot(results[case], ax=detached_axes(size(results[case])))
    ax.figure.set_dpi(300)  # as figures are written
    FigureCanvasAgg(ax.figure)
    return ax


@pytest.mark.parametrize(("figure", "case"), CASES)
def test_nothing_is_drawn_outside_the_figure(results, figure, case):
    assert_all_inside(draw(results, figure, case))


def test_the_limits_and_the_signal_are_named_where_they_are(results):
    shown = texts_of(draw(results, "cusum", "worse"))
    assert "limit: better\n(odds × 2)" in shown
    assert any(text.startswith("signal 20") for text in shown)
    assert any("Signal of union worse" in text.replace("\n", " ") for text in shown)


def test_the_vlad_says_how_many_unions_more_or_fewer(results):
    ax = draw(results, "vlad", "worse")
    excess = results["worse"].chart_of()["excess"].iloc[-1]
    assert f"{excess:+.1f}" in texts_of(ax)


def test_the_run_chart_counts_everybody_beneath_each_period(results):
    result = results["quiet"]
    shown = texts_of(draw(results, "run chart", "quiet"))
    assert {"Patients fitted", "not yet due", "status unknown"} <= set(shown)
    for n in result.frame["n_not_due"]:
        assert f"{int(n)}" in shown


def test_a_period_that_is_not_all_due_is_hollow(results):
    ax = draw(results, "run chart", "quiet")
    points = [line for line in ax.lines if line.get_marker() == "o"]
    hollow = [line.get_markerfacecolor() == "white" for line in points]
    frame = results["quiet"].frame
    assert hollow == np.logical_not(frame.loc[frame["n_known"].gt(0), "is_complete"]).tolist()
