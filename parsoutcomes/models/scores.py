"""Questionnaires before and after brace treatment: change per patient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import (
    CONF_LEVEL,
    MIN_PATIENTS_FOR_CLAIM,
    MINIMAL_IMPORTANT_CHANGE,
)
from parsoutcomes.errors import EstimationError, require_fraction
from parsoutcomes.models.score_rows import BASELINE_MONTH, place_scores
from parsoutcomes.results.base import Citation
from parsoutcomes.results.scores import Scores, write_important_change, write_scores_finding
from parsoutcomes.stats.means import mean_interval
from parsoutcomes.stats.proportions import wilson_interval

METHOD: Final = (
    "Mean of each patient's change from before treatment, Student's t on n - 1 degrees of freedom; "
    "share that improved by at least the minimal important change, Wilson. Before treatment: the "
    "last questionnaire up to 14 days after fitting. Minimal important change, agreed for adults "
    "with low back pain: {important}."
)
REGRESSION: Final = (
    "Patients come when it hurts most, so part of any improvement would have come without "
    "treatment (regression to the mean), and rest was given with the brace"
)
OSTELO: Final = Citation(text="Ostelo RW et al. Spine 2008;33:90-94.")


@public(made_by="load_records")
def summarise_scores(cohort: Cohort, *, conf_level: float = CONF_LEVEL) -> Scores:
    """Summarise how pain, function and quality of life changed from before treatment, per patient.

    Not proof that treatment caused the change: there is nobody to compare with, and patients come
    when it hurts most.

    Parameters
    ----------
    cohort : Cohort
        Any cohort with questionnaires.
    conf_level : float
        Level of the intervals.

    Returns
    -------
    Scores
        `to_frame()`: a row per `instrument`, `months` and `measure` (`mean`, `mean_change`,
        `important_change`), on the questionnaire's own scale or as a proportion.

    Raises
    ------
    EstimationError
        When no questionnaire can be placed in time.
    ArgumentError
        When `conf_level` is not a fraction.

    Notes
    -----
    One row per patient: first courses of treatment only. Student's paired t interval, which agrees
    with SciPy's `ttest_rel`; Wilson, which agrees with R's `prop.test(correct = FALSE)`. The
    minimal important change is that of Ostelo et al. for adults; it is not agreed for children, nor
    for the other questionnaires.

    References
    ----------
    Ostelo RW et al. Spine 2008;33:90-94.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n}" for n in range(6)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...                          "fitted_date": pd.Timestamp("2024-01-01")})
    >>> one = episodes[["episode_id", "patient_id"]].assign(instrument="pain_nrs")
    >>> scores = pd.concat([one.assign(timepoint="baseline", value=[8, 7, 6, 8, 9, 5]),
    ...                     one.assign(timepoint="3 months", value=[2, 1, 2, 0, 5, 4])])
    >>> frame = summarise_scores(build_cohort(dict(episodes=episodes, scores=scores))).to_frame()
    >>> frame.loc[frame["measure"].eq("mean_change"), "estimate"].round(2).tolist()
    [-4.83]
    """
    require_fraction("conf_level", conf_level)
    placed, exclusions, notes = place_scores(cohort)
    if placed.empty:
        raise EstimationError(
            "There is no questionnaire to summarise.",
            expected="scores with a date or a named time, of courses of treatment in the records",
            found=f"{len(cohort.tables['scores'])} scores, none of them such",
            fix="Check the columns of scores, their dates, and the fitting date.",
        )
    instruments = tuple(str(name) for name in placed["instrument"].value_counts().index)
    frame = pd.DataFrame(
        row
        for name in instruments
        for row in _describe(name, placed[placed["instrument"].eq(name)], conf_level)
    )
    important = "; ".join(write_important_change(name) for name in instruments)
    return Scores(
        title="Questionnaires before and after brace treatment, per patient",
        finding=write_scores_finding(frame),
        method=METHOD.format(important=important),
        unit="patient",
        frame=frame,
        exclusions=exclusions,
        cautions=(REGRESSION, *_caution(frame, placed), *notes),
        citations=(OSTELO,),
        instruments=instruments,
    )


def _describe(name: str, rows: pd.DataFrame, conf_level: float) -> Iterator[dict[str, object]]:
    answers = {
        float(str(month)): part.set_index("patient_id")["value"]
        for month, part in rows.sort_values("months").groupby("months")
    }
    for month, values in answers.items():
        yield _row(name, month, "mean", values, conf_level)
    before = answers.pop(BASELINE_MONTH, pd.Series(dtype=float))
    for month, values in answers.items():
        yield from _describe_change(name, month, before, values, conf_level)


def _describe_change(
    name: str, month: float, before: pd.Series, after: pd.Series, conf_level: float
) -> Iterator[dict[str, object]]:
    change = (after - before).dropna()
    if change.empty:
        return
    counts = _count_important(name, before[change.index], change)
    yield {**_row(name, month, "mean_change", change, conf_level), **counts}
    if counts:
        share = wilson_interval(counts["n_events"], len(change), conf_level=conf_level)
        yield {
            **_row(name, month, "important_change", change, conf_level),
            "estimate": share.estimate,
            "conf_low": share.conf_low,
            "conf_high": share.conf_high,
            **counts,
        }


def _row(
    name: str, month: float, measure: str, values: pd.Series, conf_level: float
) -> dict[str, object]:
    found = mean_interval(values.to_numpy(float), conf_level=conf_level)
    return {
        "instrument": name,
        "months": month,
        "measure": measure,
        "estimate": found.estimate,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "conf_level": conf_level,
        "n_patients": len(values),
        "n_events": np.nan,
        "n_worse": np.nan,
        "n_low_at_baseline": np.nan,
    }


def _count_important(name: str, before: pd.Series, change: pd.Series) -> dict[str, int]:
    least = MINIMAL_IMPORTANT_CHANGE.get(name)
    if least is None:
        return {}
    return {
        "n_events": int((change <= -least).sum()),
        "n_worse": int((change >= least).sum()),
        "n_low_at_baseline": int((before < least).sum()),
    }


def _caution(frame: pd.DataFrame, placed: pd.DataFrame) -> tuple[str, ...]:
    changes = frame[frame["measure"].eq("mean_change")]
    few = changes["n_patients"].lt(MIN_PATIENTS_FOR_CLAIM).any()
    counts = pd.to_numeric(changes["n_low_at_baseline"]).dropna()
    low = int(counts.max()) if len(counts) else 0
    said = [
        f"Some changes rest on fewer than {MIN_PATIENTS_FOR_CLAIM} patients" if few else "",
        f"{low} patients scored too low before treatment to improve by the minimal important change"
        if low
        else "",
        *_compare_followed(placed),
    ]
    return tuple(text for text in said if text)


def _compare_followed(placed: pd.DataFrame) -> Iterator[str]:
    """Say how those without a later answer scored before treatment: they may differ."""
    later = placed[placed["months"].ne(BASELINE_MONTH)]
    before = placed[placed["months"].eq(BASELINE_MONTH)]
    for name, rows in before.groupby("instrument", sort=False):
        patients = later.loc[later["instrument"].eq(name), "patient_id"]
        is_followed = rows["patient_id"].isin(patients)
        n_lost = int((~is_followed).sum())
        if not n_lost:
            continue
        lost, kept = (float(rows.loc[mask, "value"].mean()) for mask in (~is_followed, is_followed))
        beside = "" if np.isnan(kept) else f", against {kept:.1f} in those who did"
        yield (
            f"{n_lost} of {len(rows)} patients with a first {_short(str(name))} score never "
            f"answered again; before treatment they scored {lost:.1f} on average{beside}"
        )


def _short(name: str) -> str:
    return {"pain_nrs": "pain", "odi": "Oswestry", "micheli": "Micheli"}.get(name, name.upper())
