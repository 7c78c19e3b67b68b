"""Reference 12: Weibull mixture cure fits, exact and interval-censored, maximised in R."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from parsoutcomes.stats.cure import fit_mixture_cure

R = Path(__file__).parent / "r"
ANSWERS = json.loads((R / "12_cure.json").read_text(encoding="utf-8"))


def columns(name):
    with (R / "data" / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}


def transplants():
    found = columns("bmt.csv")
    groups = np.column_stack([np.ones(137), found["group"] == 2, found["group"] == 3])
    return found["t"], np.where(found["event"] == 1, found["t"], np.inf), groups.astype(float)


def eyes():
    found = columns("diabetic_visits.csv")
    design = np.column_stack([np.ones(found["L"].size), found["trt"]])
    return found["L"], found["R"], design, found["id"]


def agree(fit, theirs):
    ours = [*fit.cure_coefficients, *fit.time_coefficients, -fit.log_scale]
    assert fit.log_likelihood == pytest.approx(theirs["loglik"], abs=1e-8)
    assert ours == pytest.approx(theirs["par"], abs=5e-5)
    assert np.sqrt(np.diag(fit.model_covariance)) == pytest.approx(theirs["se"], abs=1e-4)


@pytest.mark.parametrize(
    ("name", "in_cure", "in_time"),
    [
        ("intercept_only", False, False),
        ("cure_by_group", True, False),
        ("both_by_group", True, True),
    ],
)
def test_exact_and_right_censored(name, in_cure, in_time):
    left, right, groups = transplants()
    fit = fit_mixture_cure(
        left,
        right,
        cure_design=groups if in_cure else None,
        time_design=groups if in_time else None,
    )
    agree(fit, ANSWERS["bmt"][name])


def test_intervals():
    left, right, _, _ = eyes()
    fit = fit_mixture_cure(left, right)
    agree(fit, ANSWERS["diabetic_visits"]["intercept_only"])


def test_intervals_with_a_covariate_on_both_parts():
    left, right, design, _ = eyes()
    fit = fit_mixture_cure(left, right, cure_design=design, time_design=design)
    agree(fit, ANSWERS["diabetic_visits"]["trt_both"])


def test_the_model_without_cure_is_that_of_r():
    left, right, _ = transplants()
    theirs = ANSWERS["bmt"]["no_cure"]["loglik_weibull_no_cure"]
    fit = fit_mixture_cure(left, right)
    assert fit.log_likelihood_without_cure == pytest.approx(theirs, abs=1e-8)


def test_the_model_without_cure_on_intervals():
    left, right, _, _ = eyes()
    theirs = ANSWERS["diabetic_visits"]["no_cure"]["loglik_weibull_no_cure"]
    fit = fit_mixture_cure(left, right)
    assert fit.log_likelihood_without_cure == pytest.approx(theirs, abs=1e-8)


def test_patients_widen_the_profile():
    left, right, _, patient = eyes()
    alone, together = (fit_mixture_cure(left, right, clusters=of) for of in (None, patient))
    assert together.design_effect == pytest.approx(1.141, abs=1e-3)
    assert together.conf_low < alone.conf_low < alone.eventual
    assert together.cure_coefficients == pytest.approx(alone.cure_coefficients, abs=1e-12)
