from __future__ import annotations

import math

import pandas as pd
import pytest

from parsoutcomes.baselines.prior import fit_union_prior, select_series
from parsoutcomes.baselines.published import load_baselines
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.errors import ArgumentError


def _clinic(groups: dict[tuple[str, str], int]):
    """One pars per patient by (stage, what the scan at 6 months showed)."""
    rows = [key for key, n in groups.items() for _ in range(n)]
    names = [f"P{row:03d}" for row in range(len(rows))]
    keys = pd.DataFrame({"defect_id": names, "patient_id": names, "episode_id": names})
    return build_cohort(
        {
            "episodes": keys[["patient_id", "episode_id"]].assign(
                fitted_date=pd.Timestamp("2023-01-01")
            ),
            "defects": keys.assign(level="L5", side="left", stage=[stage for stage, _ in rows]),
            "readings": keys.assign(
                days_since_fitting=6 * DAYS_PER_MONTH, union_status=[status for _, status in rows]
            ),
        },
        data_lock=pd.Timestamp("2025-01-01"),
    )


def _numbers(result, stage: str, role: str = "main") -> pd.DataFrame:
    frame = result.to_frame()
    return frame[frame["stage"].eq(stage) & frame["role"].eq(role)].set_index("measure")


def test_one_count_of_each_group_of_patients_speaks_for_a_stage():
    series = select_series(load_baselines(), ["early", "progressive"])
    early = series[series["stage"].eq("early")]
    assert early[["series", "n_united", "n"]].to_numpy().tolist() == [
        ["Tatsumura 2022", 81, 97],
        ["Virkki 2020", 38, 46],
    ]
    assert not series.duplicated(["stage", "cohort_group"]).any()
    virkki = 1 + (110 / 68 - 1) * 0.3
    assert early["design_effect"].iloc[1] == pytest.approx(virkki)


def test_our_rate_is_drawn_towards_the_series_and_shown_undrawn():
    """Twenty patients are worth 19 (between-patient variance): undrawn (0.6 x 19 + 1) / 21."""
    result = fit_union_prior(_clinic({("early", "complete"): 12, ("early", "none"): 8}))
    main, undrawn = _numbers(result, "early"), _numbers(result, "early", "no borrowing")
    assert undrawn.loc["our_rate", "estimate"] == pytest.approx(12.4 / 21, abs=1e-6)
    new, ours = main.loc["new_series_rate", "estimate"], main.loc["our_rate", "estimate"]
    assert 12.4 / 21 < ours < new
    assert main.loc["our_rate", ["n_patients", "n_defects", "n_events"]].tolist() == [20, 20, 12]


def test_a_clinic_like_the_series_is_as_likely_above_as_below():
    result = fit_union_prior(_clinic({("early", "complete"): 166, ("early", "none"): 34}))
    chance = _numbers(result, "early").loc["probability_above_new_series", "estimate"]
    assert chance == pytest.approx(0.5, abs=0.1)


def test_a_contradiction_is_said_and_moves_the_weight():
    result = fit_union_prior(_clinic({("early", "complete"): 2, ("early", "none"): 28}))
    numbers = _numbers(result, "early")["estimate"]
    assert numbers["conflict_p_value"] < 0.01
    assert numbers["flat_weight"] > 0.9
    assert any("contradict" in line for line in result.cautions)


def test_nobody_united_in_ours_gives_a_rate_above_nothing():
    result = fit_union_prior(_clinic({("progressive", "none"): 12}))
    ours = _numbers(result, "progressive").loc["our_rate"]
    assert 0 < ours["conf_low"] < ours["estimate"] < 0.2


def test_one_series_is_said():
    assert any("1 series" in line for line in fit_union_prior(strata=["pre_lysis"]).cautions)


def test_no_series_for_a_stage_borrows_nothing_and_says_so():
    published = load_baselines(cohort_group="turku_retrospective")
    clinic = _clinic({("pre_lysis", "complete"): 9, ("pre_lysis", "none"): 3})
    result = fit_union_prior(clinic, strata=["pre_lysis"], baselines=published)
    numbers = _numbers(result, "pre_lysis")["estimate"]
    assert math.isnan(numbers["new_series_rate"])
    assert math.isnan(numbers["probability_above_new_series"])
    assert numbers["our_rate"] == pytest.approx((0.75 * 11 + 1) / 13, abs=1e-6)
    assert numbers["prior_effective_sample_size"] == pytest.approx(2, abs=1e-4)
    assert any("nothing is borrowed" in line for line in result.cautions)


def test_without_a_cohort_the_prior_alone():
    result = fit_union_prior(strata=["early"])
    assert result.finding.startswith("A new series would be expected to unite 81%")
    assert set(result.curves["curve"]) == {"prior"}


@pytest.mark.parametrize("n", [0, 1])
def test_nobody_or_one_patient_gets_no_claim(n):
    result = fit_union_prior(_clinic({("early", "complete"): n}), strata=["early"])
    assert "too few for a claim" in result.finding
    assert "chance" not in result.finding


def test_those_left_out_are_counted():
    clinic = _clinic({("early", "complete"): 6, ("early", "not_assessable"): 2,
                      ("terminal", "none"): 3, ("progressive", "none"): 4})  # fmt: skip
    result = fit_union_prior(clinic, strata=["early"])
    left_out = {one.reason: one.n_defects for one in result.exclusions}
    assert left_out == {
        "Not a treatment target (terminal at fitting)": 3,
        "Status at the horizon unknown": 2,
        "Of another stage, or of none recorded": 4,
    }


def test_two_pars_of_each_patient_count_for_less():
    cohort = _clinic({("early", "complete"): 20, ("early", "none"): 10})
    tables = {name: table.copy() for name, table in cohort.tables.items()}
    pairs = {f"P{row:03d}": f"P{row - row % 2:03d}" for row in range(30)}
    for table in (tables["defects"], tables["readings"]):
        table["patient_id"] = table["patient_id"].map(pairs)
        table["episode_id"] = table["episode_id"].map(pairs)
    tables["episodes"] = tables["episodes"][tables["episodes"]["patient_id"].isin(pairs.values())]
    tables["defects"]["side"] = ["left", "right"] * 15
    keep = {name: tables[name] for name in ("episodes", "defects", "readings")}
    paired = fit_union_prior(build_cohort(keep, data_lock=cohort.data_lock), strata=["early"])
    assert paired.own["n_patients"].tolist() == [15]
    assert paired.own["effective_n"].iloc[0] == pytest.approx(15, abs=1.1)


@pytest.mark.parametrize("strata", [[], ["acute"]])
def test_stages_must_be_known(strata):
    with pytest.raises(ArgumentError):
        fit_union_prior(strata=strata)


def test_the_result_repeats_and_its_texts_hold_together():
    clinic = _clinic({("early", "complete"): 12, ("early", "none"): 8})
    one, other = fit_union_prior(clinic), fit_union_prior(clinic)
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())
    assert "No verdict rests on this" in one.summary()
    assert one.finding in one._repr_html_()
