"""Figures over time: boxes, bands, counts beneath, groups side by side, and what is not told."""

from __future__ import annotations

import io
from itertools import pairwise

import matplotlib as mpl
import pandas as pd
import pytest
from figure_checks import ABOUT, COUNTS, LOCK, MONTH, NAN, assert_all_inside, frame_of, texts_of
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from parsoutcomes.errors import ArgumentError
from parsoutcomes.figures.bias import bias_display_size, plot_bias_display
from parsoutcomes.figures.competing_risks import competing_risks_size, plot_competing_risks
from parsoutcomes.figures.group_differences import group_differences_size, plot_group_differences
from parsoutcomes.figures.kaplan_meier import kaplan_meier_size, plot_kaplan_meier
from parsoutcomes.figures.milestones import milestones_size, plot_milestones
from parsoutcomes.figures.style import detached_axes
from parsoutcomes.figures.time_to_union import plot_time_to_union, time_to_union_size
from parsoutcomes.report.figure_files import draw_figure
from parsoutcomes.results.competing_risks import BETWEEN, FIRST_SCAN, MIDPOINT, CompetingRisks
from parsoutcomes.results.group_differences import GroupDifferences
from parsoutcomes.results.kaplan_meier import KaplanMeier
from parsoutcomes.results.time_to_union import TimeToUnion


