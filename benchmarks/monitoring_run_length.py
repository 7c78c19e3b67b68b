"""Limits of `monitor_union`: run length asked for, by Markov chain and in drawn clinics; delays.

python benchmarks/monitoring_run_length.py > reports/validation/monitoring.txt
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from parsoutcomes.baselines.monitoring import monitor_union
from parsoutcomes.baselines.series import load_reference
from parsoutcomes.cohort.build import build_cohort
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


def draw_clinic(n_patients, correlation, rng):
    """Draw a clinic that unites exactly as the European series would expect of its stages."""
    rates = {stage: load_reference("european").rate(stage) for stage in ("early", "progressive")}
    defects, readings, episodes = [], [], []
    days = pd.date_range("2020-01-01", periods=n_patients, freq="7D")
    for number, day in enumerate(days):
        ids = {"patient_id": f"P{number}", "episode_id": f"P{number}"}
        episodes.append({**ids, "fitted_date": day})
        one, share = rng.random(), rng.random() < correlation
        for side in ("left", "right")[: 1 + (rng.random() < 0.6)]:
            stage = str(rng.choice(list(rates)))
            pars = {**ids, "defect_id": f"P{number}{side}"}
            united = (one if share else rng.random()) < rates[stage]
            defects.append({**pars, "level": "L5", "side": side, "stage": stage})
            shown = "complete" if united else "none"
            readings.append({**pars, "days_since_fitting": 183, "union_status": shown})
    tables = {"episodes": episodes, "defects": defects, "readings": readings}
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return build_cohort(frames, data_lock=days[-1] + pd.Timedelta(days=400))


def report_clinics(n_patients, correlation, run_length, n_clinics):
    """Compare the chance of a false signal that is stated with how often clinics get one."""
    rng, stated, got = np.random.default_rng(11), [], []
    for _ in range(n_clinics):
        cohort = draw_clinic(n_patients, correlation, rng)
        told = monitor_union(cohort, reference="european", run_length=run_length)
        stated.append(told.chance_of_false_signal)
        got.append(told.signals["missing_as"].eq("left_out").any())
    print(
        f"whole clinics of {n_patients} patients as expected, pars correlated {correlation}, "
        f"limits for {run_length}, mix and correlation found from each: a false signal in "
        f"{100 * np.mean(got):.1f} % of {n_clinics} (Monte Carlo error "
        f"{100 * np.std(got) / n_clinics**0.5:.1f}), stated {100 * np.mean(stated):.1f} % on "
        "average",
        flush=True,
    )


def main() -> None:
    for correlation in (0.0, 0.4):
        report_clinics(80, correlation, 100, 300)
    for name, (patients, correlation) in MIXES.items():
        for run_length in (100, 400):
            report(name, patients, correlation, run_length)


if __name__ == "__main__":
    main()
