"""The charts of a monitored sequence: limits, CUSUM and VLAD, periods, units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.baselines.monitoring_rows import ExpectedRates
from parsoutcomes.conventions import (
    DAYS_PER_MONTH,
    FUNNEL_LEVELS,
    MIN_PAIRS_FOR_MONITORING,
    MIN_UNITS_FOR_FUNNEL,
    MONITORING_CHANGE_PER_100,
    MONITORING_ODDS_RATIO,
    MONITORING_RUNS,
    PUBLISHED_ICC,
    RUN_CHART_MIN_POINTS,
)
from parsoutcomes.results.monitoring import ALL_UNITED, BETTER, LEFT_OUT, MISSING_AS, WORSE
from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.cusum import (
    accumulate_cusum,
    accumulate_excess,
    estimate_pair_correlation,
    log_likelihood_weights,
)
from parsoutcomes.stats.cusum_limits import (
    PatientMix,
    SimulatedCharts,
    find_limit,
    simulate_charts,
)
from parsoutcomes.stats.funnel import (
    binomial_funnel_limits,
    estimate_overdispersion,
    limit_overdispersion,
)
from parsoutcomes.stats.proportions import clustered_interval
from parsoutcomes.stats.run_chart import apply_run_rules

SIDES: Final = (BETTER, WORSE)
ODDS_RATIOS: Final = (MONITORING_ODDS_RATIO, 1 / MONITORING_ODDS_RATIO)
NOT_RECORDED: Final = "not recorded"
_LENGTHS: Final = 3
_EDGE: Final = 0.01
_FREQUENCY: Final = {"year": "Y", "quarter": "Q"}
_TO_SET, _TO_CHECK, _TO_DELAY, _TO_COUNT, _TO_DRAW = range(5)


@dataclass(frozen=True, kw_only=True, eq=False)
class Limits:
    """Limits of both sides, and what they do.

    Attributes
    ----------
    values : tuple of float
        Limits for better and for worse.
    frame : pandas.DataFrame
        As `UnionMonitoring.limits`.
    false_signal, false_signal_uncertain : float
        As `UnionMonitoring.chance_of_false_signal` and its neighbour.
    """

    values: tuple[float, float]
    frame: pd.DataFrame
    false_signal: float
    false_signal_uncertain: float


def describe_mix(rows: pd.DataFrame) -> PatientMix:
    """Return the patients on the chart with the expected rates of their known pars."""
    known = rows[rows["is_known"]]
    return PatientMix(
        expected=_by_patient(known, known["expected"].to_numpy()),
        pair_correlation=_find_pair_correlation(known),
    )


def _by_patient(known: pd.DataFrame, values: Floats) -> Floats:
    """Lay out one value per pars as one row per patient; not a number where there is no pars."""
    patient = known.groupby("episode_id", sort=False).ngroup().to_numpy()
    place = known.groupby("episode_id", sort=False).cumcount().to_numpy()
    laid = np.full((patient.max() + 1, place.max() + 1), np.nan)
    laid[patient, place] = values
    return laid


def _find_pair_correlation(known: pd.DataFrame) -> float:
    """Take the correlation seen given our own rates by stage; the usual one where pairs are few."""
    ours = known.groupby("stage")["is_united"].transform("mean")
    found = estimate_pair_correlation(known["is_united"], ours, known["episode_id"])
    is_told = found.n_pairs >= MIN_PAIRS_FOR_MONITORING and np.isfinite(found.correlation)
    return found.correlation if is_told else PUBLISHED_ICC


def set_limits(
    rows: pd.DataFrame, expected: ExpectedRates, mix: PatientMix, *, run_length: int, seed: int
) -> Limits:
    """Set both limits so that each side has half the false signals, and say what they do."""
    charts = _simulate(mix, 2 * run_length * _LENGTHS, seed, _TO_SET)
    values = tuple(find_limit(charts.only(side), 2 * run_length) for side in range(2))
    check = _simulate(mix, 2 * run_length * _LENGTHS, seed, _TO_CHECK)
    lines = [
        (side, ratio, limit, 2 * run_length, *_length(check.only(place), limit),
         _delay(mix, place, limit, run_length, seed))
        for place, (side, ratio, limit) in enumerate(zip(SIDES, ODDS_RATIOS, values, strict=True))
    ]  # fmt: skip
    lines.append(("both", np.nan, np.nan, run_length, *_length(check, *values), np.nan))
    names = ["side", "odds_ratio", "limit", "run_length", "run_length_simulated", "standard_error"]
    n = len(mix.expected)
    return Limits(
        values=(values[0], values[1]),
        frame=pd.DataFrame(lines, columns=[*names, "median_patients_to_signal"]),
        false_signal=_simulate(mix, n, seed, _TO_COUNT).share_signalled(*values),
        false_signal_uncertain=_simulate(
            mix, n, seed, _TO_DRAW, true_chances=_draw_chances(rows, expected, seed)
        ).share_signalled(*values),
    )


def _simulate(
    mix: PatientMix, n_steps: int, seed: int, stream: int, true_chances: Floats | None = None
) -> SimulatedCharts:
    n_runs = MONITORING_RUNS if true_chances is None else len(true_chances)
    return simulate_charts(
        mix,
        odds_ratios=ODDS_RATIOS,
        n_steps=n_steps,
        n_runs=n_runs,
        seed=seed,
        stream=stream,
        true_chances=true_chances,
    )


def _length(charts: SimulatedCharts, *limits: float) -> tuple[float, float]:
    told = charts.run_length(*limits)
    return told.mean, told.standard_error


def _delay(mix: PatientMix, side: int, limit: float, run_length: int, seed: int) -> float:
    change = MONITORING_CHANGE_PER_100 / 100 * (1 if SIDES[side] == BETTER else -1)
    charts = simulate_charts(
        mix,
        odds_ratios=(ODDS_RATIOS[side],),
        n_steps=run_length,
        n_runs=MONITORING_RUNS,
        seed=seed,
        stream=_TO_DELAY,
        true_chances=np.clip(mix.expected + change, _EDGE, 1 - _EDGE),
    )
    return charts.run_length(limit).median


def _draw_chances(rows: pd.DataFrame, expected: ExpectedRates, seed: int) -> Floats:
    known = rows[rows["is_known"]]
    rng = np.random.default_rng([seed, _TO_DRAW, 1])
    drawn = expected.draw(MONITORING_RUNS // 3, rng)
    names = list(drawn)
    stages = _by_patient(known, np.array([names.index(stage) for stage in known["stage"]], float))
    table = np.column_stack([*drawn.values(), np.full(MONITORING_RUNS // 3, np.nan)])
    return np.asarray(table[:, np.where(np.isnan(stages), len(names), stages).astype(int)])


def chart_sequence(
    rows: pd.DataFrame, limits: tuple[float, float]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the chart and its signals, with unknown pars counted in each of the three ways."""
    charts = pd.concat([_chart(rows, way, limits) for way in MISSING_AS], ignore_index=True)
    names = ["missing_as", "signal", "patient_number", "due_year", "due_quarter"]
    signals = charts.loc[charts["signal"].ne(""), names].rename(columns={"signal": "side"})
    return charts, signals.reset_index(drop=True)


