"""What may be published of a count: pure policy, without a report or a patient in sight.

Counts of one to seven are withheld, the others rounded to fives; a total, a rest, another table or
last year's report must leave a reader several values for each count withheld.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from parsoutcomes.conventions import (
    CONF_LEVEL,
    MIN_DEFECTS_FOR_PUBLISHED_RATIO,
    MIN_POSSIBLE_COUNTS,
    MIN_PUBLISHED_COUNT,
    MIN_TOTAL_FOR_PUBLISHED_BOUND,
    PUBLISHED_ROUNDING,
)
from parsoutcomes.errors import ReportError
from parsoutcomes.stats.feasible import Relation, find_integer_ranges
from parsoutcomes.stats.proportions import wilson_interval

Nearly = Literal["all", "none"]
SMALL: Final = "it, its rest or its line holds fewer than 8"
UNTOLD: Final = "the records do not tell it"
COMPLEMENT: Final = "it would give away a count withheld elsewhere"
_REACH: Final = PUBLISHED_ROUNDING // 2
_LAST: Final = "last year: "


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A true number behind the report; never leaves this stage unrounded.

    Attributes
    ----------
    id : str
        As in `numbers.csv`.
    value : float
        The true number.
    group : str
        Cells of one group are published together or not at all; empty for a hidden cell that
        nothing is withheld for, though it must not come out either.
    label : str
        What it counts, in words.
    is_hidden : bool
        Never shown, but what it holds could be worked out, such as a rest.
    is_estimate : bool
        An estimated number, which need not be whole and obeys no sum.
    """

    id: str
    value: float
    group: str
    label: str
    is_hidden: bool = False
    is_estimate: bool = False


@dataclass(frozen=True, kw_only=True)
class Protected:
    """What remains of the cells.

    Attributes
    ----------
    counts : mapping of str to int
        Rounded, by id; what is not here is withheld.
    reasons : mapping of str to str
        Why a group is withheld, in words without a count.
    """

    counts: Mapping[str, int]
    reasons: Mapping[str, str] = field(default_factory=dict)


def is_small(value: float) -> bool:
    """Whether a count may not be published; nought is small too.

    Examples
    --------
    >>> [is_small(n) for n in (0, 7, 8)]
    [True, True, False]
    """
    return not value >= MIN_PUBLISHED_COUNT


def round_count(value: float) -> int:
    """Return a count that may be published, rounded to fives.

    Examples
    --------
    >>> [round_count(n) for n in (8, 12, 13, 43)]
    [10, 10, 15, 45]
    """
    if is_small(value):
        raise ValueError("a count below 8 is withheld, not rounded")
    return PUBLISHED_ROUNDING * math.floor(value / PUBLISHED_ROUNDING + 0.5)


def possible_counts(rounded: float) -> tuple[float, float]:
    """Return the smallest and the largest count behind a rounded one.

    Examples
    --------
    >>> possible_counts(10), possible_counts(45)
    ((8, 12), (43, 47))
    """
    return max(MIN_PUBLISHED_COUNT, rounded - _REACH), rounded + _REACH


def percent_of(part: int, whole: int) -> int:
    """Return a share of rounded counts in whole per cent.

    Examples
    --------
    >>> percent_of(45, 60)
    75
    """
    return math.floor(100 * min(part / whole, 1.0) + 0.5)


def percent_interval(part: int, whole: int, n_effective: float) -> tuple[int, int]:
    """Return limits for a share of rounded counts, in whole per cent outwards.

    Not for exact counts: it is wider than theirs.

    Parameters
    ----------
    part, whole : int
        Rounded counts.
    n_effective : float
        How many independent observations the whole is worth, from rounded counts too.

    Returns
    -------
    tuple of int
        At 95 %.

    Notes
    -----
    Wilson interval without continuity correction, on `n_effective` reduced until the variance of
    the share holds that of rounding as well: an error uniform over five counts, of variance 25/12,
    in numerator and denominator.

    Examples
    --------
    >>> percent_interval(45, 60, 60)
    (60, 86)
    """
    share = min(part / whole, 1.0)
    inner = min(max(share, 0.5 / whole), 1 - 0.5 / whole)
    sampling = inner * (1 - inner) / n_effective
    rounding = PUBLISHED_ROUNDING**2 / 12 * (1 + inner**2) / whole**2
    n = n_effective * sampling / (sampling + rounding)
    limits = wilson_interval(share * n, n, conf_level=CONF_LEVEL)
    return math.floor(100 * limits.conf_low), math.ceil(100 * limits.conf_high)


