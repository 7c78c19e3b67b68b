"""Predictors of union as a finished result, and the sentences they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from parsoutcomes.results.base import Result
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
    A difference is named when its interval leaves out 0 and that of the odds ratio leaves out 1.
    """
    differences = frame[frame["measure"].eq("risk_difference")]
    odds = frame[frame["measure"].eq("odds_ratio")]
    told = odds[(odds["conf_low"] > 1) | (odds["conf_high"] < 1)]
    clear = (differences["conf_low"] > 0) | (differences["conf_high"] < 0)
    clear &= differences.apply(lambda row: _has(told, row), axis=1).astype(bool)
    what = f"{format_label(definition)} by {format_months(horizon_months)}"
    named = [_difference(row) for _, row in differences[clear].iterrows()]
    unclear = list(dict.fromkeys(differences.loc[~clear, "term"]))
    unclear = [
        format_label(term) for term in unclear if term not in set(differences[clear]["term"])
    ]
    if not named:
        return (
            f"No difference in the chance of {what} was clear of chance for {format_list(unclear)}."
        )
    rest = f"; for {format_list(unclear)} no difference was clear of chance" if unclear else ""
    return f"The chance of {what} differed, in percentage points, for {format_list(named)}{rest}."


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
    return (
        f"{format_label(row['term'])} {format_label(row['level'])} against "
        f"{format_label(row['reference'])}: {points}"
    )