def time_to_union(by: str | None = None, groups: tuple[str, ...] = ("all",)) -> TimeToUnion:
    """Three milestones: told, told between scans only, and beyond the last scans."""
    column = by or "group"
    milestones = frame_of(
        [
            (3.0, 0.3, 0.1, 0.5, 0.3, 0.3, ""),
            (6.0, NAN, 0.2, 0.8, 0.3, 0.6, "between scans"),
            (9.0, NAN, 0.4, 1.0, 0.6, 0.9, "later than the last scans"),
        ],
        *("months", "estimate", "conf_low", "conf_high", "union_low", "union_high", "left_open"),
    ).assign(measure="cumulative_union", **COUNTS)
    curve = frame_of(
        [(0.0, 3.0, 0.0, 0.3, 0.05, 0.55), (3.0, 7.0, 0.3, 0.6, 0.25, 0.9)],
        *("left_days", "right_days", "union_before", "union_after", "band_low", "band_high"),
    )
    curve[["left_days", "right_days"]] *= MONTH
    counts = frame_of(
        [(0.0, 0, 14, 0), (3.0, 4, 9, 1), (6.0, 8, 5, 1), (9.0, 8, 1, 5)],
        *("months", "n_united", "n_not_united", "n_unknown"),
    )
    median = {"median_low_months": [3.0], "median_high_months": [7.0]}

    def stack(part: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([part.assign(**{column: name}) for name in groups], ignore_index=True)

    return TimeToUnion(
        title="Time to complete union per pars",
        finding="Of 14 target pars 30% had united by 3 months.",
        frame=stack(milestones),
        curve=stack(curve),
        risk_table=stack(counts),
        median=stack(pd.DataFrame(median)),
        by=by,
        data_lock=LOCK,
        **ABOUT,
    )


def differences() -> GroupDifferences:
    frame = frame_of(
        [
            (3.0, "union_difference", 0.2, -0.1, 0.5, 0.2, 0.2),
            (6.0, "union_difference", NAN, -0.4, 0.6, -0.1, 0.3),
            (9.0, "union_difference", NAN, NAN, NAN, -0.1, 0.4),
            (6.0, "mean_months_difference", -0.9, -2.0, 0.2, -1.0, -0.8),
        ],
        *("months", "measure", "estimate", "conf_low", "conf_high"),
        *("difference_low", "difference_high"),
    ).assign(stage="pre_lysis", reference="early", **COUNTS)
    return GroupDifferences(
        title="Differences",
        finding="By 3 months 20 points more united.",
        frame=frame,
        by="stage",
        test=pd.DataFrame({"p_value": [0.034]}),
        test_why="Whole patients were permuted.",
        curves=time_to_union("stage", ("early", "pre_lysis")),
        **ABOUT,
    )


def competing(by: str | None = None, groups: tuple[str, ...] = ("all",)) -> CompetingRisks:
    column = by or "group"
    frame = frame_of(
        [
            (3.0, "cumulative_union", 0.3, 0.1, 0.5),
            (3.0, "cumulative_surgery", 0.05, 0.01, 0.2),
            (3.0, "neither", 0.65, 0.4, 0.8),
            (6.0, "cumulative_union", NAN, 0.4, 1.0),
            (6.0, "cumulative_surgery", 0.1, 0.03, 0.3),
            (6.0, "neither", NAN, NAN, NAN),
        ],
        *("months", "measure", "estimate", "conf_low", "conf_high"),
    ).assign(**COUNTS)
    curve = frame_of(
        [
            ("union", 0.0, 3 * MONTH, 0.0, 0.3),
            ("surgery", 0.0, 3 * MONTH, 0.0, 0.05),
            ("surgery", 3 * MONTH, 6 * MONTH, 0.05, 0.1),
        ],
        *("event", "left_days", "right_days", "incidence_before", "incidence_after"),
    )
    familiar = frame_of(
        [
            ("union", MIDPOINT, 0.0, 0.0),
            ("union", MIDPOINT, 50.0, 0.32),
            ("union", FIRST_SCAN, 0.0, 0.0),
            ("union", FIRST_SCAN, 100.0, 0.31),
        ],
        *("event", "approach", "days", "incidence"),
    )
    bias = frame_of(
        [
            (3.0, BETWEEN, 0.3, 0.1, 0.5, 0.0),
            (3.0, MIDPOINT, 0.32, NAN, NAN, 0.02),
            (3.0, FIRST_SCAN, 0.12, NAN, NAN, -0.18),
            (6.0, BETWEEN, NAN, 0.4, 1.0, NAN),
            (6.0, MIDPOINT, 0.32, NAN, NAN, NAN),
            (6.0, FIRST_SCAN, 0.31, NAN, NAN, NAN),
        ],
        *("months", "approach", "estimate", "conf_low", "conf_high", "difference"),
    )

    def stack(part: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([part.assign(**{column: name}) for name in groups], ignore_index=True)

    return CompetingRisks(
        title="Union and surgery",
        finding="By 3 months 30% had united and 5% were operated on.",
        frame=stack(frame),
        curve=stack(curve),
        familiar=stack(familiar),
        bias=stack(bias),
        by=by,
        data_lock=LOCK,
        **ABOUT,
    )


def kaplan_meier() -> KaplanMeier:
    curve = frame_of(
        [(0.0, 0.0, 0.0, 0.0), (100.0, 0.3, 0.1, 0.5), (190.0, 0.6, 0.4, 0.8)],
        *("days", "union", "conf_low", "conf_high"),
    ).assign(group="all")
    table = frame_of(
        [(0.0, 14, 0, 0), (3.0, 13, 1, 0), (6.0, 8, 2, 4), (9.0, 0, 6, 8)],
        *("months", "n_at_risk", "n_censored", "n_events"),
    ).assign(group="all")
    return KaplanMeier(
        title="First united scan, right-censored",
        finding="By 6 months 30% had a united scan.",
        frame=pd.DataFrame({"group": ["all"], "months": [6.0], "estimate": [0.3], **COUNTS}),
        curve=curve,
        risk_table=table,
        data_lock=LOCK,
        **ABOUT,
    )


STAGES = ("stage", ("pre_lysis", "early", "progressive"))
FIGURES = {
    "time": (plot_time_to_union, time_to_union_size, time_to_union()),
    "time by stage": (plot_time_to_union, time_to_union_size, time_to_union(*STAGES)),
    "milestones": (plot_milestones, milestones_size, time_to_union()),
    "milestones by stage": (plot_milestones, milestones_size, time_to_union(*STAGES)),
    "differences": (plot_group_differences, group_differences_size, differences()),
    "bias": (plot_bias_display, bias_display_size, competing()),
    "competing": (plot_competing_risks, competing_risks_size, competing()),
    "competing by stage": (plot_competing_risks, competing_risks_size, competing(*STAGES)),
    "kaplan-meier": (plot_kaplan_meier, kaplan_meier_size, kaplan_meier()),
}


def draw(name: str) -> Axes:
    plot, size, result = FIGURES[name]
    return plot(result, ax=detached_axes(size(result)))


@pytest.mark.parametrize("name", FIGURES)
def test_everything_written_stays_inside_the_figure(name: str) -> None:
    assert_all_inside(draw(name))


@pytest.mark.parametrize("name", FIGURES)
def test_same_result_same_bytes_whatever_the_settings_of_the_session(name: str) -> None:
    plot, size, result = FIGURES[name]
    first = draw_figure(plot, result, size_inches=size(result), caption="c", alt="a")
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "figure.dpi": 50}):
        again = draw_figure(plot, result, size_inches=size(result), caption="c", alt="a")
    assert again[0] == first[0]


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"bias"}))
def test_title_is_the_finding(name: str) -> None:
    titles = " ".join(texts_of(draw(name))).replace("\n", " ")
    assert FIGURES[name][2].finding in titles