def bound_percent(whole: int, nearly: Nearly) -> int | None:
    """Return how high, or low, a share is at least, or at most, with fewer than 8 on one side.

    Parameters
    ----------
    whole : int
        Rounded total.
    nearly : {"all", "none"}
        On which side the few are not.

    Returns
    -------
    int or None
        Whole per cent that holds for every count behind the rounding; None when the total is too
        small for it to say much.

    Examples
    --------
    >>> bound_percent(45, "all"), bound_percent(45, "none"), bound_percent(10, "all")
    (83, 17, None)
    """
    if whole < MIN_TOTAL_FOR_PUBLISHED_BOUND:
        return None
    least = possible_counts(whole)[0]
    few = (MIN_PUBLISHED_COUNT - 1) / least
    return math.floor(100 * (1 - few)) if nearly == "all" else math.ceil(100 * few)


def allows_ratio(n_defects: float) -> bool:
    """Whether observed over expected, or a p-value, may be published for so many pars.

    Examples
    --------
    >>> allows_ratio(15), allows_ratio(20)
    (False, True)
    """
    return n_defects >= MIN_DEFECTS_FOR_PUBLISHED_RATIO


def mean_or_none(mean: float, n: float) -> float | None:
    """Return a mean, or None when it comes from fewer than 8.

    Examples
    --------
    >>> mean_or_none(14.2, 7), mean_or_none(14.2, 8)
    (None, 14.2)
    """
    return None if is_small(n) else mean


def protect(
    cells: Sequence[Cell],
    relations: Sequence[Relation],
    *,
    previous: Mapping[str, int] | None = None,
) -> Protected:
    """Withhold, round, and withhold more until nothing withheld can be worked out.

    Parameters
    ----------
    cells : sequence of Cell
        True counts.
    relations : sequence of Relation
        Sums that any reader knows to hold between them.
    previous : mapping of str to int, optional
        Rounded counts of last year's publishable report of the same clinic.

    Returns
    -------
    Protected

    Notes
    -----
    The reader is taken to know the rule, the sums, that a withheld count is at most 7, and that
    no count of a growing cohort falls from one year to the next.

    Examples
    --------
    >>> girls = Cell(id="girls", value=3, group="girls", label="girls")
    >>> boys = Cell(id="boys", value=40, group="boys", label="boys")
    >>> protect([girls, boys], []).counts
    {'boys': 40}
    """
    relations = _true_relations(cells, relations)
    reasons = {cell.group: SMALL for cell in cells if cell.group and is_small(cell.value)}
    reasons |= {cell.group: UNTOLD for cell in cells if cell.group and math.isnan(cell.value)}
    while exposed := find_exposed(cells, relations, frozenset(reasons), previous=previous):
        further = _choose_group(cells, relations, exposed, frozenset(reasons))
        if further is None:
            break
        reasons[further] = COMPLEMENT
    counts = {
        cell.id: round_count(cell.value)
        for cell in cells
        if not cell.is_hidden and cell.group not in reasons
    }
    return Protected(counts=counts, reasons=reasons)


def find_exposed(
    cells: Sequence[Cell],
    relations: Sequence[Relation],
    withheld: frozenset[str],
    *,
    previous: Mapping[str, int] | None = None,
) -> tuple[str, ...]:
    """Return small counts that what is published would pin to fewer than three values.

    Parameters
    ----------
    cells, relations, previous
        As in `protect`.
    withheld : frozenset of str
        Groups that are withheld.
    """
    whole_numbers = [cell for cell in cells if not cell.is_estimate]
    bounds = {cell.id: _known_of(cell, withheld) for cell in whole_numbers}
    small = [cell.id for cell in whole_numbers if is_small(cell.value)]
    exposed = _pinned(_require_ranges(find_integer_ranges(bounds, relations, small)))
    if not previous:
        return exposed
    return tuple(dict.fromkeys([*exposed, *_pinned_with_last(bounds, relations, small, previous)]))


