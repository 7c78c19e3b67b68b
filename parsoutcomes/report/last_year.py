"""One year beside the last: as reported then, restated under this year's code, and now."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from parsoutcomes.errors import ReportError
from parsoutcomes.report.numbers import COLUMNS, tabulate_numbers
from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.tables.display import DisplayTable
from parsoutcomes.wording import (
    format_number_range,
    format_percent_range,
    format_points_range,
    start_sentence,
)

REPORTED: Final = "as reported last year"
RESTATED: Final = "last year restated"
NOW: Final = "this year"
PERCENT: Final = "percent"
RATIO: Final = "ratio"
COMPARED: Final = (
    "rates-pars-complete",
    "rates-pars-partial",
    "rates-patients-complete",
    "rates-patients-partial",
)
_RATES: Final = {
    "rates-pars-complete": "Complete union, per pars",
    "rates-pars-partial": "Partial or complete union, per pars",
    "rates-patients-complete": "Complete union, per patient",
    "rates-patients-partial": "Partial or complete union, per patient",
}
_METHOD: Final = (
    "Last year restated: those fitted to the end of last year, estimated from this year's records "
    "with this year's code. So reported against restated shows what later scans, corrections and "
    "changes of the code did; restated against this year shows what the newly fitted did. The "
    "three share most of their patients, so that no interval of a difference is given."
)


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One number that is followed from year to year: where it stands in `numbers.csv`."""

    name: str
    result: str
    words: tuple[str, ...]
    kind: str


def read_last_year(folder: Path) -> pd.DataFrame:
    """Return `numbers.csv` of last year's report.

    Parameters
    ----------
    folder : pathlib.Path
        Where that report was written.

    Raises
    ------
    ReportError
        When there is no such file, or it cannot be read.
    """
    try:
        return pd.read_csv(folder / "numbers.csv")
    except (OSError, ValueError) as error:
        raise ReportError(
            "Last year's numbers cannot be read.",
            expected="the folder of last year's report, with its numbers.csv",
            found=type(error).__name__,
            fix="Give the folder in which build_report wrote last year's report.",
        ) from None


def list_quantities(numbers: pd.DataFrame) -> tuple[Quantity, ...]:
    """Return the rates, and observed over expected for each series of the comparison.

    Parameters
    ----------
    numbers : pandas.DataFrame
        From `tabulate_numbers`, of this year.
    """
    rates = [
        Quantity(name=label, result=name, words=("measure=union_npmle",), kind=PERCENT)
        for name, label in _RATES.items()
    ]
    words = numbers.loc[
        numbers["result"].eq("comparison") & numbers["table"].eq("frame"), "describes"
    ].astype(str)
    verdicts = words[words.str.contains("role=verdict") & words.str.contains("observed_over")]
    series = dict.fromkeys(verdicts.str.extract(r"series=([^;]+)")[0].dropna())
    ratios = [
        Quantity(
            name=f"Observed over expected, {one}",
            result="comparison",
            words=(f"series={one};", "role=verdict", "measure=observed_over_expected"),
            kind=RATIO,
        )
        for one in series
    ]
    return (*rates, *ratios)


def compare_with_last_year(
    now: Mapping[str, Result],
    restated: Mapping[str, Result],
    previous: pd.DataFrame | None,
    *,
    year: int,
) -> Result:
    """Set each rate as reported last year beside last year restated and this year.

    Not a test of change: the three share most of their patients.

    Parameters
    ----------
    now, restated : mapping of str to Result
        By id: of this year, and of those fitted to the end of last year under this year's code.
    previous : pandas.DataFrame or None
        `numbers.csv` of last year's report.
    year : int
        This year.

    Returns
    -------
    Result
        `frame`: `quantity, kind, version` (as reported last year, last year restated, this year),
        `fitted_to_year, estimate, conf_low, conf_high, n_patients, n_defects`.

    Raises
    ------
    ReportError
        When `previous` is not the numbers of a report.
    """
    numbers = {NOW: tabulate_numbers(now), RESTATED: tabulate_numbers(restated)}
    if previous is not None:
        numbers[REPORTED] = _require_numbers(previous)
    versions = [version for version in (REPORTED, RESTATED, NOW) if version in numbers]
    rows = [
        {
            "quantity": quantity.name,
            "kind": quantity.kind,
            "version": version,
            "fitted_to_year": year if version == NOW else year - 1,
            **_find(numbers[version], quantity),
        }
        for quantity in list_quantities(numbers[NOW])
        for version in versions
    ]
    frame = pd.DataFrame(rows)
    return Result(
        title=f"From {year - 1} to {year}",
        finding=_write_finding(frame, year, has_reported=previous is not None),
        method=_METHOD,
        frame=_add_changes(frame),
    )


