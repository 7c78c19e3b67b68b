"""Coverage and width of intervals for cumulative union, six methods side by side.

    python benchmarks/compare_npmle_intervals.py [replicates] [resamples] [processes]

Truth: the simulated incidence of complete union with surgery competing. Scans at 3, 6, 9 and 12
months with jitter, grouped to planned visits; prompted extras, loss, surgery, 60 % bilateral
patients. Target 93-97 %. "band" is the simultaneous band of all four visits together; "median"
and "mean 12" are the interval of the median months to union and of the mean months un-united to 12,
"mean even" the same mean with unions spread evenly between scans.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pandas as pd

from parsoutcomes.cohort.endpoints import grouped_intervals
from parsoutcomes.conventions import DAYS_PER_MONTH, MILESTONES_MONTHS
from parsoutcomes.stats.npmle_contrasts import estimate_quantile, estimate_restricted_mean
from parsoutcomes.stats.npmle_interval_methods import METHODS
from parsoutcomes.stats.npmle_intervals import estimate_incidence
from parsoutcomes.synthetic.parameters import SimulationParameters
from parsoutcomes.synthetic.truth import true_cumulative_union
from parsoutcomes.synthetic.visits import draw_intervals

SIZES = (40, 80, 200)
TIMES_DAYS = np.array(MILESTONES_MONTHS) * DAYS_PER_MONTH
RESAMPLES_STUDENTISED = 199


def draw_rows(n_patients: int, seed: int) -> tuple[np.ndarray, ...]:
    drawn = draw_intervals(n_patients, seed=seed)
    surgery = np.where(np.isinf(drawn.surgery_days), np.nan, drawn.surgery_days)
    frame = pd.DataFrame(
        {
            "interval_left_days": drawn.left_days,
            "interval_right_days": np.where(np.isinf(drawn.right_days), np.nan, drawn.right_days),
            "surgery_from_days": surgery,
            "surgery_to_days": surgery,
            "surgery_free_until_days": drawn.surgery_free_until_days,
        }
    )
    rows = grouped_intervals(frame)
    contact = rows[["left_days", "censored_days"]].max(axis=1)
    return (
        rows["left_days"].to_numpy(),
        rows["right_days"].to_numpy(),
        rows["cause"].to_numpy(),
        contact.to_numpy(),
        drawn.patient,
    )


def replicate(seed: int, *, n_patients: int, n_resamples: int) -> dict[str, np.ndarray]:
    rows = draw_rows(n_patients, seed)
    limits = {}
    for method in METHODS:
        if method == "bootstrap_t" and n_patients > 80:
            continue
        n_draws = RESAMPLES_STUDENTISED if method == "bootstrap_t" else n_resamples
        found = estimate_incidence(*rows, TIMES_DAYS, method=method, n_resamples=n_draws, seed=seed)
        limits[method] = np.array([found.conf_low, found.conf_high])
    kept = estimate_incidence(*rows, TIMES_DAYS, n_resamples=n_resamples, seed=seed)
    limits["band"] = np.array([kept.band_low, kept.band_high])
    median = estimate_quantile(kept, 0.5)
    mean = estimate_restricted_mean(*rows, TIMES_DAYS[-1])
    even = estimate_restricted_mean(*rows, TIMES_DAYS[-1], placed="evenly")
    limits["mean even"] = np.array([even.conf_low, even.conf_high])
    limits["median"] = np.array([median.conf_low, median.conf_high])
    limits["mean 12"] = np.array([mean.conf_low, mean.conf_high])
    return limits


def describe(size: int, drawn: list[dict[str, np.ndarray]]) -> None:
    parameters = SimulationParameters()
    truth = true_cumulative_union(parameters, np.array(MILESTONES_MONTHS))
    for method in METHODS:
        if method not in drawn[0]:
            continue
        low, high = np.stack([one[method] for one in drawn], axis=1)
        covered = (low <= truth) & (truth <= high)
        rates = " ".join(f"{rate:7.3f}" for rate in covered.mean(axis=0))
        misses = f"{(low > truth).mean():7.3f} {(high < truth).mean():7.3f}"
        print(f"{size:>8} {method:<17}{rates} {misses} {np.mean(high - low):7.3f}")
    low, high = np.stack([one["band"] for one in drawn], axis=1)
    together = ((low <= truth) & (truth <= high)).all(axis=1).mean()
    print(f"{size:>8} {'band':<17}{together:7.3f} {'together':>47} {np.mean(high - low):7.3f}")
    describe_times(size, drawn, parameters)


def describe_times(
    size: int, drawn: list[dict[str, np.ndarray]], parameters: SimulationParameters
) -> None:
    months = np.linspace(0, 12, 2401)
    curve = true_cumulative_union(parameters, months)
    days = {
        "median": float(np.interp(0.5, curve, months)) * DAYS_PER_MONTH,
        "mean even": float(np.trapezoid(1 - curve, months)) * DAYS_PER_MONTH,
        "mean 12": float(np.trapezoid(1 - curve, months)) * DAYS_PER_MONTH,
    }
    for name, true_days in days.items():
        low, high = np.array([one[name] for one in drawn]).T
        covered = np.mean((low <= true_days) & (true_days <= high))
        width = np.median(high - low) / DAYS_PER_MONTH
        print(f"{size:>8} {name:<17}{covered:7.3f} {'months':>47} {width:7.2f}")


def main() -> None:
    n_replicates, n_resamples, n_processes = (
        int(sys.argv[k]) if len(sys.argv) > k else default
        for k, default in ((1, 1000), (2, 500), (3, 2))
    )
    print(f"python benchmarks/compare_npmle_intervals.py {n_replicates} {n_resamples}")
    print(f"{n_replicates} replicates, {n_resamples} resamples")
    months = " ".join(f"{m:6g}m" for m in MILESTONES_MONTHS)
    print(f"patients method           {months}   above   below   width", flush=True)
    for size in SIZES:
        one = partial(replicate, n_patients=size, n_resamples=n_resamples)
        with ProcessPoolExecutor(n_processes) as pool:
            describe(size, list(pool.map(one, range(n_replicates), chunksize=10)))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
