"""Is union changing over the years? Matured cases only, each against what its stage leads to."""

from __future__ import annotations

from typing import Any, Final, Literal

import pandas as pd

from parsoutcomes.baselines.monitoring_charts import (
    Limits,
    chart_sequence,
    compare_units,
    count_periods,
    describe_mix,
    judge_periods,
    set_limits,
)
from parsoutcomes.baselines.monitoring_rows import (
    NOT_DUE,
    ExpectedRates,
    Monitored,
    expect_from_own_years,
    expect_from_reference,
    place_monitored,
    read_day,
    require_known,
    select_monitored,
)
from parsoutcomes.baselines.references import Reference
from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.conventions import (
    CONF_LEVEL,
    DEFINITIONS,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    LONGEST_HORIZON_MONTHS,
    MONITORING_CHANGE_PER_100,
    MONITORING_ODDS_RATIO,
    MONITORING_RUN_LENGTH,
    MONITORING_RUN_LENGTHS,
    MONITORING_RUNS,
    SEED,
    Definition,
)
from parsoutcomes.errors import (
    ArgumentError,
    BaselineError,
    require_choice,
    require_fraction,
    require_whole,
)
from parsoutcomes.results.base import Citation
from parsoutcomes.results.monitoring import UnionMonitoring, write_monitoring_finding
from parsoutcomes.stats.cusum_limits import PatientMix

PERIODS: Final = ("year", "quarter")
UNITS_BY: Final = ("site",)
_CITATIONS: Final = (
    Citation(
        text="Steiner SH, Cook RJ, Farewell VT, Treasure T. Biostatistics 2000;1:441-452.",
        doi="10.1093/biostatistics/1.4.441",
    ),
    Citation(
        text="Perla RJ, Provost LP, Murray SK. BMJ Qual Saf 2011;20:46-51.",
        doi="10.1136/bmjqs.2009.037895",
    ),
)
_FUNNEL: Final = Citation(
    text="Spiegelhalter DJ. Stat Med 2005;24:1185-1202.", doi="10.1002/sim.1970"
)


