"""The whole procedure on resampled patients, on as many workers as there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from parsoutcomes.conventions import RESAMPLES_PER_TASK
from parsoutcomes.errors import require_whole
from parsoutcomes.stats.resampling import patient_weights, percentile_interval
from parsoutcomes.stats.strategy_curves import (
    CloneCensorProblem,
    StrategyEstimates,
    estimate_strategies,
)
from parsoutcomes.stats.strategy_weights import fit_departures

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
LABEL = "resampling patients"
# Linear algebra on several threads differs in the last bits from that on one; no estimate does.
DECIMALS = 10


@dataclass(frozen=True, kw_only=True)
class Draws:
    """What the resamples came to.

    Attributes
    ----------
    union_low, union_high : array of shape (n_resamples, n_arms, n_times)
        Share united; where a resample leaves it open, its range.
    mean_days : array of shape (n_resamples, n_arms)
        Mean days un-united.
    """

    union_low: Floats
    union_high: Floats
    mean_days: Floats

    @property
    def change_low(self) -> Floats:
        """The least that the second strategy may have over the first, by time."""
        return np.asarray(self.union_low[:, 1] - self.union_high[:, 0])

    @property
    def change_high(self) -> Floats:
        """The most that the second strategy may have over the first, by time."""
        return np.asarray(self.union_high[:, 1] - self.union_low[:, 0])


def find_limits(low: Floats, high: Floats, *, conf_level: float) -> dict[str, Floats]:
    """Return percentile limits: the lower from the least that resamples allow, the upper so.

    Parameters
    ----------
    low, high : array of shape (n_resamples,) or (n_resamples, n_times)
        The same where no resample leaves anything open.
    conf_level : float
        Level of the interval.
    """
    return {
        "conf_low": percentile_interval(low, conf_level=conf_level)[0],
        "conf_high": percentile_interval(high, conf_level=conf_level)[1],
    }


def resample_strategies(
    problem: CloneCensorProblem,
    times: Floats,
    *,
    truncations: Sequence[float | None],
    n_resamples: int,
    seed: int,
    n_workers: int,
    progress: Progress | None = None,
) -> list[Draws]:
    """Resample whole patients and repeat everything: regressions, weights, curves.

    Parameters
    ----------
    problem : CloneCensorProblem
        From `pose_problem`.
    times : array of shape (n_times,)
        Days.
    truncations : sequence of float or None
        One set of draws for each, from the same patients.
    n_resamples, seed : int
        As everywhere.
    n_workers : int
        Processes; the answer is the same for any number.
    progress : callable, optional
        Called with a label, tasks done and tasks in all.

    Returns
    -------
    list of Draws
    """
    require_whole("n_workers", n_workers, at_least=1)
    counts = patient_weights(np.arange(problem.n_patients), n_resamples, seed=seed)
    fits = fit_departures(problem.models, np.ones((1, problem.n_patients)))
    starts = [
        np.zeros(model.design.shape[1]) if fit is None else fit.coefficients[0]
        for model, fit in zip(problem.models, fits, strict=True)
    ]
    parts = [
        counts[start : start + RESAMPLES_PER_TASK]
        for start in range(0, n_resamples, RESAMPLES_PER_TASK)
    ]
    tasks = [delayed(_run)(problem, part, times, truncations, starts) for part in parts]
    done = []
    if progress is not None:
        progress(LABEL, 0, len(parts))
    for found in Parallel(n_jobs=n_workers, return_as="generator")(tasks):
        done.append(found)
        if progress is not None:
            progress(LABEL, len(done), len(parts))
    return [_join([found[k] for found in done]) for k in range(len(truncations))]


def _run(
    problem: CloneCensorProblem,
    counts: NDArray[np.uint16],
    times: Floats,
    truncations: Sequence[float | None],
    starts: list[Floats],
) -> list[StrategyEstimates]:
    return [
        estimate_strategies(problem, counts, times, truncation=truncation, starts=starts)
        for truncation in truncations
    ]


def _join(parts: list[StrategyEstimates]) -> Draws:
    return Draws(
        union_low=_round([part.union_low for part in parts]),
        union_high=_round([part.union_high for part in parts]),
        mean_days=_round([part.mean_days for part in parts]),
    )


def _round(parts: list[Floats]) -> Floats:
    return np.asarray(np.round(np.concatenate(parts), DECIMALS))
