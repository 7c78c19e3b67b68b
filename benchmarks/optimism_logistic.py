"""Does the optimism-corrected performance match that in fresh patients?

    python benchmarks/optimism_logistic.py [replicates] > reports/validation/optimism.txt

Cohorts of 60 patients, 60 % bilateral, two predictors that matter and two that do not; each model
is then measured on 20,000 fresh patients. Means over cohorts (medians for the slope).
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from parsoutcomes.errors import EstimationError
from parsoutcomes.models.model_check import MEASURES, check_rows
from parsoutcomes.stats.kernels import correct_intercepts
from parsoutcomes.stats.prediction import measure_prediction

TERMS = ["a", "b", "c", "d"]
SLOPES = np.array([1.0, -0.5, 0.0, 0.0])
N_PATIENTS, N_FRESH, N_RESAMPLES = 60, 20_000, 200


def draw(n_patients: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), generator.choice([1, 2], n_patients, p=[0.4, 0.6]))
    values = generator.normal(size=(patient.size, 4))
    values[:, 2:] = generator.normal(size=(n_patients, 2))[patient]
    shared = generator.normal(size=n_patients)[patient]
    latent = np.sqrt(0.5) * (shared + generator.normal(size=patient.size))
    united = norm.cdf(latent) < expit(0.7 + values @ SLOPES)
    return pd.DataFrame(values, columns=TERMS).assign(patient=patient, united=united.astype(float))


def measure(seed: int, method: str, fresh: pd.DataFrame) -> list[list[float]]:
    rows = draw(N_PATIENTS, seed)
    fitted, frame = check_rows(
        rows,
        outcome="united",
        terms=TERMS,
        clusters="patient",
        method=method,
        n_resamples=N_RESAMPLES,
        seed=1,
    )
    slopes = fitted.odds.coefficients
    odds, new = (
        slopes[0] + (part[TERMS] - rows[TERMS].mean()).to_numpy() @ slopes[1:]
        for part in (rows, fresh)
    )
    if method == "firth":
        ones = np.ones((1, len(rows)))
        new = new + correct_intercepts(rows["united"], odds[None, :], ones)[0]
    truth = measure_prediction(fresh["united"], new[None, :], np.ones((1, len(new))))
    by = frame.set_index(["measure", "reading"])["estimate"]
    return [
        [by[name, "apparent"], by[name, "corrected"], float(getattr(truth, name)[0])]
        for name in MEASURES
    ]


def main() -> None:
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    fresh = draw(N_FRESH, 10**6)
    print("model  measure                    apparent corrected  fresh  (refused)")
    for method in ("gee", "firth"):
        found, n_refused = [], 0
        for seed in range(n_replicates):
            try:
                found.append(measure(seed, method, fresh))
            except EstimationError:
                n_refused += 1
        for name, values in zip(MEASURES, np.array(found).transpose(1, 2, 0), strict=True):
            middle = np.median if name == "calibration_slope" else np.mean
            cells = "".join(f"{middle(value):>+9.3f}" for value in values)
            print(f"{method:<7}{name:<26}{cells}  ({n_refused})", flush=True)


if __name__ == "__main__":
    main()
