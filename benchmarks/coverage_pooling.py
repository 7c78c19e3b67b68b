"""Coverage of pooled proportions and of what a new study may show, by simulation.

Studies have 8 to 100 pars (log-uniform, as the published series do); their log odds are normal
about a typical one. The pooled interval must hold the typical proportion, the prediction interval
the true proportion of one more study. Draws that a method refuses (nobody, everybody, no highest
likelihood) are counted, not covered for.

    python benchmarks/coverage_pooling.py [replicates]
"""

from __future__ import annotations

import sys

import numpy as np
from scipy.special import expit, logit

from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.pooling import POOLING_METHODS, pool_proportions

N_STUDIES = (3, 5, 10, 20)
TAU = (0.0, 0.5, 1.0)
TYPICAL = (0.60, 0.85)


def simulate_cell(typical, tau, n_studies, method, n_replicates):
    rng = np.random.default_rng([int(100 * typical), int(10 * tau), n_studies])
    pooled_held, new_held, widths, refused = [], [], [], 0
    for _ in range(n_replicates):
        *rates, new = expit(logit(typical) + tau * rng.standard_normal(n_studies + 1))
        n = np.round(np.exp(rng.uniform(np.log(8), np.log(100), n_studies))).astype(int)
        united = rng.binomial(n, rates)
        try:
            pooled = pool_proportions(united, n, method=method)
        except EstimationError:
            refused += 1
            continue
        pooled_held.append(pooled.conf_low <= typical <= pooled.conf_high)
        new_held.append(pooled.predict_low <= new <= pooled.predict_high)
        widths.append(pooled.conf_high - pooled.conf_low)
    return np.mean(pooled_held), np.mean(new_held), np.mean(widths), refused


def main():
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    error = 100 * np.sqrt(0.95 * 0.05 / n_replicates)
    print(f"{n_replicates} replicates a cell; nominal 95 %, Monte Carlo standard error {error:.1f}")
    print("method   studies  tau  typical  pooled  new study  width  refused")
    for method in POOLING_METHODS:
        for n_studies in N_STUDIES:
            for tau in TAU:
                for typical in TYPICAL:
                    held, new, width, refused = simulate_cell(
                        typical, tau, n_studies, method, n_replicates
                    )
                    cell = f"{method:8s} {n_studies:6d}  {tau:4.1f}  {typical:7.2f}"
                    shares = f"{100 * held:7.1f} {100 * new:9.1f}  {width:6.3f}"
                    print(f"{cell} {shares} {refused:7d}", flush=True)


if __name__ == "__main__":
    main()
