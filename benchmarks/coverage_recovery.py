"""Coverage of the change in a score, of return to sport, and of the rate of adverse events.

python benchmarks/coverage_recovery.py 2000

Scores are whole numbers from 0 to 10 with a floor, as pain is. Return is gamma-distributed, surgery
exponential, follow-up uniform. Adverse events are Poisson over 3 or 6 months in brace; in the last
block their rate varies between patients, as it may.
"""

from __future__ import annotations

import sys

import numpy as np

from parsoutcomes.models.familiar_times import count_known, exact_limits
from parsoutcomes.stats.aalen_johansen import estimate_cumulative_incidence
from parsoutcomes.stats.log_log import log_log_limits
from parsoutcomes.stats.means import mean_interval
from parsoutcomes.stats.standardised import observed_over_expected

SIZES = (10, 20, 40, 80, 200)
HORIZONS_DAYS = (91.3125, 182.625, 365.25)


def _change(rng: np.random.Generator, n: int) -> np.ndarray:
    before = rng.integers(3, 11, n)
    fallen = rng.binomial(before, 0.35)
    return (fallen - before).astype(float)


def _cover_change(n: int, n_replicates: int) -> float:
    rng = np.random.default_rng(n)
    truth = -6.5 * 0.65
    hits = 0
    for _ in range(n_replicates):
        found = mean_interval(_change(rng, n))
        hits += found.conf_low <= truth <= found.conf_high
    return hits / n_replicates


def _draw_return(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    back, surgery = rng.gamma(5.0, 40.0, n), rng.exponential(2500.0, n)
    left = rng.uniform(60.0, 800.0, n)
    days = np.minimum(np.minimum(back, surgery), left)
    cause = np.where(days == back, 1, np.where(days == surgery, 2, 0))
    return np.ceil(days), cause


def _true_return() -> list[float]:
    rng = np.random.default_rng(1)
    back, surgery = rng.gamma(5.0, 40.0, 4_000_000), rng.exponential(2500.0, 4_000_000)
    return [float(((np.ceil(back) <= day) & (back <= surgery)).mean()) for day in HORIZONS_DAYS]


def _cover_return(n: int, n_replicates: int, truth: list[float]) -> list[float]:
    rng = np.random.default_rng(n)
    hits = np.zeros(len(truth))
    for _ in range(n_replicates):
        days, causes = _draw_return(rng, n)
        curve = estimate_cumulative_incidence(days, causes, cause=1)
        share, error = curve.incidence_at(np.array(HORIZONS_DAYS))
        low, high = log_log_limits(np.minimum(share, 1.0), error)
        for number in np.flatnonzero(np.isnan(low)):
            alone = np.arange(n).astype(str)
            *_, known = count_known(days, causes, alone, HORIZONS_DAYS[number])
            low[number], high[number] = exact_limits(float(share[number]), known, 0.95)
        hits += (low <= truth) & (truth <= high)
    return list(hits / n_replicates)


def _cover_rate(n: int, n_replicates: int, *, spread: float) -> float:
    rng, rate, hits = np.random.default_rng(n), 0.05, 0
    for _ in range(n_replicates):
        months = rng.choice([3.0, 6.0], n)
        frailty = rng.gamma(1 / spread, spread, n) if spread else np.ones(n)
        events = int(rng.poisson(rate * months * frailty).sum())
        found = observed_over_expected(events, float(months.sum()))
        hits += found.conf_low <= rate <= found.conf_high
    return hits / n_replicates


def main(n_replicates: int) -> None:
    """Print one table."""
    print(f"python benchmarks/coverage_recovery.py {n_replicates}")
    print(f"Monte Carlo standard error {np.sqrt(0.95 * 0.05 / n_replicates):.3f} at most")
    truth = _true_return()
    shares = " ".join(f"{share:.3f}" for share in truth)
    print(f"true return by 3, 6, 12 months: {shares}")
    print("patients  change  return 3 mo  6 mo  12 mo  rate  rate with frailty (variance 1)")
    for n in SIZES:
        back = " ".join(f"{share:.3f}" for share in _cover_return(n, n_replicates, truth))
        print(
            f"{n:8d}   {_cover_change(n, n_replicates):.3f}   {back}   "
            f"{_cover_rate(n, n_replicates, spread=0.0):.3f}   "
            f"{_cover_rate(n, n_replicates, spread=1.0):.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
