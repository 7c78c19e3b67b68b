"""The comparison against numbers that are not ours: the series themselves, and the delta method.

A series sent through the package as if it were a clinic must come out as published, be level with
itself, and stand to the other series as their printed counts do.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, norm

from parsoutcomes.baselines.comparison import compare_with_baselines
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.conventions import DAYS_PER_MONTH

VIRKKI = {"early": (38, 46), "progressive": (11, 38)}
TATSUMURA = {"early": (81, 97), "progressive": (27, 53)}


def _as_clinic(counts: dict[str, tuple[int, int]], times: int = 1):
    """One patient per pars, each scanned once, at 6 months."""
    rows = [
        (stage, "complete" if row < times * n_united else "none")
        for stage, (n_united, n) in counts.items()
        for row in range(times * n)
    ]
    names = [f"P{row:04d}" for row in range(len(rows))]
    keys = pd.DataFrame({"defect_id": names, "patient_id": names, "episode_id": names})
    stages = [stage for stage, _ in rows]
    return build_cohort(
        {
            "episodes": keys[["patient_id", "episode_id"]].assign(
                fitted_date=pd.Timestamp("2020-01-01")
            ),
            "defects": keys.assign(level="L5", side="left", stage=stages),
            "readings": keys.assign(
                days_since_fitting=6 * DAYS_PER_MONTH, union_status=[status for _, status in rows]
            ),
        },
        data_lock=pd.Timestamp("2022-01-01"),
    )


def _numbers(counts, reference, *, times=1, n_resamples=500) -> pd.DataFrame:
    result = compare_with_baselines(
        _as_clinic(counts, times), reference=reference, n_resamples=n_resamples
    )
    frame = result.frame[result.frame["role"].eq("verdict")]
    return frame.set_index("measure")


@pytest.mark.parametrize(
    ("counts", "reference", "n_united"), [(VIRKKI, "european", 49), (TATSUMURA, "japanese", 108)]
)
def test_a_series_is_level_with_itself(counts, reference, n_united):
    numbers = _numbers(counts, reference)
    assert numbers["estimate"].tolist() == pytest.approx([n_united, n_united, 1.0, 0.0], abs=1e-8)


def test_tatsumura_against_virkki_by_hand():
    """97 x 38/46 + 53 x 11/38 = 80.130 + 15.342 = 95.473 expected; 108 observed."""
    numbers = _numbers(TATSUMURA, "european")["estimate"]
    assert numbers["expected"] == pytest.approx(95.473, abs=5e-4)
    assert numbers["observed_over_expected"] == pytest.approx(1.1312, abs=5e-5)
    assert numbers["excess_per_100"] == pytest.approx(8.3516, abs=5e-5)


def test_limits_of_the_ratio_agree_with_the_delta_method():
    """Many pars of our own, so that both errors, the series' and ours, are smooth."""
    times = 4
    numbers = _numbers(TATSUMURA, "japanese", times=times, n_resamples=20_000)
    effect = 1 + (189 / 142 - 1) * 0.3
    ours, theirs, expected = 0.0, 0.0, times * 108
    for n_united, n in TATSUMURA.values():
        rate = n_united / n
        ours += times * n * rate * (1 - rate)
        theirs += (times * n) ** 2 * rate * (1 - rate) / (n / effect)
    error = np.sqrt((ours + theirs) / expected**2)
    reach = norm.ppf(0.975) * error
    row = numbers.loc["observed_over_expected"]
    assert np.log(row["conf_high"] / row["conf_low"]) == pytest.approx(2 * reach, rel=0.05)
    assert np.log(row["conf_low"]) == pytest.approx(-reach, abs=0.02)


def test_a_stage_in_which_all_united_is_melded_with_the_series():
    """Forty of forty early: P(B(40, 1) / Jeffreys < limit) = 0.025 by quadrature of both betas."""
    row = _numbers({"early": (40, 40)}, "japanese", n_resamples=50_000).loc[
        "observed_over_expected"
    ]
    effect = 1 + (189 / 142 - 1) * 0.3
    grid = (np.arange(4000) + 0.5) / 4000
    published = beta.ppf(grid, 81 / effect + 0.5, 16 / effect + 0.5)
    below = beta.cdf(row["conf_low"] * published, 40, 1).mean()
    assert below == pytest.approx(0.025, abs=0.003)
    assert row["conf_high"] == pytest.approx(1 / np.quantile(published, 0.025), rel=0.005)
