"""What a proportion's estimator returns: the estimate, its interval and how it was made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number with its interval.

    Attributes
    ----------
    estimate, conf_low, conf_high : float
        On the scale that the function names; unrounded.
    conf_level : float
        Level of the interval, such as 0.95.
    method : str
        The variant, in words.
    """

    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    method: str


@dataclass(frozen=True, kw_only=True)
class ClusteredProportion:
    """A per-defect proportion with an interval that knows which defects share a patient.

    Attributes
    ----------
    estimate, conf_low, conf_high, conf_level : float
        Proportion, its limits and their level.
    standard_error : float
        Linearised between-patient standard error; not a number with one patient, or when all or
        no defects have the event, since the data then show no variation to estimate it from.
    icc, icc_fleiss_cuzick : float
        Intraclass correlation by analysis of variance, and by Fleiss and Cuzick; not a number
        when no patient has two defects or when nothing varies.
    design_effect, effective_n : float
        How many times less the defects tell than independent ones would (at least 1), and the
        number of independent defects that would tell as much: n = design_effect * effective_n.
    n, n_clusters, n_events : int
        Defects, patients, defects with the event.
    method : str
        Which of the two forms was used, in words.
    """

    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    standard_error: float
    icc: float
    icc_fleiss_cuzick: float
    design_effect: float
    effective_n: float
    n: int
    n_clusters: int
    n_events: int
    method: str
