"""What the headline may say: nobody due, few known, read per patient, a horizon between scans."""

from __future__ import annotations

import pandas as pd
import pytest
from model_rows import cohort_of, patients

import parsoutcomes as po
from parsoutcomes.cohort.build import build_cohort
from parsoutcomes.cohort.completeness import check_completeness
from parsoutcomes.cohort.flow import count_flow
from parsoutcomes.models.incidence import fit_group, tabulate_incidence
from parsoutcomes.models.logistic import fit_union_logistic
from parsoutcomes.models.rates import estimate_union_rates
from parsoutcomes.models.time_to_union import estimate_time_to_union
from parsoutcomes.tables.estimates import tabulate_union_rates

FAST = {"n_resamples": 200}
UNITED = {"scans": {183: "complete"}}
NOT = {"scans": {183: "none"}}


def headline(result):
    return result.to_frame().set_index("measure").loc["union_npmle"]


def read_per_patient():
    """Twelve patients with one pars, read; four with two pars, read as a whole."""
    people = [f"P{number:02}" for number in range(16)]
    sides = {person: ["left", "right"] if number >= 12 else ["left"]
             for number, person in enumerate(people)}  # fmt: skip
    defects = pd.DataFrame(
        [
            {"patient_id": person, "episode_id": person, "defect_id": f"{person}-{side}",
             "side": side, "level": "L5", "stage": "early" if number % 3 else "progressive"}
            for number, person in enumerate(people)
            for side in sides[person]
        ]
    )  # fmt: skip
    readings = pd.DataFrame(
        {
            "patient_id": people,
            "episode_id": people,
            "defect_id": [f"{p}-left" if len(sides[p]) == 1 else None for p in people],
            "scope": "patient",
            "days_since_fitting": 183.0,
            "union_status": ["complete", "none"] * 8,
        }
    )
    episodes = pd.DataFrame(
        {"patient_id": people, "episode_id": people, "fitted_date": pd.Timestamp("2024-01-01")}
    )
    tables = {"episodes": episodes, "defects": defects, "readings": readings}
    return build_cohort(tables, data_lock=pd.Timestamp("2026-01-01"))


def test_pars_read_only_as_part_of_the_patient_are_named_as_such():
    result = estimate_union_rates(read_per_patient(), **FAST)
    assert result.finding.endswith(
        "status by 7 months known for 12; union recorded for the patient as a whole for 8, so the "
        "estimate describes the others."
    )
    assert any('unit="patient" uses all readings' in caution for caution in result.cautions)
    assert [(one.reason[:35], one.n_defects, one.n_patients) for one in result.exclusions] == [
        ("Union recorded for the patient as a", 8, 4)
    ]
    per_patient = estimate_union_rates(read_per_patient(), unit="patient", **FAST)
    assert headline(per_patient)["n_unknown"] == 0
    assert per_patient.cautions == ()


def test_flow_and_completeness_do_not_call_them_unscanned():
    flow = count_flow(read_per_patient())
    assert [(one.reason, one.n_defects) for one in flow.exclusions] == [
        ("Union recorded for the patient as a whole, not for each pars", 8)
    ]
    complete = check_completeness(read_per_patient())
    whole = complete.frame[complete.frame["year"].eq("all")].set_index("column")
    assert whole.loc[["union_status", "scan_date"], "n_recorded"].tolist() == [12, 20]
    assert len(complete.cautions) == 1


def test_time_and_predictors_say_the_same():
    cohort = read_per_patient()
    time = estimate_time_to_union(cohort, **FAST)
    model = fit_union_logistic(cohort, ["stage"], **FAST)
    for result in (time, model):
        assert any("Union of 8 pars in 4 patients" in caution for caution in result.cautions)
    assert model.exclusions[0].n_defects == 8


def test_a_horizon_between_two_scans_gives_a_range_and_no_estimate():
    """Scanned at 6 months only: by 5 months somewhere between none and 12 of 34."""
    cohort = cohort_of(*patients(12, "U", **UNITED), *patients(22, "N", **NOT))
    result = estimate_union_rates(cohort, horizon_months=5, **FAST)
    row = headline(result)
    assert pd.isna(row["estimate"])
    assert row[["union_low", "union_high"]].tolist() == pytest.approx([0, 12 / 34])
    assert row["left_open"] == "between scans"
    assert result.finding.startswith(
        "By 5 months (scans up to 4.5 months counted) between 0% and 35% (95% interval 0% to "
    )
    assert "between 0% and 35%" in tabulate_union_rates([result]).rows[0][3]


