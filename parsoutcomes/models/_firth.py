"""The only module that speaks to firthmodels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from firthmodels import FirthLogisticRegression, detect_separation
from numpy.typing import NDArray

from parsoutcomes.errors import EstimationError

Floats = NDArray[np.float64]

# firthmodels halves its steps on rounding noise close to the maximum, and then reports failure:
# the strictest tolerance it can reach is taken. Stricter ones than the first gain no digit (Newton
# steps square the error) and cost a failed fit on many small samples.
TOLERANCES = (1e-8, 1e-7, 1e-6)


@dataclass(frozen=True, kw_only=True)
class FirthFit:
    """Firth's estimates; the first entry is the intercept."""

    coefficients: Floats
    conf_low: Floats
    conf_high: Floats
    p_value: Floats


def fit_firth(events: Floats, design: Floats, *, conf_level: float) -> FirthFit:
    """Fit Firth's logistic regression with profile-penalised limits and likelihood-ratio p-values.

    Parameters
    ----------
    events : array of shape (n_rows,)
        0 and 1.
    design : array of shape (n_rows, n_columns)
        Without the column of ones.
    conf_level : float
        Level of the limits.
    """
    for tolerance in TOLERANCES:
        fitted = fit_within(tolerance, events, design, conf_level)
        if fitted is not None:
            return fitted
    raise EstimationError(
        "The penalised logistic model did not converge.",
        expected="estimates and profile limits for every term",
        found="a fit that stopped short",
        fix="Use fewer terms, or merge small levels.",
    )


def find_separation(events: Floats, design: Floats) -> NDArray[np.int8]:
    """Return, for each column, +1 or -1 when its ordinary estimate is infinite, else 0.

    Linear programming (Konis 2007). The design has full rank and no column of ones; a last entry
    for the intercept is dropped.
    """
    spread = design.std(axis=0)
    scaled = (design - design.mean(axis=0)) / np.where(spread > 0, spread, 1)
    found = detect_separation(scaled, events.astype(int))
    return np.asarray(found.directions, dtype=np.int8)[: design.shape[1]]


def fit_within(
    tolerance: float, events: Floats, design: Floats, conf_level: float
) -> FirthFit | None:
    """Fit at one tolerance; none when it cannot be reached."""
    model = FirthLogisticRegression(
        backend="numpy", max_iter=60, max_halfstep=25, gtol=tolerance, xtol=tolerance
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            model.fit(design, events)
            limits = model.conf_int(alpha=1 - conf_level, method="pl", max_iter=1000, tol=1e-8)
            model.lrt()
        except (RuntimeError, ValueError, np.linalg.LinAlgError, Warning):
            return None
    values = (
        np.append(model.coef_, model.intercept_),
        np.asarray(limits)[:, 0],
        np.asarray(limits)[:, 1],
        np.asarray(model.lrt_pvalues_),
    )
    if not all(np.isfinite(value).all() for value in values):
        return None
    coefficients, low, high, p_value = (np.roll(value, 1) for value in values)
    return FirthFit(coefficients=coefficients, conf_low=low, conf_high=high, p_value=p_value)
