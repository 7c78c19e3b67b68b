"""Union between scans by hours worn: doses by hand, a second computation, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from brace_clinic import draw_brace_clinic

from parsoutcomes import describe_exposure, describe_wear_dose
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.models.exposure_courses import describe_courses
from parsoutcomes.models.exposure_wear import read_wear
from parsoutcomes.models.wear_dose import build_dose_design, estimate_odds
from parsoutcomes.models.wear_dose_rows import list_scan_intervals, measure_dose

FITTED = pd.Timestamp("2024-01-01")


def day(number):
    return FITTED + pd.Timedelta(days=number)


def pars_scanned(readings, wear, *, end=180):
    """One pars; readings as (day, status), wear as (first day, last day, hours)."""
    keys = {"episode_id": "E1", "patient_id": "P1"}
    episode = {**keys, "fitted_date": FITTED, "brace_end_date": day(end)}
    pars = {**keys, "defect_id": "D1"}
    scans = [
        {**pars, "days_since_fitting": at, "union_status": status, "modality": "CT"}
        for at, status in readings
    ]
    worn = [
        {
            **keys,
            "period_start": day(first),
            "period_end": day(last),
            "mean_hours_per_day": hours,
            "method": "sensor",
        }
        for first, last, hours in wear
    ]
    tables = {"episodes": [episode], "defects": [{**pars, "stage": "early"}]}
    tables |= {"readings": scans, "wear": worn}
    return build_cohort({name: pd.DataFrame(rows) for name, rows in tables.items()})


def doses(cohort, lag_months=0.0):
    courses, _ = describe_courses(cohort, 1.0)
    intervals = list_scan_intervals(cohort, "complete", cohort.defects["defect_id"])
    periods = read_wear(cohort, courses).periods
    return measure_dose(
        intervals, periods, courses.set_index("episode_id")["stop_days"], lag_months
    )


def test_intervals_run_from_scan_to_scan_and_stop_at_union():
    cohort = pars_scanned([(90, "none"), (180, "complete"), (365, "complete")], [(0, 179, 20.0)])
    rows = doses(cohort)
    assert rows[["left_days", "right_days", "united"]].to_numpy().tolist() == [
        [0.0, 90.0, False],
        [90.0, 180.0, True],
    ]


def test_the_dose_changes_over_time_and_counts_measured_days_only():
    cohort = pars_scanned([(60, "none"), (120, "none")], [(0, 59, 20.0), (60, 119, 10.0)])
    assert doses(cohort)["hours_per_day"].tolist() == pytest.approx([20.0, 15.0])


def test_wear_in_the_last_month_before_the_scan_does_not_count():
    cohort = pars_scanned([(90, "complete")], [(0, 59, 20.0), (60, 89, 2.0)])
    lagged = doses(cohort, lag_months=30 / 30.4375)
    assert lagged["hours_per_day"].tolist() == pytest.approx([20.0])
    assert doses(cohort)["hours_per_day"].tolist() == pytest.approx([14.0])


def test_days_after_the_brace_came_off_are_not_days_of_little_wear():
    cohort = pars_scanned([(365, "none")], [(0, 89, 20.0)], end=90)
    rows = doses(cohort)
    assert rows["hours_per_day"].tolist() == pytest.approx([20.0])
    assert rows["share_measured"].tolist() == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("readings", "wear", "why"),
    [
        ([(20, "none")], (0, 19, 20.0), "closing scan sooner after fitting than the lag"),
        ([(90, "none")], (70, 89, 20.0), "wear not measured by then"),
        ([(90, "none")], (0, 9, 20.0), "wear measured on too few of the days by then"),
    ],
)
def test_an_interval_without_a_dose_says_why(readings, wear, why):
    assert doses(pars_scanned(readings, [wear]), lag_months=1.0)["reason"].tolist() == [why]


def test_nobodys_interval_is_lost():
    cohort = draw_brace_clinic(60, n_sensor=40)
    result = describe_wear_dose(cohort)
    bands = result.to_frame().query("measure == 'union_between_scans'")
    left_out = [one.reason for one in result.exclusions if "intervals between" in one.reason]
    n_left_out = sum(int(reason.split()[-4]) for reason in left_out)
    n_all = len(list_scan_intervals(cohort, "complete", cohort.defects["defect_id"]))
    assert bands["n_intervals"].sum() + n_left_out == n_all


def rows_of(cohort):
    courses, _ = describe_courses(cohort, 1.0)
    periods = read_wear(cohort, courses).periods
    periods = periods[periods["method"].eq("sensor")]
    intervals = list_scan_intervals(cohort, "complete", cohort.defects["defect_id"])
    stops = courses.set_index("episode_id")["stop_days"]
    rows = measure_dose(intervals, periods, stops, 1.0)
    return rows[rows["reason"].isna()].reset_index(drop=True)


def test_the_odds_ratio_is_that_of_statsmodels_glm_with_its_covariance_by_hand():
    rows = rows_of(draw_brace_clinic(120, seed=4, log_odds_per_hour=0.15))
    (told,), left_out = estimate_odds(rows, 0.95)
    design = np.column_stack([np.ones(len(rows)), build_dose_design(rows)])
    events = rows["united"].to_numpy(float)
    fit = sm.GLM(events, design, family=sm.families.Binomial()).fit(tol=1e-12)
    error = mancl_derouen(design, events, fit.fittedvalues, rows["patient_id"])[1]
    from scipy.stats import t as student

    reach = student.ppf(0.975, rows["patient_id"].nunique() - design.shape[1]) * error
    expected = np.exp(fit.params[1] + reach * np.array([0, -1, 1]))
    assert left_out == ""
    assert [told[name] for name in ("estimate", "conf_low", "conf_high")] == pytest.approx(
        expected, abs=1e-6
    )


def mancl_derouen(design, events, fitted, patients):
    """Standard errors with each patient's residuals divided by one minus their leverage."""
    weights = fitted * (1 - fitted)
    bread = np.linalg.inv(design.T @ (weights[:, None] * design))
    meat = np.zeros_like(bread)
    for patient in patients.unique():
        own = patients.eq(patient).to_numpy()
        leverage = weights[own][:, None] * design[own] @ bread @ design[own].T
        residuals = np.linalg.solve(np.eye(own.sum()) - leverage, (events - fitted)[own])
        score = design[own].T @ residuals
        meat += np.outer(score, score)
    return np.sqrt(np.diag(bread @ meat @ bread))


