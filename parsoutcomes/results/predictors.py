"""Predictors of union as a finished result, and the sentences they come to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rates import is_few, write_denominator
from parsoutcomes.wording import (
    format_label,
    format_list,
    format_months,
    format_number,
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
        "gee", "firth" or "mixed".
    why : str
        Why that one, in words.
    separation : str
        Which levels are told apart completely, in words.
    n_parameters : int
        Without the intercept.
    correlation : float
        Working correlation within patients; not a number unless a GEE was used.
    conditional : str
        What the odds ratios conditional on the patient mean, or why there are none; empty where a
        model was asked for by name that does not give them.
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
    conditional: str = ""
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
    odds = odds if len(odds) else frame[frame["measure"].eq("conditional_odds_ratio")]
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
    found: Sequence[tuple[str, str, int]], counts: Sequence[tuple[tuple[str, int, int], ...]]
) -> str:
    """Say which levels an ordinary logistic model would give an infinite estimate.

    Parameters
    ----------
    found : sequence of (term, level, direction)
        Direction +1 or -1.
    counts : sequence of tuples of (level, n_events, n)
        At that level and at its reference; empty for a number.

    Examples
    --------
    >>> write_separation([], [])
    'no level separates those who united from those who did not'
    >>> write_separation([("sex", "female", 1)], [(("female", 20, 20), ("male", 9, 12))])
    'an ordinary model would give an infinite odds ratio to sex female (20 of 20 united; male 9 of \
12)'
    >>> write_separation([("age_years", "per year", 1)], [()])
    'an ordinary model would give an infinite odds ratio to age in years (per year)'
    """
    if not found:
        return "no level separates those who united from those who did not"
    named = [
        f"{format_label(term)} {_write_level(level, at)}"
        for (term, level, _), at in zip(found, counts, strict=True)
    ]
    return f"an ordinary model would give an infinite odds ratio to {format_list(named)}"


def _write_level(level: str, counts: tuple[tuple[str, int, int], ...]) -> str:
    if not counts:
        return f"({format_label(level)})"
    (_, n_events, n), (reference, n_beside, of) = counts
    beside = f"{format_label(reference)} {n_beside} of {of}"
    return f"{format_label(level)} ({n_events} of {n} united; {beside})"


def write_conditional(
    *,
    sigma: tuple[float, float, float],
    icc: float,
    n_pairs: int,
    n_nodes: int,
    limits: str,
    conf_level: float,
) -> str:
    """Say what odds ratios conditional on the patient mean, and how unlike patients are.

    Parameters
    ----------
    sigma : (estimate, conf_low, conf_high)
        Standard deviation of the log odds between patients.
    icc : float
        Intraclass correlation on the latent scale.
    n_pairs : int
        Patients with two or more pars.
    n_nodes : int
        Of the quadrature.
    limits : str
        Which limits, in words.
    conf_level : float
        Level of the limits.

    Examples
    --------
    >>> write_conditional(sigma=(1.5, 0.4, 2.9), icc=0.406, n_pairs=30, n_nodes=25,
    ...                   limits="profile likelihood", conf_level=0.95)
    'Conditional odds ratios (random intercept for each patient, adaptive Gauss-Hermite quadrature \
with 25 nodes, limits from profile likelihood) compare pars of one patient, or of patients alike \
in all that was not recorded; odds ratios averaged over patients lie nearer 1. Between patients \
the log odds have a standard deviation of 1.50 (0.400 to 2.90, 95%), an intraclass correlation of \
0.41 on the latent scale, told by 30 patients with two or more pars'
    """
    spread, low, high = (format_number(value) for value in sigma)
    between = f"{low} to {high}" if math.isfinite(sigma[2]) else f"{low} or more"
    return (
        "Conditional odds ratios (random intercept for each patient, adaptive Gauss-Hermite "
        f"quadrature with {n_nodes} nodes, limits from {limits}) compare pars of one patient, "
        "or of patients alike in all that was not recorded; odds ratios averaged over patients "
        "lie nearer 1. Between patients the log odds have a standard deviation of "
        f"{spread} ({between}, {100 * conf_level:g}%), an intraclass correlation of "
        f"{format_number(icc, significant=2)} on the latent scale, told by "
        f"{n_pairs} patients with two or more pars"
    )


def write_no_conditional(reason: str) -> str:
    """Say why there are no odds ratios conditional on the patient.

    Examples
    --------
    >>> write_no_conditional("3 patients have two pars")
    'No odds ratios conditional on the patient: 3 patients have two pars'
    """
    return f"No odds ratios conditional on the patient: {reason}"


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