def _chart(rows: pd.DataFrame, way: str, limits: tuple[float, float]) -> pd.DataFrame:
    counted = rows["is_known"] | (way != LEFT_OUT)
    united = rows["is_united"].where(rows["is_known"], way == ALL_UNITED) & counted
    known = counted.astype("float64")
    weights = {
        side: log_likelihood_weights(united, rows["expected"], odds_ratio=ratio) * known
        for side, ratio in zip(SIDES, ODDS_RATIOS, strict=True)
    }
    lines = pd.DataFrame(
        {
            "episode_id": rows["episode_id"],
            "due_date": rows["due_date"],
            "n_defects": 1,
            "n_known": known.astype(int),
            "n_events": united.astype(int),
            "expected": rows["expected"] * known,
            **weights,
        }
    )
    due = lines.groupby("episode_id", sort=False)["due_date"].first()
    sums = lines.drop(columns="due_date").groupby("episode_id", sort=False).sum()
    return _accumulate(sums.reset_index(drop=True), due.reset_index(drop=True), way, limits)


def _accumulate(
    sums: pd.DataFrame, due: pd.Series, way: str, limits: tuple[float, float]
) -> pd.DataFrame:
    up, is_better = accumulate_cusum(sums[BETTER], limit=limits[0])
    down, is_worse = accumulate_cusum(sums[WORSE], limit=limits[1])
    return pd.DataFrame(
        {
            "missing_as": way,
            "patient_number": np.arange(1, len(sums) + 1),
            "due_year": due.dt.year,
            "due_quarter": due.dt.quarter,
            **{name: sums[name] for name in ("n_defects", "n_known", "n_events", "expected")},
            "excess": accumulate_excess(sums["n_events"], sums["expected"]),
            "cusum_better": up,
            "cusum_worse": down,
            "signal": np.select([is_better, is_worse], [BETTER, WORSE], default=""),
        }
    )


