"""What the pars of unknown status could change, and the sentences it comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from parsoutcomes.conventions import MIN_DEFECTS_FOR_CLAIM, MIN_PATIENTS_FOR_CLAIM
from parsoutcomes.results.base import Result
from parsoutcomes.wording import (
    format_label,
    format_list,
    format_number_range,
    format_percent,
    format_percent_range,
    format_points_range,
    start_sentence,
)

ABOVE: Final = "above"
BELOW: Final = "below"
NEITHER: Final = "not distinguishable"
TOO_FEW: Final = "too few for a claim"
THRESHOLD: Final = "threshold"
REFERENCE: Final = "reference"
DIFFERENCE: Final = "difference"
MEASURES: Final = {
    THRESHOLD: "union",
    REFERENCE: "observed_over_expected",
    DIFFERENCE: "difference",
}


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class TippingPoint(Result):
    """What would have been found for every outcome of those of unknown status.

    Attributes
    ----------
    question : str
        "threshold", "reference" or "difference".
    compared_with : float
        The threshold, the expected rate, or 0 for a difference.
    groups : tuple of str
        The two groups of a difference, the first less the second; empty otherwise.
    by : str or None
        What they are groups of.
    verdict : str
        What those of known status alone say: "above", "below", "not distinguishable"; "too few
        for a claim" under 10 pars or 5 patients, whatever the interval.
    known : pandas.DataFrame
        Those of known status, one row per group: `n_united, n_units, n_defects, n_patients,
        estimate, conf_low, conf_high`.
    n_unknown : tuple of int
        Due and of unknown status, in each group.
    like_known : tuple of int
        How many of them would have united if they were like the known.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    question: str
    compared_with: float
    groups: tuple[str, ...] = ()
    by: str | None = None
    verdict: str
    known: pd.DataFrame = field(default_factory=pd.DataFrame)
    n_unknown: tuple[int, ...]
    like_known: tuple[int, ...]
    horizon_months: float
    grace_months: float
    data_lock: pd.Timestamp | None = None

    def display_frame(self) -> pd.DataFrame:
        """Return the ends, the point like the known, and where the verdict changes, as text."""
        shown = select_telling_rows(self.frame, self.like_known)
        counts = _count_columns(shown)
        heads = ["unknown united"] if len(counts) == 1 else list(self.groups)
        written = [
            write_value(self.question, *values)
            for values in shown[["estimate", "conf_low", "conf_high"]].itertuples(index=False)
        ]
        return pd.DataFrame(
            {
                **{
                    head: [f"{n} of {of}" for n in shown[name]]
                    for head, name, of in zip(heads, counts, self.n_unknown, strict=True)
                },
                format_label(MEASURES[self.question]): written,
                "verdict": shown["verdict"].tolist(),
            }
        )


def _count_columns(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name in frame.columns if str(name).startswith("n_unknown_united")]


def write_tipping_title(unit: str) -> str:
    """Return the title of a table of what the unknown could change.

    Examples
    --------
    >>> write_tipping_title("defect")
    'What those of unknown status could change, per pars'
    """
    return f"What those of unknown status could change, per {format_label(unit)}"


def select_telling_rows(frame: pd.DataFrame, like_known: tuple[int, ...]) -> pd.DataFrame:
    """Keep the ends, the point like the known, and both sides of each change of verdict.

    Examples
    --------
    >>> frame = pd.DataFrame({"n_unknown_united": range(5), "verdict": ["a", "a", "a", "b", "b"]})
    >>> select_telling_rows(frame, (1,))["n_unknown_united"].tolist()
    [0, 1, 2, 3, 4]
    """
    counts = _count_columns(frame)
    if len(counts) == 1:
        changes = frame["verdict"].ne(frame["verdict"].shift())
        before = frame["verdict"].ne(frame["verdict"].shift(-1))
        return frame[changes | before | frame[counts[0]].eq(like_known[0])]
    corner = pd.concat(
        [frame[name].isin([frame[name].min(), frame[name].max()]) for name in counts], axis=1
    )
    like = pd.concat(
        [frame[name].eq(n) for name, n in zip(counts, like_known, strict=True)], axis=1
    )
    return frame[corner.all(axis=1) | like.all(axis=1) | frame["is_nearest_change"]]


