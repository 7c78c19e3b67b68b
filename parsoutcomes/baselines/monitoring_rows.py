"""Who is on the chart: matured pars with an expected rate, in order of due date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from parsoutcomes.baselines.comparison import place_rows
from parsoutcomes.baselines.references import Reference
from parsoutcomes.baselines.series import load_reference
from parsoutcomes.baselines.strata import mark_judged
from parsoutcomes.calls import require_day
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import count_exclusion, describe_analysis_rows, select_targets
from parsoutcomes.conventions import (
    CONF_LEVEL,
    DAYS_PER_MONTH,
    MIN_DEFECTS_FOR_CLAIM,
    MIN_PATIENTS_FOR_CLAIM,
    PUBLISHED_ICC,
    STAGES,
    Definition,
)
from parsoutcomes.errors import BaselineError, EstimationError
from parsoutcomes.results.base import Citation, Exclusion
from parsoutcomes.stats.checks import Floats
from parsoutcomes.stats.proportions import jeffreys_interval

NOT_DUE: Final = "Not yet due at data lock (fitting + horizon + grace lies after it)"
CANNOT_TELL: Final = "Whether due cannot be told (no date of fitting, or no data lock)"
NO_RATE: Final = "No expected rate for the stage, or stage not recorded"
BASELINE_YEARS: Final = "In the years that the expected rates come from"


@dataclass(frozen=True, kw_only=True, eq=False)
class ExpectedRates:
    """Expected union by stage, and where it comes from.

    Attributes
    ----------
    counts : mapping of str to tuple of int
        Stage to (united, pars).
    design_effect : float
        How many times less those pars tell than independent ones.
    source : str
        In words, for titles.
    citations : tuple of Citation
        The paper; none for own past years.
    """

    counts: Mapping[str, tuple[int, int]]
    design_effect: float
    source: str
    citations: tuple[Citation, ...] = ()

    def rate(self, stage: str) -> float:
        """Return the rate; of none or all united, one half is added to each count."""
        n_united, n = self.counts[stage]
        return n_united / n if 0 < n_united < n else (n_united + 0.5) / (n + 1)

    def draw(self, n_draws: int, rng: np.random.Generator) -> dict[str, Floats]:
        """Draw rates from Jeffreys betas on the counts over the design effect."""
        return {
            stage: np.clip(
                rng.beta(x / self.design_effect + 0.5, (n - x) / self.design_effect + 0.5, n_draws),
                1e-6,
                1 - 1e-6,
            )
            for stage, (x, n) in self.counts.items()
        }

    def describe(self) -> pd.DataFrame:
        """Return the rates as a table, with Jeffreys limits."""
        rows = []
        for stage, (x, n) in self.counts.items():
            limits = jeffreys_interval(x / self.design_effect, n / self.design_effect)
            row = (stage, x, n, self.rate(stage), limits.conf_low, limits.conf_high, CONF_LEVEL)
            rows.append(row)
        names = ["stage", "n_united", "n", "expected", "conf_low", "conf_high", "conf_level"]
        return pd.DataFrame(rows, columns=names)


@dataclass(frozen=True, kw_only=True, eq=False)
class Monitored:
    """The pars on the chart, and everybody else by reason.

    Attributes
    ----------
    rows : pandas.DataFrame
        Matured pars with an expected rate in order of due date: `patient_id, episode_id, stage,
        fitted_date, due_date, expected, is_known, is_united`.
    everyone : pandas.DataFrame
        All target pars of the period, due or not, for the counts by period.
    exclusions : tuple of Exclusion
        Who is not on the chart, and why.
    """

    rows: pd.DataFrame
    everyone: pd.DataFrame
    exclusions: tuple[Exclusion, ...]


def place_monitored(
    cohort: Cohort, *, definition: Definition, horizon_months: float, grace_months: float
) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    """Return all target pars with due date and outcome, and those that are no target, counted."""
    rows = place_rows(
        cohort, definition=definition, horizon_months=horizon_months, grace_months=grace_months
    )
    _, exclusions = select_targets(describe_analysis_rows(cohort, definition=definition))
    wait = pd.to_timedelta((horizon_months + grace_months) * DAYS_PER_MONTH, unit="D")
    sites = cohort.tables["episodes"].set_index("episode_id")["site"]
    placed = rows.assign(
        due_date=rows["fitted_date"] + wait,
        is_known=mark_judged(rows),
        is_united=rows["status"].eq("united"),
        site=rows["episode_id"].map(sites),
    )
    return placed, exclusions


def expect_from_reference(reference: str | Reference) -> ExpectedRates:
    """Return the rates of a published series, or of one's own counts."""
    series = reference if isinstance(reference, Reference) else load_reference(reference)
    if series.standardised_by != "stage":
        raise BaselineError(
            "The series has other strata than stages.",
            expected='a reference loaded with standardise_by="stage"',
            found=f'standardise_by="{series.standardised_by}"',
            fix="Load the reference again by stage.",
        )
    return ExpectedRates(
        counts=dict(series.counts),
        design_effect=series.design_effect,
        source=series.series,
        citations=(series.citation,),
    )