def count_periods(
    everyone: pd.DataFrame,
    *,
    period: str,
    data_lock: pd.Timestamp | None,
    due_months: float,
    conf_level: float,
) -> pd.DataFrame:
    """Return union by period of fitting with counts, intervals, bounds, and those not yet due."""
    rows = everyone[everyone["fitted_date"].notna() & everyone["expected"].notna()]
    periods = rows["fitted_date"].dt.to_period(_FREQUENCY[period])
    lines = []
    for name, inside in rows.groupby(periods, sort=True):
        lines.append(_count_period(inside, conf_level))
        wait = pd.to_timedelta(due_months * DAYS_PER_MONTH, unit="D")
        complete = data_lock is not None and name.end_time.normalize() + wait <= data_lock
        lines[-1] = {"period": str(name), "is_complete": complete, **lines[-1]}
    return pd.DataFrame(lines)


def _count_period(rows: pd.DataFrame, conf_level: float) -> dict[str, object]:
    due = rows[rows["is_due"].fillna(False).astype(bool)]
    known = due[due["is_known"]]
    n_due, n_known, n_united = len(due), len(known), int(known["is_united"].sum())
    counts: dict[str, object] = {
        "n_patients": int(rows["patient_id"].nunique()),
        "n_defects": len(rows),
        "n_not_due": len(rows) - n_due,
        "n_due": n_due,
        "n_missing": n_due - n_known,
        "n_known": n_known,
        "n_events": n_united,
    }
    return (
        counts
        | _rate_of(known, conf_level)
        | {
            "expected": float(known["expected"].mean()),
            "estimate_none_united": n_united / n_due if n_due else np.nan,
            "estimate_all_united": (n_united + n_due - n_known) / n_due if n_due else np.nan,
        }
    )


def _rate_of(known: pd.DataFrame, conf_level: float) -> dict[str, float]:
    if known.empty:
        nothing = dict.fromkeys(("estimate", "conf_low", "conf_high"), np.nan)
        return {**nothing, "conf_level": conf_level}
    told = clustered_interval(known["is_united"], known["patient_id"], conf_level=conf_level)
    return {
        "estimate": told.estimate,
        "conf_low": told.conf_low,
        "conf_high": told.conf_high,
        "conf_level": conf_level,
    }


