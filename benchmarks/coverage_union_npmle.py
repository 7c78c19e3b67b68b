"""Coverage, bias and width of the headline union rate: the competing-event NPMLE at each milestone.

    python benchmarks/coverage_union_npmle.py [replicates] > reports/validation/union_coverage.txt

Truth: the simulated incidence of complete union, without surgery and with surgery competing (30 %
a year from the fourth month). Scans at 3, 6, 9 and 12 months with jitter, prompted extras, loss,
60 % bilateral patients.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from parsoutcomes.conventions import MILESTONES_MONTHS
from parsoutcomes.models.time_to_union import estimate_time_to_union
from parsoutcomes.synthetic.parameters import change_parameters
from parsoutcomes.synthetic.simulate import simulate_cohort
from parsoutcomes.synthetic.truth import true_cumulative_union

SIZES = (40, 80, 200)
SURGERY_PER_YEAR = (0.0, 0.3)
# Limits at planned visits come from the sandwich variance: resamples serve other parts only.
N_RESAMPLES = 10


def replicate(seed: int, *, n_patients: int, surgery_per_year: float) -> np.ndarray:
    cohort = simulate_cohort(n_patients, seed=seed, surgery_per_year=surgery_per_year)
    frame = estimate_time_to_union(cohort, n_resamples=N_RESAMPLES, seed=seed).to_frame()
    rows = frame.set_index("months").loc[list(MILESTONES_MONTHS)]
    return rows[["estimate", "conf_low", "conf_high"]].to_numpy()


def describe(size: int, drawn: np.ndarray, truth: np.ndarray) -> None:
    for k, months in enumerate(MILESTONES_MONTHS):
        estimate, low, high = drawn[:, k].T
        covered = np.mean((low <= truth[k]) & (truth[k] <= high))
        error = np.sqrt(covered * (1 - covered) / len(drawn))
        print(
            f"{size:>8} {months:>7g} {truth[k]:>7.3f} {np.nanmean(estimate) - truth[k]:>+7.3f} "
            f"{covered:>9.3f} {error:>7.3f} {np.nanmean(high - low):>6.3f} "
            f"{np.isnan(estimate).mean():>13.3f}"
        )


def main() -> None:
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"python benchmarks/coverage_union_npmle.py {n_replicates}")
    for surgery in SURGERY_PER_YEAR:
        parameters = change_parameters(None, {"surgery_per_year": surgery})
        truth = true_cumulative_union(parameters, np.array(MILESTONES_MONTHS))
        print(f"surgery {surgery:g} a year, {n_replicates} cohorts a size")
        print("patients  months   truth    bias  coverage   mc_se  width  undetermined")
        for size in SIZES:
            one = partial(replicate, n_patients=size, surgery_per_year=surgery)
            with ProcessPoolExecutor(2) as pool:
                drawn = np.array(list(pool.map(one, range(n_replicates), chunksize=20)))
            describe(size, drawn, truth)


if __name__ == "__main__":
    main()
