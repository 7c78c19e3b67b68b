"""How far the comparison of brace durations hangs on its choices, as a finished result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.brace_duration import name_strategies
from parsoutcomes.wording import (
    format_label,
    format_list,
    format_months,
    format_number,
    format_points_range,
)

PRIMARY: Final = "primary"
GRACE: Final = "grace"
TRUNCATION: Final = "weights"
LOST: Final = "lost"
CHOICES: Final = (PRIMARY, GRACE, TRUNCATION, LOST)
CHOICE_LABELS: Final = {
    PRIMARY: "As reported",
    GRACE: "Another grace about each month",
    TRUNCATION: "Weights cut elsewhere",
    LOST: "Those lost before the milestone",
}


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class VariedBraceDurations(Result):
    """The contrast of two brace durations under other choices, and its E-value.

    Attributes
    ----------
    months : tuple of float
        The two strategies.
    milestone_months : float
        When union is compared.
    e_values : pandas.DataFrame
        One row: `risk_ratio, conf_low, conf_high, conf_level, e_value, e_value_of_limit` and
        `withheld`, why there is none, else empty.
    n_lost : tuple of int
        Pars of either strategy whose status at the milestone is unknown though they were due.
    """

    months: tuple[float, float] = (3.0, 6.0)
    milestone_months: float = 12.0
    e_values: pd.DataFrame
    n_lost: tuple[int, int] = (0, 0)


def write_varied_title(months: tuple[float, float], definition: str, milestone: float) -> str:
    """Return what was varied."""
    first, second = name_strategies(months)
    union = format_label(definition)
    return (
        f'"{second}" against "{first}" under other choices: {union} by {format_months(milestone)}'
    )


def write_varied_finding(frame: pd.DataFrame, e_values: pd.DataFrame) -> str:
    """Return how far the difference moves, and how strong a confounder would undo it.

    Parameters
    ----------
    frame, e_values : pandas.DataFrame
        Those of `VariedBraceDurations`.
    """
    given = frame[frame["estimate"].notna()]
    primary = frame[frame["choice"].eq(PRIMARY)].iloc[0]
    others = given[~given["choice"].isin((PRIMARY, LOST))]["estimate"]
    lost = given[given["choice"].eq(LOST)]["estimate"]
    if given.empty or not math.isfinite(float(primary["estimate"])):
        bounds = f"; bounds for those lost {_range(lost)} per 100 pars" if len(lost) else ""
        return f"The scans leave the difference open{bounds}."
    moved = [
        f"{words} {_range(values)}"
        for words, values in (("other choices give", others), ("bounds for those lost", lost))
        if len(values)
    ]
    limits = (float(primary[name]) for name in ("estimate", "conf_low", "conf_high"))
    return (
        f"The difference is {format_points_range(*limits)} per 100 pars; {format_list(moved)}. "
        f"{write_e_value(e_values)}"
    )


def write_e_value(e_values: pd.DataFrame) -> str:
    """Return the E-value of the estimate and of its limit as a sentence."""
    row = e_values.iloc[0]
    value, limit = float(row["e_value"]), float(row["e_value_of_limit"])
    if not math.isfinite(value):
        return f"No E-value can be given, since {row['withheld']}."
    text = (
        f"A confounder left out would have to go with longer brace and with union by a risk ratio "
        f"of {format_number(value)} each to explain the estimate away"
    )
    if limit == 1:
        return f"{text}; the interval holds no difference as it is."
    return f"{text}, and of {format_number(limit)} for its limit to reach no difference."


def _range(values: pd.Series) -> str:
    low, high = float(values.min()), float(values.max())
    ends = [format_points_range(end) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def write_option(choice: str, option: object) -> str:
    """Return one option of a choice as a reader says it.

    Examples
    --------
    >>> write_option("grace", 0.5), write_option("weights", 0.95)
    ('0.5 months either side', 'cut at the 95th centile')
    """
    if choice == GRACE:
        return f"{format_months(float(str(option)))} either side"
    if choice == TRUNCATION:
        return "not cut" if option is None else f"cut at the {100 * float(str(option)):g}th centile"
    return str(option)
