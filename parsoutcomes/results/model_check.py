"""How well a model of union predicts, as a finished result."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rates import write_denominator
from parsoutcomes.wording import format_label, format_months, format_number_range, format_percent


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class UnionModelCheck(Result):
    """Calibration and discrimination of a model of union: apparent, optimism, corrected.

    Attributes
    ----------
    terms : tuple of str
        The predictors in the model.
    method_used : str
        "gee" or "firth".
    horizon_months, grace_months : float
        The horizon h and the grace g.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    terms: tuple[str, ...]
    method_used: str
    horizon_months: float
    grace_months: float
    data_lock: pd.Timestamp | None = None


def write_check_title(definition: str, horizon_months: float) -> str:
    """Return the title of a check of a model.

    Examples
    --------
    >>> write_check_title("complete", 6.0)
    'How well the model predicts complete union by 6 months, per pars'
    """
    what = f"{format_label(definition)} by {format_months(horizon_months)}"
    return f"How well the model predicts {what}, per pars"


def write_check_finding(frame: pd.DataFrame) -> str:
    """Return what the check comes to, as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        The frame of `UnionModelCheck`.
    """
    by = frame.set_index(["measure", "reading"])["estimate"]
    apparent, corrected = (
        format_percent(float(by["c_statistic", reading])) for reading in ("apparent", "corrected")
    )
    slope = format_number_range(float(by["calibration_slope", "corrected"]))
    return (
        f"Among {write_denominator(frame.iloc[0], 'defect')} of known status, the model gave a "
        f"pars that united a higher chance than one that did not in {apparent} of such pairs; in "
        f"new patients like these {corrected} is expected (50% is chance, 100% perfect), with a "
        f"calibration slope of {slope} (1.00 is ideal; below 1, predictions are too extreme)."
    )
