"""Scans, loss, surgery and discharge: how much of the truth a clinic gets to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from parsoutcomes.conventions import DAYS_PER_MONTH, DEFINITIONS, Definition
from parsoutcomes.errors import require_choice
from parsoutcomes.synthetic.draws import (
    TERMINAL,
    Booleans,
    Floats,
    Integers,
    PatientDraw,
    UnionDraw,
    draw_patients,
    draw_union_times,
)
from parsoutcomes.synthetic.parameters import SimulationParameters

PLANNED: Final = "planned"
SYMPTOMS: Final = "symptoms"
BEFORE_SURGERY: Final = "before surgery"

_DAYS_PER_YEAR: Final = 365.25
_MAX_JITTER: Final = 2.5
_PREOPERATIVE_DAYS: Final = 7
_RECENT_SCAN_DAYS: Final = 14


@dataclass(frozen=True, kw_only=True)
class FollowUpDraw:
    """What the clinic sees of each patient.

    Attributes
    ----------
    scan_days : array of float, shape (n_patients, n_slots)
        Days from fitting to each scan made; NaN where none was.
    scan_reasons : tuple of str
        Why scans of each slot are made.
    assessable : array of bool, shape (n_defects, n_slots)
        Whether the pars could be judged on that scan.
    surgery_days : array of float
        Per patient: day of surgery that would come to pass without loss; infinite if none.
    end_days : array of float
        Per patient: last day of observation.
    is_operated, is_lost, is_completed : array of bool
        Per patient: how observation ended; none of them means that it goes on at data lock.
    is_discharged : array of bool
        Per patient: completed because all pars not terminal had united.
    brace_end_days : array of float
        Per patient: last day in the brace, NaN when not yet or not known.
    lock_days : array of float
        Per patient: days from fitting to data lock.
    """

    scan_days: Floats
    scan_reasons: tuple[str, ...]
    assessable: Booleans
    surgery_days: Floats
    end_days: Floats
    is_operated: Booleans
    is_lost: Booleans
    is_completed: Booleans
    is_discharged: Booleans
    brace_end_days: Floats
    lock_days: Floats


@dataclass(frozen=True, kw_only=True)
class IntervalDraw:
    """Intervals of the pars not terminal at fitting, as arrays for simulations.

    Attributes
    ----------
    patient, stage : array of int
        Patient number and position in `STAGES`.
    left_days, right_days : array of float
        Last reading without union (0 when none) and first with it (infinite when not yet).
    surgery_days : array of float
        Day of surgery seen before any union was; infinite when none.
    surgery_free_until_days : array of float
        Last day known without surgery.
    prescribed_months : array of float
        As prescribed at fitting.
    """

    patient: Integers
    stage: Integers
    left_days: Floats
    right_days: Floats
    surgery_days: Floats
    surgery_free_until_days: Floats
    prescribed_months: Floats


@dataclass(frozen=True, kw_only=True)
class _Ends:
    """The days on which each patient's observation could end; infinite when it would not."""

    loss: Floats
    surgery: Floats
    discharge: Floats
    schedule: Floats
    lock: Floats

    @property
    def first(self) -> Floats:
        days = [self.loss, self.surgery, self.discharge, self.schedule, self.lock]
        first: Floats = np.min(days, axis=0)
        return first


def draw_follow_up(
    patients: PatientDraw,
    union: UnionDraw,
    *,
    rng: np.random.Generator,
    parameters: SimulationParameters,
) -> FollowUpDraw:
    """Draw when each patient is scanned, operated on, discharged or lost.

    Parameters
    ----------
    patients : PatientDraw
        From `draw_patients`.
    union : UnionDraw
        From `draw_union_times` for the same pars.
    rng : numpy.random.Generator
        The source of chance.
    parameters : SimulationParameters
        What to draw from.

    Returns
    -------
    FollowUpDraw

    Notes
    -----
    Surgery comes only to patients with a pars not yet united, and never without a scan in the
    fortnight before it.

    Examples
    --------
    >>> rng, parameters = np.random.default_rng(1), SimulationParameters()
    >>> patients = draw_patients(5, rng=rng, parameters=parameters)
    >>> union = draw_union_times(patients.stage, patients.patient, rng=rng, parameters=parameters)
    >>> draw_follow_up(patients, union, rng=rng, parameters=parameters).scan_days.shape
    (5, 8)
    """
    targets_united, all_united = _united_days(patients, union)
    planned, scans = _draw_scans(targets_united, rng, parameters)
    ends = _Ends(
        loss=np.floor(_exponential_days(rng, len(planned), parameters.loss_per_year)),
        surgery=_draw_surgery(all_united, rng, parameters),
        discharge=_draw_discharge(scans[:, : planned.shape[1]], targets_united, rng, parameters),
        schedule=planned[:, -1],
        lock=_lock_days(patients, parameters),
    )
    kept = _keep_seen(scans, ends)
    return FollowUpDraw(
        scan_days=kept,
        scan_reasons=_slot_reasons(planned.shape[1]),
        assessable=_draw_assessable(patients, kept, rng, parameters),
        brace_end_days=_draw_brace_end(patients, ends, rng),
        surgery_days=ends.surgery,
        lock_days=ends.lock,
        **_describe_end(ends),
    )


