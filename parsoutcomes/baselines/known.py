"""The pars whose union at the horizon is known, and a count of all others."""

from __future__ import annotations

import pandas as pd

from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import (
    classify_union,
    count_exclusion,
    describe_analysis_rows,
    select_targets,
)
from parsoutcomes.conventions import Definition
from parsoutcomes.results.base import Exclusion

NOT_DUE = "Not yet due at data lock"
STATUS_UNKNOWN = "Status at the horizon unknown"


def select_known(
    cohort: Cohort, *, definition: Definition, horizon_months: float, grace_months: float
) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    """Return the due target pars of known status, and who was left out.

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
    tuple
        Rows of `classify_union` with `is_united`; the exclusions, in order.
    """
    rows = classify_union(
        cohort,
        definition=definition,
        horizon_months=horizon_months,
        grace_months=grace_months,
    )
    _, not_targets = select_targets(describe_analysis_rows(cohort, definition=definition))
    due = rows["is_due"].fillna(True).astype(bool)
    known = rows["status"].isin(["united", "not_united"])
    kept = rows[due & known].reset_index(drop=True)
    return kept.assign(is_united=kept["status"].eq("united")), (
        *not_targets,
        *keep_nonempty(
            count_exclusion(NOT_DUE, rows[~due]),
            count_exclusion(STATUS_UNKNOWN, rows[due & ~known]),
        ),
    )


def keep_nonempty(*exclusions: Exclusion) -> tuple[Exclusion, ...]:
    """Return the exclusions that left somebody out."""
    return tuple(exclusion for exclusion in exclusions if exclusion.n_defects)
