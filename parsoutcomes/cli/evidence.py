"""Published rates as lines of a terminal table."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
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
        "unit": "Per",
        "group": "Among",
        "united": "United",
        "percent": "%",
    }
)


def describe_rates(baselines: Baselines) -> pd.DataFrame:
    """Return one line per published rate, as text: paper, what, among whom, how many."""
    rows = baselines.rates.merge(baselines.studies, on="study_id", how="left", suffixes=("", "_"))
    return pd.DataFrame(
        {
            "paper": _name_paper(rows),
            "outcome": rows["outcome"].map(format_label),
            "unit": rows["unit"].map(format_label),
            "group": [_name_group(row) for row in rows.to_dict("records")],
            "united": [_count(k, n) for k, n in zip(rows["n_united"], rows["n"], strict=True)],
            "percent": rows["percent_printed"].map("{:g}".format, na_action="ignore").fillna(""),
        }
    )


def list_papers(baselines: Baselines) -> list[str]:
    """Return one line per paper with a rate: author, year, title, journal, DOI."""
    shown = baselines.studies["study_id"].isin(baselines.rates["study_id"])
    papers = baselines.studies[shown].fillna("").sort_values("study_id", kind="stable")
    names = _name_paper(papers)
    return [
        ". ".join(part for part in (name, row["title"], row["journal"], row["doi"]) if part)
        for name, row in zip(names, papers.to_dict("records"), strict=True)
    ]


def _name_group(row: Mapping[Hashable, object]) -> str:
    described = [
        format_label(row["stage"]),
        str(row["laterality"]),
        f"opposite {format_label(row['contralateral_stage'])}",
        str(row["level"]),
        f"STIR {row['stir']}",
    ]
    plain = {"any", "STIR any", "opposite any"}
    subgroup = row["subgroup"] if isinstance(row["subgroup"], str) else ""
    named = [part for part in described if part not in plain]
    return "; ".join([*named, subgroup] if subgroup else named) or "all"


def _name_paper(rows: pd.DataFrame) -> pd.Series:
    """First author and year; the record's own key where the author could not be seen."""
    named = rows["first_author"] + " " + rows["year"]
    return named.where(~rows["first_author"].str.startswith("not seen"), rows["study_id"])


def _count(n_united: float, n: float) -> str:
    if math.isnan(n):
        return ""
    return f"of {n:.0f}" if math.isnan(n_united) else f"{n_united:.0f} of {n:.0f}"
