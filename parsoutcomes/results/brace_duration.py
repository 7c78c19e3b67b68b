"""Union under two strategies of brace duration, as a finished result."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.brace_contrasts import (
    CONTRASTS,
    RECEIVED,
    BraceContrasts,
    write_received_bias,
)
from parsoutcomes.wording import (
    format_label,
    format_list,
    format_months,
    format_number,
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
        Strategy, `months, estimate, estimate_low, estimate_high, conf_low, conf_high,
        conf_level`: share united at the planned visits; no estimate where the scans leave it open.
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
    contrasts : BraceContrasts or None
        The same question by other contrasts: by months received (biased), from a landmark, by
        months prescribed at fitting. None when they were not asked for.
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
    contrasts: BraceContrasts | None = None

    def difference_at(self, months: float) -> pd.Series:
        """Return the row of the frame with the risk difference at a milestone."""
        chosen = self.frame["measure"].eq(DIFFERENCE_MEASURE) & self.frame["months"].eq(months)
        return self.frame[chosen].iloc[0]

    def notes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the notes of every result, and after the method the other contrasts."""
        if self.contrasts is None:
            return super().notes()
        beside = ("Beside it", write_beside(self.contrasts, self))
        trust = ("Weights", write_weights(self.weights, self.arms))
        first, *others = super().notes()
        return (first, trust, beside, *others)


def write_weights(weights: pd.DataFrame, arms: pd.DataFrame) -> tuple[str, ...]:
    """Return in words how far weights spread, and what they leave of each strategy's pars."""
    at = weights.set_index(["strategy", "weighting"])
    return tuple(
        f"{row['strategy']}: {row['n_followed']} pars in {row['n_patients_followed']} patients "
        f"followed it; weights from {_weight(at, row, 'raw', 'smallest')} to "
        f"{_weight(at, row, 'raw', 'largest')}, cut at {_weight(at, row, 'cut', 'largest')}; they "
        f"are worth {_weight(at, row, 'cut', 'effective_n')} pars of equal weight"
        for row in arms.to_dict("records")
    )


def _weight(at: pd.DataFrame, row: Mapping[Hashable, Any], weighting: str, column: str) -> str:
    return format_number(float(at[column].to_dict()[row["strategy"], weighting]))


def write_beside(contrasts: BraceContrasts, result: BraceDurations) -> tuple[str, ...]:
    """Return the other contrasts at the last milestone, and how far the biased one is off."""
    last = find_last_given(result.frame)
    lines = []
    for name in CONTRASTS:
        row = contrasts.difference_at(name, last)
        limits = [float(row[column]) for column in ("estimate", "conf_low", "conf_high")]
        label = f"{name} (biased)" if name == RECEIVED else name
        given = f"{format_points_range(*limits)} per 100"
        told = given if math.isfinite(limits[0]) else "not estimable"
        lines.append(f"{label}, by {format_months(last)}: {told}")
    received = float(contrasts.difference_at(RECEIVED, last)["estimate"])
    weighted = float(result.difference_at(last)["estimate"])
    return (*lines, write_received_bias(received, weighted, last).removesuffix("."))


def name_strategies(months: tuple[float, float]) -> tuple[str, str]:
    """Return what the two strategies are called.

    Examples
    --------
    >>> name_strategies((3.0, 6.0))
    ('stop at 3 months', 'go on to 6 months')
    """
    return f"stop at {format_months(months[0])}", f"go on to {format_months(months[1])}"


def find_last_given(frame: pd.DataFrame) -> float:
    """Return the last milestone at which a difference is given; failing that, the last."""
    contrasts = frame[frame["measure"].eq(DIFFERENCE_MEASURE)]
    given = contrasts[contrasts["estimate"].notna()]
    return float((contrasts if given.empty else given)["months"].max())


def write_duration_title(months: tuple[float, float], definition: str) -> str:
    """Return the title of a comparison of brace durations."""
    first, second = name_strategies(months)
    return f'{format_label(definition).capitalize()} per pars: "{second}" against "{first}"'


def write_duration_finding(frame: pd.DataFrame, months: tuple[float, float]) -> str:
    """Return the contrast at the last milestone that has one as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `BraceDurations`.
    months : tuple of float
        The two strategies.
    """
    contrasts = frame[frame["measure"].eq(DIFFERENCE_MEASURE)]
    given = contrasts[contrasts["estimate"].notna()]
    if given.empty:
        return (
            "The scans leave open how many would unite under one of the two strategies, so that no "
            "difference can be given."
        )
    difference = given.iloc[-1]
    month, (first, second) = float(difference["months"]), name_strategies(months)
    at = frame[frame["months"].eq(month) & frame["measure"].eq(UNION_MEASURE)]
    risks = at.set_index("strategy")["estimate"]
    n_open = len(contrasts) - len(given)
    later = " (later, the scans leave it open)" if n_open else ""
    low, high = float(difference["conf_low"]), float(difference["conf_high"])
    points = format_points_range(float(difference["estimate"]), low, high)
    level = 100 * float(difference["conf_level"])
    return (
        f"Had all been braced as by one strategy, {format_percent(risks[second])} of pars would "
        f'have united by {format_months(month)} under "{second}" and '
        f'{format_percent(risks[first])} under "{first}": a difference of {points} per 100 '
        f"({level:g}% interval), {_judge(low, high)}{later}."
    )


def write_duration_headline(frame: pd.DataFrame, months: tuple[float, float]) -> str:
    """Return the contrast at the last milestone that has one, short enough for a figure's title.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `BraceDurations`.
    months : tuple of float
        The two strategies.
    """
    last = find_last_given(frame)
    at = frame[frame["months"].eq(last) & frame["measure"].eq(DIFFERENCE_MEASURE)].iloc[0]
    if not math.isfinite(float(at["estimate"])):
        return write_duration_finding(frame, months)
    low, high = float(at["conf_low"]), float(at["conf_high"])
    points = format_points_range(float(at["estimate"]), low, high)
    short, long = (format_months(month) for month in months)
    return (
        f"Brace for {long} instead of {short}: {points} united per 100 pars by "
        f"{format_months(last)}, {_judge(low, high)}"
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
