"""The same comparison under other choices: what counts, who counts, and how sure the series are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from parsoutcomes.baselines.analysis import (
    PRE_LYSIS_AS_EARLY,
    Analysis,
    Made,
    Setting,
    analyse,
)
from parsoutcomes.baselines.references import Reference
from parsoutcomes.conventions import PUBLISHED_ICC_OTHERS
from parsoutcomes.stats.npmle_competing import SURGERY

ALL_STAGES: Final = "all stages of the series"
LAST_STATUS: Final = "last known status"
LOST_AS_FAILURES: Final = "status unknown counted as not united"
PARTIAL_AS_UNION: Final = "partial union counted as union"
_KNOWN_STATUS: Final = "last_known_status"


def analyse_otherwise(
    rows: pd.DataFrame,
    references: Sequence[Reference],
    stages: tuple[str, ...],
    setting: Setting,
    made: Made,
    *,
    partial_rows: pd.DataFrame | None = None,
) -> tuple[Analysis, ...]:
    """Repeat the comparison under each other choice that could change it.

    Parameters
    ----------
    rows : pandas.DataFrame
        All target pars, as in the main analysis.
    references : sequence of Reference
        Those that bear the verdict.
    stages, setting, made
        As in `analyse`.
    partial_rows : pandas.DataFrame, optional
        The same pars with partial union read as union; None when no scan showed any.

    Returns
    -------
    tuple of Analysis
        Pre-lysis as early; last known status; unknown status as not united; partial union as
        union, which bears no verdict; all stages of each series; the published counts at other
        intraclass correlations.
    """
    others = _vary_rows(rows, references, stages, setting, made)
    partial: list[Analysis] = []
    if partial_rows is not None:
        counted = analyse(partial_rows, references, stages, setting, role=PARTIAL_AS_UNION)
        partial.append(replace(counted, verdict="no verdict"))
    return (*others, *partial, *_vary_references(rows, references, stages, setting, made))


def _vary_rows(
    rows: pd.DataFrame,
    references: Sequence[Reference],
    stages: tuple[str, ...],
    setting: Setting,
    made: Made,
) -> Iterator[Analysis]:
    if "early" in stages and rows["stage"].eq("pre_lysis").any():
        lumped = rows.assign(stage=rows["stage"].replace({"pre_lysis": "early"}))
        yield analyse(lumped, references, stages, setting, role=PRE_LYSIS_AS_EARLY, made=made)
    for role, status in (
        (LAST_STATUS, _last_status(rows)),
        (LOST_AS_FAILURES, rows["status"].replace({"unknown": "not_united"})),
    ):
        other = rows.assign(status=status)
        yield analyse(other, references, stages, setting, role=role, estimator=_KNOWN_STATUS)


def _vary_references(
    rows: pd.DataFrame,
    references: Sequence[Reference],
    stages: tuple[str, ...],
    setting: Setting,
    made: Made,
) -> Iterator[Analysis]:
    for series in references:
        own = tuple(series.counts)
        if set(own) & set(rows["stage"]) - set(stages):
            yield analyse(rows, (series,), own, setting, role=ALL_STAGES, made=made)
    for icc in PUBLISHED_ICC_OTHERS:
        less_sure = [replace(series, icc=icc) for series in references]
        role = f"published counts at ICC {icc:g}"
        yield analyse(rows, less_sure, stages, setting, role=role, made=made)


def _last_status(rows: pd.DataFrame) -> pd.Series:
    seen = rows["n_readings"].gt(0) | rows["cause"].eq(SURGERY)
    status = pd.Series("unknown", index=rows.index, dtype="object")
    status[seen] = "not_united"
    status[rows["interval_right_days"].notna()] = "united"
    return status
