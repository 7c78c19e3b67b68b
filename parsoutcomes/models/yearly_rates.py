"""Union by calendar year of fitting, among those who have had the time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import (
    classify_union,
    describe_analysis_rows,
    select_targets,
)
from parsoutcomes.conventions import CONF_LEVEL, GRACE_MONTHS, HORIZON_MONTHS, Definition
from parsoutcomes.errors import EstimationError, require_fraction
from parsoutcomes.results.base import Citation
from parsoutcomes.results.yearly_rates import ALL_YEARS, YearlyRates, write_yearly_finding
from parsoutcomes.stats.proportions import clustered_interval

_METHOD: Final = (
    "United among target pars that are due and of known status, by calendar year of fitting; "
    "Wilson interval on the effective number of independent pars. The bounds count every unknown "
    "status as not united, then as united. Those not yet due are counted and left out, an early "
    "union too. Not adjusted for the mix of stages."
)
_COLUMNS: Final = (
    "year",
    "estimate",
    "conf_low",
    "conf_high",
    "conf_level",
    "n_patients",
    "n_defects",
    "n_events",
    "n_targets",
    "n_not_due",
    "n_unknown",
    "bound_low",
    "bound_high",
)
_MIX: Final = "Years differ in their mix of stages, so a change is not a change in the care given"
_CITATIONS: Final = (Citation(text="Korn EL, Graubard BI. Surv Methodol 1998;24:193-201."),)


def estimate_yearly_rates(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    conf_level: float = CONF_LEVEL,
) -> YearlyRates:
    """Estimate union by year of fitting, those not yet due left out and counted.

    Not a trend: stages differ from year to year, and the last year's patients are followed least.

    Parameters
    ----------
    cohort : Cohort
        With fitting dates.
    definition : {"complete", "partial_or_better"}
        Which readings count as union.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    YearlyRates
        `frame`: `year` (then "all"), `estimate, conf_low, conf_high, conf_level, n_patients,
        n_defects, n_events` of those of known status, `n_targets, n_not_due, n_unknown,
        bound_low, bound_high`.

    Raises
    ------
    EstimationError
        When there is no target pars with a fitting date.
    ArgumentError
        When `conf_level` is not a fraction.

    Notes
    -----
    The variant of the interval is that of the known-status rate of `estimate_union_rates`.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(6)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...     "fitted_date": pd.to_datetime(["2023-05-01"] * 3 + ["2024-05-01"] * 3)})
    >>> defects = episodes[["episode_id", "patient_id"]].assign(defect_id=people, stage="early")
    >>> scans = defects.drop(columns="stage").assign(
    ...     days_since_fitting=180, modality="CT",
    ...     union_status=["complete", "none", "complete"] * 2)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=scans),
    ...                       data_lock=pd.Timestamp("2025-06-01"))
    >>> estimate_yearly_rates(cohort).frame[["year", "n_events", "n_defects"]].values.tolist()
    [['2023', 2, 3], ['2024', 2, 3], ['all', 4, 6]]
    """
    require_fraction("conf_level", conf_level)
    rows = classify_union(
        cohort, definition=definition, horizon_months=horizon_months, grace_months=grace_months
    )
    rows = rows[rows["fitted_date"].notna()]
    if rows.empty:
        raise EstimationError(
            "Union by year of fitting cannot be estimated.",
            expected="at least one target pars with a fitting date",
            found="none",
            fix="Record the fitting dates, or leave this estimate out.",
        )
    _, exclusions = select_targets(describe_analysis_rows(cohort))
    frame = pd.DataFrame(list(_estimate(rows, conf_level)), columns=list(_COLUMNS))
    return YearlyRates(
        title="Union by year of fitting, per pars",
        finding=write_yearly_finding(frame, definition, horizon_months),
        method=_METHOD,
        unit="defect",
        definition=definition,
        frame=frame,
        exclusions=exclusions,
        cautions=(_MIX,),
        citations=_CITATIONS,
        horizon_months=horizon_months,
        grace_months=grace_months,
        data_lock=cohort.data_lock,
    )


def _estimate(rows: pd.DataFrame, conf_level: float) -> Iterator[dict[str, object]]:
    for year, of_year in rows.groupby(rows["fitted_date"].dt.year):
        yield {"year": str(year), **_estimate_year(of_year, conf_level)}
    yield {"year": ALL_YEARS, **_estimate_year(rows, conf_level)}


def _estimate_year(rows: pd.DataFrame, conf_level: float) -> dict[str, object]:
    due = rows[rows["is_due"].fillna(True).astype(bool)]
    known = due[due["status"].ne("unknown")]
    n_united, n_unknown = int(known["status"].eq("united").sum()), len(due) - len(known)
    counts: dict[str, object] = {
        "n_patients": int(known["patient_id"].nunique()),
        "n_defects": len(known),
        "n_events": n_united,
        "n_targets": len(rows),
        "n_not_due": len(rows) - len(due),
        "n_unknown": n_unknown,
        "bound_low": n_united / len(due) if len(due) else float("nan"),
        "bound_high": (n_united + n_unknown) / len(due) if len(due) else float("nan"),
    }
    if known.empty:
        return counts
    found = clustered_interval(
        known["status"].eq("united").to_numpy(),
        known["patient_id"].to_numpy(str),
        conf_level=conf_level,
    )
    limits = {
        "estimate": found.estimate,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "conf_level": conf_level,
    }
    return {**limits, **counts}
