"""Two groups of defects that share patients, pairs, trends and several tests: by hand and edges."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.clustered_contrasts import compare_clustered
from parsoutcomes.stats.clustered_tests import score_clustered
from parsoutcomes.stats.group_resampling import bca_difference, bca_ratio, resample_group_rates
from parsoutcomes.stats.multiplicity import adjust_holm
from parsoutcomes.stats.paired import compare_pairs
from parsoutcomes.stats.proportions import clustered_interval

UNITED = np.array([1, 1, 1, 0, 1, 1, 0, 1] * 3 + [0, 0, 1, 0, 1, 0, 0, 1] * 3)
FIRST = np.repeat([1, 0], 24)
PATIENT = np.repeat(np.arange(24), 2)


def test_the_difference_of_separate_patients_squares_and_adds_both_intervals():
    found = compare_clustered(UNITED, FIRST, PATIENT)
    one, other = (
        clustered_interval(UNITED[kept], PATIENT[kept]) for kept in (FIRST == 1, FIRST == 0)
    )
    assert found.correlation == 0
    assert found.difference.estimate == pytest.approx(18 / 24 - 9 / 24)
    below = np.hypot(one.estimate - one.conf_low, other.conf_high - other.estimate)
    assert found.difference.conf_low == pytest.approx(found.difference.estimate - below)


def test_groups_exchanged_turn_the_sign_and_invert_the_ratio():
    one = compare_clustered(UNITED, FIRST, PATIENT)
    other = compare_clustered(UNITED, 1 - FIRST, PATIENT)
    assert other.difference.conf_high == pytest.approx(-one.difference.conf_low, abs=1e-12)
    assert other.ratio.conf_high == pytest.approx(1 / one.ratio.conf_low, rel=1e-2)


def test_patients_with_defects_in_both_groups_sharpen_the_contrast_when_they_agree():
    side = np.tile([1, 0], 24)
    united = np.repeat([1, 1, 0, 0], 12)
    united[[3, 30]] = 1 - united[[3, 30]]
    paired = compare_clustered(united, side, np.repeat(np.arange(24), 2))
    alone = compare_clustered(united, side, np.arange(48))
    assert paired.n_shared == 24
    assert paired.correlation > 0.8
    assert np.ptp([paired.difference.conf_low, paired.difference.conf_high]) < 0.5 * np.ptp(
        [alone.difference.conf_low, alone.difference.conf_high]
    )
    assert paired.ratio.conf_low > alone.ratio.conf_low


@pytest.mark.parametrize("united", [np.ones(48, int), np.zeros(48, int)])
def test_everybody_or_nobody_united_in_both_groups_leaves_a_wide_difference(united):
    found = compare_clustered(united, FIRST, PATIENT)
    assert found.difference.estimate == 0
    assert -0.5 < found.difference.conf_low < 0 < found.difference.conf_high < 0.5
    assert np.isnan(found.linearised.conf_low)


def test_a_group_that_all_united_has_a_difference_and_a_ratio_but_no_bootstrap():
    united = np.where(FIRST == 1, 1, UNITED)
    found = compare_clustered(united, FIRST, PATIENT)
    assert found.first.method.startswith("Clopper-Pearson")
    assert 0 < found.difference.conf_low < 0.625 < found.difference.conf_high < 1
    assert 1 < found.ratio.conf_low < 24 / 9 < found.ratio.conf_high
    rates = resample_group_rates(united, FIRST, PATIENT, n_resamples=50, seed=1)
    for estimate in (bca_difference, bca_ratio):
        with pytest.raises(EstimationError, match="empty cell"):
            estimate(rates, "1", "0")


def test_an_empty_group_cannot_be_compared():
    with pytest.raises(EstimationError, match="empty"):
        compare_clustered([1, 0], [1, 1], ["a", "b"])


def test_one_patient_with_everything_says_almost_nothing():
    found = compare_clustered([1, 0, 1, 1], [1, 1, 0, 0], ["a"] * 4)
    assert found.difference.conf_low < -0.9
    assert found.difference.conf_high > 0.4


def test_order_of_rows_does_not_matter():
    order = np.random.default_rng(1).permutation(48)
    one = compare_clustered(UNITED, FIRST, PATIENT)
    other = compare_clustered(UNITED[order], FIRST[order], PATIENT[order])
    assert other.difference.conf_low == pytest.approx(one.difference.conf_low, abs=1e-14)
    first, second = (
        resample_group_rates(u, g, p, n_resamples=20, seed=3).draws
        for u, g, p in (
            (UNITED, FIRST, PATIENT),
            (UNITED[order], FIRST[order], PATIENT[order]),
        )
    )
    assert (first == second).all()


def test_pairs_alike_have_no_odds_ratio_and_p_of_1():
    found = compare_pairs(5, 0, 0, 7)
    assert (found.p_value, found.p_value_mid, found.n_discordant) == (1, 1, 0)
    assert np.isnan(found.odds_ratio.estimate)
    assert (found.odds_ratio.conf_low, found.odds_ratio.conf_high) == (0, np.inf)
    assert found.difference.estimate == 0


def test_pairs_discordant_one_way_have_an_infinite_odds_ratio():
    found = compare_pairs(5, 6, 0, 7)
    assert found.p_value == pytest.approx(2 / 2**6)
    assert found.odds_ratio.estimate == np.inf
    assert found.odds_ratio.conf_low == pytest.approx(0.025 ** (1 / 6) / (1 - 0.025 ** (1 / 6)))
    assert found.odds_ratio.conf_high == np.inf


def test_no_pairs_and_fractions_of_pairs_are_refused():
    with pytest.raises(EstimationError, match="no pair"):
        compare_pairs(0, 0, 0, 0)
    with pytest.raises(ArgumentError, match="count"):
        compare_pairs(1, 2, 0.5, 3)


def test_a_trend_by_hand_with_one_defect_a_patient():
    """Scores -1, 0, 1 with 4/4, 2/4, 0/4 united: U = -4; variance 1/4 x 12/11 x 8 = 24/11."""
    united = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    found = score_clustered(united, np.repeat([0, 1, 2], 4), range(12))
    assert found.statistic == pytest.approx(-4 / np.sqrt(24 / 11))
    assert found.slope.estimate == pytest.approx(-0.5)
    assert found.degrees_of_freedom == 10


def test_pairs_that_always_agree_count_once_in_the_test():
    """Each of 12 patients twice: the score doubles, its variance is four times as large."""
    united = [1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0]
    stage = np.repeat([0, 1, 2], 4)
    once = score_clustered(united, stage, range(12))
    twice = score_clustered(np.repeat(united, 2), np.repeat(stage, 2), np.repeat(range(12), 2))
    alike = np.sqrt((12 / 11) / (24 / 23))
    assert twice.statistic == pytest.approx(once.statistic * alike)


def test_scores_may_be_shifted_and_stretched():
    stage = np.repeat([0, 1, 2], 16)
    one = score_clustered(UNITED, stage, PATIENT)
    other = score_clustered(UNITED, 10 - 3 * stage, PATIENT)
    assert other.p_value == pytest.approx(one.p_value)
    assert other.slope.estimate == pytest.approx(-one.slope.estimate / 3)


@pytest.mark.parametrize(
    ("united", "scores"),
    [
        ([1, 1, 1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1, 1, 1]),
        ([1, 1, 1, 1, 0, 0, 0, 0], [1] * 8),
        ([1] * 8, [0, 0, 0, 0, 1, 1, 1, 1]),
    ],
    ids=["2 events", "one group", "everybody united"],
)
def test_too_few_or_too_alike_is_refused(united, scores):
    with pytest.raises(EstimationError, match="too few"):
        score_clustered(united, scores, range(8))


def test_an_interval_of_the_slope_without_zero_never_contradicts_the_test():
    rng = np.random.default_rng(2)
    for _ in range(200):
        united, patient = rng.random(40) < rng.uniform(0.6, 0.95), rng.integers(0, 25, 40)
        scores = rng.integers(0, 3, 40)
        try:
            found = score_clustered(united, scores, patient)
        except EstimationError:
            continue
        excludes = not found.slope.conf_low <= 0 <= found.slope.conf_high
        assert not excludes or found.p_value < 0.05


def test_holm_leaves_tests_not_made_out_of_the_count():
    assert adjust_holm([0.01, np.nan, 0.04]) == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        adjust_holm([1.2])
