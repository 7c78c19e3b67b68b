"""Published comparisons from their own counts, within one unit of the last printed digit."""

from __future__ import annotations

import pytest

from parsoutcomes.stats.two_by_two import chi_square_p, fisher_exact, katz_ratio


@pytest.mark.parametrize(
    ("paper", "table", "p_printed"),
    [
        ("Gamada 2023, pre-lysis", (36, 36, 18, 21), 0.046),
        ("Gamada 2021, 13/13 v 20/33", (13, 13, 20, 33), 0.009),
        ("Gamada 2021, 20/28 v 0/5", (20, 28, 0, 5), 0.005),
        ("Tsuge 2022, 40/45 v 8/14", (40, 45, 8, 14), 0.015),
        ("Tsuge 2022, 20/21 v 14/20", (20, 21, 14, 20), 0.045),
        ("Arima 2017, 6/9 v 1/10", (6, 9, 1, 10), 0.020),
        ("Eto 2021, 18/25 v 6/23", (18, 25, 6, 23), 0.003),
    ],
)
def test_fisher_exact_p_values(paper, table, p_printed):
    assert fisher_exact(*table).p_value == pytest.approx(p_printed, abs=0.001), paper


def test_gamada_2023_to_four_digits():
    assert fisher_exact(36, 36, 18, 21).p_value == pytest.approx(0.0455, abs=5e-5)


def test_virkki_2020_risk_ratio_by_katz_and_p_by_uncorrected_chi_square():
    ratio = katz_ratio(17, 26, 32, 84)
    assert ratio.estimate == pytest.approx(1.71, abs=0.01)
    assert ratio.conf_low == pytest.approx(1.16, abs=0.01)
    assert ratio.conf_high == pytest.approx(2.54, abs=0.01)
    assert chi_square_p(17, 26, 32, 84) == pytest.approx(0.014, abs=0.001)


def test_staudenmann_2024_p_does_not_reproduce():
    """4/10 unilateral v 5/31 bilateral levels, printed p 0.01: no usual test gives it."""
    assert fisher_exact(4, 10, 5, 31).p_value == pytest.approx(0.18, abs=0.01)
    assert chi_square_p(4, 10, 5, 31) == pytest.approx(0.11, abs=0.01)


def test_virkki_2023_interval_does_not_reproduce():
    """20/29 rigid v 15/25 elastic, printed risk ratio 1.14 (0.44-2.98), p 0.785."""
    ratio = katz_ratio(20, 29, 15, 25)
    assert ratio.estimate == pytest.approx(1.15, abs=0.005)
    assert ratio.conf_low == pytest.approx(0.77, abs=0.01)
    assert ratio.conf_high == pytest.approx(1.72, abs=0.01)
    assert fisher_exact(20, 29, 15, 25).p_value == pytest.approx(0.57, abs=0.01)
