"""Reference 06: logit GEE on R's ohio data (geepack, gee, clubSandwich).

Not compared, since they are not offered: autoregressive correlation, probit, model-based, plain
(CR0, CR1, CR2), jackknife and first-order jackknife errors. The fits with scale held fixed under
independence have the same coefficients and are compared.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from parsoutcomes.models._statsmodels import fit_gee
from parsoutcomes.stats.kernels import fit_gee_batch

R = Path(__file__).parent / "r"
THEIRS = json.loads((R / "06_gee.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ohio():
    data = pd.read_csv(R / "data" / "ohio.csv.gz")
    design = np.column_stack([data["age"], data["smoke"], data["age"] * data["smoke"]])
    return data["resp"].to_numpy(float), design.astype(float), data["id"].to_numpy()


def coefficients(name):
    return list(THEIRS[name]["coef"].values())


@pytest.mark.parametrize("name", ["independence", "independence_scale_fixed"])
def test_independence_agrees_with_geepack(ohio, name):
    fit = fit_gee(*ohio, exchangeable=False)
    assert fit.coefficients == pytest.approx(coefficients(name), abs=1e-6)


def test_mancl_derouen_is_the_cr3_of_clubsandwich_under_independence(ohio):
    fit = fit_gee(*ohio, exchangeable=False)
    theirs = THEIRS["independence_clubSandwich"]["CR3"]
    assert fit.standard_errors == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(
    "name",
    ["exchangeable", "exchangeable_scale_fixed", "exchangeable_jackknife", "exchangeable_fij"],
)
def test_exchangeable_agrees_with_geepack_whose_correlation_is_estimated_otherwise(ohio, name):
    fit = fit_gee(*ohio)
    assert fit.coefficients == pytest.approx(coefficients(name), abs=1e-3)


def test_exchangeable_errors_are_those_of_geepacks_jackknife_within_a_hundredth(ohio):
    fit = fit_gee(*ohio)
    assert fit.standard_errors == pytest.approx(THEIRS["exchangeable_jackknife"]["se"], rel=0.01)


def test_resampling_kernel_agrees_with_statsmodels_on_resamples(ohio):
    some = np.isin(ohio[2], np.unique(ohio[2])[::5])
    events, design, clusters = (part[some] for part in ohio)
    drawn = np.random.default_rng(1).integers(1, 4, np.unique(clusters).size)
    weights = drawn[np.unique(clusters, return_inverse=True)[1]]
    columns = np.column_stack([np.ones(len(events)), design])
    copies = np.repeat(np.arange(len(events)), weights)
    copy = np.concatenate([np.arange(count) for count in weights])
    theirs = fit_gee(events[copies], design[copies], clusters[copies] * 10 + copy)
    held = fit_gee_batch(
        events, columns, clusters, weights[None, :].astype(float), correlation=theirs.correlation
    )
    assert held[0] == pytest.approx(theirs.coefficients, abs=1e-8)


def test_exchangeable_agrees_with_the_gee_package_which_takes_off_the_same_degrees_of_freedom(ohio):
    fit = fit_gee(*ohio)
    assert fit.coefficients == pytest.approx(coefficients("gee_pkg_exchangeable"), abs=1e-8)
    assert fit.correlation == pytest.approx(THEIRS["gee_pkg_exchangeable"]["alpha"], abs=1e-8)


def test_resampling_kernel_agrees_with_the_gee_package(ohio):
    events, design, clusters = ohio
    columns = np.column_stack([np.ones(len(events)), design])
    ours = fit_gee_batch(events, columns, clusters, np.ones((1, len(events))))
    assert ours[0] == pytest.approx(coefficients("gee_pkg_exchangeable"), abs=1e-8)
