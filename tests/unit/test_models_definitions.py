"""One cohort counted in every way: rows, the primary one, imaging, and what is left open."""

from __future__ import annotations

import pandas as pd
import pytest
from model_rows import cohort_of, patients

import parsoutcomes as po
from parsoutcomes.conventions import LAST_KNOWN
from parsoutcomes.errors import ArgumentError, EstimationError


def clinic(**last):
    """Six united, three partly, three not, all on CT by 6 months; the last pars as given."""
    return cohort_of(
        *patients(6, "A", scans={90: "none", 180: "complete"}),
        *patients(3, "B", scans={180: "partial"}),
        *patients(3, "C", scans={90: "none", 180: "none"}),
        {"patient": "Z", **last},
    )


def rate(frame, **choices):
    for name, value in choices.items():
        frame = frame[frame[name].eq(value)]
    assert len(frame) == 1
    return frame.iloc[0]


def with_modalities(cohort, kinds):
    from parsoutcomes.cohort.build import build_cohort

    readings = cohort.readings.assign(modality=kinds)
    return build_cohort({**cohort.tables, "readings": readings}, data_lock=cohort.data_lock)


def test_every_combination_is_one_row() -> None:
    cohort = po.simulate_cohort(30, seed=1)
    readings = cohort.readings
    kinds = ["CT" if n % 3 else ("MRI" if n % 2 else "X-ray") for n in range(len(readings))]
    frame = po.vary_definitions(with_modalities(cohort, kinds)).to_frame()
    choices = ["definition", "imaging", "horizon_months", "denominator", "unit"]
    assert not frame[choices].duplicated().any()
    assert len(frame) == 2 * 3 * 2 * (4 * 4 + 3)
    assert frame["is_primary"].sum() == 1


@pytest.mark.parametrize("unit", ["defect", "patient"])
@pytest.mark.parametrize("definition", ["complete", "partial_or_better"])
@pytest.mark.parametrize("months", [3.0, 6.0, 12.0])
def test_a_row_says_what_estimate_union_rates_says(unit, definition, months) -> None:
    cohort = po.simulate_cohort(40, seed=3, attendance=0.8)
    varied = po.vary_definitions(cohort).to_frame()
    options = {"unit": unit, "definition": definition, "horizon_months": months}
    rates = po.estimate_union_rates(cohort, **options).to_frame()
    names = {
        "union_npmle": "npmle",
        "union_known_status": "known_status",
        "bound_unknown_not_united": "unknown_not_united",
        "bound_unknown_united": "unknown_united",
    }
    columns = ["estimate", "conf_low", "conf_high", "n_patients", "n_defects", "n_events"]
    for measure, denominator in names.items():
        ours = rate(varied, imaging="ct", denominator=denominator, **options)
        theirs = rates[rates["measure"].eq(measure)].iloc[0]
        assert ours[columns].tolist() == pytest.approx(theirs[columns].tolist(), nan_ok=True)


def test_partial_union_counts_under_one_definition_only() -> None:
    frame = po.vary_definitions(clinic()).to_frame()
    known = {"horizon_months": 6.0, "denominator": "known_status", "unit": "defect"}
    assert rate(frame, definition="complete", **known)["estimate"] == 6 / 12
    assert rate(frame, definition="partial_or_better", **known)["estimate"] == 9 / 12


def test_bounds_count_the_unscanned_as_failed_and_as_united() -> None:
    frame = po.vary_definitions(clinic()).to_frame()
    six = {"definition": "complete", "horizon_months": 6.0, "unit": "patient"}
    assert rate(frame, denominator="unknown_not_united", **six)["estimate"] == 6 / 13
    assert rate(frame, denominator="unknown_united", **six)["estimate"] == 7 / 13


