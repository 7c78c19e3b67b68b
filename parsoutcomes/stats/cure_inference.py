"""Covariances and the profile interval of the mixture cure model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import null_space
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import chi2

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.checks import Floats, Integers
from parsoutcomes.stats.cure_likelihood import CureRows, climb_cure, cure_information, cure_scores

PROFILE_REACH = 25.0
PROFILE_STEP = 0.5
AT_BOUNDARY = 30.0


@dataclass(frozen=True, kw_only=True)
class Covariances:
    """Of cure coefficients, time coefficients and log scale, in this order.

    Attributes
    ----------
    model : array of shape (n_parameters, n_parameters)
        Inverse observed information.
    patient : array of the same shape, or None
        Sandwich over patients.
    max_gradient : float
        Largest slope left, in units of each parameter's curvature.
    """

    model: Floats
    patient: Floats | None
    max_gradient: float


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A share with its profile-likelihood limits.

    Attributes
    ----------
    estimate, conf_low, conf_high, design_effect : float
        As in `MixtureCure`.
    """

    estimate: float
    conf_low: float
    conf_high: float
    design_effect: float


def measure_covariances(
    rows: CureRows, parameters: Floats, index: Integers | None, *, is_at_boundary: bool
) -> Covariances:
    """Return both covariances; at the boundary the cure coefficient has none."""
    skipped = rows.cure.shape[1] if is_at_boundary else 0
    at = parameters.copy()
    at[:skipped] = AT_BOUNDARY
    kept = slice(skipped, rows.n_free)
    gradient, curvature = cure_information(rows, at)
    gradient, curvature = gradient[kept], curvature[kept, kept]
    bread = np.linalg.inv(curvature)
    back = _jacobian(at, rows.cure.shape[1])[kept, kept]
    patient = None
    if index is not None:
        of_patients = np.zeros((int(index.max()) + 1, gradient.size))
        np.add.at(of_patients, index, cure_scores(rows, at)[:, kept])
        moved = of_patients @ (back @ bread).T
        patient = _widen(moved.T @ moved, skipped)
    return Covariances(
        model=_widen(back @ bread @ back.T, skipped),
        patient=patient,
        max_gradient=float(np.max(np.abs(gradient) / np.sqrt(np.diag(curvature)))),
    )


def measure_design_effect(
    pattern: Floats, covariances: Covariances, index: Integers | None
) -> float:
    """Return how much wider patients make the variance of one logit, at least 1."""
    if index is None:
        return 1.0
    model = pattern @ covariances.model[: pattern.size, : pattern.size] @ pattern
    if covariances.patient is None or not np.isfinite(model):
        sizes = np.bincount(index).astype(np.float64)
        return float((sizes**2).sum() / sizes.sum())
    patient = pattern @ covariances.patient[: pattern.size, : pattern.size] @ pattern
    return max(float(patient / model), 1.0)


def require_pattern(profile_at: ArrayLike | None, n_columns: int) -> Floats | None:
    """Return the covariate pattern to profile: the only one, the one asked for, or None."""
    if profile_at is None:
        return np.ones(1) if n_columns == 1 else None
    pattern = np.atleast_1d(np.asarray(profile_at, dtype=np.float64))
    if pattern.shape == (n_columns,) and np.isfinite(pattern).all() and bool(pattern.any()):
        return pattern
    raise ArgumentError(
        "profile_at is no covariate pattern of the cure design.",
        expected=f"{n_columns} finite values, not all of them 0",
        found=f"an array of shape {pattern.shape}",
        fix="Give one row of the cure design.",
    )


def profile_share(
    rows: CureRows,
    parameters: Floats,
    *,
    log_likelihood: float,
    without_cure: float,
    pattern: Floats,
    design_effect: float,
    conf_level: float,
) -> Profile:
    """Invert the likelihood ratio for p of one covariate pattern."""
    turned, start = _turn(rows, parameters, pattern)
    bar = float(chi2.ppf(conf_level, 1)) * design_effect

    def excess(logit: float) -> float:
        begin = start.copy()
        begin[0] = logit
        held = climb_cure(turned, begin, n_fixed=1)
        return 2 * (log_likelihood - held.log_likelihood) - bar

    reaches_one = 2 * (log_likelihood - without_cure) <= bar and rows.cure.shape[1] == 1
    low = _cross(excess, float(start[0]), -PROFILE_STEP)
    high = np.inf if reaches_one else _cross(excess, float(start[0]), PROFILE_STEP)
    estimate = float(pattern @ parameters[: pattern.size])
    return Profile(
        estimate=float(expit(estimate)),
        conf_low=float(expit(low)),
        conf_high=float(expit(high)),
        design_effect=design_effect,
    )


def _turn(rows: CureRows, parameters: Floats, pattern: Floats) -> tuple[CureRows, Floats]:
    """Turn the cure design so that its first coefficient is the logit of the pattern."""
    length = float(pattern @ pattern)
    axes = np.column_stack([pattern / length, null_space(pattern[None])])
    coefficients = np.where(np.isinf(parameters), AT_BOUNDARY / 2, parameters)
    turned = np.linalg.solve(axes, coefficients[: pattern.size])
    start = np.concatenate([turned, parameters[pattern.size :]])
    return replace(rows, cure=rows.cure @ axes), start


def _cross(excess: Callable[[float], float], start: float, step: float) -> float:
    """Return where the excess turns positive, going by steps; infinite when it does not."""
    near = start
    while abs(near - start) < PROFILE_REACH:
        far = near + step
        if excess(far) > 0:
            return float(brentq(excess, near, far, xtol=1e-8))
        near = far
    return float(np.copysign(np.inf, step))


def _jacobian(parameters: Floats, n_cure: int) -> Floats:
    """Return the derivative of (cure, coefficients, log scale) to (cure, g, a)."""
    slope = parameters[-1]
    jacobian = np.eye(parameters.size)
    jacobian[n_cure:, n_cure:] /= slope
    jacobian[n_cure:-1, -1] = -parameters[n_cure:-1] / slope**2
    jacobian[-1, -1] = -1 / slope
    return np.asarray(jacobian)


def _widen(covariance: Floats, n_skipped: int) -> Floats:
    whole = np.full((covariance.shape[0] + n_skipped,) * 2, np.nan)
    whole[n_skipped:, n_skipped:] = covariance
    return whole
