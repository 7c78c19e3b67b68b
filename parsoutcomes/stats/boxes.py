"""Turnbull's innermost intervals: the only places where an interval-censored event can have mass.

An event lies in (left, right], or exactly at left == right. Intervals are half-open: one may end on
the day on which the next begins, and they do not overlap. On each day an exact event therefore
opens first, then intervals close, then intervals open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.checks import Floats, Integers, require_rows, require_vector


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """Innermost intervals in order of time, and which of them each row reaches.

    Attributes
    ----------
    left, right : array of shape (n_boxes,)
        Box (left, right]; left == right is a single day, right = inf is open.
    first, last : array of shape (n_rows,)
        First and last box inside each row's interval.
    """

    left: Floats
    right: Floats
    first: Integers
    last: Integers


def require_intervals(left: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats]:
    """Return both ends as arrays, after checking 0 <= left <= right and left finite."""
    lower = require_rows("left", require_vector("left", left))
    upper = require_vector("right", right, lower.size)
    n_bad = int(((lower < 0) | np.isinf(lower) | (lower > upper)).sum())
    if n_bad:
        raise ArgumentError(
            "Some intervals are impossible.",
            expected="0 <= left <= right, left finite; right infinite for an event not yet seen",
            found=f"{n_bad} rows that break this",
            fix="Check the dates of these rows: a scan before fitting, or an end before a start.",
        )
    return lower, upper


def find_boxes(left: Floats, right: Floats) -> Boxes:
    """Find the innermost intervals of rows (left, right], and the boxes inside each row."""
    values = np.unique(np.concatenate([left, right]))
    is_exact = left == right
    start = 3 * np.searchsorted(values, left) + np.where(is_exact, 0, 2)
    end = 3 * np.searchsorted(values, right) + 1
    kind = np.zeros(3 * values.size, dtype=np.int8)
    kind[start], kind[end] = 1, 2
    marks = np.flatnonzero(kind)
    inner = np.flatnonzero((kind[marks[:-1]] == 1) & (kind[marks[1:]] == 2))
    box_start, box_end = marks[inner], marks[inner + 1]
    return Boxes(
        left=values[box_start // 3],
        right=values[box_end // 3],
        first=np.searchsorted(box_start, start),
        last=np.searchsorted(box_end, end, side="right") - 1,
    )


def count_boxes_begun(left: Floats, right: Floats, times: Floats) -> Integers:
    """Count the boxes that have begun by each time, so that an event in them may have happened."""
    begun = np.searchsorted(left, times, side="left")
    at = np.minimum(begun, left.size - 1)
    is_exact_now = (begun < left.size) & (left[at] == times) & (right[at] == times)
    return np.asarray(begun + is_exact_now, dtype=np.int64)


def count_boxes_ended(right: Floats, times: Floats) -> Integers:
    """Count the boxes that have ended by each time, so that an event in them has happened."""
    return np.asarray(np.searchsorted(right, times, side="right"), dtype=np.int64)


def accumulate(mass: Floats) -> Floats:
    """Return the mass of the first 0, 1, ..., n boxes along the last axis."""
    total = np.zeros((*mass.shape[:-1], mass.shape[-1] + 1))
    np.cumsum(mass, axis=-1, out=total[..., 1:])
    return np.minimum(total, 1.0)