@pytest.mark.parametrize("name", ["time", "competing", "kaplan-meier"])
def test_counts_stand_under_their_months_and_are_kept_when_others_save_the_figure(
    name: str,
) -> None:
    ax = draw(name)
    months = ax.transData.transform([[month, 0.0] for month in (3.0, 6.0)])[:, 0]
    ax.figure.canvas.draw()
    for month, x in zip((3.0, 6.0), months, strict=True):
        under = [text for text in ax.texts if text.xy == (month, 0)]
        centres = [text.get_window_extent().x0 + text.get_window_extent().x1 for text in under]
        assert len(under) >= 3
        assert all(abs(centre / 2 - x) < 1.5 for centre in centres)
    plain = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        ax.figure.savefig(plain, format="svg")
    assert all(f">{text}</text>" in plain.getvalue() for text in texts_of(ax) if "\n" not in text)


def test_beside_another_plot_the_counts_keep_to_their_own_place() -> None:
    figure = Figure(figsize=(16, 8))
    left, right = figure.subplots(1, 2)
    plot_time_to_union(time_to_union(), ax=left)
    plot_time_to_union(time_to_union(*STAGES), ax=right)
    assert_all_inside(left)
    assert_all_inside(right)
    first = right.get_position().bounds
    plot_time_to_union(time_to_union(*STAGES), ax=right)
    assert right.get_position().bounds == first


def test_nothing_floats_beyond_the_last_scan() -> None:
    ax = draw("time")
    assert "not told:\ntoo few\nscanned" in texts_of(ax)
    assert "not told" in texts_of(ax)
    drawn = [x for line in ax.lines for x in line.get_xdata()]
    assert max(drawn) == 6.0
    boxes = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert max(box.get_x() + box.get_width() for box in boxes) == pytest.approx(7.0)


def test_inside_a_box_nothing_is_said_to_be_untold_in_the_picture() -> None:
    result = time_to_union()
    frame = result.frame.assign(left_open="nobody of known status", estimate=NAN)
    one_box = result.curve.tail(1).assign(left_days=0.0, right_days=9 * MONTH, union_before=0.0)
    unknown = TimeToUnion(
        title="t", finding="f", frame=frame, curve=one_box, risk_table=result.risk_table,
        median=result.median, data_lock=LOCK, **ABOUT,
    )  # fmt: skip
    shown = texts_of(plot_time_to_union(unknown, ax=detached_axes((7.6, 6.0))))
    assert shown.count("not told") == 3
    assert not any("too few" in text for text in shown)


def test_between_scans_a_range_is_drawn_and_given_but_no_point() -> None:
    ax = draw("time")
    assert "30 to 60%" in texts_of(ax)
    assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"] == [3.0]


def test_the_band_of_all_times_is_drawn_for_one_group_and_named() -> None:
    assert len(draw("time").collections) == 2
    assert "95% band for all times together" in " ".join(texts_of(draw("time")))
    assert len(draw("time by stage").collections) == 0


def test_each_group_has_its_name_at_the_end_of_its_curve() -> None:
    names = {"Pre-lysis", "Early", "Progressive"}
    ends = {text.get_text(): text.xy for text in draw("time by stage").texts}
    assert all(ends[name] == pytest.approx((7.17, 0.6)) for name in names)
    ax = draw("time by stage")
    ax.figure.canvas.draw()
    heights = sorted(text.get_window_extent().y0 for text in ax.texts if text.get_text() in names)
    assert min(b - a for a, b in pairwise(heights)) > 8


def test_a_group_in_which_nobody_united_lies_flat_at_nought() -> None:
    result = time_to_union()
    none = result.curve.head(1).assign(union_after=0.0, band_low=0.0, band_high=0.2)
    flat = TimeToUnion(
        title="t", finding="Nobody united.", frame=result.frame, curve=none,
        risk_table=result.risk_table, median=result.median, data_lock=LOCK, **ABOUT,
    )  # fmt: skip
    ax = plot_time_to_union(flat, ax=detached_axes(time_to_union_size(flat)))
    assert {patch.get_height() for patch in ax.patches} == {0.0}


def test_months_prescribed_are_named_as_such_and_not_compared() -> None:
    result = time_to_union("prescribed_months", ("3", "6"))
    ax = plot_time_to_union(result, ax=detached_axes(time_to_union_size(result)))
    shown = " ".join(texts_of(ax)).replace("\n", " ")
    assert "3 months prescribed (pars)" in shown
    assert "does not compare durations" in shown


