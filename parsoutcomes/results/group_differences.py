"""Differences between groups in time to union, as a finished result."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.time_to_union import TimeToUnion


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class GroupDifferences(Result):
    """How far groups differ in cumulative union and in time un-united, and whether they do.

    Attributes
    ----------
    by : str
        The grouping column; in `frame` it holds the group, `reference` the one it is compared
        with. Measures: `union_difference` at `months`, a difference of proportions, and
        `mean_months_difference` un-united up to `months`.
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
