"""Clones and their departure: who followed a strategy of treatment, and until when it matters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.checks import Floats, require_rows, require_vector

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Clones:
    """One clone of each pars under one strategy.

    Attributes
    ----------
    follows : array of bool, shape (n_rows,)
        Whether the clone has not departed before `until_days`: A of the weight.
    until_days : array of shape (n_rows,)
        Day up to which departure matters: union seen, end of the window, or last day on which the
        treatment is known, whichever comes first.
    is_decided : array of bool, shape (n_rows,)
        Whether the clone followed the strategy to its window by a stop inside it, rather than by
        union seen before, or by being lost from view.
    departed_early, departed_late : array of bool, shape (n_rows,)
        Stopped before the window; still treated after it.
    """

    follows: Booleans
    until_days: Floats
    is_decided: Booleans
    departed_early: Booleans
    departed_late: Booleans


def follow_strategy(
    stop_days: ArrayLike,
    seen_until_days: ArrayLike,
    union_days: ArrayLike,
    *,
    window: tuple[float, float],
) -> Clones:
    """Say which pars were treated as a strategy has it: stop inside a window, or unite before.

    Not a group of patients: one who has not departed from two strategies yet is in both.

    Parameters
    ----------
    stop_days : array of shape (n_rows,)
        Day treatment stopped; inf while it has not been seen to stop.
    seen_until_days : array of shape (n_rows,)
        Last day on which treatment is known to go on, where it has not been seen to stop; ignored
        elsewhere.
    union_days : array of shape (n_rows,)
        Day union was first seen, inf when it was not.
    window : tuple of float
        First and last day on which the strategy has treatment stop, both inclusive.

    Returns
    -------
    Clones

    Raises
    ------
    ArgumentError
        When a value is missing or the window runs backwards.

    Notes
    -----
    METHODS section 7: nothing done on or after the day union was seen is a departure, since the
    outcome is settled.

    Examples
    --------
    Stop at day 90, at day 180, and union seen on day 85 with a stop that day, for a window from day
    60 to 120:

    >>> clones = follow_strategy([90, 180, 85], [0, 0, 0], [float("inf")] * 2 + [85],
    ...                          window=(60, 120))
    >>> clones.follows.tolist(), clones.until_days.tolist()
    ([True, False, True], [120.0, 120.0, 85.0])
    """
    stop = require_rows("stop_days", require_vector("stop_days", stop_days))
    union = require_vector("union_days", union_days, stop.size)
    seen = require_vector("seen_until_days", seen_until_days, stop.size)
    start, end = _require_window(window)
    known_until = np.where(np.isfinite(stop), np.inf, seen)
    early = (stop < start) & (stop < union)
    late = (np.minimum(stop, known_until) > end) & (union > end)
    until = np.minimum(np.minimum(union, end), known_until)
    inside = (stop >= start) & (stop <= end) & (stop < union)
    return Clones(
        follows=~early & ~late,
        until_days=until,
        is_decided=inside,
        departed_early=early,
        departed_late=late,
    )


def _require_window(window: tuple[float, float]) -> tuple[float, float]:
    start, end = float(window[0]), float(window[1])
    if 0 < start <= end:
        return start, end
    raise ArgumentError(
        "The window of a strategy is impossible.",
        expected="a first day above 0 and a last day on or after it",
        found=f"{start:g} to {end:g} days",
        fix="Give a grace shorter than the months of the strategy.",
    )
