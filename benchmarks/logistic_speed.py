"""Speed of logistic fits and of their resampling beside firthmodels, statsmodels and R's lme4.

    python benchmarks/logistic_speed.py > reports/validation/logistic_speed.txt

Ratios within one run are what counts. Four covariates, 60 % of patients bilateral. The libraries'
refits are timed on a few resamples and scaled up.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from firthmodels import FirthLogisticRegression
from scipy.special import expit

from parsoutcomes.models._firth import TOLERANCES, fit_firth, fit_within
from parsoutcomes.models._statsmodels import fit_gee
from parsoutcomes.stats.kernels import fit_firth_batch, fit_gee_batch
from parsoutcomes.stats.random_intercept import fit_random_intercept_logit
from parsoutcomes.stats.resampling import bayesian_patient_weights, patient_weights

SIZES = (200, 2_000, 20_000)
N_RESAMPLES = 2_000
N_REFITS = 10
R_SCRIPT = """
suppressMessages(library(lme4))
d <- read.csv("{file}")
best <- Inf
for (k in 1:3) {{
  t <- system.time(m <- glmer(y ~ a + b + c + d + (1 | id), d, binomial, nAGQ = 15))[["elapsed"]]
  best <- min(best, t)
}}
cat(best, fixef(m)[2])
"""


def best_time(work: Callable[[], object], n_times: int = 5) -> float:
    times = []
    for _ in range(n_times):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def best_times(ours: Callable[[], object], theirs: Callable[[], object], n_times: int = 15):
    """Take turns, so that both meet the same load of the machine."""
    rounds = [(best_time(ours, 1), best_time(theirs, 1)) for _ in range(n_times)]
    return tuple(min(times) for times in zip(*rounds, strict=True))


def draw(n_defects: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(n_defects), generator.choice([1, 2], n_defects, p=[0.4, 0.6]))[
        :n_defects
    ]
    design = np.column_stack(
        [generator.normal(size=n_defects), generator.integers(0, 2, (n_defects, 3))]
    )
    shared = generator.normal(size=n_defects)[clusters]
    risk = expit(0.5 + design @ np.array([0.3, 0.5, -0.4, 0.2]) + shared)
    return (generator.random(n_defects) < risk).astype(float), design, clusters


def firth_alone(events, design):
    model = FirthLogisticRegression(
        backend="numpy", max_iter=60, gtol=TOLERANCES[0], xtol=TOLERANCES[0]
    )
    model.fit(design, events)
    model.conf_int(alpha=0.05, method="pl", max_iter=1000, tol=1e-8)
    model.lrt()


def firth_coefficients_alone(events, design):
    FirthLogisticRegression(
        backend="numpy", max_iter=60, gtol=TOLERANCES[0], xtol=TOLERANCES[0]
    ).fit(design, events)


def gee_alone(events, design, clusters):
    sm.GEE(
        events,
        sm.add_constant(design),
        groups=clusters,
        family=sm.families.Binomial(),
        cov_struct=sm.cov_struct.Exchangeable(),
    ).fit(maxiter=500, ctol=1e-10, cov_type="bias_reduced")


def report(name: str, n: int, ours: float, theirs: float, beside: str) -> None:
    print(
        f"{name:<34}{n:>7}{1000 * ours:>12.1f}{1000 * theirs:>12.1f}"
        f"{ours / theirs:>9.3f}  {beside}",
        flush=True,
    )


def run_point_fits(n: int, events, design, clusters) -> None:
    times = best_times(
        lambda: fit_firth(events, design, conf_level=0.95), lambda: firth_alone(events, design)
    )
    report("Firth, limits and p", n, *times, "firthmodels, the same tolerance, limits and tests")
    times = best_times(
        lambda: fit_gee(events, design, clusters),
        lambda: gee_alone(events, design, clusters),
        3 if n > SIZES[0] else 15,
    )
    report("GEE, Mancl-DeRouen", n, *times, "statsmodels, the same covariance")


def run_kernels(n: int, events, design, clusters) -> None:
    columns, ones = np.column_stack([np.ones(n), design]), np.ones((1, n))
    ours = best_time(lambda: fit_firth_batch(events, columns, ones))
    report(
        "Firth kernel, one fit",
        n,
        ours,
        best_time(lambda: firth_coefficients_alone(events, design)),
        "firthmodels",
    )
    ours = best_time(lambda: fit_gee_batch(events, columns, clusters, ones))
    report(
        "GEE kernel, one fit",
        n,
        ours,
        best_time(lambda: gee_alone(events, design, clusters), 3),
        "statsmodels",
    )


def run_resamples(n: int, events, design, clusters) -> None:
    columns = np.column_stack([np.ones(n), design])
    weights = bayesian_patient_weights(clusters, N_RESAMPLES, seed=1)
    copies = [np.repeat(np.arange(n), row) for row in patient_weights(clusters, N_REFITS, seed=1)]
    scale = N_RESAMPLES / N_REFITS
    ours = best_time(lambda: fit_firth_batch(events, columns, weights), 2)
    theirs = best_time(lambda: [firth_coefficients_alone(events[c], design[c]) for c in copies], 1)
    report("Firth, 2,000 resamples", n, ours, scale * theirs, "firthmodels, refitted")
    ours = best_time(lambda: fit_gee_batch(events, columns, clusters, weights, correlation=0.2), 2)
    theirs = best_time(lambda: [gee_alone(events[c], design[c], clusters[c]) for c in copies], 1)
    report("GEE, 2,000 resamples", n, ours, scale * theirs, "statsmodels, refitted")


def report_alone(n: int, ours: float, why: str) -> None:
    print(f"{'Random intercept, 15 nodes':<34}{n:>7}{1000 * ours:>12.1f}  lme4: {why}, skipped")


def run_quadrature(n: int, events, design, clusters) -> None:
    columns = np.column_stack([np.ones(n), design])
    fit = fit_random_intercept_logit(events, np.ones(n), columns, clusters)
    ours = best_time(lambda: fit_random_intercept_logit(events, np.ones(n), columns, clusters), 3)
    if shutil.which("Rscript") is None:
        report_alone(n, ours, "no Rscript")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        table = np.column_stack([clusters, events, design])
        np.savetxt(file, table, delimiter=",", header="id,y,a,b,c,d", comments="", fmt="%.17g")
        run = subprocess.run(
            ["Rscript", "-e", R_SCRIPT.format(file=file)],
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
        )
    if run.returncode:
        report_alone(n, ours, "not installed")
        return
    theirs, slope = (float(part) for part in run.stdout.split())
    report(
        "Random intercept, 15 nodes",
        n,
        ours,
        theirs,
        f"lme4; slopes {fit.coefficients[1]:.5f}, {slope:.5f}",
    )


def count_second_fits(n_samples: int = 200) -> int:
    """Count samples of 200 rows in which the strictest tolerance is out of firthmodels' reach."""
    return sum(
        fit_within(TOLERANCES[0], *draw(SIZES[0], seed)[:2], conf_level=0.95) is None
        for seed in range(n_samples)
    )


def main() -> None:
    warnings.simplefilter("ignore")
    print("python benchmarks/logistic_speed.py")
    print("what                                 rows     ours ms   theirs ms    ratio  beside")
    for n in SIZES:
        rows = draw(n)
        run_point_fits(n, *rows)
        run_kernels(n, *rows)
        if n == SIZES[0]:
            run_resamples(n, *rows)
        run_quadrature(n, *rows)
    print(
        f"Of 200 other samples of {SIZES[0]} rows, {count_second_fits()} were fitted a second time "
        f"at a looser tolerance than {TOLERANCES[0]:g}"
    )


if __name__ == "__main__":
    main()
