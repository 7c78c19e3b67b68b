"""Published rates as lines of a terminal table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pandas as pd

from parsoutcomes.wording import format_label

if TYPE_CHECKING:
    from parsoutcomes.results.baselines import Baselines

RATE_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "paper": "Paper",
        "outcome": "Outcome",
        "unit": "Unit",
        "stage": "Stage",
        "laterality": "Laterality",
        "level": "Level",
        "subgroup": "Limited to",
        "united": "United",
        "percent": "%",
        "doi": "DOI",
    }
)


def describe_rates(baselines: Baselines) -> pd.DataFrame:
    """Return one line per published rate, as text, with the paper it stands in."""
    rows = baselines.rates.merge(
        baselines.studies[["study_id", "first_author", "year", "doi"]], on="study_id", how="left"
    )
    labels = {
        name: rows[name].map(format_label, na_action="ignore").fillna("")
        for name in ("outcome", "unit", "stage", "laterality", "level")
    }
    return pd.DataFrame(
        {
            "paper": _name_paper(rows),
            **labels,
            "subgroup": rows["subgroup"].fillna(""),
            "united": [_count(k, n) for k, n in zip(rows["n_united"], rows["n"], strict=True)],
            "percent": rows["percent_printed"].map("{:g}".format, na_action="ignore").fillna(""),
            "doi": rows["doi"].fillna(""),
        }
    )


def _name_paper(rows: pd.DataFrame) -> pd.Series:
    """First author and year; the record's own key where the author could not be seen."""
    named = rows["first_author"] + " " + rows["year"]
    return named.where(rows["first_author"].ne("not seen"), rows["study_id"])


def _count(n_united: float, n: float) -> str:
    if math.isnan(n):
        return ""
    return f"of {n:.0f}" if math.isnan(n_united) else f"{n_united:.0f} of {n:.0f}"
