"""Whether groups differ in union by the horizon, per pars and per patient, and by how much."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import pandas as pd

from parsoutcomes.calls import public
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.whole_patient import warn_read_per_patient
from parsoutcomes.conventions import (
    BOTH_UNITS,
    CONF_LEVEL,
    DAYS_PER_MONTH,
    GRACE_MONTHS,
    HORIZON_MONTHS,
    N_RESAMPLES,
    REFERENCE_LEVELS,
    SEED,
    UNITS,
    Definition,
    DifferenceInterval,
    GroupBy,
    Unit,
    UnitOrBoth,
)
from parsoutcomes.errors import ArgumentError, require_choice
from parsoutcomes.models.rate_contrasts import GroupRows, Row, contrast_groups
from parsoutcomes.models.rate_groups import (
    choose_groups,
    count_not_compared,
    estimate_trend,
    find_reference,
    label_units,
)
from parsoutcomes.models.rate_rows import RateOptions, select_known, tabulate_rates
from parsoutcomes.models.rates import (
    count_not_judged,
    require_options,
    require_resampling,
    select_read_per_patient,
)
from parsoutcomes.models.side_pairs import compare_sides, select_pairs
from parsoutcomes.models.units import count_cautions, select_units
from parsoutcomes.results.base import Citation, Exclusion
from parsoutcomes.results.rate_comparison import (
    KNOWN_DIFFERENCE,
    UnionRateComparison,
    write_comparison_finding,
    write_comparison_method,
    write_comparison_title,
)
from parsoutcomes.results.rates import UNIT_WORDS
from parsoutcomes.stats.multiplicity import adjust_holm

INTERVALS: Final = ("square_and_add", "bca")
COLUMNS: Final = (
    *("reference", "unit", "measure", "estimate", "conf_low", "conf_high", "conf_level"),
    *("p_value", "p_value_holm", "n_patients", "n_defects", "n_events", "n_discordant"),
    *("difference_low", "difference_high", "left_open", "interval_method", "test_method"),
)
CITATIONS: Final = (
    Citation(text="Zou GY, Donner A. Stat Med 2008;27:1693-1702.", doi="10.1002/sim.3095"),
    Citation(
        text="Newcombe RG. Stat Med 1998;17:873-890.",
        doi="10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I",
    ),
    Citation(
        text="Miettinen O, Nurminen M. Stat Med 1985;4:213-226.", doi="10.1002/sim.4780040211"
    ),
    Citation(text="Donner A. Stat Med 1989;8:1393-1400."),
    Citation(text="Holm S. Scand J Stat 1979;6:65-70."),
)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What the caller asked for, but for the cohort."""

    by: str
    reference: str | None
    definition: Definition
    horizon_months: float
    grace_months: float
    use_bca: bool


@dataclass(frozen=True, kw_only=True)
class _UnitComparison:
    """The comparison of one unit."""

    reference: str
    rows: list[Row]
    beside: list[Row]
    rates: pd.DataFrame
    trend: list[Row] = field(default_factory=list)
    trend_why: str = ""
    exclusions: tuple[Exclusion, ...] = ()
    cautions: tuple[str, ...] = ()


