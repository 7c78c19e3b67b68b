"""What may be published of a count: withheld, rounded, and not to be worked out from the rest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as distributions

from parsoutcomes.errors import ReportError
from parsoutcomes.report.disclosure import (
    COMPLEMENT,
    SMALL,
    Cell,
    bound_percent,
    find_exposed,
    is_small,
    percent_interval,
    percent_of,
    possible_counts,
    protect,
    round_count,
)
from parsoutcomes.stats.feasible import Relation, find_integer_ranges


def cell(name: str, value: float, group: str | None = None, **kind: bool) -> Cell:
    return Cell(id=name, value=value, group=name if group is None else group, label=name, **kind)


def total_of(*parts: str, whole: str = "all") -> Relation:
    return Relation(coefficients={**dict.fromkeys(parts, 1.0), whole: -1.0})


@pytest.mark.parametrize("n", range(8))
def test_nought_to_seven_are_withheld(n: int) -> None:
    assert is_small(n)
    with pytest.raises(ValueError, match="withheld"):
        round_count(n)


def test_a_rounded_count_is_the_nearest_five_and_its_range_holds_the_true_one() -> None:
    for n in range(8, 400):
        rounded = round_count(n)
        assert rounded % 5 == 0
        assert abs(rounded - n) <= 2
        low, high = possible_counts(rounded)
        assert low <= n <= high


def test_not_a_number_is_withheld() -> None:
    assert is_small(math.nan)


def test_a_small_count_is_withheld_and_the_others_rounded() -> None:
    cells = [cell("girls", 3), cell("boys", 41), cell("all", 44)]
    protected = protect(cells, [total_of("girls", "boys")])
    assert protected.counts == {"boys": 40, "all": 45}
    assert protected.reasons == {"girls": SMALL}


def test_a_count_that_rounded_parts_pin_takes_a_second_one_with_it() -> None:
    """12 + 12 + 12 + 7 = 43: the rounded 10 + 10 + 10 of 45 leave only a seven."""
    cells = [cell(name, 12) for name in "abc"] + [cell("d", 7), cell("all", 43)]
    relations = [total_of("a", "b", "c", "d")]
    assert find_exposed(cells, relations, frozenset({"d"})) == ("d",)
    protected = protect(cells, relations)
    assert protected.reasons == {"d": SMALL, "a": COMPLEMENT}
    assert find_exposed(cells, relations, frozenset(protected.reasons)) == ()


def test_cells_of_a_group_go_together() -> None:
    cells = [cell("united", 40, "rate"), cell("not_united", 3, "rate", is_hidden=True)]
    assert protect(cells, []).counts == {}


def test_a_hidden_rest_that_the_parts_pin_takes_a_part_with_it() -> None:
    """All but none: 8 + 8 + 8 = 24 in a total of 28 at most leave a rest of four at most."""
    cells = [cell(name, 12) for name in "abc"]
    cells += [cell("all", 37), cell("rest", 1, "", is_hidden=True)]
    sums = [total_of("a", "b", "c", "rest"), Relation(coefficients={"rest": 1}, high=1)]
    assert find_exposed(cells, sums, frozenset()) == ("rest",)


def test_last_years_report_is_taken_into_account() -> None:
    """This year's 10 and last year's parts leave no more than two values for last year's rest."""
    cells = [cell("a", 12), cell("b", 12), cell("rest", 7), cell("all", 31)]
    relations = [total_of("a", "b", "rest")]
    alone = protect(cells, relations)
    assert set(alone.counts) == {"a", "b", "all"}
    last = {"all": 30, "a": 10}
    both = protect(cells, relations, previous=last)
    exposed = find_exposed(cells, relations, frozenset(both.reasons), previous=last)
    assert exposed == ()


def test_a_sum_that_does_not_hold_is_left_out_and_does_not_disable_the_rest() -> None:
    """Patients with two courses count in two categories, so the rest would be negative."""
    cells = [cell("3 months", 30), cell("6 months", 25), cell("patients", 50), cell("rest", -5)]
    cells += [cell(name, 12) for name in "abc"] + [cell("d", 7), cell("all", 43)]
    relations = [
        total_of("3 months", "6 months", "rest", whole="patients"),
        total_of("a", "b", "c", "d"),
    ]
    protected = protect(cells, relations)
    assert protected.reasons == {"rest": SMALL, "d": SMALL, "a": COMPLEMENT}


def test_counts_that_contradict_their_sums_publish_nothing() -> None:
    cells = [cell("a", 3), cell("all", 40)]
    with pytest.raises(ReportError, match="nothing is published"):
        find_exposed(cells, [total_of("a")], frozenset({"a"}))


def test_integer_ranges_see_what_sums_give_away() -> None:
    bounds = {"a": (8, 12), "b": (8, 12), "rest": (0, 7), "all": (28, 32)}
    ranges = find_integer_ranges(bounds, [total_of("a", "b", "rest")], ["rest"])
    assert ranges == {"rest": (4.0, 7.0)}
    assert find_integer_ranges({"a": (8, 9), "all": (1, 2)}, [total_of("a")], ["a"]) is None


@pytest.mark.parametrize("n", [20, 40, 80, 200])
def test_the_interval_covers_the_true_share_in_spite_of_rounding(n: int) -> None:
    """Exact coverage over binomial counts that would be published, averaged over the truth."""
    whole = round_count(n)
    limits = [percent_interval(round_count(events), whole, whole) for events in range(8, n - 7)]
    covered = shown = 0.0
    for truth in np.linspace(0.3, 0.8, 26):
        for chance, (low, high) in zip(
            distributions.binom.pmf(range(8, n - 7), n, truth), limits, strict=True
        ):
            covered += chance * (low <= 100 * truth <= high)
            shown += chance
    assert covered / shown > 0.945


def test_percentages_are_whole_and_bounds_hold_for_every_count_behind_the_rounding() -> None:
    assert percent_of(10, 30) == 33
    for total in range(18, 120):
        percent = bound_percent(round_count(total), "all")
        if percent is not None:
            assert all(100 * (total - few) / total >= percent for few in range(8))
