"""Union and surgery together over time, as a finished result."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rates import NOBODY_KNOWN, write_denominator, write_share_range
from parsoutcomes.wording import (
    format_group,
    format_label,
    format_months,
    format_percent,
    start_sentence,
)

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
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    by: str | None = None
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    familiar: pd.DataFrame = field(default_factory=pd.DataFrame)
    bias: pd.DataFrame = field(default_factory=pd.DataFrame)
    differences: pd.DataFrame = field(default_factory=pd.DataFrame)
    data_lock: pd.Timestamp | None = None


def write_competing_title(unit: str, definition: str, by: str | None) -> str:
    """Return the title of union and surgery together.

    Examples
    --------
    >>> write_competing_title("defect", "complete", None)
    'Complete union and surgery over time per pars'
    """
    groups = f", by {format_label(by)}" if by else ""
    union = start_sentence(format_label(definition))
    return f"{union} and surgery over time per {format_label(unit)}{groups}"


def write_competing_finding(
    frame: pd.DataFrame,
    bias: pd.DataFrame,
    *,
    by: str | None,
    unit: str,
    definition: str,
    horizon_months: float,
) -> str:
    """Return union, surgery and what the familiar curve would say, at one time, as one sentence.

    Parameters
    ----------
    frame, bias : pandas.DataFrame
        Those of `CompetingRisks`.
    by, unit, definition
        As in `estimate_competing_risks`.
    horizon_months : float
        The time that is given.
    """
    column = by or "group"
    parts = []
    for group in frame[column].drop_duplicates():
        at = frame[frame[column].eq(group) & frame["months"].eq(horizon_months)]
        shares = {str(row["measure"]): row for _, row in at.iterrows()}
        name = f"{format_group(by, group)}: " if by else ""
        whom = write_denominator(shares["cumulative_union"], unit)
        naive = bias[bias[column].eq(group) & bias["months"].eq(horizon_months)]
        naive = naive[naive["approach"].eq(FIRST_SCAN)]
        parts.append(
            f"{name}{format_label(definition)} {_write_share(shares['cumulative_union'])} and "
            f"surgery first {_write_share(shares['cumulative_surgery'])} of {whom}"
            f"{_write_naive(naive)}"
        )
    level = f"{100 * float(frame['conf_level'].iloc[0]):g}%"
    return f"By {format_months(horizon_months)} ({level} intervals): {'; '.join(parts)}."


def _write_naive(rows: pd.DataFrame) -> str:
    if rows.empty or bool(rows["estimate"].isna().all()):
        return ""
    share = format_percent(float(rows["estimate"].iloc[0]))
    return f" (union on the day of the first united scan would say {share})"


def _write_share(row: pd.Series) -> str:
    if row["left_open"] == NOBODY_KNOWN:
        return format_percent(math.nan)
    values = {str(name): row[name] for name in ("estimate", "conf_low", "conf_high")}
    ends = {"union_low": row["estimate_low"], "union_high": row["estimate_high"]}
    return write_share_range({**values, **ends})
