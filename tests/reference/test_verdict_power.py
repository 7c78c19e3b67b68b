"""The quick verdict of planning against the whole comparison, cohort by cohort."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from parsoutcomes.baselines.analysis import VERDICT, Setting, analyse
from parsoutcomes.baselines.planning_inputs import count_series
from parsoutcomes.baselines.references import REFERENCES, Reference
from parsoutcomes.baselines.series import load_reference
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.stats import verdict_power
from parsoutcomes.stats.verdict_power import ClinicModel, shift_rates

STAGES = ("early", "progressive")
HORIZON = 6 * DAYS_PER_MONTH
PATIENTS = np.array([[0, -1], [1, -1], [0, 0], [0, 1], [1, 1]])
PUBLISHED = [load_reference(name) for name in REFERENCES]


def _model(excess: float) -> ClinicModel:
    higher = np.max([[one.rate(stage) for stage in STAGES] for one in PUBLISHED], axis=0)
    series = tuple(count_series(one, STAGES) for one in PUBLISHED)
    mix = ClinicModel(patients=PATIENTS, rates=higher, icc=0.3, series=series).mix()
    return ClinicModel(
        patients=PATIENTS, rates=shift_rates(higher, mix, excess), icc=0.3, series=series
    )


def _as_rows(stages: np.ndarray, united: np.ndarray) -> pd.DataFrame:
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


def _draw_both(model: ClinicModel, n_patients: int, rng, seed: int) -> tuple[bool, bool]:
    stages = model.patients[rng.integers(0, len(model.patients), (1, n_patients))]
    united = verdict_power._draw_union(model, stages, rng)
    strata = [verdict_power._summarise(stages == number, united, False) for number in range(2)]
    quick, redrawn = True, []
    for counts, one in zip(model.series, PUBLISHED, strict=True):
        drawn = verdict_power._redraw(counts, model.icc, 1, rng)
        moments = verdict_power._jeffreys(counts, drawn)
        quick &= bool(verdict_power._is_above(strata, *moments, n_patients)[0])
        pairs = {s: (int(x), int(n)) for s, x, n in zip(STAGES, drawn[0], counts.n, strict=True)}
        redrawn.append(Reference(**{**one.__dict__, "counts": MappingProxyType(pairs)}))
    setting = Setting(horizon_days=HORIZON, conf_level=0.95, n_resamples=800, seed=seed)
    whole = analyse(_as_rows(stages[0], united[0]), redrawn, STAGES, setting, role=VERDICT)
    return quick, whole.verdict == "above"


@pytest.mark.parametrize(("n_patients", "excess"), [(40, 0.15), (80, 0.1)])
def test_the_quick_verdict_is_that_of_the_whole_comparison(n_patients, excess):
    rng = np.random.default_rng(7)
    both = np.array([_draw_both(_model(excess), n_patients, rng, seed) for seed in range(60)])
    assert (both[:, 0] == both[:, 1]).mean() >= 0.9
    assert both[:, 0].mean() == pytest.approx(both[:, 1].mean(), abs=0.07)
    assert 0.2 < both[:, 1].mean() < 0.8