@public(made_by="load_records")
def compare_union_rates(
    cohort: Cohort,
    by: GroupBy,
    *,
    reference: str | None = None,
    unit: UnitOrBoth = "both",
    definition: Definition = "complete",
    horizon_months: float = HORIZON_MONTHS,
    grace_months: float = GRACE_MONTHS,
    interval: DifferenceInterval = "square_and_add",
    conf_level: float = CONF_LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> UnionRateComparison:
    """Estimate how far groups of fractures differ in union by the horizon, and test whether.

    Never for months of brace: those prescribed more had worse fractures, and those who heal early
    stop early. A difference between groups is not the effect of what defines them; stage and the
    other side should be looked at together (`fit_union_logistic`).

    Parameters
    ----------
    cohort : Cohort
        Any cohort with at least one target pars.
    by : str
        As in `estimate_union_rates`, but for months prescribed. With "side", left and right are
        also compared within patients.
    reference : str, optional
        The group that each other is compared with; default as in `conventions.REFERENCE_LEVELS`,
        or the largest.
    unit : {"both", "defect", "patient"}
        Per patient, a patient belongs to the group in which all target pars of the first course
        are; one with pars in several groups is left out per patient, and counted.
    definition, horizon_months, grace_months
        As in `estimate_union_rates`.
    interval : {"square_and_add", "bca"}
        Of the per-pars difference and ratio among those of known status; "bca" is the patient
        bootstrap, where it is defined.
    conf_level : float
        Level of the intervals.
    n_resamples, seed : int
        Of the patient bootstrap.

    Returns
    -------
    UnionRateComparison
        `to_frame()`: per unit and group the difference of the estimated cumulative union (everyone
        counted), the difference (with its bounds) and the ratio among those of known status with
        their test. Beside it `rates`, `beside` (other methods), `trend`.

    Raises
    ------
    EstimationError
        When there is no target pars.
    ArgumentError
        When an argument is not known, or groups are months of brace.

    Notes
    -----
    Everyone counted: difference of the competing-event curves at the horizon, by squaring and
    adding their intervals. Known status, per pars: `stats.clustered_contrasts.compare_clustered`,
    tested by `stats.clustered_tests.score_clustered`; per patient: Newcombe's difference,
    Miettinen and Nurminen's ratio, Fisher's exact test. With an empty cell (a group in which all
    or none united) these hold, while the bootstrap (BCa) and GEE are not defined, and say so. Left
    against right within patients: `stats.paired.compare_pairs`, on patients with both pars of one
    vertebra of known status.

    Several groups are each compared with the reference; `p_value_holm` is adjusted over them. For
    stage and contralateral stage, in order, a score test of a linear term in the steps
    pre-lysis, early, progressive, terminal, with the correlation within patients. Groups under 10
    pars or 5 patients of known status are neither compared nor tested; nor are rows whose group is
    not recorded.

    References
    ----------
    Zou GY, Donner A. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095
    Miettinen O, Nurminen M. Stat Med 1985;4:213-226. doi:10.1002/sim.4780040211

    Examples
    --------
    >>> from parsoutcomes.cohort.build import build_cohort
    >>> people = [f"P{n:02}" for n in range(24)]
    >>> episodes = pd.DataFrame({"episode_id": people, "patient_id": people,
    ...                          "fitted_date": pd.Timestamp("2024-01-01")})
    >>> defects = episodes[["episode_id", "patient_id"]].assign(
    ...     defect_id=people, stage=["early", "progressive"] * 12)
    >>> readings = defects[["episode_id", "patient_id", "defect_id"]].assign(
    ...     scan_date=pd.Timestamp("2024-07-01"), modality="CT",
    ...     union_status=["complete", "none", "complete", "complete", "none", "none"] * 4)
    >>> cohort = build_cohort(dict(episodes=episodes, defects=defects, readings=readings),
    ...                       data_lock=pd.Timestamp("2025-01-01"))
    >>> found = compare_union_rates(cohort, "stage", unit="patient", n_resamples=200)
    >>> frame = found.to_frame().query("measure == 'union_known_difference'")
    >>> frame[["stage", "reference", "estimate", "p_value"]].round(3).to_numpy().tolist()
    [['progressive', 'early', -0.333, 0.22]]
    """
    require_options(horizon_months, grace_months, conf_level)
    require_resampling(n_resamples, seed)
    require_choice("unit", unit, (*UNITS, BOTH_UNITS))
    require_choice("interval", interval, INTERVALS)
    _refuse_durations(by)
    asked = _Asked(
        by=by,
        reference=reference,
        definition=definition,
        horizon_months=horizon_months,
        grace_months=grace_months,
        use_bca=interval == "bca",
    )
    units: tuple[Unit, ...] = ("defect", "patient") if unit == "both" else (unit,)
    parts = {
        one: _compare_unit(
            cohort,
            asked,
            RateOptions(
                unit=one,
                horizon_days=horizon_months * DAYS_PER_MONTH,
                conf_level=conf_level,
                n_resamples=n_resamples,
                seed=seed,
            ),
        )
        for one in units
    }
    return _assemble(cohort, asked, parts, unit)


def _refuse_durations(by: str) -> None:
    if by == "prescribed_months":
        raise ArgumentError(
            "Months of brace are never compared as groups.",
            expected="a term known at fitting that did not decide the months prescribed",
            found='by="prescribed_months": those prescribed more had worse fractures (confounding '
            "by indication)",
            fix='Describe them with estimate_union_rates(cohort, by="prescribed_months").',
        )


def _compare_unit(cohort: Cohort, asked: _Asked, options: RateOptions) -> _UnitComparison:
    unit: Unit = options.unit
    which: dict[str, Any] = {
        "definition": asked.definition,
        "horizon_months": asked.horizon_months,
        "grace_months": asked.grace_months,
    }
    rows, exclusions = select_units(cohort, unit=unit, **which)
    groups = label_units(cohort, asked.by, rows, unit, which)
    whole = select_read_per_patient(cohort, rows, unit)
    rates = tabulate_rates(rows, groups, options).assign(unit=unit)
    compared = choose_groups(rows, groups)
    reference = find_reference(asked.by, asked.reference, rates, compared)
    parts = {name: GroupRows(name=name, rows=rows[groups.eq(name)]) for name in compared}
    pairs = _contrast_all(parts, reference, asked, options)
    trend, why = estimate_trend(rows, groups, options)
    return _UnitComparison(
        reference=reference,
        rows=pairs[0],
        beside=pairs[1],
        rates=rates,
        trend=trend,
        trend_why=why,
        exclusions=(
            *exclusions,
            *count_not_judged(rows, whole),
            *count_not_compared(rows, groups, compared),
        ),
        cautions=warn_read_per_patient(whole) + count_cautions(rows),
    )


def _contrast_all(
    parts: dict[str, GroupRows], reference: str, asked: _Asked, options: RateOptions
) -> tuple[list[Row], list[Row]]:
    found: tuple[list[Row], list[Row]] = ([], [])
    for name, part in parts.items():
        if name == reference:
            continue
        contrasts = contrast_groups(part, parts[reference], options, use_bca=asked.use_bca)
        keys = {asked.by: name, "reference": reference, "unit": options.unit}
        for listed, contrast in zip(found, contrasts, strict=True):
            listed.extend({**keys, **row} for row in contrast)
    return found


def _assemble(
    cohort: Cohort, asked: _Asked, parts: dict[Unit, _UnitComparison], unit: UnitOrBoth
) -> UnionRateComparison:
    rows = [row for part in parts.values() for row in part.rows]
    conf_level = float(next(iter(parts.values())).rates["conf_level"].iloc[0])
    pairs, unpaired = _pair_sides(cohort, asked, conf_level)
    frame = _tidy(asked.by, [*rows, *pairs])
    trend = pd.DataFrame([row for part in parts.values() for row in part.trend])
    beside = [row for part in parts.values() for row in part.beside]
    words: dict[str, Any] = {
        "definition": asked.definition,
        "horizon_months": asked.horizon_months,
    }
    return UnionRateComparison(
        title=write_comparison_title(by=asked.by, **words),
        finding=write_comparison_finding(frame, trend, by=asked.by, **words),
        method=write_comparison_method(
            list(parts), asked.horizon_months, asked.grace_months, has_pairs=bool(pairs)
        ),
        unit=unit,
        definition=asked.definition,
        frame=frame,
        exclusions=_name_units(parts) + unpaired,
        cautions=tuple(dict.fromkeys(one for part in parts.values() for one in part.cautions)),
        citations=CITATIONS,
        by=asked.by,
        reference=next(iter(parts.values())).reference,
        horizon_months=asked.horizon_months,
        grace_months=asked.grace_months,
        beside=_tidy(asked.by, beside).drop(columns=["p_value_holm", "n_discordant"]),
        rates=pd.concat([part.rates for part in parts.values()], ignore_index=True),
        trend=trend,
        trend_why="; ".join(part.trend_why for part in parts.values() if part.trend_why),
        data_lock=cohort.data_lock,
    )


def _pair_sides(
    cohort: Cohort, asked: _Asked, conf_level: float
) -> tuple[list[Row], tuple[Exclusion, ...]]:
    if asked.by != "side":
        return [], ()
    rows, _ = select_units(
        cohort,
        unit="defect",
        definition=asked.definition,
        horizon_months=asked.horizon_months,
        grace_months=asked.grace_months,
    )
    pairs, unpaired = select_pairs(select_known(rows))
    reference = asked.reference or REFERENCE_LEVELS["side"]
    return compare_sides(pairs, reference, conf_level), unpaired


def _tidy(by: str, rows: list[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows).reindex(columns=[by, *COLUMNS])
    frame["left_open"] = frame["left_open"].astype("object").fillna("")
    frame["test_method"] = frame["test_method"].astype("object").fillna("")
    frame["n_discordant"] = frame["n_discordant"].astype("Int64")
    frame["p_value"] = frame["p_value"].astype("float64")
    tested = frame["measure"].isin([KNOWN_DIFFERENCE])
    for _, part in frame[tested].groupby("unit"):
        holm = dict(zip(part[by], adjust_holm(part["p_value"].to_numpy()), strict=True))
        same = frame["unit"].eq(part["unit"].iloc[0]) & frame["p_value"].notna()
        frame.loc[same, "p_value_holm"] = frame.loc[same, by].map(holm)
    frame["p_value_holm"] = frame["p_value_holm"].astype("float64")
    return frame


def _name_units(parts: dict[Unit, _UnitComparison]) -> tuple[Exclusion, ...]:
    return tuple(
        replace(one, reason=f"{UNIT_WORDS[unit]}: {one.reason}")
        for unit, part in parts.items()
        for one in part.exclusions
    )
