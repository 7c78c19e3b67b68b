"""Coverage of the clustered interval of kappa: none, partial or complete union read by two readers.

Each patient has one or two pars (bilateral with probability 0.6), each with one to three scans read
twice. The truth of a scan and the difficulty of a patient are shared within patients; a reader
misreads an ordered category by one step with a probability of 2 to 40 % that depends on the
patient. True kappa from 2,000,000 pairs.

    python benchmarks/coverage_kappa.py [replicates]
"""

from __future__ import annotations

import sys

import numpy as np

from parsoutcomes.stats.agreement import WEIGHTINGS, estimate_clustered_kappa, estimate_kappa

EASE = {"hard": (0.05, 0.40), "easy": (0.01, 0.12)}


def draw(n_patients, ease, rng):
    n_scans = (1 + (rng.random(n_patients) < 0.6)) * rng.integers(1, 4, n_patients)
    patient = np.repeat(np.arange(n_patients), n_scans)
    level = 0.7 * rng.normal(size=n_patients)[patient] + 0.7 * rng.normal(size=patient.size)
    truth = np.digitize(level, [-0.3, 0.2])
    slips = rng.uniform(*ease, n_patients)[patient]
    read = []
    for _ in range(2):
        step = np.where(rng.random(patient.size) < slips, rng.choice([-1, 1], patient.size), 0)
        read.append(np.clip(truth + step, 0, 2))
    return patient, *read


def true_kappas(ease):
    _, first, second = draw(700_000, ease, np.random.default_rng(1))
    table = np.zeros((3, 3))
    np.add.at(table, (first, second), 1)
    united = table[[0, 1, 2]][:, [0, 1, 2]]
    two = np.array(
        [[united[:2, :2].sum(), united[:2, 2].sum()], [united[2, :2].sum(), united[2, 2]]]
    )
    kappas = {w: estimate_kappa(table, weighting=w).estimate for w in WEIGHTINGS[1:]}
    return {"united yes/no": estimate_kappa(two).estimate, **kappas}


def main():
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    floor = 0.93 - 2 * np.sqrt(0.93 * 0.07 / n_replicates)
    print(f"{n_replicates} replicates; a cell fails below {floor:.3f}")
    print("readings  patients  kappa          truth  coverage  width  few disagree")
    for name, ease in EASE.items():
        truths = true_kappas(ease)
        for n_patients in (10, 20, 40, 100):
            rng = np.random.default_rng([n_patients, len(name)])
            found = {kind: [] for kind in truths}
            for _ in range(n_replicates):
                patient, first, second = draw(n_patients, ease, rng)
                for kind, truth in truths.items():
                    codes = (first, second)
                    if kind == "united yes/no":
                        codes = tuple((code == 2).astype(int) for code in codes)
                    kappa = estimate_clustered_kappa(
                        *codes,
                        patient,
                        n_categories=2 if kind == "united yes/no" else 3,
                        weighting="unweighted" if kind == "united yes/no" else kind,
                    )
                    covers = kappa.conf_low <= truth <= kappa.conf_high
                    width = kappa.conf_high - kappa.conf_low
                    found[kind].append((covers, width, kappa.method.startswith("from")))
            for kind, truth in truths.items():
                coverage, width, few = np.nanmean(np.array(found[kind], dtype=float), axis=0)
                fails = "  FAILS" if coverage < floor else ""
                cell = f"{name:8s} {n_patients:9d}  {kind:13s} {truth:6.3f} {coverage:9.3f}"
                print(f"{cell} {width:6.3f} {few:12.0%}{fails}")


if __name__ == "__main__":
    main()
