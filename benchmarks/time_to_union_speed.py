"""Speed and likelihood of interval-censored fits beside lifelines, surpyval and R.

python benchmarks/time_to_union_speed.py > reports/validation/time_to_union_speed.txt

Scans at planned visits, a fifth never unite. Programs that are not installed, or that would take
minutes, are passed over with a message.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from npmle_speed import best_time, draw_rows

from parsoutcomes.stats.interval_regression import fit_interval_aft, fit_interval_aft_batch
from parsoutcomes.stats.npmle import fit_npmle, fit_npmle_batch
from parsoutcomes.stats.npmle_competing import fit_npmle_competing_batch
from parsoutcomes.stats.npmle_intervals import estimate_incidence
from parsoutcomes.stats.resampling import patient_weights

SIZES = (200, 2_000, 20_000)
REACHED = 1e-6
MONTHS = np.array([91.0, 183, 274, 365])
LARGEST_ENDS = 400
R_SCRIPT = """
suppressMessages(library(npsurv))
x <- as.matrix(read.csv("{file}"))
best <- Inf
for (k in 1:5) {{
  t <- system.time(f <- npsurv(x))[["elapsed"]]
  best <- min(best, t)
}}
cat(best, f$ll)
"""


def log_likelihood(survival, left, right):
    """Of rows in (left, right], given the share not yet united at each day."""
    ends, index = np.unique(np.concatenate([left, right]), return_inverse=True)
    at = np.array([0.0 if np.isinf(day) else survival(day) for day in ends])
    begin, end = at[index[: left.size]], at[index[left.size :]]
    if bool((begin - end <= 0).any()):
        return -np.inf
    return float(np.log(begin - end).sum())


def measure_ours(left, right):
    seconds = best_time(lambda: fit_npmle(left, right), 5)
    return seconds, fit_npmle(left, right).log_likelihood


def measure_lifelines(left, right):
    n_ends = np.unique(np.concatenate([left, right])).size
    if n_ends > LARGEST_ENDS:
        return f"passed over: minutes with {n_ends} distinct days"
    from lifelines import KaplanMeierFitter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        fitted = KaplanMeierFitter().fit_interval_censoring(left, right)
        seconds = time.perf_counter() - start
    curve = fitted.survival_function_["NPMLE_estimate_lower"]
    days, values = curve.index.to_numpy(float), curve.to_numpy(float)

    def survival(day):
        return values[np.searchsorted(days, day, side="right") - 1]

    return seconds, log_likelihood(survival, left, right)


def measure_surpyval(left, right):
    try:
        surpyval = importlib.import_module("surpyval")
    except ImportError:
        return "passed over: not installed"

    def fit():
        return surpyval.Turnbull.fit(xl=left, xr=right, turnbull_estimator="Kaplan-Meier")

    seconds, fitted = best_time(fit, 3), fit()
    return seconds, log_likelihood(lambda day: float(fitted.sf(day)), left, right)


def measure_r(left, right):
    if shutil.which("Rscript") is None:
        return "passed over: R is not installed"
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "rows.csv"
        ends = np.where(np.isinf(right), "Inf", right.astype(str))
        lines = [f"{a},{b}" for a, b in zip(left, ends, strict=True)]
        table.write_text("\n".join(["L,R", *lines]), encoding="utf-8")
        script = R_SCRIPT.format(file=table.as_posix())
        done = subprocess.run(
            ["Rscript", "-e", script], check=False, capture_output=True, text=True, encoding="utf-8"
        )
    if done.returncode:
        return "passed over: R has no npsurv"
    seconds, likelihood = map(float, done.stdout.split()[-2:])
    return seconds, likelihood


PROGRAMS = {
    "ours": measure_ours,
    "lifelines": measure_lifelines,
    "surpyval": measure_surpyval,
    "R npsurv": measure_r,
}


def draw_mixed_rows(n, *, seed):
    """Draw continuous times, half of them known exactly and a tenth not yet, so boxes are many."""
    rng = np.random.default_rng(seed)
    days = 150 * rng.weibull(2, n) + 1
    left, right = np.maximum(days - rng.exponential(40, n), 0), days + rng.exponential(40, n)
    exact, open_ended = rng.random(n) < 0.5, rng.random(n) < 0.1
    left, right = np.where(exact, days, left), np.where(exact, days, right)
    return left, np.where(open_ended, np.inf, right)


KINDS = {
    "scans at planned visits": lambda n: draw_rows(n, planned=True, seed=n),
    "scans on days of their own": lambda n: draw_rows(n, planned=False, seed=n),
    "exact times among intervals": lambda n: draw_mixed_rows(n, seed=n),
}


def compare_single_fits():
    for kind, draw in KINDS.items():
        print(f"One NPMLE fit, {kind}")
        print("   rows  program          ms  log-likelihood  reached")
        ours = {}
        for n in SIZES:
            left, right = draw(n)
            ours[n], top = measure_ours(left, right)
            for name, measure in PROGRAMS.items():
                print(f"{n:7d}  {name:10s} {write_measured(measure(left, right), top)}")
        print(f"growth exponent of ours: {exponent(ours):.2f}\n")


def write_measured(found, top):
    if isinstance(found, str):
        return found
    seconds, likelihood = found
    if np.isinf(likelihood):
        return f"{1000 * seconds:8.2f}            -inf  no, rows that were seen have probability 0"
    short = top - likelihood
    return f"{1000 * seconds:8.2f}  {likelihood:14.6f}  " + (
        "yes" if short <= REACHED else f"no, {short:.2g} short"
    )


def exponent(seconds):
    rows, times = np.array(list(seconds)), np.array(list(seconds.values()))
    return float(np.polyfit(np.log(rows), np.log(times), 1)[0])


def time_once(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare_resamples():
    print("2,000 resamples of patients (two pars each)")
    print("   rows  NPMLE s  with surgery s  limits and band s")
    seconds = {}
    for n in (200, 2_000, 10_000, 20_000):
        left, right = draw_rows(n, planned=True, seed=n)
        patients = np.arange(n) // 2
        weights = patient_weights(patients, 2000, seed=1)
        causes = np.where(np.isfinite(right), 1, 0)
        operated = (causes == 0) & (np.arange(n) % 10 == 0)
        causes = np.where(operated, 2, causes)
        begins = np.where(operated, left + 10, left)
        ends = np.where(operated, left + 10, right)
        rows = (begins, ends, causes, left)
        seconds[n] = time_once(lambda at=(left, right), w=weights: fit_npmle_batch(*at, w))
        joint = time_once(lambda at=rows, w=weights: fit_npmle_competing_batch(*at, w))
        limits = time_once(lambda at=(*rows, patients, MONTHS): estimate_incidence(*at))
        print(f"{n:7d} {seconds[n]:8.2f} {joint:15.2f} {limits:18.2f}")
    print(f"growth exponent: {exponent(seconds):.2f}\n")


def compare_aft():
    print("Weibull model of times with 3 covariates")
    print("   rows  fit ms  2,000 resamples s")
    for n in (200, 2_000):
        left, right = draw_rows(n, planned=True, seed=n)
        design = np.column_stack([np.ones(n), np.random.default_rng(n).normal(size=(n, 3))])
        one = best_time(lambda at=(left, right, design): fit_interval_aft(*at), 5)
        weights = patient_weights(np.arange(n) // 2, 2000, seed=1)
        many = time_once(lambda at=(left, right, design, weights): fit_interval_aft_batch(*at))
        print(f"{n:7d} {1000 * one:7.2f} {many:18.2f}")


if __name__ == "__main__":
    compare_single_fits()
    compare_resamples()
    compare_aft()
