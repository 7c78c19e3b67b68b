"""Arrays of patients, pars and true times to union, without a frame in sight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from parsoutcomes.conventions import DAYS_PER_MONTH, STAGES
from parsoutcomes.synthetic.parameters import SimulationParameters

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

TERMINAL: Final = STAGES.index("terminal")
_NO_OPPOSITE: Final = -1
_erf = np.frompyfunc(math.erf, 1, 1)


@dataclass(frozen=True, kw_only=True)
class PatientDraw:
    """Patients and their pars, the pars sorted by patient, left before right.

    Attributes
    ----------
    fitted_day : array of int
        Days from `first_fitted` to fitting, per patient.
    prescribed_months : array of float
        Per patient.
    level : array of int
        Per patient, in the order of `level_mix`.
    patient, side, stage : array of int
        Per pars: patient number from 0; 0 left, 1 right; position in `STAGES`.
    opposite_stage : array of int
        Per pars: position in `STAGES`, -1 when the opposite pars is not fractured.
    """

    fitted_day: Integers
    prescribed_months: Floats
    level: Integers
    patient: Integers
    side: Integers
    stage: Integers
    opposite_stage: Integers

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return len(self.fitted_day)

    @property
    def first_defect(self) -> Integers:
        """Position of each patient's first pars."""
        return np.searchsorted(self.patient, np.arange(self.n_patients))


@dataclass(frozen=True, kw_only=True)
class UnionDraw:
    """What truly becomes of each pars if nobody operates.

    Attributes
    ----------
    frailty : array of float
        Per patient: the shared standard normal variate; low values favour union.
    probability : array of float
        Per pars: probability of ever uniting, given its stage and the opposite stage.
    unites : array of bool
        Per pars: whether it ever unites completely.
    union_days, partial_days : array of float
        Per pars: day from which union is complete, and partial or better; infinite if never.
    strategy_union_days : tuple of array
        Per pars: day of complete union under either strategy of brace duration; empty unless
        scans decide when the brace comes off.
    """

    frailty: Floats
    probability: Floats
    unites: Booleans
    union_days: Floats
    partial_days: Floats
    strategy_union_days: tuple[Floats, ...] = ()


def draw_patients(
    n_patients: int, *, rng: np.random.Generator, parameters: SimulationParameters
) -> PatientDraw:
    """Draw patients with one or two fractured pars at one level.

    Parameters
    ----------
    n_patients : int
        How many.
    rng : numpy.random.Generator
        The source of chance.
    parameters : SimulationParameters
        What to draw from.

    Returns
    -------
    PatientDraw

    Examples
    --------
    >>> drawn = draw_patients(
    ...     3, rng=np.random.default_rng(1), parameters=SimulationParameters(bilateral_fraction=1)
    ... )
    >>> drawn.patient.tolist(), drawn.side.tolist()
    ([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1])
    """
    mix = np.asarray(parameters.by_stage("stage_mix"))
    stages = _choose(rng, mix, (n_patients, 2))
    same = rng.random(n_patients) < parameters.same_stage_fraction
    stages[:, 1] = np.where(same, stages[:, 0], stages[:, 1])
    fractured = np.ones((n_patients, 2), dtype=bool)
    only_side = rng.integers(0, 2, n_patients)
    unilateral = rng.random(n_patients) >= parameters.bilateral_fraction
    fractured[unilateral, 1 - only_side[unilateral]] = False
    patient, side = np.nonzero(fractured)
    opposite = np.where(fractured[patient, 1 - side], stages[patient, 1 - side], _NO_OPPOSITE)
    worst = np.where(fractured, stages, -1).max(axis=1)
    six_months = np.asarray(parameters.by_stage("six_months_fraction"))[worst]
    levels = np.asarray(list(parameters.level_mix.values()))
    return PatientDraw(
        fitted_day=rng.integers(0, _span_days(parameters) + 1, n_patients),
        prescribed_months=np.where(rng.random(n_patients) < six_months, 6.0, 3.0),
        level=_choose(rng, levels, n_patients),
        patient=patient.astype(np.int64),
        side=side.astype(np.int64),
        stage=stages[patient, side],
        opposite_stage=opposite,
    )


