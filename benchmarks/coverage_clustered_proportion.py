"""Coverage of the clustered interval by simulation: true rates by number of patients.

Patients are bilateral with probability 0.6; the two defects of a patient share a beta-distributed
frailty with intraclass correlation 0.3 (or as given), so that the marginal rate is exact. Rates are
spread over each band, as the target is coverage averaged over rates within bands.

    python benchmarks/coverage_clustered_proportion.py [replicates] [icc]
"""

from __future__ import annotations

import sys

import numpy as np

from parsoutcomes.stats.proportions import clustered_interval

BANDS = [
    (0.30, 0.50),
    (0.50, 0.65),
    (0.65, 0.80),
    (0.80, 0.90),
    (0.90, 0.95),
    (0.95, 0.99),
    (0.99, 1.00),
]
N_PATIENTS = [10, 20, 40, 80, 200]


def simulate_band(band, n_patients, n_replicates, icc, rng):
    covered, widths, exact = [], [], 0
    for rate in rng.uniform(*band, n_replicates):
        precision = 1 / icc - 1
        frailty = rng.beta(rate * precision, (1 - rate) * precision, n_patients)
        patient = np.repeat(np.arange(n_patients), 1 + (rng.random(n_patients) < 0.6))
        united = rng.random(patient.size) < frailty[patient]
        interval = clustered_interval(united, patient)
        covered.append(interval.conf_low <= rate <= interval.conf_high)
        widths.append(interval.conf_high - interval.conf_low)
        exact += interval.method.startswith("Clopper")
    return np.mean(covered), np.mean(widths), exact / n_replicates


def main():
    n_replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    icc = float(sys.argv[2]) if len(sys.argv) > 2 else 0.3
    floor = 0.93 - 2 * np.sqrt(0.93 * 0.07 / n_replicates)
    print("python benchmarks/coverage_clustered_proportion.py")
    print(f"{n_replicates} replicates, ICC {icc}; a cell fails below {floor:.3f}")
    print("band        patients  coverage  width  cautious form")
    for low, high in BANDS:
        for n_patients in N_PATIENTS:
            rng = np.random.default_rng([n_patients, int(1000 * low)])
            coverage, width, exact = simulate_band((low, high), n_patients, n_replicates, icc, rng)
            mark = "  FAILS" if coverage < floor else ""
            cell = f"{low:.2f}-{high:.2f} {n_patients:9d} {coverage:9.3f} {width:6.3f}"
            print(f"{cell} {exact:8.0%}{mark}")


if __name__ == "__main__":
    main()
