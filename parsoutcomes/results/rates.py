"""Union rates as a finished result, and the sentence they come to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from parsoutcomes.conventions import (
    MIN_DEFECTS_FOR_CLAIM,
    MIN_PATIENTS_FOR_CLAIM,
    PLANNED_VISITS_MONTHS,
)
from parsoutcomes.results.base import Result
from parsoutcomes.results.windows import write_latest_scan, write_windows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_percent_between,
    format_percent_interval,
    format_percent_range,
)

UNIT_WORDS: Final = {"defect": "Per pars", "patient": "Per patient"}
BETWEEN_SCANS: Final = "between scans"
BEYOND_SCANS: Final = "later than the last scans"
NOBODY_KNOWN: Final = "nobody of known status"
NOBODY_DUE: Final = "nobody due"
_METHOD: Final = (
    "union_npmle: joint nonparametric maximum likelihood of union and surgery, {windows}; those "
    "not yet due kept and censored, Wilson interval on the effective n of the variance between "
    "patients. "
    "union_known_status: united on a scan by {latest} ({horizon} and a grace of {grace}) among "
    "those due whose status is known; {known}. "
    "The bounds count every unknown status as not united, then as united."
)
_KNOWN_METHOD: Final = {
    "defect": "Wilson interval on the effective number of independent pars",
    "patient": "Wilson interval",
}


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
    parts : tuple of UnionRates
        With both units asked for, the table of each; else empty.
    """

    by: str | None = None
    horizon_months: float
    grace_months: float
    data_lock: pd.Timestamp | None = None
    parts: tuple[UnionRates, ...] = ()


def join_units(parts: Sequence[UnionRates]) -> UnionRates:
    """Put per pars and per patient into one table, with a column `unit`.

    Parameters
    ----------
    parts : sequence of UnionRates
        Alike but for the unit.
    """
    first = parts[0]
    frames = [part.frame.assign(unit=part.unit) for part in parts]
    frame = pd.concat(frames, ignore_index=True)
    columns = [frame.columns[0], "unit", *frame.columns.drop("unit")[1:]]
    title = first.title.replace("per pars", "per pars and per patient")
    return UnionRates(
        title=title,
        finding=" ".join(part.finding for part in parts),
        method=" ".join(f"{UNIT_WORDS[part.unit]}: {part.method}" for part in parts),
        unit="both",
        definition=first.definition,
        frame=frame[columns],
        exclusions=tuple(
            replace(one, reason=f"{UNIT_WORDS[part.unit]}: {one.reason}")
            for part in parts
            for one in part.exclusions
        ),
        cautions=tuple(
            dict.fromkeys(
                f"{UNIT_WORDS[part.unit]}: {one}" for part in parts for one in part.cautions
            )
        ),
        citations=first.citations,
        by=first.by,
        horizon_months=first.horizon_months,
        grace_months=first.grace_months,
        data_lock=first.data_lock,
        parts=tuple(parts),
    )


def list_parts(results: UnionRates | Sequence[UnionRates]) -> tuple[UnionRates, ...]:
    """Return tables of one unit each, those of both units taken apart."""
    listed = (results,) if isinstance(results, UnionRates) else tuple(results)
    return tuple(part for result in listed for part in (result.parts or (result,)))


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


def write_rates_method(unit: str, horizon_months: float, grace_months: float) -> str:
    """Return how union rates are estimated, in words."""
    return _METHOD.format(
        windows=write_windows(PLANNED_VISITS_MONTHS),
        latest=format_months(horizon_months + grace_months),
        horizon=format_months(horizon_months),
        grace=format_months(grace_months),
        known=_KNOWN_METHOD[unit],
    )


def write_rates_finding(
    frame: pd.DataFrame,
    *,
    unit: str,
    definition: str,
    by: str | None,
    horizon_months: float,
    grace_months: float,
    n_read_per_patient: int = 0,
) -> str:
    """Return the headline rates as one sentence, with who is known and who is not.

    Parameters
    ----------
    frame : pandas.DataFrame
        The frame of `UnionRates`.
    unit, definition, by, horizon_months, grace_months
        As in `estimate_union_rates`.
    n_read_per_patient : int
        How many pars of unknown status were read only as part of the whole patient.
    """
    headline = frame[frame["measure"].eq("union_npmle")]
    known = frame[frame["measure"].eq("union_known_status")]
    n_known = known["n_defects" if unit == "defect" else "n_patients"].tolist()
    latest = write_latest_scan(PLANNED_VISITS_MONTHS, horizon_months)
    opening = f"By {format_months(horizon_months)} ({latest})"
    if by is None:
        row = headline.iloc[0]
        what = _share(row, unit, format_label(definition))
        status = _status(row, n_known[0], horizon_months + grace_months, n_read_per_patient)
        return f"{opening} {what}{status}."
    parts = [
        f"{_group_name(by, str(row[by]))} {_group_rate(row, unit, n)}"
        for (_, row), n in zip(headline.iterrows(), n_known, strict=True)
    ]
    closing = "; prescribed by need, so not a comparison" if by == "prescribed_months" else ""
    return (
        f"{opening}, estimated {format_label(definition)} by {format_label(by)}: "
        f"{format_list(parts)}{closing}."
    )