def test_last_known_takes_an_early_reading_and_has_no_estimate_between_scans() -> None:
    frame = po.vary_definitions(clinic(scans={60: "none"})).to_frame()
    last = frame[frame["horizon_months"].eq(LAST_KNOWN) & frame["unit"].eq("defect")]
    assert "npmle" not in set(last["denominator"])
    row = rate(last, definition="complete", denominator="known_status")
    assert (row["n_events"], row["n_defects"], row["n_unknown"]) == (6, 13, 0)
    six = {"horizon_months": 6.0, "unit": "defect", "denominator": "known_status"}
    assert rate(frame, definition="complete", **six)["n_unknown"] == 1


def test_imaging_adds_readings_and_never_targets() -> None:
    cohort = clinic(scans={180: "complete"})
    kinds = ["CT"] * (len(cohort.readings) - 1) + ["X-ray"]
    varied = po.vary_definitions(with_modalities(cohort, kinds))
    frame = varied.to_frame()
    assert frame["imaging"].unique().tolist() == ["any", "ct"]
    six = {"definition": "complete", "horizon_months": 6.0, "unit": "defect"}
    known = {
        kind: rate(frame, imaging=kind, denominator="known_status", **six) for kind in ("ct", "any")
    }
    assert (known["ct"]["n_events"], known["ct"]["n_unknown"]) == (6, 1)
    assert (known["any"]["n_events"], known["any"]["n_unknown"]) == (7, 0)
    notes = " ".join(varied.cautions)
    assert "unknown for 1 of 13 due pars with CT only" in notes
    assert "CT or MRI adds no reading" in notes


def test_another_choice_of_imaging_is_the_same_as_that_imaging_called_ct() -> None:
    cohort = po.simulate_cohort(30, seed=4)
    kinds = ["CT" if n % 3 else "MRI" for n in range(len(cohort.readings))]
    options = {"horizons_months": [6.0], "units": ["defect"], "definitions": ["complete"]}
    mixed = po.vary_definitions(with_modalities(cohort, kinds), **options).to_frame()
    as_ct = po.vary_definitions(with_modalities(cohort, "CT"), **options).to_frame()
    both = mixed[mixed["imaging"].eq("ct_or_mri")]
    columns = ["denominator", "estimate", "conf_low", "conf_high", "n_events"]
    pd.testing.assert_frame_equal(
        both[columns].reset_index(drop=True), as_ct[columns].reset_index(drop=True)
    )


def test_the_primary_definition_is_there_whatever_was_asked() -> None:
    varied = po.vary_definitions(clinic(), definitions=["partial_or_better"], units=["patient"])
    main = varied.primary_row()
    assert (main["definition"], main["unit"], main["horizon_months"]) == ("complete", "defect", 6.0)
    assert "Primary definition" in varied.finding


def test_the_summary_changes_one_choice_at_a_time() -> None:
    varied = po.vary_definitions(po.simulate_cohort(30, seed=2))
    shown = varied.one_at_a_time()
    assert len(shown) == 1 + 1 + 3 + 3 + 1
    assert "primary" in varied.summary()


def test_one_patient_gets_counts_and_no_claim() -> None:
    varied = po.vary_definitions(cohort_of({"patient": "A", "scans": {180: "complete"}}))
    known = varied.to_frame().query("denominator == 'known_status' and unit == 'patient'")
    assert known["n_events"].max() == 1
    assert "Primary definition" in varied.finding


def test_nobody_scanned_is_said_and_not_estimated() -> None:
    varied = po.vary_definitions(cohort_of(*patients(6)))
    known = varied.to_frame().query("denominator == 'known_status'")
    assert known["estimate"].isna().all()
    assert known["interval_method"].str.startswith("none").all()


def test_no_target_and_nothing_to_vary_are_refused() -> None:
    with pytest.raises(EstimationError):
        po.vary_definitions(cohort_of({"patient": "A", "stage": "terminal"}))
    with pytest.raises(ArgumentError, match="nothing to vary"):
        po.vary_definitions(clinic(), horizons_months=[])
    with pytest.raises(ArgumentError):
        po.vary_definitions(clinic(), imaging=["ultrasound"])
