"""How many patients the comparison with published series needs, and the sentence on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from parsoutcomes.results.base import Result
from parsoutcomes.wording import format_count, format_list, format_number, format_percent


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ComparisonPlan(Result):
    """Power of the comparison with published series, by number of patients.

    Attributes
    ----------
    series : tuple of str
        The papers that must all be exceeded.
    excess_per_100, target_power : float
        The excess over the higher of the series in each stage, in pars per 100; the power wanted.
    n_patients_now, n_defects_now : int
        Ours at present: patients due, and their pars that can be judged.
    power_now, power_ceiling : float
        Power at present, and with patients without end, when only the series' own size limits it.
    n_patients_needed : int or None
        Patients for the power wanted; None when no number in reach gives it.
    smallest_excess_now, smallest_excess_ever : float
        The smallest excess per 100 found with the power wanted by the present number of patients,
        and by patients without end; not a number when none is.
    """

    series: tuple[str, ...]
    excess_per_100: float
    target_power: float
    n_patients_now: int
    n_defects_now: int
    power_now: float
    power_ceiling: float
    n_patients_needed: int | None
    smallest_excess_now: float
    smallest_excess_ever: float

    @property
    def is_out_of_reach(self) -> bool:
        """Whether the series' own size keeps the power below the one wanted, whatever we do."""
        return self.power_ceiling < self.target_power


def write_plan_finding(plan: ComparisonPlan) -> str:
    """Return how many more patients are needed, or that none suffices, and what can be found now.

    Parameters
    ----------
    plan : ComparisonPlan
        Its numbers; what it has for a finding is not read.
    """
    power = format_percent(plan.target_power)
    aim = f"{plan.excess_per_100:g} more united pars per 100 than {format_list(list(plan.series))}"
    if plan.is_out_of_reach:
        first = (
            f"No number of our patients gives {power} power to show {aim}: the series' own sizes "
            f"allow {format_percent(plan.power_ceiling, decimals=1)} at most."
        )
    elif plan.n_patients_needed is None:
        first = f"More patients than were tried are needed for {power} power to show {aim}."
    else:
        first = f"{_write_need(plan, plan.n_patients_needed, power)} to show {aim}."
    return f"{first} {_write_smallest(plan, power)}"


def _write_need(plan: ComparisonPlan, needed: int, power: str) -> str:
    have = format_count(plan.n_patients_now, "patient", "patients")
    if needed <= plan.n_patients_now:
        return f"Our {have} give {power} power or more"
    n_more = needed - plan.n_patients_now
    more = format_count(n_more, "more patient", "more patients")
    pars = round(n_more * plan.n_defects_now / plan.n_patients_now)
    return (
        f"About {more} ({pars} more pars that can be judged; {needed} patients in all) are needed "
        f"for {power} power"
    )


def _write_smallest(plan: ComparisonPlan, power: str) -> str:
    ours = format_count(plan.n_patients_now, "patient", "patients")
    if math.isnan(plan.smallest_excess_now):
        return f"Our present {ours} could show no excess, however large, with {power} power."
    return (
        f"The smallest excess that our present {ours} could show with {power} power is "
        f"{format_number(plan.smallest_excess_now, significant=2)} per 100."
    )