def write_value(question: str, estimate: float, conf_low: float, conf_high: float) -> str:
    """Return a rate, a ratio or a difference with its limits.

    Examples
    --------
    >>> write_value("difference", 0.2, 0.05, 0.3), write_value("reference", 1.1, 0.9, 1.3)
    ('+20 (+5 to +30)', '1.10 (0.90 to 1.30)')
    """
    write = {
        THRESHOLD: format_percent_range,
        REFERENCE: format_number_range,
        DIFFERENCE: format_points_range,
    }[question]
    return write(estimate, conf_low, conf_high)


def write_against(question: str, compared_with: float) -> str:
    """Return what a verdict is against.

    Examples
    --------
    >>> write_against("threshold", 0.6), write_against("reference", 0.7)
    ('60%', 'the expected 70%')
    """
    if question == THRESHOLD:
        return format_percent(compared_with)
    return f"the expected {format_percent(compared_with)}"


def write_verdict(verdict: str, against: str) -> str:
    """Return a verdict as part of a sentence.

    Examples
    --------
    >>> write_verdict("not distinguishable", "60%"), write_verdict("above", "60%")
    ('not distinguishable from 60%', 'above 60%')
    """
    if verdict == TOO_FEW:
        return write_too_few()
    return f"{verdict} from {against}" if verdict == NEITHER else f"{verdict} {against}"


def write_too_few() -> str:
    """Return why there is no verdict.

    Examples
    --------
    >>> write_too_few()
    'too few of known status for a claim (under 10 pars or 5 patients)'
    """
    return (
        f"too few of known status for a claim (under {MIN_DEFECTS_FOR_CLAIM} pars or "
        f"{MIN_PATIENTS_FOR_CLAIM} patients)"
    )


@dataclass(frozen=True, kw_only=True)
class Known:
    """Who is of known status in one group, and how many of them had united.

    Attributes
    ----------
    n_united, n_units, n_defects, n_patients : int
        Units are pars, or patients.
    estimate, conf_low, conf_high : float
        The share that had united.
    """

    n_united: int
    n_units: int
    n_defects: int
    n_patients: int
    estimate: float
    conf_low: float
    conf_high: float

    @property
    def is_few(self) -> bool:
        """Whether they are too few for a claim."""
        return self.n_defects < MIN_DEFECTS_FOR_CLAIM or self.n_patients < MIN_PATIENTS_FOR_CLAIM

    @property
    def limits(self) -> tuple[float, float, float]:
        """The share with its limits."""
        return self.estimate, self.conf_low, self.conf_high


def write_whom(unit: str, definition: str, when: str) -> tuple[str, str]:
    """Return who is counted and what had become of them.

    Examples
    --------
    >>> write_whom("patient", "complete", "by 7 months (6 months and a grace of 1 month)")
    ('patients of known status by 7 months (6 months and a grace of 1 month)', \
'had reached complete union in all target pars')
    """
    whom = "target pars" if unit == "defect" else "patients"
    reached = "" if unit == "defect" else " in all target pars"
    return (
        f"{whom} of known status {when}",
        f"had reached {format_label(definition)}{reached}",
    )


def write_one_group(  # noqa: PLR0917
    frame: pd.DataFrame,
    known: Known,
    verdict: str,
    against: str,
    like_known: int,
    words: tuple[str, str],
) -> str:
    """Return how many of the unknown it takes to change a finding, in plain words.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per number of unknown that united, from 0 on.
    known : Known
        Those of known status.
    verdict, against : str
        What the known say, and against what.
    like_known : int
        How many of the unknown would have united if they were like the known.
    words : tuple of str
        Of `write_whom`.
    """
    n_unknown, (whom, reached) = len(frame) - 1, words
    opening = (
        f"{known.n_united} of {known.n_units} {whom} {reached}, "
        f"{format_percent_range(*known.limits)}: {write_verdict(verdict, against)}"
    )
    if known.is_few:
        return opening if not n_unknown else f"{opening}; {n_unknown} are of unknown status"
    if not n_unknown:
        return f"{opening}; nobody's status is unknown, so nothing can tip it"
    like = f"if the {n_unknown} unknown were like the known, {like_known} had"
    return f"{opening}. {_write_holding(frame, verdict, against, n_unknown)}; {like}"


