"""Predictors of union as a finished result, and the sentences they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rates import is_few, write_denominator
from parsoutcomes.wording import (
    format_label,
    format_list,
    format_months,
    format_points_range,
)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class UnionPredictors(Result):
    """What went with union at the horizon: absolute risks first, odds ratios second.

    Attributes
    ----------
    terms : tuple of str
        The predictors in the model.
    method_used : str
        "gee" or "firth".
    why : str
        Why that one, in words.
    separation : str
        Which levels are told apart completely, in words.
    n_parameters : int
        Without the intercept.
    correlation : float
        Working correlation within patients; not a number for Firth.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    terms: tuple[str, ...]
    method_used: str
    why: str
    separation: str
    n_parameters: int
    correlation: float
    horizon_months: float
    grace_months: float
    data_lock: pd.Timestamp | None = None


def write_predictors_title(definition: str, horizon_months: float) -> str:
    """Return the title of a table of predictors.

    Examples
    --------
    >>> write_predictors_title("complete", 6.0)
    'Predictors of complete union by 6 months, per pars'
    """
    return f"Predictors of {format_label(definition)} by {format_months(horizon_months)}, per pars"


def write_predictors_finding(frame: pd.DataFrame, *, definition: str, horizon_months: float) -> str:
    """Return what went with union, as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        The frame of `UnionPredictors`.
    definition, horizon_months
        As in `fit_union_logistic`.

    Notes
    -----
    A difference is named when its interval leaves out 0 and that of the odds ratio leaves out 1,
    and neither of its groups is too few for a claim.
    """
    differences = frame[frame["measure"].eq("risk_difference")]
    odds = frame[frame["measure"].eq("odds_ratio")]
    told = odds[(odds["conf_low"] > 1) | (odds["conf_high"] < 1)]
    small = _is_small(frame, differences)
    clear = ((differences["conf_low"] > 0) | (differences["conf_high"] < 0)) & ~small
    clear &= differences.apply(lambda row: _has(told, row), axis=1).astype(bool)
    named = [_difference(row) for _, row in differences[clear].iterrows()]
    settled = {*differences.loc[clear, "term"]}
    unclear = [
        format_label(term)
        for term in dict.fromkeys(differences.loc[~clear & ~small, "term"])
        if term not in settled
    ]
    few = [_contrast(row) for _, row in differences[small].iterrows()]
    said = _say_differences(
        named,
        unclear,
        few,
        what=f"the chance of {format_label(definition)} by {format_months(horizon_months)}",
        level=f"{100 * float(frame['conf_level'].iloc[0]):g}%",
    )
    return f"Among {write_denominator(odds.iloc[0], 'defect')} of known status, {said}."


def _say_differences(
    named: list[str], unclear: list[str], few: list[str], *, what: str, level: str
) -> str:
    parts = []
    if named:
        parts.append(
            f"{what} differed, in percentage points with {level} intervals, for "
            f"{format_list(named)}"
        )
    if unclear and named:
        parts.append(f"for {format_list(unclear)} no difference was clear of chance")
    elif unclear:
        parts.append(f"no difference in {what} was clear of chance for {format_list(unclear)}")
    if few:
        on = "" if parts else f" about {what}"
        parts.append(f"too few for a claim{on}: {format_list(few)}")
    return "; ".join(parts)


def _is_small(frame: pd.DataFrame, differences: pd.DataFrame) -> pd.Series:
    risks = frame[frame["measure"].eq("risk")]
    few = risks[is_few(risks)]
    groups = set(zip(few["term"], few["level"], strict=True))
    return pd.Series(
        [
            (row["term"], row["level"]) in groups or (row["term"], row["reference"]) in groups
            for _, row in differences.iterrows()
        ],
        index=differences.index,
        dtype=bool,
    )


def write_separation(
    found: Sequence[tuple[str, str, int]], counts: Sequence[tuple[int, int]]
) -> str:
    """Say which levels an ordinary logistic model would give an infinite estimate.

    Parameters
    ----------
    found : sequence of (term, level, direction)
        Direction +1 or -1.
    counts : sequence of (n_events, n)
        At that level.

    Examples
    --------
    >>> write_separation([], [])
    'no level separates those who united from those who did not'
    >>> write_separation([("stage", "pre_lysis", 1)], [(20, 20)])
    'stage pre-lysis (20 of 20 united) has an infinite ordinary estimate'
    """
    if not found:
        return "no level separates those who united from those who did not"
    named = [
        f"{format_label(term)} {format_label(level)} ({n_events} of {n} united)"
        for (term, level, _), (n_events, n) in zip(found, counts, strict=True)
    ]
    verb = (
        "has an infinite ordinary estimate"
        if len(named) == 1
        else ("have infinite ordinary estimates")
    )
    return f"{format_list(named)} {verb}"


def _has(odds: pd.DataFrame, difference: pd.Series) -> bool:
    of_term = odds["term"].eq(difference["term"])
    return bool(
        (of_term & (odds["level"].eq(difference["level"]) | odds["reference"].eq(""))).any()
    )


def _difference(row: pd.Series) -> str:
    points = format_points_range(row["estimate"], row["conf_low"], row["conf_high"])
    return f"{_contrast(row)}: {points}"


def _contrast(row: pd.Series) -> str:
    return (
        f"{format_label(row['term'])} {format_label(row['level'])} against "
        f"{format_label(row['reference'])}"
    )
