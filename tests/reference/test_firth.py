"""Reference 08: Firth's logistic regression on R's endometrial data (brglm2, profile limits).

Not compared, since they are not offered: median bias reduction, Wald errors (limits are profile
limits), and the value of the penalised likelihood.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from parsoutcomes.models._firth import find_separation, fit_firth
from parsoutcomes.stats.kernels import fit_firth_batch

R = Path(__file__).parent / "r"
THEIRS = json.loads((R / "08_firth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def endometrial():
    data = pd.read_csv(R / "data" / "endometrial.csv")
    return data["HG"].to_numpy(float), data[["NV", "PI", "EH"]].to_numpy(float)


@pytest.mark.parametrize("name", ["AS_mean", "MPL_Jeffreys", "AS_mixed"])
def test_coefficients_agree_with_brglm2(endometrial, name):
    fit = fit_firth(*endometrial, conf_level=0.95)
    theirs = list(THEIRS["brglm2"][name]["coef"].values())
    assert fit.coefficients == pytest.approx(theirs, abs=1e-5)


def test_profile_limits_and_p_values(endometrial):
    fit, theirs = fit_firth(*endometrial, conf_level=0.95), THEIRS["profile"]
    assert fit.coefficients == pytest.approx(theirs["coef"], abs=1e-5)
    assert fit.conf_low == pytest.approx(theirs["profile_lower"], abs=1e-4)
    assert fit.conf_high == pytest.approx(theirs["profile_upper"], abs=1e-4)
    assert fit.p_value == pytest.approx(theirs["plr_p"], abs=1e-5)


def test_six_rows_told_apart_completely():
    tiny = THEIRS["tiny"]
    fit = fit_firth(
        np.array(tiny["y"], float), np.array(tiny["x"], float)[:, None], conf_level=0.95
    )
    theirs = tiny["profile"]
    assert fit.coefficients == pytest.approx(theirs["coef"], abs=1e-5)
    assert fit.conf_low == pytest.approx(theirs["profile_lower"], abs=1e-4)
    assert fit.conf_high == pytest.approx(theirs["profile_upper"], abs=1e-4)
    assert fit.p_value == pytest.approx(theirs["plr_p"], abs=1e-5)


def test_separation_is_found_where_the_ordinary_estimate_is_infinite(endometrial):
    assert find_separation(*endometrial).tolist() == [1, 0, 0]


def test_resampling_kernel_agrees_with_firthmodels(endometrial):
    events, design = endometrial
    centred = design - design.mean(axis=0)
    columns = np.column_stack([np.ones(len(events)), centred])
    weights = np.random.default_rng(1).integers(0, 3, (3, len(events))).astype(float)
    weights[0] = 1
    ours = fit_firth_batch(events, columns, weights)
    for fitted, weight in zip(ours, weights.astype(int), strict=True):
        copied = np.repeat(events, weight), np.repeat(centred, weight, axis=0)
        theirs = fit_firth(*copied, conf_level=0.95).coefficients
        assert fitted == pytest.approx(theirs, abs=1e-8)
