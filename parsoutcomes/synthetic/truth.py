"""The true incidence of union, computed from the parameters rather than drawn."""

from __future__ import annotations

import numpy as np

from parsoutcomes.conventions import DEFINITIONS, STAGES, Definition
from parsoutcomes.errors import require_choice
from parsoutcomes.synthetic.draws import TERMINAL, Booleans, Floats, Integers, union_probability
from parsoutcomes.synthetic.parameters import SimulationParameters

_MONTHS_PER_YEAR = 12.0
_N_STEPS = 500


def true_cumulative_union(
    parameters: SimulationParameters,
    months: float | Floats,
    *,
    stage: str | None = None,
    definition: Definition = "complete",
    surgery_competes: bool = True,
) -> Floats:
    """Give the true share of pars united by so many months after fitting.

    What an estimate on simulated cohorts should come to; it says nothing about real patients.

    Parameters
    ----------
    parameters : SimulationParameters
        What the cohorts are drawn from.
    months : float or array of float
        Months since fitting.
    stage : str, optional
        One stage; default all pars that are not terminal, in their simulated mix.
    definition : {"complete", "partial_or_better"}
        Which readings count as union.
    surgery_competes : bool
        True: the cumulative incidence of union with surgery as a competing event. False: union
        if nobody were operated on.

    Returns
    -------
    numpy.ndarray
        One probability per element of `months`.

    Raises
    ------
    ArgumentError
        When `stage` or `definition` is not known.

    Notes
    -----
    Time is Weibull given union and independent of the latent day of surgery, so the incidence is
    the integral of the density times the probability of no surgery yet (by parts; trapezoidal
    rule in 500 steps). Scans, loss and jitter play no part.

    Examples
    --------
    >>> float(true_cumulative_union(SimulationParameters(), 12.0, stage="terminal")[0])
    0.0
    """
    require_choice("definition", definition, DEFINITIONS)
    if stage is not None:
        require_choice("stage", stage, STAGES)
    codes = np.arange(len(STAGES)) if stage is None else np.array([STAGES.index(stage)])
    shares = np.asarray(parameters.by_stage("stage_mix"))[codes]
    shares = np.where(codes == TERMINAL, 0.0, shares) if stage is None else np.ones(1)
    by_stage = [
        _stage_incidence(parameters, int(code), np.atleast_1d(months), definition, surgery_competes)
        for code in codes
    ]
    total: Floats = shares @ np.stack(by_stage) / max(float(shares.sum()), 1e-300)
    return total


def defect_incidence(
    parameters: SimulationParameters,
    stage: Integers,
    opposite_is_terminal: Booleans,
    months: float,
) -> Floats:
    """Return each pars' true probability of complete union by `months`, surgery competing."""
    by_then = np.array(
        [
            _time_incidence(parameters, code, np.array([months]), lag_months=0.0, surgery=True)[0]
            for code in range(len(STAGES))
        ]
    )
    incidence: Floats = union_probability(stage, opposite_is_terminal, parameters) * by_then[stage]
    return incidence


def given_union(parameters: SimulationParameters, months: Floats) -> Floats:
    """Return the probability of union by `months` of those that ever unite in the brace, by stage.

    Of shape (n_stages, n_months), if nobody is operated on.
    """
    return np.stack(
        [
            _time_incidence(parameters, code, months, lag_months=0.0, surgery=False)
            for code in range(len(STAGES))
        ]
    )


def _stage_incidence(
    parameters: SimulationParameters, code: int, months: Floats, definition: str, surgery: bool
) -> Floats:
    either = union_probability(np.array([code, code]), np.array([False, True]), parameters)
    terminal_share = _opposite_terminal_share(parameters, code)
    ever = (1.0 - terminal_share) * either[0] + terminal_share * either[1]
    lag_months = 0.0
    if definition == "partial_or_better":
        partial_only = 0.0 if code == TERMINAL else parameters.partial_only_fraction
        ever += (1.0 - ever) * partial_only
        lag_months = parameters.partial_lag_months
    by_then = _time_incidence(parameters, code, months, lag_months=lag_months, surgery=surgery)
    incidence: Floats = ever * by_then
    return incidence


def _opposite_terminal_share(parameters: SimulationParameters, code: int) -> float:
    in_pairs = 2 * parameters.bilateral_fraction / (1 + parameters.bilateral_fraction)
    same = parameters.same_stage_fraction
    drawn = (1.0 - same) * parameters.by_stage("stage_mix")[TERMINAL]
    return in_pairs * (drawn + (same if code == TERMINAL else 0.0))


def _time_incidence(
    parameters: SimulationParameters,
    code: int,
    months: Floats,
    *,
    lag_months: float,
    surgery: bool,
) -> Floats:
    """Incidence among those that ever unite: F(t) G(t) + rate * integral of F G up to t."""
    scale, shape = parameters.by_stage("time_scale_months")[code], parameters.time_shape

    def united_by(time_months: Floats) -> Floats:
        by_then: Floats = 1.0 - np.exp(-(((time_months + lag_months) / scale) ** shape))
        return np.where(time_months < 0, 0.0, by_then)

    if not surgery:
        return united_by(months)
    rate = parameters.surgery_per_year / _MONTHS_PER_YEAR
    exposed = np.maximum(months - parameters.surgery_delay_months, 0.0)
    steps = exposed[:, None] * np.linspace(0.0, 1.0, _N_STEPS + 1)
    product = united_by(parameters.surgery_delay_months + steps) * np.exp(-rate * steps)
    area = (product[:, 1:] + product[:, :-1]).mean(axis=1) / 2.0 * exposed
    incidence: Floats = united_by(months) * np.exp(-rate * exposed) + rate * area
    return incidence
