"""Union between scans by hours worn so far: an association, never an effect."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import (
    count_exclusion,
    describe_analysis_rows,
    select_targets,
)
from parsoutcomes.conventions import (
    CONF_LEVEL,
    DAYS_PER_MONTH,
    DEFINITIONS,
    GRACE_MONTHS,
    MIN_DEFECTS_FOR_CLAIM,
    MIN_EVENTS_PER_PARAMETER,
    MIN_GEE_DEGREES_OF_FREEDOM,
    MIN_PATIENTS_FOR_CLAIM,
    WEAR_BANDS_HOURS,
    WEAR_LAG_MONTHS,
    Definition,
)
from parsoutcomes.errors import ArgumentError, EstimationError, require_choice, require_fraction
from parsoutcomes.models._firth import find_separation
from parsoutcomes.models._statsmodels import fit_gee
from parsoutcomes.models.exposure_courses import describe_courses
from parsoutcomes.models.exposure_wear import read_wear
from parsoutcomes.models.wear_dose_rows import REASONS, list_scan_intervals, measure_dose
from parsoutcomes.results.base import Citation, Exclusion
from parsoutcomes.results.wear_dose import (
    ODDS,
    SHARE,
    WARNING,
    WearDose,
    write_dose_finding,
    write_wear_method,
)
from parsoutcomes.stats.kernels import student_interval
from parsoutcomes.stats.proportions import clustered_interval

ODDS_LIMITS: Final = "Student's t on patients less parameters, Mancl-DeRouen covariance"
TITLE: Final = "Union between scans by hours worn so far, per pars"
_SCHILDCROUT: Final = Citation(
    text="Schildcrout JS, Heagerty PJ. Biostatistics 2005;6:633-652.",
    doi="10.1093/biostatistics/kxi033",
)
_OTHER_METHODS: Final = "Measured by {names} as well, which is not joined with {method}"


@public(made_by="load_records")
def describe_wear_dose(
    cohort: Cohort,
    *,
    definition: Definition = "complete",
    method: str | None = None,
    lag_months: float = WEAR_LAG_MONTHS,
    bands_hours: tuple[float, ...] = WEAR_BANDS_HOURS,
    conf_level: float = CONF_LEVEL,
) -> WearDose:
    """Describe how often pars were seen united at the next scan, by hours worn until then.

    Not for saying what more hours would do: those who heal or hurt change how they wear the brace.

    Parameters
    ----------
    cohort : Cohort
        With readings, fitting dates and measured wear.
    definition : {"complete", "partial_or_better"}
        Which readings count as union.
    method : str, optional
        Sensor, diary or recall; default the one with most patients. Methods are never joined.
    lag_months : float
        Wear counts until so many months before the scan that closes an interval.
    bands_hours : tuple of float
        Hours a day at which doses are parted, increasing.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    WearDose
        `to_frame()`: per band the share of intervals between scans that end in union; and the odds
        ratio per hour more worn a day, where the records allow one.

    Raises
    ------
    EstimationError
        When no wear is measured, or it is known before the scans of too few pars or patients.
    ArgumentError
        When an argument is not one of those above.

    Notes
    -----
    Time-varying: an interval's dose is the mean of measured days from fitting until the lag before
    its closing scan. Half of those days or more must be measured. Independence is the working
    correlation since the dose changes over time: others may bias (Schildcrout 2005). The covariance
    agrees with R clubSandwich's CR3. Readings of the patient as a whole, and scans after union,
    are not used.

    References
    ----------
    Schildcrout JS, Heagerty PJ. Biostatistics 2005;6:633-652. doi:10.1093/biostatistics/kxi033

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(12)]
    >>> start = pd.Timestamp("2024-01-01")
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...     "fitted_date": start, "brace_end_date": start + pd.Timedelta(days=180)})
    >>> keys = episodes[["episode_id", "patient_id"]]
    >>> defects = keys.assign(defect_id=people, stage="early")
    >>> readings = defects.drop(columns="stage").assign(days_since_fitting=90, modality="CT",
    ...     union_status=["complete"] * 8 + ["none"] * 4)
    >>> wear = keys.assign(period_start=start, period_end=start + pd.Timedelta(days=100),
    ...     mean_hours_per_day=[20.0] * 9 + [10.0] * 3, method="sensor")
    >>> tables = dict(episodes=episodes, defects=defects, readings=readings, wear=wear)
    >>> frame = describe_wear_dose(build_cohort(tables), bands_hours=(18.0,)).to_frame()
    >>> frame[["n_events", "n_intervals"]].to_numpy().tolist()
    [[0, 3], [8, 9]]
    """
    require_choice("definition", definition, DEFINITIONS)
    require_fraction("conf_level", conf_level)
    _require_numbers(lag_months, bands_hours)
    targets, exclusions = select_targets(describe_analysis_rows(cohort, definition=definition))
    courses, _ = describe_courses(cohort, GRACE_MONTHS)
    periods = read_wear(cohort, courses).periods
    chosen = _choose_method(periods, method)
    intervals = list_scan_intervals(cohort, definition, targets["defect_id"])
    stops = courses.set_index("episode_id")["stop_days"]
    doses = measure_dose(intervals, periods[periods["method"].eq(chosen)], stops, lag_months)
    rows = doses[doses["reason"].isna()].reset_index(drop=True)
    _require_enough(rows)
    odds, left_out = estimate_odds(rows, conf_level)
    frame = pd.DataFrame([*_count_bands(rows, bands_hours, conf_level), *odds])
    return WearDose(
        title=TITLE,
        finding=write_dose_finding(frame, chosen),
        method=write_wear_method(lag_months, chosen),
        unit="defect",
        definition=definition,
        frame=frame,
        exclusions=(*exclusions, *_exclude(targets, doses)),
        cautions=(WARNING, *_mention_others(periods, chosen)),
        citations=(_SCHILDCROUT,),
        measured_by=chosen,
        lag_months=lag_months,
        odds_left_out=left_out,
    )


def _require_numbers(lag_months: float, bands_hours: tuple[float, ...]) -> None:
    if not (np.isfinite(lag_months) and lag_months >= 0):
        raise ArgumentError(
            "lag_months cannot be used.",
            expected="a number of months, 0 or more",
            found=f"lag_months={lag_months!r}",
            fix="Use lag_months=1, or leave it out.",
        )
    cuts = np.asarray(bands_hours, dtype=np.float64)
    if not (np.isfinite(cuts).all() and (np.diff([0.0, *cuts, 24.0]) > 0).all()):
        raise ArgumentError(
            "bands_hours cannot be used.",
            expected="increasing hours between 0 and 24",
            found=f"bands_hours={bands_hours!r}",
            fix="Use bands_hours=(12, 18), or leave it out.",
        )


def _choose_method(periods: pd.DataFrame, method: str | None) -> str:
    n_patients = periods.groupby("method")["patient_id"].nunique().sort_values(kind="stable")
    if n_patients.empty:
        raise EstimationError(
            "No wear is measured.",
            expected="measured hours a day between two dates, in courses whose time is known",
            found="no usable period of wear",
            fix="Check the columns of wear; describe_exposure says what was left out and why.",
        )
    if method is not None:
        return require_choice("method", method, tuple(sorted(map(str, n_patients.index))))
    return str(n_patients.index[-1])


def _require_enough(rows: pd.DataFrame) -> None:
    n_defects, n_patients = rows["defect_id"].nunique(), rows["patient_id"].nunique()
    if n_defects < MIN_DEFECTS_FOR_CLAIM or n_patients < MIN_PATIENTS_FOR_CLAIM:
        raise EstimationError(
            "Too few scans have wear measured before them.",
            expected=f"at least {MIN_DEFECTS_FOR_CLAIM} pars of {MIN_PATIENTS_FOR_CLAIM} patients",
            found=f"{n_defects} pars of {n_patients} patients",
            fix="Report hours worn with describe_exposure, and union with estimate_union_rates.",
        )


def _count_bands(
    rows: pd.DataFrame, bands_hours: tuple[float, ...], conf_level: float
) -> list[dict[str, object]]:
    edges = (np.nan, *bands_hours, np.nan)
    place = np.searchsorted(np.asarray(bands_hours), rows["hours_per_day"], side="right")
    counted = []
    for number, (low, high) in enumerate(pairwise(edges)):
        band = rows[place == number]
        if band.empty:
            continue
        share = clustered_interval(
            band["united"].to_numpy(bool), band["patient_id"].to_numpy(str), conf_level=conf_level
        )
        estimate = (share.estimate, share.conf_low, share.conf_high)
        counted.append(_row(SHARE, (low, high), estimate, conf_level, band, share.method))
    return counted


def estimate_odds(rows: pd.DataFrame, conf_level: float) -> tuple[list[dict[str, object]], str]:
    """Estimate the odds ratio of union per hour more worn a day, or say why not.

    Parameters
    ----------
    rows : pandas.DataFrame
        Intervals with `hours_per_day, left_days, right_days, united, patient_id`.
    conf_level : float
        Level of the interval.

    Returns
    -------
    tuple
        No or one row of `WearDose.frame`, and the reason when there is none.
    """
    design, events = build_dose_design(rows), rows["united"].to_numpy(dtype=np.float64)
    clusters = np.unique(rows["patient_id"].to_numpy(str), return_inverse=True)[1]
    freedom = len(np.unique(clusters)) - design.shape[1] - 1
    if obstacle := _find_obstacle(events, design, freedom):
        return [], obstacle
    try:
        fit = fit_gee(events, design, clusters, exchangeable=False)
    except EstimationError:
        return [], "the model did not converge"
    limits = student_interval(
        fit.coefficients, fit.standard_errors, degrees_of_freedom=freedom, conf_level=conf_level
    )
    values = (fit.coefficients[1], limits.conf_low[1], limits.conf_high[1])
    low, estimate, high = (float(np.exp(values[place])) for place in (1, 0, 2))
    edges = (np.nan, np.nan)
    return [_row(ODDS, edges, (estimate, low, high), conf_level, rows, ODDS_LIMITS)], ""


def build_dose_design(rows: pd.DataFrame) -> np.ndarray:
    """Return hours a day, months at the opening scan and log months of the interval as columns.

    A column that the ones before it determine is left out, such as the opening scan where every
    interval begins at fitting.
    """
    months = (rows["right_days"] - rows["left_days"]) / DAYS_PER_MONTH
    columns = [rows["hours_per_day"], rows["left_days"] / DAYS_PER_MONTH, np.log(months)]
    kept = [np.ones(len(rows))]
    for column in columns:
        wider = np.column_stack([*kept, np.asarray(column, dtype=np.float64)])
        if np.linalg.matrix_rank(wider) == wider.shape[1]:
            kept.append(wider[:, -1])
        elif column is columns[0]:
            return np.empty((len(rows), 0))
    return np.column_stack(kept)[:, 1:]


def _find_obstacle(events: np.ndarray, design: np.ndarray, freedom: int) -> str:
    if not design.shape[1]:
        return "hours worn do not differ"
    rarer, needed = min(events.sum(), len(events) - events.sum()), design.shape[1]
    if rarer < MIN_EVENTS_PER_PARAMETER * needed:
        return (
            f"{int(rarer)} intervals of the rarer outcome are fewer than "
            f"{MIN_EVENTS_PER_PARAMETER} for each of {needed} parameters"
        )
    if freedom < MIN_GEE_DEGREES_OF_FREEDOM:
        return f"{freedom + needed + 1} patients are too few for {needed} parameters"
    if find_separation(events, design).any():
        return "hours worn or the dates of scans tell all that united from all that did not"
    return ""


def _row(  # noqa: PLR0917
    measure: str,
    edges: tuple[float, float],
    estimate: tuple[float, float, float],
    conf_level: float,
    rows: pd.DataFrame,
    interval_method: str,
) -> dict[str, object]:
    return {
        "measure": measure,
        "hours_from": edges[0],
        "hours_to": edges[1],
        "estimate": estimate[0],
        "conf_low": estimate[1],
        "conf_high": estimate[2],
        "conf_level": conf_level,
        "n_patients": int(rows["patient_id"].nunique()),
        "n_defects": int(rows["defect_id"].nunique()),
        "n_events": int(rows["united"].sum()),
        "n_intervals": len(rows),
        "median_hours_per_day": float(rows["hours_per_day"].median()),
        "median_interval_months": float(
            ((rows["right_days"] - rows["left_days"]) / DAYS_PER_MONTH).median()
        ),
        "interval_method": interval_method,
    }


def _exclude(targets: pd.DataFrame, doses: pd.DataFrame) -> tuple[Exclusion, ...]:
    unscanned = targets[~targets["defect_id"].isin(doses["defect_id"])]
    found = [count_exclusion("No scan that tells of union", unscanned)] if len(unscanned) else []
    for reason in REASONS:
        rows = doses[doses["reason"].eq(reason)]
        if len(rows):
            words = f"{reason[0].upper()}{reason[1:]}, {len(rows)} intervals between scans"
            found.append(count_exclusion(words, rows.drop_duplicates("defect_id")))
    return tuple(found)


def _mention_others(periods: pd.DataFrame, chosen: str) -> tuple[str, ...]:
    others = sorted(set(periods["method"]) - {chosen})
    if not others:
        return ()
    return (_OTHER_METHODS.format(names=" and ".join(others), method=chosen),)
