"""Rules of a run chart: patterns about the median that chance alone seldom makes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import comb
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from parsoutcomes.conventions import RUN_CHART_SHIFT, RUN_CHART_TREND
from parsoutcomes.stats.checks import Floats, require_rows, require_vector

_TAIL: Final = 0.025


@dataclass(frozen=True, kw_only=True)
class RunRules:
    """What the rules of a run chart find in a series of points.

    Attributes
    ----------
    median : float
        The line in the middle.
    longest_shift : int
        Most consecutive points on one side of the median; points on it are skipped.
    longest_trend : int
        Most consecutive points that all rise or all fall; of equal points one counts.
    n_runs, fewest_runs, most_runs : int
        Runs about the median, and how many chance would make (95 %).
    has_shift, has_trend, has_too_few_runs, has_too_many_runs : bool
        The four rules.
    """

    median: float
    longest_shift: int
    longest_trend: int
    n_runs: int
    fewest_runs: int
    most_runs: int

    @property
    def has_shift(self) -> bool:
        """Six points or more on one side of the median."""
        return self.longest_shift >= RUN_CHART_SHIFT

    @property
    def has_trend(self) -> bool:
        """Five points or more that all rise or all fall."""
        return self.longest_trend >= RUN_CHART_TREND

    @property
    def has_too_few_runs(self) -> bool:
        """Fewer runs than chance would make."""
        return self.n_runs < self.fewest_runs

    @property
    def has_too_many_runs(self) -> bool:
        """More runs than chance would make."""
        return self.n_runs > self.most_runs


def apply_run_rules(values: ArrayLike) -> RunRules:
    """Apply the rules for shift, trend and number of runs to points in order of time.

    Not with fewer than ten points, and not proof of a cause: with several rules one is broken by
    chance more often than each alone. The fourth rule of Perla 2011, an "astronomical" point, is
    left out, since it is a matter of opinion.

    Parameters
    ----------
    values : array of shape (n,)
        One per period, in order.

    Returns
    -------
    RunRules

    Raises
    ------
    EstimationError
        When there is no point.

    Notes
    -----
    Limits of the number of runs: the exact distribution given the points above and below, with at
    most 2.5 % beyond each, as in the tables of Swed and Eisenhart.

    References
    ----------
    Perla RJ, Provost LP, Murray SK. BMJ Qual Saf 2011;20:46-51. doi:10.1136/bmjqs.2009.037895
    Swed FS, Eisenhart C. Ann Math Stat 1943;14:66-87.

    Examples
    --------
    >>> rules = apply_run_rules([1, 2, 1, 2, 1, 2, 5, 6, 5, 6, 5, 6])
    >>> rules.longest_shift, rules.has_shift, rules.n_runs, rules.fewest_runs
    (6, True, 2, 4)
    """
    points = require_rows("values", require_vector("values", values))
    median = float(np.median(points))
    sides = (points[points != median] > median).tolist()
    runs = [len(list(run)) for _, run in itertools.groupby(sides)]
    fewest, most = limit_runs(sum(sides), len(sides) - sum(sides))
    return RunRules(
        median=median,
        longest_shift=max(runs, default=0),
        longest_trend=_longest_trend(points),
        n_runs=len(runs),
        fewest_runs=fewest,
        most_runs=most,
    )


def _longest_trend(points: Floats) -> int:
    steps = np.diff(points)
    rises = [step > 0 for step in steps[steps != 0].tolist()]
    return max((len(list(run)) + 1 for _, run in itertools.groupby(rises)), default=1)


def limit_runs(n_above: int, n_below: int) -> tuple[int, int]:
    """Return the fewest and the most runs that chance would make, at most 2.5 % beyond each.

    Examples
    --------
    >>> limit_runs(5, 5), limit_runs(10, 10)
    ((3, 9), (7, 15))
    """
    n = n_above + n_below
    if not n_above or not n_below:
        return min(n, 1), min(n, 1)
    most = 2 * min(n_above, n_below) + (n_above != n_below)
    chances = [count_run_chance(runs, n_above, n_below) for runs in range(most + 1)]
    fewest = next(r for r in range(most + 1) if sum(chances[: r + 1]) > _TAIL)
    highest = next(r for r in range(most, -1, -1) if sum(chances[r:]) > _TAIL)
    return fewest, highest


def count_run_chance(n_runs: int, n_above: int, n_below: int) -> float:
    """Return the chance of so many runs when the order of the points is chance.

    Examples
    --------
    >>> round(count_run_chance(2, 5, 5), 3)
    0.008
    """
    half, is_odd = divmod(n_runs, 2)
    if n_runs < 2:
        return 0.0
    ways = 2 * comb(n_above - 1, half - 1) * comb(n_below - 1, half - 1)
    if is_odd:
        ways = comb(n_above - 1, half) * comb(n_below - 1, half - 1)
        ways += comb(n_above - 1, half - 1) * comb(n_below - 1, half)
    return ways / comb(n_above + n_below, n_above)
