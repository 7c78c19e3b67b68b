"""Every number of every result, one a row, under an id that sentences and tables carry."""

from __future__ import annotations

import dataclasses
import numbers
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import pandas as pd

from parsoutcomes.conventions import PLANNED_VISITS_MONTHS
from parsoutcomes.results.base import Exclusion, Result
from parsoutcomes.results.exposure import AS_PRESCRIBED, COMPLETED_EARLY, EXTENDED
from parsoutcomes.results.windows import find_windows

COLUMNS = ("id", "result", "table", "row", "describes", "quantity", "value")
_NUMBER: Final = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])")
# A table with a row per patient is none of the report's numbers.
_KEYS: Final = frozenset({"patient_id", "episode_id", "defect_id"})
HELD_AGAINST_PRESCRIPTION: Final = (COMPLETED_EARLY, AS_PRESCRIBED, EXTENDED)
_PLACES: Final = ("title", "finding", "method")
_SKIPPED_QUANTITIES = ("row_number",)


def tabulate_numbers(
    results: Mapping[str, Result], refusals: Mapping[str, str] = MappingProxyType({})
) -> pd.DataFrame:
    """List the numbers behind a report.

    Parameters
    ----------
    results : mapping of str to Result
        By id.
    refusals : mapping of str to str
        Why a result is missing, by its id; the numbers in the words are listed.

    Returns
    -------
    pandas.DataFrame
        Columns `id` (result/table/row/quantity), `result`, `table`, `row`, `describes` (the words
        in that row), `quantity` (the column) and `value`, unrounded. Numbers in cautions,
        reasons and refusals are listed as they stand in the words, which are given with them.

    Examples
    --------
    >>> frame = pd.DataFrame({"stage": ["early"], "estimate": [0.8]})
    >>> rates = Result(title="", finding="", method="", frame=frame)
    >>> tabulate_numbers({"rates": rates}).loc[0, "id"]
    'rates/frame/1/estimate'
    """
    rows = [row for name, result in results.items() for row in _of_result(name, result)]
    for name, text in refusals.items():
        rows += _of_words(name, "refusal", (text,))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_result(name: str, result: Result) -> Iterator[tuple[object, ...]]:
    for part in dataclasses.fields(result):
        value = getattr(result, part.name)
        if isinstance(value, pd.DataFrame):
            yield from _of_frame(name, part.name, value)
        elif isinstance(value, tuple):
            yield from _of_tuple(name, part.name, value)
        elif isinstance(value, str) and part.name not in _PLACES:
            yield from _of_words(name, part.name, (value,))
        elif _is_number(value) and not pd.isna(value):
            yield (f"{name}/{part.name}", name, part.name, 0, "", part.name, value)
    yield from _of_settings(name, result)
    yield from _of_exclusions(name, result.exclusions)
    yield from _of_words(name, "cautions", result.cautions)


def _of_tuple(name: str, table: str, values: tuple[object, ...]) -> Iterator[tuple[object, ...]]:
    for row, value in enumerate(values, start=1):
        if _is_number(value):
            yield (f"{name}/{table}/{row}/value", name, table, row, "", "value", value)


def _of_settings(name: str, result: Result) -> Iterator[tuple[object, ...]]:
    horizon = getattr(result, "horizon_months", None)
    grace = getattr(result, "grace_months", None)
    if horizon is None or grace is None:
        return
    months = {"status_known_by_months": horizon + grace}
    if horizon in PLANNED_VISITS_MONTHS:
        months["latest_scan_months"] = find_windows(PLANNED_VISITS_MONTHS)[horizon][1]
    for quantity, value in months.items():
        yield (f"{name}/settings/0/{quantity}", name, "settings", 0, "", quantity, value)


def _of_frame(name: str, table: str, frame: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    if not _KEYS.isdisjoint(frame.columns):
        return
    yield from _of_totals(name, table, frame)
    if "estimate" in frame.columns and len(frame) > 1:
        n_given = int(frame["estimate"].notna().sum())
        place = f"{name}/{table}/0/n_estimates"
        yield (place, name, table, 0, "rows with an estimate", "n_estimates", n_given)
    for number, row in enumerate(frame.to_dict("records"), start=1):
        words = "; ".join(f"{key}={value}" for key, value in row.items() if isinstance(value, str))
        for quantity, value in row.items():
            if _is_number(value) and quantity not in _SKIPPED_QUANTITIES and not pd.isna(value):
                place = f"{name}/{table}/{number}/{quantity}"
                yield (place, name, table, number, words, quantity, value)


def _of_totals(name: str, table: str, frame: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """List the totals that sentences tell of rows which share no patient."""
    if {"received", "n_courses"} <= set(frame.columns):
        by_length = frame.groupby("received", sort=False)["n_courses"].sum()
        known = [length for length in by_length.index if length in HELD_AGAINST_PRESCRIPTION]
        totals = {**by_length.to_dict(), "length known": by_length[known].sum()}
        for row, (words, value) in enumerate(totals.items(), start=1):
            place = f"{name}/{table}_totals/{row}/n_courses"
            yield (place, name, f"{table}_totals", row, words, "n_courses", int(value))
    if {"period", "n_known"} <= set(frame.columns):
        place = f"{name}/{table}_totals/1/n_known"
        value = int(frame["n_known"].sum())
        yield (place, name, f"{table}_totals", 1, "all periods", "n_known", value)


def _of_exclusions(name: str, exclusions: tuple[Exclusion, ...]) -> Iterator[tuple[object, ...]]:
    for number, exclusion in enumerate(exclusions, start=1):
        for quantity in ("n_defects", "n_patients"):
            place = f"{name}/exclusions/{number}/{quantity}"
            value = getattr(exclusion, quantity)
            yield (place, name, "exclusions", number, exclusion.reason, quantity, value)


def _of_words(name: str, table: str, texts: tuple[str, ...]) -> Iterator[tuple[object, ...]]:
    """List the numbers of a sentence that comes with a result but not from its tables."""
    for row, text in enumerate(texts, start=1):
        for place, number in enumerate(_NUMBER.findall(text), start=1):
            quantity = f"number_{place}"
            value = float(number.replace(",", ""))
            yield (f"{name}/{table}/{row}/{quantity}", name, table, row, text, quantity, value)


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