def judge_periods(frame: pd.DataFrame) -> pd.DataFrame:
    """Apply the rules of a run chart to the complete periods; empty with too few of them."""
    points = frame.loc[frame["is_complete"] & frame["n_known"].gt(0), "estimate"]
    names = ["rule", "found", "needed", "is_broken"]
    if len(points) < RUN_CHART_MIN_POINTS:
        return pd.DataFrame(columns=names)
    rules = apply_run_rules(points)
    shift, trend = "a shift to one side of the median", "a trend"
    few, many = "too few runs about the median", "too many runs about the median"
    lines = [
        (shift, rules.longest_shift, "6 or more points in a row", rules.has_shift),
        (trend, rules.longest_trend, "5 or more points rising or falling", rules.has_trend),
        (few, rules.n_runs, f"fewer than {rules.fewest_runs}", rules.has_too_few_runs),
        (many, rules.n_runs, f"more than {rules.most_runs}", rules.has_too_many_runs),
    ]
    return pd.DataFrame(lines, columns=names)


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """Units set beside each other.

    Attributes
    ----------
    frame, curve : pandas.DataFrame
        As `UnionMonitoring.units` and `UnionMonitoring.funnel`.
    target, overdispersion, overdispersion_by_chance : float
        As `UnionMonitoring.target` and its neighbours.
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    target: float = float("nan")
    overdispersion: float = float("nan")
    overdispersion_by_chance: float = float("nan")


def compare_units(
    rows: pd.DataFrame, by: str, *, pair_correlation: float, conf_level: float
) -> Units:
    """Return the units with their limits; with fewer than ten, counts and intervals alone.

    Notes
    -----
    Shares are standardised indirectly: observed over expected of the unit, times the expected share
    of all. Limits are exact binomial ones on the pars over the design effect of pairs. Pars of no
    recorded unit are listed and belong to none.
    """
    known = rows[rows["is_known"]]
    sizes = known.groupby("episode_id").size()
    effect = 1 + (float((sizes**2).sum()) / len(known) - 1) * pair_correlation
    target = float(known["expected"].mean())
    lines = [
        {"unit": str(unit), **_describe_unit(inside, target, conf_level)}
        for unit, inside in known.groupby(known[by].fillna(NOT_RECORDED), sort=True)
    ]
    frame = pd.DataFrame(lines)
    is_unit = frame["unit"].ne(NOT_RECORDED)
    if is_unit.sum() < MIN_UNITS_FOR_FUNNEL:
        frame = frame.drop(columns="variance_by_chance").rename(columns={"unit": by})
        return Units(frame=frame, target=target)
    limits = pd.DataFrame([limit_share(n, target, effect) for n in frame["n_defects"]])
    low, high = (limits[f"limit_{end}_{FUNNEL_LEVELS[-1]:g}"] for end in ("low", "high"))
    outside = ~frame["standardised"].between(low, high) & is_unit
    told = frame[is_unit]
    spread = estimate_overdispersion(
        told["n_events"], told["n_expected"], told["variance_by_chance"] * effect
    )
    grid = range(1, int(1.1 * frame["n_defects"].max()) + 2)
    return Units(
        frame=pd.concat([frame.drop(columns="variance_by_chance"), limits], axis=1)
        .assign(is_outside=outside)
        .rename(columns={"unit": by}),
        curve=pd.DataFrame([{"n_defects": n, **limit_share(n, target, effect)} for n in grid]),
        target=target,
        overdispersion=spread,
        overdispersion_by_chance=limit_overdispersion(len(told)),
    )


def limit_share(n: int, target: float, design_effect: float) -> dict[str, float]:
    """Return the funnel limits at `n` pars, by level."""
    limits: dict[str, float] = {}
    for level in FUNNEL_LEVELS:
        effective_n = max(1, round(n / design_effect))
        low, high = binomial_funnel_limits(effective_n, target, conf_level=level)
        limits |= {f"limit_low_{level:g}": low, f"limit_high_{level:g}": high}
    return limits


def _describe_unit(known: pd.DataFrame, target: float, conf_level: float) -> dict[str, object]:
    n_united, n_expected = int(known["is_united"].sum()), float(known["expected"].sum())
    return {
        "n_patients": int(known["patient_id"].nunique()),
        "n_defects": len(known),
        "n_events": n_united,
        "n_expected": n_expected,
        **_rate_of(known, conf_level),
        "standardised": n_united / n_expected * target,
        "variance_by_chance": float((known["expected"] * (1 - known["expected"])).sum()),
    }
