"""Published rates, as a checked result."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import format_count, format_label


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Baselines(Result):
    """Published numbers on union of pars fractures; `frame` is `rates`.

    Attributes
    ----------
    studies : pandas.DataFrame
        One row per paper that stands behind a row of `rates` or `effects`.
    rates : pandas.DataFrame
        One row per published number: what it counts, in whom, `n_united` of `n`, how the count is
        known (`count_basis`), where it was read (`read_from`), and `pool_default`, True for the
        one row that speaks for its group of patients and stratum; `paper`, `doi`, what it
        contradicts (`conflict`), whose row it is (`origin`: package or user), and
        `estimate, conf_low, conf_high`, without limits where only a percentage is printed.
    effects : pandas.DataFrame
        Odds ratios, risk ratios and tests, as printed.
    conflicts : pandas.DataFrame
        `study_id, kind, conflict`: numbers of a paper that contradict each other, and papers
        without a DOI.
    """

    studies: pd.DataFrame = field(default_factory=pd.DataFrame)
    rates: pd.DataFrame = field(default_factory=pd.DataFrame)
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    conflicts: pd.DataFrame = field(default_factory=pd.DataFrame)

    def display_frame(self) -> pd.DataFrame:
        """Return paper, what is counted, among whom, and how many; the rest is in `rates`."""
        rows = list_rows(self.frame)
        return pd.DataFrame(
            {
                "paper": [f"{row['paper']}{_mark(row)}" for row in rows],
                "outcome": [format_label(row["outcome"]) for row in rows],
                "per": [format_label(row["unit"]) for row in rows],
                "among": [write_stratum(row) for row in rows],
                "united": [write_counts(row) for row in rows],
                "%": [_percent(row) for row in rows],
                "patients of": [format_label(row["cohort_group"]) for row in rows],
            }
        )


def write_stratum(row: Row) -> str:
    """Return among whom a published number was counted; "all" when it is not broken down.

    Examples
    --------
    >>> write_stratum({"stage": "early", "laterality": "any", "contralateral_stage": "none",
    ...                "level": "L5", "stir": "present", "subgroup": ""})
    'early; opposite none; L5; STIR present'
    """
    named = [] if row["stage"] == "any" else [format_label(row["stage"])]
    return "; ".join([*named, *describe_within_stage(row)]) or "all"


def describe_within_stage(row: Row) -> list[str]:
    """Return what a published number is limited to besides its stage."""
    described = (
        ("", row["laterality"]),
        ("opposite ", row["contralateral_stage"]),
        ("", row["level"]),
        ("STIR ", row["stir"]),
    )
    named = [f"{before}{format_label(value)}" for before, value in described if value != "any"]
    return [*named, str(row["subgroup"])] if row["subgroup"] else named


def write_counts(row: Row) -> str:
    """Return how many of how many; what is known of it where only a percentage is printed."""
    n, n_united = float(row["n"]), float(row["n_united"])
    if math.isnan(n):
        return ""
    return f"of {n:.0f}" if math.isnan(n_united) else f"{n_united:.0f} of {n:.0f}"


def write_baselines_finding(rates: pd.DataFrame) -> str:
    """Return how many numbers, papers and groups of patients there are, in one sentence."""
    n_counts, n_own = int(rates["n_united"].notna().sum()), int(rates["origin"].eq("user").sum())
    own = f"; {n_own} of them your own rows" if n_own else ""
    numbers = format_count(len(rates), "published number", "published numbers")
    papers = format_count(int(rates["study_id"].nunique()), "paper", "papers")
    groups = format_count(int(rates["cohort_group"].nunique()), "group", "groups")
    return f"{numbers} from {papers} ({groups} of patients); {n_counts} of them with counts{own}."


def _mark(row: Row) -> str:
    return " (yours)" if row["origin"] == "user" else ""


def _percent(row: Row) -> str:
    percent = float(row["percent_printed"])
    return f"{100 * float(row['estimate']) if math.isnan(percent) else percent:g}"
