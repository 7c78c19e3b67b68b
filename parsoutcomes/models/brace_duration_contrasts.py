"""Months received, landmark, months prescribed: what stands beside clone, censor and weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import count_exclusion
from parsoutcomes.cohort.intervals import select_usable_readings
from parsoutcomes.conventions import (
    BRACE_GRACE_MONTHS,
    BRACE_MILESTONES_MONTHS,
    BRACE_MONTHS,
    BRACE_N_RESAMPLES,
    BRACE_TERMS,
    CONF_LEVEL,
    DAYS_PER_MONTH,
    DEFINITIONS,
    MIN_DEFECTS_FOR_CLAIM,
    MIN_PATIENTS_FOR_CLAIM,
    PLANNED_VISITS_MONTHS,
    SEED,
    Definition,
)
from parsoutcomes.errors import require_choice, require_fraction
from parsoutcomes.models.brace_checks import require_milestones, require_strategies
from parsoutcomes.models.brace_clones import BraceRows, read_brace_rows
from parsoutcomes.models.brace_covariates import (
    LAST_READING,
    drop_aliased,
    require_brace_terms,
)
from parsoutcomes.models.brace_intervals import (
    SEEN_PARTIAL,
    Windows,
    describe_readings,
    place_windows,
)
from parsoutcomes.models.incidence import NARROW, UNION
from parsoutcomes.results.base import Citation
from parsoutcomes.results.brace_contrasts import (
    DIFFERENCE_MEASURE,
    LANDMARK,
    LANDMARK_ADJUSTED,
    PRESCRIBED,
    RECEIVED,
    UNION_MEASURE,
    BraceContrasts,
    name_prescribed,
    name_received,
    write_contrasts_finding,
    write_contrasts_method,
    write_contrasts_title,
)
from parsoutcomes.stats.group_curves import GroupCurves, compare_group_curves
from parsoutcomes.stats.resampling import patient_weights, percentile_interval

Floats = NDArray[np.float64]

FIRST, SECOND, DIFFERENCE = 0, 1, "difference"
NOT_KNOWN = "In the brace when last heard of, before the two groups parted"
OTHER_MONTHS = "Prescribed other months, or months not recorded"
NO_READING = "No reading by the landmark"
UNITED_BY_THEN = "Seen united by the landmark"
STOPPED_BEFORE = "Brace off before the window of the shorter duration"
LEFT_BY_THEN = "Left view or operated on in the brace by the landmark"
CITATIONS = (
    Citation(
        text="Hernan MA, Robins JM. Am J Epidemiol 2016;183:758-764.", doi="10.1093/aje/kwv254"
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Groups:
    """Two groups of pars: who is in which, who is in neither and why, and what to adjust for."""

    contrast: str
    names: tuple[str, str]
    in_second: pd.Series
    left_out: pd.Series
    design: pd.DataFrame | None = None


@dataclass(frozen=True, kw_only=True)
class _Options:
    terms: tuple[str, ...]
    milestones: Floats
    conf_level: float
    n_resamples: int
    seed: int


@public(made_by="load_records")
def contrast_brace_durations(
    cohort: Cohort,
    months: tuple[float, float] = BRACE_MONTHS,
    *,
    grace_months: float = BRACE_GRACE_MONTHS,
    definition: Definition = "complete",
    milestones_months: Sequence[float] = BRACE_MILESTONES_MONTHS,
    terms: Sequence[str] = BRACE_TERMS,
    conf_level: float = CONF_LEVEL,
    n_resamples: int = BRACE_N_RESAMPLES,
    seed: int = SEED,
) -> BraceContrasts:
    """Compare those who wore, or were prescribed, a brace for 3 months with those of 6.

    To stand beside `compare_brace_durations`, and not in its place: the contrast by months
    received is biased by design, since who is seen united early stops early.

    Parameters
    ----------
    cohort, months, grace_months, definition, milestones_months, terms
        As in `compare_brace_durations`.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        Resamples of whole patients.

    Returns
    -------
    BraceContrasts
        `to_frame()`: for each of `contrast` "months received", "landmark", "landmark, adjusted",
        "months prescribed at fitting, adjusted": `cumulative_union` of both groups and
        `risk_difference` (longer less shorter) at each milestone.

    Raises
    ------
    ArgumentError
        When an argument is not known.
    EstimationError
        When no target pars is left.

    Notes
    -----
    METHODS section 7. Groups of fewer than 5 patients or 10 pars are counted, without an estimate.
    The landmark lies at the end of the shorter duration's window; everybody in the brace then
    belongs to the longer one, however long it was worn afterwards. Weights: inverse of the
    probability of one's own group (`compare_group_curves`).

    References
    ----------
    Hernan MA, Robins JM. Am J Epidemiol 2016;183:758-764. doi:10.1093/aje/kwv254

    Examples
    --------
    >>> from parsoutcomes.synthetic.simulate import simulate_cohort
    >>> contrasts = contrast_brace_durations(simulate_cohort(200, seed=5), n_resamples=50)
    >>> contrasts.frame["contrast"].nunique()
    4
    """
    require_choice("definition", definition, DEFINITIONS)
    pair = require_strategies(months, grace_months)
    options = _Options(
        terms=require_brace_terms(terms),
        milestones=require_milestones(milestones_months),
        conf_level=require_fraction("conf_level", conf_level),
        n_resamples=n_resamples,
        seed=seed,
    )
    windows = place_windows(pair, grace_months)
    data = read_brace_rows(
        cohort,
        options.terms,
        definition=definition,
        windows=windows,
        visits_months=PLANNED_VISITS_MONTHS,
    )
    return assemble_contrasts(cohort, data, windows, definition=definition, options=options)


def assemble_contrasts(
    cohort: Cohort,
    data: BraceRows,
    windows: Windows,
    *,
    definition: Definition,
    options: _Options,
) -> BraceContrasts:
    """Form the groups of each contrast, estimate and tabulate."""
    readings = describe_readings(select_usable_readings(cohort, definition=definition), data.rows)
    landmark = _group_at_landmark(data, readings, windows)
    every = [
        _group_by_received(data.rows, windows),
        landmark,
        _adjust_landmark(landmark, data, readings, windows),
        _group_by_prescribed(data, windows),
    ]
    frame = pd.DataFrame([row for one in every for row in _rows(one, data.rows, options)])
    known = [term for term in options.terms if term not in (LAST_READING, "prescribed_months")]
    return BraceContrasts(
        title=write_contrasts_title(definition),
        finding=write_contrasts_finding(frame),
        method=write_contrasts_method(
            windows.months,
            windows.first[0] / DAYS_PER_MONTH,
            windows.first[1] / DAYS_PER_MONTH,
            known,
        ),
        unit="defect",
        definition=definition,
        frame=frame,
        exclusions=data.exclusions,
        cautions=tuple(_cautions(every, data.rows)),
        citations=CITATIONS,
        months=windows.months,
        left_out=_tabulate_left_out(every, data.rows),
    )


def _group_by_received(rows: pd.DataFrame, windows: Windows) -> _Groups:
    middle = sum(windows.months) / 2 * DAYS_PER_MONTH
    known_until = rows["stop_days"].where(np.isfinite(rows["stop_days"]), rows["seen_until_days"])
    longer = known_until >= middle
    unknown = ~longer & ~np.isfinite(rows["stop_days"])
    return _Groups(
        contrast=RECEIVED,
        names=name_received(windows.months),
        in_second=longer,
        left_out=_reasons(rows, ((unknown, NOT_KNOWN),)),
    )


def _group_by_prescribed(data: BraceRows, windows: Windows) -> _Groups:
    months = data.rows["prescribed_months"]
    design = _baseline_design(data)
    return _Groups(
        contrast=PRESCRIBED,
        names=name_prescribed(windows.months),
        in_second=months.eq(windows.months[SECOND]),
        left_out=_reasons(data.rows, ((~months.isin(windows.months), OTHER_MONTHS),)),
        design=design[[name for name in design if not str(name).startswith("prescribed_months")]],
    )


def _group_at_landmark(data: BraceRows, readings: pd.DataFrame, windows: Windows) -> _Groups:
    rows, (start, landmark) = data.rows, windows.first
    first_read = readings.groupby("episode_id")["day"].min()
    read = rows["episode_id"].map(first_read) <= landmark
    stopped = rows["stop_days"] <= landmark
    left = ~stopped & ~np.isfinite(rows["stop_days"]) & (rows["seen_until_days"] < landmark)
    return _Groups(
        contrast=LANDMARK,
        names=("brace off by then", "brace still on"),
        in_second=~stopped,
        left_out=_reasons(
            rows,
            (
                (left, LEFT_BY_THEN),
                (rows["stop_days"] < start, STOPPED_BEFORE),
                (~read, NO_READING),
                (rows["union_days"] <= landmark, UNITED_BY_THEN),
            ),
        ),
    )


def _adjust_landmark(
    groups: _Groups, data: BraceRows, readings: pd.DataFrame, windows: Windows
) -> _Groups:
    by_then = readings[readings["day"] <= windows.first[1]]
    last = by_then.drop_duplicates("episode_id", keep="last").set_index("episode_id")
    partial = data.rows["episode_id"].map(last["last_reading"]).eq(SEEN_PARTIAL)
    design = _baseline_design(data).assign(partial=partial.astype("float64"))
    return _Groups(
        contrast=LANDMARK_ADJUSTED,
        names=groups.names,
        in_second=groups.in_second,
        left_out=groups.left_out,
        design=design,
    )


def _baseline_design(data: BraceRows) -> pd.DataFrame:
    known = data.baseline.frame.reindex(data.rows["episode_id"]).set_index(data.rows.index)
    known.insert(0, "intercept", 1.0)
    return known


def _reasons(rows: pd.DataFrame, tests: tuple[tuple[pd.Series, str], ...]) -> pd.Series:
    """Give each pars the first reason that holds; missing when none does."""
    reason = pd.Series(None, index=rows.index, dtype="object")
    for holds, text in reversed(tests):
        reason[holds] = text
    return reason


def _rows(groups: _Groups, rows: pd.DataFrame, options: _Options) -> list[dict[str, object]]:
    kept = groups.left_out.isna()
    chosen, second = rows[kept], groups.in_second[kept].to_numpy()
    parts = [chosen[~second], chosen[second]]
    times = options.milestones * DAYS_PER_MONTH
    curves = None if any(map(_is_few, parts)) else _estimate(groups, chosen, second, times, options)
    found: list[dict[str, object]] = []
    for at, month in enumerate(options.milestones):
        counted = (*parts, chosen)
        labels = (*groups.names, DIFFERENCE)
        for which, (label, part) in enumerate(zip(labels, counted, strict=True)):
            seen = part["cause"].eq(UNION) & (part["right_days"] <= times[at])
            found.append(
                {
                    "contrast": groups.contrast,
                    "group": label,
                    "months": float(month),
                    "measure": DIFFERENCE_MEASURE if label == DIFFERENCE else UNION_MEASURE,
                    **_numbers(curves, which, at, options.conf_level),
                    "conf_level": options.conf_level,
                    "n_patients": int(part["patient_id"].nunique()),
                    "n_defects": len(part),
                    "n_events": int(seen.sum()),
                }
            )
    return found


def _is_few(part: pd.DataFrame) -> bool:
    return (
        len(part) < MIN_DEFECTS_FOR_CLAIM or part["patient_id"].nunique() < MIN_PATIENTS_FOR_CLAIM
    )


def _estimate(
    groups: _Groups,
    chosen: pd.DataFrame,
    second: NDArray[np.bool_],
    times: Floats,
    options: _Options,
) -> tuple[GroupCurves, GroupCurves]:
    """Return the estimate and its resamples."""
    union = chosen["right_days"].where(chosen["cause"].eq(UNION), np.inf)
    design = None if groups.design is None else drop_aliased(groups.design.loc[chosen.index])
    drawn = patient_weights(
        chosen["patient_id"].to_numpy(str), options.n_resamples, seed=options.seed
    )
    once, again = (
        compare_group_curves(
            chosen["left_days"].to_numpy(dtype=np.float64),
            union.to_numpy(dtype=np.float64),
            second.astype(np.float64),
            counts,
            times,
            design=None if design is None else design.to_numpy(dtype=np.float64),
        )
        for counts in (np.ones((1, len(chosen))), drawn)
    )
    return once, again


def _numbers(
    curves: tuple[GroupCurves, GroupCurves] | None, which: int, at: int, conf_level: float
) -> dict[str, float]:
    if curves is None:
        return dict.fromkeys(("estimate", "conf_low", "conf_high"), np.nan)
    once, _ = curves
    wide = (once.union_high - once.union_low)[0, :, at]
    is_open = wide.max() if which == len(wide) else wide[which]
    estimate, draws = (_pick(one.union, which, at) for one in curves)
    low, high = percentile_interval(draws[np.isfinite(draws)], conf_level=conf_level)
    value = np.nan if is_open > NARROW else float(estimate[0])
    return {"estimate": value, "conf_low": float(low), "conf_high": float(high)}


def _pick(union: Floats, which: int, at: int) -> Floats:
    if which < union.shape[1]:
        return union[:, which, at]
    return np.asarray(union[:, SECOND, at] - union[:, FIRST, at])


def _cautions(every: list[_Groups], rows: pd.DataFrame) -> list[str]:
    said = [
        "months received are no baseline group: who is seen united early stops early, and who "
        "wears the brace long has had to stay un-united; that contrast is here to show its bias"
    ]
    for groups in every:
        kept = groups.left_out.isna()
        parts = [rows[kept & ~groups.in_second], rows[kept & groups.in_second]]
        said += [
            f"{groups.contrast}: {len(part)} pars in {part['patient_id'].nunique()} patients "
            f"({name}), too few for an estimate"
            for part, name in zip(parts, groups.names, strict=True)
            if _is_few(part)
        ]
    return said


def _tabulate_left_out(every: list[_Groups], rows: pd.DataFrame) -> pd.DataFrame:
    found = []
    for groups in every:
        for reason in pd.unique(groups.left_out.dropna()):
            counted = count_exclusion(str(reason), rows[groups.left_out.eq(reason)])
            found.append((groups.contrast, reason, counted.n_defects, counted.n_patients))
    return pd.DataFrame(found, columns=["contrast", "reason", "n_defects", "n_patients"])
