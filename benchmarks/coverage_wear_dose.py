"""Coverage of union between scans by hours worn: the share in each band, and the odds ratio.

Patients have one or two pars, scans near 3, 6 and 12 months until union, typical hours a day that
fall over time, and a frailty shared by their pars. Truth: the same quantities in 60,000 patients
(the odds ratio is that of the logistic model over all, which frailty makes smaller than the one
drawn). Refused: too few events, or separation.

    python benchmarks/coverage_wear_dose.py [replicates]
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from parsoutcomes.models._statsmodels import fit_gee
from parsoutcomes.models.wear_dose import build_dose_design, estimate_odds
from parsoutcomes.stats.proportions import clustered_interval

PLANNED, BASE = (92, 183, 365), (-0.3, 0.0, -1.0)
BANDS = (12.0, 18.0)


def draw(n_patients, slope, rng):
    n_pars = 1 + (rng.random(n_patients) < 0.5)
    patient = np.repeat(np.arange(n_patients), n_pars)
    typical = np.clip(rng.normal(16, 4, n_patients), 5, 23)[patient]
    frailty = rng.normal(0, 1.0, n_patients)[patient]
    left, open_, parts = np.zeros(patient.size), np.ones(patient.size, bool), []
    for planned, base in zip(PLANNED, BASE, strict=True):
        right = planned + rng.integers(-12, 13, patient.size)
        hours = np.clip(typical - planned / 100 + rng.normal(0, 1, patient.size), 1, 24)
        odds = base + slope * (hours - 15) + frailty
        united = rng.random(patient.size) < 1 / (1 + np.exp(-odds))
        rows = {"patient_id": patient, "defect_id": np.arange(patient.size), "united": united}
        rows |= {"left_days": left, "right_days": right.astype(float), "hours_per_day": hours}
        parts.append(pd.DataFrame(rows)[open_])
        left, open_ = right.astype(float), open_ & ~united
    return pd.concat(parts, ignore_index=True)


def band_of(rows):
    return np.searchsorted(np.asarray(BANDS), rows["hours_per_day"], side="right")


def true_values(slope):
    rows = draw(60_000, slope, np.random.default_rng(9))
    shares = rows["united"].groupby(band_of(rows)).mean()
    fit = fit_gee(
        rows["united"].to_numpy(float), build_dose_design(rows), np.arange(len(rows)),
        exchangeable=False,
    )  # fmt: skip
    return float(np.exp(fit.coefficients[1])), shares.to_dict()


def main():
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    floor = 0.93 - 2 * np.sqrt(0.93 * 0.07 / n_replicates)
    print(f"python benchmarks/coverage_wear_dose.py {n_replicates}")
    print(f"{n_replicates} replicates; a cell fails below {floor:.3f}")
    print("drawn log odds per hour  patients  what             truth  coverage  refused")
    for slope in (0.0, 0.15):
        odds, shares = true_values(slope)
        for n_patients in (20, 40, 80, 200):
            rng = np.random.default_rng([n_patients, round(100 * slope)])
            found = {"odds ratio": [], **{band: [] for band in shares}}
            for _ in range(n_replicates):
                rows = draw(n_patients, slope, rng)
                told, _ = estimate_odds(rows, 0.95)
                found["odds ratio"].append(
                    told[0]["conf_low"] <= odds <= told[0]["conf_high"] if told else np.nan
                )
                for band, part in rows.groupby(band_of(rows)):
                    share = clustered_interval(part["united"], part["patient_id"])
                    found[band].append(share.conf_low <= shares[band] <= share.conf_high)
            for name, hits in found.items():
                covers, what = np.array(hits, dtype=float), str(name)
                if name != "odds ratio":
                    what = ("under 12 h", "12 to 18 h", "18 h or more")[name]
                truth = odds if name == "odds ratio" else shares[name]
                coverage, refused = np.nanmean(covers), np.isnan(covers).mean()
                cell = f"{slope:23.2f} {n_patients:9d}  {what:14s} {truth:7.3f} {coverage:9.3f}"
                print(f"{cell} {refused:8.0%}{'  FAILS' if coverage < floor else ''}", flush=True)


if __name__ == "__main__":
    main()
