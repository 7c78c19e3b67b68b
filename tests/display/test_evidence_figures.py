"""Published rates and pools as figures: what is drawn, what is told, and that they repeat."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from parsoutcomes.baselines.pooling import pool_baselines
from parsoutcomes.baselines.published import load_baselines
from parsoutcomes.errors import ArgumentError, BaselineError
from parsoutcomes.figures.evidence import baselines_size, plot_baselines
from parsoutcomes.figures.pooling import plot_pooled_baselines, pooled_baselines_size
from parsoutcomes.figures.style import VERMILION, detached_axes
from parsoutcomes.report.figure_files import draw_figure
from parsoutcomes.results.rates import UnionRates


def our_rates(**changes):
    row = {"stage": "early", "measure": "union_npmle", "n_patients": 20, "n_defects": 30}
    numbers = {"estimate": 0.8, "conf_low": 0.6, "conf_high": 0.9, "conf_level": 0.95}
    made = UnionRates(
        title="Union by stage",
        finding="80% united.",
        method="NPMLE",
        unit="defect",
        definition="complete",
        frame=pd.DataFrame([{**row, **numbers}]),
        by="stage",
        horizon_months=6.0,
        grace_months=1.0,
    )
    return dataclasses.replace(made, **changes)


@pytest.fixture(scope="module")
def union():
    return load_baselines(outcome="union")


@pytest.fixture(scope="module")
def pooled():
    return pool_baselines()


def drawn(plot, size, *results):
    return plot(*results, ax=detached_axes(size(*results)))


def texts_of(ax):
    return [text.get_text().strip() for text in ax.texts if text.get_text().strip()]


def marks_of(ax, *, hollow):
    lines = [line for line in ax.lines if line.get_markeredgecolor() == VERMILION]
    fills = {True: "white", False: VERMILION}
    return [
        x
        for line in lines
        if line.get_markerfacecolor() == fills[hollow] and line.get_marker() in {"o", "s", "^"}
        for x in line.get_xdata()
    ]


def test_every_union_rate_by_stage_has_a_mark_and_percentages_alone_are_hollow(union):
    ax = drawn(plot_baselines, baselines_size, union)
    rates = union.rates[union.rates["stage"].ne("any")]
    is_bare = rates["n_united"].isna()
    hollow, filled = marks_of(ax, hollow=True), marks_of(ax, hollow=False)
    assert sorted(hollow) == sorted(rates.loc[is_bare, "estimate"])
    assert sorted(filled) == sorted(rates.loc[~is_bare, "estimate"])
    assert len(hollow) + len(filled) == len(rates) == 53


def test_units_and_shared_patients_are_told(union):
    shown = texts_of(drawn(plot_baselines, baselines_size, union))
    assert {"pars", "patient", "unclear", "Mito", "Tokushima", "–"} <= set(shown)
    assert {"81 of 97", "38 of 46", "36 of 36"} <= set(shown)
    assert any("Not drawn: 64 numbers" in text.replace("\n", " ") for text in shown)


def test_the_title_tells_the_spread_at_each_stage(union):
    title = " ".join(texts_of(drawn(plot_baselines, baselines_size, union))).replace("\n", " ")
    assert "50% to 96% in early fractures, 10% to 88% in progressive" in title


def test_our_cohort_stands_beside(union):
    shown = texts_of(drawn(plot_baselines, baselines_size, union, our_rates()))
    assert {"Our cohort", "80% (60 to 90)", "ours"} <= set(shown)


@pytest.mark.parametrize("changes", [{"by": None}, {"definition": "partial_or_better"}])
def test_our_rates_of_another_kind_are_refused(union, changes):
    with pytest.raises(ArgumentError, match="cannot stand beside"):
        drawn(plot_baselines, baselines_size, union, our_rates(**changes))


def test_rates_without_a_stage_are_refused():
    with pytest.raises(BaselineError, match="broken down by stage"):
        drawn(plot_baselines, baselines_size, load_baselines(outcome="clinical_success"))


def test_a_pool_is_a_lozenge_over_its_interval_and_a_line_for_a_new_series(pooled):
    ax = drawn(plot_pooled_baselines, pooled_baselines_size, pooled)
    made = pooled.frame[pooled.frame["method"].ne("none")]
    ends = [(patch.get_xy()[:, 0].min(), patch.get_xy()[:, 0].max()) for patch in ax.patches]
    assert ends == list(made[["conf_low", "conf_high"]].itertuples(index=False, name=None))
    lines = {tuple(line.get_xdata()) for line in ax.lines if line.get_marker() == "|"}
    assert lines == set(made[["predict_low", "predict_high"]].itertuples(index=False, name=None))


def test_the_title_of_few_groups_claims_nothing_of_a_new_series(pooled):
    shown = texts_of(drawn(plot_pooled_baselines, pooled_baselines_size, pooled))
    title = " ".join(shown).replace("\n", " ")
    assert "early 83%, progressive 33%" in title
    assert "too few for a verdict" in title
    assert "(new series" not in title


def test_without_a_pool_the_one_group_is_drawn_and_the_title_says_so():
    alone = pool_baselines(load_baselines(outcome="union", unit="vertebra"))
    shown = texts_of(drawn(plot_pooled_baselines, pooled_baselines_size, alone))
    assert any("nothing is pooled" in text for text in shown)
    assert "9 of 41" in shown


@pytest.mark.parametrize("name", ["evidence", "pool"])
def test_nothing_is_drawn_outside_the_figure_and_bytes_repeat(union, pooled, name):
    plot, size, result = {
        "evidence": (plot_baselines, baselines_size, union),
        "pool": (plot_pooled_baselines, pooled_baselines_size, pooled),
    }[name]
    ax = plot(result, ax=detached_axes(size(result)))
    ax.figure.canvas.draw()
    width, height = ax.figure.get_size_inches() * ax.figure.dpi
    for text in ax.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0, text.get_text()
        assert box.x1 <= width, text.get_text()
        assert box.y0 >= 0, text.get_text()
        assert box.y1 <= height, text.get_text()
    svgs = [
        draw_figure(plot, result, size_inches=size(result), caption="c", alt="a")[0] for _ in "ab"
    ]
    assert svgs[0] == svgs[1]
