"""Pooled published rates as a finished result, and the sentences they come to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from parsoutcomes.conventions import MIN_GROUPS_FOR_VERDICT
from parsoutcomes.results.base import Result
from parsoutcomes.results.baselines import write_stratum
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import (
    format_count,
    format_label,
    format_list,
    format_number,
    format_percent,
    format_percent_range,
)

NO_POOL: Final = "none"
_STRATUM: Final = ["laterality", "stage", "contralateral_stage", "level"]
METHOD_NAMES: Final = {"glmm": "binomial-normal", "reml_hk": "Hartung-Knapp"}
NO_VERDICT: Final = (
    f"fewer than {MIN_GROUPS_FOR_VERDICT} groups of patients: no verdict rests on this pool, "
    "it counts only through the prior model"
)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class PooledBaselines(Result):
    """Published rates pooled over groups of patients, stratum by stratum and by two methods.

    `frame` has one row per stratum and method: `laterality, stage, contralateral_stage, level,
    method, measure, estimate, conf_low, conf_high, conf_level, predict_low, predict_high, tau2,
    tau2_low, tau2_high, i2, q, q_p_value, n_groups, groups, n_counted, n_patients, n_defects,
    n_events, note`. `n_counted` is in the unit of the rates; of the two counts beside it the other
    one is missing. `method` is "none", and the estimate missing, where there is no pool.

    Attributes
    ----------
    outcome : str
        What is counted.
    studies : pandas.DataFrame
        The rows of `Baselines.rates` in these strata; `in_pool`, and `why_not` where it is False.
    leave_one_out : pandas.DataFrame
        The pool of each stratum of three groups or more without each group, by both methods.
    """

    outcome: str
    studies: pd.DataFrame = field(default_factory=pd.DataFrame)
    leave_one_out: pd.DataFrame = field(default_factory=pd.DataFrame)

    def display_frame(self) -> pd.DataFrame:
        """Return stratum, groups, counts, pool, new series and spread, as text."""
        rows = list_rows(self.frame)
        return pd.DataFrame(
            {
                "among": [name_stratum(row) for row in rows],
                "groups": [f"{row['n_groups']}: {format_label(row['groups'])}" for row in rows],
                "united": [write_total(row) for row in rows],
                "method": [METHOD_NAMES.get(row["method"], "no pool") for row in rows],
                "pooled": [write_pool(row) for row in rows],
                "new series": [write_new_series(row) for row in rows],
                "tau2": [_number(row["tau2"]) for row in rows],
                "I2": [_share(row["i2"]) for row in rows],
                "note": [str(row["note"]).partition(",")[0] for row in rows],
            }
        )

    def notes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return what was left out of the pools, and what each group does to them, besides."""
        headed = (
            ("Not pooled", _count_left_out(self.studies)),
            ("Each group left out in turn", _write_leave_one_out(self.leave_one_out)),
        )
        return (*super().notes(), *((heading, lines) for heading, lines in headed if lines))


def name_stratum(row: Row) -> str:
    """Return what a stratum is called: "early", "bilateral; opposite terminal" or "all"."""
    opposite = "any" if row["laterality"] == "unilateral" else row["contralateral_stage"]
    plain = {"stir": "any", "subgroup": "", "contralateral_stage": opposite}
    return write_stratum({**row, **plain})


def write_total(row: Row) -> str:
    """Return events of trials over the groups of a stratum."""
    return f"{row['n_events']} of {row['n_counted']}"


def write_pool(row: Row) -> str:
    """Return the pooled rate with its limits; nothing where there is none."""
    if row["method"] == NO_POOL:
        return ""
    return format_percent_range(*(float(row[n]) for n in ("estimate", "conf_low", "conf_high")))


def write_new_series(row: Row) -> str:
    """Return between which rates a new series may lie; nothing where there is no pool."""
    if row["method"] == NO_POOL:
        return ""
    low, high = (format_percent(float(row[name])) for name in ("predict_low", "predict_high"))
    return f"{low} to {high}"