@public(made_by="load_records")
def monitor_union(
    cohort: Cohort,
    *,
    reference: str | Reference | None = None,
    own_years_before: str | pd.Timestamp | None = None,
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    period: Literal["year", "quarter"] = "year",
    by: Literal["site"] | None = None,
    run_length: int = MONITORING_RUN_LENGTH,
    conf_level: float = CONF_LEVEL,
    seed: int = SEED,
) -> UnionMonitoring:
    """Follow union over the years, patient after patient, against what their stages lead to expect.

    For noticing a change early enough to look into it. Not for saying why it came or that a brace
    works, and not for comparing with published series: `compare_with_baselines` is.

    Parameters
    ----------
    cohort : Cohort
        Any cohort; pars not yet due at data lock are counted and not charted.
    reference : str or Reference, optional
        Expected union by stage from a published series, as in `compare_with_baselines`, or from
        `load_reference`.
    own_years_before : str or pandas.Timestamp, optional
        Expected union by stage from our own matured pars of those fitted before this day; only
        those fitted on or after it are charted. Give this or `reference`, not both.
    definition : {"complete", "partial_or_better"}
        Published series count complete union only.
    horizon_months, grace_months : float
        The horizon h and the grace g. A pars is due h + g months after fitting.
    period : {"year", "quarter"}
        Of fitting, for the run chart.
    by : {"site"}, optional
        Units set beside each other; a funnel needs ten. Referrers are not in the records.
    run_length : int
        Patients between false signals, on average, both sides together, when union is exactly as
        expected; 20 to 2,000.
    conf_level : float
        Level of the intervals by period and unit.
    seed : int
        For the simulated limits.

    Returns
    -------
    UnionMonitoring
        `frame`: one row per period of fitting with `n_patients, n_defects, n_not_due, n_due,
        n_missing, n_known, n_events`, `estimate` with limits among those known, `expected`, and
        `estimate_none_united`, `estimate_all_united`, the bounds for unknown pars.

    Raises
    ------
    ArgumentError
        When a choice is not known, or not exactly one of `reference` and `own_years_before` given.
    BaselineError
        When partial union is set against a published series.
    EstimationError
        When no matured pars is of known status, or own past years hold too few.

    Notes
    -----
    Two CUSUMs of log-likelihood weights (Steiner 2000), for odds of union doubled and halved; all
    pars of a patient enter together, in order of due date; a side starts again at zero after a
    signal. Limits by simulation: patients drawn with replacement from those charted, pars of a
    patient correlated, each side with twice `run_length`. Pars of unknown status are left out of
    the main chart and counted as none and as all united in the two others. Status as in
    `classify_union`. Weights agree with those printed by Steiner 2000; run lengths with the Markov
    chain of Brook and Evans (`reports/validation/monitoring.txt`).

    References
    ----------
    Steiner SH et al. Biostatistics 2000;1:441-452. doi:10.1093/biostatistics/1.4.441
    Perla RJ, Provost LP, Murray SK. BMJ Qual Saf 2011;20:46-51. doi:10.1136/bmjqs.2009.037895
    Spiegelhalter DJ. Stat Med 2005;24:1185-1202. doi:10.1002/sim.1970

    Examples
    --------
    >>> from parsoutcomes.synthetic.simulate import simulate_cohort
    >>> cohort = simulate_cohort(60, seed=3)
    >>> told = monitor_union(cohort, reference="japanese", run_length=50)
    >>> told.limits["side"].tolist()
    ['better', 'worse', 'both']
    """
    _require_choices(definition, reference, period, by, run_length)
    _require_numbers(horizon_months, grace_months, conf_level, seed)
    placed, not_targets = place_monitored(
        cohort, definition=definition, horizon_months=horizon_months, grace_months=grace_months
    )
    expected, since = _expect(placed, reference, own_years_before)
    monitored = select_monitored(placed, expected, since)
    require_known(monitored.rows)
    mix = describe_mix(monitored.rows)
    limits = set_limits(monitored.rows, expected, mix, run_length=run_length, seed=seed)
    chart, signals = chart_sequence(monitored.rows, limits.values)
    counts, due_months = _count_patients(monitored), horizon_months + grace_months
    return UnionMonitoring(
        title=f"Union per pars by {horizon_months:g} months over time, against {expected.source}",
        finding=write_monitoring_finding(chart, signals, expected.source, counts["n_missing"]),
        method=_describe_method(expected, mix.pair_correlation, run_length),
        unit="defect",
        definition=definition,
        exclusions=(*not_targets, *monitored.exclusions),
        cautions=_warn(limits, counts["n_missing"], expected, own_years_before is not None),
        citations=(*_CITATIONS, *((_FUNNEL,) if by else ()), *expected.citations),
        chart=chart,
        signals=signals,
        expected_rates=expected.describe(),
        series=expected.source,
        **counts,
        horizon_months=horizon_months,
        grace_months=grace_months,
        data_lock=cohort.data_lock,
        **_tell_limits(limits, mix),
        **_tell_periods(monitored, period, cohort.data_lock, due_months, conf_level),
        **_tell_units(monitored, by, mix, conf_level),
    )


def _require_choices(
    definition: str,
    reference: object,
    period: str,
    by: str | None,
    run_length: int,
) -> None:
    require_choice("definition", definition, DEFINITIONS)
    require_choice("period", period, PERIODS)
    if by is not None:
        require_choice("by", by, UNITS_BY)
    least, most = MONITORING_RUN_LENGTHS
    if require_whole("run_length", run_length, at_least=least) > most:
        raise ArgumentError(
            "run_length is longer than limits are set for.",
            expected=f"{least} to {most} patients between false signals",
            found=str(run_length),
            fix=f"Leave run_length at {MONITORING_RUN_LENGTH}.",
        )
    if reference is not None and definition != "complete":
        raise BaselineError(
            "The published series count bony union, not partial union.",
            expected='definition="complete" with a reference',
            found=f"definition={definition!r}",
            fix="Give own_years_before in place of reference, or count complete union.",
        )


def _require_numbers(
    horizon_months: float, grace_months: float, conf_level: float, seed: int
) -> None:
    require_fraction("conf_level", conf_level)
    require_whole("seed", seed)
    if 0 < horizon_months <= LONGEST_HORIZON_MONTHS and 0 <= grace_months <= horizon_months:
        return
    raise ArgumentError(
        "The horizon or its grace is not a length of time to wait for a patient.",
        expected=f"horizon_months above 0 and up to {LONGEST_HORIZON_MONTHS:g}, grace_months of at "
        "least 0 and at most the horizon",
        found=f"horizon_months={horizon_months!r}, grace_months={grace_months!r}",
        fix=f"Leave them at {HORIZON_MONTHS:g} and {GRACE_MONTHS:g}.",
    )


