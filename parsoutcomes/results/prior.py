"""What published series lead one to expect, our own rate in that light, and the sentence on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import index_measures
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_p_value,
    format_percent,
    format_percent_interval,
)

MAIN = "main"
WIDER = "wider spread"
FLAT = "no borrowing"


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class UnionPrior(Result):
    """Union by stage as published series lead one to expect it, and ours in that light.

    Attributes
    ----------
    series : pandas.DataFrame
        `stage, study_id, series, cohort_group, n_united, n, design_effect`: the published counts.
    own : pandas.DataFrame
        `stage, n_defects, n_patients, n_events, effective_n`: our pars of known status.
    curves : pandas.DataFrame
        `stage, curve` (prior, likelihood, posterior), `rate, density`, for the figure.
    strata : tuple of str
        The stages, in order.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    """

    series: pd.DataFrame = field(default_factory=pd.DataFrame)
    own: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    strata: tuple[str, ...] = ()
    horizon_months: float
    grace_months: float


def write_prior_finding(frame: pd.DataFrame, strata: tuple[str, ...], few: tuple[str, ...]) -> str:
    """Return the chances of exceeding a new series by stage, or the prior where we have nobody.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows of a `UnionPrior`.
    strata : tuple of str
        The stages.
    few : tuple of str
        Stages in which our own pars are too few for a claim.
    """
    parts: list[str] = []
    expected: list[str] = []
    for stage in strata:
        rows = index_measures(frame[frame["stage"].eq(stage) & frame["role"].eq(MAIN)])
        chance, new = rows["probability_above_new_series"], rows["new_series_rate"]
        if not math.isnan(float(new["estimate"])):
            names = ("estimate", "conf_low", "conf_high", "conf_level")
            estimate, low, high, level = (float(new[name]) for name in names)
            interval = format_percent_interval(estimate, low, high, level)
            expected.append(f"{interval} of {format_label(stage)} pars")
        if not math.isnan(float(chance["estimate"])) and stage not in few:
            share = format_percent(float(chance["estimate"]))
            parts.append(f"{share} for {format_label(stage)} pars")
    sentences = []
    if parts:
        sentences.append(
            "The chance that our union rate exceeds that of a new series of the published kind is "
            f"{format_list(parts)}."
        )
    if expected:
        sentences.append(f"A new series would be expected to unite {format_list(expected)}.")
    if few:
        stages = format_list([format_label(stage) for stage in few])
        sentences.append(f"Our own {stages} pars are too few for a claim.")
    return " ".join(sentences) or "No series counts union for these stages, and neither do we."


def write_conflict(stage: str, p_value: float, flat_weight: float) -> str:
    """Return the caution that our count and the published series contradict each other."""
    weight = format_percent(flat_weight)
    return (
        f"Our {format_label(stage)} pars and the published series contradict each other (prior "
        f"predictive {_write_p(p_value)}): the flat part of the prior now carries {weight} of the "
        "weight, and our rate is hardly drawn towards theirs."
    )


def _write_p(p_value: float) -> str:
    text = format_p_value(p_value)
    return text if text.startswith("p") else f"p {text}"


def write_support(stage: str, n_series: int) -> str:
    """Return the caution on how few series the prior of a stage rests on."""
    if n_series == 0:
        return (
            f"No series with counts per pars is known for {format_label(stage)} pars: nothing is "
            "borrowed, and no new series can be described."
        )
    series = format_count(n_series, "series", "series")
    return (
        f"The prior for {format_label(stage)} pars rests on {series}: most of the spread between "
        "series is assumed, not seen."
    )