def write_pool_title(outcome: str, unit: str) -> str:
    """Return the title of a table of pools.

    Examples
    --------
    >>> write_pool_title("union", "defect")
    'Published union per pars, pooled over groups of patients'
    """
    what = f"{format_label(outcome)} per {format_label(unit)}"
    return f"Published {what}, pooled over groups of patients"


def write_pool_finding(frame: pd.DataFrame, unit: str) -> str:
    """Return the pools as one sentence, limits by both methods, and what they do not allow."""
    strata = _pooled_strata(frame)
    if not strata:
        return "Nothing is pooled: no stratum has counts of two groups of patients or more."
    parts = [_write_stratum_pools(rows) for rows in strata]
    counted = f"Pooled rates per {format_label(unit)} ({_level(frame)} intervals)"
    few = [rows for rows in strata if rows[0]["n_groups"] < MIN_GROUPS_FOR_VERDICT]
    which = "Each has" if len(few) == len(strata) else "Some have"
    closing = f" {which} {NO_VERDICT}." if few else ""
    return f"{counted}: {'; '.join(parts)}.{closing}"


def write_pool_headline(frame: pd.DataFrame) -> str:
    """Return the pools as a title: a new series' range only where the groups are enough."""
    strata = _pooled_strata(frame)
    if not strata:
        return "No stratum has counts of two groups of patients: nothing is pooled"
    named = format_list([_name_short(rows[0]) for rows in strata])
    sizes = sorted({int(rows[0]["n_groups"]) for rows in strata})
    if sizes[-1] >= MIN_GROUPS_FOR_VERDICT:
        return f"Pooled published rates: {named}"
    span = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    return (
        f"Pooled published rates: {named}. From {span} groups of patients each, too few for a "
        "verdict"
    )


def _pooled_strata(frame: pd.DataFrame) -> list[list[Row]]:
    """Return the rows of each stratum that has a pool, first method first."""
    pooled = frame[frame["method"].ne(NO_POOL)]
    return [list_rows(part) for _, part in pooled.groupby(_STRATUM, sort=False)]


def _write_stratum_pools(rows: list[Row]) -> str:
    limits = [f"{METHOD_NAMES[row['method']]} {write_pool(row)}" for row in rows]
    first = rows[0]
    new = "" if first["n_groups"] < MIN_GROUPS_FOR_VERDICT else _write_new(rows)
    return f"{name_stratum(first)}, {first['n_groups']} groups, {' and '.join(limits)}{new}"


def _write_new(rows: list[Row]) -> str:
    return f", a new series {' and '.join(write_new_series(row) for row in rows)}"


def _name_short(row: Row) -> str:
    new = write_new_series(row) if row["n_groups"] >= MIN_GROUPS_FOR_VERDICT else ""
    more = f" (new series {new})" if new else ""
    return f"{name_stratum(row)} {format_percent(float(row['estimate']))}{more}"


def _level(frame: pd.DataFrame) -> str:
    return f"{100 * float(frame['conf_level'].iloc[0]):g}%"


def _count_left_out(studies: pd.DataFrame) -> tuple[str, ...]:
    reasons = studies.loc[~studies["in_pool"], "why_not"].value_counts(sort=False)
    return tuple(
        f"{reason}: {format_count(int(n), 'published number', 'published numbers')}"
        for reason, n in reasons.sort_index().items()
    )


def _write_leave_one_out(left_out: pd.DataFrame) -> tuple[str, ...]:
    """Return between which values each pool moves."""
    if left_out.empty:
        return ()
    lines = []
    for (method, *_), part in left_out.groupby(["method", *_STRATUM], sort=False):
        given = part["estimate"].dropna()
        if len(given):
            low, high = format_percent(given.min()), format_percent(given.max())
            name = name_stratum(list_rows(part)[0])
            lines.append(f"{name}, {METHOD_NAMES[str(method)]}: {low} to {high}")
    return tuple(lines)


def _number(value: object) -> str:
    number = float(str(value))
    return "" if math.isnan(number) else format_number(number)


def _share(value: object) -> str:
    number = float(str(value))
    return "" if math.isnan(number) else format_percent(number)
