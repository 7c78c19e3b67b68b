"""The same records counted in every defensible way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import classify_union
from parsoutcomes.cohort.intervals import select_usable_readings
from parsoutcomes.cohort.whole_patient import mark_read_per_patient, warn_read_per_patient
from parsoutcomes.conventions import (
    CONF_LEVEL,
    DAYS_PER_MONTH,
    DEFAULT_IMAGING,
    DEFINITIONS,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    IMAGING,
    LAST_KNOWN,
    N_RESAMPLES,
    SEED,
    UNITS,
    VARIED_HORIZONS_MONTHS,
    VARIED_IMAGING,
    Definition,
    Imaging,
    Unit,
)
from parsoutcomes.errors import ArgumentError, require_choice
from parsoutcomes.models.incidence import GroupIncidence, fit_group, tabulate_incidence
from parsoutcomes.models.rates import require_options, require_resampling
from parsoutcomes.models.units import count_cautions, select_units
from parsoutcomes.results.base import Citation, Exclusion
from parsoutcomes.results.definitions import (
    DENOMINATORS,
    KNOWN_STATUS,
    NPMLE,
    UNKNOWN_NOT_UNITED,
    UNKNOWN_UNITED,
    VariedDefinitions,
    write_imaging_effect,
    write_same_imaging,
    write_varied_finding,
)
from parsoutcomes.results.rates import NOBODY_DUE
from parsoutcomes.results.rows import Row
from parsoutcomes.stats.proportions import clustered_interval, wilson_interval

PRIMARY: dict[str, Any] = {
    "definition": DEFINITIONS[0],
    "imaging": DEFAULT_IMAGING,
    "horizon_months": HORIZON_MONTHS,
    "denominator": NPMLE,
    "unit": UNITS[0],
}
METHOD = (
    "Every combination of what counts as union, imaging, time, denominator and unit. Estimated, "
    "all counted: the joint nonparametric maximum likelihood of union and surgery, as in "
    "estimate_union_rates; status known only: share of those due whose status is known; the bounds "
    "count every unknown as not united, then as united, and have no interval. Last known: the "
    "status at the last reading of each, whenever that was, those not yet due included; it has no "
    "time, and so no estimate of the first kind. Status at each month is taken from scans up to "
    "{grace} later"
)
CITATIONS = (
    Citation(
        text="Simonsohn U, Simmons JP, Nelson LD. Nat Hum Behav 2020;4:1208-1214.",
        doi="10.1038/s41562-020-0912-z",
    ),
)


@public(made_by="load_records")
def vary_definitions(
    cohort: Cohort,
    *,
    definitions: Sequence[Definition] = DEFINITIONS,
    imaging: Sequence[Imaging] = VARIED_IMAGING,
    horizons_months: Sequence[float] = VARIED_HORIZONS_MONTHS,
    units: Sequence[Unit] = UNITS,
    grace_months: float = GRACE_MONTHS,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> VariedDefinitions:
    """Estimate the rate of union under every way of counting it, in one frame.

    To show how much of a rate is the way of counting. Not a menu: the primary definition is fixed
    beforehand, and the highest rate is not a finding.

    Parameters
    ----------
    cohort : Cohort
        Any cohort with at least one target pars.
    definitions : sequence of {"complete", "partial_or_better"}
        What counts as union.
    imaging : sequence of {"ct", "ct_or_mri", "any"}
        Which readings count; those on imaging of a kind not recorded always do. A choice that adds
        no reading to the one before it is not listed apart.
    horizons_months : sequence of float
        Months since fitting; `float("inf")` is the status at the last reading.
    units : sequence of {"defect", "patient"}
        Whose union.
    grace_months, conf_level
        As in `estimate_union_rates`.
    n_resamples, seed : int
        As everywhere; no line of this table needs resamples.

    Returns
    -------
    VariedDefinitions
        One row per combination: the five choices (`horizon_months` infinite for last known),
        `is_primary`, `estimate` with limits, counts, `n_unknown`, `n_not_due`, `union_low`,
        `union_high`, `left_open` (why there is no estimate) and `interval_method`. `display_frame`
        and `summary` show the rows that differ from the primary in one choice.

    Raises
    ------
    EstimationError
        When there is no target pars.
    ArgumentError
        When a choice is not known, or none is given.

    Notes
    -----
    The primary row is that of `estimate_union_rates` with its defaults, whether or not it is among
    the choices given. Rows are dependent: all count the same patients.

    References
    ----------
    Simonsohn U, Simmons JP, Nelson LD. Nat Hum Behav 2020;4:1208-1214.
    doi:10.1038/s41562-020-0912-z

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(6)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...                          "fitted_date": pd.Timestamp("2024-01-01")})
    >>> defects = episodes[["episode_id", "patient_id"]].assign(defect_id=people, stage="early")
    >>> readings = defects[["episode_id", "patient_id", "defect_id"]].assign(
    ...     scan_date=pd.Timestamp("2024-07-01"), modality="CT",
    ...     union_status=["complete"] * 3 + ["partial"] + ["none"] * 2)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings),
    ...                       data_lock=pd.Timestamp("2025-01-01"))
    >>> varied = vary_definitions(cohort, horizons_months=[6], units=["defect"])
    >>> varied.to_frame()[["definition", "denominator", "estimate"]].round(2).values.tolist()[:2]
    [['complete', 'npmle', 0.5], ['complete', 'known_status', 0.5]]
    """
    require_options(HORIZON_MONTHS, grace_months, conf_level)
    require_resampling(n_resamples, seed)
    chosen = _require_choices(definitions, imaging, horizons_months, units)
    asked: dict[str, Any] = {
        "grace_months": grace_months,
        "conf_level": conf_level,
        "n_resamples": n_resamples,
        "seed": seed,
    }
    kinds, same = _distinct_imaging(cohort, [name for name in IMAGING if name in chosen["imaging"]])
    rows: list[Row] = []
    exclusions: tuple[Exclusion, ...] = ()
    for definition, kind, unit in product(chosen["definition"], kinds, chosen["unit"]):
        choices = {"definition": definition, "imaging": kind, "unit": unit}
        found, left_out = _count_one_way(cohort, choices, chosen["horizon_months"], **asked)
        rows += found
        exclusions = left_out if unit == UNITS[0] or not exclusions else exclusions
    frame = _arrange(rows, conf_level)
    if not frame["is_primary"].any():
        primary = {name: PRIMARY[name] for name in ("definition", "imaging", "unit")}
        extra, exclusions = _count_one_way(cohort, primary, (HORIZON_MONTHS,), **asked)
        frame = _arrange([*extra[:1], *rows], conf_level)
    return VariedDefinitions(
        title="Union under each way of counting it",
        finding=write_varied_finding(frame, PRIMARY),
        method=METHOD.format(grace=f"{grace_months:g} months"),
        frame=frame,
        exclusions=exclusions,
        cautions=(
            *_describe_imaging(cohort, kinds, same, grace_months),
            *_describe_unknown(cohort, grace_months),
        ),
        citations=CITATIONS,
        primary=dict(PRIMARY),
        grace_months=grace_months,
        data_lock=cohort.data_lock,
    )


def _require_choices(
    definitions: Sequence[str],
    imaging: Sequence[str],
    horizons_months: Sequence[float],
    units: Sequence[str],
) -> dict[str, tuple[Any, ...]]:
    for name, given, known in (
        ("definitions", definitions, DEFINITIONS),
        ("imaging", imaging, tuple(IMAGING)),
        ("units", units, UNITS),
    ):
        for value in given:
            require_choice(name, value, known)
    horizons = tuple(sorted({float(months) for months in horizons_months}))
    if not (definitions and imaging and units and horizons) or not all(one > 0 for one in horizons):
        raise ArgumentError(
            "There is nothing to vary.",
            expected="at least one of definitions, imaging, units and horizons_months, all months "
            "above 0",
            found=f"{len(definitions)}, {len(imaging)}, {len(units)} and {len(horizons)} of them",
            fix="Leave the arguments at their defaults.",
        )
    return {
        "definition": tuple(dict.fromkeys(definitions)),
        "imaging": tuple(dict.fromkeys(imaging)),
        "horizon_months": horizons,
        "unit": tuple(dict.fromkeys(units)),
    }


def _count_one_way(  # noqa: PLR0917
    cohort: Cohort,
    choices: dict[str, Any],
    horizons: Sequence[float],
    grace_months: float,
    conf_level: float,
    n_resamples: int,
    seed: int,
) -> tuple[list[Row], tuple[Exclusion, ...]]:
    asked: dict[str, Any] = {
        "unit": choices["unit"],
        "definition": choices["definition"],
        "modalities": IMAGING[choices["imaging"]],
        "grace_months": grace_months,
    }
    rows, exclusions = select_units(cohort, horizon_months=horizons[0], **asked)
    group = fit_group(rows, conf_level=conf_level, n_resamples=n_resamples, seed=seed)
    found = []
    for horizon in horizons:
        status = classify_union(cohort, horizon_months=horizon, **asked)
        at = rows.assign(status=status["status"], is_due=status["is_due"])
        for row in _count_at(at, group, horizon, choices["unit"], conf_level):
            found.append({**choices, "horizon_months": horizon, **row})
    return found, exclusions


def _count_at(
    rows: pd.DataFrame, group: GroupIncidence, horizon: float, unit: str, conf_level: float
) -> Iterator[Row]:
    due = rows[rows["is_due"].fillna(True).astype(bool)]
    known = due[due["status"].ne("unknown")]
    n_unknown = len(due) - len(known)
    shared = {"n_unknown": n_unknown, "n_not_due": len(rows) - len(due)}
    if horizon != LAST_KNOWN:
        estimate = dict(tabulate_incidence(group, [horizon * DAYS_PER_MONTH]).iloc[0])
        open_rate = {} if len(due) else _nothing("nobody was due at the horizon", NOBODY_DUE)
        yield _row(NPMLE, rows, {**estimate, **shared, **open_rate})
    yield _row(KNOWN_STATUS, known, {**shared, **_rate_of_known(known, unit, conf_level)})
    n_united = int(known["status"].eq("united").sum())
    for name, n_more in ((UNKNOWN_NOT_UNITED, 0), (UNKNOWN_UNITED, n_unknown)):
        bound = (n_united + n_more) / len(due) if len(due) else np.nan
        values = {"estimate": bound, "n_events": n_united + n_more}
        yield _row(name, due, {**shared, **values, "interval_method": "none: a bound"})


def _nothing(why: str, left_open: str = "") -> Row:
    gaps = dict.fromkeys(("estimate", "conf_low", "conf_high", "union_low", "union_high"), np.nan)
    return {**gaps, "left_open": left_open, "interval_method": f"none: {why}"}


def _rate_of_known(known: pd.DataFrame, unit: str, conf_level: float) -> Row:
    united = known["status"].eq("united").to_numpy()
    if known.empty:
        return {**_nothing("nobody's status is known"), "n_events": 0}
    if unit == "patient":
        rate: Any = wilson_interval(int(united.sum()), len(united), conf_level=conf_level)
    else:
        patients = known["patient_id"].to_numpy(str)
        rate = clustered_interval(united, patients, conf_level=conf_level)
    return {
        "estimate": rate.estimate,
        "conf_low": rate.conf_low,
        "conf_high": rate.conf_high,
        "n_events": int(united.sum()),
        "interval_method": rate.method,
    }


def _row(denominator: str, rows: pd.DataFrame, values: Row) -> Row:
    limits = ("conf_low", "conf_high", "union_low", "union_high")
    return {
        "denominator": denominator,
        "estimate": float(values["estimate"]),
        **{name: float(values.get(name, np.nan)) for name in limits},
        "n_patients": int(rows["patient_id"].nunique()),
        "n_defects": int(rows["n_defects"].sum()),
        "n_events": int(values["n_events"]),
        "n_unknown": values["n_unknown"],
        "n_not_due": values["n_not_due"],
        "left_open": str(values.get("left_open", "")),
        "interval_method": str(values["interval_method"]),
    }


def _arrange(rows: list[Row], conf_level: float) -> pd.DataFrame:
    frame = pd.DataFrame(rows).assign(measure="union", conf_level=conf_level)
    is_primary = pd.concat([frame[name].eq(value) for name, value in PRIMARY.items()], axis=1)
    frame["is_primary"] = is_primary.all(axis=1)
    order = [*PRIMARY, "is_primary", "measure", "estimate", "conf_low", "conf_high", "conf_level"]
    rank = frame["denominator"].map(DENOMINATORS.index)
    sorted_rows = frame.assign(rank=rank).sort_values(
        ["unit", "definition", "imaging", "horizon_months", "rank"], kind="stable"
    )
    rest = [name for name in frame.columns if name not in order]
    return sorted_rows[[*order, *rest]].reset_index(drop=True)


def _distinct_imaging(cohort: Cohort, wished: list[str]) -> tuple[list[str], list[str]]:
    """Return the choices of imaging that differ, and those that add no reading."""
    kinds: list[str] = []
    same: list[str] = []
    counted = -1
    for name in wished:
        n_readings = len(select_usable_readings(cohort, modalities=IMAGING[name]))
        (kinds if n_readings > counted else same).append(name)
        counted = max(counted, n_readings)
    return kinds, same


def _describe_imaging(
    cohort: Cohort, kinds: list[str], same: list[str], grace_months: float
) -> tuple[str, ...]:
    told = (write_same_imaging(same),) if same else ()
    if len(kinds) < 2:
        return told
    effects = []
    for name in kinds:
        rows = classify_union(cohort, grace_months=grace_months, modalities=IMAGING[name])
        due = rows[rows["is_due"].fillna(True).astype(bool)]
        effects.append(
            {
                "imaging": name,
                "n_readings": len(select_usable_readings(cohort, modalities=IMAGING[name])),
                "n_unknown": int(due["status"].eq("unknown").sum()),
                "n_due": len(due),
            }
        )
    return (write_imaging_effect(effects, HORIZON_MONTHS), *told)


def _describe_unknown(cohort: Cohort, grace_months: float) -> tuple[str, ...]:
    """Say who is unknown per pars only since union was read of the patient, and what is undated."""
    rows = classify_union(cohort, grace_months=grace_months)
    whole = rows["status"].eq("unknown") & mark_read_per_patient(cohort, rows)
    return warn_read_per_patient(rows[whole]) + count_cautions(rows)
