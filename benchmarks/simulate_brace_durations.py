"""Bias and coverage of the brace duration contrasts in cohorts of which the truth is known.

    python benchmarks/simulate_brace_durations.py [cohorts] [resamples] \
        > reports/validation/brace_durations.txt

Each pars has a day of union in the brace; once the brace is off, what has not united is lost with
a stated probability. Scans decide when it comes off (`BraceDecisions`): the poorest pars seen, the
stage and the months prescribed. Extra scans follow symptoms and partial union; loss, surgery and
data lock intervene. Truth: union at 12 months if everybody went on to 6 less if everybody stopped
at 3, had nobody been operated on, by 400,000 simulated patients under both.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.brace_duration import compare_brace_durations
from parsoutcomes.models.brace_duration_contrasts import contrast_brace_durations
from parsoutcomes.results.brace_contrasts import CONTRASTS, LANDMARK
from parsoutcomes.synthetic.brace_decisions import BraceDecisions
from parsoutcomes.synthetic.brace_truth import true_brace_difference
from parsoutcomes.synthetic.parameters import SimulationParameters
from parsoutcomes.synthetic.simulate import simulate_cohort

N_PATIENTS = 200
HORIZON_MONTHS = 12.0
# A loss of 0 makes the duration indifferent; this one makes 6 months better by 10 per 100.
LOSS_FRACTIONS = (0.0, 0.328)
WEIGHTED, RAW, PLAIN = "clone, censor, weight", "its weights not cut", "its clones not weighted"
ROWS = (WEIGHTED, RAW, PLAIN, *CONTRASTS)
NOTHING = [np.nan] * 3
NUMBERS = ["estimate", "conf_low", "conf_high"]


def replicate(seed: int, *, loss_fraction: float, n_resamples: int) -> list[list[float]]:
    """Return estimate and limits of each row; NaN where it is refused or open."""
    cohort = simulate_cohort(
        N_PATIENTS, seed=seed, brace_decisions=BraceDecisions(stop_loss_fraction=loss_fraction)
    )
    try:
        found = compare_brace_durations(
            cohort, n_resamples=n_resamples, seed=seed, with_contrasts=False
        )
        by_weighting = found.weightings[found.weightings["months"].eq(HORIZON_MONTHS)]
        by_weighting = by_weighting.set_index("weighting")[NUMBERS]
        rows = [
            found.difference_at(HORIZON_MONTHS)[NUMBERS].tolist(),
            by_weighting.loc["raw weights"].tolist(),
            by_weighting.loc["unweighted clones"].tolist(),
        ]
    except EstimationError:
        rows = [NOTHING] * 3
    beside = contrast_brace_durations(cohort, n_resamples=n_resamples, seed=seed)
    return rows + [beside.difference_at(one, HORIZON_MONTHS)[NUMBERS].tolist() for one in CONTRASTS]


def true_landmark_difference(loss_fraction: float) -> float:
    """Return the true difference among those not united on the last reading by 4 months."""
    cohort = simulate_cohort(
        20_000, seed=1, brace_decisions=BraceDecisions(stop_loss_fraction=loss_fraction)
    )
    episodes = cohort.episodes.set_index("episode_id")
    worn = (episodes["brace_end_date"] - episodes["fitted_date"]).dt.days
    seen = (episodes["last_contact_date"] - episodes["fitted_date"]).dt.days
    readings = cohort.readings
    read = readings[readings["days_since_fitting"] <= 4 * DAYS_PER_MONTH]["episode_id"]
    rows = cohort.defects.merge(cohort.truth["defects"], on="defect_id")
    known = seen.ge(4 * DAYS_PER_MONTH) & ~worn.lt(2 * DAYS_PER_MONTH)
    eligible = (
        rows["stage"].ne("terminal")
        & rows["episode_id"].isin(read)
        & rows["episode_id"].map(known)
        & ~(rows["interval_right_days"] <= 4 * DAYS_PER_MONTH)
    )
    days = rows.loc[eligible, ["union_days_if_3_months", "union_days_if_6_months"]]
    united = days <= HORIZON_MONTHS * DAYS_PER_MONTH
    return float(united.iloc[:, 1].mean() - united.iloc[:, 0].mean())


def describe(drawn: np.ndarray, truths: list[float]) -> None:
    print(f"{'':<38}  truth    mean   off by  mc_se    sd  coverage  width  none")
    columns = drawn.transpose(1, 2, 0)
    for name, truth, (estimate, low, high) in zip(ROWS, truths, columns, strict=True):
        given = np.isfinite(estimate)
        mean, deviation = estimate[given].mean(), estimate[given].std(ddof=1)
        has_limits = np.isfinite(low[given]).all()
        covered = np.mean((low[given] <= truth) & (truth <= high[given]))
        width = 100 * np.mean(high[given] - low[given])
        limits = f"{covered:>8.3f} {width:>6.1f}" if has_limits else " " * 15
        print(
            f"{name:<38} {100 * truth:>+6.2f} {100 * mean:>+7.2f} {100 * (mean - truth):>+8.2f} "
            f"{100 * deviation / np.sqrt(given.sum()):>6.2f} {100 * deviation:>5.1f}  {limits} "
            f"{(~given).sum():>5}"
        )


def main() -> None:
    n_cohorts = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    n_resamples = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    print(f"python benchmarks/simulate_brace_durations.py {n_cohorts} {n_resamples}")
    print(f"{n_cohorts} cohorts of {N_PATIENTS} patients, {n_resamples} resamples each.")
    print("Go on to 6 months less stop at 3, united per 100 pars at 12 months; level 95%.")
    print("truth: the difference between the two strategies in all pars; for a landmark, in those")
    print("not united on the last reading by then. off by: mean less truth. none: not given.")
    print("Months prescribed ask another question, for scans change what is worn: 0 is their truth")
    print("only where the duration has no effect.")
    for loss_fraction in LOSS_FRACTIONS:
        decisions = BraceDecisions(stop_loss_fraction=loss_fraction)
        parameters = SimulationParameters(brace_decisions=decisions)
        truth = true_brace_difference(parameters, [HORIZON_MONTHS], seed=1).iloc[0]
        print(
            f"\nLoss of union once the brace is off: {loss_fraction:g}. "
            f"True difference {100 * truth['difference']:+.2f} "
            f"(error {100 * truth['standard_error']:.2f})"
        )
        at_landmark = true_landmark_difference(loss_fraction)
        one = partial(replicate, loss_fraction=loss_fraction, n_resamples=n_resamples)
        with ProcessPoolExecutor(2) as pool:
            drawn = np.array(list(pool.map(one, range(n_cohorts), chunksize=5)), dtype=float)
        describe(
            drawn,
            [at_landmark if name.startswith(LANDMARK) else truth["difference"] for name in ROWS],
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
