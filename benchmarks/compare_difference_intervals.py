"""Two ways to limits for a difference between groups, side by side in the same cohorts.

    python benchmarks/compare_difference_intervals.py [replicates] [resamples]

"added" squares and adds the intervals of the two groups (Zou and Donner), "resampled" takes the
percentiles of a Bayesian bootstrap of whole patients, both at every month where the two groups have
a variance to speak of; elsewhere both would be the same, and the month does not count. "mean less,
added" is the difference in mean months un-united with union spread evenly, "mean less, resampled"
the percentiles of the same mean in the resamples. Cohorts as in `coverage_group_differences`.
A cell fails below 0.93 less two Monte Carlo errors.
"""

from __future__ import annotations

import sys
from functools import partial

import numpy as np
from coverage_group_differences import (
    LOWEST,
    SCENARIOS,
    SIZES,
    draw_groups,
    find_truth,
)

from parsoutcomes.conventions import DAYS_PER_MONTH, MILESTONES_MONTHS
from parsoutcomes.models.competing_differences import is_large
from parsoutcomes.models.incidence import SURGERY, UNION, as_arrays
from parsoutcomes.models.time_to_union import RESTRICTED_MONTHS
from parsoutcomes.stats.npmle_competing import fit_npmle_competing_batch
from parsoutcomes.stats.npmle_contrasts import compare_incidence, estimate_restricted_mean
from parsoutcomes.stats.npmle_intervals import estimate_incidence
from parsoutcomes.stats.resampling import bayesian_patient_weights, percentile_interval

DAYS = np.array(MILESTONES_MONTHS) * DAYS_PER_MONTH
NAMES = {UNION: "union", SURGERY: "surgery"}
REGULAR = "effective_n"
Cells = dict[tuple[str, float], tuple[float, float, float]]


def replicate(seed: int, *, scenario: str, n_patients: int, n_resamples: int) -> Cells:
    drawn = draw_groups(scenario, n_patients, seed)
    if not all(is_large(name, rows) for name, rows in drawn.items()):
        return {}
    reference, other = drawn.values()
    groups = [(as_arrays(rows), rows["patient_id"].to_numpy(str)) for rows in (other, reference)]
    weights = bayesian_patient_weights(
        np.concatenate([ids for _, ids in groups]), n_resamples, seed=seed
    )
    parts = np.split(weights, [groups[0][1].size], axis=1)
    batches = [
        fit_npmle_competing_batch(*rows, part)
        for (rows, _), part in zip(groups, parts, strict=True)
    ]
    cells: Cells = {}
    for cause, name in NAMES.items():
        found = [estimate_incidence(*rows, ids, DAYS, cause=cause) for rows, ids in groups]
        added = compare_incidence(*found)
        ours, theirs = (np.mean(batch.incidence_at(DAYS, cause), axis=0) for batch in batches)
        low, high = percentile_interval(ours - theirs, conf_level=0.95)
        for k, months in enumerate(MILESTONES_MONTHS):
            if {one.methods[k] for one in found} != {REGULAR} or np.isnan(added.difference[k]):
                continue
            estimate = added.difference[k]
            cells[f"{name}, added", months] = (estimate, added.conf_low[k], added.conf_high[k])
            cells[f"{name}, resampled", months] = (estimate, low[k], high[k])
    for months in RESTRICTED_MONTHS:
        cells |= _compare_means(groups, batches, months)
    return cells


def _compare_means(groups, batches, months: float) -> Cells:
    horizon = months * DAYS_PER_MONTH
    ours, theirs = (
        estimate_restricted_mean(*rows, ids, horizon, placed="evenly") for rows, ids in groups
    )
    difference = ours.low - theirs.low
    below = np.hypot(ours.low - ours.conf_low, theirs.conf_high - theirs.low)
    above = np.hypot(ours.conf_high - ours.low, theirs.low - theirs.conf_low)
    added = np.array([difference, difference - below, difference + above]) / DAYS_PER_MONTH
    draws = [_draw_means(batch, horizon) for batch in batches]
    low, high = percentile_interval((draws[0] - draws[1])[:, None], conf_level=0.95)
    resampled = np.array([difference, low[0], high[0]]) / DAYS_PER_MONTH
    return {
        ("mean less, added", months): tuple(added),
        ("mean less, resampled", months): tuple(resampled),
    }


def _draw_means(batch, horizon: float) -> np.ndarray:
    left, right = batch.union.left, batch.union.right
    inside = np.clip(horizon - left, 0.0, right - left)
    width = np.where(right > left, right - left, 1.0)
    gained = np.where(right > left, inside**2 / (2 * width), 0.0) + np.maximum(horizon - right, 0.0)
    return horizon - batch.union.mass @ gained


def describe(scenario: str, size: int, drawn: list[Cells]) -> None:
    truth = find_truth(scenario)
    for measure in ("union", "surgery", "mean less"):
        for months in RESTRICTED_MONTHS if measure == "mean less" else MILESTONES_MONTHS:
            for how in ("added", "resampled"):
                key = (f"{measure}, {how}", months)
                known = f"{measure}, {'resampled' if measure == 'surgery' else 'added'}"
                cells = [one[key] for one in drawn if key in one]
                if len(cells) > len(drawn) / 4:
                    write_cell(scenario, size, key, truth[known, months], np.array(cells))


def write_cell(scenario, size, key, true, cells: np.ndarray) -> None:
    estimate, low, high = cells.T
    covered = ((low <= true) & (true <= high)).mean()
    error = np.sqrt(covered * (1 - covered) / estimate.size)
    bias, above, below = estimate.mean() - true, (low > true).mean(), (high < true).mean()
    print(
        f"{scenario:<8}{size:>8} {key[0]:<21}{key[1]:>6g} {estimate.size:>6} {true:>+8.3f} "
        f"{bias:>+7.3f} {covered:>9.3f} {error:>6.3f} {above:>6.3f} {below:>6.3f} "
        f"{(high - low).mean():>6.3f} "
        f"{'fails' if covered < LOWEST - 2 * error else ''}",
        flush=True,
    )


def main() -> None:
    n_replicates, n_resamples = (
        int(sys.argv[k]) if len(sys.argv) > k else default for k, default in ((1, 1000), (2, 400))
    )
    print(f"python benchmarks/compare_difference_intervals.py {n_replicates} {n_resamples}")
    print(
        "groups  patients measure              months  count    truth    bias  coverage  mc_se"
        "  above  below  width"
    )
    for size in reversed(SIZES):
        for scenario in SCENARIOS:
            one = partial(replicate, scenario=scenario, n_patients=size, n_resamples=n_resamples)
            describe(scenario, size, [one(seed) for seed in range(n_replicates)])


if __name__ == "__main__":
    main()
