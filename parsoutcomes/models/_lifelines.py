"""The only module that speaks to lifelines, for the calls that are right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import lifelines
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.errors import EstimationError

Floats = NDArray[np.float64]

# Each of these gives a number that is wrong, with no warning (lifelines 0.30.3).
REFUSED: Final = {
    ("KaplanMeierFitter", "fit_interval_censoring"): (
        "it is off where one interval ends as another begins, and has no interval",
        "estimate_time_to_union",
    ),
    ("MixtureCureFitter", "fit_interval_censoring"): (
        "its share that never unites is 0 whatever the data",
        "fit_union_cure",
    ),
    ("AalenJohansenFitter", "fit"): (
        "it moves ties apart at random and has no last variance",
        "estimate_competing_risks",
    ),
    ("LogNormalAFTFitter", "fit_interval_censoring"): (
        "it does not reach its maximum",
        "fit_union_aft",
    ),
    ("LogLogisticAFTFitter", "fit_interval_censoring"): (
        "its coefficients are right to one to three digits only",
        "fit_union_aft",
    ),
}


@dataclass(frozen=True, kw_only=True)
class RightCensoredCurve:
    """A Kaplan-Meier curve of the share without the event, with log-log limits."""

    days: Floats
    survival: Floats
    conf_low: Floats
    conf_high: Floats


def load_fitter(fitter: str, call: str, **options: float) -> Any:  # noqa: ANN401  untyped library
    """Return a lifelines fitter for one call, unless that call is known to be wrong.

    Raises
    ------
    EstimationError
        When lifelines gives a wrong answer for this call.
    """
    if (fitter, call) in REFUSED:
        why, instead = REFUSED[fitter, call]
        raise EstimationError(
            f"lifelines {fitter}.{call} is not to be used: {why}.",
            expected="a call whose answer agrees with another program",
            found=f"{fitter}.{call}",
            fix=f"Use {instead}.",
        )
    return getattr(lifelines, fitter)(**options)


def fit_kaplan_meier(
    days: Floats, events: NDArray[np.bool_], conf_level: float
) -> RightCensoredCurve:
    """Fit the right-censored product-limit curve with log-log limits.

    Parameters
    ----------
    days, events : array of shape (n_rows,)
        Day of the event or of the end of follow-up, and which it was.
    conf_level : float
        Level.

    Returns
    -------
    RightCensoredCurve
        At day 0 and at every observed day.
    """
    fitter = load_fitter("KaplanMeierFitter", "fit", alpha=1 - conf_level)
    fitted = fitter.fit(days, events)
    survival = fitted.survival_function_
    limits = fitted.confidence_interval_survival_function_.to_numpy(dtype=np.float64)
    return RightCensoredCurve(
        days=survival.index.to_numpy(dtype=np.float64),
        survival=survival.to_numpy(dtype=np.float64)[:, 0],
        conf_low=limits[:, 0],
        conf_high=limits[:, 1],
    )


def check_weibull_aft(left: Floats, right: Floats, covariates: pd.DataFrame) -> dict[str, float]:
    """Return lifelines' Weibull coefficients on intervals, as a cross-check of our own.

    Parameters
    ----------
    left, right : array of shape (n_rows,)
        The event lies in (left, right].
    covariates : pandas.DataFrame
        Without the column of ones.

    Returns
    -------
    dict
        "Intercept", each covariate, and "log_scale", in our signs.
    """
    fitter = load_fitter("WeibullAFTFitter", "fit_interval_censoring")
    frame = covariates.assign(lower_end=left, upper_end=right)
    fitted = fitter.fit_interval_censoring(frame, "lower_end", "upper_end")
    found = {str(name): float(value) for name, value in fitted.params_["lambda_"].items()}
    return {**found, "log_scale": -float(fitted.params_["rho_"]["Intercept"])}
