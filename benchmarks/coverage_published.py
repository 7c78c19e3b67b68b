"""Coverage of the published interval of the union curve, from counts rounded to fives.

    python benchmarks/coverage_published.py [replicates] > reports/validation/published_coverage.txt

Truth: the simulated incidence of complete union. Those withheld are counted, and coverage is of the
others. The interval takes the pars of a patient as one, and is widened for the rounding, so that
more than 95 % is expected, most of all in small cohorts.
"""

from __future__ import annotations

import sys
from functools import partial

import numpy as np

from parsoutcomes.conventions import MILESTONES_MONTHS
from parsoutcomes.models.time_to_union import estimate_time_to_union
from parsoutcomes.report.disclosure import is_small, percent_interval, round_count
from parsoutcomes.report.publishable_cells import month_lines
from parsoutcomes.report.publishable_counts import effective_number
from parsoutcomes.synthetic.parameters import change_parameters
from parsoutcomes.synthetic.simulate import simulate_cohort
from parsoutcomes.synthetic.truth import true_cumulative_union

SIZES = (20, 40, 80, 200)
N_RESAMPLES = 10


def replicate(seed: int, *, n_patients: int) -> list[tuple[float, float]]:
    """Return the published limits at each milestone, not a number where withheld."""
    cohort = simulate_cohort(n_patients, seed=seed)
    result = estimate_time_to_union(cohort, n_resamples=N_RESAMPLES, seed=seed)
    frame, seen = result.frame.set_index("months"), result.risk_table.set_index("months")
    limits = []
    for months, line in zip(MILESTONES_MONTHS, month_lines(), strict=True):
        row = frame.loc[months]
        estimated = float(row["estimate"] * row["n_defects"])
        true = {
            line.targets: float(row["n_defects"]),
            line.patients: float(row["n_patients"]),
            line.known: float(seen.loc[months, ["n_united", "n_not_united"]].sum()),
        }
        if any(map(is_small, (*true.values(), estimated, true[line.targets] - estimated))):
            limits.append((np.nan, np.nan))
            continue
        counts = {name: round_count(value) for name, value in true.items()}
        n = effective_number(counts, line)
        assert n is not None
        limits.append(percent_interval(round_count(estimated), counts[line.targets], n))
    return limits


def main() -> None:
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    truth = true_cumulative_union(change_parameters(None, {}), np.array(MILESTONES_MONTHS))
    print(f"python benchmarks/coverage_published.py {n_replicates}")
    print("patients  months   truth  coverage   mc_se  width  withheld")
    for size in SIZES:
        one = partial(replicate, n_patients=size)
        drawn = np.array([one(seed) for seed in range(n_replicates)]) / 100
        for k, months in enumerate(MILESTONES_MONTHS):
            low, high = drawn[~np.isnan(drawn[:, k, 0]), k].T
            covered = np.mean((low <= truth[k]) & (truth[k] <= high))
            error = np.sqrt(covered * (1 - covered) / len(low))
            print(
                f"{size:>8} {months:>7g} {truth[k]:>7.3f} {covered:>9.3f} {error:>7.3f} "
                f"{np.mean(high - low):>6.3f} {1 - len(low) / n_replicates:>9.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
