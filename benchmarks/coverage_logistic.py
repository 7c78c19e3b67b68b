"""Coverage of logistic coefficients and of the standardised risk difference, 60 % bilateral.

    python benchmarks/coverage_logistic.py [replicates] > reports/validation/logistic.txt
    python benchmarks/coverage_logistic.py 500 rarer 500        one scenario, cohorts 500 to 999

Union by the horizon of pars with a late or an early stage and the patient's age, both in the model.
Marginal models: two pars of a patient correlated through a normal copula (0.5), so that the odds
ratio averaged over patients is known. GEE and Firth are each asked for by name; "auto" is what a
clinic gets. A GEE that is refused (too few events, separation) is counted, and its coverage is of
those given. "rarer" has few that do not unite. Mixed: a normal intercept per patient, profile
limits of the conditional log odds ratio; risks averaged over patients.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from parsoutcomes.errors import EstimationError
from parsoutcomes.models.logistic_fit import fit_logistic_rows

SIZES = (40, 80, 200)
LATE, AGE = -1.2, 0.15
INTERCEPTS = {"usual": 1.0, "rarer": 2.3}
COPULA, SIGMA = 0.5, 1.5
N_RESAMPLES = 500
NOT_FITTED = [np.nan] * 6


def draw_patients(generator: np.random.Generator, n_patients: int) -> pd.DataFrame:
    patient = np.repeat(np.arange(n_patients), generator.choice([1, 2], n_patients, p=[0.4, 0.6]))
    age = generator.normal(0, 2, n_patients)[patient]
    shared = generator.normal(size=n_patients)[patient]
    stage = np.sqrt(0.5) * shared + np.sqrt(0.5) * generator.normal(size=patient.size)
    late = stage > norm.ppf(0.6)
    return pd.DataFrame(
        {"patient": patient, "age": age, "late": late, "stage": np.where(late, "late", "early")}
    )


def draw_marginal(n_patients: int, seed: int, intercept: float) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    rows = draw_patients(generator, n_patients)
    shared = generator.normal(size=n_patients)[rows["patient"]]
    latent = np.sqrt(COPULA) * shared + np.sqrt(1 - COPULA) * generator.normal(size=len(rows))
    risk = expit(intercept + LATE * rows["late"] + AGE * rows["age"])
    return rows.assign(united=(norm.cdf(latent) < risk).astype(float))


def draw_conditional(n_patients: int, seed: int, intercept: float) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    rows = draw_patients(generator, n_patients)
    shared = SIGMA * generator.normal(size=n_patients)[rows["patient"]]
    risk = expit(intercept + LATE * rows["late"] + AGE * rows["age"] + shared)
    return rows.assign(united=(generator.random(len(rows)) < risk).astype(float))


def true_difference(intercept: float, sigma: float) -> float:
    generator = np.random.default_rng(0)
    rest = intercept + AGE * generator.normal(0, 2, 4_000_000)
    rest += sigma * generator.normal(size=rest.size)
    return float((expit(rest + LATE) - expit(rest)).mean())


def fit_one(rows: pd.DataFrame, method: str) -> list[float]:
    try:
        fit = fit_logistic_rows(
            rows,
            outcome="united",
            terms=["stage", "age"],
            clusters="patient",
            method=method,
            conf_level=0.95,
            n_resamples=N_RESAMPLES,
            seed=1,
        )
    except EstimationError:
        return NOT_FITTED
    frame = fit.frame[fit.frame["level"].eq("late")].set_index("measure")
    columns = ["estimate", "conf_low", "conf_high"]
    measure = "conditional_odds_ratio" if method == "mixed" else "odds_ratio"
    odds = np.log(frame.loc[measure, columns].astype(float))
    return [*odds, *frame.loc["risk_difference", columns].astype(float)]


def describe(name: str, size: int, drawn: np.ndarray, truths: tuple[float, float]) -> None:
    fitted = ~np.isnan(drawn[:, 0])
    cells = []
    for part, truth in zip((drawn[fitted, :3], drawn[fitted, 3:]), truths, strict=True):
        estimate, low, high = part[~np.isnan(part[:, 1])].T
        covered = ((low <= truth) & (truth <= high)).mean()
        bias, width = np.median(estimate) - truth, np.median(high - low)
        cells.append(f"{truth:>8.3f} {bias:>+7.3f} {covered:>9.3f} {width:>7.3f}")
    print(f"{name:<14}{size:>9}{1 - fitted.mean():>9.3f}{''.join(cells)}", flush=True)


def run_marginal(seeds: range, scenarios: dict[str, float]) -> None:
    for scenario, intercept in scenarios.items():
        truths = LATE, true_difference(intercept, 0.0)
        for size in SIZES:
            drawn = [draw_marginal(size, seed, intercept) for seed in seeds]
            gee = np.array([fit_one(rows, "gee") for rows in drawn])
            firth = np.array([fit_one(rows, "firth") for rows in drawn])
            auto = np.where(np.isnan(gee[:, :1]), firth, gee)
            for name, fits in (("gee", gee), ("firth", firth), ("auto", auto)):
                describe(f"{scenario} {name}", size, fits, truths)


def run_mixed(seeds: range) -> None:
    intercept = INTERCEPTS["usual"]
    truths = LATE, true_difference(intercept, SIGMA)
    for size in SIZES:
        drawn = [draw_conditional(size, seed, intercept) for seed in seeds]
        describe("mixed", size, np.array([fit_one(rows, "mixed") for rows in drawn]), truths)


def main() -> None:
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    wanted = sys.argv[2] if len(sys.argv) > 2 else "all"
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    seeds = range(first, first + n_replicates)
    print("Log odds ratio, then standardised risk difference: truth, median bias, coverage, width")
    print("model          patients  refused   truth    bias  coverage   width   truth    bias  ...")
    wide = wanted in {"all", "marginal"}
    run_marginal(seeds, {n: at for n, at in INTERCEPTS.items() if wide or n == wanted})
    if wanted in {"all", "mixed"}:
        run_mixed(seeds)


if __name__ == "__main__":
    main()
