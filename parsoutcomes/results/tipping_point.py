"""What the pars of unknown status could change, and the sentences it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.wording import (
    format_label,
    format_list,
    format_months,
    format_number_range,
    format_percent,
    format_percent_range,
    format_points_range,
    start_sentence,
)

ABOVE: Final = "above"
BELOW: Final = "below"
NEITHER: Final = "not distinguishable"
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
        What those of known status alone say: "above", "below", "not distinguishable".
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
    return f"{verdict} from {against}" if verdict == NEITHER else f"{verdict} {against}"


def write_one_group(  # noqa: PLR0917
    frame: pd.DataFrame,
    known: tuple[int, int, float, float, float],
    verdict: str,
    against: str,
    like_known: int,
    horizon_months: float,
    unit: str,
) -> str:
    """Return how many of the unknown it takes to change a finding, in plain words.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per number of unknown that united, from 0 on.
    known : tuple
        United and known; the rate among them and its limits.
    verdict, against : str
        What the known say, and against what.
    like_known : int
        How many of the unknown would have united if they were like the known.
    horizon_months, unit
        As in `estimate_union_rates`.
    """
    n_united, n_known, *rate = known
    n_unknown = len(frame) - 1
    whom = format_label(unit) if unit == "defect" else "patients"
    opening = (
        f"{n_united} of {n_known} {whom} whose status by {format_months(horizon_months)} is known "
        f"had united, {format_percent_range(*rate)}: {write_verdict(verdict, against)}"
    )
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
    }[verdict]


def write_two_groups(
    names: tuple[str, str],
    known: tuple[tuple[int, int], tuple[int, int]],
    difference: tuple[float, float, float],
    verdict: str,
    change: str,
) -> str:
    """Return the difference of two groups among the known, and what it takes to change it.

    Examples
    --------
    >>> write_two_groups(("early", "progressive"), ((40, 50), (18, 40)), (0.35, 0.15, 0.52),
    ...                  "above", "No outcome of the unknown changes that")
    'Among pars of known status early 40 of 50 united, progressive 18 of 40: +35 points (+15 to \
+52), higher in early. No outcome of the unknown changes that'
    """
    said = write_difference_verdict(verdict, names[0])
    (united, n), (other_united, other_n) = known
    points, _, limits = format_points_range(*difference).partition(" ")
    return (
        f"Among pars of known status {format_label(names[0])} {united} of {n} united, "
        f"{format_label(names[1])} {other_united} of {other_n}: {points} points {limits}, {said}. "
        f"{change}"
    )


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
