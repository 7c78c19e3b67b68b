"""How many of those of unknown status it takes to change a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.whole_patient import warn_read_per_patient
from parsoutcomes.conventions import (
    CONF_LEVEL,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    Definition,
    GroupBy,
    Unit,
)
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.rates import require_options, select_read_per_patient
from parsoutcomes.models.tipping_question import (
    count_rows,
    keep_covered,
    require_question,
    require_two_groups,
)
from parsoutcomes.models.units import count_cautions, label_groups, order_groups, select_units
from parsoutcomes.results.tipping_point import (
    ABOVE,
    BELOW,
    DIFFERENCE,
    MEASURES,
    NEITHER,
    REFERENCE,
    THRESHOLD,
    TOO_FEW,
    Known,
    TippingPoint,
    write_against,
    write_change,
    write_one_group,
    write_tipping_title,
    write_two_groups,
    write_whom,
)
from parsoutcomes.results.windows import write_latest_reading
from parsoutcomes.stats.proportions import clustered_interval, wilson_interval
from parsoutcomes.stats.tipping import Outcomes, list_outcomes

_PAIR = ("n_unknown_united_first", "n_unknown_united_second")
METHOD = {
    THRESHOLD: "The share united among all due, for every number of the unknown that had united; "
    "above or below: the whole interval lies on one side. {interval}",
    REFERENCE: "Observed over expected union among all due, for every number of the unknown that "
    "had united; the reference is taken as known; above or below: the whole interval lies on one "
    "side of 1. {interval}",
    DIFFERENCE: "The difference in share united among all due, for every number of the unknown of "
    "either group that had united; limits by squaring and adding those of both groups, which takes "
    "the groups as independent, and is on the safe side where patients have pars in both. "
    "{interval}",
}
INTERVAL = (
    "Per pars Wilson's interval at the design effect of those of known status, Student's t on "
    "patients - 1, and exact limits with fewer than 3 of the rarer outcome; per patient Wilson's"
)
NOT_HEADLINE = (
    "Rests on status known or not at the horizon, as the bounds do; the headline rate, estimated "
    "from the intervals between scans, uses more of what was seen"
)


@public(made_by="load_records")
def find_tipping_point(
    cohort: Cohort,
    *,
    threshold: float | None = None,
    reference: float | Mapping[str, float] | None = None,
    by: GroupBy | None = None,
    groups: Sequence[str] | None = None,
    unit: Unit = "defect",
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    conf_level: float = CONF_LEVEL,
) -> TippingPoint:
    """Find how many of the lost would have to have failed, or united, for a finding to change.

    Ask one question at a time: is union above a `threshold`; is it above what a `reference` rate
    expects; does it differ between two groups of `by`. Not an estimate of what became of the lost.

    Parameters
    ----------
    cohort : Cohort
        Any cohort with at least one target pars due at the horizon.
    threshold : float, optional
        A rate between 0 and 1.
    reference : float or mapping of stage to float, optional
        The rate of a published series, or one for each stage; stages without one are left out.
    by : str, optional
        As in `estimate_union_rates`; with two groups, or two named by `groups`.
    groups : sequence of str, optional
        The two groups; the difference is the first less the second.
    unit, definition, horizon_months, grace_months, conf_level
        As in `estimate_union_rates`.

    Returns
    -------
    TippingPoint
        One row per number of the unknown that had united (for two groups per pair of numbers):
        `n_unknown_united` (`n_unknown_united_first`, `n_unknown_united_second`), `measure`
        (union, observed_over_expected, difference), `estimate` with limits, counts, `verdict`
        and `keeps_finding`. The first and last rows are the bounds: all unknown failed, all
        united.

    Raises
    ------
    ArgumentError
        When not exactly one question is asked, or groups are not two.
    EstimationError
        When nobody is due, or nobody's status is known.

    Notes
    -----
    The finding is that of known status alone; the count is over all due. Those not yet due are
    left out, as from every bound.

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n:02}" for n in range(30)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people})
    >>> defects = episodes.assign(defect_id=people, stage="early")
    >>> readings = defects[["defect_id", "episode_id", "patient_id"]].head(24).assign(
    ...     modality="CT", days_since_fitting=180, union_status=["complete"] * 20 + ["none"] * 4)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings))
    >>> print(find_tipping_point(cohort, threshold=0.5).finding)
    20 of 24 target pars of known status by 7 months (6 months and a grace of 1 month) had reached \
