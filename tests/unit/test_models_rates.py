"""Union rates: who is counted, what is estimated, and what is said about it."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from model_rows import cohort_of, patients

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.models.rates import estimate_union_rates
from parsoutcomes.stats.proportions import clopper_pearson_interval, wilson_interval
from parsoutcomes.synthetic.simulate import simulate_cohort

FAST = {"n_resamples": 200}
UNITED = {"scans": {183: "complete"}}
NOT = {"scans": {183: "none"}}


def estimates(cohort, **options):
    frame = estimate_union_rates(cohort, **FAST, **options).to_frame()
    keys = [frame.columns[0], "measure"]
    return frame.set_index(keys)["estimate"].to_dict()


def test_unknown_status_lies_between_its_bounds():
    cohort = cohort_of(
        *patients(4, "U", **UNITED), *patients(4, "N", **NOT), *patients(2, "X", scans={})
    )
    found = estimates(cohort)
    assert found[("all", "union_npmle")] == pytest.approx(0.5)
    assert found[("all", "union_known_status")] == 0.5
    assert found[("all", "bound_unknown_not_united")] == 0.4
    assert found[("all", "bound_unknown_united")] == 0.6


def test_early_union_does_not_make_those_still_in_follow_up_disappear():
    """Known status alone gives 4 of 5; three more were seen un-united at 3 months, then no more."""
    early = patients(4, "U", scans={91: "complete"})
    lost = patients(3, "L", scans={91: "none"})
    seen = patients(1, "S", scans={91: "none", 183: "none"})
    found = estimates(cohort_of(*early, *lost, *seen))
    assert found[("all", "union_known_status")] == 0.8
    assert found[("all", "union_npmle")] == pytest.approx(0.5)


def test_later_than_the_last_scan_there_are_limits_and_no_estimate():
    early = patients(4, "U", scans={91: "complete"})
    lost = patients(4, "L", scans={91: "none"})
    result = estimate_union_rates(cohort_of(*early, *lost), **FAST)
    row = result.to_frame().set_index("measure").loc["union_npmle"]
    assert pd.isna(row["estimate"])
    assert 0 < row["conf_low"] < 0.5
    assert row["conf_high"] == 1
    assert "not estimable" in result.finding


def test_surgery_ends_the_chance_of_union_and_is_not_censoring():
    operated = patients(2, "S", scans={91: "none"}, surgery=120)
    cohort = cohort_of(*patients(4, "U", **UNITED), *patients(4, "N", **NOT), *operated)
    found = estimates(cohort)
    assert found[("all", "union_npmle")] == pytest.approx(0.4)
    assert found[("all", "union_known_status")] == 0.4


def test_not_yet_due_is_left_out_of_proportions_even_when_united():
    recent = patients(2, "R", scans={60: "complete"}, fitted="2025-10-01")
    cohort = cohort_of(*patients(3, "U", **UNITED), *patients(3, "N", **NOT), *recent)
    result = estimate_union_rates(cohort, **FAST)
    frame = result.to_frame().set_index("measure")
    assert frame.loc["union_known_status", ["n_defects", "n_not_due"]].tolist() == [6, 2]
    assert frame.loc["union_npmle", "n_defects"] == 8
    assert frame.loc["union_npmle", "estimate"] == pytest.approx(5 / 8)
    assert ("Not yet due", 2, 2) in [
        (e.reason[:11], e.n_defects, e.n_patients) for e in result.exclusions
    ]


def test_a_patient_has_united_when_all_target_pars_have():
    both = [
        {"patient": "A", "side": "left", **UNITED},
        {"patient": "A", "side": "right", **NOT},
        {"patient": "B", "side": "left", **UNITED},
        {"patient": "B", "side": "right", "stage": "terminal", **NOT},
    ]
    result = estimate_union_rates(cohort_of(*both), unit="patient", **FAST)
    frame = result.to_frame().set_index("measure")
    known = frame.loc["union_known_status"]
    assert known[["estimate", "n_patients", "n_defects", "n_events"]].tolist() == [0.5, 2, 3, 1]
    wilson = wilson_interval(1, 2)
    assert (known["conf_low"], known["conf_high"]) == (wilson.conf_low, wilson.conf_high)
    assert frame.loc["union_npmle", "estimate"] == pytest.approx(0.5)
    assert result.exclusions[0].n_defects == 1


@pytest.mark.parametrize(("scans", "estimate"), [(UNITED, 1.0), (NOT, 0.0)])
def test_everybody_and_nobody_united(scans, estimate):
    frame = estimate_union_rates(cohort_of(*patients(8, **scans)), **FAST).to_frame()
    row = frame.set_index("measure").loc["union_npmle"]
    exact = clopper_pearson_interval(8 * estimate, 8)
    assert row["estimate"] == estimate
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((exact.conf_low, exact.conf_high))
    assert row["interval_method"].startswith("Clopper-Pearson on the effective n")


def test_both_pars_of_one_patient_weigh_as_one_observation():
    pair = [{"patient": "A", "side": side, **UNITED} for side in ("left", "right")]
    result = estimate_union_rates(cohort_of(*pair), **FAST)
    row = result.to_frame().set_index("measure").loc["union_npmle"]
    assert row["conf_low"] == pytest.approx(0.025)
    assert "Too few of known status for a claim" in result.cautions[0]
    assert "(2 of 2 pars)" in result.cautions[0]


def test_groups_come_in_clinical_order_with_those_not_recorded_last():
    cohort = cohort_of(
        *patients(2, "P", stage="progressive", **NOT),
        *patients(2, "E", stage="early", **UNITED),
        *patients(1, "X", stage=None, **NOT),
    )
    frame = estimate_union_rates(cohort, by="stage", **FAST).to_frame()
    assert frame["stage"].drop_duplicates().tolist() == ["early", "progressive", "not recorded"]
    assert frame.groupby("stage", sort=False)["n_defects"].first().tolist() == [2, 2, 1]


def test_nobody_known_at_the_horizon_gives_no_estimate():
    frame = estimate_union_rates(cohort_of(*patients(3, scans={})), **FAST).to_frame()
    assert frame.loc[:1, "estimate"].isna().all()
    assert frame.loc[2:, "estimate"].tolist() == [0, 1]


def test_months_prescribed_are_described_and_never_compared():
    cohort = cohort_of(*patients(6, "A", months=3, **UNITED), *patients(6, "B", months=6, **NOT))
    result = estimate_union_rates(cohort, by="prescribed_months", **FAST)
    assert result.to_frame()["prescribed_months"].unique().tolist() == ["3", "6"]
    assert any("confounding by indication" in caution for caution in result.cautions)
    assert "not a comparison" in result.finding


def test_an_unknown_fitting_date_is_kept_with_a_caution():
    cohort = cohort_of(*patients(4, "U", **UNITED), *patients(3, "N", fitted=None, **NOT))
    result = estimate_union_rates(cohort, **FAST)
    assert result.to_frame().loc[1, "n_defects"] == 7
    assert any("3 without a fitting date" in caution for caution in result.cautions)


def test_a_second_course_of_the_same_pars_is_listed_and_not_analysed():
    again = {"patient": "U0", "course": 2, "fitted": "2025-01-01", **NOT}
    result = estimate_union_rates(cohort_of(*patients(3, "U", **UNITED), again), **FAST)
    assert result.to_frame().loc[1, "n_defects"] == 3
    assert "recurrence" in result.exclusions[0].reason


def test_one_finding_sentence_states_unit_numbers_and_definition():
    cohort = cohort_of(*patients(5, "U", **UNITED), *patients(5, "N", **NOT))
    finding = estimate_union_rates(cohort, **FAST).finding
    assert finding.startswith(
        "By 6 months (scans up to 7.5 months counted) an estimated 50% (95% interval "
    )
    assert "of 10 target pars in 10 patients had reached complete union" in finding


def test_the_order_of_rows_changes_nothing_and_the_same_seed_gives_the_same_numbers():
    pars = [*patients(5, "U", **UNITED), *patients(5, "N", **NOT), *patients(2, "X", scans={})]
    first = estimate_union_rates(cohort_of(*pars), **FAST).to_frame()
    again = estimate_union_rates(cohort_of(*reversed(pars)), **FAST).to_frame()
    pd.testing.assert_frame_equal(first, again)


def test_what_cannot_be_done_is_refused():
    cohort = cohort_of(*patients(2, **UNITED))
    with pytest.raises(ArgumentError, match='Did you mean by="stage"'):
        estimate_union_rates(cohort, by="stages")
    with pytest.raises(ArgumentError, match="belongs to a pars"):
        estimate_union_rates(cohort, by="stage", unit="patient")
    with pytest.raises(ArgumentError, match="horizon"):
        estimate_union_rates(cohort, horizon_months=0)
    with pytest.raises(ArgumentError, match="horizon_months above 0 and up to 600"):
        estimate_union_rates(cohort, horizon_months=1e9)
    with pytest.raises(ArgumentError, match="n_resamples of at least 1"):
        estimate_union_rates(cohort, n_resamples=0)
    with pytest.raises(EstimationError, match="no pars to estimate"):
        estimate_union_rates(cohort_of(*patients(2, stage="terminal", **NOT)))


def test_correlation_within_patients_is_not_told_from_a_single_pair() -> None:
    one_pair = simulate_cohort(12, seed=3, bilateral_fraction=0.1)
    known = estimate_union_rates(one_pair).to_frame().iloc[1]
    assert known["measure"] == "union_known_status"
    assert math.isnan(known["icc"])
