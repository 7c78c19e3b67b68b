"""Published rates pooled: who enters, what is refused, what few groups do not allow."""

from __future__ import annotations

import pytest

from parsoutcomes.baselines.pooling import pool_baselines
from parsoutcomes.baselines.published import load_baselines
from parsoutcomes.errors import BaselineError
from parsoutcomes.stats.pooling import pool_proportions


@pytest.fixture(scope="module")
def pooled():
    return pool_baselines()


def rows_of(pooled, **stratum):
    where = {"laterality": "any", "level": "any", "contralateral_stage": "any", **stratum}
    frame = pooled.to_frame()
    return frame[(frame[list(where)] == list(where.values())).all(axis=1)]


def test_one_row_of_each_group_enters_and_both_methods_stand_beside_each_other(pooled):
    rows = rows_of(pooled, stage="progressive")
    assert rows["method"].tolist() == ["glmm", "reml_hk"]
    assert set(rows["groups"]) == {"arima2017, mito, turku_retrospective"}
    assert rows[["n_events", "n_counted", "n_defects"]].to_numpy().tolist() == [[39, 101, 101]] * 2
    by_hand = pool_proportions([1, 27, 11], [10, 53, 38])
    assert rows["estimate"].iloc[0] == pytest.approx(by_hand.estimate, abs=1e-9)
    assert rows["predict_high"].iloc[0] == pytest.approx(by_hand.predict_high, abs=1e-9)


def test_one_group_is_no_pool(pooled):
    row = rows_of(pooled, stage="terminal").iloc[0]
    assert row[["method", "note"]].tolist() == ["none", "one group of patients: no pool"]
    assert row[["n_events", "n_counted"]].tolist() == [0, 26]
    assert row[["estimate", "conf_low", "predict_low"]].isna().all()


def test_fewer_than_five_groups_come_with_the_word_that_no_verdict_rests_on_them(pooled):
    pools = pooled.frame[pooled.frame["method"].ne("none")]
    assert pools["note"].str.contains("no verdict rests on this pool").all()
    assert "only through the prior model" in " ".join(pooled.summary().split())
    assert "a new series" not in pooled.finding


def test_unilateral_fractures_are_one_stratum_however_the_paper_says_it(pooled):
    row = rows_of(pooled, laterality="unilateral", contralateral_stage="none", stage="any").iloc[0]
    assert row["groups"] == "mito, turku_retrospective"


def test_percentages_are_shown_and_never_pooled(pooled):
    bare = pooled.studies[pooled.studies["count_basis"].eq("percent_only")]
    assert len(bare) > 10
    assert not bare["in_pool"].any()
    assert set(bare["why_not"]) == {"a percentage only"}


def test_no_group_of_patients_enters_a_stratum_twice(pooled):
    keys = ["laterality", "stage", "contralateral_stage", "level", "cohort_group"]
    inside = pooled.studies[pooled.studies["in_pool"]]
    assert not inside.duplicated(keys).any()


def test_each_group_is_left_out_in_turn(pooled):
    without = pooled.leave_one_out
    assert without["left_out"].tolist() == ["arima2017", "mito", "turku_retrospective"] * 2
    by_hand = pool_proportions([27, 11], [53, 38], method="reml_hk")
    assert without["estimate"].iloc[3] == pytest.approx(by_hand.estimate, abs=1e-9)


def test_the_summary_counts_what_was_not_pooled_and_tells_what_each_group_does(pooled):
    shown = pooled.summary()
    assert "a percentage only: 19 published numbers" in shown
    assert "progressive, Hartung-Knapp: 24% to 40%" in shown


def test_outcomes_are_not_mixed():
    with pytest.raises(BaselineError, match="Different outcomes are never pooled"):
        pool_baselines(load_baselines(unit="patient"))


def test_units_are_not_mixed_and_the_reason_is_told():
    with pytest.raises(BaselineError, match="a patient with two pars counts as united"):
        pool_baselines(load_baselines(outcome="union"))


def test_an_unclear_unit_is_not_pooled():
    with pytest.raises(BaselineError, match="different units are never pooled"):
        pool_baselines(load_baselines(outcome="union", unit="unclear"))


def test_percentages_alone_give_no_pool():
    with pytest.raises(BaselineError, match="None of these rates may be pooled"):
        pool_baselines(load_baselines(outcome="union", unit="defect", stage="acute"))


def test_rates_per_patient_are_counted_in_patients():
    frame = pool_baselines(load_baselines(outcome="union", unit="patient")).frame
    assert frame["n_defects"].isna().all()
    assert frame["n_patients"].tolist() == frame["n_counted"].tolist()


def test_groups_that_all_have_everybody_united_are_listed_with_the_reason(tmp_path):
    own = tmp_path / "own.csv"
    own.write_text(
        "study_id,first_author,year,title,journal,cohort_group,outcome,unit,laterality,stage,n,"
        "n_united,count_basis,read_from,pool_default\n"
        "own2027,Own,2027,A series,A journal,own2027,union,defect,unilateral,pre_lysis,9,9,"
        "stated,source,yes\n",
        encoding="utf-8",
    )
    source = load_baselines(
        outcome="union", unit="defect", laterality="unilateral", stage="pre_lysis", extra=own
    )
    frame = pool_baselines(source).frame
    assert frame["method"].tolist() == ["none", "none"]
    assert frame["note"].str.contains("nobody, or everybody").all()
    assert frame[["n_groups", "n_events", "n_counted"]].to_numpy().tolist() == [[2, 45, 45]] * 2
