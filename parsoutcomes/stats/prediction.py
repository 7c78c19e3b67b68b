"""How well predicted risks fit what was seen: calibration, discrimination, squared error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from parsoutcomes.errors import EstimationError
from parsoutcomes.stats.checks import Floats, require_binary
from parsoutcomes.stats.kernels import correct_intercepts

MAX_ITERATIONS = 100
STEP_SOUGHT = 1e-9
LARGEST_STEP = 1.0
LARGEST_SLOPE = 30.0
SMALLEST_SPREAD = 1e-8


@dataclass(frozen=True, kw_only=True)
class PredictionQuality:
    """Four measures of predicted risks, one value for each set of weights.

    Attributes
    ----------
    calibration_in_the_large : array of shape (n_sets,)
        Log odds by which events are commoner than predicted; 0 is ideal.
    calibration_slope : array of shape (n_sets,)
        Of the outcome on the predicted log odds; 1 is ideal, below 1 predictions are too extreme.
        Not a number where all predictions are alike.
    c_statistic : array of shape (n_sets,)
        Area under the curve: how often, of one with and one without, the one with was given the
        higher risk; ties count half.
    brier_score : array of shape (n_sets,)
        Mean squared difference of outcome and predicted risk.
    """

    calibration_in_the_large: Floats
    calibration_slope: Floats
    c_statistic: Floats
    brier_score: Floats


def measure_prediction(
    events: ArrayLike, log_odds: ArrayLike, weights: ArrayLike
) -> PredictionQuality:
    """Measure predicted log odds against outcomes, once for each set of weights.

    Not for outcomes that all have or all lack.

    Parameters
    ----------
    events : array of shape (n_rows,)
        1 for an event, 0 for none.
    log_odds : array of shape (n_sets, n_rows)
        Predicted.
    weights : array of shape (n_sets, n_rows)
        Frequencies, or smooth positive weights.

    Returns
    -------
    PredictionQuality

    Raises
    ------
    EstimationError
        When predictions tell the outcomes apart completely, so that there is no slope.

    Examples
    --------
    >>> risks = np.array([0.2, 0.4, 0.6, 0.8])
    >>> quality = measure_prediction([0, 1, 0, 1], [np.log(risks / (1 - risks))], np.ones((1, 4)))
    >>> float(quality.c_statistic[0]), round(float(quality.brier_score[0]), 3)
    (0.75, 0.2)
    """
    y = require_binary("events", events)
    odds, matrix = (np.asarray(values, dtype=np.float64) for values in (log_odds, weights))
    risk = expit(odds)
    return PredictionQuality(
        calibration_in_the_large=correct_intercepts(y, odds, matrix),
        calibration_slope=_slopes(y, odds, matrix),
        c_statistic=np.array(
            [_concordance(y, row, weight) for row, weight in zip(risk, matrix, strict=True)]
        ),
        brier_score=(matrix * (y - risk) ** 2).sum(axis=1) / matrix.sum(axis=1),
    )


def _concordance(y: Floats, risk: Floats, weight: Floats) -> float:
    # Risks that differ in the last digits only are one covariate pattern.
    _, place = np.unique(risk.round(12), return_inverse=True)
    with_event = np.bincount(place, weight * y)
    without = np.bincount(place, weight * (1 - y))
    below = np.cumsum(without) - without / 2
    return float((with_event * below).sum() / (with_event.sum() * without.sum()))


def _slopes(y: Floats, odds: Floats, weights: Floats) -> Floats:
    """Return the slope of a logistic model of the outcome on the predicted log odds (Newton).

    Infinite for predictions whose slope runs off, unless those of all sets of weights do.
    """
    share = weights / weights.sum(axis=1, keepdims=True)
    centred = odds - (share * odds).sum(axis=1, keepdims=True)
    spread = np.sqrt((share * centred**2).sum(axis=1, keepdims=True))
    scaled = centred / np.where(spread > SMALLEST_SPREAD, spread, np.nan)
    base = (share * y).sum(axis=1, keepdims=True)
    intercept, slope = np.log(base / (1 - base)), np.zeros_like(spread)
    for _ in range(MAX_ITERATIONS):
        risk = expit(intercept + slope * scaled)
        residual, variance = share * (y - risk), share * risk * (1 - risk)
        zero, one, two = (
            (variance * scaled**power).sum(axis=1, keepdims=True) for power in (0, 1, 2)
        )
        of_intercept = residual.sum(axis=1, keepdims=True)
        of_slope = (residual * scaled).sum(axis=1, keepdims=True)
        determinant = zero * two - one**2
        up = (two * of_intercept - one * of_slope) / determinant
        across = (zero * of_slope - one * of_intercept) / determinant
        intercept, slope = intercept + _limit(up), slope + _limit(across)
        moves = np.maximum(np.abs(up), np.abs(across)) >= STEP_SOUGHT
        if not (moves & (np.abs(slope) < LARGEST_SLOPE)).any():
            break
    if not moves.all():
        return np.asarray(np.where(moves, np.copysign(np.inf, slope), slope / spread)[:, 0])
    raise EstimationError(
        "There is no calibration slope.",
        expected="predictions that differ and do not tell the outcomes apart completely",
        found="a slope that runs off to infinity",
        fix="Use fewer terms.",
    )


def _limit(step: Floats) -> Floats:
    return np.clip(step, -LARGEST_STEP, LARGEST_STEP)
