"""The forest of differences in union rates, and rates of both units in one figure and table."""

from __future__ import annotations

import math

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.axes import Axes

from parsoutcomes.errors import ArgumentError
from parsoutcomes.figures.rate_differences import (
    plot_union_rate_differences,
    union_rate_differences_size,
)
from parsoutcomes.figures.rates import plot_union_rates, union_rates_size
from parsoutcomes.figures.style import detached_axes
from parsoutcomes.report.figure_files import draw_figure
from parsoutcomes.results.rate_comparison import (
    UnionRateComparison,
    write_comparison_finding,
    write_comparison_row,
)
from parsoutcomes.results.rates import UnionRates, join_units
from parsoutcomes.tables.estimates import tabulate_union_rates

NAN = math.nan
WHEN = {"horizon_months": 6.0, "grace_months": 1.0, "data_lock": pd.Timestamp("2026-09-30")}
COUNTS = {"conf_level": 0.95, "n_patients": 30, "n_defects": 40, "n_events": 22}


def difference(unit, measure, numbers, *, stage="progressive", **more):
    estimate, low, high = numbers
    return {
        "stage": stage,
        "reference": "early",
        "unit": unit,
        "measure": measure,
        "estimate": estimate,
        "conf_low": low,
        "conf_high": high,
        "p_value": NAN,
        "p_value_holm": NAN,
        "difference_low": NAN,
        "difference_high": NAN,
        "left_open": "",
        "interval_method": "m",
        "test_method": "",
        **COUNTS,
        **more,
    }


def comparison(**more) -> UnionRateComparison:
    known = {
        "p_value": 0.004,
        "p_value_holm": 0.008,
        "difference_low": -0.4,
        "difference_high": 0.1,
    }
    rows = [
        difference("defect", "union_npmle_difference", (-0.3, -0.5, -0.1), **more),
        difference("defect", "union_known_difference", (-0.25, -0.45, -0.02), **known),
        difference("patient", "union_npmle_difference", (-0.2, -0.5, 0.1)),
        difference("patient", "union_known_difference", (-0.1, -0.4, 0.2)),
    ]
    frame = pd.DataFrame(rows)
    about = {"by": "stage", "definition": "complete", "horizon_months": 6.0}
    return UnionRateComparison(
        title="Difference between groups in complete union by 6 months, by stage",
        finding=write_comparison_finding(frame, pd.DataFrame(), **about),
        method="m",
        unit="both",
        definition="complete",
        frame=frame,
        by="stage",
        reference="early",
        **WHEN,
    )


def draw(result) -> Axes:
    size = union_rate_differences_size(result)
    return plot_union_rate_differences(result, ax=detached_axes(size))


def texts_of(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_each_unit_has_its_heading_its_difference_and_its_test():
    shown = texts_of(draw(comparison()))
    assert {"Per pars", "Per patient (all target pars united)"} <= set(shown)
    assert {"-30 (-50 to -10)", "-20 (-50 to +10)", "0.004", "not tested"} <= set(shown)
    assert shown.count("  Progressive against early") == 2


def test_the_title_is_the_finding_of_the_first_unit():
    title = (
        "Complete union by 6 months per pars, against early: progressive -30 (-50 to -10) points"
    )
    assert title in [text.replace("\n", " ") for text in texts_of(draw(comparison()))]


def test_between_scans_the_difference_of_known_status_is_told():
    result = comparison(left_open="between scans", estimate=NAN, conf_low=NAN, conf_high=NAN)
    assert "-25 (-45 to -2)" in texts_of(draw(result))
    said = "progressive against early -25 (-45 to -2) on 40 pars in 30 patients, p = 0.004"
    assert f"per pars, {said}" in result.finding


def test_the_same_bytes_whatever_the_settings_of_the_session():
    result = comparison()
    size = union_rate_differences_size(result)
    words = {"size_inches": size, "caption": "c", "alt": "a"}
    first = draw_figure(plot_union_rate_differences, result, **words)
    with mpl.rc_context({"font.size": 20, "axes.grid": True}):
        second = draw_figure(plot_union_rate_differences, result, **words)
    assert first == second


def test_nothing_to_draw_is_refused_in_words():
    result = comparison()
    empty = UnionRateComparison(
        title="t", finding="f", method="m", frame=result.frame.head(0), by="stage", **WHEN
    )
    with pytest.raises(ArgumentError, match="no difference to draw"):
        plot_union_rate_differences(empty)


def test_an_unbounded_ratio_is_written_as_such():
    row = {"measure": "union_known_odds_ratio", "estimate": math.inf, "conf_low": 0.5}
    assert write_comparison_row({**row, "conf_high": math.inf}) == "∞ (0.50 to ∞)"
    missing = {"measure": "union_known_odds_ratio", **dict.fromkeys(("estimate", "conf_low"), NAN)}
    assert write_comparison_row({**missing, "conf_high": NAN}) == "not estimable"


def rates(unit) -> UnionRates:
    measures = ("union_npmle", "union_known_status", "bound_unknown_not_united")
    rows = [
        {"sex": sex, "measure": measure, "estimate": 0.6, "conf_low": 0.4, "conf_high": 0.8,
         "n_unknown": 2, "n_not_due": 0, **COUNTS}
        for sex in ("male", "female")
        for measure in (*measures, "bound_unknown_united")
    ]  # fmt: skip
    return UnionRates(
        title="Complete union by 6 months per pars, by sex",
        finding=f"Finding of {unit}.",
        method="NPMLE.",
        unit=unit,
        definition="complete",
        frame=pd.DataFrame(rows),
        by="sex",
        **WHEN,
    )


def test_both_units_are_drawn_and_tabulated_under_their_own_headings():
    both = join_units([rates("defect"), rates("patient")])
    ax = plot_union_rates(both, ax=detached_axes(union_rates_size(both)))
    shown = texts_of(ax)
    assert {"Sex, per pars", "Sex, per patient"} <= set(shown)
    assert "Complete union by 6 months per pars and per patient, by sex" in shown
    labels = [row[0] for row in tabulate_union_rates([both]).rows]
    assert labels[0] == "Sex: male (per pars)"
    assert labels[-1] == "Sex: female (per patient)"
    assert both.to_frame()["unit"].tolist() == ["defect"] * 8 + ["patient"] * 8
