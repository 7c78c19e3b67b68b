"""Figures of the brace durations: what they say, and that nothing falls off the page."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from figure_checks import assert_all_inside, texts_of

import parsoutcomes as po
from parsoutcomes.figures.brace_duration import brace_durations_size, plot_brace_durations
from parsoutcomes.figures.brace_sensitivity import (
    plot_varied_brace_durations,
    varied_brace_durations_size,
)
from parsoutcomes.figures.style import detached_axes
from parsoutcomes.report.figure_files import draw_figure
from parsoutcomes.synthetic.brace_decisions import BraceDecisions
from parsoutcomes.tables.brace_duration import (
    tabulate_brace_durations,
    tabulate_target_trial,
    tabulate_varied_brace_durations,
)

COHORT = po.simulate_cohort(200, seed=5, brace_decisions=BraceDecisions(stop_loss_fraction=0.328))


@pytest.fixture(scope="module")
def durations():
    return po.compare_brace_durations(COHORT, n_resamples=40, with_contrasts=False)


@pytest.fixture(scope="module")
def varied():
    return po.vary_brace_durations(COHORT, n_resamples=40, graces=(0.02, 1.5))


def without_the_last(durations):
    """The same, with union at the last milestone left open by the scans."""
    curve, frame = durations.curve.copy(), durations.frame.copy()
    curve.loc[curve["months"].eq(12.0), ["estimate", "estimate_high"]] = [np.nan, 1.0]
    frame.loc[frame["months"].eq(12.0), "estimate"] = np.nan
    return dataclasses.replace(durations, curve=curve, frame=frame)


def draw_durations(result):
    return plot_brace_durations(result, ax=detached_axes(brace_durations_size(result)))


def test_both_strategies_and_the_differences_are_written(durations) -> None:
    ax = draw_durations(durations)
    texts = texts_of(ax)
    assert {"Stop at 3 months", "Go on to 6 months"} <= set(texts)
    assert "Brace for 6 months instead of 3 months:" in " ".join(texts).replace("\n", " ")
    assert sum("to" in text and "(" in text and len(text) < 25 for text in texts) >= 3
    assert_all_inside(ax)


def test_what_the_scans_leave_open_has_no_mark(durations) -> None:
    ax = draw_durations(without_the_last(durations))
    texts = " ".join(one.replace("\n", " ") for one in texts_of(ax))
    assert "hollow bar is all that the scans tell" in texts
    assert "not estimable" in texts
    assert "by 9 months" in texts
    assert len(ax.patches) >= 2
    assert_all_inside(ax)


def test_every_line_of_the_sensitivity_is_drawn_or_refused(varied) -> None:
    ax = plot_varied_brace_durations(varied, ax=detached_axes(varied_brace_durations_size(varied)))
    texts = texts_of(ax)
    assert "As reported" in texts
    assert "too few follow" in texts
    assert any("risk ratio of" in text.replace("\n", " ") for text in texts)
    assert_all_inside(ax)


def test_drawn_twice_the_bytes_are_the_same(durations) -> None:
    size = brace_durations_size(durations)
    pictures = [
        draw_figure(plot_brace_durations, durations, size_inches=size, caption="a", alt="b")
        for _ in (1, 2)
    ]
    assert pictures[0] == pictures[1]


def test_tables_carry_every_row(durations, varied) -> None:
    assert len(tabulate_brace_durations(durations).rows) == len(durations.frame)
    assert len(tabulate_target_trial(durations).rows) == 8
    assert len(tabulate_varied_brace_durations(varied).rows) == len(varied.frame)
