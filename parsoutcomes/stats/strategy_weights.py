"""Inverse probability weights of clones that followed a strategy, for many resamples at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from parsoutcomes.stats.checks import Floats, Integers
from parsoutcomes.stats.pooled_logistic import LogisticBatch, fit_logistic_batch

Booleans = NDArray[np.bool_]
# A fitted chance of departing of 1 would give an infinite weight.
LARGEST_CHANCE = 1 - 1e-12


@dataclass(frozen=True, kw_only=True)
class Passed:
    """Which person-intervals of a model each clone passed through without departing.

    Attributes
    ----------
    model : int
        Position of the model.
    clone, interval : array of int, shape (n_pairs,)
        Position of the clone, and of the person-interval, of each pair.
    """

    model: int
    clone: Integers
    interval: Integers

    def add_up(self, values: Floats, n_clones: int) -> Floats:
        """Sum values of person-intervals, of shape (n_resamples, n_intervals), for each clone."""
        shape = (n_clones, values.shape[1])
        pairs = csr_array((np.ones(self.clone.size), (self.clone, self.interval)), shape=shape)
        return np.asarray((pairs @ values.T).T)


@dataclass(frozen=True, kw_only=True)
class DepartureModel:
    """The person-intervals of one pooled logistic regression of departing.

    Attributes
    ----------
    name : str
        Which departures, in words.
    columns : tuple of str
        Names of the columns of the design.
    design : array of shape (n_rows, n_columns)
        With the intercept first.
    departs : array of bool, shape (n_rows,)
        Whether the person-interval ended in departure.
    patient : array of int, shape (n_rows,)
        Position of the patient of each person-interval.
    """

    name: str
    columns: tuple[str, ...]
    design: Floats
    departs: Booleans
    patient: Integers


@dataclass(frozen=True, kw_only=True)
class StrategyArm:
    """The clones of one strategy and the person-intervals through which each passed.

    Attributes
    ----------
    follows : array of bool, shape (n_pars,)
        A of the weight.
    passed : tuple of Passed
        One for each model through which the clones pass.
    """

    follows: Booleans
    passed: tuple[Passed, ...]


def fit_departures(
    models: Sequence[DepartureModel], counts: Floats, *, starts: Sequence[Floats] | None = None
) -> list[LogisticBatch | None]:
    """Fit each model once for each resample; one without any person-interval is None.

    Parameters
    ----------
    models : sequence of DepartureModel
        Any number.
    counts : array of shape (n_resamples, n_patients)
        How often each patient was drawn.
    starts : sequence of array, optional
        Coefficients to start from.
    """
    return [
        _fit_departure(model, counts, None if starts is None else starts[k])
        for k, model in enumerate(models)
    ]


def _fit_departure(
    model: DepartureModel, counts: Floats, start: Floats | None
) -> LogisticBatch | None:
    n_rows = len(model.departs)
    if n_rows == 0 or not model.departs.any():
        return None
    drawn = counts[:, model.patient]
    present = drawn.sum(axis=1) > 0
    if not present.all():
        drawn = np.where(present[:, None], drawn, 1.0)
    return fit_logistic_batch(model.design, model.departs, drawn, start=start)


def weigh_clones(
    arm: StrategyArm, fits: Sequence[LogisticBatch | None], n_resamples: int
) -> Floats:
    """Return w = A / prod(1 - p) of each clone, for each resample.

    Parameters
    ----------
    arm : StrategyArm
        The clones.
    fits : sequence of LogisticBatch or None
        From `fit_departures`; None has no departure, and leaves every weight as it is.
    n_resamples : int
        Number of resamples of the fits.

    Returns
    -------
    array of shape (n_resamples, n_pars)
        Exactly 0 for clones that departed, exactly 1 where nothing could have made them depart.

    Notes
    -----
    A clone is weighed once, at the day on which its departure stops to matter, since the
    nonparametric estimate from intervals takes one weight for a row. For the same reason there is
    no numerator that varies between the clones of an arm: a clone that united early would keep
    more of it than one that went on to the window, and early union would count for too much.
    """
    log_weight = np.zeros((n_resamples, arm.follows.size))
    for passed in arm.passed:
        fit = fits[passed.model]
        if fit is not None and passed.clone.size:
            staying = np.log1p(-np.minimum(fit.probabilities, LARGEST_CHANCE))
            log_weight -= passed.add_up(staying, arm.follows.size)
    return np.where(arm.follows, np.exp(log_weight), 0.0)


def truncate_weights(weights: Floats, counts: Floats, share: float | None) -> Floats:
    """Cap the weights of each resample at a centile of those above 0.

    Parameters
    ----------
    weights : array of shape (n_resamples, n_pars)
        From `weigh_clones`.
    counts : array of shape (n_resamples, n_pars)
        How often each pars was drawn.
    share : float or None
        Such as 0.99; None caps none.

    Returns
    -------
    array of shape (n_resamples, n_pars)

    Notes
    -----
    The cap is the smallest weight that at least so large a share of the drawn clones do not exceed
    (the inverse of the empirical distribution, R's type 1).
    """
    if share is None:
        return weights
    drawn = np.where(weights > 0, counts, 0.0)
    order = np.argsort(weights, axis=1)
    below = np.cumsum(np.take_along_axis(drawn, order, axis=1), axis=1)
    wanted = share * below[:, -1:]
    position = (below < wanted - 1e-9).sum(axis=1).clip(max=weights.shape[1] - 1)
    cap = np.take_along_axis(weights, np.take_along_axis(order, position[:, None], axis=1), axis=1)
    return np.asarray(np.minimum(weights, cap))


def effective_n(weights: Floats) -> float:
    """Return Kish's effective number of clones, (sum w)^2 / sum w^2; 0 when there is none.

    Examples
    --------
    >>> effective_n(np.array([1.0, 1.0, 0.0])), round(effective_n(np.array([3.0, 1.0])), 3)
    (2.0, 1.6)
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0
