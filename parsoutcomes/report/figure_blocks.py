"""Figures of the report: each result drawn once, with its words and its data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes

from parsoutcomes.figures.bias import bias_display_size, plot_bias_display
from parsoutcomes.figures.comparison import baseline_comparison_size, plot_baseline_comparison
from parsoutcomes.figures.completeness import completeness_size, plot_completeness
from parsoutcomes.figures.flow import cohort_flow_size, plot_cohort_flow
from parsoutcomes.figures.group_differences import group_differences_size, plot_group_differences
from parsoutcomes.figures.observed_expected import (
    observed_and_expected_size,
    plot_observed_and_expected,
)
from parsoutcomes.figures.predictors import plot_union_predictors, union_predictors_size
from parsoutcomes.figures.rates import plot_union_rates, union_rates_size
from parsoutcomes.figures.time_to_union import plot_time_to_union, time_to_union_size
from parsoutcomes.report.content import FigureBlock
from parsoutcomes.report.figure_files import draw_forms
from parsoutcomes.results.base import Result
from parsoutcomes.results.comparison import BaselineComparison
from parsoutcomes.results.competing_risks import CompetingRisks
from parsoutcomes.results.description import CohortFlow, Completeness
from parsoutcomes.results.group_differences import GroupDifferences
from parsoutcomes.results.predictors import UnionPredictors
from parsoutcomes.results.rates import UnionRates
from parsoutcomes.results.time_to_union import TimeToUnion
from parsoutcomes.tables.display import DisplayTable
from parsoutcomes.tables.estimates import (
    tabulate_comparison,
    tabulate_predictors,
    tabulate_strata,
    tabulate_time_to_union,
    tabulate_union_rates,
)
from parsoutcomes.tables.over_time import tabulate_bias, tabulate_group_differences
from parsoutcomes.tables.records import tabulate_completeness, tabulate_flow
from parsoutcomes.wording import format_label

Plot = Callable[..., Axes]
Size = Callable[[Any], tuple[float, float]]

_RATES_READING: Final = (
    "One line per group: a filled mark with its interval is the estimate that counts everyone; a "
    "hollow mark is the share among those whose status is known; a grey bar spans from all "
    "unknown not united to all unknown united."
)
_TIME_READING: Final = (
    "Cumulative union rises with the months since fitting. A box means that union happened "
    "somewhere within it. Beneath: how many are known united, known not united, and unknown, and "
    'the estimate, or "not told" where too few were still scanned.'
)
_DIFFERENCES_READING: Final = (
    "One mark with its interval per group and milestone; right of the line at 0 means more union "
    "than in the group compared with."
)
_BIAS_READING: Final = (
    "Boxes and points are the estimate; two step curves show what dating union at the mid-point "
    "between scans, or at the first united scan, would make of the same records."
)
_COMPARISON_READING: Final = (
    "One mark with its interval per published series on a log scale; right of the line at 1 means "
    "more union than the series would expect at our mix of stages."
)
_OBSERVED_READING: Final = (
    "Per stage and in all, one mark with its interval for the share of our pars that united, and "
    "one per series for the share that its rates would expect of the same pars."
)
_PREDICTORS_READING: Final = (
    "One line per level of each predictor: the chance of union with everything else as in the "
    "whole cohort, with its interval; on the right the difference from the reference level."
)
_FLOW_READING: Final = (
    "A chain of boxes from the records to a known status, with those left out beside each step."
)
_COMPLETENESS_READING: Final = (
    "A table of fields by year of fitting; each cell holds the share recorded, darker when more "
    "is missing."
)


def show_rates(
    figure_id: str, caption: str, results: Sequence[UnionRates], source: str
) -> FigureBlock:
    """Return the forest of these rates."""
    data = pd.concat([_labelled(result) for result in results], ignore_index=True)
    return build_block(
        (plot_union_rates, union_rates_size, tuple(results)),
        figure_id=figure_id,
        caption=caption,
        alt=f"{' '.join(result.finding for result in results)} {_RATES_READING}",
        source=source,
        data={"": data},
        table=tabulate_union_rates(results),
    )


def _labelled(result: UnionRates) -> pd.DataFrame:
    column = "group" if result.by is None else result.by
    named = result.to_frame().rename(columns={column: "group"})
    named.insert(0, "by", result.by or "none")
    named.insert(0, "definition", result.definition)
    named.insert(0, "unit", result.unit)
    return named


def show_time(figure_id: str, caption: str, result: TimeToUnion, source: str) -> FigureBlock:
    """Return the curve of cumulative union."""
    return build_block(
        (plot_time_to_union, time_to_union_size, result),
        figure_id=figure_id,
        caption=caption,
        alt=f"{result.finding} {_TIME_READING}",
        source=source,
        data={"": result.to_frame(), "-curve": result.curve, "-counts": result.risk_table},
        table=tabulate_time_to_union(result),
    )


def show_differences(result: GroupDifferences, source: str) -> FigureBlock:
    """Return the differences of groups in union over time."""
    return build_block(
        (plot_group_differences, group_differences_size, result),
        figure_id=source,
        caption=f"Differences in union over time, by {format_label(result.by)}",
        alt=f"{result.finding} {_DIFFERENCES_READING}",
        source=source,
        data={"": result.to_frame(), "-test": result.test, "-schedules": result.schedules},
        table=tabulate_group_differences(result),
    )


def show_bias(result: CompetingRisks, source: str) -> FigureBlock:
    """Return the curves by date of scan beside the estimate."""
    return build_block(
        (plot_bias_display, bias_display_size, result),
        figure_id=source,
        caption="What dating union by its scan would do to the curve",
        alt=f"{result.finding} {_BIAS_READING}",
        source=source,
        data={"": result.bias, "-steps": result.familiar, "-curve": result.curve},
        table=tabulate_bias(result),
    )


def show_comparison(result: BaselineComparison, source: str) -> FigureBlock:
    """Return observed over expected against each series."""
    return build_block(
        (plot_baseline_comparison, baseline_comparison_size, result),
        figure_id="comparison",
        caption="Observed over expected union against published series",
        alt=f"{result.finding} {_COMPARISON_READING}",
        source=source,
        data={
            "": result.to_frame(),
            "-verdicts": result.verdicts,
            "-strata": result.strata,
            "-coverage": result.coverage,
        },
        table=tabulate_comparison(result),
    )


def show_observed_and_expected(result: BaselineComparison, source: str) -> FigureBlock:
    """Return observed beside expected union, by stage and in all."""
    return build_block(
        (plot_observed_and_expected, observed_and_expected_size, result),
        figure_id="observed-and-expected",
        caption="Observed union beside what the series would expect, stage by stage",
        alt=f"{result.finding} {_OBSERVED_READING}",
        source=source,
        data={"": result.strata},
        table=tabulate_strata(result),
    )


def show_predictors(result: UnionPredictors, source: str) -> FigureBlock:
    """Return the absolute risks of the predictors."""
    return build_block(
        (plot_union_predictors, union_predictors_size, result),
        figure_id="predictors",
        caption="Chance of union by predictor",
        alt=f"{result.finding} {_PREDICTORS_READING}",
        source=source,
        data={"": result.to_frame()},
        table=tabulate_predictors(result),
    )


def show_flow(result: CohortFlow, source: str) -> FigureBlock:
    """Return the flow of patients and pars."""
    return build_block(
        (plot_cohort_flow, cohort_flow_size, result),
        figure_id="flow",
        caption="Flow of patients and pars",
        alt=f"{result.finding} {_FLOW_READING}",
        source=source,
        data={"": result.to_frame()},
        table=tabulate_flow(result),
    )


def show_completeness(result: Completeness, source: str) -> FigureBlock:
    """Return completeness by field and year."""
    return build_block(
        (plot_completeness, completeness_size, result),
        figure_id="completeness",
        caption="Completeness of the records by year of fitting",
        alt=f"{result.finding} {_COMPLETENESS_READING}",
        source=source,
        data={"": result.to_frame()},
        table=tabulate_completeness(result),
    )


def build_block(
    drawing: tuple[Plot, Size, Result | tuple[Result, ...]],
    *,
    figure_id: str,
    caption: str,
    alt: str,
    source: str,
    data: dict[str, pd.DataFrame],
    table: DisplayTable,
) -> FigureBlock:
    """Draw a result and put it beside its words, its data and its table."""
    plot, size, result = drawing
    drawn = draw_forms(plot, result, size_inches=size(result), caption=caption, alt=alt)
    return FigureBlock(
        id=figure_id,
        caption=caption,
        alt=alt,
        source=source,
        data=data,
        svg=drawn.svg,
        png=drawn.png,
        table=table,
        finding=drawn.header.title if drawn.header else "",
        measure=drawn.header.subtitle if drawn.header else "",
        head_share=drawn.header.share_of_height if drawn.header else 0.0,
    )
