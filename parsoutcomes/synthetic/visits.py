"""Scans, loss, surgery and discharge: how much of the truth a clinic gets to see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parsoutcomes.conventions import DAYS_PER_MONTH, DEFINITIONS, Definition
from parsoutcomes.errors import require_choice
from parsoutcomes.synthetic.bracing import draw_braced_course
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
from parsoutcomes.synthetic.follow_up import (
    Ends,
    FollowUpDraw,
    count_lock_days,
    describe_end,
    draw_latent_surgery,
    draw_scan_plan,
    exponential_days,
    keep_seen,
    last_contact_days,
    name_slots,
    operate_ununited,
    united_days,
)
from parsoutcomes.synthetic.parameters import SimulationParameters


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
    targets_united, all_united = united_days(patients, union)
    plan = draw_scan_plan(patients.n_patients, rng, parameters)
    planned, scans = plan.planned, plan.made(targets_united, parameters)
    ends = Ends(
        loss=np.floor(exponential_days(rng, len(planned), parameters.loss_per_year)),
        surgery=operate_ununited(draw_latent_surgery(len(planned), rng, parameters), all_united),
        discharge=_draw_discharge(scans[:, : planned.shape[1]], targets_united, rng, parameters),
        schedule=planned[:, -1],
        lock=count_lock_days(patients, parameters),
    )
    kept = keep_seen(scans, ends)
    return FollowUpDraw(
        scan_days=kept,
        scan_reasons=name_slots(planned.shape[1]),
        assessable=_draw_assessable(patients, kept, rng, parameters),
        brace_end_days=_draw_brace_end(patients, ends, rng),
        surgery_days=ends.surgery,
        lock_days=ends.lock,
        **describe_end(ends),
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
    if parameters.brace_decisions is None:
        return patients, union, draw_follow_up(patients, union, rng=rng, parameters=parameters)
    return patients, *draw_braced_course(
        patients,
        union,
        rng=rng,
        parameters=parameters,
        decisions=parameters.brace_decisions,
    )


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


def _draw_assessable(
    patients: PatientDraw,
    scans: Floats,
    rng: np.random.Generator,
    parameters: SimulationParameters,
) -> Booleans:
    size = (len(patients.patient), scans.shape[1])
    return rng.random(size) >= parameters.not_assessable_fraction


def _draw_brace_end(patients: PatientDraw, ends: Ends, rng: np.random.Generator) -> Floats:
    spread = rng.normal(0.0, 5.0, patients.n_patients)
    planned = np.round(patients.prescribed_months * DAYS_PER_MONTH + spread)
    actual = np.min([planned, ends.discharge, ends.surgery], axis=0)
    return np.where(actual <= ends.first, actual, np.nan)
