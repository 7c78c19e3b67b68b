"""Parametric models of time to union, as finished results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rates import write_denominator
from parsoutcomes.wording import (
    format_group,
    format_label,
    format_list,
    format_number_range,
    format_percent_interval,
)

_DISTRIBUTIONS: Final = {
    "weibull": "Weibull",
    "lognormal": "log-normal",
    "loglogistic": "log-logistic",
}


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class UnionAft(Result):
    """By what factor predictors stretch or shorten the time to union.

    Attributes
    ----------
    distribution : str
        Of time to union. `frame`: `term, level, reference, measure` (`time_ratio`, above 1 =
        slower; `median_months` of each level), `estimate, conf_low, conf_high, ..., p_value`.
    interval_why : str
        How limits are made and why, in words.
    fits : pandas.DataFrame
        `distribution, log_likelihood, aic, is_reported` of all distributions tried.
    curve : pandas.DataFrame
        `distribution, days, union`: the reported model averaged over the pars.
    """

    distribution: str
    interval_why: str = ""
    fits: pd.DataFrame = field(default_factory=pd.DataFrame)
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class UnionCure(Result):
    """What share unites in the end, where follow-up is long enough to say so.

    Attributes
    ----------
    distribution : str
        Of time among those who unite. `frame`: `term, level, reference, measure`
        (`eventual_union`, a proportion; `eventual_odds_ratio`; `median_months` among those who
        unite; `time_ratio`), ...; empty where `is_plateau` is false, since all of them rest on it.
    is_plateau : bool
        Whether union has levelled off, so that "never" can be said.
    why : tuple of str
        Why not; empty when it can.
    plateau : pandas.DataFrame
        One row: `window_from_months, window_to_months, last_window_union, nearly_all_by_months,
        n_beyond, share_beyond`.
    curve : pandas.DataFrame
        `days, union`: the model averaged over the pars; empty where it is refused.
    boxes : pandas.DataFrame
        `left_days, right_days, union_before, union_after`: what the scans tell of the same pars
        without a model (nonparametric, surgery as end of follow-up); given also when refused.
    """

    distribution: str
    is_plateau: bool
    why: tuple[str, ...] = ()
    plateau: pd.DataFrame = field(default_factory=pd.DataFrame)
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    boxes: pd.DataFrame = field(default_factory=pd.DataFrame)


def name_distribution(distribution: str) -> str:
    """Return a distribution of times as it is written.

    Examples
    --------
    >>> name_distribution("weibull"), name_distribution("lognormal")
    ('Weibull', 'log-normal')
    """
    return _DISTRIBUTIONS[distribution]


def write_aft_title(definition: str, distribution: str) -> str:
    """Return the title of a model of times.

    Examples
    --------
    >>> write_aft_title("complete", "weibull")
    'Time to complete union per pars: factors of a Weibull model'
    """
    model = _DISTRIBUTIONS[distribution]
    return f"Time to {format_label(definition)} per pars: factors of a {model} model"


def write_cure_title(definition: str, distribution: str) -> str:
    """Return the title of a model of eventual union.

    Examples
    --------
    >>> write_cure_title("complete", "lognormal")
    'Share with complete union in the end, per pars (log-normal model)'
    """
    model = _DISTRIBUTIONS[distribution]
    return f"Share with {format_label(definition)} in the end, per pars ({model} model)"


def write_aft_finding(frame: pd.DataFrame, *, definition: str) -> str:
    """Return by what factors times differ, as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `UnionAft`.
    definition : str
        As in `fit_union_aft`.
    """
    whom = write_denominator(frame.iloc[0], "defect")
    ratios = frame[frame["measure"].eq("time_ratio")]
    level = f"{100 * float(frame['conf_level'].iloc[0]):g}% intervals"
    if ratios.empty:
        row = frame[frame["measure"].eq("median_months")].iloc[0]
        return (
            f"If all unite in the end, half of {whom} reach {format_label(definition)} by "
            f"{_range(row)} months ({level})."
        )
    parts = [_write_ratio(row) for _, row in ratios.iterrows()]
    return (
        f"Among {whom}, if all unite in the end, the time to {format_label(definition)} is, as a "
        f"multiple ({level}): {format_list(parts)}."
    )


def write_cure_finding(
    frame: pd.DataFrame, why: tuple[str, ...], *, definition: str, n_defects: int
) -> str:
    """Return the share that unites in the end, or why it cannot be said, as one sentence.

    Parameters
    ----------
    frame : pandas.DataFrame
        That of `UnionCure`.
    why : tuple of str
        Why there is no plateau; empty when there is one.
    definition : str
        As in `fit_union_cure`.
    n_defects : int
        In the model.
    """
    if why:
        return (
            f"Which share of {n_defects} pars never reaches {format_label(definition)} cannot be "
            f"said yet. {' '.join(why)}"
        )
    rows = frame[frame["measure"].eq("eventual_union")]
    parts = [
        (f"{format_group(row['term'], row['level'])} " if row["term"] else "")
        + format_percent_interval(
            row["estimate"], row["conf_low"], row["conf_high"], row["conf_level"]
        )
        for _, row in rows.iterrows()
    ]
    whom = write_denominator(rows.iloc[0], "defect")
    return f"Of {whom}, {format_label(definition)} is reached in the end by {format_list(parts)}."


def _write_ratio(row: pd.Series) -> str:
    if row["reference"] == "one less":
        return f"{format_label(row['term'])} {row['level']} {_range(row)}"
    name = format_group(row["term"], row["level"])
    return f"{name} against {format_group(row['term'], row['reference'])} {_range(row)}"


def _range(row: pd.Series) -> str:
    return format_number_range(row["estimate"], row["conf_low"], row["conf_high"])
