"""What union would truly be if everybody kept to a strategy of brace duration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.conventions import DAYS_PER_MONTH, MILESTONES_MONTHS
from parsoutcomes.errors import ArgumentError
from parsoutcomes.synthetic.brace_decisions import BraceDecisions
from parsoutcomes.synthetic.bracing import draw_stop_plan, stop_union
from parsoutcomes.synthetic.draws import (
    TERMINAL,
    Booleans,
    Floats,
    Integers,
    draw_patients,
    draw_union_times,
    union_probability,
)
from parsoutcomes.synthetic.follow_up import (
    draw_latent_surgery,
    draw_scan_plan,
    operate_ununited,
    united_days,
)
from parsoutcomes.synthetic.parameters import SimulationParameters
from parsoutcomes.synthetic.truth import given_union

_N_DRAWN: Final = 400_000
_N_STOPS: Final = 4_000


def true_brace_difference(
    parameters: SimulationParameters,
    months: Sequence[float] = MILESTONES_MONTHS[1:],
    *,
    seed: int | np.random.Generator,
    n_patients: int = _N_DRAWN,
    surgery_competes: bool = False,
) -> pd.DataFrame:
    """Give the true share united if everybody stopped at 3 months, and if everybody went on to 6.

    What an estimate on simulated cohorts should come to; it says nothing about real patients.

    Parameters
    ----------
    parameters : SimulationParameters
        With `brace_decisions`, whose months are the two strategies.
    months : sequence of float
        Months since fitting.
    seed : int or numpy.random.Generator
        The source of chance.
    n_patients : int
        How many to draw.
    surgery_competes : bool
        False: union if nobody were operated on. True: surgery before union prevents it.

    Returns
    -------
    pandas.DataFrame
        One row per month: `months, first, second, difference` (second less first, over pars that
        are not terminal), `standard_error` of the difference, by patients.

    Raises
    ------
    ArgumentError
        When the parameters have no brace decisions.

    Notes
    -----
    Potential outcomes: each pars has its day of union in the brace, and one indicator that says
    whether union is lost once the brace is off. Under a strategy the brace comes off at that
    strategy's decision, whatever the scans show; where union came first nothing changes.

    Examples
    --------
    >>> chosen = SimulationParameters(brace_decisions=BraceDecisions())
    >>> true_brace_difference(chosen, [12], seed=1, n_patients=500)["difference"].tolist()
    [0.0]
    """
    decisions = require_decisions(parameters)
    rng = np.random.default_rng(seed)
    patients = draw_patients(n_patients, rng=rng, parameters=parameters)
    union = draw_union_times(
        patients.stage,
        patients.patient,
        rng=rng,
        parameters=parameters,
        opposite_stage=patients.opposite_stage,
    )
    plan = draw_scan_plan(n_patients, rng, parameters)
    stops = draw_stop_plan(plan.planned, rng, parameters, decisions)
    loses = rng.random(len(patients.patient)) < decisions.stop_loss_fraction
    latent = draw_latent_surgery(n_patients, rng, parameters)
    target = patients.stage != TERMINAL
    days = []
    for which in (0, 1):
        under = stop_union(union, stops.stop_days[patients.patient, which], loses)
        surgery = operate_ununited(latent, united_days(patients, under)[1])[patients.patient]
        operated = surgery_competes & (surgery < under.union_days)
        days.append(np.where(operated, np.inf, under.union_days)[target])
    return _tabulate(days[0], days[1], patients.patient[target], months)


def _tabulate(
    first: Floats, second: Floats, patient: Integers, months: Sequence[float]
) -> pd.DataFrame:
    rows = []
    for month in months:
        by_first, by_second = (days <= month * DAYS_PER_MONTH for days in (first, second))
        gain = by_second.astype(float) - by_first
        spread = np.bincount(patient, weights=gain - gain.mean())
        rows.append(
            {
                "months": float(month),
                "first": float(by_first.mean()),
                "second": float(by_second.mean()),
                "difference": float(gain.mean()),
                "standard_error": float(np.sqrt((spread**2).sum())) / len(gain),
            }
        )
    return pd.DataFrame(rows)


def strategy_probabilities(
    parameters: SimulationParameters,
    stage: Integers,
    opposite_is_terminal: Booleans,
    months: Sequence[float],
) -> dict[str, Floats]:
    """Return each pars' true probability of union by either strategy, if nobody is operated on.

    Parameters
    ----------
    parameters : SimulationParameters
        With `brace_decisions`.
    stage : array of int
        Position in `STAGES` of each pars.
    opposite_is_terminal : array of bool
        Of each pars.
    months : sequence of float
        Months since fitting.

    Returns
    -------
    dict of str to array
        `probability_if_3_by_12_months` and so on.

    Notes
    -----
    P(T <= t) less the fraction lost of P(s < T <= t), averaged over 4,000 fixed draws of the day s
    on which the brace comes off.
    """
    decisions = require_decisions(parameters)
    ever = union_probability(stage, opposite_is_terminal, parameters)
    rng = np.random.default_rng(0)
    planned = draw_scan_plan(_N_STOPS, rng, parameters).planned
    stops = draw_stop_plan(planned, rng, parameters, decisions).stop_days / DAYS_PER_MONTH
    found: dict[str, Floats] = {}
    for which, strategy in enumerate(decisions.months):
        for month in months:
            lost = decisions.stop_loss_fraction * (
                given_union(parameters, np.array([month]))
                - given_union(parameters, np.minimum(stops[:, which], month))
            ).mean(axis=1)
            united = given_union(parameters, np.array([month]))[:, 0] - lost
            found[f"probability_if_{strategy:g}_by_{month:g}_months"] = ever * united[stage]
    return found


def require_decisions(parameters: SimulationParameters) -> BraceDecisions:
    """Return the brace decisions of the parameters, refusing parameters without."""
    if parameters.brace_decisions is None:
        raise ArgumentError(
            "The simulation has no decisions about the brace.",
            expected="parameters with brace_decisions",
            found="brace_decisions=None",
            fix="Use SimulationParameters(brace_decisions=BraceDecisions()).",
        )
    return parameters.brace_decisions
