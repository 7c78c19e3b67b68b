"""Published rates that a user adds from a file, held to the checks of our own."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd

from parsoutcomes.baselines.checks import (
    CATEGORIES,
    CONFLICT,
    STRATUM,
    check_rates,
    name_lines,
    name_strata,
)
from parsoutcomes.baselines.columns import COLUMNS, Column
from parsoutcomes.errors import BaselineError, SourceError

RATE_NUMBERS: Final = ("n", "n_united", "percent_printed", "mean_months_to_union")
_WHOLE: Final = ("n", "n_united", "n_patients", "n_defects", "year")
_REACHED_BY: Final = ("doi", "pmid", "url", "journal")
_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_SAME_NUMBER: Final = ("study_id", "outcome", "unit", *STRATUM, "stir", "brace", "subgroup")


def add_rates(
    path: str | os.PathLike[str], studies: pd.DataFrame, rates: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return studies and rates with those of a user's file after them, `origin` telling whose.

    Parameters
    ----------
    path : str or path-like
        A CSV file with the columns of `describe_baseline_columns`, in UTF-8.
    studies, rates : pandas.DataFrame
        What the package brings, sound, `pool_default` still "yes" or "no".

    Returns
    -------
    tuple of pandas.DataFrame

    Raises
    ------
    SourceError
        When the file cannot be read as text.
    BaselineError
        When rows are not sound: every problem of the file at once, by column and line.
    """
    given, problems = _read_table(Path(path))
    absent = [column for column in COLUMNS if column.name not in given]
    problems += [f"no column {column.name}" for column in absent if column.is_required]
    known = [column.name for column in COLUMNS]
    problems += [f"unknown column {name}" for name in given if name not in known]
    filled = _fill(given)
    added = _as_numbers(filled)
    present = [name for name in known if name in given]
    problems += _check_cells(filled, [c for c in COLUMNS if c.name in present])
    problems += check_rates(added, [name for name in CATEGORIES if name in present])
    problems += _check_against_ours(added, studies, rates)
    problems += _check_papers(filled, studies)
    if given.empty and not problems:
        problems = ["a header and no row beneath it"]
    if problems:
        raise BaselineError(
            "The added rates are not sound; none of them is used.",
            expected="the columns of describe_baseline_columns(): known categories, counts that "
            "fit, a source each, one row speaking for each group of patients and stratum",
            found="; ".join(problems),
            fix="Correct the file (a new one: parsoutcomes baselines --template FILE).",
        )
    return _join(studies, _take_papers(filled, studies)), _join(rates, added)


