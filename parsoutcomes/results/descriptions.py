"""Sentences on how a cohort was imaged, cared for and followed, from finished counts."""

from __future__ import annotations

import pandas as pd

from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_number,
    format_percent,
    format_percent_range,
    start_sentence,
)

CT_PER_PATIENT = "CT per patient"
SCANS = "scans"
READERS = "readers"
DELAY = "months from onset to fitting"
WEAR = "wear measured"
NOT_RECORDED = "not recorded"


def write_imaging_finding(frame: pd.DataFrame) -> str:
    """Return how often patients were scanned, on what, and by how many readers, as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `describe_imaging`.
    """
    per_patient = _first(frame, CT_PER_PATIENT)
    kinds = [
        f"{format_label(row['level'])} {int(row['n_scans'])}"
        for row in list_rows(frame[frame["characteristic"].eq(SCANS)])
    ]
    readers = _first(frame, READERS)
    told = (
        f"{int(readers['n_scans'])} readings name who read them"
        if readers["n_scans"]
        else "no reading names who read it"
    )
    opening = (
        f"{format_count(int(per_patient['n_patients']), 'patient', 'patients')} had a median of "
        f"{_whole_or_tenth(per_patient['median'])} CT scans from fitting on (quartiles "
        f"{_whole_or_tenth(per_patient['quartile_low'])} and "
        f"{_whole_or_tenth(per_patient['quartile_high'])}, at most "
        f"{int(per_patient['maximum'])})"
    )
    by_kind = f"; scans by kind: {format_list(kinds)}" if kinds else "; no scan is recorded"
    return f"{opening}{by_kind}; {told}."


def write_care_finding(frame: pd.DataFrame) -> str:
    """Return the delay from onset to fitting, and what else was given, as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `describe_care`.
    """
    delay = _first(frame, DELAY)
    n_of = format_count(int(delay["n_expected"]), "patient", "patients")
    if delay["n_patients"]:
        middle, low, high = (
            format_number(delay[name], significant=2)
            for name in ("median", "quartile_low", "quartile_high")
        )
        first = (
            f"From onset to fitting took a median of {middle} months (quartiles {low} and {high}), "
            f"known for {int(delay['n_patients'])} of {n_of}"
        )
    else:
        first = f"The delay from onset to fitting is not recorded for any of {n_of}"
    others = frame[~frame["characteristic"].isin([DELAY])]
    given = others[others["level"].eq("yes")]
    never = others[others["level"].eq(NOT_RECORDED) & others["n_patients"].eq(others["n_expected"])]
    parts = [
        f"{format_label(row['characteristic'])} in {int(row['n_patients'])}"
        for row in list_rows(given)
    ]
    names = [format_label(name) for name in never["characteristic"]]
    told = f"; recorded as given: {format_list(parts)}" if parts else ""
    silent = f"; not recorded at all: {format_list(names)}" if names else ""
    return f"{first}{told}{silent}."


def write_known_status_finding(frame: pd.DataFrame, horizon_months: float) -> str:
    """Return how many are of known and of unknown status, and where they differ most.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `compare_known_status`.
    horizon_months : float
        The horizon h.
    """
    if frame.empty:
        return "No target pars is due, so that there is nobody of known status to describe."
    first = list_rows(frame)[0]
    at = format_months(horizon_months)
    opening = (
        f"Of {int(first['n_known_total'] + first['n_unknown_total'])} target pars due, status at "
        f"{at} is known for {int(first['n_known_total'])} and unknown for "
        f"{int(first['n_unknown_total'])}"
    )
    if not first["n_unknown_total"] or not first["n_known_total"]:
        return f"{opening}: there are no two groups to compare."
    shares = frame[frame["share_known"].notna() & frame["share_unknown"].notna()]
    gaps = (shares["share_known"] - shares["share_unknown"]).abs()
    widest = list_rows(shares.loc[[gaps.idxmax()]])[0]
    return (
        f"{opening}; they differ most in {format_label(widest['characteristic'])}, "
        f"{format_label(widest['level'])}: {format_percent(widest['share_known'])} of the known "
        f"and {format_percent(widest['share_unknown'])} of the unknown."
    )


def write_late_findings(frame: pd.DataFrame) -> str:
    """Return recurrence after union, new lesions and slip, or that they are not recorded.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `summarise_late_findings`.
    """
    parts = [_write_late(row) for row in list_rows(frame)]
    levels = frame["conf_level"].dropna()
    level = f" ({100 * float(levels.iloc[0]):g}% intervals)" if len(levels) else ""
    return f"{start_sentence('; '.join(parts))}{level}."


def _write_late(row: Row) -> str:
    name = format_label(row["finding"])
    if row["left_open"]:
        return f"{name}: {row['left_open']}"
    share = format_percent_range(row["estimate"], row["conf_low"], row["conf_high"])
    return f"{name} in {int(row['n_events'])} of {int(row['n_patients'])} patients, {share}"


def write_follow_up_finding(frame: pd.DataFrame) -> str:
    """Return how long patients were followed, as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `describe_follow_up`.
    """
    row = list_rows(frame)[0]
    low, high = (f"{float(row[name]):.1f}" for name in ("quartile_low", "quartile_high"))
    return (
        f"Patients were followed for a median of {float(row['median']):.1f} months from fitting "
        f"(quartiles {low} and {high}, longest {float(row['maximum']):.1f}; in all "
        f"{float(row['total_months']):.0f} patient-months), known for {int(row['n_patients'])} of "
        f"{format_count(int(row['n_expected']), 'patient', 'patients')}."
    )


def _whole_or_tenth(value: float) -> str:
    return f"{float(value):.1f}".removesuffix(".0")


def _first(frame: pd.DataFrame, characteristic: str) -> Row:
    return list_rows(frame[frame["characteristic"].eq(characteristic)])[0]
