"""Follow-up in its parts: scans planned and prompted, loss, surgery, and where observation ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.synthetic.draws import TERMINAL, Booleans, Floats, PatientDraw, UnionDraw
from parsoutcomes.synthetic.parameters import SimulationParameters

Labels = npt.NDArray[np.object_]

PLANNED: Final = "planned"
SYMPTOMS: Final = "symptoms"
BEFORE_SURGERY: Final = "before surgery"
RECHECK: Final = "partial union seen"

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
    brace_end_reasons : array of str, optional
        Per patient: why the brace comes off, where scans decide it.
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
    brace_end_reasons: Labels | None = None


@dataclass(frozen=True, kw_only=True)
class Ends:
    """The days on which each patient's observation could end; infinite when it would not."""

    loss: Floats
    surgery: Floats
    discharge: Floats
    schedule: Floats
    lock: Floats

    @property
    def first(self) -> Floats:
        """The first of these days."""
        days = [self.loss, self.surgery, self.discharge, self.schedule, self.lock]
        first: Floats = np.min(days, axis=0)
        return first


@dataclass(frozen=True, kw_only=True)
class ScanPlan:
    """Scans as chance would have them, before union decides which of them are prompted.

    Attributes
    ----------
    planned : array of float, shape (n_patients, n_visits)
        Days of the planned scans.
    attended : array of bool, shape (n_patients, n_visits)
        Which of them are made.
    prompted : array of float, shape (n_patients, n_visits - 1)
        Days on which symptoms could prompt another.
    chance : array of float, shape (n_patients, n_visits - 1)
        Uniform numbers: it is made when below the probability of that day.
    """

    planned: Floats
    attended: Booleans
    prompted: Floats
    chance: Floats

    def made(self, targets_united: Floats, parameters: SimulationParameters) -> Floats:
        """Return the days of scans attended, then of those prompted; NaN where none is made."""
        probability = np.where(
            targets_united[:, None] <= self.prompted,
            parameters.symptom_scan_united,
            parameters.symptom_scan_not_united,
        )
        made = (self.chance < probability) & (self.prompted > self.planned[:, :-1])
        return np.hstack(
            [
                np.where(self.attended, self.planned, np.nan),
                np.where(made, self.prompted, np.nan),
            ]
        )


def draw_scan_plan(
    n_patients: int, rng: np.random.Generator, parameters: SimulationParameters
) -> ScanPlan:
    """Draw on which days scans are planned, attended and might be prompted."""
    visits_days = np.asarray(parameters.visits_months) * DAYS_PER_MONTH
    size = (n_patients, len(visits_days))
    jitter = np.clip(rng.standard_normal(size), -_MAX_JITTER, _MAX_JITTER) * parameters.jitter_days
    planned = np.maximum(np.round(visits_days + jitter), 1.0)
    order = np.arange(size[1])
    planned = np.maximum.accumulate(planned - order, axis=1) + order
    attended = rng.random(size) < parameters.attendance
    gaps = np.diff(planned, axis=1)
    prompted = np.floor(planned[:, :-1] + gaps * rng.uniform(0.3, 0.7, gaps.shape))
    return ScanPlan(
        planned=planned, attended=attended, prompted=prompted, chance=rng.random(gaps.shape)
    )


def united_days(patients: PatientDraw, union: UnionDraw) -> tuple[Floats, Floats]:
    """Day from which all pars not terminal, and all pars, have united; infinite if never."""
    is_target = patients.stage != TERMINAL
    targets = largest_per_patient(patients, np.where(is_target, union.union_days, -np.inf))
    return (
        np.where(np.isneginf(targets), np.inf, targets),
        largest_per_patient(patients, union.union_days),
    )


def largest_per_patient(patients: PatientDraw, values: Floats) -> Floats:
    """Return the largest of the values of each patient's pars."""
    return np.maximum.reduceat(values, patients.first_defect)


def exponential_days(rng: np.random.Generator, size: int, per_year: float) -> Floats:
    """Draw days until an event of a constant rate; infinite when the rate is 0."""
    drawn = rng.standard_exponential(size)
    return drawn / per_year * _DAYS_PER_YEAR if per_year > 0 else np.full(size, np.inf)


def draw_latent_surgery(
    n_patients: int, rng: np.random.Generator, parameters: SimulationParameters
) -> Floats:
    """Draw the days on which patients would be operated on unless they had united by then."""
    waiting = exponential_days(rng, n_patients, parameters.surgery_per_year)
    return parameters.surgery_delay_months * DAYS_PER_MONTH + waiting


def operate_ununited(latent: Floats, all_united: Floats) -> Floats:
    """Return the day of surgery of patients who have not united by then, else infinity."""
    return np.where(latent < all_united, np.floor(latent) + 1.0, np.inf)


def count_lock_days(patients: PatientDraw, parameters: SimulationParameters) -> Floats:
    """Return the days from fitting to data lock."""
    span = np.datetime64(parameters.data_lock, "D") - np.datetime64(parameters.first_fitted, "D")
    return float(span.astype(int)) - patients.fitted_day.astype(np.float64)


def keep_seen(scans: Floats, ends: Ends) -> Floats:
    """Drop what lies beyond the end; add the scan before surgery where none is recent."""
    kept = np.where(scans <= ends.first[:, None], scans, np.nan)
    operated = ends.surgery <= ends.first
    days_before = np.where(np.isnan(kept), np.inf, ends.surgery[:, None] - kept)
    needed = operated & (days_before.min(axis=1) > _RECENT_SCAN_DAYS)
    before = np.where(needed, np.maximum(ends.surgery - _PREOPERATIVE_DAYS, 1.0), np.nan)
    return np.column_stack([kept, before])


def name_slots(n_visits: int) -> tuple[str, ...]:
    """Return why the scans of each slot are made."""
    return (PLANNED,) * n_visits + (SYMPTOMS,) * (n_visits - 1) + (BEFORE_SURGERY,)


def last_contact_days(follow_up: FollowUpDraw) -> Floats:
    """Return the day each patient was last heard of.

    The end; where follow-up goes on, the last scan or the end of the brace, whichever is later.
    """
    goes_on = ~(follow_up.is_operated | follow_up.is_lost | follow_up.is_completed)
    contacts = np.column_stack([follow_up.scan_days, follow_up.brace_end_days])
    last = np.where(np.isnan(contacts), 0.0, contacts).max(axis=1)
    return np.where(goes_on, last, follow_up.end_days)


def describe_end(ends: Ends) -> dict[str, Any]:
    """Return how observation ends, as the fields of `FollowUpDraw`."""
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
