"""Factors of time, eventual union and its refusal, and who is scanned when."""

from __future__ import annotations

import numpy as np
import pytest
from model_rows import cohort_of, patients

from parsoutcomes.conventions import PLANNED_VISITS_MONTHS
from parsoutcomes.errors import EstimationError
from parsoutcomes.models.aft import fit_union_aft
from parsoutcomes.models.cure import fit_union_cure
from parsoutcomes.models.interval_rows import read_interval_rows
from parsoutcomes.models.scanning import describe_scanning
from parsoutcomes.stats.cure import fit_mixture_cure
from parsoutcomes.stats.interval_regression import fit_interval_aft
from parsoutcomes.synthetic.simulate import simulate_cohort

BY_3 = {"scans": {90: "complete"}}
BY_6 = {"scans": {90: "none", 185: "complete"}}
BY_9 = {"scans": {90: "none", 185: "none", 270: "complete"}}
NOT_BY_12 = {"scans": {90: "none", 185: "none", 270: "none", 368: "none"}}


def sexes():
    """Males: 6, 4 and 2 by months 3, 6 and 9; females: 2, 4 and 6."""
    groups = [("male", (6, 4, 2)), ("female", (2, 4, 6))]
    pars = []
    for sex, counts in groups:
        for n, scans in zip(counts, (BY_3, BY_6, BY_9), strict=True):
            pars += patients(n, f"{sex}{scans['scans']}", sex=sex, **scans)
    return cohort_of(*pars)


def of_measure(result, measure):
    frame = result.to_frame()
    return frame[frame["measure"].eq(measure)].reset_index(drop=True)


def test_time_ratio_and_median_are_those_of_the_kernel():
    result = fit_union_aft(sexes(), ["sex"])
    month = 30.4375
    ends = {"male": (6, 4, 2), "female": (2, 4, 6)}
    left = np.repeat([0, 3, 6, 0, 3, 6], [*ends["male"], *ends["female"]]) * month
    female = np.repeat([0.0, 1.0], 12)
    fit = fit_interval_aft(left, left + 3 * month, np.column_stack([np.ones(24), female]))
    ratio = of_measure(result, "time_ratio").iloc[0]
    assert ratio[["level", "reference"]].tolist() == ["female", "male"]
    assert ratio["estimate"] == pytest.approx(np.exp(fit.coefficients[1]), rel=1e-6)
    assert ratio["conf_low"] < 1 < ratio["estimate"] < ratio["conf_high"]
    assert 0.05 < ratio["p_value"] < 0.15
    medians = of_measure(result, "median_months")
    theirs = [fit.quantiles([0.5], [1, x])[0][0] / month for x in (0, 1)]
    assert medians["estimate"].tolist() == pytest.approx(theirs, rel=1e-6)


def test_all_distributions_are_listed_and_one_is_reported():
    fits = fit_union_aft(sexes(), ["sex"], distribution="lognormal").fits
    assert fits["distribution"].tolist() == ["weibull", "lognormal", "loglogistic"]
    assert fits["is_reported"].tolist() == [False, True, False]
    assert fits["aic"].tolist() == pytest.approx((6 - 2 * fits["log_likelihood"]).tolist())


def test_no_terms_give_one_median_and_a_curve_that_never_falls():
    result = fit_union_aft(sexes())
    assert of_measure(result, "median_months")["level"].tolist() == ["all"]
    assert result.curve["union"].is_monotonic_increasing
    assert result.curve["union"].iloc[0] == 0


def test_few_unions_nobody_united_and_everybody_at_the_first_scan_are_refused():
    with pytest.raises(EstimationError, match="too few unions"):
        fit_union_aft(cohort_of(*patients(4, "A", **BY_6), *patients(9, "C", **NOT_BY_12)))
    with pytest.raises(EstimationError, match="too few unions"):
        fit_union_aft(cohort_of(*patients(9, **NOT_BY_12)))
    with pytest.raises(EstimationError, match="cannot be fitted"):
        fit_union_aft(cohort_of(*patients(9, **BY_3)))


def stages(n_each, *stages):
    """`n_each` united by 3, by 6 and by 9 months in each stage, and as many not by 24."""
    pars = []
    for stage in stages:
        for name, scans in (("A", BY_3), ("B", BY_6), ("D", BY_9), ("C", LONG)):
            pars += patients(n_each, f"{stage}{name}", stage=stage, **scans)
    return cohort_of(*pars)


def test_each_level_but_the_reference_is_a_parameter_that_needs_five_unions():
    three = ("pre_lysis", "early", "progressive")
    with pytest.raises(EstimationError, match="at least 10 unions for 2 parameters"):
        fit_union_aft(stages(1, *three), ["stage"])
    frame = fit_union_aft(stages(2, *three), ["stage"]).to_frame()
    assert frame["n_events"].unique().tolist() == [18]


def test_a_term_on_both_parts_of_the_cure_model_counts_in_both():
    three = stages(2, "pre_lysis", "early", "progressive")
    with pytest.raises(EstimationError, match="at least 20 unions for 4 parameters"):
        fit_union_cure(three, ["stage"], ["stage"])
    with pytest.raises(EstimationError, match="too few pars without union"):
        fit_union_cure(three, ["stage"])
    assert fit_union_cure(three, (), ["stage"]).to_frame()["n_events"].unique().tolist() == [18]


def test_those_never_scanned_are_counted_and_left_out():
    pars = [*patients(6, "A", **BY_3), *patients(6, "B", **BY_6), *patients(3, "N", scans={})]
    result = fit_union_aft(cohort_of(*pars, *patients(6, "C", **BY_9)))
    assert [(one.reason, one.n_defects) for one in result.exclusions] == [("Never scanned", 3)]


