from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from parsoutcomes.baselines.planning import plan_comparison
from parsoutcomes.baselines.series import load_reference
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.conventions import DAYS_PER_MONTH
from parsoutcomes.errors import ArgumentError, BaselineError, EstimationError
from parsoutcomes.stats.verdict_power import (
    ClinicModel,
    SeriesCounts,
    draw_ceiling,
    draw_verdicts,
    shift_rates,
)
from parsoutcomes.synthetic.simulate import simulate_cohort


def _clinic(stages: list[str], status: str = "complete"):
    names = [f"P{row:03d}" for row in range(len(stages))]
    keys = pd.DataFrame({"defect_id": names, "patient_id": names, "episode_id": names})
    return build_cohort(
        {
            "episodes": keys[["patient_id", "episode_id"]].assign(
                fitted_date=pd.Timestamp("2023-01-01")
            ),
            "defects": keys.assign(level="L5", side="left", stage=stages),
            "readings": keys.assign(days_since_fitting=6 * DAYS_PER_MONTH, union_status=status),
        },
        data_lock=pd.Timestamp("2025-01-01"),
    )


MIXED = ["early"] * 20 + ["progressive"] * 20


def _plan(cohort, **options):
    return plan_comparison(cohort, **{"n_replicates": 300, "seed": 1, **options})


def test_a_large_excess_needs_few_patients():
    plan = _plan(_clinic(MIXED), excess_per_100=25)
    assert plan.n_patients_needed is not None
    assert plan.n_patients_needed < 60
    assert plan.power_ceiling > 0.99


def test_a_small_excess_is_out_of_reach_whatever_we_do():
    plan = _plan(_clinic(MIXED), excess_per_100=5)
    assert plan.is_out_of_reach
    assert plan.n_patients_needed is None
    assert plan.finding.startswith("No number of our patients")
    assert plan.smallest_excess_ever > 5


def test_power_rises_with_patients_and_stays_below_its_ceiling():
    plan = _plan(_clinic(MIXED), excess_per_100=10)
    frame = plan.to_frame()
    powers = frame.loc[frame["measure"].eq("power"), "estimate"].to_numpy()
    assert powers[-1] > powers[0] + 0.4
    assert powers.max() <= plan.power_ceiling + 0.08


def test_the_smallest_excess_now_has_the_power_wanted():
    clinic = _clinic(MIXED)
    plan = _plan(clinic, excess_per_100=20)
    at_it = _plan(clinic, excess_per_100=plan.smallest_excess_now)
    assert at_it.power_now == pytest.approx(0.8, abs=0.04)
    assert plan.smallest_excess_ever < plan.smallest_excess_now


def test_more_patients_are_counted_from_those_we_have():
    plan = _plan(_clinic(MIXED[::4]), excess_per_100=20)
    more = plan.n_patients_needed - 10
    assert plan.finding.startswith(f"About {more} more patients ({more} more pars that")


def test_enough_patients_are_said_to_be_enough():
    plan = _plan(_clinic(MIXED * 5), excess_per_100=20)
    assert plan.finding.startswith("Our 200 patients give 80% power or more")


def test_two_sensible_numbers_of_a_simulated_clinic():
    plan = _plan(simulate_cohort(60, seed=5), excess_per_100=20)
    frame = plan.to_frame().set_index("measure")["estimate"]
    assert frame["patients_needed"] == plan.n_patients_needed
    assert frame["defects_needed"] >= frame["patients_needed"]


def test_nobody_united_changes_nothing_but_the_stages_count():
    one, other = (
        _plan(_clinic(MIXED, status), excess_per_100=20) for status in ("none", "complete")
    )
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())


def test_one_patient_is_a_first_guess():
    plan = _plan(_clinic(["early"]), excess_per_100=10)
    assert math.isnan(plan.smallest_excess_now)
    assert "could show no excess" in plan.finding
    assert any("first guess" in line for line in plan.cautions)


def test_an_empty_cohort_has_no_mix_to_plan_for():
    with pytest.raises(EstimationError, match="no mix of stages"):
        _plan(build_cohort({}))


def test_an_impossible_excess_is_refused():
    with pytest.raises(ArgumentError, match="excess"):
        _plan(_clinic(MIXED), excess_per_100=60)


def test_the_pool_is_refused_since_no_verdict_rests_on_it():
    with pytest.raises(BaselineError, match="verdict may rest"):
        _plan(_clinic(MIXED), reference="pooled")


def test_a_series_of_ones_own_may_be_planned_for():
    own = load_reference(
        {"early": (150, 200), "progressive": (90, 200)},
        series="Leeds 2024",
        n_patients=300,
        n_defects=400,
        unit="defect",
        outcome="union",
    )
    plan = _plan(_clinic(MIXED), reference=own, excess_per_100=20)
    assert plan.series == ("Leeds 2024",)
    assert plan.power_ceiling > 0.99


def test_a_stage_without_a_rate_is_refused():
    with pytest.raises(BaselineError):
        _plan(_clinic(MIXED), strata=["pre_lysis"])


@pytest.mark.parametrize("icc", [-0.1, 1.0])
def test_an_impossible_icc_is_refused(icc):
    with pytest.raises(ArgumentError, match="icc"):
        _plan(_clinic(MIXED), icc=icc)


def test_steps_are_reported():
    steps = []
    _plan(_clinic(MIXED), excess_per_100=25, progress=lambda *step: steps.append(step))
    assert steps[0] == ("Power with 20 patients", 0, 13)
    assert steps[-1][0] == "Smallest excess that could be shown"


def test_same_seed_same_plan():
    one, other = (_plan(_clinic(MIXED), excess_per_100=20) for _ in range(2))
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())
    assert one.finding == other.finding


def test_raised_rates_have_the_excess_asked_for():
    rates, mix = np.array([0.8, 0.5]), np.array([0.25, 0.75])
    raised = shift_rates(rates, mix, 0.12)
    assert mix @ (raised - rates) == pytest.approx(0.12)
    assert (raised > rates).all()


def _model(rate: float, *, n: float, icc: float = 0.0) -> ClinicModel:
    series = SeriesCounts(
        n_united=np.array([n / 2]), n=np.array([n]), design_effect=1.0, share_paired=0.0
    )
    return ClinicModel(
        patients=np.array([[0, 0]]), rates=np.array([rate]), icc=icc, series=(series,)
    )


def test_with_an_endless_series_power_is_that_of_one_proportion():
    """240 independent pars at 0.6 against 0.5: P(Z > (1.96 se1 - 0.1) / se1) = 0.89."""
    power = draw_verdicts(_model(0.6, n=1e7), 120, 4000, seed=1).mean()
    error = np.sqrt(0.24 / 240)
    from scipy.stats import norm

    assert power == pytest.approx(norm.sf(1.96 - 0.1 / error), abs=0.02)


def test_alike_pars_of_a_patient_cost_power():
    apart, alike = (draw_verdicts(_model(0.6, n=1e7, icc=icc), 120, 2000, seed=1).mean()
                    for icc in (0.0, 0.9))  # fmt: skip
    assert alike < apart - 0.15


def test_the_ceiling_of_one_series_by_the_normal_distribution():
    """A series of 100 at 0.5, our rate known to be 0.6: P(Z > 1.96 - 0.1 / 0.05) = 0.52."""
    ceiling = draw_ceiling(_model(0.6, n=100.0), 20_000, seed=1).mean()
    assert ceiling == pytest.approx(0.516, abs=0.04)
