"""Reference 04: R's survfit on the mgus2 data, incidence and infinitesimal-jackknife errors."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from parsoutcomes.stats.aalen_johansen import estimate_cumulative_incidence
from parsoutcomes.stats.npmle import fit_npmle_competing

R = Path(__file__).parent / "r"
ANSWERS = json.loads((R / "04_aj_finegray.json").read_text(encoding="utf-8"))


def columns():
    with gzip.open(R / "data" / "mgus2.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([row[key] for row in rows], dtype=float) for key in rows[0]}


@pytest.mark.parametrize("male", [0, 1])
@pytest.mark.parametrize(("cause", "name"), [(1, "pcm"), (2, "death")])
def test_incidence_and_standard_error(male, cause, name):
    data, theirs = columns(), ANSWERS["aalen_johansen"]["by_male"][f"male={male}"]
    keep = data["male"] == male
    curve = estimate_cumulative_incidence(data["etime"][keep], data["event"][keep], cause=cause)
    incidence, standard_error = curve.incidence_at(theirs["time"])
    assert incidence == pytest.approx(np.array(theirs[f"cif_{name}"]), abs=1e-8)
    assert standard_error == pytest.approx(np.array(theirs[f"se_{name}"]), abs=1e-8)


@pytest.mark.parametrize("male", [0, 1])
def test_the_joint_estimate_from_exact_days_is_the_same_curve(male):
    data, theirs = columns(), ANSWERS["aalen_johansen"]["by_male"][f"male={male}"]
    keep = data["male"] == male
    days, causes = data["etime"][keep], data["event"][keep]
    fit = fit_npmle_competing(days, days, causes, days)
    seen = np.array(theirs["time"]) <= days.max()
    for cause, name in ((1, "pcm"), (2, "death")):
        lower, _ = fit.incidence_at(np.array(theirs["time"])[seen], cause)
        assert lower == pytest.approx(np.array(theirs[f"cif_{name}"])[seen], abs=1e-8)


@pytest.mark.parametrize(("curve", "male", "cause"), [(0, 0, 1), (1, 1, 1), (2, 0, 2), (3, 1, 2)])
def test_cmprsk_has_the_same_curve_and_another_variance(curve, male, cause):
    """Aalen's variance, which cmprsk gives, is one to two and a half per cent from ours."""
    data, theirs = columns(), ANSWERS["cuminc"]
    assert theirs["curves"][curve] == f"{male} {cause}"
    keep = data["male"] == male
    ours = estimate_cumulative_incidence(data["etime"][keep], data["event"][keep], cause=cause)
    incidence, error = ours.incidence_at(theirs["time"])
    assert incidence == pytest.approx(np.array(theirs["est"][curve]), abs=1e-8)
    assert error == pytest.approx(np.sqrt(theirs["var"][curve]), rel=0.03, abs=1e-8)