complete union, 83% (62 to 94): above 50%. Union stays above 50% as long as at least 1 of 6 of \
unknown status had united (17%); 6 or more not united would change it; if the 6 unknown were like \
the known, 5 had
    """
    require_options(horizon_months, grace_months, conf_level)
    question = require_question(threshold, reference, by)
    rows, exclusions = select_units(
        cohort,
        unit=unit,
        definition=definition,
        horizon_months=horizon_months,
        grace_months=grace_months,
    )
    due = rows["is_due"].fillna(True).astype(bool)
    if not due.all():
        exclusions += (count_rows("Not yet due at data lock", rows[~due]),)
    kept = rows[due]
    whole = select_read_per_patient(cohort, kept, unit)
    words = write_whom(unit, definition, write_latest_reading(horizon_months, grace_months))
    if question == DIFFERENCE:
        answer = _two_groups(kept, str(by), groups, unit, conf_level, words)
    else:
        value = threshold if question == THRESHOLD else reference
        kept, left_out = keep_covered(kept, value, unit)
        exclusions += left_out
        answer = _one_group(kept, question, value, unit, conf_level, words)
    return TippingPoint(
        title=write_tipping_title(unit),
        method=METHOD[question].format(interval=INTERVAL),
        unit=unit,
        definition=definition,
        exclusions=exclusions,
        cautions=(NOT_HEADLINE, *warn_read_per_patient(whole), *count_cautions(kept)),
        question=question,
        horizon_months=horizon_months,
        grace_months=grace_months,
        data_lock=cohort.data_lock,
        **answer,
    )


def _outcomes(rows: pd.DataFrame, unit: str, conf_level: float) -> Outcomes:
    known = rows["status"].ne("unknown").to_numpy()
    if not known.any():
        raise EstimationError(
            "There is no finding that could change.",
            expected="at least one whose status at the horizon is known",
            found=f"{len(rows)} due, none of known status",
            fix="Check the horizon and the dates of scans.",
        )
    united = rows["status"].eq("united").to_numpy()
    return list_outcomes(
        united,
        known,
        rows["patient_id"].to_numpy(str),
        is_per_patient=unit == "patient",
        conf_level=conf_level,
    )


def _rate_of_known(rows: pd.DataFrame, unit: str, conf_level: float) -> Known:
    known = rows[rows["status"].ne("unknown")]
    united = known["status"].eq("united").to_numpy()
    rate: Any = (
        wilson_interval(int(united.sum()), len(united), conf_level=conf_level)
        if unit == "patient"
        else clustered_interval(united, known["patient_id"].to_numpy(str), conf_level=conf_level)
    )
    return Known(
        n_united=int(united.sum()),
        n_units=len(united),
        n_defects=int(known["n_defects"].sum()),
        n_patients=int(known["patient_id"].nunique()),
        estimate=rate.estimate,
        conf_low=rate.conf_low,
        conf_high=rate.conf_high,
    )


def _one_group(  # noqa: PLR0917
    rows: pd.DataFrame,
    question: str,
    value: float | Mapping[str, float] | None,
    unit: str,
    conf_level: float,
    words: tuple[str, str],
) -> dict[str, Any]:
    found = _outcomes(rows, unit, conf_level)
    expected = float(rows["stage"].map(value).mean() if isinstance(value, Mapping) else value or 0)
    known = _rate_of_known(rows, unit, conf_level)
    verdicts = _judge(found.conf_low, found.conf_high, expected, is_few=known.is_few)
    low, high = np.array([known.conf_low]), np.array([known.conf_high])
    verdict = str(_judge(low, high, expected, is_few=known.is_few)[0])
    scale = expected if question == REFERENCE else 1.0
    frame = pd.DataFrame(
        {
            "n_unknown_united": found.n_unknown_events.astype(int),
            "share_unknown_united": found.n_unknown_events / max(found.n_unknown, 1),
            "measure": MEASURES[question],
            "estimate": found.estimate / scale,
            "conf_low": found.conf_low / scale,
            "conf_high": found.conf_high / scale,
            "conf_level": conf_level,
            "n_patients": found.n_clusters,
            "n_defects": int(rows["n_defects"].sum()),
            "n_events": found.n_events_known + found.n_unknown_events.astype(int),
            "verdict": verdicts,
            "keeps_finding": verdicts == verdict,
        }
    )
    against = write_against(question, expected)
    return {
        "finding": write_one_group(frame, known, verdict, against, found.like_known, words),
        "frame": frame,
        "compared_with": expected,
        "verdict": verdict,
        "known": pd.DataFrame([asdict(known)]),
        "n_unknown": (found.n_unknown,),
        "like_known": (found.like_known,),
    }


def _judge(low: np.ndarray, high: np.ndarray, compared_with: float, *, is_few: bool) -> np.ndarray:
    if is_few:
        return np.full(len(low), TOO_FEW)
    return np.select([low > compared_with, high < compared_with], [ABOVE, BELOW], default=NEITHER)


def _two_groups(  # noqa: PLR0917
    rows: pd.DataFrame,
    by: str,
    groups: Sequence[str] | None,
    unit: Unit,
    conf_level: float,
    words: tuple[str, str],
) -> dict[str, Any]:
    labels = label_groups(rows, by, unit)
    names = require_two_groups(order_groups(labels), groups, by)
    parts = [rows[labels.eq(name)] for name in names]
    first, second = (_outcomes(part, unit, conf_level) for part in parts)
    one, other = (_rate_of_known(part, unit, conf_level) for part in parts)
    known = _subtract(*[tuple(np.array([end]) for end in rate.limits) for rate in (one, other)])
    is_few = one.is_few or other.is_few
    verdict = str(_judge(known[1], known[2], 0.0, is_few=is_few)[0])
    frame = _cross((first, second), pd.concat(parts), verdict, conf_level)
    like, n_unknown = (first.like_known, second.like_known), (first.n_unknown, second.n_unknown)
    nearest = _nearest_change(frame, like)
    change = write_change(n_unknown, like, nearest, names)
    return {
        "finding": write_two_groups(
            names,
            (one, other),
            (float(known[0][0]), float(known[1][0]), float(known[2][0])),
            verdict,
            change,
            words,
        ),
        "frame": frame.assign(is_nearest_change=_is_at(frame, nearest)),
        "compared_with": 0.0,
        "groups": names,
        "by": by,
        "verdict": verdict,
        "known": pd.DataFrame([asdict(one), asdict(other)]),
        "n_unknown": n_unknown,
        "like_known": like,
    }


def _cross(
    groups: tuple[Outcomes, Outcomes], rows: pd.DataFrame, verdict: str, conf_level: float
) -> pd.DataFrame:
    """Return the difference for every pair of numbers of the unknown of either group."""
    grid = np.meshgrid(*[group.n_unknown_events.astype(int) for group in groups], indexing="ij")
    at = [numbers.ravel() for numbers in grid]
    estimate, low, high = _subtract(
        *[
            (group.estimate[k], group.conf_low[k], group.conf_high[k])
            for group, k in zip(groups, at, strict=True)
        ]
    )
    verdicts = _judge(low, high, 0.0, is_few=verdict == TOO_FEW)
    return pd.DataFrame(
        {
            **dict(zip(_PAIR, at, strict=True)),
            "measure": MEASURES[DIFFERENCE],
            "estimate": estimate,
            "conf_low": low,
            "conf_high": high,
            "conf_level": conf_level,
            "n_patients": int(rows["patient_id"].nunique()),
            "n_defects": int(rows["n_defects"].sum()),
            "n_events": sum(group.n_events_known for group in groups) + at[0] + at[1],
            "verdict": verdicts,
            "keeps_finding": verdicts == verdict,
        }
    )


def _subtract(first: Sequence[Any], second: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Square and add the limits of two rates (Newcombe's method 10)."""
    (rate, low, high), (other, other_low, other_high) = first, second
    difference = rate - other
    down = np.hypot(rate - low, other_high - other)
    up = np.hypot(high - rate, other - other_low)
    return difference, difference - down, difference + up


def _nearest_change(frame: pd.DataFrame, like: tuple[int, int]) -> tuple[int, int] | None:
    """Return the pair of numbers nearest to those like the known that changes the finding."""
    changed = frame[~frame["keeps_finding"]]
    if changed.empty:
        return None
    moved = sum((changed[name] - n).abs() for name, n in zip(_PAIR, like, strict=True))
    nearest = changed.iloc[int(np.argmin(np.asarray(moved)))]
    return int(nearest[_PAIR[0]]), int(nearest[_PAIR[1]])


def _is_at(frame: pd.DataFrame, place: tuple[int, int] | None) -> np.ndarray:
    if place is None:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(frame[_PAIR[0]].eq(place[0]) & frame[_PAIR[1]].eq(place[1]))
