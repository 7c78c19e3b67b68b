"""Coverage of the union curve at a month at which few were scanned.

    python benchmarks/coverage_sparse_visits.py [replicates] [visits|days] [patients]

Cohorts as in `compare_npmle_intervals`; then a share of patients lose their scan about one month:
who had united by then is seen united at the next, who had not is last seen at the one before.
"exact" is how often a limit was exact (few tell the month apart), "variance" what limits from the
variance, with exact ones only where fewer than 3 patients show the rarer outcome, cover in the same
cohorts. "own days": scans stay on their days, which are more than 20, so that exact limits count
rows instead of following a profile; "variance" there is m-out-of-n. A cell fails below 0.93 less
two Monte Carlo errors.
"""

from __future__ import annotations

import sys
from functools import partial
from unittest.mock import patch

import numpy as np
from compare_npmle_intervals import draw_rows

from parsoutcomes.conventions import DAYS_PER_MONTH, MILESTONES_MONTHS
from parsoutcomes.stats import npmle_exact_limits
from parsoutcomes.stats.npmle_intervals import estimate_incidence
from parsoutcomes.synthetic.parameters import SimulationParameters
from parsoutcomes.synthetic.truth import true_cumulative_union
from parsoutcomes.synthetic.visits import draw_intervals

SIZES = (40, 80, 200)
SCANNED = (0.05, 0.15, 0.3, 0.5, 1.0)
MONTHS = (3.0, 6.0)
VISITS = np.array(MILESTONES_MONTHS) * DAYS_PER_MONTH
HALF_WINDOW = 1.5 * DAYS_PER_MONTH
N_RESAMPLES = 100
LOWEST = 0.93
Rows = tuple[np.ndarray, ...]


def draw_own_days(n_patients: int, seed: int) -> Rows:
    """Draw rows whose scans stay on their own days."""
    drawn = draw_intervals(n_patients, seed=seed)
    operated = np.isfinite(drawn.surgery_days)
    causes = np.where(np.isfinite(drawn.right_days), 1, np.where(operated, 2, 0))
    operated = causes == 2
    left = np.where(operated, drawn.surgery_days, drawn.left_days)
    right = np.where(operated, drawn.surgery_days, drawn.right_days)
    contact = np.maximum(drawn.surgery_free_until_days, drawn.left_days)
    return left, right, causes, contact, drawn.patient


def lose_scans(rows: Rows, scanned: float, month: float, generator: np.random.Generator) -> Rows:
    """Let all but a share of patients lose what was seen about one planned visit."""
    left, right, causes, contact, patient = rows
    visit = MILESTONES_MONTHS.index(month)
    lost = (generator.random(int(patient.max()) + 1) >= scanned)[patient] & (causes != 2)
    before, after = np.append(0.0, VISITS)[visit], VISITS[visit + 1]
    about = [np.abs(days - VISITS[visit]) < HALF_WINDOW for days in (left, right)]
    left = np.where(lost & about[0], before, left)
    right = np.where(lost & about[1] & (causes == 1), after, right)
    return left, right, causes, contact, patient


def replicate(
    seed: int, *, n_patients: int, month: float, scanned: float, own_days: bool
) -> list[float]:
    """Return both limits, whether exact, and both limits by the variance alone."""
    generator = np.random.default_rng(10_000 + seed)
    drawn = (draw_own_days if own_days else draw_rows)(n_patients, seed)
    rows = lose_scans(drawn, scanned, month, generator)
    options = {
        "method": "m_out_of_n" if own_days else "effective_n",
        "n_resamples": N_RESAMPLES,
        "seed": seed,
    }
    at = [month * DAYS_PER_MONTH]
    found = estimate_incidence(*rows, at, **options)
    endless = {"UNTOLD_MANY": np.inf, "UNTOLD_TOO_MANY": np.inf}
    with patch.multiple(npmle_exact_limits, **endless):
        plain = estimate_incidence(*rows, at, **options)
    exact = found.methods[0] == "exact"
    limits = [found.conf_low[0], found.conf_high[0], plain.conf_low[0], plain.conf_high[0]]
    return [exact, *np.nan_to_num(limits[:2], nan=0.5), *np.nan_to_num(limits[2:], nan=0.5)]


def describe(drawn: np.ndarray, true: float) -> str:
    exact, low, high, plain_low, plain_high = drawn.T
    covered = ((low <= true) & (true <= high)).mean()
    error = np.sqrt(covered * (1 - covered) / len(drawn))
    plain = ((plain_low <= true) & (true <= plain_high)).mean()
    return (
        f"{exact.mean():>7.2f} {covered:>9.3f} {error:>6.3f} {(low > true).mean():>6.3f} "
        f"{(high < true).mean():>6.3f} {(high - low).mean():>6.3f} {plain:>9.3f} "
        f"{(plain_high - plain_low).mean():>6.3f} {'fails' if covered < LOWEST - 2 * error else ''}"
    )


def main() -> None:
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    chosen = sys.argv[2:3] or ["visits", "days"]
    only = [int(size) for size in sys.argv[3:4]]
    print(f"python benchmarks/coverage_sparse_visits.py {n_replicates} {' '.join(sys.argv[2:])}")
    print(
        "scans     month patients scanned   exact  coverage  mc_se  above  below  width  variance"
        "  width"
    )
    truth = true_cumulative_union(SimulationParameters(), np.array(MONTHS))
    for own_days in (part == "days" for part in chosen):
        for size in only or (SIZES[:2] if own_days else SIZES):
            for month, true in zip(MONTHS, truth, strict=True):
                for scanned in SCANNED:
                    one = partial(
                        replicate,
                        n_patients=size,
                        month=month,
                        scanned=scanned,
                        own_days=own_days,
                    )
                    drawn = np.array([one(seed) for seed in range(n_replicates)], dtype=np.float64)
                    print(
                        f"{'own days' if own_days else 'visits':<10}{month:>5g} {size:>8} "
                        f"{scanned:>7g} {describe(drawn, float(true))}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
