"""Checks of the numbers that a simulation is drawn from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from parsoutcomes.conventions import STAGES
from parsoutcomes.errors import ArgumentError, require_choice

_POSITIVE: Final = ("time_scale_months", "stop_odds_ratio")


def complete_stages(name: str, values: Mapping[str, float]) -> Mapping[str, float]:
    """Return a parameter given by stage with every stage, after checking each value."""
    for stage, value in values.items():
        require_choice(f"a stage in {name}", stage, STAGES)
        low, high = (1e-6, math.inf) if name in _POSITIVE else (0.0, 1.0)
        require_between(f'{name}["{stage}"]', value, low, high)
    absent = 0.0 if name == "stage_mix" else math.nan
    complete = {stage: float(values.get(stage, absent)) for stage in STAGES}
    missing = [stage for stage, value in complete.items() if math.isnan(value)]
    if missing:
        raise ArgumentError(
            f"{name} lacks a stage.",
            expected=f"a number for each of {', '.join(STAGES)}",
            found=f"nothing for {', '.join(missing)}",
            fix="Add the missing stages.",
        )
    return MappingProxyType(complete)


def require_between(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside its limits, or none at all."""
    if not low <= value <= high:
        limits = f"{low:g} or more" if math.isinf(high) else f"from {low:g} to {high:g}"
        raise ArgumentError(
            f"{name} has a value that is not possible.",
            expected=f"a number {limits}",
            found=repr(value),
            fix=f"Change {name}.",
        )


def require_sum_of_one(name: str, values: Mapping[str, float]) -> None:
    """Refuse shares that are not a whole."""
    total = math.fsum(values.values())
    if min(values.values(), default=-1.0) < 0 or not math.isclose(total, 1.0, abs_tol=1e-9):
        raise ArgumentError(
            f"The shares in {name} are not a whole.",
            expected="shares of 0 or more that sum to 1",
            found=f"a sum of {total:g}",
            fix="Divide each share by their sum.",
        )
