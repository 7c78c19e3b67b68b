"""Questionnaires before and after brace treatment, as a finished result."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from parsoutcomes.conventions import HIGHER_IS_BETTER, MINIMAL_IMPORTANT_CHANGE
from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_months,
    format_number_range,
    start_sentence,
)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Scores(Result):
    """Scores before treatment and at each planned visit, per patient.

    Attributes
    ----------
    instruments : tuple of str
        Questionnaires, the most often answered first. `frame` has a row per instrument, month
        and measure: `mean` (of all who answered then; month 0 is before treatment), `mean_change`
        (later minus before, of those who answered both), `important_change` (share of those that
        improved by at least the minimal important change). `n_patients` is the denominator,
        `n_events` those that improved so much, `n_worse` those that worsened so much, and
        `n_low_at_baseline` those that could not improve so much.
    """

    instruments: tuple[str, ...] = ()


def is_improvement(instrument: str, change: float) -> bool:
    """Whether a change of a score is for the better.

    Examples
    --------
    >>> is_improvement("pain_nrs", -2.0), is_improvement("srs22r", -2.0)
    (True, False)
    """
    return change > 0 if instrument in HIGHER_IS_BETTER else change < 0


def write_scores_finding(frame: pd.DataFrame) -> str:
    """Return the change of each instrument at the visit that most answered, as sentences.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `Scores`.
    """
    changes = frame[frame["measure"].eq("mean_change")]
    if changes.empty:
        return "No patient answered the same questionnaire before treatment and later."
    order = changes.sort_values("n_patients", ascending=False, kind="stable")
    chosen = order.drop_duplicates("instrument")
    return " ".join(_write_change(row, _before(frame, row)) for row in list_rows(chosen))


def _before(frame: pd.DataFrame, row: Row) -> int:
    at = frame["measure"].eq("mean") & frame["months"].eq(0)
    return int(frame.loc[at & frame["instrument"].eq(row["instrument"]), "n_patients"].iloc[0])


def _write_change(row: Row, n_before: int) -> str:
    instrument, change = str(row["instrument"]), float(row["estimate"])
    name, months = start_sentence(format_label(instrument)), format_months(row["months"])
    patients = f"{int(row['n_patients'])} of {format_count(n_before, 'patient', 'patients')}"
    answered = f"who answered before treatment ({patients} answered both)"
    if change == 0:
        return f"{name} was on average the same at {months} as before, in those {answered}."
    sign = 1 if change > 0 else -1
    limits = sorted((sign * float(row["conf_low"]), sign * float(row["conf_high"])))
    by = format_number_range(abs(change), *limits, decimals=1)
    verb = "rose" if change > 0 else "fell"
    sense = "an improvement" if is_improvement(instrument, change) else "a worsening"
    level = f"{100 * float(row['conf_level']):g}% interval"
    return (
        f"{name} {verb} by {by} points on average by {months} ({level}; {sense}), in those "
        f"{answered}."
    )


def write_important_change(instrument: str) -> str:
    """Return which change counts as important, or that none is agreed.

    Examples
    --------
    >>> write_important_change("pain_nrs")
    'pain (0 to 10): at least 2 points'
    >>> write_important_change("micheli")
    'Micheli function scale (0 to 100): no agreed value, so none is counted'
    """
    least = MINIMAL_IMPORTANT_CHANGE.get(instrument)
    said = "no agreed value, so none is counted" if least is None else f"at least {least:g} points"
    return f"{format_label(instrument)}: {said}"
