"""Courses in which scans decide when the brace comes off, and in which that may cost union."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from parsoutcomes.synthetic.brace_decisions import SEEN, BraceDecisions
from parsoutcomes.synthetic.draws import (
    TERMINAL,
    Booleans,
    Floats,
    Integers,
    PatientDraw,
    UnionDraw,
)
from parsoutcomes.synthetic.follow_up import (
    BEFORE_SURGERY,
    RECHECK,
    Ends,
    FollowUpDraw,
    Labels,
    ScanPlan,
    count_lock_days,
    describe_end,
    draw_latent_surgery,
    draw_scan_plan,
    exponential_days,
    keep_seen,
    largest_per_patient,
    name_slots,
    operate_ununited,
    united_days,
)
from parsoutcomes.synthetic.parameters import SimulationParameters

UNITED, OPERATED, EARLY, DECIDED = "united", "surgery", "stopped early", "decided after scan"
PARTIAL, COMPLETE = SEEN.index("partial"), SEEN.index("complete")
_EARLIEST_STOP_DAYS = 14.0
_RECHECK_DAYS = (28, 43)
_LATEST_AFTER_DAYS = 60.0


@dataclass(frozen=True, kw_only=True)
class StopPlan:
    """On which days the brace comes off if a patient keeps to either strategy.

    Attributes
    ----------
    decided_days : array of float, shape (n_patients, 2)
        Days on which it is decided.
    stop_days : array of float, shape (n_patients, 2)
        Days on which a decision to stop is carried out.
    """

    decided_days: Floats
    stop_days: Floats


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """Patients, and all that chance decides of their course before any union is looked at."""

    patients: PatientDraw
    parameters: SimulationParameters
    decisions: BraceDecisions
    plan: ScanPlan
    stops: StopPlan
    recheck_days: Floats
    recheck: Booleans
    assessable: Booleans
    decision: Floats
    loses: Booleans
    stops_united: Booleans
    early_days: Floats
    between_days: Floats
    late_days: Floats


def draw_stop_plan(
    planned: Floats,
    rng: np.random.Generator,
    parameters: SimulationParameters,
    decisions: BraceDecisions,
) -> StopPlan:
    """Draw when either decision is made, at its planned scan, and carried out, within its window.

    Parameters
    ----------
    planned : array of float, shape (n_patients, n_visits)
        Days of the planned scans.
    rng : numpy.random.Generator
        The source of chance.
    parameters : SimulationParameters
        Its visits.
    decisions : BraceDecisions
        Months, grace, and days until a decision is carried out.

    Returns
    -------
    StopPlan
    """
    visits = [parameters.visits_months.index(month) for month in decisions.months]
    windows = np.array([decisions.window_days(which) for which in (0, 1)])
    lowest, highest = np.ceil(windows[:, 0]), np.floor(windows[:, 1])
    decided = np.clip(planned[:, visits], lowest, highest)
    delay = rng.integers(0, decisions.carry_out_days + 1, decided.shape)
    return StopPlan(decided_days=decided, stop_days=np.minimum(decided + delay, highest))


def stop_union(union: UnionDraw, stop_days: Floats, loses: Booleans) -> UnionDraw:
    """Return what becomes of each pars when the brace comes off on a day.

    Parameters
    ----------
    union : UnionDraw
        What becomes of it in the brace.
    stop_days : array of float
        Per pars.
    loses : array of bool
        Per pars: whether what has not united by then never does.

    Returns
    -------
    UnionDraw
    """
    complete = np.where(loses & (union.union_days > stop_days), np.inf, union.union_days)
    partial = np.where(loses & (union.partial_days > stop_days), np.inf, union.partial_days)
    return dataclasses.replace(
        union, union_days=complete, partial_days=partial, unites=np.isfinite(complete)
    )


def draw_braced_course(
    patients: PatientDraw,
    union: UnionDraw,
    *,
    rng: np.random.Generator,
    parameters: SimulationParameters,
    decisions: BraceDecisions,
) -> tuple[UnionDraw, FollowUpDraw]:
    """Draw scans, let them decide when the brace comes off, and follow what becomes of it.

    Parameters
    ----------
    patients : PatientDraw
        From `draw_patients`.
    union : UnionDraw
        From `draw_union_times`: what becomes of each pars in the brace.
    rng : numpy.random.Generator
        The source of chance.
    parameters : SimulationParameters
        What to draw from.
    decisions : BraceDecisions
        How decisions are made.

    Returns
    -------
    UnionDraw
        What becomes of each pars as the brace is worn, and under either strategy.
    FollowUpDraw
        What the clinic sees of it.

    Notes
    -----
    Nothing before the brace comes off depends on whether union is lost afterwards, so the scans
    are drawn twice from the same chance: once as if the brace stayed on, which gives the day it
    comes off, and then as it is.
    """
    setting = _draw_setting(patients, rng, parameters, decisions)
    stop, reasons = _decide(setting, union)
    of_pars = patients.patient
    under = tuple(
        stop_union(union, setting.stops.stop_days[of_pars, which], setting.loses).union_days
        for which in (0, 1)
    )
    worn = stop_union(union, stop[of_pars], setting.loses)
    truth = dataclasses.replace(worn, strategy_union_days=under)
    return truth, _follow(setting, truth, stop, reasons, rng)


def read_by(
    patients: PatientDraw, union: UnionDraw, readings: Floats, until_days: Floats
) -> Integers:
    """Say what the scans of each patient have shown by a day, as a position in `SEEN`.

    Parameters
    ----------
    patients : PatientDraw
        Patients and pars.
    union : UnionDraw
        What the readings show.
    readings : array of float, shape (n_defects, n_slots)
        Days of readings; NaN where the pars was not read.
    until_days : array of float
        Per patient: last day that counts.

    Returns
    -------
    array of int
        The poorest pars that can unite and has been read; "complete" only when all have been.
    """
    counted = readings <= until_days[patients.patient, None]
    last = np.where(counted, readings, -np.inf).max(axis=1)
    status = 1 + (last >= union.partial_days).astype(int) + (last >= union.union_days)
    can = _can_unite(patients)
    is_read = np.isfinite(last)
    poorest = -largest_per_patient(patients, -np.where(can & is_read, status, 9).astype(float))
    unread = largest_per_patient(patients, (can & ~is_read).astype(float)) > 0
    not_told = (poorest > COMPLETE) | ((poorest == COMPLETE) & unread)
    return np.where(not_told, 0, poorest).astype(np.int64)


def _can_unite(patients: PatientDraw) -> Booleans:
    """Mark the pars that decide: not terminal, or terminal where the patient has no other."""
    target = patients.stage != TERMINAL
    some = largest_per_patient(patients, target.astype(float)) > 0
    can: Booleans = target | ~some[patients.patient]
    return can


def _draw_setting(
    patients: PatientDraw,
    rng: np.random.Generator,
    parameters: SimulationParameters,
    decisions: BraceDecisions,
) -> _Setting:
    n_patients, n_defects = patients.n_patients, len(patients.patient)
    plan = draw_scan_plan(n_patients, rng, parameters)
    n_visits = plan.planned.shape[1]
    first, second = decisions.window_days(0), decisions.window_days(1)
    early = rng.random(n_patients) < decisions.early_stop_fraction
    between = rng.random(n_patients) < decisions.between_stop_fraction
    early_days = np.floor(rng.uniform(_EARLIEST_STOP_DAYS, first[0], n_patients))
    between_days = np.ceil(rng.uniform(first[1], second[0] - 1.0, n_patients))
    size = (n_patients, n_visits)
    return _Setting(
        patients=patients,
        parameters=parameters,
        decisions=decisions,
        plan=plan,
        stops=draw_stop_plan(plan.planned, rng, parameters, decisions),
        recheck_days=plan.planned + rng.integers(*_RECHECK_DAYS, size),
        recheck=rng.random(size) < decisions.recheck_after_partial,
        assessable=rng.random((n_defects, 3 * n_visits - 1)) >= parameters.not_assessable_fraction,
        decision=rng.random((n_patients, 2)),
        loses=rng.random(n_defects) < decisions.stop_loss_fraction,
        stops_united=rng.random(n_patients) < decisions.stop_at_first["complete"],
        early_days=np.where(early, early_days, np.inf),
        between_days=np.where(between, between_days, np.inf),
        late_days=np.ceil(second[1] + rng.uniform(1.0, _LATEST_AFTER_DAYS, n_patients)),
    )


def _scan(setting: _Setting, union: UnionDraw) -> Floats:
    """Return the days of scans made: planned, prompted, and again after partial union was seen."""
    patients = setting.patients
    targets_united, _ = united_days(patients, union)
    scans = setting.plan.made(targets_united, setting.parameters)
    seen = []
    for visit in range(setting.plan.planned.shape[1]):
        assessable = setting.assessable[:, [visit]]
        readings = np.where(assessable, scans[patients.patient][:, [visit]], np.nan)
        seen.append(read_by(patients, union, readings, scans[:, visit]))
    again = setting.recheck & (np.stack(seen, axis=1) == PARTIAL)
    return np.hstack([scans, np.where(again, setting.recheck_days, np.nan)])


def _read(setting: _Setting, scans: Floats) -> Floats:
    """Return the days on which each pars was read, NaN where it was not."""
    return np.where(setting.assessable, scans[setting.patients.patient], np.nan)


def _decide(setting: _Setting, union: UnionDraw) -> tuple[Floats, Labels]:
    """Return the day on which the brace would come off, and why."""
    patients, stops = setting.patients, setting.stops
    readings = _read(setting, _scan(setting, union))
    at_first, at_second = (
        setting.decision[:, which]
        < _stop_probability(
            setting, read_by(patients, union, readings, stops.decided_days[:, which]), which
        )
        for which in (0, 1)
    )
    seen_united = _seen_united(patients, union, readings)
    delay = stops.stop_days[:, 0] - stops.decided_days[:, 0]
    days = np.column_stack(
        [
            setting.early_days,
            np.where(at_first, stops.stop_days[:, 0], np.inf),
            setting.between_days,
            np.where(at_second, stops.stop_days[:, 1], setting.late_days),
            np.where(setting.stops_united, seen_united + delay, np.inf),
        ]
    )
    stop: Floats = days.min(axis=1)
    reasons = np.array([EARLY, DECIDED, EARLY, DECIDED, UNITED], dtype=object)[days.argmin(axis=1)]
    reasons[seen_united <= stop] = UNITED
    return stop, reasons


def _seen_united(patients: PatientDraw, union: UnionDraw, readings: Floats) -> Floats:
    """Return the first day by which all pars that can unite have been seen united."""
    first = np.where(readings >= union.union_days[:, None], readings, np.inf).min(axis=1)
    return largest_per_patient(patients, np.where(_can_unite(patients), first, -np.inf))


def _stop_probability(setting: _Setting, seen: Integers, which: int) -> Floats:
    """Return the probability of stopping, given what has been seen, stage and prescription."""
    patients, decisions = setting.patients, setting.decisions
    by_seen = decisions.stop_at_second if which else decisions.stop_at_first
    probability = np.array([by_seen[name] for name in SEEN])[seen]
    can = np.where(_can_unite(patients), patients.stage, -1).astype(float)
    ratio = np.asarray(decisions.odds_by_stage())[largest_per_patient(patients, can).astype(int)]
    if which == 0:
        longer = patients.prescribed_months > decisions.months[0]
        ratio = ratio * np.where(longer, decisions.prescribed_six_odds_ratio, 1.0)
    changed = ratio * probability / (1.0 - probability + ratio * probability)
    return np.where(seen == COMPLETE, probability, changed)


def _follow(
    setting: _Setting, union: UnionDraw, stop: Floats, reasons: Labels, rng: np.random.Generator
) -> FollowUpDraw:
    patients, parameters = setting.patients, setting.parameters
    scans = _scan(setting, union)
    _, all_united = united_days(patients, union)
    n_patients, n_visits = setting.plan.planned.shape
    ends = Ends(
        loss=np.floor(exponential_days(rng, n_patients, parameters.loss_per_year)),
        surgery=operate_ununited(draw_latent_surgery(n_patients, rng, parameters), all_united),
        discharge=_discharge(setting, union, scans, rng),
        schedule=setting.plan.planned[:, -1],
        lock=count_lock_days(patients, parameters),
    )
    brace_end = np.min([stop, ends.discharge, ends.surgery], axis=0)
    why = reasons.copy()
    why[brace_end == ends.discharge] = UNITED
    why[brace_end == ends.surgery] = OPERATED
    before_surgery = np.ones((len(patients.patient), 1), dtype=bool)
    return FollowUpDraw(
        scan_days=keep_seen(scans, ends),
        scan_reasons=(*name_slots(n_visits)[:-1], *(RECHECK,) * n_visits, BEFORE_SURGERY),
        assessable=np.hstack([setting.assessable, before_surgery]),
        brace_end_days=np.where(brace_end <= ends.first, brace_end, np.nan),
        brace_end_reasons=why,
        surgery_days=ends.surgery,
        lock_days=ends.lock,
        **describe_end(ends),
    )


def _discharge(
    setting: _Setting, union: UnionDraw, scans: Floats, rng: np.random.Generator
) -> Floats:
    """Return the first planned scan by which all pars that can unite have been seen united."""
    seen = _seen_united(setting.patients, union, _read(setting, scans))
    planned = scans[:, : setting.plan.planned.shape[1]]
    first = np.where(planned >= seen[:, None], planned, np.inf).min(axis=1)
    discharged = rng.random(len(first)) < setting.parameters.discharge_fraction
    return np.where(discharged, first, np.inf)
