"""Limits of the curve of union, its band, its median and the mean months un-united."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from model_rows import cohort_of, patients

from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.models.incidence import fit_group
from parsoutcomes.models.rates import estimate_union_rates
from parsoutcomes.models.time_to_union import estimate_time_to_union
from parsoutcomes.models.units import select_units

FAST = {"n_resamples": 200}
BY_3 = {"scans": {90: "complete"}}
BY_6 = {"scans": {90: "none", 185: "complete"}}
NOT_BY_12 = {"scans": {90: "none", 185: "none", 270: "none", 365: "none"}}
MIXED = (*patients(6, "A", **BY_3), *patients(8, "B", **BY_6), *patients(10, "C", **NOT_BY_12))


def test_limits_are_wilson_on_patients_when_each_has_one_pars_and_all_are_known():
    """14 of 24 by 6 months, one pars each: Wilson with Student's t on 23 degrees of freedom."""
    row = estimate_time_to_union(cohort_of(*MIXED), **FAST).to_frame().set_index("months").loc[6]
    t, share, n = 2.0686576, 14 / 24, 23  # variance has the factor K / (K - 1): n is 23
    centre = (share + t**2 / (2 * n)) / (1 + t**2 / n)
    half = t * math.sqrt(share * (1 - share) / n + t**2 / (4 * n**2)) / (1 + t**2 / n)
    assert row["estimate"] == pytest.approx(share)
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx(
        [centre - half, centre + half], abs=1e-6
    )
    assert row["interval_method"].startswith("Wilson on the effective n")


def test_rate_and_curve_agree_to_the_digit():
    cohort = cohort_of(*MIXED)
    rate = estimate_union_rates(cohort, **FAST).to_frame().iloc[0]
    point = estimate_time_to_union(cohort, **FAST).to_frame().set_index("months").loc[6]
    names = ["estimate", "conf_low", "conf_high", "union_low", "union_high"]
    assert rate[names].tolist() == point[names].tolist()


def test_the_band_holds_the_pointwise_limits():
    frame = estimate_time_to_union(cohort_of(*MIXED), n_resamples=2000).to_frame()
    assert (frame["band_low"] <= frame["conf_low"]).all()
    assert (frame["band_high"] >= frame["conf_high"]).all()
    assert frame.loc[1, "band_low"] < frame.loc[1, "conf_low"]


def test_mean_months_un_united_lies_between_union_early_and_late_in_the_boxes():
    """6 unite in months 0-3, 8 in 3-6, 10 wait: to month 6, (0+8*3+10*6)/24 to (6*3+8*6+60)/24."""
    means = estimate_time_to_union(cohort_of(*MIXED), **FAST).restricted_mean
    six = means.set_index("months").loc[6]
    assert six[["mean_low", "mean_high"]].tolist() == pytest.approx([84 / 24, 126 / 24])
    assert 0 < six["conf_low"] < six["mean_low"]
    assert six["mean_high"] < six["conf_high"] <= 6
    assert means["months"].tolist() == [6, 12]
    assert means["n_events"].tolist() == [14, 14]


def test_the_median_has_limits_at_visits():
    median = estimate_time_to_union(cohort_of(*MIXED), **FAST).median.iloc[0]
    assert median[["median_low_months", "median_high_months"]].tolist() == [3, 6]
    assert median["conf_low_months"] <= 3
    assert math.isinf(median["conf_high_months"])


def test_quartiles_are_the_boxes_in_which_a_quarter_half_and_three_quarters_had_united():
    """6 of 24 by month 3 (limits 11 to 47 %) are just a quarter; 14 by month 6; 10 not by 12."""
    found = estimate_time_to_union(cohort_of(*MIXED), **FAST).quantiles
    assert found["share"].tolist() == [0.25, 0.5, 0.75]
    assert found["low_months"].tolist() == [0, 3, math.inf]
    assert found["high_months"].tolist() == [3, 6, math.inf]
    assert found["is_reached"].tolist() == [True, True, False]
    assert found["conf_low_months"].tolist() == [0, 3, 3]


def test_exact_days_take_other_limits_and_say_why():
    result = estimate_time_to_union(cohort_of(*MIXED), visits_months=None, **FAST)
    frame = result.to_frame()
    assert frame.loc[2, "interval_method"] == "m-out-of-n bootstrap over patients"
    assert frame[["band_low", "band_high"]].isna().all(axis=None)
    assert "m-out-of-n limits from resampling patients" in result.method
    assert (frame["conf_low"] < frame["estimate"]).loc[2]
    assert result.restricted_mean["conf_low"].gt(0).all()


def test_everybody_at_the_first_scan_has_a_mean_with_room_for_doubt():
    result = estimate_time_to_union(cohort_of(*patients(6, **BY_3)), **FAST)
    six = result.restricted_mean.set_index("months").loc[6]
    assert six[["mean_low", "mean_high"]].tolist() == pytest.approx([0, 3])
    rarest = 1 - 0.025 ** (1 / 6)  # Clopper-Pearson for none of 6
    assert six["conf_high"] == pytest.approx(3 + 3 * rarest)


def test_nobody_united_waits_the_whole_time():
    result = estimate_time_to_union(cohort_of(*patients(6, **NOT_BY_12)), **FAST)
    twelve = result.restricted_mean.set_index("months").loc[12]
    assert twelve[["mean_low", "mean_high", "conf_high"]].tolist() == pytest.approx([12, 12, 12])
    assert twelve["conf_low"] == pytest.approx(12 * 0.025 ** (1 / 6), abs=0.3)


