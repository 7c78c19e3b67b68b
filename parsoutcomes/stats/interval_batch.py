"""Many maxima of one interval likelihood at once: the same rows under many sets of weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.checks import Floats, Integers
from parsoutcomes.stats.interval_likelihood import (
    GAP_ACCEPTED,
    PENALTY,
    Maximum,
    Ranges,
    maximise,
    upper_triangle,
)

MAX_BOXES_TOGETHER = 40
GAP_TOGETHER = 1e-10
RESAMPLES_TOGETHER = 500


@dataclass(frozen=True, kw_only=True)
class Maxima:
    """Masses for each set of weights.

    Attributes
    ----------
    mass_early, mass_late : array of shape (n_resamples, n_boxes)
        Masses; those of boxes that a resample cannot tell apart at the first or the last of them.
    max_gradient : array of shape (n_resamples,)
        Gradient gaps.
    """

    mass_early: Floats
    mass_late: Floats
    max_gradient: Floats


def require_weight_matrix(weights: ArrayLike, n_rows: int) -> NDArray[Any]:
    """Return a matrix of weights, one row per resample, none of them empty."""
    matrix = np.asarray(weights)
    fits = matrix.ndim == 2 and matrix.shape[1] == n_rows and matrix.shape[0] > 0
    if fits and matrix.dtype.kind not in "uib":
        fits = bool(np.isfinite(matrix).all())
    if fits and bool((matrix.min(axis=1) >= 0).all()) and bool((matrix.max(axis=1) > 0).all()):
        return matrix
    raise ArgumentError(
        "The weights of the resamples cannot be used.",
        expected=f"one row per resample, {n_rows} finite weights of at least 0, not all of them 0",
        found=f"an array of shape {matrix.shape}",
        fix="Use the weights that stats.resampling gives for the same rows.",
    )


def maximise_batch(first: Integers, last: Integers, n_boxes: int, weights: NDArray[Any]) -> Maxima:
    """Find the masses for each set of weights.

    Parameters
    ----------
    first, last : array of shape (n_rows,)
        Range of boxes of each row.
    n_boxes : int
        Number of boxes.
    weights : array of shape (n_resamples, n_rows)
        From `require_weight_matrix`.

    Returns
    -------
    Maxima
        Masses and gradient gaps.

    Raises
    ------
    EstimationError
        When a gradient gap stays above 1e-8.
    """
    codes, inverse = np.unique(first * n_boxes + last, return_inverse=True)
    distinct = Ranges(
        first=codes // n_boxes,
        last=codes % n_boxes,
        weights=np.bincount(inverse).astype(np.float64),
        n_boxes=n_boxes,
    )
    pooled = maximise(distinct)
    parts = [_maximise_part(distinct, pooled, part) for part in _collapse_weights(weights, inverse)]
    return Maxima(
        mass_early=np.concatenate([part.mass_early for part in parts]),
        mass_late=np.concatenate([part.mass_late for part in parts]),
        max_gradient=np.concatenate([part.max_gradient for part in parts]),
    )


def _collapse_weights(weights: NDArray[Any], inverse: Integers) -> Iterator[Floats]:
    order = np.argsort(inverse, kind="stable")
    starts = np.flatnonzero(np.diff(inverse[order], prepend=-1))
    for start in range(0, weights.shape[0], RESAMPLES_TOGETHER):
        part = weights[start : start + RESAMPLES_TOGETHER, order]
        yield np.add.reduceat(part, starts, axis=1, dtype=np.float64)


def _maximise_part(ranges: Ranges, pooled: Maximum, weights: Floats) -> Maxima:
    if ranges.n_boxes <= MAX_BOXES_TOGETHER:
        mass, gaps = _maximise_together(ranges, pooled.mass, weights)
    else:
        mass, gaps = np.empty((weights.shape[0], ranges.n_boxes)), np.full(weights.shape[0], np.inf)
    for row in np.flatnonzero(~(gaps <= GAP_ACCEPTED)):
        kept = weights[row] > 0
        single = maximise(
            Ranges(
                first=ranges.first[kept],
                last=ranges.last[kept],
                weights=weights[row, kept],
                n_boxes=ranges.n_boxes,
            ),
            start=pooled.mass,
        )
        mass[row], gaps[row] = single.mass, single.max_gradient
    early, late = _place_shared_mass(ranges, weights, mass)
    return Maxima(mass_early=early, mass_late=late, max_gradient=gaps)


def _place_shared_mass(ranges: Ranges, weights: Floats, mass: Floats) -> tuple[Floats, Floats]:
    """Move mass among boxes that no row of the resample tells apart: to the first, to the last."""
    opens, closes = np.zeros_like(mass, dtype=bool), np.zeros_like(mass, dtype=bool)
    present = weights > 0
    for box in range(ranges.n_boxes):
        opens[:, box] = present[:, ranges.first == box].any(axis=1)
        closes[:, box] = present[:, ranges.last == box].any(axis=1)
    begins = opens.copy()
    begins[:, 0] = True
    begins[:, 1:] |= closes[:, :-1]
    group = np.cumsum(begins, axis=1) - 1
    flat = (group + np.arange(mass.shape[0])[:, None] * ranges.n_boxes).ravel()
    totals = np.bincount(flat, mass.ravel(), mass.size)[flat].reshape(mass.shape)
    ends = np.ones_like(begins)
    ends[:, :-1] = begins[:, 1:]
    return np.where(begins, totals, 0.0), np.where(ends, totals, 0.0)


def _maximise_together(ranges: Ranges, start: Floats, weights: Floats) -> tuple[Floats, Floats]:
    boxes = np.arange(ranges.n_boxes)
    inside = (ranges.first[:, None] <= boxes) & (boxes <= ranges.last[:, None])
    reach = inside.astype(np.float64)
    mass = np.tile(0.9 * start + 0.1 / start.size, (weights.shape[0], 1))
    gaps = np.full(weights.shape[0], np.inf)
    open_rows = np.arange(weights.shape[0])
    for _ in range(60):
        current = weights[open_rows]
        probabilities = mass[open_rows] @ reach.T
        gradient = _divide(current, probabilities) @ reach
        gaps[open_rows] = gradient.max(axis=1) / current.sum(axis=1) - 1
        unfinished = gaps[open_rows] > GAP_TOGETHER
        if not unfinished.any():
            break
        open_rows, current = open_rows[unfinished], current[unfinished]
        probabilities, gradient = probabilities[unfinished], gradient[unfinished]
        hessian = _hessians(ranges, _divide(current, probabilities**2))
        goal = 2 * gradient - current.sum(axis=1)[:, None]
        target = solve_non_negative_batch(hessian, goal, mass[open_rows])
        mass[open_rows] = _search_lines(mass[open_rows], target, current, probabilities, reach)
    return mass, gaps


def _hessians(ranges: Ranges, curvature: Floats) -> Floats:
    """Return, per resample, the sum of curvature over the rows whose range holds both boxes."""
    n = ranges.n_boxes
    cells = np.zeros((curvature.shape[0], n * n))
    cells[:, ranges.first * n + ranges.last] = curvature
    square = cells.reshape(-1, n, n)
    np.cumsum(square, axis=1, out=square)
    upper = np.cumsum(square[:, :, ::-1], axis=2)[:, :, ::-1]
    return np.where(upper_triangle(n), upper, upper.transpose(0, 2, 1))


def _divide(weights: Floats, probabilities: Floats) -> Floats:
    return np.divide(weights, probabilities, out=np.zeros_like(weights), where=weights > 0)


def _log_likelihood(weights: Floats, probabilities: Floats) -> Floats:
    logs = np.full_like(weights, 0.0)
    seen = weights > 0
    np.log(probabilities, out=logs, where=seen & (probabilities > 0))
    logs[seen & (probabilities <= 0)] = -np.inf
    return np.asarray((weights * np.where(seen, logs, 0.0)).sum(axis=1))


def _search_lines(
    mass: Floats, target: Floats, weights: Floats, probabilities: Floats, reach: Floats
) -> Floats:
    """Go from `mass` towards `target`, halving each step until the likelihood does not fall."""
    totals = target.sum(axis=1, keepdims=True)
    goal = np.where(totals > 0, target / np.where(totals > 0, totals, 1.0), mass)
    now = _log_likelihood(weights, probabilities)
    step = goal.copy()
    for _ in range(40):
        there = _log_likelihood(weights, step @ reach.T)
        falls = ~(there >= now - 1e-13 * np.abs(now))
        if not falls.any():
            return step
        step[falls] = (step[falls] + mass[falls]) / 2
    step[falls] = mass[falls]
    return step


def solve_non_negative_batch(matrices: Floats, targets: Floats, centres: Floats) -> Floats:
    """Solve many small problems of `solve_non_negative` together.

    Parameters
    ----------
    matrices : array of shape (n_problems, n, n)
        Positive semi-definite.
    targets : array of shape (n_problems, n)
        Right-hand sides.
    centres : array of shape (n_problems, n)
        The present masses.

    Returns
    -------
    array of shape (n_problems, n)
        The minimisers.
    """
    size = targets.shape[1]
    diagonal = np.einsum("bii->bi", matrices)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = matrices / (scale[:, :, None] * scale[:, None, :]) + PENALTY * np.eye(size)
    goal = targets / scale + PENALTY * centres * scale
    free = (diagonal > 0) & (centres > 0)
    n_chances, fewest = np.full(goal.shape[0], 3), np.full(goal.shape[0], size + 1)
    solution = np.zeros_like(goal)
    left = np.arange(goal.shape[0])
    for _ in range(20 + 3 * size):
        found, slack = _solve_free(scaled, goal, free, left)
        solution[left] = found
        wrong = np.where(free[left], found < 0, slack > 1e-12 * np.abs(goal[left]))
        wrong &= diagonal[left] > 0
        n_wrong = wrong.sum(axis=1)
        n_chances[left] = np.where(n_wrong < fewest[left], 3, n_chances[left] - 1)
        fewest[left] = np.minimum(fewest[left], n_wrong)
        free[left] ^= np.where(n_chances[left][:, None] >= 0, wrong, _keep_last(wrong))
        left = left[n_wrong > 0]
        if left.size == 0:
            break
    return np.asarray(np.maximum(solution, 0) / scale)


def _solve_free(
    scaled: Floats, goal: Floats, free: NDArray[np.bool_], which: Integers
) -> tuple[Floats, Floats]:
    """Solve each problem for its free unknowns, which are gathered: they are few as a rule."""
    is_free = free[which]
    order = np.argsort(~is_free, axis=1, kind="stable")[:, : max(int(is_free.sum(axis=1).max()), 1)]
    held = np.take_along_axis(is_free, order, axis=1)
    columns = np.take_along_axis(scaled[which], order[:, None, :], axis=2)
    among = np.take_along_axis(columns, order[:, :, None], axis=1)
    among = among * (held[:, :, None] & held[:, None, :]) + np.eye(order.shape[1]) * ~held[:, None]
    wanted = np.take_along_axis(goal[which], order, axis=1) * held
    found = np.linalg.solve(among, wanted[:, :, None])[:, :, 0]
    solution = np.zeros_like(is_free, dtype=np.float64)
    np.put_along_axis(solution, order, found, axis=1)
    return solution, goal[which] - (columns @ found[:, :, None])[:, :, 0]


def _keep_last(wrong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from_the_end = np.cumsum(wrong[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(wrong & (from_the_end == 1))
