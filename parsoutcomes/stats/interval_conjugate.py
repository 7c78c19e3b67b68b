"""Newton steps of the interval likelihood on many boxes, without writing out a matrix.

Where events seen on their day are mixed with intervals, almost every box carries mass, and a matrix
over boxes costs their square to hold and their cube to solve. Its product with a vector costs only
one reading of the rows, and conjugate gradients need no more than such products.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from parsoutcomes.stats.checks import Floats, Integers

TOLERANCE = 1e-13
MAX_PRODUCTS = 400
MAX_ROUNDS = 60
N_CHANCES = 3
Product = Callable[[Floats], Floats]


def sum_over_rows(first: Integers, last: Integers, values: Floats, n_boxes: int) -> Floats:
    """Return, per box, the sum of the values of the rows whose range holds it."""
    opened = np.bincount(first, values, n_boxes)
    closed = np.bincount(last, values, n_boxes)
    return np.asarray(np.cumsum(opened) - np.cumsum(closed) + closed)


def sum_over_boxes(first: Integers, last: Integers, values: Floats) -> Floats:
    """Return, per row, the sum of the values of the boxes in its range."""
    below = np.zeros(values.size + 1)
    np.cumsum(values, out=below[1:])
    return np.asarray(below[last + 1] - below[first])


def solve_non_negative_by_products(
    first: Integers, last: Integers, curvature: Floats, target: Floats, centre: Floats
) -> Floats:
    """Minimise x'Ax/2 - b'x over x >= 0, A the sum of curvature over rows that hold both boxes.

    Parameters
    ----------
    first, last, curvature : array of shape (n_rows,)
        Ranges, and the weight of each in A.
    target : array of shape (n_boxes,)
        b.
    centre : array of shape (n_boxes,)
        The present masses, from which the search starts.

    Returns
    -------
    array of shape (n_boxes,)
        The minimiser, to a relative residual of 1e-13; exact zeros where the bound holds.

    Notes
    -----
    Block principal pivoting as in `interval_likelihood.solve_non_negative`, each round by conjugate
    gradients, scaled by the diagonal of A.
    """

    def multiply(values: Floats) -> Floats:
        reached = curvature * sum_over_boxes(first, last, values)
        return sum_over_rows(first, last, reached, centre.size)

    diagonal = sum_over_rows(first, last, curvature, centre.size)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    solution, free = centre, np.ones(centre.size, dtype=bool)
    fewest, n_chances = centre.size + 1, N_CHANCES
    for _ in range(MAX_ROUNDS):
        solution, slack = _solve_free(multiply, target, scale, free, np.where(free, solution, 0.0))
        wrong = np.where(free, solution < 0, slack > 1e-7 * np.abs(target))
        n_wrong = int(wrong.sum())
        if n_wrong == 0:
            break
        n_chances = N_CHANCES if n_wrong < fewest else n_chances - 1
        fewest = min(fewest, n_wrong)
        if n_chances < 0:
            wrong[: np.flatnonzero(wrong)[-1]] = False
        free = free ^ wrong
    return np.asarray(np.maximum(solution, 0))


def _solve_free(
    multiply: Product, target: Floats, scale: Floats, free: NDArray[np.bool_], start: Floats
) -> tuple[Floats, Floats]:
    """Solve for the free unknowns, the others 0; return what is left of the target beside it."""
    solution, slack = start, target - multiply(start)
    residual = np.where(free, slack, 0.0) / scale
    goal = TOLERANCE * float(np.linalg.norm(np.where(free, target, 0.0) / scale))
    direction, size = residual, float(residual @ residual)
    for _ in range(MAX_PRODUCTS):
        if np.sqrt(size) <= goal:
            break
        step = direction / scale
        image = multiply(step)
        bend = float(step @ image)
        if not bend > 0:
            break
        length = size / bend
        solution, slack = solution + length * step, slack - length * image
        residual = np.where(free, slack, 0.0) / scale
        size, before = float(residual @ residual), size
        direction = residual + size / before * direction
    return solution, slack
