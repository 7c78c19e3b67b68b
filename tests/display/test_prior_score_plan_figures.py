"""The figures of the prior, the published score and the plan."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from parsoutcomes.baselines.planning import plan_comparison
from parsoutcomes.baselines.prior import fit_union_prior
from parsoutcomes.baselines.score import predict_union_score
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.figures.planning import comparison_plan_size, plot_comparison_plan
from parsoutcomes.figures.prior import plot_union_prior, union_prior_size
from parsoutcomes.figures.score import plot_union_score, union_score_size
from parsoutcomes.figures.style import detached_axes, style_context
from parsoutcomes.report.figure_files import draw_figure
from parsoutcomes.synthetic.simulate import simulate_cohort

COHORT = simulate_cohort(60, seed=3)
PRIOR = fit_union_prior(COHORT)
SCORE = predict_union_score(COHORT, n_resamples=100)
PLAN = plan_comparison(COHORT, excess_per_100=20, n_replicates=100)
OUT_OF_REACH = plan_comparison(COHORT, excess_per_100=4, n_replicates=50)
FIGURES = {
    "prior": (plot_union_prior, union_prior_size, PRIOR),
    "prior alone": (plot_union_prior, union_prior_size, fit_union_prior()),
    "score": (plot_union_score, union_score_size, SCORE),
    "score of nobody": (
        plot_union_score,
        union_score_size,
        predict_union_score(build_cohort({})),
    ),
    "plan": (plot_comparison_plan, comparison_plan_size, PLAN),
    "plan out of reach": (plot_comparison_plan, comparison_plan_size, OUT_OF_REACH),
}


def _texts(ax) -> str:
    return " ".join(text.get_text() for text in ax.texts).replace("\n", " ")


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_on_the_axes_given_and_repeats(name):
    plot, size, result = FIGURES[name]
    before = dict(mpl.rcParams)
    ax = detached_axes(size(result))
    assert plot(result, ax=ax) is ax
    named = {"size_inches": size(result), "caption": result.title, "alt": result.finding}
    one, other = (draw_figure(plot, result, **named) for _ in range(2))
    assert one == other
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", FIGURES)
def test_every_text_lies_inside_its_figure(name):
    plot, size, result = FIGURES[name]
    ax = plot(result, ax=detached_axes(size(result)))
    figure = ax.figure
    canvas = FigureCanvasAgg(figure)
    with style_context():
        canvas.draw()
    renderer = canvas.get_renderer()
    width, height = figure.bbox.width, figure.bbox.height
    for text in (*ax.texts, *ax.get_xticklabels(), ax.xaxis.label):
        box = text.get_window_extent(renderer)
        assert box.x0 >= 0, text.get_text()
        assert box.x1 <= width * 1.01, text.get_text()
        assert box.y0 >= -1, text.get_text()
        assert box.y1 <= height + 1, text.get_text()


def test_the_prior_names_the_counts_it_rests_on():
    texts = _texts(plot_union_prior(PRIOR, ax=detached_axes(union_prior_size(PRIOR))))
    assert "Tatsumura 2022: 81/97" in texts
    assert "Virkki 2020: 11/38" in texts


def test_the_score_gives_counts_and_the_published_area():
    texts = _texts(plot_union_score(SCORE, ax=detached_axes(union_score_size(SCORE))))
    at = SCORE.frame[SCORE.frame["measure"].eq("union_at_score")].iloc[0]
    assert f"{at['n_events']}/{at['n_defects']}" in texts
    assert "Gamada 2024: 0.855 (0.811 to 0.896)" in texts


def test_the_plan_says_when_nothing_suffices():
    ax = plot_comparison_plan(OUT_OF_REACH, ax=detached_axes(comparison_plan_size(OUT_OF_REACH)))
    assert "No number of our patients can show 4 more per 100" in _texts(ax)


def test_the_prior_alone_draws_no_counts_of_ours():
    assert set(FIGURES["prior alone"][2].curves["curve"]) == {"prior"}
    assert isinstance(PRIOR.curves, pd.DataFrame)
