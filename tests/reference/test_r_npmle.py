"""Reference 02: the breast cosmesis estimates of R's npsurv."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from parsoutcomes.stats.npmle import fit_npmle
from parsoutcomes.stats.npmle_influence import read_rows
from parsoutcomes.stats.npmle_interval_methods import limits_by, prepare

R = Path(__file__).parent / "r"
ANSWERS = json.loads((R / "02_npmle.json").read_text(encoding="utf-8"))


def cosmesis(arm):
    with (R / "data" / "cosmesis.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if arm in ("pooled", row["group"])]
    return [float(row["L"]) for row in rows], [float(row["R"]) for row in rows]


@pytest.fixture(params=["RT", "RCT", "pooled"])
def pair(request):
    return fit_npmle(*cosmesis(request.param)), ANSWERS[request.param]


def test_log_likelihood(pair):
    ours, theirs = pair
    assert ours.log_likelihood == pytest.approx(theirs["loglik_npsurv"], abs=1e-8)
    assert ours.log_likelihood == pytest.approx(theirs["loglik_em"], abs=1e-8)
    assert ours.max_gradient < 1e-10


def test_boxes_and_masses(pair):
    ours, theirs = pair
    carried = ours.mass > 1e-9
    assert ours.left[carried].tolist() == theirs["left"]
    assert ours.right[carried].tolist() == [float(end) for end in theirs["right"]]
    assert ours.mass[carried] == pytest.approx(np.array(theirs["mass"]), abs=1e-6)


def test_survival_where_it_is_determined(pair):
    ours, theirs = pair
    lower, upper = ours.survival_at(theirs["S_time"])
    determined = upper - lower < 1e-9
    assert determined.sum() >= len(theirs["S_time"]) - 1
    assert lower[determined] == pytest.approx(np.array(theirs["S"])[determined], abs=1e-6)


def test_the_number_of_rows(pair):
    assert pair[1]["n"] == {8: 46, 11: 48, 12: 94}[len(pair[1]["mass"])]


def test_survival_is_near_that_of_survfit_which_stops_early(pair):
    ours, theirs = pair[0], pair[1]["survfit_turnbull"]
    lower, upper = ours.survival_at(theirs["time"])
    determined = upper - lower < 1e-9
    assert lower[determined] == pytest.approx(np.array(theirs["surv"])[determined], abs=5e-4)


@pytest.mark.parametrize("arm", ["RT", "RCT", "pooled"])
def test_limits_of_the_likelihood_ratio_are_the_profile_of_r(arm):
    """Rows as patients: no design effect, and the level at which Student's t is the normal's."""
    left, right = (np.array(end) for end in cosmesis(arm))
    theirs = ANSWERS[arm]["profile_ci"]
    n = left.size
    rows = read_rows(left, right, np.isfinite(right).astype(int), left, np.arange(n))
    level = 2 * student.cdf(norm.ppf(0.975), n - 1) - 1
    times = np.array([float(one["t"]) for one in theirs])
    of = prepare(rows, times, conf_level=level, n_resamples=2, seed=1)
    alone = np.ones(times.size)
    low, high = (replace(end, design_effect=alone) for end in (of.low, of.high))
    found = limits_by("likelihood_ratio", replace(of, low=low, high=high))
    assert 1 - of.low.estimate == pytest.approx([one["S"] for one in theirs], abs=1e-6)
    assert 1 - found[1] == pytest.approx([one["lower"] for one in theirs], abs=1e-3)
    assert 1 - found[0] == pytest.approx([one["upper"] for one in theirs], abs=1e-3)


@pytest.mark.parametrize("arm", ["RT", "RCT"])
def test_resamples_spread_as_those_of_r(arm):
    """Each resample has boxes of its own and, as in R, a straight line inside them.

    Within Monte Carlo error of both: quantiles jump by one of 46 rows, 0.022.
    """
    left, right = (np.array(end) for end in cosmesis(arm))
    theirs = ANSWERS["bootstrap_percentile"][arm]
    drawn = np.random.default_rng(1).integers(0, left.size, (theirs["B"], left.size))
    times = np.array(theirs["time"], dtype=float)
    survival = np.array([straight(fit_npmle(left[rows], right[rows]), times) for rows in drawn])
    assert survival.std(axis=0, ddof=1) == pytest.approx(np.array(theirs["se"]), abs=0.01)
    for level, key in ((0.025, "q025"), (0.975, "q975")):
        assert np.quantile(survival, level, axis=0) == pytest.approx(theirs[key], abs=0.03)


def straight(fit, times):
    width = np.where(fit.right > fit.left, fit.right - fit.left, 1.0)
    inside = np.clip((times[:, None] - fit.left) / width, 0, 1)
    return 1 - np.where(np.isfinite(fit.right), inside, 0) @ fit.mass