def _expect(
    placed: pd.DataFrame,
    reference: str | Reference | None,
    own_years_before: str | pd.Timestamp | None,
) -> tuple[ExpectedRates, pd.Timestamp | None]:
    if reference is not None and own_years_before is None:
        return expect_from_reference(reference), None
    if own_years_before is not None and reference is None:
        before = read_day("own_years_before", own_years_before)
        return expect_from_own_years(placed, before), before
    raise ArgumentError(
        "It is not said where expected union comes from.",
        expected="either reference or own_years_before",
        found="both" if reference is not None else "neither",
        fix='Give reference="european" or "japanese", or own_years_before="2024-01-01".',
    )


def _tell_limits(limits: Limits, mix: PatientMix) -> dict[str, Any]:
    return {
        "limits": limits.frame,
        "chance_of_false_signal": limits.false_signal,
        "chance_of_false_signal_uncertain": limits.false_signal_uncertain,
        "pair_correlation": mix.pair_correlation,
    }


def _tell_periods(
    monitored: Monitored,
    period: str,
    data_lock: pd.Timestamp | None,
    due_months: float,
    conf_level: float,
) -> dict[str, Any]:
    frame = count_periods(
        monitored.everyone,
        period=period,
        data_lock=data_lock,
        due_months=due_months,
        conf_level=conf_level,
    )
    return {"frame": frame, "period": period, "run_rules": judge_periods(frame)}


def _tell_units(
    monitored: Monitored, by: str | None, mix: PatientMix, conf_level: float
) -> dict[str, Any]:
    if by is None:
        return {}
    units = compare_units(
        monitored.rows, by, pair_correlation=mix.pair_correlation, conf_level=conf_level
    )
    return {
        "by": by,
        "units": units.frame,
        "funnel": units.curve,
        "target": units.target,
        "overdispersion": units.overdispersion,
        "overdispersion_by_chance": units.overdispersion_by_chance,
    }


def _count_patients(monitored: Monitored) -> dict[str, Any]:
    not_due = [part.n_defects for part in monitored.exclusions if part.reason == NOT_DUE]
    return {
        "n_patients": int(monitored.rows["episode_id"].nunique()),
        "n_missing": int((~monitored.rows["is_known"]).sum()),
        "n_not_due": sum(not_due),
    }


def _describe_method(expected: ExpectedRates, pair_correlation: float, run_length: int) -> str:
    return (
        f"Risk-adjusted CUSUM (Steiner 2000) for odds of union times and over "
        f"{MONITORING_ODDS_RATIO:g}, expected union by stage from {expected.source}; matured pars "
        "in order of due date (fitting + horizon + grace), all pars of a patient together, each "
        "side from zero again after a signal. Limits by simulation "
        f"({MONITORING_RUNS:,} sequences of our own patients, pars of a patient correlated "
        f"{pair_correlation:.2f}) for one false signal in {run_length} patients on average, both "
        "sides together. VLAD: unions so far minus those expected. By period: share of known pars, "
        "interval as for clustered proportions."
    )


def _warn(limits: Limits, n_missing: int, expected: ExpectedRates, is_own: bool) -> tuple[str, ...]:
    waits = limits.frame.set_index("side")["median_patients_to_signal"]
    by_chance = f"{100 * limits.false_signal:.0f}%"
    by_chance_too = f"{100 * limits.false_signal_uncertain:.0f}%"
    cautions = [
        f"Several looks: over as many patients as these a false signal comes with a chance of "
        f"{by_chance} when nothing differs, and {by_chance_too} when the uncertainty of "
        f"{expected.source} counts too",
        f"A fall of {MONITORING_CHANGE_PER_100:g} per 100 is signalled within "
        f"{_count(waits['worse'])} half the time, a rise within {_count(waits['better'])}; no "
        "signal is no proof of no change",
        "Regression to the mean: after a bad or good stretch the next one tends back to the usual, "
        "whatever was changed; a signal asks for a look at data, patients and treatment, in that "
        "order",
    ]
    if not is_own:
        cautions.append(
            "A published series counted union at its own follow-up and looked for it in its own "
            "way; a steady drift on the chart may say only that ours differs from theirs"
        )
    if is_own:
        cautions.append(
            "Own past years that were chosen because they were good or bad make the years after "
            "look like a change"
        )
    if n_missing:
        cautions.append(
            f"{n_missing} matured pars have no known status; union seen early is always known and "
            "failure only if somebody looked, so leaving them out may flatter: see the two bounds"
        )
    return tuple(cautions)


def _count(patients: float) -> str:
    return "no number of patients simulated" if pd.isna(patients) else f"{patients:.0f} patients"
