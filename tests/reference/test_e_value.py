"""E-values against the paper's worked example and the vignette of R's EValue."""

from __future__ import annotations

import pytest

from parsoutcomes.errors import ArgumentError
from parsoutcomes.stats.e_value import e_value, e_value_of_limit


def test_the_worked_example_of_the_paper() -> None:
    assert round(e_value(3.9), 2) == 7.26
    assert round(e_value_of_limit(1.8, 8.7), 1) == 3.0


def test_smoking_and_lung_cancer_in_the_vignette_of_r_evalue() -> None:
    assert e_value(10.73) == pytest.approx(20.94777, abs=5e-6)
    assert e_value_of_limit(8.02, 14.36) == pytest.approx(15.52336, abs=5e-6)


def test_a_ratio_below_one_is_taken_upside_down() -> None:
    assert e_value(0.5) == pytest.approx(e_value(2.0))
    assert e_value_of_limit(0.3, 0.5) == pytest.approx(e_value(2.0))


def test_no_effect_needs_no_confounder() -> None:
    assert e_value(1.0) == 1.0
    assert e_value_of_limit(0.9, 1.1) == 1.0


@pytest.mark.parametrize("ratio", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_ratio_is_refused(ratio) -> None:
    with pytest.raises(ArgumentError, match="risk_ratio"):
        e_value(ratio)
