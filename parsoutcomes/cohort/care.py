"""What came before and beside the brace: delay, other treatment, slip at fitting, measured wear."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.results.base import Exclusion, Result
from parsoutcomes.results.descriptions import DELAY, NOT_RECORDED, WEAR, write_care_finding

CO_INTERVENTIONS = ("physiotherapy", "lipus", "vitamin_d")
_METHOD = (
    "First courses of treatment. Delay: from the first day of symptoms to fitting, where both days "
    "are known. Treatment beside the brace may unite fractures too; it is described, not adjusted "
    "for."
)


def describe_care(cohort: Cohort) -> Result:
    """Describe the delay from onset to fitting, treatment beside the brace, slip and wear.

    Not for comparing outcomes: nothing here looks at union.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.

    Returns
    -------
    Result
        `frame`: `characteristic, level, n_patients, n_expected, median, quartile_low,
        quartile_high`; the delay first, then yes, no and not recorded of each co-intervention,
        grades of slip at fitting, and whether wear was measured.

    Notes
    -----
    Quartiles by linear interpolation. An onset after fitting is left out and counted.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> episodes = pd.DataFrame({"episode_id": ["P1"], "patient_id": ["P1"],
    ...     "onset_date": [pd.Timestamp("2024-01-01")], "fitted_date": [pd.Timestamp("2024-03-02")],
    ...     "lipus": [True]})
    >>> print(describe_care(build_cohort(dict(episodes=episodes))).finding)
    From onset to fitting took a median of 2.0 months (quartiles 2.0 and 2.0), known for 1 of 1 \
patient; recorded as given: LIPUS (low-intensity pulsed ultrasound) in 1; not recorded at all: \
physiotherapy, vitamin D, slip grade and wear measured.
    """
    episodes = cohort.tables["episodes"]
    first = episodes[episodes["episode_number"].fillna(1).le(1)]
    delay = (first["fitted_date"] - first["onset_date"]).dt.days / DAYS_PER_MONTH
    rows = [_summarise(delay, len(first)), *_count_given(first), *_count_slip(first)]
    frame = pd.DataFrame([*rows, *_count_wear(cohort, first)])
    after = first.loc[delay.lt(0), "patient_id"]
    return Result(
        title="Delay to fitting, treatment beside the brace, slip and wear",
        finding=write_care_finding(frame),
        method=_METHOD,
        unit="patient",
        frame=frame,
        exclusions=_exclude(cohort, after),
    )


def _summarise(delay: pd.Series, n_expected: int) -> dict[str, object]:
    told = delay[delay.ge(0)]
    return {
        "characteristic": DELAY,
        "level": "recorded",
        "n_patients": len(told),
        "n_expected": n_expected,
        "median": told.median(),
        "quartile_low": told.quantile(0.25),
        "quartile_high": told.quantile(0.75),
    }


def _count_given(first: pd.DataFrame) -> Iterator[dict[str, object]]:
    for name in CO_INTERVENTIONS:
        levels = first[name].map({True: "yes", False: "no"}).fillna(NOT_RECORDED)
        yield from _count_levels(name, levels, ("yes", "no", NOT_RECORDED))


def _count_slip(first: pd.DataFrame) -> Iterator[dict[str, object]]:
    grades = first["slip_grade"].map("grade {:g}".format, na_action="ignore").fillna(NOT_RECORDED)
    order = [*sorted(set(grades) - {NOT_RECORDED}), NOT_RECORDED]
    yield from _count_levels("slip_grade", grades, tuple(order))


def _count_wear(cohort: Cohort, first: pd.DataFrame) -> Iterator[dict[str, object]]:
    wear = cohort.tables["wear"]
    measured = first["episode_id"].isin(wear["episode_id"]).map({True: "yes", False: NOT_RECORDED})
    yield from _count_levels(WEAR, measured, ("yes", NOT_RECORDED))


def _count_levels(
    name: str, levels: pd.Series, order: tuple[str, ...]
) -> Iterator[dict[str, object]]:
    for level in order:
        n = int(levels.eq(level).sum())
        if n:
            yield {
                "characteristic": name,
                "level": level,
                "n_patients": n,
                "n_expected": len(levels),
            }


def _exclude(cohort: Cohort, after: pd.Series) -> tuple[Exclusion, ...]:
    if after.empty:
        return ()
    n_defects = int(cohort.tables["defects"]["patient_id"].isin(after).sum())
    reason = "Onset recorded after fitting, so no delay"
    return (Exclusion(reason=reason, n_defects=n_defects, n_patients=len(after)),)
