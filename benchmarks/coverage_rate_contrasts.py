"""Coverage of differences, ratios, pairs and trends of union rates, and how often tests cry wolf.

Patients are bilateral with probability 0.6; a patient's frailty (uniform, turned into a beta with
intraclass correlation 0.3 for each of their rates) is shared by their pars. True rates are drawn
anew in each replicate from the bands named, so that coverage is averaged over rates. Designs:

- patient: each patient is in one group (half and half);
- unequal: each patient is in one group, one in five in the first;
- pars: each pars falls in a group by itself (half of the bilateral patients are in both);
- sides: every bilateral patient has one pars in each group.

    python benchmarks/coverage_rate_contrasts.py [replicates] [tests] [others] [contrasts]
"""

from __future__ import annotations

import sys

import numpy as np
from scipy.stats import beta

from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.clustered_contrasts import compare_clustered
from parsoutcomes.stats.clustered_tests import score_clustered
from parsoutcomes.stats.group_resampling import bca_difference, bca_ratio, resample_group_rates
from parsoutcomes.stats.paired import compare_pairs

ICC = 0.3
N_PATIENTS = [10, 20, 40, 80, 200]
N_RESAMPLES = 1000
SHARE_BOOTSTRAPPED = 0.25
DESIGNS = ["patient", "unequal", "pars", "sides"]
BANDS = [
    ((0.30, 0.50), (0.30, 0.50)),
    ((0.50, 0.80), (0.30, 0.60)),
    ((0.80, 0.95), (0.50, 0.80)),
    ((0.95, 1.00), (0.60, 0.95)),
    ((1.00, 1.00), (0.50, 0.95)),
    ((0.95, 1.00), (0.95, 1.00)),
]
NULL_BANDS = [(0.30, 0.70), (0.70, 0.90), (0.90, 1.00)]


def frailty(uniform, rate):
    if rate >= 1:
        return np.ones_like(uniform)
    precision = 1 / ICC - 1
    return beta.ppf(uniform, rate * precision, (1 - rate) * precision)


def draw_patients(n_patients, rng):
    is_bilateral = rng.random(n_patients) < 0.6
    return np.repeat(np.arange(n_patients), 1 + is_bilateral), is_bilateral


def draw_groups(design, patient, is_bilateral, rng):
    n_patients = is_bilateral.size
    if design in {"patient", "unequal"}:
        return (rng.random(n_patients) < (0.5 if design == "patient" else 0.2))[patient] * 1
    if design == "pars":
        return (rng.random(patient.size) < 0.5) * 1
    first = (rng.random(n_patients) < 0.5) * 1
    starts = np.concatenate([[0], np.cumsum(1 + is_bilateral)[:-1]])
    group = np.zeros(patient.size, int)
    group[starts] = first
    group[starts[is_bilateral] + 1] = 1 - first[is_bilateral]
    return group


def draw(design, n_patients, rates, rng):
    patient, is_bilateral = draw_patients(n_patients, rng)
    group = draw_groups(design, patient, is_bilateral, rng)
    uniform = rng.random(n_patients)
    by_group = np.column_stack([frailty(uniform, rate) for rate in rates])
    return (rng.random(patient.size) < by_group[patient, group]) * 1, group, patient


def covers(found, truth):
    return found.conf_low - 1e-12 <= truth <= found.conf_high + 1e-12


class Tally:
    def __init__(self):
        self.covered = {}

    def add(self, name, value):
        self.covered.setdefault(name, []).append(value)

    def mean(self, name):
        return np.mean(self.covered.get(name, [np.nan]))

    def n(self, name):
        return max(len(self.covered.get(name, [])), 1)

    def share(self, name, n):
        return len(self.covered.get(name, [])) / n


def simulate_contrast(design, n_patients, bands, n_replicates):
    rng = np.random.default_rng([n_patients, DESIGNS.index(design), int(1000 * bands[0][0])])
    tally = Tally()
    for replicate in range(n_replicates):
        one, other = (rng.uniform(*band) for band in bands)
        united, group, patient = draw(design, n_patients, (other, one), rng)
        if np.unique(group).size < 2:
            continue
        found = compare_clustered(united, group, patient)
        tally.add("difference", covers(found.difference, one - other))
        tally.add("width", found.difference.conf_high - found.difference.conf_low)
        tally.add("ratio", covers(found.ratio, one / other))
        tally.add("linearised", covers(found.linearised, one - other))
        if replicate >= n_replicates * SHARE_BOOTSTRAPPED:
            continue
        tally.add("bootstrapped", True)
        rates = resample_group_rates(
            united, group, patient, n_resamples=N_RESAMPLES, seed=replicate
        )
        for name, estimate, truth in (
            ("bca difference", bca_difference, one - other),
            ("bca ratio", bca_ratio, one / other),
        ):
            try:
                tally.add(name, covers(estimate(rates, "1", "0"), truth))
            except EstimationError:
                continue
    return tally


def simulate_null(design, n_patients, band, n_replicates, n_groups=2):
    rng = np.random.default_rng([n_patients, DESIGNS.index(design), int(1000 * band[0]), n_groups])
    tally = Tally()
    for _ in range(n_replicates):
        rate = rng.uniform(*band)
        united, group, patient = draw(design, n_patients, (rate, rate), rng)
        if n_groups > 2:
            group = rng.choice(n_groups, patient.size, p=[0.1, 0.5, 0.4])
        sizes = [np.unique(patient[group == name]).size for name in range(n_groups)]
        if n_groups == 2 and min(sizes) < 5:
            continue
        try:
            rejects = score_clustered(united, group, patient).p_value < 0.05
        except EstimationError:
            rejects = False
        tally.add("rejects", rejects)
    return tally


