"""The familiar curves where nobody, everybody or too few had a united scan: never a width of 0."""

from __future__ import annotations

import math

import pytest
from model_rows import cohort_of, patients

from parsoutcomes.models.competing import estimate_competing_risks
from parsoutcomes.models.kaplan_meier import estimate_kaplan_meier
from parsoutcomes.stats.proportions import clopper_pearson_interval

BY_3 = {"scans": {90: "complete"}}
NOT_BY_13 = {"scans": {90: "none", 185: "none", 396: "none"}}


def at_month(frame, month):
    return frame.set_index("months").loc[month]


def test_nobody_united_is_zero_of_twelve_and_not_zero_for_certain():
    curve = estimate_kaplan_meier(cohort_of(*patients(12, **NOT_BY_13)))
    row = at_month(curve.to_frame(), 6)
    exact = clopper_pearson_interval(0, 12)
    assert [row["estimate"], row["conf_low"], row["conf_high"]] == pytest.approx(
        [0, 0, exact.conf_high]
    )
    assert row["interval_method"] == "Clopper-Pearson"
    assert curve.curve["conf_high"].iloc[-1] > 0.2
    assert "came earlier" not in curve.finding


def test_everybody_united_is_twelve_of_twelve_and_not_for_certain():
    curve = estimate_kaplan_meier(cohort_of(*patients(12, **BY_3)))
    row = at_month(curve.to_frame(), 6)
    assert row["conf_low"] == pytest.approx(clopper_pearson_interval(12, 12).conf_low)
    assert "100% (74 to 100)" in curve.finding


def test_between_nobody_and_everybody_the_limits_stay_those_of_lifelines():
    curve = estimate_kaplan_meier(
        cohort_of(*patients(6, "A", **BY_3), *patients(6, "C", **NOT_BY_13))
    )
    assert at_month(curve.to_frame(), 6)["interval_method"] == "log-log"


def test_nobody_scanned_reads_as_a_sentence():
    curve = estimate_kaplan_meier(cohort_of(*patients(12, scans={})))
    assert "in a share that cannot be told (later than the last scans) of 12" in curve.finding


def naive(cohort, month):
    bias = estimate_competing_risks(cohort, n_resamples=50).bias
    return at_month(bias[bias["approach"].eq("first united scan")], month)


def test_the_bias_display_has_exact_limits_where_resamples_are_all_alike():
    pair = [{"patient": f"B{n}", "side": side, **BY_3} for n in range(6) for side in "LR"]
    pair = [{**one, "side": {"L": "left", "R": "right"}[one["side"]]} for one in pair]
    row = naive(cohort_of(*pair), 6)
    exact = clopper_pearson_interval(6, 6)
    assert [row["conf_low"], row["conf_high"]] == pytest.approx([exact.conf_low, 1])
    assert row["interval_method"] == "Clopper-Pearson on the effective n"


def test_the_bias_display_ends_with_the_scans():
    never = estimate_competing_risks(cohort_of(*patients(12, scans={})), n_resamples=50)
    assert never.bias["estimate"].isna().all()
    assert "would say" not in never.finding
    short = {"scans": {90: "none"}}
    row = naive(cohort_of(*patients(6, "A", scans={60: "complete"}), *patients(6, **short)), 6)
    assert math.isnan(row["estimate"])
    assert row["left_open"] == "later than the last scans"
