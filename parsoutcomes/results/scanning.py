"""Who is scanned when, as a finished result."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Scanning(Result):
    """Whether scans follow the plan or the patient, and what the curve is without the extra ones.

    Attributes
    ----------
    gaps : pandas.DataFrame
        One row per scan of a pars that was followed by another, without keys: `outcome` (union
        status on the earlier scan), `gap_months`. `frame`: `outcome, measure` (`mean_gap_months`,
        `scanned_again`), `estimate, conf_low, conf_high, ..., n_scans, median_gap_months`.
    reasons : pandas.DataFrame
        `outcome, scan_reason, n_scans`: why the next scan was made.
    sensitivity : pandas.DataFrame
        `scans` ("all scans", "planned scans only"), `months, measure` (`cumulative_union`),
        `estimate, conf_low, conf_high, conf_level, n_patients, n_defects, n_events, union_low,
        union_high, left_open`.
    """

    gaps: pd.DataFrame = field(default_factory=pd.DataFrame)
    reasons: pd.DataFrame = field(default_factory=pd.DataFrame)
    sensitivity: pd.DataFrame = field(default_factory=pd.DataFrame)
