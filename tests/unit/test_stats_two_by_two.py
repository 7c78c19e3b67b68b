"""Two proportions against statsmodels and scipy, and against the full likelihood at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, chi2_contingency
from scipy.stats import fisher_exact as scipy_fisher
from scipy.stats.contingency import odds_ratio
from statsmodels.stats.proportion import confint_proportions_2indep

from parsoutcomes.errors import ArgumentError, EstimationError
from parsoutcomes.stats.two_by_two import (
    chi_square_p,
    fisher_exact,
    katz_ratio,
    miettinen_nurminen_ratio,
    newcombe_difference,
)

TABLES = [(17, 26, 32, 84), (36, 40, 8, 14), (5, 9, 2, 11), (1, 30, 6, 30)]


@pytest.mark.parametrize("table", [*TABLES, (0, 5, 3, 9), (5, 5, 4, 9)])
def test_newcombe_difference_equals_statsmodels(table):
    ours = newcombe_difference(*table)
    theirs = confint_proportions_2indep(*table, compare="diff", method="newcomb")
    assert (ours.conf_low, ours.conf_high) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("table", TABLES)
def test_miettinen_nurminen_ratio_equals_statsmodels(table):
    ours = miettinen_nurminen_ratio(*table)
    theirs = confint_proportions_2indep(*table, compare="ratio", method="score")
    assert (ours.conf_low, ours.conf_high) == pytest.approx(theirs, abs=1e-10)


def search_score(ratio, events_1, n_1, events_2, n_2):
    """Score statistic from a plain search for the restricted maximum of the likelihood."""
    p_2 = np.linspace(1e-7, min(1, 1 / ratio) - 1e-12, 400_001)
    p_1 = ratio * p_2
    likelihood = (
        events_1 * np.log(p_1)
        + (n_1 - events_1) * np.log1p(-p_1)
        + events_2 * np.log(p_2)
        + (n_2 - events_2) * np.log1p(-p_2)
    )
    best = likelihood.argmax()
    p_1, p_2, total = p_1[best], p_2[best], n_1 + n_2
    variance = p_1 * (1 - p_1) / n_1 + ratio**2 * p_2 * (1 - p_2) / n_2
    return (events_1 / n_1 - ratio * events_2 / n_2) ** 2 / (variance * total / (total - 1))


@pytest.mark.parametrize("table", [(5, 5, 4, 9), (0, 5, 3, 9), (5, 5, 9, 9), (3, 9, 0, 5)])
def test_miettinen_nurminen_limits_solve_the_score_equation_with_an_empty_cell(table):
    ours = miettinen_nurminen_ratio(*table)
    for limit in (ours.conf_low, ours.conf_high):
        if 0 < limit < np.inf:
            assert search_score(limit, *table) == pytest.approx(chi2.ppf(0.95, 1), rel=1e-3)


def test_ratio_without_events():
    assert miettinen_nurminen_ratio(0, 5, 3, 9).conf_low == 0
    assert miettinen_nurminen_ratio(3, 9, 0, 5).conf_high == np.inf
    neither = miettinen_nurminen_ratio(0, 4, 0, 5)
    assert np.isnan(neither.estimate)
    assert (neither.conf_low, neither.conf_high) == (0, np.inf)


def test_katz_refuses_an_empty_cell():
    with pytest.raises(EstimationError, match="Katz"):
        katz_ratio(0, 5, 3, 9)


@pytest.mark.parametrize("table", TABLES)
def test_fisher_and_chi_square_equal_scipy(table):
    events_1, n_1, events_2, n_2 = table
    cells = np.array([[events_1, n_1 - events_1], [events_2, n_2 - events_2]])
    ours = fisher_exact(*table)
    assert ours.p_value == pytest.approx(scipy_fisher(cells).pvalue, abs=1e-12)
    theirs = odds_ratio(cells, kind="conditional")
    assert ours.odds_ratio == pytest.approx(theirs.statistic, rel=1e-6)
    assert ours.conf_low == pytest.approx(theirs.confidence_interval(0.95).low, rel=1e-6)
    assert ours.conf_high == pytest.approx(theirs.confidence_interval(0.95).high, rel=1e-6)
    p_value = chi2_contingency(cells, correction=False).pvalue
    assert chi_square_p(*table) == pytest.approx(p_value, abs=1e-12)


def test_everybody_united_in_both_groups_tells_nothing():
    test = fisher_exact(5, 5, 4, 4)
    assert test.p_value == 1
    assert np.isnan(test.odds_ratio)
    assert (test.conf_low, test.conf_high) == (0, np.inf)
    assert chi_square_p(5, 5, 4, 4) == 1


def test_exact_test_refuses_fractions():
    with pytest.raises(ArgumentError, match="whole"):
        fisher_exact(2.5, 5, 1, 4)
