"""Cumulative incidence of one event among several, from right-censored times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.checks import (
    Floats,
    Integers,
    require_rows,
    require_vector,
    require_weights,
)

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class CumulativeIncidence:
    """A cumulative incidence curve.

    Attributes
    ----------
    times : array of shape (n_times,)
        Every distinct observed time, in order.
    incidence : array of shape (n_times,)
        Probability of the event on or before each time.
    standard_error : array of shape (n_times,)
        Infinitesimal jackknife over rows.
    """

    times: Floats
    incidence: Floats
    standard_error: Floats

    def incidence_at(self, times: ArrayLike) -> tuple[Floats, Floats]:
        """Return incidence and standard error at given times; 0 before the first observed time.

        Parameters
        ----------
        times : array of shape (n_times,)
            In the unit of the observed times.

        Returns
        -------
        tuple of two arrays of shape (n_times,)
            Incidence and standard error, as steps.
        """
        at = require_vector("times", np.atleast_1d(np.asarray(times, dtype=np.float64)))
        position = np.searchsorted(self.times, at, side="right")
        incidence = np.concatenate([[0.0], self.incidence])
        standard_error = np.concatenate([[0.0], self.standard_error])
        return incidence[position], standard_error[position]


def estimate_cumulative_incidence(
    times: ArrayLike,
    causes: ArrayLike,
    *,
    cause: int,
    weights: ArrayLike | None = None,
) -> CumulativeIncidence:
    """Estimate the probability of an event over time when other events can come first.

    Not for union seen at scans, whose time is an interval (`fit_npmle_competing`): taking the day
    of the first united scan as the day of union makes union look late.

    Parameters
    ----------
    times : array of shape (n_rows,)
        Time of event or end of follow-up; finite, at least 0.
    causes : array of shape (n_rows,)
        0 for end of follow-up, otherwise the number of the event.
    cause : int
        The event whose incidence is estimated; above 0.
    weights : array of shape (n_rows,), optional
        Non-negative; default 1 for each row.

    Returns
    -------
    CumulativeIncidence
        Distinct times, incidence and standard error.

    Raises
    ------
    ArgumentError
        When a time is negative or infinite, a value is missing, or `cause` is not above 0.
    EstimationError
        When there are no rows.

    Notes
    -----
    Aalen-Johansen with ties taken as they are, events before ends of follow-up on the same day.
    The standard error is the infinitesimal jackknife, as in R's `survfit` with `id`; rows are taken
    as independent, so for defects that share patients the patient bootstrap is to be used instead.
    Its square sums weight^2 times influence^2.

    References
    ----------
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-150.

    Examples
    --------
    Surgery (2) on day 1, lost on day 2, unions (1) on days 3 and 4:

    >>> curve = estimate_cumulative_incidence([1, 2, 3, 4], [2, 0, 1, 1], cause=1)
    >>> curve.incidence.round(6).tolist()
    [0.0, 0.0, 0.375, 0.75]
    """
    observed = require_rows("times", require_vector("times", times))
    codes = require_vector("causes", causes, observed.size)
    row_weights = require_weights(weights, observed.size)
    _require_times(observed, codes, cause)
    distinct, index = np.unique(observed, return_inverse=True)
    table = _tabulate(index, row_weights, codes > 0, codes == cause)
    variance = _sum_influence(index, row_weights**2, table, codes > 0, codes == cause)
    return CumulativeIncidence(
        times=distinct,
        incidence=table.incidence,
        standard_error=np.sqrt(np.maximum(variance, 0.0)),
    )


@dataclass(frozen=True, kw_only=True)
class _Table:
    """Per distinct time: at risk, hazard of any event, survival before, incidence and its steps."""

    n_at_risk: Floats
    hazard: Floats
    before: Floats
    steps: Floats
    incidence: Floats


def _tabulate(index: Integers, weights: Floats, is_event: Flags, is_cause: Flags) -> _Table:
    size = int(index.max()) + 1
    n_at_risk = np.cumsum(_sum_at(index, weights, size)[::-1])[::-1]
    hazard = _ratio(_sum_at(index, weights * is_event, size), n_at_risk)
    before = np.cumprod(np.concatenate([[1.0], 1 - hazard]))[:-1]
    steps = before * _ratio(_sum_at(index, weights * is_cause, size), n_at_risk)
    return _Table(
        n_at_risk=n_at_risk,
        hazard=hazard,
        before=before,
        steps=steps,
        incidence=np.cumsum(steps),
    )


def _sum_influence(
    index: Integers, squares: Floats, table: _Table, is_event: Flags, is_cause: Flags
) -> Floats:
    """Sum squared influences on F(t): level + slope * F(t) once a row has left, common before."""
    size, curve = table.incidence.size, table.incidence
    at_stake = table.n_at_risk * (1 - table.hazard)
    spent = _ratio(table.hazard, at_stake)
    drift = np.cumsum(spent)
    common = np.cumsum(table.steps * (drift - spent) - _ratio(table.steps, table.n_at_risk))
    slope = drift[index] - is_event * _ratio(np.ones(size), at_stake)[index]
    gain = is_cause * _ratio(table.before, table.n_at_risk)[index]
    level = common[index] + gain - slope * curve[index]
    departed = (
        np.cumsum(_sum_at(index, squares * level**2, size))
        + 2 * np.cumsum(_sum_at(index, squares * level * slope, size)) * curve
        + np.cumsum(_sum_at(index, squares * slope**2, size)) * curve**2
    )
    remaining = squares.sum() - np.cumsum(_sum_at(index, squares, size))
    return np.asarray(departed + remaining * common**2)


def _sum_at(index: Integers, values: Floats, size: int) -> Floats:
    return np.bincount(index, values, size).astype(np.float64)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    return np.divide(numerator, denominator, out=np.zeros(denominator.size), where=denominator > 0)


def _require_times(times: Floats, causes: Floats, cause: int) -> None:
    n_bad = int(((times < 0) | np.isinf(times)).sum() + ((causes < 0) | (causes % 1 != 0)).sum())
    is_number = isinstance(cause, (int, np.integer)) and cause > 0
    if n_bad or not is_number:
        raise ArgumentError(
            "Times or causes cannot be used.",
            expected="finite times of at least 0; causes 0, 1, 2, ...; an event above 0 asked for",
            found=f"{n_bad} rows that break this; cause {cause!r} asked for",
            fix="Code the end of follow-up without an event as 0.",
        )
