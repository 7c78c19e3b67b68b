"""Completed sets of records, what was pooled from them, and the sentences they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_months,
    format_number_range,
    format_percent,
    format_percent_range,
    format_points_range,
)

IMPUTED: Final = "imputed"
COMPLETE_CASES: Final = "complete_cases"
_MEASURE_LABELS: Final = {
    "union_npmle": "estimated union",
    "union_known_status": "united among status known",
    "risk": "standardised risk",
    "risk_difference": "difference, points",
    "odds_ratio": "odds ratio",
}


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ImputedCohorts(Result):
    """Records completed several times over, for `pool_union_rates` and `pool_union_logistic`.

    Not one of the sets alone is an answer; only all together are.

    Attributes
    ----------
    records : Cohort
        As they were, with their gaps.
    completed : tuple of Cohort
        The completed sets; one alone, the records themselves, when nothing was missing.
    columns : tuple of str
        The columns asked for.
    horizon_months, grace_months : float
        Of the outcome that the imputation saw.
    """

    records: Any
    completed: tuple[Any, ...]
    columns: tuple[str, ...]
    horizon_months: float
    grace_months: float

    @property
    def n_imputations(self) -> int:
        """Number of completed sets."""
        return len(self.completed)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class PooledImputation(Result):
    """Estimates pooled over completed sets, each beside that of the complete cases.

    Attributes
    ----------
    n_imputations : int
        Number of completed sets.
    columns : tuple of str
        Which columns were completed.
    by : str or None
        The grouping column of rates; None for a model.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    n_imputations: int
    columns: tuple[str, ...]
    by: str | None
    horizon_months: float
    grace_months: float
    data_lock: pd.Timestamp | None = None

    def display_frame(self) -> pd.DataFrame:
        """Return each pooled estimate beside that of the complete cases, as text."""
        names = ["term", "level", "reference"] if self.by is None else [self.by]
        alone = {
            (*(row[name] for name in names), row["measure"]): row
            for row in list_rows(self.frame[self.frame["analysis"].eq(COMPLETE_CASES)])
        }
        shown = []
        for row in list_rows(self.frame[self.frame["analysis"].eq(IMPUTED)]):
            other = alone.get((*(row[name] for name in names), row["measure"]))
            shown.append(
                {
                    **{format_label(name): format_label(row[name]) for name in names},
                    "measure": _MEASURE_LABELS[row["measure"]],
                    "gaps filled in": write_estimate(row),
                    "complete cases": "none" if other is None else write_estimate(other),
                    "pars (mean)": f"{row['n_defects']:.0f}",
                    "pars, complete cases": "" if other is None else f"{other['n_defects']:.0f}",
                }
            )
        return pd.DataFrame(shown)


def write_imputation_finding(
    missing: dict[str, int], n_pars: int, n_incomplete: int, n_imputations: int
) -> str:
    """Return how much was missing, and how often it was filled in.

    Examples
    --------
    >>> write_imputation_finding({"stage": 12, "sex": 0}, 60, 12, 20)
    '12 of 60 pars (20%) lack something: stage 12; filled in 20 times from what is recorded, \
the outcome included'
    >>> write_imputation_finding({"stage": 0}, 60, 0, 1)
    'Nothing is missing in stage for any of 60 pars: there is nothing to impute'
    """
    if not n_incomplete:
        named = format_list([format_label(name) for name in missing])
        return f"Nothing is missing in {named} for any of {n_pars} pars: there is nothing to impute"
    gaps = format_list([f"{format_label(name)} {n}" for name, n in missing.items() if n])
    return (
        f"{n_incomplete} of {n_pars} pars ({format_percent(n_incomplete / n_pars)}) lack "
        f"something: {gaps}; filled in {n_imputations} times from what is recorded, the outcome "
        "included"
    )


def write_pooled_title(title: str, columns: Sequence[str]) -> str:
    """Return the title of an estimate whose gaps were filled in.

    Examples
    --------
    >>> write_pooled_title("Complete union by 6 months per pars", ["stage", "stir"])
    'Complete union by 6 months per pars, gaps in stage and STIR signal on MRI filled in'
    """
    return f"{title}, gaps in {format_list([format_label(name) for name in columns])} filled in"


def write_pooled_finding(
    frame: pd.DataFrame, *, definition: str, horizon_months: float, measure: str, group: str
) -> str:
    """Return the pooled estimates as one sentence, each with that of the complete cases.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `PooledImputation`.
    definition, horizon_months
        As in `estimate_union_rates`.
    measure : str
        Which measure speaks.
    group : str
        The column that names the rows.
    """
    chosen = frame[frame["measure"].eq(measure)]
    pooled = list_rows(chosen[chosen["analysis"].eq(IMPUTED)])
    alone = {
        (row.get("term", ""), row[group]): row
        for row in list_rows(chosen[chosen["analysis"].eq(COMPLETE_CASES)])
    }
    parts = [_beside(row, alone.get((row.get("term", ""), row[group])), group) for row in pooled]
    return (
        f"{format_label(definition).capitalize()} by {format_months(horizon_months)} per pars, "
        f"gaps filled in: {format_list(parts)}"
    )


def write_estimate(row: Row) -> str:
    """Return an estimate with its limits on the scale of its measure.

    Examples
    --------
    >>> write_estimate({"measure": "odds_ratio", "estimate": 2, "conf_low": 1, "conf_high": 4})
    '2.00 (1.00 to 4.00)'
    """
    values = (float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"]))
    if row["measure"] == "odds_ratio":
        return format_number_range(*values)
    if row["measure"] == "risk_difference":
        return format_points_range(*values)
    return format_percent_range(*values)


def write_many_missing(shares: Sequence[tuple[str, float]]) -> str:
    """Return the caution that most of a column was not recorded.

    Examples
    --------
    >>> write_many_missing([("stir", 0.7)])
    'More than half is missing (STIR signal on MRI 70%): what is imputed rests on few, and on the \
model more than on the records'
    """
    named = format_list([f"{format_label(name)} {format_percent(share)}" for name, share in shares])
    return (
        f"More than half is missing ({named}): what is imputed rests on few, and on the model more "
        "than on the records"
    )


def write_targets_vary(fewest: int, most: int, recorded: int) -> str:
    """Return how many pars are targets, which changes where a missing stage becomes terminal.

    Examples
    --------
    >>> write_targets_vary(50, 53, 55)
    'A pars whose stage is imputed as terminal is not a target in that set: 50 to 53 target pars, \
against 55 in the records, where an unknown stage counts as a target'
    """
    span = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    return (
        "A pars whose stage is imputed as terminal is not a target in that set: "
        f"{span} target pars, against {format_count(recorded, '', '').strip()} in the records, "
        "where an unknown stage counts as a target"
    )


def _alone(row: Row) -> str:
    pars = format_count(int(row["n_defects"]), "pars", "pars")
    return f"complete cases {write_estimate(row)} of {pars}"


def _beside(row: Row, alone: Row | None, group: str) -> str:
    other = "no complete case" if alone is None else _alone(alone)
    return f"{format_label(row[group])} {write_estimate(row)} [{other}]"
