"""Union over the years against what was expected, as a finished result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from parsoutcomes.conventions import (
    MIN_DEFECTS_FOR_CLAIM,
    MIN_PATIENTS_FOR_CLAIM,
    MIN_UNITS_FOR_FUNNEL,
    RUN_CHART_MIN_POINTS,
)
from parsoutcomes.results.base import Result
from parsoutcomes.results.rows import Row, list_rows
from parsoutcomes.wording import format_count, format_list, format_number, format_number_range

LEFT_OUT: Final = "left_out"
NONE_UNITED: Final = "none_united"
ALL_UNITED: Final = "all_united"
MISSING_AS: Final = (LEFT_OUT, NONE_UNITED, ALL_UNITED)
BETTER: Final = "better"
WORSE: Final = "worse"


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class UnionMonitoring(Result):
    """Union of matured pars in order of due date, against what was expected of their stages.

    Attributes
    ----------
    chart : pandas.DataFrame
        One row per patient and way of counting unknown pars (`missing_as`: left_out, none_united,
        all_united): `patient_number` in order of due date, `due_year, due_quarter, n_defects,
        n_known, n_events, expected, excess` (VLAD), `cusum_better, cusum_worse`, and `signal`
        (better, worse or empty). No identifier and no day.
    limits : pandas.DataFrame
        One row per `side`, and both: odds ratio looked for, limit, run length asked for and as
        simulated (patients between false signals), and the wait for a change of 20 per 100.
    signals : pandas.DataFrame
        `missing_as, side, patient_number, due_year, due_quarter`.
    expected_rates : pandas.DataFrame
        `stage, n_united, n, expected, conf_low, conf_high, conf_level`: where expected comes from.
    run_rules : pandas.DataFrame
        One row per rule: `rule, found, needed, is_broken`; empty with too few periods.
    units, funnel : pandas.DataFrame
        One row per unit: counts, expected, rate, rate standardised by stage, and with ten units or
        more the limits and `is_outside`; the limits over numbers of pars. Empty when not asked for.
    by, series, period : str
        What units are ("site"), if asked for; where expected comes from, in words; "year" or
        "quarter".
    n_patients, n_missing, n_not_due : int
        Matured patients on the chart; matured pars of unknown status; pars not yet due.
    target, overdispersion, overdispersion_by_chance : float
        Of the funnel: the share expected in all, how many times more than by chance the units vary
        about it, and up to what number of times that is no surprise.
    chance_of_false_signal, chance_of_false_signal_uncertain : float
        Chance of at least one signal over so many patients when nothing differs: with the
        expected rates taken as exact, and with their uncertainty drawn.
    pair_correlation : float
        How alike the pars of a patient were taken to be when limits were set.
    horizon_months, grace_months : float
        The horizon h and the grace g.
    data_lock : pandas.Timestamp or None
        The day on which follow-up ended.
    """

    chart: pd.DataFrame
    limits: pd.DataFrame
    signals: pd.DataFrame
    expected_rates: pd.DataFrame
    run_rules: pd.DataFrame = field(default_factory=pd.DataFrame)
    units: pd.DataFrame = field(default_factory=pd.DataFrame)
    funnel: pd.DataFrame = field(default_factory=pd.DataFrame)
    by: str = ""
    series: str
    period: str
    n_patients: int
    n_missing: int
    n_not_due: int
    target: float = float("nan")
    overdispersion: float = float("nan")
    overdispersion_by_chance: float = float("nan")
    chance_of_false_signal: float
    chance_of_false_signal_uncertain: float
    pair_correlation: float
    horizon_months: float
    grace_months: float
    data_lock: pd.Timestamp | None = None

    def chart_of(self, missing_as: str = LEFT_OUT) -> pd.DataFrame:
        """Return the chart with unknown pars counted in one way."""
        return self.chart[self.chart["missing_as"].eq(missing_as)].reset_index(drop=True)


def write_monitoring_finding(
    chart: pd.DataFrame, signals: pd.DataFrame, series: str, n_missing: int
) -> str:
    """Return what the chart shows as one or two sentences, with what unknown pars could change.

    Parameters
    ----------
    chart, signals : pandas.DataFrame
        As in `UnionMonitoring`.
    series : str
        Where expected comes from.
    n_missing : int
        Matured pars of unknown status.
    """
    known = chart[chart["missing_as"].eq(LEFT_OUT)]
    n_known, n_patients = int(known["n_known"].sum()), int(known["n_known"].gt(0).sum())
    excess = float(known["n_events"].sum() - known["expected"].sum())
    against = (
        f"{format_count(int(known['n_events'].sum()), 'union', 'unions')} in {n_known} pars of "
        f"{format_count(n_patients, 'patient', 'patients')}, {write_excess(excess)} than expected "
        f"from {series}"
    )
    if n_known < MIN_DEFECTS_FOR_CLAIM or n_patients < MIN_PATIENTS_FOR_CLAIM:
        return f"Too few to say whether union has changed: {against}."
    return f"{_write_signals(signals)}: {against}. {_write_unknown(signals, n_missing)}".strip()


def write_excess(excess: float) -> str:
    """Return unions above or below those expected, in words.

    Examples
    --------
    >>> write_excess(-3.81)
    '3.8 fewer'
    """
    return f"{format_number_range(abs(excess), decimals=1)} {'more' if excess >= 0 else 'fewer'}"


def _write_signals(signals: pd.DataFrame) -> str:
    rows = list_rows(signals[signals["missing_as"].eq(LEFT_OUT)])
    if not rows:
        return "No signal that union was other than expected"
    sides = [side for side in (WORSE, BETTER) if any(row["side"] == side for row in rows)]
    named = [
        f"{'worse' if side == WORSE else 'better'} than expected ({format_list(_when(rows, side))})"
        for side in sides
    ]
    return f"Signal of union {' and of union '.join(named)}"


def _when(rows: list[Row], side: str) -> list[str]:
    found = [f"{row['due_year']} Q{row['due_quarter']}" for row in rows if row["side"] == side]
    return list(dict.fromkeys(found))


def _write_unknown(signals: pd.DataFrame, n_missing: int) -> str:
    if not n_missing:
        return ""
    sides = {way: _sides(signals, way) for way in MISSING_AS}
    unknown = format_count(n_missing, "pars", "pars")
    if sides[NONE_UNITED] == sides[ALL_UNITED] == sides[LEFT_OUT]:
        return f"That holds whether all or none of {unknown} of unknown status united."
    return (
        f"It hangs on {unknown} of unknown status: {_name_sides(sides[NONE_UNITED])} if none of "
        f"them united, {_name_sides(sides[ALL_UNITED])} if all did."
    )


def _sides(signals: pd.DataFrame, way: str) -> frozenset[str]:
    return frozenset(signals.loc[signals["missing_as"].eq(way), "side"])


def _name_sides(sides: frozenset[str]) -> str:
    if not sides:
        return "no signal"
    return f"signal of {' and '.join(side for side in (WORSE, BETTER) if side in sides)}"


def write_run_chart_finding(frame: pd.DataFrame, run_rules: pd.DataFrame, *, period: str) -> str:
    """Return what the run chart shows as one sentence."""
    judged = frame[frame["is_complete"] & frame["n_known"].gt(0)]
    ends = [str(judged["period"].iloc[place]) for place in (0, -1)] if len(judged) else ["", ""]
    first, last = (end.replace("Q", " Q") for end in ends)
    counted = format_count(len(judged), f"complete {period}", f"complete {period}s")
    if run_rules.empty:
        return (
            f"Union by {period} of fitting: {counted}, fewer than the {RUN_CHART_MIN_POINTS} that "
            "the rules of a run chart need, so none was applied"
        )
    broken = [str(rule) for rule in run_rules.loc[run_rules["is_broken"], "rule"]]
    if not broken:
        return f"Union from {first} to {last}: no rule of a run chart is broken in {counted}"
    return f"Union from {first} to {last} varies more than by chance: {format_list(broken)}"


def write_units_finding(
    units: pd.DataFrame, *, by: str, overdispersion: float, overdispersion_by_chance: float
) -> str:
    """Return what the units show as one sentence, or why no funnel is drawn."""
    if not by:
        return 'No units were compared; monitor_union(..., by="site") does'
    told = units[units[by].ne("not recorded")]
    counted = format_count(len(told), by, f"{by}s")
    if "is_outside" not in units:
        return (
            f"No funnel: {counted} recorded, where {MIN_UNITS_FOR_FUNNEL} are needed to tell a "
            f"{by} that differs from chance; counts and intervals of each are listed"
        )
    n_outside = int(told["is_outside"].sum())
    lies = "lies" if n_outside == 1 else "lie"
    said = f"{n_outside or 'None'} of {counted} {lies} beyond the outer limits of chance"
    if overdispersion > overdispersion_by_chance:
        seen, due = int(told["n_events"].sum()), float(told["n_expected"].sum())
        said += (
            f"; they vary about the expected {format_number(overdispersion)} times as much as by "
            f"chance (all together {seen} pars united, {format_number(due)} expected), so that the "
            "limits are too narrow"
        )
    return said
