"""Monitoring: who is on the chart, in which order, and what unknown pars could change."""

from __future__ import annotations

import pandas as pd
import pytest

import parsoutcomes as po
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.conventions import DAYS_PER_MONTH, MIN_UNITS_FOR_FUNNEL
from parsoutcomes.errors import ArgumentError, BaselineError, EstimationError
from parsoutcomes.results.monitoring import write_units_finding

LOCK = "2026-01-01"


def clinic(patients, *, data_lock=LOCK):
    """Each patient: day of fitting, stage, what each pars showed at 6 months, perhaps a site."""
    defects, readings, episodes = [], [], []
    for number, (fitted, stage, shown, *site) in enumerate(patients):
        key = f"P{number:03d}"
        ids = {"patient_id": key, "episode_id": key}
        day = pd.Timestamp(fitted) if fitted else pd.NaT
        episodes.append({**ids, "fitted_date": day, "site": site[0] if site else None})
        for side, status in zip(("left", "right"), shown, strict=False):
            pars = {**ids, "defect_id": f"{key}{side}"}
            defects.append({**pars, "level": "L5", "side": side, "stage": stage})
            if status != "no scan":
                readings.append(
                    {**pars, "days_since_fitting": 6 * DAYS_PER_MONTH, "union_status": status}
                )
    tables = {"episodes": episodes, "defects": defects, "readings": readings}
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items() if rows}
    return build_cohort(frames, data_lock=pd.Timestamp(data_lock))


OWN = po.load_reference(
    {"early": (30, 40), "progressive": (20, 40)},
    series="Own 2020",
    n_patients=60,
    n_defects=80,
    unit="defect",
    outcome="union",
)
FOUR = [
    ("2024-03-01", "early", ["complete", "none"]),
    ("2023-01-01", "early", ["complete"]),
    ("2025-09-01", "early", ["complete"]),
    ("2024-06-01", "progressive", ["no scan"]),
    ("2024-07-01", "pre_lysis", ["complete"]),
]


def monitor(patients, **options):
    return po.monitor_union(clinic(patients), **{"reference": OWN, "run_length": 20, **options})


def test_matured_patients_stand_in_order_of_due_date_and_their_pars_enter_together():
    chart = monitor(FOUR).chart_of()
    assert chart["n_defects"].tolist() == [1, 2, 1]
    assert chart["n_known"].tolist() == [1, 2, 0]
    assert chart["n_events"].tolist() == [1, 1, 0]
    assert chart["expected"].tolist() == [0.75, 1.5, 0.0]
    assert chart["excess"].tolist() == [0.25, -0.25, -0.25]
    assert list(zip(chart["due_year"], chart["due_quarter"], strict=True)) == [
        (2023, 3),
        (2024, 3),
        (2024, 4),
    ]


def test_everybody_who_is_not_on_the_chart_is_counted_with_the_reason():
    told = monitor(FOUR)
    counted = {one.reason.split(" (")[0]: one.n_defects for one in told.exclusions}
    assert counted == {
        "Not yet due at data lock": 1,
        "No expected rate for the stage, or stage not recorded": 1,
    }
    assert (told.n_not_due, told.n_missing, told.n_patients) == (1, 1, 3)


def test_nobody_without_a_day_of_fitting_is_on_the_chart_or_forgotten():
    told = monitor([*FOUR, (None, "early", ["complete"])])
    assert {one.reason: one.n_defects for one in told.exclusions}[
        "Whether due cannot be told (no date of fitting, or no data lock)"
    ] == 1


def test_unknown_pars_are_bounded_by_none_and_all_united():
    told = monitor(FOUR)
    assert told.chart_of("none_united")["excess"].iloc[-1] == -0.75
    assert told.chart_of("all_united")["excess"].iloc[-1] == 0.25


def test_periods_count_not_due_and_unknown_and_give_bounds():
    frame = monitor(FOUR).to_frame().set_index("period")
    of_2024 = frame.loc["2024"]
    assert of_2024[["n_due", "n_known", "n_missing", "n_events"]].tolist() == [3, 2, 1, 1]
    assert of_2024["estimate"] == 0.5
    assert of_2024["estimate_none_united"] == pytest.approx(1 / 3)
    assert of_2024["estimate_all_united"] == pytest.approx(2 / 3)
    assert frame["is_complete"].tolist() == [True, True, False]
    assert frame.loc["2025", "n_not_due"] == 1


def test_a_year_of_failures_is_a_signal_of_worse():
    months = [f"2023-{month:02d}-{day:02d}" for month in range(1, 13) for day in (1, 15)]
    told = monitor([(day, "early", ["none"]) for day in months], run_length=100)
    assert told.signals.loc[told.signals["missing_as"].eq("left_out"), "side"].iloc[0] == "worse"
    assert told.finding.startswith("Signal of union worse than expected (")
    assert "0 unions in 24 pars of 24 patients, 18.0 fewer than expected from Own 2020" in (
        told.finding
    )


def test_all_united_where_three_quarters_were_expected_is_a_signal_of_better():
    days = pd.date_range("2022-01-01", periods=80, freq="7D")
    told = monitor([(day, "early", ["complete"]) for day in days], run_length=100)
    assert set(told.signals["side"]) == {"better"}


def test_few_pars_make_no_claim():
    assert monitor(FOUR).finding.startswith("Too few to say whether union has changed: 2 unions")


