"""Two strategies of brace duration on cohorts written out: who follows, who is left out, what is
refused, and the same answer however it is asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.models.brace_bootstrap import find_limits
from parsoutcomes.models.brace_clones import place_clones, pose_problem, read_brace_rows
from parsoutcomes.models.brace_covariates import code_baseline
from parsoutcomes.models.brace_intervals import cut_person_intervals, place_windows
from parsoutcomes.models.brace_timeline import read_brace_timeline
from parsoutcomes.stats.npmle import fit_npmle
from parsoutcomes.stats.strategy_curves import estimate_strategies

INF = float("inf")
WINDOWS = place_windows((3.0, 6.0), 1.0)
VISITS = (3.0, 6.0, 9.0, 12.0)
SIMULATED = po.simulate_cohort(200, seed=4)


def clinic(n=30, stop=92, data_lock="2026-01-01", **course):
    """`n` patients fitted on 1 January 2024, brace off on day `stop`, every other one united."""
    people = [f"P{k:03d}" for k in range(n)]
    fitted = pd.Timestamp("2024-01-01")
    episodes = pd.DataFrame({"episode_id": people, "patient_id": people, "fitted_date": fitted})
    episodes["brace_end_date"] = fitted + pd.Timedelta(days=stop) if stop else pd.NaT
    episodes = episodes.assign(**course)
    keys = episodes[["episode_id", "patient_id"]].assign(defect_id=people)
    united = np.arange(n) % 2 == 0
    scans = [
        keys.assign(
            days_since_fitting=day, modality="CT", union_status=np.where(known, seen, "none")
        )
        for day, known, seen in ((91, False, "none"), (180, united, "complete"))
    ]
    tables = {
        "episodes": episodes,
        "defects": keys.assign(stage="early", level="L5", side="left"),
        "readings": pd.concat(scans),
    }
    return build_cohort(tables, data_lock=pd.Timestamp(data_lock))


def problem_of(cohort):
    data = read_brace_rows(cohort, (), definition="complete", windows=WINDOWS, visits_months=VISITS)
    clones = place_clones(data.rows, WINDOWS)
    return data, clones, pose_problem(data, clones, ())


def test_when_all_follow_one_strategy_the_curve_is_the_plain_one() -> None:
    data, clones, problem = problem_of(clinic(stop=92))
    assert clones[0].follows.all()
    assert not clones[1].follows.any()
    left, right = data.rows["left_days"], data.rows["right_days"]
    only = problem.__class__(**{**problem.__dict__, "arms": problem.arms[:1]})
    union = estimate_strategies(only, np.ones((1, 30)), [182.625]).union[0, 0, 0]
    assert union == pytest.approx(1 - fit_npmle(left, right).survival_at([182.625])[0][0], abs=1e-8)


def test_when_nobody_goes_on_the_comparison_is_refused_and_says_of_whom() -> None:
    with pytest.raises(EstimationError, match="Too few patients follow") as refused:
        po.compare_brace_durations(clinic(stop=92), n_resamples=40)
    assert '"go on to 6 months": 0 patients stopped in the window' in refused.value.found
    assert '"stop at 3 months"' not in refused.value.found
    assert "P0" not in str(refused.value)


@pytest.mark.parametrize(
    ("course", "stop", "reason"),
    [
        ({"status": "completed"}, None, "Brace off, on a day not recorded"),
        ({}, None, "Neither the end of brace nor where the course stands recorded"),
        ({"brace_type": "none"}, 92, "No brace fitted, by the records"),
        ({"fitted_date": pd.NaT}, 92, "No day on which the brace was fitted"),
    ],
)
def test_courses_left_out_are_counted_with_their_reason(course, stop, reason) -> None:
    cohort = clinic(n=4, stop=stop, **course)
    timeline = read_brace_timeline(cohort, cohort.episodes["episode_id"])
    assert timeline.excluded.tolist() == [reason] * 4
    assert timeline.courses.empty


def test_nobody_of_known_months_is_refused_with_every_reason_counted() -> None:
    with pytest.raises(EstimationError, match="how long the brace was worn") as refused:
        po.compare_brace_durations(clinic(stop=None, status="completed"), n_resamples=40)
    assert refused.value.found == ("Brace off, on a day not recorded: 30 pars in 30 patients")


def timeline_of(stop=None, **course):
    cohort = clinic(n=1, stop=stop, **course)
    return read_brace_timeline(cohort, cohort.episodes["episode_id"]).courses.iloc[0].tolist()


def test_until_when_a_brace_is_known_to_have_been_worn() -> None:
    assert timeline_of(stop=92) == [92.0, INF]
    assert timeline_of(status="in_brace") == [INF, 731.0]
    contact = pd.Timestamp("2024-07-19")
    assert timeline_of(status="lost", last_contact_date=contact) == [INF, 200.0]
    assert timeline_of(status="lost", last_contact_date=pd.Timestamp("2024-04-10")) == [INF, 180.0]


def test_surgery_ends_a_course_without_a_stop() -> None:
    surgery = pd.Timestamp("2024-04-02")
    assert timeline_of(stop=92, surgery_date=surgery) == [INF, 92.0]
    assert timeline_of(stop=91, surgery_date=surgery) == [91.0, INF]


def intervals_of(stop=INF, seen=INF, united=INF, readings=()):
    courses = pd.DataFrame(
        {"stop_days": [stop], "seen_until_days": [seen], "united_days": [united]}, index=["E"]
    )
    known = pd.DataFrame(
        [("E", day, status, False) for day, status in readings],
        columns=["episode_id", "day", "last_reading", "some_united"],
    )
    return cut_person_intervals(courses, known, WINDOWS)


def test_a_stop_after_a_reading_is_known_to_have_come_after_it() -> None:
    cut = intervals_of(stop=95, readings=[(91, "no union")])
    window = cut[cut["phase"].eq(1)]
    assert window["ended_by"].tolist() == ["read again", "stopped"]
    assert window["last_reading"].tolist() == ["not yet read", "no union"]
    assert window["is_after_reading"].tolist() == [False, True]


def test_a_stop_on_the_day_of_a_reading_came_after_it() -> None:
    cut = intervals_of(stop=91, readings=[(91, "no union")])
    assert cut.iloc[-1][["last_reading", "ended_by"]].tolist() == ["no union", "stopped"]


def test_a_scan_after_the_brace_came_off_is_not_known_before() -> None:
    cut = intervals_of(stop=88, readings=[(91, "no union")])
    assert cut.iloc[-1][["last_reading", "ended_by"]].tolist() == ["not yet read", "stopped"]


def test_nothing_follows_union_of_the_last_pars() -> None:
    cut = intervals_of(stop=200, united=91, readings=[(91, "no union")])
    assert cut["end_days"].max() == 91
    assert "stopped" not in cut["ended_by"].tolist()


def test_one_brace_and_two_pars() -> None:
    """United on one side at day 91, brace off at 100: a departure of the other side alone."""
    person = {"episode_id": ["E"], "patient_id": ["P"]}
    fitted = pd.Timestamp("2024-01-01")
    episodes = pd.DataFrame(person).assign(
        fitted_date=fitted, brace_end_date=fitted + pd.Timedelta(days=100)
    )
    sides = pd.DataFrame({"defect_id": ["L", "R"], "side": ["left", "right"]})
    defects = sides.assign(episode_id="E", patient_id="P", stage="early", level="L5")
    readings = defects[["defect_id", "episode_id", "patient_id"]].assign(
        days_since_fitting=91, modality="CT", union_status=["complete", "none"]
    )
    tables = {"episodes": episodes, "defects": defects, "readings": readings}
    _, (first, second), _ = problem_of(build_cohort(tables, data_lock=pd.Timestamp("2026-01-01")))
    assert first.follows.tolist() == [True, True]
    assert second.follows.tolist() == [True, False]
    assert second.until_days[0] == 91


def test_the_answer_is_the_same_on_one_worker_and_on_two() -> None:
    asked = {"n_resamples": 120, "seed": 3, "with_contrasts": False}
    one = po.compare_brace_durations(SIMULATED, **asked)
    two = po.compare_brace_durations(SIMULATED, **asked, n_workers=2)
    pd.testing.assert_frame_equal(one.frame, two.frame, check_exact=True)
    pd.testing.assert_frame_equal(one.weightings, two.weightings, check_exact=True)


def test_the_order_of_patients_changes_nothing() -> None:
    tables = {name: frame.iloc[::-1] for name, frame in SIMULATED.tables.items()}
    turned = build_cohort(tables, data_lock=SIMULATED.data_lock)
    one, two = (
        po.compare_brace_durations(cohort, n_resamples=40, with_contrasts=False)
        for cohort in (SIMULATED, turned)
    )
    pd.testing.assert_frame_equal(one.frame, two.frame, rtol=1e-6)


def test_what_a_result_says_of_itself() -> None:
    steps = []
    result = po.compare_brace_durations(
        SIMULATED, n_resamples=100, progress=lambda *step: steps.append(step)
    )
    assert steps == [("resampling patients", done, 2) for done in range(3)]
    frame = result.to_frame()
    assert frame["measure"].value_counts().to_dict() == {
        "cumulative_union": 6,
        "risk_difference": 3,
        "mean_months_un_united": 2,
        "difference_mean_months_un_united": 1,
    }
    assert (frame["conf_low"] <= frame["conf_high"]).all()
    assert result.target_trial["component"].tolist() == [
        "Eligibility",
        "Treatment strategies",
        "Assignment",
        "Start of follow-up",
        "End of follow-up",
        "Outcome",
        "Causal contrast",
        "Analysis plan",
    ]
    arms = result.arms.set_index("strategy")
    for _, arm in arms.iterrows():
        departed = arm["n_departed_early"] + arm["n_departed_late"]
        assert arm["n_clones"] == departed + arm["n_followed"]
        parts = ["n_united_before", "n_stopped_in_window", "n_left_view_in_brace"]
        assert arm["n_followed"] == arm[parts].sum()
    weights = result.weights.set_index(["strategy", "weighting"])
    for strategy in arms.index:
        raw, scaled = (weights.loc[(strategy, name)] for name in ("raw", "scaled to a mean of 1"))
        assert scaled["mean"] == pytest.approx(1)
        assert scaled["effective_n"] == pytest.approx(raw["effective_n"])
        assert weights.loc[(strategy, "cut"), "largest"] <= raw["largest"]
    assert "immortal" not in result.finding
    summary = result.summary()
    for text in ("Left out", "months received (biased)", "By months received the longer brace"):
        assert text in summary
    assert "weights from 1.00 to" in summary


def test_levels_of_few_patients_join_the_most_frequent_and_say_so() -> None:
    rows = pd.DataFrame(
        {
            "episode_id": [f"E{k}" for k in range(20)],
            "stage": ["early"] * 17 + ["pre_lysis"] * 3,
        }
    )
    coded = code_baseline(rows, ("stage",))
    assert coded.frame.shape == (20, 0)
    assert "stage: pre_lysis" in coded.cautions[0]


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"months": (6.0, 3.0)}, "told apart"),
        ({"months": (3.0, 4.9)}, "told apart"),
        ({"grace_months": 0.0}, "told apart"),
        ({"milestones_months": (9.0, 6.0)}, "milestones_months"),
        ({"milestones_months": ()}, "milestones_months"),
        ({"truncation": 1.0}, "truncation"),
        ({"terms": ("stage", "shoe_size")}, "a term"),
        ({"terms": ("laterality", "contralateral_stage")}, "same twice"),
        ({"definition": "healed"}, "definition"),
        ({"n_workers": 0}, "n_workers"),
        ({"n_resamples": 10}, "number of resamples"),
    ],
)
def test_what_is_not_known_is_refused(asked, word) -> None:
    with pytest.raises(ArgumentError, match=word):
        po.compare_brace_durations(SIMULATED, **{"n_resamples": 40, **asked})


def test_limits_reach_as_far_as_the_resamples_leave_open() -> None:
    low, high = np.arange(101) / 200, np.arange(101) / 200 + 0.5
    limits = find_limits(low, high, conf_level=0.9)
    assert float(limits["conf_low"]) == pytest.approx(0.025)
    assert float(limits["conf_high"]) == pytest.approx(0.975)


def test_a_month_that_the_scans_leave_open_has_limits_and_no_estimate() -> None:
    everyone = po.simulate_cohort(300, seed=5, visits_months=(3.0, 6.0, 9.0))
    result = po.compare_brace_durations(everyone, n_resamples=40, with_contrasts=False)
    last = result.difference_at(12.0)
    assert np.isnan(last["estimate"])
    assert np.isnan(last["p_value"])
    assert last["left_open"] == "later than the last scans"
    assert last["conf_low"] <= last["estimate_low"] < last["estimate_high"] <= last["conf_high"]
    assert "by 9 months" in result.finding
    assert "later, the scans leave it open" in result.finding
