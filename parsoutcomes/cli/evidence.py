"""Published rates as lines of a terminal table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from parsoutcomes.results.baselines import Baselines

# Wide enough for every column, and no wider than a terminal or a printed page.
EVIDENCE_WIDTH: Final = 100
RATE_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "paper": "Paper",
        "outcome": "Outcome",
        "per": "Per",
        "among": "Among",
        "united": "United",
        "%": "%",
        "patients of": "Patients of",
    }
)
POOL_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "among": "Among",
        "groups": "Groups",
        "united": "United",
        "method": "Method",
        "pooled": "Pooled",
        "new series": "New series",
        "tau2": "tau2",
        "I2": "I2",
    }
)


def list_papers(baselines: Baselines) -> list[str]:
    """Return one line per paper with a rate: author, year, title, journal, DOI."""
    names = dict(zip(baselines.rates["study_id"], baselines.rates["paper"], strict=True))
    papers = baselines.studies[baselines.studies["study_id"].isin(names)]
    return [
        ". ".join(
            part
            for part in (names[row["study_id"]], row["title"], row["journal"], row["doi"])
            if part
        )
        for row in papers.sort_values("study_id", kind="stable").to_dict("records")
    ]


def list_conflicts(baselines: Baselines) -> list[str]:
    """Return one line per contradiction within a paper that has a rate shown."""
    told = baselines.rates[baselines.rates["conflict"].ne("")].drop_duplicates("study_id")
    return [f"{row['paper']}: {row['conflict']}" for row in told.to_dict("records")]
