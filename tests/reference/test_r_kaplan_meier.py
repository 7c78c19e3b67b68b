"""Reference 01: R's survfit, lifelines and our own curves in their right-censored limit."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from parsoutcomes.errors import EstimationError
from parsoutcomes.models._lifelines import REFUSED, check_weibull_aft, fit_kaplan_meier, load_fitter
from parsoutcomes.stats.aalen_johansen import estimate_cumulative_incidence
from parsoutcomes.stats.interval_regression import fit_interval_aft
from parsoutcomes.stats.npmle import fit_npmle
from parsoutcomes.stats.scores import compare_groups

R = Path(__file__).parent / "r"
ANSWERS = json.loads((R / "01_km.json").read_text(encoding="utf-8"))
GROUPS = [("lung", "sex", 1), ("lung", "sex", 2), ("diabetic", "trt", 0), ("diabetic", "trt", 1)]


def rows_of(name, column, value):
    with (R / "data" / f"{name}.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if float(row[column]) == value]
    days, events = (np.array([float(row[key]) for row in rows]) for key in ("time", "status"))
    return days, events == 1


def answers_of(name, column, value):
    return ANSWERS[name]["km"][f"{column}={value}"]


@pytest.mark.parametrize(("name", "column", "value"), GROUPS)
def test_lifelines_gives_the_curve_and_log_log_limits_of_r(name, column, value):
    days, events = rows_of(name, column, value)
    theirs = answers_of(name, column, value)
    curve = fit_kaplan_meier(days, events, 0.95)
    at = np.searchsorted(curve.days, theirs["time"], side="right") - 1
    assert curve.survival[at] == pytest.approx(np.array(theirs["surv"]), abs=1e-6)
    inside = curve.survival[at] < 1  # at 1 R prints 1, lifelines a limit of the next step
    for ours, key in ((curve.conf_low, "lower_loglog"), (curve.conf_high, "upper_loglog")):
        assert ours[at][inside] == pytest.approx(np.array(theirs[key])[inside], abs=1e-6)


@pytest.mark.parametrize(("name", "column", "value"), GROUPS)
def test_our_own_curves_have_the_same_right_censored_limit(name, column, value):
    days, events = rows_of(name, column, value)
    theirs = answers_of(name, column, value)
    surv = np.array(theirs["surv"])
    incidence, error = estimate_cumulative_incidence(
        days, events.astype(int), cause=1
    ).incidence_at(theirs["time"])
    assert 1 - incidence == pytest.approx(surv, abs=1e-8)
    npmle = fit_npmle(days, np.where(events, days, np.inf))
    determined = np.array(theirs["time"]) <= days.max()
    lower, _ = npmle.survival_at(np.array(theirs["time"])[determined])
    upper = npmle.survival_at(np.array(theirs["time"])[determined])[1]
    assert upper == pytest.approx(surv[determined], abs=1e-8)
    assert lower[:-1] == pytest.approx(surv[determined][:-1], abs=1e-8)
    assert error == pytest.approx(np.array(theirs["std_err"]), abs=1e-8)


@pytest.mark.parametrize(("name", "column", "value"), GROUPS)
def test_rows_events_median_and_its_limits(name, column, value):
    days, events = rows_of(name, column, value)
    theirs = ANSWERS[name]["median_loglog"][f"{column}={value}"]
    curve = fit_kaplan_meier(days, events, 0.95)
    assert (days.size, events.sum()) == (theirs["records"], theirs["events"])
    for of, key in (
        (curve.survival, "median"),
        (curve.conf_low, "0.95LCL"),
        (curve.conf_high, "0.95UCL"),
    ):
        below = of <= 0.5
        assert (curve.days[below][0] if below.any() else None) == theirs[key]


@pytest.mark.parametrize(("name", "column", "value"), GROUPS)
def test_how_many_were_at_risk(name, column, value):
    days, _ = rows_of(name, column, value)
    theirs = answers_of(name, column, value)
    assert [(days >= day).sum() for day in theirs["time"]] == theirs["n_risk"]


def test_the_whole_of_both_curves():
    curves = [fit_kaplan_meier(*rows_of("lung", "sex", sex), 0.95) for sex in (1, 2)]
    theirs = ANSWERS["lung"]
    assert sum(curve.days[1:].size for curve in curves) == theirs["n_curve"]
    total = sum(curve.survival[1:].sum() for curve in curves)
    assert total == pytest.approx(theirs["sum_surv"], abs=1e-8)


@pytest.mark.parametrize("name", ["lung", "diabetic"])
def test_the_score_between_groups_is_near_the_log_rank(name):
    """Not the same test: Sun's score weighs by the pooled curve, the log-rank by those at risk."""
    groups = {(col, value) for of, col, value in GROUPS if of == name}
    parts = [(str(value), *rows_of(name, col, value)) for col, value in sorted(groups)]
    days, events = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
    labels = np.concatenate([np.full(part[1].size, part[0]) for part in parts])
    right = np.where(events, days, np.inf)
    rows = np.arange(days.size)
    found = compare_groups(days, right, labels, rows, method="permutation", n_permutations=20)
    assert found.statistic == pytest.approx(ANSWERS[name]["logrank_chisq"], rel=0.05)