def write_few_caution(groups: Mapping[str, str], by: str) -> str:
    """Return the caution that these groups are too small for a claim.

    Parameters
    ----------
    groups : mapping
        From each group to how many it rests on, in words.
    by : str
        The grouping column.

    Examples
    --------
    >>> write_few_caution({"early": "1 of 30 pars"}, "stage")
    'Too few of known status for a claim (under 10 pars or 5 patients), count and interval only: \
early (1 of 30 pars)'
    """
    named = format_list([f"{_group_name(by, group)} ({n})" for group, n in groups.items()])
    return (
        f"Too few of known status for a claim (under {MIN_DEFECTS_FOR_CLAIM} pars or "
        f"{MIN_PATIENTS_FOR_CLAIM} patients), count and interval only: {named}"
    )


def is_few(rows: pd.DataFrame) -> pd.Series:
    """Say which rows rest on too few pars or patients for a claim.

    Examples
    --------
    >>> is_few(pd.DataFrame({"n_defects": [12, 12], "n_patients": [12, 4]})).tolist()
    [False, True]
    """
    pars, patients = rows["n_defects"], rows["n_patients"]
    return (pars < MIN_DEFECTS_FOR_CLAIM) | (patients < MIN_PATIENTS_FOR_CLAIM)


def write_share(row: pd.Series) -> str:
    """Return an estimate of union with its interval, or the range that the scans leave open.

    Parameters
    ----------
    row : pandas.Series
        With `estimate, conf_low, conf_high, conf_level, union_low, union_high, left_open`.

    Examples
    --------
    >>> write_share(pd.Series({"estimate": float("nan"), "conf_low": 0.0, "conf_high": 0.5,
    ...     "conf_level": 0.95, "union_low": 0.0, "union_high": 0.35,
    ...     "left_open": "between scans"}))
    'between 0% and 35% (95% interval 0% to 50%)'
    """
    limits = row["conf_low"], row["conf_high"], row["conf_level"]
    if row["left_open"] != BETWEEN_SCANS:
        return format_percent_interval(row["estimate"], *limits)
    interval = format_percent_interval(row["union_low"], *limits).partition(" (")[2]
    return f"{format_percent_between(row['union_low'], row['union_high'])} ({interval}"


def write_share_range(row: Mapping[str, Any]) -> str:
    """Return the same as short as a table column allows.

    Examples
    --------
    >>> write_share_range({"estimate": 0.5, "conf_low": 0.4, "conf_high": 0.6})
    '50% (40 to 60)'
    """
    estimate, *limits = (float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    low, high = (float(row.get(name, math.nan)) for name in ("union_low", "union_high"))
    if math.isnan(estimate) and math.isfinite(low):
        return format_percent_between(low, high, *limits)
    return format_percent_range(estimate, *limits)


def write_denominator(row: pd.Series, unit: str) -> str:
    """Return pars and patients of a row of estimates.

    Examples
    --------
    >>> write_denominator(pd.Series({"n_patients": 2, "n_defects": 3}), "defect")
    '3 target pars in 2 patients'
    >>> write_denominator(pd.Series({"n_patients": 2, "n_defects": 3}), "patient")
    '2 patients (united when all target pars have)'
    """
    patients = format_count(int(row["n_patients"]), "patient", "patients")
    if unit == "patient":
        return f"{patients} (united when all target pars have)"
    pars = format_count(int(row["n_defects"]), "target pars", "target pars")
    return f"{pars} in {patients}"


def _share(row: pd.Series, unit: str, union: str) -> str:
    whom = write_denominator(row, unit)
    if row["left_open"] == NOBODY_DUE:
        return f"no rate of {union} can be given: none of {whom} was due at data lock"
    if row["left_open"] == BETWEEN_SCANS:
        return f"{write_share(row)} of {whom} had reached {union}: the scans leave the time open"
    if row["left_open"]:
        return f"the share of {whom} with {union} is {write_share(row)}"
    return f"an estimated {write_share(row)} of {whom} had reached {union}"


def _status(row: pd.Series, n_known: int, latest_months: float, n_read_per_patient: int) -> str:
    n_unknown = int(row["n_unknown"]) - n_read_per_patient
    counts = {
        f"known for {n_known}": True,
        f"unknown for {n_unknown}": n_unknown > 0,
        f"not yet due for {int(row['n_not_due'])}": int(row["n_not_due"]) > 0,
    }
    said = format_list([text for text, holds in counts.items() if holds])
    whole = (
        f"; union recorded for the patient as a whole for {n_read_per_patient}, so the estimate "
        "describes the others"
    )
    told = whole if n_read_per_patient else ""
    return f"; status by {format_months(latest_months)} {said}{told}"


def _group_rate(row: pd.Series, unit: str, n_known: int) -> str:
    whom = write_denominator(row, unit)
    if row["left_open"] == NOBODY_DUE:
        return f"not given, none of {whom} due"
    everybody = row["n_defects" if unit == "defect" else "n_patients"]
    known = "" if n_known == everybody else f" (status known for {n_known})"
    return f"{write_share(row)} of {whom}{known}"


def _group_name(by: str, group: str) -> str:
    label = format_label(group)
    return f"{label} months" if by == "prescribed_months" and group.isdecimal() else label
