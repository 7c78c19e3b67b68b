"""Limits of `monitor_union`: run length asked for, by Markov chain and in drawn clinics; delays.

python benchmarks/monitoring_run_length.py > reports/validation/monitoring.txt
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from parsoutcomes.stats.cusum import accumulate_cusum, log_likelihood_weights
from parsoutcomes.stats.cusum_limits import PatientMix, find_limit, simulate_charts

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "reference"))

from cusum_markov import list_increments, mean_run_length, median_run_length

RATIOS = (2.0, 0.5)
MIXES = {
    "one pars each at 70 %": ([(0.7,)], 0.0),
    "early and progressive, one pars each": ([(0.82,), (0.29,)], 0.0),
    "pairs of mixed stages, correlation 0.3": (
        [(0.82, 0.82), (0.82, 0.29), (0.29, 0.29), (0.82,), (0.29,)],
        0.3,
    ),
    "pairs of mixed stages, correlation 0.8": (
        [(0.82, 0.82), (0.82, 0.29), (0.29, 0.29), (0.82,), (0.29,)],
        0.8,
    ),
    "high rates, pairs, correlation 0.3": ([(0.94, 0.85), (0.85,)], 0.3),
}
FALL = 0.20


def lay_out(patients):
    widest = max(len(one) for one in patients)
    return np.array([[*one, *[np.nan] * (widest - len(one))] for one in patients])


def wait_for_any(patients, correlation, limits, rng, most=20_000):
    """Play one chart with the chart's own functions, until either side signals."""
    steps, carried = 200, dict.fromkeys(RATIOS, 0.0)
    for start in range(0, most, steps):
        chosen = [patients[place] for place in rng.integers(0, len(patients), steps)]
        gains = {ratio: np.zeros(steps) for ratio in RATIOS}
        for place, chances in enumerate(chosen):
            one = rng.random()
            share = rng.random() < correlation
            united = [(one if share else rng.random()) < p for p in chances]
            for ratio in RATIOS:
                gains[ratio][place] = log_likelihood_weights(
                    united, chances, odds_ratio=ratio
                ).sum()
        for ratio in RATIOS:
            gains[ratio][0] += carried[ratio]
        played = {
            r: accumulate_cusum(gains[r], limit=h) for r, h in zip(RATIOS, limits, strict=True)
        }
        first = [np.flatnonzero(signals)[:1] for _, signals in played.values()]
        found = np.concatenate(first)
        if found.size:
            return start + int(found.min()) + 1
        carried = {ratio: sums[-1] for ratio, (sums, _) in played.items()}
    return most


def report(name, patients, correlation, run_length):
    mix = PatientMix(expected=lay_out(patients), pair_correlation=correlation)
    charts = simulate_charts(
        mix, odds_ratios=RATIOS, n_steps=6 * run_length, n_runs=3000, seed=20261122
    )
    limits = [find_limit(charts.only(side), 2 * run_length) for side in range(2)]
    exact = [
        mean_run_length(list_increments(patients, correlation, ratio), limit)
        for ratio, limit in zip(RATIOS, limits, strict=True)
    ]
    both = 1 / sum(1 / length for length in exact)
    rng = np.random.default_rng(7)
    waits = [wait_for_any(patients, correlation, limits, rng) for _ in range(400)]
    fallen = [tuple(max(p - FALL, 0.01) for p in one) for one in patients]
    shifted = np.clip(mix.expected - FALL, 0.01, 0.99)
    told = simulate_charts(
        mix, odds_ratios=(0.5,), n_steps=run_length, n_runs=3000, seed=20261122, stream=2,
        true_chances=shifted,
    ).run_length(limits[1])  # fmt: skip
    delay = median_run_length(list_increments(patients, correlation, 0.5, fallen), limits[1])
    print(
        f"{name}; asked {run_length}: limits {limits[0]:.2f} and {limits[1]:.2f}; Markov chain "
        f"{both:.0f} ({100 * (both / run_length - 1):+.1f} %; sides {exact[0]:.0f} and "
        f"{exact[1]:.0f} of {2 * run_length}); 400 charts played {np.mean(waits):.0f} "
        f"(Monte Carlo error {np.std(waits) / 20:.0f}); fall of 20 per 100 signalled by patient "
        f"{told.median:.0f} half the time, Markov chain {delay}",
        flush=True,
    )


def main() -> None:
    for name, (patients, correlation) in MIXES.items():
        for run_length in (100, 400):
            report(name, patients, correlation, run_length)


if __name__ == "__main__":
    main()
