"""Whether follow-up is long enough to say "never": the check before a cure fraction is quoted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parsoutcomes.conventions import (
    PLATEAU_FITTED_SHARE,
    PLATEAU_MAX_LAST_WINDOW_MASS,
    PLATEAU_MIN_SHARE_BEYOND,
)
from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.boxes import require_intervals
from parsoutcomes.stats.checks import Floats, require_vector
from parsoutcomes.stats.cure import MixtureCure
from parsoutcomes.stats.npmle import fit_npmle


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """Whether union has levelled off within follow-up.

    Attributes
    ----------
    is_reached : bool
        Both conditions hold, so that a statement about "never" is allowed.
    reasons : tuple of str
        Why not, one sentence per condition that fails; empty when it is reached.
    last_window : tuple of float
        The last visit window that anybody was scanned in.
    last_window_mass : float
        What it adds to cumulative union.
    fitted_time : float
        By which nearly all unions of the fitted F0 have come (the largest, with covariates).
    share_beyond : float
        Of all rows, those seen without union later than that.
    n_beyond : int
        Their number.
    """

    is_reached: bool
    reasons: tuple[str, ...]
    last_window: tuple[float, float]
    last_window_mass: float
    fitted_time: float
    share_beyond: float
    n_beyond: int


def check_plateau(
    fit: MixtureCure,
    left: ArrayLike,
    right: ArrayLike,
    visits: ArrayLike,
    *,
    time_design: ArrayLike | None = None,
) -> Plateau:
    """Check whether some pars may be said never to unite, and say why not.

    The fitted share p is not evidence of itself: without a plateau it rests on the distribution
    assumed beyond the last scan.

    Parameters
    ----------
    fit : MixtureCure
        From `fit_mixture_cure`.
    left, right : array of shape (n_rows,)
        The rows of the fit.
    visits : array of shape (n_visits,)
        Planned visits, increasing, in the unit of the rows.
    time_design : array of shape (n_rows, n_columns), optional
        As in the fit.

    Returns
    -------
    Plateau

    Raises
    ------
    ArgumentError
        When visits do not increase from above 0.

    Notes
    -----
    The last window that anybody was scanned in adds less than 2 % of mass to the nonparametric
    curve (its upper value at the end, its lower at the start), and at least 20 % of rows were seen
    without union later than the 95th percentile of the fitted F0. The limits are in
    `conventions.py`.

    Examples
    --------
    >>> from parsoutcomes.stats.cure import fit_mixture_cure
    >>> left, right = [0, 3, 3, 6], [3, 6, 9, float("inf")]
    >>> found = check_plateau(fit_mixture_cure(left, right), left, right, [3, 6, 9])
    >>> found.is_reached, len(found.reasons)
    (False, 2)
    """
    lower, upper = require_intervals(left, right)
    window = _last_window(lower, upper, require_vector("visits", visits))
    below, above = fit_npmle(lower, upper).survival_at(window)
    mass = max(float(above[0] - below[1]), 0.0)
    design = np.ones((lower.size, 1)) if time_design is None else time_design
    fitted = fit.time_quantiles(PLATEAU_FITTED_SHARE, design)
    beyond = lower > fitted
    share = float(beyond.mean())
    reasons = _explain(mass, share, int(beyond.sum()), lower.size)
    return Plateau(
        is_reached=not reasons,
        reasons=reasons,
        last_window=(float(window[0]), float(window[1])),
        last_window_mass=mass,
        fitted_time=float(fitted.max()),
        share_beyond=share,
        n_beyond=int(beyond.sum()),
    )


def _last_window(left: Floats, right: Floats, visits: Floats) -> Floats:
    if visits.size == 0 or visits[0] <= 0 or bool((np.diff(visits) <= 0).any()):
        raise ArgumentError(
            "The planned visits cannot be used.",
            expected="increasing times above 0",
            found=f"{visits.size} visits",
            fix="Give the planned visits in the unit of the intervals.",
        )
    latest = max(float(left.max()), float(right[np.isfinite(right)].max(initial=0.0)))
    edges = np.concatenate([[0.0], visits[visits < latest], [latest]])
    return edges[-2:]


def _explain(mass: float, share: float, n_beyond: int, n_rows: int) -> tuple[str, ...]:
    reasons = []
    if mass >= PLATEAU_MAX_LAST_WINDOW_MASS:
        reasons.append(
            f"The last visit window still adds {100 * mass:.1f} % to union; "
            f"less than {100 * PLATEAU_MAX_LAST_WINDOW_MASS:g} % would be a plateau."
        )
    if share < PLATEAU_MIN_SHARE_BEYOND:
        reasons.append(
            f"Only {n_beyond} of {n_rows} were seen un-united for longer than "
            f"{100 * PLATEAU_FITTED_SHARE:g} % of fitted unions take; "
            f"at least {100 * PLATEAU_MIN_SHARE_BEYOND:g} % would be needed."
        )
    return tuple(reasons)