def draw_union_times(
    stage: Integers,
    patient: Integers,
    *,
    rng: np.random.Generator,
    parameters: SimulationParameters,
    opposite_stage: Integers | None = None,
) -> UnionDraw:
    """Draw whether and when each pars truly unites.

    Parameters
    ----------
    stage : array of int, shape (n_defects,)
        Position in `STAGES`.
    patient : array of int, shape (n_defects,)
        Patient number from 0; pars of one patient share a frailty.
    rng : numpy.random.Generator
        The source of chance.
    parameters : SimulationParameters
        What to draw from.
    opposite_stage : array of int, optional
        Position in `STAGES`, -1 for none; omitted means that no opposite pars is terminal.

    Returns
    -------
    UnionDraw

    Notes
    -----
    Mixture cure through a normal copula: with frailty b and own noise e, both standard normal,
    z = sqrt(rho) b + sqrt(1 - rho) e; the pars unites when z lies below the normal quantile of
    its probability. A second pair of the same form gives the Weibull quantile of its time, so
    the distribution for one pars is exactly that of the parameters, whatever rho.

    Examples
    --------
    >>> drawn = draw_union_times(
    ...     np.array([1, 3]),
    ...     np.array([0, 0]),
    ...     rng=np.random.default_rng(1),
    ...     parameters=SimulationParameters(),
    ... )
    >>> float(drawn.union_days[1])
    inf
    """
    n_patients = int(patient.max()) + 1 if len(patient) else 0
    frailty = rng.standard_normal(n_patients)
    probability = union_probability(
        stage, None if opposite_stage is None else opposite_stage == TERMINAL, parameters
    )
    tendency = _share(frailty, patient, rng, parameters.pair_correlation)
    speed = _share(rng.standard_normal(n_patients), patient, rng, parameters.pair_correlation)
    days = _weibull_days(speed, stage, parameters)
    unites = tendency < _normal_quantiles(probability)
    becomes_partial = unites | (rng.random(len(stage)) < parameters.partial_only_fraction) & (
        stage != TERMINAL
    )
    lag_days = parameters.partial_lag_months * DAYS_PER_MONTH
    return UnionDraw(
        frailty=frailty,
        probability=probability,
        unites=unites,
        union_days=np.where(unites, days, np.inf),
        partial_days=np.where(becomes_partial, np.maximum(days - lag_days, 0.0), np.inf),
    )


def union_probability(
    stage: Integers, opposite_is_terminal: Booleans | None, parameters: SimulationParameters
) -> Floats:
    """Return the probability of ever uniting by stage and by whether the opposite is terminal."""
    probability: Floats = np.asarray(parameters.by_stage("union_fraction"))[stage]
    if opposite_is_terminal is None:
        return probability
    ratio = parameters.opposite_terminal_odds_ratio
    lowered = ratio * probability / (1.0 - probability + ratio * probability)
    return np.where(opposite_is_terminal, lowered, probability)


def _choose(rng: np.random.Generator, shares: Floats, size: int | tuple[int, int]) -> Integers:
    limits = np.cumsum(shares)[:-1]
    return np.searchsorted(limits, rng.random(size), side="right").astype(np.int64)


def _span_days(parameters: SimulationParameters) -> int:
    first, last = (
        np.datetime64(date, "D") for date in (parameters.first_fitted, parameters.last_fitted)
    )
    return int((last - first).astype(int))


def _share(
    frailty: Floats, patient: Integers, rng: np.random.Generator, correlation: float
) -> Floats:
    own = rng.standard_normal(len(patient))
    shared: Floats = math.sqrt(correlation) * frailty[patient] + math.sqrt(1 - correlation) * own
    return shared


def _normal_quantiles(probability: Floats) -> Floats:
    distinct, position = np.unique(probability, return_inverse=True)
    quantiles = [
        NormalDist().inv_cdf(p) if 0 < p < 1 else math.copysign(math.inf, p - 0.5)
        for p in distinct.tolist()
    ]
    return np.asarray(quantiles)[position]


def _weibull_days(speed: Floats, stage: Integers, parameters: SimulationParameters) -> Floats:
    beyond = 0.5 - 0.5 * np.asarray(_erf(speed / math.sqrt(2.0)), dtype=np.float64)
    scale_days = np.asarray(parameters.by_stage("time_scale_months"))[stage] * DAYS_PER_MONTH
    cumulative_hazard = -np.log(np.clip(beyond, 1e-15, 1.0))
    days: Floats = scale_days * cumulative_hazard ** (1.0 / parameters.time_shape)
    return days
