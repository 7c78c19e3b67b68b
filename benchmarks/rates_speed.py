"""Speed of a clustered rate in four groups: ours, a plain pandas loop, and statsmodels.

All in one run on one machine, so that ratios can be read. The slow ones are timed on a few
resamples and scaled up, as the table says. 60 % of patients are bilateral.

    python benchmarks/rates_speed.py [resamples]
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
import statsmodels.api as sm

from parsoutcomes.stats.group_resampling import bca_difference, resample_group_rates
from parsoutcomes.stats.proportions import clustered_interval

N_DEFECTS = [200, 2_000, 20_000]
GROUPS = ["pre_lysis", "early", "progressive", "terminal"]


def make_defects(n_defects, seed=1):
    rng = np.random.default_rng(seed)
    sizes = 1 + (rng.random(n_defects) < 0.6)
    patient = np.repeat(np.arange(n_defects), sizes)[:n_defects]
    frailty = rng.beta(1.4, 0.6, n_defects)
    return pd.DataFrame(
        {
            "patient": patient,
            "stage": rng.choice(GROUPS, n_defects),
            "united": (rng.random(n_defects) < frailty[patient]).astype(int),
        }
    )


def time_best(function, n_repeats):
    best = np.inf
    for _ in range(n_repeats):
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best


def ours(defects, n_resamples):
    columns = (defects[name].to_numpy() for name in ("united", "stage", "patient"))
    return resample_group_rates(*columns, n_resamples=n_resamples, seed=1)


def ours_with_limits(defects, n_resamples):
    rates = ours(defects, n_resamples)
    for name in rates.groups[1:]:
        bca_difference(rates, name, rates.groups[0])


def plain_pandas(defects, n_resamples):
    rng = np.random.default_rng(1)
    rows_of = defects.groupby("patient").indices
    patients = np.array(list(rows_of))
    for _ in range(n_resamples):
        drawn = rng.choice(patients, patients.size)
        rows = np.concatenate([rows_of[patient] for patient in drawn])
        defects.iloc[rows].groupby("stage")["united"].mean()


def weighted_glm(defects, n_resamples):
    rng = np.random.default_rng(1)
    index = pd.factorize(defects["patient"])[0]
    n_patients = index.max() + 1
    design = pd.get_dummies(defects["stage"]).to_numpy(float)
    united = defects["united"].to_numpy(float)
    for _ in range(n_resamples):
        counts = np.bincount(rng.integers(0, n_patients, n_patients), minlength=n_patients)
        weights = counts[index].astype(float)
        sm.GLM(united, design, family=sm.families.Binomial(), freq_weights=weights).fit()


def clustered_by_group(defects):
    for _, part in defects.groupby("stage"):
        clustered_interval(part["united"].to_numpy(), part["patient"].to_numpy())


def gee_by_group(defects):
    ordered = defects.sort_values("patient", kind="stable")
    design = pd.get_dummies(ordered["stage"]).to_numpy(float)
    model = sm.GEE(
        ordered["united"].to_numpy(float),
        design,
        groups=ordered["patient"].to_numpy(),
        family=sm.families.Binomial(),
        cov_struct=sm.cov_struct.Independence(),
    )
    model.fit()


def main():
    n_resamples = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    few = {200: 200, 2_000: 50, 20_000: 10}
    print("python benchmarks/rates_speed.py")
    print(f"Union rate of four stages in {n_resamples:,} resamples of whole patients; seconds")
    print("  pars      ours  ours with BCa   pandas loop   ratio   statsmodels GLM    ratio")
    for n_defects in N_DEFECTS:
        defects, n_few = make_defects(n_defects), few[n_defects]
        scale = n_resamples / n_few
        own = time_best(lambda d=defects: ours(d, n_resamples), 3)
        limits = time_best(lambda d=defects: ours_with_limits(d, n_resamples), 3)
        pandas = scale * time_best(lambda d=defects, n=n_few: plain_pandas(d, n), 2)
        glm = scale * time_best(lambda d=defects, n=n_few: weighted_glm(d, n), 2)
        print(
            f"{n_defects:6,d} {own:9.4f} {limits:14.4f} {pandas:13.2f} {pandas / own:7.0f} "
            f"{glm:17.2f} {glm / own:8.0f}"
        )
    print(f"(pandas and statsmodels timed on {list(few.values())} resamples and scaled up)")
    print("\nOne clustered interval per stage, no resampling; milliseconds")
    print("  pars      ours   statsmodels GEE   ratio")
    for n_defects in N_DEFECTS:
        defects = make_defects(n_defects)
        own = 1000 * time_best(lambda d=defects: clustered_by_group(d), 5)
        gee = 1000 * time_best(lambda d=defects: gee_by_group(d), 2)
        print(f"{n_defects:6,d} {own:9.2f} {gee:17.1f} {gee / own:7.1f}")


if __name__ == "__main__":
    main()
