"""How often the predictive prior and the posterior cover, with series drawn from the model.

Each replicate draws mu, tau, k published series and a clinic's own rate from the prior itself, and
counts: on average over the model, equal-tailed intervals must cover at their level exactly. The
clinic's pars are clustered in patients (equal with probability ICC), so its counts are effective.

    python benchmarks/coverage_union_prior.py --replicates 1000
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.special import expit

from parsoutcomes.stats.predictive_prior import fit_predictive_prior, update_robustly
from parsoutcomes.stats.proportions import clustered_interval

ICC = 0.3


def draw_pars(n_patients: int, rate: float, rng):
    patient = np.repeat(np.arange(n_patients), 1 + (rng.random(n_patients) < 0.5))
    shared = rng.random(n_patients)[patient]
    ranks = np.where(rng.random(patient.size) < np.sqrt(ICC), shared, rng.random(patient.size))
    return ranks < rate, patient


def run_one(n_series: int, n_patients: int, rng) -> dict[str, tuple[bool, bool]]:
    mu, tau = rng.normal(0, 1.5), abs(rng.normal(0, 0.5))
    rates = expit(rng.normal(mu, tau, n_series + 1))
    n = rng.integers(10, 100, n_series)
    new_series = fit_predictive_prior(rng.binomial(n, rates[:-1]), n).new_series
    united, patient = draw_pars(n_patients, rates[-1], rng)
    effective = clustered_interval(united, patient).effective_n
    found = {"new series": new_series}
    for name, weight in (("posterior, pure", 0.0), ("posterior, robust", 0.2), ("flat", 1.0)):
        found[name] = update_robustly(
            new_series, united.mean() * effective, effective, flat_weight=weight
        ).posterior
    return {
        name: (rates[-1] < rate.quantile(0.025), rates[-1] > rate.quantile(0.975))
        for name, rate in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--patients", type=int, nargs="+", default=[15, 60])
    parser.add_argument("--series", type=int, nargs="+", default=[1, 3])
    options = parser.parse_args()
    for n_series in options.series:
        for n_patients in options.patients:
            rng = np.random.default_rng([n_series, n_patients])
            runs = [run_one(n_series, n_patients, rng) for _ in range(options.replicates)]
            for name in runs[0]:
                below, above = np.mean([run[name] for run in runs], axis=0)
                print(
                    f"{n_series} series, {n_patients} patients, {name}: covered "
                    f"{1 - below - above:.1%} (below {below:.1%}, above {above:.1%})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
