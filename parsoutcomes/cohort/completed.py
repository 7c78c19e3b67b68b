"""A cohort with missing covariates filled in, and all that follows from them derived anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.pars import describe_pars


def complete_cohort(
    cohort: Cohort, *, defects: Mapping[str, pd.Series], episodes: Mapping[str, pd.Series]
) -> Cohort:
    """Return the cohort with columns of its pars and courses replaced.

    For one completed set of multiple imputation; a single one is no analysis.

    Parameters
    ----------
    cohort : Cohort
        As recorded.
    defects, episodes : mapping of str to pandas.Series
        New columns, with a value for each row of the table, in its order.

    Returns
    -------
    Cohort
        Laterality, opposite stage and recurrence derived anew. A pars whose stage was missing and
        is now terminal is not a target, as a recorded terminal pars is not; what the records say
        of the targets otherwise stays. Scans, and the intervals they give, are the same.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> keys = {"episode_id": ["P1"], "patient_id": ["P1"]}
    >>> defects = pd.DataFrame({**keys, "defect_id": ["P1-a"], "stage": [None]})
    >>> cohort = build_cohort({"episodes": pd.DataFrame(keys), "defects": defects})
    >>> completed = complete_cohort(cohort, defects={"stage": pd.Series(["terminal"])}, episodes={})
    >>> bool(cohort.defects["is_target"][0]), bool(completed.defects["is_target"][0])
    (True, False)
    """
    courses = cohort.tables["episodes"].assign(**dict(episodes))
    before = cohort.tables["defects"]
    after = before.assign(**dict(defects))
    newly_terminal = before["stage"].isna() & after["stage"].eq("terminal")
    after = after.assign(is_target=before["is_target"].where(~newly_terminal, False))
    tables = {**cohort.tables, "episodes": courses, "defects": describe_pars(after, courses)}
    return replace(cohort, tables=MappingProxyType(tables))