def _join(ours: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    kept = added.reindex(columns=ours.columns).assign(origin="user")
    for name in ours.columns.difference(list(RATE_NUMBERS)):
        kept[name] = kept[name].fillna("")
    whole = pd.concat([ours.assign(origin="package"), kept.astype(dict(ours.dtypes))])
    return whole.reset_index(drop=True)


def _read_table(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells as text, row i on line i + 2, and what is wrong with the table as such."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable("no such file, or one that may not be read") from error
    except UnicodeDecodeError as error:
        raise _unreadable("a file in another encoding, or no text") from error
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    try:
        reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
        lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise _unreadable("quotation marks that do not pair") from error
    rows = [(number, row) for number, row in lines if any(row)]
    if not rows:
        raise _unreadable("an empty file")
    header = rows[0][1]
    problems = [f"column {name} twice" for name in dict.fromkeys(header) if header.count(name) > 1]
    ragged = [number for number, row in rows[1:] if len(row) != len(header)]
    problems += [f"more or fewer cells than the header on {name_lines(ragged)}"] if ragged else []
    whole = {number - 2: row for number, row in rows[1:] if len(row) == len(header)}
    table = pd.DataFrame.from_dict(whole, orient="index", columns=header, dtype="object")
    return table.loc[:, ~table.columns.duplicated()], problems


def _unreadable(found: str) -> SourceError:
    return SourceError(
        "The file of added rates cannot be read.",
        expected="a CSV file in UTF-8, its header in the first line",
        found=found,
        fix='Check the path; in a spreadsheet program save it as "CSV UTF-8".',
    )


def _fill(given: pd.DataFrame) -> pd.DataFrame:
    filled = given.reindex(columns=[column.name for column in COLUMNS]).fillna("").astype(str)
    for column in COLUMNS:
        filled[column.name] = filled[column.name].replace("", column.default)
    return filled


def _as_numbers(filled: pd.DataFrame) -> pd.DataFrame:
    numbers = {name: pd.to_numeric(filled[name], errors="coerce") for name in RATE_NUMBERS}
    return filled.assign(**numbers)


def _check_cells(filled: pd.DataFrame, columns: list[Column]) -> Iterator[str]:
    for column in columns:
        cells = filled[column.name]
        if column.is_required and column.name not in CATEGORIES:
            yield from _tell(f"{column.name} empty", cells.eq(""))
        if column.name in {*RATE_NUMBERS, *_WHOLE}:
            yield from _check_numbers(column.name, cells[cells.ne("")])
        if column.name == "doi":
            wrong = cells.ne("") & ~cells.map(lambda cell: bool(_DOI.fullmatch(cell)))
            yield from _tell("doi that does not begin 10. and a number", wrong)
    counts = filled["count_basis"].eq("percent_only") & filled["percent_printed"].eq("")
    yield from _tell("neither counts nor a percentage", counts)


def _check_numbers(name: str, cells: pd.Series) -> Iterator[str]:
    values = pd.to_numeric(cells, errors="coerce")
    unread = ~(values.abs() < float("inf"))
    yield from _tell(f"{name} that is no number", unread)
    if name in _WHOLE:
        yield from _tell(f"{name} that is not whole", ~unread & (values % 1 != 0))
    least = 1900 if name == "year" else 1 if name in {"n", "n_patients", "n_defects"} else 0
    most = {"percent_printed": 100, "year": 2100}.get(name, float("inf"))
    wrong = ~unread & ((values < least) | (values > most))
    yield from _tell(f"{name} out of range", wrong)


def _check_against_ours(
    added: pd.DataFrame, studies: pd.DataFrame, rates: pd.DataFrame
) -> Iterator[str]:
    spoken = rates[rates["pool_default"].eq("yes")]
    ours = pd.MultiIndex.from_frame(name_strata(spoken))
    theirs = pd.MultiIndex.from_frame(name_strata(added))
    taken = pd.Series(theirs.isin(ours), index=added.index) & added["pool_default"].eq("yes")
    yield from _tell("pool_default where a row of the package speaks already", taken)
    same = list(_SAME_NUMBER)
    listed = pd.MultiIndex.from_frame(rates[same])
    again = pd.Series(pd.MultiIndex.from_frame(added[same]).isin(listed), index=added.index)
    yield from _tell("a number that the package lists already", again)
    yield from _tell("the same number twice", added.duplicated(same))
    groups = added["study_id"].map(studies.set_index("study_id")["cohort_group"])
    apart = groups.notna() & groups.ne(added["cohort_group"]) & added["cohort_group"].ne("")
    yield from _tell("cohort_group that is not that of the paper in the package", apart)


def _check_papers(filled: pd.DataFrame, studies: pd.DataFrame) -> Iterator[str]:
    is_new = ~filled["study_id"].isin(studies["study_id"])
    new = filled[is_new]
    for column in COLUMNS:
        if column.is_of_paper and column.name != "cohort_group":
            told = ~is_new & filled[column.name].ne("")
            yield from _tell(f"{column.name} of a paper that the package describes already", told)
        if column.is_of_paper:
            first = new.groupby("study_id")[column.name].transform("first")
            yield from _tell(
                f"{column.name} that differs within a paper", first != new[column.name]
            )
    for name in ("first_author", "year", "title"):
        yield from _tell(f"a new paper without {name}", new[name].eq(""))
    unreachable = (new[list(_REACHED_BY)] == "").all(axis=1)
    yield from _tell("a new paper without doi, pmid, url or journal", unreachable)


def _take_papers(filled: pd.DataFrame, studies: pd.DataFrame) -> pd.DataFrame:
    new = filled[~filled["study_id"].isin(studies["study_id"])]
    with_conflict_first = (
        new["notes"].str.contains(CONFLICT, regex=False).sort_values(ascending=False, kind="stable")
    )
    return new.loc[with_conflict_first.index].drop_duplicates("study_id").drop(columns="brace")


def _tell(problem: str, holds: pd.Series) -> Iterator[str]:
    if holds.any():
        yield f"{problem} on {name_lines([int(line) + 2 for line in holds.index[holds]])}"
