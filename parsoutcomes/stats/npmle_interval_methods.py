"""Pointwise intervals for cumulative union from scans, by six methods that can be compared."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit
from scipy.stats import t as student

from parsoutcomes.errors import require_choice
from parsoutcomes.stats.checks import Floats, Integers
from parsoutcomes.stats.interval_batch import maximise_batch
from parsoutcomes.stats.npmle_competing import UNION, NpmleCompeting
from parsoutcomes.stats.npmle_influence import (
    CompetingRows,
    Influence,
    incidence_targets,
    line_mass,
    measure_influence,
    reach_of,
)
from parsoutcomes.stats.resampling import (
    bca_interval,
    jackknife_weights,
    patient_weights,
    percentile_interval,
)

Limits = tuple[Floats, Floats]

METHODS = (
    "effective_n",
    "percentile",
    "m_out_of_n",
    "bca",
    "bootstrap_t",
    "likelihood_ratio",
)
SUBSAMPLE_POWER = 0.8
EDGE = 1e-6
N_TILTS = 48
TINY = 1e-300


@dataclass(frozen=True, kw_only=True)
class Pointwise:
    """What a pointwise method works on: rows, their estimate and the influence of patients.

    Attributes
    ----------
    rows : CompetingRows
        The rows.
    fit : NpmleCompeting
        Their estimate.
    times : array of shape (n_times,)
        Where limits are wanted.
    low, high : Influence
        Of the lower and of the upper cumulative incidence.
    conf_level : float
        Level.
    n_resamples, seed : int
        For the methods that resample.
    """

    rows: CompetingRows
    fit: NpmleCompeting
    times: Floats
    low: Influence
    high: Influence
    conf_level: float
    n_resamples: int
    seed: int

    @property
    def critical(self) -> float:
        """Student's two-sided critical value on K - 1 degrees of freedom."""
        return float(student.ppf((1 + self.conf_level) / 2, max(self.rows.n_patients - 1, 1)))


def prepare(
    rows: CompetingRows, times: Floats, *, conf_level: float, n_resamples: int, seed: int
) -> Pointwise:
    """Fit the rows once and measure the influence of patients at each time."""
    fit = rows.fit()
    low, high = incidence_targets(fit, times)
    return Pointwise(
        rows=rows,
        fit=fit,
        times=times,
        low=measure_influence(rows, fit, low),
        high=measure_influence(rows, fit, high),
        conf_level=conf_level,
        n_resamples=n_resamples,
        seed=seed,
    )


def limits_by(method: str, of: Pointwise) -> Limits:
    """Return the limits of a method: lower of the lower incidence, upper of the upper.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    of : Pointwise
        From `prepare`.

    Returns
    -------
    tuple of two arrays of shape (n_times,)
        Limits; not a number where the method has none.
    """
    chosen = {
        "effective_n": effective_n_limits,
        "percentile": _percentile_limits,
        "m_out_of_n": _subsample_limits,
        "bca": _accelerated_limits,
        "bootstrap_t": _studentised_limits,
        "likelihood_ratio": _likelihood_ratio_limits,
    }
    return chosen[require_choice("method", method, METHODS)](of)


def effective_n_limits(of: Pointwise) -> Limits:
    """Wilson limits on the effective n, F(1 - F) / variance, with t^2(K - 1) in place of z^2."""
    low, _ = score_limits(of.low, of.critical)
    _, high = score_limits(of.high, of.critical)
    return low, high


def score_limits(influence: Influence, critical: float) -> Limits:
    """Return the F at which |estimate - F| = critical sqrt(F (1 - F) / n), n the effective n."""
    estimate, binomial = influence.estimate, influence.estimate * (1 - influence.estimate)
    usable = (influence.variance > 0) & (binomial > 0)
    share = np.full(estimate.size, np.nan)
    np.divide(critical**2 * influence.variance, binomial, out=share, where=usable)
    centre = (estimate + share / 2) / (1 + share)
    half = np.sqrt(share * binomial + share**2 / 4) / (1 + share)
    return centre - half, centre + half


def _percentile_limits(of: Pointwise) -> Limits:
    low, high = _draw(of)
    return (
        percentile_interval(low, conf_level=of.conf_level)[0],
        percentile_interval(high, conf_level=of.conf_level)[1],
    )


def _draw(of: Pointwise) -> Limits:
    weights = patient_weights(of.rows.patient, of.n_resamples, seed=of.seed)
    return of.rows.fit_batch(weights).incidence_at(of.times, UNION)


def _subsample_limits(of: Pointwise) -> Limits:
    """m-out-of-n: m = K^0.8 patients drawn with replacement, deviations times sqrt(m / K)."""
    n_patients = of.rows.n_patients
    n_drawn = max(int(np.ceil(n_patients**SUBSAMPLE_POWER)), 2)
    drawn = np.random.default_rng(of.seed).integers(0, n_patients, (of.n_resamples, n_drawn))
    flat = drawn + np.arange(of.n_resamples)[:, None] * n_patients
    counts = np.bincount(flat.ravel(), minlength=of.n_resamples * n_patients)
    weights = counts.reshape(of.n_resamples, n_patients)[:, of.rows.patient]
    draws_low, draws_high = of.rows.fit_batch(weights).incidence_at(of.times, UNION)
    shrink, tail = np.sqrt(n_drawn / n_patients), (1 - of.conf_level) / 2
    low, high = of.low.estimate, of.high.estimate
    return (
        np.clip(low - shrink * np.quantile(draws_low - low, 1 - tail, axis=0), 0, 1),
        np.clip(high - shrink * np.quantile(draws_high - high, tail, axis=0), 0, 1),
    )


