"""How often the limits of the score's area under the curve, and of its slope, cover the truth.

python benchmarks/coverage_union_score.py --replicates 800 --patients 40 80 200
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import norm

from parsoutcomes.stats.discrimination import clustered_area, clustered_slope

NOT_UNITED = {
    "as published": 1 - np.array([0.97, 0.87, 0.65, 0.35, 0.15]),
    "weaker": 1 - np.array([0.8, 0.7, 0.6, 0.5, 0.4]),
}


def draw(n_patients: int, not_united, rng):
    """Half bilateral, a quarter of those opposite a terminal pars; pars correlated at about 0.3."""
    two = rng.random(n_patients) < 0.5
    opposite = np.where(two, np.where(rng.random(n_patients) < 0.25, 3, 1), 0)
    progressive = rng.random((n_patients, 2)) < 0.35
    latent = np.sqrt(0.5) * rng.standard_normal(n_patients)[:, None]
    latent = latent + np.sqrt(0.5) * rng.standard_normal((n_patients, 2))
    score = progressive.astype(int) + opposite[:, None]
    kept = np.column_stack([np.ones(n_patients, bool), opposite == 1])
    events = norm.cdf(latent) < not_united[score]
    patient = np.repeat(np.arange(n_patients)[:, None], 2, axis=1)
    return score[kept].astype(float), events[kept].astype(float), patient[kept]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=800)
    parser.add_argument("--patients", type=int, nargs="+", default=[40, 80, 200])
    parser.add_argument("--resamples", type=int, default=600)
    options = parser.parse_args()
    for name, not_united in NOT_UNITED.items():
        rng = np.random.default_rng(1)
        big = draw(300_000, not_united, rng)
        truth = (
            clustered_area(*big, n_resamples=2).estimate,
            clustered_slope(*big, n_resamples=2)[0],
        )
        for n_patients in options.patients:
            missed = []
            for seed in range(options.replicates):
                data = draw(n_patients, not_united, rng)
                setting = {"n_resamples": options.resamples, "seed": seed}
                area = clustered_area(*data, **setting)
                slope = clustered_slope(*data, **setting)
                if np.isnan(area.conf_low):
                    continue
                limits = ((area.conf_low, area.conf_high), slope[1:])
                sides = [(low > t, high < t) for (low, high), t in zip(limits, truth, strict=True)]
                missed.append(np.array(sides).ravel())
            shares = 100 * np.mean(missed, axis=0)
            print(
                f"{name}, {n_patients} patients, {len(missed)} with limits: area "
                f"{100 - shares[:2].sum():.1f}% covered ({shares[0]:.1f} low, {shares[1]:.1f} "
                f"high); slope {100 - shares[2:].sum():.1f}% ({shares[2]:.1f}, {shares[3]:.1f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
