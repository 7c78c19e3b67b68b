"""The comparison under other choices, and the one that adjusts for nothing."""

from __future__ import annotations

import pandas as pd
import pytest
from baseline_clinics import RATIO, clinic, mixed

from parsoutcomes.baselines.comparison import compare_with_baselines
from parsoutcomes.baselines.unadjusted import compare_unadjusted_with_baselines
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.errors import BaselineError


def _observed(result, role):
    frame = result.frame
    return frame[frame["role"].eq(role) & frame["measure"].eq("observed")].iloc[0]["estimate"]


def test_lost_pars_counted_as_not_united():
    """8 united, 2 not, 10 never scanned: 16 of 20 as the others, 8 of 20 as failures."""
    cohort = clinic({("early", "complete"): 8, ("early", "none"): 2, ("early", "no scan"): 10})
    result = compare_with_baselines(cohort, n_resamples=200)
    assert _observed(result, "verdict") == pytest.approx(16)
    assert _observed(result, "status unknown counted as not united") == pytest.approx(8)
    assert (
        "With status unknown counted as not united the verdict would be: below." in result.cautions
    )


def test_partial_union_counted_as_union_is_shown_and_bears_no_verdict():
    """10 complete, 6 partial, 4 none of 20."""
    cohort = clinic({("early", "complete"): 10, ("early", "partial"): 6, ("early", "none"): 4})
    result = compare_with_baselines(cohort, n_resamples=200)
    role = "partial union counted as union"
    assert (_observed(result, "verdict"), _observed(result, role)) == pytest.approx((10, 16))
    assert result.verdicts.set_index("role").loc[role, "verdict"] == "no verdict"
    assert any("favour us" in caution for caution in result.cautions)


def test_without_partial_readings_no_line_speaks_of_them():
    result = compare_with_baselines(mixed(9, 10, 4, 10), n_resamples=50)
    assert "partial union counted as union" not in set(result.frame["role"])
    assert not any("partial union counted" in caution for caution in result.cautions)


def test_published_counts_tell_less_the_more_alike_two_pars_are():
    frame = compare_with_baselines(mixed(83, 100, 40, 100), n_resamples=4000).frame
    ratios = frame[frame["measure"].eq("expected") & frame["reference"].eq("european")]
    width = (ratios["conf_high"] - ratios["conf_low"]).set_axis(ratios["role"])
    assert width["published counts at ICC 0"] < width["verdict"]
    assert width["verdict"] < width["published counts at ICC 0.6"]
    assert ratios["estimate"].max() == pytest.approx(ratios["estimate"].min())


def test_every_choice_has_its_verdict():
    result = compare_with_baselines(mixed(98, 100, 90, 100), n_resamples=200)
    assert set(result.verdicts["role"]) == set(result.frame["role"])
    assert result.verdicts["verdict"].iloc[0] == result.verdict == "above"


def test_the_published_arithmetic_of_20_early_10_progressive_and_5_terminal():
    """20 x 38/46 + 10 x 11/38 + 5 x 0/26 = 16.5217 + 2.8947 + 0 = 19.4165."""
    cohort = clinic(
        {
            ("early", "complete"): 16,
            ("early", "none"): 4,
            ("progressive", "complete"): 3,
            ("progressive", "none"): 7,
            ("terminal", "none"): 5,
        }
    )
    without = compare_with_baselines(cohort, reference="european", n_resamples=100)
    asked = compare_with_baselines(
        cohort,
        reference="european",
        strata=("early", "progressive", "terminal"),
        n_resamples=100,
    )
    for result, n, n_left_out in ((without, 30, 5), (asked, 35, 0)):
        told = result.frame[result.frame["measure"].eq("expected")].iloc[0]
        assert told["estimate"] == pytest.approx(20 * 38 / 46 + 10 * 11 / 38)
        assert told["n_defects"] == n
        assert sum(one.n_defects for one in result.exclusions) == n_left_out
    assert asked.frame["estimate"].iloc[1] == pytest.approx(19.4165, abs=5e-5)


def test_terminal_pars_cannot_be_set_beside_a_series_without_them():
    with pytest.raises(BaselineError, match="no rate for Tatsumura 2022: terminal"):
        compare_with_baselines(mixed(2, 3, 1, 2), strata=("early", "progressive", "terminal"))


def test_the_unadjusted_comparison_says_so_and_gives_no_verdict():
    """90 early pars, 72 united: 80 % against 49 of 110 and 144 of 189 of all stages."""
    cohort = clinic({("early", "complete"): 72, ("early", "none"): 18})
    result = compare_unadjusted_with_baselines(cohort, n_resamples=200)
    ratios = result.frame[result.frame["measure"].eq(RATIO)]["estimate"].tolist()
    assert ratios == pytest.approx([0.8 / (49 / 110), 0.8 / (144 / 189)])
    assert result.finding.startswith("Not an answer to whether we are better than published")
    assert "NOT adjusted" in result.title
    assert not hasattr(result, "verdict")
    adjusted = compare_with_baselines(cohort, n_resamples=200)
    assert adjusted.verdict == "not distinguishable"


def test_the_unadjusted_comparison_of_nobody_is_refused():
    with pytest.raises(BaselineError, match="no pars to compare"):
        compare_unadjusted_with_baselines(build_cohort({}))


def test_terminal_pars_counted_in_leave_the_cohort_as_it_was():
    cohort = clinic({("early", "none"): 3, ("terminal", "none"): 2})
    before = cohort.defects
    compare_with_baselines(
        cohort, reference="european", strata=("early", "terminal"), n_resamples=50
    )
    pd.testing.assert_frame_equal(cohort.defects, before)
