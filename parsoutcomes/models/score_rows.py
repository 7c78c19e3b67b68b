"""Placing questionnaires in time: before treatment, or at the planned visit nearest to them."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import BASELINE_SCORE_DAYS, DAYS_PER_MONTH, PLANNED_VISITS_MONTHS
from parsoutcomes.models.recovery_rows import count_patients
from parsoutcomes.results.base import Exclusion
from parsoutcomes.results.windows import find_windows

BASELINE_MONTH: Final = 0.0
_NAMED: Final = re.compile(r"^(\d+) (days|weeks|months)$")
_DAYS: Final = {"days": 1.0, "weeks": 7.0, "months": DAYS_PER_MONTH}


def place_scores(
    cohort: Cohort,
) -> tuple[pd.DataFrame, tuple[Exclusion, ...], tuple[str, ...]]:
    """Give each patient one score per questionnaire and planned visit.

    Parameters
    ----------
    cohort : Cohort
        Scores and episodes are read.

    Returns
    -------
    tuple
        Rows of `patient_id, instrument, months, value`; those left out by reason; what to say of
        questionnaires that were set aside.
    """
    episodes = cohort.tables["episodes"][["episode_id", "episode_number", "fitted_date"]]
    rows = cohort.tables["scores"].merge(episodes, on="episode_id", how="left")
    is_later = rows["episode_number"].gt(1)
    days = _find_days(rows)
    reasons = {
        "Later courses of treatment": is_later,
        "Questionnaires without a value": ~is_later & rows["value"].isna(),
        "Questionnaires on a day not recorded, or at a time without a number": (
            ~is_later & rows["value"].notna() & days.isna()
        ),
    }
    keep = ~np.logical_or.reduce([mask.to_numpy() for mask in reasons.values()])
    rows = rows.assign(days=days, months=_find_months(days))[keep]
    beyond = rows["months"].isna()
    reasons_beyond = {"Questionnaires beyond the last planned visit": rows[beyond]}
    chosen = _choose(rows[~beyond])
    counted = {reason: cohort.tables["scores"][mask.to_numpy()] for reason, mask in reasons.items()}
    exclusions = tuple(
        count_patients(reason, part["patient_id"], cohort)
        for reason, part in {**counted, **reasons_beyond}.items()
        if len(part)
    )
    n_spare = int((~beyond).sum()) - len(chosen)
    notes = (
        (f"{n_spare} further questionnaires near the same visit were set aside",) if n_spare else ()
    )
    return chosen, exclusions, notes


def _find_days(rows: pd.DataFrame) -> pd.Series:
    """Return days since fitting, from the date where there is one, else from the named time."""
    from_date = (rows["date"] - rows["fitted_date"]).dt.days.astype("float64")
    return from_date.fillna(rows["timepoint"].map(_named_days).astype("float64"))


def _named_days(timepoint: object) -> float:
    """Return the days that a named time stands for.

    Examples
    --------
    >>> _named_days("baseline"), _named_days("6 weeks"), _named_days("final")
    (0.0, 42.0, nan)
    """
    if timepoint == "baseline":
        return 0.0
    found = _NAMED.match(str(timepoint))
    return np.nan if found is None else float(found[1]) * _DAYS[found[2]]


def _find_months(days: pd.Series) -> pd.Series:
    """Return the planned visit in whose window a day lies; 0 is before treatment."""
    months = pd.Series(np.nan, index=days.index)
    at = days / DAYS_PER_MONTH
    for visit, (low, high) in find_windows(PLANNED_VISITS_MONTHS).items():
        months[at.gt(low) & at.le(high)] = visit
    first_window = find_windows(PLANNED_VISITS_MONTHS)[PLANNED_VISITS_MONTHS[0]][0]
    months[at.le(first_window)] = PLANNED_VISITS_MONTHS[0]
    months[days.le(BASELINE_SCORE_DAYS)] = BASELINE_MONTH
    return months


def _choose(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the answer nearest to its visit; before treatment the last one."""
    distance = (rows["days"] - rows["months"] * DAYS_PER_MONTH).abs()
    ordered = rows.assign(distance=distance.where(rows["months"].ne(BASELINE_MONTH), -rows["days"]))
    ordered = ordered.sort_values(["instrument", "patient_id", "months", "distance", "days"])
    chosen = ordered.drop_duplicates(["instrument", "patient_id", "months"])
    return chosen[["patient_id", "instrument", "months", "value"]].reset_index(drop=True)
