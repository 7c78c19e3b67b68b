"""The only module that speaks to statsmodels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from statsmodels.tools.sm_exceptions import ModelWarning

from parsoutcomes.errors import EstimationError

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class GeeFit:
    """Estimates and Mancl-DeRouen standard errors; the first entry is the intercept."""

    coefficients: Floats
    standard_errors: Floats
    correlation: float


def fit_gee(
    events: Floats, design: Floats, clusters: NDArray[np.int64], *, exchangeable: bool = True
) -> GeeFit:
    """Fit a logit GEE with the bias-reduced (Mancl-DeRouen) covariance.

    Not for separated data: statsmodels then reports convergence and a small standard error.

    Parameters
    ----------
    events : array of shape (n_rows,)
        0 and 1.
    design : array of shape (n_rows, n_columns)
        Without the column of ones.
    clusters : array of shape (n_rows,)
        The patient of each row, as a number.
    exchangeable : bool
        Exchangeable working correlation; otherwise independence.
    """
    order = np.argsort(clusters, kind="stable")
    columns = np.column_stack([np.ones(len(events)), design])[order]
    structure = sm.cov_struct.Exchangeable() if exchangeable else sm.cov_struct.Independence()
    model = sm.GEE(
        events[order],
        columns,
        groups=clusters[order],
        family=sm.families.Binomial(),
        cov_struct=structure,
    )
    # A fit that runs off overflows on its way; it is judged by what it returns.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", ModelWarning)
        warnings.simplefilter("error", RuntimeWarning)
        try:
            fitted = model.fit(maxiter=500, ctol=1e-10, cov_type="bias_reduced")
        except (ModelWarning, RuntimeWarning, np.linalg.LinAlgError, ValueError) as error:
            raise _failed() from error
        values = np.asarray(fitted.params), np.asarray(fitted.bse)
    if not (fitted.converged and all(np.isfinite(value).all() for value in values)):
        raise _failed()
    return GeeFit(
        coefficients=values[0],
        standard_errors=values[1],
        correlation=float(structure.dep_params) if exchangeable else 0.0,
    )


def _failed() -> EstimationError:
    return EstimationError(
        "The clustered logistic model did not converge.",
        expected="finite estimates and standard errors",
        found="a fit that stopped short",
        fix='Use method="firth", or fewer terms.',
    )