def _accelerated_limits(of: Pointwise) -> Limits:
    draws = _draw(of)
    left_out = of.rows.fit_batch(jackknife_weights(of.rows.patient)).incidence_at(of.times, UNION)
    ends = []
    for end, influence in enumerate((of.low, of.high)):
        limits = [
            bca_interval(float(estimate), drawn, without, conf_level=of.conf_level)[end]
            for estimate, drawn, without in zip(
                influence.estimate, draws[end].T, left_out[end].T, strict=True
            )
        ]
        ends.append(np.array(limits))
    return ends[0], ends[1]


def _studentised_limits(of: Pointwise) -> Limits:
    """Bootstrap-t on the logit scale, each resample with its own variance between patients."""
    members = [np.flatnonzero(of.rows.patient == k) for k in range(of.rows.n_patients)]
    generator = np.random.default_rng(of.seed)
    ratios = np.stack([_studentise(of, members, generator) for _ in range(of.n_resamples)])
    tail = (1 - of.conf_level) / 2
    above = np.nanquantile(ratios[:, 0], 1 - tail, axis=0)
    below = np.nanquantile(ratios[:, 1], tail, axis=0)
    low = _logit(of.low.estimate) - above * _logit_error(of.low)
    high = _logit(of.high.estimate) - below * _logit_error(of.high)
    return expit(low), expit(high)


def _studentise(of: Pointwise, members: list[Integers], generator: np.random.Generator) -> Floats:
    chosen = generator.integers(0, len(members), len(members))
    picked = np.concatenate([members[k] for k in chosen])
    of_whom = np.repeat(np.arange(len(members)), [members[k].size for k in chosen])
    sample = replace(of.rows.select(picked), patient=of_whom, n_patients=len(members))
    fit = sample.fit()
    pairs = zip(incidence_targets(fit, of.times), (of.low, of.high), strict=True)
    ratios = []
    for targets, whole in pairs:
        drawn = measure_influence(sample, fit, targets)
        shift = _logit(drawn.estimate) - _logit(whole.estimate)
        ratios.append(shift / _logit_error(drawn))
    return np.stack(ratios)


def _logit(share: Floats) -> Floats:
    return np.asarray(logit(np.clip(share, EDGE, 1 - EDGE)))


def _logit_error(influence: Influence) -> Floats:
    binomial = influence.estimate * (1 - influence.estimate)
    error = np.full(binomial.size, np.nan)
    usable = (binomial > EDGE) & (influence.variance > 0)
    np.divide(np.sqrt(influence.variance), binomial, out=error, where=usable)
    return error


def _likelihood_ratio_limits(of: Pointwise) -> Limits:
    """Limits where twice the log-likelihood lost, over the design effect, is t^2(K - 1)."""
    bars = of.critical**2 * np.maximum([of.low.design_effect, of.high.design_effect], 1.0)
    low_targets, high_targets = incidence_targets(of.fit, of.times)
    low = [
        _invert(of, int(low_targets[:, k].sum()), float(bars[0, k]), upwards=False)
        for k in range(of.times.size)
    ]
    high = [
        _invert(of, int(high_targets[:, k].sum()), float(bars[1, k]), upwards=True)
        for k in range(of.times.size)
    ]
    return np.array(low), np.array(high)


def _invert(of: Pointwise, n_before: int, bar: float, *, upwards: bool) -> float:
    """Follow constrained maxima to where the deviance reaches the bar.

    A pseudo-row of some weight that says "among the first boxes" (or "not among them") moves the
    maximum to the most likely one at another F, whose F and likelihood are then read off.
    """
    n_boxes = line_mass(of.fit).size
    if n_before in (0, n_boxes):
        return np.nan
    reach = reach_of(of.rows, of.fit)
    first = np.append(reach.argmax(axis=1), 0 if upwards else n_before)
    last = n_boxes - 1 - reach[:, ::-1].argmax(axis=1)
    last = np.append(last, n_before - 1 if upwards else n_boxes - 1)
    tilts = np.append(0.0, np.geomspace(1e-2, 50.0 * reach.shape[0], N_TILTS))
    weights = np.column_stack([np.ones((tilts.size, reach.shape[0])), tilts])
    mass = maximise_batch(first, last, n_boxes, weights).mass_early
    likelihood = np.log(np.maximum(mass @ reach.T, TINY)).sum(axis=1)
    deviance = np.maximum.accumulate(2 * np.maximum(of.fit.log_likelihood - likelihood, 0.0))
    return float(np.interp(np.sqrt(bar), np.sqrt(deviance), mass[:, :n_before].sum(axis=1)))