def _write_holding(frame: pd.DataFrame, verdict: str, against: str, n_unknown: int) -> str:
    holds = frame.loc[frame["verdict"].eq(verdict), "n_unknown_united"]
    stays = f"union stays {write_verdict(verdict, against)}"
    if len(holds) == len(frame):
        return f"However the {n_unknown} of unknown status turned out, {stays}"
    if holds.empty:
        other = frame["verdict"].unique().tolist()
        said = " or ".join(write_verdict(one, against) for one in other)
        return f"Counting the {n_unknown} of unknown status, however they turned out, it is {said}"
    low, high = int(holds.min()), int(holds.max())
    if high == n_unknown:
        n_failed = n_unknown - low + 1
        return (
            f"{start_sentence(stays)} as long as at least {low} of {n_unknown} of unknown status "
            f"had united ({format_percent(low / n_unknown)}); {n_failed} or more not united would "
            "change it"
        )
    if low == 0:
        return (
            f"{start_sentence(stays)} as long as at most {high} of {n_unknown} of unknown status "
            f"had united ({format_percent(high / n_unknown)}); {high + 1} or more would change it"
        )
    return (
        f"{start_sentence(stays)} as long as {low} to {high} of {n_unknown} of unknown status had "
        "united; fewer or more would change it"
    )


def write_difference_verdict(verdict: str, first: str) -> str:
    """Return a verdict on the difference of two groups as part of a sentence.

    Examples
    --------
    >>> write_difference_verdict("above", "early")
    'higher in early'
    """
    return {
        ABOVE: f"higher in {format_label(first)}",
        BELOW: f"lower in {format_label(first)}",
        NEITHER: "no difference that can be told",
        TOO_FEW: write_too_few(),
    }[verdict]


def write_two_groups(  # noqa: PLR0917
    names: tuple[str, str],
    known: tuple[Known, Known],
    difference: tuple[float, float, float],
    verdict: str,
    change: str,
    words: tuple[str, str],
) -> str:
    """Return the difference of two groups among the known, and what it takes to change it.

    Examples
    --------
    >>> early = Known(n_united=40, n_units=50, n_defects=50, n_patients=45, estimate=0.8,
    ...               conf_low=0.67, conf_high=0.89)
    >>> late = Known(n_united=18, n_units=40, n_defects=40, n_patients=38, estimate=0.45,
    ...              conf_low=0.3, conf_high=0.61)
    >>> write_two_groups(("early", "progressive"), (early, late), (0.35, 0.15, 0.52), "above",
    ...     "No outcome of the unknown changes that", ("target pars", "had united"))
    'Among target pars, early 40 of 50 and progressive 18 of 40 had united: +35 points (+15 to \
+52), higher in early. No outcome of the unknown changes that'
    """
    said = write_difference_verdict(verdict, names[0])
    counts = [
        f"{format_label(name)} {one.n_united} of {one.n_units}"
        for name, one in zip(names, known, strict=True)
    ]
    points, _, limits = format_points_range(*difference).partition(" ")
    opening = (
        f"Among {words[0]}, {format_list(counts)} {words[1]}: {points} points {limits}, {said}"
    )
    return opening if verdict == TOO_FEW else f"{opening}. {change}"


def write_change(
    n_unknown: tuple[int, int],
    like_known: tuple[int, int],
    nearest: tuple[int, int] | None,
    names: tuple[str, str],
) -> str:
    """Return which outcome of the unknown, nearest to that of the known, changes the finding.

    Examples
    --------
    >>> write_change((6, 8), (5, 4), (2, 6), ("early", "progressive"))
    'To change that, at least 5 of 14 of unknown status must have turned out otherwise than the \
known: for instance early 2 of 6 united in place of 5 and progressive 6 of 8 united in place of 4'
    """
    total = sum(n_unknown)
    if not total:
        return "Nobody's status is unknown, so nothing can tip it"
    if nearest is None:
        return f"However the {total} of unknown status turned out, that stays"
    moved = sum(abs(n - like) for n, like in zip(nearest, like_known, strict=True))
    if not moved:
        return (
            f"Counting the {total} of unknown status as if they were like the known already "
            "changes it"
        )
    others = format_list(
        [
            f"{format_label(name)} {n} of {of} united in place of {like}"
            for name, n, of, like in zip(names, nearest, n_unknown, like_known, strict=True)
            if n != like
        ]
    )
    return (
        f"To change that, at least {moved} of {total:,} of unknown status must have turned out "
        f"otherwise than the known: for instance {others}"
    )
