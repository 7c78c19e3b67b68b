"""Scans decide when the simulated brace comes off, and stopping early costs what it says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.errors import ArgumentError
from parsoutcomes.synthetic.brace_decisions import BraceDecisions
from parsoutcomes.synthetic.brace_truth import true_brace_difference
from parsoutcomes.synthetic.bracing import draw_braced_course, read_by, stop_union
from parsoutcomes.synthetic.draws import PatientDraw, UnionDraw, draw_patients, draw_union_times
from parsoutcomes.synthetic.parameters import SimulationParameters

COSTLY = BraceDecisions(stop_loss_fraction=0.328)
LIKELY = {"not_read": 0.5, "none": 0.5, "partial": 0.5, "complete": 1.0}


def patients_of(patient, stage):
    n_patients = max(patient) + 1
    return PatientDraw(
        fitted_day=np.zeros(n_patients, dtype=np.int64),
        prescribed_months=np.full(n_patients, 3.0),
        level=np.zeros(n_patients, dtype=np.int64),
        patient=np.array(patient),
        side=np.zeros(len(patient), dtype=np.int64),
        stage=np.array(stage),
        opposite_stage=np.full(len(patient), -1),
    )


def union_of(partial_days, union_days):
    return UnionDraw(
        frailty=np.zeros(1),
        probability=np.ones(len(union_days)),
        unites=np.isfinite(union_days),
        union_days=np.array(union_days, dtype=float),
        partial_days=np.array(partial_days, dtype=float),
    )


def worn_months(cohort):
    episodes = cohort.episodes
    days = (episodes["brace_end_date"] - episodes["fitted_date"]).dt.days
    return days.set_axis(episodes["episode_id"]) / DAYS_PER_MONTH


def test_what_has_been_seen_is_the_poorest_pars_that_can_unite():
    patients = patients_of([0, 0, 1, 1, 2, 3], [1, 1, 1, 3, 1, 1])
    union = union_of(
        [10, 80, 10, np.inf, 10, 200],
        [20, 95, 20, np.inf, 20, 300],
    )
    readings = np.array([[90.0], [90.0], [90.0], [90.0], [np.nan], [90.0]])
    # both united but one partial; terminal does not count; never read; read, no union.
    seen = read_by(patients, union, readings, np.full(4, 100.0))
    assert seen.tolist() == [2, 3, 0, 1]
    assert read_by(patients, union, readings, np.full(4, 89.0)).tolist() == [0, 0, 0, 0]


def test_one_pars_not_yet_read_leaves_all_united_untold():
    patients = patients_of([0, 0], [1, 1])
    union = union_of([10, 10], [20, 20])
    assert read_by(patients, union, np.array([[90.0], [np.nan]]), np.array([100.0])).tolist() == [0]


def test_stopping_costs_only_what_has_not_united_by_then():
    union = union_of([50, 80, 120, 50], [70, 110, 150, 110])
    loses = np.array([True, True, True, False])
    stopped = stop_union(union, np.full(4, 90.0), loses)
    assert stopped.union_days.tolist() == [70, np.inf, np.inf, 110]
    assert stopped.partial_days.tolist() == [50, 80, np.inf, 50]
    assert stopped.unites.tolist() == [True, False, False, True]


def test_decisions_do_not_depend_on_what_no_scan_has_shown():
    """Change only what happens after the brace is off: the day it comes off stays the same."""
    parameters = SimulationParameters(
        brace_decisions=COSTLY, surgery_per_year=0.0, discharge_fraction=0.0, loss_per_year=0.0
    )
    rng = np.random.default_rng(3)
    patients = draw_patients(2000, rng=rng, parameters=parameters)
    union = draw_union_times(patients.stage, patients.patient, rng=rng, parameters=parameters)

    def course(which):
        return draw_braced_course(
            patients,
            which,
            rng=np.random.default_rng(4),
            parameters=parameters,
            decisions=COSTLY,
        )[1]

    first = course(union)
    worn = np.where(np.isnan(first.brace_end_days), np.inf, first.brace_end_days)[patients.patient]
    later = dataclasses.replace(
        union,
        union_days=np.where(union.union_days > worn, np.inf, union.union_days),
        partial_days=np.where(union.partial_days > worn, np.inf, union.partial_days),
    )
    assert (later.union_days != union.union_days).mean() > 0.05
    np.testing.assert_array_equal(course(later).brace_end_days, first.brace_end_days)


def test_among_those_who_look_the_same_on_the_scan_stopping_tells_nothing_of_the_truth():
    cohort = po.simulate_cohort(
        8000,
        seed=2,
        bilateral_fraction=0.0,
        attendance=1.0,
        not_assessable_fraction=0.0,
        loss_per_year=0.0,
        symptom_scan_not_united=0.0,
        symptom_scan_united=0.0,
        last_fitted="2024-12-31",
        brace_decisions=BraceDecisions(early_stop_fraction=0.0),
    )
    readings = cohort.readings
    first = readings[readings["days_since_fitting"] < 120].drop_duplicates("defect_id")
    rows = first.merge(cohort.truth["defects"], on="defect_id").merge(
        cohort.defects[["defect_id", "stage"]], on="defect_id"
    )
    rows["stopped"] = rows["episode_id"].map(worn_months(cohort)) < 4.1
    alike = rows[rows["stage"].eq("early") & rows["union_status"].eq("none")]
    rates = alike.groupby("stopped")["union_days_if_6_months"].agg(
        lambda days: np.isfinite(days).mean()
    )
    error = np.sqrt((0.25 / alike["stopped"].value_counts()).sum())
    assert len(alike) > 1400
    assert abs(rates[True] - rates[False]) < 3.5 * error


def test_seen_united_nearly_all_stop_and_of_the_rest_neither_all_nor_none():
    cohort = po.simulate_cohort(3000, seed=6, bilateral_fraction=0.0, brace_decisions=COSTLY)
    readings = cohort.readings[cohort.readings["days_since_fitting"] < 120]
    seen = readings.drop_duplicates("episode_id").set_index("episode_id")["union_status"]
    stopped = worn_months(cohort).dropna() < 4.1
    share = stopped.groupby(seen.reindex(stopped.index)).mean()
    assert share["complete"] > 0.95
    assert 0.15 < share["none"] < share["partial"] < 0.85


def test_why_the_brace_came_off_is_recorded_whenever_it_did():
    cohort = po.simulate_cohort(1000, seed=8, brace_decisions=COSTLY)
    episodes = cohort.episodes
    assert episodes["brace_end_reason"].notna().eq(episodes["brace_end_date"].notna()).all()
    told = {"united", "surgery", "stopped early", "decided after scan"}
    assert set(episodes["brace_end_reason"].dropna()) == told
    assert (episodes["brace_end_date"] <= episodes["last_contact_date"]).sum() == episodes[
        "brace_end_date"
    ].notna().sum()


def test_partial_union_is_scanned_again_and_the_scan_says_so():
    cohort = po.simulate_cohort(
        500, seed=8, brace_decisions=BraceDecisions(recheck_after_partial=1.0)
    )
    reasons = cohort.readings["scan_reason"].value_counts()
    assert reasons["partial union seen"] > 100


def test_who_kept_to_a_strategy_truly_did_as_that_strategy_has_it():
    cohort = po.simulate_cohort(
        2000,
        seed=9,
        surgery_per_year=0.0,
        brace_decisions=BraceDecisions(
            stop_loss_fraction=0.5, stop_at_first=LIKELY, stop_at_second=LIKELY
        ),
    )
    truth = cohort.truth["defects"].merge(cohort.defects[["defect_id", "episode_id"]])
    reason = cohort.episodes.set_index("episode_id")["brace_end_reason"]
    worn = truth["episode_id"].map(worn_months(cohort))
    decided = truth["episode_id"].map(reason).eq("decided after scan")
    for month in (3, 6):
        kept = truth[decided & worn.between(month - 1, month + 1)]
        assert len(kept) > 300
        assert kept["union_days"].tolist() == kept[f"union_days_if_{month}_months"].tolist()


def test_no_loss_means_no_difference_and_a_third_about_ten_per_hundred():
    months = [6, 9, 12]
    none = true_brace_difference(
        SimulationParameters(brace_decisions=BraceDecisions()), months, seed=1, n_patients=2000
    )
    assert none["difference"].tolist() == [0.0, 0.0, 0.0]
    costly = true_brace_difference(
        SimulationParameters(brace_decisions=COSTLY), months, seed=1, n_patients=100_000
    ).set_index("months")
    assert costly.loc[12.0, "difference"] == pytest.approx(0.10, abs=0.004)
    assert costly.loc[12.0, "standard_error"] < 0.001


def test_the_probability_of_each_pars_agrees_with_the_draws_under_both_strategies():
    cohort = po.simulate_cohort(20_000, seed=10, brace_decisions=COSTLY)
    truth = cohort.truth["defects"]
    for strategy in (3, 6):
        days = truth[f"union_days_if_{strategy}_months"]
        for month in (6, 12):
            drawn = (days <= month * DAYS_PER_MONTH).mean()
            stated = truth[f"probability_if_{strategy}_by_{month}_months"].mean()
            assert drawn == pytest.approx(stated, abs=4 * np.sqrt(0.25 * 1.4 / len(truth)))


def test_without_decisions_nothing_of_them_is_in_the_truth():
    truth = po.simulate_cohort(20, seed=7).truth
    assert not [name for name in truth["defects"] if "_if_" in name]
    assert not truth["parameters"]["parameter"].str.contains("stop|brace").any()
    with pytest.raises(ArgumentError, match="no decisions about the brace"):
        true_brace_difference(SimulationParameters(), [12], seed=1)


def test_the_decisions_are_listed_with_the_parameters_and_the_same_seed_repeats():
    first, again = (po.simulate_cohort(50, seed=7, brace_decisions=COSTLY) for _ in range(2))
    listed = first.truth["parameters"].set_index(["parameter", "of"])["value"]
    assert listed["stop_loss_fraction", ""] == "0.328"
    assert listed["stop_at_first", "partial"] == "0.65"
    for name in ("episodes", "readings"):
        pd.testing.assert_frame_equal(first.tables[name], again.tables[name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stop_loss_fraction": 1.5}, "stop_loss_fraction has a value"),
        ({"stop_at_first": {"none": 0.5}}, "stop_at_first does not say"),
        ({"months": (3.0, 4.0)}, "run into each other"),
        ({"stop_odds_ratio": {"early": 1.0}}, "stop_odds_ratio lacks a stage"),
    ],
)
def test_impossible_decisions_are_refused(change, message):
    with pytest.raises(ArgumentError, match=message):
        BraceDecisions(**change)


def test_a_decision_needs_a_planned_scan():
    with pytest.raises(ArgumentError, match="without a planned scan"):
        SimulationParameters(
            visits_months=(4.0, 8.0, 12.0), brace_decisions=BraceDecisions(months=(3.0, 6.0))
        )
