"""How often the comparison with published series says "above", when we are not and when we are.

Null, least favourable: our true union rate in each stage is the higher of the two series, their
own counts are drawn anew in every replicate, and pars of one patient are correlated everywhere. The
verdict "above" may then come up in at most 2.5 % of clinics. Beside it the same clinics judged as
if the series' rates were known exactly; the share of 95 % intervals that miss the true observed
over expected on either side; and the share of clinics called "above" when our true rates lie 10 and
20 per 100 pars over the null (one odds ratio in both stages).

    python benchmarks/simulate_verdict.py --replicates 1000 --patients 40 80 200 --early 0.5
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm

from parsoutcomes.baselines.analysis import Setting, estimate_strata, judge
from parsoutcomes.baselines.comparison import place_rows
from parsoutcomes.baselines.references import REFERENCES, Reference
from parsoutcomes.baselines.series import load_reference
from parsoutcomes.baselines.standardisation import RATIO, Standardised, standardise
from parsoutcomes.baselines.strata import mark_judged
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.cohort import Cohort
from parsoutcomes.cohort.endpoints import grouped_intervals
from parsoutcomes.conventions import DAYS_PER_MONTH

STAGES = ("early", "progressive")
LATENT_CORRELATION = 0.5  # about an ICC of 0.3 between the two pars of a patient
SHARE_TWO_PARS = 0.6
SCANS_MONTHS = (3.0, 6.0, 9.0)
LOCK = pd.Timestamp("2026-01-01")
PUBLISHED = {name: load_reference(name) for name in REFERENCES}
HIGHER = {s: max(series.rate(s) for series in PUBLISHED.values()) for s in STAGES}
EXCESS_PER_100 = (10, 20)


class KnownExactly(Reference):
    """A series whose rates are taken as certain."""

    def draw(self, stage: str, n_draws: int, *, seed: int) -> np.ndarray:
        return np.full(n_draws, self.rate(stage))


@dataclass(frozen=True)
class Clinic:
    """Who was scanned when, and where each pars stands among all of its stage (0 unites first)."""

    patient: np.ndarray
    stage: np.ndarray
    rank: np.ndarray
    union_month: np.ndarray
    is_late: np.ndarray
    visits: np.ndarray
    is_kept: np.ndarray
    contact_days: np.ndarray
    fitted: pd.DatetimeIndex

    def months(self, truth: Mapping[str, float]) -> np.ndarray:
        """Return the month of union: by 5, only at 8, or never."""
        united = self.rank < np.array([truth[stage] for stage in self.stage])
        otherwise = np.where(self.is_late, 8.0, np.inf)
        return np.where(united, self.union_month, otherwise)


def draw_pars(n_patients: int, share_two: float, share_early: float, rng):
    n_pars = 1 + (rng.random(n_patients) < share_two)
    patient = np.repeat(np.arange(n_patients), n_pars)
    shared = rng.standard_normal(n_patients)[patient]
    own = rng.standard_normal(patient.size)
    latent = np.sqrt(LATENT_CORRELATION) * shared + np.sqrt(1 - LATENT_CORRELATION) * own
    stage = np.where(rng.random(patient.size) < share_early, *STAGES)
    return patient, stage, norm.cdf(latent)


def redraw(series: Reference, rng) -> Reference:
    n_of = {stage: series.counts[stage][1] for stage in STAGES}
    share_two = series.n_defects / series.n_patients - 1
    _, stage_of, rank = draw_pars(
        3 * series.n_patients, share_two, n_of["early"] / sum(n_of.values()), rng
    )
    counts = {}
    for stage, n in n_of.items():
        counts[stage] = (int((rank[stage_of == stage][:n] < series.rate(stage)).sum()), n)
    return replace(series, counts=MappingProxyType(counts))


def draw_clinic(n_patients: int, share_early: float, rng) -> Clinic:
    """Scans near 3, 6 and 9 months, some missed; one patient in ten lost before 6 months."""
    patient, stage, rank = draw_pars(n_patients, SHARE_TWO_PARS, share_early, rng)
    last_seen = np.where(rng.random(n_patients) < 0.1, rng.uniform(1, 6, n_patients), 12.0)
    visits = np.array(SCANS_MONTHS) + rng.normal(0, 0.25, (n_patients, len(SCANS_MONTHS)))
    fitted = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 900, n_patients), "D")
    is_kept = (rng.random(visits.shape) < [0.6, 0.95, 0.7]) & (visits <= last_seen[:, None])
    return Clinic(
        patient=patient,
        stage=stage,
        rank=rank,
        union_month=rng.uniform(1.5, 5, rank.size),
        is_late=rng.random(rank.size) < 0.1,
        visits=visits,
        is_kept=is_kept,
        contact_days=(last_seen * DAYS_PER_MONTH).round(),
        fitted=fitted,
    )


def as_rows(clinic: Clinic, truth: Mapping[str, float]) -> pd.DataFrame:
    """Return what `place_rows` makes of the clinic, without building its cohort (see `check`)."""
    months = clinic.months(truth)[:, None]
    visits, is_kept = clinic.visits[clinic.patient], clinic.is_kept[clinic.patient]
    right = np.where(is_kept & (visits >= months), visits, np.inf).min(axis=1)
    before = is_kept & (visits < months)
    left = np.where(before, visits, 0.0).max(axis=1)
    status = np.where(right <= 7.0, "united", np.where(left >= 5.0, "not_united", "unknown"))
    rows = pd.DataFrame(
        {
            "patient_id": np.char.mod("P%04d", clinic.patient),
            "stage": clinic.stage,
            "status": status,
            "is_due": True,
            "interval_left_days": left * DAYS_PER_MONTH,
            "interval_right_days": np.where(np.isinf(right), np.nan, right * DAYS_PER_MONTH),
            "surgery_from_days": np.nan,
            "surgery_to_days": np.nan,
            "surgery_free_until_days": clinic.contact_days[clinic.patient],
        }
    )
    return rows.join(grouped_intervals(rows))


def as_cohort(clinic: Clinic, truth: Mapping[str, float]) -> Cohort:
    """Return the same clinic as records."""
    months = clinic.months(truth)
    defects = pd.DataFrame(
        {
            "defect_id": [f"D{row:05d}" for row in range(clinic.patient.size)],
            "patient_id": np.char.mod("P%04d", clinic.patient),
            "episode_id": np.char.mod("P%04d-1", clinic.patient),
            "level": "L5",
            "side": np.where(pd.Series(clinic.patient).duplicated(), "left", "right"),
            "stage": clinic.stage,
        }
    )
    row, visit = np.nonzero(clinic.is_kept[clinic.patient])
    month = clinic.visits[clinic.patient[row], visit]
    readings = defects.loc[row, ["defect_id", "patient_id", "episode_id"]].assign(
        days_since_fitting=month * DAYS_PER_MONTH,
        modality="CT",
        union_status=np.where(month >= months[row], "complete", "none"),
    )
    numbers = np.arange(clinic.visits.shape[0])
    episodes = pd.DataFrame(
        {
            "patient_id": np.char.mod("P%04d", numbers),
            "episode_id": np.char.mod("P%04d-1", numbers),
            "fitted_date": clinic.fitted,
            "last_contact_date": clinic.fitted + pd.to_timedelta(clinic.contact_days, "D"),
        }
    )
    tables = {"episodes": episodes, "defects": defects, "readings": readings}
    return build_cohort(tables, data_lock=LOCK)


def check(n_patients: int, seed: int) -> None:
    """Stop when the shortcut and the package place the pars of one clinic differently."""
    clinic = draw_clinic(n_patients, 0.5, np.random.default_rng([seed, n_patients]))
    short, whole = as_rows(clinic, HIGHER), place_rows(as_cohort(clinic, HIGHER))
    names = ["patient_id", "stage", "status", "left_days", "right_days", "cause", "censored_days"]
    keys = ["patient_id", "stage", "left_days", "right_days", "status"]
    ordered = [frame[names].astype({"stage": str}).sort_values(keys) for frame in (short, whole)]
    pd.testing.assert_frame_equal(
        *(frame.reset_index(drop=True) for frame in ordered), check_dtype=False, atol=1.0
    )


def shift(share_early: float, excess_per_100: float) -> dict[str, float]:
    """Raise the null's odds of union in both stages alike until the mix lies so much higher."""
    mix = np.array([share_early, 1 - share_early])
    base = logit(np.array([HIGHER[stage] for stage in STAGES]))
    goal = mix @ expit(base) + excess_per_100 / 100
    log_odds = brentq(lambda by: mix @ expit(base + by) - goal, 0.0, 20.0)
    return dict(zip(STAGES, expit(base + log_odds), strict=True))


