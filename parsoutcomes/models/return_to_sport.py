"""Return to sport or training from fitting, with surgery as the competing event."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import CONF_LEVEL, DAYS_PER_MONTH, MILESTONES_MONTHS
from parsoutcomes.errors import EstimationError, require_choice, require_fraction
from parsoutcomes.models.familiar_times import count_known, exact_limits
from parsoutcomes.models.recovery_rows import count_patients, list_first_courses
from parsoutcomes.results.base import Citation, Exclusion
from parsoutcomes.results.return_to_sport import (
    ReturnToSport,
    write_return,
    write_return_finding,
)
from parsoutcomes.stats.aalen_johansen import CumulativeIncidence, estimate_cumulative_incidence
from parsoutcomes.stats.log_log import log_log_limits

Floats = NDArray[np.float64]

BACK: Final = 1
SURGERY: Final = 2
RETURNS: Final = ("return_sport", "return_training")
BEYOND: Final = "nobody was followed so long"
METHOD: Final = (
    "Aalen-Johansen from fitting, on the day recorded; surgery before return is a competing event; "
    "follow-up ends with the last dated record. Complementary log-log limits on the "
    "infinitesimal-jackknife standard error; Clopper-Pearson where nobody or everybody was back."
)
UNRECORDED: Final = (
    "A return that nobody wrote down looks like none, and a later record counts as still away from "
    "it, so these shares are too low where returns are not always recorded"
)


@public(made_by="load_records")
def estimate_return_to_sport(
    cohort: Cohort,
    *,
    event: Literal["return_sport", "return_training"] = "return_sport",
    conf_level: float = CONF_LEVEL,
) -> ReturnToSport:
    """Estimate what share of patients was back in sport, or training, by each month from fitting.

    Not for clinics that note a return only now and then, and not proof of healing: many go back
    without union.

    Parameters
    ----------
    cohort : Cohort
        With dated events of the type asked for.
    event : {"return_sport", "return_training"}
        Which return.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    ReturnToSport
        `to_frame()`: measure `cumulative_return` at 3, 6, 9 and 12 months, a proportion of
        patients. Beside it `curve` and `risk_table`.

    Raises
    ------
    EstimationError
        When no return is recorded, or no patient has a fitting date and a later record.
    ArgumentError
        When an argument is not known.

    Notes
    -----
    First courses of treatment, one row per patient, so that rows are independent. Aalen-Johansen
    with exact ties agrees with R's `survfit`; limits on the scale of log(-log(1 - F)).

    References
    ----------
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-150.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(6)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...     "fitted_date": pd.Timestamp("2024-01-01"),
    ...     "last_contact_date": pd.Timestamp("2025-01-01")})
    >>> events = episodes.loc[:3, ["episode_id", "patient_id"]].assign(
    ...     type="return_sport", date=pd.Timestamp("2024-06-20"))
    >>> frame = estimate_return_to_sport(build_cohort(
    ...     dict(episodes=episodes, events=events))).to_frame()
    >>> frame[["months", "estimate"]].round(2).to_numpy().tolist()[:2]
    [[3.0, 0.0], [6.0, 0.67]]
    """
    require_choice("event", event, RETURNS)
    require_fraction("conf_level", conf_level)
    rows, exclusions = _select(cohort, event)
    days, causes = rows["days"].to_numpy(float), rows["cause"].to_numpy(np.int64)
    curve = estimate_cumulative_incidence(days, causes, cause=BACK)
    frame = _milestones(curve, days, causes, conf_level)
    return ReturnToSport(
        title=f"Time to {write_return(event)} from fitting, per patient",
        finding=write_return_finding(frame, event),
        method=METHOD,
        unit="patient",
        frame=frame,
        exclusions=exclusions,
        cautions=(UNRECORDED,),
        citations=(Citation(text="Aalen OO, Johansen S. Scand J Stat 1978;5:141-150."),),
        event=event,
        curve=_tabulate(curve, days, causes, conf_level),
        risk_table=_risk_table(
            days, causes, frame.loc[frame["left_open"].eq(""), "months"].tolist()
        ),
        data_lock=cohort.data_lock,
    )


def _select(cohort: Cohort, event: str) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    rows = list_first_courses(cohort)
    returns = cohort.tables["events"]
    returns = returns[returns["type"].eq(event) & returns["episode_id"].isin(rows["episode_id"])]
    if returns.empty:
        raise EstimationError(
            f"No {write_return(event)} is recorded.",
            expected=f"at least one dated event of the type {event}",
            found=f"{len(cohort.tables['events'])} events, none of them such",
            fix="Record the day on which each patient went back, or leave this estimate out.",
        )
    told = rows["episode_id"].map(returns.groupby("episode_id")["date"].min())
    back = (pd.to_datetime(told) - rows["fitted_date"]).dt.days.astype("float64")
    surgery = rows["surgery_days"].astype("float64")
    reasons = {
        "Fitting date not recorded": rows["fitted_date"].isna(),
        "Went back on a day not recorded": rows["episode_id"].isin(returns["episode_id"])
        & told.isna(),
        "Recorded as back before fitting": back.lt(0),
        "Surgery on a day not recorded": rows["had_surgery"].fillna(False).astype(bool)
        & surgery.isna(),
        "No record after fitting": rows["last_days"].isna() & back.isna() & surgery.isna(),
    }
    kept, exclusions = pd.Series(True, index=rows.index), []
    for reason, mask in reasons.items():
        out = kept & mask
        kept &= ~mask
        if out.any():
            exclusions.append(count_patients(reason, rows.loc[out, "patient_id"], cohort))
    times = pd.DataFrame({"back": back, "surgery": surgery, "last": rows["last_days"]})[kept]
    return _first_event(times), tuple(exclusions)


def _first_event(times: pd.DataFrame) -> pd.DataFrame:
    """Return the day of the first event, or of the last record; a return on that day comes first.

    Raises
    ------
    EstimationError
        When nobody is left.
    """
    if times.empty:
        raise EstimationError(
            "Nobody's return can be placed in time.",
            expected="at least one patient with a fitting date and a later record",
            found="none",
            fix="Check the fitting dates and the dates of the events.",
        )
    back, surgery = times["back"].fillna(np.inf), times["surgery"].fillna(np.inf)
    happened = np.where(back <= surgery, BACK, SURGERY)
    cause = np.where(np.isinf(back) & np.isinf(surgery), 0, happened)
    days = np.where(cause == 0, times["last"], np.minimum(back, surgery))
    return pd.DataFrame({"days": days, "cause": cause})


def _with_limits(
    curve: CumulativeIncidence,
    at_days: Floats,
    data: tuple[Floats, NDArray[np.int64]],
    conf_level: float,
) -> tuple[Floats, Floats, Floats]:
    days, causes = data
    incidence, standard_error = curve.incidence_at(at_days)
    incidence = np.where(np.isclose(incidence, 1), 1.0, incidence)
    low, high = log_log_limits(incidence, standard_error, conf_level=conf_level)
    alone = np.arange(days.size).astype(str)
    for number in np.flatnonzero(np.isnan(low)):
        *_, n_known = count_known(days, causes, alone, float(at_days[number]))
        limits = exact_limits(float(incidence[number]), n_known, conf_level)
        low[number], high[number] = limits
    return incidence, low, high


def _milestones(
    curve: CumulativeIncidence, days: Floats, causes: NDArray[np.int64], conf_level: float
) -> pd.DataFrame:
    at = np.asarray(MILESTONES_MONTHS) * DAYS_PER_MONTH
    incidence, low, high = _with_limits(curve, at, (days, causes), conf_level)
    is_settled = bool((causes[days == days.max()] != 0).all())
    is_beyond = (at > days.max()) & ~is_settled
    known = np.where(is_beyond, np.nan, 1.0)
    return pd.DataFrame(
        {
            "months": MILESTONES_MONTHS,
            "measure": "cumulative_return",
            "estimate": known * incidence,
            "conf_low": known * low,
            "conf_high": known * high,
            "conf_level": conf_level,
            "n_patients": days.size,
            "n_events": [int(((causes == BACK) & (days <= day)).sum()) for day in at],
            "n_operated": [int(((causes == SURGERY) & (days <= day)).sum()) for day in at],
            "left_open": np.where(is_beyond, BEYOND, ""),
        }
    )


def _tabulate(
    curve: CumulativeIncidence, days: Floats, causes: NDArray[np.int64], conf_level: float
) -> pd.DataFrame:
    settled = [] if (causes[days == days.max()] == 0).any() else [MILESTONES_MONTHS[-1]]
    at = np.unique(np.concatenate([[0.0], curve.times, np.array(settled) * DAYS_PER_MONTH]))
    incidence, low, high = _with_limits(curve, at, (days, causes), conf_level)
    return pd.DataFrame({"days": at, "incidence": incidence, "conf_low": low, "conf_high": high})


def _risk_table(days: Floats, causes: NDArray[np.int64], told_months: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "months": month,
            "n_at_risk": int((days >= month * DAYS_PER_MONTH).sum()),
            "n_returned": int(((causes == BACK) & (days < month * DAYS_PER_MONTH)).sum()),
            "n_operated": int(((causes == SURGERY) & (days < month * DAYS_PER_MONTH)).sum()),
            "n_left": int(((causes == 0) & (days < month * DAYS_PER_MONTH)).sum()),
        }
        for month in (0.0, *told_months)
    )
