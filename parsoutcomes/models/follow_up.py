"""How long patients were followed from fitting."""

from __future__ import annotations

from typing import Final

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.recovery_rows import count_patients, list_first_courses
from parsoutcomes.results.base import Result
from parsoutcomes.results.descriptions import write_follow_up_finding

_METHOD: Final = (
    "First courses: from fitting to the last dated record of any kind (contact, scan, score, "
    "event, end of brace), not later than data lock. Quartiles by linear interpolation."
)


def describe_follow_up(cohort: Cohort) -> Result:
    """Describe how long patients were followed, in months from fitting.

    Not the time at risk of union, which ends at the last scan.

    Parameters
    ----------
    cohort : Cohort
        Any cohort.

    Returns
    -------
    Result
        `frame`: one row with `n_patients, n_expected, median, quartile_low, quartile_high,
        maximum, total_months`.

    Raises
    ------
    EstimationError
        When no patient has a fitting date and a later record.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> episodes = pd.DataFrame({"episode_id": ["P1"], "patient_id": ["P1"],
    ...     "fitted_date": [pd.Timestamp("2024-01-01")],
    ...     "last_contact_date": [pd.Timestamp("2024-12-31")]})
    >>> round(float(describe_follow_up(build_cohort(dict(episodes=episodes))).frame["median"][0]))
    12
    """
    rows = list_first_courses(cohort)
    months = rows["last_days"] / DAYS_PER_MONTH
    told = months.dropna()
    if told.empty:
        raise EstimationError(
            "How long patients were followed cannot be said.",
            expected="a fitting date and a later dated record",
            found=f"none among {len(rows)} patients",
            fix="Record fitting dates and the last contact.",
        )
    frame = pd.DataFrame(
        {
            "measure": ["months followed"],
            "n_patients": [len(told)],
            "n_expected": [len(rows)],
            "median": [told.median()],
            "quartile_low": [told.quantile(0.25)],
            "quartile_high": [told.quantile(0.75)],
            "maximum": [told.max()],
            "total_months": [told.sum()],
        }
    )
    unknown = rows.loc[months.isna(), "patient_id"]
    reason = "No dated record after fitting"
    return Result(
        title="Months followed from fitting",
        finding=write_follow_up_finding(frame),
        method=_METHOD,
        unit="patient",
        frame=frame,
        exclusions=(count_patients(reason, unknown, cohort),) if len(unknown) else (),
    )
