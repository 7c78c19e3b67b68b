"""Union and surgery together, the familiar curves beside them, and differences of groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_rows import cohort_of, patients

from parsoutcomes.models.competing import estimate_competing_risks
from parsoutcomes.models.familiar_times import censor_surgery, take_familiar_times
from parsoutcomes.models.group_differences import compare_time_to_union
from parsoutcomes.models.kaplan_meier import estimate_kaplan_meier
from parsoutcomes.models.time_to_union import estimate_time_to_union
from parsoutcomes.stats.aalen_johansen import estimate_cumulative_incidence
from parsoutcomes.stats.aalen_johansen_batch import estimate_incidence_batch

FAST = {"n_resamples": 200}
BY_3 = {"scans": {90: "complete"}}
BY_6 = {"scans": {90: "none", 185: "complete"}}
NOT_BY_12 = {"scans": {90: "none", 185: "none", 270: "none", 368: "none"}}
OPERATED = {"scans": {90: "none"}, "surgery": 150}
MIXED = (
    *patients(6, "A", **BY_3),
    *patients(6, "B", **BY_6),
    *patients(4, "S", **OPERATED),
    *patients(8, "C", **NOT_BY_12),
)


def shares(result, months):
    frame = result.to_frame()
    return frame[frame["months"].eq(months)].set_index("measure")["estimate"].to_dict()


def test_union_surgery_and_neither_make_up_the_whole():
    found = shares(estimate_competing_risks(cohort_of(*MIXED), **FAST), 6)
    assert found == pytest.approx(
        {"cumulative_union": 12 / 24, "cumulative_surgery": 4 / 24, "neither": 8 / 24}
    )


def test_union_is_that_of_the_curve_of_union_to_the_digit():
    cohort = cohort_of(*MIXED)
    names = ["estimate", "conf_low", "conf_high", "band_low", "band_high"]
    ours = estimate_competing_risks(cohort, **FAST).to_frame()
    ours = ours[ours["measure"].eq("cumulative_union")][names].reset_index(drop=True)
    curve = estimate_time_to_union(cohort, **FAST).to_frame()[names]
    pd.testing.assert_frame_equal(ours, curve)


def test_the_first_united_scan_makes_union_look_late():
    """Scans of months 3 and 6 on days 90 and 185: by day 182.6 only the first counts."""
    bias = estimate_competing_risks(cohort_of(*MIXED), **FAST).bias
    at_6 = bias[bias["months"].eq(6)].set_index("approach")
    assert at_6["estimate"].to_dict() == pytest.approx(
        {"between scans": 0.5, "mid-point": 0.5, "first united scan": 0.25}
    )
    assert at_6.loc["first united scan", "difference"] == pytest.approx(-0.25)
    limits = at_6.loc["first united scan", ["conf_low", "conf_high"]].tolist()
    assert 0 < limits[0] < 0.25 < limits[1] < 0.5


def test_the_familiar_curve_begins_at_nothing_and_never_falls():
    familiar = estimate_competing_risks(cohort_of(*MIXED), **FAST).familiar
    for _, part in familiar.groupby(["event", "approach"]):
        assert part[["days", "incidence"]].iloc[0].tolist() == [0, 0]
        assert part["incidence"].is_monotonic_increasing
    ends = familiar.groupby(["approach", "event"])["incidence"].max()
    assert ends["first united scan", "union"] == pytest.approx(0.5)


def two_sexes(*more):
    return cohort_of(
        *patients(10, "A", sex="male", **BY_6),
        *patients(4, "B", sex="male", **NOT_BY_12),
        *patients(4, "C", sex="female", **BY_6),
        *patients(10, "D", sex="female", **NOT_BY_12),
        *more,
    )


def test_groups_differ_in_union_by_the_limits_of_compare_time_to_union():
    result = estimate_competing_risks(two_sexes(), by="sex", **FAST)
    table = result.differences.set_index(["measure", "months"])
    row = table.loc[("union_difference", 6)]
    assert row[["sex", "reference"]].tolist() == ["female", "male"]
    assert row["estimate"] == pytest.approx(-6 / 14)
    assert row["conf_low"] < row["estimate"] < row["conf_high"] < 0
    assert row["interval_method"].startswith("Zou and Donner")
    compared = compare_time_to_union(two_sexes(), "sex", **FAST).to_frame()
    theirs = compared.query("measure == 'union_difference' and months == 6").iloc[0]
    limits = ["estimate", "conf_low", "conf_high"]
    assert row[limits].tolist() == pytest.approx(theirs[limits].tolist(), abs=1e-12)
    nobody = table.loc[("surgery_difference", 6)]
    assert nobody["estimate"] == 0
    assert nobody["conf_low"] < -0.1 < 0.1 < nobody["conf_high"]


def test_groups_differ_in_surgery_by_resampled_patients():
    operated = [
        *patients(6, "E", sex="male", **OPERATED),
        *patients(12, "F", sex="female", **OPERATED),
    ]
    result = estimate_competing_risks(two_sexes(*operated), by="sex", **FAST)
    row = result.differences.set_index(["measure", "months"]).loc[("surgery_difference", 12)]
    assert row["estimate"] == pytest.approx(12 / 26 - 6 / 20)
    assert row["conf_low"] < row["estimate"] < row["conf_high"]
    assert row["interval_method"] == "Bayesian bootstrap over patients"


def test_small_groups_have_curves_and_no_differences():
    cohort = cohort_of(*patients(12, "A", sex="male", **BY_6), *patients(3, sex="female", **BY_6))
    result = estimate_competing_risks(cohort, by="sex", **FAST)
    assert result.differences.empty
    assert set(result.to_frame()["sex"]) == {"male", "female"}


def test_surgery_for_all_and_nobody_at_all():
    result = estimate_competing_risks(cohort_of(*patients(6, **OPERATED)), **FAST)
    assert shares(result, 6) == pytest.approx(
        {"cumulative_union": 0, "cumulative_surgery": 1, "neither": 0}
    )
    assert set(result.curve["event"]) == {"surgery"}
    empty = estimate_competing_risks(cohort_of(*patients(6, scans={})), **FAST)
    assert empty.to_frame()["estimate"].isna().all()


def test_one_patient_with_one_scan():
    result = estimate_competing_risks(cohort_of(*patients(1, **BY_3)), **FAST)
    assert shares(result, 3)["cumulative_union"] == 1


def test_each_unit_has_one_day_for_the_familiar_curve():
    rows = pd.DataFrame(
        {
            "left_days": [90.0, 0.0, 120.0, 100.0, 365.0],
            "right_days": [185.0, 90.0, 120.0, np.inf, np.inf],
            "cause": [1, 1, 2, 2, 0],
        }
    )
    first, causes = take_familiar_times(rows, "first united scan")
    assert first.tolist() == [185, 90, 120, 100, 365]
    assert take_familiar_times(rows, "mid-point")[0].tolist() == [137.5, 45, 120, 100, 365]
    assert censor_surgery(causes).tolist() == [1, 1, 0, 0, 0]


def test_the_batch_is_the_single_estimate_for_each_resample():
    rng = np.random.default_rng(3)
    times, causes = rng.integers(1, 9, 30), rng.integers(0, 3, 30)
    weights = rng.integers(0, 3, (5, 30))
    at = [2, 5, 8]
    batch = estimate_incidence_batch(times, causes, weights, at, cause=1)
    for row, ours in zip(weights, batch, strict=True):
        kept = row > 0
        one = estimate_cumulative_incidence(times[kept], causes[kept], cause=1, weights=row[kept])
        assert ours == pytest.approx(one.incidence_at(at)[0], abs=1e-12)


def test_kaplan_meier_is_titled_for_what_it_is_and_counts_surgery_as_loss():
    """By day 183: 6 of 24 seen united at 90; then 18 at risk, 4 lost at 150 to surgery."""
    result = estimate_kaplan_meier(cohort_of(*MIXED))
    assert result.title.startswith("Kaplan-Meier curve of the first scan with complete union")
    frame = result.to_frame().set_index("months")
    assert frame.loc[6, "estimate"] == pytest.approx(0.25)
    assert frame.loc[9, "estimate"] == pytest.approx(1 - 0.75 * 8 / 14)
    assert any("Not the curve of union" in caution for caution in result.cautions)
    table = result.risk_table.set_index("months")
    counts = ["n_at_risk", "n_censored", "n_events"]
    assert table.loc[0, counts].tolist() == [24, 0, 0]
    assert table.loc[6, counts].tolist() == [14, 4, 6]
    assert (table[counts].sum(axis=1) == 24).all()


def test_kaplan_meier_warns_of_pairs_and_stops_at_the_last_scan():
    pair = [{"patient": "A", "side": side, **BY_6} for side in ("left", "right")]
    waiting = patients(10, "C", scans={90: "none", 185: "none"})
    result = estimate_kaplan_meier(cohort_of(*pair, *waiting))
    assert any("too narrow" in caution for caution in result.cautions)
    frame = result.to_frame().set_index("months")
    assert np.isnan(frame.loc[9, "estimate"])
    assert frame.loc[9, "left_open"] == "later than the last scans"


def test_kaplan_meier_of_nobody_scanned_and_of_everybody_at_once():
    nobody = estimate_kaplan_meier(cohort_of(*patients(6, scans={}))).to_frame()
    assert nobody["estimate"].isna().all()
    everybody = estimate_kaplan_meier(cohort_of(*patients(6, **BY_3))).to_frame()
    assert everybody["estimate"].tolist() == [1, 1, 1, 1]
