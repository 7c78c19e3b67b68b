"""The published score for union (Gamada 2024) in our own pars."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.baselines.known import keep_nonempty, select_known
from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import count_exclusion
from parsoutcomes.conventions import (
    CONF_LEVEL,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    MIN_DEFECTS_FOR_CLAIM,
    MIN_PATIENTS_FOR_CLAIM,
    N_RESAMPLES,
    SEED,
)
from parsoutcomes.errors import require_fraction
from parsoutcomes.results.base import Citation, Exclusion
from parsoutcomes.results.score import BY_SCORE, OURS, UnionScore, write_score_finding
from parsoutcomes.stats.discrimination import clustered_area, clustered_slope
from parsoutcomes.stats.proportions import clustered_interval

SERIES: Final = "Gamada 2024"
MAIN_STAGE_POINTS: Final = MappingProxyType({"pre_lysis": 0, "early": 0, "progressive": 1})
CONTRALATERAL_POINTS: Final = MappingProxyType(
    {"none": 0, "pre_lysis": 1, "early": 1, "progressive": 1, "terminal": 3}
)
SCORES: Final = (0, 1, 2, 3, 4)
_PUBLISHED_UNION: Final = 0.80
_PUBLISHED_AREA: Final = (0.855, 0.811, 0.896)
_PUBLISHED_N: Final = MappingProxyType({"n_defects": 416, "n_patients": 301})
_METHOD: Final = (
    "Score of Gamada 2024: stage of the pars (pre-lysis or early 0, progressive 1) plus stage of "
    "the opposite pars (none 0; pre-lysis, early or progressive 1; terminal 3). Union by score: "
    "clustered Wilson intervals (Clopper-Pearson on the effective n where fewer than 3 patients "
    "carry the rarer outcome). Area under the curve: Mann-Whitney, ties half, a higher score "
    "standing for no union; its limits, and those of the change per point, by Student's t on the "
    "standard deviation over {n_resamples} Bayesian-bootstrap reweightings of whole patients, on "
    "patients with the rarer outcome less 1 degrees of freedom."
)
_CAUTIONS: Final = (
    "The paper's summary gives no predicted rate per score, so predicted and observed rates cannot "
    "be set side by side: calibration is shown as the trend over scores and as overall union "
    "beside the paper's 80% of 416 pars.",
    "The area under the curve depends on the mix of stages: another mix gives another area though "
    "the score works equally well. The paper's area comes from the patients on whom the score was "
    "made.",
    "Published union is at the end of treatment; ours is at the horizon, of those whose status is "
    "known.",
)
_CITATIONS: Final = (
    Citation(
        text="Gamada H et al. Novel predictive scoring system for bone union rate after "
        "conservative management of lumbar spondylolysis. Spine 2024",
        doi="10.1097/BRS.0000000000005094",
    ),
    Citation(
        text="Rubin DB. The Bayesian bootstrap. Ann Stat 1981;9:130-134",
        doi="10.1214/aos/1176345338",
    ),
)


@public(made_by="load_records")
def predict_union_score(
    cohort: Cohort,
    *,
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> UnionScore:
    """Score our pars as Gamada 2024 do, and see whether union falls as the score rises.

    Not a forecast for one patient, and not a comparison of treatments: a score that works here
    says nothing on whether our union rates are good.

    Parameters
    ----------
    cohort : Cohort
        Any cohort. Left out and counted: pars terminal themselves, of stage or opposite stage not
        recorded, not yet due, or of unknown status.
    horizon_months, grace_months : float
        The horizon h and the grace g; complete union on CT.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        Draws and their seed.

    Returns
    -------
    UnionScore
        `frame`: `source` (ours, Gamada 2024), `measure` (union_at_score with `score` 0 to 4,
        overall_union, change_per_point as a share, area_under_curve), estimate and limits.

    Raises
    ------
    ArgumentError
        When `conf_level` is not between 0 and 1.

    Notes
    -----
    The paper prints an area of 0.855 (0.811-0.896) and overall union of 80 % in 416 pars of 301
    patients, but no rate per score.

    References
    ----------
    Gamada H et al. Spine 2024. doi:10.1097/BRS.0000000000005094

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> print(predict_union_score(build_cohort({})).finding)
    No pars can be scored of which union at the horizon is known.
    """
    require_fraction("conf_level", conf_level)
    known, exclusions = select_known(
        cohort, definition="complete", horizon_months=horizon_months, grace_months=grace_months
    )
    scores = score_pars(known["stage"], known["contralateral_stage"])
    rows = known[scores.notna()].assign(score=scores[scores.notna()].astype("int64"))
    frame = _tabulate(rows, conf_level=conf_level, n_resamples=n_resamples, seed=seed)
    few = len(rows) < MIN_DEFECTS_FOR_CLAIM or (
        rows["patient_id"].nunique() < MIN_PATIENTS_FOR_CLAIM
    )
    return UnionScore(
        title=f"Union by {horizon_months:g} months per pars, by the score of {SERIES}",
        finding=write_score_finding(frame, SERIES, is_few=few),
        method=_METHOD.format(n_resamples=n_resamples),
        unit="defect",
        definition="complete",
        frame=frame,
        exclusions=(*exclusions, *_exclude(known)),
        cautions=_CAUTIONS,
        citations=_CITATIONS,
        series=SERIES,
        is_few=few,
        horizon_months=horizon_months,
        grace_months=grace_months,
    )


def score_pars(stage: pd.Series, contralateral_stage: pd.Series) -> pd.Series:
    """Return the points of each pars; missing where one of the two stages gives none.

    Examples
    --------
    >>> score_pars(pd.Series(["early", "progressive"]), pd.Series(["none", "terminal"])).tolist()
    [0, 4]
    """
    main = stage.map(MAIN_STAGE_POINTS).astype("Int64")
    return main + contralateral_stage.map(CONTRALATERAL_POINTS).astype("Int64")


def _exclude(known: pd.DataFrame) -> tuple[Exclusion, ...]:
    terminal = known["stage"].eq("terminal")
    no_stage = ~terminal & ~known["stage"].isin(MAIN_STAGE_POINTS)
    no_opposite = ~terminal & ~no_stage & ~known["contralateral_stage"].isin(CONTRALATERAL_POINTS)
    return keep_nonempty(
        count_exclusion("Terminal pars: the score does not apply", known[terminal]),
        count_exclusion("Stage not recorded: no score", known[no_stage]),
        count_exclusion("Stage of the opposite pars not recorded: no score", known[no_opposite]),
    )


def _tabulate(
    rows: pd.DataFrame, *, conf_level: float, n_resamples: int, seed: int
) -> pd.DataFrame:
    ours = [
        *(
            {"measure": BY_SCORE, "score": score, **_rate(at, conf_level)}
            for score in SCORES
            for at in [rows[rows["score"].eq(score)]]
        ),
        {"measure": "overall_union", **_rate(rows, conf_level)},
        *_trend(rows, conf_level=conf_level, n_resamples=n_resamples, seed=seed),
    ]
    published = [
        {"measure": "overall_union", **_limits(_PUBLISHED_UNION)},
        {"measure": "area_under_curve", **_limits(*_PUBLISHED_AREA)},
    ]
    lines = [{"source": OURS, "conf_level": conf_level, **line} for line in ours]
    lines += [{"source": SERIES, "conf_level": 0.95, **line, **_PUBLISHED_N} for line in published]
    frame = pd.DataFrame(lines)
    for name in ("score", "n_patients", "n_defects", "n_events"):
        frame[name] = frame[name].astype("Int64")
    first = ["source", "measure", "score", "estimate", "conf_low", "conf_high", "conf_level"]
    return frame[[*first, "n_patients", "n_defects", "n_events"]]


def _trend(
    rows: pd.DataFrame, *, conf_level: float, n_resamples: int, seed: int
) -> list[dict[str, object]]:
    slope = area = (math.nan,) * 3
    if rows["is_united"].nunique() == 2:
        scores, patients = rows["score"], rows["patient_id"]
        united = rows["is_united"].to_numpy(dtype=np.float64)
        slope = clustered_slope(
            scores, united, patients, conf_level=conf_level, n_resamples=n_resamples, seed=seed
        )
        found = clustered_area(
            scores, 1 - united, patients, conf_level=conf_level, n_resamples=n_resamples, seed=seed
        )
        area = (found.estimate, found.conf_low, found.conf_high)
    counts = _count(rows)
    return [
        {"measure": "change_per_point", **_limits(*slope), **counts},
        {"measure": "area_under_curve", **_limits(*area), **counts},
    ]


def _rate(rows: pd.DataFrame, conf_level: float) -> dict[str, object]:
    if rows.empty:
        return {**_limits(math.nan), **_count(rows)}
    rate = clustered_interval(rows["is_united"], rows["patient_id"], conf_level=conf_level)
    return {**_limits(rate.estimate, rate.conf_low, rate.conf_high), **_count(rows)}


def _limits(
    estimate: float, conf_low: float = math.nan, conf_high: float = math.nan
) -> dict[str, object]:
    return {"estimate": estimate, "conf_low": conf_low, "conf_high": conf_high}


def _count(rows: pd.DataFrame) -> dict[str, object]:
    return {
        "n_patients": int(rows["patient_id"].nunique()),
        "n_defects": len(rows),
        "n_events": int(rows["is_united"].sum()),
    }
