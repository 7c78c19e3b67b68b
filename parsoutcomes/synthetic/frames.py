"""Drawn arrays to the standard tables; every category comes from the schema's declaration."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from parsoutcomes.conventions import MILESTONES_MONTHS, STAGES
from parsoutcomes.errors import ArgumentError
from parsoutcomes.schema.tables import TABLES
from parsoutcomes.synthetic.brace_decisions import BraceDecisions
from parsoutcomes.synthetic.brace_truth import strategy_probabilities
from parsoutcomes.synthetic.draws import TERMINAL, Floats, Integers, PatientDraw, UnionDraw
from parsoutcomes.synthetic.follow_up import FollowUpDraw, last_contact_days
from parsoutcomes.synthetic.parameters import SimulationParameters
from parsoutcomes.synthetic.truth import defect_incidence

Labels = npt.NDArray[np.object_]


def declare(table: str, column: str, *values: str) -> Labels:
    """Return category values as an array, refusing any that the schema does not declare.

    Examples
    --------
    >>> declare("defects", "side", "left", "right").tolist()
    ['left', 'right']
    """
    allowed = TABLES[table].column(column).allowed
    unknown = [value for value in values if value not in allowed]
    if unknown:
        raise ArgumentError(
            f"The simulation draws a {column} that the schema does not declare.",
            expected=", ".join(allowed),
            found=", ".join(unknown),
            fix="Draw declared values only.",
        )
    return np.array(values, dtype=object)


_SEXES: Final = declare("episodes", "sex", "female", "male")
_SPORTS: Final = np.array(
    ["football", "cricket", "gymnastics", "rugby", "athletics", "tennis", "dance"], dtype=object
)
_SPORT_LIMITS: Final = np.cumsum([0.30, 0.18, 0.14, 0.14, 0.12, 0.07])
_SIDES: Final = declare("defects", "side", "left", "right")
_STAGES: Final = declare("defects", "stage", *STAGES)
_CT_STAGES: Final = declare(
    "defects", "ct_stage", "no_fracture_line", "early", "progressive", "terminal"
)
_STIR: Final = declare("defects", "stir", "absent", "present")
_STIR_PRESENT: Final = np.array([1.0, 0.95, 0.6, 0.0])
_STATUSES: Final = declare(
    "episodes", "status", "in_brace", "in_follow_up", "completed", "lost", "surgery"
)
_READ: Final = declare("readings", "union_status", "none", "partial", "complete", "not_assessable")
_BRACE: Final = declare("episodes", "brace_type", "bespoke_rigid_lso")[0]
_CT: Final = declare("readings", "modality", "CT")[0]
_PAIN: Final = declare("scores", "instrument", "pain_nrs")[0]
_SURGERY: Final = declare("events", "type", "surgery")[0]
_HOURS_PER_DAY: Final = 23.0
_MEAN_PAIN: Final = 6.0
_PAIN_SPREAD: Final = 1.6


def tabulate_course(
    patients: PatientDraw,
    union: UnionDraw,
    follow_up: FollowUpDraw,
    *,
    rng: np.random.Generator,
    parameters: SimulationParameters,
) -> dict[str, pd.DataFrame]:
    """Return the standard tables of a drawn course; wear is not simulated."""
    return {
        "episodes": _episodes(patients, follow_up, rng, parameters),
        "defects": _defects(patients, rng, parameters),
        "readings": _readings(patients, union, follow_up, parameters),
        "scores": _scores(patients, union, follow_up, rng, parameters),
        "events": _events(patients, follow_up, parameters),
    }


def tabulate_truth(
    patients: PatientDraw,
    union: UnionDraw,
    follow_up: FollowUpDraw,
    *,
    parameters: SimulationParameters,
) -> dict[str, pd.DataFrame]:
    """Return what the cohort really is: per pars, per patient, and what it was drawn from."""
    opposite_is_terminal = patients.opposite_stage == TERMINAL
    by_months = {
        f"probability_by_{months:g}_months": defect_incidence(
            parameters, patients.stage, opposite_is_terminal, months
        )
        for months in MILESTONES_MONTHS
    }
    defects: dict[str, Any] = {
        "defect_id": _defect_ids(patients, parameters),
        "unites": union.unites,
        "union_days": union.union_days,
        "partial_days": union.partial_days,
        "probability_ever": union.probability,
        **by_months,
        **_tabulate_strategies(patients, union, parameters),
    }
    people = {
        "patient_id": _patient_ids(patients),
        "frailty": union.frailty,
        "surgery_days": follow_up.surgery_days,
    }
    return {
        "defects": pd.DataFrame(defects),
        "patients": pd.DataFrame(people),
        "parameters": _tabulate_parameters(parameters),
    }


def _tabulate_strategies(
    patients: PatientDraw, union: UnionDraw, parameters: SimulationParameters
) -> dict[str, Floats]:
    """Return union under either strategy of brace duration: the day, and its probability."""
    decisions = parameters.brace_decisions
    if decisions is None:
        return {}
    days = zip(decisions.months, union.strategy_union_days, strict=True)
    opposite_is_terminal = patients.opposite_stage == TERMINAL
    return {
        **{f"union_days_if_{month:g}_months": day for month, day in days},
        **strategy_probabilities(
            parameters, patients.stage, opposite_is_terminal, MILESTONES_MONTHS[1:]
        ),
    }


def _tabulate_parameters(parameters: SimulationParameters) -> pd.DataFrame:
    rows: list[tuple[str, str, str]] = []
    for entry in dataclasses.fields(parameters):
        value = getattr(parameters, entry.name)
        if value is None:
            continue
        if isinstance(value, BraceDecisions):
            rows += value.rows()
        elif isinstance(value, str):
            rows.append((entry.name, "", value))
        elif isinstance(value, tuple):
            rows.append((entry.name, "", " ".join(f"{item:g}" for item in value)))
        elif isinstance(value, (int, float)):
            rows.append((entry.name, "", f"{value:g}"))
        else:
            rows += [(entry.name, str(key), f"{share:g}") for key, share in value.items()]
    return pd.DataFrame(rows, columns=["parameter", "of", "value"])


def _patient_ids(patients: PatientDraw) -> Labels:
    return np.array(
        [f"P{number:04d}" for number in range(1, patients.n_patients + 1)], dtype=object
    )


def _episode_ids(patients: PatientDraw) -> Labels:
    joined: Labels = _patient_ids(patients) + "-1"
    return joined


def _levels(patients: PatientDraw, parameters: SimulationParameters) -> Labels:
    return declare("defects", "level", *parameters.level_mix)[patients.level]


def _defect_ids(patients: PatientDraw, parameters: SimulationParameters) -> Labels:
    episodes = _episode_ids(patients) + "-" + _levels(patients, parameters)
    joined: Labels = episodes[patients.patient] + "-" + _SIDES[patients.side]
    return joined


def _date(
    patients: PatientDraw, days: Floats, parameters: SimulationParameters, patient: Integers | None
) -> pd.DatetimeIndex:
    """Calendar dates of days since fitting; missing stays missing."""
    fitted = patients.fitted_day if patient is None else patients.fitted_day[patient]
    is_known = np.isfinite(days)
    # Not given to pandas as NaN: it rounds memory never written then, and may warn of overflow.
    since = pd.to_timedelta(np.where(is_known, days, 0.0) + fitted, unit="D")
    dates = pd.Timestamp(parameters.first_fitted) + since
    return pd.DatetimeIndex(dates.where(is_known))


def _episodes(
    patients: PatientDraw,
    follow_up: FollowUpDraw,
    rng: np.random.Generator,
    parameters: SimulationParameters,
) -> pd.DataFrame:
    n_patients = patients.n_patients
    age = np.clip(rng.normal(parameters.mean_age_years, 1.8, n_patients), 10.0, 19.0)
    surgery = np.where(follow_up.is_operated, follow_up.surgery_days, np.nan)
    days = {
        "onset_date": -np.round(rng.gamma(2.0, 25.0, n_patients)) - 1.0,
        "fitted_date": np.zeros(n_patients),
        "brace_end_date": follow_up.brace_end_days,
        "last_contact_date": last_contact_days(follow_up),
        "surgery_date": surgery,
    }
    dates = {name: _date(patients, day, parameters, None) for name, day in days.items()}
    sport = np.searchsorted(_SPORT_LIMITS, rng.random(n_patients), side="right")
    return pd.DataFrame(
        {
            "episode_id": _episode_ids(patients),
            "patient_id": _patient_ids(patients),
            "sex": _SEXES[(rng.random(n_patients) < parameters.male_fraction).astype(int)],
            "age_years": np.round(age, 1),
            "sport": _SPORTS[sport],
            **dates,
            "brace_type": _BRACE,
            "prescribed_months": patients.prescribed_months,
            "prescribed_hours_per_day": _HOURS_PER_DAY,
            "brace_end_reason": _brace_end_reason(follow_up),
            "status": _status(follow_up),
        }
    )


def _status(follow_up: FollowUpDraw) -> Labels:
    in_brace = np.isnan(follow_up.brace_end_days)
    ended = [follow_up.is_operated, follow_up.is_lost, follow_up.is_completed, in_brace]
    status: Labels = _STATUSES[np.select(ended, [4, 3, 2, 0], default=1)]
    return status


def _brace_end_reason(follow_up: FollowUpDraw) -> Labels:
    if follow_up.brace_end_reasons is not None:
        told = follow_up.brace_end_reasons.copy()
        told[np.isnan(follow_up.brace_end_days)] = None
        return told
    ended = [
        np.isnan(follow_up.brace_end_days),
        follow_up.is_operated & (follow_up.brace_end_days == follow_up.surgery_days),
        follow_up.is_discharged & (follow_up.brace_end_days == follow_up.end_days),
    ]
    reasons = np.array([None, "surgery", "united", "prescribed time over"], dtype=object)
    chosen: Labels = reasons[np.select(ended, [0, 1, 2], default=3)]
    return chosen


def _defects(
    patients: PatientDraw, rng: np.random.Generator, parameters: SimulationParameters
) -> pd.DataFrame:
    present = rng.random(len(patients.stage)) < _STIR_PRESENT[patients.stage]
    missing = rng.random(patients.n_patients) < parameters.stir_missing_fraction
    stir = np.where(missing[patients.patient], None, _STIR[present.astype(int)])
    return pd.DataFrame(
        {
            "defect_id": _defect_ids(patients, parameters),
            "episode_id": _episode_ids(patients)[patients.patient],
            "patient_id": _patient_ids(patients)[patients.patient],
            "level": _levels(patients, parameters)[patients.patient],
            "side": _SIDES[patients.side],
            "ct_stage": _CT_STAGES[patients.stage],
            "stir": stir,
            "stage": _STAGES[patients.stage],
        }
    )


def _readings(
    patients: PatientDraw,
    union: UnionDraw,
    follow_up: FollowUpDraw,
    parameters: SimulationParameters,
) -> pd.DataFrame:
    days_of_defect = follow_up.scan_days[patients.patient]
    defect, slot = np.nonzero(~np.isnan(days_of_defect))
    order = np.lexsort((days_of_defect[defect, slot], defect))
    defect, slot = defect[order], slot[order]
    days, patient = days_of_defect[defect, slot], patients.patient[defect]
    read = (days >= union.partial_days[defect]).astype(int) + (days >= union.union_days[defect])
    return pd.DataFrame(
        {
            "patient_id": _patient_ids(patients)[patient],
            "episode_id": _episode_ids(patients)[patient],
            "defect_id": _defect_ids(patients, parameters)[defect],
            "scan_date": _date(patients, days, parameters, patient),
            "days_since_fitting": days,
            "modality": _CT,
            "union_status": _READ[np.where(follow_up.assessable[defect, slot], read, 3)],
            "scan_reason": np.array(follow_up.scan_reasons, dtype=object)[slot],
            "scope": "defect",
        }
    )


def _scores(
    patients: PatientDraw,
    union: UnionDraw,
    follow_up: FollowUpDraw,
    rng: np.random.Generator,
    parameters: SimulationParameters,
) -> pd.DataFrame:
    """Pain at fitting and at the first scan; less of it where some union is on the way."""
    first_scan = follow_up.scan_days[:, 0]
    healing = np.minimum.reduceat(union.partial_days, patients.first_defect) <= first_scan
    baseline = rng.normal(_MEAN_PAIN, _PAIN_SPREAD, patients.n_patients)
    remaining = np.where(healing, 0.25, 0.5) * baseline
    later = remaining + rng.normal(0.0, 1.0, patients.n_patients)
    at_fitting = _score_rows(patients, np.zeros(patients.n_patients), baseline, parameters)
    at_scan = _score_rows(patients, first_scan, later, parameters)
    return pd.concat(
        [
            at_fitting.assign(timepoint="baseline"),
            at_scan[at_scan["date"].notna()].assign(timepoint="3 months"),
        ],
        ignore_index=True,
    )


def _score_rows(
    patients: PatientDraw, days: Floats, values: Floats, parameters: SimulationParameters
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": _patient_ids(patients),
            "episode_id": _episode_ids(patients),
            "date": _date(patients, days, parameters, None),
            "instrument": _PAIN,
            "value": np.clip(np.round(values), 0.0, 10.0),
        }
    )


def _events(
    patients: PatientDraw, follow_up: FollowUpDraw, parameters: SimulationParameters
) -> pd.DataFrame:
    operated = np.flatnonzero(follow_up.is_operated)
    return pd.DataFrame(
        {
            "patient_id": _patient_ids(patients)[operated],
            "episode_id": _episode_ids(patients)[operated],
            "date": _date(patients, follow_up.surgery_days[operated], parameters, operated),
            "type": _SURGERY,
        }
    )
