"""Time of one NPMLE fit and of its patient bootstrap, beside lifelines where it can keep up.

python benchmarks/npmle_speed.py
"""

from __future__ import annotations

import time
import warnings

import numpy as np

from parsoutcomes.stats.npmle import fit_npmle, fit_npmle_batch
from parsoutcomes.stats.resampling import patient_weights

PLANNED_DAYS = np.array([91.0, 183, 274, 365, 548, 730])


def draw_rows(n, *, planned, seed):
    """Draw (last scan without union, first with it]; 15 % of visits missed, a fifth never unite."""
    rng = np.random.default_rng(seed)
    union = np.where(rng.random(n) < 0.8, 20 + 180 * rng.weibull(1.5, n), np.inf)
    visits = np.tile(PLANNED_DAYS, (n, 1))
    if not planned:
        visits = np.sort(np.round(visits + rng.normal(0, 20, visits.shape)).clip(60, 1100), axis=1)
    attended = rng.random(visits.shape) < 0.85
    before = np.where(attended & (visits < union[:, None]), visits, 0.0).max(axis=1)
    after = np.where(attended & (visits >= union[:, None]), visits, np.inf).min(axis=1)
    return before, after


def best_time(function, n_repeats):
    times = []
    for _ in range(n_repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def time_lifelines(left, right):
    from lifelines import KaplanMeierFitter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return best_time(lambda: KaplanMeierFitter().fit_interval_censoring(left, right), 1)


def main():
    print("visits    rows  ours ms  lifelines ms")
    for planned in (True, False):
        for n in (200, 1000, 2000, 5000, 20_000, 200_000):
            left, right = draw_rows(n, planned=planned, seed=n)
            ours = best_time(lambda rows=(left, right): fit_npmle(*rows), 5) * 1000
            theirs = (
                time_lifelines(left, right) * 1000 if n <= (1000 if planned else 200) else np.nan
            )
            print(f"{'planned' if planned else 'daily':7s} {n:6d} {ours:8.2f} {theirs:13.0f}")
    left, right = draw_rows(10_000, planned=True, seed=1)
    patients = np.arange(10_000) // 2

    def bootstrap():
        fit_npmle_batch(left, right, patient_weights(patients, 2000, seed=1))

    print(f"patient bootstrap, 10,000 rows x 2,000: {best_time(bootstrap, 1):.2f} s")


if __name__ == "__main__":
    main()
