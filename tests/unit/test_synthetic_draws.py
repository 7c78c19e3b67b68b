"""The draws behind simulated cohorts: their distributions are those of the parameters."""

from __future__ import annotations

import numpy as np
import pytest

from parsoutcomes.conventions import DAYS_PER_MONTH, STAGES
from parsoutcomes.errors import ArgumentError
from parsoutcomes.synthetic.draws import draw_patients, draw_union_times
from parsoutcomes.synthetic.parameters import SimulationParameters, change_parameters
from parsoutcomes.synthetic.truth import true_cumulative_union
from parsoutcomes.synthetic.visits import draw_course, draw_intervals

MANY = 60_000
# Four standard errors of a proportion near one half, for pars that come in pairs.
CLOSE = 4 * np.sqrt(0.25 * 1.4 / MANY)
EARLY = STAGES.index("early")


def draw_pairs(parameters, n_pairs=MANY, stage=EARLY):
    patient = np.repeat(np.arange(n_pairs), 2)
    stages = np.full(2 * n_pairs, stage)
    return draw_union_times(stages, patient, rng=np.random.default_rng(5), parameters=parameters)


def test_stages_sides_and_levels_come_in_the_shares_asked_for():
    drawn = draw_patients(
        MANY, rng=np.random.default_rng(1), parameters=SimulationParameters(bilateral_fraction=0.4)
    )
    assert len(drawn.patient) / MANY == pytest.approx(1.4, abs=CLOSE)
    shares = np.bincount(drawn.stage, minlength=4) / len(drawn.stage)
    assert shares == pytest.approx([0.15, 0.42, 0.33, 0.10], abs=CLOSE)
    assert np.bincount(drawn.level) / MANY == pytest.approx([0.08, 0.22, 0.70], abs=CLOSE)
    assert drawn.side.mean() == pytest.approx(0.5, abs=CLOSE)


def test_nobody_bilateral_means_one_pars_each_and_no_opposite_stage():
    drawn = draw_patients(
        50, rng=np.random.default_rng(1), parameters=SimulationParameters(bilateral_fraction=0.0)
    )
    assert drawn.patient.tolist() == list(range(50))
    assert set(drawn.opposite_stage.tolist()) == {-1}


def test_everybody_bilateral_means_two_pars_each_with_the_other_ones_stage():
    drawn = draw_patients(
        50, rng=np.random.default_rng(1), parameters=SimulationParameters(bilateral_fraction=1.0)
    )
    assert len(drawn.patient) == 100
    assert drawn.opposite_stage[0::2].tolist() == drawn.stage[1::2].tolist()
    assert drawn.opposite_stage[1::2].tolist() == drawn.stage[0::2].tolist()


def test_one_pars_unites_with_its_probability_whatever_the_correlation():
    for correlation in (0.0, 0.4, 1.0):
        drawn = draw_pairs(SimulationParameters(pair_correlation=correlation))
        assert drawn.unites.mean() == pytest.approx(0.82, abs=CLOSE)
        median_months = np.median(drawn.union_days[drawn.unites]) / DAYS_PER_MONTH
        assert median_months == pytest.approx(3.8 * np.log(2) ** (1 / 2.2), abs=0.03)


def test_pairs_agree_more_the_higher_the_correlation():
    agreement = {
        correlation: draw_pairs(SimulationParameters(pair_correlation=correlation)).unites.reshape(
            -1, 2
        )
        for correlation in (0.0, 0.4, 1.0)
    }
    icc = {c: np.corrcoef(pairs.T)[0, 1] for c, pairs in agreement.items()}
    assert icc[0.0] == pytest.approx(0.0, abs=CLOSE)
    assert 0.15 < icc[0.4] < 0.30
    assert icc[1.0] == pytest.approx(1.0)


def test_a_terminal_pars_never_unites_and_union_fraction_one_always_does():
    never = draw_pairs(SimulationParameters(), 500, STAGES.index("terminal"))
    assert np.isinf(never.union_days).all()
    assert np.isinf(never.partial_days).all()
    everyone = dict.fromkeys(STAGES, 1.0)
    always = draw_pairs(SimulationParameters(union_fraction=everyone), 500)
    assert np.isfinite(always.union_days).all()


def test_partial_union_comes_first_by_the_stated_lag():
    drawn = draw_pairs(SimulationParameters(partial_lag_months=1.5), 500)
    late = drawn.unites & (drawn.union_days > 1.5 * DAYS_PER_MONTH)
    lag = drawn.union_days[late] - drawn.partial_days[late]
    assert lag == pytest.approx(np.full(late.sum(), 1.5 * DAYS_PER_MONTH))
    assert (drawn.partial_days <= drawn.union_days).all()


