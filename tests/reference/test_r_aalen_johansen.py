"""Reference 04: R's survfit on the mgus2 data, incidence and infinitesimal-jackknife errors."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from parsoutcomes.stats.aalen_johansen import estimate_cumulative_incidence

R = Path(__file__).parent / "r"
ANSWERS = json.loads((R / "04_aj_finegray.json").read_text())


def columns():
    with gzip.open(R / "data" / "mgus2.csv.gz", "rt") as file:
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
