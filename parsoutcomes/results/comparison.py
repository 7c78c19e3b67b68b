"""The comparison with published series as a finished result, and the sentences it comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from parsoutcomes.conventions import MIN_DEFECTS_FOR_CLAIM, MIN_PATIENTS_FOR_CLAIM
from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, index_measures
from parsoutcomes.wording import format_count, format_label, format_list, format_number

VERDICTS = ("above", "below", "not distinguishable", "depends on the reference", "no verdict")


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class BaselineComparison(Result):
    """Our union beside published series, at our own mix of stages.

    Attributes
    ----------
    verdict : str
        above, below, not distinguishable, depends on the reference, or no verdict.
    series : tuple of str
        The papers, such as "Virkki 2020".
    coverage : pandas.DataFrame
        `reference, series, stage, n_defects, n_patients, covered`: which target pars have a
        published rate.
    strata : pandas.DataFrame
        One row per reference and stage: our pars and rate, the published counts and rate, and
        what the published rate would expect of our pars.
    verdicts : pandas.DataFrame
        `role, strata, series, verdict, n_defects, n_judged`: the verdict, and what it would be
        under each other choice.
    standardised_by : str
        stage, laterality or contralateral_stage, see `compare_with_baselines`.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    verdict: str
    series: tuple[str, ...]
    coverage: pd.DataFrame = field(default_factory=pd.DataFrame)
    strata: pd.DataFrame = field(default_factory=pd.DataFrame)
    verdicts: pd.DataFrame = field(default_factory=pd.DataFrame)
    standardised_by: str = "stage"
    horizon_months: float
    grace_months: float
    data_lock: pd.Timestamp | None = None


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class UnadjustedComparison(Result):
    """Our overall union beside that of published series, adjusted for nothing; no verdict."""


def write_unadjusted_finding(frame: pd.DataFrame) -> str:
    """Return the raw numbers as one sentence that opens with what they are not."""
    first = frame.iloc[0]
    numbers = [_write_numbers(name, rows) for name, rows in frame.groupby("series", sort=False)]
    return (
        "Not an answer to whether we are better than published, since stages differ: of "
        f"{first['n_defects']} pars, {'; '.join(numbers)}."
    )


def write_comparison_finding(
    frame: pd.DataFrame,
    verdict: str,
    series: tuple[str, ...],
    strata: tuple[str, ...],
    *,
    n_judged: int,
    n_patients_judged: int,
    why: str = "",
) -> str:
    """Return the verdict and its numbers as one sentence, naming each series.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows on which the verdict rests, with 95 % limits.
    verdict : str
        One of `VERDICTS`.
    series, strata : tuple of str
        The papers, and the stages that occur among our pars.
    n_judged, n_patients_judged : int
        Pars that can be judged at the horizon (due, and of known status or operated on before
        any union), and their patients.
    why : str
        Why these series bear no verdict, when they bear none.
    """
    first = frame.iloc[0]
    stages = format_list([format_label(stage) for stage in strata])
    pars = (
        f"{first['n_defects']} {stages} pars in "
        f"{format_count(int(first['n_patients']), 'patient', 'patients')}"
    )
    by_series = list(frame.groupby("series", sort=False))
    if verdict == "depends on the reference":
        sides = [_write_numbers(name, rows, _side(rows)) for name, rows in by_series]
        return f"The answer for {pars} depends on the reference: {'; '.join(sides)}."
    numbers = [_write_numbers(name, rows) for name, rows in by_series]
    if verdict != "no verdict":
        return f"{_open(verdict, series, pars)}: {'; '.join(numbers)}."
    n, n_patients = int(first["n_defects"]), int(first["n_patients"])
    if n < MIN_DEFECTS_FOR_CLAIM or n_patients < MIN_PATIENTS_FOR_CLAIM:
        why = "which are too few to judge"
    elif not why:
        why = _explain_unknown(n_judged, n_patients_judged)
    return f"No verdict on union of {pars}, {why}: {'; '.join(numbers)}."


def write_coverage(coverage: pd.DataFrame) -> tuple[str, ...]:
    """Return, for each series, which share of our target pars has a published rate."""
    lines = []
    for series, rows in coverage.groupby("series", sort=False):
        covered, total = int(rows.loc[rows["covered"], "n_defects"].sum()), rows["n_defects"].sum()
        lines.append(f"{series} has a rate for the stage of {covered} of our {total} target pars")
    return tuple(lines)


def _open(verdict: str, series: tuple[str, ...], pars: str) -> str:
    named = format_list(list(series))
    return {
        "above": f"Union of {pars} was above {named} at the same mix of stages",
        "below": f"Union of {pars} was below {named} at the same mix of stages",
        "not distinguishable": (
            f"Union of {pars} could not be told from {named} at the same mix of stages"
        ),
    }[verdict]


def _explain_unknown(n_judged: int, n_patients_judged: int) -> str:
    others = "not yet due or of unknown status"
    if n_judged == 0:
        return f"none of which can be judged ({others})"
    if n_judged < MIN_DEFECTS_FOR_CLAIM or n_patients_judged < MIN_PATIENTS_FOR_CLAIM:
        patients = format_count(n_patients_judged, "patient", "patients")
        return (
            f"of which only {n_judged} in {patients} can be judged (the others are {others}), "
            "too few for a verdict"
        )
    return "since what is not known of them decides on which side of the series they lie"


def _side(rows: pd.DataFrame) -> str:
    ratio = index_measures(rows)["observed_over_expected"]
    if float(ratio["conf_low"]) > 1:
        return "above"
    return "below" if float(ratio["conf_high"]) < 1 else "not distinguishable from"


def _write_numbers(series: object, rows: pd.DataFrame, preposition: str = "against") -> str:
    by_measure = index_measures(rows)
    ratio = by_measure["observed_over_expected"]
    if not math.isfinite(float(ratio["estimate_low"])):
        return f"{preposition} {series}, observed over expected cannot be given"
    return (
        f"{preposition} {series}, {_write_value(by_measure['observed'])} observed and "
        f"{_write_value(by_measure['expected'])} expected, observed over expected "
        f"{_write_value(ratio)} ({100 * float(ratio['conf_level']):g}% interval "
        f"{format_number(float(ratio['conf_low']))} to {format_number(float(ratio['conf_high']))})"
    )


def _write_value(row: Row) -> str:
    estimate = float(row["estimate"])
    if math.isfinite(estimate):
        return format_number(estimate)
    lowest, highest = (format_number(float(row[f"estimate_{end}"])) for end in ("low", "high"))
    return f"between {lowest} and {highest}"