def test_the_finding_says_when_it_hangs_on_unknown_pars():
    days = pd.date_range("2022-01-01", periods=60, freq="7D")
    shown = ["complete", "complete", "no scan", "none", "complete", "no scan"]
    told = monitor([(day, "early", [shown[n % 6]]) for n, day in enumerate(days)], run_length=100)
    assert "It hangs on 20 pars of unknown status" in told.finding


def test_own_past_years_give_the_rates_and_are_not_on_the_chart():
    days = pd.date_range("2020-01-01", periods=20, freq="30D")
    past = [(day, "early", ["complete" if n % 4 else "none"]) for n, day in enumerate(days)]
    later = [(f"2023-{month:02d}-01", "early", ["complete"]) for month in range(1, 13)]
    told = po.monitor_union(clinic(past + later), own_years_before="2023-01-01", run_length=20)
    assert told.expected_rates[["n_united", "n", "expected"]].to_numpy().tolist() == [
        [15, 20, 0.75]
    ]
    assert told.n_patients == 12
    assert told.exclusions[0].n_defects == 20


def test_a_rate_of_all_or_none_is_drawn_in_so_that_weights_exist():
    days = pd.date_range("2020-01-01", periods=20, freq="30D")
    past = [(day, "early", ["complete"]) for day in days]
    told = po.monitor_union(
        clinic([*past, ("2023-02-01", "early", ["none"])]),
        own_years_before="2023-01-01",
        run_length=20,
    )
    assert told.expected_rates["expected"].tolist() == [20.5 / 21]


def test_limits_give_the_run_length_that_was_asked_for():
    told = po.monitor_union(po.simulate_cohort(120, seed=2), reference="japanese", run_length=60)
    lengths = told.limits.set_index("side")["run_length_simulated"]
    assert lengths["both"] == pytest.approx(60, rel=0.10)
    assert lengths["worse"] == pytest.approx(120, rel=0.10)


def test_same_seed_same_result_and_no_identifier_or_day_in_it():
    first, second = monitor(FOUR), monitor(FOUR)
    pd.testing.assert_frame_equal(first.limits, second.limits)
    shown = "".join(
        frame.to_csv() for frame in (first.frame, first.chart, first.signals, first.units)
    )
    assert "P00" not in first.summary() + shown
    assert "2024-03-01" not in first.summary() + shown


def test_order_of_rows_does_not_matter():
    assert monitor(FOUR).chart.equals(monitor(FOUR[::-1]).chart)


def with_sites(n_sites, n_each=6):
    days = pd.date_range("2023-01-01", periods=n_sites * n_each, freq="5D")
    return [
        (
            day,
            "early",
            ["none" if n % n_sites == 0 or n % 4 == 0 else "complete"],
            f"S{n % n_sites}",
        )
        for n, day in enumerate(days)
    ]


def test_few_sites_are_counted_and_no_funnel_is_drawn():
    told = monitor(with_sites(3), by="site")
    assert told.units["site"].tolist() == ["S0", "S1", "S2"]
    assert told.funnel.empty
    said = write_units_finding(
        told.units, by="site", overdispersion=1.0, overdispersion_by_chance=2.0
    )
    assert said.startswith("No funnel: 3 sites recorded, where 10 are needed")
    with pytest.raises(EstimationError, match="would say nothing"):
        po.plot_funnel(told)


def test_the_site_where_nobody_united_lies_beyond_the_limits():
    told = monitor(with_sites(MIN_UNITS_FOR_FUNNEL + 1, 12), by="site")
    assert told.units.loc[told.units["is_outside"], "site"].tolist() == ["S0"]


def test_sites_not_recorded_are_listed_and_count_as_none():
    told = monitor([*with_sites(3), ("2023-01-01", "early", ["complete"])], by="site")
    assert "not recorded" in told.units["site"].tolist()
    said = write_units_finding(
        told.units, by="site", overdispersion=1.0, overdispersion_by_chance=2.0
    )
    assert "3 sites recorded" in said


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"reference": None}, ArgumentError, "not said where expected union comes from"),
        ({"own_years_before": "2024-01-01"}, ArgumentError, "not said where expected"),
        ({"definition": "partial_or_better"}, BaselineError, "not partial union"),
        ({"run_length": 5000}, ArgumentError, "longer than limits are set for"),
        ({"horizon_months": float("inf")}, ArgumentError, "possible time"),
        ({"horizon_months": float("nan")}, ArgumentError, "possible time"),
        ({"grace_months": -1.0}, ArgumentError, "possible time"),
        ({"seed": -1}, ArgumentError, "seed"),
        ({"period": "month"}, ArgumentError, "period"),
        ({"by": "referrer"}, ArgumentError, "by"),
        ({"reference": None, "own_years_before": "soon"}, ArgumentError, "is not a day"),
        ({"reference": None, "own_years_before": "2023-06-01"}, EstimationError, "too few pars"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(options, error, said):
    with pytest.raises(error, match=said):
        monitor(FOUR, **options)


@pytest.mark.parametrize(
    "patients", [[("2024-01-01", "early", ["no scan"])], [("2025-12-01", "early", ["complete"])]]
)
def test_a_chart_of_nobody_is_refused(patients):
    with pytest.raises(EstimationError, match="nothing to put on the chart"):
        monitor(patients)


def test_an_empty_cohort_is_refused():
    with pytest.raises(EstimationError, match="nothing to put on the chart"):
        po.monitor_union(build_cohort({}), reference="european")
