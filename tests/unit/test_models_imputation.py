"""Missing stage, STIR, level, sex and age filled in: what is respected, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_rows import cohort_of, patients

import parsoutcomes as po
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.errors import ArgumentError, EstimationError


def with_gaps(n_patients=60, *, seed=5, **shares):
    """A simulated cohort of which a share of each column is not recorded."""
    cohort, rng = po.simulate_cohort(n_patients, seed=seed), np.random.default_rng(seed)
    defects, episodes = cohort.defects.drop(columns="is_target"), cohort.episodes
    for name, share in shares.items():
        table = defects if name in defects else episodes
        table[name] = table[name].mask(rng.random(len(table)) < share)
    if "stage" in shares:
        defects["ct_stage"] = defects["ct_stage"].mask(defects["stage"].isna())
    tables = {**cohort.tables, "defects": defects, "episodes": episodes}
    return build_cohort(tables, data_lock=cohort.data_lock)


@pytest.fixture(scope="module")
def everything():
    cohort = with_gaps(stage=0.25, stir=0.2, level=0.1, sex=0.1, age_years=0.1)
    columns = ["stage", "stir", "level", "sex", "age_years"]
    return po.impute_covariates(cohort, columns, n_imputations=3, seed=1)


def test_nothing_is_left_missing_and_nothing_recorded_is_changed(everything) -> None:
    for completed in everything.completed:
        for table, names in (("defects", ["stage", "stir", "level"]), ("episodes", ["sex"])):
            before, after = everything.records.tables[table], completed.tables[table]
            for name in names:
                assert after[name].notna().all()
                recorded = before[name].notna()
                assert after.loc[recorded, name].tolist() == before.loc[recorded, name].tolist()


def test_pre_lysis_always_has_signal_on_stir(everything) -> None:
    for completed in everything.completed:
        rows = completed.defects
        was_open = everything.records.defects[["stage", "stir"]].isna().any(axis=1)
        pairs = set(zip(rows.loc[was_open, "stage"], rows.loc[was_open, "stir"], strict=True))
        assert ("pre_lysis", "absent") not in pairs


def test_an_age_is_one_that_somebody_has(everything) -> None:
    known = set(everything.records.episodes["age_years"].dropna())
    for completed in everything.completed:
        assert set(completed.episodes["age_years"]) <= known


def test_two_pars_of_one_course_never_share_level_and_side(everything) -> None:
    for completed in everything.completed:
        assert not completed.defects[["episode_id", "level", "side"]].duplicated().any()


def test_a_stage_imputed_as_terminal_is_no_target_in_that_set(everything) -> None:
    for completed in everything.completed:
        rows = completed.defects
        assert not rows.loc[rows["stage"].eq("terminal"), "is_target"].any()


def test_the_opposite_stage_follows_what_was_imputed(everything) -> None:
    rows = everything.completed[0].defects
    two = (
        rows[rows["laterality"].eq("bilateral")].groupby("episode_id").filter(lambda g: len(g) == 2)
    )
    for _, pair in two.groupby("episode_id"):
        assert pair["contralateral_stage"].tolist() == pair["stage"].tolist()[::-1]


def test_scans_and_their_intervals_are_as_recorded(everything) -> None:
    for completed in everything.completed:
        pd.testing.assert_frame_equal(completed.readings, everything.records.readings)
        pd.testing.assert_frame_equal(
            po.derive_intervals(completed), po.derive_intervals(everything.records)
        )


def test_same_seed_same_sets_and_more_sets_keep_the_first() -> None:
    cohort = with_gaps(30, stage=0.2)
    two = po.impute_covariates(cohort, ["stage"], n_imputations=2, seed=4)
    three = po.impute_covariates(cohort, ["stage"], n_imputations=3, seed=4)
    for one, other in zip(two.completed, three.completed, strict=False):
        assert one.defects["stage"].tolist() == other.defects["stage"].tolist()
    drawn = [completed.defects["stage"].tolist() for completed in three.completed]
    assert drawn[0] != drawn[1] != drawn[2]


def test_one_set_for_each_per_cent_with_a_gap_and_at_least_twenty() -> None:
    few = cohort_of(*patients(19, "A", scans={180: "none"}), {"patient": "B", "stage": None})
    assert po.impute_covariates(few, ["stage"]).n_imputations == 20
    many = cohort_of(
        *patients(15, "A", scans={180: "none"}), *patients(15, "B", scans={180: "none"}, stage=None)
    )
    imputed = po.impute_covariates(many, ["stage"])
    assert imputed.n_imputations == 50
    assert "15 of 30 pars (50%) lack something: stage 15; filled in 50 times" in imputed.finding


def test_no_gap_means_one_set_and_the_ordinary_answer() -> None:
    cohort = po.simulate_cohort(40, seed=3)
    imputed = po.impute_covariates(cohort, ["stage", "sex"])
    assert imputed.n_imputations == 1
    assert "there is nothing to impute" in imputed.finding
    pooled = po.pool_union_rates(imputed).to_frame()
    columns = ["estimate", "conf_low", "conf_high", "n_defects"]
    both = [
        pooled.loc[pooled["analysis"].eq(name), columns].reset_index(drop=True)
        for name in ("imputed", "complete_cases")
    ]
    pd.testing.assert_frame_equal(*both, check_dtype=False)


def test_equal_sets_pool_to_the_ordinary_interval() -> None:
    from dataclasses import replace

    cohort = po.simulate_cohort(60, seed=3)
    imputed = po.impute_covariates(cohort, ["stage"])
    same = replace(imputed, completed=(cohort, cohort, cohort))
    pooled = po.pool_union_rates(same).to_frame()
    columns = ["estimate", "conf_low", "conf_high"]
    ours, ordinary = (
        pooled.loc[pooled["analysis"].eq(name), columns].to_numpy()
        for name in ("imputed", "complete_cases")
    )
    assert ours == pytest.approx(ordinary, abs=1e-10, nan_ok=True)


def test_a_column_nobody_recorded_is_refused() -> None:
    cohort = cohort_of(*patients(20, scans={180: "none"}))
    with pytest.raises(EstimationError, match="stir cannot be imputed"):
        po.impute_covariates(cohort, ["stage", "stir"])


@pytest.mark.parametrize("columns", [[], ["sport"], ["stage", "union_status"]])
def test_columns_that_cannot_be_imputed_are_refused(columns) -> None:
    with pytest.raises(ArgumentError):
        po.impute_covariates(cohort_of(*patients(20)), columns)


def test_one_set_is_no_imputation() -> None:
    with pytest.raises(ArgumentError, match="nothing of the uncertainty"):
        po.impute_covariates(with_gaps(30, stage=0.2), ["stage"], n_imputations=1)


def test_pars_without_signal_are_never_imputed_as_pre_lysis() -> None:
    cohort = with_gaps(40, stage=0.4)
    imputed = po.impute_covariates(cohort, ["stage"], n_imputations=5, seed=2)
    silent = cohort.defects["stir"].eq("absent") & cohort.defects["stage"].isna()
    assert silent.any()
    for completed in imputed.completed:
        assert not completed.defects.loc[silent, "stage"].eq("pre_lysis").any()


def test_pooled_model_stands_beside_complete_cases() -> None:
    imputed = po.impute_covariates(with_gaps(80, stage=0.2), ["stage"], n_imputations=3, seed=2)
    pooled = po.pool_union_logistic(imputed, ["stage"], n_resamples=50)
    frame = pooled.to_frame()
    risks = frame[frame["measure"].eq("risk")]
    assert set(risks["analysis"]) == {"imputed", "complete_cases"}
    whole = risks[risks["analysis"].eq("imputed")]["n_defects"].sum()
    alone = risks[risks["analysis"].eq("complete_cases")]["n_defects"].sum()
    assert whole > alone
    assert "[complete cases" in pooled.finding


def test_all_united_in_a_stage_takes_the_widest_limits() -> None:
    cohort = cohort_of(
        *patients(12, "A", scans={180: "complete"}),
        *patients(12, "B", stage="progressive", scans={180: "none"}),
        *patients(3, "C", stage=None, scans={180: "complete"}),
    )
    pooled = po.pool_union_rates(po.impute_covariates(cohort, ["stage"], seed=1)).to_frame()
    early = pooled.query("stage == 'early' and analysis == 'imputed'")
    assert early["estimate"].tolist() == [1.0, 1.0]
    assert early["interval_method"].tolist() == ["the widest limits of all sets"] * 2
    assert early["conf_low"].between(0.6, 0.8).all()


def test_nobody_and_one_patient() -> None:
    with pytest.raises(EstimationError, match="no pars to fill anything in for"):
        po.impute_covariates(build_cohort({}), ["stage"])
    one = cohort_of({"patient": "A", "scans": {180: "complete"}})
    pooled = po.pool_union_rates(po.impute_covariates(one, ["stage"])).to_frame()
    assert pooled["n_events"].tolist() == [1, 1, 1, 1]
    gap = cohort_of({"patient": "A", "stage": None, "scans": {180: "complete"}})
    with pytest.raises(EstimationError, match="stage cannot be imputed"):
        po.impute_covariates(gap, ["stage"])


def test_odds_ratios_conditional_on_the_patient_are_not_pooled(everything) -> None:
    with pytest.raises(ArgumentError, match="method"):
        po.pool_union_logistic(everything, ["stage"], method="mixed")
