"""The predictive prior against RBesT, scipy's quadrature and betas, and plain sampling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import beta, betabinom, binom, norm

from parsoutcomes.stats.predictive_prior import fit_predictive_prior, update_robustly
from parsoutcomes.stats.rate_density import RATES, beta_density, mix_densities

# RBesT 1.9-0, "Getting started with RBesT (binary)": placebo arms of eight ankylosing spondylitis
# trials, mu ~ N(0, 2^2), with what it prints for tau half-normal(1) and half-normal(1/2).
RESPONDERS = [23, 12, 19, 9, 39, 6, 9, 10]
PATIENTS = [107, 44, 51, 39, 139, 20, 78, 35]
PRINTED = {
    1.0: {"tau": 0.387, "mean": 0.2550, "sd": 0.0864, 0.025: 0.106, 0.5: 0.247, 0.975: 0.461},
    0.5: {"tau": 0.335, "mean": 0.2590, "sd": 0.0776, 0.025: 0.129, 0.5: 0.250, 0.975: 0.442},
}
MIXTURE = [
    (0.4612914, 33.9513487, 103.0146367),
    (0.1917812, 19.4400089, 41.5205219),
    (0.1893896, 12.2692310, 55.9202833),
    (0.1575378, 2.2521243, 5.4812202),
]


@pytest.mark.parametrize("spread_sd", [1.0, 0.5])
def test_rbest_example_within_its_monte_carlo_error(spread_sd):
    """RBesT samples: its mean moves by about 0.004 between runs, its outer quantiles by 0.01."""
    fitted = fit_predictive_prior(RESPONDERS, PATIENTS, logit_sd=2.0, spread_sd=spread_sd)
    printed, rate = PRINTED[spread_sd], fitted.new_series
    assert rate.mean() == pytest.approx(printed["mean"], abs=0.004)
    assert rate.standard_deviation() == pytest.approx(printed["sd"], abs=0.003)
    assert fitted.spread_mean() == pytest.approx(printed["tau"], abs=0.015)
    assert rate.quantile(0.5) == pytest.approx(printed[0.5], abs=0.003)
    for level in (0.025, 0.975):
        assert rate.quantile(level) == pytest.approx(printed[level], abs=0.012)


def test_rbest_mixture_has_its_moments_quantiles_and_effective_sizes():
    """RBesT prints ELIR sizes of 38, and 27 with 0.2 of the weight on Beta(1, 1).

    Its quantiles are those of its root finder, up to 3e-5 from scipy's betas; ours are within 1e-6.
    """
    mixture = mix_densities([(weight, beta_density(a, b)) for weight, a, b in MIXTURE])
    robust = update_robustly(mixture, 0, 0, flat_weight=0.2).prior
    assert mixture.mean() == pytest.approx(0.25545885, abs=1e-6)
    assert mixture.standard_deviation() == pytest.approx(0.08662045, abs=1e-6)
    for level, value in ((0.025, 0.10730400), (0.5, 0.24758768), (0.975, 0.46276759)):
        assert mixture.quantile(level) == pytest.approx(value, abs=5e-5)
        exact = sum(weight * beta.cdf(mixture.quantile(level), a, b) for weight, a, b in MIXTURE)
        assert exact == pytest.approx(level, abs=1e-6)
    assert round(mixture.effective_sample_size()) == 38
    assert round(robust.effective_sample_size()) == 27


def test_rbest_posterior_probability_of_its_trial():
    """1 of 6 on placebo, 14 of 24 treated from Beta(0.5, 1): RBesT prints 0.9917197."""
    mixture = mix_densities([(weight, beta_density(a, b)) for weight, a, b in MIXTURE])
    placebo = update_robustly(mixture, 1, 6, flat_weight=0.2).posterior
    treated = beta_density(14.5, 11.0)
    assert treated.probability_above(placebo) == pytest.approx(0.9917197, abs=1e-5)


@pytest.mark.parametrize(("a", "b"), [(1, 1), (3, 7), (30, 70), (300, 100)])
def test_effective_size_of_a_beta_is_its_two_numbers_added(a, b):
    assert beta_density(a, b).effective_sample_size() == pytest.approx(a + b, rel=1e-5)


def test_a_beta_is_scipys_before_and_after_counts():
    prior = beta_density(2, 3)
    posterior, _ = prior.update(7, 10)
    for density, (a, b) in ((prior, (2, 3)), (posterior, (9, 6))):
        assert density.mean() == pytest.approx(a / (a + b), abs=1e-9)
        assert density.density_of_rate() == pytest.approx(beta.pdf(RATES, a, b), abs=1e-9)
        assert density.quantile(0.1) == pytest.approx(beta.ppf(0.1, a, b), abs=1e-6)
    expected = betabinom.pmf(range(13), 12, 2, 3)
    assert prior.predict_counts(12) == pytest.approx(expected, abs=1e-9)


def test_without_spread_between_series_they_are_one_by_quadrature():
    fitted = fit_predictive_prior([7, 9], [10, 12], spread_sd=1e-6).new_series

    def joint(logit: float, power: int) -> float:
        rate = expit(logit)
        return norm.pdf(logit, 0, 1.5) * binom.pmf(16, 22, rate) * rate**power

    total, first, second = (quad(joint, -12, 12, args=(k,), epsabs=1e-13)[0] for k in range(3))
    assert fitted.mean() == pytest.approx(first / total, abs=1e-7)
    variance = second / total - (first / total) ** 2
    assert fitted.standard_deviation() == pytest.approx(np.sqrt(variance), abs=1e-7)


def test_plain_sampling_from_the_model_agrees():
    """Importance sampling: mu, tau and each series' logit from the prior, weighed by the counts."""
    rng = np.random.default_rng(1)
    mu = rng.normal(0, 1.5, 2_000_000)
    tau = np.abs(rng.normal(0, 0.5, mu.size))
    weight = np.ones(mu.size)
    for x, n in ((12, 15), (5, 12)):
        weight *= binom.pmf(x, n, expit(mu + tau * rng.standard_normal(mu.size)))
    rate = expit(mu + tau * rng.standard_normal(mu.size))
    weight /= weight.sum()
    error = np.sqrt((weight**2 * (rate - weight @ rate) ** 2).sum())
    fitted = fit_predictive_prior([12, 5], [15, 12])
    assert fitted.new_series.mean() == pytest.approx(weight @ rate, abs=4 * error)
    assert fitted.spread_mean() == pytest.approx(weight @ tau, abs=0.003)
    below = weight[rate < 0.5].sum()
    found = np.interp(0.0, np.log(RATES / (1 - RATES)), fitted.new_series.cumulative())
    assert found == pytest.approx(below, abs=0.003)
