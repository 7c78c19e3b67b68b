"""Who is scanned when, as a finished result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from parsoutcomes.conventions import HORIZON_MONTHS
from parsoutcomes.results.base import Result
from parsoutcomes.results.rates import write_share_range
from parsoutcomes.wording import format_count, format_list, format_months, format_number_range

ALL_SCANS: Final = "all scans"
PLANNED_ONLY: Final = "planned scans only"
_OUTCOMES: Final = {
    "none": "no union",
    "partial": "partial union",
    "complete": "complete union",
}


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


def write_scanning_finding(frame: pd.DataFrame, sensitivity: pd.DataFrame) -> str:
    """Return the gaps by outcome, and what planned scans alone would say, as one sentence.

    Parameters
    ----------
    frame, sensitivity : pandas.DataFrame
        Those of `Scanning`.
    """
    gaps = frame[frame["measure"].eq("mean_gap_months") & frame["estimate"].notna()]
    parts = [
        f"{_OUTCOMES[str(row['outcome'])]} "
        f"{format_number_range(row['estimate'], row['conf_low'], row['conf_high'], decimals=1)} "
        f"({format_count(int(row['n_events']), 'scan', 'scans')})"
        for _, row in gaps.iterrows()
    ]
    level = f"{100 * float(frame['conf_level'].iloc[0]):g}% intervals"
    said = format_list(parts) if parts else "no scan was followed by another"
    opening = f"Mean months to the next scan of the pars after a scan with ({level}): {said}"
    if sensitivity.empty:
        return f"{opening}."
    at = sensitivity[sensitivity["months"].eq(HORIZON_MONTHS)].set_index("scans")
    shares = [write_share_range(dict(at.loc[name])) for name in (ALL_SCANS, PLANNED_ONLY)]
    return (
        f"{opening}; union by {format_months(HORIZON_MONTHS)} is {shares[0]} from all scans and "
        f"{shares[1]} from planned scans only."
    )
