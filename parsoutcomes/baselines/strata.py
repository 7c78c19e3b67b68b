"""Our own union rate in each stage, with draws that carry its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from parsoutcomes.baselines.references import key_of
from parsoutcomes.conventions import MIN_DISCORDANT_PATIENTS
from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.npmle_competing import (
    SURGERY,
    UNION,
    fit_npmle_competing,
    fit_npmle_competing_batch,
)

Estimator = Literal["npmle", "last_known_status"]
KNOWN: Final = ("united", "not_united")
_STREAM: Final = 1000
_NEGLIGIBLE: Final = 1e-6


@dataclass(frozen=True, kw_only=True)
class StratumRate:
    """Our union rate in one stage.

    Attributes
    ----------
    stage : str
        The stage.
    n_defects, n_patients, n_events, n_known : int
        Pars, patients, pars seen united in time, pars that can be judged, see `mark_judged`.
    lowest, highest : float
        The rates that the data allow: equal, or far apart where the horizon falls between scans,
        0 and 1 where nothing is known of the stage.
    low, high : array of shape (n_resamples,)
        Draws for the lower and for the upper limit.
    sizes : array of shape (n_resamples,)
        Weight of the stage in each resample, in pars.
    is_boundary : bool
        Whether the draws come from the boundary rule.
    """

    stage: str
    n_defects: int
    n_patients: int
    n_events: int
    n_known: int
    lowest: float
    highest: float
    low: Floats
    high: Floats
    sizes: Floats
    is_boundary: bool

    @property
    def estimate(self) -> float:
        """The rate; not a number when the data leave it open."""
        return self.lowest if self.lowest == self.highest else float("nan")

    @property
    def is_open(self) -> bool:
        """Whether the data allow any rate at all."""
        return self.highest - self.lowest >= 1.0

    def describe(self, conf_level: float) -> dict[str, float | int | str]:
        """Return our side of a row of the table of strata."""
        tail = (1 - conf_level) / 2
        limits = (np.quantile(self.low, tail), np.quantile(self.high, 1 - tail))
        return {
            "stage": self.stage,
            "n_defects": self.n_defects,
            "n_patients": self.n_patients,
            "n_known": self.n_known,
            "n_events": self.n_events,
            "our_rate": self.estimate,
            "our_conf_low": float(limits[0]),
            "our_conf_high": float(limits[1]),
            "our_rate_low": self.lowest,
            "our_rate_high": self.highest,
        }


def mark_judged(rows: pd.DataFrame) -> pd.Series:
    """Say which pars can be judged: due, and of known status or operated on before any union.

    A pars operated on at a day not recorded has no status at the horizon, yet it is not unknown:
    it did not unite first.
    """
    told = rows["status"].isin(KNOWN) | rows["cause"].eq(SURGERY)
    return rows["is_due"].fillna(True).astype(bool) & told


def estimate_stratum(
    rows: pd.DataFrame,
    weights: Floats,
    stage: str,
    *,
    horizon_days: float,
    estimator: Estimator = "npmle",
    seed: int,
) -> StratumRate:
    """Estimate union in the pars of one stage.

    Parameters
    ----------
    rows : pandas.DataFrame
        Target pars of one stage, at least one: `patient_id, status, is_due` and the columns of
        `grouped_intervals`.
    weights : array of shape (n_resamples, n_rows)
        Weights of the rows in the Bayesian bootstrap over patients.
    stage : str
        Its name.
    horizon_days : float
        The horizon.
    estimator : {"npmle", "last_known_status"}
        Competing-event estimate of union by the horizon, or share united among those known.
    seed : int
        For the draws of the boundary rule.

    Returns
    -------
    StratumRate

    Notes
    -----
    When the rarer outcome was seen in fewer than three patients, resamples hardly vary. The rate
    is then drawn from the two beta distributions whose quantiles are the Clopper-Pearson limits on
    n^2 / sum m_i^2 of the pars that can be judged; with none of them, it lies between 0 and 1.
    """
    judged = mark_judged(rows)
    known = rows[judged]
    if estimator == "npmle":
        point, low, high = _by_npmle(rows, weights, horizon_days)
    else:
        point, low, high = _by_last_status(known, weights[:, judged.to_numpy()])
    if np.ptp(point) < _NEGLIGIBLE:
        point = np.full(2, point.mean())
    is_boundary = _count_rarer(known) < MIN_DISCORDANT_PATIENTS
    if is_boundary:
        generator = np.random.default_rng([seed, _STREAM, *key_of(stage)])
        low, high = _draw_exact(point, known["patient_id"], len(weights), generator)
    return StratumRate(
        stage=stage,
        n_defects=len(rows),
        n_patients=int(rows["patient_id"].nunique()),
        n_events=int(known["status"].eq("united").sum()),
        n_known=len(known),
        lowest=float(point[0]),
        highest=float(point[1]),
        low=low,
        high=high,
        sizes=weights.sum(axis=1),
        is_boundary=is_boundary,
    )


def _by_npmle(
    rows: pd.DataFrame, weights: Floats, horizon_days: float
) -> tuple[Floats, Floats, Floats]:
    intervals = (rows["left_days"], rows["right_days"], rows["cause"], rows["censored_days"])
    point = fit_npmle_competing(*intervals).incidence_at([horizon_days], UNION)
    batch = fit_npmle_competing_batch(*intervals, weights=weights)
    low, high = batch.incidence_at([horizon_days], UNION)
    return np.array([float(end[0]) for end in point]), low[:, 0], high[:, 0]


def _by_last_status(known: pd.DataFrame, weights: Floats) -> tuple[Floats, Floats, Floats]:
    if known.empty:
        return np.array([0.0, 1.0]), np.zeros(len(weights)), np.ones(len(weights))
    united = known["status"].eq("united").to_numpy(dtype=np.float64)
    drawn = weights @ united / weights.sum(axis=1)
    return np.array([united.mean()] * 2), drawn, drawn


def _count_rarer(known: pd.DataFrame) -> int:
    united = known["status"].eq("united")
    return min(int(known.loc[side, "patient_id"].nunique()) for side in (united, ~united))


def _draw_exact(
    point: Floats, patients: pd.Series, n_draws: int, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw from Beta(x, n - x + 1) for the lower limit and Beta(x + 1, n - x) for the upper."""
    sizes = patients.value_counts().to_numpy(dtype=np.float64)
    n = sizes.sum() ** 2 / (sizes**2).sum() if sizes.size else 0.0
    fewest, most = point * n
    low = generator.beta(fewest, n - fewest + 1, n_draws) if fewest > 0 else np.zeros(n_draws)
    high = generator.beta(most + 1, n - most, n_draws) if n - most > 0 else np.ones(n_draws)
    return low, high