LONG = {"scans": dict.fromkeys((90, 185, 270, 368, 550, 730), "none")}


def plateau_cohort():
    return cohort_of(
        *patients(8, "A", **BY_3),
        *patients(8, "B", **BY_6),
        *patients(4, "D", **BY_9),
        *patients(10, "C", **LONG),
    )


def test_eventual_union_is_given_where_union_has_levelled_off():
    result = fit_union_cure(plateau_cohort())
    assert result.is_plateau
    assert result.why == ()
    row = of_measure(result, "eventual_union").iloc[0]
    assert row["estimate"] == pytest.approx(20 / 30, abs=0.01)
    assert 0.45 < row["conf_low"] < row["estimate"] < row["conf_high"] < 0.85
    month = 30.4375
    left = np.repeat([0, 3, 6, 24], [8, 8, 4, 10]) * month
    right = np.where(left < 24 * month, left + 3 * month, np.inf)
    fit = fit_mixture_cure(left, right, clusters=np.arange(30))
    assert row[["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [fit.eventual, fit.conf_low, fit.conf_high], rel=1e-4
    )
    assert "is reached in the end by 67%" in result.finding


def test_eventual_union_is_refused_in_words_while_unions_still_come_in():
    pars = [*patients(6, "A", **BY_3), *patients(6, "B", **BY_6), *patients(6, "D", **BY_9)]
    result = fit_union_cure(cohort_of(*pars, *patients(6, "C", scans={90: "none", 185: "none"})))
    assert not result.is_plateau
    assert result.to_frame().empty
    assert result.curve.empty
    assert result.finding.startswith(
        "Which share of 24 pars never reaches complete union cannot be said yet. The last visit "
    )
    assert result.plateau["window_to_months"].item() == 9


def test_terms_may_change_whether_and_when():
    result = fit_union_cure(simulate_cohort(200, seed=5), ["sex"], ["sex"])
    assert result.is_plateau
    counts = result.to_frame()["measure"].value_counts().to_dict()
    assert counts == {
        "eventual_union": 2,
        "eventual_odds_ratio": 1,
        "median_months": 2,
        "time_ratio": 1,
    }
    shares = of_measure(result, "eventual_union")
    assert (shares["conf_low"] < shares["estimate"]).all()
    assert (shares["estimate"] < shares["conf_high"]).all()


def test_shares_and_times_by_sex_are_those_of_the_kernel():
    cohort = simulate_cohort(200, seed=5)
    result = fit_union_cure(cohort, ["sex"], ["sex"])
    rows = read_interval_rows(
        cohort, ["sex"], definition="complete", visits_months=PLANNED_VISITS_MONTHS
    )
    ratio = of_measure(result, "eventual_odds_ratio").iloc[0]
    at_level = (rows.rows["sex"] == ratio["level"]).to_numpy(float)
    columns = np.column_stack([np.ones(at_level.size), at_level])
    fit = fit_mixture_cure(
        rows.left, rows.right, cure_design=columns, time_design=columns, clusters=rows.patients
    )
    assert ratio["estimate"] == pytest.approx(np.exp(fit.cure_coefficients[1]), rel=1e-6)
    assert of_measure(result, "time_ratio")["estimate"].item() == pytest.approx(
        np.exp(fit.time_coefficients[1]), rel=1e-6
    )
    shares = of_measure(result, "eventual_union").set_index("level")["estimate"]
    logits = fit.cure_coefficients[0] + fit.cure_coefficients[1] * np.array([0, 1])
    expected = 1 / (1 + np.exp(-logits))
    assert shares[[ratio["reference"], ratio["level"]]].tolist() == pytest.approx(
        expected.tolist(), abs=1e-4
    )


def test_gaps_are_counted_by_what_the_scan_before_showed():
    """None at 60, partial at 120, complete at 210: gaps of 60 and 90 days; the last has none."""
    cohort = cohort_of(*patients(6, scans={60: "none", 120: "partial", 210: "complete"}))
    result = describe_scanning(cohort, n_resamples=200)
    frame = result.to_frame().set_index(["outcome", "measure"])
    assert frame["estimate"].to_dict() == pytest.approx(
        {
            ("none", "mean_gap_months"): 60 / 30.4375,
            ("none", "scanned_again"): 1,
            ("partial", "mean_gap_months"): 90 / 30.4375,
            ("partial", "scanned_again"): 1,
            ("complete", "mean_gap_months"): float("nan"),
            ("complete", "scanned_again"): 0,
        },
        nan_ok=True,
    )
    assert result.reasons["n_scans"].tolist() == [6, 6]
    assert result.sensitivity.empty
    assert "No scan is recorded as planned" in result.cautions[0]


def test_planned_scans_alone_give_a_curve_beside_that_of_all_scans():
    result = describe_scanning(simulate_cohort(60, seed=2), n_resamples=200)
    assert result.sensitivity["scans"].unique().tolist() == ["all scans", "planned scans only"]
    assert "from planned scans only" in result.finding
    assert set(result.gaps.columns) == {"outcome", "gap_months"}


def test_nobody_scanned_has_no_gaps():
    with pytest.raises(EstimationError, match="no scan to describe"):
        describe_scanning(cohort_of(*patients(6, scans={})))
    alone = describe_scanning(cohort_of(*patients(1, **BY_3)), n_resamples=200)
    assert "no scan was followed by another" in alone.finding