def test_all_eyes_with_eyes_as_independent():
    theirs = ANSWERS["diabetic_all_eyes"]["km_naive"]["all"]
    parts = [rows_of("diabetic", "trt", value) for value in (0, 1)]
    days, events = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    curve = estimate_cumulative_incidence(days, events.astype(int), cause=1)
    incidence, error = curve.incidence_at(theirs["time"])
    assert 1 - incidence == pytest.approx(np.array(theirs["surv"]), abs=1e-8)
    assert error == pytest.approx(np.array(theirs["std_err"]), abs=1e-8)
    assert [(days >= day).sum() for day in theirs["time"]] == theirs["n_risk"]
    shown = fit_kaplan_meier(days, events, 0.95)
    at = np.searchsorted(shown.days, theirs["time"], side="right") - 1
    for ours, key in ((shown.conf_low, "lower_loglog"), (shown.conf_high, "upper_loglog")):
        assert ours[at] == pytest.approx(np.array(theirs[key]), abs=1e-6)


def test_clustered_errors_of_two_eyes_are_those_of_r():
    """The infinitesimal jackknife with patients as clusters, from our interval kernel."""
    from parsoutcomes.stats.npmle_influence import (
        incidence_targets,
        measure_influence,
        read_rows,
    )

    with (R / "data" / "diabetic.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    days, status, patient = (
        np.array([float(row[key]) for row in table]) for key in ("time", "status", "id")
    )
    theirs = ANSWERS["diabetic_all_eyes"]["robust"]
    rows = read_rows(days, np.where(status == 1, days, np.inf), status, days, patient)
    fit = rows.fit()
    low, _ = incidence_targets(fit, np.array(theirs["time"], dtype=float))
    found = measure_influence(rows, fit, low)
    assert 1 - found.estimate == pytest.approx(np.array(theirs["surv"]), abs=1e-8)
    raw = np.sqrt((found.of_patients**2).sum(axis=0))
    assert raw == pytest.approx(np.array(theirs["std_err"]), abs=1e-8)


def test_an_end_that_is_another_beginning_is_exact():
    """Scans at 3 and 6 months: ten (0, 3], ten (3, 6], ten not by 6. One third at each step."""
    left, right = [0] * 10 + [3] * 10 + [6] * 10, [3] * 10 + [6] * 10 + [np.inf] * 10
    ours = fit_npmle(left, right)
    assert ours.survival_at([3, 6])[0] == pytest.approx([2 / 3, 1 / 3], abs=1e-8)
    jagged = [0, 0, 3, 3, 6, 0, 3], [3, 6, 6, 9, 9, 9, np.inf]
    fit = fit_npmle(*jagged)
    total = np.log([0.0 + _mass(fit, a, b) for a, b in zip(*jagged, strict=True)]).sum()
    assert fit.log_likelihood == pytest.approx(total, abs=1e-8)
    assert fit.max_gradient <= 1e-8


def _mass(fit, left, right):
    inside = (fit.left >= left) & (fit.right <= right)
    return float(fit.mass[inside].sum())


@pytest.mark.filterwarnings("ignore")
def test_lifelines_is_off_there_which_is_why_it_is_refused():
    """Scans at months 3, 6 and 9, each the end of one interval and the beginning of another."""
    from lifelines import KaplanMeierFitter

    left, right = np.array([0.0] * 3 + [3] * 4 + [6] * 3), np.array([3.0] * 3 + [6] * 4 + [9] * 3)
    theirs = KaplanMeierFitter().fit_interval_censoring(left, right).survival_function_
    ours = fit_npmle(left, right).survival_at([3, 6])[0]
    assert ours == pytest.approx([0.7, 0.3], abs=1e-8)
    assert np.abs(theirs.loc[[3.0, 6.0], "NPMLE_estimate_lower"] - ours).max() > 0.01


@pytest.mark.parametrize(("fitter", "call"), list(REFUSED))
def test_calls_known_to_be_wrong_are_refused_by_name(fitter, call):
    with pytest.raises(EstimationError, match=f"{fitter}.{call} is not to be used"):
        load_fitter(fitter, call)


def test_weibull_times_agree_with_lifelines():
    import pandas as pd

    rng = np.random.default_rng(4)
    group = rng.integers(0, 2, 300)
    time = np.exp(1.6 + 0.4 * group) * rng.weibull(1.6, 300)
    left = np.floor(time / 3) * 3
    right = np.where(left >= 12, np.inf, left + 3)
    left = np.minimum(left, 12)
    ours = fit_interval_aft(left, right, np.column_stack([np.ones(300), group]))
    theirs = check_weibull_aft(left, right, pd.DataFrame({"group": group}))
    assert ours.coefficients == pytest.approx([theirs["Intercept"], theirs["group"]], abs=2e-3)
    assert ours.log_scale == pytest.approx(theirs["log_scale"], abs=2e-3)
