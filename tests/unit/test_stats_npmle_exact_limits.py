"""Limits at a month at which few were scanned: what others show later says nothing of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from parsoutcomes.stats.npmle_intervals import estimate_incidence
from parsoutcomes.stats.proportions import clopper_pearson_interval

NOT_YET = math.inf


def at_month_3(left, right):
    causes = np.isfinite(right).astype(int)
    return estimate_incidence(left, right, causes, left, np.arange(len(left)), [3])


def test_five_scanned_of_forty_do_not_tell_as_much_as_forty():
    """Thirty united by 6 months; the five of them scanned at 3 months were not united then."""
    found = at_month_3([3] * 5 + [0] * 25 + [6] * 10, [6] * 30 + [NOT_YET] * 10)
    of_five = clopper_pearson_interval(0, 5).conf_high
    assert found.estimate[0] == pytest.approx(0, abs=1e-9)
    assert found.conf_high[0] == pytest.approx(0.75 * of_five, abs=0.02)


def test_all_five_united_at_3_months_do_not_prove_that_all_thirty_were():
    found = at_month_3([0] * 30 + [6] * 10, [3] * 5 + [6] * 25 + [NOT_YET] * 10)
    few_by_3 = 0.75 * clopper_pearson_interval(5, 5).conf_low
    assert found.conf_low[0] < few_by_3 + 0.1


def test_where_everybody_was_scanned_the_limits_are_those_of_the_count():
    found = at_month_3([3] * 12, [6] * 6 + [NOT_YET] * 6)
    assert found.conf_high[0] == pytest.approx(clopper_pearson_interval(0, 12).conf_high)


def test_inside_a_box_limits_are_those_of_its_ends():
    left, right = [0] * 12 + [6] * 8, [6] * 12 + [NOT_YET] * 8
    causes = [1] * 12 + [0] * 8
    found = estimate_incidence(left, right, causes, left, range(20), [3, 6])
    assert found.conf_high[0] == found.conf_high[1]
    assert found.conf_low[0] == 0
    later = estimate_incidence(left, right, causes, left, range(20), [6, 9])
    assert later.conf_low[1] == later.conf_low[0]
