"""The regressions behind the weights against statsmodels, and weighted curves by hand."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize

from parsoutcomes.conventions import WEIGHT_PRIOR_DEVIATION
from parsoutcomes.stats.pooled_logistic import fit_logistic_batch

RNG = np.random.default_rng(7)


def rows_of(n=400):
    design = np.column_stack([np.ones(n), RNG.integers(0, 2, n), RNG.normal(size=n)])
    chance = 1 / (1 + np.exp(-(design @ [-0.5, 0.8, -0.6])))
    return design, (RNG.random(n) < chance).astype(float)


def test_coefficients_are_those_of_statsmodels_glm() -> None:
    design, events = rows_of()
    weights = RNG.integers(0, 4, size=(3, len(events)))
    batch = fit_logistic_batch(design, events, weights)
    for found, frequency in zip(batch.coefficients, weights, strict=True):
        model = sm.GLM(events, design, family=sm.families.Binomial(), freq_weights=frequency)
        theirs = model.fit(tol=1e-14, maxiter=200).params
        assert found == pytest.approx(theirs, abs=1e-8)
    assert not batch.is_penalised.any()


def test_a_separated_fit_is_penalised_and_stays_finite() -> None:
    design = np.column_stack([np.ones(60), np.repeat([0.0, 1.0], 30)])
    events = np.concatenate([np.tile([0.0, 1.0], 15), np.ones(30)])
    batch = fit_logistic_batch(design, events, np.ones((1, 60)))
    assert batch.is_penalised.tolist() == [True]

    def objective(beta):
        logits = design @ beta
        likelihood = events @ logits - np.logaddexp(0, logits).sum()
        return -likelihood + 0.5 * (beta[1] / WEIGHT_PRIOR_DEVIATION) ** 2

    theirs = minimize(objective, np.zeros(2), tol=1e-12).x
    assert batch.coefficients[0] == pytest.approx(theirs, abs=1e-4)


def test_one_fit_does_not_depend_on_those_beside_it() -> None:
    design, events = rows_of()
    weights = RNG.integers(0, 4, size=(6, len(events)))
    together = fit_logistic_batch(design, events, weights).coefficients
    alone = [fit_logistic_batch(design, events, row[None]).coefficients[0] for row in weights]
    assert together == pytest.approx(np.array(alone), abs=1e-9)


def test_no_event_or_nothing_else_needs_no_fit() -> None:
    ones = np.ones((4, 1))
    none = fit_logistic_batch(ones, [0, 0, 0, 0], np.ones((1, 4)))
    every = fit_logistic_batch(ones, [1, 1, 1, 1], np.ones((1, 4)))
    assert none.probabilities.tolist() == [[0.0] * 4]
    assert every.probabilities.tolist() == [[1.0] * 4]
