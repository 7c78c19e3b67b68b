"""Per patient and per pars: only at a stated correlation, and as the papers with both print it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betabinom

from parsoutcomes.baselines.unit_conversion import convert_union_rate
from parsoutcomes.errors import ArgumentError, BaselineError


@pytest.mark.parametrize("assumptions", [{}, {"icc": 0.3}, {"share_two_pars": 0.6}])
def test_without_its_assumptions_there_is_no_conversion(assumptions):
    with pytest.raises(BaselineError, match="not set side by side as they are"):
        convert_union_rate(20, 29, unit="patient", **assumptions)


@pytest.mark.parametrize(("icc", "share"), [(30, 0.6), (0.3, 60), (-0.1, 0.6)])
def test_percentages_are_refused(icc, share):
    with pytest.raises(ArgumentError, match="outside 0 to 1"):
        convert_union_rate(20, 29, unit="patient", icc=icc, share_two_pars=share)


@pytest.mark.parametrize("icc", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("rate", [0.2, 0.5, 0.83])
def test_both_pars_unite_as_in_the_beta_binomial_of_scipy(rate, icc):
    """Everybody has two pars: a patient unites when both of two draws do."""
    told = convert_union_rate(round(1000 * rate), 1000, unit="defect", icc=icc, share_two_pars=1.0)
    strength = 1 / icc - 1
    theirs = betabinom(2, rate * strength, (1 - rate) * strength).pmf(2)
    assert told.converted == pytest.approx(theirs, abs=1e-12)


def test_converting_back_gives_the_rate_again():
    told = convert_union_rate(75, 100, unit="defect", icc=0.4, share_two_pars=0.5)
    n_patients = 10_000_000
    back = convert_union_rate(
        round(told.converted * n_patients), n_patients, unit="patient", icc=0.4, share_two_pars=0.5
    )
    assert back.converted == pytest.approx(0.75, abs=1e-6)


def test_simulated_patients():
    """A beta rate per patient, a binomial pair in six of ten: 70 % per pars, ICC 0.3."""
    rng = np.random.default_rng(3)
    n, strength = 400_000, 1 / 0.3 - 1
    rate = rng.beta(0.7 * strength, 0.3 * strength, n)
    first, second = rng.random((2, n)) < rate
    has_two = rng.random(n) < 0.6
    united = first & (second | ~has_two)
    told = convert_union_rate(int(united.sum()), n, unit="patient", icc=0.3, share_two_pars=0.6)
    assert told.converted == pytest.approx(0.7, abs=0.003)


@pytest.mark.parametrize(
    ("pars", "patients", "n_with_two"),
    [((20, 28), (10, 14), 14), ((33, 46), (23, 32), 14), ((20, 27), (14, 19), 8),
     ((48, 59), (34, 41), 18)],
    ids=["Gamada 2021, both sides acute", "Gamada 2021", "Gamada 2020", "Tsuge 2022"],
)  # fmt: skip
def test_papers_that_print_both_units(pars, patients, n_with_two):
    """At ICC 1 within the 1.6 points that pars and patients differ; 0.3 lies within the interval.

    The 14 patients of Gamada 2021 with both sides acute: 32 less 13 unilateral and 5 with a
    terminal opposite side; united 23 less 13 and 0.
    """
    share = n_with_two / patients[1]
    printed = pars[0] / pars[1]
    alike = convert_union_rate(*patients, unit="patient", icc=1.0, share_two_pars=share)
    assumed = convert_union_rate(*patients, unit="patient", icc=0.3, share_two_pars=share)
    assert alike.converted == pytest.approx(printed, abs=0.016)
    row = assumed.frame.iloc[1]
    assert row["conf_low"] < printed < row["conf_high"]
    assert assumed.converted > printed


def test_both_rates_are_shown_with_the_range_over_all_correlations():
    told = convert_union_rate(20, 29, unit="patient", icc=0.3, share_two_pars=0.6)
    assert told.frame["basis"].tolist() == [
        "as given", "converted", "converted at ICC 0", "converted at ICC 1",
    ]  # fmt: skip
    assert told.frame["unit"].tolist() == ["patient", "defect", "defect", "defect"]
    assert told.finding.startswith(
        "20 of 29 patients united, 69% (95% interval 51% to 83%). Per pars that would be 77%"
    )
    assert "an assumption, not an observation" in told.finding


@pytest.mark.parametrize("n_united", [0, 29])
def test_nobody_and_everybody_united(n_united):
    told = convert_union_rate(n_united, 29, unit="patient", icc=0.3, share_two_pars=0.6)
    assert told.converted == n_united / 29
    assert 0 <= told.frame["conf_low"].min() <= told.frame["conf_high"].max() <= 1
