"""Reference 02: the breast cosmesis estimates of R's npsurv."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from parsoutcomes.stats.npmle import fit_npmle

R = Path(__file__).parent / "r"
ANSWERS = json.loads((R / "02_npmle.json").read_text())


def cosmesis(arm):
    with (R / "data" / "cosmesis.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if arm in ("pooled", row["group"])]
    return [float(row["L"]) for row in rows], [float(row["R"]) for row in rows]


@pytest.fixture(params=["RT", "RCT", "pooled"])
def pair(request):
    return fit_npmle(*cosmesis(request.param)), ANSWERS[request.param]


def test_log_likelihood(pair):
    ours, theirs = pair
    assert ours.log_likelihood == pytest.approx(theirs["loglik_npsurv"], abs=1e-8)
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
