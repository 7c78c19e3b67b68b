"""Checks of the published rates, made each time they are loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from parsoutcomes.errors import BaselineError

CATEGORIES: Final = MappingProxyType(
    {
        "outcome": ("union", "partial_or_better", "clinical_success", "progression"),
        "unit": ("defect", "patient", "vertebra", "unclear"),
        "laterality": ("unilateral", "bilateral", "any"),
        "stage": (
            "pre_lysis",
            "early",
            "progressive",
            "terminal",
            "acute",
            "pre_lysis_or_early",
            "early_or_progressive",
            "any",
        ),
        "contralateral_stage": ("none", "pre_lysis", "early", "progressive", "terminal", "any"),
        "level": ("L3", "L4", "L5", "non-L5", "any"),
        "stir": ("present", "absent", "any"),
        "count_basis": ("stated", "derived", "percent_only"),
        "read_from": ("source", "secondary"),
        "pool_default": ("yes", "no"),
    }
)
STRATUM: Final = ("laterality", "stage", "contralateral_stage", "level")
PERCENT_TOLERANCE: Final = 0.51
CONFLICT: Final = "CONFLICT: "
NO_DOI: Final = "no DOI"
_REACHED_BY: Final = ("doi", "pmid", "pmcid", "url", "journal")
_SPLITS: Final = MappingProxyType(
    {
        "stage": ("pre_lysis", "early", "progressive", "terminal"),
        "level": ("L3", "L4", "L5"),
        "subgroup": ("right side", "left side"),
    }
)


def require_sound(rates: pd.DataFrame, studies: pd.DataFrame, effects: pd.DataFrame) -> None:
    """Refuse published rates that contradict their own declaration, all problems at once."""
    problems = [
        *check_rates(rates),
        *_check_studies(rates, studies, effects),
    ]
    if problems:
        raise BaselineError(
            "The published rates are not sound.",
            expected="known categories, counts that fit, a source each, one speaker per stratum",
            found="; ".join(problems),
            fix="Correct rates.csv, studies.csv or effects.csv of parsoutcomes/baselines.",
        )


def check_rates(rates: pd.DataFrame, columns: Sequence[str] = tuple(CATEGORIES)) -> list[str]:
    """Return what is wrong with rates as such; row i stands on line i + 2 of its file."""
    return [
        *_check_categories(rates, columns),
        *_check_counts(rates),
        *_check_pool_defaults(rates),
    ]


def list_conflicts(rates: pd.DataFrame, studies: pd.DataFrame) -> pd.DataFrame:
    """List what the papers themselves contradict, and papers whose DOI is not known."""
    noted = studies["notes"].str.contains(CONFLICT, regex=False)
    named = studies.loc[noted, ["study_id", "notes"]]
    rows = [
        *((s, "as noted", n.split(CONFLICT, 1)[1]) for s, n in named.itertuples(index=False)),
        *_compare_parts_with_whole(rates),
        *_list_without_doi(studies),
    ]
    listed = pd.DataFrame(rows, columns=["study_id", "kind", "conflict"])
    return listed.sort_values(["study_id", "kind"], kind="stable", ignore_index=True)


def _check_categories(rates: pd.DataFrame, columns: Sequence[str]) -> Iterator[str]:
    for column in columns:
        lines = rates.index[~rates[column].isin(CATEGORIES[column])] + 2
        if len(lines):
            yield f"unknown {column} on {name_lines(lines)}"


def _check_counts(rates: pd.DataFrame) -> Iterator[str]:
    counted = rates["count_basis"].ne("percent_only")
    united, total = rates["n_united"], rates["n"]
    faults = {
        "counts missing": counted & (united.isna() | total.isna()),
        "a count where only a percentage is printed": ~counted & united.notna(),
        "more united than there are": united > total,
        "percentage that does not match its counts": (
            counted & ((100 * united / total - rates["percent_printed"]).abs() > PERCENT_TOLERANCE)
        ),
    }
    for fault, holds in faults.items():
        lines = rates.index[holds.to_numpy(dtype=bool)] + 2
        if len(lines):
            yield f"{fault} on {name_lines(lines)}"


def _check_studies(
    rates: pd.DataFrame, studies: pd.DataFrame, effects: pd.DataFrame
) -> Iterator[str]:
    n_repeated = int(studies["study_id"].duplicated().sum())
    if n_repeated:
        yield f"{n_repeated} studies listed twice"
    cited = pd.concat([rates["study_id"], effects["study_id"]])
    n_unknown = cited[~cited.isin(studies["study_id"])].nunique()
    if n_unknown:
        yield f"{n_unknown} studies cited that are not listed"
    unreachable = (studies[list(_REACHED_BY)] == "").all(axis=1)
    if unreachable.any():
        yield f"{int(unreachable.sum())} studies without DOI, index number, address or journal"
    groups = studies.set_index("study_id")["cohort_group"]
    n_apart = int(rates["study_id"].map(groups).ne(rates["cohort_group"]).sum())
    if n_apart:
        yield f"{n_apart} rates whose cohort group is not that of their study"


def _check_pool_defaults(rates: pd.DataFrame) -> Iterator[str]:
    speakers = rates[rates["pool_default"].eq("yes")]
    unusable = speakers["n_united"].isna() | speakers["read_from"].ne("source")
    if unusable.any():
        yield f"pool_default without counts read at the source on {name_lines(_lines(unusable))}"
    repeated = name_strata(speakers).duplicated(keep=False)
    if repeated.any():
        yield f"two rows speak for one stratum on {name_lines(_lines(repeated))}"


def name_strata(rates: pd.DataFrame) -> pd.DataFrame:
    """Return what a pool may hold once: group, outcome, unit and stratum of each row.

    A unilateral fracture has no opposite one, whether or not the paper says so.
    """
    strata = rates[["cohort_group", "outcome", "unit", *STRATUM]].copy()
    strata.loc[strata["laterality"].eq("unilateral"), "contralateral_stage"] = "none"
    return strata


def _compare_parts_with_whole(rates: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    counted = rates[rates["outcome"].eq("union") & rates["n_united"].notna()]
    for study_id, rows in counted.groupby("study_id", sort=True):
        whole = rows[(rows[list(STRATUM)] == "any").all(axis=1) & rows["subgroup"].eq("")]
        for column, names in _SPLITS.items():
            parts = rows[rows[column].isin(names)]
            if len(whole) != 1 or parts["n"].sum() != whole["n"].iloc[0]:
                continue
            n_parts, n_whole = int(parts["n_united"].sum()), int(whole["n_united"].iloc[0])
            if n_parts != n_whole:
                by = "side" if column == "subgroup" else column
                yield str(study_id), "sum", f"united by {by} add up to {n_parts}, not {n_whole}"


def _list_without_doi(studies: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    for row in studies[studies["doi"].eq("")].to_dict("records"):
        found = next(name for name in _REACHED_BY if row[name])
        yield str(row["study_id"]), NO_DOI, f"DOI not known; reached by {found}"


def _lines(holds: pd.Series) -> pd.Index:
    return holds.index[holds] + 2


def name_lines(lines: Sequence[int] | pd.Index) -> str:
    """Return line numbers as a reader is told them, at most ten.

    Examples
    --------
    >>> name_lines([3, 5])
    'lines 3, 5'
    """
    shown = ", ".join(str(line) for line in lines[:10])
    return f"line{'s' if len(lines) > 1 else ''} {shown}{' ...' if len(lines) > 10 else ''}"