def simulate_trend(n_patients, band, n_replicates):
    rng = np.random.default_rng([n_patients, int(1000 * band[0])])
    tally = Tally()
    for _ in range(n_replicates):
        top, step = rng.uniform(*band), rng.uniform(0, 0.2)
        rates = (top, top - step, top - 2 * step)
        patient, _ = draw_patients(n_patients, rng)
        group = rng.choice(3, patient.size, p=[0.2, 0.5, 0.3])
        uniform = rng.random(n_patients)
        by_group = np.column_stack([frailty(uniform, rate) for rate in rates])
        united = (rng.random(patient.size) < by_group[patient, group]) * 1
        try:
            tally.add("slope", covers(score_clustered(united, group, patient).slope, -step))
        except EstimationError:
            continue
    return tally


def simulate_pairs(n_pairs, bands, n_replicates):
    rng = np.random.default_rng([n_pairs, int(1000 * bands[0][0])])
    grid = (np.arange(400) + 0.5) / 400
    tally = Tally()
    for _ in range(n_replicates):
        one, other = (rng.uniform(*band) for band in bands)
        left, right = frailty(grid, one), frailty(grid, other)
        odds = np.mean(left * (1 - right)) / max(np.mean(right * (1 - left)), 1e-300)
        uniform = rng.random(n_pairs)
        a = rng.random(n_pairs) < frailty(uniform, one)
        b = rng.random(n_pairs) < frailty(uniform, other)
        cells = [int((x & y).sum()) for x, y in ((a, b), (a, ~b), (~a, b), (~a, ~b))]
        found = compare_pairs(*cells)
        tally.add("difference", covers(found.difference, one - other))
        tally.add("odds", covers(found.odds_ratio, odds))
    return tally


def write_bands(bands):
    return " v ".join(f"{low:.2f}-{high:.2f}" for low, high in bands)


def report_contrasts(n_replicates, floor):
    print("\nPer pars, first group v second: coverage. Beside, on a quarter of the replicates, the")
    print("patient bootstrap (BCa) where it is defined, and how often it is")
    print("design   rates                    patients difference ratio  width linearised", end="")
    print("  BCa difference    BCa ratio")
    for design in DESIGNS:
        for bands in BANDS:
            for n_patients in N_PATIENTS:
                tally = simulate_contrast(design, n_patients, bands, n_replicates)
                ours = [tally.mean(name) for name in ("difference", "ratio")]
                mark = "  FAILS" if min(ours) < floor else ""
                beside = " ".join(
                    f"{tally.mean(name):8.3f} ({tally.share(name, tally.n('bootstrapped')):4.0%})"
                    for name in ("bca difference", "bca ratio")
                )
                print(
                    f"{design:8s} {write_bands(bands):24s} {n_patients:8d} {ours[0]:10.3f} "
                    f"{ours[1]:5.3f} {tally.mean('width'):6.3f} {tally.mean('linearised'):10.3f} "
                    f"{beside}{mark}",
                    flush=True,
                )


def report_tests(n_replicates):
    bold = 0.05 + 2 * np.sqrt(0.05 * 0.95 / n_replicates)
    print(f"\nTests at 5 % where groups do not differ; above {bold:.3f} a cell is too bold")
    print("design   common rate  patients   two groups  trend over 3")
    for design in DESIGNS:
        for band in NULL_BANDS:
            for n_patients in N_PATIENTS:
                two = simulate_null(design, n_patients, band, n_replicates)
                trend = np.nan
                if design == "pars":
                    trend = simulate_null(design, n_patients, band, n_replicates, 3).mean("rejects")
                size = two.mean("rejects")
                mark = "  TOO BOLD" if np.nanmax([size, trend, 0]) > bold else ""
                print(
                    f"{design:8s} {band[0]:.2f}-{band[1]:.2f} {n_patients:11d} {size:12.3f} "
                    f"{trend:13.3f}{mark}",
                    flush=True,
                )


def report_others(n_replicates, floor):
    print("\nTrend: slope per step over three stages, falling by 0 to 0.2 a step")
    print("highest rate  patients  coverage  estimable")
    for band in ((0.60, 0.80), (0.80, 0.95), (0.95, 1.00)):
        for n_patients in N_PATIENTS:
            tally = simulate_trend(n_patients, band, n_replicates)
            mark = "  FAILS" if tally.mean("slope") < floor else ""
            share = tally.share("slope", n_replicates)
            print(
                f"{band[0]:.2f}-{band[1]:.2f} {n_patients:12d} {tally.mean('slope'):9.3f} "
                f"{share:9.0%}{mark}",
                flush=True,
            )
    print("\nPairs within patients: difference, conditional odds ratio")
    print("rates                    pairs  difference  odds ratio")
    for bands in BANDS:
        for n_pairs in N_PATIENTS:
            tally = simulate_pairs(n_pairs, bands, n_replicates)
            ours = [tally.mean(name) for name in ("difference", "odds")]
            mark = "  FAILS" if min(ours) < floor else ""
            print(
                f"{write_bands(bands):24s} {n_pairs:5d} {ours[0]:11.3f} {ours[1]:11.3f}{mark}",
                flush=True,
            )


def main():
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    floor = 0.93 - 2 * np.sqrt(0.93 * 0.07 / n_replicates)
    print("python benchmarks/coverage_rate_contrasts.py")
    print(f"{n_replicates} replicates, ICC {ICC}; nominal 95 %; a cell fails below {floor:.3f}")
    parts = sys.argv[2:] or ["tests", "others", "contrasts"]
    if "tests" in parts:
        report_tests(n_replicates)
    if "others" in parts:
        report_others(n_replicates, floor)
    if "contrasts" in parts:
        report_contrasts(n_replicates, floor)


if __name__ == "__main__":
    main()
