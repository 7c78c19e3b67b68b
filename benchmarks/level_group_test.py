"""How often the test between groups calls equal groups different, and different groups different.

    python benchmarks/level_group_test.py [replicates] > reports/validation/group_test_level.txt

Patients in two halves, 60 % bilateral, loss, surgery, informative extra scans. The first half is
scanned at 3, 6, 9 and 12 months, the second alike, or more sparsely (visits missed), or on closer
visits. "ratio" is that of their scans per year until union, in a large draw; "alike" how often
`compare_time_to_union` calls the schedules alike (a factor of at most 1.25) and so permutes
patients. Columns: share of cohorts with p < 0.05 by permutation, by the sandwich and by the rule,
for scans grouped to planned visits, and for exact days. "worse" is the power where the second half
unites less and later. A level fails above 0.07 plus two Monte
Carlo errors (0.093 of 500 cohorts).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from coverage_group_differences import USUAL, WORSE, draw_days, place_scans

from parsoutcomes.models.incidence import UNION
from parsoutcomes.models.schedules import DAYS_PER_YEAR, are_alike
from parsoutcomes.stats.scores import compare_groups
from parsoutcomes.synthetic.draws import TERMINAL
from parsoutcomes.synthetic.parameters import SimulationParameters
from parsoutcomes.synthetic.visits import draw_course

SIZES = (40, 80, 200)
N_PERMUTATIONS = 500
N_FOR_RATIO = 20_000


def closer(factor: float) -> SimulationParameters:
    gap = 3.0 / factor
    return replace(USUAL, visits_months=tuple(gap * n for n in range(1, round(12 / gap) + 1)))


def sparser(factor: float) -> SimulationParameters:
    return replace(USUAL, attendance=USUAL.attendance / factor)


SECOND = {
    "alike": USUAL,
    "missed 1.25": sparser(1.25),
    "missed 1.5": sparser(1.5),
    "closer 1.25": closer(1.25),
    "closer 1.5": closer(1.5),
    "worse": WORSE,
}


@dataclass(frozen=True)
class Half:
    grouped: pd.DataFrame
    exact: pd.DataFrame
    scans_per_year: float


def draw_half(name: str, n_patients: int, seed: int, parameters: SimulationParameters) -> Half:
    days = draw_days(n_patients, np.random.default_rng(seed), parameters, name)
    exact = place_scans(days, None)
    return Half(place_scans(days), exact, _scans_per_year(n_patients, seed, parameters, exact))


def _scans_per_year(
    n_patients: int, seed: int, parameters: SimulationParameters, exact: pd.DataFrame
) -> float:
    patients, _, seen = draw_course(
        n_patients, rng=np.random.default_rng(seed), parameters=parameters
    )
    days = seen.scan_days[patients.patient[patients.stage != TERMINAL]]
    until = np.where(exact["cause"].eq(UNION), exact["right_days"], np.inf)[:, None]
    kept = np.where(days <= until, days, np.nan)
    last = np.nanmax(np.column_stack([np.zeros(len(kept)), kept]), axis=1)
    return float((~np.isnan(kept)).sum() / (last.sum() / DAYS_PER_YEAR))


def test_by(method: str, halves: list[pd.DataFrame], seed: int) -> float:
    rows = pd.concat(halves, keys=range(len(halves)), names=["half"]).reset_index("half")
    found = compare_groups(
        rows["left_days"].to_numpy(),
        rows["right_days"].where(rows["cause"].eq(UNION), np.inf).to_numpy(),
        rows["half"].to_numpy(),
        rows["patient_id"].to_numpy(str),
        method=method,
        n_permutations=N_PERMUTATIONS,
        seed=seed,
    )
    return found.p_value


def replicate(seed: int, *, second: str, n_patients: int) -> list[float]:
    first = draw_half("a", n_patients // 2, 2 * seed, USUAL)
    other = draw_half("b", n_patients // 2, 2 * seed + 1, SECOND[second])
    scans = pd.DataFrame({"scans_per_year": [first.scans_per_year, other.scans_per_year]})
    alike, found = are_alike(scans), []
    for halves in ([first.grouped, other.grouped], [first.exact, other.exact]):
        permuted, sandwich = (test_by(how, halves, seed) for how in ("permutation", "sandwich"))
        found += [permuted, sandwich, permuted if alike else sandwich]
    return [float(alike), *(float(p_value < 0.05) for p_value in found)]


def ratio_of(second: str) -> float:
    rates = [
        draw_half("", N_FOR_RATIO, seed, of).scans_per_year
        for seed, of in enumerate((USUAL, SECOND[second]))
    ]
    return max(rates) / min(rates)


def sizes_of(second: str) -> tuple[int, ...]:
    return SIZES if second in ("alike", "worse") else SIZES[-1:]


def main() -> None:
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(f"python benchmarks/level_group_test.py {n_replicates}")
    print(f"{'':<36}{'grouped to planned visits':>27}{'exact days':>27}")
    columns = ("permuted", "sandwich", "rule") * 2
    print(f"second half  ratio  patients  alike {' '.join(f'{name:>8}' for name in columns)}")
    for second in SECOND:
        ratio = ratio_of(second)
        for size in sizes_of(second):
            one = partial(replicate, second=second, n_patients=size)
            found = np.array([one(seed) for seed in range(n_replicates)]).mean(axis=0)
            cells = " ".join(f"{share:>8.3f}" for share in found[1:])
            print(f"{second:<12}{ratio:>6.2f} {size:>9} {found[0]:>6.3f} {cells}", flush=True)


if __name__ == "__main__":
    main()
