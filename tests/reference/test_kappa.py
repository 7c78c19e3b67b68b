"""Kappa against statsmodels, and against what SAS prints."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from parsoutcomes.stats.agreement import estimate_clustered_kappa, estimate_kappa


@pytest.mark.parametrize("weighting", ["unweighted", "linear", "quadratic"])
def test_kappa_and_its_large_sample_error_agree_with_statsmodels(weighting) -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        n = rng.integers(2, 6)
        table = rng.integers(0, 12, (n, n)) + np.diag(rng.integers(1, 40, n))
        ours = estimate_kappa(table, weighting=weighting)
        theirs = cohens_kappa(table, wt=None if weighting == "unweighted" else weighting)
        assert ours.estimate == pytest.approx(theirs.kappa, abs=1e-12)
        assert ours.standard_error == pytest.approx(theirs.std_kappa, abs=1e-12)


@pytest.mark.parametrize(
    ("weighting", "kappa", "error", "low", "high"),
    [("unweighted", 0.4842, 0.1380, 0.2137, 0.7547), ("linear", 0.4701, 0.1457, 0.1845, 0.7558)],
)
def test_sas_prints_the_same(weighting, kappa, error, low, high) -> None:
    """SAS PROC FREQ, as printed in the tests of statsmodels (test_inter_rater.py)."""
    ours = estimate_kappa([[0, 4, 1], [0, 8, 0], [0, 1, 5]], weighting=weighting)
    found = [ours.estimate, ours.standard_error, ours.conf_low, ours.conf_high]
    assert found == pytest.approx([kappa, error, low, high], abs=5e-5)


def test_with_one_pair_per_patient_the_clustered_limits_are_near_the_large_sample_ones() -> None:
    table = np.array([[120, 20, 6], [18, 90, 14], [4, 12, 116]])
    first, second = (np.repeat(codes.ravel(), table.ravel()) for codes in np.indices((3, 3)))
    clustered = estimate_clustered_kappa(
        first, second, np.arange(table.sum()), n_categories=3, weighting="linear"
    )
    plain = estimate_kappa(table, weighting="linear")
    assert clustered.estimate == plain.estimate
    assert clustered.conf_low == pytest.approx(plain.conf_low, abs=0.006)
    assert clustered.conf_high == pytest.approx(plain.conf_high, abs=0.006)
