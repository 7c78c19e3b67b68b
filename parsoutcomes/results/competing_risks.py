"""Union and surgery together over time, as a finished result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from parsoutcomes.results.base import Result

BETWEEN: Final = "between scans"
MIDPOINT: Final = "mid-point"
FIRST_SCAN: Final = "first united scan"
APPROACHES: Final = (BETWEEN, MIDPOINT, FIRST_SCAN)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class CompetingRisks(Result):
    """What share had united and what share had surgery first, by each month.

    Attributes
    ----------
    by : str or None
        The grouping column; None for one group called "all". `frame` has measures
        `cumulative_union`, `cumulative_surgery` and `neither` with `estimate_low, estimate_high,
        left_open, interval_method`.
    curve : pandas.DataFrame
        Group, `event` ("union", "surgery"), `left_days, right_days, incidence_before,
        incidence_after, conf_low, conf_high, band_low, band_high`: one row per box.
    familiar : pandas.DataFrame
        Right-censored Aalen-Johansen for display: group, `event, approach` ("mid-point", "first
        united scan"), `days, incidence, standard_error`; a step at each day, starting at day 0.
    bias : pandas.DataFrame
        Group, `months, approach` (also "between scans", the estimate of `frame`), `measure`
        (`cumulative_union`), `estimate, conf_low, conf_high, conf_level, n_patients, n_defects,
        n_events, estimate_low, estimate_high, difference` (from "between scans").
    differences : pandas.DataFrame
        Group, `reference, months, measure` (`union_difference`, `surgery_difference`), `estimate,
        conf_low, conf_high, conf_level, ...`; empty without groups or when they are too small.
    """

    by: str | None = None
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    familiar: pd.DataFrame = field(default_factory=pd.DataFrame)
    bias: pd.DataFrame = field(default_factory=pd.DataFrame)
    differences: pd.DataFrame = field(default_factory=pd.DataFrame)
    data_lock: pd.Timestamp | None = None