def draw_intervals(
    n_patients: int,
    *,
    seed: int | np.random.Generator,
    parameters: SimulationParameters | None = None,
    definition: Definition = "complete",
) -> IntervalDraw:
    """Draw the intervals in which pars unite, as arrays, without building a cohort.

    For simulations that repeat thousands of times; with the same seed these are the intervals of
    the cohort that `simulate_cohort` draws.

    Parameters
    ----------
    n_patients : int
        How many.
    seed : int or numpy.random.Generator
        The source of chance.
    parameters : SimulationParameters, optional
        What to draw from.
    definition : {"complete", "partial_or_better"}
        Which readings count as union.

    Returns
    -------
    IntervalDraw

    Raises
    ------
    ArgumentError
        When `definition` is not known.

    Examples
    --------
    >>> drawn = draw_intervals(50, seed=1)
    >>> bool((drawn.left_days < drawn.right_days).all())
    True
    """
    require_choice("definition", definition, DEFINITIONS)
    rng = np.random.default_rng(seed)
    chosen = parameters or SimulationParameters()
    patients, union, follow_up = draw_course(n_patients, rng=rng, parameters=chosen)
    left, right = bracket_union(patients, union, follow_up, definition)
    target = patients.stage != TERMINAL
    patient = patients.patient[target]
    operated = follow_up.is_operated[patient] & np.isinf(right[target])
    return IntervalDraw(
        patient=patient,
        stage=patients.stage[target],
        left_days=left[target],
        right_days=right[target],
        surgery_days=np.where(operated, follow_up.surgery_days[patient], np.inf),
        surgery_free_until_days=last_contact_days(follow_up)[patient],
        prescribed_months=patients.prescribed_months[patient],
    )


def draw_course(
    n_patients: int, *, rng: np.random.Generator, parameters: SimulationParameters
) -> tuple[PatientDraw, UnionDraw, FollowUpDraw]:
    """Draw patients, then what becomes of their pars, then what the clinic sees of it."""
    patients = draw_patients(n_patients, rng=rng, parameters=parameters)
    union = draw_union_times(
        patients.stage,
        patients.patient,
        rng=rng,
        parameters=parameters,
        opposite_stage=patients.opposite_stage,
    )
    return patients, union, draw_follow_up(patients, union, rng=rng, parameters=parameters)


def bracket_union(
    patients: PatientDraw, union: UnionDraw, follow_up: FollowUpDraw, definition: Definition
) -> tuple[Floats, Floats]:
    """Return for each pars the last scan without union (0 when none) and the first with it."""
    days = np.where(follow_up.assessable, follow_up.scan_days[patients.patient], np.nan)
    from_day = union.union_days if definition == "complete" else union.partial_days
    united = days >= from_day[:, None]
    right = np.where(united, days, np.inf).min(axis=1)
    left = np.where((days > 0) & ~united, days, 0.0).max(axis=1)
    return left, right


def last_contact_days(follow_up: FollowUpDraw) -> Floats:
    """Return the day each patient was last heard of.

    The end; where follow-up goes on, the last scan or the end of the brace, whichever is later.
    """
    goes_on = ~(follow_up.is_operated | follow_up.is_lost | follow_up.is_completed)
    contacts = np.column_stack([follow_up.scan_days, follow_up.brace_end_days])
    last = np.where(np.isnan(contacts), 0.0, contacts).max(axis=1)
    return np.where(goes_on, last, follow_up.end_days)


def _united_days(patients: PatientDraw, union: UnionDraw) -> tuple[Floats, Floats]:
    """Day from which all pars not terminal, and all pars, have united; infinite if never."""
    is_target = patients.stage != TERMINAL
    targets = _largest_per_patient(patients, np.where(is_target, union.union_days, -np.inf))
    return (
        np.where(np.isneginf(targets), np.inf, targets),
        _largest_per_patient(patients, union.union_days),
    )


def _largest_per_patient(patients: PatientDraw, values: Floats) -> Floats:
    return np.maximum.reduceat(values, patients.first_defect)


