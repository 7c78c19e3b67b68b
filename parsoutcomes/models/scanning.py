"""Whether scans follow the plan or the patient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.intervals import select_usable_readings
from parsoutcomes.conventions import (
    CONF_LEVEL,
    DAYS_PER_MONTH,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    N_RESAMPLES,
    SEED,
    Definition,
)
from parsoutcomes.errors import EstimationError, require_fraction
from parsoutcomes.models.time_to_union import estimate_time_to_union
from parsoutcomes.models.units import select_units
from parsoutcomes.results.scanning import (
    ALL_SCANS,
    PLANNED_ONLY,
    Scanning,
    write_scanning_finding,
)
from parsoutcomes.stats.proportions import clustered_interval
from parsoutcomes.stats.resampling import bayesian_patient_weights, percentile_interval

PLANNED = "planned"
OUTCOMES = ("none", "partial", "complete")
METHOD = (
    "Each scan of a pars that told of union, and the next one of the same pars: mean months "
    "between them, percentile limits from the Bayesian bootstrap over patients; share followed by "
    "another scan, Wilson on the effective number of pars. Sensitivity: the curve of union with "
    "only the scans recorded as planned, beside that with all scans."
)


@public(made_by="load_records")
def describe_scanning(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> Scanning:
    """Describe how long after each finding the next scan came, and what extra scans change.

    Not a proof that scans tell nothing: where those who feel worse are scanned more, the curve of
    union leans on the assumption that they are not, and planned scans alone do so less.

    Parameters
    ----------
    cohort : Cohort
        Any cohort with readings.
    definition : {"complete", "partial_or_better"}
        Which readings count as union in the curve.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        Resamples of whole patients.

    Returns
    -------
    Scanning
        `to_frame()`: by `outcome` of a scan, `mean_gap_months` to the next and `scanned_again`, the
        share followed by another. Beside it `gaps`, `reasons` and `sensitivity`.

    Raises
    ------
    EstimationError
        When there is no target pars, or no scan of a pars told of union.

    Notes
    -----
    Scans of a target pars on CT, or of a kind not recorded, after fitting. Scans whose reason is
    not recorded do not count as planned; without any planned scan there is no sensitivity. Gaps are
    of scans that were followed by another; the last scan of a pars has none. Patients
    with the same gaps leave no limits.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(6)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...                          "fitted_date": pd.Timestamp("2024-01-01")})
    >>> defects = episodes[["episode_id", "patient_id"]].assign(defect_id=people, stage="early")
    >>> reading = defects[["episode_id", "patient_id", "defect_id"]].assign(modality="CT")
    >>> readings = pd.concat([
    ...     reading.assign(days_since_fitting=90, union_status="none", scan_reason="planned"),
    ...     reading.assign(days_since_fitting=180, union_status="complete", scan_reason="planned")])
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings))
    >>> frame = describe_scanning(cohort, n_resamples=200).to_frame()
    >>> frame[["outcome", "measure", "estimate"]].round(2).to_numpy().tolist()[:2]
    [['none', 'mean_gap_months', 2.96], ['none', 'scanned_again', 1.0]]
    """
    require_fraction("conf_level", conf_level)
    rows, exclusions = select_units(
        cohort,
        unit="defect",
        definition=definition,
        horizon_months=HORIZON_MONTHS,
        grace_months=GRACE_MONTHS,
    )
    scans = _list_scans(cohort, definition, rows["defect_id"])
    frame = pd.DataFrame(
        row
        for outcome in OUTCOMES
        if scans["outcome"].eq(outcome).any()
        for row in _describe(scans[scans["outcome"].eq(outcome)], conf_level, n_resamples, seed)
    )
    followed = scans[scans["gap_months"].notna()]
    sensitivity = _compare_curves(cohort, definition, conf_level, n_resamples, seed)
    return Scanning(
        title="When the next scan was made, by what the scan before showed, per pars",
        finding=write_scanning_finding(frame, sensitivity),
        method=METHOD,
        unit="defect",
        definition=definition,
        frame=frame,
        exclusions=exclusions,
        cautions=_caution(cohort, sensitivity),
        gaps=followed[["outcome", "gap_months"]].reset_index(drop=True),
        reasons=_count_reasons(followed),
        sensitivity=sensitivity,
    )


def _list_scans(cohort: Cohort, definition: Definition, targets: pd.Series) -> pd.DataFrame:
    usable = select_usable_readings(cohort, definition=definition)
    usable = usable[usable["scope"].ne("patient") & usable["defect_id"].isin(targets)]
    if usable.empty:
        raise EstimationError(
            "There is no scan to describe.",
            expected="at least one scan of a target pars, after fitting, that tells of union",
            found=f"{len(cohort.tables['readings'])} readings, none of them such",
            fix="Check scan dates, the fitting date and the union column.",
        )
    ordered = usable.sort_values(["defect_id", "days_since_fitting"], kind="stable")
    ordered = ordered.drop_duplicates(["defect_id", "days_since_fitting"], keep="last")
    after = ordered.groupby("defect_id")[["days_since_fitting", "scan_reason"]].shift(-1)
    gap = (after["days_since_fitting"] - ordered["days_since_fitting"]) / DAYS_PER_MONTH
    columns = ordered[["patient_id", "defect_id", "union_status"]]
    return columns.rename(columns={"union_status": "outcome"}).assign(
        gap_months=gap.astype("float64"), next_reason=after["scan_reason"]
    )


def _describe(
    scans: pd.DataFrame, conf_level: float, n_resamples: int, seed: int
) -> list[dict[str, object]]:
    followed = scans[scans["gap_months"].notna()]
    again = clustered_interval(
        scans["gap_months"].notna().to_numpy(),
        scans["patient_id"].to_numpy(str),
        conf_level=conf_level,
    )
    mean, low, high = _mean_gap(followed, conf_level, n_resamples, seed)
    gap = {"measure": "mean_gap_months", "estimate": mean, "conf_low": low, "conf_high": high}
    share = {
        "measure": "scanned_again",
        "estimate": again.estimate,
        "conf_low": again.conf_low,
        "conf_high": again.conf_high,
    }
    return [
        {
            "outcome": str(scans["outcome"].iloc[0]),
            **values,
            "conf_level": conf_level,
            "n_patients": int(part["patient_id"].nunique()),
            "n_defects": int(part["defect_id"].nunique()),
            "n_events": len(followed),
            "n_scans": len(part),
            "median_gap_months": float(followed["gap_months"].median()),
        }
        for values, part in ((gap, followed), (share, scans))
    ]


def _mean_gap(
    followed: pd.DataFrame, conf_level: float, n_resamples: int, seed: int
) -> tuple[float, float, float]:
    gaps = followed["gap_months"].to_numpy(dtype=np.float64)
    if followed["patient_id"].nunique() < 2:
        return (float(gaps.mean()) if gaps.size else np.nan), np.nan, np.nan
    weights = bayesian_patient_weights(followed["patient_id"].to_numpy(str), n_resamples, seed=seed)
    low, high = percentile_interval((weights @ gaps) / weights.sum(axis=1), conf_level=conf_level)
    known = np.nan if np.isclose(low, high) else 1.0
    return float(gaps.mean()), known * float(low), known * float(high)


def _count_reasons(followed: pd.DataFrame) -> pd.DataFrame:
    reasons = followed.assign(scan_reason=followed["next_reason"].fillna("not recorded"))
    counts = reasons.groupby(["outcome", "scan_reason"], observed=True).size()
    return counts.rename("n_scans").reset_index()


def _compare_curves(
    cohort: Cohort, definition: Definition, conf_level: float, n_resamples: int, seed: int
) -> pd.DataFrame:
    readings = cohort.tables["readings"]
    planned = readings[readings["scan_reason"].eq(PLANNED)]
    if planned.empty:
        return pd.DataFrame()
    only = replace(cohort, tables={**cohort.tables, "readings": planned.reset_index(drop=True)})
    parts = []
    for name, one in ((ALL_SCANS, cohort), (PLANNED_ONLY, only)):
        frame = estimate_time_to_union(
            one,
            definition=definition,
            conf_level=conf_level,
            n_resamples=n_resamples,
            seed=seed,
        ).to_frame()
        parts.append(frame.drop(columns="group").assign(scans=name))
    stacked = pd.concat(parts, ignore_index=True)
    return stacked[["scans", *stacked.columns.drop("scans")]]


def _caution(cohort: Cohort, sensitivity: pd.DataFrame) -> tuple[str, ...]:
    unknown = int(cohort.tables["readings"]["scan_reason"].isna().sum())
    if sensitivity.empty:
        return (
            "No scan is recorded as planned, so that the curve cannot be given for those alone",
        )
    if not unknown:
        return ()
    return (f"{unknown} readings without a reason do not count as planned",)