def _true_relations(cells: Sequence[Cell], relations: Sequence[Relation]) -> list[Relation]:
    """Return the sums that hold, such as not of courses when a patient has had two of a kind each.

    A sum that does not hold misleads whoever uses it; it gives nothing away.
    """
    values = {cell.id: cell.value for cell in cells}
    negative = {name for name, value in values.items() if value < 0}
    sums = [
        (one, sum(factor * values[name] for name, factor in one.coefficients.items()))
        for one in relations
        if not negative & set(one.coefficients)
    ]
    return [one for one, total in sums if one.low - 0.5 < total < one.high + 0.5]


def _require_ranges(
    ranges: Mapping[str, tuple[float, float]] | None,
) -> Mapping[str, tuple[float, float]]:
    """Stop where the true counts contradict the sums, since nothing is then known to be safe."""
    if ranges is None:
        raise ReportError(
            "What the published counts give away cannot be worked out, so nothing is published.",
            expected="counts that fit the sums between them",
            found="counts that contradict each other",
            fix="Report this message to whoever maintains parsoutcomes; do not send the records.",
        )
    return ranges


def _pinned_with_last(
    bounds: Mapping[str, tuple[float, float]],
    relations: Sequence[Relation],
    small: Sequence[str],
    previous: Mapping[str, int],
) -> tuple[str, ...]:
    """Return what both years' reports together pin and last year's did not pin by itself."""
    last = {f"{_LAST}{name}": _known_last(name, previous) for name in bounds}
    absent = [name for name in last if name.removeprefix(_LAST) not in previous]
    its_own = _last_relations(relations)
    pinned_before = _pinned(find_integer_ranges(last, its_own, absent) or {})
    grown = [
        Relation(coefficients={name: 1, f"{_LAST}{name}": -1}, low=0, high=math.inf)
        for name, (_, most) in bounds.items()
        if most >= last[f"{_LAST}{name}"][0]
    ]
    open_still = [name for name in absent if name not in pinned_before]
    both = find_integer_ranges(
        {**bounds, **last}, [*relations, *its_own, *grown], [*small, *open_still]
    )
    return _pinned(both or {})


def _known_of(cell: Cell, withheld: frozenset[str]) -> tuple[float, float]:
    if cell.is_hidden or cell.group in withheld:
        is_known_small = cell.group in withheld and is_small(cell.value)
        return 0.0, (MIN_PUBLISHED_COUNT - 1 if is_known_small else math.inf)
    return possible_counts(round_count(cell.value))


def _known_last(name: str, previous: Mapping[str, int]) -> tuple[float, float]:
    return possible_counts(previous[name]) if name in previous else (0.0, math.inf)


def _last_relations(relations: Sequence[Relation]) -> list[Relation]:
    return [
        Relation(
            coefficients={f"{_LAST}{name}": value for name, value in one.coefficients.items()},
            low=one.low,
            high=one.high,
        )
        for one in relations
    ]


def _pinned(ranges: Mapping[str, tuple[float, float]]) -> tuple[str, ...]:
    return tuple(
        name for name, (low, high) in ranges.items() if high - low + 1 < MIN_POSSIBLE_COUNTS
    )


def _choose_group(
    cells: Sequence[Cell],
    relations: Sequence[Relation],
    exposed: Sequence[str],
    withheld: frozenset[str],
) -> str | None:
    """Return the smallest published group that shares a sum with a count that is exposed."""
    names = {name.removeprefix(_LAST) for name in exposed}
    near = {name for one in relations if names & set(one.coefficients) for name in one.coefficients}
    shown = [
        cell
        for cell in cells
        if not (cell.is_hidden or cell.is_estimate) and cell.group not in withheld
    ]
    candidates = [cell for cell in shown if cell.id in near] or shown
    return min(candidates, key=lambda cell: (cell.value, cell.id)).group if candidates else None
