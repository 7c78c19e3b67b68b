"""References 07 and 09: random intercepts (exact integral and lme4 on cbpp, metafor on pritz1997).

Not compared: the fits with one node (lme4 nAGQ 1, glmmTMB, metafor nAGQ 1), since Laplace is
refused; deviances of lme4 with more nodes, which leave out a constant (the exact log-likelihood is
compared instead).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import t as student

from parsoutcomes.stats.random_intercept import fit_random_intercept_logit
from parsoutcomes.stats.random_intercept_intervals import wald_random_intercept

R = Path(__file__).parent / "r"
CBPP = json.loads((R / "07_glmm.json").read_text(encoding="utf-8"))
METAFOR = json.loads((R / "09_meta.json").read_text(encoding="utf-8"))["pritz"]["glmm"]


def rows_of_cbpp():
    data = pd.read_csv(R / "data" / "cbpp.csv")
    periods = [data["period"].eq(period).astype(float) for period in (2, 3, 4)]
    design = np.column_stack([np.ones(len(data)), *periods])
    return data["incidence"], data["size"], design, data["herd"]


def pool(n_nodes):
    data = pd.read_csv(R / "data" / "pritz1997.csv")
    return fit_random_intercept_logit(
        data["xi"], data["ni"], np.ones((len(data), 1)), data["study"], n_nodes=n_nodes
    )


def test_agrees_with_the_exact_integral_in_r():
    fit, theirs = fit_random_intercept_logit(*rows_of_cbpp()), CBPP["exact_quadrature_ml"]
    assert fit.coefficients == pytest.approx(theirs["par"][:4], abs=1e-6)
    assert np.log(fit.sigma) == pytest.approx(theirs["par"][4], abs=1e-6)
    assert fit.standard_errors == pytest.approx(theirs["se"][:4], abs=1e-6)
    assert fit.sigma_standard_error / fit.sigma == pytest.approx(theirs["se"][4], abs=1e-6)
    assert -2 * fit.log_likelihood == pytest.approx(theirs["minus2logLik"], abs=1e-6)


@pytest.mark.parametrize("n_nodes", [5, 9, 25])
def test_agrees_with_lme4_at_as_many_nodes(n_nodes):
    fit = fit_random_intercept_logit(*rows_of_cbpp(), n_nodes=n_nodes)
    theirs = CBPP[f"nAGQ{n_nodes}"]
    assert fit.coefficients == pytest.approx(list(theirs["fixef"].values()), abs=1e-6)
    assert fit.sigma == pytest.approx(theirs["sd_herd"], abs=1e-6)
    assert fit.standard_errors == pytest.approx(theirs["se"], abs=2e-4 if n_nodes == 5 else 1e-5)


@pytest.mark.parametrize(("name", "n_nodes"), [("z_nAGQ7", 7), ("z_nAGQ25", 25)])
def test_pooled_studies_agree_with_metafor(name, n_nodes):
    fit, theirs = pool(n_nodes), METAFOR[name]
    limits = wald_random_intercept(fit)
    assert fit.coefficients[0] == pytest.approx(theirs["beta"], abs=1e-4)
    assert fit.standard_errors[0] == pytest.approx(theirs["se"], abs=1e-4)
    assert fit.sigma**2 == pytest.approx(theirs["tau2"], abs=1e-4)
    assert limits.conf_low[0] == pytest.approx(theirs["ci_lb"], abs=1e-4)
    assert limits.conf_high[0] == pytest.approx(theirs["ci_ub"], abs=1e-4)


def test_pooled_studies_with_student_limits_agree_with_metafor():
    fit, theirs = pool(7), METAFOR["t_nAGQ7"]
    half_width = student.ppf(0.975, 13) * fit.standard_errors[0]
    assert fit.coefficients[0] - half_width == pytest.approx(theirs["ci_lb"], abs=1e-4)
    assert fit.coefficients[0] + half_width == pytest.approx(theirs["ci_ub"], abs=1e-4)


def test_six_studies_of_which_one_has_nobody_and_one_everybody():
    fit = fit_random_intercept_logit(
        [10, 0, 20, 15, 33, 5], [12, 8, 20, 30, 40, 9], np.ones((6, 1)), range(6), n_nodes=25
    )
    limits = wald_random_intercept(fit)
    logits = [fit.coefficients[0], limits.conf_low[0], limits.conf_high[0]]
    assert expit(logits) == pytest.approx([0.6884, 0.2445, 0.9378], abs=5e-5)
    assert fit.sigma**2 == pytest.approx(4.914, abs=5e-4)
