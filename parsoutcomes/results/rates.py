"""Union rates as a finished result, and the sentence they come to."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_percent_interval,
)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class UnionRates(Result):
    """How many had united by the horizon, overall or by group.

    Attributes
    ----------
    by : str or None
        The grouping column; None for one group called "all".
    horizon_months, grace_months : float
        The horizon h and the grace g.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    by: str | None = None
    horizon_months: float
    grace_months: float
    data_lock: pd.Timestamp | None = None


def write_rates_title(unit: str, definition: str, by: str | None, horizon_months: float) -> str:
    """Return the title of a table of union rates.

    Examples
    --------
    >>> write_rates_title("defect", "complete", "stage", 6.0)
    'Complete union by 6 months per pars, by stage'
    """
    what = format_label(definition).capitalize()
    groups = f", by {format_label(by)}" if by else ""
    return f"{what} by {format_months(horizon_months)} per {format_label(unit)}{groups}"


def write_rates_finding(
    frame: pd.DataFrame, *, unit: str, definition: str, by: str | None, horizon_months: float
) -> str:
    """Return the headline rates as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        The frame of `UnionRates`.
    unit, definition, by, horizon_months
        As in `estimate_union_rates`.
    """
    headline = frame[frame["measure"].eq("union_npmle")]
    opening = f"By {format_months(horizon_months)}"
    if by is None:
        row = headline.iloc[0]
        return (
            f"{opening} an estimated {_rate(row)} of {_denominator(row, unit)} had reached "
            f"{format_label(definition)}, each scan counted at the planned visit nearest to it."
        )
    parts = [
        f"{_group_name(by, str(row[by]))} {_rate(row)} of {_denominator(row, unit)}"
        for _, row in headline.iterrows()
    ]
    closing = "; prescribed by need, so not a comparison" if by == "prescribed_months" else ""
    return (
        f"{opening}, estimated {format_label(definition)} by {format_label(by)}: "
        f"{format_list(parts)}{closing}."
    )


def write_few_caution(groups: list[str], by: str, min_defects: int, min_patients: int) -> str:
    """Return the caution that these groups are too small for a claim."""
    named = format_list([_group_name(by, group) for group in groups])
    return (
        f"Too few for a claim (under {min_defects} pars or {min_patients} patients), "
        f"count and interval only: {named}"
    )


def _rate(row: pd.Series) -> str:
    return format_percent_interval(
        row["estimate"], row["conf_low"], row["conf_high"], row["conf_level"]
    )


def _denominator(row: pd.Series, unit: str) -> str:
    patients = format_count(int(row["n_patients"]), "patient", "patients")
    if unit == "patient":
        return f"{patients} (all target pars united)"
    pars = format_count(int(row["n_defects"]), "target pars", "target pars")
    return f"{pars} in {patients}"


def _group_name(by: str, group: str) -> str:
    label = format_label(group)
    return f"{label} months" if by == "prescribed_months" and group.isdecimal() else label