def test_order_and_names_of_patients_do_not_matter():
    rows = rows_of(draw_brace_clinic(60))
    (once,), _ = estimate_odds(rows, 0.95)
    shuffled = rows.sample(frac=1, random_state=3).reset_index(drop=True)
    (again,), _ = estimate_odds(shuffled, 0.95)
    assert again["estimate"] == pytest.approx(once["estimate"], abs=1e-9)
    assert again["conf_low"] == pytest.approx(once["conf_low"], abs=1e-9)


def test_one_scan_each_leaves_out_what_does_not_vary():
    rows = rows_of(draw_brace_clinic(60)).query("left_days == 0")
    assert build_dose_design(rows).shape[1] == 2


def test_hours_that_tell_all_from_none_have_no_odds_ratio():
    rows = rows_of(draw_brace_clinic(80))
    rows = rows.assign(united=rows["hours_per_day"] > 16)
    told, why = estimate_odds(rows, 0.95)
    assert told == []
    assert "tell all that united from all that did not" in why


def test_hours_that_do_not_differ_have_no_odds_ratio():
    rows = rows_of(draw_brace_clinic(40)).assign(hours_per_day=20.0)
    assert estimate_odds(rows, 0.95) == ([], "hours worn do not differ")


def test_too_few_unions_have_shares_and_no_odds_ratio():
    result = describe_wear_dose(draw_brace_clinic(14, seed=6))
    frame = result.to_frame()
    assert set(frame["measure"]) == {"union_between_scans"}
    assert "for each of" in result.odds_left_out
    assert "No odds ratio" in result.summary()
    assert "too few in some bands to compare" in result.finding


def test_too_few_patients_are_refused():
    with pytest.raises(EstimationError, match="Too few scans have wear measured"):
        describe_wear_dose(draw_brace_clinic(4))


def test_no_wear_is_refused():
    with pytest.raises(EstimationError, match="No wear is measured"):
        describe_wear_dose(draw_brace_clinic(20, n_sensor=0))


def test_one_method_is_used_and_the_other_named():
    cohort = draw_brace_clinic(60)
    result = describe_wear_dose(cohort)
    assert result.measured_by == "sensor"
    assert "Measured by diary as well, which is not joined with sensor" in result.cautions
    assert describe_wear_dose(cohort, method="diary").measured_by == "diary"


@pytest.mark.parametrize(
    "wrong",
    [
        {"lag_months": -1},
        {"bands_hours": (18.0, 12.0)},
        {"bands_hours": (25.0,)},
        {"method": "guess"},
        {"definition": "healed"},
        {"conf_level": 95},
    ],
)
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(ArgumentError):
        describe_wear_dose(draw_brace_clinic(20), **wrong)


def test_it_is_called_an_association_and_no_key_is_in_any_view():
    result = describe_wear_dose(draw_brace_clinic(60))
    views = result.summary() + result._repr_html_() + result.to_frame().to_string()
    assert "SECRET" not in views
    assert result.finding.endswith("An association, not an effect of wear.")
    assert any("because they have healed, or because they hurt" in one for one in result.cautions)
    for word in ("because of wear", "improves", "reduces", "leads to", "causes"):
        assert word not in views


def test_the_input_is_untouched():
    cohort = draw_brace_clinic(30)
    before = {name: frame.copy() for name, frame in cohort.tables.items()}
    describe_exposure(cohort)
    describe_wear_dose(cohort)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, cohort.tables[name])
