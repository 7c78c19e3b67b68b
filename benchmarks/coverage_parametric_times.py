"""Coverage of the cure fraction and of a time factor, with pairs of pars and scans at visits.

    python benchmarks/coverage_parametric_times.py [replicates]

Cure: simulated cohorts as in `simulate_cohort`, their stages mixed, so that the Weibull form is an
approximation. The share that unites in the end if nobody were operated on; the profile interval
given a plateau, and beside it how often "never" was refused or no fit existed. With the default
parameters three years of follow-up stand behind few patients: scans to month 24 are planned here.
Time factor: Weibull times, a covariate that differs within patients, frailty shared by the pair
that the model does not know; t intervals on K - 1, from the sandwich and from the jackknife over
patients.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy.stats import t as student

from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.cure import fit_mixture_cure
from parsoutcomes.stats.interval_regression import fit_interval_aft
from parsoutcomes.stats.interval_regression_jackknife import jackknife_aft_covariance
from parsoutcomes.stats.plateau import check_plateau
from parsoutcomes.synthetic.parameters import SimulationParameters
from parsoutcomes.synthetic.truth import true_cumulative_union
from parsoutcomes.synthetic.visits import draw_intervals

VISITS_MONTHS = (3.0, 6.0, 9.0, 12.0, 18.0, 24.0)
SIZES = (40, 80, 200)
FACTOR = -0.4


def replicate_cure(n_patients: int, seed: int, parameters: SimulationParameters) -> list[float]:
    drawn = draw_intervals(n_patients, seed=seed, parameters=parameters)
    left, right = drawn.left_days / DAYS_PER_MONTH, drawn.right_days / DAYS_PER_MONTH
    try:
        fit = fit_mixture_cure(left, right, clusters=drawn.patient)
    except EstimationError:
        return [np.nan, np.nan, np.nan, 0.0]
    found = check_plateau(fit, left, right, VISITS_MONTHS)
    return [fit.eventual, fit.conf_low, fit.conf_high, float(found.is_reached)]


def replicate_factor(n_patients: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), generator.choice([1, 2], n_patients, p=[0.4, 0.6]))
    x = generator.integers(0, 2, patient.size)
    shared = generator.normal(0, 0.4, n_patients)[patient]
    error = np.log(generator.exponential(size=patient.size))
    times = np.exp(1.7 + FACTOR * x + shared + 0.5 * error)
    left = np.minimum(3 * np.floor(times / 3), 12)
    right = np.where(times < 12, left + 3, np.inf)
    design = np.column_stack([np.ones(x.size), x])
    fit = fit_interval_aft(left, right, design, clusters=patient)
    spare = jackknife_aft_covariance(left, right, design, patient)
    critical = student.ppf(0.975, n_patients - 1)
    halves = critical * np.sqrt([fit.covariance[1, 1], spare[1, 1]])
    factor = fit.coefficients[1]
    return np.array([[factor, factor - half, factor + half, 1.0] for half in halves])


def describe(name: str, size: int, drawn: np.ndarray, truth: float) -> None:
    estimate, low, high, allowed = drawn.T
    fitted, given = ~np.isnan(estimate), allowed == 1
    covered = (low <= truth) & (truth <= high)
    print(
        f"{name:<12}{size:>8} {truth:>7.3f} {estimate[fitted].mean() - truth:>+7.3f} "
        f"{covered[fitted].mean():>9.3f} {covered[given].mean():>9.3f} "
        f"{(high - low)[fitted].mean():>6.3f} {1 - given.mean():>8.3f} {1 - fitted.mean():>7.3f}",
        flush=True,
    )


def main() -> None:
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    parameters = SimulationParameters(visits_months=VISITS_MONTHS, discharge_fraction=0.5)
    truth = true_cumulative_union(parameters, 600.0, surgery_competes=False)[0]
    print(f"python benchmarks/coverage_parametric_times.py {n_replicates}")
    print("what        patients   truth    bias  coverage given plateau width  refused  no fit")
    for size in SIZES:
        rows = [replicate_cure(size, seed, parameters) for seed in range(n_replicates)]
        describe("cure", size, np.array(rows), float(truth))
        rows = [replicate_factor(size, seed) for seed in range(n_replicates)]
        for k, name in enumerate(("sandwich", "jackknife")):
            describe(name, size, np.array(rows)[:, k], FACTOR)


if __name__ == "__main__":
    main()
