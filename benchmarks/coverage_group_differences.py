"""Coverage of differences between two groups: union and surgery at each milestone, mean months.

    python benchmarks/coverage_group_differences.py [replicates]

Scans at 3, 6, 9 and 12 months with jitter, prompted extras, loss, surgery (30 % a year from the
fourth month), 60 % bilateral patients. "halves": each patient in one group, and in the second
fewer unite, later. "stages": progressive against early pars, some patients with both. "added"
squares and adds the intervals of the groups (`compare_time_to_union`), "resampled" resamples whole
patients (`estimate_competing_risks`). "mean" is the mean months un-united in the second group, and
"mean less" that in the second less that in the first; their truth is the area over the true curve.
A cell fails below 0.93 less two Monte Carlo errors.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pandas as pd

from parsoutcomes.cohort.endpoints import grouped_intervals
from parsoutcomes.conventions import (
    DAYS_PER_MONTH,
    MILESTONES_MONTHS,
    PLANNED_VISITS_MONTHS,
    STAGES,
)
from parsoutcomes.models.competing_differences import is_large, tabulate_differences
from parsoutcomes.models.group_differences import tabulate_group_differences
from parsoutcomes.models.incidence import GroupIncidence, find_restricted_mean, fit_group
from parsoutcomes.models.time_to_union import RESTRICTED_MONTHS
from parsoutcomes.synthetic.draws import TERMINAL
from parsoutcomes.synthetic.parameters import SimulationParameters
from parsoutcomes.synthetic.truth import true_cumulative_union
from parsoutcomes.synthetic.visits import draw_course, draw_intervals

SIZES = (40, 80, 200)
N_RESAMPLES = 400
N_FOR_TRUTH = 200_000
USUAL = SimulationParameters(surgery_per_year=0.3)
WORSE = replace(
    USUAL,
    union_fraction={"pre_lysis": 0.8, "early": 0.62, "progressive": 0.35, "terminal": 0.0},
    time_scale_months={"pre_lysis": 3.6, "early": 5.0, "progressive": 6.0, "terminal": 6.0},
)
Scenario = dict[str, tuple[SimulationParameters, str | None]]
SCENARIOS: dict[str, Scenario] = {
    "halves": {"first": (USUAL, None), "second": (WORSE, None)},
    "stages": {"early": (USUAL, "early"), "progressive": (USUAL, "progressive")},
}
LOWEST = 0.93


def draw_days(
    n_patients: int, generator: np.random.Generator, parameters: SimulationParameters, name: str
) -> pd.DataFrame:
    """Draw what was seen of each pars, with its stage; `name` marks the patients of a group."""
    drawn = draw_intervals(n_patients, seed=generator, parameters=parameters)
    surgery = np.where(np.isinf(drawn.surgery_days), np.nan, drawn.surgery_days)
    return pd.DataFrame(
        {
            "patient_id": [f"{name}{number}" for number in drawn.patient],
            "stage": np.array(STAGES)[drawn.stage],
            "interval_left_days": drawn.left_days,
            "interval_right_days": np.where(np.isinf(drawn.right_days), np.nan, drawn.right_days),
            "surgery_from_days": surgery,
            "surgery_to_days": surgery,
            "surgery_free_until_days": drawn.surgery_free_until_days,
        }
    )


def place_scans(
    days: pd.DataFrame, visits_months: tuple[float, ...] | None = PLANNED_VISITS_MONTHS
) -> pd.DataFrame:
    """Return pars as the models read them: scans at planned visits, or on their exact days."""
    rows = grouped_intervals(days, visits_months)
    return rows.assign(patient_id=days["patient_id"], stage=days["stage"], n_defects=1)


def draw_groups(scenario: str, n_patients: int, seed: int) -> dict[str, pd.DataFrame]:
    generator = np.random.default_rng(seed)
    groups = SCENARIOS[scenario]
    if scenario == "stages":
        rows = place_scans(draw_days(n_patients, generator, USUAL, ""))
        return {stage: rows[rows["stage"].eq(stage)] for stage in groups}
    each = n_patients // len(groups)
    return {
        name: place_scans(draw_days(each, generator, of, name)) for name, (of, _) in groups.items()
    }


def replicate(seed: int, *, scenario: str, n_patients: int) -> dict[tuple[str, float], list[float]]:
    drawn = draw_groups(scenario, n_patients, seed)
    if not all(is_large(name, rows) for name, rows in drawn.items()):
        return {}
    options = {"conf_level": 0.95, "n_resamples": N_RESAMPLES, "seed": seed}
    fitted = {name: fit_group(rows, **options) for name, rows in drawn.items()}
    reference, other = fitted
    added = tabulate_group_differences("group", fitted, reference)
    added["measure"] = added["measure"].replace(
        {"union_difference": "union, added", "mean_months_difference": "mean less, added"}
    )
    resampled = _against(reference, tabulate_differences("group", fitted))
    resampled["measure"] = resampled["measure"].replace(
        {"union_difference": "union, resampled", "surgery_difference": "surgery, resampled"}
    )
    found = pd.concat([added, resampled]).set_index(["measure", "months"])
    cells = found[["estimate", "conf_low", "conf_high"]].T.to_dict("list")
    return cells | dict(_means(fitted[other]))


def _against(reference: str, differences: pd.DataFrame) -> pd.DataFrame:
    if differences["reference"].eq(reference).all():
        return differences
    names = {"conf_low": "conf_high", "conf_high": "conf_low"}
    turned = -differences[["estimate", "conf_low", "conf_high"]].rename(columns=names)
    return differences.assign(**{name: turned[name] for name in turned})


def _means(group: GroupIncidence) -> Iterator[tuple[tuple[str, float], list[float]]]:
    for months in RESTRICTED_MONTHS:
        mean = find_restricted_mean(group, months * DAYS_PER_MONTH)
        ends = ((mean.low + mean.high) / 2, mean.conf_low, mean.conf_high)
        yield ("mean", months), [days / DAYS_PER_MONTH for days in ends]


@cache
def find_truth(scenario: str) -> dict[tuple[str, float], float]:
    (_, reference), (_, other) = SCENARIOS[scenario].items()
    truth = {}
    for months in MILESTONES_MONTHS:
        ours, theirs = (
            true_cumulative_union(of, months, stage=stage)[0] for of, stage in (other, reference)
        )
        truth |= {(f"union, {how}", months): ours - theirs for how in ("added", "resampled")}
    operated = [draw_surgery(*group) for group in (other, reference)]
    for position, months in enumerate(MILESTONES_MONTHS):
        truth["surgery, resampled", months] = operated[0][position] - operated[1][position]
    for months in RESTRICTED_MONTHS:
        ours, theirs = (_true_mean(*group, months) for group in (other, reference))
        truth |= {("mean", months): ours, ("mean less, added", months): ours - theirs}
    return truth


def _true_mean(parameters: SimulationParameters, stage: str | None, months: float) -> float:
    grid = np.linspace(0, months, 2401)
    return float(np.trapezoid(1 - true_cumulative_union(parameters, grid, stage=stage), grid))


def draw_surgery(parameters: SimulationParameters, stage: str | None) -> list[float]:
    """Return the share of pars operated on before union by each milestone, from a large draw."""
    generator = np.random.default_rng(1)
    patients, union, seen = draw_course(N_FOR_TRUTH, rng=generator, parameters=parameters)
    of = patients.stage != TERMINAL if stage is None else patients.stage == STAGES.index(stage)
    days = np.where(
        seen.surgery_days[patients.patient] < union.union_days,
        seen.surgery_days[patients.patient],
        np.inf,
    )
    return [float((days[of] <= month * DAYS_PER_MONTH).mean()) for month in MILESTONES_MONTHS]


def describe(scenario: str, size: int, drawn: list[dict[tuple[str, float], list[float]]]) -> None:
    for (measure, months), true in find_truth(scenario).items():
        cells = np.array([one[measure, months] for one in drawn if one])
        estimate, low, high = cells[~np.isnan(cells).any(axis=1)].T
        covered = ((low <= true) & (true <= high)).mean()
        error = np.sqrt(covered * (1 - covered) / estimate.size)
        verdict = "fails" if covered < LOWEST - 2 * error else ""
        print(
            f"{scenario:<8}{size:>8} {measure:<19}{months:>6g} {true:>+8.3f} "
            f"{estimate.mean() - true:>+7.3f} {covered:>9.3f} {error:>6.3f} "
            f"{(low > true).mean():>6.3f} {(high < true).mean():>6.3f} "
            f"{(high - low).mean():>6.3f} {1 - estimate.size / len(drawn):>9.3f} {verdict}",
            flush=True,
        )


def main() -> None:
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"python benchmarks/coverage_group_differences.py {n_replicates}")
    print(
        "groups  patients measure            months    truth    bias  coverage  mc_se  above"
        "  below  width  no answer"
    )
    for scenario in SCENARIOS:
        for size in SIZES:
            one = partial(replicate, scenario=scenario, n_patients=size)
            describe(scenario, size, [one(seed) for seed in range(n_replicates)])


if __name__ == "__main__":
    main()
