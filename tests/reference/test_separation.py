"""Separated clusters: 30 of 30 with x and 21 of 30 without; the ordinary estimate is infinite."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from parsoutcomes.errors import EstimationError
from parsoutcomes.models.logistic_fit import fit_logistic_rows

DATA = Path(__file__).parent / "r" / "data" / "separated_clusters.csv"
OPTIONS = {"outcome": "y", "clusters": "id", "conf_level": 0.95, "n_resamples": 200, "seed": 1}


@pytest.fixture(scope="module")
def rows():
    return pd.read_csv(DATA)


@pytest.fixture(scope="module")
def fit(rows):
    return fit_logistic_rows(rows, terms=["x", "age"], method="auto", **OPTIONS)


def test_firth_is_chosen_and_agrees_with_brglm2(fit):
    x = fit.frame.query("term == 'x' and measure == 'odds_ratio'").iloc[0]
    assert fit.method_used == "firth"
    assert np.log(x["estimate"]) == pytest.approx(3.276, abs=5e-4)
    assert fit.separation.endswith("an infinite odds ratio to x (per unit)")


def test_the_false_estimate_of_an_ordinary_gee_is_never_printed(fit):
    odds = fit.frame.query("measure == 'odds_ratio'").set_index("term")
    assert np.log(odds["estimate"]).max() < 4
    assert np.log(odds.loc["x", "conf_high"] / odds.loc["x", "conf_low"]) > 4


def test_gee_asked_for_by_name_is_refused_and_names_term_and_level(rows):
    with pytest.raises(EstimationError, match=r"x \(per unit\)") as refused:
        fit_logistic_rows(rows, terms=["x", "age"], method="gee", **OPTIONS)
    assert 'method="firth"' in refused.value.fix


def test_the_separated_level_has_an_exact_limit_to_its_risk(rows):
    named = rows.assign(x=rows["x"].map({0: "no", 1: "yes"}))
    fit = fit_logistic_rows(named, terms=["x", "age"], method="auto", **OPTIONS)
    risk = fit.frame.query("term == 'x' and measure == 'risk'").set_index("level").loc["yes"]
    assert "x yes (30 of 30 united; no 21 of 30)" in fit.separation
    assert risk["n_events"] == risk["n_defects"] == 30
    assert risk["conf_low"] == pytest.approx(0.025 ** (1 / 30))
    assert risk["conf_high"] == 1
