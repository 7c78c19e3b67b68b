"""The familiar right-censored curve, as a finished result titled for what it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class KaplanMeier(Result):
    """Share with a united scan, as if union came on the day of that scan and surgery were loss.

    Attributes
    ----------
    by : str or None
        The grouping column; None for one group called "all". `frame` has measure
        `seen_united` at the milestones.
    curve : pandas.DataFrame
        Group, `days, union, conf_low, conf_high`: a step at each day, starting at day 0.
    risk_table : pandas.DataFrame
        Group, `months, n_at_risk, n_censored, n_events` (KMunicate: the last two cumulative).
    """

    by: str | None = None
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    risk_table: pd.DataFrame = field(default_factory=pd.DataFrame)
    data_lock: pd.Timestamp | None = None
