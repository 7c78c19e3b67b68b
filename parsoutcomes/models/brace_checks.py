"""What a comparison of brace durations asks of its arguments, and of the patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parsoutcomes.conventions import (
    MIN_EFFECTIVE_PER_STRATEGY,
    MIN_EVENTS_PER_PARAMETER,
    MIN_PATIENTS_PER_STRATEGY,
)
from parsoutcomes.errors import ArgumentError, EstimationError, describe_value
from parsoutcomes.models.incidence import UNION
from parsoutcomes.results.brace_duration import name_strategies
from parsoutcomes.stats.clone_censor import Clones
from parsoutcomes.stats.strategy_weights import effective_n

Floats = NDArray[np.float64]


def require_strategies(months: Sequence[float], grace_months: float) -> tuple[float, float]:
    """Return two months whose windows neither begin before fitting nor overlap."""
    pair = tuple(float(month) for month in months)
    grace = float(grace_months)
    if len(pair) == 2 and grace > 0 and pair[0] - grace > 0 and pair[0] + grace <= pair[1] - grace:
        return pair[0], pair[1]
    raise ArgumentError(
        "The two strategies cannot be told apart.",
        expected="two months in increasing order, at least twice the grace apart, and the grace "
        "(grace_months, graces) above 0 and below the first month",
        found=f"months of {', '.join(f'{month:g}' for month in pair)} and a grace of {grace:g}",
        fix="Use months=(3, 6) with grace_months=1, or a shorter grace.",
    )


def require_milestones(
    milestones_months: Sequence[float], *, name: str = "milestones_months"
) -> Floats:
    """Return the months at which union is compared, after checking that they increase."""
    months = np.asarray(tuple(milestones_months), dtype=np.float64)
    if months.size and np.isfinite(months).all() and months[0] > 0 and (np.diff(months) > 0).all():
        return months
    raise ArgumentError(
        f"{name} has no months at which union can be compared.",
        expected="months above 0 in increasing order, such as (6, 9, 12)",
        found=", ".join(f"{month:g}" for month in months) or "none",
        fix=f"Leave {name} at its default.",
    )


def require_truncation(truncation: float | None, *, name: str = "truncation") -> float | None:
    """Return the centile at which weights are cut: from a half up to, and without, one."""
    if truncation is None:
        return None
    if isinstance(truncation, (int, float)) and 0.5 <= truncation < 1:
        return float(truncation)
    raise ArgumentError(
        f"{name} has a value that is not a centile of weights.",
        expected="a fraction from 0.5 to below 1, such as 0.99, or None for no truncation",
        found=describe_value(truncation),
        fix=f"Leave {name} at its default.",
    )


def require_followers(
    rows: pd.DataFrame,
    clones: tuple[Clones, Clones],
    weights: Floats,
    months: tuple[float, float],
) -> None:
    """Refuse when too few patients follow either strategy, naming every reason.

    Raises
    ------
    EstimationError
        When a strategy has fewer than 10 patients who stopped inside its window, an effective
        number of pars below 10, or fewer than 5 pars with or without union.
    """
    found = [
        reason
        for clone, weight, name in zip(clones, weights, name_strategies(months), strict=True)
        for reason in _shortcomings(rows, clone, weight, name)
    ]
    if found:
        raise EstimationError(
            "Too few patients follow one of the strategies for them to be compared.",
            expected=f"for each at least {MIN_PATIENTS_PER_STRATEGY} patients, not seen united, "
            f"whose brace came off in its window; an effective number of at least "
            f"{MIN_EFFECTIVE_PER_STRATEGY:g} pars; {MIN_EVENTS_PER_PARAMETER} pars seen united "
            "and as many not",
            found="; ".join(found),
            fix="Check the dates on which braces came off, widen grace_months, or wait for more "
            "patients.",
        )


def _shortcomings(rows: pd.DataFrame, clones: Clones, weights: Floats, name: str) -> list[str]:
    n_decided = int(rows.loc[clones.is_decided, "patient_id"].nunique())
    followers = rows[clones.follows]
    n_united = int(followers["cause"].eq(UNION).sum())
    n_other = len(followers) - n_united
    effective = effective_n(weights)
    checks = {
        f"{n_decided} patients stopped in the window": n_decided < MIN_PATIENTS_PER_STRATEGY,
        f"{n_united} pars seen united": n_united < MIN_EVENTS_PER_PARAMETER,
        f"{n_other} pars not seen united": n_other < MIN_EVENTS_PER_PARAMETER,
        f"an effective number of {effective:.1f} pars": effective < MIN_EFFECTIVE_PER_STRATEGY,
    }
    return [f'"{name}": {text}' for text, fails in checks.items() if fails]