def test_a_finding_too_long_for_a_title_gives_the_horizon() -> None:
    result = time_to_union()
    frame = result.frame.assign(estimate=0.6, conf_low=0.4, conf_high=0.8, left_open="")
    long = TimeToUnion(
        title="t", finding="x" * 300, frame=frame, curve=result.curve,
        risk_table=result.risk_table, median=result.median, data_lock=LOCK, **ABOUT,
    )  # fmt: skip
    ax = plot_time_to_union(long, ax=detached_axes(time_to_union_size(long)))
    title = (
        "By 6 months an estimated 60% (40 to 80) of 14 pars had complete union; half had united "
        "by a time between 3 months and 7 months"
    )
    assert title in [text.replace("\n", " ") for text in texts_of(ax)]


def test_a_long_finding_of_groups_names_what_they_are_groups_of() -> None:
    result = time_to_union("contralateral_stage", ("none", "early"))
    frame = result.frame.assign(estimate=0.6, conf_low=0.4, conf_high=0.8, left_open="")
    long = TimeToUnion(
        title="t", finding="x" * 300, frame=frame, curve=result.curve, by=result.by,
        risk_table=result.risk_table, median=result.median, data_lock=LOCK, **ABOUT,
    )  # fmt: skip
    ax = plot_time_to_union(long, ax=detached_axes(time_to_union_size(long)))
    title = (
        "Estimated complete union by 6 months, by stage of the opposite pars: none 60% (40 to 80) "
        "of 14 pars and early 60% (40 to 80) of 14 pars"
    )
    assert title in [text.replace("\n", " ") for text in texts_of(ax)]


def test_milestones_give_what_is_known_and_the_estimate() -> None:
    shown = texts_of(draw("milestones by stage"))
    assert {"By 3 months", "Pre-lysis", "30% (10 to 50)"} <= set(shown)
    assert "between 30% and 60% (20 to 80)" in shown
    assert shown.count("not told") == 3


def test_a_difference_has_its_sign_its_range_or_is_not_told() -> None:
    shown = texts_of(draw("differences"))
    assert "Pre-lysis v early" in shown
    assert {"+20 (-10 to +50)", "between -10 and +30 (-40 to +60)", "not told"} <= set(shown)
    assert "-0.9 (-2.0 to 0.2)" in shown
    words = " ".join(shown).replace("\n", " ")
    assert "Score test for interval data: p = 0.034. Whole patients were permuted." in words


def test_the_bias_display_sets_both_shares_side_by_side() -> None:
    ax = draw("bias")
    title = (
        "Dated by the first united scan, 12% seem to have united by 3 months; the estimate between "
        "scans is 30%"
    )
    assert title in " ".join(texts_of(ax)).replace("\n", " ")
    assert {"30%", "32%", "12%", "not told"} <= set(texts_of(ax))


def test_the_bias_display_refuses_groups() -> None:
    with pytest.raises(ArgumentError, match="one group"):
        plot_bias_display(competing(*STAGES))


def test_no_difference_to_draw_is_refused_in_words() -> None:
    none = GroupDifferences(
        title="t", finding="f", frame=differences().frame.head(0), by="stage",
        test_why="Fewer than two groups are large enough.", curves=differences().curves, **ABOUT,
    )  # fmt: skip
    with pytest.raises(ArgumentError, match="Fewer than two groups are large enough"):
        plot_group_differences(none)


def test_surgery_hangs_from_the_top_so_that_neither_lies_between() -> None:
    ax = draw("competing")
    tops = [patch.get_y() for patch in ax.patches]
    assert tops.count(1.0) == 2
    assert {"United", "Operated on first", "Neither"} <= set(texts_of(ax))
    points = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "s"]
    assert points == [pytest.approx(0.95), pytest.approx(0.9)]


def test_union_and_surgery_of_each_group_stand_on_one_line() -> None:
    shown = texts_of(draw("competing by stage"))
    assert shown.count("30% (10 to 50)") == 3
    assert shown.count("5% (1 to 20)") == 3
    assert shown.count("not told") == 3


def test_the_familiar_curve_has_its_table_and_says_what_it_is() -> None:
    shown = texts_of(draw("kaplan-meier"))
    assert {"At risk", "Censored so far", "Seen united so far"} <= set(shown)
    assert "Right-censored Kaplan-Meier" in " ".join(shown)
