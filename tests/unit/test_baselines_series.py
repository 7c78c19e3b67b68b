"""Series to compare with: the reader's own, the pool, and strata by laterality."""

from __future__ import annotations

import pandas as pd
import pytest
from baseline_clinics import RATIO, clinic, mixed

from parsoutcomes.baselines.comparison import compare_with_baselines
from parsoutcomes.baselines.series import load_reference
from parsoutcomes.errors import ArgumentError, BaselineError
from parsoutcomes.synthetic.simulate import simulate_cohort

OWN = {"series": "Leeds 2024", "n_patients": 45, "n_defects": 60, "unit": "defect",
       "outcome": "union"}  # fmt: skip
COUNTS = {"early": (30, 40), "progressive": (9, 20)}


def _ratio(result, series):
    frame = result.frame
    kept = frame["measure"].eq(RATIO) & frame["role"].eq("verdict") & frame["series"].eq(series)
    return frame[kept].iloc[0]


def test_an_own_series_as_mapping_frame_and_csv_is_the_same(tmp_path):
    frame = pd.DataFrame(
        {"stage": ["early", "progressive"], "n_united": [30, 9], "n": [40, 20], "note": ["", ""]}
    )
    frame.to_csv(tmp_path / "own.csv", index=False)
    loaded = [
        load_reference(source, **OWN)
        for source in (COUNTS, frame, tmp_path / "own.csv", str(tmp_path / "own.csv"))
    ]
    assert [dict(one.counts) for one in loaded] == [COUNTS] * 4
    assert loaded[0].design_effect == pytest.approx(1 + (60 / 45 - 1) * 0.3)


def test_an_own_series_is_compared_with_and_named():
    """30 early x 0.75 + 20 progressive x 0.45 = 31.5 expected."""
    own = load_reference(COUNTS, **OWN)
    result = compare_with_baselines(mixed(20, 30, 10, 20), reference=own, n_resamples=200)
    expected = result.frame[result.frame["measure"].eq("expected")].iloc[0]
    assert expected["estimate"] == pytest.approx(31.5)
    assert "Leeds 2024" in result.finding
    assert result.series == ("Leeds 2024",)


@pytest.mark.parametrize(
    ("counts", "changes", "found"),
    [
        (COUNTS, {"unit": "patient"}, "unit 'patient', and ours are per pars"),
        (COUNTS, {"unit": None}, "no unit"),
        (COUNTS, {"outcome": "partial_or_better"}, "not union"),
        (COUNTS, {"series": " "}, "no name for the series"),
        (COUNTS, {"n_patients": None}, "n_patients or n_defects not given"),
        (COUNTS, {"n_patients": 70}, "60 pars in 70 patients"),
        (COUNTS, {"n_defects": 50}, "more pars in the strata than in the series"),
        ({"early": (41, 40)}, {}, "more united than there are in row 1"),
        ({"acute": (4, 40)}, {}, "a stage that is not known in row 1"),
        ({"early": (4.5, 40)}, {}, "not whole numbers in row 1"),
        ({"early": 40}, {}, "not of (stage) to (united, pars)"),
        (pd.DataFrame({"stage": ["early"], "n": [3]}), {}, "no column n_united"),
        (pd.DataFrame({"stage": ["early"] * 2, "n_united": [1, 2], "n": [3, 3]}), {},
         "a stratum given before in row 2"),
    ],
)  # fmt: skip
def test_an_own_series_that_is_not_sound_is_refused(counts, changes, found):
    with pytest.raises(BaselineError) as refused:
        load_reference(counts, **{**OWN, **changes})
    assert found in refused.value.found


def test_a_series_per_patient_is_pointed_to_the_conversion():
    with pytest.raises(BaselineError, match="convert_union_rate"):
        load_reference(COUNTS, **{**OWN, "unit": "patient"})


def test_all_faults_of_an_own_series_are_told_at_once():
    with pytest.raises(BaselineError) as refused:
        load_reference(COUNTS, series="", unit="patient", outcome="clinical_success")
    assert refused.value.found.count(";") == 3


def test_an_icc_outside_0_to_1_is_refused():
    with pytest.raises(ArgumentError, match="intraclass"):
        load_reference("european", icc=30)


def test_the_pool_is_shown_and_bears_no_verdict():
    """Early: 2 groups of patients; progressive: 3."""
    cohort = mixed(98, 100, 90, 100)
    series = ("european", "japanese", "pooled")
    result = compare_with_baselines(cohort, reference=series, n_resamples=400)
    alone = compare_with_baselines(cohort, reference="pooled", n_resamples=400)
    assert result.verdict == "above"
    assert result.series == ("Virkki 2020", "Tatsumura 2022")
    assert "pooled" not in result.finding
    assert _ratio(result, "pooled series")["conf_low"] > 0
    assert any("No verdict rests on the pooled series" in caution for caution in result.cautions)
    assert alone.verdict == "no verdict"
    assert "drawn as the rate of a new series" in alone.method
    assert "fewer than 5 groups of patients in a stage (early 2, progressive 3)" in alone.finding


