"""Differences between groups in time to union, as a finished result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.time_to_union import TimeToUnion
from parsoutcomes.wording import (
    format_group,
    format_label,
    format_list,
    format_months,
    format_number_between,
    format_number_range,
    format_p_value,
    format_points_between,
    format_points_range,
)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class GroupDifferences(Result):
    """How far groups differ in cumulative union and in time un-united, and whether they do.

    Attributes
    ----------
    by : str
        The grouping column; in `frame` it holds the group, `reference` the one it is compared
        with. Measures: `union_difference` at `months`, a difference of proportions, and
        `mean_months_difference` un-united up to `months`. Counts are of both groups together;
        `difference_low, difference_high` is the range that the scans leave open, and `left_open`
        says why there is no estimate.
    test : pandas.DataFrame
        One row: `statistic, degrees_of_freedom, p_value, p_value_asymptotic, n_groups,
        n_permutations, test_method` ("permutation", "sandwich" or "none"). Without a test the
        numbers are missing.
    test_why : str
        Why this test, or why none, in words.
    scores : pandas.DataFrame
        Group, `n_patients, n_defects, score`: unions more (above 0) or fewer than if groups did
        not differ. Empty without a test.
    schedules : pandas.DataFrame
        Group, `n_scans_per_pars, scans_per_year`: whether groups were scanned alike.
    curves : TimeToUnion
        The curves that are compared.
    """

    by: str
    test: pd.DataFrame = field(default_factory=pd.DataFrame)
    test_why: str = ""
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    schedules: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: TimeToUnion


def write_differences_title(unit: str, definition: str, by: str) -> str:
    """Return the title of a comparison of groups.

    Examples
    --------
    >>> write_differences_title("defect", "complete", "stage")
    'Difference between groups in time to complete union per pars, by stage'
    """
    return (
        f"Difference between groups in time to {format_label(definition)} per "
        f"{format_label(unit)}, by {format_label(by)}"
    )


def write_differences_finding(
    frame: pd.DataFrame,
    test: pd.DataFrame,
    *,
    by: str,
    unit: str,
    definition: str,
    horizon_months: float,
) -> str:
    """Return the differences at one time and the test, as one sentence.

    Parameters
    ----------
    frame, test : pandas.DataFrame
        Those of `GroupDifferences`.
    by, unit, definition
        As in `compare_time_to_union`.
    horizon_months : float
        The time that is given.
    """
    union, when = format_label(definition), format_months(horizon_months)
    if frame.empty:
        return f"No two groups by {format_label(by)} are large enough for a comparison."
    at = frame[frame["measure"].eq("union_difference") & frame["months"].eq(horizon_months)]
    parts = [_write_difference(row, by) for _, row in at.iterrows()]
    level = f"{100 * float(frame['conf_level'].iloc[0]):g}%"
    opening = (
        f"By {when}, difference in {union} per {format_label(unit)}, in percentage points "
        f"({level} intervals): "
        f"{format_list(parts)}"
    )
    closing = "; prescribed by need, so this does not compare the durations"
    return f"{opening}; {_write_test(test)}{closing if by == 'prescribed_months' else ''}."


def _write_difference(row: pd.Series, by: str) -> str:
    who = f"{format_group(by, row[by])} against {format_group(by, row['reference'])}"
    if row["left_open"]:
        low, high = (format_points_range(row[f"difference_{end}"]) for end in ("low", "high"))
        return f"{who} between {low} and {high} ({row['left_open']})"
    return f"{who} {format_points_range(row['estimate'], row['conf_low'], row['conf_high'])}"


def _write_test(test: pd.DataFrame) -> str:
    if test["test_method"].iloc[0] == "none":
        return "no test was made"
    p_value = format_p_value(float(test["p_value"].iloc[0]))
    p_text = f"p {p_value}" if p_value.startswith("<") else f"p = {p_value}"
    n_groups = int(test["n_groups"].iloc[0])
    return f"score test over all times and {n_groups} groups, {p_text}"


def write_difference(row: Mapping[str, Any]) -> str:
    """Return a difference with its interval, the range that scans leave open, or "not told".

    Parameters
    ----------
    row : mapping
        A row of `GroupDifferences.frame`.

    Examples
    --------
    >>> write_difference({"measure": "union_difference", "estimate": 0.2, "conf_low": -0.1,
    ...                   "conf_high": 0.5})
    '+20 (-10 to +50)'
    >>> write_difference({"measure": "mean_months_difference", "estimate": -0.9, "conf_low": -2.0,
    ...                   "conf_high": 0.2})
    '-0.9 (-2.0 to 0.2)'
    """
    is_months = row["measure"] == "mean_months_difference"
    estimate, *limits = (float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    low, high = (float(row.get(f"difference_{end}", math.nan)) for end in ("low", "high"))
    if math.isfinite(estimate):
        if is_months:
            return format_number_range(estimate, *limits, decimals=1)
        return format_points_range(estimate, *limits)
    if not all(math.isfinite(limit) for limit in (low, high, *limits)):
        return "not told"
    if is_months:
        return format_number_between(low, high, *limits, decimals=1)
    return format_points_between(low, high, *limits)
