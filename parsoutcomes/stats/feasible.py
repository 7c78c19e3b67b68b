"""How far published totals pin a number that was not published: two integer programmes each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import scipy.optimize
import scipy.sparse

from parsoutcomes.errors import EstimationError

_FAR: Final = 1e6
_SOLVED: Final = 0
_INFEASIBLE: Final = 2


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A sum of whole numbers that is known to lie between two limits.

    Attributes
    ----------
    coefficients : mapping of str to float
        By the name of the number.
    low, high : float
        Limits of the sum; both 0 for an identity.
    """

    coefficients: Mapping[str, float]
    low: float = 0.0
    high: float = 0.0


def find_integer_ranges(
    bounds: Mapping[str, tuple[float, float]],
    relations: Sequence[Relation],
    targets: Sequence[str],
) -> dict[str, tuple[float, float]] | None:
    """Return the smallest and the largest whole value that each target can have.

    What a reader can work out about a count that was withheld. Not for numbers that need not be
    whole.

    Parameters
    ----------
    bounds : mapping of str to tuple of float
        What is known of each whole number by itself.
    relations : sequence of Relation
        What is known of their sums.
    targets : sequence of str
        Numbers of interest.

    Returns
    -------
    dict or None
        Range by name; None when no set of whole numbers fits all that is said.

    Raises
    ------
    EstimationError
        When the solver finds no answer, so that nothing is known of the ranges.

    Notes
    -----
    Mixed-integer linear programme by branch and bound (HiGHS, in scipy), minimised and maximised
    for each target.

    Examples
    --------
    >>> total = Relation(coefficients={"girls": 1, "boys": 1, "all": -1})
    >>> bounds = {"girls": (0, 7), "boys": (36, 36), "all": (43, 47)}
    >>> find_integer_ranges(bounds, [total], ["girls"])
    {'girls': (7.0, 7.0)}
    """
    names = list(bounds)
    place = {name: number for number, name in enumerate(names)}
    settings = _settings(bounds, relations, place)
    ranges = {}
    for target in targets:
        ends = [_solve(settings, place[target], len(names), sign) for sign in (1.0, -1.0)]
        if ends[0] is None or ends[1] is None:
            return None
        ranges[target] = (ends[0], ends[1])
    return ranges


def _settings(
    bounds: Mapping[str, tuple[float, float]],
    relations: Sequence[Relation],
    place: Mapping[str, int],
) -> dict[str, Any]:
    lows, highs = (np.clip([pair[end] for pair in bounds.values()], 0, _FAR) for end in (0, 1))
    settings: dict[str, Any] = {
        "bounds": scipy.optimize.Bounds(lows, highs),
        "integrality": np.ones(len(place)),
    }
    if relations:
        cells = [
            (row, place[name], value)
            for row, relation in enumerate(relations)
            for name, value in relation.coefficients.items()
        ]
        rows, columns, values = zip(*cells, strict=True)
        matrix = scipy.sparse.csr_array(
            (values, (rows, columns)), shape=(len(relations), len(place))
        )
        settings["constraints"] = scipy.optimize.LinearConstraint(
            matrix, [one.low for one in relations], [one.high for one in relations]
        )
    return settings


def _solve(settings: dict[str, Any], target: int, n: int, sign: float) -> float | None:
    objective = np.zeros(n)
    objective[target] = sign
    solved = scipy.optimize.milp(objective, **settings)
    if solved.status == _INFEASIBLE:
        return None
    if solved.status != _SOLVED:
        raise EstimationError(
            "What published totals give away cannot be worked out.",
            expected="a solution of the sums between the counts",
            found=f"none, status {solved.status} of the solver",
            fix="Publish nothing, and report this message to whoever maintains parsoutcomes.",
        )
    value = round(float(solved.x[target]))
    return math.inf if value >= _FAR else float(value)