def true_ratio(rows: pd.DataFrame, series: Reference) -> float:
    n_of = rows["stage"].value_counts()
    ours = sum(n_of.get(stage, 0) * HIGHER[stage] for stage in STAGES)
    return ours / sum(n_of.get(stage, 0) * series.rate(stage) for stage in STAGES)


def compare(rows: pd.DataFrame, rates, series, setting: Setting) -> tuple[str, list[Standardised]]:
    results = [
        standardise(rates, one, n_resamples=setting.n_resamples, seed=setting.seed)
        for one in series
    ]
    judged = rows[mark_judged(rows)]
    return judge(results, len(judged), judged["patient_id"].nunique()), results


def run_one(
    n_patients: int, share_early: float, n_resamples: int, seed: int, *, with_power: bool
) -> dict[str, object]:
    rng = np.random.default_rng([seed, n_patients])
    clinic = draw_clinic(n_patients, share_early, rng)
    series = [redraw(PUBLISHED[name], rng) for name in REFERENCES]
    setting = Setting(
        horizon_days=6 * DAYS_PER_MONTH, conf_level=0.95, n_resamples=n_resamples, seed=seed
    )
    rows = as_rows(clinic, HIGHER)
    rates = estimate_strata(rows, STAGES, setting)
    verdict, results = compare(rows, rates, series, setting)
    known = [KnownExactly(**one.__dict__) for one in series]
    answer: dict[str, object] = {"null": verdict, "known": compare(rows, rates, known, setting)[0]}
    for name, result in zip(REFERENCES, results, strict=True):
        low, high = result.limits(RATIO, 0.95)
        truth = true_ratio(rows, PUBLISHED[name])
        answer[f"{name}, too high"] = low > truth
        answer[f"{name}, too low"] = high < truth
    for excess in EXCESS_PER_100 if with_power else ():
        rows = as_rows(clinic, shift(share_early, excess))
        rates = estimate_strata(rows, STAGES, setting)
        answer[f"+{excess}"] = compare(rows, rates, series, setting)[0]
    return answer


