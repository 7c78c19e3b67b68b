"""References 10, 11 and 14: R's binomial grid, standardised ratios, and clustered proportions."""

from __future__ import annotations

import csv
import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from parsoutcomes.stats.proportions import (
    clopper_pearson_interval,
    clustered_interval,
    jeffreys_interval,
    mid_p_interval,
    wilson_interval,
)
from parsoutcomes.stats.resampling import patient_weights
from parsoutcomes.stats.standardised import (
    mid_p_observed_over_expected,
    observed_over_expected,
    poisson_binomial_limits,
)
from parsoutcomes.stats.two_by_two import fisher_exact

R = Path(__file__).parent / "r"


def answers(name):
    return json.loads((R / name).read_text(encoding="utf-8"))


def columns(name):
    with (R / "data" / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([row[key] for row in rows], dtype=float) for key in rows[0]}


INTERVALS = {
    "wilson": wilson_interval,
    "clopper_pearson": clopper_pearson_interval,
    "mid_p": mid_p_interval,
    "jeffreys": jeffreys_interval,
}


@pytest.mark.parametrize("variant", INTERVALS)
@pytest.mark.parametrize(
    "row", answers("10_binom.json")["grid"], ids=lambda r: f"{r['x']}/{r['n']}"
)
def test_binomial_grid(variant, row):
    ours = INTERVALS[variant](row["x"], row["n"])
    assert (ours.conf_low, ours.conf_high) == pytest.approx(tuple(row[variant]), abs=1e-8)


def test_fisher_exact():
    theirs = answers("10_binom.json")["two_sample"]["fisher_8_10_vs_3_9"]
    ours = fisher_exact(8, 10, 3, 9)
    assert ours.p_value == pytest.approx(theirs["p"], abs=1e-8)
    # R's root finder gives four to five digits here; scipy is matched to six in the unit tests.
    assert ours.odds_ratio == pytest.approx(theirs["or"], rel=1e-5)
    assert (ours.conf_low, ours.conf_high) == pytest.approx(tuple(theirs["ci"]), rel=5e-4)


@pytest.mark.parametrize("row", answers("11_smr.json")["small"], ids=lambda r: str(r["observed"]))
def test_exact_poisson_ratio(row):
    ours = observed_over_expected(row["observed"], row["expected"])
    assert ours.estimate == pytest.approx(row["smr"], abs=1e-6)
    assert (ours.conf_low, ours.conf_high) == pytest.approx(tuple(row["exact"]), abs=1e-6)
    mid_p = mid_p_observed_over_expected(row["observed"], row["expected"])
    assert (mid_p.conf_low, mid_p.conf_high) == pytest.approx(tuple(row["mid_p"]), abs=1e-6)


def test_indirectly_standardised_cancer_deaths():
    study = answers("11_smr.json")["us_white_male_cancer_1940_vs_1960"]
    rates = np.array(study["std_count"]) / np.array(study["std_pop"])
    expected = float(rates @ np.array(study["pop"]))
    ours = observed_over_expected(sum(study["count"]), expected)
    assert expected == pytest.approx(study["exact"]["expected"], abs=1e-6)
    assert (ours.conf_low, ours.conf_high) == pytest.approx(
        tuple(study["exact"]["exact"]), abs=1e-6
    )
    theirs = study["ageadjust_indirect"]["sir"]
    assert (expected, ours.estimate) == pytest.approx((theirs["exp"], theirs["sir"]), abs=1e-6)
    mid_p = mid_p_observed_over_expected(sum(study["count"]), expected)
    assert (mid_p.conf_low, mid_p.conf_high) == pytest.approx(
        tuple(study["exact"]["mid_p"]), abs=1e-6
    )


def test_poisson_binomial():
    theirs = answers("11_smr.json")["poisson_binomial"]
    ours = poisson_binomial_limits(theirs["p"])
    assert ours.probability == pytest.approx(np.array(theirs["pmf"]), abs=1e-13)
    assert ours.tail_probabilities(theirs["observed"]) == pytest.approx(
        (theirs["p_le"], theirs["p_ge"]), abs=1e-12
    )