def _require_numbers(previous: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in COLUMNS if name not in previous.columns]
    if missing:
        raise ReportError(
            "Last year's numbers cannot be read.",
            expected=f"the columns {', '.join(COLUMNS)} of a report's numbers.csv",
            found=f"{len(previous.columns)} columns, without {', '.join(missing)}",
            fix="Give the folder of last year's report, as it was written.",
        )
    return previous


def _find(numbers: pd.DataFrame, quantity: Quantity) -> dict[str, float]:
    rows = numbers[numbers["result"].eq(quantity.result) & numbers["table"].eq("frame")]
    described = rows["describes"].astype(str) + ";"
    for word in quantity.words:
        rows = rows[described.reindex(rows.index).str.contains(word, regex=False)]
    values = rows.drop_duplicates("quantity").set_index("quantity")["value"]
    wanted = ("estimate", "conf_low", "conf_high", "n_patients", "n_defects")
    return {name: float(values.get(name, math.nan)) for name in wanted}


def _add_changes(frame: pd.DataFrame) -> pd.DataFrame:
    """Add, in percentage points or as a ratio's difference, the step from the version before."""
    before = frame.groupby("quantity", sort=False)["estimate"].shift(1)
    return frame.assign(change=frame["estimate"] - before)


def _write_finding(frame: pd.DataFrame, year: int, *, has_reported: bool) -> str:
    first = {str(row["version"]): row for row in reversed(list_rows(frame))
             if row["quantity"] == frame["quantity"].iloc[0]}  # fmt: skip
    parts = [f"{version} {_write_value(first[version])}" for version in first_order(first)]
    told = f"{frame['quantity'].iloc[0]}: {', '.join(parts)}"
    unseen = "" if has_reported else " Last year's report was not given, so it is restated only."
    return f"{start_sentence(told)}; last year is {year - 1} and before.{unseen}"


def first_order(versions: Mapping[str, Row]) -> list[str]:
    """Return the versions in order of time."""
    return [version for version in (REPORTED, RESTATED, NOW) if version in versions]


def _write_value(row: Row) -> str:
    limits = (float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"]))
    return format_percent_range(*limits) if row["kind"] == PERCENT else format_number_range(*limits)


def tabulate_last_year(result: Result) -> DisplayTable:
    """Return each quantity as reported, restated and now, with the steps between."""
    frame = result.frame
    versions = [one for one in (REPORTED, RESTATED, NOW) if frame["version"].eq(one).any()]
    rows = []
    for quantity, of_one in frame.groupby("quantity", sort=False):
        told = {str(row["version"]): row for row in list_rows(of_one)}
        steps = [_write_change(told[one]) for one in versions[1:]]
        rows.append((str(quantity), *(_write_value(told[one]) for one in versions), *steps))
    heads = (
        "Quantity",
        *(start_sentence(one) for one in versions),
        *(f"Change to {one}" for one in versions[1:]),
    )
    return DisplayTable(heads=heads, rows=tuple(rows))


def _write_change(row: Row) -> str:
    change = float(row["change"])
    if not math.isfinite(change):
        return "–"
    return format_points_range(change) if row["kind"] == PERCENT else f"{change:+.2f}"
