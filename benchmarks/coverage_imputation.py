"""Coverage of rates by stage, and of an odds ratio, when stages are missing at random.

Patients are bilateral with probability 0.6, the second pars mostly of the first one's stage; union
shares a normal frailty within patients (correlation 0.4 on that scale). All pars are read at 6
months. The stage was not recorded for 10 % of those that united and 50 % of those that had not, and
half as often in boys: missing at random given union and sex, so that complete cases are biased.
Signal on STIR and sex are recorded for all.

Per stage the known-status rate, and the log odds ratio of progressive against early (sandwich
over patients), each from complete cases and from completed sets pooled as the package
pools them; beside them the same had no stage been missing.

    python benchmarks/coverage_imputation.py [replicates] [completed sets]
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from scipy.stats import norm

from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.models.imputation_chain import draw_completed
from parsoutcomes.models.imputation_rows import read_chain
from parsoutcomes.stats.kernels import student_interval
from parsoutcomes.stats.multiple_imputation import pool_estimates, pool_limits
from parsoutcomes.stats.proportions import clustered_interval

STAGES = np.array(["pre_lysis", "early", "progressive"])
UNION = np.array([0.85, 0.75, 0.40])
MIX = [0.25, 0.40, 0.35]
SIGNAL = [1.0, 0.9, 0.5]
TRUTH = {**dict(zip(STAGES, UNION, strict=True)), "odds ratio": np.log(0.4 / 0.6 / (0.75 / 0.25))}
SAME_STAGE, FRAILTY = 0.7, 0.4


def draw_clinic(n_patients, rng):
    patient = np.repeat(np.arange(n_patients), 1 + (rng.random(n_patients) < 0.6))
    own, shared = rng.choice(3, patient.size, p=MIX), rng.choice(3, n_patients, p=MIX)
    stage = np.where(rng.random(patient.size) < np.sqrt(SAME_STAGE), shared[patient], own)
    noise = np.sqrt(FRAILTY) * rng.normal(size=n_patients)[patient]
    noise += np.sqrt(1 - FRAILTY) * rng.normal(size=patient.size)
    united = noise < norm.ppf(UNION[stage])
    male = rng.random(n_patients) < 0.6
    missing = rng.random(patient.size) < np.where(united, 0.1, 0.5) * np.where(
        male[patient], 0.5, 1.0
    )
    signal = rng.random(patient.size) < np.array(SIGNAL)[stage]
    return patient, stage, united, male, missing, signal


def build(  # noqa: PLR0917
    patient, stage, united, male, missing, signal
):
    names = np.array([f"P{n:04d}" for n in range(male.size)])
    episodes = pd.DataFrame({"episode_id": names, "patient_id": names})
    episodes["sex"] = np.where(male, "male", "female")
    keys = pd.DataFrame({"episode_id": names[patient], "patient_id": names[patient]})
    first = ~pd.Series(patient).duplicated()
    defects = keys.assign(
        defect_id=[f"D{n}" for n in range(patient.size)],
        level="L5",
        side=np.where(first, "left", "right"),
        stir=np.where(signal, "present", "absent"),
        stage=pd.Series(STAGES[stage]).mask(missing),
    )
    readings = defects[["defect_id", "episode_id", "patient_id"]].assign(
        modality="CT",
        days_since_fitting=183.0,
        union_status=np.where(united, "complete", "none"),
    )
    return build_cohort({"episodes": episodes, "defects": defects, "readings": readings})


def estimate(stage, united, patient):
    """Estimate, limits and degrees of freedom per stage, and log odds ratio with its error."""
    found = {}
    for code, name in enumerate(STAGES):
        at = stage == code
        if at.any():
            rate = clustered_interval(united[at], patient[at].astype(str))
            freedom = rate.n_clusters - 1
            wilson = rate.method.startswith("Wilson")
            found[name] = (rate.estimate, rate.conf_low, rate.conf_high, freedom, wilson)
    found["odds ratio"] = log_odds_ratio(stage, united, patient)
    return found


def log_odds_ratio(stage, united, patient):
    """Progressive against early, its error by the sandwich over patients, degrees of freedom."""
    late = stage > 0
    index = np.unique(patient[late], return_inverse=True)[1]
    influence, value = np.zeros(late.sum()), 0.0
    for code, sign in ((2, 1.0), (1, -1.0)):
        at = stage[late] == code
        n, p = at.sum(), united[late][at].mean()
        value += sign * np.log(p / (1 - p))
        influence[at] = sign * (united[late][at] - p) / (n * p * (1 - p))
    sums = np.bincount(index, influence)
    return value, np.sqrt(sums.size / (sums.size - 1) * (sums**2).sum()), sums.size - 2


def pool(sets, name):
    if name == "odds ratio":
        values, errors, freedom = zip(*[one[name] for one in sets], strict=True)
        pooled = pool_estimates(values, np.square(errors), complete_degrees_of_freedom=min(freedom))
        return pooled.estimate, pooled.conf_low, pooled.conf_high
    rows = [one[name] for one in sets]
    value, low, high = (np.array([row[k] for row in rows]) for k in range(3))
    if not all(row[4] for row in rows):
        return value.mean(), low.min(), high.max()
    freedom = [row[3] for row in rows]
    pooled = pool_limits(
        value,
        low,
        high,
        scale="wilson",
        degrees_of_freedom=freedom,
        complete_degrees_of_freedom=min(freedom),
    )
    return pooled.estimate, pooled.conf_low, pooled.conf_high


def one_replicate(n_patients, n_sets, rng):
    patient, stage, united, male, missing, signal = draw_clinic(n_patients, rng)
    cohort = build(patient, stage, united, male, missing, signal)
    chain = read_chain(
        cohort,
        ["sex", "stage", "stir"],
        definition="complete",
        horizon_months=6.0,
        grace_months=1.0,
    )
    levels = [STAGES.tolist().index(level) for level in chain.levels["stage"]]
    sets = []
    for _ in range(n_sets):
        codes = draw_completed(chain, rng).current["stage"]
        sets.append(estimate(np.array(levels)[codes], united, patient))
    known = ~missing
    alone = estimate(stage[known], united[known], patient[known])
    full = estimate(stage, united, patient)
    results = {}
    for name in TRUTH:
        results["completed sets", name] = pool(sets, name)
        for source, found in (("complete cases", alone), ("nothing missing", full)):
            results[source, name] = direct(found[name], name)
    return results


def direct(found, name):
    if name != "odds ratio":
        return found[:3]
    interval = student_interval(
        [found[0]], [found[1]], degrees_of_freedom=found[2], conf_level=0.95
    )
    return found[0], interval.conf_low[0], interval.conf_high[0]


def main():
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    n_sets = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    floor = 0.93 - 2 * np.sqrt(0.93 * 0.07 / n_replicates)
    print(
        f"{n_replicates} replicates, {n_sets} completed sets; a pooled cell fails below {floor:.3f}"
    )
    print("patients  estimate     from              bias  coverage  width")
    for n_patients in (80, 200):
        rng = np.random.default_rng(n_patients)
        kept = [one_replicate(n_patients, n_sets, rng) for _ in range(n_replicates)]
        for name, truth in TRUTH.items():
            for source in ("nothing missing", "complete cases", "completed sets"):
                value, low, high = np.array([one[source, name] for one in kept]).T
                coverage = np.mean((low <= truth) & (truth <= high))
                fails = source == "completed sets" and coverage < floor
                cell = f"{n_patients:8d}  {name:11s}  {source:15s} {np.mean(value) - truth:7.3f}"
                print(
                    f"{cell} {coverage:9.3f} {np.mean(high - low):6.3f}"
                    + ("  FAILS" if fails else "")
                )


if __name__ == "__main__":
    main()