def test_a_terminal_opposite_pars_lowers_the_odds_as_stated():
    parameters = SimulationParameters(opposite_terminal_odds_ratio=0.35)
    drawn = draw_union_times(
        np.array([EARLY, EARLY]),
        np.array([0, 1]),
        rng=np.random.default_rng(1),
        parameters=parameters,
        opposite_stage=np.array([-1, STAGES.index("terminal")]),
    )
    odds = drawn.probability / (1 - drawn.probability)
    assert odds[1] / odds[0] == pytest.approx(0.35)


@pytest.mark.parametrize("stage", [None, "pre_lysis", "early", "progressive"])
def test_true_incidence_is_what_a_large_cohort_shows(stage):
    parameters = SimulationParameters(surgery_per_year=0.8)
    patients, union, follow_up = draw_course(
        MANY, rng=np.random.default_rng(3), parameters=parameters
    )
    chosen = patients.stage != STAGES.index("terminal")
    if stage is not None:
        chosen &= patients.stage == STAGES.index(stage)
    surgery = follow_up.surgery_days[patients.patient]
    months = np.array([3.0, 6.0, 12.0])
    for definition, day in (
        ("complete", union.union_days),
        ("partial_or_better", union.partial_days),
    ):
        first = np.where(day <= surgery, day, np.inf)[chosen]
        seen = [(first <= m * DAYS_PER_MONTH).mean() for m in months]
        true = true_cumulative_union(parameters, months, stage=stage, definition=definition)
        assert seen == pytest.approx(true, abs=4 * np.sqrt(0.25 * 1.4 / chosen.sum()))


def test_true_incidence_without_surgery_is_the_weibull_form():
    parameters = SimulationParameters(bilateral_fraction=0.0, surgery_per_year=5.0)
    true = true_cumulative_union(parameters, 6.0, stage="early", surgery_competes=False)
    assert true == pytest.approx(0.82 * (1 - np.exp(-((6 / 3.8) ** 2.2))))


def test_true_incidence_rises_and_surgery_only_lowers_it():
    months = np.linspace(0.0, 36.0, 200)
    competing = true_cumulative_union(SimulationParameters(), months)
    alone = true_cumulative_union(SimulationParameters(), months, surgery_competes=False)
    assert competing[0] == 0.0
    assert (np.diff(competing) >= -1e-7).all()  # the error of the numerical integration
    assert (competing <= alone + 1e-12).all()


def test_the_defaults_lie_near_the_published_series():
    at_a_year = {
        stage: float(true_cumulative_union(SimulationParameters(), 12.0, stage=stage)[0])
        for stage in STAGES
    }
    assert at_a_year == pytest.approx(
        {"pre_lysis": 0.93, "early": 0.80, "progressive": 0.45, "terminal": 0.0}, abs=0.03
    )


def test_intervals_hold_the_true_day_of_union():
    parameters = SimulationParameters()
    rng = np.random.default_rng(11)
    patients, union, _ = draw_course(2000, rng=rng, parameters=parameters)
    drawn = draw_intervals(2000, seed=11, parameters=parameters)
    true = union.union_days[patients.stage != STAGES.index("terminal")]
    assert (drawn.left_days < true).all()
    seen = np.isfinite(drawn.right_days)
    assert (true[seen] <= drawn.right_days[seen]).all()
    assert 0.5 < seen.mean() < 0.75


def test_a_change_that_is_no_parameter_says_which_is_nearest():
    with pytest.raises(ArgumentError, match='Did you mean parameter="bilateral_fraction"'):
        change_parameters(None, {"bilateral_fractoin": 0.5})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"attendance": 1.2}, "attendance has a value that is not possible"),
        ({"loss_per_year": float("nan")}, "loss_per_year has a value that is not possible"),
        ({"stage_mix": {"early": 0.5}}, "shares in stage_mix are not a whole"),
        ({"union_fraction": {"early": 0.5}}, "union_fraction lacks a stage"),
        ({"visits_months": (6.0, 3.0)}, "visits_months is not a schedule"),
        ({"data_lock": "2024-01-01"}, "calendar of the simulation runs backwards"),
    ],
)
def test_an_impossible_parameter_is_refused(change, message):
    with pytest.raises(ArgumentError, match=message):
        SimulationParameters(**change)
