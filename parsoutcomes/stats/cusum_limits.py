"""Limits of a CUSUM by simulation: whole patients drawn from the clinic's own mix of cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from parsoutcomes.errors import ArgumentError, EstimationError, require_whole
from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.cusum import require_chances, require_odds_ratio

Integers32 = NDArray[np.int32]
_CHUNK_CELLS: Final = 400_000
_N_BISECTIONS: Final = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class PatientMix:
    """The patients that a simulated sequence is drawn from, each with all their pars.

    Attributes
    ----------
    expected : array of shape (n_patients, n_most)
        Expected chance of union of each pars; not a number where a patient has fewer.
    pair_correlation : float
        From 0, the pars of a patient independent, to 1, as alike as their rates allow.
    """

    expected: Floats
    pair_correlation: float


@dataclass(frozen=True, kw_only=True)
class RunLength:
    """How many patients pass until a signal.

    Attributes
    ----------
    mean, standard_error : float
        Mean number of patients, and its Monte Carlo error.
    median : float
        Median; not a number when half the simulated sequences ended without a signal.
    n_signals : int
        Simulated sequences that gave one.
    """

    mean: float
    standard_error: float
    median: float
    n_signals: int


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedCharts:
    """Many simulated charts: the highest sum each side has reached after each patient.

    Attributes
    ----------
    highest : tuple of array of shape (n_steps, n_runs)
        One array for each odds ratio, in their order.
    """

    highest: tuple[NDArray[np.float32], ...]

    def waits(self, *limits: float) -> Integers32:
        """Return after how many patients each run first signals on any side given a limit."""
        early = [
            (side < limit).sum(axis=0) for side, limit in zip(self.highest, limits, strict=True)
        ]
        return np.asarray(np.minimum.reduce(early) + 1, dtype=np.int32)

    def only(self, side: int) -> SimulatedCharts:
        """Return one side of the charts."""
        return SimulatedCharts(highest=(self.highest[side],))

    def run_length(self, *limits: float) -> RunLength:
        """Return the run length at these limits, one for each side.

        Notes
        -----
        Runs that end without a signal count with the patients they lasted (patients over
        signals), which is exact for waits without memory and near it for a CUSUM.
        """
        waits, n_steps = self.waits(*limits), len(self.highest[0])
        n_signals = int((waits <= n_steps).sum())
        if n_signals == 0:
            nothing = float("nan")
            return RunLength(mean=np.inf, standard_error=nothing, median=nothing, n_signals=0)
        mean = float(np.minimum(waits, n_steps).sum()) / n_signals
        median = float(np.median(waits))
        return RunLength(
            mean=mean,
            standard_error=mean / n_signals**0.5,
            median=median if median <= n_steps else float("nan"),
            n_signals=n_signals,
        )

    def share_signalled(self, *limits: float) -> float:
        """Return the share of runs with at least one signal."""
        return float((self.waits(*limits) <= len(self.highest[0])).mean())


def simulate_charts(
    mix: PatientMix,
    *,
    odds_ratios: tuple[float, ...],
    n_steps: int,
    n_runs: int,
    seed: int,
    true_chances: Floats | None = None,
    stream: int = 0,
) -> SimulatedCharts:
    """Draw sequences of patients and follow each chart from zero, without restarts.

    For limits, run lengths and delays. Not for judging a real sequence.

    Parameters
    ----------
    mix : PatientMix
        Patients drawn with replacement, each with all their pars.
    odds_ratios : tuple of float
        The change each side looks for, in odds of union.
    n_steps, n_runs : int
        Patients in a sequence, and sequences.
    seed, stream : int
        Same seed and stream, same charts.
    true_chances : array of shape (n_patients, n_most) or (n_runs, n_patients, n_most), optional
        What chances really are, for all runs or for each; default as expected.

    Returns
    -------
    SimulatedCharts

    Raises
    ------
    ArgumentError
        When a chance is 0 or 1, or a number is out of range.

    Notes
    -----
    With chance sqrt(rho) a pars takes its patient's shared uniform variate in place of its own, so
    two pars share it with chance rho; each keeps its own rate. The sum after patient t is
    C(t) - min(0, C(1), ..., C(t)), C being the plain sum of log-likelihood weights.

    References
    ----------
    Steiner SH et al. Biostatistics 2000;1:441-452. doi:10.1093/biostatistics/1.4.441

    Examples
    --------
    >>> mix = PatientMix(expected=np.array([[0.7, 0.7], [0.5, np.nan]]), pair_correlation=0.3)
    >>> charts = simulate_charts(mix, odds_ratios=(0.5,), n_steps=50, n_runs=20, seed=1)
    >>> charts.highest[0].shape
    (50, 20)
    """
    require_chances(mix.expected[np.isfinite(mix.expected)])
    ratios = [require_odds_ratio(ratio) for ratio in odds_ratios]
    require_whole("n_steps", n_steps, at_least=1)
    require_whole("n_runs", n_runs, at_least=1)
    constants = [-np.nansum(np.log1p((ratio - 1) * mix.expected), axis=1) for ratio in ratios]
    rng = np.random.default_rng([seed, stream])
    highest = tuple(np.empty((n_steps, n_runs), dtype=np.float32) for _ in ratios)
    truth = mix.expected if true_chances is None else true_chances
    width = max(1, _CHUNK_CELLS // (n_steps * mix.expected.shape[1]))
    for start in range(0, n_runs, width):
        runs = slice(start, min(start + width, n_runs))
        chosen = rng.integers(0, len(mix.expected), (n_steps, runs.stop - start))
        events = _draw_events(truth, chosen, runs, mix.pair_correlation, rng)
        for side, ratio, constant in zip(highest, ratios, constants, strict=True):
            side[:, runs] = _highest_sums(np.log(ratio) * events + constant[chosen])
    return SimulatedCharts(highest=highest)


def _draw_events(
    truth: Floats,
    chosen: NDArray[np.int64],
    runs: slice,
    pair_correlation: float,
    rng: np.random.Generator,
) -> Floats:
    """Return united pars of each patient drawn; what is not a number never unites."""
    numbers = np.arange(runs.start, runs.stop)
    chances = truth[chosen] if truth.ndim == 2 else truth[numbers[None, :], chosen]
    ranks = rng.random(chances.shape)
    if pair_correlation > 0 and chances.shape[-1] > 1:
        shared = rng.random(chances.shape[:-1])[..., None]
        is_shared = rng.random(chances.shape) < np.sqrt(pair_correlation)
        ranks = np.where(is_shared, shared, ranks)
    return np.asarray((ranks < chances).sum(axis=-1), dtype=np.float64)


def _highest_sums(weights: Floats) -> Floats:
    plain = np.cumsum(weights, axis=0)
    lowest = np.minimum(np.minimum.accumulate(plain, axis=0), 0.0)
    return np.asarray(np.maximum.accumulate(plain - lowest, axis=0))


def find_limit(charts: SimulatedCharts, run_length: float) -> float:
    """Find the smallest limit at which one side's mean run length is at least `run_length`.

    Parameters
    ----------
    charts : SimulatedCharts
        In control, of one side, long enough for many runs to signal.
    run_length : float
        Mean number of patients between false signals.

    Returns
    -------
    float

    Raises
    ------
    ArgumentError
        When more than one side is given.
    EstimationError
        When no limit gives such a run length.

    Examples
    --------
    >>> mix = PatientMix(expected=np.array([[0.7]]), pair_correlation=0.0)
    >>> charts = simulate_charts(mix, odds_ratios=(0.5,), n_steps=300, n_runs=500, seed=1)
    >>> 1.5 < find_limit(charts, 100) < 3.0
    True
    """
    if len(charts.highest) != 1:
        raise ArgumentError(
            "A limit is found for one side at a time.",
            expected="charts of one odds ratio",
            found=f"{len(charts.highest)}",
            fix="Use charts.only(side).",
        )
    low, high = 0.0, float(charts.highest[0].max())
    if charts.run_length(high).mean < run_length:
        raise EstimationError(
            "No limit gives so long a run.",
            expected="sequences of at least the run length",
            found=f"{len(charts.highest[0])} patients for a run length of {run_length:g}",
            fix="Simulate longer sequences, or ask for a shorter run length.",
        )
    for _ in range(_N_BISECTIONS):
        middle = (low + high) / 2
        is_long = charts.run_length(middle).mean >= run_length
        low, high = (low, middle) if is_long else (middle, high)
    return high
