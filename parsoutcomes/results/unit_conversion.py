"""A union rate in both units, and the sentence that says under which assumption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import format_percent, format_percent_interval

_COUNTED: Final = {"defect": "pars", "patient": "patients"}


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class UnitConversion(Result):
    """A union rate as given in one unit, and what it would be in the other.

    Attributes
    ----------
    icc : float
        Assumed intraclass correlation of union in the two pars of a patient.
    share_two_pars : float
        Assumed share of patients with two treated pars.
    converted : float
        The rate in the other unit, from 0 to 1.
    """

    icc: float
    share_two_pars: float
    converted: float


def write_conversion_finding(
    frame: pd.DataFrame, n_united: int, n: int, *, icc: float, share_two_pars: float
) -> str:
    """Return both rates as one sentence, with the assumption and the range over all of them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of `convert_union_rate`: as given, converted, at ICC 0, at ICC 1.
    n_united, n : int
        The counts as given.
    icc, share_two_pars : float
        The assumptions.
    """
    given, converted, *ends = list_rows(frame)
    low, high = sorted(row["estimate"] for row in ends)
    return (
        f"{n_united} of {n} {_COUNTED[given['unit']]} united, {_write(given)}. Per "
        f"{_name(converted)} that would be {_write(converted)}, if "
        f"{format_percent(share_two_pars)} of patients have two treated pars and union in the two "
        f"correlates at {icc:g}; between {format_percent(low)} and {format_percent(high)} over all "
        "correlations from 0 to 1. A converted rate is an assumption, not an observation."
    )


def _name(row: Row) -> str:
    return "pars" if row["unit"] == "defect" else "patient"


def _write(row: Row) -> str:
    return format_percent_interval(
        row["estimate"], row["conf_low"], row["conf_high"], row["conf_level"]
    )
