"""Adverse events per 100 months in brace; surgery, recurrence and new lesions per patient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import BRACE_MONTHS_PER_RATE, CONF_LEVEL, DAYS_PER_MONTH
from parsoutcomes.errors import EstimationError, require_fraction
from parsoutcomes.models.recovery_rows import (
    count_patients,
    list_first_courses,
    measure_brace_months,
)
from parsoutcomes.results.base import Citation, Exclusion
from parsoutcomes.results.safety import RATE, SHARE, Safety, write_safety_finding
from parsoutcomes.stats.proportions import wilson_interval
from parsoutcomes.stats.standardised import observed_over_expected

ADVERSE: Final = ("skin", "adverse_other")
ANY_ADVERSE: Final = "any adverse event"
LATER: Final = ("surgery", "recurrence", "new_lesion")
METHOD: Final = (
    "Adverse events in brace per 100 months in brace, exact Poisson (Garwood), as if events came "
    "independently; share of patients with at least one, Wilson. Surgery, recurrence and new "
    "lesions: share of patients with one recorded after fitting, whatever their follow-up."
)
SILENT: Final = (
    "What nobody wrote down is not counted: these are the least that happened. Follow-up differs "
    "between patients"
)
UNDATED: Final = "{n} adverse events on a day not recorded are counted as in brace"
OUTSIDE: Final = "{n} adverse events dated outside the time in brace are not in its rate"
NONE_RECORDED: Final = (
    "No adverse event is recorded at all: check that they are written down before reading this as "
    "none having happened"
)
CLUSTERED: Final = (
    "Some patients had several adverse events, which are not independent: the limits of the rate "
    "are too narrow, so read the share of patients instead"
)


@public(made_by="load_records")
def summarise_safety(cohort: Cohort, *, conf_level: float = CONF_LEVEL) -> Safety:
    """Summarise adverse events in brace, and surgery, recurrence and new lesions after it.

    Not a comparison with other treatments, and no better than what the clinic writes down.

    Parameters
    ----------
    cohort : Cohort
        With events, fitting dates and ends of brace.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    Safety
        `to_frame()`: a row per `event` and `measure`: `per_100_brace_months` (events per 100
        months in brace) or `share_of_patients` (a proportion).

    Raises
    ------
    EstimationError
        When the source has no events at all and no surgery, so that nothing can be said.
    ArgumentError
        When `conf_level` is not a fraction.

    Notes
    -----
    First courses of treatment. A source that holds no event at all, but surgery, tells of surgery
    only: nothing written down is not nothing happened. Exact Poisson limits agree with R's
    `poisson.test`; Wilson's with `prop.test(correct = FALSE)`. Still in brace counts up to the last
    contact, or data lock.

    References
    ----------
    Garwood F. Biometrika 1936;28:437-442. doi:10.1093/biomet/28.3-4.437

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(10)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...     "fitted_date": pd.Timestamp("2024-01-01"),
    ...     "brace_end_date": pd.Timestamp("2024-04-01")})
    >>> events = episodes.loc[:2, ["episode_id", "patient_id"]].assign(
    ...     type="skin", date=pd.Timestamp("2024-02-01"))
    >>> result = summarise_safety(build_cohort(dict(episodes=episodes, events=events)))
    >>> round(result.brace_months, 1), result.to_frame()["estimate"].round(1).tolist()[:1]
    (29.9, [10.0])
    """
    require_fraction("conf_level", conf_level)
    rows = list_first_courses(cohort)
    events = cohort.tables["events"]
    events = events[events["episode_id"].isin(rows["episode_id"])]
    had_surgery = rows["had_surgery"].fillna(False).astype(bool)
    if events.empty and not had_surgery.any():
        raise EstimationError(
            "Nothing can be said of safety.",
            expected="a record of events: skin problems, surgery, recurrence, new lesions",
            found="no event and no surgery in the source",
            fix="Record adverse events with their dates, and that there were none where so.",
        )
    rows = rows.assign(
        brace_months=measure_brace_months(rows, cohort.data_lock), had_surgery=had_surgery
    )
    worn = rows[rows["brace_months"].notna()]
    adverse = _place(events[events["type"].isin(ADVERSE)], worn)
    has_events = not cohort.tables["events"].empty
    rates = _rates(adverse, worn, conf_level) if has_events else ()
    shares = _shares(events, rows, conf_level, kinds=LATER if has_events else ("surgery",))
    frame = pd.DataFrame([*rates, *shares])
    return Safety(
        title="Safety: adverse events in brace, and surgery, recurrence and new lesions",
        finding=write_safety_finding(frame),
        method=METHOD,
        unit="patient",
        frame=frame,
        exclusions=_exclude(rows, cohort),
        cautions=tuple(_caution(events, adverse)),
        citations=(
            Citation(
                text="Garwood F. Biometrika 1936;28:437-442.", doi="10.1093/biomet/28.3-4.437"
            ),
        ),
        brace_months=float(worn["brace_months"].sum()),
    )


def _place(adverse: pd.DataFrame, worn: pd.DataFrame) -> pd.DataFrame:
    """Mark which events fell in the time in brace; those without a day are taken as in it."""
    by_course = worn.set_index("episode_id")
    inside = adverse[adverse["episode_id"].isin(worn["episode_id"])]
    fitted = pd.to_datetime(inside["episode_id"].map(by_course["fitted_date"]))
    days = (inside["date"] - fitted).dt.days
    months = inside["episode_id"].map(by_course["brace_months"])
    in_brace = days.isna() | (days.ge(0) & (days / DAYS_PER_MONTH).le(months + 1e-9))
    return inside.assign(in_brace=in_brace)


def _rates(
    adverse: pd.DataFrame, worn: pd.DataFrame, conf_level: float
) -> Iterator[dict[str, object]]:
    if worn.empty or not worn["brace_months"].sum() > 0:
        return
    exposure = float(worn["brace_months"].sum())
    in_brace = adverse[adverse["in_brace"]]
    kinds = {
        ANY_ADVERSE: in_brace,
        **{kind: in_brace[in_brace["type"].eq(kind)] for kind in ADVERSE},
    }
    for kind, events in kinds.items():
        if kind != ANY_ADVERSE and events.empty:
            continue
        rate = observed_over_expected(
            len(events), exposure / BRACE_MONTHS_PER_RATE, conf_level=conf_level
        )
        n_with = int(events["patient_id"].nunique())
        share = wilson_interval(n_with, len(worn), conf_level=conf_level)
        for measure, found in ((RATE, rate), (SHARE, share)):
            yield {
                "event": kind,
                "measure": measure,
                "estimate": found.estimate,
                "conf_low": found.conf_low,
                "conf_high": found.conf_high,
                "conf_level": conf_level,
                "n_patients": len(worn),
                "n_events": len(events),
                "n_patients_with_event": n_with,
                "brace_months": exposure,
            }


def _shares(
    events: pd.DataFrame, rows: pd.DataFrame, conf_level: float, *, kinds: tuple[str, ...]
) -> Iterator[dict[str, object]]:
    for kind in kinds:
        of_kind = events[events["type"].eq(kind)]
        has = rows["episode_id"].isin(of_kind["episode_id"])
        if kind == "surgery":
            has |= rows["had_surgery"]
        n_with = int(has.sum())
        found = wilson_interval(n_with, len(rows), conf_level=conf_level)
        yield {
            "event": kind,
            "measure": SHARE,
            "estimate": found.estimate,
            "conf_low": found.conf_low,
            "conf_high": found.conf_high,
            "conf_level": conf_level,
            "n_patients": len(rows),
            "n_events": max(len(of_kind), n_with),
            "n_patients_with_event": n_with,
            "brace_months": float("nan"),
        }


def _exclude(rows: pd.DataFrame, cohort: Cohort) -> tuple[Exclusion, ...]:
    unknown = rows.loc[rows["brace_months"].isna(), "patient_id"]
    later = cohort.tables["episodes"].loc[
        cohort.tables["episodes"]["episode_number"].gt(1), "patient_id"
    ]
    reasons = {
        "Time in brace not known, so not in the rate": unknown,
        "Later courses of treatment": later,
    }
    return tuple(
        count_patients(reason, patients, cohort)
        for reason, patients in reasons.items()
        if len(patients)
    )


def _caution(events: pd.DataFrame, adverse: pd.DataFrame) -> Iterator[str]:
    yield SILENT
    if not events["type"].isin(ADVERSE).any():
        yield NONE_RECORDED
    n_undated, n_outside = int(adverse["date"].isna().sum()), int((~adverse["in_brace"]).sum())
    if n_undated:
        yield UNDATED.format(n=n_undated)
    if n_outside:
        yield OUTSIDE.format(n=n_outside)
    if adverse.loc[adverse["in_brace"], "patient_id"].duplicated().any():
        yield CLUSTERED
