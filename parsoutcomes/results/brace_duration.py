"""Union under two strategies of brace duration, as a finished result."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.wording import (
    format_label,
    format_list,
    format_months,
    format_percent,
    format_points_range,
)

DIFFERENCE = "difference"
UNION_MEASURE = "cumulative_union"
DIFFERENCE_MEASURE = "risk_difference"
MEAN_MEASURE = "mean_months_un_united"
MEAN_DIFFERENCE_MEASURE = "difference_mean_months_un_united"


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class BraceDurations(Result):
    """Union under "stop at 3 months" and "go on to 6", by clone, censor and weight.

    Attributes
    ----------
    months : tuple of float
        The two strategies.
    grace_months : float
        How far on either side of its month a strategy has the brace come off.
    truncation : float or None
        Centile at which weights were cut.
    terms : tuple of str
        What the models of departure were told.
    curve : pandas.DataFrame
        Strategy, `months, estimate, conf_low, conf_high`: share united at the planned visits.
    arms : pandas.DataFrame
        Strategy: clones (patients and pars), departed before and after the window, followed it,
        and of these united before it, stopped in it, left view, operated on.
    weights : pandas.DataFrame
        Strategy and `weighting` (raw, scaled, truncated): mean, smallest, largest, number cut,
        effective number of pars.
    weightings : pandas.DataFrame
        The contrast at every milestone without weights, with raw and with truncated weights.
    positivity : pandas.DataFrame
        One row per model of departure: person-intervals, departures, smallest and largest fitted
        chance, share of person-intervals and of days near 0 or 1, whether penalised.
    patterns : pandas.DataFrame
        Levels at which nobody, or everybody, departed.
    coefficients : pandas.DataFrame
        Log odds of departing: `model, column, coefficient`.
    target_trial : pandas.DataFrame
        `component, target_trial, emulation`, one row per component.
    contrasts : pandas.DataFrame
        The same question by other contrasts: by months received (biased), from a landmark, by
        months prescribed. Empty when they were not asked for.
    """

    months: tuple[float, float] = (3.0, 6.0)
    grace_months: float = 1.0
    truncation: float | None = None
    terms: tuple[str, ...] = ()
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    arms: pd.DataFrame = field(default_factory=pd.DataFrame)
    weights: pd.DataFrame = field(default_factory=pd.DataFrame)
    weightings: pd.DataFrame = field(default_factory=pd.DataFrame)
    positivity: pd.DataFrame = field(default_factory=pd.DataFrame)
    patterns: pd.DataFrame = field(default_factory=pd.DataFrame)
    coefficients: pd.DataFrame = field(default_factory=pd.DataFrame)
    target_trial: pd.DataFrame = field(default_factory=pd.DataFrame)
    contrasts: pd.DataFrame = field(default_factory=pd.DataFrame)

    def difference_at(self, months: float) -> pd.Series:
        """Return the row of the frame with the risk difference at a milestone."""
        chosen = self.frame["measure"].eq(DIFFERENCE_MEASURE) & self.frame["months"].eq(months)
        return self.frame[chosen].iloc[0]


def name_strategies(months: tuple[float, float]) -> tuple[str, str]:
    """Return what the two strategies are called.

    Examples
    --------
    >>> name_strategies((3.0, 6.0))
    ('stop at 3 months', 'go on to 6 months')
    """
    return f"stop at {format_months(months[0])}", f"go on to {format_months(months[1])}"


def write_duration_title(months: tuple[float, float], definition: str) -> str:
    """Return the title of a comparison of brace durations."""
    first, second = name_strategies(months)
    return f'{format_label(definition).capitalize()} per pars: "{second}" against "{first}"'


def write_duration_finding(frame: pd.DataFrame, months: tuple[float, float]) -> str:
    """Return the contrast at the last milestone as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `BraceDurations`.
    months : tuple of float
        The two strategies.
    """
    last = frame["months"].max()
    at = frame[frame["months"].eq(last)]
    risks = at[at["measure"].eq(UNION_MEASURE)].set_index("strategy")["estimate"]
    first, second = name_strategies(months)
    difference = at[at["measure"].eq(DIFFERENCE_MEASURE)].iloc[0]
    if not math.isfinite(float(difference["estimate"])):
        return (
            f"By {format_months(last)} the scans leave open how many would unite under one of the "
            "two strategies, so that no difference can be given."
        )
    low, high = float(difference["conf_low"]), float(difference["conf_high"])
    points = format_points_range(float(difference["estimate"]), low, high)
    level = 100 * float(difference["conf_level"])
    return (
        f"Had all been braced as by one strategy, {format_percent(risks[second])} of pars would "
        f'have united by {format_months(last)} under "{second}" and '
        f'{format_percent(risks[first])} under "{first}": a difference of {points} per 100 '
        f"({level:g}% interval), {_judge(low, high)}."
    )


def _judge(low: float, high: float) -> str:
    if low > 0:
        return "in favour of the longer brace, if the models of departure hold"
    if high < 0:
        return "in favour of the shorter brace, if the models of departure hold"
    return "which does not tell the two apart"


def list_names(names: list[str]) -> str:
    """Return names as an English list of labels."""
    return format_list([format_label(name) for name in names])