def test_a_stage_that_one_group_alone_reports_is_not_pooled():
    pool = load_reference("pooled")
    assert tuple(pool.counts) == ("early", "progressive")
    with pytest.raises(BaselineError, match="no rate for pooled series: terminal"):
        compare_with_baselines(
            mixed(2, 3, 1, 2), reference="pooled", strata=("early", "terminal"), n_resamples=50
        )


def test_a_new_series_is_less_certain_than_the_pooled_rate():
    pool = load_reference("pooled")
    drawn = pool.draw("progressive", 40_000, seed=1)
    limits = pool.interval("progressive", 0.95)
    assert pd.Series(drawn).quantile([0.025, 0.975]).tolist() == pytest.approx(
        [limits.conf_low, limits.conf_high], abs=0.01
    )
    assert limits.conf_low < pool.pools["progressive"].conf_low
    assert limits.conf_high > pool.pools["progressive"].conf_high


def test_another_series_of_the_evidence_can_be_named():
    """Arima 2017: 1 of 10 progressive with a brace alone."""
    assert dict(load_reference("arima2017").counts) == {"progressive": (1, 10)}
    with pytest.raises(ArgumentError, match="Did you mean"):
        load_reference("arima2018")


def test_pre_lysis_by_laterality_is_compared_with_gamada_2023():
    """36 of 36 unilateral and 18 of 21 bilateral: 4 + 6 x 18/21 = 9.14 expected."""
    one_sided = clinic({("pre_lysis", "complete"): 4})
    both = clinic({("pre_lysis", "complete"): 6}, pars_per_patient=2)
    strata, by = ("pre_lysis",), "laterality"
    for cohort, expected in ((one_sided, 4), (both, 6 * 18 / 21)):
        result = compare_with_baselines(
            cohort, reference="gamada2023", strata=strata, standardise_by=by, n_resamples=50
        )
        told = result.frame[result.frame["measure"].eq("expected")].iloc[0]
        assert told["estimate"] == pytest.approx(expected)
    assert "by stage and laterality" in result.title
    assert any(
        caution.startswith("Stage and laterality are the only") for caution in result.cautions
    )


@pytest.mark.parametrize("by", ["laterality", "contralateral_stage"])
@pytest.mark.parametrize("name", ["european", "japanese", "pooled"])
def test_strata_that_a_series_does_not_print_are_refused_in_words(name, by):
    with pytest.raises(BaselineError) as refused:
        compare_with_baselines(mixed(2, 3, 1, 2), reference=name, standardise_by=by)
    assert "by stage and" in refused.value.wrong
    assert "standardise_by" in refused.value.fix


def test_what_virkki_2020_gives_instead_is_named():
    with pytest.raises(BaselineError) as refused:
        load_reference("european", standardise_by="laterality")
    assert refused.value.found == (
        "union by stage (early, progressive, terminal) and by laterality over all stages together"
    )


def test_a_stratum_of_ours_that_an_own_series_lacks_is_named():
    own = load_reference({("early", "unilateral"): (8, 10)}, standardise_by="laterality", **OWN)
    both = clinic({("early", "complete"): 2}, pars_per_patient=2)
    with pytest.raises(BaselineError, match="no rate for Leeds 2024: early, bilateral"):
        compare_with_baselines(both, reference=own, standardise_by="laterality", strata=("early",))
    with pytest.raises(BaselineError, match="other strata"):
        compare_with_baselines(both, reference=own)


def test_by_the_stage_of_the_opposite_pars():
    cells = [("none", 9), ("early", 7), ("progressive", 5), ("pre_lysis", 6), ("terminal", 3)]
    counts = {(stage, other): (k, 10) for stage in ("early", "progressive") for other, k in cells}
    own = load_reference(counts, standardise_by="contralateral_stage", **{**OWN, "n_defects": 100})
    cohort = simulate_cohort(40, seed=3)
    result = compare_with_baselines(
        cohort, reference=own, standardise_by="contralateral_stage", n_resamples=50
    )
    rows = cohort.defects.query("stage in ['early', 'progressive']")
    share = dict(cells)
    expected = sum(share[other] / 10 for other in rows["contralateral_stage"])
    told = result.frame[result.frame["measure"].eq("expected")].iloc[0]
    assert told["estimate"] == pytest.approx(expected)
    assert told["n_defects"] == len(rows)
