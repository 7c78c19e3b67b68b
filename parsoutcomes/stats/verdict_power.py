"""How often a cohort would be found above published series, by drawing cohorts and series anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm

from parsoutcomes.conventions import (
    CONF_LEVEL,
    MIN_DEFECTS_FOR_CLAIM,
    MIN_DISCORDANT_PATIENTS,
    MIN_PATIENTS_FOR_CLAIM,
)
from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.checks import Floats

NO_PARS: Final = -1
_BATCH_CELLS: Final = 400_000
_Stages = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class SeriesCounts:
    """Published counts per stratum, and how far they are worth less than independent ones.

    Attributes
    ----------
    n_united, n : array of shape (n_strata,)
        Published counts.
    design_effect : float
        By which the analysis divides them.
    share_paired : float
        Share of the pars that belong to patients with two.
    """

    n_united: Floats
    n: Floats
    design_effect: float
    share_paired: float


@dataclass(frozen=True, kw_only=True, eq=False)
class ClinicModel:
    """What cohorts are drawn from.

    Attributes
    ----------
    patients : array of int, shape (n_patients, most pars of one patient)
        The stratum of each pars that can be judged; `NO_PARS` where there is none. Patients are
        drawn with replacement, so that mix, laterality and loss are those of the cohort.
    rates : array of shape (n_strata,)
        True union rates.
    icc : float
        Correlation between the pars of a patient, theirs and ours.
    series : tuple of SeriesCounts
        The series; their own counts are drawn anew from their rates.
    """

    patients: _Stages
    rates: Floats
    icc: float
    series: tuple[SeriesCounts, ...]

    def mix(self) -> Floats:
        """Return the share of each stratum among the pars."""
        counts = np.bincount(self.patients[self.patients >= 0], minlength=self.rates.size)
        return np.asarray(counts / counts.sum(), dtype=np.float64)


def shift_rates(rates: Floats, mix: Floats, excess: float) -> Floats:
    """Raise rates by one step on the logit scale so that their mean over the mix rises by `excess`.

    Examples
    --------
    >>> raised = shift_rates(np.array([0.8, 0.5]), np.array([0.5, 0.5]), 0.1)
    >>> [round(float(rate), 3) for rate in raised]
    [0.871, 0.629]
    """
    room = float(mix @ (1 - rates))
    if not 0 <= excess < room:
        raise ArgumentError(
            "The excess asked for is not possible.",
            expected=f"at least 0 and below {100 * room:.1f} per 100, when everybody would unite",
            found=f"{100 * excess:g} per 100",
            fix="Ask for a smaller excess_per_100.",
        )
    if excess == 0:
        return rates
    inner = np.clip(rates, 1e-9, 1 - 1e-9)
    step = brentq(lambda by: float(mix @ (expit(logit(inner) + by) - rates)) - excess, 0.0, 60.0)
    return np.asarray(expit(logit(inner) + step))


def draw_verdicts(
    model: ClinicModel, n_patients: int, n_replicates: int, *, seed: int
) -> NDArray[np.bool_]:
    """Draw cohorts and series, and say in which the verdict would be "above" all series.

    A quick stand-in for the whole comparison, for planning; never the analysis of a cohort.

    Parameters
    ----------
    model : ClinicModel
        What to draw from.
    n_patients, n_replicates : int
        Patients of a cohort, and cohorts.
    seed : int
        Same seed, same verdicts.

    Returns
    -------
    array of bool, shape (n_replicates,)

    Notes
    -----
    "Above": observed minus expected exceeds z(0.975) times its standard deviation against every
    series, which is the lower 95 % limit of observed over expected exceeding 1 when the draws
    behind that limit are normal. Their variance: Bayesian bootstrap over whole patients (mix,
    observed and expected together) plus Jeffreys betas of the series; where the rarer outcome of a
    stratum is found in fewer than 3 patients, the Clopper-Pearson beta of the comparison. Pars of
    a patient are equal with probability `icc` and independent otherwise.
    """
    generator = np.random.default_rng([seed, n_patients])
    cells = n_patients * model.patients.shape[1]
    size = max(1, min(n_replicates, _BATCH_CELLS // cells))
    done: list[NDArray[np.bool_]] = []
    for start in range(0, n_replicates, size):
        done.append(_draw_batch(model, n_patients, min(size, n_replicates - start), generator))
    return np.concatenate(done)


def draw_ceiling(model: ClinicModel, n_replicates: int, *, seed: int) -> NDArray[np.bool_]:
    """Say in which replicates a cohort without end would be "above" all series.

    What the series' own sizes leave undecided, no number of our patients decides.
    """
    generator = np.random.default_rng([seed, 0])
    mix = model.mix()
    above = np.ones(n_replicates, dtype=np.bool_)
    for series in model.series:
        mean, variance = _jeffreys(series, _redraw(series, model.icc, n_replicates, generator))
        difference = (model.rates - mean) @ mix
        above &= difference > _quantile() * np.sqrt(variance @ mix**2)
    return above


def _quantile() -> float:
    return float(norm.ppf((1 + CONF_LEVEL) / 2))


def _draw_batch(
    model: ClinicModel, n_patients: int, n_replicates: int, generator: np.random.Generator
) -> NDArray[np.bool_]:
    chosen = generator.integers(0, len(model.patients), (n_replicates, n_patients))
    stages = model.patients[chosen]
    united = _draw_union(model, stages, generator)
    strata = [
        _summarise(stages == stratum, united, model.patients.shape[1] == 1)
        for stratum in range(model.rates.size)
    ]
    n_defects = sum(stratum.n for stratum in strata)
    n_judged = (stages >= 0).any(axis=2).sum(axis=1)
    above = (n_defects >= MIN_DEFECTS_FOR_CLAIM) & (n_judged >= MIN_PATIENTS_FOR_CLAIM)
    for series in model.series:
        redrawn = _redraw(series, model.icc, n_replicates, generator)
        above &= _is_above(strata, *_jeffreys(series, redrawn), n_patients)
    return np.asarray(above)


def _draw_union(
    model: ClinicModel, stages: _Stages, generator: np.random.Generator
) -> NDArray[np.bool_]:
    ranks = generator.random(stages.shape)
    shared = generator.random(stages.shape[:2])[:, :, None]
    is_shared = generator.random(stages.shape) < np.sqrt(model.icc)
    ranks = np.where(is_shared, shared, ranks)
    return np.asarray((ranks < model.rates[stages]) & (stages >= 0))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stratum:
    """Per replicate and patient: pars and united pars; per replicate: totals and boundary draws."""

    pars: Floats
    united: Floats
    n: Floats
    is_boundary: NDArray[np.bool_]
    boundary_mean: Floats
    boundary_variance: Floats


def _summarise(inside: NDArray[np.bool_], united: NDArray[np.bool_], is_single: bool) -> _Stratum:
    pars = inside.sum(axis=2).astype(np.float64)
    events = (inside & united).sum(axis=2).astype(np.float64)
    n, x = pars.sum(axis=1), events.sum(axis=1)
    rarer = np.minimum((events > 0).sum(axis=1), (pars > events).sum(axis=1))
    squares = n if is_single else (pars**2).sum(axis=1)
    effective_n = np.divide(n**2, squares, out=np.zeros_like(n), where=n > 0)
    effective_x = effective_n * np.divide(x, n, out=np.zeros_like(n), where=n > 0)
    mean = effective_x / (effective_n + 1)
    return _Stratum(
        pars=pars,
        united=events,
        n=n,
        is_boundary=rarer < MIN_DISCORDANT_PATIENTS,
        boundary_mean=mean,
        boundary_variance=mean * (1 - mean) / (effective_n + 2),
    )


def _is_above(
    strata: Sequence[_Stratum], means: Floats, variances: Floats, n_patients: int
) -> NDArray[np.bool_]:
    """Bring strata together: `means`, `variances` of the series are (n_replicates, n_strata)."""
    excess = np.zeros_like(strata[0].pars)
    pars = np.zeros_like(excess)
    fixed = np.zeros(len(excess))
    for number, stratum in enumerate(strata):
        ours = np.where(
            stratum.is_boundary[:, None],
            stratum.pars * stratum.boundary_mean[:, None],
            stratum.united,
        )
        excess += ours - stratum.pars * means[:, number, None]
        pars += stratum.pars
        spread = variances[:, number] + np.where(
            stratum.is_boundary, stratum.boundary_variance, 0.0
        )
        fixed += stratum.n**2 * spread
    total = excess.sum(axis=1)
    n = np.maximum(pars.sum(axis=1), 1.0)
    residuals = excess - (total / n)[:, None] * pars
    variance = (residuals**2).sum(axis=1) * n_patients / (n_patients + 1) + fixed
    return np.asarray(total > _quantile() * np.sqrt(variance))


def _redraw(
    series: SeriesCounts, icc: float, n_replicates: int, generator: np.random.Generator
) -> Floats:
    """Draw the series' counts from its rates; paired pars are equal with probability `icc`."""
    rates = series.n_united / series.n
    n_pairs = np.floor(series.n * series.share_paired / 2).astype(np.int64)
    shape = (n_replicates, rates.size)
    equal = generator.binomial(n_pairs, icc, shape)
    singles = series.n.astype(np.int64) - 2 * equal
    drawn = 2 * generator.binomial(equal, rates, shape) + generator.binomial(singles, rates, shape)
    return np.asarray(drawn, dtype=np.float64)


def _jeffreys(series: SeriesCounts, n_united: Floats) -> tuple[Floats, Floats]:
    a = n_united / series.design_effect + 0.5
    total = series.n / series.design_effect + 1.0
    mean = a / total
    return mean, mean * (1 - mean) / (total + 1)
