"""The likelihood of ranges of boxes: sum of weight * log(mass of boxes first..last), maximised.

Every nonparametric estimator for interval-censored times is this one problem: boxes in a row, each
observation saying only that its event lies somewhere in a contiguous range of them. The solver is a
constrained Newton method (Wang 2008, doi:10.1016/j.csda.2007.10.018) on the boxes that carry mass,
with every sum over a range taken as a difference of cumulative sums, so that a step costs as much
as reading the rows once. It stops on the gradient gap: max_j D_j / n - 1, where D_j is the
derivative of the log-likelihood to the mass of box j. At the maximum it is 0 (Karush-Kuhn-Tucker),
and n times the gap bounds the log-likelihood still missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.checks import Floats, Integers
from parsoutcomes.stats.interval_conjugate import solve_non_negative_by_products

GAP_SOUGHT = 1e-12
GAP_ACCEPTED = 1e-8
MAX_ITERATIONS = 500
PENALTY = 1e-8
FEW_BOXES = 16
MANY_BOXES = 300


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """Observations as ranges of boxes.

    Attributes
    ----------
    first, last : array of shape (n_rows,)
        First and last box of each row's range, from 0.
    weights : array of shape (n_rows,)
        Positive weights.
    n_boxes : int
        Number of boxes.
    """

    first: Integers
    last: Integers
    weights: Floats
    n_boxes: int


@dataclass(frozen=True, kw_only=True)
class Maximum:
    """Masses at the maximum of the likelihood.

    Attributes
    ----------
    mass : array of shape (n_boxes,)
        Mass of each box, summing to 1.
    log_likelihood, max_gradient : float
        Log-likelihood, and the gradient gap per unit weight.
    n_iterations : int
        Newton steps taken.
    """

    mass: Floats
    log_likelihood: float
    max_gradient: float
    n_iterations: int


def maximise(ranges: Ranges, *, start: Floats | None = None) -> Maximum:
    """Find the masses that make the observed ranges most probable.

    Parameters
    ----------
    ranges : Ranges
        At least one row; every row's range holds at least one box.
    start : array of shape (n_boxes,), optional
        Masses to start from, giving every row a positive probability.

    Returns
    -------
    Maximum
        Masses, log-likelihood and gradient gap.

    Raises
    ------
    EstimationError
        When the gradient gap stays above 1e-8.
    """
    ranges = _collapse(ranges)
    total = float(ranges.weights.sum())
    is_exact = start is None and _is_product_limit(ranges)
    support, mass = _start(ranges, _product_limit(ranges) if is_exact else start)
    sought = GAP_ACCEPTED if is_exact else GAP_SOUGHT
    best_gap, n_stalled = np.inf, 0
    for n_iterations in range(MAX_ITERATIONS):
        full = _spread(mass, support, ranges.n_boxes)
        probabilities = _probabilities(ranges, full)
        gradient = _gradient(ranges, probabilities) / total
        gap = float(gradient.max()) - 1
        n_stalled = 0 if gap < 0.5 * best_gap else n_stalled + 1
        best_gap = min(gap, best_gap)
        if gap <= sought or (gap <= GAP_ACCEPTED and n_stalled >= 3):
            return Maximum(
                mass=full,
                log_likelihood=float(ranges.weights @ np.log(probabilities)),
                max_gradient=max(gap, 0.0),
                n_iterations=n_iterations,
            )
        support, mass = _climb(ranges, *_add_peaks(gradient, support, mass))
    raise _not_converged(best_gap)


def _start(ranges: Ranges, start: Floats | None) -> tuple[Integers, Floats]:
    if start is not None:
        support = np.flatnonzero(start)
        return support, start[support]
    support = np.arange(ranges.n_boxes) if ranges.n_boxes <= FEW_BOXES else _cover(ranges)
    return support, np.full(support.size, 1 / support.size)


def _is_product_limit(ranges: Ranges) -> bool:
    is_last = ranges.last == ranges.n_boxes - 1
    return bool((is_last | (ranges.first == ranges.last)).all())


def _product_limit(ranges: Ranges) -> Floats:
    """Return the Kaplan-Meier masses: every range is one box, or everything from a box onwards."""
    is_event = ranges.first == ranges.last
    n_events = np.bincount(ranges.first, ranges.weights * is_event, ranges.n_boxes)
    n_censored = np.bincount(ranges.first, ranges.weights * ~is_event, ranges.n_boxes)
    n_at_risk = np.cumsum((n_events + n_censored)[::-1])[::-1] - n_censored
    hazard = np.divide(n_events, n_at_risk, out=np.ones(ranges.n_boxes), where=n_at_risk > 0)
    hazard[-1] = 1.0
    surviving = np.cumprod(np.concatenate([[1.0], 1 - hazard[:-1]]))
    return np.asarray(surviving * hazard)


def _collapse(ranges: Ranges) -> Ranges:
    if ranges.n_boxes**2 > 4 * ranges.first.size:
        return ranges
    codes = ranges.first * ranges.n_boxes + ranges.last
    weights = np.bincount(codes, ranges.weights, ranges.n_boxes**2).astype(np.float64)
    kept = np.flatnonzero(weights)
    return replace(
        ranges, first=kept // ranges.n_boxes, last=kept % ranges.n_boxes, weights=weights[kept]
    )


def _cover(ranges: Ranges) -> Integers:
    """Return the fewest boxes that reach into every range, by always taking the earliest end."""
    earliest_end = np.full(ranges.n_boxes + 1, ranges.n_boxes)
    np.minimum.at(earliest_end, ranges.first, ranges.last)
    following = np.minimum.accumulate(earliest_end[::-1])[::-1].tolist()
    chosen, box = [], following[0]
    while box < ranges.n_boxes:
        chosen.append(box)
        box = following[box + 1]
    return np.array(chosen, dtype=np.int64)


def _spread(mass: Floats, support: Integers, n_boxes: int) -> Floats:
    full = np.zeros(n_boxes)
    full[support] = mass
    return full


def _probabilities(ranges: Ranges, mass: Floats) -> Floats:
    below = np.zeros(mass.size + 1)
    np.cumsum(mass, out=below[1:])
    return np.asarray(below[ranges.last + 1] - below[ranges.first])


def _gradient(ranges: Ranges, probabilities: Floats) -> Floats:
    ratio = ranges.weights / probabilities
    opened = np.bincount(ranges.first, ratio, ranges.n_boxes)
    closed = np.bincount(ranges.last, ratio, ranges.n_boxes)
    return np.asarray(np.cumsum(opened) - np.cumsum(closed) + closed)


def _add_peaks(gradient: Floats, support: Integers, mass: Floats) -> tuple[Integers, Floats]:
    """Add, between each two boxes with mass, the box where the gradient is largest."""
    owner = np.searchsorted(support, np.arange(gradient.size), side="right")
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    tops = np.maximum.reduceat(gradient, starts)
    is_top = (gradient == np.repeat(tops, np.diff(starts, append=gradient.size))) & (gradient > 1)
    is_top[support] = False
    added = np.flatnonzero(is_top)
    if added.size == 0:
        return support, mass
    merged = np.concatenate([support, added])
    order = np.argsort(merged, kind="stable")
    return merged[order], np.concatenate([mass, np.zeros(added.size)])[order]


def _climb(ranges: Ranges, support: Integers, mass: Floats) -> tuple[Integers, Floats]:
    """Take Newton steps among the boxes of the support, then drop those left empty."""
    reduced = _restrict(ranges, support)
    for _ in range(2):
        step = _newton_step(reduced, mass)
        if step is None:
            break
        mass = step
    kept = mass > 0
    return support[kept], mass[kept]


def _restrict(ranges: Ranges, support: Integers) -> Ranges:
    if support.size == ranges.n_boxes:
        return ranges
    position = np.searchsorted(support, np.arange(ranges.n_boxes + 1))
    return _collapse(
        Ranges(
            first=position[ranges.first],
            last=position[ranges.last + 1] - 1,
            weights=ranges.weights,
            n_boxes=support.size,
        )
    )


def _newton_step(ranges: Ranges, mass: Floats) -> Floats | None:
    probabilities = _probabilities(ranges, mass)
    total = float(ranges.weights.sum())
    gradient = _gradient(ranges, probabilities)
    target = _newton_target(ranges, probabilities, 2 * gradient - total, mass)
    target_sum = float(target.sum())
    if not target_sum > 0:
        return None
    direction = target / target_sum - mass
    slope = float(gradient @ direction)
    now = float(ranges.weights @ np.log(probabilities))
    length = 1.0
    for _ in range(40):
        step = mass + length * direction
        if length == 1.0:
            step = target / target_sum
        there = _probabilities(ranges, step)
        if there.min() > 0:
            gain = float(ranges.weights @ np.log(there)) - now
            if gain >= 1e-4 * length * slope - 1e-13 * abs(now):
                return step
        length /= 2
    return None


def _newton_target(ranges: Ranges, probabilities: Floats, goal: Floats, mass: Floats) -> Floats:
    if ranges.n_boxes <= MANY_BOXES:
        return solve_non_negative(_hessian(ranges, probabilities), goal, mass)
    curvature = ranges.weights / probabilities**2
    return solve_non_negative_by_products(ranges.first, ranges.last, curvature, goal, mass)


def _hessian(ranges: Ranges, probabilities: Floats) -> Floats:
    """Return sum of weight / probability^2 over the rows whose range holds both boxes."""
    n = ranges.n_boxes
    codes = ranges.first * n + ranges.last
    cells = np.bincount(codes, ranges.weights / probabilities**2, n * n).reshape(n, n)
    upper = cells.cumsum(axis=0)[:, ::-1].cumsum(axis=1)[:, ::-1]
    return np.where(upper_triangle(n), upper, upper.T)


@lru_cache(maxsize=64)
def upper_triangle(n: int) -> NDArray[np.bool_]:
    """Return which cells of a square lie on its diagonal or above."""
    return np.asarray(~np.tri(n, k=-1, dtype=bool))


def solve_non_negative(matrix: Floats, target: Floats, centre: Floats) -> Floats:
    """Minimise x'Ax/2 - b'x over x >= 0 by block principal pivoting, staying near a centre.

    A need only be positive semi-definite: a small penalty on the distance from the centre makes the
    minimiser unique, and leaves a centre that already is a minimiser where it is.

    Parameters
    ----------
    matrix : array of shape (n, n)
        A, positive semi-definite.
    target : array of shape (n,)
        b.
    centre : array of shape (n,)
        The present masses.

    Returns
    -------
    array of shape (n,)
        The minimiser; exact zeros where the bound holds.

    References
    ----------
    Kim J, Park H. SIAM J Sci Comput 2011;33:3261-3281. doi:10.1137/110821172
    """
    size = target.size
    diagonal = np.diag(matrix)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = matrix / np.outer(scale, scale) + PENALTY * np.eye(size)
    goal = target / scale + PENALTY * centre * scale
    free = np.ones(size, dtype=bool)
    fewest, n_chances = size + 1, 3
    for _ in range(20 + 3 * size):
        solution = _solve_free(scaled, goal, free)
        slack = goal - scaled @ solution
        wrong = np.where(free, solution < 0, slack > 1e-12 * np.abs(goal))
        n_wrong = int(wrong.sum())
        if n_wrong == 0:
            break
        if n_wrong < fewest:
            fewest, n_chances = n_wrong, 3
        elif n_chances > 0:
            n_chances -= 1
        else:
            wrong[: np.flatnonzero(wrong)[-1]] = False
        free ^= wrong
    return np.asarray(np.maximum(solution, 0) / scale)


def _solve_free(matrix: Floats, target: Floats, free: NDArray[np.bool_]) -> Floats:
    if free.all():
        return np.asarray(np.linalg.solve(matrix, target))
    solution = np.zeros(target.size)
    solution[free] = np.linalg.solve(matrix[np.ix_(free, free)], target[free])
    return solution


def _not_converged(gap: float) -> EstimationError:
    return EstimationError(
        "The nonparametric maximum likelihood estimate was not reached.",
        expected=f"a gradient gap of at most {GAP_ACCEPTED:g}",
        found=f"{gap:.2g}",
        fix="Group scan days to planned visits, and report the rows to the developers.",
    )
