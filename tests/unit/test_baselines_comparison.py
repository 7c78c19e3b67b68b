from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from baseline_clinics import RATIO, clinic, mixed

from parsoutcomes.baselines.comparison import compare_with_baselines
from parsoutcomes.baselines.series import load_reference
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.errors import ArgumentError, BaselineError


def _compare(cohort, **options):
    return compare_with_baselines(cohort, **{"n_resamples": 400, "seed": 1, **options})


def _ratios(result) -> pd.DataFrame:
    frame = result.frame
    chosen = frame["measure"].eq(RATIO) & frame["role"].eq("verdict")
    return frame[chosen].set_index("reference")


def test_expected_is_our_stage_mix_at_the_published_rates():
    result = _compare(mixed(20, 30, 10, 20))
    frame = result.frame[result.frame["role"].eq("verdict")]
    numbers = frame.pivot_table(index="reference", columns="measure", values="estimate")
    european = 30 * 38 / 46 + 20 * 11 / 38
    japanese = 30 * 81 / 97 + 20 * 27 / 53
    assert numbers["observed"].tolist() == pytest.approx([30, 30])
    assert numbers["expected"].tolist() == pytest.approx([european, japanese])
    assert numbers[RATIO].tolist() == pytest.approx([30 / european, 30 / japanese])
    excess = [100 * (30 - expected) / 50 for expected in (european, japanese)]
    assert numbers["excess_per_100"].tolist() == pytest.approx(excess)


@pytest.mark.parametrize(
    ("cohort", "verdict"),
    [
        (mixed(98, 100, 90, 100), "above"),
        (mixed(30, 100, 5, 100), "below"),
        (mixed(25, 30, 12, 30), "not distinguishable"),
        (mixed(88, 100, 60, 100), "depends on the reference"),
        (mixed(3, 4, 2, 4), "no verdict"),
    ],
)
def test_verdict(cohort, verdict):
    result = _compare(cohort)
    assert result.verdict == verdict
    assert "above published" not in result.finding


def test_the_finding_names_the_series_and_the_unit():
    finding = _compare(mixed(98, 100, 90, 100)).finding
    assert finding.startswith(
        "Union of 200 early and progressive pars in 200 patients was above Virkki 2020 and "
        "Tatsumura 2022 at the same mix of stages: against Virkki 2020, 188 observed and"
    )


def test_the_result_always_says_what_it_cannot_show():
    cautions = " ".join(_compare(mixed(98, 100, 90, 100)).cautions)
    assert "does not show that the brace works" in cautions
    assert "20 of 29 united with a rigid and 15 of 25 with an elastic brace" in cautions


def test_everybody_united_still_has_an_interval_for_the_observed():
    """Ten unilateral patients: the Clopper-Pearson lower limit of 10/10 is 69.2 %."""
    result = _compare(clinic({("early", "complete"): 10}), n_resamples=20_000)
    observed = result.frame[result.frame["measure"].eq("observed")].iloc[0]
    assert observed["estimate"] == pytest.approx(10)
    assert observed["conf_low"] == pytest.approx(10 * 0.025**0.1, abs=0.1)
    assert observed["conf_high"] == 10


def test_everybody_united_two_pars_each_counts_patients():
    """Twenty pars in ten patients tell as much as ten: n^2 / sum m^2 = 400 / 40."""
    cohort = clinic({("early", "complete"): 20}, pars_per_patient=2)
    result = _compare(cohort, n_resamples=20_000)
    observed = result.frame[result.frame["measure"].eq("observed")].iloc[0]
    assert observed["conf_low"] == pytest.approx(20 * 0.025**0.1, abs=0.2)


def test_nobody_united():
    row = _ratios(_compare(clinic({("early", "none"): 20}))).loc["japanese"]
    assert row["estimate"] == 0
    assert row["conf_low"] == 0
    assert 0.15 < row["conf_high"] < 0.3


def test_nobody_scanned_has_no_estimate_and_no_verdict():
    result = _compare(clinic({("early", "no scan"): 20}))
    assert result.verdict == "no verdict"
    assert _ratios(result)["estimate"].isna().all()
    assert _ratios(result)["conf_low"].isna().all()


def test_no_pars_of_these_stages():
    result = _compare(clinic({("pre_lysis", "complete"): 20}))
    assert result.verdict == "no verdict"
    assert _ratios(result)["n_defects"].tolist() == [0, 0]
    sensitivity = result.frame[result.frame["role"].eq("pre-lysis counted as early")]
    assert sensitivity["n_defects"].unique().tolist() == [20]


def test_nobody_at_all():
    result = _compare(build_cohort({}))
    assert result.verdict == "no verdict"
    assert result.strata.empty


def test_one_patient():
    result = _compare(clinic({("early", "complete"): 1, ("early", "none"): 1}, pars_per_patient=2))
    assert result.verdict == "no verdict"
    row = _ratios(result).loc["european"]
    assert row["conf_low"] < 0.1
    assert row["conf_high"] > 1.1


