"""Parametric models of time to union, as finished results."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result


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
        unite; `time_ratio`), ...; no row of the first two where `is_plateau` is false.
    is_plateau : bool
        Whether union has levelled off, so that "never" can be said.
    why : tuple of str
        Why not; empty when it can.
    plateau : pandas.DataFrame
        One row: `window_from_months, window_to_months, last_window_union, nearly_all_by_months,
        n_beyond, share_beyond`.
    curve : pandas.DataFrame
        `days, union`: the model averaged over the pars.
    """

    distribution: str
    is_plateau: bool
    why: tuple[str, ...] = ()
    plateau: pd.DataFrame = field(default_factory=pd.DataFrame)
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