def test_nobody_due_gives_no_rate():
    """Fitted 165 days before data lock, scanned at day 150: nobody was followed to 6 months."""
    recent = {"fitted": "2025-07-20"}
    cohort = cohort_of(
        *patients(9, "U", scans={150: "complete"}, **recent),
        *patients(3, "N", scans={150: "none"}, **recent),
    )
    result = estimate_union_rates(cohort, **FAST)
    row = headline(result)
    assert row[["estimate", "conf_low", "conf_high"]].isna().all()
    assert row["left_open"] == "nobody due"
    assert "none of 12 target pars in 12 patients was due at data lock" in result.finding
    by_stage = estimate_union_rates(cohort, by="stage", **FAST)
    assert "early not given, none of 12 target pars in 12 patients due" in by_stage.finding


def test_the_headline_counts_known_unknown_and_not_due():
    cohort = cohort_of(
        *patients(6, "U", **UNITED), *patients(5, "N", **NOT), *patients(2, "X", scans={}),
        *patients(3, "R", scans={}, fitted="2025-12-01"),
    )  # fmt: skip
    result = estimate_union_rates(cohort, **FAST)
    assert result.finding.endswith(
        "; status by 7 months known for 11, unknown for 2 and not yet due for 3."
    )
    assert "6 months: 4.5 to 7.5" in result.method
    assert "united on a scan by 7 months (6 months and a grace of 1 month)" in result.method


def test_pars_that_tell_nothing_do_not_make_a_group_large_enough():
    """Thirty progressive pars, of which one was scanned, united."""
    cohort = cohort_of(
        *patients(6, "U", **UNITED), *patients(6, "N", **NOT),
        *patients(1, "P", stage="progressive", **UNITED),
        *patients(29, "X", stage="progressive", scans={}),
    )  # fmt: skip
    result = estimate_union_rates(cohort, by="stage", **FAST)
    assert result.finding.endswith("30 target pars in 30 patients (status known for 1).")
    assert result.cautions[0].endswith("only: progressive (1 of 30 pars)")
    time = estimate_time_to_union(cohort, by="stage", **FAST)
    assert time.cautions[0].endswith("only: progressive (1 of 30 pars scanned)")


def test_an_operation_on_an_unknown_day_is_known_never_to_unite():
    """Six united, four operated on some time after 3 months: not "everybody known united"."""
    rows = pd.DataFrame(
        {
            "patient_id": [f"P{number}" for number in range(10)],
            "left_days": [91.3125] * 10,
            "right_days": [182.625] * 6 + [400.0] * 4,
            "cause": [1] * 6 + [2] * 4,
            "censored_days": 0.0,
        }
    )
    group = fit_group(rows, conf_level=0.95, n_resamples=200, seed=1)
    row = tabulate_incidence(group, [182.625]).iloc[0]
    assert row["estimate"] == pytest.approx(0.6)
    assert row["interval_method"].startswith("Wilson on the effective n")
    assert row["conf_high"] < 0.95


def test_every_sentence_says_on_how_many_it_rests():
    nobody_due = cohort_of(*patients(4, scans={30: "complete"}), data_lock="2024-03-01")
    per_patient = po.estimate_union_rates(nobody_due, unit="patient").finding
    assert "none of 4 patients (united when all target pars have) was due" in per_patient
    varied = po.vary_definitions(nobody_due).finding
    assert "not estimable of 4 target pars in 4 patients, since none was due" in varied
    stages = cohort_of(
        *patients(10, "E", stage="early", scans={180: "complete"}),
        *patients(6, "P", stage="progressive", scans={180: "none"}),
        *patients(6, "Q", stage="progressive", scans={180: "complete"}),
    )
    assert "on 22 pars in 22 patients, p = " in po.compare_union_rates(stages, "stage").finding