def expect_from_own_years(placed: pd.DataFrame, before: pd.Timestamp) -> ExpectedRates:
    """Return our own rates by stage among matured pars of those fitted before a day."""
    due = placed["is_due"].fillna(False).astype(bool)
    past = placed[placed["fitted_date"].lt(before) & due & placed["is_known"]]
    counts: dict[str, tuple[int, int]] = {}
    for stage in STAGES:
        inside = past[past["stage"].eq(stage)]
        if _is_enough(inside):
            counts[stage] = (int(inside["is_united"].sum()), len(inside))
    if not counts:
        raise EstimationError(
            "The own past years hold too few pars to expect anything from.",
            expected=f"a stage with {MIN_DEFECTS_FOR_CLAIM} matured pars of known status in "
            f"{MIN_PATIENTS_FOR_CLAIM} patients",
            found=f"{len(past)} such pars in all stages together",
            fix="Give a later date as own_years_before, or a published reference.",
        )
    per_patient = len(past) / past["patient_id"].nunique()
    return ExpectedRates(
        counts=counts,
        design_effect=1 + (per_patient - 1) * PUBLISHED_ICC,
        source=f"our own patients fitted before {before:%Y-%m-%d}",
    )


def _is_enough(rows: pd.DataFrame) -> bool:
    return (
        len(rows) >= MIN_DEFECTS_FOR_CLAIM
        and rows["patient_id"].nunique() >= MIN_PATIENTS_FOR_CLAIM
    )


def select_monitored(
    placed: pd.DataFrame, expected: ExpectedRates, since: pd.Timestamp | None
) -> Monitored:
    """Keep matured pars with an expected rate, in order of due date; count the others."""
    is_past = (
        placed["fitted_date"].lt(since) if since is not None else placed["is_due"].isna() & False
    )
    everyone = placed[~is_past.fillna(False).astype(bool)]
    rates = everyone["stage"].map({stage: expected.rate(stage) for stage in expected.counts})
    everyone = everyone.assign(expected=rates.astype("float64"))
    cannot_tell = everyone["is_due"].isna()
    not_due = (~everyone["is_due"]).fillna(False).astype(bool)
    no_rate = ~cannot_tell & ~not_due & everyone["expected"].isna()
    reasons = {
        BASELINE_YEARS: placed[is_past],
        CANNOT_TELL: everyone[cannot_tell],
        NOT_DUE: everyone[not_due],
        NO_RATE: everyone[no_rate],
    }
    kept = everyone[~cannot_tell & ~not_due & ~no_rate]
    return Monitored(
        rows=kept.sort_values(["due_date", "episode_id", "defect_id"]).reset_index(drop=True),
        everyone=everyone.reset_index(drop=True),
        exclusions=tuple(
            count_exclusion(reason, rows) for reason, rows in reasons.items() if len(rows)
        ),
    )


def require_known(rows: pd.DataFrame) -> None:
    """Refuse a chart without a single matured pars of known status."""
    if rows["is_known"].any():
        return
    raise EstimationError(
        "There is nothing to put on the chart.",
        expected="matured pars of known status, of a stage with an expected rate",
        found=f"{len(rows)} matured pars with an expected rate, none of known status",
        fix="Look at check_completeness(cohort), or choose an earlier horizon.",
    )


def read_day(name: str, value: str | pd.Timestamp) -> pd.Timestamp:
    """Return a day, or refuse what is none."""
    return pd.Timestamp(require_day(name, value))