def test_surgery_for_all_leaves_no_union_and_a_full_wait():
    cohort = cohort_of(*patients(6, scans={90: "none"}, surgery=150))
    result = estimate_time_to_union(cohort, **FAST)
    frame = result.to_frame().set_index("months")
    assert frame.loc[6, ["estimate", "conf_low"]].tolist() == [0, 0]
    assert result.surgery.set_index("months").loc[6, "estimate"] == 1
    assert result.restricted_mean["mean_low"].tolist() == pytest.approx([6, 12])


def test_one_patient_with_one_scan():
    result = estimate_time_to_union(cohort_of(*patients(1, **BY_3)), **FAST)
    assert result.restricted_mean.loc[0, ["conf_low", "conf_high"]].tolist() == pytest.approx(
        [0, 3 + 3 * 0.975]
    )
    assert np.isfinite(result.to_frame()[["band_low", "band_high"]].to_numpy()).all()


def test_scans_on_the_day_after_another_keep_their_day():
    """An interval of one day: the curve on exact days rises within it."""
    pars = patients(6, "A", scans={90: "none", 91: "complete"})
    result = estimate_time_to_union(cohort_of(*pars), visits_months=None, **FAST)
    assert result.curve[["left_days", "right_days"]].to_numpy().tolist() == [[90, 91]]
    assert result.median.loc[0, "median_high_months"] == pytest.approx(91 / DAYS_PER_MONTH)


def test_follow_up_of_zero_days_tells_nothing():
    result = estimate_time_to_union(cohort_of(*patients(6, scans={}), data_lock="2024-01-01"))
    assert result.to_frame()["estimate"].isna().all()
    assert result.restricted_mean["mean_low"].isna().all()


def missed_6(status_at_9):
    return {"scans": {90: "none", 270: status_at_9}}


def test_one_missed_scan_leaves_the_limits_of_the_others_as_they_are():
    """One of 25 was not scanned at 6 months; two united between 6 and 9."""
    pars = (*MIXED, *patients(2, "D", scans={90: "none", 185: "none", 270: "complete"}))
    whole = estimate_time_to_union(cohort_of(*pars), **FAST).to_frame()
    one = cohort_of(*pars, *patients(1, "M", **missed_6("complete")))
    row = estimate_time_to_union(one, **FAST).to_frame().set_index("months").loc[6]
    before = whole.set_index("months").loc[6]
    assert row["interval_method"] == before["interval_method"]
    assert row["interval_method"].startswith("Wilson on the effective n")
    assert row["conf_high"] - row["conf_low"] == pytest.approx(
        before["conf_high"] - before["conf_low"], abs=0.02
    )


def test_a_group_that_mostly_missed_a_scan_says_so_and_the_other_keeps_its_limits():
    """Females: 12 united between 3 and 9 months unseen at 6, beside 4 and 4 who tell."""
    sparse = (
        *patients(4, "F", sex="female", **BY_6),
        *patients(12, "G", sex="female", **missed_6("complete")),
        *patients(2, "H", sex="female", scans={90: "none", 185: "none", 270: "complete"}),
        *patients(6, "I", sex="female", **NOT_BY_12),
    )
    males = [{**one, "sex": "male"} for one in MIXED]
    by_sex = estimate_time_to_union(cohort_of(*males, *sparse), by="sex", **FAST).to_frame()
    rows = by_sex[by_sex["months"].eq(6)].set_index("sex")
    assert rows.loc["male", "interval_method"].startswith("Wilson on the effective n")
    assert "few were scanned about then" in rows.loc["female", "interval_method"]
    alone = estimate_time_to_union(cohort_of(*males), **FAST).to_frame().set_index("months").loc[6]
    assert rows.loc["male", "conf_low"] == alone["conf_low"]
    widths = rows["conf_high"] - rows["conf_low"]
    assert widths["female"] > 1.2 * widths["male"]


def test_on_exact_days_same_seed_same_numbers_in_every_table():
    days = {"visits_months": None, **FAST}
    first, again = (estimate_time_to_union(cohort_of(*MIXED), **days) for _ in range(2))
    for name in ("frame", "curve", "median", "quantiles", "restricted_mean", "surgery"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    milestone = first.to_frame().set_index("months").loc[3]
    curve = first.curve.set_index("right_days")
    at_90 = curve.loc[90.0]
    assert milestone["conf_low"] <= at_90["union_after"] <= milestone["conf_high"]


def test_on_exact_days_one_set_of_resamples_serves_every_table():
    rows = select_units(
        cohort_of(*MIXED),
        unit="defect",
        definition="complete",
        horizon_months=6,
        grace_months=1,
        visits_months=None,
    )[0]
    options = {"conf_level": 0.95, "n_resamples": 200, "seed": 1, "is_at_visits": False}
    group = fit_group(rows, **options)
    alone = fit_group(rows, **options)._estimate_at(np.array([185.0]), 1)
    shared = group.intervals_at([185.0])
    group.intervals_at([90.0, 185.0])
    assert len(group.found) == 1
    assert shared.conf_low.tolist() == alone.conf_low.tolist()
    assert shared.conf_high.tolist() == alone.conf_high.tolist()
    assert shared.methods == alone.methods
