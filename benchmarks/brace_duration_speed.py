"""Time of the comparison of brace durations, and of its bootstrap, in one process and in two.

    python benchmarks/brace_duration_speed.py                    200 patients, 500 resamples
    python benchmarks/brace_duration_speed.py --patients 1000 --resamples 500

A resample repeats everything: five pooled logistic regressions, weights, two weighted curves, with
weights cut and as they are. Beside it, for the ratio: one of the five regressions fitted by
statsmodels' GLM, once for each resample.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
import pandas as pd
import statsmodels.api as sm

import parsoutcomes as po
from parsoutcomes.conventions import (
    BRACE_GRACE_MONTHS,
    BRACE_MONTHS,
    BRACE_TERMS,
    PLANNED_VISITS_MONTHS,
)
from parsoutcomes.models.brace_clones import place_clones, pose_problem, read_brace_rows
from parsoutcomes.models.brace_intervals import place_windows
from parsoutcomes.synthetic.brace_decisions import BraceDecisions

SEED = 20261122
GLM_RESAMPLES = 50


def time_comparison(cohort, n_resamples: int, n_workers: int) -> tuple[float, pd.DataFrame]:
    start = time.perf_counter()
    result = po.compare_brace_durations(
        cohort, n_resamples=n_resamples, seed=SEED, n_workers=n_workers, with_contrasts=False
    )
    return time.perf_counter() - start, result.frame


def time_glm(cohort) -> float:
    """Return seconds for one resample of the largest regression by statsmodels."""
    windows = place_windows(BRACE_MONTHS, BRACE_GRACE_MONTHS)
    data = read_brace_rows(
        cohort,
        BRACE_TERMS,
        definition="complete",
        windows=windows,
        visits_months=PLANNED_VISITS_MONTHS,
    )
    problem = pose_problem(data, place_clones(data.rows, windows), BRACE_TERMS)
    model = problem.models[1]
    rng = np.random.default_rng(SEED)
    start = time.perf_counter()
    for _ in range(GLM_RESAMPLES):
        drawn = np.bincount(
            rng.integers(0, problem.n_patients, problem.n_patients), minlength=problem.n_patients
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            family = sm.families.Binomial()
            weights = drawn[model.patient]
            sm.GLM(model.departs, model.design, family=family, freq_weights=weights).fit()
    return (time.perf_counter() - start) / GLM_RESAMPLES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--resamples", type=int, default=500)
    chosen = parser.parse_args()
    cohort = po.simulate_cohort(chosen.patients, seed=SEED, brace_decisions=BraceDecisions())
    time_comparison(cohort, 40, 1)
    alone, frame = time_comparison(cohort, 40, 1)
    print(f"{chosen.patients} patients, {chosen.resamples} resamples")
    one, first = time_comparison(cohort, chosen.resamples, 1)
    time_comparison(cohort, 100, 2)
    two, second = time_comparison(cohort, chosen.resamples, 2)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    each = (one - alone) / (chosen.resamples - 40)
    glm = time_glm(cohort)
    print(f"{'one process':<42} {one:>8.2f} s")
    print(f"{'two processes (the same answer)':<42} {two:>8.2f} s")
    print(f"{'a resample of everything, one process':<42} {1000 * each:>8.2f} ms")
    print(f"{'one of its five regressions by GLM':<42} {1000 * glm:>8.2f} ms  x{glm / each:.1f}")
    print(f"{len(frame)} rows in the frame")


if __name__ == "__main__":
    main()