def test_a_terminal_pars_is_left_out_and_an_unstaged_one_is_counted():
    cohort = clinic({("early", "complete"): 12, ("terminal", "none"): 2, (None, "none"): 3})
    result = _compare(cohort)
    assert [(e.reason, e.n_defects) for e in result.exclusions] == [
        ("Not a treatment target (terminal at fitting)", 2),
        ("Stage not recorded, not one the verdict rests on", 3),
    ]
    coverage = result.coverage[result.coverage["reference"].eq("european")]
    assert coverage[["stage", "n_defects", "covered"]].to_numpy().tolist() == [
        ["early", 12, True],
        ["not recorded", 3, False],
    ]


def test_the_not_yet_due_are_said_to_be_censored():
    cohort = mixed(8, 10, 5, 10)
    tables = dict(cohort.tables)
    late = cohort.episodes["patient_id"].isin(["P000", "P019"])
    tables["episodes"] = cohort.episodes.assign(
        fitted_date=cohort.episodes["fitted_date"].mask(late, pd.Timestamp("2024-12-01"))
    )
    result = _compare(build_cohort(tables, data_lock=pd.Timestamp("2025-01-01")))
    assert result.cautions[0] == "2 of these pars are not yet due: they count as censored."


def test_surgery_competes_and_is_not_censored():
    """Four operated at 2 months of eight early pars: union by 6 months is 4/8, not 4/4."""
    cohort = clinic({("early", "complete"): 4, ("early", "no scan"): 4})
    operated = cohort.episodes["patient_id"].isin(["P004", "P005", "P006", "P007"])
    dates = pd.Series(pd.NaT, index=operated.index).mask(operated, pd.Timestamp("2023-03-01"))
    tables = {**cohort.tables, "episodes": cohort.episodes.assign(surgery_date=dates)}
    result = _compare(build_cohort(tables, data_lock=pd.Timestamp("2025-01-01")))
    assert result.strata["our_rate"].tolist() == pytest.approx([0.5, 0.5])


def test_same_seed_same_numbers_whatever_the_order_of_rows():
    cohort = mixed(20, 30, 10, 20)
    turned = {name: frame.iloc[::-1] for name, frame in cohort.tables.items()}
    again = _compare(build_cohort(turned, data_lock=cohort.data_lock))
    first = _compare(cohort)
    pd.testing.assert_frame_equal(first.frame, again.frame, rtol=1e-9)


def test_leaving_one_series_out_does_not_change_the_other():
    cohort = mixed(20, 30, 10, 20)
    both = _ratios(_compare(cohort)).loc["japanese", ["estimate", "conf_low", "conf_high"]]
    alone = _ratios(_compare(cohort, reference="japanese")).loc["japanese", both.index]
    assert both.tolist() == alone.tolist()


def test_the_series_is_as_certain_as_its_pars_and_patients_allow():
    virkki, tatsumura = load_reference("european"), load_reference("japanese")
    assert virkki.design_effect == pytest.approx(1 + (110 / 68 - 1) * 0.3)
    assert tatsumura.design_effect == pytest.approx(1 + (189 / 142 - 1) * 0.3)
    draws = virkki.draw("early", 200_000, seed=1)
    n = 46 / virkki.design_effect
    mean = (38 / virkki.design_effect + 0.5) / (n + 1)
    assert draws.mean() == pytest.approx(mean, abs=1e-3)
    assert draws.var() == pytest.approx(mean * (1 - mean) / (n + 2), rel=0.02)


def test_partial_union_is_never_set_beside_union():
    with pytest.raises(BaselineError, match="not partial union"):
        _compare(build_cohort({}), definition="partial_or_better")


def test_a_stage_that_one_series_lacks_is_refused():
    with pytest.raises(BaselineError, match="no rate for Virkki 2020: pre_lysis"):
        _compare(build_cohort({}), strata=("pre_lysis", "early"))
    allowed = _compare(
        clinic({("pre_lysis", "complete"): 3}),
        strata=("pre_lysis", "early"),
        reference="japanese",
    )
    assert allowed.strata["stage"].tolist() == ["pre_lysis"]


def test_unknown_choices_are_refused():
    with pytest.raises(ArgumentError, match="reference"):
        _compare(build_cohort({}), reference="finnish")
    with pytest.raises(ArgumentError, match="No reference"):
        _compare(build_cohort({}), reference=())
    with pytest.raises(ArgumentError, match="conf_level"):
        _compare(build_cohort({}), conf_level=95)


def test_every_interval_contains_its_estimate():
    frame = _compare(mixed(28, 30, 3, 20)).frame
    assert (frame["conf_low"] <= frame["estimate"] + 1e-9).all()
    assert (frame["estimate"] <= frame["conf_high"] + 1e-9).all()
    assert np.isfinite(frame["estimate"]).all()
