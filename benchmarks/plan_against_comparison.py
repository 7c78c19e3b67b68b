"""The quick verdict of `plan_comparison` beside the whole comparison, on the same drawn cohorts.

python benchmarks/plan_against_comparison.py --replicates 300
"""

from __future__ import annotations

import argparse
import time
from types import MappingProxyType

import numpy as np
import pandas as pd

from parsoutcomes.baselines.analysis import VERDICT, Setting, analyse
from parsoutcomes.baselines.planning_inputs import count_series
from parsoutcomes.baselines.references import REFERENCES, Reference
from parsoutcomes.baselines.series import load_reference
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.stats import verdict_power as quick
from parsoutcomes.stats.verdict_power import ClinicModel, draw_ceiling, draw_verdicts, shift_rates

STAGES = ("early", "progressive")
HORIZON = 6 * DAYS_PER_MONTH
PATIENTS = np.array([[0, -1], [1, -1], [0, 0], [0, 1], [1, 1]])
CELLS = ((40, 0.0), (40, 0.15), (80, 0.1), (80, 0.2), (200, 0.1))
PUBLISHED = [load_reference(name) for name in REFERENCES]


def build_model(excess: float) -> ClinicModel:
    higher = np.max([[one.rate(stage) for stage in STAGES] for one in PUBLISHED], axis=0)
    series = tuple(count_series(one, STAGES) for one in PUBLISHED)
    mix = ClinicModel(patients=PATIENTS, rates=higher, icc=0.3, series=series).mix()
    rates = shift_rates(higher, mix, excess)
    return ClinicModel(patients=PATIENTS, rates=rates, icc=0.3, series=series)


def as_rows(stages: np.ndarray, united: np.ndarray) -> pd.DataFrame:
    patient, place = np.nonzero(stages >= 0)
    is_united = united[patient, place]
    return pd.DataFrame(
        {
            "patient_id": [f"P{one}" for one in patient],
            "stage": np.array(STAGES, dtype=object)[stages[patient, place]],
            "status": np.where(is_united, "united", "not_united"),
            "is_due": True,
            "left_days": np.where(is_united, 0.0, HORIZON),
            "right_days": np.where(is_united, HORIZON, np.inf),
            "cause": is_united.astype(int),
            "censored_days": np.where(is_united, 0.0, HORIZON),
        }
    )


def judge_both(model: ClinicModel, n_patients: int, rng, seed: int) -> tuple[bool, bool]:
    stages = model.patients[rng.integers(0, len(model.patients), (1, n_patients))]
    united = quick._draw_union(model, stages, rng)
    strata = [quick._summarise(stages == number, united, False) for number in range(2)]
    above, redrawn = True, []
    for counts, one in zip(model.series, PUBLISHED, strict=True):
        drawn = quick._redraw(counts, model.icc, 1, rng)
        above &= bool(quick._is_above(strata, *quick._jeffreys(counts, drawn), n_patients)[0])
        pairs = {s: (int(x), int(n)) for s, x, n in zip(STAGES, drawn[0], counts.n, strict=True)}
        redrawn.append(Reference(**{**one.__dict__, "counts": MappingProxyType(pairs)}))
    setting = Setting(horizon_days=HORIZON, conf_level=0.95, n_resamples=800, seed=seed)
    whole = analyse(as_rows(stages[0], united[0]), redrawn, STAGES, setting, role=VERDICT)
    return above, whole.verdict == "above"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=300)
    options = parser.parse_args()
    for n_patients, excess in CELLS:
        model, rng = build_model(excess), np.random.default_rng(5)
        start = time.perf_counter()
        both = np.array(
            [judge_both(model, n_patients, rng, seed) for seed in range(options.replicates)]
        )
        whole_seconds = (time.perf_counter() - start) / options.replicates
        start = time.perf_counter()
        power = draw_verdicts(model, n_patients, 20_000, seed=1).mean()
        quick_seconds = (time.perf_counter() - start) / 20_000
        print(
            f"{n_patients} patients, +{100 * excess:g} per 100: whole {both[:, 1].mean():.1%}, "
            f"quick on the same {both[:, 0].mean():.1%}, alike in "
            f"{(both[:, 0] == both[:, 1]).mean():.1%} of {options.replicates}; quick on 20,000 "
            f"others {power:.1%}; ceiling {draw_ceiling(model, 20_000, seed=1).mean():.1%}; whole "
            f"takes {whole_seconds / quick_seconds:.0f} times as long",
            flush=True,
        )


if __name__ == "__main__":
    main()
