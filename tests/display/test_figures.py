"""Figures take finished results: what they say, what they return, and that they repeat."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.axes import Axes

from parsoutcomes.figures.comparison import baseline_comparison_size, plot_baseline_comparison
from parsoutcomes.figures.completeness import completeness_size, plot_completeness
from parsoutcomes.figures.flow import cohort_flow_size, plot_cohort_flow
from parsoutcomes.figures.observed_expected import (
    observed_and_expected_size,
    plot_observed_and_expected,
)
from parsoutcomes.figures.predictors import plot_union_predictors, union_predictors_size
from parsoutcomes.figures.rates import plot_union_rates, union_rates_size
from parsoutcomes.figures.style import (
    detached_axes,
    figure_of,
    read_header,
    text_width_points,
    wrap_text,
)
from parsoutcomes.figures.time_to_union import plot_time_to_union, time_to_union_size
from parsoutcomes.report.figure_files import draw_figure, inline_svg
from parsoutcomes.results.comparison import BaselineComparison
from parsoutcomes.results.description import CohortFlow, Completeness
from parsoutcomes.results.predictors import UnionPredictors
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.results.time_to_union import TimeToUnion

NAN = math.nan
COUNTS = {"conf_level": 0.95, "n_patients": 10, "n_defects": 14, "n_events": 8}
WHEN = {"horizon_months": 6.0, "grace_months": 1.0, "data_lock": pd.Timestamp("2026-09-30")}


def rates(by: str | None = None, groups: tuple[str, ...] = ("all",)) -> UnionRates:
    rows = [
        {
            by or "group": group,
            "measure": measure,
            "estimate": estimate,
            "conf_low": low,
            "conf_high": high,
            "n_unknown": 2,
            "n_not_due": 0,
            **COUNTS,
        }
        for group in groups
        for measure, estimate, low, high in (
            ("union_npmle", 0.6, 0.4, 0.8),
            ("union_known_status", 0.65, 0.4, 0.85),
            ("bound_unknown_not_united", 0.5, NAN, NAN),
            ("bound_unknown_united", 0.7, NAN, NAN),
        )
    ]
    return UnionRates(
        title="Complete union by 6 months per pars, by stage",
        finding="By 6 months 60% of 14 pars had united.",
        method="NPMLE",
        unit="defect",
        definition="complete",
        frame=pd.DataFrame(rows),
        by=by,
        **WHEN,
    )


def time_to_union() -> TimeToUnion:
    frame = pd.DataFrame(
        {
            "group": "all",
            "months": [3.0, 6.0, 9.0],
            "measure": "cumulative_union",
            "estimate": [0.3, 0.6, NAN],
            "conf_low": [0.1, 0.4, 0.4],
            "conf_high": [0.5, 0.8, 1.0],
            "union_low": [0.3, 0.6, 0.6],
            "union_high": [0.3, 0.6, 0.9],
            **COUNTS,
        }
    )
    curve = pd.DataFrame(
        {
            "group": "all",
            "left_days": [0.0, 91.3125],
            "right_days": [91.3125, 182.625],
            "union_before": [0.0, 0.3],
            "union_after": [0.3, 0.6],
        }
    )
    counts = pd.DataFrame(
        {
            "group": "all",
            "months": [0.0, 3.0, 6.0, 9.0],
            "n_united": [0, 4, 8, 8],
            "n_not_united": [14, 9, 5, 1],
            "n_unknown": [0, 1, 1, 5],
        }
    )
    return TimeToUnion(
        title="Time to union",
        finding="Half of 14 pars had united by 6 months.",
        method="NPMLE",
        unit="defect",
        definition="complete",
        frame=frame,
        curve=curve,
        risk_table=counts,
        data_lock=WHEN["data_lock"],
    )


def comparison() -> BaselineComparison:
    rows = [
        {
            "reference": "european",
            "series": "Virkki 2020",
            "role": role,
            "strata": "early + progressive",
            "measure": measure,
            "estimate": estimate,
            "conf_low": low,
            "conf_high": high,
            **COUNTS,
        }
        for role in ("verdict", "last known status")
        for measure, estimate, low, high in (
            ("observed", 8.4, 6.0, 10.0),
            ("expected", 7.0, 6.0, 8.0),
            ("observed_over_expected", 1.2, 0.9, 1.6),
            ("excess_per_100", 10.0, -5.0, 25.0),
        )
    ]
    return BaselineComparison(
        title="Against published series",
        finding="Union could not be told from Virkki 2020.",
        method="Indirect standardisation",
        unit="defect",
        frame=pd.DataFrame(rows),
        verdict="not distinguishable",
        series=("Virkki 2020",),
        **WHEN,
    )


def comparison_by_stage(our_rate: float = 0.6) -> BaselineComparison:
    """With the strata, and an early stage whose rate may be open."""
    strata = pd.DataFrame(
        [
            {
                "reference": "european",
                "series": "Virkki 2020",
                "stage": stage,
                "n_defects": 7,
                "our_rate": rate,
                "our_conf_low": 0.3,
                "our_conf_high": 0.9,
                "our_rate_low": 0.4 if math.isnan(rate) else rate,
                "our_rate_high": 0.7 if math.isnan(rate) else rate,
                "published_rate": 0.5,
                "published_conf_low": 0.4,
                "published_conf_high": 0.6,
                "expected": 3.5,
            }
            for stage, rate in (("early", our_rate), ("progressive", 0.6))
        ]
    )
    verdicts = pd.DataFrame({"role": ["last known status"], "verdict": ["above"]})
    return dataclasses.replace(comparison(), strata=strata, verdicts=verdicts)


def predictors() -> UnionPredictors:
    rows = [
        {"level": "early", "measure": "risk", "estimate": 0.8, "conf_low": 0.6, "conf_high": 0.9},
        {
            "level": "progressive",
            "measure": "risk",
            "estimate": 0.3,
            "conf_low": 0.1,
            "conf_high": 0.5,
        },
        {
            "level": "progressive",
            "measure": "risk_difference",
            "estimate": -0.5,
            "conf_low": -0.7,
            "conf_high": -0.2,
        },
    ]
    frame = pd.DataFrame(rows).assign(term="stage", reference="early", p_value=NAN, **COUNTS)
    return UnionPredictors(
        title="Predictors",
        finding="Progressive pars united less often.",
        method="Firth",
        unit="defect",
        definition="complete",
        frame=frame,
        terms=("stage",),
        method_used="firth",
        why="Few events.",
        separation="",
        n_parameters=1,
        correlation=NAN,
        **WHEN,
    )


def flow() -> CohortFlow:
    frame = pd.DataFrame(
        {
            "step": ["In the records", "Pars that are treatment targets"],
            "n_patients": [10, 10],
            "n_defects": [16, 14],
            "n_left_out_patients": [0, 0],
            "n_left_out_defects": [0, 2],
            "reason": ["", "Terminal at fitting"],
        }
    )
    return CohortFlow(
        title="Flow", finding="14 of 16 pars are targets.", method="", frame=frame, **WHEN
    )


def completeness() -> Completeness:
    frame = pd.DataFrame(
        {
            "table": "defects",
            "column": "stage",
            "year": ["all", "2024", "2025"],
            "n_expected": [14, 10, 0],
            "n_recorded": [7, 5, 0],
            "fraction_recorded": [0.5, 0.5, NAN],
        }
    )
    return Completeness(title="", finding="Stage is known for 50%.", method="", frame=frame)


FIGURES = {
    "rates": (plot_union_rates, union_rates_size, rates()),
    "rates by stage": (
        plot_union_rates,
        union_rates_size,
        rates("stage", ("early", "not recorded")),
    ),
    "time": (plot_time_to_union, time_to_union_size, time_to_union()),
    "comparison": (plot_baseline_comparison, baseline_comparison_size, comparison()),
    "observed and expected": (
        plot_observed_and_expected,
        observed_and_expected_size,
        comparison_by_stage(),
    ),
    "observed and expected, open": (
        plot_observed_and_expected,
        observed_and_expected_size,
        comparison_by_stage(NAN),
    ),
    "predictors": (plot_union_predictors, union_predictors_size, predictors()),
    "flow": (plot_cohort_flow, cohort_flow_size, flow()),
    "completeness": (plot_completeness, completeness_size, completeness()),
}


def texts_of(ax: Axes) -> list[str]:
    return [text.get_text().strip() for text in ax.texts if text.get_text().strip()]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_on_the_axes_it_is_given_and_returns_them(name: str) -> None:
    plot, size, result = FIGURES[name]
    ax = detached_axes(size(result))
    assert plot(result, ax=ax) is ax


@pytest.mark.parametrize("name", FIGURES)
def test_title_is_the_finding(name: str) -> None:
    plot, size, result = FIGURES[name]
    titles = " ".join(texts_of(plot(result, ax=detached_axes(size(result))))).replace("\n", " ")
    expected = {
        "comparison": "Union set beside Virkki 2020: not distinguishable",
        "observed and expected": "stage by stage: not distinguishable",
        "observed and expected, open": "stage by stage: not distinguishable",
        "rates by stage": result.finding,
    }
    assert expected.get(name, result.finding) in titles


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_drawn_outside_the_figure(name: str) -> None:
    plot, size, result = FIGURES[name]
    ax = plot(result, ax=detached_axes(size(result)))
    ax.figure.canvas.draw()
    width, height = ax.figure.get_size_inches() * ax.figure.dpi
    for text in ax.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0, text.get_text()
        assert box.y0 >= 0, text.get_text()
        assert box.x1 <= width, text.get_text()
        assert box.y1 <= height, text.get_text()


@pytest.mark.parametrize("name", FIGURES)
def test_same_result_same_bytes_whatever_the_settings_of_the_session(name: str) -> None:
    plot, size, result = FIGURES[name]

    def draw() -> tuple[str, bytes]:
        return draw_figure(plot, result, size_inches=size(result), caption="c", alt="a")

    first = draw()
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "figure.dpi": 50}):
        assert draw()[0] == first[0]
    assert draw() == first


def test_rates_show_estimate_n_and_interval_in_words() -> None:
    ax = plot_union_rates(rates(), ax=detached_axes(union_rates_size(rates())))
    assert {"Per pars, complete union", "14", "10", "60% (40 to 80)"} <= set(texts_of(ax))


def test_each_other_choice_stands_with_its_verdict() -> None:
    result = comparison_by_stage()
    ax = plot_baseline_comparison(result, ax=detached_axes(baseline_comparison_size(result)))
    assert {"Early and progressive pars (the verdict)", "Last known status: above"} <= set(
        texts_of(ax)
    )


def test_observed_and_expected_stand_side_by_side_in_pars_and_per_cent() -> None:
    """14 pars: 8.4 observed = 60 %, 7 expected = 50 %; an open stage has its range."""
    result = comparison_by_stage(NAN)
    ax = plot_observed_and_expected(result, ax=detached_axes(observed_and_expected_size(result)))
    assert {"2.8 to 4.9", "8.4", "60% (43 to 71)", "7.0", "50% (43 to 57)"} <= set(texts_of(ax))
    assert "Virkki 2020, expected" in texts_of(ax)
    assert not any("nan" in text for text in texts_of(ax))


def test_those_without_a_recorded_group_have_their_own_line() -> None:
    result = rates("stage", ("early", "not recorded"))
    ax = plot_union_rates(result, ax=detached_axes(union_rates_size(result)))
    assert {"Stage", "Early", "Not recorded"} <= set(texts_of(ax))


def test_what_is_known_of_everyone_stands_beneath_the_curve() -> None:
    ax = plot_time_to_union(time_to_union(), ax=detached_axes((7.6, 6.0)))
    shown = texts_of(ax)
    assert {"Known united", "Known not united", "Status unknown"} <= set(shown)
    assert shown.count("14") == 1
    assert shown.count("8") == 2


def test_a_milestone_that_scans_leave_open_has_no_point() -> None:
    ax = plot_time_to_union(time_to_union(), ax=detached_axes((7.6, 6.0)))
    assert {"30%", "60%"} <= set(texts_of(ax))
    points = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert points == [3.0, 6.0]


def test_the_reference_level_is_named_and_the_difference_has_its_sign() -> None:
    ax = plot_union_predictors(predictors(), ax=detached_axes((7.6, 3.0)))
    assert {"reference", "-50 (-70 to -20)"} <= set(texts_of(ax))


def test_those_left_out_stand_beside_the_step() -> None:
    ax = plot_cohort_flow(flow(), ax=detached_axes((7.6, 3.0)))
    assert "Terminal at fitting: 2 pars" in texts_of(ax)


def test_a_field_expected_of_nobody_has_a_dash() -> None:
    ax = plot_completeness(completeness(), ax=detached_axes((7.6, 2.0)))
    assert texts_of(ax).count("50%") == 2
    assert "–" in texts_of(ax)


def test_an_inline_drawing_has_no_style_attribute_and_its_own_ids() -> None:
    svg, _ = draw_figure(
        plot_cohort_flow, flow(), size_inches=(7.6, 3.0), caption="A <flow>", alt='"alt"'
    )
    drawing = inline_svg(svg, "flow")
    assert "style=" not in drawing
    assert "<style" not in drawing
    assert '<title id="flow-title">A &lt;flow&gt;</title>' in drawing
    assert drawing.count('id="flow-') == drawing.count("id=")


def test_svg_keeps_text_as_text() -> None:
    svg, png = draw_figure(plot_cohort_flow, flow(), size_inches=(7.6, 3.0), caption="c", alt="a")
    assert ">In the records</text>" in svg
    assert "font-family: 'DejaVu Sans', Verdana" in svg
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == round(7.6 * 300)


def test_wrapped_lines_fit() -> None:
    lines = wrap_text("By 6 months an estimated 60% of 111 pars had united", 120.0, 9.0)
    assert all(text_width_points(line, 9.0) <= 120.0 for line in lines.split("\n"))


def test_a_notebook_gets_a_new_figure(tmp_path: Path) -> None:
    from matplotlib import pyplot as plt

    plt.switch_backend("agg")
    ax = plot_cohort_flow(flow())
    ax.figure.savefig(tmp_path / "flow.png")
    plt.close(ax.figure)
    assert (tmp_path / "flow.png").stat().st_size > 1000


def test_the_words_above_a_figure_are_told_with_the_room_they_take():
    ax = plot_cohort_flow(flow(), ax=detached_axes(cohort_flow_size(flow())))
    header = read_header(figure_of(ax))
    assert header is not None
    assert header.title == flow().finding
    assert "known status" in header.subtitle
    assert 0.05 < header.share_of_height < 0.5
    assert read_header(figure_of(detached_axes((2.0, 2.0)))) is None
