"""Who was included, and who dropped out at which step."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import (
    NOT_TARGET_BY_RECORDS,
    NOT_TARGET_TERMINAL,
    TREATED_BEFORE,
    classify_union,
    count_exclusion,
)
from parsoutcomes.cohort.surgery import mark_undated_surgery, warn_of_surgery
from parsoutcomes.cohort.whole_patient import (
    READ_PER_PATIENT,
    mark_read_per_patient,
    warn_read_per_patient,
)
from parsoutcomes.conventions import GRACE_MONTHS, HORIZON_MONTHS, Definition
from parsoutcomes.results.base import Exclusion
from parsoutcomes.results.description import TARGET_STEP, CohortFlow, write_flow_finding

_READ_EACH: Final = "Read pars by pars, if at all"
_DAY_KNOWN: Final = "Day of surgery known, if operated on"
_OPTIONAL: Final = ("With a pars described", "Not treated before", _READ_EACH, _DAY_KNOWN)


@dataclass(frozen=True)
class _Step:
    """Pars and patients that remain, and why the others do not."""

    step: str
    defects: pd.DataFrame
    patients: frozenset[str]
    reason: str = ""


@public(made_by="load_records")
def count_flow(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
) -> CohortFlow:
    """Count patients and pars from the records to a known status at the horizon.

    Not an estimate: those of known status are not a fair sample, since early unions are always
    known.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.
    definition : {"complete", "partial_or_better"}
        Which readings count as union.
    horizon_months, grace_months : float
        The horizon h and the grace g.

    Returns
    -------
    CohortFlow
        `frame`: `step, n_patients, n_defects, n_left_out_patients, n_left_out_defects, reason`,
        and `n_rows, n_left_out_rows` of the source on the first step, missing elsewhere.

    Raises
    ------
    ArgumentError
        When `cohort` is no cohort, or an argument is not known.

    Notes
    -----
    Each count is the one above it less those left out; a patient is left out at the step that
    takes the last of their pars. Rows are those of the whole source, whatever period was selected
    from it afterwards. Pars whose fitting date is unknown stay in, and are counted in a caution.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> count_flow(build_cohort({})).frame["n_defects"].tolist()
    [0, 0, 0, 0]
    """
    judged = classify_union(
        cohort,
        definition=definition,
        horizon_months=horizon_months,
        grace_months=grace_months,
    )
    horizon = f"{horizon_months:g} months"
    steps = _list_steps(cohort, judged, horizon, f"{horizon_months + grace_months:g} months")
    frame = _tabulate(steps, _count_rows(cohort))
    return CohortFlow(
        title=f"From the records to a known status at {horizon}",
        finding=write_flow_finding(frame, horizon),
        method=(
            "Each count is the one before it less those left out. Not yet due: fitted less than "
            f"{horizon_months + grace_months:g} months before data lock, whatever has been seen. "
            "Rows are those of the whole source."
        ),
        unit="defect",
        definition=definition,
        frame=frame,
        exclusions=tuple(_list_exclusions(steps)),
        cautions=_warn(cohort, judged),
        horizon_months=horizon_months,
        grace_months=grace_months,
        data_lock=cohort.data_lock,
    )


def _list_steps(cohort: Cohort, judged: pd.DataFrame, horizon: str, due: str) -> list[_Step]:
    defects = cohort.tables["defects"]
    is_target = defects["is_target"].fillna(True).astype(bool)
    due_rows = judged[judged["is_due"].fillna(True).astype(bool)]
    is_unknown = due_rows["status"].eq("unknown")
    known = due_rows[~is_unknown]
    told_apart = due_rows[~(is_unknown & mark_read_per_patient(cohort, due_rows))]
    dated = told_apart[~(is_unknown & mark_undated_surgery(due_rows)).loc[told_apart.index]]
    everyone = frozenset(cohort.tables["episodes"]["patient_id"].dropna())
    steps = [
        _Step(_name_records(_count_rows(cohort)), defects, everyone),
        _step("With a pars described", defects, "No pars described"),
        _step(
            TARGET_STEP,
            defects[is_target],
            _explain_not_target(defects[~is_target]),
        ),
        _step("Not treated before", judged, TREATED_BEFORE),
        _step(
            f"Due at {horizon}", due_rows, f"Not yet due (fitted less than {due} before data lock)"
        ),
        _step(_READ_EACH, told_apart, READ_PER_PATIENT),
        _step(_DAY_KNOWN, dated, "Status unknown (operated on at a day not recorded)"),
        _step(f"Status known at {horizon}", known, "Status unknown (no scan in time)"),
    ]
    kept = [
        now for before, now in pairwise(steps) if now.step not in _OPTIONAL or _loses(before, now)
    ]
    return [steps[0], *kept]


def _explain_not_target(left_out: pd.DataFrame) -> str:
    n_terminal = int(left_out["stage"].eq("terminal").sum())
    n_by_records = len(left_out) - n_terminal
    if n_terminal and n_by_records:
        return (
            f"Not a treatment target ({n_terminal} terminal at fitting, {n_by_records} by the "
            "records)"
        )
    return NOT_TARGET_BY_RECORDS if n_by_records else NOT_TARGET_TERMINAL


def _name_records(rows: tuple[int, int] | None) -> str:
    if rows is None:
        return "In the records"
    found, aside = rows
    return f"In the records ({found - aside} of {found} rows of the source used)"


def _step(step: str, defects: pd.DataFrame, reason: str) -> _Step:
    return _Step(step, defects, frozenset(defects["patient_id"]), reason)


def _loses(before: _Step, now: _Step) -> bool:
    return len(now.defects) < len(before.defects) or len(now.patients) < len(before.patients)


def _tabulate(steps: list[_Step], rows: tuple[int, int] | None) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "step": [step.step for step in steps],
            "n_patients": [len(step.patients) for step in steps],
            "n_defects": [len(step.defects) for step in steps],
        }
    )
    for unit in ("patients", "defects"):
        left_out = -frame[f"n_{unit}"].diff().fillna(0)
        frame[f"n_left_out_{unit}"] = left_out.astype("int64")
    lost = frame[["n_left_out_patients", "n_left_out_defects"]].gt(0).any(axis=1)
    reasons = pd.Series([step.reason for step in steps], dtype="object")
    counted = {}
    for place, name in enumerate(("n_rows", "n_left_out_rows")):
        first = pd.NA if rows is None else rows[place]
        counted[name] = pd.Series([first, *[pd.NA] * (len(steps) - 1)], dtype="Int64")
    return frame.assign(reason=reasons.where(lost, ""), **counted)


def _count_rows(cohort: Cohort) -> tuple[int, int] | None:
    """Return rows found in the source and rows set aside, when there is a source."""
    sources = cohort.intake.sources
    if sources.empty:
        return None
    found, aside = (int(pd.to_numeric(sources[c]).sum()) for c in ("n_rows", "n_rows_set_aside"))
    return found, aside


def _list_exclusions(steps: list[_Step]) -> list[Exclusion]:
    listed = []
    for before, now in pairwise(steps):
        gone = before.defects[~before.defects["defect_id"].isin(now.defects["defect_id"])]
        if now.reason and len(gone):
            listed.append(count_exclusion(now.reason, gone))
        elif len(now.patients) < len(before.patients):
            n_gone = len(before.patients) - len(now.patients)
            listed.append(Exclusion(reason=now.reason, n_defects=0, n_patients=n_gone))
    return listed


def _warn(cohort: Cohort, judged: pd.DataFrame) -> tuple[str, ...]:
    cautions = []
    n_undated = int(judged["is_due"].isna().sum())
    if n_undated:
        cautions.append(
            f"{n_undated} pars without a fitting date or data lock are kept: whether they were "
            "due cannot be judged."
        )
    is_whole = judged["status"].eq("unknown") & mark_read_per_patient(cohort, judged)
    cautions += warn_read_per_patient(judged[is_whole])
    cautions += warn_of_surgery(judged)
    _, n_set_aside = _count_rows(cohort) or (0, 0)
    if n_set_aside:
        cautions.append(f"{n_set_aside} rows of the source were set aside; the account says why.")
    return tuple(cautions)