def _draw_scans(
    targets_united: Floats, rng: np.random.Generator, parameters: SimulationParameters
) -> tuple[Floats, Floats]:
    """Planned days, and the scans that would be made: those attended, then those prompted."""
    visits_days = np.asarray(parameters.visits_months) * DAYS_PER_MONTH
    size = (len(targets_united), len(visits_days))
    jitter = np.clip(rng.standard_normal(size), -_MAX_JITTER, _MAX_JITTER) * parameters.jitter_days
    planned = np.maximum(np.round(visits_days + jitter), 1.0)
    order = np.arange(size[1])
    planned = np.maximum.accumulate(planned - order, axis=1) + order
    attended = rng.random(size) < parameters.attendance
    gaps = np.diff(planned, axis=1)
    prompted = np.floor(planned[:, :-1] + gaps * rng.uniform(0.3, 0.7, gaps.shape))
    chance = np.where(
        targets_united[:, None] <= prompted,
        parameters.symptom_scan_united,
        parameters.symptom_scan_not_united,
    )
    made = (rng.random(gaps.shape) < chance) & (prompted > planned[:, :-1])
    scans = np.hstack([np.where(attended, planned, np.nan), np.where(made, prompted, np.nan)])
    return planned, scans


def _exponential_days(rng: np.random.Generator, size: int, per_year: float) -> Floats:
    drawn = rng.standard_exponential(size)
    return drawn / per_year * _DAYS_PER_YEAR if per_year > 0 else np.full(size, np.inf)


def _draw_surgery(
    all_united: Floats, rng: np.random.Generator, parameters: SimulationParameters
) -> Floats:
    waiting = _exponential_days(rng, len(all_united), parameters.surgery_per_year)
    latent = parameters.surgery_delay_months * DAYS_PER_MONTH + waiting
    return np.where(latent < all_united, np.floor(latent) + 1.0, np.inf)


def _draw_discharge(
    planned_scans: Floats,
    targets_united: Floats,
    rng: np.random.Generator,
    parameters: SimulationParameters,
) -> Floats:
    united = planned_scans >= targets_united[:, None]
    first = np.where(united, planned_scans, np.inf).min(axis=1)
    discharged = rng.random(len(first)) < parameters.discharge_fraction
    return np.where(discharged, first, np.inf)


def _lock_days(patients: PatientDraw, parameters: SimulationParameters) -> Floats:
    span = np.datetime64(parameters.data_lock, "D") - np.datetime64(parameters.first_fitted, "D")
    return float(span.astype(int)) - patients.fitted_day.astype(np.float64)


def _keep_seen(scans: Floats, ends: _Ends) -> Floats:
    """Drop what lies beyond the end; add the scan before surgery where none is recent."""
    kept = np.where(scans <= ends.first[:, None], scans, np.nan)
    operated = ends.surgery <= ends.first
    days_before = np.where(np.isnan(kept), np.inf, ends.surgery[:, None] - kept)
    needed = operated & (days_before.min(axis=1) > _RECENT_SCAN_DAYS)
    before = np.where(needed, np.maximum(ends.surgery - _PREOPERATIVE_DAYS, 1.0), np.nan)
    return np.column_stack([kept, before])


def _slot_reasons(n_visits: int) -> tuple[str, ...]:
    return (PLANNED,) * n_visits + (SYMPTOMS,) * (n_visits - 1) + (BEFORE_SURGERY,)


def _draw_assessable(
    patients: PatientDraw,
    scans: Floats,
    rng: np.random.Generator,
    parameters: SimulationParameters,
) -> Booleans:
    size = (len(patients.patient), scans.shape[1])
    return rng.random(size) >= parameters.not_assessable_fraction


def _draw_brace_end(patients: PatientDraw, ends: _Ends, rng: np.random.Generator) -> Floats:
    spread = rng.normal(0.0, 5.0, patients.n_patients)
    planned = np.round(patients.prescribed_months * DAYS_PER_MONTH + spread)
    actual = np.min([planned, ends.discharge, ends.surgery], axis=0)
    return np.where(actual <= ends.first, actual, np.nan)


def _describe_end(ends: _Ends) -> dict[str, Any]:
    end = ends.first
    is_operated = ends.surgery <= end
    is_lost = (ends.loss <= end) & ~is_operated
    planned_end = (ends.discharge <= end) | (ends.schedule <= end)
    is_completed = planned_end & ~is_operated & ~is_lost
    return {
        "end_days": end,
        "is_operated": is_operated,
        "is_lost": is_lost,
        "is_completed": is_completed,
        "is_discharged": is_completed & (ends.discharge <= end),
    }
