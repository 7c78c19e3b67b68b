"""Whether those whose status is known are like those whose status is not."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.description import AGE_BANDS, label_levels
from parsoutcomes.cohort.endpoints import classify_union
from parsoutcomes.conventions import GRACE_MONTHS, HORIZON_MONTHS, STAGES, Definition
from parsoutcomes.results.base import Result
from parsoutcomes.results.descriptions import write_known_status_finding

CHARACTERISTICS = (
    "stage",
    "laterality",
    "level",
    "age_years",
    "sex",
    "prescribed_months",
)
_METHOD = (
    "Target pars that are due, counted by what was known of them at fitting. Shares are of the "
    "known and of the unknown. No test: with few unknown, alike and different cannot be told "
    "apart."
)


def compare_known_status(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
) -> Result:
    """Set the pars whose status at the horizon is known beside those whose status is not.

    Not proof that nothing was lost: patients may differ in ways that nobody recorded.

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
    Result
        `frame`: `characteristic, level, n_known, n_unknown, share_known, share_unknown,
        n_known_total, n_unknown_total, n_due`, per pars; empty when none is due.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = ["P1", "P2", "P3"]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people})
    >>> defects = episodes.assign(defect_id=people, stage=["early", "early", "progressive"])
    >>> scans = defects.head(2)[["episode_id", "patient_id", "defect_id"]].assign(
    ...     days_since_fitting=180, modality="CT", union_status="complete")
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=scans))
    >>> compare_known_status(cohort).frame[["level", "n_known", "n_unknown"]].values.tolist()[:2]
    [['early', 2, 0], ['progressive', 0, 1]]
    """
    rows = classify_union(
        cohort,
        definition=definition,
        horizon_months=horizon_months,
        grace_months=grace_months,
    )
    due = rows[rows["is_due"].fillna(True).astype(bool)]
    frame = pd.DataFrame(list(_count(due, due["status"].ne("unknown"))))
    return Result(
        title=f"Known and unknown status at {horizon_months:g} months, per pars",
        finding=write_known_status_finding(frame, horizon_months),
        method=_METHOD,
        unit="defect",
        definition=definition,
        frame=frame,
    )


def _count(due: pd.DataFrame, is_known: pd.Series) -> Iterator[dict[str, object]]:
    n_known, n_unknown = int(is_known.sum()), int((~is_known).sum())
    for name in CHARACTERISTICS:
        if due[name].isna().all():
            continue
        levels = label_levels(name, due[name])
        for level in _order(levels):
            has = levels.eq(level)
            known, unknown = int((has & is_known).sum()), int((has & ~is_known).sum())
            yield {
                "characteristic": name,
                "level": level,
                "n_known": known,
                "n_unknown": unknown,
                "share_known": known / n_known if n_known else float("nan"),
                "share_unknown": unknown / n_unknown if n_unknown else float("nan"),
                "n_known_total": n_known,
                "n_unknown_total": n_unknown,
                "n_due": n_known + n_unknown,
            }


def _order(levels: pd.Series) -> list[str]:
    present = set(levels)
    declared = [level for level in (*STAGES, *AGE_BANDS) if level in present]
    return [*declared, *sorted(present - set(declared))]
