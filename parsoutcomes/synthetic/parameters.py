"""What a simulated cohort is drawn from: every assumption by name, with its default."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import pandas as pd

from parsoutcomes.conventions import MILESTONES_MONTHS, STAGES
from parsoutcomes.errors import ArgumentError, require_choice
from parsoutcomes.synthetic.brace_decisions import BraceDecisions
from parsoutcomes.synthetic.parameter_checks import (
    complete_stages,
    require_between,
    require_sum_of_one,
)

_STAGE_MIX: Final = {"pre_lysis": 0.15, "early": 0.42, "progressive": 0.33, "terminal": 0.10}
_UNION_FRACTION: Final = {"pre_lysis": 0.94, "early": 0.82, "progressive": 0.49, "terminal": 0.0}
_SCALE_MONTHS: Final = {"pre_lysis": 2.8, "early": 3.8, "progressive": 5.0, "terminal": 5.0}
_SIX_MONTHS_FRACTION: Final = {
    "pre_lysis": 0.10,
    "early": 0.35,
    "progressive": 0.75,
    "terminal": 0.85,
}
_LEVEL_MIX: Final = {"L3": 0.08, "L4": 0.22, "L5": 0.70}
_BY_STAGE: Final = ("stage_mix", "union_fraction", "time_scale_months", "six_months_fraction")
_MIXES: Final = ("stage_mix", "level_mix")
_FRACTIONS: Final = (
    "bilateral_fraction",
    "same_stage_fraction",
    "pair_correlation",
    "partial_only_fraction",
    "attendance",
    "symptom_scan_not_united",
    "symptom_scan_united",
    "discharge_fraction",
    "not_assessable_fraction",
    "stir_missing_fraction",
    "male_fraction",
)
_NOT_NEGATIVE: Final = (
    "partial_lag_months",
    "jitter_days",
    "loss_per_year",
    "surgery_per_year",
    "surgery_delay_months",
)


def _fixed(values: Mapping[str, float]) -> Mapping[str, float]:
    return field(default_factory=lambda: MappingProxyType(dict(values)))


@dataclass(frozen=True, kw_only=True)
class SimulationParameters:
    """Everything a simulated cohort is drawn from.

    The defaults lie near the published series: by 12 months about 93 % of pre-lysis, 80 % of
    early and 45 % of progressive pars have united completely, and no terminal one. They are
    assumptions for tests and teaching; they are not evidence about any clinic or brace.

    Attributes
    ----------
    stage_mix : mapping of stage to float
        Share of each stage among all pars; sums to 1.
    bilateral_fraction : float
        Share of patients with both pars of the level fractured.
    same_stage_fraction : float
        Probability that the second pars has the stage of the first; otherwise it is drawn from
        `stage_mix`, so that the mix holds for both.
    level_mix : mapping of level to float
        Share of each vertebra; sums to 1.
    union_fraction : mapping of stage to float
        Probability of ever uniting when the opposite pars is not terminal.
    opposite_terminal_odds_ratio : float
        Odds of ever uniting when the opposite pars is terminal, relative to when it is not.
    pair_correlation : float
        Squared loading of the patient's frailty, a standard normal variate: the correlation of
        the two pars of a patient on the normal scale, both for uniting and for its time.
    time_shape, time_scale_months
        Weibull time to complete union of those that unite; scale by stage.
    partial_lag_months : float
        Partial union is seen from so long before complete union.
    partial_only_fraction : float
        Share of those never complete that become partial, at the time drawn for them.
    six_months_fraction : mapping of stage to float
        Share prescribed 6 months of brace instead of 3, by the patient's worst stage. The
        months prescribed have no effect on union here: any difference is confounding.
    visits_months : tuple of float
        Planned scans.
    jitter_days : float
        Standard deviation of the scan day about its plan; cut off at 2.5 of these.
    attendance : float
        Probability that a planned scan is made.
    symptom_scan_not_united, symptom_scan_united : float
        Probability of an extra scan after each planned one while some pars has not, or every
        pars has, united; when they differ the extra scans are informative.
    discharge_fraction : float
        Probability that follow-up stops at the first planned scan on which all pars not
        terminal have united.
    loss_per_year : float
        Rate of loss to follow-up, the same for everybody.
    surgery_per_year, surgery_delay_months : float
        Rate of surgery, from this delay onwards, for a patient with a pars not united.
    not_assessable_fraction : float
        Share of readings that cannot be assessed.
    stir_missing_fraction : float
        Share of patients without a fat-suppressed MRI.
    male_fraction, mean_age_years : float
        Case mix; age runs from 10 to 19 years.
    first_fitted, last_fitted, data_lock : str
        ISO dates; fitting is uniform between the first two, and nothing is seen after the third.
    brace_decisions : BraceDecisions, optional
        How scans decide when the brace comes off, and what stopping early costs. Without it the
        brace comes off after the months prescribed, which then have no effect on union.

    Examples
    --------
    >>> SimulationParameters(bilateral_fraction=0.3).bilateral_fraction
    0.3
    """

    stage_mix: Mapping[str, float] = _fixed(_STAGE_MIX)
    bilateral_fraction: float = 0.6
    same_stage_fraction: float = 0.6
    level_mix: Mapping[str, float] = _fixed(_LEVEL_MIX)
    union_fraction: Mapping[str, float] = _fixed(_UNION_FRACTION)
    opposite_terminal_odds_ratio: float = 0.35
    pair_correlation: float = 0.4
    time_shape: float = 2.2
    time_scale_months: Mapping[str, float] = _fixed(_SCALE_MONTHS)
    partial_lag_months: float = 1.0
    partial_only_fraction: float = 0.2
    six_months_fraction: Mapping[str, float] = _fixed(_SIX_MONTHS_FRACTION)
    visits_months: tuple[float, ...] = MILESTONES_MONTHS
    jitter_days: float = 10.0
    attendance: float = 0.92
    symptom_scan_not_united: float = 0.08
    symptom_scan_united: float = 0.02
    discharge_fraction: float = 0.7
    loss_per_year: float = 0.12
    surgery_per_year: float = 0.12
    surgery_delay_months: float = 4.0
    not_assessable_fraction: float = 0.01
    stir_missing_fraction: float = 0.1
    male_fraction: float = 0.72
    mean_age_years: float = 14.6
    first_fitted: str = "2022-01-01"
    last_fitted: str = "2025-12-31"
    data_lock: str = "2026-03-31"
    brace_decisions: BraceDecisions | None = None

    def __post_init__(self) -> None:
        for name in _BY_STAGE:
            object.__setattr__(self, name, complete_stages(name, getattr(self, name)))
        for name in _FRACTIONS:
            require_between(name, getattr(self, name), 0.0, 1.0)
        for name in _NOT_NEGATIVE:
            require_between(name, getattr(self, name), 0.0, math.inf)
        for name in _MIXES:
            require_sum_of_one(name, getattr(self, name))
        for name in ("time_shape", "opposite_terminal_odds_ratio"):
            require_between(name, getattr(self, name), 1e-6, 1e6)
        require_between("mean_age_years", self.mean_age_years, 11.0, 18.0)
        _require_visits(self.visits_months)
        _require_decision_visits(self)
        _require_date_order(self)

    def by_stage(self, name: str) -> list[float]:
        """Return a parameter given by stage as numbers in the order of `STAGES`."""
        values: Mapping[str, float] = getattr(self, name)
        return [float(values[stage]) for stage in STAGES]


def change_parameters(
    parameters: SimulationParameters | None, changes: Mapping[str, object]
) -> SimulationParameters:
    """Return `parameters`, or the defaults, with some of them changed.

    Parameters
    ----------
    parameters : SimulationParameters or None
        None means all defaults.
    changes : mapping of str to object
        New values by name.

    Returns
    -------
    SimulationParameters

    Raises
    ------
    ArgumentError
        When a name is not a parameter or a value is not possible.

    Examples
    --------
    >>> change_parameters(None, {"attendance": 1.0}).attendance
    1.0
    """
    known = [entry.name for entry in dataclasses.fields(SimulationParameters)]
    for name in changes:
        require_choice("parameter", name, known)
    return dataclasses.replace(parameters or SimulationParameters(), **changes)  # type: ignore[arg-type]


def _require_visits(visits_months: tuple[float, ...]) -> None:
    increasing = all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(visits_months))
    if not visits_months or min(visits_months) < 1.0 or not increasing:
        raise ArgumentError(
            "visits_months is not a schedule of scans.",
            expected="months in increasing order, at least one month apart",
            found=repr(visits_months),
            fix="Give the planned scans, such as (3.0, 6.0, 9.0, 12.0).",
        )


def _require_decision_visits(parameters: SimulationParameters) -> None:
    decisions = parameters.brace_decisions
    if decisions is None or set(decisions.months) <= set(parameters.visits_months):
        return
    raise ArgumentError(
        "The brace is to come off at a time without a planned scan.",
        expected=f"two of {', '.join(f'{month:g}' for month in parameters.visits_months)} months",
        found=" and ".join(f"{month:g}" for month in decisions.months),
        fix="Change months of brace_decisions, or visits_months.",
    )


def _require_date_order(parameters: SimulationParameters) -> None:
    first, last, lock = (
        pd.Timestamp(date)
        for date in (parameters.first_fitted, parameters.last_fitted, parameters.data_lock)
    )
    if not first <= last < lock:
        raise ArgumentError(
            "The calendar of the simulation runs backwards.",
            expected="first_fitted on or before last_fitted, and last_fitted before data_lock",
            found=f"{first:%Y-%m-%d}, {last:%Y-%m-%d}, {lock:%Y-%m-%d}",
            fix="Change one of the three dates.",
        )