def describe(runs: pd.DataFrame, n_patients: int, share_early: float) -> str:
    n = len(runs)
    limit = 0.025 + 2 * np.sqrt(0.025 * 0.975 / n)
    above = {name: runs[name].eq("above").mean() for name in ("null", "known")}
    missed = [name for name in runs if ", too " in name]
    lines = [
        f"{n_patients} patients, {share_early:.0%} early, {n} replicates",
        f"  above at the null: {above['null']:.1%} (limit {limit:.1%})",
        f"  above at the null, series' rates taken as known: {above['known']:.1%}",
        "  95 % interval of O/E misses: "
        + "; ".join(f"{name} {runs[name].mean():.1%}" for name in missed),
        f"  verdicts at the null: {runs['null'].value_counts().to_dict()}",
    ]
    for excess in EXCESS_PER_100:
        if f"+{excess}" in runs:
            told = runs[f"+{excess}"].dropna()
            rates = ", ".join(f"{s} {r:.3f}" for s, r in shift(share_early, excess).items())
            lines.append(
                f"  +{excess} per 100 ({rates}): above in {told.eq('above').mean():.1%} of "
                f"{len(told)}; {told.value_counts().to_dict()}"
            )
    return "\n".join(lines)


def describe_options(options: argparse.Namespace) -> list[str]:
    words = []
    for name, value in vars(options).items():
        values = value if isinstance(value, list) else [value]
        words += [f"--{name.replace('_', '-')}", *(f"{one:g}" for one in values)]
    return words


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--power-replicates", type=int, default=400)
    parser.add_argument("--patients", type=int, nargs="+", default=[40, 80, 200])
    parser.add_argument("--early", type=float, nargs="+", default=[0.5])
    parser.add_argument("--resamples", type=int, default=800)
    options = parser.parse_args()
    print("python benchmarks/simulate_verdict.py", *describe_options(options), flush=True)
    for n_patients in options.patients:
        for seed in range(3):
            check(n_patients, seed)
        for early in options.early:
            runs = pd.DataFrame(
                run_one(
                    n_patients,
                    early,
                    options.resamples,
                    seed,
                    with_power=seed < options.power_replicates,
                )
                for seed in range(options.replicates)
            )
            print(describe(runs, n_patients, early), flush=True)


if __name__ == "__main__":
    main()
