"""How simulated scans decide when the brace comes off, and what stopping early costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from parsoutcomes.conventions import DAYS_PER_MONTH, STAGES
from parsoutcomes.errors import ArgumentError
from parsoutcomes.synthetic.parameter_checks import complete_stages, require_between

SEEN: Final = ("not_read", "none", "partial", "complete")
_FIRST: Final = {"not_read": 0.45, "none": 0.35, "partial": 0.65, "complete": 0.97}
_SECOND: Final = {"not_read": 0.90, "none": 0.80, "partial": 0.88, "complete": 0.97}
_STAGE_ODDS: Final = {"pre_lysis": 1.5, "early": 1.0, "progressive": 0.65, "terminal": 0.65}
_FRACTIONS: Final = (
    "stop_loss_fraction",
    "early_stop_fraction",
    "between_stop_fraction",
    "recheck_after_partial",
)


def _fixed(values: Mapping[str, float]) -> Mapping[str, float]:
    return field(default_factory=lambda: MappingProxyType(dict(values)))


@dataclass(frozen=True, kw_only=True)
class BraceDecisions:
    """When the brace comes off, decided from scans, and what stopping before union costs.

    For cohorts in which the true difference between stopping at 3 months and going on to 6 is
    known; the numbers are assumptions, and no evidence about any brace.

    Attributes
    ----------
    months : tuple of float
        The two times at which stopping is decided; each must be a planned scan.
    grace_months : float
        A decision is carried out within so long on either side of its time.
    stop_loss_fraction : float
        Probability that a pars which would still have united in the brace does not unite once the
        brace is off. 0: the duration has no effect.
    stop_at_first, stop_at_second : mapping of str to float
        Probability of stopping by what the patient's scans have shown: "not_read", "none",
        "partial", "complete". The poorest pars that can unite decides.
    stop_odds_ratio : mapping of stage to float
        Odds of stopping, unless union has been seen, by the worst stage that can unite.
    prescribed_six_odds_ratio : float
        Odds of stopping at the first time when the longer time was prescribed at fitting.
    early_stop_fraction, between_stop_fraction : float
        Probability that the patient stops before the first time, or between the two, whatever
        the scans show.
    carry_out_days : int
        The brace comes off up to so many days after a decision.
    recheck_after_partial : float
        Probability of an extra scan 4 to 6 weeks after a planned one that shows partial union.

    Notes
    -----
    A decision hangs on readings already made, on stage and on the months prescribed, and on
    nothing else: given these it is independent of what would become of the pars. A pars seen
    united lets the brace come off at any scan, with the probability of "complete" at the first.

    Examples
    --------
    >>> BraceDecisions(stop_loss_fraction=0.3).months
    (3.0, 6.0)
    """

    months: tuple[float, float] = (3.0, 6.0)
    grace_months: float = 1.0
    stop_loss_fraction: float = 0.0
    stop_at_first: Mapping[str, float] = _fixed(_FIRST)
    stop_at_second: Mapping[str, float] = _fixed(_SECOND)
    stop_odds_ratio: Mapping[str, float] = _fixed(_STAGE_ODDS)
    prescribed_six_odds_ratio: float = 0.6
    early_stop_fraction: float = 0.04
    between_stop_fraction: float = 0.04
    carry_out_days: int = 7
    recheck_after_partial: float = 0.3

    def __post_init__(self) -> None:
        for name in _FRACTIONS:
            require_between(name, getattr(self, name), 0.0, 1.0)
        for name in ("stop_at_first", "stop_at_second"):
            object.__setattr__(self, name, _complete_seen(name, getattr(self, name)))
        ratios = complete_stages("stop_odds_ratio", self.stop_odds_ratio)
        object.__setattr__(self, "stop_odds_ratio", ratios)
        require_between("prescribed_six_odds_ratio", self.prescribed_six_odds_ratio, 1e-6, 1e6)
        require_between("carry_out_days", self.carry_out_days, 0.0, 30.0)
        _require_apart(self.months, self.grace_months)

    def window_days(self, which: int) -> tuple[float, float]:
        """Return the first and last day on which a decision (0 or 1) may be carried out."""
        month = self.months[which]
        early, late = month - self.grace_months, month + self.grace_months
        return early * DAYS_PER_MONTH, late * DAYS_PER_MONTH

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the parameters as rows of name, of what, and value."""
        rows = [("brace_months", "", " ".join(f"{month:g}" for month in self.months))]
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if isinstance(value, Mapping):
                rows += [(name, str(key), f"{share:g}") for key, share in value.items()]
            elif name != "months":
                rows.append((name, "", f"{value:g}"))
        return rows

    def odds_by_stage(self) -> list[float]:
        """Return the odds of stopping in the order of `STAGES`."""
        return [float(self.stop_odds_ratio[stage]) for stage in STAGES]


def _complete_seen(name: str, values: Mapping[str, float]) -> Mapping[str, float]:
    if set(values) != set(SEEN):
        raise ArgumentError(
            f"{name} does not say what each reading leads to.",
            expected=f"a probability for each of {', '.join(SEEN)}",
            found=", ".join(sorted(map(str, values))) or "nothing",
            fix=f"Change {name}.",
        )
    for seen in SEEN:
        require_between(f'{name}["{seen}"]', values[seen], 0.0, 1.0)
    return MappingProxyType({seen: float(values[seen]) for seen in SEEN})


def _require_apart(months: tuple[float, float], grace_months: float) -> None:
    first, second = months
    fits = 0 < grace_months < first and first + grace_months < second - grace_months
    if not fits or not math.isfinite(second):
        raise ArgumentError(
            "The two times at which the brace may come off run into each other.",
            expected="two months further apart than twice the grace, the first above the grace",
            found=f"{first:g} and {second:g} months, grace {grace_months:g}",
            fix="Shorten grace_months or change months.",
        )
