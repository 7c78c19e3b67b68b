"""Union and surgery together, written by hand and against plain expectation-maximisation."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.npmle import fit_npmle
from parsoutcomes.stats.npmle_competing import fit_npmle_competing, fit_npmle_competing_batch

NOT_YET = float("inf")
CLOSE = {"abs": 1e-9}


def test_right_censored_limit_is_aalen_johansen():
    """Surgery on day 1, censored on day 2, unions on days 3 and 4."""
    fit = fit_npmle_competing([1, 2, 3, 4], [1, NOT_YET, 3, 4], [2, 0, 1, 1], [0, 2, 0, 0])
    assert fit.incidence_at([1, 2, 3, 4], cause=1)[0] == pytest.approx([0, 0, 0.375, 0.75], **CLOSE)
    assert fit.incidence_at([0, 1, 4], cause=2)[0] == pytest.approx([0, 0.25, 0.25], **CLOSE)
    assert fit.open_mass == pytest.approx(0, **CLOSE)


def test_planned_visits_with_one_operation():
    """Ten: 3 united by day 90, 1 operated on day 120, 4 united by 180, 2 not yet at 180."""
    fit = fit_npmle_competing(
        [0] * 3 + [120] + [90] * 4 + [180] * 2,
        [90] * 3 + [120] + [180] * 4 + [NOT_YET] * 2,
        [1] * 3 + [2] + [1] * 4 + [0] * 2,
        [0] * 8 + [180] * 2,
    )
    lower, upper = fit.incidence_at([90, 180], cause=1)
    assert lower == pytest.approx([0.3, 0.7], **CLOSE)
    assert upper == pytest.approx(lower, **CLOSE)
    assert fit.open_mass == pytest.approx(0.2, **CLOSE)
    assert fit.incidence_at([119, 120], cause=2)[0] == pytest.approx([0, 0.1], **CLOSE)


def test_what_comes_after_the_last_look_is_left_open():
    fit = fit_npmle_competing([0, 90], [90, NOT_YET], [1, 0], [0, 200])
    union, surgery = fit.incidence_at([90, 91], cause=1), fit.incidence_at([200, 201], cause=2)
    assert union[0] == pytest.approx([0.5, 0.5])
    assert union[1] == pytest.approx([0.5, 1.0])
    assert surgery[0] == pytest.approx([0, 0])
    assert surgery[1] == pytest.approx([0, 0.5])


def test_surgery_without_a_date_lies_in_its_bracket():
    fit = fit_npmle_competing([90, 0], [200, 90], [2, 1], [0, 0])
    lower, upper = fit.incidence_at([90, 150, 200], cause=2)
    assert lower == pytest.approx([0, 0, 0.5])
    assert upper == pytest.approx([0, 0.5, 0.5])


def test_a_scan_may_count_at_a_planned_visit_after_the_last_contact():
    """Scanned on day 80, counted at day 91: a surgery on day 85 stays possible for this row."""
    fit = fit_npmle_competing([91, 85, 0], [NOT_YET, 85, 91], [0, 2, 1], [80, 0, 0])
    assert fit.incidence_at([91], cause=1)[0] == pytest.approx([1 / 3])
    assert fit.incidence_at([85], cause=2)[0] == pytest.approx([2 / 3])
    assert fit.open_mass == pytest.approx(0)


def test_only_surgery_and_only_censoring():
    fit = fit_npmle_competing([5, 9], [5, 9], [2, 2], [0, 0])
    assert fit.incidence_at([9], cause=2)[0] == pytest.approx([1])
    assert fit.incidence_at([9], cause=1)[1] == pytest.approx([0])
    fit = fit_npmle_competing([5, 9], [NOT_YET] * 2, [0, 0], [7, 9])
    assert fit.open_mass == pytest.approx(1)
    assert fit.incidence_at([9], cause=1)[1] == pytest.approx([0])


def draw(n, seed):
    rng = np.random.default_rng(seed)
    visits = np.cumsum(rng.integers(50, 130, (n, 4)), axis=1).astype(float)
    union, surgery = rng.exponential(200, n).round(), rng.exponential(500, n).round()
    union[rng.random(n) < 0.2] = np.inf
    end = np.minimum(visits[:, -1], surgery)
    seen = (visits <= end[:, None]) & (visits >= union[:, None])
    united = seen.any(axis=1)
    right = np.where(united, np.where(seen, visits, np.inf).min(axis=1), np.inf)
    before = np.where((visits <= end[:, None]) & (visits < union[:, None]), visits, 0.0)
    left = before.max(axis=1)
    operated = ~united & (surgery <= visits[:, -1])
    left, right = np.where(operated, surgery, left), np.where(operated, surgery, right)
    causes = np.where(united, 1, np.where(operated, 2, 0))
    contact = np.maximum(visits[:, -1] - rng.integers(0, 40, n), left)
    return left, right, causes, contact


def test_without_surgery_it_is_the_plain_estimate():
    left, right, causes, contact = draw(120, 1)
    keep = causes != 2
    joint = fit_npmle_competing(left[keep], right[keep], causes[keep], contact[keep])
    plain = fit_npmle(left[keep], right[keep])
    at = np.arange(0, 600, 5)
    assert joint.incidence_at(at, 1)[0] == pytest.approx(1 - plain.survival_at(at)[1], abs=1e-10)
    assert joint.incidence_at(at, 1)[1] == pytest.approx(1 - plain.survival_at(at)[0], abs=1e-10)
    assert joint.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-10)


def climb_by_expectation(fit, rows, n_steps=3000):
    """Return the log-likelihood that plain EM reaches on a dense table of all boxes."""
    left, right, causes, contact = rows
    table = []
    for low, high, cause, seen in zip(left, right, causes, contact, strict=True):
        union = (
            fit.union.left >= low
            if cause == 0
            else ((fit.union.left >= low) & (fit.union.right <= high) & (cause == 1))
        )
        surgery = (
            (fit.surgery.left >= seen) & (fit.surgery.right > seen)
            if cause == 0
            else ((fit.surgery.left >= low) & (fit.surgery.right <= high) & (cause == 2))
        )
        table.append(np.concatenate([union, surgery, [cause == 0]]).astype(float))
    table = np.array(table)
    mass = np.full(table.shape[1], 1 / table.shape[1])
    for _ in range(n_steps):
        mass = mass * (table / (table @ mass)[:, None]).mean(axis=0)
    return np.log(table @ mass).sum()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_likelihood_is_what_plain_expectation_maximisation_climbs_to(seed):
    rows = draw(60, seed)
    fit = fit_npmle_competing(*rows)
    assert fit.max_gradient <= 1e-8
    reached = climb_by_expectation(fit, rows)
    assert reached <= fit.log_likelihood + 1e-8
    assert reached == pytest.approx(fit.log_likelihood, abs=2e-3)
    total = fit.union.mass.sum() + fit.surgery.mass.sum() + fit.open_mass
    assert total == pytest.approx(1, abs=1e-12)


def test_batch_lies_within_one_at_a_time():
    rows = draw(80, 5)
    weights = np.random.default_rng(6).multinomial(80, np.full(80, 1 / 80), size=15)
    batch = fit_npmle_competing_batch(*rows, weights)
    at = np.arange(0, 600, 20)
    for cause in (1, 2):
        lower, upper = batch.incidence_at(at, cause)
        for row in range(15):
            single = fit_npmle_competing(*rows, weights=weights[row]).incidence_at(at, cause)
            assert (lower[row] >= single[0] - 1e-6).all()
            assert (upper[row] <= single[1] + 1e-6).all()


def test_batch_of_planned_visits_equals_one_at_a_time():
    left, right, causes, contact = draw(90, 7)
    group = np.array([0, 91, 183, 274, 365])
    left = np.where(causes == 2, left, group[np.clip((left / 91).round().astype(int), 0, 4)])
    later = group[np.clip((right / 91).clip(0, 4).round().astype(int), 1, 4)]
    right = np.where(causes == 1, np.maximum(later, left + 1), right)
    contact = np.maximum(contact, left)
    weights = np.random.default_rng(8).multinomial(90, np.full(90, 1 / 90), size=15)
    batch = fit_npmle_competing_batch(left, right, causes, contact, weights)
    at = [91, 183, 274, 365]
    whole = fit_npmle_competing_batch(left, right, causes, contact, np.ones((1, 90)))
    single = fit_npmle_competing(left, right, causes, contact)
    assert whole.incidence_at(at, 1)[0][0] == pytest.approx(single.incidence_at(at, 1)[0], abs=1e-8)
    assert (batch.incidence_at(at, 1)[0] <= batch.incidence_at(at, 1)[1] + 1e-12).all()


@pytest.mark.parametrize(
    ("left", "right", "causes", "contact"),
    [
        ([0], [1], [3], [1]),
        ([0], [NOT_YET], [1], [0]),
        ([5], [NOT_YET], [0], [-1]),
        ([0], [1, 2], [1], [0]),
    ],
)
def test_impossible_rows_are_refused(left, right, causes, contact):
    with pytest.raises((ArgumentError, ValueError)):
        fit_npmle_competing(left, right, causes, contact)


def test_surgery_on_a_day_that_nothing_bounds_has_mass_but_no_day():
    """Six: 3 united by day 180, 2 operated on at some time after day 90, 1 lost at day 90."""
    fit = fit_npmle_competing(
        [90] * 3 + [90] * 2 + [90],
        [180] * 3 + [NOT_YET] * 3,
        [1] * 3 + [2] * 2 + [0],
        [0] * 5 + [90],
    )
    assert [float(end[0]) for end in fit.incidence_at([180], cause=1)] == pytest.approx([0.6, 0.6])
    assert [float(end[0]) for end in fit.incidence_at([90], cause=2)] == [0, 0]
    assert [float(end[0]) for end in fit.incidence_at([9000], cause=2)] == pytest.approx([0, 0.4])


def test_union_without_a_right_end_is_refused():
    with pytest.raises(ArgumentError, match="1 unions without a right end"):
        fit_npmle_competing([0, 0], [NOT_YET, 90], [1, 1], [0, 0])
