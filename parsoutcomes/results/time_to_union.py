"""Time to union as a finished result, and the sentence it comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rates import (
    BEYOND_SCANS,
    NOBODY_KNOWN,
    write_denominator,
    write_share,
    write_share_range,
)
from parsoutcomes.wording import (
    format_label,
    format_list,
    format_months,
)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class TimeToUnion(Result):
    """Cumulative union over time, from scans that bracket it, with surgery as a competing event.

    Attributes
    ----------
    by : str or None
        The grouping column; None for one group called "all".
    visits_months : tuple of float or None
        Planned visits to which scans were grouped; None for exact days.
    curve : pandas.DataFrame
        One row per box: group, `left_days, right_days, union_before, union_after, conf_low,
        conf_high, band_low, band_high` (limits at the right end). Where in a box union happened the
        data do not say.
        A group in which nobody united has one row, level from fitting to the last scan; one in
        which nobody was scanned has one row at fitting, without values.
    risk_table : pandas.DataFrame
        Group, `months, n_united, n_not_united, n_unknown, n_operated`: known united, known not
        united, status unknown; `n_operated` of those not united had surgery.
    surgery : pandas.DataFrame
        Cumulative incidence of surgery before union, in the columns of `frame`.
    median : pandas.DataFrame
        Group, `median_low_months, median_high_months` (the box in which half had united; infinite
        = not reached; missing = nobody scanned), `conf_low_months, conf_high_months`,
        `is_reached`.
    quantiles : pandas.DataFrame
        The same for a quarter, half and three quarters of all pars: group, `share, low_months,
        high_months, conf_low_months, conf_high_months, conf_level, is_reached`.
    restricted_mean : pandas.DataFrame
        Group, `months` (6 and 12), `measure` (`mean_months_un_united`), `mean_low, mean_high` (all
        unions at the start, then at the end of their boxes), `conf_low, conf_high, conf_level,
        n_patients, n_defects, n_events`. Operated on and never united count with all `months`.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    by: str | None = None
    visits_months: tuple[float, ...] | None = None
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    risk_table: pd.DataFrame = field(default_factory=pd.DataFrame)
    surgery: pd.DataFrame = field(default_factory=pd.DataFrame)
    median: pd.DataFrame = field(default_factory=pd.DataFrame)
    quantiles: pd.DataFrame = field(default_factory=pd.DataFrame)
    restricted_mean: pd.DataFrame = field(default_factory=pd.DataFrame)
    data_lock: pd.Timestamp | None = None


def write_time_title(unit: str, definition: str, by: str | None) -> str:
    """Return the title of a time-to-union result.

    Examples
    --------
    >>> write_time_title("defect", "complete", None)
    'Time to complete union per pars'
    """
    groups = f", by {format_label(by)}" if by else ""
    return f"Time to {format_label(definition)} per {format_label(unit)}{groups}"


def write_time_finding(
    frame: pd.DataFrame,
    median: pd.DataFrame,
    *,
    unit: str,
    definition: str,
    by: str | None,
    horizon_months: float,
) -> str:
    """Return cumulative union over time as one sentence.

    Parameters
    ----------
    frame, median : pandas.DataFrame
        Those of `TimeToUnion`.
    unit, definition, by
        As in `estimate_time_to_union`.
    horizon_months : float
        The time that is given for each group.
    """
    union = format_label(definition)
    if by is None:
        beyond = frame["left_open"].isin((BEYOND_SCANS, NOBODY_KNOWN))
        rates = [
            f"{write_share_range(dict(row))} by {format_months(row['months'])}"
            for _, row in frame[~beyond].iterrows()
        ]
        level = f" ({100 * float(frame['conf_level'].iloc[0]):g}% intervals)"
        whom = write_denominator(frame.iloc[0], unit)
        if frame["left_open"].eq(NOBODY_KNOWN).all():
            return f"Of {whom}, nobody was scanned: the share with {union} cannot be told."
        share = f"is estimated at {format_list(rates)}{level}" if rates else "cannot be estimated"
        return (
            f"Of {whom}, the share with {union} {share}; "
            f"{write_median(median.iloc[0])}{_write_untold(frame[beyond])}."
        )
    at = frame[frame["months"].eq(horizon_months)]
    rates = [
        f"{format_label(row[by])} {write_share(row)} of {write_denominator(row, unit)}"
        for _, row in at.iterrows()
    ]
    return (
        f"Estimated {union} by {format_months(horizon_months)}, by {format_label(by)}: "
        f"{format_list(rates)}."
    )


def write_median(row: pd.Series) -> str:
    """Return when half had united, or that this is not reached, or cannot be told.

    Examples
    --------
    >>> write_median(pd.Series({"median_low_months": 3.0, "median_high_months": 6.0}))
    'half had united by a time between 3 months and 6 months'
    >>> write_median(pd.Series({"median_low_months": math.inf, "median_high_months": math.inf}))
    'the time by which half have united is not reached'
    >>> write_median(pd.Series({"median_low_months": math.nan, "median_high_months": math.nan}))
    'the time by which half have united cannot be told'
    """
    low, high = float(row["median_low_months"]), float(row["median_high_months"])
    if math.isnan(high):
        return "the time by which half have united cannot be told"
    if math.isinf(high):
        return "the time by which half have united is not reached"
    low_text, high_text = format_months(round(low, 1)), format_months(round(high, 1))
    if low_text == high_text:
        return f"half had united by {high_text}"
    return f"half had united by a time between {low_text} and {high_text}"


def _write_untold(untold: pd.DataFrame) -> str:
    if untold.empty:
        return ""
    when = format_list([format_months(months) for months in untold["months"]])
    return f"; too few were still scanned to tell the share by {when}"
