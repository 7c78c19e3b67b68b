"""How often the comparison with published series says "above" when we are not.

Null: our true union rate in each stage is the higher of the two series, the series' own counts are
drawn anew, and pars of one patient are correlated everywhere. The verdict "above" should come up
in at most 2.5 % of clinics. Also the share of intervals that cover the true observed over expected.

    python benchmarks/simulate_verdict.py --replicates 400 --patients 40 80 200
"""

from __future__ import annotations

import argparse
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy.stats import norm

from parsoutcomes.baselines.analysis import VERDICT, Setting, analyse
from parsoutcomes.baselines.comparison import place_rows
from parsoutcomes.baselines.references import REFERENCES, Reference, load_reference
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.conventions import DAYS_PER_MONTH

STAGES = ("early", "progressive")
LATENT_CORRELATION = 0.5  # about an ICC of 0.3 between the two pars of a patient
SCANS_MONTHS = (3.0, 6.0, 9.0)
PUBLISHED = {name: load_reference(name) for name in REFERENCES}
TRUTH = {s: max(series.rate(s) for series in PUBLISHED.values()) for s in STAGES}


def draw_pars(n_patients: int, share_two: float, share_early: float, rng) -> pd.DataFrame:
    n_pars = 1 + (rng.random(n_patients) < share_two)
    patient = np.repeat(np.arange(n_patients), n_pars)
    shared = rng.standard_normal(n_patients)[patient]
    own = rng.standard_normal(patient.size)
    latent = np.sqrt(LATENT_CORRELATION) * shared + np.sqrt(1 - LATENT_CORRELATION) * own
    stage = np.where(rng.random(patient.size) < share_early, *STAGES)
    return pd.DataFrame({"patient": patient, "stage": stage, "rank": norm.cdf(latent)})


def redraw(series: Reference, rng) -> Reference:
    n_of = {stage: series.counts[stage][1] for stage in STAGES}
    share_two = series.n_defects / series.n_patients - 1
    pars = draw_pars(3 * series.n_patients, share_two, n_of["early"] / sum(n_of.values()), rng)
    counts = {}
    for stage, n in n_of.items():
        ranks = pars.loc[pars["stage"].eq(stage), "rank"].head(n)
        counts[stage] = (int((ranks < series.rate(stage)).sum()), n)
    return Reference(**{**series.__dict__, "counts": MappingProxyType(counts)})


def draw_clinic(n_patients: int, share_early: float, rng):
    """Union by 5 months or only at 8 or never; scans with jitter, some missed, some lost."""
    pars = draw_pars(n_patients, 0.6, share_early, rng)
    united = pars["rank"] < pars["stage"].map(TRUTH)
    month = np.where(united, rng.uniform(1.5, 5, len(pars)), np.inf)
    month = np.where(~united & (rng.random(len(pars)) < 0.1), 8.0, month)
    fitted = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 900, n_patients), "D")
    last_seen = np.where(rng.random(n_patients) < 0.1, rng.uniform(1, 6, n_patients), 12.0)
    visits = np.array(SCANS_MONTHS) + rng.normal(0, 0.25, (n_patients, len(SCANS_MONTHS)))
    kept = (rng.random(visits.shape) < [0.6, 0.95, 0.7]) & (visits <= last_seen[:, None])
    readings = [
        {
            "patient_id": f"P{patient}",
            "episode_id": f"P{patient}-1",
            "defect_id": f"D{row}",
            "days_since_fitting": visits[patient, k] * DAYS_PER_MONTH,
            "modality": "CT",
            "union_status": "complete" if visits[patient, k] >= month[row] else "none",
        }
        for row, patient in enumerate(pars["patient"])
        for k in np.flatnonzero(kept[patient])
    ]
    episodes = pd.DataFrame({"patient_id": [f"P{i}" for i in range(n_patients)]})
    episodes["episode_id"] = episodes["patient_id"] + "-1"
    episodes["fitted_date"] = fitted
    contact = np.minimum(last_seen, 12.0) * DAYS_PER_MONTH
    episodes["last_contact_date"] = fitted + pd.to_timedelta(contact.round(), "D")
    defects = pd.DataFrame(
        {
            "defect_id": [f"D{row}" for row in range(len(pars))],
            "patient_id": [f"P{i}" for i in pars["patient"]],
            "episode_id": [f"P{i}-1" for i in pars["patient"]],
            "level": "L5",
            "side": np.where(pars["patient"].duplicated(), "left", "right"),
            "stage": pars["stage"],
        }
    )
    tables = {"episodes": episodes, "defects": defects, "readings": pd.DataFrame(readings)}
    return build_cohort(tables, data_lock=pd.Timestamp("2026-01-01"))


def true_ratio(rows: pd.DataFrame, series: Reference) -> float:
    n_of = rows["stage"].value_counts()
    ours = sum(n_of.get(stage, 0) * TRUTH[stage] for stage in STAGES)
    return ours / sum(n_of.get(stage, 0) * series.rate(stage) for stage in STAGES)


def run_one(n_patients: int, share_early: float, n_resamples: int, seed: int) -> dict:
    rng = np.random.default_rng([seed, n_patients])
    rows = place_rows(draw_clinic(n_patients, share_early, rng))
    series = tuple(redraw(PUBLISHED[name], rng) for name in REFERENCES)
    setting = Setting(horizon_days=6 * DAYS_PER_MONTH, conf_level=0.95,
                      n_resamples=n_resamples, seed=seed)  # fmt: skip
    result = analyse(rows, series, STAGES, setting, role=VERDICT)
    ratios = result.frame[result.frame["measure"].eq("observed_over_expected")]
    answer = {"verdict": result.verdict}
    for row, published in zip(ratios.itertuples(), PUBLISHED.values(), strict=True):
        truth = true_ratio(rows, published)
        answer[f"low_{row.reference}"] = row.conf_low > truth
        answer[f"high_{row.reference}"] = row.conf_high < truth
    return answer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--patients", type=int, nargs="+", default=[40, 80, 200])
    parser.add_argument("--early", type=float, nargs="+", default=[0.5])
    parser.add_argument("--resamples", type=int, default=800)
    options = parser.parse_args()
    for n_patients in options.patients:
        for early in options.early:
            runs = pd.DataFrame(
                run_one(n_patients, early, options.resamples, seed)
                for seed in range(options.replicates)
            )
            above = float(runs["verdict"].eq("above").mean())
            limit = 0.025 + 2 * np.sqrt(0.025 * 0.975 / len(runs))
            missed = {n: round(100 * float(runs[n].mean()), 1) for n in runs if n != "verdict"}
            print(
                f"{n_patients} patients, {early:.0%} early, {len(runs)} replicates: above "
                f"{above:.1%} (limit {limit:.1%}); limits missed, per cent {missed}; "
                f"{runs['verdict'].value_counts().to_dict()}",
                flush=True,
            )


if __name__ == "__main__":
    main()
