"""Rubin's rules against R's mice (reference 13), from the completed sets themselves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from parsoutcomes.stats.multinomial import fit_multinomial
from parsoutcomes.stats.multiple_imputation import pool_estimates

R = Path(__file__).parent / "r"
ANSWERS = json.loads((R / "13_mi.json").read_text(encoding="utf-8"))
ENTRIES = {
    "estimate": "estimate",
    "within_variance": "ubar",
    "between_variance": "b",
    "total_variance": "t",
    "degrees_of_freedom": "df",
    "relative_increase": "riv",
    "variance_share": "lambda",
    "missing_information": "fmi",
    "standard_error": "se",
    "conf_low": "lower",
    "conf_high": "upper",
    "p_value": "p",
}


def completed_sets():
    frame = pd.read_csv(R / "data" / "nhanes2_completed.csv")
    return [part for _, part in frame.groupby("imp")]


def least_squares(rows):
    design = np.column_stack([np.ones(len(rows)), rows["age"], rows["bmi"]])
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ rows["chl"]
    residual = rows["chl"] - design @ coefficients
    return coefficients, np.diag(inverse) * float(residual @ residual) / (len(rows) - 3)


def logistic(rows):
    """R stops its iterations at a change of deviance of 1e-8, one Newton step before ours."""
    design = np.column_stack([np.ones(len(rows)), rows["bmi"]])
    seen, coefficients = rows["hyp"].to_numpy(float), np.zeros(2)
    for _ in range(50):
        risk = 1 / (1 + np.exp(-design @ coefficients))
        inverse = np.linalg.inv(design.T @ ((risk * (1 - risk))[:, None] * design))
        coefficients = coefficients + inverse @ design.T @ (seen - risk)
    return coefficients, np.diag(inverse)


@pytest.mark.parametrize(
    ("answer", "fit", "freedom", "within"),
    [
        ("pool_lm", least_squares, 22, 1e-8),
        ("pool_lm_dfcom_infinite", least_squares, 1e7, 1e-8),
        ("pool_logit", logistic, 23, 1e-5),
    ],
)
def test_every_entry_agrees_with_mice(answer, fit, freedom, within) -> None:
    fits = [fit(rows) for rows in completed_sets()]
    for place in range(len(ANSWERS[answer]["term"])):
        pooled = pool_estimates(
            [coefficients[place] for coefficients, _ in fits],
            [variances[place] for _, variances in fits],
            complete_degrees_of_freedom=freedom,
        )
        for ours, theirs in ENTRIES.items():
            expected = ANSWERS[answer][theirs][place]
            assert getattr(pooled, ours) == pytest.approx(expected, rel=within), ours


def test_the_scalar_example_agrees_with_mice() -> None:
    example = ANSWERS["pool_scalar_example"]
    freedom = example["n"] - example["k"]
    pooled = pool_estimates(example["Q"], example["U"], complete_degrees_of_freedom=freedom)
    assert pooled.estimate == pytest.approx(example["qbar"], abs=1e-8)
    assert pooled.within_variance == pytest.approx(example["ubar"], abs=1e-8)
    assert pooled.between_variance == pytest.approx(example["b"], abs=1e-8)
    assert pooled.total_variance == pytest.approx(example["t"], abs=1e-8)
    assert pooled.degrees_of_freedom == pytest.approx(example["df"], abs=1e-8)
    assert pooled.relative_increase == pytest.approx(example["r"], abs=1e-8)
    assert pooled.missing_information == pytest.approx(example["fmi"], abs=1e-8)


@pytest.mark.parametrize("n_categories", [2, 3, 4])
def test_multinomial_regression_agrees_with_statsmodels(n_categories) -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(n_categories)
    design = np.column_stack([np.ones(300), rng.normal(size=(300, 2)), rng.random(300) < 0.4])
    codes = (rng.random(300) * n_categories + 0.3 * design[:, 1]).clip(0, n_categories - 1)
    codes = codes.astype(int)
    theirs = sm.MNLogit(codes, design).fit(disp=0, method="newton", tol=1e-12).params.T
    assert fit_multinomial(codes, design, n_categories=n_categories) == pytest.approx(
        theirs, abs=1e-6
    )