def test_linearised_standard_error_and_icc_of_eyes_within_patients():
    theirs, eyes = answers("14_cluster.json")["diabetic_24m"], columns("diabetic_24m.csv")
    ours = clustered_interval(eyes["y"], eyes["id"])
    assert ours.estimate == pytest.approx(theirs["p"], abs=1e-8)
    assert ours.standard_error == pytest.approx(theirs["se_linearised"], abs=1e-8)
    assert ours.icc == pytest.approx(theirs["icc_anova"], abs=1e-8)


@pytest.mark.parametrize("group", [0, 1])
def test_linearised_standard_error_by_treatment(group):
    theirs, eyes = answers("14_cluster.json")["diabetic_24m"]["by_trt"], columns("diabetic_24m.csv")
    keep = eyes["trt"] == group
    ours = clustered_interval(eyes["y"][keep], eyes["id"][keep])
    # survey keeps the patients of the other arm in the factor K/(K-1).
    n_all = np.unique(eyes["id"]).size
    factor = (n_all / (n_all - 1)) / (ours.n_clusters / (ours.n_clusters - 1))
    assert ours.estimate == pytest.approx(theirs["p"][group], abs=1e-8)
    assert ours.standard_error * factor**0.5 == pytest.approx(theirs["se"][group], abs=1e-8)


def test_limits_lie_close_to_those_of_survey():
    theirs, eyes = answers("14_cluster.json")["diabetic_24m"]["ciprop"], columns("diabetic_24m.csv")
    ours = clustered_interval(eyes["y"], eyes["id"])
    assert (ours.conf_low, ours.conf_high) == pytest.approx(tuple(theirs["logit"]), abs=1e-3)


def test_all_resamples_of_six_patients_have_the_enumerated_distribution():
    theirs, rows = answers("14_cluster.json")["tiny"], columns("tiny_clusters.csv")
    index = (rows["id"] - 1).astype(int)
    events, sizes = np.bincount(index, rows["u"]), np.bincount(index)
    chosen = np.array(list(product(range(6), repeat=6)))
    rates = events[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)
    support, counts = np.unique(rates.round(12), return_counts=True)
    assert support == pytest.approx(np.array(theirs["support"]), abs=1e-11)
    assert counts.cumsum() / 6**6 == pytest.approx(np.array(theirs["cdf"]), abs=1e-12)
    assert (rates.mean(), rates.std()) == pytest.approx((theirs["mean"], theirs["sd"]), abs=1e-12)


def test_drawn_resamples_approach_the_enumerated_distribution():
    theirs, rows = answers("14_cluster.json")["tiny"], columns("tiny_clusters.csv")
    weights = patient_weights(rows["id"], 40_000, seed=1)
    rates = weights @ rows["u"] / weights.sum(axis=1)
    assert rates.mean() == pytest.approx(theirs["mean"], abs=4 * theirs["sd"] / 200)
    assert rates.std() == pytest.approx(theirs["sd"], rel=0.02)
    cdf = (rates[:, None] <= np.array(theirs["support"]) + 1e-9).mean(axis=0)
    assert np.abs(cdf - theirs["cdf"]).max() < 1.63 / 200


def test_large_bootstrap_of_the_difference_between_eyes():
    theirs = answers("14_cluster.json")["diabetic_24m"]["bootstrap"]
    eyes = columns("diabetic_24m.csv")
    weights = patient_weights(eyes["id"], 20_000, seed=1).astype(float)
    treated = eyes["trt"] == 1
    rate = {
        arm: weights[:, keep] @ eyes["y"][keep] / weights[:, keep].sum(axis=1)
        for arm, keep in (("p0", ~treated), ("p1", treated))
    }
    for name, draws in (*rate.items(), ("difference", rate["p1"] - rate["p0"])):
        assert draws.std() == pytest.approx(theirs[name]["se"], rel=0.03)
        assert np.quantile(draws, 0.025) == pytest.approx(theirs[name]["q025"], abs=0.003)
        assert np.quantile(draws, 0.975) == pytest.approx(theirs[name]["q975"], abs=0.003)
